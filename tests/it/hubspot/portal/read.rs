//! What the client reads from a portal, call by call.

use std::time::Duration;

use hubspot_bridge::domain::{ActorId, Channel, ContactId, Direction, MessageId, MessageKind, ThreadId, Truncation};
use hubspot_bridge::hubspot::Class;
use hubspot_bridge::sandbox::portal::Visibility;
use hubspot_bridge::sandbox::portal::seed::{EMAIL_ACCOUNT, HELP_DESK, INBOX};

use super::Desk;

#[tokio::test(start_paused = true)]
async fn a_chat_message_and_its_thread() {
    let desk = Desk::new();
    let said = desk.chat("Where is my order?");
    let message = desk.client.message(&said.thread, &said.message).await.unwrap();
    assert_eq!((&message.id, &message.thread_id), (&said.message, &said.thread));
    assert_eq!((message.kind.clone(), message.direction), (MessageKind::Message, Some(Direction::Incoming)));
    assert_eq!((message.text.as_str(), message.truncation), ("Where is my order?", Truncation::NotTruncated));
    assert_eq!(message.channel(), Some(Channel::Chat));
    assert_eq!(message.app_id, None, "written by a person");
    assert_eq!(message.senders[0].name.as_deref(), Some("Ada Lindgren"));
    assert_eq!(message.created_at, desk.portal.now());

    let thread = desk.client.thread(&said.thread).await.unwrap();
    assert_eq!(thread.inbox_id.as_deref(), Some(INBOX));
    assert_eq!(thread.latest_received_at, Some(message.created_at));
    assert_eq!((thread.assigned_to, thread.ticket_id, thread.closed), (None, None, false));
    let visitor = message.senders[0].actor.clone().unwrap();
    assert_eq!(thread.contact_id, Some(ContactId(visitor.0.trim_start_matches("V-").to_owned())));
}

#[tokio::test(start_paused = true)]
async fn what_happened_to_a_thread_shows_in_it() {
    let desk = Desk::new();
    let thread = desk.chat("hello").thread;
    desk.portal.assign(&thread, Some(&desk.rita()), &desk.rita()).unwrap();
    desk.portal.welcome(&thread, "Hi, how can we help?").unwrap();
    desk.portal.bot_says(&thread, "I am a bot").unwrap();
    desk.portal.rep_replies(&thread, &desk.rita(), "I am Rita").unwrap();
    desk.portal.rep_comments(&thread, &desk.rita(), "a note").unwrap();
    desk.portal.set_closed(&thread, true, &desk.rita()).unwrap();

    let recent = desk.client.recent_messages(&thread, None, 50).await.unwrap();
    assert!(recent.complete);
    let kinds: Vec<MessageKind> = recent.messages.iter().map(|message| message.kind.clone()).collect();
    let assignment = MessageKind::Assignment { to: Some(desk.rita()), from: None };
    let closing = MessageKind::ThreadStatusChange { new_status: "CLOSED".to_owned() };
    // All in one millisecond: their order is their id's, so what matters here is that each is there as it is.
    for kind in [assignment, closing, MessageKind::WelcomeMessage, MessageKind::Comment] {
        assert_eq!(kinds.iter().filter(|known| **known == kind).count(), 1, "{kind:?} in {kinds:?}");
    }
    let senders = |text: &str| {
        let message = recent.messages.iter().find(|message| message.text == text).unwrap();
        message.senders[0].actor.clone().unwrap()
    };
    assert_eq!(senders("I am a bot"), ActorId::from("B-901"));
    assert_eq!(senders("I am Rita"), desk.rita());
    let closed = desk.client.thread(&thread).await.unwrap();
    assert!(closed.closed && closed.closed_at.is_some());
    assert_eq!(closed.assigned_to, Some(desk.rita()));
    desk.portal.mark_spam(&thread).unwrap();
    assert!(desk.client.thread(&thread).await.unwrap().spam);
    desk.portal.set_archived(&thread, true).unwrap();
    let gone = desk.client.thread(&thread).await.unwrap_err();
    assert_eq!(gone.class, Class::NotFound, "a thread in the trash is not there for who does not ask for it");
}

