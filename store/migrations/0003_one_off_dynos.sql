-- A detached one-off outlives davitd as a formation dyno does, and must not be taken for one.

ALTER TABLE dynos ADD COLUMN one_off INTEGER NOT NULL DEFAULT 0 CHECK (one_off IN (0, 1));

PRAGMA user_version = 3;
