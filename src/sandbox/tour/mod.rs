//! The tour: a scripted day through the sandbox. Called by [`super::command`] with a fresh portal and a running bridge.
//!
//! Each step acts as people in HubSpot do (or pulls a plug), then judges by the portal's own record and by the bridge's
//! admin API, asked again until they agree or time is up: no step believes that waiting was enough.

mod crash;
mod customer;
mod handoff;
mod ledger;
mod rep;
mod stage;
mod ticket;

use std::future::Future;
use std::pin::Pin;

use tokio::time::Instant;

use self::stage::{Missed, Stage};
use super::agent::Assistant;
use super::command::{Bridge, Error, say};
use super::portal::Portal;

/// What one step saw, in words.
type Seen<'a> = Pin<Box<dyn Future<Output = Result<String, Missed>> + Send + 'a>>;

/// A title and what happens under it.
struct Step(&'static str, for<'a> fn(&'a mut Stage<'_>) -> Seen<'a>);

const DAY: &[Step] = &[
    Step("a customer's question is answered in the same thread", |stage| Box::pin(customer::question(stage))),
    Step("three messages in a row get one answer", |stage| Box::pin(customer::burst(stage))),
    Step("an e-mail is answered after its delay", |stage| Box::pin(customer::email(stage))),
    Step("an event that HubSpot delivers twice counts once", |stage| Box::pin(customer::duplicate(stage))),
    Step("a bot and an internal comment are left alone", |stage| Box::pin(rep::bystanders(stage))),
    Step("a rep takes over while the AI works on its answer", |stage| Box::pin(rep::takeover(stage))),
    Step("a customer who asks for a person gets one, and the rep a ticket", |stage| Box::pin(handoff::handoff(stage))),
    Step("the rep answers the customer, and the AI is silent", |stage| Box::pin(handoff::reply(stage))),
    Step("what reps write for each other stays with them", |stage| Box::pin(handoff::notes(stage))),
    Step("the AI comes back when it is given the conversation", |stage| Box::pin(handoff::resume(stage))),
    Step("a workflow silences the AI and lets it speak again", |stage| Box::pin(handoff::workflow(stage))),
    Step("an answer that HubSpot cannot deliver goes to a human", |stage| Box::pin(handoff::undelivered(stage))),
    Step("a ticket's property reaches the AI's session", |stage| Box::pin(ticket::to_session(stage))),
    Step("the session's data reaches the ticket, many changes at once", |stage| Box::pin(ticket::from_session(stage))),
    Step("killed after HubSpot took the reply: it is not posted twice", |stage| Box::pin(crash::killed(stage, true))),
    Step("killed before HubSpot got the reply: it is not lost", |stage| Box::pin(crash::killed(stage, false))),
    Step("told to stop, the bridge finishes what it has begun", |stage| Box::pin(crash::drained(stage))),
];

/// Plays the day with the agent the bridge asks (none: the built-in one); true when every step was seen. A step that was missed is told, and the day goes on.
pub async fn run(portal: &Portal, bridge: &mut Bridge, assistant: Option<Assistant>) -> Result<bool, Error> {
    let mut stage = Stage::new(portal, bridge, assistant);
    let began = Instant::now();
    let mut seen = 0;
    for (number, Step(title, play)) in (1..).zip(DAY) {
        let started = Instant::now();
        let played = match stage.settle_down().await {
            Ok(()) => play(&mut stage).await,
            Err(missed) => Err(missed),
        };
        let took = started.elapsed().as_secs_f64();
        seen += usize::from(played.is_ok());
        say(&told(number, title, took, &played))?;
        portal.clear_faults();
    }
    say(&format!("{:.0} s altogether", began.elapsed().as_secs_f64()))?;
    say(&format!("tour: {seen} of {} steps seen", DAY.len()))?;
    Ok(seen == DAY.len())
}

fn told(number: usize, title: &str, took: f64, played: &Result<String, Missed>) -> String {
    match played {
        Ok(seen) => format!("{number:>2}  seen    {took:>4.1} s  {title}\n{}\n", indented(seen)),
        Err(Missed { expected, seen }) => {
            let words = format!("expected: {expected}\nseen: {seen}");
            format!("{number:>2}  MISSED  {took:>4.1} s  {title}\n{}\n", indented(&words))
        }
    }
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("                    {line}")).collect::<Vec<_>>().join("\n")
}
