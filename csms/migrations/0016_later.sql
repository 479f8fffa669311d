-- Drivers who charge before they pay: with an identifier of their own, and a method on file or a prepaid balance.
ALTER TABLE driver ADD COLUMN pays_by TEXT NOT NULL DEFAULT '';   -- of sessions with token_uid: 'later' | 'balance' | '' = not so
ALTER TABLE driver ADD COLUMN contract_at TIMESTAMPTZ;            -- sessions that began earlier are not the driver's
CREATE UNIQUE INDEX driver_contract ON driver (token_uid) WHERE pays_by <> '';

-- A method that a driver has left with a provider: debited without the driver. Never a whole card number.
CREATE TABLE mandate (
--sqlite     id         INTEGER PRIMARY KEY,
--postgres     id         BIGINT PRIMARY KEY,
    driver_id  BIGINT NOT NULL REFERENCES driver (id),
    account    TEXT NOT NULL,            -- of the settings: whose provider knows it
    customer   TEXT NOT NULL,            -- the provider's names of the payer and of the method
    instrument TEXT NOT NULL,
    brand      TEXT NOT NULL DEFAULT '',
    last4      TEXT NOT NULL DEFAULT '',
    state      TEXT NOT NULL,            -- 'active' | 'revoked'
    made_by    TEXT NOT NULL,            -- 'driver', or an account's name
    order_id   BIGINT,                   -- that it was left with
    created_at TIMESTAMPTZ NOT NULL,
    revoked_at TIMESTAMPTZ
);
CREATE UNIQUE INDEX mandate_active ON mandate (driver_id) WHERE state = 'active';
CREATE INDEX mandate_driver ON mandate (driver_id, id);

-- What was decided about charging first. Nothing of what the scorer knows is kept but the band.
CREATE TABLE credit_decision (
--sqlite     id        INTEGER PRIMARY KEY,
--postgres     id        BIGINT PRIMARY KEY,
    driver_id BIGINT NOT NULL REFERENCES driver (id) ON DELETE CASCADE,
    scorer    TEXT NOT NULL,             -- 'history' | 'http' | 'fallback'
    band      TEXT NOT NULL,             -- 'high' | 'middle' | 'low' | 'none'
    reason    TEXT NOT NULL,             -- in words
    at        TIMESTAMPTZ NOT NULL
);
CREATE INDEX credit_decision_driver ON credit_decision (driver_id, id);

-- Payments that an offline wallet of digital currency has signed, to be redeemed at its operator later. What the proof says is
-- the operator's matter.
CREATE TABLE voucher (
--sqlite     id           INTEGER PRIMARY KEY,
--postgres     id           BIGINT PRIMARY KEY,
    operator     TEXT NOT NULL,          -- of the wallet
    proof_id     TEXT NOT NULL,          -- the operator's, of this payment
    device       TEXT NOT NULL,          -- that has signed
    counter      BIGINT NOT NULL,        -- of the device: rises
    currency     TEXT NOT NULL,
    amount_minor BIGINT NOT NULL,
    proof        TEXT NOT NULL,          -- base64
    order_id     BIGINT NOT NULL REFERENCES pay_order (id),
    attempt_id   BIGINT NOT NULL,
    taken_at     TIMESTAMPTZ NOT NULL,   -- by the device's clock
    state        TEXT NOT NULL,          -- 'accepted' | 'cleared' | 'rejected' | 'duplicate'
    reason       TEXT NOT NULL DEFAULT '',
    tries        BIGINT NOT NULL DEFAULT 0,
    due_at       TIMESTAMPTZ NOT NULL,
    created_at   TIMESTAMPTZ NOT NULL,
    ended_at     TIMESTAMPTZ,
    UNIQUE (operator, proof_id)
);
CREATE INDEX voucher_due ON voucher (due_at) WHERE state = 'accepted';
CREATE INDEX voucher_open ON voucher (operator, device) WHERE state = 'accepted';

-- The highest counter of each device: what is not above it was shown before.
CREATE TABLE voucher_device (
    operator TEXT NOT NULL,
    device   TEXT NOT NULL,
    counter  BIGINT NOT NULL,
    PRIMARY KEY (operator, device)
);
