//! What people do in one seed: customers who keep typing, reps who take over and give back, bots, tickets.

use std::time::Duration;

use hubspot_bridge::domain::ThreadId;
use hubspot_bridge::sandbox::portal::Portal;
use hubspot_bridge::sandbox::portal::people::{Customer, Email};

use super::draw::Draw;

/// Plays one conversation; returns when its people have said all they wanted.
pub async fn conversation(portal: Portal, mut draw: Draw, number: u64, humans: bool) {
    pause(&mut draw, 20_000).await;
    let thread = begin(&portal, &mut draw, number);
    let seed = portal.seed();
    let (ai, rep) = (seed.ai.actor(), seed.reps[0].actor());
    for turn in 0..draw.between(2, 9) {
        pause(&mut draw, 40_000).await;
        match draw.below(if humans { 14 } else { 5 }) {
            0..=3 => burst(&portal, &mut draw, &thread, turn).await,
            4 => drop(portal.bot_says(&thread, "I am a bot")),
            5 => drop(portal.rep_comments(&thread, &rep, "a note for the team")),
            6 | 7 => drop(portal.assign(&thread, Some(&rep), &rep)),
            8 => drop(portal.rep_replies(&thread, &rep, "a human answers")),
            9 => drop(portal.rep_replies_from_mailbox(&thread, &rep, "a human answers by mail")),
            10 | 11 => drop(portal.assign(&thread, Some(&ai), &rep)),
            12 => drop(portal.assign(&thread, None, &rep)),
            _ => drop(portal.set_closed(&thread, true, &rep)),
        }
    }
    // The last word is always a customer's: something is due at the end.
    pause(&mut draw, 40_000).await;
    burst(&portal, &mut draw, &thread, 99).await;
}

/// Changes the tickets of linked threads, in floods: no customer may notice.
pub async fn tickets(portal: Portal, mut draw: Draw) {
    let rep = portal.seed().reps[0].actor();
    let ticket = portal.create_ticket("A case", &rep).expect("a ticket");
    for _ in 0..draw.between(1, 4) {
        pause(&mut draw, 40_000).await;
        if let Some(thread) = portal.thread_views().first() {
            let _ = portal.link_ticket(&thread.id, &ticket);
        }
        for change in 0..draw.between(1, 30) {
            let value = if change % 2 == 0 { "HIGH" } else { "LOW" };
            let _ = portal.change_ticket(&ticket, "hs_ticket_priority", value, &rep);
        }
    }
}

fn begin(portal: &Portal, draw: &mut Draw, number: u64) -> ThreadId {
    let posted = if draw.percent(30) {
        portal.customer_emails(&Email {
            from: format!("customer{number}@elsewhere.example"),
            name: None,
            subject: "A question".into(),
            text: format!("first question {number}"),
            quoted: draw.percent(30).then(|| "> quoted before".into()),
            account: None,
            thread: None,
        })
    } else {
        portal.customer_chats(&Customer::default(), None, &format!("first question {number}"))
    };
    posted.expect("a thread begins").thread
}

async fn burst(portal: &Portal, draw: &mut Draw, thread: &ThreadId, turn: u64) {
    for word in 0..draw.between(1, 3) {
        let _ = portal.customer_chats(&Customer::default(), Some(thread), &format!("question {turn}.{word}"));
        tokio::time::sleep(Duration::from_millis(draw.below(2_500))).await;
    }
}

async fn pause(draw: &mut Draw, up_to_ms: u64) {
    tokio::time::sleep(Duration::from_millis(draw.below(up_to_ms))).await;
}
