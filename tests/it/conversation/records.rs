//! What a handoff leaves in the CRM: one contact, one ticket, joined to each other and to the thread, whatever happens
//! in between.

mod notes;

use std::time::Duration;

use hubspot_bridge::agents::{Answer, Decision};
use hubspot_bridge::config::{Guarantee, HandoffWords, Route};
use hubspot_bridge::domain::TicketId;
use hubspot_bridge::sandbox::portal::people::{Customer, Posted};
use hubspot_bridge::sandbox::portal::seed::HELP_DESK_ACCOUNT;
use hubspot_bridge::sandbox::portal::{BodyKind, Effect};
use serde_json::Value;

use super::agent::Move;
use super::house::{House, acme, mail};
use super::record;

const CONTACTS: &str = "/crm/v3/objects/contacts";
const TICKETS: &str = "/crm/v3/objects/tickets";
const SEARCH: &str = "/crm/v3/objects/tickets/search";

fn status(code: u16, acted: bool) -> Effect {
    Effect::Status { code, body: BodyKind::Standard, retry_after: None, acted }
}

impl House {
    /// A mail of somebody HubSpot has no contact of; the agent will hand it off.
    async fn stranger_asks(&mut self) -> (Posted, String) {
        for number in 0..50 {
            let address = format!("stranger{number}@elsewhere.example");
            let posted = self.mail(&address, "A broken vase", "A person, please");
            if self.contacts(&address) == 0 {
                self.agent.hands_off(None);
                return (posted, address);
            }
            self.until_quiet().await;
        }
        panic!("HubSpot has a contact of everybody");
    }

    fn contacts(&self, email: &str) -> usize {
        let snapshot = self.portal.snapshot();
        let contacts = snapshot["contacts"].as_array().unwrap().iter();
        contacts.filter(|contact| contact["properties"]["email"] == email).count()
    }

    /// Tickets the bridge made, oldest first.
    fn tickets_made(&self) -> Vec<Value> {
        let snapshot = self.portal.snapshot();
        let tickets = snapshot["tickets"].as_array().unwrap().iter();
        let ours = |ticket: &&Value| {
            ticket["properties"]["content"].as_str().is_some_and(|text| text.contains("[hubspot-bridge acme/"))
        };
        tickets.filter(ours).cloned().collect()
    }

    /// The properties of a ticket.
    fn ticket_properties(&self, id: &Value) -> Value {
        let snapshot = self.portal.snapshot();
        let tickets = snapshot["tickets"].as_array().unwrap().iter();
        tickets.filter(|ticket| ticket["id"] == *id).map(|ticket| ticket["properties"].clone()).next().unwrap()
    }

    async fn assert_handed_over_once(&mut self, asked: &Posted, email: &str) {
        self.until_quiet().await;
        self.run_for(Duration::from_mins(5)).await;
        self.until_quiet().await;
        assert_eq!(self.outcome(&asked.message).await, "handed_off");
        assert_eq!(self.contacts(email), 1, "one contact");
        assert_eq!(self.tickets_made().len(), 1, "one ticket");
        assert_eq!(self.comments(&asked.thread).len(), 1, "one comment");
        assert_eq!(self.owner(&asked.thread), Some(self.default_user().to_string()));
        let items = record::thread(&self.portal, &asked.thread)["messages"].as_array().unwrap().clone();
        let assignments = items.iter().filter(|item| item["type"] == "ASSIGNMENT").count();
        assert_eq!(assignments, 1, "one assignment");
        let session = self.session(&asked.thread).await.unwrap();
        assert_eq!(session.ticket_id, Some(TicketId::from(self.tickets_made()[0]["id"].as_str().unwrap())));
        assert!(session.contact_id.is_some());
    }
}

