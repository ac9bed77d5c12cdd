-- What became of the cron jobs of app.json. What the jobs are says the slug of the app's current release; a job without
-- a row has never been due.
CREATE TABLE cron_jobs (
  app_id TEXT NOT NULL REFERENCES apps (id) ON DELETE CASCADE,
  -- CronJob::id: of command and schedule, so the same in the next release.
  job TEXT NOT NULL,
  -- Up to here its times were dealt with: what a davitd that was away goes on from.
  looked_at INTEGER NOT NULL,
  -- The last time it was due and not started.
  skipped_at INTEGER,
  skip_reason TEXT NOT NULL DEFAULT '',
  -- The last run; no start: none yet. Without an end it runs, in this dyno.
  started_at INTEGER,
  ended_at INTEGER,
  dyno_id TEXT,
  dyno TEXT NOT NULL DEFAULT '',
  release_version INTEGER NOT NULL DEFAULT 0,
  exit_code INTEGER NOT NULL DEFAULT 0,
  -- Why it failed; empty: it did not.
  failure TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (app_id, job)
) STRICT, WITHOUT ROWID;

PRAGMA user_version = 11;
