//! The thread, its owner, its newest messages, its channel, and what the bridge would do in it.

use super::super::mask;
use super::{ASK_AGAIN, PATIENCE, sentence};
use crate::doctor::Line;
use crate::domain::{ActorId, Mode, Reason, Session, SessionState, Thread, ThreadId};
use crate::filters::message::Verdict;
use crate::filters::place;
use crate::handlers::Context;
use crate::handlers::conversation::look::{self, Look, Would};

/// The thread itself; with it, if it can be looked at further.
pub(super) async fn read(cx: &Context, id: &ThreadId) -> (Line, Option<Thread>) {
    match look::thread(&cx.hubspot.within(PATIENCE), id).await {
        Ok(Some(thread)) => (state(&thread), Some(thread)),
        Ok(None) => {
            let fix = "Nothing to do: a deleted conversation cannot be answered.";
            (Line::failed("thread", format!("HubSpot has no thread {id}."), fix), None)
        }
        Err(stop) => (Line::failed("thread", sentence("The thread could not be read", &stop), ASK_AGAIN), None),
    }
}

fn state(thread: &Thread) -> Line {
    let id = &thread.id;
    if thread.archived {
        return Line::warning("thread", format!("Thread {id} is in the trash."), Reason::ThreadArchived.fix());
    }
    if thread.spam {
        return Line::warning("thread", format!("Thread {id} is marked as spam."), Reason::ThreadArchived.fix());
    }
    let state = if thread.closed { "closed; a message of the customer opens it again" } else { "open" };
    let inbox = thread.inbox_id.as_ref().map(|inbox| format!(", in inbox {inbox}")).unwrap_or_default();
    Line::ok("thread", format!("Thread {id} is {state}{inbox}."))
}

/// Everything else about the thread.
pub(super) async fn lines(cx: &Context, thread: Thread, session: Option<Session>) -> Vec<Line> {
    let mut lines = vec![owner(cx, &thread).await];
    let (client, archived) = (cx.hubspot.within(PATIENCE), thread.archived);
    let owned = thread.assigned_to.is_some();
    let state = session.as_ref().map(|session| session.state);
    match Look::at(cx, &client, thread, session).await {
        Ok(look) => {
            // HubSpot does not show the messages of a thread in the trash.
            if archived {
                lines.push(Line::ok("messages", "Not looked at: the thread is in the trash."));
            } else {
                lines.push(last_message(&look));
                lines.push(last_of_rep(&look));
                lines.push(channel(cx, &look).await);
            }
            lines.push(next_message(look.would(cx), state, owned));
        }
        Err(stop) => {
            lines.push(Line::failed("messages", sentence("The messages could not be read", &stop), ASK_AGAIN));
        }
    }
    lines
}

/// Who it is; what that means is said of the next message.
async fn owner(cx: &Context, thread: &Thread) -> Line {
    let seen = match &thread.assigned_to {
        None => "Nobody owns it.".to_owned(),
        Some(owner) if *owner == cx.settings.ai_user_id => format!("The AI user ({owner}) owns it."),
        Some(owner) => format!("{} owns it.", name(cx, owner).await),
    };
    Line::ok("owner", seen)
}

/// A rep's name, or the actor id where HubSpot tells none.
async fn name(cx: &Context, actor: &ActorId) -> String {
    let found = cx.hubspot.within(PATIENCE).actor(actor).await.ok().and_then(|actor| actor.name);
    // A user without a name is shown by the address, which has no place here.
    let named = found.filter(|name| !name.contains('@')).map(|name| format!("{name} ({})", mask::of(actor)));
    named.unwrap_or_else(|| mask::of(actor).to_owned())
}

fn last_message(look: &Look) -> Line {
    let Some((message, verdict)) = look.last_message() else {
        return Line::ok("last message", "Nobody wrote in it lately.");
    };
    let who = match verdict {
        Verdict::Customer => "The customer",
        Verdict::Rep(_) => "A rep",
        Verdict::Skip(Reason::OwnMessage) => "The bridge",
        Verdict::Skip(Reason::AutoReply) => "An automatic reply",
        Verdict::Skip(Reason::SenderIsBot | Reason::AiMarker) => "A bot or another AI",
        Verdict::Skip(_) => "Somebody of the team",
    };
    let seen = format!("{who} wrote last, at {} (message {}).", message.created_at, message.id);
    if message.status.as_deref() == Some("FAILED") {
        let seen = format!("{seen} HubSpot could not deliver it.");
        return Line::failed("last message", seen, Reason::DeliveryFailed.fix());
    }
    Line::ok("last message", seen)
}

