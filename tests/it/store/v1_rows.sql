-- A bridge of schema 1 died here: its reply to thread 71 was on the way, thread 72's burst was not over, connection
-- `globex` was held, a write to ticket 55 was waiting. Times count from 1795219200000.

PRAGMA application_id = 1213416018;
PRAGMA user_version = 1;

INSERT INTO meta (name, value) VALUES ('epoch', 7), ('events', 6), ('open_events', 5), ('checked_at', 1795219190000);
INSERT INTO connections (id, name) VALUES (1, 'acme'), (2, 'globex');

INSERT INTO mailboxes (id, connection_id, kind, object_id, lane, asap_at, quiet_first, quiet_at, not_before, due_at,
                       attempts, why, lease_token, lease_until, interrupt, turn_id, dirty_generation) VALUES
  (1, 1, 'thread', '71', 0, NULL, NULL, NULL, NULL, 1795219180000, 1, NULL, 9, 1795219240000, 1, 4, 0),
  (2, 1, 'thread', '72', 0, NULL, 1795219199000, 1795219202000, NULL, 1795219202000, 0, NULL, 0, NULL, 0, NULL, 0),
  (3, 2, 'thread', '73', 0, 1795219150000, NULL, NULL, NULL, 1795219150000, 0, NULL, 2, NULL, 0, NULL, 0),
  (4, 1, 'ticket', '55', 1, 1795219170000, NULL, NULL, NULL, 1795219170000, 0, NULL, 3, NULL, 0, NULL, 2);

INSERT INTO events (id, connection_id, mailbox_id, kind, state, timing, due_at, dedup, seen, attempts, received_at,
                    finished_at, turn_id, session_id, message_id, message_type, data, outcome) VALUES
  (10, 1, 1, 'conversation.newMessage', 'done', 1, 1795219001500, x'00000000000000000000000000000001', 1, 0,
   1795219000000, 1795219003000, 2, 3, 'm0', 'MESSAGE', NULL, 'replied'),
  (11, 1, 1, 'conversation.newMessage', 'running', 1, 1795219180000, x'00000000000000000000000000000002', 2, 1,
   1795219178000, NULL, 4, NULL, 'm1', 'MESSAGE', NULL, NULL),
  (12, 1, 1, 'conversation.newMessage', 'running', 1, 1795219180500, x'00000000000000000000000000000003', 1, 1,
   1795219179000, NULL, 4, NULL, 'm2', 'MESSAGE', NULL, NULL),
  (13, 1, 2, 'conversation.newMessage', 'pending', 1, 1795219202000, x'00000000000000000000000000000004', 1, 0,
   1795219199000, NULL, NULL, NULL, 'm3', 'MESSAGE', NULL, NULL),
  (14, 2, 3, 'conversation.newMessage', 'pending', 0, 1795219150000, x'00000000000000000000000000000005', 1, 0,
   1795219150000, NULL, NULL, NULL, 'm4', 'MESSAGE', NULL, NULL),
  (15, 1, 4, 'ticket_write', 'pending', 0, 1795219170000, x'00000000000000000000000000000006', 1, 0,
   1795219170000, NULL, NULL, 3, NULL, NULL, '{"v":1,"session":3,"thread":"71","keys":["order"],"tag":true}', NULL);

INSERT INTO dirty (mailbox_id, property, generation) VALUES (4, 'order', 2);
INSERT INTO turns (id, mailbox_id, opened_at, ended_at, extended) VALUES
  (2, 1, 1795219001500, 1795219003000, 0), (4, 1, 1795219180000, NULL, 1);
INSERT INTO runs (turn_id, run, epoch, started_at, ended_at, note) VALUES
  (2, 1, 6, 1795219001500, 1795219003000, NULL),
  (4, 1, 6, 1795219180000, NULL, 'crashed'),
  (4, 2, 7, 1795219181000, NULL, NULL);
INSERT INTO steps (turn_id, name, status, run, act_deadline, intended_at, settled_at, anchor, text_hash, result, text) VALUES
  (2, 'post_reply', 'done', 1, 1795219012000, 1795219002000, 1795219003000, 'm0', '77aa', NULL, NULL),
  (4, 'ask_agent', 'done', 1, 1795219240000, 1795219180100, 1795219180900, NULL, NULL, NULL,
   '{"v":1,"action":"reply","text":"It takes two days.","forced":null,"through":[1795219179000,"m2"],"why":null,"summary":null,"sentiment":null,"language":null}'),
  (4, 'post_reply', 'intended', 2, 1795219191100, 1795219181100, NULL, 'm2', '5f3a', NULL, '"It takes two days."');

INSERT INTO sessions (id, connection_id, thread_id, ticket_id, contact_id, state, mode, agent_session_id, custom_data,
                      custom_data_pending, answered_at, answered_message, handed_off_at, ai_since, replies, version,
                      changed, created_at, updated_at) VALUES
  (3, 1, '71', '55', '301', 'ai', 'autopilot', 'agent-9', '{"order":"1042"}', 0, 1795219000000, 'm0', NULL,
   1795219001500, '[1795219003000]', 5, 8, 1795219001500, 1795219003000);
INSERT INTO posted (connection_id, message_id, at) VALUES (1, 'ours-1', 1795219003000);
INSERT INTO own_writes (connection_id, ticket_id, property, value_hash, at) VALUES (1, '55', 'order_number', 'abcd', 1795219003000);
INSERT INTO holds (connection_id, until, since, cause) VALUES (2, 1795219260000, 1795219140000, '401');
INSERT INTO cursors (name, value) VALUES ('sweep/acme', '1795219100000');
INSERT INTO finished (hour, connection_id, outcome, reason, n) VALUES (498672, 1, 'replied', '', 1);
