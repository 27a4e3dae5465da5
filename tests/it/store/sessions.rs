//! Sessions: versions, keys, order.

use std::collections::BTreeMap;

use hubspot_bridge::domain::{
    AnsweredThrough, ContactId, EventKind, Lane, Mode, SessionId, SessionPatch, SessionState, ThreadId, TicketId,
    Timestamp,
};
use hubspot_bridge::store::types::SessionFilter;
use hubspot_bridge::store::{Error, Renewal, SessionChange, SessionKey};

use super::house::{House, SECOND, START, connection, event, message, ticket};

fn by_thread(id: &str) -> SessionKey {
    SessionKey::Thread(connection("acme"), ThreadId::from(id))
}

fn change(thread: &str, version: i64, patch: SessionPatch) -> SessionChange {
    SessionChange { key: by_thread(thread), version, patch, followups: Vec::new() }
}

pub async fn change_by_version(house: House) {
    let full = SessionPatch {
        agent_session_over: Some(true),
        ticket_id: Some(TicketId::from("t")),
        contact_id: Some(ContactId::from("c")),
        state: Some(SessionState::Paused),
        mode: Some(Mode::Assist),
        agent_session_id: Some("agent".to_owned()),
        custom_data: BTreeMap::from([("plan".to_owned(), "gold \"1\"".to_owned())]),
        custom_data_pending: Some(true),
        answered_through: Some(AnsweredThrough { at: Timestamp(5), message: "m".into() }),
        handed_off_at: Some(Some(Timestamp(6))),
        ai_since: Some(Timestamp(4)),
        reply_at: Some(Timestamp(7)),
        replies_since: None,
    };
    let store = house.store();
    let created = store.patch_session(change("1", 0, full)).await.expect("created");
    assert_eq!((created.version, created.created_at, created.updated_at), (1, START, START));
    assert_eq!(store.session(&by_thread("1")).await.expect("read"), Some(created.clone()));
    assert_eq!(created.custom_data["plan"], "gold \"1\"");
    assert_eq!(created.replies, [Timestamp(7)]);

    house.advance(SECOND);
    for version in [0, 2] {
        let conflict = store.patch_session(change("1", version, SessionPatch::default())).await;
        assert!(matches!(conflict, Err(Error::VersionConflict)), "{conflict:?}");
    }
    let patch = SessionPatch { state: Some(SessionState::Ai), ..SessionPatch::default() };
    let changed = store.patch_session(change("1", 1, patch)).await.expect("changed");
    assert_eq!((changed.version, changed.state, changed.mode), (2, SessionState::Ai, Mode::Assist));
    assert_eq!((changed.created_at, changed.updated_at), (START, house.now()));
    let missing = store.patch_session(change("2", 1, SessionPatch::default())).await;
    assert!(matches!(missing, Err(Error::NotFound { .. })), "{missing:?}");
}

pub async fn are_found_by_every_key(house: House) {
    let store = house.store();
    let link = |agent: &str| SessionPatch {
        ticket_id: Some(TicketId::from("t")),
        agent_session_id: Some(agent.to_owned()),
        ..SessionPatch::default()
    };
    let one = store.patch_session(change("1", 0, link("a1"))).await.expect("created");
    let two = store.patch_session(change("2", 0, link("a2"))).await.expect("created");
    let agent = |name: &str, id: &str| SessionKey::Agent(connection(name), id.to_owned());
    for (key, found) in [
        (SessionKey::Id(one.id), Some(&one)),
        (by_thread("2"), Some(&two)),
        (agent("acme", "a2"), Some(&two)),
        (agent("globex", "a2"), None),
        (SessionKey::Id(SessionId(99)), None),
    ] {
        assert_eq!(store.session(&key).await.expect("read").as_ref(), found, "{key:?}");
    }
    let of_ticket = store.sessions_of_ticket(&connection("acme"), &TicketId::from("t")).await.expect("read");
    assert_eq!(of_ticket, [two, one]);
    assert_eq!(store.sessions_of_ticket(&connection("globex"), &TicketId::from("t")).await.expect("read"), []);

    // A conversation that lives outside HubSpot has no thread; the agent's id begins its session.
    let outside =
        SessionChange { key: agent("acme", "a3"), version: 0, patch: SessionPatch::default(), followups: Vec::new() };
    let outside = store.patch_session(outside).await.expect("created");
    assert_eq!((outside.thread_id, outside.agent_session_id.as_deref()), (None, Some("a3")));
}

pub async fn interrupt_their_thread(house: House) {
    house.append(vec![message("1", "a")]).await;
    let (lease, _) = house.begin().await;
    let watch = house.interrupts.watch(&lease.key);
    house.store().patch_session(change("1", 0, SessionPatch::default())).await.expect("created");
    watch.raised().await;
    assert!(matches!(house.store().renew(&lease).await, Ok(Renewal::Interrupted(_))));
}

pub async fn are_listed_last_changed_first(house: House) {
    let store = house.store();
    for thread in ["1", "2", "3"] {
        store.patch_session(change(thread, 0, SessionPatch::default())).await.expect("created");
    }
    let patch = SessionPatch { contact_id: Some(ContactId::from("c")), ..SessionPatch::default() };
    store.patch_session(change("1", 1, patch)).await.expect("changed");

    let mut seen = Vec::new();
    let mut cursor = None;
    loop {
        let page = store.sessions(SessionFilter::default(), cursor, 2).await.expect("read");
        seen.extend(page.items.into_iter().filter_map(|session| session.thread_id).map(|id| id.0));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(seen, ["1", "3", "2"]);
    let filters = [
        SessionFilter { contact: Some(ContactId::from("c")), ..SessionFilter::default() },
        SessionFilter { thread: Some(ThreadId::from("2")), ..SessionFilter::default() },
        SessionFilter { state: Some(SessionState::Closed), ..SessionFilter::default() },
        SessionFilter { connection: Some(connection("globex")), ..SessionFilter::default() },
        SessionFilter { ticket: Some(TicketId::from("t")), ..SessionFilter::default() },
    ];
    let mut counts = Vec::new();
    for filter in filters {
        counts.push(store.sessions(filter, None, 50).await.expect("read").items.len());
    }
    assert_eq!(counts, [1, 1, 0, 0, 0]);
}

pub async fn store_what_follows_with_the_change(house: House) {
    let store = house.store();
    let followups = vec![event(EventKind::TicketWrite, ticket("9"), "w")];
    let wanted =
        |version| SessionChange { followups: followups.clone(), ..change("1", version, SessionPatch::default()) };
    let conflict = store.patch_session(wanted(3)).await;
    assert!(matches!(conflict, Err(Error::NotFound { .. })), "{conflict:?}");
    assert!(house.claim(Lane::Ticket, 1).await.is_empty(), "nothing follows from what did not happen");
    store.patch_session(wanted(0)).await.expect("created");
    let lease = house.lease_ticket().await;
    let turn = store.open_turn(&lease).await.expect("opened").expect("something to do");
    assert_eq!(turn.events.iter().map(|event| event.kind).collect::<Vec<_>>(), [EventKind::TicketWrite]);
}
