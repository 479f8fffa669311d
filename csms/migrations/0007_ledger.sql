-- Double entry: every journal entry has postings that add up to nothing in each currency. Rows are added, never changed.

CREATE TABLE ledger_entry (
--sqlite     id       INTEGER PRIMARY KEY,
--postgres     id       BIGINT PRIMARY KEY,
    kind     TEXT NOT NULL,              -- what it is about: 'taken', 'billed', 'returned', 'fee', 'payout', …
    phase    TEXT NOT NULL,              -- 'posted' | 'pending' | 'post' | 'void'
    pending  BIGINT,                     -- the pending entry that a 'post' or 'void' ends
    order_id BIGINT,                     -- pay_order, where it is of one
    key      TEXT NOT NULL UNIQUE,       -- the effect: the same one is entered once
    body     TEXT NOT NULL,              -- JSON: what it refers to
    at       TIMESTAMPTZ NOT NULL
);
CREATE INDEX ledger_entry_order ON ledger_entry (order_id) WHERE order_id IS NOT NULL;
-- A pending entry ends once.
CREATE UNIQUE INDEX ledger_entry_ends ON ledger_entry (pending) WHERE pending IS NOT NULL;

CREATE TABLE ledger_posting (
    entry_id     BIGINT NOT NULL REFERENCES ledger_entry (id),
    line         BIGINT NOT NULL,
    account      TEXT NOT NULL,          -- 'provider:<account>', 'revenue:energy', 'bank:<name>', …
    currency     TEXT NOT NULL,
    amount_minor BIGINT NOT NULL,        -- debit positive, credit negative
    PRIMARY KEY (entry_id, line)
);
CREATE INDEX ledger_posting_account ON ledger_posting (account, currency);

-- Anything else that shall be provable later: what a provider told, what an operator changed. Only its hash is kept,
-- so that the original may be removed when its time is over.
CREATE TABLE ledger_record (
    kind    TEXT NOT NULL,              -- 'notice' (pay_inbox) | 'event' | 'story' (pay_story)
    id      BIGINT NOT NULL,            -- of the row that it is about
    subject TEXT NOT NULL,              -- in words: 'wx-main/EV-2018022511223320873', 'tariff.published', …
    digest  TEXT NOT NULL,              -- SHA-256 of its content, hexadecimal
    at      TIMESTAMPTZ NOT NULL,       -- when it happened
    PRIMARY KEY (kind, id)
);

-- What is committed and not sealed yet. Triggers put rows here in the transaction that adds the thing itself, so that
-- nothing is missed in whatever order transactions commit; the sealer takes them away together with adding the leaf.
CREATE TABLE ledger_unsealed (
    kind   TEXT NOT NULL,               -- 'entry' | 'notice' | 'event' | 'story'
    ref_id BIGINT NOT NULL,
    PRIMARY KEY (kind, ref_id)
);
CREATE INDEX ledger_unsealed_order ON ledger_unsealed (ref_id);

-- The leaves of the Merkle tree, in the order they were sealed.
CREATE TABLE ledger_leaf (
--sqlite     idx    INTEGER PRIMARY KEY,
--postgres     idx    BIGINT PRIMARY KEY,   -- from 0, without gaps
    kind   TEXT NOT NULL,               -- 'entry' | 'notice' | 'event' | 'story'
    ref_id BIGINT NOT NULL,             -- ledger_entry, else ledger_record
    hash   TEXT NOT NULL,               -- leaf hash (RFC 6962), hexadecimal
    at     TIMESTAMPTZ NOT NULL,        -- when it was sealed
    UNIQUE (kind, ref_id)
);

-- Hashes of whole subtrees of 256, 65,536 … leaves (level 8, 16 …), so that a proof reads few rows.
CREATE TABLE ledger_node (
    level BIGINT NOT NULL,
    idx   BIGINT NOT NULL,              -- of the subtree among those of its level
    hash  TEXT NOT NULL,
    PRIMARY KEY (level, idx)
);

-- Signed sizes and roots of the tree, as they are published.
CREATE TABLE ledger_checkpoint (
--sqlite     size INTEGER PRIMARY KEY,
--postgres     size BIGINT PRIMARY KEY,
    root TEXT NOT NULL,
    note TEXT NOT NULL,                 -- signed note, C2SP tlog-checkpoint
    at   TIMESTAMPTZ NOT NULL
);

