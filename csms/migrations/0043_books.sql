-- The fee of a line is in the ledger: it is entered once, however often the line is held against our books again. A line
-- of a case about an amount or a fee has had its own entered when the case was found.
ALTER TABLE clearing_line ADD COLUMN fee_entered BOOLEAN NOT NULL DEFAULT FALSE;
UPDATE clearing_line SET fee_entered = TRUE
    WHERE kind IN ('payment', 'refund') AND (state = 'matched'
        OR id IN (SELECT line_id FROM clearing_case WHERE reason IN ('amount', 'fee') AND line_id IS NOT NULL));

-- An account is held against its statements by one process at a time.
CREATE TABLE clearing_compare (
    account      TEXT PRIMARY KEY,
    state        TEXT NOT NULL,               -- 'wanted' | 'under_way' | 'done'
    turn         BIGINT NOT NULL,             -- whose lease it is: each has a number of its own
    leased_until TIMESTAMPTZ,                 -- somebody is at it until then
    trouble      TEXT NOT NULL DEFAULT '',    -- why it did not work out …
    failed_at    TIMESTAMPTZ                  -- … and when
);

-- What was still to be paid when a document was issued: once it is paid, another one says so.
ALTER TABLE document ADD COLUMN open_minor BIGINT NOT NULL DEFAULT 0;
UPDATE document SET open_minor = (SELECT o.due_minor - o.taken_minor + o.returned_minor FROM pay_order o
        WHERE o.id = document.order_id)
    WHERE kind <> 'correction' AND EXISTS (SELECT 1 FROM pay_order o WHERE o.id = document.order_id AND o.state = 'owing'
        AND o.bill_revision = document.bill_revision AND o.due_minor > o.taken_minor - o.returned_minor);

-- Orders whose documents are to be looked at: noted with the change that makes a document due, gone with the document.
CREATE TABLE document_due (
    order_id BIGINT PRIMARY KEY,
    due_at   TIMESTAMPTZ NOT NULL,            -- later each time it could not be made
    tries    BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX document_due_at ON document_due (due_at, order_id);
INSERT INTO document_due (order_id, due_at)
    SELECT o.id, o.settled_at FROM pay_order o
    WHERE o.settled_at IS NOT NULL AND o.session_id IS NOT NULL AND (
        (o.due_minor > 0 AND NOT EXISTS (SELECT 1 FROM document d WHERE d.order_id = o.id AND d.kind <> 'correction'
            AND d.bill_revision = o.bill_revision))
        OR (o.due_minor = 0 AND EXISTS (SELECT 1 FROM document d WHERE d.order_id = o.id AND d.kind <> 'correction'
            AND NOT EXISTS (SELECT 1 FROM document c WHERE c.corrects = d.id))));
--sqlite CREATE TRIGGER pay_order_document AFTER UPDATE ON pay_order
--sqlite WHEN NEW.settled_at IS NOT NULL AND NEW.session_id IS NOT NULL
--sqlite     AND (OLD.settled_at IS NULL OR OLD.session_id IS NULL OR NEW.state IS NOT OLD.state
--sqlite         OR NEW.bill_revision IS NOT OLD.bill_revision OR NEW.due_minor IS NOT OLD.due_minor)
--sqlite BEGIN
--sqlite     INSERT INTO document_due (order_id, due_at) VALUES (NEW.id, NEW.changed_at)
--sqlite     ON CONFLICT (order_id) DO UPDATE SET due_at = excluded.due_at, tries = 0;
--sqlite END;
--postgres CREATE FUNCTION pay_order_document() RETURNS trigger LANGUAGE plpgsql AS $$
--postgres BEGIN
--postgres     INSERT INTO document_due (order_id, due_at) VALUES (NEW.id, NEW.changed_at)
--postgres     ON CONFLICT (order_id) DO UPDATE SET due_at = excluded.due_at, tries = 0;
--postgres     RETURN NULL;
--postgres END $$;
--postgres CREATE TRIGGER pay_order_document AFTER UPDATE ON pay_order FOR EACH ROW
--postgres WHEN (NEW.settled_at IS NOT NULL AND NEW.session_id IS NOT NULL
--postgres     AND (OLD.settled_at IS NULL OR OLD.session_id IS NULL OR NEW.state IS DISTINCT FROM OLD.state
--postgres         OR NEW.bill_revision IS DISTINCT FROM OLD.bill_revision OR NEW.due_minor IS DISTINCT FROM OLD.due_minor))
--postgres EXECUTE FUNCTION pay_order_document();
