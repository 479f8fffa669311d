-- Displays of stations that show payment codes of ours: what an operator wants, and what was learnt of the display.
CREATE TABLE station_display (
    station_id TEXT PRIMARY KEY REFERENCES station (id) ON DELETE CASCADE,
    wanted     TEXT NOT NULL DEFAULT '', -- 'on' | 'off' | '' = as the settings say
    state      TEXT NOT NULL DEFAULT '', -- 'shows' | 'refused' | 'unsupported' | 'no_way' | 'own_codes' | '' = nothing was sent yet
    detail     TEXT NOT NULL DEFAULT '', -- why, for people
    make       TEXT NOT NULL DEFAULT '', -- version, firmware and way that what follows was learnt of
    ability    TEXT NOT NULL DEFAULT '', -- JSON: formats, priorities and states that were not refused
    next_at    TIMESTAMPTZ,              -- a station that lacks the function is asked again then
    changed_at TIMESTAMPTZ NOT NULL
);

-- What stands on the display of an EVSE, and what was asked of it last.
CREATE TABLE display_message (
    station_id TEXT NOT NULL REFERENCES station (id) ON DELETE CASCADE,
    evse       BIGINT NOT NULL,
    stands     TEXT NOT NULL,            -- 'code' | 'receipt' | '' = nothing
    url        TEXT NOT NULL,            -- where it leads
    until      TIMESTAMPTZ,              -- it does not lead there any more
    renew_at   TIMESTAMPTZ,              -- the next one is to be there by then
    asked      TEXT NOT NULL,            -- 'code' | 'receipt' | 'clear': the last call
    answer     TEXT NOT NULL,            -- in the station's word, or why there is none; 'Accepted' = what stands is known
    asked_at   TIMESTAMPTZ NOT NULL,
    tries      BIGINT NOT NULL DEFAULT 0, -- calls in a row that came to nothing
    next_at    TIMESTAMPTZ,              -- the same is asked again then
    PRIMARY KEY (station_id, evse)
);

-- What a driver has limited at the station beside the money (maxenergy, maxtime of its code).
CREATE TABLE pay_limit (
    order_id  BIGINT PRIMARY KEY REFERENCES pay_order (id) ON DELETE CASCADE,
    energy_wh BIGINT,
    time_s    BIGINT
);

-- The orders of a station that something may still happen to.
CREATE INDEX pay_order_at_work_at ON pay_order (station_id)
    WHERE state IN ('created', 'pending', 'authorized', 'charging', 'settling');
