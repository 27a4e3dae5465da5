//! Storing deliveries: duplicates, marks, due times, interrupts.

use std::time::Duration;

use hubspot_bridge::domain::{AppId, EventKind, Lane, NewEvent, Object, Outcome, Reason, Schedule, State, Timestamp};
use hubspot_bridge::store::types::EventFilter;
use hubspot_bridge::store::{Batch, Error, Renewal};

use super::house::{
    House, QUIET, SECOND, START, TTL, assignment, change, dedup, event, ids, key, message, of, quiet, thread, ticket,
};

pub async fn keeps_every_field(house: House) {
    let new = NewEvent {
        message_id: Some("m1".into()),
        message_type: Some("MESSAGE".to_owned()),
        property: Some("assignedTo".to_owned()),
        value: Some("A-7".to_owned()),
        hubspot_event_id: Some("77".to_owned()),
        app_id: Some(AppId(5)),
        source: Some("INTEGRATION:5".to_owned()),
        occurred_at: Some(Timestamp(17)),
        data: Some("{\"v\":1}".to_owned()),
        seen: 3,
        schedule: Schedule::At(Timestamp(START.0 + 5)),
        ..event(EventKind::DeliveryCheck, thread("1"), "all")
    };
    let stored = house.append(vec![new.clone()]).await;
    let event = house.event(stored.ids[0]).await;
    assert_eq!((event.connection, event.object, event.kind), (new.connection, new.object, new.kind));
    assert_eq!((event.message_id, event.message_type), (new.message_id, new.message_type));
    assert_eq!((event.property, event.value, event.source), (new.property, new.value, new.source));
    assert_eq!((event.hubspot_event_id, event.app_id, event.data), (new.hubspot_event_id, new.app_id, new.data));
    assert_eq!((event.occurred_at, event.received_at), (new.occurred_at, START));
    assert_eq!((event.due_at, event.seen, event.state), (Some(Timestamp(START.0 + 5)), 3, State::Pending));
}

pub async fn counts_duplicates(house: House) {
    let first = house.append(vec![message("1", "a"), message("2", "b")]).await;
    assert_eq!(first.fresh_count(), 2);
    let again = NewEvent { seen: 2, ..message("1", "a") };
    let second = house.append(vec![message("3", "c"), again, message("3", "c")]).await;
    assert_eq!(second.fresh_count(), 1);
    assert_eq!(second.ids[1], first.ids[0]);
    assert_eq!(second.ids[2], second.ids[0]);
    assert_eq!(house.event(first.ids[0]).await.seen, 3);
    assert_eq!(house.event(second.ids[0]).await.seen, 2);

    house.append(vec![NewEvent { seen: u32::MAX, ..message("1", "a") }]).await;
    assert_eq!(house.event(first.ids[0]).await.seen, u32::MAX);
    assert_eq!(house.store().known(&[dedup("a"), dedup("z")]).await.expect("read"), [true, false]);
}

pub async fn is_all_or_nothing(house: House) {
    let impossible = NewEvent { ended: Some((State::Done, Reason::Stale)), ..message("1", "b") };
    let events = vec![of("globex", message("1", "a")), impossible];
    let refused = house.store().append(Batch { events, dirty: vec![(key(ticket("9")), "stage".to_owned())] }).await;
    assert!(matches!(refused, Err(Error::Refused(_))), "{refused:?}");
    assert_eq!(house.claimable(Lane::Conversation, 9).await, [""; 0]);
    assert_eq!(house.store().stats().await.expect("read").events, 0);

    // The connection's name went with it; it can be stored again.
    house.append(vec![of("globex", message("1", "a"))]).await;
    assert_eq!(house.claimable(Lane::Conversation, 9).await, ["globex/thread/1"]);
}

