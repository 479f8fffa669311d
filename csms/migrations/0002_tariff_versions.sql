-- Tariffs get versions, and say where, to whom and when they apply in rows of their own: the columns that said so, one
-- tariff for each site, station and EVSE and one default, become such rows and go.

ALTER TABLE tariff ADD COLUMN kind TEXT NOT NULL DEFAULT '';  -- OCPI TariffType; '' = for all

-- What a tariff says for sessions that start at or after `active_from`, until the next version's. Never changed: one
-- that is not active yet may be withdrawn, which keeps its number.
CREATE TABLE tariff_version (
    tariff_id    TEXT NOT NULL REFERENCES tariff (id) ON DELETE CASCADE,
    version      BIGINT NOT NULL,
    active_from  TIMESTAMPTZ NOT NULL,
    body         TEXT NOT NULL,            -- tariffs::Tariff as JSON
    note         TEXT NOT NULL DEFAULT '', -- why, in the operator's words
    created_by   TEXT NOT NULL DEFAULT '',
    created_at   TIMESTAMPTZ NOT NULL,
    withdrawn_at TIMESTAMPTZ,
    PRIMARY KEY (tariff_id, version)
);

INSERT INTO tariff_version (tariff_id, version, active_from, body, created_at)
SELECT id, 1, '1970-01-01T00:00:00+00:00', body, created_at FROM tariff;

-- Where (an EVSE, a station, a site, everywhere), to whom (an identifier, a group, anyone) and when a tariff applies.
CREATE TABLE assignment (
--sqlite     id         INTEGER PRIMARY KEY,
--postgres     id         BIGINT PRIMARY KEY,
    tariff_id  TEXT NOT NULL REFERENCES tariff (id),
    site_id    BIGINT REFERENCES site (id) ON DELETE CASCADE,
    station_id TEXT REFERENCES station (id) ON DELETE CASCADE,
    evse       BIGINT,                   -- of the station; NULL = all
    group_uid  TEXT,                     -- as compared: upper case
    token_uid  TEXT,                     -- as compared: upper case
    token_kind TEXT NOT NULL DEFAULT '', -- of that identifier
    priority   BIGINT NOT NULL DEFAULT 0,
    valid_from TIMESTAMPTZ,              -- for sessions that start at or after this; NULL = all
    valid_to   TIMESTAMPTZ,              -- … and before this; NULL = all
    created_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX assignment_tariff ON assignment (tariff_id);
CREATE INDEX assignment_site ON assignment (site_id) WHERE site_id IS NOT NULL;
CREATE INDEX assignment_station ON assignment (station_id) WHERE station_id IS NOT NULL;

INSERT INTO assignment (id, tariff_id, site_id, station_id, evse, created_at)
SELECT ROW_NUMBER() OVER (ORDER BY rank, site_id, station_id, evse, tariff_id),
       tariff_id, site_id, station_id, evse, created_at
FROM (
    SELECT 1 AS rank, id AS tariff_id, CAST(NULL AS BIGINT) AS site_id, CAST(NULL AS TEXT) AS station_id,
           CAST(NULL AS BIGINT) AS evse, created_at
    FROM tariff WHERE is_default
    UNION ALL SELECT 2, site.tariff_id, site.id, NULL, NULL, site.created_at
    FROM site JOIN tariff ON tariff.id = site.tariff_id
    UNION ALL SELECT 3, station.tariff_id, NULL, station.id, NULL, station.created_at
    FROM station JOIN tariff ON tariff.id = station.tariff_id
    UNION ALL SELECT 4, evse.tariff_id, NULL, evse.station_id, evse.evse, station.created_at
    FROM evse JOIN station ON station.id = evse.station_id JOIN tariff ON tariff.id = evse.tariff_id
) AS told;

-- The numbers of assignments and benefits are given from here, never twice.
INSERT INTO counter (name, next) SELECT 'assignment', COUNT(*) + 1 FROM assignment;

-- What is taken off the tariff of some sessions: memberships, vouchers, promotions.
CREATE TABLE benefit (
--sqlite     id         INTEGER PRIMARY KEY,
--postgres     id         BIGINT PRIMARY KEY,
    body       TEXT NOT NULL,            -- tariffs::Discount as JSON
    currency   TEXT NOT NULL DEFAULT '', -- of an amount; '' = whatever the tariff's
    site_id    BIGINT REFERENCES site (id) ON DELETE CASCADE,
    group_uid  TEXT,
    token_uid  TEXT,
    token_kind TEXT NOT NULL DEFAULT '',
    valid_from TIMESTAMPTZ,
    valid_to   TIMESTAMPTZ,
    created_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX benefit_site ON benefit (site_id) WHERE site_id IS NOT NULL;

ALTER TABLE tariff DROP COLUMN body;
ALTER TABLE tariff DROP COLUMN is_default;
ALTER TABLE site DROP COLUMN tariff_id;
ALTER TABLE station DROP COLUMN tariff_id;
ALTER TABLE evse DROP COLUMN tariff_id;