#[tokio::test(start_paused = true)]
async fn a_mail_is_cut_to_its_newest_words_and_had_whole() {
    let desk = Desk::new();
    let said = desk.email("Still waiting.", Some("> On Monday you wrote: soon"));
    let message = desk.client.message(&said.thread, &said.message).await.unwrap();
    assert_eq!((message.text.as_str(), message.truncation), ("Still waiting.", Truncation::ToMostRecentReply));
    assert_eq!(message.senders[0].email().as_deref(), Some("ben@example.com"));
    assert_eq!(message.recipients[0].email().as_deref(), Some("hello@acme.example"));
    assert_eq!(message.channel_account_id.as_deref(), Some(EMAIL_ACCOUNT));
    assert_eq!(message.subject.as_deref(), Some("My order"));
    let whole = desk.client.original_content(&said.thread, &said.message).await.unwrap();
    assert!(whole.text.contains("Still waiting.") && whole.text.contains("On Monday you wrote"));
    // A message that is whole has an original too.
    let plain = desk.chat("short");
    assert_eq!(desk.client.original_content(&plain.thread, &plain.message).await.unwrap().text, "short");
}

/// HubSpot gives message ids as 32 hex characters and as dashed UUIDs, in one thread.
#[tokio::test(start_paused = true)]
async fn both_forms_of_message_ids_are_read_back() {
    let desk = Desk::new();
    let thread = desk.chat("0").thread;
    let said: Vec<_> =
        (1..20).map(|n| desk.portal.customer_chats(&super::ada(), Some(&thread), &n.to_string())).collect();
    let ids: Vec<MessageId> = said.into_iter().map(|posted| posted.unwrap().message).collect();
    let dashed = ids.iter().filter(|id| id.as_str().contains('-')).count();
    assert!(dashed > 0 && dashed < ids.len(), "the seed shows both");
    for id in &ids {
        assert_eq!(&desk.client.message(&thread, id).await.unwrap().id, id);
    }
}

