-- What an EVSE delivers: 'ac' | 'dc' | '' where nobody has said; prices may depend on it.
ALTER TABLE evse ADD COLUMN kind TEXT NOT NULL DEFAULT '';
