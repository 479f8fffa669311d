-- Rules, models and cases of risk. Who or what a payment belongs to (driver, device, card, network, station, phone, wallet)
-- is kept as a keyed hash: it can be counted and not read.

-- What happened to payments, for the windows of rules. A row is never changed.
CREATE TABLE risk_event (
--sqlite     id           INTEGER PRIMARY KEY,
--postgres     id           BIGINT PRIMARY KEY,
    key          TEXT NOT NULL UNIQUE,   -- the effect: told twice it is one row
    order_id     BIGINT NOT NULL,
    at           TIMESTAMPTZ NOT NULL,
    what         TEXT NOT NULL,          -- 'attempt' | 'success' | 'refusal' | 'refund'
    currency     TEXT NOT NULL,
    amount_minor BIGINT NOT NULL,
    segment      TEXT NOT NULL DEFAULT '', -- as it was at the click
    -- Hashes; '' = not known.
    driver       TEXT NOT NULL DEFAULT '',
    device       TEXT NOT NULL DEFAULT '',
    card         TEXT NOT NULL DEFAULT '',
    address      TEXT NOT NULL DEFAULT '',
    station      TEXT NOT NULL DEFAULT '',
    phone        TEXT NOT NULL DEFAULT '',
    wallet       TEXT NOT NULL DEFAULT ''
);
CREATE INDEX risk_event_order ON risk_event (order_id, id);
CREATE INDEX risk_event_driver ON risk_event (driver, at) WHERE driver <> '';
CREATE INDEX risk_event_device ON risk_event (device, at) WHERE device <> '';
CREATE INDEX risk_event_card ON risk_event (card, at) WHERE card <> '';
CREATE INDEX risk_event_address ON risk_event (address, at) WHERE address <> '';
CREATE INDEX risk_event_station ON risk_event (station, at) WHERE station <> '';
CREATE INDEX risk_event_phone ON risk_event (phone, at) WHERE phone <> '';
CREATE INDEX risk_event_wallet ON risk_event (wallet, at) WHERE wallet <> '';

-- Who or what has been seen. Its row is locked while a payment of it is decided, so that two at once count each other.
CREATE TABLE risk_subject (
    kind          TEXT NOT NULL,
    key           TEXT NOT NULL,
    first_at      TIMESTAMPTZ NOT NULL,
    last_at       TIMESTAMPTZ NOT NULL,
    blocked_until TIMESTAMPTZ,
    PRIMARY KEY (kind, key)
);
CREATE INDEX risk_subject_last ON risk_subject (last_at);

-- Rules in versions; which one counts stands in the settings.
CREATE TABLE risk_rules (
    version    BIGINT PRIMARY KEY,
    body       TEXT NOT NULL,            -- payments::risk::rules::RuleSet as JSON
    by_whom    TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL
);

-- What was decided at a click, and by what.
CREATE TABLE risk_decision (
--sqlite     id            INTEGER PRIMARY KEY,
--postgres     id            BIGINT PRIMARY KEY,
    order_id      BIGINT NOT NULL,
    click         BIGINT NOT NULL,       -- the order's version at the click: asked twice it is one decision
    at            TIMESTAMPTZ NOT NULL,
    outcome       TEXT NOT NULL,         -- payments::risk::Outcome
    rules_version BIGINT NOT NULL,
    model         TEXT NOT NULL DEFAULT '', -- '' = the model said nothing
    revision      BIGINT NOT NULL DEFAULT 0, -- of its calibration
    outside       BOOLEAN,               -- of the model's region; NULL = the model said nothing
    body          TEXT NOT NULL,         -- payments::risk::Decision as JSON
    UNIQUE (order_id, click)
);
CREATE INDEX risk_decision_at ON risk_decision (at);

-- The rules that hit at a decision.
CREATE TABLE risk_hit (
    decision_id   BIGINT NOT NULL REFERENCES risk_decision (id) ON DELETE CASCADE,
    rule          TEXT NOT NULL,
    rules_version BIGINT NOT NULL,
    at            TIMESTAMPTZ NOT NULL,
    outcome       TEXT NOT NULL,
    live          BOOLEAN NOT NULL,
    PRIMARY KEY (decision_id, rule)
);
CREATE INDEX risk_hit_at ON risk_hit (at);

-- Trained models; which one counts stands in the settings.
CREATE TABLE risk_model (
    id            TEXT PRIMARY KEY,      -- the beginning of the SHA-256 of its body
    body          TEXT NOT NULL,
    calibration   TEXT NOT NULL,         -- behaviour::Calibration as JSON
    revision      BIGINT NOT NULL,       -- of the calibration
    calibrated_to BIGINT NOT NULL,       -- newest decision that it has learnt from
    drivers       BIGINT NOT NULL,       -- trained on
    payments      BIGINT NOT NULL,
    report        TEXT NOT NULL,         -- JSON: surprise before and after
    created_at    TIMESTAMPTZ NOT NULL
);

-- A second verification that was asked for.
CREATE TABLE risk_check (
--sqlite     id          INTEGER PRIMARY KEY,
--postgres     id          BIGINT PRIMARY KEY,
    order_id     BIGINT NOT NULL,
    decision_id  BIGINT NOT NULL,
    step         TEXT NOT NULL,          -- 'code' | 'three_ds'
    state        TEXT NOT NULL,          -- 'open' | 'passed' | 'failed' | 'replaced'
    code         TEXT NOT NULL DEFAULT '', -- keyed hash
    tries        BIGINT NOT NULL DEFAULT 0,
    driver       TEXT NOT NULL DEFAULT '', -- hashes, as above
    device       TEXT NOT NULL DEFAULT '',
    currency     TEXT NOT NULL,
    amount_minor BIGINT NOT NULL,        -- a passed one answers for so much
    expires_at   TIMESTAMPTZ NOT NULL,
    created_at   TIMESTAMPTZ NOT NULL,
    done_at      TIMESTAMPTZ
);
CREATE INDEX risk_check_order ON risk_check (order_id, id);
CREATE INDEX risk_check_rest ON risk_check (driver, device, done_at) WHERE state = 'passed';

-- A payment that somebody has to look at.
CREATE TABLE risk_case (
--sqlite     id          INTEGER PRIMARY KEY,
--postgres     id          BIGINT PRIMARY KEY,
    order_id    BIGINT NOT NULL,
    decision_id BIGINT NOT NULL UNIQUE,
    opened_at   TIMESTAMPTZ NOT NULL,
    verdict     TEXT NOT NULL DEFAULT '', -- 'honest' | 'fraud' | 'unclear'; '' = open
    note        TEXT NOT NULL DEFAULT '',
    resolved_by TEXT NOT NULL DEFAULT '',
    resolved_at TIMESTAMPTZ
);
CREATE INDEX risk_case_open ON risk_case (id) WHERE verdict = '';
CREATE INDEX risk_case_order ON risk_case (order_id);
