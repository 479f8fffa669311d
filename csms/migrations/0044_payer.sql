-- A driver is known by the payer's own account at a wallet.
CREATE INDEX pay_attempt_payer ON pay_attempt (account, payer) WHERE payer <> '';
