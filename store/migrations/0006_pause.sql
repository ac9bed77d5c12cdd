-- An app whose requests are held by the router for a moment (`davit pause`): microseconds since 1970.
ALTER TABLE apps ADD COLUMN paused_until INTEGER CHECK (paused_until > 0);

PRAGMA user_version = 6;
