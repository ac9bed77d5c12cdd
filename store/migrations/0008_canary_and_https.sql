-- Releases that get a share of the requests before they get all, and what an app asks of plain HTTP.

-- 1: has succeeded, or may, but is not the app's current release: it serves beside that, until it is promoted (0) or
-- taken back (failed).
ALTER TABLE releases ADD COLUMN canary INTEGER NOT NULL DEFAULT 0 CHECK (canary IN (0, 1));
CREATE UNIQUE INDEX one_canary ON releases (app_id) WHERE canary = 1 AND status = 'succeeded';

-- An app without a row has never wanted one.
CREATE TABLE app_canary (
  app_id TEXT PRIMARY KEY REFERENCES apps (id) ON DELETE CASCADE,
  -- 1: the next releases begin as a canary. The rest is also that of one that serves now.
  enabled INTEGER NOT NULL CHECK (enabled IN (0, 1)),
  percent INTEGER NOT NULL CHECK (percent BETWEEN 1 AND 99),
  -- 0: only its owner promotes it.
  promote_after_ms INTEGER NOT NULL CHECK (promote_after_ms >= 0)
) STRICT, WITHOUT ROWID;

ALTER TABLE app_routing ADD COLUMN https_redirect INTEGER NOT NULL DEFAULT 0
  CHECK (https_redirect IN (0, 1));
-- 0: none.
ALTER TABLE app_routing ADD COLUMN hsts_seconds INTEGER NOT NULL DEFAULT 0
  CHECK (hsts_seconds >= 0);

PRAGMA user_version = 8;