#[tokio::test(start_paused = true)]
async fn a_message_is_not_there_before_hubspot_shows_it() {
    let desk = Desk::new();
    desk.portal.set_visibility(Visibility { message_ms: 900, listing_ms: 2_000, ..Visibility::default() });
    let said = desk.chat("hello");
    let early = desk.client.message(&said.thread, &said.message).await.unwrap_err();
    assert_eq!(early.class, Class::NotFound);
    tokio::time::advance(Duration::from_secs(1)).await;
    assert_eq!(desk.client.message(&said.thread, &said.message).await.unwrap().text, "hello");
    let listed = desk.client.recent_messages(&said.thread, None, 50).await.unwrap();
    assert!(listed.messages.is_empty(), "by id first, in the list later");
    tokio::time::advance(Duration::from_secs(1)).await;
    assert_eq!(desk.client.recent_messages(&said.thread, None, 50).await.unwrap().messages.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_help_desk_thread_names_its_ticket_and_its_properties_are_read() {
    let desk = Desk::new();
    let mail = hubspot_bridge::sandbox::portal::people::Email {
        from: "ben@example.com".to_owned(),
        name: None,
        subject: "Broken".to_owned(),
        text: "It broke".to_owned(),
        quoted: None,
        account: Some("501000003".to_owned()),
        thread: None,
    };
    let said = desk.portal.customer_emails(&mail).unwrap();
    let thread = desk.client.thread(&said.thread).await.unwrap();
    assert_eq!(thread.inbox_id.as_deref(), Some(HELP_DESK));
    let ticket = thread.ticket_id.unwrap();
    desk.portal.change_ticket(&ticket, "plan", "team", &desk.rita()).unwrap();
    let asked = ["subject", "plan", "order_number", "no_such_property"].map(str::to_owned);
    let values = desk.client.ticket(&ticket, &asked).await.unwrap();
    assert_eq!(values["subject"].as_deref(), Some("Broken"));
    assert_eq!(values["plan"].as_deref(), Some("team"));
    assert_eq!(values["order_number"], None, "known, without a value");
    assert!(!values.contains_key("no_such_property"));
    let missing = desk.client.ticket(&"1".into(), &asked).await.unwrap_err();
    assert_eq!(missing.class, Class::NotFound);
}

#[tokio::test(start_paused = true)]
async fn more_properties_than_one_address_holds() {
    let desk = Desk::new();
    let ticket = desk.portal.create_ticket("Many", &desk.rita()).unwrap();
    let names: Vec<String> = (0..300).map(|n| format!("a_property_with_a_rather_long_name_{n:03}")).collect();
    let token = desk.portal.seed().token;
    for name in &names {
        let property = serde_json::json!({
            "name": name, "label": name, "type": "string", "fieldType": "text", "groupName": "ticketinformation",
        });
        let request = http::Request::post("https://api.hubapi.com/crm/v3/properties/tickets")
            .header("authorization", format!("Bearer {token}"))
            .body(bytes::Bytes::from(property.to_string()))
            .unwrap();
        // Past the burst limit the portal refuses: a new property for each tenth of a second.
        tokio::time::advance(Duration::from_millis(100)).await;
        drop(desk.portal.handle(&request));
        desk.portal.change_ticket(&ticket, name, &format!("value of {name}"), &desk.rita()).unwrap();
    }
    let known = desk.client.ticket_property_names().await.unwrap();
    assert!(names.iter().all(|name| known.contains(name)));
    let before = desk.calls().len();
    let values = desk.client.ticket(&ticket, &names).await.unwrap();
    for name in &names {
        assert_eq!(values[name].as_deref(), Some(format!("value of {name}").as_str()));
    }
    assert_eq!(desk.calls().len() - before, 3, "12,000 bytes of names, 4,000 a call");
}

#[tokio::test(start_paused = true)]
async fn who_is_who() {
    let desk = Desk::new();
    let seed = desk.portal.seed();
    let said = desk.chat("hello");
    let visitor = desk.client.message(&said.thread, &said.message).await.unwrap().senders[0].actor.clone().unwrap();

    let one = desk.client.actor(&visitor).await.unwrap();
    assert_eq!((one.name.as_deref(), one.email.as_deref()), (Some("Ada Lindgren"), Some("ada@example.com")));
    let asked =
        [desk.rita(), visitor, ActorId::from("A-1"), ActorId::from("E-zoe@example.com"), ActorId::from("S-hubspot")];
    let several = desk.client.actors(&asked).await.unwrap();
    let ids: Vec<&ActorId> = several.iter().map(|actor| &actor.id).collect();
    assert_eq!(ids, [&asked[0], &asked[1], &asked[3], &asked[4]], "207: who is not known is left out");
    assert_eq!(several[0].email.as_deref(), Some("rita@acme.example"));
    assert_eq!(desk.client.actor(&ActorId::from("A-1")).await.unwrap_err().class, Class::NotFound);

    let owners = desk.client.owners().await.unwrap();
    let rita = owners.iter().find(|owner| owner.email.as_deref() == Some("rita@acme.example")).unwrap();
    assert_eq!((rita.id.as_str(), rita.user_id.as_deref()), ("81000002", Some("70000002")), "two ids, never the same");

    let accounts = desk.client.channel_accounts().await.unwrap();
    let mail = accounts.iter().find(|account| account.id == EMAIL_ACCOUNT).unwrap();
    assert_eq!((mail.channel_id.as_str(), mail.identifier.as_deref()), ("1002", Some("hello@acme.example")));
    assert!(mail.active && mail.authorized && mail.inbox_id.as_deref() == Some(INBOX));
    assert_eq!(accounts.len(), seed.accounts.len());
}

#[tokio::test(start_paused = true)]
async fn the_token_and_the_account() {
    let desk = Desk::new();
    let seed = desk.portal.seed();
    let info = desk.client.token_info().await.unwrap();
    assert_eq!((info.portal_id, info.app_id), (seed.portal_id, Some(seed.app_id)));
    assert!(info.scopes.contains(&"conversations.write".to_owned()));
    let account = desk.client.account().await.unwrap();
    assert_eq!((account.portal_id, account.time_zone.as_deref()), (seed.portal_id, Some("UTC")));
    assert_eq!(account.ui_domain.as_deref(), Some("app.hubspot.com"));
    assert_eq!(desk.client.clock_skew(), Some(0), "one clock");
    desk.clock.jump(-90_000);
    assert_eq!(desk.client.thread(&ThreadId::from("1")).await.unwrap_err().class, Class::NotFound);
    assert_eq!(desk.client.clock_skew(), Some(0));
}
