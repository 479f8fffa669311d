-- What a session of an identifier may take and how long it may last, beside what it may cost; NULL: no limit.
ALTER TABLE token ADD COLUMN max_energy_wh BIGINT;
ALTER TABLE token ADD COLUMN max_time_s BIGINT;
