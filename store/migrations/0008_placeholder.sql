-- Holds the number until the migration that is being written elsewhere comes; to be removed then.

PRAGMA user_version = 8;
