-- Keys with which programs use the REST API. The secret is shown once and kept as a keyed hash.
CREATE TABLE api_key (
--sqlite     id           INTEGER PRIMARY KEY,
--postgres     id           BIGINT PRIMARY KEY,
    name         TEXT NOT NULL,
    secret       TEXT NOT NULL,              -- as link::auth::Vault seals generated secrets
    scopes       TEXT NOT NULL,              -- 'read,command,config,money,admin' or some of them
    created_by   TEXT NOT NULL,
    created_at   TIMESTAMPTZ NOT NULL,
    expires_at   TIMESTAMPTZ,                -- NULL = never
    last_used_at TIMESTAMPTZ,                -- to the minute
    revoked_at   TIMESTAMPTZ
);

-- What was answered to requests with an Idempotency-Key, for a day.
CREATE TABLE api_request (
    caller     TEXT NOT NULL,
    key        TEXT NOT NULL,
    digest     TEXT NOT NULL,                -- of method, path and body, keyed: bodies may hold passwords
    created_at TIMESTAMPTZ NOT NULL,
    begun_at   TIMESTAMPTZ NOT NULL,         -- later than created_at: begun anew after a crash
    status     BIGINT NOT NULL DEFAULT 0,    -- 0 = under way
    headers    TEXT NOT NULL DEFAULT '',     -- JSON: those that are answered again
    body       TEXT NOT NULL DEFAULT '',     -- without secrets
    PRIMARY KEY (caller, key)
);
CREATE INDEX api_request_created ON api_request (created_at);
