-- What the audit found: a number of a session that is not the same everywhere. Found again it stays, and is cleared when
-- a later audit finds nothing of the kind any more.
CREATE TABLE finding (
    session_id    BIGINT NOT NULL,
    kind          TEXT NOT NULL,         -- audit::Kind: register, bill, cdr-2.2.1, …
    detail        TEXT NOT NULL,         -- JSON: field, what it is, what it should be
    bill_revision BIGINT NOT NULL,       -- of the bill that was audited
    first_at      TIMESTAMPTZ NOT NULL,
    last_at       TIMESTAMPTZ NOT NULL,
    cleared_at    TIMESTAMPTZ,
    PRIMARY KEY (session_id, kind)
);
CREATE INDEX finding_open ON finding (session_id, kind) WHERE cleared_at IS NULL;

-- The audit goes through bills in the order they were made.
CREATE INDEX bill_made ON bill (created_at, session_id);
