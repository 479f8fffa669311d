-- How it stands with the codes that stations make themselves (OCPP 2.1, WebPaymentsCtrlr).
CREATE TABLE station_code (
    station_id TEXT PRIMARY KEY REFERENCES station (id) ON DELETE CASCADE,
    state      TEXT NOT NULL,            -- 'set' | 'refused' | 'unsupported'
    digest     TEXT NOT NULL,            -- of what the station was told; told anew when it is another
    detail     TEXT NOT NULL DEFAULT '', -- why, for people
    changed_at TIMESTAMPTZ NOT NULL
);

-- A session with this identifier may cost so much, including tax, in the currency of its tariff; '' = no limit.
ALTER TABLE token ADD COLUMN max_cost TEXT NOT NULL DEFAULT '';
