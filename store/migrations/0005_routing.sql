-- How an app's requests are shared among its web dynos. An app without a row has the defaults.
CREATE TABLE app_routing (
  app_id TEXT PRIMARY KEY REFERENCES apps (id) ON DELETE CASCADE,
  -- Requests at one time on each dyno; 0: the router's default.
  concurrency INTEGER NOT NULL CHECK (concurrency BETWEEN 0 AND 10000),
  policy TEXT NOT NULL CHECK (policy IN ('least', 'round-robin', 'random')),
  affinity INTEGER NOT NULL CHECK (affinity IN (0, 1)),
  -- Makes the names of dynos in cookies; kept when affinity is switched off. It opens nothing: who
  -- has it can choose a dyno.
  affinity_key TEXT NOT NULL
) STRICT, WITHOUT ROWID;

PRAGMA user_version = 5;
