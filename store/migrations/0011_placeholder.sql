-- Taken by other work; goes when that comes.
PRAGMA user_version = 11;
