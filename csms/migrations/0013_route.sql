-- The rules by which merchant accounts are chosen, as versions: the newest that is active counts.
CREATE TABLE route_rule (
    version     BIGINT PRIMARY KEY,
    body        TEXT NOT NULL,           -- payments::routing::Rule as JSON
    note        TEXT NOT NULL DEFAULT '',
    created_by  TEXT NOT NULL,
    created_at  TIMESTAMPTZ NOT NULL
);

-- What operators want of single accounts: switched off, or preferred for a method, for a while.
CREATE TABLE route_override (
    account    TEXT NOT NULL,
    method     TEXT NOT NULL DEFAULT '', -- '' = all
    wish       TEXT NOT NULL,            -- 'off' | 'preferred'
    note       TEXT NOT NULL DEFAULT '',
    until      TIMESTAMPTZ,              -- NULL = until it is taken back
    created_by TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (account, method)
);
