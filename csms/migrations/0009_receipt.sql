-- Receipts, invoices and correction notes as issued, and messages to drivers.

-- A document never changes; what was wrong is taken back by a correction. The number of a series without gaps is taken
-- in the transaction that keeps the document.
CREATE TABLE document (
--sqlite     id            INTEGER PRIMARY KEY,
--postgres     id            BIGINT PRIMARY KEY,
    number        TEXT NOT NULL UNIQUE,
    kind          TEXT NOT NULL,         -- 'receipt' | 'invoice' | 'correction'
    order_id      BIGINT NOT NULL,
    session_id    BIGINT,
    bill_revision BIGINT NOT NULL,       -- of the bill that it is about
    corrects      BIGINT REFERENCES document (id), -- of a correction
    body          TEXT NOT NULL,         -- payments::receipt::Document as JSON
    hash          TEXT NOT NULL,         -- SHA-256 of the body
    issued_at     TIMESTAMPTZ NOT NULL
);
CREATE INDEX document_order ON document (order_id, id);
-- A document is corrected once.
CREATE UNIQUE INDEX document_corrected ON document (corrects) WHERE corrects IS NOT NULL;

-- Who wants an invoice for an order, as told by the driver.
CREATE TABLE invoice_wish (
    order_id   BIGINT PRIMARY KEY,
    name       TEXT NOT NULL,
    address    TEXT NOT NULL DEFAULT '',  -- lines
    tax_id     TEXT NOT NULL DEFAULT '',
    created_at TIMESTAMPTZ NOT NULL
);

-- What drivers are to be told: sent after the cause is committed, again until it was taken.
CREATE TABLE message (
--sqlite     id         INTEGER PRIMARY KEY,
--postgres     id         BIGINT PRIMARY KEY,
    key        TEXT NOT NULL UNIQUE,     -- the same one is told once
    kind       TEXT NOT NULL,            -- 'receipt' | 'interrupted' | 'refund' | 'sign_in' | 'code' | 'idle' | 'owing' | …
    recipient  TEXT NOT NULL,            -- e-mail address or phone number
    language   TEXT NOT NULL DEFAULT '',
    subject    TEXT NOT NULL,
    body       TEXT NOT NULL,            -- plain text; '' once it was sent and is a secret
    link       TEXT NOT NULL DEFAULT '',
    order_id   BIGINT,
    state      TEXT NOT NULL,            -- 'waiting' | 'sent' | 'given_up'
    tries      BIGINT NOT NULL DEFAULT 0,
    due_at     TIMESTAMPTZ NOT NULL,
    trouble    TEXT NOT NULL DEFAULT '',
    created_at TIMESTAMPTZ NOT NULL,
    sent_at    TIMESTAMPTZ
);
CREATE INDEX message_due ON message (due_at) WHERE state = 'waiting';
CREATE INDEX message_order ON message (order_id) WHERE order_id IS NOT NULL;
