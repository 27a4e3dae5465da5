//! Checks 1 to 5: who wrote it, and where it is.

use std::collections::HashSet;

use hubspot_bridge::domain::{AppId, Channel, Direction, Message, MessageKind, Reason, Thread};
use hubspot_bridge::filters::message::{AI_RESPONSE_MARKER, HANDOFF_MARKER, Team, Us, Verdict, judge};
use hubspot_bridge::filters::place;

use super::build::{AI, OUR_APP, REP, chat, from, mail, mailed_from, thread};

fn us() -> Us {
    Us {
        ai_user: Some(AI.into()),
        apps: vec![AppId(OUR_APP)],
        posted: HashSet::from(["posted".into()]),
        intended: HashSet::from(["intended".into()]),
    }
}

fn team() -> Team {
    Team {
        domains: vec!["acme.example".into()],
        addresses: HashSet::from(["anna@private.example".into(), "support@mailbox.example".into()]),
    }
}

#[track_caller]
fn check(what: &str, message: &Message, expected: Verdict) {
    assert_eq!(judge(message, &us(), &team()), expected, "{what}");
}

#[test]
fn every_author_gets_its_verdict() {
    use Reason::{
        AiMarker, AutoReply, InternalComment, NotAMessage, OutgoingMessage, OwnMessage, SenderIsAgent, SenderIsBot,
        SenderIsInternal,
    };
    let base = chat("Where is my parcel?");
    let outgoing = Message { direction: Some(Direction::Outgoing), ..base.clone() };
    let by = |actor: &str| Message { senders: vec![from(actor)], ..base.clone() };
    let app = Some(AppId(OUR_APP));

    check("a visitor", &base, Verdict::Customer);
    check("a recorded id", &Message { id: "posted".into(), ..base.clone() }, Verdict::Skip(OwnMessage));
    check("an open intent", &Message { id: "intended".into(), ..base.clone() }, Verdict::Skip(OwnMessage));
    check(
        "our app as the AI user",
        &Message { app_id: app, senders: vec![from(AI)], ..outgoing.clone() },
        Verdict::Skip(OwnMessage),
    );
    // The same app may also carry a rep's words, or another tool's: the app alone is not enough.
    check("our app as a rep", &Message { app_id: app, ..by(REP) }, Verdict::Rep(SenderIsAgent));
    check(
        "the AI user, typed by a person in HubSpot",
        &Message { senders: vec![from(AI)], ..outgoing.clone() },
        Verdict::Rep(SenderIsAgent),
    );
    check(
        "a comment",
        &Message { kind: MessageKind::Comment, direction: None, senders: vec![from(REP)], ..base.clone() },
        Verdict::Skip(InternalComment),
    );
    for kind in [
        MessageKind::WelcomeMessage,
        MessageKind::Assignment { to: Some(AI.into()), from: None },
        MessageKind::ThreadStatusChange { new_status: "CLOSED".into() },
        MessageKind::Other("SOMETHING_NEW".into()),
    ] {
        check("a system item", &Message { kind, ..base.clone() }, Verdict::Skip(NotAMessage));
    }
    for actor in ["B-1", "L-1", "S-hubspot", "I-99"] {
        check(actor, &by(actor), Verdict::Skip(SenderIsBot));
    }
    check("a rep", &by(REP), Verdict::Rep(SenderIsAgent));
    check(
        "outgoing without an actor",
        &Message { senders: vec![], created_by: None, ..outgoing },
        Verdict::Skip(OutgoingMessage),
    );
    check("no actor, incoming", &Message { senders: vec![], created_by: None, ..base.clone() }, Verdict::Customer);
    check("an unknown prefix", &by("X-1"), Verdict::Customer);

    check("the handoff marker", &chat(&format!("{HANDOFF_MARKER}\nReason: x")), Verdict::Skip(AiMarker));
    check("the reply marker in the text", &chat(AI_RESPONSE_MARKER), Verdict::Skip(AiMarker));

    let internal = |address: &str| mail(address, "Re: your order");
    check("an own domain", &internal("bob@acme.example"), Verdict::Rep(SenderIsInternal));
    check("an own domain in capitals", &internal("Bob@ACME.example"), Verdict::Rep(SenderIsInternal));
    check("an owner's private address", &internal("anna@private.example"), Verdict::Rep(SenderIsInternal));
    check("a channel account", &internal("support@mailbox.example"), Verdict::Rep(SenderIsInternal));
    check("HubSpot's own mailbox", &internal("x@abc.hs-inbox.com"), Verdict::Rep(SenderIsInternal));
    check("a subdomain is not ours", &internal("c@mail.acme.example"), Verdict::Customer);
    check("a domain that ends alike", &internal("c@notacme.example"), Verdict::Customer);

    check("out of office", &mail("c@x.example", "Automatic reply: away"), Verdict::Skip(AutoReply));
    check("a bounce", &mail("MAILER-DAEMON@x.example", "hi"), Verdict::Skip(AutoReply));
    check("no-reply with a tag", &mail("no-reply+77@x.example", "Your parcel"), Verdict::Skip(AutoReply));
    check("a person called so", &mail("noreplyfan@x.example", "Question"), Verdict::Customer);
    check(
        "a question about automatic replies",
        &mail("c@x.example", "How do I set up an automatic reply?"),
        Verdict::Customer,
    );
}