#[tokio::test(start_paused = true)]
async fn contact_ticket_comment_and_owner_each_once() {
    let mut house = House::new().await;
    let (asked, address) = house.stranger_asks().await;
    house.assert_handed_over_once(&asked, &address).await;
    let ticket = house.tickets_made().remove(0);
    let properties = &ticket["properties"];
    assert_eq!(properties["subject"], "A broken vase");
    assert_eq!(properties["hs_pipeline"], "0");
    assert_eq!(properties["hs_pipeline_stage"], "1");
    assert_eq!(properties["hs_ticket_priority"], "HIGH", "an angry customer");
    assert_eq!(properties["opencx_tags"], "opencx_handedoff");
    let content = properties["content"].as_str().unwrap();
    assert!(content.starts_with("The parcel is late."), "the summary first: {content}");
    assert!(content.contains("A person, please"), "then what was said: {content}");
    let shown = record::thread(&house.portal, &asked.thread);
    assert_eq!(shown["threadAssociations"]["associatedTicketId"], ticket["id"], "the thread's ticket");
    assert!(house.comments(&asked.thread)[0].contains(&format!("Ticket: {}", ticket["id"].as_str().unwrap())));
}

#[tokio::test(start_paused = true)]
async fn a_crash_in_any_step_ends_with_one_of_each() {
    for (method, route) in
        [("POST", CONTACTS), ("POST", TICKETS), ("POST", record::MESSAGES), ("PUT", record::ASSIGNEE)]
    {
        for acted in [false, true] {
            let mut house = House::new().await;
            let (asked, address) = house.stranger_asks().await;
            let before = house.portal.snapshot()["calls"].as_array().unwrap().len();
            house.fault(1, method, route, Effect::Timeout { acted });
            let end = route.rsplit('/').next().unwrap().to_owned();
            house
                .run_until("the call", |h| {
                    let calls = h.portal.snapshot()["calls"].as_array().unwrap().clone();
                    let called =
                        |call: &Value| call["method"] == method && call["path"].as_str().unwrap().ends_with(&end);
                    calls.iter().skip(before).any(called)
                })
                .await;
            house.crash_and_restart().await;
            house.assert_handed_over_once(&asked, &address).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_unclear_end_of_any_step_makes_no_second_one() {
    for (method, route) in
        [("POST", CONTACTS), ("POST", TICKETS), ("POST", record::MESSAGES), ("PUT", record::ASSIGNEE)]
    {
        for effect in [status(500, false), status(500, true), Effect::CutAfter, Effect::CutBefore, Effect::Refuse] {
            let mut house = House::new().await;
            let (asked, address) = house.stranger_asks().await;
            house.fault(1, method, route, effect);
            house.assert_handed_over_once(&asked, &address).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn limits_and_locks_are_waited_for() {
    for (method, route) in [("GET", "/crm/v3/objects/contacts/*"), ("POST", CONTACTS), ("POST", TICKETS)] {
        for body in [BodyKind::TenSecondly, BodyKind::Secondly] {
            let mut house = House::new().await;
            let (asked, address) = house.stranger_asks().await;
            house.fault(2, method, route, Effect::Status { code: 429, body, retry_after: None, acted: false });
            house.assert_handed_over_once(&asked, &address).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_tickets_of_the_help_desk_is_reused_and_tagged() {
    let mut house = House::new().await;
    let mut letter = mail("carla@elsewhere.example", "My order", "A person, please");
    letter.account = Some(HELP_DESK_ACCOUNT.to_owned());
    house.agent.hands_off(None);
    let asked = house.portal.customer_emails(&letter).unwrap();
    house.until_quiet().await;
    assert_eq!(house.outcome(&asked.message).await, "handed_off");
    assert!(house.tickets_made().is_empty(), "no second ticket");
    let ticket = record::thread(&house.portal, &asked.thread)["threadAssociations"]["associatedTicketId"].clone();
    let session = house.session(&asked.thread).await.unwrap();
    assert_eq!(session.ticket_id.unwrap().as_str(), ticket.as_str().unwrap());
    assert_eq!(house.ticket_properties(&ticket)["opencx_tags"], "opencx_handedoff", "tagged by its own mailbox");
}

#[tokio::test(start_paused = true)]
async fn a_ticket_hubspot_makes_while_ours_is_refused_is_the_one() {
    let mut house = House::new().await;
    let (asked, _) = house.stranger_asks().await;
    house.fault(
        1,
        "POST",
        TICKETS,
        Effect::Status { code: 429, body: BodyKind::TenSecondly, retry_after: None, acted: false },
    );
    house.run_until("the refusal", |h| record::calls(&h.portal, "POST", TICKETS) == 1).await;
    let ticket = house.portal.create_ticket("Made by a workflow", &house.rep()).unwrap();
    house.portal.link_ticket(&asked.thread, &ticket).unwrap();
    house.until_quiet().await;
    assert!(house.tickets_made().is_empty(), "no second one beside it");
    assert_eq!(house.session(&asked.thread).await.unwrap().ticket_id, Some(ticket.clone()));
    assert_eq!(house.ticket_properties(&Value::from(ticket.as_str()))["opencx_tags"], "opencx_handedoff");
}

#[tokio::test(start_paused = true)]
async fn handed_off_again_the_ticket_is_the_same() {
    let mut house = House::new().await;
    let (asked, _) = house.stranger_asks().await;
    house.until_quiet().await;
    house.operator(&asked.thread, "resume").await;
    house.assign(&asked.thread, Some(&house.ai()));
    house.until_quiet().await;
    house.agent.hands_off(None);
    let mut again = mail("stranger0@elsewhere.example", "A broken vase", "A person once more, please");
    again.thread = Some(asked.thread.0.clone());
    let again = house.portal.customer_emails(&again).unwrap();
    house.until_quiet().await;
    assert_eq!(house.outcome(&again.message).await, "handed_off");
    assert_eq!(house.tickets_made().len(), 1);
    assert_eq!(house.comments(&asked.thread).len(), 2, "a comment for each handoff");
}

#[tokio::test(start_paused = true)]
async fn rules_say_who_gets_it_and_what_the_customer_is_told() {
    let mut house = House::with(|config| {
        let acme = acme(config);
        acme.routing = vec![Route {
            name: "angry germans".to_owned(),
            topics: vec![],
            channels: vec![],
            languages: vec!["de".to_owned()],
            sentiments: vec!["angry".to_owned()],
            custom_data: [("order".to_owned(), "7".to_owned())].into(),
            hours: None,
            assign_to: "A-70000002".into(),
        }];
        acme.handoff_words = vec![
            HandoffWords { language: None, text: "A colleague answers.".to_owned(), hours: None, outside_hours: None },
            HandoffWords {
                language: Some("de".to_owned()),
                text: "Wir sind da.".to_owned(),
                hours: None,
                outside_hours: None,
            },
        ];
    })
    .await;
    house.agent.next(Move::Say(Answer {
        decision: Decision::Handoff { words: Some("Einen Moment.".to_owned()), reason: "wants a person".to_owned() },
        sentiment: Some("angry".to_owned()),
        language: Some("de-AT".to_owned()),
        summary: None,
        custom_data: [("order".to_owned(), "7".to_owned())].into(),
    }));
    let asked = house.chat("Ein Mensch, bitte");
    house.until_quiet().await;
    assert_eq!(house.owner(&asked.thread).as_deref(), Some("A-70000002"), "by what came with this very answer");
    assert_eq!(house.public_posts(&asked.thread), ["Einen Moment.\n\nWir sind da."], "one message");
}

#[tokio::test(start_paused = true)]
async fn a_contact_that_cannot_be_made_does_not_hold_up_the_rest() {
    let mut house = House::new().await;
    house.portal.set_scope("crm.objects.contacts.write", false);
    let (asked, address) = house.stranger_asks().await;
    house.until_quiet().await;
    assert_eq!(house.outcome(&asked.message).await, "handed_off");
    assert_eq!(house.contacts(&address), 0);
    assert_eq!(house.tickets_made().len(), 1);
    let event = house.event(&asked.message).await;
    let detail = event.detail.unwrap();
    assert!(detail.contains("contact: ") && detail.contains("crm.objects.contacts.write"), "{detail}");
    let comment = house.comments(&asked.thread).remove(0);
    assert!(comment.contains("Not done: contact: "), "{comment}");
    assert_eq!(house.owner(&asked.thread), Some(house.default_user().to_string()));
}

#[tokio::test(start_paused = true)]
async fn a_visitor_without_an_address_gets_a_ticket_without_a_contact() {
    let mut house = House::new().await;
    house.agent.hands_off(None);
    let asked = house.portal.customer_chats(&Customer::default(), None, "A person, please").unwrap();
    let before = house.portal.snapshot()["contacts"].as_array().unwrap().len();
    house.until_quiet().await;
    assert_eq!(house.outcome(&asked.message).await, "handed_off");
    assert_eq!(house.portal.snapshot()["contacts"].as_array().unwrap().len(), before);
    assert_eq!(house.tickets_made().len(), 1);
    assert!(house.event(&asked.message).await.detail.unwrap().contains("no e-mail address"));
}

#[tokio::test(start_paused = true)]
async fn without_the_tickets_scope_the_rest_is_done() {
    let mut house = House::new().await;
    house.portal.set_scope("tickets", false);
    let (asked, _) = house.stranger_asks().await;
    house.until_quiet().await;
    assert_eq!(house.outcome(&asked.message).await, "handed_off");
    assert!(house.tickets_made().is_empty());
    assert_eq!(house.comments(&asked.thread).len(), 1);
    assert_eq!(house.owner(&asked.thread), Some(house.default_user().to_string()));
    assert!(house.event(&asked.message).await.detail.unwrap().contains("ticket: "));
}

#[tokio::test(start_paused = true)]
async fn a_crm_in_trouble_for_long_does_not_keep_the_customer_waiting() {
    let mut house = House::new().await;
    let (asked, _) = house.stranger_asks().await;
    house.fault(1_000, "POST", TICKETS, status(503, false));
    house.fault(1_000, "GET", "/crm/v3/objects/contacts/*", status(503, false));
    house.until_quiet().await;
    assert_eq!(house.outcome(&asked.message).await, "handed_off");
    assert_eq!(house.comments(&asked.thread).len(), 1);
    assert_eq!(house.owner(&asked.thread), Some(house.default_user().to_string()));
}

#[tokio::test(start_paused = true)]
async fn a_property_that_does_not_exist_is_left_out_and_named() {
    let mut house = House::with(|config| {
        let ticketing = &mut acme(config).ticketing;
        "no_such_tags".clone_into(&mut ticketing.tag_property);
    })
    .await;
    let (asked, address) = house.stranger_asks().await;
    house.assert_handed_over_once(&asked, &address).await;
    let detail = house.event(&asked.message).await.detail.unwrap();
    assert!(detail.contains("no_such_tags"), "{detail}");
}

#[tokio::test(start_paused = true)]
async fn a_stage_that_does_not_exist_is_named_with_its_setting() {
    let mut house = House::with(|config| "no-such-stage".clone_into(&mut acme(config).ticketing.stage)).await;
    let (asked, _) = house.stranger_asks().await;
    house.until_quiet().await;
    assert_eq!(house.outcome(&asked.message).await, "handed_off");
    assert!(house.tickets_made().is_empty());
    let detail = house.event(&asked.message).await.detail.unwrap();
    assert!(detail.contains("ticketing.stage"), "{detail}");
}

#[tokio::test(start_paused = true)]
async fn a_thread_that_cannot_be_assigned_gives_its_ticket_an_owner() {
    let mut house = House::new().await;
    let (asked, _) = house.stranger_asks().await;
    house.fault(1_000, "PUT", record::ASSIGNEE, status(405, false));
    house.until_quiet().await;
    assert_eq!(house.outcome(&asked.message).await, "handed_off");
    let detail = house.event(&asked.message).await.detail.unwrap();
    assert!(detail.contains("the ticket's owner is set instead"), "{detail}");
    let owner = house.portal.seed().reps[1].owner_id.to_string();
    let ticket = house.tickets_made().remove(0);
    assert_eq!(house.ticket_properties(&ticket["id"])["hubspot_owner_id"], owner.as_str());
}

#[tokio::test(start_paused = true)]
async fn without_ticketing_nothing_is_made_but_the_handoff_goes_on() {
    let mut house = House::with(|config| acme(config).ticketing.enabled = false).await;
    let (asked, address) = house.stranger_asks().await;
    house.until_quiet().await;
    assert_eq!(house.outcome(&asked.message).await, "handed_off");
    assert!(house.tickets_made().is_empty());
    assert_eq!(house.contacts(&address), 1, "the contact is no ticket");
}

#[tokio::test(start_paused = true)]
async fn a_search_that_fails_after_an_unclear_end_makes_no_second_ticket() {
    let mut house = House::new().await;
    let (asked, _) = house.stranger_asks().await;
    house.fault(1, "POST", TICKETS, Effect::CutBefore);
    house.fault(1_000, "POST", SEARCH, status(403, false));
    house.until_quiet().await;
    assert_eq!(house.outcome(&asked.message).await, "handed_off");
    assert!(house.tickets_made().is_empty());
    assert!(house.event(&asked.message).await.detail.unwrap().contains("no second one is made"));
}

#[tokio::test(start_paused = true)]
async fn at_most_once_leaves_an_unclear_ticket_at_that() {
    let mut house = House::with(|config| config.delivery.guarantee = Guarantee::AtMostOnce).await;
    let (asked, _) = house.stranger_asks().await;
    house.fault(1, "POST", TICKETS, Effect::CutAfter);
    house.until_quiet().await;
    assert_eq!(house.outcome(&asked.message).await, "handed_off");
    assert_eq!(house.tickets_made().len(), 1);
    assert_eq!(record::calls(&house.portal, "POST", TICKETS), 1);
}

#[tokio::test(start_paused = true)]
async fn a_ticket_that_is_gone_when_it_is_looked_for_does_not_end_the_handoff() {
    let mut house = House::new().await;
    let (asked, _) = house.stranger_asks().await;
    house.fault(1, "POST", TICKETS, Effect::CutBefore);
    house.run_until("the cut", |h| record::calls(&h.portal, "POST", TICKETS) == 1).await;
    let other = house.portal.create_ticket("Soon deleted", &house.rep()).unwrap();
    house.portal.link_ticket(&asked.thread, &other).unwrap();
    house.fault(1_000, "GET", "/crm/v3/objects/tickets/*", status(404, false));
    house.until_quiet().await;
    assert_eq!(house.outcome(&asked.message).await, "handed_off");
    assert_eq!(house.comments(&asked.thread).len(), 1, "the rest is done");
}

#[tokio::test(start_paused = true)]
async fn an_assignment_that_was_made_unheard_is_not_made_again_when_a_rep_gives_it_up() {
    for effect in [status(504, true), Effect::CutAfter] {
        let mut house = House::new().await;
        house.agent.hands_off(None);
        let asked = house.chat("A person, please");
        house.fault(1, "PUT", record::ASSIGNEE, effect);
        house.run_until("the assignment", |h| record::calls(&h.portal, "PUT", "/assignee") == 1).await;
        house.assign(&asked.thread, None);
        house.until_quiet().await;
        assert_eq!(house.outcome(&asked.message).await, "handed_off");
        assert_eq!(house.owner(&asked.thread), None, "the rep's word counts");
        assert_eq!(record::by_us(&house.portal, &asked.thread, "ASSIGNMENT").len(), 1);
    }
}
