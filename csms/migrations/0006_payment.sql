-- Orders of drivers without a contract, and what comes of them. Amounts that move are whole smallest units of the row's
-- currency (_minor), so that the database can add them up exactly.

-- A code at an EVSE that leads to its payment page: on a sticker, or on a display for a while.
CREATE TABLE pay_code (
    code       TEXT PRIMARY KEY,         -- what stands in the URL: random, ≥ 128 bits
    station_id TEXT NOT NULL REFERENCES station (id) ON DELETE CASCADE,
    evse       BIGINT NOT NULL,
    kind       TEXT NOT NULL,            -- 'static' (sticker) | 'dynamic' (display)
    expires_at TIMESTAMPTZ,              -- of a dynamic one
    revoked_at TIMESTAMPTZ,
    created_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX pay_code_place ON pay_code (station_id, evse);

-- Who pays, as far as is known: a phone, a wallet, a card. No name is needed.
CREATE TABLE driver (
--sqlite     id         INTEGER PRIMARY KEY,
--postgres     id         BIGINT PRIMARY KEY,
    email      TEXT NOT NULL DEFAULT '',
    phone      TEXT NOT NULL DEFAULT '',
    language   TEXT NOT NULL DEFAULT '',
    token_uid  TEXT NOT NULL DEFAULT '', -- the identifier (RFID, eMAID) whose sessions this driver pays
    standing   TEXT NOT NULL DEFAULT '', -- '' | 'owing' | 'blocked'
    created_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX driver_email ON driver (email) WHERE email <> '';
CREATE INDEX driver_token ON driver (token_uid) WHERE token_uid <> '';

-- What shall be paid: the intent. One row per wish to charge (or to top up, or to pay a bill).
CREATE TABLE pay_order (
--sqlite     id             INTEGER PRIMARY KEY,
--postgres     id             BIGINT PRIMARY KEY,
    number         TEXT NOT NULL UNIQUE,  -- in URLs and on receipts: random, not guessable
    purpose        TEXT NOT NULL,         -- 'session' | 'top_up' | 'bill'
    mode           TEXT NOT NULL,         -- 'hold' | 'prepay' | 'later' | 'balance' | 'terminal'
    state          TEXT NOT NULL,         -- payments::order::State
    version        BIGINT NOT NULL,       -- every change adds one: optimistic lock
    page_key       TEXT NOT NULL,         -- made by the page that asked for it: asking twice is one order
    station_id     TEXT NOT NULL DEFAULT '',
    evse           BIGINT NOT NULL DEFAULT 0,
    site_id        BIGINT,
    driver_id      BIGINT,
    token_uid      TEXT NOT NULL DEFAULT '', -- the identifier that its session starts with
    session_id     BIGINT,
    bill_revision  BIGINT NOT NULL DEFAULT -1, -- of the bill that due_minor is of; -1 = none yet
    tariff_hash    TEXT NOT NULL DEFAULT '', -- the price shown before paying
    currency       TEXT NOT NULL,
    amount_minor   BIGINT NOT NULL,       -- to be held or paid up front
    due_minor      BIGINT,                -- what the bill says; NULL = not known yet
    held_minor     BIGINT NOT NULL DEFAULT 0,
    taken_minor    BIGINT NOT NULL DEFAULT 0,
    returned_minor BIGINT NOT NULL DEFAULT 0,
    device         TEXT NOT NULL DEFAULT '', -- of the browser: a random cookie
    address        TEXT NOT NULL DEFAULT '', -- source address
    agent          TEXT NOT NULL DEFAULT '', -- 'wechat' | 'alipay' | 'browser'
    language       TEXT NOT NULL DEFAULT '',
    contact        TEXT NOT NULL DEFAULT '', -- e-mail or phone for the receipt and notices
    why            TEXT NOT NULL DEFAULT '', -- payments::order::End: why it ends before it has begun; '' = it does not
    expires_at     TIMESTAMPTZ NOT NULL,  -- of the offer: paid later it is accepted while that makes sense
    start_by       TIMESTAMPTZ,           -- energy must flow by then, or all is given back
    stop_asked_at  TIMESTAMPTZ,
    settled_at     TIMESTAMPTZ,
    created_at     TIMESTAMPTZ NOT NULL,
    changed_at     TIMESTAMPTZ NOT NULL
);
CREATE UNIQUE INDEX pay_order_page ON pay_order (page_key);
CREATE INDEX pay_order_session ON pay_order (session_id) WHERE session_id IS NOT NULL;
CREATE INDEX pay_order_token ON pay_order (token_uid) WHERE token_uid <> '';
CREATE INDEX pay_order_driver ON pay_order (driver_id) WHERE driver_id IS NOT NULL;
CREATE INDEX pay_order_device ON pay_order (device, id) WHERE device <> '';
CREATE INDEX pay_order_contact ON pay_order (contact, id) WHERE contact <> '';
CREATE INDEX pay_order_place ON pay_order (station_id, evse, id);
-- Orders that time or their session may still bring something.
CREATE INDEX pay_order_at_work ON pay_order (id)
    WHERE state IN ('created', 'pending', 'authorized', 'charging', 'settling');

-- One try to pay an order at one account of one provider.
CREATE TABLE pay_attempt (
--sqlite     id              INTEGER PRIMARY KEY,
--postgres     id              BIGINT PRIMARY KEY,
    order_id        BIGINT NOT NULL REFERENCES pay_order (id),
    number          TEXT NOT NULL UNIQUE, -- the merchant's order number at the provider
    account         TEXT NOT NULL,        -- of the settings: which provider, which merchant
    wallet          TEXT NOT NULL,        -- what the driver pays with: 'wechat', 'alipay', 'stripe', …
    method          TEXT NOT NULL,        -- payments::provider::Method::word
    state           TEXT NOT NULL,        -- 'new' | 'sending' | 'open' | 'unknown' | 'held' | 'taken' | 'released' | 'failed' | 'closed'
    extra           BOOLEAN NOT NULL DEFAULT FALSE, -- paid although the order had been paid: given back
    body            TEXT NOT NULL,        -- payments::provider::Attempt as JSON
    next            TEXT NOT NULL DEFAULT '', -- provider::Next as JSON
    reference       TEXT NOT NULL DEFAULT '',
    charge          TEXT NOT NULL DEFAULT '',
    instrument      TEXT NOT NULL DEFAULT '', -- provider::Instrument as JSON
    payer           TEXT NOT NULL DEFAULT '', -- the wallet's id of who paid
    currency        TEXT NOT NULL,
    amount_minor    BIGINT NOT NULL,
    held_minor      BIGINT NOT NULL DEFAULT 0,
    taken_minor     BIGINT NOT NULL DEFAULT 0,
    returned_minor  BIGINT NOT NULL DEFAULT 0,
    asked           TEXT NOT NULL DEFAULT '', -- of the provider, and not confirmed yet: 'close' | 'capture' | 'release'
    asked_minor     BIGINT NOT NULL DEFAULT 0, -- to be captured
    raise_minor     BIGINT NOT NULL DEFAULT 0, -- the hold is being raised to this; 0 = it is not
    can_raise       BOOLEAN NOT NULL DEFAULT FALSE,
    holds_until     TIMESTAMPTZ,
    refusal         TEXT NOT NULL DEFAULT '', -- provider::Refusal as JSON
    route           TEXT NOT NULL DEFAULT '', -- why this account: the whole decision as JSON
    created_at      TIMESTAMPTZ NOT NULL,
    changed_at      TIMESTAMPTZ NOT NULL
);
CREATE INDEX pay_attempt_order ON pay_attempt (order_id, id);
CREATE INDEX pay_attempt_account ON pay_attempt (account, created_at);
-- At most one attempt of an order can be paid at a time, whatever two phones do.
CREATE UNIQUE INDEX pay_attempt_live ON pay_attempt (order_id)
    WHERE state IN ('new', 'sending', 'open', 'unknown');

-- Money on its way back to the payer.
CREATE TABLE pay_refund (
--sqlite     id           INTEGER PRIMARY KEY,
--postgres     id           BIGINT PRIMARY KEY,
    order_id     BIGINT NOT NULL REFERENCES pay_order (id),
    attempt_id   BIGINT NOT NULL REFERENCES pay_attempt (id),
    number       TEXT NOT NULL UNIQUE,   -- the provider's idempotency key
    kind         TEXT NOT NULL,          -- 'rest' (not used) | 'extra' (paid twice) | 'late' | 'goodwill' | 'correction'
    currency     TEXT NOT NULL,
    amount_minor BIGINT NOT NULL,
    reason       TEXT NOT NULL DEFAULT '',
    state        TEXT NOT NULL,          -- 'new' | 'sending' | 'waiting' | 'unknown' | 'done' | 'failed'
    reference    TEXT NOT NULL DEFAULT '',
    refusal      TEXT NOT NULL DEFAULT '',
    asked_by     TEXT NOT NULL DEFAULT '', -- an account's name; '' = the system
    due_at       TIMESTAMPTZ NOT NULL,   -- what the driver is told: by then it is done
    done_at      TIMESTAMPTZ,
    created_at   TIMESTAMPTZ NOT NULL,
    changed_at   TIMESTAMPTZ NOT NULL
);
CREATE INDEX pay_refund_order ON pay_refund (order_id, id);
CREATE INDEX pay_refund_open ON pay_refund (id) WHERE state NOT IN ('done', 'failed');

-- What has happened to an order exactly once, however often it was told: the effect, not the message.
CREATE TABLE pay_effect (
    order_id BIGINT NOT NULL REFERENCES pay_order (id),
    effect   TEXT NOT NULL,              -- e.g. 'held:<attempt>', 'taken:<attempt>', 'returned:<refund>'
    at       TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (order_id, effect)
);

-- Notifications of providers as they came, before anything was made of them.
CREATE TABLE pay_inbox (
--sqlite     id          INTEGER PRIMARY KEY,
--postgres     id          BIGINT PRIMARY KEY,
    account     TEXT NOT NULL,
    key         TEXT NOT NULL,           -- the provider's id of the event
    order_id    BIGINT,
    fact        TEXT NOT NULL,           -- provider::Fact as JSON
    body        TEXT NOT NULL,           -- as it came (base64 where it is no text)
    verdict     TEXT NOT NULL,           -- 'applied' | 'nothing_new' | 'unknown_order' | 'review:<why>'
    times       BIGINT NOT NULL,         -- how often it came
    received_at TIMESTAMPTZ NOT NULL,
    UNIQUE (account, key)
);
CREATE INDEX pay_inbox_order ON pay_inbox (order_id) WHERE order_id IS NOT NULL;
CREATE INDEX pay_inbox_received ON pay_inbox (received_at);

-- What has to be done outside (calls to providers and stations, messages to people), after the cause is committed.
CREATE TABLE pay_task (
--sqlite     id          INTEGER PRIMARY KEY,
--postgres     id          BIGINT PRIMARY KEY,
    kind        TEXT NOT NULL,           -- csms::pay::tasks::Kind: 'open' | 'query' | 'close' | 'raise' | 'capture' | 'release' | 'refund' | 'start' | 'stop'
    order_id    BIGINT NOT NULL,
    attempt_id  BIGINT NOT NULL DEFAULT 0,
    refund_id   BIGINT NOT NULL DEFAULT 0,
    amount_minor BIGINT NOT NULL DEFAULT 0,
    key         TEXT NOT NULL UNIQUE,    -- asking for the same thing twice is one task
    body        TEXT NOT NULL DEFAULT '',
    state       TEXT NOT NULL,           -- 'waiting' | 'done' | 'given_up'
    tries       BIGINT NOT NULL DEFAULT 0,
    due_at      TIMESTAMPTZ NOT NULL,
    leased_until TIMESTAMPTZ,            -- somebody is at it until then
    trouble     TEXT NOT NULL DEFAULT '', -- of the last try
    created_at  TIMESTAMPTZ NOT NULL,
    done_at     TIMESTAMPTZ
);
CREATE INDEX pay_task_due ON pay_task (due_at) WHERE state = 'waiting';
CREATE INDEX pay_task_order ON pay_task (order_id, id);

-- The story of an order for people: what happened, who did it, why.
CREATE TABLE pay_story (
--sqlite     id       INTEGER PRIMARY KEY,
--postgres     id       BIGINT PRIMARY KEY,
    order_id BIGINT NOT NULL,
    at       TIMESTAMPTZ NOT NULL,
    kind     TEXT NOT NULL,              -- dotted: order.created, attempt.opened, notice.forged, refund.done, …
    by_whom  TEXT NOT NULL DEFAULT '',   -- an account's name, 'driver', a provider account; '' = the system
    body     TEXT NOT NULL               -- JSON
);
CREATE INDEX pay_story_order ON pay_story (order_id, id);

-- A bill that is made anew long after its session is found by when it was made.
CREATE INDEX bill_created ON bill (created_at);

-- What somebody has to look at is counted whenever a list of orders is shown.
CREATE INDEX pay_refund_failed ON pay_refund (id) WHERE state = 'failed';
CREATE INDEX pay_refund_attempt ON pay_refund (attempt_id, id);
CREATE INDEX pay_task_given_up ON pay_task (id) WHERE state = 'given_up';
