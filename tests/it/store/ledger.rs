//! Reading for people.

use hubspot_bridge::domain::{Ending, Event, Lane, Outcome, Reason, SessionPatch, State, ThreadId};
use hubspot_bridge::store::types::EventFilter;
use hubspot_bridge::store::{Finish, SessionChange, SessionKey};

use super::house::{
    House, SECOND, START, TTL, assignment, change, connection, finish, ids, intent, message, of, quiet, thread,
};

pub async fn filters_events(house: House) {
    let stored = house.append(vec![message("1", "a"), assignment("1", "o"), change("1", "stage", "t")]).await;
    let (lease, turn) = house.begin().await;
    house.store().finish(&lease, finish(&turn)).await.expect("finished");
    house.advance(SECOND);
    let more = house.append(vec![of("globex", message("1", "b")), quiet("1", "c"), message("2", "d")]).await;
    let lease = house.lease().await;
    let turn = house.open(&lease).await;
    assert_eq!(lease.key.to_string(), "globex/thread/1");
    let endings = vec![Ending::dead(turn.events[0].id, Reason::MessageNotFound)];
    house.store().finish(&lease, Finish { endings, ..Finish::default() }).await.expect("finished");
    let lease = house.lease().await;
    house.open(&lease).await;

    let all = EventFilter::default;
    let cases = [
        (all(), vec![more.ids[2], more.ids[1], more.ids[0], stored.ids[2], stored.ids[1], stored.ids[0]]),
        (EventFilter { connection: Some(connection("globex")), ..all() }, vec![more.ids[0]]),
        (EventFilter { state: Some(State::Pending), ..all() }, vec![more.ids[1], stored.ids[2]]),
        (EventFilter { state: Some(State::Running), ..all() }, vec![more.ids[2]]),
        (EventFilter { state: Some(State::Dead), ..all() }, vec![more.ids[0]]),
        (EventFilter { state: Some(State::Done), ..all() }, vec![stored.ids[1], stored.ids[0]]),
        (EventFilter { outcome: Some(Outcome::Dead), ..all() }, vec![more.ids[0]]),
        (EventFilter { reason: Some(Reason::MessageNotFound), ..all() }, vec![more.ids[0]]),
        (EventFilter { object: Some(thread("2")), ..all() }, vec![more.ids[2]]),
        (
            EventFilter { object: Some(thread("1")), connection: Some(connection("acme")), ..all() },
            vec![more.ids[1], stored.ids[1], stored.ids[0]],
        ),
        (EventFilter { message: Some("a".into()), ..all() }, vec![stored.ids[0]]),
        (EventFilter { message: Some("c".into()), ..all() }, vec![more.ids[1]]),
        (EventFilter { message: Some("d".into()), ..all() }, vec![more.ids[2]]),
        (EventFilter { since: Some(START.after(SECOND)), ..all() }, vec![more.ids[2], more.ids[1], more.ids[0]]),
    ];
    for (filter, expected) in cases {
        let page = house.store().events(filter.clone(), None, 50).await.expect("read");
        assert_eq!((ids(&page.items), page.next), (expected, None), "{filter:?}");
    }
}

