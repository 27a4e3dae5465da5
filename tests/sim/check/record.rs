//! The portal's own record as the checks read it: who wrote what, who owned a thread when, which calls the bridge made.
//! Nothing here asks the bridge.

use hubspot_bridge::domain::Timestamp;
use serde_json::Value;

/// How the bridge's handoff comments begin.
const HANDOFF_MARKER: &str = "🔄 AI decided to handoff";
/// What the simulated customers' machines write.
const AUTOMATIC: [&str; 5] = ["automatic reply", "auto:", "out of office", "undeliverable", "abwesenheit"];

/// One portal at the end of its day.
#[derive(Debug)]
pub struct Record {
    pub threads: Vec<Thread>,
    pub calls: Vec<Call>,
    pub ai: String,
    pub raw: Value,
}

/// One thread, its items in the order they were made.
#[derive(Debug)]
pub struct Thread {
    pub id: String,
    pub items: Vec<Item>,
    /// In the trash, or spam.
    pub gone: bool,
    ai: String,
    /// Closing it gives it back.
    on_close: bool,
}

#[derive(Clone, Debug)]
pub struct Item {
    pub id: String,
    pub at: Timestamp,
    pub kind: Kind,
    pub author: Author,
    pub text: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    Message,
    Comment,
    Assignment { from: Option<String>, to: Option<String> },
    Status { closed: bool },
    Other,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Author {
    Customer,
    /// An auto-responder.
    Machine,
    Bridge,
    /// In HubSpot.
    Rep,
    /// From the own mailbox.
    RepsMailbox,
    Bot,
    System,
}

/// One call of the bridge to the portal's API.
#[derive(Debug)]
pub struct Call {
    pub at: Timestamp,
    pub method: String,
    pub path: String,
    /// None: no answer.
    pub status: Option<u64>,
}

impl Record {
    pub fn of(raw: Value, on_close: bool) -> Self {
        let ai = text(&raw["aiUserId"]);
        let app = raw["appId"].as_i64();
        let threads = list(&raw, "threads").iter().map(|thread| Thread::of(thread, app, &ai, on_close)).collect();
        let calls = list(&raw, "calls").iter().map(|call| Call {
            at: Timestamp(call["at"].as_i64().expect("a time")),
            method: text(&call["method"]),
            path: text(&call["path"]),
            status: call["status"].as_u64(),
        });
        Self { threads, calls: calls.collect(), ai, raw }
    }

    /// What customers wrote.
    pub fn asked(&self) -> impl Iterator<Item = (&Thread, &Item)> {
        self.threads.iter().flat_map(|thread| thread.by(Author::Customer).map(move |item| (thread, item)))
    }

    /// What the bridge said to customers.
    pub fn replies(&self) -> impl Iterator<Item = (&Thread, &Item)> {
        self.threads.iter().flat_map(|thread| thread.replies().map(move |item| (thread, item)))
    }

    pub fn thread(&self, id: &str) -> Option<&Thread> {
        self.threads.iter().find(|thread| thread.id == id)
    }

    pub fn list(&self, name: &str) -> &[Value] {
        list(&self.raw, name)
    }

    /// The calls of one method to a path that ends so, and that HubSpot answered.
    pub fn answered<'a>(&'a self, method: &'a str, end: &'a str) -> impl DoubleEndedIterator<Item = &'a Call> {
        self.calls
            .iter()
            .filter(move |call| call.method == method && call.path.ends_with(end) && call.status == Some(200))
    }
}

impl Thread {
    fn of(raw: &Value, app: Option<i64>, ai: &str, on_close: bool) -> Self {
        let mut items: Vec<Item> = list(raw, "messages").iter().map(|item| Item::of(item, app)).collect();
        items.sort_by_key(|item| item.at);
        let gone = raw["archived"] == true || raw["spam"] == true;
        Self { id: text(&raw["id"]), items, gone, ai: ai.to_owned(), on_close }
    }

    /// Its number in the plan: its first words name it.
    pub fn number(&self) -> Option<usize> {
        self.items.iter().find_map(|item| item.text.strip_prefix("first question ")?.parse().ok())
    }

    pub fn by(&self, author: Author) -> impl Iterator<Item = &Item> {
        self.items.iter().filter(move |item| item.author == author && item.kind == Kind::Message)
    }

    pub fn replies(&self) -> impl Iterator<Item = &Item> {
        self.by(Author::Bridge)
    }

    pub fn reps(&self) -> impl Iterator<Item = &Item> {
        self.items.iter().filter(|item| item.is_reps_word())
    }

    pub fn handoffs(&self) -> impl Iterator<Item = &Item> {
        self.items.iter().filter(|item| item.is_handoff())
    }

