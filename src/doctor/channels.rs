//! Where the AI may answer: the enabled inboxes are there, and each has a channel account that can send.

use super::asking::Asking;
use super::{Line, Patient};
use crate::config::Connection;
use crate::domain::Channel;
use crate::filters::place;
use crate::hubspot::{ChannelAccount, Inbox};

const INBOXES: &str = "inboxes";
const MUTE: &str = "channels without replies";

/// Lines.
pub async fn lines(patient: &Patient<'_>, asking: &Asking) -> Vec<Line> {
    let settings = &patient.cx.settings;
    let inboxes = match asking.ask(asking.hubspot.inboxes()).await {
        Ok(inboxes) => inboxes,
        Err(unseen) => {
            let named = settings.inboxes.iter().map(|id| unseen.line(check(id)));
            return std::iter::once(unseen.line(INBOXES)).chain(named).chain([unseen.line(MUTE)]).collect();
        }
    };
    let enabled: Vec<&Inbox> =
        inboxes.iter().filter(|inbox| settings.inboxes.is_empty() || settings.inboxes.contains(&inbox.id)).collect();
    let mut lines = vec![there(settings, &inboxes)];
    match asking.ask(asking.hubspot.channel_accounts()).await {
        Ok(accounts) => {
            let within = |inbox: &Inbox| {
                let of = accounts.iter().filter(|account| account.inbox_id.as_deref() == Some(inbox.id.as_str()));
                of.filter(|account| settings.channels.is_empty() || settings.channels.contains(&channel(account)))
                    .collect::<Vec<_>>()
            };
            let bare =
                |inbox: &Inbox| !accounts.iter().any(|account| account.inbox_id.as_deref() == Some(inbox.id.as_str()));
            lines.extend(enabled.iter().map(|inbox| of_inbox(settings, inbox, &within(inbox), bare(inbox))));
            let all: Vec<&ChannelAccount> = enabled.iter().flat_map(|inbox| within(inbox)).collect();
            lines.push(mute(&all));
        }
        Err(unseen) => {
            lines.extend(enabled.iter().map(|inbox| unseen.line(check(&inbox.id))));
            lines.push(unseen.line(MUTE));
        }
    }
    lines
}

fn check(inbox: &str) -> String {
    format!("channels of inbox {inbox}")
}

fn channel(account: &ChannelAccount) -> Channel {
    Channel::from_id(&account.channel_id)
}

fn there(settings: &Connection, inboxes: &[Inbox]) -> Line {
    let listed = inboxes.iter().map(named).collect::<Vec<_>>().join(", ");
    if settings.inboxes.is_empty() {
        return if inboxes.is_empty() {
            Line::failed(INBOXES, "the portal has no inbox", "make one in HubSpot: Settings, Inbox & Help Desk")
        } else {
            Line::ok(INBOXES, format!("all are enabled: {listed}"))
        };
    }
    let missing: Vec<&str> = settings
        .inboxes
        .iter()
        .filter(|id| !inboxes.iter().any(|inbox| inbox.id == **id))
        .map(String::as_str)
        .collect();
    if missing.is_empty() {
        return Line::ok(INBOXES, format!("those enabled are there: {}", settings.inboxes.join(", ")));
    }
    Line::failed(
        INBOXES,
        format!("HubSpot has no inbox {}; it has {listed}", missing.join(", ")),
        "correct `inboxes`: it takes their ids",
    )
}

/// Names are free text: one that might be an address is left out.
fn named(inbox: &Inbox) -> String {
    if inbox.name.is_empty() || inbox.name.contains('@') {
        inbox.id.clone()
    } else {
        format!("{} ({})", inbox.id, inbox.name)
    }
}

/// `bare`: it has no channel account at all.
fn of_inbox(settings: &Connection, inbox: &Inbox, accounts: &[&ChannelAccount], bare: bool) -> Line {
    let check = check(&inbox.id);
    let (sending, rest): (Vec<&ChannelAccount>, Vec<&ChannelAccount>) =
        accounts.iter().partition(|account| account.active && account.authorized && answers(channel(account)));
    let lost: Vec<&ChannelAccount> =
        rest.iter().copied().filter(|account| account.active && !account.authorized).collect();
    let fix = "connect it again in HubSpot: Settings, Inbox & Help Desk, Channels";
    if sending.is_empty() {
        let seen = match (accounts.is_empty(), lost.is_empty()) {
            (true, _) if bare => "it has no channel account, so nothing comes in there".to_owned(),
            (true, _) => "it has no channel that `channels` enables, so the AI answers nothing there".to_owned(),
            (false, false) => format!("none of its channel accounts can send: {} is no longer connected", all(&lost)),
            (false, true) => {
                format!("none of its channel accounts can send: {} is switched off, or not for replies", all(&rest))
            }
        };
        let fix = match (accounts.is_empty(), settings.channels.is_empty()) {
            (true, _) if bare => "connect a channel to it in HubSpot: Settings, Inbox & Help Desk, Channels",
            (true, false) => "correct `channels` or `inboxes`",
            (false, _) if lost.is_empty() => {
                "switch it on, or connect another that takes replies, in HubSpot: Settings, Inbox & Help Desk, Channels"
            }
            _ => fix,
        };
        // Only who names an inbox says that the AI is to answer there.
        let line = if settings.inboxes.is_empty() { Line::warning } else { Line::failed };
        return line(check, seen, fix.to_owned());
    }
    if !lost.is_empty() {
        return Line::warning(check, format!("{} is no longer connected; the others can send", all(&lost)), fix);
    }
    Line::ok(check, format!("can send: {}", all(&sending)))
}

/// Forms only ever come in: nobody sends by one.
fn answers(channel: Channel) -> bool {
    channel != Channel::Form && place::can_send(channel)
}

fn mute(accounts: &[&ChannelAccount]) -> Line {
    let mute: Vec<&ChannelAccount> =
        accounts.iter().copied().filter(|account| account.active && !place::can_send(channel(account))).collect();
    if mute.is_empty() {
        return Line::ok(MUTE, "none is enabled");
    }
    Line::warning(
        MUTE,
        format!("HubSpot's API cannot send on {}; conversations there go to a human unanswered", all(&mute)),
        "leave the channel out of `channels` if nobody should be told of them",
    )
}

/// `chat 501000001, email 501000002`: ids, for an account's own name may be its address.
fn all(accounts: &[&ChannelAccount]) -> String {
    let named = accounts.iter().map(|account| format!("{} {}", channel(account).as_str(), account.id));
    named.collect::<Vec<_>>().join(", ")
}
