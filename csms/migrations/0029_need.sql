-- What the vehicle of a session needs (ISO 15118), as its station has told it last, and what it was answered.
CREATE TABLE charging_need (
--sqlite     session_id INTEGER PRIMARY KEY REFERENCES session (id) ON DELETE CASCADE,
--postgres     session_id BIGINT PRIMARY KEY REFERENCES session (id) ON DELETE CASCADE,
    station_id  TEXT NOT NULL,
    evse        BIGINT NOT NULL,
    round       BIGINT NOT NULL,          -- one more with each thing that wants a new plan
    body        TEXT NOT NULL,            -- NotifyEVChargingNeeds; empty: none was told
    told_at     TIMESTAMPTZ NOT NULL,
    energy_mwh  BIGINT NOT NULL,          -- what the session had taken then
    answer      TEXT NOT NULL,            -- 'accepted' | 'processing' | 'rejected' | 'no_plan' | ''
    reason      TEXT NOT NULL,            -- for people
    schedule    TEXT NOT NULL,            -- NotifyEVChargingSchedule: what the vehicle will do; empty: not told
    schedule_at TIMESTAMPTZ,
    schedule_answer TEXT NOT NULL,        -- 'accepted' | 'rejected' | ''
    priority    TEXT NOT NULL,            -- 'on' | 'off' | '': the last NotifyPriorityCharging
    plans       TEXT NOT NULL DEFAULT ''  -- 'off': an operator wants no plan for this session
);
CREATE INDEX charging_need_station ON charging_need (station_id);

-- The plan that was made for it. Only who plans writes here.
CREATE TABLE charging_plan (
--sqlite     session_id INTEGER PRIMARY KEY REFERENCES session (id) ON DELETE CASCADE,
--postgres     session_id BIGINT PRIMARY KEY REFERENCES session (id) ON DELETE CASCADE,
    round       BIGINT NOT NULL,          -- of the need that it is for
    state       TEXT NOT NULL,            -- 'sent' | 'set' | 'refused' | 'lost' | 'none'
    profile     TEXT NOT NULL,            -- ChargingProfile as it is on the wire
    most        BIGINT NOT NULL,          -- W that the EVSE and the vehicle allowed when it was made
    missing_wh  BIGINT NOT NULL,          -- of what is needed, not before the departure
    reason      TEXT NOT NULL,            -- for people
    command_id  BIGINT,
    at          TIMESTAMPTZ NOT NULL
);

-- A stream of monitored values that a station has opened (2.1, N11).
CREATE TABLE event_stream (
    station_id  TEXT NOT NULL REFERENCES station (id) ON DELETE CASCADE,
    stream_id   BIGINT NOT NULL,
    monitor_id  BIGINT NOT NULL,
    interval_s  BIGINT,
    values_max  BIGINT,
    opened_at   TIMESTAMPTZ NOT NULL,
    closed_at   TIMESTAMPTZ,
    last_at     TIMESTAMPTZ,              -- when the last values came
    pending     BIGINT NOT NULL DEFAULT 0, -- values that waited at the station then
    PRIMARY KEY (station_id, stream_id)
);

-- What streams have told; the oldest are forgotten.
CREATE TABLE stream_value (
    station_id  TEXT NOT NULL REFERENCES station (id) ON DELETE CASCADE,
    stream_id   BIGINT NOT NULL,
    at          TIMESTAMPTZ NOT NULL,
    value       TEXT NOT NULL,
    PRIMARY KEY (station_id, stream_id, at)
);
CREATE INDEX stream_value_at ON stream_value (at);

-- What a session costs, as its station was told last for its display.
CREATE TABLE cost_told (
--sqlite     session_id INTEGER PRIMARY KEY REFERENCES session (id) ON DELETE CASCADE,
--postgres     session_id BIGINT PRIMARY KEY REFERENCES session (id) ON DELETE CASCADE,
    station_id  TEXT NOT NULL,
    kind        TEXT NOT NULL,            -- 'running' | 'final'
    state       TEXT NOT NULL,            -- the session's charging state then
    cost        TEXT NOT NULL,
    answer      TEXT NOT NULL,            -- 'Accepted', or why not, in the station's word or ours
    told_at     TIMESTAMPTZ NOT NULL,
    tries       BIGINT NOT NULL DEFAULT 0 -- calls in a row that came to nothing
);
CREATE INDEX cost_told_station ON cost_told (station_id);

-- Texts for displays that show one while they are in a state (2.x SetDisplayMessage).
CREATE TABLE display_text (
    name        TEXT PRIMARY KEY,
    number      BIGINT NOT NULL UNIQUE,   -- the message's id on the wire
    state       TEXT NOT NULL,            -- 'idle' | 'charging' | 'faulted' | 'unavailable'
    language    TEXT NOT NULL,            -- RFC 5646
    body        TEXT NOT NULL,            -- with {price}, {site}, {phone}, {station}
    priority    TEXT NOT NULL,            -- 'NormalCycle' | 'InFront' | 'AlwaysFront'
    station_id  TEXT REFERENCES station (id) ON DELETE CASCADE, -- only there
    site_id     BIGINT REFERENCES site (id) ON DELETE CASCADE,  -- only there
    changed_at  TIMESTAMPTZ NOT NULL
);

-- Which of them a station was told.
CREATE TABLE station_text (
    station_id  TEXT NOT NULL REFERENCES station (id) ON DELETE CASCADE,
    number      BIGINT NOT NULL,
    name        TEXT NOT NULL,
    told        TEXT NOT NULL,            -- MessageInfo as it was sent; empty: to be taken away
    answer      TEXT NOT NULL,            -- 'Accepted', or why not
    at          TIMESTAMPTZ NOT NULL,
    tries       BIGINT NOT NULL,          -- calls in a row that came to nothing
    PRIMARY KEY (station_id, number)
);