pub async fn marks_a_duplicate_property_as_changed(house: House) {
    house.append(vec![change("5", "stage", "s1"), change("5", "priority", "p1")]).await;
    let lease = house.lease_ticket().await;
    let turn = house.open(&lease).await;
    assert_eq!((turn.events.len(), turn.dirty.len()), (2, 0));
    house.finish(&lease, &turn).await;
    assert_eq!(house.claim(Lane::Ticket, 1).await, []);

    let again = house.append(vec![change("5", "stage", "s1")]).await;
    assert_eq!(again.fresh_count(), 0);
    let lease = house.lease_ticket().await;
    let turn = house.open(&lease).await;
    assert_eq!((turn.events.len(), turn.dirty), (0, vec!["stage".to_owned()]));
}

pub async fn marks_properties_of_the_batch(house: House) {
    let dirty = vec![(key(ticket("5")), "stage".to_owned()), (key(ticket("5")), "*".to_owned())];
    house.store().append(Batch { events: Vec::new(), dirty }).await.expect("stored");
    let lease = house.lease_ticket().await;
    assert_eq!(house.open(&lease).await.dirty, ["*", "stage"]);
}

pub async fn stores_settled_events_as_ended(house: House) {
    let skipped = NewEvent { ended: Some((State::Skipped, Reason::InternalComment)), ..message("1", "a") };
    let dead = NewEvent { ended: Some((State::Dead, Reason::PayloadUnreadable)), ..message("1", "b") };
    let stored = house.append(vec![skipped, dead]).await;
    assert_eq!(house.claim(Lane::Conversation, 9).await, []);
    let event = house.event(stored.ids[0]).await;
    assert_eq!((event.state, event.outcome), (State::Skipped, Some(Outcome::Skipped)));
    assert_eq!((event.reason, event.finished_at, event.due_at), (Some(Reason::InternalComment), Some(START), None));
    assert_eq!(house.event(stored.ids[1]).await.outcome, Some(Outcome::Dead));
    assert_eq!(house.store().stats().await.expect("read").open_events, 0);
}

pub async fn keeps_events_without_an_object(house: House) {
    let ended = Some((State::Dead, Reason::PayloadUnreadable));
    let new = NewEvent { object: None, ended, ..event(EventKind::Unreadable, thread("1"), "x") };
    let stored = house.append(vec![new]).await;
    let event = house.event(stored.ids[0]).await;
    assert_eq!((event.object, event.kind), (None, EventKind::Unreadable));
    assert_eq!(event.connection.as_str(), "acme");
}

pub async fn lets_a_burst_end(house: House) {
    // Three seconds of silence, ten at the most.
    for name in ["a", "b", "c", "d", "e"] {
        house.append(vec![quiet("1", name)]).await;
        house.advance(Duration::from_millis(2_400));
        assert_eq!(house.claim(Lane::Conversation, 1).await, [], "{name} ended the burst too early");
        if name == "d" {
            break;
        }
    }
    house.append(vec![quiet("1", "last")]).await;
    house.advance(Duration::from_millis(399));
    assert_eq!(house.claim(Lane::Conversation, 1).await, []);
    house.advance(Duration::from_millis(1));
    let (_, turn) = house.begin().await;
    assert_eq!(turn.events.len(), 5);
}

pub async fn lets_ownership_overtake_a_burst(house: House) {
    let stored = house.append(vec![quiet("1", "a"), assignment("1", "owner")]).await;
    let (lease, turn) = house.begin().await;
    assert_eq!(ids(&turn.events), stored.ids[1..]);
    house.finish(&lease, &turn).await;
    assert_eq!(house.claim(Lane::Conversation, 1).await, []);
    house.advance(3 * SECOND);
    let (_, turn) = house.begin().await;
    assert_eq!(ids(&turn.events), stored.ids[..1]);
}

