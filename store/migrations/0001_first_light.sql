-- The first schema. A released migration is never edited: write the next number instead.
-- Ids are RFC 9562 text, times microseconds since 1970, flags 0 or 1, maps JSON objects.
-- `number` gives rows their order of arrival; it survives VACUUM, which a bare rowid does not.

CREATE TABLE meta (
  name TEXT PRIMARY KEY,
  value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- Numbers that are never given twice, even when what they named is gone.
CREATE TABLE sequences (
  name TEXT PRIMARY KEY,
  next INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO sequences (name, next) VALUES ('uid', 20000);

CREATE TABLE users (
  number INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE CHECK (length(id) = 36),
  email TEXT NOT NULL UNIQUE COLLATE NOCASE CHECK (length(email) > 0),
  password_hash TEXT NOT NULL,
  admin INTEGER NOT NULL CHECK (admin IN (0, 1)),
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE tokens (
  number INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE CHECK (length(id) = 36),
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  description TEXT NOT NULL,
  hash TEXT NOT NULL UNIQUE CHECK (length(hash) > 0),
  expires_at INTEGER,
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX tokens_by_user ON tokens (user_id);

CREATE TABLE apps (
  number INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE CHECK (length(id) = 36),
  name TEXT NOT NULL UNIQUE,
  owner_id TEXT NOT NULL REFERENCES users (id),
  uid INTEGER NOT NULL UNIQUE CHECK (uid >= 20000),
  maintenance INTEGER NOT NULL CHECK (maintenance IN (0, 1)),
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  released_at INTEGER
) STRICT;
CREATE INDEX apps_by_owner ON apps (owner_id);

CREATE TABLE slugs (
  number INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE CHECK (length(id) = 36),
  app_id TEXT NOT NULL REFERENCES apps (id) ON DELETE CASCADE,
  commit_id TEXT NOT NULL,
  buildpack TEXT NOT NULL,
  bytes INTEGER NOT NULL CHECK (bytes >= 0),
  processes TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX slugs_by_app ON slugs (app_id);

-- user_id is no foreign key here and in builds: history names who did it also when that user is gone.
CREATE TABLE releases (
  number INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE CHECK (length(id) = 36),
  app_id TEXT NOT NULL REFERENCES apps (id) ON DELETE CASCADE,
  version INTEGER NOT NULL CHECK (version >= 1),
  description TEXT NOT NULL,
  user_id TEXT NOT NULL,
  slug_id TEXT REFERENCES slugs (id) ON DELETE SET NULL,
  processes TEXT NOT NULL,
  config BLOB NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('pending', 'succeeded', 'failed')),
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  UNIQUE (app_id, version)
) STRICT;
CREATE INDEX releases_by_slug ON releases (slug_id);

CREATE TRIGGER releases_are_append_only
BEFORE UPDATE ON releases
WHEN new.number IS NOT old.number OR new.id IS NOT old.id OR new.app_id IS NOT old.app_id
  OR new.version IS NOT old.version OR new.description IS NOT old.description
  OR new.user_id IS NOT old.user_id OR new.processes IS NOT old.processes
  OR new.config IS NOT old.config OR new.created_at IS NOT old.created_at
  OR (new.slug_id IS NOT old.slug_id AND new.slug_id IS NOT NULL)
BEGIN
  SELECT RAISE(ABORT, 'releases are append-only');
END;

-- They go with their app (its row is gone before the cascade reaches them), never alone.
CREATE TRIGGER releases_are_kept
BEFORE DELETE ON releases
WHEN EXISTS (SELECT 1 FROM apps WHERE id = old.app_id)
BEGIN
  SELECT RAISE(ABORT, 'releases are append-only');
END;

CREATE TABLE builds (
  number INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE CHECK (length(id) = 36),
  app_id TEXT NOT NULL REFERENCES apps (id) ON DELETE CASCADE,
  user_id TEXT NOT NULL,
  commit_id TEXT NOT NULL,
  ref TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('pending', 'succeeded', 'failed')),
  slug_id TEXT REFERENCES slugs (id) ON DELETE SET NULL,
  release_id TEXT REFERENCES releases (id) ON DELETE SET NULL,
  failure TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX builds_by_app ON builds (app_id);
CREATE INDEX builds_by_slug ON builds (slug_id);
CREATE INDEX builds_by_release ON builds (release_id);
CREATE INDEX builds_unfinished ON builds (number) WHERE status = 'pending';

CREATE TABLE formation (
  app_id TEXT NOT NULL REFERENCES apps (id) ON DELETE CASCADE,
  type TEXT NOT NULL,
  quantity INTEGER NOT NULL CHECK (quantity >= 0),
  size TEXT NOT NULL,
  PRIMARY KEY (app_id, type)
) STRICT, WITHOUT ROWID;

CREATE TABLE dynos (
  number INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE CHECK (length(id) = 36),
  app_id TEXT NOT NULL REFERENCES apps (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  release_id TEXT NOT NULL REFERENCES releases (id) ON DELETE CASCADE,
  port INTEGER CHECK (port BETWEEN 1 AND 65535),
  command TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX dynos_by_app ON dynos (app_id);
CREATE INDEX dynos_by_release ON dynos (release_id);

PRAGMA application_id = 1145132628; -- "DAVT"
PRAGMA user_version = 1;
