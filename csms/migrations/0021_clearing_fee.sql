-- What is agreed about fees, as it was agreed: rows are added and never changed. Before, one row per account said what
-- counts now, and nobody could tell what had counted when a payment was made.
CREATE TABLE clearing_fee (
    account         TEXT NOT NULL,
    from_day        TEXT NOT NULL,            -- the first one, on the account's clock; '0001-01-01' = ever since
    generation      BIGINT NOT NULL,          -- of those from the same day the newest counts
    rate_millionths BIGINT,                   -- NULL = fees are taken as they are
    fixed_minor     BIGINT NOT NULL,
    returns_fees    BOOLEAN NOT NULL,
    tolerance_minor BIGINT NOT NULL,
    note            TEXT NOT NULL,
    by_whom         TEXT NOT NULL,
    created_at      TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (account, from_day, generation)
);
INSERT INTO clearing_fee (account, from_day, generation, rate_millionths, fixed_minor, returns_fees, tolerance_minor,
        note, by_whom, created_at)
    SELECT account, '0001-01-01', 1, rate_millionths, fixed_minor, returns_fees, tolerance_minor, '', '', changed_at
    FROM clearing_terms WHERE rate_millionths IS NOT NULL;
ALTER TABLE clearing_terms DROP COLUMN rate_millionths;
ALTER TABLE clearing_terms DROP COLUMN fixed_minor;
ALTER TABLE clearing_terms DROP COLUMN returns_fees;
ALTER TABLE clearing_terms DROP COLUMN tolerance_minor;
