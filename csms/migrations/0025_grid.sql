-- Load management: what is wired how at a site, what limits it, what is known of its EVSEs, and what they are to be told.
CREATE TABLE grid (
--sqlite     site_id    INTEGER PRIMARY KEY REFERENCES site (id) ON DELETE CASCADE,
--postgres     site_id    BIGINT PRIMARY KEY REFERENCES site (id) ON DELETE CASCADE,
    mode       TEXT NOT NULL,             -- 'on': stations are told | 'off': they keep what they have | 'clear': what they have of us is taken away
    voltage    TEXT NOT NULL,             -- energy::grid::Voltage as JSON
    policy     TEXT NOT NULL,             -- energy::control::Policy as JSON
    revision   BIGINT NOT NULL,           -- changes with each change of the plan: this row, nodes, EVSEs
    changed_at TIMESTAMPTZ NOT NULL
);

-- Numbers of nodes, EVSEs and stations stay with what has them, also when the plan changes: the state is kept by them.
CREATE TABLE grid_node (
    site_id BIGINT NOT NULL REFERENCES grid (site_id) ON DELETE CASCADE,
    id      BIGINT NOT NULL,
    name    TEXT NOT NULL,
    body    TEXT NOT NULL,                -- energy::grid::Node as JSON
    PRIMARY KEY (site_id, id)
);

-- A station that is forgotten stays here: its EVSEs can still take what they have.
CREATE TABLE grid_evse (
    site_id    BIGINT NOT NULL REFERENCES grid (site_id) ON DELETE CASCADE,
    id         BIGINT NOT NULL,
    station_id TEXT NOT NULL,
    evse       BIGINT NOT NULL,
    body       TEXT NOT NULL,             -- energy::grid::Evse as JSON
    checked_at TIMESTAMPTZ,               -- when its default was last read back
    checked    TEXT NOT NULL DEFAULT '',  -- 'holds' | 'differs' | 'unknown': what the station said
    words      TEXT NOT NULL DEFAULT '',  -- the same in words
    PRIMARY KEY (site_id, id),
    UNIQUE (station_id, evse)
);

-- The latest measurement of other loads at a node, in mA.
CREATE TABLE grid_load (
    site_id BIGINT NOT NULL REFERENCES grid (site_id) ON DELETE CASCADE,
    node_id BIGINT NOT NULL,
    l1      BIGINT NOT NULL,
    l2      BIGINT NOT NULL,
    l3      BIGINT NOT NULL,
    at      TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (site_id, node_id)
);

-- Limits from outside, on a node or (told by a station) on an EVSE of that station; EVSE 0 is the station.
CREATE TABLE grid_limit (
--sqlite     id         INTEGER PRIMARY KEY,
--postgres     id         BIGINT PRIMARY KEY,
    site_id    BIGINT NOT NULL REFERENCES grid (site_id) ON DELETE CASCADE,
    node_id    BIGINT,
    station_id TEXT NOT NULL DEFAULT '',
    evse       BIGINT NOT NULL DEFAULT 0,
    source     TEXT NOT NULL,             -- energy::grid::LimitSource's word
    most       TEXT NOT NULL,             -- energy::grid::Most as JSON
    from_at    TIMESTAMPTZ NOT NULL,
    until_at   TIMESTAMPTZ,
    told_by    TEXT NOT NULL,             -- who says so, in his own words
    event_id   BIGINT NOT NULL DEFAULT 0  -- the station's message that it comes from
);
CREATE INDEX grid_limit_site ON grid_limit (site_id, from_at);

-- What is known of a session beyond its own row.
CREATE TABLE grid_need (
--sqlite     session_id INTEGER PRIMARY KEY,
--postgres     session_id BIGINT PRIMARY KEY,
    site_id    BIGINT NOT NULL REFERENCES grid (site_id) ON DELETE CASCADE,
    class      BIGINT,                    -- higher ones first; NULL: 1
    target_mwh BIGINT,                    -- what the session is to have taken in all
    deadline   TIMESTAMPTZ,
    most_ma    BIGINT,
    phases     BIGINT,
    told_by    TEXT NOT NULL,
    event_id   BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX grid_need_site ON grid_need (site_id);

CREATE TABLE grid_state (
--sqlite     site_id INTEGER PRIMARY KEY REFERENCES grid (site_id) ON DELETE CASCADE,
--postgres     site_id BIGINT PRIMARY KEY REFERENCES grid (site_id) ON DELETE CASCADE,
    version BIGINT NOT NULL,              -- whoever changes the row has read this one
    body    TEXT NOT NULL,                -- energy::control::State as JSON
    at      TIMESTAMPTZ NOT NULL
);

-- What a station is to be told: kept with the state that counts on it, before it is sent.
CREATE TABLE grid_intent (
    site_id    BIGINT NOT NULL REFERENCES grid (site_id) ON DELETE CASCADE,
    seq        BIGINT NOT NULL,
    station_id TEXT NOT NULL,
    evse_id    BIGINT NOT NULL,
    evse       BIGINT NOT NULL,
    body       TEXT NOT NULL,             -- energy::control::Intent as JSON
    at         TIMESTAMPTZ NOT NULL,
    outcome    TEXT NOT NULL DEFAULT '',  -- '' = the state still waits | 'acked' | 'refused' | 'unanswered'
    words      TEXT NOT NULL DEFAULT '',  -- of the station, or why it was not sent
    outcome_at TIMESTAMPTZ,
    PRIMARY KEY (site_id, seq)
);
CREATE INDEX grid_intent_open ON grid_intent (site_id, seq) WHERE outcome = '';
CREATE INDEX grid_intent_evse ON grid_intent (site_id, evse_id, seq);
