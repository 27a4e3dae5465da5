//! One thing broken, and exactly its lines differ from those of a connection that is well.

use std::time::Duration;

use hubspot_bridge::config::store::Location;
use hubspot_bridge::doctor::{Line, Status};
use hubspot_bridge::hubspot::transport::TransportError;

use super::ward::{DAY, Deed, HOUR, MINUTE, Ward, at, call};
use Status::{Failed, Warning};

/// In words; what is broken; the lines that differ, each with words of what was seen.
type Row = (&'static str, fn(&mut Ward), &'static [(&'static str, Status, &'static str)]);

const ADDRESS: &[Row] = &[
    (
        "no public address",
        |ward| ward.config.server.public_url.clear(),
        &[("webhook url", Failed, "not set"), ("webhook reachable", Warning, "not set")],
    ),
    (
        "the path of the webhook in the public address",
        |ward| {
            unproved(ward);
            ward.config.server.public_url.push_str("/webhooks/hubspot");
        },
        &[("webhook url", Failed, "twice")],
    ),
    (
        "a prefix that only resembles the path of the webhook",
        |ward| {
            unproved(ward);
            ward.config.server.public_url.push_str("/webhooks-bridge");
        },
        &[],
    ),
    (
        "an address of this machine alone",
        |ward| "http://127.0.0.1:8080".clone_into(&mut ward.config.server.public_url),
        &[("webhook url", Failed, "cannot call")],
    ),
    (
        "a slash too many in HubSpot",
        |ward| {
            ward.seen().delivery = None;
            let mut call = call(-MINUTE);
            call.path.push('/');
            ward.seen().astray = Some(call);
        },
        &[("webhook url", Failed, "ends with a slash")],
    ),
    (
        "a prefix that no proxy takes off",
        |ward| {
            let mut call = call(-MINUTE);
            call.path.insert_str(0, "/bridge");
            ward.seen().astray = Some(call);
        },
        &[("webhook url", Warning, "begins with \"/bridge\"")],
    ),
    ("a stray call before the last right one", |ward| ward.seen().astray = Some(call(-2 * HOUR)), &[]),
    (
        "another host",
        |ward| unproved(ward).host = Some("10.0.0.7:8080".into()),
        &[("webhook url", Warning, "`Host` says")],
    ),
    (
        "another host to the proxy",
        |ward| unproved(ward).forwarded.host = Some("old.example.com".into()),
        &[("webhook url", Warning, "`X-Forwarded-Host` says")],
    ),
    (
        "a proxy that rewrites the host and says so",
        |ward| {
            let call = unproved(ward);
            call.host = Some("10.0.0.7:8080".into());
            call.forwarded.host = Some("bridge.example.com:443".into());
        },
        &[],
    ),
    (
        "another scheme",
        |ward| unproved(ward).forwarded.proto = Some("http".into()),
        &[("webhook url", Warning, "`X-Forwarded-Proto` says")],
    ),
    (
        "a prefix taken off that the address does not have",
        |ward| unproved(ward).forwarded.prefix = Some("/bridge".into()),
        &[("webhook url", Warning, "taken off")],
    ),
    (
        "another host, but signed for this one",
        |ward| ward.seen().delivery.as_mut().unwrap().host = Some("10.0.0.7:8080".into()),
        &[],
    ),
    (
        "nobody to be reached",
        |ward| {
            unheard(ward);
            ward.net.livez = Err(TransportError::Connect("connection refused".into()));
        },
        &[("webhook reachable", Warning, "cannot be called from here")],
    ),
    (
        "no answer",
        |ward| {
            unheard(ward);
            ward.net.livez = Err(TransportError::Timeout(Duration::from_secs(3)));
        },
        &[("webhook reachable", Warning, "no answer")],
    ),
    (
        "a redirect",
        |ward| {
            unheard(ward);
            ward.net.livez = Ok((301, ""));
            ward.net.location = "https://www.example.com/livez?key=canary";
        },
        &[("webhook reachable", Failed, "redirects to https://www.example.com/livez")],
    ),
    (
        "a door that is closed",
        |ward| {
            unheard(ward);
            ward.net.livez = Ok((403, ""));
        },
        &[("webhook reachable", Warning, "403")],
    ),
    (
        "a stranger",
        |ward| {
            unheard(ward);
            ward.net.livez = Ok((200, "<html>"));
        },
        &[("webhook reachable", Failed, "something else")],
    ),
    (
        "a stranger, though deliveries came two days ago",
        |ward| {
            ward.seen().delivery = Some(call(-2 * DAY));
            ward.net.livez = Ok((200, "<html>"));
        },
        &[("webhook reachable", Warning, "something else")],
    ),
    ("a door that is closed to this machine, and deliveries that come", |ward| ward.net.livez = Ok((403, "")), &[]),
    (
        "a certificate that ran out an hour after the last delivery",
        |ward| {
            ward.seen().delivery = Some(call(-20 * HOUR));
            ward.net.livez = Err(TransportError::Connect("certificate has expired".into()));
        },
        &[("webhook reachable", Warning, "HubSpot last reached it at")],
    ),
    (
        "no bridge, though a delivery came before it was stopped",
        |ward| {
            ward.seen().delivery = Some(call(-MINUTE));
            ward.serves = false;
        },
        &[("webhook reachable", Warning, "not known: no bridge answers")],
    ),
];

