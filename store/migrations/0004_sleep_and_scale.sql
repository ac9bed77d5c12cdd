-- Apps that sleep while nobody asks for them, types that are scaled by what the router sees, and what an app's owner
-- has switched on.

-- 0: never.
ALTER TABLE formation ADD COLUMN sleep_after_ms INTEGER NOT NULL DEFAULT 0
  CHECK (sleep_after_ms >= 0);
-- autoscale_max 0: off.
ALTER TABLE formation ADD COLUMN autoscale_min INTEGER NOT NULL DEFAULT 0
  CHECK (autoscale_min >= 0);
ALTER TABLE formation ADD COLUMN autoscale_max INTEGER NOT NULL DEFAULT 0
  CHECK (autoscale_max >= autoscale_min);
ALTER TABLE formation ADD COLUMN autoscale_measure TEXT NOT NULL DEFAULT 'response'
  CHECK (autoscale_measure IN ('response', 'queue'));
ALTER TABLE formation ADD COLUMN autoscale_target_ms INTEGER NOT NULL DEFAULT 0
  CHECK (autoscale_target_ms >= 0);

-- An app whose web dynos sleep. Void once the app has another release.
CREATE TABLE sleeps (
  app_id TEXT PRIMARY KEY REFERENCES apps (id) ON DELETE CASCADE,
  release_id TEXT NOT NULL,
  since INTEGER NOT NULL,
  stopped INTEGER NOT NULL CHECK (stopped IN (0, 1))  -- 0: frozen
) STRICT, WITHOUT ROWID;

CREATE TABLE app_features (
  app_id TEXT NOT NULL REFERENCES apps (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  PRIMARY KEY (app_id, name)
) STRICT, WITHOUT ROWID;

PRAGMA user_version = 4;