pub async fn pages_events(house: House) {
    let stored = house.append((0..5).map(|n| message("1", &format!("m{n}"))).collect()).await;
    let mut seen = Vec::new();
    let mut cursor = None;
    let mut pages = 0;
    loop {
        let page = house.store().events(EventFilter::default(), cursor, 2).await.expect("read");
        seen.extend(ids(&page.items));
        pages += 1;
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    let newest_first: Vec<_> = stored.ids.into_iter().rev().collect();
    assert_eq!((seen, pages), (newest_first, 3));
}

/// Endings of many kinds in two connections, and some that are open: each pair of conditions by comparing.
pub async fn filters_by_several(house: House) {
    let reasons = [Reason::MessageNotFound, Reason::NotAiOwned, Reason::OwnWrite];
    for n in 0..24 {
        let name = format!("m{n}");
        house.append(vec![of(["acme", "globex"][n % 2], message(&(n / 2).to_string(), &name))]).await;
        house.advance(SECOND);
        if n % 4 == 3 {
            continue;
        }
        let (lease, turn) = house.begin().await;
        let ending = match n % 5 {
            0 => Ending::done(turn.events[0].id, Outcome::Replied),
            1 => Ending::done(turn.events[0].id, Outcome::Merged),
            2 => Ending::dead(turn.events[0].id, reasons[n % 3]),
            _ => Ending::skipped(turn.events[0].id, reasons[n % 3]),
        };
        house.store().finish(&lease, Finish { endings: vec![ending], ..Finish::default() }).await.expect("finished");
    }
    house.begin().await;
    let all = house.store().events(EventFilter::default(), None, 50).await.expect("read").items;
    let some = |part: &dyn Fn(&mut EventFilter)| {
        let mut filter = EventFilter::default();
        part(&mut filter);
        filter
    };
    let mut filters = vec![EventFilter::default()];
    filters.extend(State::ALL.map(|state| some(&|filter| filter.state = Some(state))));
    filters.extend(Outcome::ALL.iter().map(|outcome| some(&|filter| filter.outcome = Some(*outcome))));
    filters.extend(reasons.map(|reason| some(&|filter| filter.reason = Some(reason))));
    for filter in filters {
        for name in [None, Some("acme"), Some("globex"), Some("nobody")] {
            for since in [None, Some(START.after(SECOND * 9)), Some(START.after(SECOND * 900))] {
                for object in [None, Some(thread("3"))] {
                    let connection = name.map(connection);
                    let filter = EventFilter { connection, since, object, ..filter.clone() };
                    let page = house.store().events(filter.clone(), None, 50).await.expect("read");
                    let expected: Vec<_> = all.iter().filter(|event| matches(event, &filter)).cloned().collect();
                    assert_eq!(page.items, expected, "{filter:?}");
                }
            }
        }
    }
}

fn matches(event: &Event, filter: &EventFilter) -> bool {
    filter.connection.as_ref().is_none_or(|name| *name == event.connection)
        && filter.state.is_none_or(|state| state == event.state)
        && filter.outcome.is_none_or(|outcome| Some(outcome) == event.outcome)
        && filter.reason.is_none_or(|reason| Some(reason) == event.reason)
        && filter.object.as_ref().is_none_or(|object| Some(object) == event.object.as_ref())
        && filter.since.is_none_or(|since| event.received_at >= since)
}

/// Rows of several streams, some in each page.
pub async fn pages_a_filtered_list(house: House) {
    let mut acme = Vec::new();
    for n in 0..9 {
        let stored = house.append(vec![message(&format!("{n}"), &format!("m{n}"))]).await;
        house.append(vec![of("globex", message(&format!("{n}"), &format!("m{n}")))]).await;
        acme.extend(stored.ids);
    }
    for lease in house.claim(Lane::Conversation, 10).await {
        let turn = house.open(&lease).await;
        let outcome = if turn.events[0].id.0 % 4 < 2 { Outcome::Replied } else { Outcome::Merged };
        let endings = vec![Ending::done(turn.events[0].id, outcome)];
        house.store().finish(&lease, Finish { endings, ..Finish::default() }).await.expect("finished");
    }
    acme.reverse();
    for limit in [1, 2, 4, 9, 50] {
        let (mut seen, mut cursor) = (Vec::new(), None);
        loop {
            let filter = EventFilter { connection: Some(connection("acme")), ..EventFilter::default() };
            let page = house.store().events(filter, cursor, limit).await.expect("read");
            assert!(!page.items.is_empty());
            seen.extend(ids(&page.items));
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(seen, acme, "{limit} a page");
    }
}

pub async fn tells_the_history(house: House) {
    let stored = house.append(vec![message("1", "a")]).await;
    let (lease, _) = house.begin().await;
    house.store().intend(&lease, intent("ask_agent", "x")).await.expect("journalled");
    house.advance(TTL);
    let (lease, turn) = house.begin().await;
    house.store().intend(&lease, intent("post_reply", "y")).await.expect("journalled");
    house.finish(&lease, &turn).await;
    let history = house.store().event(stored.ids[0]).await.expect("read").expect("there");
    let told: Vec<_> = history
        .runs
        .iter()
        .map(|run| (run.run, run.note.as_deref(), run.steps.iter().map(|step| step.name.as_str()).collect::<Vec<_>>()))
        .collect();
    assert_eq!(told, [(1, Some("crashed"), vec!["ask_agent"]), (2, Some("finished"), vec!["post_reply"])]);
    assert_eq!(house.store().event(hubspot_bridge::domain::EventId(99)).await.expect("read"), None);
}

pub async fn finds_whatever_an_id_names(house: House) {
    let stored = house.append(vec![message("77", "m-1"), quiet("77", "m-2"), change("77", "stage", "t")]).await;
    let patch = SessionPatch { agent_session_id: Some("agent-5".to_owned()), ..SessionPatch::default() };
    let key = SessionKey::Thread(connection("acme"), ThreadId::from("77"));
    let session = house
        .store()
        .patch_session(SessionChange { key, version: 0, patch, followups: Vec::new() })
        .await
        .expect("created");
    let (lease, _) = house.begin().await;
    house.store().defer(&lease, house.now().after(SECOND), "429 from HubSpot", true).await.expect("deferred");

    let found = house.store().find("77").await.expect("read");
    assert_eq!((found.events.len(), found.sessions.len(), found.mailboxes.len()), (0, 1, 2));
    let mailbox = &found.mailboxes[0];
    assert_eq!((mailbox.key.to_string().as_str(), mailbox.waiting, mailbox.attempts), ("acme/thread/77", 2, 1));
    assert_eq!((mailbox.why.as_deref(), mailbox.leased), (Some("429 from HubSpot"), false));
    assert_eq!(mailbox.due_at, Some(house.now().after(SECOND)));
    // What put the mailbox off put its events off: lists and the event itself say the same time.
    let listed = house.store().events(EventFilter::default(), None, 50).await.expect("read").items;
    let put_off = listed.iter().find(|event| event.id == stored.ids[0]).expect("listed");
    assert_eq!((put_off.due_at, house.event(stored.ids[0]).await.due_at), (mailbox.due_at, mailbox.due_at));

    for (id, event) in [("m-1", 0), ("m-2", 1)] {
        let found = house.store().find(id).await.expect("read");
        assert_eq!(found.events.iter().map(|found| found.event.id).collect::<Vec<_>>(), [stored.ids[event]], "{id}");
    }
    let by_event = house.store().find(&stored.ids[2].to_string()).await.expect("read");
    assert_eq!((by_event.events.len(), by_event.sessions.len()), (1, 0));
    for id in ["agent-5".to_owned(), session.id.to_string()] {
        let found = house.store().find(&id).await.expect("read");
        assert_eq!(found.sessions, std::slice::from_ref(&session), "{id}");
    }
    let nothing = house.store().find("no such thing").await.expect("read");
    assert_eq!(nothing, hubspot_bridge::store::types::Found::default());
}

pub async fn counts(house: House) {
    house.append(vec![message("1", "a"), message("2", "b"), quiet("3", "c"), of("globex", message("4", "d"))]).await;
    house.advance(SECOND);
    let (lease, turn) = house.begin().await;
    let stats = house.store().stats().await.expect("read");
    assert_eq!((stats.due, stats.waiting, stats.leased), (2, 1, 1));
    assert_eq!((stats.oldest_due, stats.events, stats.open_events), (Some(START), 4, 4));
    assert!(stats.bytes > 0);

    house.finish(&lease, &turn).await;
    let until = house.now().after(SECOND);
    for name in ["acme", "globex"] {
        house.store().hold(&connection(name), until, "daily limit").await.expect("held");
    }
    let stats = house.store().stats().await.expect("read");
    assert_eq!((stats.oldest_due, stats.open_events, stats.events), (None, 3, 4), "what is held is not late");
    assert_eq!(stats.finished, [(connection("acme"), Outcome::Replied, None, 1)]);
    house.advance(26 * 3_600 * SECOND);
    assert_eq!(house.store().stats().await.expect("read").finished, []);
    assert_eq!(house.claim(Lane::Ticket, 1).await, []);
}

pub async fn keeps_positions(house: House) {
    let store = house.store();
    assert_eq!(store.cursor("sweep/acme").await.expect("read"), None);
    store.set_cursor("sweep/acme", "17").await.expect("moved");
    store.set_cursor("sweep/acme", "18").await.expect("moved");
    assert_eq!(store.cursor("sweep/acme").await.expect("read").as_deref(), Some("18"));
    store.check().await.expect("can write");
}