const SIGNATURES: &[Row] = &[
    (
        "another secret",
        |ward| {
            unheard(ward);
            ward.refused("mismatch", -MINUTE, false, None);
        },
        &[("signatures", Failed, "the client secret is another")],
    ),
    (
        "another address",
        |ward| {
            unheard(ward);
            ward.refused("mismatch", -MINUTE, true, None).call.forwarded.proto = Some("http".into());
        },
        &[("signatures", Failed, "another address than `server.public_url`")],
    ),
    (
        "a clock that is ahead",
        |ward| {
            unheard(ward);
            ward.net.date = Some("Sat, 21 Nov 2026 08:53:20 GMT");
            ward.refused("timestamp_out_of_window", -MINUTE, true, Some(-400_000));
        },
        &[("signatures", Failed, "400 s ahead"), ("clock", Failed, "400 s ahead")],
    ),
    (
        "an old timestamp and a clock that is right",
        |ward| {
            unheard(ward);
            ward.refused("timestamp_out_of_window", -MINUTE, true, Some(-400_000));
        },
        &[("signatures", Warning, "replayed, or a stranger")],
    ),
    (
        "a stranger's signature among right ones",
        |ward| {
            ward.refused("mismatch", -MINUTE, true, None);
        },
        &[("signatures", Warning, "the last right one came")],
    ),
    (
        "a workflow's action that is refused",
        |ward| {
            unheard(ward);
            "/actions/hubspot/acme/pause-ai".clone_into(&mut ward.refused("mismatch", -MINUTE, true, None).call.path);
        },
        &[("signatures", Warning, "workflow actions were refused")],
    ),
    (
        "no address to check against",
        |ward| {
            unheard(ward);
            ward.refused("public_url_missing", -MINUTE, true, None);
        },
        &[("signatures", Failed, "`server.public_url`")],
    ),
    (
        "version 3 demanded and not sent",
        |ward| {
            unheard(ward);
            ward.refused("v3_required", -MINUTE, false, None);
        },
        &[("signatures", Failed, "version 3 is demanded")],
    ),
    (
        "a stranger",
        |ward| {
            ward.refused("signature_missing", -MINUTE, false, None);
        },
        &[("signatures", Warning, "somebody else")],
    ),
    (
        "another secret, until it was mended",
        |ward| {
            ward.refused("mismatch", -2 * HOUR, false, None);
        },
        &[("signatures", Warning, "since then one was right")],
    ),
    (
        "another secret, long ago",
        |ward| {
            ward.refused("mismatch", -DAY, false, None);
        },
        &[],
    ),
    (
        "a clock a minute and a half behind",
        |ward| ward.net.date = Some("Sat, 21 Nov 2026 09:01:30 GMT"),
        &[("clock", Warning, "90 s behind")],
    ),
    (
        "a clock six minutes ahead",
        |ward| ward.net.date = Some("Sat, 21 Nov 2026 08:54:00 GMT"),
        &[("clock", Failed, "360 s ahead")],
    ),
    ("no date", |ward| ward.net.date = None, &[("clock", Warning, "not known")]),
];

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
    ("work late", |ward| ward.deeds.push(Deed::Waits(2 * MINUTE)), &[("queue", Warning, "due for 120 s")]),
    ("work far too late", |ward| ward.deeds.push(Deed::Waits(20 * MINUTE)), &[("queue", Failed, "due for 1200 s")]),
    ("a dead event", |ward| ward.deeds.push(Deed::Died), &[("dead events", Warning, "1 payload_unreadable")]),
    ("a held connection", |ward| ward.deeds.push(Deed::Held), &[("hold", Failed, "HubSpot refuses the token")]),
    ("a webhook lost now and then", |ward| ward.deeds.push(Deed::Found(4)), &[]),
    ("webhooks lost", |ward| ward.deeds.push(Deed::Found(5)), &[("sweep", Warning, "found 5 messages")]),
    ("a sweep that gets nowhere", |ward| ward.deeds.push(Deed::SweptTo(-HOUR)), &[("sweep", Warning, "nothing since")]),
    ("no sweep", |ward| ward.config.delivery.sweep_interval = Duration::ZERO, &[("sweep", Warning, "turned off")]),
];

/// No right delivery was ever seen.
fn unheard(ward: &mut Ward) {
    ward.seen().delivery = None;
}

fn unproved(ward: &mut Ward) -> &mut hubspot_bridge::intake::observed::Call {
    let call = ward.seen().delivery.as_mut().unwrap();
    call.v3 = false;
    call
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