-- What witnesses have signed beside us.
CREATE TABLE ledger_cosignature (
    size    BIGINT NOT NULL,
    witness TEXT NOT NULL,
    line    TEXT NOT NULL,              -- signature line of the note
    at      TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (size, witness)
);

-- How far each place outside has been told.
CREATE TABLE ledger_publishing (
    target  TEXT PRIMARY KEY,           -- 'folder', 'webhook', 'witness <name>'
    size    BIGINT NOT NULL,            -- of the newest checkpoint that it has
    tries   BIGINT NOT NULL,            -- in vain since then
    due_at  TIMESTAMPTZ NOT NULL,
    trouble TEXT NOT NULL
);

-- Sums of the sealed postings: a balance is this and what is not sealed yet. Can be computed again from the postings.
CREATE TABLE ledger_total (
    account       TEXT NOT NULL,
    currency      TEXT NOT NULL,
    posted_minor  BIGINT NOT NULL,
    pending_minor BIGINT NOT NULL,
    PRIMARY KEY (account, currency)
);

-- Work that one process does at a time.
CREATE TABLE ledger_lease (
    name   TEXT PRIMARY KEY,
    holder BIGINT NOT NULL,             -- node
    until  TIMESTAMPTZ NOT NULL
);

-- What the ledger's checks have found.
CREATE TABLE ledger_finding (
    kind       TEXT NOT NULL,
    subject    TEXT NOT NULL,
    detail     TEXT NOT NULL,           -- in words
    first_at   TIMESTAMPTZ NOT NULL,
    last_at    TIMESTAMPTZ NOT NULL,
    cleared_at TIMESTAMPTZ,             -- NULL = open
    PRIMARY KEY (kind, subject)
);
CREATE INDEX ledger_finding_open ON ledger_finding (last_at) WHERE cleared_at IS NULL;

-- The checks go through settled orders in the order they were changed.
CREATE INDEX pay_order_settled ON pay_order (changed_at, id) WHERE settled_at IS NOT NULL;

--postgres CREATE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
--postgres BEGIN
--postgres     RAISE EXCEPTION 'rows of % are added, never changed or removed', TG_TABLE_NAME USING ERRCODE = '23000';
--postgres END $$;

--sqlite CREATE TRIGGER ledger_entry_update BEFORE UPDATE ON ledger_entry BEGIN
--sqlite     SELECT RAISE(ABORT, 'rows of ledger_entry are added, never changed or removed');
--sqlite END;
--sqlite CREATE TRIGGER ledger_entry_delete BEFORE DELETE ON ledger_entry BEGIN
--sqlite     SELECT RAISE(ABORT, 'rows of ledger_entry are added, never changed or removed');
--sqlite END;
--postgres CREATE TRIGGER ledger_entry_change BEFORE UPDATE OR DELETE ON ledger_entry
--postgres     FOR EACH ROW EXECUTE FUNCTION ledger_refuse();
--postgres CREATE TRIGGER ledger_entry_truncate BEFORE TRUNCATE ON ledger_entry
--postgres     FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse();

--sqlite CREATE TRIGGER ledger_posting_update BEFORE UPDATE ON ledger_posting BEGIN
--sqlite     SELECT RAISE(ABORT, 'rows of ledger_posting are added, never changed or removed');
--sqlite END;
--sqlite CREATE TRIGGER ledger_posting_delete BEFORE DELETE ON ledger_posting BEGIN
--sqlite     SELECT RAISE(ABORT, 'rows of ledger_posting are added, never changed or removed');
--sqlite END;
--postgres CREATE TRIGGER ledger_posting_change BEFORE UPDATE OR DELETE ON ledger_posting
--postgres     FOR EACH ROW EXECUTE FUNCTION ledger_refuse();
--postgres CREATE TRIGGER ledger_posting_truncate BEFORE TRUNCATE ON ledger_posting
--postgres     FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse();

