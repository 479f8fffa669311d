-- What is asked of stations, and what became of it. A row is kept before anything is sent, and every step is kept before the next.
CREATE TABLE command (
--sqlite     id           INTEGER PRIMARY KEY,
--postgres     id           BIGINT PRIMARY KEY,
    station_id   TEXT NOT NULL,
    kind         TEXT NOT NULL,              -- command::Command's word
    body         TEXT NOT NULL,              -- command::Command as JSON; secrets masked once it was answered
    asked_by     TEXT NOT NULL,              -- an account's name, or the part of the house that asks
    key          TEXT NOT NULL DEFAULT '',   -- the asker's own: asked again with it, this row is the answer
    rank         BIGINT NOT NULL,            -- higher goes first
    reference    BIGINT NOT NULL,            -- our number on the wire: requestId, remoteStartId, reservationId …
    state        TEXT NOT NULL,              -- 'queued' | 'sent' | 'answered' | 'offline' | 'expired' | 'cancelled' | 'unknown'
    created_at   TIMESTAMPTZ NOT NULL,
    expires_at   TIMESTAMPTZ,                -- waits for the station until then; NULL = for a connected one only
    sent_at      TIMESTAMPTZ,
    answered_at  TIMESTAMPTZ,
    calls        TEXT NOT NULL DEFAULT '[]', -- what went over the wire, and its answers; secrets masked
    verdict      TEXT NOT NULL DEFAULT '',   -- 'accepted' | 'refused' | 'unsupported' | 'invalid'
    reason       TEXT NOT NULL DEFAULT '',   -- in words
    watch        TEXT NOT NULL DEFAULT '',   -- what ends it after the answer; '' = the answer does
    watch_ref    TEXT NOT NULL DEFAULT '',
    watch_until  TIMESTAMPTZ,
    outcome      TEXT NOT NULL DEFAULT '',   -- 'pending' | 'done' | 'failed' | 'lost'
    outcome_word TEXT NOT NULL DEFAULT '',   -- the station's last word about it, e.g. 'Downloading'
    outcome_at   TIMESTAMPTZ,
    session_id   BIGINT                      -- that it began or ended
);
CREATE UNIQUE INDEX command_key ON command (asked_by, key) WHERE key <> '';
CREATE INDEX command_station ON command (station_id, id);
CREATE INDEX command_queued ON command (station_id, rank, id) WHERE state = 'queued';
CREATE INDEX command_sent ON command (id) WHERE state = 'sent';
CREATE INDEX command_pending ON command (id) WHERE outcome = 'pending';

-- Answers that come in several messages: reports, lists of profiles, of messages, of customer data.
CREATE TABLE command_part (
    command_id BIGINT NOT NULL REFERENCES command (id) ON DELETE CASCADE,
    seq        BIGINT NOT NULL,
    at         TIMESTAMPTZ NOT NULL,
    body       TEXT NOT NULL,
    PRIMARY KEY (command_id, seq)
);
