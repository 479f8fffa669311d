-- Events get a number in the order in which they can be seen, so that a reader can follow them; and the addresses that are told.
ALTER TABLE event ADD COLUMN seq BIGINT;      -- NULL: not numbered yet
UPDATE event SET seq = numbered.n
    FROM (SELECT id, ROW_NUMBER() OVER (ORDER BY id) AS n FROM event) AS numbered WHERE numbered.id = event.id;
CREATE UNIQUE INDEX event_seq ON event (seq) WHERE seq IS NOT NULL;
CREATE INDEX event_unnumbered ON event (id) WHERE seq IS NULL;
CREATE INDEX event_progress ON event (id) WHERE kind = 'session.progress';
INSERT INTO counter (name, next) SELECT 'event.seq', COALESCE(MAX(seq), 0) + 1 FROM event;

CREATE TABLE webhook (
--sqlite     id            INTEGER PRIMARY KEY,
--postgres     id            BIGINT PRIMARY KEY,
    name          TEXT NOT NULL,
    url           TEXT NOT NULL,
    kinds         TEXT NOT NULL,              -- kinds and areas with commas between them; '' = all
    station_id    TEXT,                       -- of this station only
    money         BIGINT NOT NULL,            -- 1: it may be told of money
    secret        TEXT NOT NULL,              -- it signs, so it is kept as it is
    old_secret    TEXT NOT NULL DEFAULT '',   -- signs beside it …
    old_until     TIMESTAMPTZ,                -- … until then
    state         TEXT NOT NULL,              -- 'on' | 'off'
    reason        TEXT NOT NULL DEFAULT '',   -- why it is off
    position      BIGINT NOT NULL,            -- deliveries were made of all events up to this number
    replay_next   BIGINT NOT NULL DEFAULT 0,  -- events that are told again: from this number …
    replay_last   BIGINT NOT NULL DEFAULT 0,  -- … to this one
    failures      BIGINT NOT NULL DEFAULT 0,  -- tries in a row that have failed
    failing_since TIMESTAMPTZ,                -- the first of them
    created_by    TEXT NOT NULL,
    created_at    TIMESTAMPTZ NOT NULL,
    changed_at    TIMESTAMPTZ NOT NULL
);

CREATE TABLE webhook_delivery (
--sqlite     id          INTEGER PRIMARY KEY,
--postgres     id          BIGINT PRIMARY KEY,
    webhook_id  BIGINT NOT NULL REFERENCES webhook (id) ON DELETE CASCADE,
    seq         BIGINT NOT NULL,              -- the event; 0 = a ping
    kind        TEXT NOT NULL,
    state       TEXT NOT NULL,                -- 'waiting' | 'done' | 'given_up'
    tries       BIGINT NOT NULL DEFAULT 0,
    due_at      TIMESTAMPTZ NOT NULL,         -- of one that is being sent: when it is taken for lost
    node        BIGINT NOT NULL DEFAULT -1,   -- which process is sending it
    status      BIGINT NOT NULL DEFAULT 0,    -- HTTP, of the last try; 0 = no answer
    answer      TEXT NOT NULL DEFAULT '',     -- its first bytes
    trouble     TEXT NOT NULL DEFAULT '',     -- why the last try was none
    took_ms     BIGINT NOT NULL DEFAULT 0,
    again       BIGINT NOT NULL DEFAULT 0,    -- 1: told again because somebody wanted it
    created_at  TIMESTAMPTZ NOT NULL,
    tried_at    TIMESTAMPTZ
);
CREATE INDEX webhook_delivery_log ON webhook_delivery (webhook_id, id);
CREATE INDEX webhook_delivery_due ON webhook_delivery (webhook_id, due_at) WHERE state = 'waiting';
