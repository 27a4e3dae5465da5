-- Schema 2.

-- On the agent's side a human has the session for good.
ALTER TABLE sessions ADD COLUMN agent_session_over INTEGER NOT NULL DEFAULT 0;

-- When each ticket was last updated: the next update waits for `ticketing.update_interval`.
CREATE TABLE ticket_updates (
  id            INTEGER PRIMARY KEY,
  connection_id INTEGER NOT NULL,
  ticket_id     TEXT NOT NULL,
  at            INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX ticket_updates_ticket ON ticket_updates (ticket_id, connection_id);