pub async fn waits_for_a_set_time(house: House) {
    let at = |name: &str, seconds: u32| NewEvent {
        schedule: Schedule::At(START.after(seconds * SECOND)),
        ..event(EventKind::DeliveryCheck, thread("1"), name)
    };
    let stored = house.append(vec![at("late", 60), at("early", 30), message("1", "now")]).await;
    let (lease, turn) = house.begin().await;
    assert_eq!(ids(&turn.events), [stored.ids[2]]);
    house.finish(&lease, &turn).await;

    house.advance(29 * SECOND);
    assert_eq!(house.claim(Lane::Conversation, 1).await, []);
    house.advance(SECOND);
    let (lease, turn) = house.begin().await;
    assert_eq!(ids(&turn.events), [stored.ids[1]]);
    house.finish(&lease, &turn).await;
    house.advance(30 * SECOND);
    let (_, turn) = house.begin().await;
    assert_eq!(ids(&turn.events), [stored.ids[0]]);
}

pub async fn raises_interrupts_after_the_commit(house: House) {
    house.append(vec![message("1", "a")]).await;
    let (lease, _) = house.begin().await;
    let watch = house.interrupts.watch(&lease.key);
    assert!(matches!(house.store().renew(&lease).await, Ok(Renewal::Extended(_))));

    house.append(vec![message("2", "other")]).await;
    assert!(matches!(house.store().renew(&lease).await, Ok(Renewal::Extended(_))));
    house.append(vec![message("1", "b")]).await;
    watch.raised().await;
    house.advance(SECOND);
    let renewed = house.store().renew(&lease).await.expect("ours");
    assert_eq!(renewed, Renewal::Interrupted(house.now().after(TTL)));
    // The mark was taken.
    assert!(matches!(house.store().renew(&lease).await, Ok(Renewal::Extended(_))));
}

pub async fn lets_only_ownership_overtake_a_deferral(house: House) {
    house.append(vec![message("1", "a")]).await;
    let (lease, _) = house.begin().await;
    house.store().defer(&lease, house.now().after(60 * SECOND), "agent is down", true).await.expect("deferred");
    house.append(vec![message("1", "b"), NewEvent { schedule: QUIET, ..message("1", "c") }]).await;
    assert_eq!(house.claim(Lane::Conversation, 1).await, []);
    house.append(vec![assignment("1", "owner")]).await;
    let (_, turn) = house.begin().await;
    assert_eq!(turn.events.len(), 3, "all but the unfinished burst's newcomer would be two; the burst's are bound too");
}

pub async fn lets_ownership_seen_too_late_overtake_the_deferral(house: House) {
    house.append(vec![message("1", "a")]).await;
    let (lease, _) = house.begin().await;
    house.append(vec![assignment("1", "owner")]).await;
    house.store().defer(&lease, house.now().after(60 * SECOND), "agent is down", true).await.expect("deferred");
    let (_, turn) = house.begin().await;
    assert_eq!(turn.events.len(), 2);
}

pub async fn gives_outside_conversations_and_notes_mailboxes_of_their_own(house: House) {
    // The same id everywhere: the kind alone keeps them apart.
    let outside = Object::Outside("7".to_owned());
    let note = Object::Note("7".into());
    house
        .append(vec![
            event(EventKind::HandoffRequest, outside.clone(), "a"),
            event(EventKind::NoteCreated, note.clone(), "b"),
            change("7", "stage", "c"),
            message("7", "d"),
        ])
        .await;
    let conversations = house.claimable(Lane::Conversation, 9).await;
    assert_eq!(conversations, ["acme/outside/7", "acme/thread/7"]);
    let leases = house.claim(Lane::Ticket, 9).await;
    assert_eq!(leases.iter().map(|lease| lease.key.to_string()).collect::<Vec<_>>(), ["acme/note/7", "acme/ticket/7"]);
    let turn = house.open(&leases[0]).await;
    assert_eq!(turn.events.iter().map(|event| event.object.clone()).collect::<Vec<_>>(), [Some(note)]);
    let filter = EventFilter { object: Some(outside), ..EventFilter::default() };
    assert_eq!(house.store().events(filter, None, 9).await.expect("read").items.len(), 1);
}
