-- One text for SQLite and PostgreSQL. Times are UTC; energies are whole milliwatt-hours (_mwh);
-- money is decimal text beside its currency; ids are made by us, time-ordered. A line that starts with
-- "--sqlite " or "--postgres " is taken by that engine only (in SQLite only an INTEGER PRIMARY KEY is the row's own place;
-- any other is an index beside it).

CREATE TABLE setting (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

-- Numbers that must never be given twice (1.6 transaction ids), handed out in blocks.
CREATE TABLE counter (
    name TEXT PRIMARY KEY,
    next BIGINT NOT NULL
);

CREATE TABLE site (
--sqlite     id         INTEGER PRIMARY KEY,
--postgres     id         BIGINT PRIMARY KEY,
    name       TEXT NOT NULL,
    address    TEXT NOT NULL DEFAULT '',
    city       TEXT NOT NULL DEFAULT '',
    country    TEXT NOT NULL DEFAULT '',
    latitude   TEXT,
    longitude  TEXT,
    time_zone  TEXT NOT NULL,
    tariff_id  TEXT,
    created_at TIMESTAMPTZ NOT NULL
);

CREATE TABLE tariff (
    id         TEXT PRIMARY KEY,
    name       TEXT NOT NULL,
    currency   TEXT NOT NULL,
    body       TEXT NOT NULL,           -- tariffs::Tariff as JSON
    is_default BOOLEAN NOT NULL DEFAULT FALSE,
    created_at TIMESTAMPTZ NOT NULL
);

-- The tariff as it was when a session started, shared by all sessions with the same content.
CREATE TABLE tariff_snapshot (
    hash TEXT PRIMARY KEY,
    body TEXT NOT NULL
);

CREATE TABLE station (
    id                TEXT PRIMARY KEY,  -- the identity in the connection URL
    name              TEXT NOT NULL DEFAULT '',
    site_id           BIGINT REFERENCES site (id),
    tariff_id         TEXT,
    protocols         TEXT NOT NULL DEFAULT '',         -- allow-list, e.g. 'ocpp1.6,ocpp2.0.1'; '' = all
    validation        TEXT NOT NULL DEFAULT 'lenient',  -- 'strict' | 'lenient'
    registration      TEXT NOT NULL DEFAULT 'accepted', -- 'accepted' | 'pending' | 'rejected': the operator's word
    secret            TEXT NOT NULL DEFAULT '',         -- '' = no password; 'hmac$…' generated; 'argon2…' human-chosen
    vendor            TEXT NOT NULL DEFAULT '',
    model             TEXT NOT NULL DEFAULT '',
    serial            TEXT NOT NULL DEFAULT '',
    firmware          TEXT NOT NULL DEFAULT '',
    iccid             TEXT NOT NULL DEFAULT '',
    imsi              TEXT NOT NULL DEFAULT '',
    meter_serial      TEXT NOT NULL DEFAULT '',
    status            TEXT NOT NULL DEFAULT '',         -- of the station itself (connector 0 / EVSE 0)
    error_code        TEXT NOT NULL DEFAULT '',
    protocol          TEXT NOT NULL DEFAULT '',         -- negotiated last
    address           TEXT NOT NULL DEFAULT '',         -- connected from, last
    boot_answer       TEXT NOT NULL DEFAULT '',         -- what the last BootNotification was answered; '' = never booted
    boot_reason       TEXT NOT NULL DEFAULT '',
    booted_at         TIMESTAMPTZ,
    seen_at           TIMESTAMPTZ,
    last_session_at   TIMESTAMPTZ,                      -- newest started_at of its sessions
    quarantined_until TIMESTAMPTZ,
    quarantine_reason TEXT NOT NULL DEFAULT '',
    epoch             BIGINT NOT NULL DEFAULT 0,        -- for several nodes: who holds the link
    created_at        TIMESTAMPTZ NOT NULL
);
CREATE INDEX station_site ON station (site_id);

CREATE TABLE evse (
    station_id  TEXT NOT NULL REFERENCES station (id) ON DELETE CASCADE,
    evse        BIGINT NOT NULL,
    tariff_id   TEXT,
    max_power_w BIGINT,
    PRIMARY KEY (station_id, evse)
);

CREATE TABLE connector (
    station_id TEXT NOT NULL REFERENCES station (id) ON DELETE CASCADE,
    evse       BIGINT NOT NULL,
    connector  BIGINT NOT NULL,
    status     TEXT NOT NULL,            -- as reported; 1.6 and 2.x words both occur
    error_code TEXT NOT NULL DEFAULT '',
    info       TEXT NOT NULL DEFAULT '',
    status_at  TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (station_id, evse, connector)
);

CREATE TABLE token (
--sqlite     id         INTEGER PRIMARY KEY,
--postgres     id         BIGINT PRIMARY KEY,
    uid        TEXT NOT NULL,            -- as compared: upper case
    kind       TEXT NOT NULL,            -- ISO14443, ISO15693, eMAID, KeyCode, Central, MacAddress, …
    group_uid  TEXT,                     -- group (2.x) or parent (1.6)
    holder     TEXT NOT NULL DEFAULT '',
    language   TEXT NOT NULL DEFAULT '',
    blocked    BOOLEAN NOT NULL DEFAULT FALSE,
    expires_at TIMESTAMPTZ,
    concurrent BOOLEAN NOT NULL DEFAULT FALSE, -- may run more than one session at a time
    created_at TIMESTAMPTZ NOT NULL,
    UNIQUE (uid, kind)
);

CREATE TABLE session (
--sqlite     id             INTEGER PRIMARY KEY,
--postgres     id             BIGINT PRIMARY KEY,
    station_id     TEXT NOT NULL,
    evse           BIGINT NOT NULL,      -- 0 = not told yet
    connector      BIGINT NOT NULL,
    ref            TEXT NOT NULL,        -- transaction id on the wire
    generation     BIGINT NOT NULL,      -- counts sessions of a station that reuses its transaction ids
    protocol       TEXT NOT NULL,
    start_digest   BIGINT NOT NULL,      -- content of the message that opened it: a retry finds it
    state          TEXT NOT NULL,        -- 'open' | 'ended'
    token_uid      TEXT NOT NULL DEFAULT '',
    token_kind     TEXT NOT NULL DEFAULT '',
    group_uid      TEXT,
    verdict        TEXT NOT NULL DEFAULT '',
    site_id        BIGINT,
    time_zone      TEXT NOT NULL,
    tariff_hash    TEXT,
    currency       TEXT NOT NULL DEFAULT '',
    started_at     TIMESTAMPTZ NOT NULL,
    ended_at       TIMESTAMPTZ,
    last_at        TIMESTAMPTZ NOT NULL, -- newest instant told by the station
    received_at    TIMESTAMPTZ NOT NULL, -- newest message received
    start_mwh      BIGINT,               -- register at start, last and stop
    last_mwh       BIGINT,
    stop_mwh       BIGINT,
    energy_mwh     BIGINT NOT NULL,
    power_w        BIGINT,
    soc_percent    BIGINT,
    charging_state TEXT NOT NULL DEFAULT '',
    cost           TEXT NOT NULL DEFAULT '', -- including tax, so far; '' = no tariff
    seqs           TEXT NOT NULL DEFAULT '', -- sequence numbers seen, as ranges '0-17,19'
    messages       BIGINT NOT NULL,
    stop_reason    TEXT NOT NULL DEFAULT '',
    stop_token     TEXT NOT NULL DEFAULT '',
    remote_start   BIGINT,
    reservation    BIGINT,
    flags          TEXT NOT NULL DEFAULT '', -- what is odd, comma separated
    UNIQUE (station_id, ref, generation)
);
-- Every message moves columns that no index holds; room on the page lets PostgreSQL rewrite the row in place.
--postgres ALTER TABLE session SET (fillfactor = 60);
--postgres ALTER TABLE station SET (fillfactor = 80);
--postgres ALTER TABLE connector SET (fillfactor = 80);
CREATE INDEX session_open ON session (station_id) WHERE state = 'open';
CREATE INDEX session_token_open ON session (token_uid) WHERE state = 'open';
CREATE INDEX session_start ON session (station_id, start_digest);
CREATE INDEX session_started ON session (started_at);
CREATE INDEX session_station ON session (station_id, id);

-- One row per message about a session, kept for ever: the bill can be computed again from it.
CREATE TABLE reading (
    session_id   BIGINT NOT NULL,
    digest       BIGINT NOT NULL,        -- of action and payload: a retry under any message id is the same row
    at           TIMESTAMPTZ NOT NULL,
    received_at  TIMESTAMPTZ NOT NULL,
    phase        TEXT NOT NULL,          -- 'start' | 'update' | 'end'
    seq          BIGINT,
    register_mwh BIGINT,
    power_w      BIGINT,
    soc_percent  BIGINT,
    body         TEXT NOT NULL           -- model::ReadingBody as JSON: samples, state, trigger
);
CREATE UNIQUE INDEX reading_once ON reading (session_id, digest);

CREATE TABLE bill (
    session_id  BIGINT NOT NULL,
    revision    BIGINT NOT NULL,         -- a late message makes a new revision; the highest counts
    tariff_hash TEXT,
    currency    TEXT NOT NULL,
    total_excl  TEXT NOT NULL,
    total_incl  TEXT NOT NULL,
    energy_mwh  BIGINT NOT NULL,
    body        TEXT NOT NULL,           -- tariffs::Bill as JSON
    created_at  TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (session_id, revision)
);

-- Meter values outside any session (clock-aligned, main meter).
CREATE TABLE meter_value (
--sqlite     id          INTEGER PRIMARY KEY,
--postgres     id          BIGINT PRIMARY KEY,
    station_id  TEXT NOT NULL,
    evse        BIGINT NOT NULL,
    at          TIMESTAMPTZ NOT NULL,
    received_at TIMESTAMPTZ NOT NULL,
    body        TEXT NOT NULL
);
CREATE INDEX meter_value_station ON meter_value (station_id, id);

CREATE TABLE event (
--sqlite     id         INTEGER PRIMARY KEY,
--postgres     id         BIGINT PRIMARY KEY,
    at         TIMESTAMPTZ NOT NULL,
    station_id TEXT,
    session_id BIGINT,
    kind       TEXT NOT NULL,            -- dotted: station.booted, session.started, …
    body       TEXT NOT NULL             -- JSON
);
CREATE INDEX event_station ON event (station_id, id);
CREATE INDEX event_session ON event (session_id) WHERE session_id IS NOT NULL;

-- What 2.x stations report of themselves.
CREATE TABLE variable (
    station_id         TEXT NOT NULL,
    component          TEXT NOT NULL,
    component_instance TEXT NOT NULL DEFAULT '',
    evse               BIGINT NOT NULL DEFAULT 0,
    connector          BIGINT NOT NULL DEFAULT 0,
    name               TEXT NOT NULL,
    instance           TEXT NOT NULL DEFAULT '',
    attribute          TEXT NOT NULL,
    value              TEXT,
    mutability         TEXT NOT NULL DEFAULT '',
    characteristics    TEXT NOT NULL DEFAULT '',
    reported_at        TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (station_id, component, component_instance, evse, connector, name, instance, attribute)
);

-- Refused connections, one row per identity, cause and address, counted.
CREATE TABLE attempt (
    identity  TEXT NOT NULL,
    cause     TEXT NOT NULL,
    address   TEXT NOT NULL,
    detail    TEXT NOT NULL DEFAULT '',
    protocols TEXT NOT NULL DEFAULT '',
    agent     TEXT NOT NULL DEFAULT '',
    count     BIGINT NOT NULL,
    first_at  TIMESTAMPTZ NOT NULL,
    last_at   TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (identity, cause, address)
);
CREATE INDEX attempt_last ON attempt (last_at);

-- Rules of the standard that real firmware breaks harmlessly, counted per kind of station.
CREATE TABLE deviation (
    vendor     TEXT NOT NULL,
    model      TEXT NOT NULL,
    firmware   TEXT NOT NULL,
    protocol   TEXT NOT NULL,
    action     TEXT NOT NULL,
    path       TEXT NOT NULL,
    rule       TEXT NOT NULL,
    sample     TEXT NOT NULL,
    station_id TEXT NOT NULL,            -- seen last on
    count      BIGINT NOT NULL,
    first_at   TIMESTAMPTZ NOT NULL,
    last_at    TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (vendor, model, firmware, protocol, action, path, rule)
);

-- Frames as they were, secrets masked, many to a row, with retention.
CREATE TABLE journal (
--sqlite     id         INTEGER PRIMARY KEY,
--postgres     id         BIGINT PRIMARY KEY,
    station_id TEXT NOT NULL,
    from_at    TIMESTAMPTZ NOT NULL,
    to_at      TIMESTAMPTZ NOT NULL,
    frames     BIGINT NOT NULL,
    body       TEXT NOT NULL             -- lines of JSON: [instant, direction, frame]
);
CREATE INDEX journal_station ON journal (station_id, id);

CREATE TABLE account (
--sqlite     id            INTEGER PRIMARY KEY,
--postgres     id            BIGINT PRIMARY KEY,
    name          TEXT NOT NULL UNIQUE,
    password      TEXT NOT NULL,         -- argon2id
    role          TEXT NOT NULL,         -- 'admin' | 'operator' | 'viewer'
    language      TEXT NOT NULL DEFAULT '',
    created_at    TIMESTAMPTZ NOT NULL,
    last_login_at TIMESTAMPTZ
);

CREATE TABLE login (
    key_hash   TEXT PRIMARY KEY,         -- SHA-256 of the cookie
    account_id BIGINT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    csrf       TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL
);
