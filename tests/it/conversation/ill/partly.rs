//! What ails a part of HubSpot alone: the CRM, everything that writes, one object. Nobody else waits for it.

use std::time::Duration;

use hubspot_bridge::domain::{Object, TicketId};
use hubspot_bridge::sandbox::portal::people::Posted;
use hubspot_bridge::sandbox::portal::{BodyKind, Effect, Fault};

use super::super::house::{House, acme};
use super::{cause, chat, fault, on_conversations, status};

#[tokio::test(start_paused = true)]
async fn one_poisoned_thread_holds_nobody_else_up() {
    let mut house = House::with(|config| acme(config).ticketing.enabled = false).await;
    let poisoned = chat(&house, 0);
    house.portal.add_fault(fault(
        &format!("/conversations/v3/conversations/threads/{}/**", poisoned.thread),
        status(500, BodyKind::Standard, None),
    ));
    house.portal.add_fault(fault(
        &format!("/conversations/v3/conversations/threads/{}", poisoned.thread),
        status(500, BodyKind::Standard, None),
    ));
    for who in 1..40 {
        let asked = chat(&house, who);
        house.run_for(Duration::from_mins(2)).await;
        assert_eq!(cause(&house).await, None);
        assert_eq!(house.outcome(&asked.message).await, "replied");
    }
    house.until_quiet().await;
    assert_eq!(house.outcome(&poisoned.message).await, "dead/attempts_exhausted");
}

/// So many tickets of sessions, whose changes are of interest.
async fn tickets(house: &mut House, count: usize) -> Vec<TicketId> {
    let mut tickets = Vec::new();
    for who in 0..count {
        house.agent.hands_off(None);
        let first = chat(house, who);
        house.until_quiet().await;
        tickets.push(house.session(&first.thread).await.unwrap().ticket_id.expect("a ticket was made"));
    }
    tickets
}

fn change(house: &House, ticket: &TicketId, value: &str) {
    house.portal.change_ticket(ticket, "hs_ticket_priority", value, &house.rep()).unwrap();
}

/// How the events of a ticket ended, and the counted attempts of its mailbox.
async fn of_ticket(house: &House, ticket: &TicketId) -> (Vec<String>, u32) {
    let ended = house.outcomes_of(Object::Ticket(ticket.clone())).await;
    let found = house.life().ledger.find(ticket.as_str()).await.unwrap();
    let mailbox = found.mailboxes.iter().find(|mailbox| mailbox.key.object == Object::Ticket(ticket.clone()));
    (ended, mailbox.unwrap().attempts)
}

