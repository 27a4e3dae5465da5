//! Reading: requests as HubSpot documents them, answers as it really gives them.

use hubspot_bridge::config::{Plan, Secret};
use hubspot_bridge::domain::{
    ActorId, AppId, ContactId, Direction, MessageId, MessageKind, PortalId, ThreadId, TicketId, Timestamp,
};
use serde_json::{Value, json};

use super::fake::{Answer, NOON, answer, ok, with_token, world};

fn thread() -> ThreadId {
    ThreadId::from("77")
}

fn item(id: &str, at: &str) -> Value {
    json!({"id": id, "type": "MESSAGE", "createdAt": at, "text": "x", "direction": "INCOMING"})
}

fn page(items: &[Value], after: Option<&str>) -> Answer {
    match after {
        Some(after) => ok(&json!({"results": items, "paging": {"next": {"after": after}}})),
        None => ok(&json!({"results": items})),
    }
}

#[tokio::test]
async fn a_message_in_full() {
    let wire = json!({
        "id": "9b38dc6d5b5744a788931a9cf3a7b225", "conversationsThreadId": 6_065_362_089_u64, "type": "MESSAGE",
        "createdAt": "2026-11-21T11:59:58Z", "updatedAt": "2026-11-21T11:59:59.123Z", "createdBy": "V-4711",
        "client": {"clientType": "INTEGRATION", "integrationAppId": 2_438_486, "new": {}},
        "senders": [{"actorId": "V-4711", "name": "Ann", "senderField": "FROM",
                     "deliveryIdentifier": {"type": "HS_EMAIL_ADDRESS", "value": "Ann@Example.com"}}],
        "recipients": [{"recipientField": "TO", "deliveryIdentifiers": [
                           {"type": "HS_EMAIL_ADDRESS", "value": "help@acme.test"}, {"type": "X", "value": "y"}]},
                       {"recipientField": "CC"}],
        "text": "a &amp; b", "richText": "<p>a &amp; b</p>", "subject": "Hello", "direction": "INCOMING",
        "channelId": "1002", "channelAccountId": 4_021_198_932_u64,
        "truncationStatus": "TRUNCATED_TO_MOST_RECENT_REPLY", "status": {"statusType": "RECEIVED"},
        "attachments": [{"type": "FILE", "fileId": "1", "name": "bill.pdf", "url": "https://files.test/1"},
                        {"type": "QUICK_REPLIES", "quickReplies": []}],
        "archived": false, "someday": [1, 2]
    });
    let world = world(vec![ok(&wire)]);
    let message = world.client.message(&thread(), &MessageId::from("a/b")).await.unwrap();

    assert_eq!(world.fake.asked(), ["GET /conversations/v3/conversations/threads/77/messages/a%2Fb"]);
    assert_eq!(world.fake.header(0, "authorization").as_deref(), Some("Bearer pat-na1-test"));
    assert_eq!(message.thread_id, ThreadId::from("6065362089"));
    assert_eq!(message.kind, MessageKind::Message);
    assert_eq!(message.created_at, Timestamp::parse("2026-11-21T11:59:58.000Z").unwrap());
    assert_eq!(message.app_id, Some(AppId(2_438_486)));
    assert_eq!(message.client_type.as_deref(), Some("INTEGRATION"));
    assert_eq!(message.senders[0].email().as_deref(), Some("ann@example.com"));
    assert_eq!(message.recipients[0].email().as_deref(), Some("help@acme.test"));
    assert_eq!(message.recipients[1].field.as_deref(), Some("CC"));
    assert_eq!(message.text, "a &amp; b", "kept as it is");
    assert_eq!(message.direction, Some(Direction::Incoming));
    assert_eq!(message.channel_account_id.as_deref(), Some("4021198932"));
    assert_eq!(message.truncation, hubspot_bridge::domain::Truncation::ToMostRecentReply);
    assert_eq!(message.status.as_deref(), Some("RECEIVED"));
    assert_eq!(message.attachments[0].url.as_deref(), Some("https://files.test/1"));
    assert_eq!(message.attachments[1].kind, "QUICK_REPLIES");
}

