-- Schema 1. Times are milliseconds since 1970; states, outcomes, reasons and kinds are the stable names of the domain.

-- Numbers of the database itself: epoch, events, open_events, checked_at.
CREATE TABLE meta (
  name  TEXT PRIMARY KEY,
  value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE connections (
  id   INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE mailboxes (
  id               INTEGER PRIMARY KEY,
  connection_id    INTEGER NOT NULL,
  kind             TEXT NOT NULL,              -- thread, ticket, outside, note
  object_id        TEXT NOT NULL,
  lane             INTEGER NOT NULL,           -- 0 conversations, 1 tickets
  asap_at          INTEGER,                    -- what waits for nothing is due since
  quiet_first      INTEGER,                    -- the burst began
  quiet_at         INTEGER,                    -- the burst is over
  not_before       INTEGER,                    -- deferred until
  due_at           INTEGER,                    -- derived from the four above
  attempts         INTEGER NOT NULL DEFAULT 0, -- failed ones at the present work
  why              TEXT,                       -- words of the last deferral
  lease_token      INTEGER NOT NULL DEFAULT 0, -- rises with every lease
  lease_until      INTEGER,                    -- null: free
  interrupt        INTEGER NOT NULL DEFAULT 0, -- 1 look soon, 2 ownership: does not wait for a deferral
  turn_id          INTEGER,                    -- the open turn
  dissolved_turn   INTEGER,                    -- the last turn, when it was dissolved: reopened for its history
  dirty_generation INTEGER NOT NULL DEFAULT 0  -- rises with every mark
) STRICT;
-- The object first, so that an id alone finds its mailboxes.
CREATE UNIQUE INDEX mailboxes_object ON mailboxes (object_id, kind, connection_id);
-- lease_until is always null in it: there so that counting needs no look at the table.
CREATE INDEX mailboxes_due ON mailboxes (lane, connection_id, due_at, lease_until)
  WHERE lease_until IS NULL AND due_at IS NOT NULL;
CREATE INDEX mailboxes_leased ON mailboxes (lease_until) WHERE lease_until IS NOT NULL;

-- Each index costs at intake only while its condition holds for a new row: the dedup key and one of the first two.
-- What people search by is indexed when the event ends.
CREATE TABLE events (
  id               INTEGER PRIMARY KEY,
  connection_id    INTEGER NOT NULL,
  mailbox_id       INTEGER,                    -- null: the element named no object
  kind             TEXT NOT NULL,
  state            TEXT NOT NULL,
  timing           INTEGER NOT NULL,           -- 0 now, 1 quiet: with its burst, 2 at due_at
  due_at           INTEGER,
  dedup            BLOB NOT NULL,
  seen             INTEGER NOT NULL,
  attempts         INTEGER NOT NULL DEFAULT 0,
  received_at      INTEGER NOT NULL,
  occurred_at      INTEGER,
  finished_at      INTEGER,
  turn_id          INTEGER,
  session_id       INTEGER,
  message_id       TEXT,
  message_type     TEXT,
  property         TEXT,
  value            TEXT,
  hubspot_event_id TEXT,
  app_id           INTEGER,
  source           TEXT,
  data             TEXT,
  outcome          TEXT,
  reason           TEXT,
  detail           TEXT
) STRICT;
CREATE UNIQUE INDEX events_dedup ON events (dedup);
CREATE INDEX events_waiting ON events (mailbox_id, timing, id) WHERE state = 'pending' AND timing < 2;
CREATE INDEX events_later ON events (mailbox_id, due_at) WHERE state = 'pending' AND timing = 2;
CREATE INDEX events_running ON events (turn_id) WHERE state = 'running';
CREATE INDEX events_dead ON events (id) WHERE state = 'dead';
CREATE INDEX events_finished ON events (finished_at) WHERE finished_at IS NOT NULL;
CREATE INDEX events_ended ON events (mailbox_id) WHERE finished_at IS NOT NULL;
CREATE INDEX events_message ON events (message_id) WHERE finished_at IS NOT NULL AND message_id IS NOT NULL;

-- Ticket properties to read again that no waiting event stands for.
CREATE TABLE dirty (
  mailbox_id INTEGER NOT NULL REFERENCES mailboxes (id) ON DELETE CASCADE,
  property   TEXT NOT NULL,
  generation INTEGER NOT NULL,                 -- a mark made while a turn runs outlives it
  PRIMARY KEY (mailbox_id, property)
) STRICT, WITHOUT ROWID;

CREATE TABLE turns (
  id            INTEGER PRIMARY KEY,
  mailbox_id    INTEGER NOT NULL,
  opened_at     INTEGER NOT NULL,
  ended_at      INTEGER,
  extended      INTEGER NOT NULL DEFAULT 0,
  dirty_through INTEGER NOT NULL DEFAULT 0     -- the marks up to here were read
) STRICT;

CREATE TABLE runs (
  turn_id    INTEGER NOT NULL REFERENCES turns (id) ON DELETE CASCADE,
  run        INTEGER NOT NULL,
  epoch      INTEGER NOT NULL,                 -- the start of the process it ran in
  started_at INTEGER NOT NULL,
  ended_at   INTEGER,                          -- null: runs, or crashed
  note       TEXT,
  PRIMARY KEY (turn_id, run)
) STRICT, WITHOUT ROWID;

CREATE TABLE steps (
  id           INTEGER PRIMARY KEY,
  turn_id      INTEGER NOT NULL REFERENCES turns (id) ON DELETE CASCADE,
  name         TEXT NOT NULL,
  status       TEXT NOT NULL,
  run          INTEGER NOT NULL,
  act_deadline INTEGER NOT NULL,
  intended_at  INTEGER NOT NULL,
  settled_at   INTEGER,
  anchor       TEXT,
  text_hash    TEXT,
  result       TEXT,
  text         TEXT                            -- erased when the turn ends
) STRICT;
CREATE UNIQUE INDEX steps_name ON steps (turn_id, name);

CREATE TABLE sessions (
  id                  INTEGER PRIMARY KEY,
  connection_id       INTEGER NOT NULL,
  thread_id           TEXT,
  ticket_id           TEXT,
  contact_id          TEXT,
  state               TEXT NOT NULL,
  mode                TEXT NOT NULL,
  agent_session_id    TEXT,
  custom_data         TEXT NOT NULL,           -- a flat JSON object
  custom_data_pending INTEGER NOT NULL,
  answered_at         INTEGER,
  answered_message    TEXT,
  handed_off_at       INTEGER,
  ai_since            INTEGER,
  replies             TEXT NOT NULL,           -- a JSON array of times
  version             INTEGER NOT NULL,
  changed             INTEGER NOT NULL,        -- rises with every change of any session: the list's order
  created_at          INTEGER NOT NULL,
  updated_at          INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX sessions_thread ON sessions (thread_id, connection_id) WHERE thread_id IS NOT NULL;
CREATE INDEX sessions_ticket ON sessions (ticket_id, connection_id) WHERE ticket_id IS NOT NULL;
CREATE INDEX sessions_contact ON sessions (contact_id, connection_id) WHERE contact_id IS NOT NULL;
CREATE INDEX sessions_agent ON sessions (agent_session_id, connection_id) WHERE agent_session_id IS NOT NULL;
CREATE UNIQUE INDEX sessions_changed ON sessions (changed);

-- Messages HubSpot made of our posts.
CREATE TABLE posted (
  id            INTEGER PRIMARY KEY,
  connection_id INTEGER NOT NULL,
  message_id    TEXT NOT NULL,
  at            INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX posted_message ON posted (message_id, connection_id);

-- The last value we wrote to each ticket property, hashed.
CREATE TABLE own_writes (
  id            INTEGER PRIMARY KEY,
  connection_id INTEGER NOT NULL,
  ticket_id     TEXT NOT NULL,
  property      TEXT NOT NULL,
  value_hash    TEXT NOT NULL,
  at            INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX own_writes_property ON own_writes (ticket_id, connection_id, property);

CREATE TABLE holds (
  connection_id INTEGER PRIMARY KEY,
  until         INTEGER NOT NULL,
  since         INTEGER NOT NULL,
  cause         TEXT NOT NULL
) STRICT;

CREATE TABLE cursors (
  name  TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- How many events ended how, by hour: the numbers of the last day without a look at the events.
CREATE TABLE finished (
  hour          INTEGER NOT NULL,
  connection_id INTEGER NOT NULL,
  outcome       TEXT NOT NULL,
  reason        TEXT NOT NULL,                 -- empty: none
  n             INTEGER NOT NULL,
  PRIMARY KEY (hour, connection_id, outcome, reason)
) STRICT, WITHOUT ROWID;
