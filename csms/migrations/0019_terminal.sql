-- Card terminals that are driven from here through their provider, and where they take money for. One reader serves one
-- EVSE, all of one station, or all of one site.
CREATE TABLE terminal_reader (
--sqlite     id         INTEGER PRIMARY KEY,
--postgres     id         BIGINT PRIMARY KEY,
    account    TEXT NOT NULL,            -- of the settings: whose provider drives it
    reader     TEXT NOT NULL,            -- the provider's name of it
    name       TEXT NOT NULL,            -- for people
    code       TEXT NOT NULL UNIQUE,     -- in the address of its page: not to be guessed
    station_id TEXT REFERENCES station (id) ON DELETE CASCADE,
    evse       BIGINT NOT NULL DEFAULT 0,  -- 0 = all of the station
    site_id    BIGINT REFERENCES site (id) ON DELETE CASCADE,
    created_at TIMESTAMPTZ NOT NULL,
    UNIQUE (account, reader)
);
CREATE INDEX terminal_reader_station ON terminal_reader (station_id);
CREATE INDEX terminal_reader_site ON terminal_reader (site_id);

-- What a register of VAT numbers has said, for as long as it is believed.
CREATE TABLE vat_number (
    number      TEXT PRIMARY KEY,        -- country and number, without anything between
    valid       BOOLEAN NOT NULL,
    name        TEXT NOT NULL DEFAULT '',
    address1    TEXT NOT NULL DEFAULT '',
    address2    TEXT NOT NULL DEFAULT '',
    city        TEXT NOT NULL DEFAULT '',
    postal_code TEXT NOT NULL DEFAULT '',
    country     TEXT NOT NULL DEFAULT '',
    checked_at  TIMESTAMPTZ NOT NULL,
    good_until  TIMESTAMPTZ NOT NULL
);
CREATE INDEX vat_number_good ON vat_number (good_until);

-- Cards that stations' own terminals have had pre-authorised, as they were presented here. Where the station leaves the
-- capture to us, an order is made of one with its session.
CREATE TABLE terminal_hold (
--sqlite     id         INTEGER PRIMARY KEY,
--postgres     id         BIGINT PRIMARY KEY,
    station_id TEXT NOT NULL,
    token_uid  TEXT NOT NULL,            -- as sessions have it
    reference  TEXT NOT NULL,            -- as the terminal's provider spells it
    state      TEXT NOT NULL,            -- 'seen' | 'taken' (an order has it) | 'left' (the station settles it) | 'over'
    seen_at    TIMESTAMPTZ NOT NULL,
    UNIQUE (station_id, reference)
);
CREATE INDEX terminal_hold_seen ON terminal_hold (id) WHERE state = 'seen';
CREATE INDEX terminal_hold_at ON terminal_hold (seen_at);
