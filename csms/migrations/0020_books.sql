-- What payers' banks take back. Of the provider's sums, all of which only grow, what is left with us is withdrawn less reinstated.
CREATE TABLE pay_dispute (
--sqlite     id               INTEGER PRIMARY KEY,
--postgres     id               BIGINT PRIMARY KEY,
    order_id         BIGINT NOT NULL REFERENCES pay_order (id),
    attempt_id       BIGINT NOT NULL REFERENCES pay_attempt (id),
    account          TEXT NOT NULL,
    reference        TEXT NOT NULL,          -- the provider's id of it
    ruling           TEXT NOT NULL,          -- 'open' | 'won' | 'lost'
    reason           TEXT NOT NULL DEFAULT '', -- the bank's, in the provider's words
    currency         TEXT NOT NULL,
    amount_minor     BIGINT NOT NULL,        -- what the payer wants back
    withdrawn_minor  BIGINT NOT NULL,
    reinstated_minor BIGINT NOT NULL,
    fee_currency     TEXT NOT NULL,          -- of the provider's account: not always the payment's
    fee_minor        BIGINT NOT NULL,
    opened_at        TIMESTAMPTZ NOT NULL,
    changed_at       TIMESTAMPTZ NOT NULL,
    ended_at         TIMESTAMPTZ,
    UNIQUE (account, reference)
);
CREATE INDEX pay_dispute_order ON pay_dispute (order_id, id);
CREATE INDEX pay_dispute_open ON pay_dispute (id) WHERE ruling = 'open';
-- Who paid is forgotten after a time: these orders still say it.
CREATE INDEX pay_order_personal ON pay_order (id) WHERE contact <> '' OR device <> '' OR address <> '';
-- Lines of statements that are held against no payment, and may be about a dispute.
CREATE INDEX clearing_line_other ON clearing_line (account, id) WHERE state = 'kept' AND kind = 'other';
