-- Which process a command is with: the one that was asked, then the one that sends it (database.node).
ALTER TABLE command ADD COLUMN node BIGINT NOT NULL DEFAULT 0;
-- A station that connects is looked up by what is waited for of it.
CREATE INDEX command_awaited ON command (station_id) WHERE outcome = 'pending';

-- Passwords that a station was told, the oldest first, a space after each: any of them may be the one that it takes.
UPDATE station SET next_secret = next_secret || ' ' WHERE next_secret <> '';

-- Whether anybody is wished a list at all is asked all the time.
CREATE INDEX desired_list ON desired (station_id) WHERE kind = 'list';
-- What stations say of the room that they have for local lists, without all that they say else.
CREATE INDEX variable_list ON variable (station_id, name)
    WHERE attribute = 'Actual' AND component IN ('', 'LocalAuthListCtrlr');
