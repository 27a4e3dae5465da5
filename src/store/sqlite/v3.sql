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
-- The turns of an event before it was replayed, and how many of their runs it was part of.
CREATE TABLE replayed (
  event_id INTEGER NOT NULL REFERENCES events (id) ON DELETE CASCADE,
  turn_id  INTEGER NOT NULL REFERENCES turns (id) ON DELETE CASCADE,
  attempts INTEGER NOT NULL,
  PRIMARY KEY (event_id, turn_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX replayed_turn ON replayed (turn_id);
-- How an event ended before each replay.
CREATE TABLE past_ends (
  id          INTEGER PRIMARY KEY,
  event_id    INTEGER NOT NULL REFERENCES events (id) ON DELETE CASCADE,
  finished_at INTEGER NOT NULL,
  outcome     TEXT NOT NULL,
  reason      TEXT,
  detail      TEXT,
  replayed_at INTEGER NOT NULL
) STRICT;
CREATE INDEX past_ends_event ON past_ends (event_id, id);
-- What people list. Open events by connection, in the order of arrival: a new row is appended at the right edge.
CREATE INDEX events_open ON events (connection_id) WHERE finished_at IS NULL;
-- Ended ones by how they ended; costs at the end of an event, near the last of its like.
CREATE INDEX events_ending ON events (connection_id, outcome, reason) WHERE finished_at IS NOT NULL;
DROP INDEX events_dead;
CREATE INDEX sessions_state ON sessions (connection_id, state, changed);
