-- Schema 3.

-- What people asked the bridge to do.
CREATE TABLE audits (
  id      INTEGER PRIMARY KEY,
  at      INTEGER NOT NULL,
  who     TEXT NOT NULL,
  action  TEXT NOT NULL,
  subject TEXT NOT NULL,                       -- an id, or empty
  detail  TEXT
) STRICT;
CREATE INDEX audits_subject ON audits (subject, id);

-- Dead ones by their end: whoever is told of them goes on where it was.
CREATE INDEX events_died ON events (finished_at) WHERE state = 'dead';
