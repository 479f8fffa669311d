-- The default tariffs that stations hold and count with themselves: what we want there, and what they say to it.

CREATE TABLE station_tariff (
    station_id TEXT NOT NULL REFERENCES station (id) ON DELETE CASCADE,
    evse       BIGINT NOT NULL,          -- 0 = every EVSE without a row of its own
    wanted_id  TEXT NOT NULL DEFAULT '', -- tariffId on the wire; '' = none shall be there
    held_id    TEXT NOT NULL DEFAULT '', -- as the station last said; '' = none
    state      TEXT NOT NULL,            -- 'held' | 'none' | 'refused' | 'not_representable' | 'unsupported'
    answer     TEXT NOT NULL DEFAULT '', -- the station's last word, e.g. 'TooManyElements'
    detail     TEXT NOT NULL DEFAULT '', -- why, for people
    tries      BIGINT NOT NULL DEFAULT 0,-- in vain, one after the other
    tried_at   TIMESTAMPTZ,
    next_at    TIMESTAMPTZ,              -- not tried again before
    PRIMARY KEY (station_id, evse)
);