#[tokio::test]
async fn every_variant_of_the_union() {
    let head =
        |kind: &str| json!({"id": 5, "type": kind, "createdAt": "2026-11-21T11:00:00.5Z", "createdBy": "S-hubspot"});
    let with = |kind: &str, extra: Value| {
        let mut item = head(kind);
        item.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        item
    };
    let other = |word: &str| MessageKind::Other(word.to_owned());
    let actor = |id: &str| Some(ActorId::from(id));
    let cases = [
        (with("COMMENT", json!({"text": "n", "direction": null})), MessageKind::Comment),
        (with("WELCOME_MESSAGE", json!({"text": "hi", "channelId": "1000"})), MessageKind::WelcomeMessage),
        (
            with("ASSIGNMENT", json!({"assignedTo": "A-1", "assignedFrom": ""})),
            MessageKind::Assignment { to: actor("A-1"), from: None },
        ),
        (with("ASSIGNMENT", json!({"assignedFrom": "12"})), MessageKind::Assignment { to: None, from: actor("A-12") }),
        (
            with("THREAD_STATUS_CHANGE", json!({"newStatus": "CLOSED"})),
            MessageKind::ThreadStatusChange { new_status: "CLOSED".into() },
        ),
        (with("THREAD_INBOX_CHANGE", json!({"fromInboxId": "1", "toInboxId": "2"})), other("THREAD_INBOX_CHANGE")),
        (with("HOLOGRAM", json!({"text": {"layers": 3}, "status": 7, "attachments": "none"})), other("HOLOGRAM")),
    ];
    for (wire, kind) in cases {
        let world = world(vec![ok(&wire)]);
        let message = world.client.message(&thread(), &MessageId::from("5")).await.unwrap();
        assert_eq!(message.kind, kind, "{wire}");
        assert_eq!(message.id, MessageId::from("5"), "a number is an id too");
        assert_eq!(message.thread_id, thread(), "the one asked for, where the item does not say");
    }
}

#[tokio::test]
async fn recent_messages_walk_across_short_and_empty_pages() {
    let world = world(vec![
        page(&[item("d", "2026-11-21T10:04:00Z"), item("c", "2026-11-21T10:03:00Z")], Some("p 2")),
        page(&[], Some("p3")),
        // Something new shifted the pages: `c` comes again.
        page(&[item("c", "2026-11-21T10:03:00Z"), item("b", "2026-11-21T10:02:00Z")], Some("p4")),
        page(&[item("a", "2026-11-21T10:01:00Z")], None),
    ]);
    let recent = world.client.recent_messages(&thread(), None, 1000).await.unwrap();
    let ids: Vec<&str> = recent.messages.iter().map(|message| message.id.as_str()).collect();
    assert_eq!(ids, ["a", "b", "c", "d"], "oldest first, each once");
    assert!(recent.complete);
    let base = "GET /conversations/v3/conversations/threads/77/messages?sort=-createdAt&limit=100";
    let asked = world.fake.asked();
    assert_eq!(asked[0], base);
    assert_eq!(asked[1], format!("{base}&after=p%202"));
    assert_eq!(asked.len(), 4);
}

/// Until, at most, calls, what comes, complete.
type Case = (Option<Timestamp>, usize, usize, &'static [&'static str], bool);

