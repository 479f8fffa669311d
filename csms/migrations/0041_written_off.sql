-- Of what is due, what an operator has written off: nobody pays it any more.
ALTER TABLE pay_order ADD COLUMN written_off_minor BIGINT NOT NULL DEFAULT 0;
