-- Vehicles that give back: what a vehicle has offered, and what an operator wants of it until when; mA on each phase.
ALTER TABLE grid_need ADD COLUMN back_ma BIGINT;
ALTER TABLE grid_need ADD COLUMN give_ma BIGINT;
ALTER TABLE grid_need ADD COLUMN give_until TIMESTAMPTZ;

-- What the vehicle was to give back by plans since it told its needs, up to this one.
ALTER TABLE charging_plan ADD COLUMN lent_wh BIGINT NOT NULL DEFAULT 0;
