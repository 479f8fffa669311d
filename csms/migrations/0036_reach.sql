-- A run of the audit that somebody has asked for. The process that has begun it says how far it is.
CREATE TABLE audit_run (
--sqlite     id INTEGER PRIMARY KEY,
--postgres     id BIGINT PRIMARY KEY,
    asked_by   TEXT NOT NULL,
    session_id BIGINT,                    -- only this one
    from_at    TIMESTAMPTZ,               -- sessions that started then or later …
    to_at      TIMESTAMPTZ,               -- … and before then
    state      TEXT NOT NULL,             -- 'running' | 'done' | 'stopped' | 'failed'
    reason     TEXT NOT NULL,             -- for people: why it ended so
    audited    BIGINT NOT NULL,
    differ     BIGINT NOT NULL,
    reached_id BIGINT,                    -- sessions are gone through from the newest; this one was looked at last
    begun_at   TIMESTAMPTZ NOT NULL,
    touched_at TIMESTAMPTZ NOT NULL,      -- if that is long ago and it runs, its process is gone
    ended_at   TIMESTAMPTZ
);

-- Few sessions are odd, and people ask for those.
CREATE INDEX session_odd ON session (id) WHERE flags <> '';
