-- Monitors that 2.x stations have, as far as they have told.
CREATE TABLE monitor (
    station_id  TEXT NOT NULL REFERENCES station (id) ON DELETE CASCADE,
    monitor_id  BIGINT NOT NULL,          -- the station's own number
    component   TEXT NOT NULL,
    component_instance TEXT NOT NULL,
    evse        BIGINT NOT NULL,          -- 0: the station
    connector   BIGINT NOT NULL,
    name        TEXT NOT NULL,            -- of the variable
    instance    TEXT NOT NULL,
    kind        TEXT NOT NULL,            -- as the standard names it, e.g. 'UpperThreshold'
    value       TEXT NOT NULL,            -- decimal text
    severity    BIGINT NOT NULL,          -- 0 to 9
    in_session  BOOLEAN NOT NULL,         -- only while a session runs
    origin      TEXT NOT NULL,            -- 'custom' | 'preconfigured' | 'hard-wired' | '': the station does not say
    listing     BIGINT NOT NULL,          -- our number of the list that it was in last
    told_at     TIMESTAMPTZ NOT NULL,
    raised      BOOLEAN NOT NULL,         -- its last event said so and was not cleared
    last_value  TEXT NOT NULL,
    last_at     TIMESTAMPTZ,              -- of its last event
    PRIMARY KEY (station_id, monitor_id)
);

-- What monitors have told; the oldest are forgotten.
CREATE TABLE monitor_event (
--sqlite     id INTEGER PRIMARY KEY,
--postgres     id BIGINT PRIMARY KEY,
    station_id  TEXT NOT NULL REFERENCES station (id) ON DELETE CASCADE,
    monitor_id  BIGINT,                   -- NULL: a monitor without a number
    at          TIMESTAMPTZ NOT NULL,
    number      BIGINT NOT NULL,          -- the station's own number of the event
    cause       BIGINT,                   -- the station's number of the event that has brought it about
    word        TEXT NOT NULL,            -- 'Alerting' | 'Delta' | 'Periodic'
    severity    BIGINT,                   -- NULL: not known
    component   TEXT NOT NULL,
    evse        BIGINT NOT NULL,
    connector   BIGINT NOT NULL,
    name        TEXT NOT NULL,
    value       TEXT NOT NULL,
    cleared     BOOLEAN NOT NULL,         -- what was told before is over
    detail      TEXT NOT NULL,            -- the maker's code and words
    transaction_ref TEXT NOT NULL         -- OCPP's id of the session it was in; empty: none
);
CREATE INDEX monitor_event_station ON monitor_event (station_id, id);

-- When a station was last asked which messages its display has.
CREATE TABLE display_check (
    station_id  TEXT PRIMARY KEY REFERENCES station (id) ON DELETE CASCADE,
    at          TIMESTAMPTZ NOT NULL,
    answer      TEXT NOT NULL,            -- 'Accepted', or why it does not say
    missing     BIGINT NOT NULL           -- texts that were not there, and were told anew
);