--sqlite CREATE TRIGGER ledger_record_update BEFORE UPDATE ON ledger_record BEGIN
--sqlite     SELECT RAISE(ABORT, 'rows of ledger_record are added, never changed or removed');
--sqlite END;
--sqlite CREATE TRIGGER ledger_record_delete BEFORE DELETE ON ledger_record BEGIN
--sqlite     SELECT RAISE(ABORT, 'rows of ledger_record are added, never changed or removed');
--sqlite END;
--postgres CREATE TRIGGER ledger_record_change BEFORE UPDATE OR DELETE ON ledger_record
--postgres     FOR EACH ROW EXECUTE FUNCTION ledger_refuse();
--postgres CREATE TRIGGER ledger_record_truncate BEFORE TRUNCATE ON ledger_record
--postgres     FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse();

--sqlite CREATE TRIGGER ledger_leaf_update BEFORE UPDATE ON ledger_leaf BEGIN
--sqlite     SELECT RAISE(ABORT, 'rows of ledger_leaf are added, never changed or removed');
--sqlite END;
--sqlite CREATE TRIGGER ledger_leaf_delete BEFORE DELETE ON ledger_leaf BEGIN
--sqlite     SELECT RAISE(ABORT, 'rows of ledger_leaf are added, never changed or removed');
--sqlite END;
--postgres CREATE TRIGGER ledger_leaf_change BEFORE UPDATE OR DELETE ON ledger_leaf
--postgres     FOR EACH ROW EXECUTE FUNCTION ledger_refuse();
--postgres CREATE TRIGGER ledger_leaf_truncate BEFORE TRUNCATE ON ledger_leaf
--postgres     FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse();

--sqlite CREATE TRIGGER ledger_node_update BEFORE UPDATE ON ledger_node BEGIN
--sqlite     SELECT RAISE(ABORT, 'rows of ledger_node are added, never changed or removed');
--sqlite END;
--sqlite CREATE TRIGGER ledger_node_delete BEFORE DELETE ON ledger_node BEGIN
--sqlite     SELECT RAISE(ABORT, 'rows of ledger_node are added, never changed or removed');
--sqlite END;
--postgres CREATE TRIGGER ledger_node_change BEFORE UPDATE OR DELETE ON ledger_node
--postgres     FOR EACH ROW EXECUTE FUNCTION ledger_refuse();
--postgres CREATE TRIGGER ledger_node_truncate BEFORE TRUNCATE ON ledger_node
--postgres     FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse();

--sqlite CREATE TRIGGER ledger_checkpoint_update BEFORE UPDATE ON ledger_checkpoint BEGIN
--sqlite     SELECT RAISE(ABORT, 'rows of ledger_checkpoint are added, never changed or removed');
--sqlite END;
--sqlite CREATE TRIGGER ledger_checkpoint_delete BEFORE DELETE ON ledger_checkpoint BEGIN
--sqlite     SELECT RAISE(ABORT, 'rows of ledger_checkpoint are added, never changed or removed');
--sqlite END;
--postgres CREATE TRIGGER ledger_checkpoint_change BEFORE UPDATE OR DELETE ON ledger_checkpoint
--postgres     FOR EACH ROW EXECUTE FUNCTION ledger_refuse();
--postgres CREATE TRIGGER ledger_checkpoint_truncate BEFORE TRUNCATE ON ledger_checkpoint
--postgres     FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse();

--sqlite CREATE TRIGGER ledger_cosignature_update BEFORE UPDATE ON ledger_cosignature BEGIN
--sqlite     SELECT RAISE(ABORT, 'rows of ledger_cosignature are added, never changed or removed');
--sqlite END;
--sqlite CREATE TRIGGER ledger_cosignature_delete BEFORE DELETE ON ledger_cosignature BEGIN
--sqlite     SELECT RAISE(ABORT, 'rows of ledger_cosignature are added, never changed or removed');
--sqlite END;
--postgres CREATE TRIGGER ledger_cosignature_change BEFORE UPDATE OR DELETE ON ledger_cosignature
--postgres     FOR EACH ROW EXECUTE FUNCTION ledger_refuse();
--postgres CREATE TRIGGER ledger_cosignature_truncate BEFORE TRUNCATE ON ledger_cosignature
--postgres     FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse();

