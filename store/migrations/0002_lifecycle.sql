-- How a type is replaced, what a dyno runs on, what became of a slot in which nothing runs, why a release failed, and
-- the health checks of a slug. max_* are "2" or "25%"; empty: the type's default.

ALTER TABLE formation ADD COLUMN max_surge TEXT NOT NULL DEFAULT '';
ALTER TABLE formation ADD COLUMN max_unavailable TEXT NOT NULL DEFAULT '';

ALTER TABLE dynos ADD COLUMN size TEXT NOT NULL DEFAULT 'standard';
-- 1: its owner asked for a restart; it goes once its successor may take over.
ALTER TABLE dynos ADD COLUMN outgoing INTEGER NOT NULL DEFAULT 0 CHECK (outgoing IN (0, 1));

-- JSON, checked before it came here; empty: none.
ALTER TABLE slugs ADD COLUMN health_checks TEXT NOT NULL DEFAULT '';

ALTER TABLE releases ADD COLUMN failure TEXT NOT NULL DEFAULT '';
-- 0: a rollback. Its config vars are the app's only once it has succeeded; those of a config change stay either way.
ALTER TABLE releases ADD COLUMN carries_config INTEGER NOT NULL DEFAULT 1
  CHECK (carries_config IN (0, 1));

-- A crashed or stopped web.1, so that a new davitd neither starts it too early nor starts what was stopped.
CREATE TABLE dyno_slots (
  app_id TEXT NOT NULL REFERENCES apps (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  release_id TEXT NOT NULL,
  stopped INTEGER NOT NULL CHECK (stopped IN (0, 1)),
  crashes INTEGER NOT NULL CHECK (crashes >= 0),
  retry_at INTEGER,
  since INTEGER NOT NULL,
  reason TEXT NOT NULL,
  PRIMARY KEY (app_id, name)
) STRICT, WITHOUT ROWID;

PRAGMA user_version = 2;
