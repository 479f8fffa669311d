-- The highest number that an EVSE of the plan has had: none is given twice, since what is remembered is remembered by it.
ALTER TABLE grid ADD COLUMN last_evse BIGINT NOT NULL DEFAULT 0;
UPDATE grid SET last_evse = COALESCE((SELECT MAX(id) FROM grid_evse WHERE site_id = grid.site_id), 0);

-- What a station says of limits takes the place of what it said before.
CREATE INDEX grid_limit_station ON grid_limit (station_id, evse) WHERE node_id IS NULL;

-- Profiles of EVSEs that have left their plan, until somebody is asked to take them away.
CREATE TABLE grid_leftover (
    station_id TEXT NOT NULL,
    profile_id BIGINT NOT NULL,
    since      TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (station_id, profile_id)
);

-- Which process steps a site.
CREATE TABLE grid_lease (
--sqlite     site_id  INTEGER PRIMARY KEY REFERENCES grid (site_id) ON DELETE CASCADE,
--postgres     site_id  BIGINT PRIMARY KEY REFERENCES grid (site_id) ON DELETE CASCADE,
    holder   BIGINT NOT NULL,             -- the process (database.node)
    stations BIGINT NOT NULL,             -- how many of the site's stations are connected there
    until_at TIMESTAMPTZ NOT NULL         -- whoever has said nothing until then has gone
);
