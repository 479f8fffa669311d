-- The sandbox: a payment provider that moves no real money, with books of its own. It knows nothing of orders and sessions; they
-- reach it over HTTP only. Amounts are whole smallest units of the row's currency (_minor).

-- How an account's calls are answered, as somebody plays it.
CREATE TABLE sandbox_account (
    merchant TEXT PRIMARY KEY,
    answers  TEXT NOT NULL               -- 'usual' | 'hang' | 'broken'
);

CREATE TABLE sandbox_order (
    reference      TEXT PRIMARY KEY,     -- in the URL of the payer's page: random, not guessable
    merchant       TEXT NOT NULL,
    number         TEXT NOT NULL,        -- the merchant's
    version        BIGINT NOT NULL,      -- every change adds one
    state          TEXT NOT NULL,        -- 'waiting' | 'held' | 'taken' | 'released' | 'closed' | 'failed'
    currency       TEXT NOT NULL,
    amount_minor   BIGINT NOT NULL,
    held_minor     BIGINT NOT NULL,
    taken_minor    BIGINT NOT NULL,
    returned_minor BIGINT NOT NULL,
    asked          TEXT NOT NULL,        -- payments::provider::sandbox::wire::NewOrder as JSON
    method         TEXT NOT NULL,
    payer          TEXT NOT NULL,
    instrument     TEXT NOT NULL,        -- provider::Instrument as JSON; '' = none yet
    refusal        TEXT NOT NULL,        -- provider::Refusal as JSON
    dispute        TEXT NOT NULL,        -- '' | 'open' | 'won' | 'lost'
    last_key       TEXT NOT NULL,        -- of the last raise or capture, with its amount: asked again it is the same wish
    answers        TEXT NOT NULL,        -- 'usual' | 'hang' | 'broken'
    notices        TEXT NOT NULL,        -- 'once' | 'thrice' | 'jumbled' | 'late' | 'none'
    refunds        TEXT NOT NULL,        -- 'done' | 'late' | 'fail'
    pays_at        TIMESTAMPTZ,          -- paid by itself then, whatever has become of it
    moved_at       TIMESTAMPTZ,          -- last change of money
    holds_until    TIMESTAMPTZ,
    expires_at     TIMESTAMPTZ NOT NULL,
    created_at     TIMESTAMPTZ NOT NULL,
    UNIQUE (merchant, number)
);
CREATE INDEX sandbox_order_created ON sandbox_order (created_at, reference);
CREATE INDEX sandbox_order_pays ON sandbox_order (pays_at) WHERE pays_at IS NOT NULL;
CREATE INDEX sandbox_order_holds ON sandbox_order (holds_until) WHERE state = 'held';

CREATE TABLE sandbox_refund (
    reference       TEXT PRIMARY KEY,
    order_reference TEXT NOT NULL REFERENCES sandbox_order (reference) ON DELETE CASCADE,
    number          TEXT NOT NULL,       -- the merchant's
    state           TEXT NOT NULL,       -- 'waiting' | 'done' | 'failed'
    amount_minor    BIGINT NOT NULL,
    reason          TEXT NOT NULL,
    fails           BOOLEAN NOT NULL,    -- how it will end
    ends_at         TIMESTAMPTZ NOT NULL,
    UNIQUE (order_reference, number)
);
CREATE INDEX sandbox_refund_ends ON sandbox_refund (ends_at) WHERE state = 'waiting';

-- What moved: the lines of its statements.
CREATE TABLE sandbox_move (
--sqlite     id        INTEGER PRIMARY KEY,
--postgres     id        BIGINT PRIMARY KEY,
    merchant     TEXT NOT NULL,
    kind         TEXT NOT NULL,          -- 'taken' | 'returned' | 'disputed'
    number       TEXT NOT NULL,          -- of the merchant's order
    reference    TEXT NOT NULL,
    refund       TEXT NOT NULL,          -- the merchant's number of the refund
    method       TEXT NOT NULL,
    currency     TEXT NOT NULL,
    amount_minor BIGINT NOT NULL,        -- negative: to the payer
    fee_minor    BIGINT NOT NULL,
    at           TIMESTAMPTZ NOT NULL
);
CREATE INDEX sandbox_move_day ON sandbox_move (merchant, at);

-- Notifications to be sent.
CREATE TABLE sandbox_notice (
--sqlite     id              INTEGER PRIMARY KEY,
--postgres     id              BIGINT PRIMARY KEY,
    merchant        TEXT NOT NULL,
    order_reference TEXT NOT NULL REFERENCES sandbox_order (reference) ON DELETE CASCADE,
    event           TEXT NOT NULL,       -- the event's id: sent again it has the same
    kind            TEXT NOT NULL,       -- what it tells, for people
    url             TEXT NOT NULL,
    body            TEXT NOT NULL,
    forged          BOOLEAN NOT NULL,    -- signed with a wrong key, on purpose
    state           TEXT NOT NULL,       -- 'waiting' | 'done' | 'given_up'
    tries           BIGINT NOT NULL,
    trouble         TEXT NOT NULL,       -- of the last try
    due_at          TIMESTAMPTZ NOT NULL
);
CREATE INDEX sandbox_notice_due ON sandbox_notice (due_at) WHERE state = 'waiting';
CREATE INDEX sandbox_notice_order ON sandbox_notice (order_reference, id);
