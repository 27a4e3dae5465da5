//! The CRM's calls against the portal: contacts, tickets, notes, what belongs to what, and every way they fail.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use hubspot_bridge::domain::{AppId, Contact, ContactId, NoteId, Reason, ThreadId, TicketId, Timestamp};
use hubspot_bridge::hubspot::{Class, Client, Effect as Happened, Error, Kind};
use hubspot_bridge::sandbox::portal::seed::{KNOWN_COMPANY, KNOWN_CONTACT, KNOWN_CUSTOMER, KNOWN_DEALS, KNOWN_TICKET};
use hubspot_bridge::sandbox::portal::{BodyKind, Effect, Fault, Visibility};

use super::{ANY, Desk};

fn values(rows: &[(&str, &str)]) -> BTreeMap<String, String> {
    rows.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn ticket() -> BTreeMap<String, String> {
    let tags = ("opencx_tags", "opencx_handedoff");
    values(&[("subject", "Help"), ("hs_pipeline", "0"), ("hs_pipeline_stage", "1"), ("content", "all of it"), tags])
}

fn known() -> ContactId {
    ContactId(KNOWN_CONTACT.to_string())
}

fn person(name: Option<&str>, email: Option<&str>) -> Contact {
    Contact { name: name.map(str::to_owned), email: email.map(str::to_owned), ..Contact::default() }
}

#[tokio::test(start_paused = true)]
async fn a_contact_is_found_by_address_and_id_or_is_not_there() {
    let desk = Desk::new();
    let found = desk.client.contact_by_email("Nora@Northwind.example").await.unwrap().unwrap();
    let expected = Contact {
        id: Some(known()),
        name: Some("Nora Weiss".to_owned()),
        email: Some(KNOWN_CUSTOMER.to_owned()),
        phone: Some("+49 30 5550102".to_owned()),
        owner: Some("81000002".to_owned()),
    };
    assert_eq!(found, expected);
    assert_eq!(desk.client.contact(&known()).await.unwrap(), Some(expected));
    assert_eq!(desk.client.contact_by_email("no+body@example.com").await.unwrap(), None);
    // A chat visitor who gave no address is no contact.
    let said = desk.portal.customer_chats(&hubspot_bridge::sandbox::portal::people::Customer::default(), None, "hi");
    let visitor = desk.client.thread(&said.unwrap().thread).await.unwrap().contact_id.unwrap();
    assert_eq!(desk.client.contact(&visitor).await.unwrap(), None);
}

#[tokio::test(start_paused = true)]
async fn a_contact_is_made_of_what_is_known_and_one_that_exists_is_named() {
    let desk = Desk::new();
    let new = person(Some("Cleo van der Berg"), Some("cleo@example.com"));
    let id = desk.client.create_contact(&new).await.unwrap();
    let read = desk.client.contact(&id).await.unwrap().unwrap();
    assert_eq!((read.name.as_deref(), read.email), (Some("Cleo van der Berg"), new.email.clone()));
    let again = desk.client.create_contact(&new).await.unwrap_err();
    assert_eq!((again.class, again.effect), (Class::Conflict { existing: Some(id.0) }, Happened::NotSent));
    // What is too new to be read conflicts all the same, and is named.
    desk.portal.set_visibility(Visibility { object_ms: 60_000, ..Visibility::default() });
    let dan = person(None, Some("dan@example.com"));
    let fresh = desk.client.create_contact(&dan).await.unwrap();
    assert_eq!(desk.client.contact_by_email("dan@example.com").await.unwrap(), None);
    let conflict = desk.client.create_contact(&dan).await.unwrap_err();
    assert_eq!(conflict.class, Class::Conflict { existing: Some(fresh.0) });
    let nobody = desk.client.create_contact(&person(None, None)).await.unwrap_err();
    assert_eq!(nobody.class, Class::Permanent { reason: Reason::RejectedByHubspot });
}

#[tokio::test(start_paused = true)]
async fn a_ticket_is_made_whole_and_its_threads_are_found() {
    let desk = Desk::seeded(7);
    let (first, second) = (desk.chat("hello").thread, desk.email("hello", None).thread);
    let id = desk.client.create_ticket(&ticket(), Some(&known()), Some(&first)).await.unwrap();
    assert_eq!(desk.client.thread(&first).await.unwrap().ticket_id, Some(id.clone()));
    let contacts = desk.client.associated(Kind::Ticket, &id.0, Kind::Contact).await.unwrap();
    assert_eq!(contacts, [known().0]);
    desk.portal.link_ticket(&second, &id).unwrap();
    let threads = desk.client.threads_of_ticket(&id).await.unwrap();
    let threads: Vec<ThreadId> = threads.into_iter().map(|thread| thread.id).collect();
    assert_eq!(threads, [first, second]);

    desk.client.update_ticket(&id, &values(&[("plan", "team"), ("content", "")])).await.unwrap();
    let names = ["plan", "content", "opencx_tags"].map(str::to_owned);
    let read = desk.client.ticket(&id, &names).await.unwrap();
    assert_eq!((read["plan"].as_deref(), read["content"].as_deref()), (Some("team"), None), "empty text clears");
    assert_eq!(read["opencx_tags"].as_deref(), Some("opencx_handedoff"));
    let pipelines = desk.client.ticket_pipelines().await.unwrap();
    assert_eq!(pipelines.iter().map(|pipeline| pipeline.id.as_str()).collect::<Vec<_>>(), ["0", "650123001"]);
    assert_eq!(pipelines[1].stages[1], ("990100002".to_owned(), "With engineering".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn what_hubspot_will_not_write_is_named() {
    let desk = Desk::new();
    let with = |rows: &[(&str, &str)]| {
        let mut all = ticket();
        all.extend(values(rows));
        all
    };
    let bad = [("missing", "x"), ("createdate", "1"), ("opencx_tags", "nope")];
    let mut expected = vec!["createdate", "missing", "opencx_tags"];
    for _ in 0..2 {
        let error = desk.client.create_ticket(&with(&bad), None, None).await.unwrap_err();
        assert_eq!(error.class, Class::Permanent { reason: Reason::RejectedByHubspot }, "{error}");
        let mut named = error.bad_properties.clone();
        named.sort_unstable();
        assert_eq!((named, error.effect), (expected.iter().map(|n| (*n).to_owned()).collect(), Happened::NotSent));
        assert!(!error.to_string().contains("nope"), "{error}");
    }
    let id = desk.client.create_ticket(&ticket(), None, None).await.unwrap();
    let error = desk.client.update_ticket(&id, &values(&[("hs_pipeline_stage", "990100001")])).await.unwrap_err();
    expected = vec!["hs_pipeline_stage"];
    assert_eq!(error.bad_properties, expected, "a stage of another pipeline");
    // Not for want of a property: a visitor is no contact.
    let visitor = ContactId::from("1");
    let error = desk.client.create_ticket(&ticket(), Some(&visitor), None).await.unwrap_err();
    assert_eq!((error.bad_properties.len(), error.effect), (0, Happened::NotSent));
    assert_eq!(tickets(&desk), 2, "the one that was known, and the good one");
}

#[tokio::test(start_paused = true)]
async fn a_ticket_is_found_again_once_the_index_has_it() {
    let desk = Desk::new();
    let started = Timestamp::parse(super::super::fake::NOON).unwrap();
    desk.portal.set_visibility(Visibility { search_ms: 5_000, ..Visibility::default() });
    let id = desk.client.create_ticket(&ticket(), None, None).await.unwrap();
    assert!(desk.client.find_tickets("Help", started).await.unwrap().is_empty(), "search lags");
    tokio::time::advance(Duration::from_secs(5)).await;
    let found = desk.client.find_tickets("Help", started).await.unwrap();
    assert_eq!(found.iter().map(|one| (&one.id, one.content.as_str())).collect::<Vec<_>>(), [(&id, "all of it")]);
    assert!(
        desk.client.find_tickets("Help", started.after(Duration::from_secs(1))).await.unwrap().is_empty(),
        "too old"
    );
    assert!(desk.client.find_tickets("Hel", started).await.unwrap().is_empty(), "another subject");
}

#[tokio::test(start_paused = true)]
async fn searches_wait_for_their_own_second_and_not_for_the_window() {
    let desk = Desk::new();
    let started = tokio::time::Instant::now();
    // Reserved room is for other calls.
    let client = desk.client.reserve(1).await.unwrap();
    for n in 0..11_u64 {
        client.find_tickets("Help", Timestamp(0)).await.unwrap();
        assert_eq!(started.elapsed().as_secs(), n / 5, "five a second");
    }
    let calls = desk.portal.snapshot()["calls"].as_array().unwrap().clone();
    assert!(calls.iter().all(|call| call["status"] == 200), "HubSpot never had to refuse one");
    client.ticket_pipelines().await.unwrap();
    assert_eq!(client.budget_remaining(), Some(189), "the portal does not count searches among the others, nor do we");
    // A refused search holds searches back, nothing else.
    let effect = Effect::Status { code: 429, body: BodyKind::Secondly, retry_after: Some(20), acted: false };
    tokio::time::advance(Duration::from_secs(1)).await;
    desk.add_fault(Fault::times(1, "POST", "/crm/v3/objects/tickets/search", effect));
    let before = tokio::time::Instant::now();
    let error = client.find_tickets("Help", Timestamp(0)).await.unwrap_err();
    assert_eq!(error.class, Class::Retry { after: Some(Duration::from_secs(20)) });
    client.ticket_pipelines().await.unwrap();
    assert_eq!(before.elapsed().as_secs(), 0);
    client.find_tickets("Help", Timestamp(0)).await.unwrap();
    assert_eq!(before.elapsed().as_secs(), 20);
}

#[tokio::test(start_paused = true)]
async fn a_note_says_whose_it_is() {
    let desk = Desk::new();
    let id = TicketId(KNOWN_TICKET.to_string());
    let at = Timestamp::parse(super::super::fake::NOON).unwrap();
    let ours = desk.client.create_note(&id, "<p>the transcript</p>", at).await.unwrap();
    let note = desk.client.note(&ours).await.unwrap().unwrap();
    assert_eq!((note.body.as_str(), note.at), ("<p>the transcript</p>", Some(at)));
    assert_eq!((note.app_id, note.owner_id), (Some(AppId(4_242_424)), None));
    let reps = desk.portal.rep_notes_ticket(&id, &desk.rita(), "<p>call back</p>").unwrap();
    let note = desk.client.note(&reps).await.unwrap().unwrap();
    assert_eq!((note.app_id, note.owner_id.as_deref()), (None, Some("81000002")));
    assert_eq!(desk.client.associated(Kind::Note, &reps.0, Kind::Ticket).await.unwrap(), [id.as_str()]);
    assert_eq!(desk.client.associated(Kind::Ticket, &id.0, Kind::Note).await.unwrap(), [ours.0, reps.0]);
    assert_eq!(desk.client.note(&NoteId::from("1")).await.unwrap(), None);
    let gone = desk.client.create_note(&TicketId::from("1"), "x", at).await.unwrap_err();
    assert_eq!((gone.class, gone.effect), (Class::Permanent { reason: Reason::RejectedByHubspot }, Happened::NotSent));
}

#[tokio::test(start_paused = true)]
async fn what_belongs_to_a_contact_is_read_in_batches() {
    // With short and empty pages.
    let desk = Desk::seeded(3);
    let contact = known().0;
    let companies = desk.client.associated(Kind::Contact, &contact, Kind::Company).await.unwrap();
    assert_eq!(companies, [KNOWN_COMPANY.to_string()]);
    let names = ["name", "industry", "numberofemployees", "city"];
    let company = desk.client.records(Kind::Company, &companies, &names).await.unwrap().remove(0);
    assert_eq!((company.properties["name"].as_str(), company.properties.get("city")), ("Northwind Outdoor", None));
    let mut deals = desk.client.associated(Kind::Contact, &contact, Kind::Deal).await.unwrap();
    deals.push("1".to_owned());
    let deals = desk.client.records(Kind::Deal, &deals, &["dealstage", "hs_is_closed"]).await.unwrap();
    let closed: Vec<_> = deals.iter().map(|deal| (deal.id.clone(), deal.properties["hs_is_closed"].as_str())).collect();
    let [active, won] = KNOWN_DEALS.map(|id| id.to_string());
    assert_eq!(closed, [(won, "true"), (active, "false")], "207: the unknown one is missing");
    let id = desk.client.create_ticket(&ticket(), None, None).await.unwrap();
    for _ in 0..2 {
        desk.client.associate((Kind::Contact, &contact), (Kind::Ticket, &id.0)).await.unwrap();
    }
    let tickets = desk.client.associated(Kind::Contact, &contact, Kind::Ticket).await.unwrap();
    assert_eq!(tickets, [KNOWN_TICKET.to_string(), id.0]);
    let error = desk.client.associate((Kind::Contact, "1"), (Kind::Ticket, &tickets[0])).await.unwrap_err();
    assert_eq!(error.class, Class::NotFound);
}

#[tokio::test(start_paused = true)]
async fn a_deleted_ticket_is_not_found_by_any_call() {
    let desk = Desk::new();
    let thread = desk.chat("hello").thread;
    let id = desk.client.create_ticket(&ticket(), None, Some(&thread)).await.unwrap();
    desk.portal.delete_ticket(&id).unwrap();
    let client = &desk.client;
    let contact = known();
    let errors = [
        client.ticket(&id, &[]).await.unwrap_err(),
        client.update_ticket(&id, &values(&[("plan", "team")])).await.unwrap_err(),
        client.associated(Kind::Ticket, &id.0, Kind::Contact).await.unwrap_err(),
        client.associate((Kind::Ticket, &id.0), (Kind::Contact, contact.as_str())).await.unwrap_err(),
    ];
    for error in errors {
        assert_eq!((&error.class, error.effect), (&Class::NotFound, Happened::NotSent), "{error}");
    }
    assert!(client.records(Kind::Ticket, std::slice::from_ref(&id.0), &[]).await.unwrap().is_empty());
    assert!(client.find_tickets("Help", Timestamp(0)).await.unwrap().is_empty());
    assert!(client.threads_of_ticket(&id).await.unwrap().is_empty());
    assert_eq!(client.thread(&thread).await.unwrap().ticket_id, None);
}

type Ended = Pin<Box<dyn Future<Output = Result<(), Error>>>>;
/// A call's scope, and itself.
type Row = (&'static str, fn(Client) -> Ended);

/// One call of each method.
fn calls() -> Vec<Row> {
    const CONTACTS: &str = "crm.objects.contacts.read";
    fn id() -> TicketId {
        TicketId(KNOWN_TICKET.to_string())
    }
    vec![
        (CONTACTS, |c| Box::pin(async move { c.contact_by_email(KNOWN_CUSTOMER).await.map(drop) })),
        (CONTACTS, |c| Box::pin(async move { c.contact(&known()).await.map(drop) })),
        ("crm.objects.contacts.write", |c| {
            Box::pin(async move { c.create_contact(&person(Some("x"), Some("x@example.com"))).await.map(drop) })
        }),
        ("tickets", |c| Box::pin(async move { c.create_ticket(&ticket(), None, None).await.map(drop) })),
        ("tickets", |c| Box::pin(async move { c.update_ticket(&id(), &values(&[("plan", "team")])).await })),
        ("tickets", |c| Box::pin(async move { c.find_tickets("Help", Timestamp(0)).await.map(drop) })),
        ("tickets", |c| Box::pin(async move { c.ticket_pipelines().await.map(drop) })),
        ("crm.objects.contacts.write", |c| {
            Box::pin(async move { c.create_note(&id(), "x", Timestamp(0)).await.map(drop) })
        }),
        (CONTACTS, |c| Box::pin(async move { c.note(&NoteId::from("1")).await.map(drop) })),
        ("crm.objects.companies.read", |c| {
            Box::pin(async move { c.associated(Kind::Contact, &known().0, Kind::Company).await.map(drop) })
        }),
        ("tickets", |c| {
            Box::pin(async move { c.associate((Kind::Ticket, &id().0), (Kind::Contact, &known().0)).await })
        }),
        ("crm.objects.deals.read", |c| {
            let ids = KNOWN_DEALS.map(|id| id.to_string());
            Box::pin(async move { c.records(Kind::Deal, &ids, &["amount"]).await.map(drop) })
        }),
        ("conversations.read", |c| Box::pin(async move { c.threads_of_ticket(&id()).await.map(drop) })),
    ]
}

#[tokio::test(start_paused = true)]
async fn every_call_fails_in_every_way() {
    let status = |code, body, acted| Effect::Status { code, body, retry_after: None, acted };
    let again = Class::Retry { after: None };
    let rejected = Class::Permanent { reason: Reason::RejectedByHubspot };
    let rows = [
        (status(400, BodyKind::Standard, false), rejected, Happened::NotSent),
        (
            status(429, BodyKind::TenSecondly, false),
            Class::Retry { after: Some(Duration::from_secs(10)) },
            Happened::NotSent,
        ),
        (status(409, BodyKind::Standard, false), Class::Conflict { existing: None }, Happened::NotSent),
        (status(502, BodyKind::Html, false), again.clone(), Happened::Unclear),
        (status(500, BodyKind::Standard, true), again.clone(), Happened::Unclear),
        (Effect::Refuse, again.clone(), Happened::NotSent),
        (Effect::CutBefore, again.clone(), Happened::Unclear),
        (Effect::CutAfter, again, Happened::Unclear),
    ];
    for (number, (scope, call)) in calls().into_iter().enumerate() {
        let desk = Desk::new();
        for (effect, class, happened) in rows.clone() {
            let name = format!("call {number} under {effect:?}");
            desk.add_fault(Fault { method: None, ..Fault::times(1, "", ANY, effect.clone()) });
            let error = call(desk.client.clone()).await.unwrap_err();
            assert_eq!((&error.class, error.effect), (&class, happened), "{name}: {error}");
            assert!(error.bad_properties.is_empty() && !error.to_string().contains('@'), "{name}: {error}");
        }
        desk.portal.set_scope(scope, false);
        let error = call(desk.client.clone()).await.unwrap_err();
        // Without the right to read conversations nothing works at all.
        let class = if scope == "conversations.read" {
            Class::Hold { cause: "missing_scope", for_: None }
        } else {
            Class::Permanent { reason: Reason::MissingScope }
        };
        assert_eq!(error.class, class, "call {number}");
        assert!(error.detail.contains(scope), "call {number}: {error}");
    }
}

fn tickets(desk: &Desk) -> usize {
    desk.portal.snapshot()["tickets"].as_array().unwrap().len()
}

/// Why a 5xx or a cut on a create is unclear: it may be there all the same.
#[tokio::test(start_paused = true)]
async fn a_create_may_have_acted() {
    for (effect, made) in [
        (Effect::CutBefore, 0),
        (Effect::CutAfter, 1),
        (Effect::Timeout { acted: true }, 1),
        (Effect::Status { code: 504, body: BodyKind::Html, retry_after: None, acted: true }, 1),
    ] {
        let desk = Desk::new();
        let before = tickets(&desk);
        desk.add_fault(Fault::times(1, "POST", ANY, effect.clone()));
        let error = desk.client.create_ticket(&ticket(), None, None).await.unwrap_err();
        assert_eq!((error.effect, tickets(&desk) - before), (Happened::Unclear, made), "{effect:?}");
    }
}
