-- Where packs and code come from beside git.

-- The buildpacks that an app's owner has set, in order: a JSON list, sealed, for an address may hold a password.
CREATE TABLE app_buildpacks (
  app_id TEXT PRIMARY KEY REFERENCES apps (id) ON DELETE CASCADE,
  sources BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- The tarball that a build was made from, as a JSON object of texts (url without password, version,
-- version_description, checksum, buildpacks); empty: a commit that was pushed. Then `ref` is empty,
-- and `commit_id` the beginning of the tarball's SHA-256.
ALTER TABLE builds ADD COLUMN source TEXT NOT NULL DEFAULT '';

-- What app.json asks to be run from time to time, a JSON list that was checked before it came here; empty: nothing.
ALTER TABLE slugs ADD COLUMN cron TEXT NOT NULL DEFAULT '';

PRAGMA user_version = 10;