fn last_of_rep(look: &Look) -> Line {
    match look.last_of_rep() {
        None => Line::ok("rep", "No rep wrote in it lately."),
        Some((message, true)) => Line::ok(
            "rep",
            format!("A rep's last words, at {}, are public: the customer sees them.", message.created_at),
        ),
        Some((message, false)) => Line::warning(
            "rep",
            format!(
                "A rep's last words, at {}, are an internal comment: the customer does not see them.",
                message.created_at
            ),
            "If they were meant for the customer, send them as a message.",
        ),
    }
}

/// Could the reply that the bridge would make be sent?
async fn channel(cx: &Context, look: &Look) -> Line {
    let (Some(channel), Some(message)) = (look.channel(), look.last_of_customer()) else {
        return Line::ok("channel", "The customer wrote nothing that could be answered.");
    };
    let word = channel.as_str();
    if !place::can_send(channel) {
        let seen = format!("The conversation is on {word}. {}", Reason::ChannelCannotSend.sentence());
        return Line::failed("channel", seen, Reason::ChannelCannotSend.fix());
    }
    if !look.can_be_answered(cx) {
        let seen = format!("HubSpot does not say how the customer's last message, on {word}, could be answered.");
        return Line::failed("channel", seen, "Answer from HubSpot.");
    }
    let id = message.channel_account_id.as_deref().unwrap_or_default();
    match cx.hubspot.within(PATIENCE).channel_accounts().await {
        Err(error) => Line::failed("channel", sentence("The channel accounts could not be read", &error), ASK_AGAIN),
        Ok(accounts) => match accounts.iter().find(|account| account.id == id) {
            Some(account) if account.active && account.authorized => {
                Line::ok("channel", format!("A reply can be sent on {word} (channel account {id})."))
            }
            Some(account) => {
                let what = if account.active { "not connected any more" } else { "switched off" };
                let seen = format!("The channel account {id} ({word}) is {what}.");
                Line::failed("channel", seen, "Connect it again in HubSpot's inbox settings, or answer another way.")
            }
            None => {
                let seen = format!("HubSpot has no channel account {id} ({word}) any more.");
                Line::failed("channel", seen, "Answer from HubSpot on another channel.")
            }
        },
    }
}

/// `owned`: somebody owns the thread.
fn next_message(would: Would, state: Option<SessionState>, owned: bool) -> Line {
    let check = "next message";
    match would {
        Would::Answer(Mode::Autopilot) => Line::ok(check, "A message of the customer would be answered by the AI now."),
        Would::Answer(Mode::Assist) => Line::ok(
            check,
            "For a message of the customer the reps would get the AI's draft as a comment (assist mode).",
        ),
        Would::LeaveAlone(reason) => {
            let by_owner = reason == Reason::NotAiOwned;
            let reason = of_session(reason, state);
            let seen = format!("A message of the customer would be left alone ({reason}). {}", reason.sentence());
            if matches!(reason, Reason::SessionHandedOff | Reason::SessionPaused) {
                let fix = match (by_owner, reason) {
                    (true, Reason::SessionPaused) => "Assign it to the AI user in HubSpot, and resume the AI.",
                    (true, _) => "Assign it to the AI user in HubSpot.",
                    (false, reason) => reason.fix(),
                };
                return Line::ok(check, format!("{seen} If the AI is to answer again: {fix}"));
            }
            let fix = match (reason, owned) {
                (Reason::NotAiOwned, true) => "Assign it to the AI user in HubSpot if the AI should answer.",
                (reason, _) => reason.fix(),
            };
            Line::warning(check, seen, fix)
        }
        Would::HandOver(reason) => {
            let seen = format!("A message of the customer would go to a human ({reason}). {}", reason.sentence());
            Line::warning(check, seen, reason.fix())
        }
    }
}

/// A handoff assigns the thread to a human, a pause may come to one that has it: the owner is what follows from them.
fn of_session(reason: Reason, state: Option<SessionState>) -> Reason {
    match (reason, state) {
        (Reason::NotAiOwned, Some(SessionState::HandedOff)) => Reason::SessionHandedOff,
        (Reason::NotAiOwned, Some(SessionState::Paused)) => Reason::SessionPaused,
        (reason, _) => reason,
    }
}
