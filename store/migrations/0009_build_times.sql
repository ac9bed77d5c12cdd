-- When a build left the queue (NULL: it waits, or never did), and what the packs' bin/report said of it.

ALTER TABLE builds ADD COLUMN started_at INTEGER;
ALTER TABLE builds ADD COLUMN report TEXT NOT NULL DEFAULT '';

PRAGMA user_version = 9;
