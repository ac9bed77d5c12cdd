-- What the apps took and served. May be lost without harm: nothing else is in this file.
-- Times are seconds since 1970, the beginning of the step. `data` is CBOR (server/metrics/sample.cpp). Rows come in the
-- order of time, so that writing touches the last page and pruning the first.

CREATE TABLE apps (
  number INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE CHECK (length(id) = 36)
) STRICT;

CREATE TABLE fine (
  at INTEGER NOT NULL,
  app INTEGER NOT NULL REFERENCES apps (number),
  data BLOB NOT NULL,
  PRIMARY KEY (at, app)
) STRICT, WITHOUT ROWID;

CREATE TABLE coarse (
  at INTEGER NOT NULL,
  app INTEGER NOT NULL REFERENCES apps (number),
  data BLOB NOT NULL,
  PRIMARY KEY (at, app)
) STRICT, WITHOUT ROWID;

PRAGMA application_id = 1145132628; -- "DAVT"
PRAGMA user_version = 1;
