-- What stations shall be like, what they have accepted of it, and what they say that they are like.
CREATE TABLE desired (
    station_id      TEXT NOT NULL REFERENCES station (id) ON DELETE CASCADE,
    kind            TEXT NOT NULL,             -- desired::Kind's word
    key             TEXT NOT NULL,             -- which of its kind; see desired::Kind
    value           TEXT NOT NULL,             -- what is wanted; a secret is masked once the station has accepted it
    body            TEXT NOT NULL DEFAULT '',  -- what goes with the value: of a certificate its PEM
    sealed          TEXT NOT NULL DEFAULT '',  -- of a password: the form in which it is kept
    template        TEXT NOT NULL DEFAULT '',  -- which template wants it; '' = somebody wants it of this station
    wanted_by       TEXT NOT NULL,
    wanted_at       TIMESTAMPTZ NOT NULL,
    revision        BIGINT NOT NULL,           -- rises with every change of the wish
    acknowledged    TEXT,                      -- what the station has accepted last
    acknowledged_at TIMESTAMPTZ,
    acknowledged_by BIGINT,                    -- the command with which it did
    reported        TEXT,                      -- what the station has last told, by itself or when asked
    reported_at     TIMESTAMPTZ,
    asked           BIGINT NOT NULL DEFAULT 0, -- the question that it is part of; the key of its command; 0 = none
    asked_revision  BIGINT NOT NULL DEFAULT 0, -- the wish as it was asked for
    needs           TEXT NOT NULL DEFAULT '',  -- 'boot' | 'session' | 'person': what it waits for before it is asked again
    tries           BIGINT NOT NULL DEFAULT 0, -- refused or failed, one after the other
    due_at          TIMESTAMPTZ,               -- when to look at it; NULL = nothing is to be done
    trouble         TEXT NOT NULL DEFAULT '',  -- the last refusal, in words
    drifts          BIGINT NOT NULL DEFAULT 0, -- how often the station was found to have left it
    PRIMARY KEY (station_id, kind, key)
);
CREATE INDEX desired_due ON desired (due_at, station_id) WHERE due_at IS NOT NULL;
CREATE INDEX desired_template ON desired (template) WHERE template <> '';

-- Configuration that a group of stations shall have.
CREATE TABLE template (
    id         TEXT PRIMARY KEY,
    priority   BIGINT NOT NULL,                -- of two that want a key of one station, the higher has it
    choice     TEXT NOT NULL,                  -- desired::template::Choice as JSON: which stations
    settings   TEXT NOT NULL,                  -- JSON: key -> value
    revision   BIGINT NOT NULL,
    changed_by TEXT NOT NULL,
    changed_at TIMESTAMPTZ NOT NULL
);

-- A password that a station was told to use: right beside the old one, until it has connected with it.
ALTER TABLE station ADD COLUMN next_secret TEXT NOT NULL DEFAULT '';
