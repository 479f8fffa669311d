-- Whose methods are kept is asked by the contact that a driver has shown to be.
CREATE INDEX driver_phone ON driver (phone) WHERE phone <> '';

-- Browsers that want to be told (Web Push): of a device, and of the contact that its driver has shown to be.
CREATE TABLE push_subscription (
--sqlite     id         INTEGER PRIMARY KEY,
--postgres     id         BIGINT PRIMARY KEY,
    endpoint   TEXT NOT NULL UNIQUE,     -- where the browser's push service takes messages for it
    p256dh     TEXT NOT NULL,            -- the browser's public key, base64url
    auth       TEXT NOT NULL,            -- the secret that it shares with us, base64url
    device     TEXT NOT NULL,            -- the cookie of the browser
    contact    TEXT NOT NULL DEFAULT '', -- '' = not shown
    created_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX push_subscription_device ON push_subscription (device);
CREATE INDEX push_subscription_contact ON push_subscription (contact) WHERE contact <> '';
CREATE INDEX push_subscription_expires ON push_subscription (expires_at);
