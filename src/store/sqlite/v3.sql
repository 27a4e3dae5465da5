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
