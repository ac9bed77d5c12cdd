-- The runtimes that a release was built with and runs with: of Davit's own store, which keeps them as long as a release
-- with a slug names them, or the distribution's, at `executable`; `identity` tells when that was replaced.

CREATE TABLE release_runtimes (
  release_id TEXT NOT NULL REFERENCES releases (id) ON DELETE CASCADE,
  language TEXT NOT NULL,
  version TEXT NOT NULL,
  origin TEXT NOT NULL CHECK (origin IN ('store', 'distribution')),
  executable TEXT NOT NULL,
  identity TEXT NOT NULL,
  PRIMARY KEY (release_id, language)
) STRICT, WITHOUT ROWID;

PRAGMA user_version = 7;