#[tokio::test(start_paused = true)]
async fn an_outage_of_the_crm_costs_tickets_no_attempts_and_holds_no_conversation() {
    for count in [1, 3] {
        let mut house = House::new().await;
        let tickets = tickets(&mut house, count).await;
        // The successes of a moment ago would make it each ticket's own failure.
        house.run_for(Duration::from_secs(30)).await;
        house.portal.add_fault(fault("/crm/**", status(500, BodyKind::Standard, None)));
        for value in ["LOW", "HIGH"] {
            for ticket in &tickets {
                change(&house, ticket, value);
            }
            house.run_for(Duration::from_secs(20)).await;
        }
        let asked = chat(&house, 9);
        house.run_for(Duration::from_hours(3)).await;
        assert_eq!(house.outcome(&asked.message).await, "replied");
        assert_eq!(cause(&house).await, None);
        for ticket in &tickets {
            let (ended, attempts) = of_ticket(&house, ticket).await;
            assert_eq!(attempts, 0, "{count} tickets: {ended:?}");
            assert!(ended.last().unwrap().ends_with("pending"), "{ended:?}");
        }
        house.portal.clear_faults();
        house.run_for(Duration::from_mins(2)).await;
        for ticket in &tickets {
            let (ended, _) = of_ticket(&house, ticket).await;
            assert!(ended.last().unwrap().ends_with("property_synced"), "{count} tickets: {ended:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn one_poisoned_ticket_uses_up_its_attempts() {
    let mut house = House::with(|config| config.delivery.max_attempts = 5).await;
    let tickets = tickets(&mut house, 2).await;
    let route = format!("/crm/v3/objects/tickets/{}", tickets[0]);
    house.portal.add_fault(fault(&route, status(500, BodyKind::Standard, None)));
    change(&house, &tickets[0], "LOW");
    for round in 0..20 {
        change(&house, &tickets[1], ["LOW", "HIGH"][round % 2]);
        house.run_for(Duration::from_mins(2)).await;
    }
    let (ended, _) = of_ticket(&house, &tickets[0]).await;
    assert!(ended.last().unwrap().ends_with("dead/attempts_exhausted"), "{ended:?}");
}

#[tokio::test(start_paused = true)]
async fn an_outage_of_writes_alone_costs_no_attempts() {
    for effect in [status(500, BodyKind::Standard, None), Effect::Timeout { acted: false }, Effect::Refuse] {
        let mut house = House::new().await;
        for method in ["POST", "PUT", "PATCH", "DELETE"] {
            house.portal.add_fault(Fault { method: Some(method.into()), ..on_conversations(effect.clone()) });
        }
        let asked: Vec<Posted> = (0..4).map(|who| chat(&house, who)).collect();
        house.run_for(Duration::from_mins(2)).await;
        let mut before = Vec::new();
        for posted in &asked {
            before.push(attempts(&house, posted).await);
        }
        house.run_for(Duration::from_mins(30)).await;
        assert_eq!(cause(&house).await, None, "reads go on");
        for (posted, before) in asked.iter().zip(before) {
            assert!(["pending", "running"].contains(&house.outcome(&posted.message).await.as_str()), "{effect:?}");
            assert_eq!(attempts(&house, posted).await, before, "{effect:?}: none once it is seen");
            assert!(before < 6, "{effect:?}");
        }
        house.portal.clear_faults();
        house.until_quiet().await;
        for posted in &asked {
            assert!(!house.outcome(&posted.message).await.starts_with("dead"), "{effect:?}");
        }
    }
}

async fn attempts(house: &House, posted: &Posted) -> u32 {
    house.life().ledger.find(posted.thread.as_str()).await.unwrap().mailboxes[0].attempts
}

#[tokio::test(start_paused = true)]
async fn a_thread_refused_as_if_the_connection_were_ill_holds_nobody_else_up() {
    for effect in [status(401, BodyKind::ExpiredToken, None), status(403, BodyKind::MissingScopes, None)] {
        let mut house = House::with(|config| {
            config.delivery.max_attempts = 5;
            acme(config).ticketing.enabled = false;
        })
        .await;
        let well = chat(&house, 0);
        house.run_for(Duration::from_secs(5)).await;
        assert_eq!(house.outcome(&well.message).await, "replied");
        let poisoned = chat(&house, 1);
        for rest in ["", "/**"] {
            let route = format!("/conversations/v3/conversations/threads/{}{rest}", poisoned.thread);
            house.portal.add_fault(fault(&route, effect.clone()));
        }
        for who in 2..14 {
            let asked = chat(&house, who);
            house.run_for(Duration::from_secs(8)).await;
            assert_eq!(cause(&house).await, None);
            assert_eq!(house.outcome(&asked.message).await, "replied", "{who}");
        }
        house.until_quiet().await;
        assert_eq!(house.outcome(&poisoned.message).await, "dead/attempts_exhausted");
    }
}

#[tokio::test(start_paused = true)]
async fn tickets_go_on_while_conversations_are_held() {
    let mut house = House::new().await;
    let tickets = tickets(&mut house, 1).await;
    house.run_for(Duration::from_mins(1)).await;
    house.portal.add_fault(on_conversations(status(500, BodyKind::Standard, None)));
    (10..20).for_each(|who| drop(chat(&house, who)));
    house.run_for(Duration::from_mins(3)).await;
    assert_eq!(cause(&house).await.as_deref(), Some("outage"));
    change(&house, &tickets[0], "LOW");
    house.run_for(Duration::from_secs(20)).await;
    let (ended, _) = of_ticket(&house, &tickets[0]).await;
    assert!(ended.last().unwrap().ends_with("property_synced"), "{ended:?}");
    assert_eq!(cause(&house).await.as_deref(), Some("outage"), "which says nothing of conversations");
}
