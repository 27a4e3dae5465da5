//! What may be broken on the way of HubSpot's deliveries: the address, and what they are signed with.

use std::time::Duration;

use hubspot_bridge::doctor::Status::{Failed, Warning};
use hubspot_bridge::hubspot::transport::TransportError;

use super::breakages::{Row, unheard};
use super::ward::{DAY, HOUR, MINUTE, Ward, call};

pub const ADDRESS: &[Row] = &[
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

pub const SIGNATURES: &[Row] = &[
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
        &[("signatures", Failed, "6 min ahead"), ("clock", Failed, "6 min ahead")],
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
        &[("clock", Warning, "1 min behind")],
    ),
    (
        "a clock six minutes ahead",
        |ward| ward.net.date = Some("Sat, 21 Nov 2026 08:54:00 GMT"),
        &[("clock", Failed, "6 min ahead")],
    ),
    ("no date", |ward| ward.net.date = None, &[("clock", Warning, "not known")]),
];

fn unproved(ward: &mut Ward) -> &mut hubspot_bridge::intake::observed::Call {
    let call = ward.seen().delivery.as_mut().unwrap();
    call.v3 = false;
    call
}
