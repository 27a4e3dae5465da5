//! Every bound of the house in one place, with the arithmetic behind it. Reaching one has a defined, visible answer.
//!
//! The body limit is a setting (`server.body_limit`, 1 MiB): HubSpot documents at most 100 events a delivery, an event is
//! about 350 bytes, so a full delivery is about 35 KiB and the limit leaves a factor of thirty. Beyond it: 413.
//!
//! JSON nesting needs no number: elements are skipped over and read without recursion and without building a tree, so
//! depth costs at most one byte of memory a level, and the body limit bounds that.

use std::time::Duration;

/// Events HubSpot documents for one delivery.
pub const EVENTS_DOCUMENTED: usize = 100;

/// Events taken in one delivery: ten times the documented, so that a generous HubSpot is no outage, while one delivery
/// stays one short transaction (1,000 rows are about 20 ms). Beyond it: 413.
pub const EVENTS_PER_DELIVERY: usize = 10 * EVENTS_DOCUMENTED;

/// Bytes of an id, a type or a property name. HubSpot's longest (a dashed UUID, a property name of 100 characters) fit
/// twice over. Beyond it: the element is dead as `payload_unreadable`.
pub const NAME_BYTES: usize = 256;

/// Bytes of a conversation property's value: an actor id, a status, a boolean. An `E-` actor carries an e-mail address,
/// at most 254 bytes. Beyond it: `payload_unreadable`. Ticket values are not stored and have no bound of their own.
pub const VALUE_BYTES: usize = 512;

/// Characters of the reason that an operator or a workflow gives for a handoff: a few sentences for the reps. A workflow's
/// is cut there, since the customer needs the human either way; the admin API answers 400.
pub const HANDOFF_REASON_CHARS: usize = 500;

/// Bytes of a request's body to the admin API: [`CUSTOM_DATA_KEYS`] values of [`CUSTOM_DATA_BYTES`] with room. Beyond it: 413.
pub const ADMIN_BODY: usize = 256 * 1024;
/// Keys of custom data that one request may set; a key has at most [`NAME_BYTES`]. Beyond it: 400.
pub const CUSTOM_DATA_KEYS: usize = 50;
/// Keys of custom data in one session when a request adds to them: HubSpot's own bound of properties. Beyond it: 409.
pub const CUSTOM_DATA_SESSION: usize = 1_000;
/// Bytes of one value of custom data. All of it travels to the agent with a send. Beyond it: 400.
pub const CUSTOM_DATA_BYTES: usize = 2_048;

/// Events a replay by filter puts back at the same time: they share a commit.
pub const REPLAY_AT_ONCE: usize = 20;
/// After this time a replay by filter begins with no further ones, and says where to go on.
pub const REPLAY_TIME: Duration = Duration::from_secs(4);

/// So many replayed events are due at once; further ones one after the other at this pace, so that live messages find no
/// queue before them: a thousand in eight minutes, and two conversations a second are less than HubSpot's budget carries.
pub const REPLAYS_DUE: u32 = 20;
/// Between two of them.
pub const REPLAY_PACE: Duration = Duration::from_millis(500);
/// No replay waits longer, however many there are.
pub const REPLAY_WAIT: Duration = Duration::from_hours(24);

/// How far HubSpot's v3 timestamp may be from our clock, both ways, inclusive. HubSpot's rule. Beyond it: 401.
pub const SIGNATURE_WINDOW_MS: u64 = 300_000;

/// Time for a whole body to arrive. HubSpot gives up after 5 s, so a later body has nobody waiting for its answer.
/// Beyond it: 408 and the connection is closed.
pub const BODY_READ: Duration = Duration::from_secs(5);

/// How many times the limit of a body is read and thrown away so that its sender hears the 413.
pub const BODY_SURPLUS: usize = 4;
/// And for how long.
pub const SURPLUS_READ: Duration = Duration::from_secs(1);

/// Time for a whole request head to arrive, and the longest a kept-alive connection may stay idle. Longer than the pause
/// between two busy deliveries, short enough that a slow-loris holds a place for seconds only. Beyond it: closed.
pub const HEADER_READ: Duration = Duration::from_secs(20);

/// How long a peer may take nothing of an answer that waits for it. Answers fit into the socket's buffer: only one that
/// asks on and on without reading comes to wait. Beyond it: cut.
pub const ANSWER_TAKEN: Duration = Duration::from_secs(20);

/// Bytes of a request head. HubSpot's are under 1 KiB; proxies add a few. Beyond it: 431.
pub const HEADER_BYTES: usize = 16 * 1024;

/// Open connections. HubSpot keeps 10 requests in flight per app and account, so this serves 25 accounts at their
/// ceiling; the memory of bodies is at most 256 × 1 MiB. Beyond it: new ones wait in the kernel's backlog.
pub const CONNECTIONS: usize = 256;