#[test]
fn a_customer_who_quotes_our_reply_is_still_a_customer() {
    let quoting = Message {
        rich_text: Some(format!("<p>And the other one?</p><blockquote>Ships today.{AI_RESPONSE_MARKER}</blockquote>")),
        ..mail("c@x.example", "Re: parcel")
    };
    check("quoted marker in an incoming mail", &quoting, Verdict::Customer);
    let sent = Message { direction: Some(Direction::Outgoing), ..quoting };
    check("the same, outgoing", &sent, Verdict::Skip(Reason::AiMarker));
}

#[test]
fn an_agents_sender_is_believed_whatever_the_address() {
    let both = Message { senders: vec![from(REP), mailed_from("c@x.example")], ..chat("hi") };
    check("actor before address", &both, Verdict::Rep(Reason::SenderIsAgent));
    let bot = Message { senders: vec![from("V-1"), from("B-9")], ..chat("hi") };
    check("a bot among the senders", &bot, Verdict::Skip(Reason::SenderIsBot));
}

/// What, where, the enabled inboxes and channels, and the refusal.
type Row<'a> = (&'a str, Thread, &'a [String], &'a [Channel], Option<Reason>);

#[test]
fn places_that_are_not_enabled_are_refused() {
    let here = thread(None);
    let inbox = vec!["11".to_owned()];
    let other = vec!["12".to_owned()];
    let rows: [Row<'_>; 8] = [
        ("everything enabled", here.clone(), &[], &[], None),
        ("the inbox is enabled", here.clone(), &inbox, &[], None),
        ("another inbox is", here.clone(), &other, &[], Some(Reason::InboxNotEnabled)),
        ("inbox unknown", Thread { inbox_id: None, ..here.clone() }, &inbox, &[], Some(Reason::InboxNotEnabled)),
        ("the channel is enabled", here.clone(), &[], &[Channel::Chat], None),
        ("another channel is", here.clone(), &[], &[Channel::Email], Some(Reason::InboxNotEnabled)),
        ("archived", Thread { archived: true, ..here.clone() }, &[], &[], Some(Reason::ThreadArchived)),
        ("spam", Thread { spam: true, ..here }, &[], &[], Some(Reason::ThreadArchived)),
    ];
    for (what, thread, inboxes, channels, expected) in rows {
        assert_eq!(place::refuses(&thread, &chat("hi"), inboxes, channels), expected, "{what}");
    }
    assert!(!place::can_send(Channel::Whatsapp));
}