    /// Everybody who owned it at some time from `from` to `to`, both inclusive; none is nobody.
    pub fn owners(&self, from: Timestamp, to: Timestamp) -> Vec<Option<&str>> {
        let changes = self.items.iter().filter_map(|item| match &item.kind {
            Kind::Assignment { from, to } => Some((item.at, from.as_deref(), to.as_deref())),
            Kind::Message | Kind::Comment | Kind::Status { .. } | Kind::Other => None,
        });
        let changes: Vec<_> = changes.collect();
        // An assignment in the same millisecond came before or after: both are possible.
        let before = changes.iter().rev().find(|(at, ..)| *at < from).map(|(_, _, to)| *to);
        let first = before.unwrap_or_else(|| changes.first().and_then(|(_, from, _)| *from));
        let within = changes.iter().filter(|(at, ..)| *at >= from && *at <= to).map(|(_, _, to)| *to);
        std::iter::once(first).chain(within).collect()
    }

    /// Is it a human's word that gives the conversation back to the AI?
    pub fn gives_back(&self, item: &Item) -> bool {
        match &item.kind {
            Kind::Assignment { to, .. } => item.author != Author::Bridge && to.as_ref() == Some(&self.ai),
            Kind::Status { closed } => *closed && self.on_close,
            Kind::Message | Kind::Comment | Kind::Other => false,
        }
    }

    /// Does it give the conversation to a human: a rep's word, an assignment, a handoff?
    pub fn takes(&self, item: &Item) -> bool {
        let assigned = matches!(&item.kind, Kind::Assignment { to: Some(to), .. } if *to != self.ai);
        assigned || item.is_reps_word() || item.is_handoff()
    }

    /// Did a human have it at some time from `from` to `to`? What gave it back counts after `unseen` milliseconds only.
    pub fn was_with_a_human(&self, from: Timestamp, to: Timestamp, unseen: i64) -> bool {
        self.items.iter().filter(|item| item.at <= to && self.takes(item)).any(|taken| {
            let back = self.items.iter().find(|item| item.at > taken.at && self.gives_back(item));
            back.is_none_or(|back| back.at.0 + unseen >= from.0)
        })
    }

    /// All of it, for a failure's message.
    pub fn told(&self) -> String {
        let line = |item: &Item| format!("{} {} {:?} {:?} {:?}", item.at, item.id, item.author, item.kind, item.text);
        self.items.iter().map(line).collect::<Vec<_>>().join("\n")
    }
}

impl Item {
    fn of(raw: &Value, app: Option<i64>) -> Self {
        let kind = match raw["type"].as_str().unwrap_or_default() {
            "MESSAGE" => Kind::Message,
            "COMMENT" => Kind::Comment,
            "ASSIGNMENT" => Kind::Assignment {
                from: raw["assignedFrom"].as_str().map(str::to_owned),
                to: raw["assignedTo"].as_str().map(str::to_owned),
            },
            "THREAD_STATUS_CHANGE" => Kind::Status { closed: raw["newStatus"] == "CLOSED" },
            _ => Kind::Other,
        };
        let at = Timestamp::parse(raw["createdAt"].as_str().expect("a time")).expect("a time");
        Self { id: text(&raw["id"]), at, author: author(raw, &kind, app), kind, text: text(&raw["text"]) }
    }

    /// To the customer.
    pub fn is_reps_word(&self) -> bool {
        self.kind == Kind::Message && matches!(self.author, Author::Rep | Author::RepsMailbox)
    }

    /// The comment of a handoff.
    pub fn is_handoff(&self) -> bool {
        self.kind == Kind::Comment && self.author == Author::Bridge && self.text.starts_with(HANDOFF_MARKER)
    }

    pub fn names(&self, id: &str) -> bool {
        self.text.split_whitespace().any(|word| word == id)
    }
}

fn author(raw: &Value, kind: &Kind, app: Option<i64>) -> Author {
    if raw["client"]["integrationAppId"].as_i64().is_some_and(|id| Some(id) == app) {
        return Author::Bridge;
    }
    let sender = &raw["senders"][0];
    let actor = sender["actorId"].as_str().unwrap_or_default();
    let address = sender["deliveryIdentifier"]["value"].as_str().unwrap_or_default();
    let subject = raw["subject"].as_str().unwrap_or_default().to_lowercase();
    if !matches!(kind, Kind::Message | Kind::Comment) {
        Author::System
    } else if actor.starts_with("A-") {
        Author::Rep
    } else if ["B-", "L-", "S-", "I-"].iter().any(|kind| actor.starts_with(kind)) {
        Author::Bot
    } else if address.ends_with("@acme.example") {
        Author::RepsMailbox
    } else if raw["direction"] != "INCOMING" {
        Author::System
    } else if AUTOMATIC.iter().any(|start| subject.starts_with(start)) || address.starts_with("mailer-daemon@") {
        Author::Machine
    } else {
        Author::Customer
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value[name].as_array().map(Vec::as_slice).expect("a list")
}
