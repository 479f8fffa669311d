-- What a request has made, noted in the transaction that made it: after a crash before its answer was kept, the same
-- request finds it instead of making another.
ALTER TABLE api_request ADD COLUMN effect TEXT NOT NULL DEFAULT '';
