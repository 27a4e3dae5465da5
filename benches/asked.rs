//! Everything that is asked of the admin listener: the one list. A new page is a line in [`PAGES`].

use crate::fill::Marks;

/// Pages of the console; `THREAD`, `MESSAGE` and the like are filled in.
const PAGES: &[&str] = &[
    "/",
    "/events",
    "/events?state=pending",
    "/events?state=dead",
    "/events?connection=rare",
    "/events/evt_EVENT",
    "/conversations",
    "/conversations?state=paused",
    "/conversations/acme/THREAD",
    "/dead",
    "/connections",
    "/connections/acme",
    "/audit",
    "/settings",
    "/why?id=THREAD",
    "/why?id=MESSAGE",
];

/// The API. Times are filled in, too.
const API: &[&str] = &[
    "/metrics",
    "/api/v1/stats",
    "/api/v1/connections",
    "/api/v1/why/THREAD",
    "/api/v1/why/TICKET",
    "/api/v1/why/MESSAGE",
    "/api/v1/why/OLDMESSAGE",
    "/api/v1/why/ses_7",
    "/api/v1/why/evt_EVENT",
    "/api/v1/events/evt_EVENT",
    "/api/v1/sessions/ses_7",
];

/// One of each filter, common and rare.
const FILTERS: &[&str] = &[
    "",
    "connection=acme",
    "connection=rare",
    "connection=nobody",
    "state=pending",
    "state=running",
    "state=done",
    "state=skipped",
    "state=dead",
    "outcome=replied",
    "outcome=note_mirrored",
    "outcome=paused",
    "reason=own_message",
    "reason=payload_unreadable",
    "reason=interrupted",
    "thread=THREAD",
    "ticket=TICKET",
    "message=MESSAGE",
    "message=OLDMESSAGE",
    "message=none",
    "connection=acme&state=pending",
    "connection=rare&state=pending",
    "connection=globex&state=dead",
    "connection=acme&outcome=replied",
    "connection=globex&outcome=note_mirrored",
    "connection=acme&reason=payload_unreadable",
    "thread=THREAD&state=pending",
];

/// Joined to each filter: from when, and from where.
const ENDS: &[&str] = &["", "since=RECENT", "since=LONG", "since=FUTURE", "cursor=HALF", "cursor=12", "limit=200"];

const SESSIONS: &[&str] = &[
    "",
    "connection=acme",
    "connection=rare",
    "state=ai",
    "state=paused",
    "state=handed_off",
    "connection=acme&state=closed",
    "connection=rare&state=ai",
    "thread=THREAD",
    "ticket=TICKET",
    "contact=77",
    "cursor=100000",
    "limit=200",
];

/// What is filled in.
pub struct Words {
    pub marks: Marks,
    pub events: i64,
    /// An hour ago, a month ago, tomorrow, as the API takes them.
    pub times: [String; 3],
}

/// Every path.
pub fn all(words: &Words) -> Vec<String> {
    let joined = |base: &str, parts: [&str; 2]| {
        let query: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        if query.is_empty() { base.to_owned() } else { format!("{base}?{}", query.join("&")) }
    };
    let events = FILTERS.iter().flat_map(|filter| ENDS.iter().map(|end| joined("/api/v1/events", [filter, end])));
    let sessions = SESSIONS.iter().map(|filter| joined("/api/v1/sessions", [filter, ""]));
    let fixed = API.iter().chain(PAGES).map(|path| (*path).to_owned());
    fixed.chain(events).chain(sessions).map(|path| filled(&path, words)).collect()
}

fn filled(path: &str, words: &Words) -> String {
    let [old, new] = &words.marks.messages;
    let [recent, long, future] = &words.times;
    let half = (words.events / 2).to_string();
    [
        ("OLDMESSAGE", old),
        ("MESSAGE", new),
        ("THREAD", &words.marks.thread),
        ("TICKET", &words.marks.ticket),
        ("EVENT", &(words.events / 20 * 20 - 20).to_string()),
        ("RECENT", recent),
        ("LONG", long),
        ("FUTURE", future),
        ("HALF", &half),
    ]
    .iter()
    .fold(path.to_owned(), |path, (word, value)| path.replace(word, value))
}
