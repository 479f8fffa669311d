-- Outlets that are kept for somebody. The id is the number that the station is told: ours, and never given twice.
CREATE TABLE reservation (
--sqlite     id             INTEGER PRIMARY KEY,
--postgres     id             BIGINT PRIMARY KEY,
    station_id     TEXT NOT NULL REFERENCES station (id) ON DELETE CASCADE,
    evse           BIGINT NOT NULL,           -- 0 = any
    connector_type TEXT NOT NULL,             -- e.g. 'cCCS2'; '' = any
    token_uid      TEXT NOT NULL,             -- as the station is told it
    token_kind     TEXT NOT NULL,
    group_uid      TEXT,                      -- whose members may use it as well
    from_at        TIMESTAMPTZ NOT NULL,
    expires_at     TIMESTAMPTZ NOT NULL,
    asked_by       TEXT NOT NULL,             -- an account's or key's name, or the part of the house that asks
    created_at     TIMESTAMPTZ NOT NULL,
    state          TEXT NOT NULL,             -- 'planned' | 'asked' | 'held', and ends: 'used' | 'cancelled' | 'expired' | 'no-show' | 'refused' | 'removed'
    reason         TEXT NOT NULL DEFAULT '',  -- the station's word, or ours
    tries          BIGINT NOT NULL DEFAULT 0, -- how often the station was asked
    command_id     BIGINT,                    -- with which it was asked last
    told_at        TIMESTAMPTZ,               -- when it was asked last
    cancelled_by   TEXT NOT NULL DEFAULT '',  -- who wants it given up
    cancel_tries   BIGINT NOT NULL DEFAULT 0,
    cancel_id      BIGINT,                    -- the command with which it is given up
    session_id     BIGINT,                    -- that used it
    ended_at       TIMESTAMPTZ,
    priced_at      TIMESTAMPTZ,               -- when its price was found, or that there is none
    tariff_hash    TEXT,
    currency       TEXT NOT NULL DEFAULT '',
    total_excl     TEXT NOT NULL DEFAULT '',  -- decimal; '' = no price
    total_incl     TEXT NOT NULL DEFAULT ''
);
CREATE INDEX reservation_open ON reservation (station_id, id) WHERE state IN ('planned', 'asked', 'held');
CREATE INDEX reservation_station ON reservation (station_id, id);
CREATE INDEX reservation_unpriced ON reservation (id) WHERE priced_at IS NULL;

-- Whom stations shall know themselves: their local lists. The narrower rule counts: of the station, of its site, of all.
CREATE TABLE list_rule (
    scope      TEXT NOT NULL,              -- 'fleet' | 'site' | 'station'
    subject    TEXT NOT NULL,              -- the site's id or the station's; '' = fleet
    rule       TEXT NOT NULL,              -- 'none': an empty list | 'all': whoever may charge | 'marked': those in list_token
    changed_by TEXT NOT NULL,
    changed_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (scope, subject)
);

-- Identifiers that are marked for lists.
CREATE TABLE list_token (
    token_id BIGINT PRIMARY KEY REFERENCES token (id) ON DELETE CASCADE
);

-- Contents of lists, each once, however many stations have it.
CREATE TABLE list_content (
    hash    TEXT PRIMARY KEY,
    entries TEXT NOT NULL                  -- command::ListEntry as JSON, in order
);

-- Which content a version is that a station was to have, or has acknowledged.
CREATE TABLE list_version (
    station_id TEXT NOT NULL REFERENCES station (id) ON DELETE CASCADE,
    version    BIGINT NOT NULL,            -- 0 = empty
    hash       TEXT NOT NULL REFERENCES list_content (hash),
    listed     BIGINT NOT NULL,            -- entries
    left_out   BIGINT NOT NULL,            -- identifiers for which the station has no room
    made_at    TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (station_id, version)
);
CREATE INDEX list_version_hash ON list_version (hash);