#[tokio::test]
async fn recent_messages_stop_where_they_should() {
    let full = || {
        vec![
            page(&[item("d", "2026-11-21T10:04:00Z"), item("c", "2026-11-21T10:03:00Z")], Some("2")),
            page(&[item("b", "2026-11-21T10:02:00Z"), item("a", "2026-11-21T10:01:00Z")], None),
        ]
    };
    let at = |time: &str| Timestamp::parse(time);
    let cases: [Case; 5] = [
        (at("2026-11-21T10:03:00Z"), 10, 1, &["c", "d"], true),
        (at("2026-11-21T10:02:30Z"), 10, 2, &["a", "b", "c", "d"], true),
        (None, 2, 1, &["c", "d"], false),
        (at("2026-11-21T10:00:00Z"), 3, 2, &["b", "c", "d"], false),
        (at("2026-11-21T10:02:00Z"), 3, 2, &["b", "c", "d"], true),
    ];
    for (until, max, calls, ids, complete) in cases {
        let world = world(full());
        let recent = world.client.recent_messages(&thread(), until, max).await.unwrap();
        let got: Vec<&str> = recent.messages.iter().map(|message| message.id.as_str()).collect();
        assert_eq!(
            (got.as_slice(), recent.complete, world.fake.asked().len()),
            (ids, complete, calls),
            "{until:?} {max}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_list_without_end_is_given_up() {
    let endless = || (0..300).map(|_| page(&[], Some("again"))).collect();
    let walked = world(endless());
    let recent = walked.client.recent_messages(&thread(), None, 50).await.unwrap();
    assert!(!recent.complete && recent.messages.is_empty());
    let listed = world(endless());
    assert!(listed.client.owners().await.unwrap_err().detail.contains("did not end"));
}

#[tokio::test]
async fn threads() {
    let world = world(vec![
        ok(&json!({
            "id": "77", "status": "CLOSED", "closedAt": "2026-11-20T00:00:00Z", "inboxId": 12, "originalChannelId": "1002",
            "assignedTo": "A-5", "associatedContactId": "901", "archived": true, "spam": true,
            "threadAssociations": {"associatedTicketId": 1234}, "latestMessageReceivedTimestamp": NOON
        })),
        ok(&json!({"id": 78, "status": "OPEN", "assignedTo": "", "associatedContactId": null})),
        ok(&json!({"results": [{"id": "1", "latestMessageTimestamp": "2026-11-21T10:00:00.250Z"},
                               {"id": "2", "latestMessageTimestamp": "2026-11-21T09:00:00Z"}],
                   "paging": {"next": {"after": "abc"}}})),
        ok(&json!({"results": []})),
    ]);
    let full = world.client.thread(&thread()).await.unwrap();
    assert!(full.closed && full.archived && full.spam);
    assert_eq!(full.ticket_id, Some(TicketId::from("1234")));
    assert_eq!(full.contact_id, Some(ContactId::from("901")));
    assert_eq!(full.assigned_to, Some(ActorId::from("A-5")));
    assert_eq!(full.inbox_id.as_deref(), Some("12"));
    assert_eq!(full.latest_received_at, Timestamp::parse(NOON));
    let bare = world.client.thread(&ThreadId::from("78")).await.unwrap();
    assert!(!bare.closed && bare.assigned_to.is_none() && bare.ticket_id.is_none() && bare.contact_id.is_none());

    let since = Timestamp::parse("2026-11-21T08:00:00Z").unwrap();
    let page = world.client.threads_since(since, None).await.unwrap();
    assert_eq!((page.threads.len(), page.next.as_deref()), (2, Some("abc")));
    assert_eq!(page.newest, Timestamp::parse("2026-11-21T10:00:00.25Z"));
    let last = world.client.threads_since(since, Some("abc")).await.unwrap();
    assert_eq!((last.threads.len(), last.next, last.newest), (0, None, None));
    let path = "GET /conversations/v3/conversations/threads?sort=latestMessageTimestamp\
                &latestMessageTimestampAfter=2026-11-21T08%3A00%3A00%2E000Z&association=TICKET&limit=100";
    assert_eq!(
        world.fake.asked(),
        [
            "GET /conversations/v3/conversations/threads/77?association=TICKET".to_owned(),
            "GET /conversations/v3/conversations/threads/78?association=TICKET".to_owned(),
            path.to_owned(),
            format!("{path}&after=abc"),
        ]
    );
}

#[tokio::test]
async fn people_and_accounts() {
    let world = world(vec![
        ok(&json!({"id": "E-ann@example.com", "type": "EMAIL", "email": "ann@example.com"})),
        answer(
            207,
            &[],
            r#"{"results":[{"id":"A-1","name":"Bo","email":"bo@acme.test"}],"numErrors":1,"errors":[{"status":"error"}]}"#,
        ),
        ok(&json!({"results": [{"id": 1, "channelId": 1002, "inboxId": "9", "active": true, "authorized": false,
                                "deliveryIdentifier": {"type": "HS_EMAIL_ADDRESS", "value": "help@acme.test"}}],
                   "paging": {"next": {"after": "2"}}})),
        ok(&json!({"results": [{"id": "2", "channelId": "1000"}]})),
        ok(&json!({"results": [{"id": "41629779", "userId": 47_306_113, "email": "bo@acme.test"}],
                   "paging": {"next": {"after": "41629779"}}})),
        ok(&json!({"results": [{"id": 2, "userId": null, "type": "QUEUE"}]})),
    ]);
    let ann = world.client.actor(&ActorId::from("E-ann@example.com")).await.unwrap();
    assert_eq!((ann.name, ann.email.as_deref()), (None, Some("ann@example.com")));
    let actors = world.client.actors(&[ActorId::from("A-1"), ActorId::from("V-404")]).await.unwrap();
    assert_eq!(actors.iter().map(|actor| actor.id.as_str()).collect::<Vec<_>>(), ["A-1"]);
    assert_eq!(world.fake.body(1), json!({"inputs": ["A-1", "V-404"]}));
    let accounts = world.client.channel_accounts().await.unwrap();
    assert_eq!(accounts.len(), 2);
    assert!(accounts[0].active && !accounts[0].authorized);
    assert_eq!(accounts[0].identifier.as_deref(), Some("help@acme.test"));
    let owners = world.client.owners().await.unwrap();
    assert_eq!(owners[0].user_id.as_deref(), Some("47306113"));
    assert_eq!((owners[1].id.as_str(), &owners[1].user_id), ("2", &None));
    assert_eq!(world.fake.asked()[0], "GET /conversations/v3/conversations/actors/E-ann%40example%2Ecom");
    assert_eq!(world.fake.asked()[5], "GET /crm/v3/owners?limit=100&after=41629779");
}

#[tokio::test]
async fn tickets() {
    let world = world(vec![
        ok(&json!({"id": "9", "properties": {"subject": "Help", "hs_pipeline": null, "n": 3}})),
        ok(
            &json!({"results": [{"name": "subject"}, {"name": "old", "archived": true}, {"name": "hs_x", "hidden": true}]}),
        ),
    ]);
    let names = ["subject".to_owned(), "hs_pipeline".to_owned(), "n".to_owned()];
    let values = world.client.ticket(&TicketId::from("9"), &names).await.unwrap();
    assert_eq!(values["subject"].as_deref(), Some("Help"));
    assert_eq!(values["hs_pipeline"], None);
    assert_eq!(values["n"].as_deref(), Some("3"));
    assert_eq!(world.client.ticket_property_names().await.unwrap(), ["subject"]);
    assert_eq!(
        world.fake.asked(),
        [
            "GET /crm/v3/objects/tickets/9?properties=subject%2Chs_pipeline%2Cn",
            "GET /crm/v3/properties/tickets?archived=false",
        ]
    );
}

#[tokio::test]
async fn a_ticket_with_more_properties_than_one_address_holds() {
    let names: Vec<String> = (0..400).map(|n| format!("a_rather_long_property_name_{n:03}")).collect();
    let body = |n: usize| ok(&json!({"properties": {format!("from_{n}"): "x"}}));
    let world = world((0..10).map(body).collect());
    let values = world.client.ticket(&TicketId::from("9"), &names).await.unwrap();
    let asked = world.fake.asked();
    assert!(asked.iter().all(|line| line.len() < 8_000), "well below what servers accept");
    assert_eq!(values.len(), asked.len(), "answers are joined");
    let all = asked.concat();
    assert!(names.iter().all(|name| all.contains(name)), "every name is asked for");
}

#[tokio::test]
async fn token_and_account() {
    let world = world(vec![
        ok(&json!({"userId": 1, "hubId": "4711", "appId": 2_438_486, "scopes": ["tickets"]})),
        ok(&json!({"portalId": 4711, "timeZone": "Europe/Berlin", "uiDomain": "app-eu1.hubspot.com"})),
    ]);
    let token = world.client.token_info().await.unwrap();
    assert_eq!((token.portal_id, token.app_id), (PortalId(4711), Some(AppId(2_438_486))));
    assert_eq!((token.user_id.as_deref(), token.scopes.as_slice()), (Some("1"), &["tickets".to_owned()][..]));
    let account = world.client.account().await.unwrap();
    assert_eq!(account.ui_domain.as_deref(), Some("app-eu1.hubspot.com"));
    assert_eq!(
        world.fake.asked(),
        ["POST /oauth/v2/private-apps/get/access-token-info", "GET /account-info/v3/details",]
    );
    assert_eq!(world.fake.body(0), json!({"tokenKey": "pat-na1-test"}));
    assert_eq!(world.fake.header(0, "authorization").as_deref(), Some("Bearer pat-na1-test"));
}

#[tokio::test]
async fn a_rotated_token_is_picked_up() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    std::fs::write(&file, "pat-old\n").unwrap();
    let world = with_token(Plan::Auto, Secret::File(file.clone()), vec![]);
    let _ = world.client.account().await;
    std::fs::write(&file, "pat-new\n").unwrap();
    let _ = world.client.account().await;
    assert_eq!(world.fake.header(0, "authorization").as_deref(), Some("Bearer pat-old"));
    assert_eq!(world.fake.header(1, "authorization").as_deref(), Some("Bearer pat-new"));
}

#[tokio::test]
async fn original_content() {
    let world = world(vec![ok(&json!({"text": "all of it", "richText": null}))]);
    let content = world.client.original_content(&thread(), &MessageId::from("m")).await.unwrap();
    assert_eq!((content.text.as_str(), content.rich_text), ("all of it", None));
    assert_eq!(world.fake.asked(), ["GET /conversations/v3/conversations/threads/77/messages/m/original-content"]);
}
