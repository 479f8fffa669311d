-- What was given back of a prepaid balance, by the name that whoever asked has for it: the same one is given back once.
CREATE TABLE balance_return (
    driver_id    BIGINT NOT NULL REFERENCES driver (id) ON DELETE CASCADE,
    reference    TEXT NOT NULL,
    currency     TEXT NOT NULL,
    amount_minor BIGINT NOT NULL,
    by_whom      TEXT NOT NULL,
    at           TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (driver_id, reference)
);
