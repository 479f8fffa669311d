-- Clearing: what providers and banks say was moved, held against what we say. Days are texts, 2026-10-01; which clock
-- they are of stands at each. Amounts are whole smallest units (_minor).

CREATE INDEX pay_effect_at ON pay_effect (at, order_id, effect);
CREATE INDEX pay_attempt_reference ON pay_attempt (account, reference) WHERE reference <> '';
CREATE INDEX pay_attempt_charge ON pay_attempt (account, charge) WHERE charge <> '';
CREATE INDEX pay_refund_reference ON pay_refund (reference) WHERE reference <> '';
CREATE INDEX ledger_entry_at ON ledger_entry (at);

-- What is agreed about a merchant account, or about a bank ('bank:NAME').
CREATE TABLE clearing_terms (
    account         TEXT PRIMARY KEY,
    zone            TEXT NOT NULL,            -- whose days its statements are of
    fetch_at        TEXT NOT NULL,            -- on that clock, the day after: '10:30'
    rate_millionths BIGINT,                   -- the contract's fee; NULL = fees are taken as they are
    fixed_minor     BIGINT NOT NULL DEFAULT 0,
    returns_fees    BOOLEAN NOT NULL DEFAULT FALSE,
    tolerance_minor BIGINT NOT NULL DEFAULT 0,
    bank            TEXT NOT NULL DEFAULT '', -- where it pays out to
    bank_text       TEXT NOT NULL DEFAULT '', -- what its credits say there, in lower case
    currency        TEXT NOT NULL DEFAULT '', -- of files that do not say it
    columns         TEXT NOT NULL DEFAULT '', -- of a bank's CSV: clearing::read::Columns as JSON
    changed_at      TIMESTAMPTZ NOT NULL
);

-- Work of a day, done once: by whom it is being done, and how it went.
CREATE TABLE clearing_run (
    kind         TEXT NOT NULL,               -- 'settle' | 'fetch'
    subject      TEXT NOT NULL,               -- a time zone | an account and a file
    day          TEXT NOT NULL,
    state        TEXT NOT NULL,               -- 'waiting' | 'done'
    generation   BIGINT NOT NULL DEFAULT 0,   -- how often it changed something
    tries        BIGINT NOT NULL DEFAULT 0,
    leased_until TIMESTAMPTZ,                 -- somebody is at it until then
    trouble      TEXT NOT NULL DEFAULT '',
    done_at      TIMESTAMPTZ,
    PRIMARY KEY (kind, subject, day)
);

-- What our books say was taken or given back, once for each.
CREATE TABLE clearing_item (
    kind         TEXT NOT NULL,               -- 'payment' | 'refund'
    ref_id       BIGINT NOT NULL,             -- of the attempt, of the refund
    account      TEXT NOT NULL,
--sqlite     number       TEXT NOT NULL,
--postgres     number       TEXT COLLATE "C" NOT NULL,
    order_id     BIGINT NOT NULL,
    site_id      BIGINT NOT NULL,             -- 0 = none
    zone         TEXT NOT NULL,               -- the site's
    day          TEXT NOT NULL,               -- there
    currency     TEXT NOT NULL,
    amount_minor BIGINT NOT NULL,
    at           TIMESTAMPTZ NOT NULL,
    state        TEXT NOT NULL,               -- 'open' | 'matched' | 'case'
    PRIMARY KEY (kind, ref_id)
);
CREATE INDEX clearing_item_open ON clearing_item (account, kind, number) WHERE state = 'open';
CREATE INDEX clearing_item_number ON clearing_item (account, number);
CREATE INDEX clearing_item_day ON clearing_item (zone, day);

-- Our own settlement of a day, before any provider has said anything.
CREATE TABLE clearing_settlement (
    zone           TEXT NOT NULL,
    day            TEXT NOT NULL,
    site_id        BIGINT NOT NULL,           -- 0 = none
    account        TEXT NOT NULL,
    currency       TEXT NOT NULL,
    paid           BIGINT NOT NULL,           -- how many
    paid_minor     BIGINT NOT NULL,
    returned       BIGINT NOT NULL,
    returned_minor BIGINT NOT NULL,
    fee_minor      BIGINT NOT NULL,           -- by the contract
    learned_minor  BIGINT,                    -- by what the provider has kept of late; NULL = not known
    net_minor      BIGINT NOT NULL,           -- paid − returned − fee
    PRIMARY KEY (zone, day, site_id, account, currency)
);
CREATE INDEX clearing_settlement_day ON clearing_settlement (day);

-- Who gets which part of a site's revenue.
CREATE TABLE share_rule (
--sqlite     id              INTEGER PRIMARY KEY,
--postgres     id              BIGINT PRIMARY KEY,
    site_id         BIGINT NOT NULL REFERENCES site (id),
    host            TEXT NOT NULL,
    rate_millionths BIGINT NOT NULL,
    revenue         TEXT NOT NULL,            -- 'all', or of what, by commas: 'energy,service'
    from_day        TEXT NOT NULL,
    to_day          TEXT,                     -- the last one; NULL = until further notice
    created_at      TIMESTAMPTZ NOT NULL
);
CREATE INDEX share_rule_site ON share_rule (site_id);