-- A sealed entry takes no more postings.
--sqlite CREATE TRIGGER ledger_posting_sealed BEFORE INSERT ON ledger_posting
--sqlite WHEN NOT EXISTS (SELECT 1 FROM ledger_unsealed WHERE kind = 'entry' AND ref_id = NEW.entry_id) BEGIN
--sqlite     SELECT RAISE(ABORT, 'a sealed entry takes no more postings');
--sqlite END;
--postgres CREATE FUNCTION ledger_posting_sealed() RETURNS trigger LANGUAGE plpgsql AS $$
--postgres BEGIN
--postgres     IF NOT EXISTS (SELECT 1 FROM ledger_unsealed WHERE kind = 'entry' AND ref_id = NEW.entry_id) THEN
--postgres         RAISE EXCEPTION 'a sealed entry takes no more postings' USING ERRCODE = '23000';
--postgres     END IF;
--postgres     RETURN NEW;
--postgres END $$;
--postgres CREATE TRIGGER ledger_posting_sealed BEFORE INSERT ON ledger_posting
--postgres     FOR EACH ROW EXECUTE FUNCTION ledger_posting_sealed();

-- What shall be sealed: all entries, what providers told, what operators changed.
--postgres CREATE FUNCTION ledger_seal_later() RETURNS trigger LANGUAGE plpgsql AS $$
--postgres BEGIN
--postgres     INSERT INTO ledger_unsealed (kind, ref_id) VALUES (TG_ARGV[0], NEW.id);
--postgres     RETURN NULL;
--postgres END $$;
--sqlite CREATE TRIGGER ledger_entry_seal AFTER INSERT ON ledger_entry
--sqlite BEGIN
--sqlite     INSERT INTO ledger_unsealed (kind, ref_id) VALUES ('entry', NEW.id);
--sqlite END;
--postgres CREATE TRIGGER ledger_entry_seal AFTER INSERT ON ledger_entry FOR EACH ROW
--postgres     EXECUTE FUNCTION ledger_seal_later('entry');
--sqlite CREATE TRIGGER pay_inbox_seal AFTER INSERT ON pay_inbox
--sqlite BEGIN
--sqlite     INSERT INTO ledger_unsealed (kind, ref_id) VALUES ('notice', NEW.id);
--sqlite END;
--postgres CREATE TRIGGER pay_inbox_seal AFTER INSERT ON pay_inbox FOR EACH ROW
--postgres     EXECUTE FUNCTION ledger_seal_later('notice');
--sqlite CREATE TRIGGER pay_story_seal AFTER INSERT ON pay_story
--sqlite WHEN NEW.by_whom NOT IN ('', 'driver')
--sqlite BEGIN
--sqlite     INSERT INTO ledger_unsealed (kind, ref_id) VALUES ('story', NEW.id);
--sqlite END;
--postgres CREATE TRIGGER pay_story_seal AFTER INSERT ON pay_story FOR EACH ROW
--postgres WHEN (NEW.by_whom NOT IN ('', 'driver'))
--postgres     EXECUTE FUNCTION ledger_seal_later('story');
--sqlite CREATE TRIGGER event_seal AFTER INSERT ON event
--sqlite WHEN NEW.kind LIKE 'tariff.%' OR NEW.kind LIKE 'discount.%' OR NEW.kind LIKE 'operator.%' OR NEW.kind LIKE 'pay.%'
--sqlite     OR NEW.kind LIKE 'risk.%' OR NEW.kind LIKE 'clearing.%' OR NEW.kind LIKE 'ledger.%'
--sqlite BEGIN
--sqlite     INSERT INTO ledger_unsealed (kind, ref_id) VALUES ('event', NEW.id);
--sqlite END;
--postgres CREATE TRIGGER event_seal AFTER INSERT ON event FOR EACH ROW
--postgres WHEN (NEW.kind LIKE 'tariff.%' OR NEW.kind LIKE 'discount.%' OR NEW.kind LIKE 'operator.%' OR NEW.kind LIKE 'pay.%'
--postgres     OR NEW.kind LIKE 'risk.%' OR NEW.kind LIKE 'clearing.%' OR NEW.kind LIKE 'ledger.%')
--postgres     EXECUTE FUNCTION ledger_seal_later('event');
