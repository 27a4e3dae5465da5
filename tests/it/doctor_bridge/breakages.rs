//! One thing broken, and exactly its lines differ from those of a connection that is well.

use std::time::Duration;

use hubspot_bridge::config::store::Location;
use hubspot_bridge::doctor::{Line, Status};

use super::deliveries::{ADDRESS, SIGNATURES};
use super::ward::{DAY, Deed, HOUR, MINUTE, Ward, at};
use Status::{Failed, Warning};

/// In words; what is broken; the lines that differ, each with words of what was seen.
pub type Row = (&'static str, fn(&mut Ward), &'static [(&'static str, Status, &'static str)]);

const SUBSCRIPTIONS: &[Row] = &[
    (
        "no messages ever",
        |ward| {
            ward.seen().types.remove("conversation.newMessage");
        },
        &[("subscription conversation.newMessage", Failed, "never heard of")],
    ),
    (
        "messages by their other name",
        |ward| {
            ward.seen().types.remove("conversation.newMessage");
            ward.seen().types.insert("conversation.messageCreated".into(), at(-HOUR));
        },
        &[],
    ),
    (
        "no assignments ever",
        |ward| {
            ward.seen().types.remove("conversation.propertyChange assignedTo");
        },
        &[("subscription conversation.propertyChange assignedTo", Warning, "never heard of")],
    ),
    (
        "no tickets ever",
        |ward| {
            ward.seen().types.remove("ticket.propertyChange");
        },
        &[("subscription ticket.propertyChange", Warning, "never heard of")],
    ),
    (
        "no deletions ever",
        |ward| {
            ward.seen().types.remove("conversation.deletion");
        },
        &[],
    ),
    (
        "no messages any more",
        |ward| {
            ward.seen().types.insert("conversation.newMessage".into(), at(-8 * DAY));
        },
        &[("subscription conversation.newMessage", Failed, "though others came")],
    ),
    (
        "no status any more",
        |ward| {
            ward.seen().types.insert("conversation.propertyChange status".into(), at(-8 * DAY));
        },
        &[("subscription conversation.propertyChange status", Warning, "though others came")],
    ),
    ("a quiet fortnight", |ward| ward.seen().types.values_mut().for_each(|last| *last = at(-14 * DAY)), &[]),
    (
        "nothing at all any more, and the sweep finds messages",
        |ward| {
            ward.seen().types.values_mut().for_each(|last| *last = at(-2 * DAY));
            ward.deeds.push(Deed::Found(1));
        },
        &[("subscription conversation.newMessage", Failed, "no webhook came since")],
    ),
    (
        "nothing ever, and the sweep finds messages",
        |ward| {
            unheard(ward);
            ward.seen().types.clear();
            ward.deeds.push(Deed::Found(1));
        },
        &[
            ("subscription conversation.newMessage", Failed, "no webhook came ever"),
            ("subscription conversation.propertyChange assignedTo", Warning, "never heard of"),
            ("subscription conversation.propertyChange status", Warning, "never heard of"),
            ("subscription ticket.propertyChange", Warning, "never heard of"),
        ],
    ),
    (
        "a fresh install",
        |ward| {
            unheard(ward);
            ward.seen().types.clear();
        },
        &[
            ("subscription conversation.newMessage", Warning, "nothing was heard of HubSpot yet"),
            ("subscription conversation.propertyChange assignedTo", Warning, "never heard of"),
            ("subscription conversation.propertyChange status", Warning, "never heard of"),
            ("subscription ticket.propertyChange", Warning, "never heard of"),
        ],
    ),
    (
        "notes are mirrored and none came",
        |ward| {
            ward.acme().mirror_notes = true;
            ward.seen().types.remove("object.creation 0-46");
        },
        &[("subscription object.creation 0-46", Warning, "never heard of")],
    ),
];

const WORK: &[Row] = &[
    ("a full disk", |ward| ward.deeds.push(Deed::DiskLow), &[("store", Failed, "MiB are left")]),
    ("a store in memory", |ward| ward.config.store.location = Location::Memory, &[("store", Warning, "in memory")]),
    (
        "no store",
        |ward| ward.deeds.push(Deed::Closed),
        &[
            ("store", Warning, "not looked at"),
            ("queue", Warning, "not looked at"),
            ("dead events", Warning, "not looked at"),
            ("hold", Warning, "not looked at"),
            ("sweep", Warning, "not looked at"),
        ],
    ),
    ("work a little late", |ward| ward.deeds.push(Deed::Waits(30_000)), &[]),
    ("work late", |ward| ward.deeds.push(Deed::Waits(2 * MINUTE)), &[("queue", Warning, "due for 2 min")]),
    ("work far too late", |ward| ward.deeds.push(Deed::Waits(20 * MINUTE)), &[("queue", Failed, "due for 20 min")]),
    ("a dead event", |ward| ward.deeds.push(Deed::Died), &[("dead events", Warning, "1 payload_unreadable")]),
    (
        "a held connection with a customer waiting",
        |ward| ward.deeds.extend([Deed::Waits(20 * MINUTE), Deed::Held]),
        &[("hold", Failed, "HubSpot refuses the token")],
    ),
    ("a held connection", |ward| ward.deeds.push(Deed::Held), &[("hold", Failed, "HubSpot refuses the token")]),
    ("a webhook lost now and then", |ward| ward.deeds.push(Deed::Found(4)), &[]),
    ("webhooks lost", |ward| ward.deeds.push(Deed::Found(5)), &[("sweep", Warning, "found 5 messages")]),
    ("a sweep that gets nowhere", |ward| ward.deeds.push(Deed::SweptTo(-HOUR)), &[("sweep", Warning, "nothing since")]),
    ("no sweep", |ward| ward.config.delivery.sweep_interval = Duration::ZERO, &[("sweep", Warning, "turned off")]),
];

/// No right delivery was ever seen.
pub fn unheard(ward: &mut Ward) {
    ward.seen().delivery = None;
}

#[tokio::test(start_paused = true)]
async fn what_is_broken_is_what_the_doctor_names() {
    let well = Ward::healthy().examine().await;
    let ill: Vec<&Line> = well.iter().filter(|line| line.status != Status::Ok).collect();
    assert!(ill.is_empty(), "a connection that is well: {ill:#?}");
    for (what, breaks, expected) in [ADDRESS, SIGNATURES, SUBSCRIPTIONS, WORK].concat() {
        let mut ward = Ward::healthy();
        breaks(&mut ward);
        let lines = ward.examine().await;
        let ill: Vec<&Line> = lines.iter().filter(|line| line.status != Status::Ok).collect();
        let seen: Vec<_> = ill.iter().map(|line| (line.check.as_str(), line.status)).collect();
        let wanted: Vec<_> = expected.iter().map(|(check, status, _)| (*check, *status)).collect();
        assert_eq!(seen, wanted, "{what}: {ill:#?}");
        for (line, (_, _, words)) in ill.iter().zip(expected) {
            assert!(line.seen.contains(words), "{what}: {line:#?}");
            assert!(line.fix.as_ref().is_some_and(|fix| fix.len() > 10), "{what}: no fix: {line:#?}");
            assert!(!line.seen.contains("canary"), "{what}: {line:#?}");
        }
    }
}