-- What a rule came to on a day. A later generation is there where revenue was entered late; the newest one counts.
CREATE TABLE clearing_share (
    rule_id     BIGINT NOT NULL REFERENCES share_rule (id),
    day         TEXT NOT NULL,
    currency    TEXT NOT NULL,
    generation  BIGINT NOT NULL,
    base_minor  BIGINT NOT NULL,
    share_minor BIGINT NOT NULL,
    PRIMARY KEY (rule_id, day, currency, generation)
);

-- Files as they came.
CREATE TABLE clearing_statement (
--sqlite     id             INTEGER PRIMARY KEY,
--postgres     id             BIGINT PRIMARY KEY,
    account        TEXT NOT NULL,
    file           TEXT NOT NULL,             -- 'trades' | 'funds' | 'bank'
    day            TEXT NOT NULL,             -- of the account's clock
    format         TEXT NOT NULL,
    name           TEXT NOT NULL,
    sha256         TEXT NOT NULL,             -- of the bytes as they came
    bytes          BIGINT NOT NULL,
--sqlite     raw            BLOB NOT NULL,    -- those bytes, gzip
--postgres     raw            BYTEA NOT NULL,
    lines          BIGINT NOT NULL,
    paid_minor     BIGINT NOT NULL,
    returned_minor BIGINT NOT NULL,
    fee_minor      BIGINT NOT NULL,
    whole          BOOLEAN NOT NULL,          -- all its lines are in clearing_line
    by_whom        TEXT NOT NULL,             -- '' = fetched
    created_at     TIMESTAMPTZ NOT NULL,
    UNIQUE (account, file, day, sha256)
);

CREATE TABLE clearing_line (
--sqlite     id           INTEGER PRIMARY KEY,
--postgres     id           BIGINT PRIMARY KEY,
    statement_id BIGINT NOT NULL REFERENCES clearing_statement (id),
    account      TEXT NOT NULL,
    digest       TEXT NOT NULL,               -- of what it says: a line that comes again in another file is the same
    copy         BIGINT NOT NULL,             -- how many like it stand before it in its file
    kind         TEXT NOT NULL,
--sqlite     number       TEXT NOT NULL,
--postgres     number       TEXT COLLATE "C" NOT NULL,
    reference    TEXT NOT NULL,
    currency     TEXT NOT NULL,
    amount_minor BIGINT NOT NULL,
    fee_minor    BIGINT,
    at           TIMESTAMPTZ,
    day          TEXT NOT NULL,
    since        TEXT NOT NULL,               -- waits for its partner since
    standing     TEXT NOT NULL,
    text         TEXT NOT NULL,
    row          BIGINT NOT NULL,
    state        TEXT NOT NULL,               -- 'open' | 'matched' | 'case' | 'kept' (nothing to hold it against)
    UNIQUE (account, digest, copy)
);
CREATE INDEX clearing_line_open ON clearing_line (account, kind, number, id) WHERE state = 'open';
CREATE INDEX clearing_line_statement ON clearing_line (statement_id);

-- What does not agree, until somebody has settled it.
CREATE TABLE clearing_case (
--sqlite     id             INTEGER PRIMARY KEY,
--postgres     id             BIGINT PRIMARY KEY,
    key            TEXT NOT NULL UNIQUE,      -- the same difference is one case, however often it is found
    account        TEXT NOT NULL,
    day            TEXT NOT NULL,             -- of the account's clock
    reason         TEXT NOT NULL,             -- matching::Reason, or 'payout', 'credit', 'statement'
    kind           TEXT NOT NULL,
    number         TEXT NOT NULL,
    reference      TEXT NOT NULL,
    currency       TEXT NOT NULL,
    ours_minor     BIGINT,                    -- of a fee: what the contract says
    theirs_minor   BIGINT,                    -- of a fee: what was kept
    gain_minor     BIGINT NOT NULL,           -- what we have more by their books than by ours; negative = less
    order_id       BIGINT,
    ref_id         BIGINT,                    -- of the attempt or the refund
    line_id        BIGINT,
    suggestion     TEXT NOT NULL,
    state          TEXT NOT NULL,             -- 'open' | 'asked' (one of two people has agreed) | 'resolved'
    resolution     TEXT NOT NULL DEFAULT '',
    note           TEXT NOT NULL DEFAULT '',
    asked_by       TEXT NOT NULL DEFAULT '',
    resolved_by    TEXT NOT NULL DEFAULT '',
    found_at       TIMESTAMPTZ NOT NULL,
    resolved_at    TIMESTAMPTZ
);
CREATE INDEX clearing_case_open ON clearing_case (id) WHERE state <> 'resolved';
CREATE INDEX clearing_case_day ON clearing_case (day, account);
CREATE INDEX clearing_case_line ON clearing_case (line_id) WHERE line_id IS NOT NULL;