/// Writes waiting for the disk. A group commit takes all that wait; on a slow disk (20 ms a commit, 64 writes each) the
/// last of 1,024 is answered after 0.3 s, far inside HubSpot's 5 s. Beyond it: 503.
pub const STORE_QUEUE: usize = 1_024;

/// Free bytes of the database's disk below which nothing new is taken. One group of deliveries may be on its way when
/// that is seen: 256 of 100 events, each event a page of the log for its dedup key and about 1 KiB more, is 125 MiB; the
/// log goes into the database once more, of which only rows (30 MiB) make it grow; and 64 turns journal a few pages a
/// step. So work that was taken can be ended and people be answered. Beyond it: 503, and readiness says so.
///
/// The number of open events has no bound of its own: none of the work on one of them depends on how many there are (see
/// `docs/performance.md`), so only the disk bounds them.
pub const DISK_RESERVE: u64 = 256 * 1024 * 1024;
/// A small disk keeps this part of itself free instead.
pub const DISK_RESERVE_SHARE: u64 = 8;
/// Pages that are free inside the database stand for disk space, but for this part of the reserve: the log lies beside it.
pub const DISK_FLOOR_SHARE: u64 = 4;

/// What a 503 asks for. HubSpot spreads ten attempts over a day by its own rule; proxies and other senders obey this.
pub const RETRY_AFTER: Duration = Duration::from_secs(10);

/// Pause before accepting again when the process is out of file descriptors.
pub const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Items of a thread read for freshness: HubSpot's page holds 100, and a burst or a quick exchange fits in half of it.
pub const RECENT_MESSAGES: usize = 50;
/// What an agent is told of the conversation so far.
pub const HISTORY_MESSAGES: usize = 20;
/// How far back a probe looks for a post of ours: the most that can be said in a thread within a minute or two.
pub const PROBE_MESSAGES: usize = 200;
/// How long a lease lasts without renewal; renewed every third of it. Longer than any single call to HubSpot (10 s by
/// default, at most 30 s), so that a request never outlives the lease it was made under.
pub const LEASE: Duration = Duration::from_mins(1);
/// Pages of threads one sweep reads: 100 of 100 threads are more than an inbox sees between two sweeps.
pub const SWEEP_PAGES: usize = 100;
/// Characters of one text property in HubSpot's CRM.
pub const PROPERTY_CHARS: usize = 65_536;
/// Messages of a thread that a handed-off conversation's transcript goes back. Older ones are in the thread itself.
pub const TRANSCRIPT_MESSAGES: usize = 500;
/// The longest one call that carries a rep's words to the agent may take: nothing is thought about there.
pub const RELAY_CALL: Duration = Duration::from_secs(15);
/// What all such calls of one run may take together; the rest is tried in the next run.
pub const RELAY_RUN: Duration = Duration::from_secs(30);
/// So many failing runs and a rep's words stay in HubSpot only. An agent with a memory that hangs each time is waited for
/// (15 s) and looked at after `settle` (30 s) before the next, so it holds a conversation's mailbox for four minutes at most;
/// one that refuses, for 15 s (the pauses of 1, 2, 4 and 8 s).
pub const RELAY_RUNS: u32 = 5;
/// When the delivery of an e-mail is looked at a second time, after the first: mail servers refuse within seconds, those
/// that put a mail off for later within minutes.
pub const SECOND_DELIVERY_LOOK: Duration = Duration::from_mins(10);
/// The longest pause between two looks that HubSpot did not answer.
pub const DELIVERY_LOOK_PAUSE: Duration = Duration::from_mins(15);
/// Open pages of the console that are told of changes, of all browsers together: each holds one of [`CONNECTIONS`], and a
/// quarter of those leaves room for the API and the metrics. Beyond it: 503, the page says that it is not live.
pub const CONSOLE_STREAMS: usize = 64;
/// Wrong tokens that may be typed into the console's sign-in within [`SIGN_IN_WINDOW`], by everybody together. Beyond it
/// a wrong one is answered 429 until the oldest is a window old; the right one is let in all the same.
pub const SIGN_IN_TRIES: usize = 10;
/// See [`SIGN_IN_TRIES`].
pub const SIGN_IN_WINDOW: Duration = Duration::from_mins(1);
/// The longest a page of the console waits for HubSpot to say where its own pages are; without an answer it has no links.
pub const PORTAL_WAIT: Duration = Duration::from_secs(1);
/// How long a page does without asking again.
pub const PORTAL_RETRY: Duration = Duration::from_mins(1);
/// The longest a page of the console waits for one thing that somebody wants to see of HubSpot; what is late is said to be.
pub const PAGE_WAIT: Duration = Duration::from_secs(3);
/// The newest items of a thread that a page shows: what happened lately. Older ones are in HubSpot.
pub const PAGE_MESSAGES: usize = 20;
/// Characters of one message on a page: about two printed pages.
pub const PAGE_MESSAGE_CHARS: usize = 6_000;
