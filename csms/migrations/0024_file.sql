-- Firmware that is kept for stations, what they upload, the one-time addresses for both, and campaigns that bring firmware to many.
CREATE TABLE firmware (
--sqlite     id                  INTEGER PRIMARY KEY,
--postgres     id                  BIGINT PRIMARY KEY,
    name                TEXT NOT NULL,
    version             TEXT NOT NULL,            -- as stations tell it when they boot with it
    vendor              TEXT NOT NULL DEFAULT '', -- for stations of; '' = not said
    model               TEXT NOT NULL DEFAULT '',
    size                BIGINT NOT NULL,
    sha256              TEXT NOT NULL,            -- hex; its file is named so
    signing_certificate TEXT NOT NULL DEFAULT '', -- PEM
    signature           TEXT NOT NULL DEFAULT '', -- base64
    added_by            TEXT NOT NULL,
    added_at            TIMESTAMPTZ NOT NULL,
    removed_at          TIMESTAMPTZ               -- not offered any more; links and campaigns still tell of it
);
CREATE UNIQUE INDEX firmware_kept ON firmware (vendor, model, name, version) WHERE removed_at IS NULL;
CREATE INDEX firmware_file ON firmware (sha256);

-- An address that one station is told with one command. Its secret is kept as a hash only.
CREATE TABLE file_link (
--sqlite     id          INTEGER PRIMARY KEY,
--postgres     id          BIGINT PRIMARY KEY,
    secret_hash TEXT NOT NULL UNIQUE,
    kind        TEXT NOT NULL,                -- 'download' | 'upload'
    station_id  TEXT NOT NULL,
    command_id  BIGINT NOT NULL,
    firmware_id BIGINT,                       -- of a download
    allowed     BIGINT NOT NULL,              -- whole transfers
    done        BIGINT NOT NULL DEFAULT 0,
    ends        BIGINT NOT NULL DEFAULT 0,    -- times that the last byte was sent
    requests    BIGINT NOT NULL DEFAULT 0,
    bytes       BIGINT NOT NULL DEFAULT 0,    -- sent or received, repeats counted
    created_at  TIMESTAMPTZ NOT NULL,
    expires_at  TIMESTAMPTZ NOT NULL,
    revoked_at  TIMESTAMPTZ,                  -- the station has refused the command
    done_at     TIMESTAMPTZ                   -- the last whole transfer
);
CREATE INDEX file_link_command ON file_link (command_id);
CREATE INDEX file_link_expires ON file_link (expires_at);

-- A file that a station has uploaded. It lies under its id; the name is what the station calls it, and only text.
CREATE TABLE upload (
--sqlite     id           INTEGER PRIMARY KEY,
--postgres     id           BIGINT PRIMARY KEY,
    station_id   TEXT NOT NULL,
    command_id   BIGINT NOT NULL,
    name         TEXT NOT NULL,
    content_type TEXT NOT NULL,
    size         BIGINT NOT NULL,
    sha256       TEXT NOT NULL,
    received_at  TIMESTAMPTZ NOT NULL,
    removed_at   TIMESTAMPTZ                  -- the file made room, or was past its time
);
CREATE INDEX upload_command ON upload (command_id);
CREATE INDEX upload_station ON upload (station_id, id);
CREATE INDEX upload_kept ON upload (id) WHERE removed_at IS NULL;

-- Firmware for a group of stations, brought to a few first and then to so many at once.
CREATE TABLE campaign (
--sqlite     id            INTEGER PRIMARY KEY,
--postgres     id            BIGINT PRIMARY KEY,
    name          TEXT NOT NULL,
    firmware_id   BIGINT NOT NULL,
    version       TEXT NOT NULL,              -- of the firmware: what stations boot with in the end
    chosen        TEXT NOT NULL,              -- campaign::Choice as JSON: which stations it was made for
    canaries      BIGINT NOT NULL,            -- so many alone, before the others
    at_once       BIGINT NOT NULL,            -- of the others
    halt_percent  BIGINT NOT NULL,            -- it halts when more of those that have ended have failed
    idle_only     BIGINT NOT NULL,            -- 1: only stations without a session
    state         TEXT NOT NULL,              -- 'running' | 'paused' | 'halted' | 'done' | 'cancelled'
    reason        TEXT NOT NULL DEFAULT '',   -- why it is not running
    base_done     BIGINT NOT NULL DEFAULT 0,  -- had ended when somebody let it go on after a halt: not counted again
    base_failed   BIGINT NOT NULL DEFAULT 0,
    created_by    TEXT NOT NULL,
    created_at    TIMESTAMPTZ NOT NULL,
    ended_at      TIMESTAMPTZ
);
CREATE INDEX campaign_open ON campaign (id) WHERE ended_at IS NULL;

CREATE TABLE campaign_station (
    campaign_id BIGINT NOT NULL REFERENCES campaign (id) ON DELETE CASCADE,
    seq         BIGINT NOT NULL,
    station_id  TEXT NOT NULL,
    state       TEXT NOT NULL,                -- 'waiting' | 'asked' | 'done' | 'failed' | 'skipped'
    canary      BIGINT NOT NULL DEFAULT 0,    -- 1: it was asked as one of the first
    tries       BIGINT NOT NULL DEFAULT 0,
    command_id  BIGINT,
    reason      TEXT NOT NULL DEFAULT '',
    changed_at  TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (campaign_id, seq)
);
CREATE INDEX campaign_station_state ON campaign_station (campaign_id, state, seq);
