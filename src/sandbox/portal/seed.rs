//! What a fresh portal holds: the account, its people, inboxes, channel accounts and the app the bridge uses.

use std::collections::BTreeSet;

use crate::domain::{ActorId, AppId, PortalId};
use crate::hubspot::scopes::SCOPES;

/// The default inbox.
pub const INBOX: &str = "118801";
/// The help desk: HubSpot makes a ticket for each of its threads.
pub const HELP_DESK: &str = "118802";
/// The chat widget of the inbox.
pub const CHAT_ACCOUNT: &str = "501000001";
/// `hello@acme.example`, connected to the inbox.
pub const EMAIL_ACCOUNT: &str = "501000002";
/// `support@acme.example`, connected to the help desk.
pub const HELP_DESK_ACCOUNT: &str = "501000003";
/// A WhatsApp number; HubSpot's API cannot send on it.
pub const WHATSAPP_ACCOUNT: &str = "501000004";

/// The address of the one customer a fresh portal knows: Nora Weiss, with the records below.
pub const KNOWN_CUSTOMER: &str = "nora@northwind.example";
/// Her contact.
pub const KNOWN_CONTACT: u64 = 10_145_800_501;
/// Her company, Northwind Outdoor.
pub const KNOWN_COMPANY: u64 = 8_120_454_400;
/// Her company's deals: one under way, one won.
pub const KNOWN_DEALS: [u64; 2] = [9_311_198_201, 9_311_198_177];
/// A ticket of hers, closed long ago.
pub const KNOWN_TICKET: u64 = 9_598_270_004;

/// A user of the account. User id and owner id differ, as they do in HubSpot.
#[derive(Clone, Debug)]
pub struct Agent {
    /// The number in `A-<userId>`.
    pub user_id: i64,
    /// What `hubspot_owner_id` takes.
    pub owner_id: i64,
    /// First name.
    pub first: String,
    /// Last name.
    pub last: String,
    /// The address at work.
    pub email: String,
    /// Deactivated: the owner is archived then.
    pub active: bool,
}

impl Agent {
    fn new(user_id: i64, owner_id: i64, first: &str, last: &str, email: &str) -> Self {
        Self {
            user_id,
            owner_id,
            first: first.to_owned(),
            last: last.to_owned(),
            email: email.to_owned(),
            active: true,
        }
    }

    /// `A-<userId>`.
    #[must_use]
    pub fn actor(&self) -> ActorId {
        ActorId(format!("A-{}", self.user_id))
    }

    /// Both names.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{} {}", self.first, self.last)
    }
}

/// A mailbox, widget or number connected to an inbox.
#[derive(Clone, Debug)]
pub struct ChannelAccount {
    /// `channelAccountId`.
    pub id: &'static str,
    /// `channelId`, `1000` for chat.
    pub channel_id: &'static str,
    /// The inbox it feeds.
    pub inbox_id: &'static str,
    /// Shown to reps.
    pub name: &'static str,
    /// `deliveryIdentifier` as type and value.
    pub identifier: (&'static str, &'static str),
    /// Switched on.
    pub active: bool,
    /// Still connected: a mailbox whose password changed is not.
    pub authorized: bool,
}

/// A fresh portal.
#[derive(Clone, Debug)]
pub struct Seed {
    /// Seeds every draw: ids, short pages, delivery faults.
    pub rng: u64,
    /// The account.
    pub portal_id: PortalId,
    /// The app whose token and webhooks these are.
    pub app_id: AppId,
    /// The app's access token; obviously no real one.
    pub token: String,
    /// The app's client secret, which signs the webhooks.
    pub client_secret: String,
    /// What the token may do.
    pub scopes: BTreeSet<String>,
    /// The user the AI answers as.
    pub ai: Agent,
    /// The human reps.
    pub reps: Vec<Agent>,
    /// Mailboxes, widgets and numbers.
    pub accounts: Vec<ChannelAccount>,
    /// The help desk makes a ticket for each new thread.
    pub auto_ticket: bool,
}

impl Default for Seed {
    fn default() -> Self {
        Self::new(1)
    }
}

impl Seed {
    /// The sandbox's portal, its draws seeded with `rng`.
    #[must_use]
    pub fn new(rng: u64) -> Self {
        Self {
            rng,
            portal_id: PortalId(12_345_678),
            app_id: AppId(4_242_424),
            token: "pat-na1-00000000-5a4d-b0c5-0000-000000000000".to_owned(),
            client_secret: "00000000-5a4d-b0c5-5ec2-000000000000".to_owned(),
            scopes: scopes(),
            ai: Agent::new(70_000_001, 81_000_001, "Acme", "Assistant", "assistant@acme.example"),
            reps: vec![
                Agent::new(70_000_002, 81_000_002, "Rita", "Moreno", "rita@acme.example"),
                Agent::new(70_000_003, 81_000_003, "Omar", "Haddad", "omar@acme.example"),
            ],
            accounts: accounts(),
            auto_ticket: true,
        }
    }

    /// Every user: the AI's, then the reps.
    pub fn agents(&self) -> impl Iterator<Item = &Agent> {
        std::iter::once(&self.ai).chain(&self.reps)
    }

    /// The user behind an actor id.
    #[must_use]
    pub fn agent(&self, actor: &str) -> Option<&Agent> {
        let id: i64 = actor.strip_prefix("A-")?.parse().ok()?;
        self.agents().find(|agent| agent.user_id == id)
    }

    /// A channel account by id.
    #[must_use]
    pub fn account(&self, id: &str) -> Option<&ChannelAccount> {
        self.accounts.iter().find(|account| account.id == id)
    }
}

fn scopes() -> BTreeSet<String> {
    SCOPES.map(|scope| scope.name.to_owned()).into()
}

fn accounts() -> Vec<ChannelAccount> {
    let account = |id, channel_id, inbox_id, name, identifier| ChannelAccount {
        id,
        channel_id,
        inbox_id,
        name,
        identifier,
        active: true,
        authorized: true,
    };
    vec![
        account(CHAT_ACCOUNT, "1000", INBOX, "Website chat", ("CHANNEL_SPECIFIC_OPAQUE_ID", "chat-widget-acme")),
        account(EMAIL_ACCOUNT, "1002", INBOX, "hello@acme.example", ("HS_EMAIL_ADDRESS", "hello@acme.example")),
        account(
            HELP_DESK_ACCOUNT,
            "1002",
            HELP_DESK,
            "support@acme.example",
            ("HS_EMAIL_ADDRESS", "support@acme.example"),
        ),
        account(WHATSAPP_ACCOUNT, "1007", INBOX, "WhatsApp", ("HS_PHONE_NUMBER", "+4930000000")),
    ]
}
