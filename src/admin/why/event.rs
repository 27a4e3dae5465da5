//! One event in words: how it came in, the runs it was part of, how it ended.

use super::{Line, mask, steps};
use crate::domain::{Event, EventId, EventKind, Outcome, Reason, Timestamp};
use crate::store::request::{self, Action, ActionKind, DeliveryCheck, HandoffRequest, TicketWrite};
use crate::store::types::{EventHistory, PastEnd, RunRecord};

/// `who` raised it, if somebody is known by name; `replays` were asked for by somebody whose words are told already.
pub(super) fn lines(history: &EventHistory, who: Option<&str>, replays: &[Timestamp]) -> Vec<Line> {
    let event = &history.event;
    let came_in = came_in(event);
    let named = who.and_then(|who| Some(format!("{who}{}", came_in.strip_prefix(OPERATOR)?)));
    let mut lines = vec![Line::new(event.received_at, named.unwrap_or(came_in))];
    for run in &history.runs {
        lines.extend(run_lines(run));
    }
    for PastEnd { finished_at, outcome, reason, detail, replayed_at } in &history.past_ends {
        lines.push(Line::new(*finished_at, ended(event.id, *outcome, *reason, detail.as_deref())));
        if !replays.contains(replayed_at) {
            lines.push(Line::new(*replayed_at, format!("{} was replayed.", event.id)));
        }
    }
    if let Some(outcome) = event.outcome {
        let words = ended(event.id, outcome, event.reason, event.detail.as_deref());
        lines.push(Line::new(event.finished_at.unwrap_or(event.received_at), words));
    }
    lines
}

/// What stands for one whose name the event does not keep.
const OPERATOR: &str = "An operator";

/// How it came in, in a sentence.
pub(in crate::admin) fn came_in(event: &Event) -> String {
    let what = match event.kind {
        EventKind::NewMessage if event.message_type.as_deref() == Some("COMMENT") => {
            "HubSpot announced an internal comment".to_owned()
        }
        EventKind::NewMessage => "HubSpot announced a message".to_owned(),
        EventKind::ThreadProperty => thread_change(event),
        EventKind::TicketProperty => {
            format!("The ticket property `{}` changed", event.property.as_deref().unwrap_or("?"))
        }
        EventKind::NoteCreated => note(event),
        EventKind::Swept => "The sweep found a message that no webhook had announced".to_owned(),
        EventKind::TicketWrite => ticket_write(event),
        EventKind::HandoffRequest => handoff(event),
        EventKind::Action => action(event),
        EventKind::DeliveryCheck => delivery_check(event),
        EventKind::Unreadable if by(event) == "OpenCX" => {
            "OpenCX delivered something that could not be read".to_owned()
        }
        EventKind::Unreadable => "HubSpot delivered something that could not be read".to_owned(),
    };
    let message = event.message_id.as_ref().map(|id| format!("message {id}, ")).unwrap_or_default();
    let again = if event.seen > 1 { format!(" It was delivered {} times.", event.seen) } else { String::new() };
    format!("{what} ({message}{}).{again}", event.id)
}

fn thread_change(event: &Event) -> String {
    match event.property.as_deref() {
        Some("assignedTo") => match event.assigned_to() {
            Some(actor) => format!("The conversation was assigned to {}", mask::of(&actor)),
            None => "The conversation was left unassigned".to_owned(),
        },
        Some("status") => {
            let state = event.value.as_deref().filter(|value| mask::is_state(value));
            format!("The conversation became {}", state.unwrap_or("open or closed"))
        }
        Some("isArchived") => "The conversation was restored".to_owned(),
        property => format!("The conversation's `{}` changed", property.unwrap_or("?")),
    }
}

/// Who raised it.
fn by(event: &Event) -> &'static str {
    match event.source.as_deref() {
        Some("admin") => OPERATOR,
        Some("workflow") => "A HubSpot workflow",
        Some("opencx") => "OpenCX",
        _ => "Somebody",
    }
}

fn action(event: &Event) -> String {
    let who = by(event);
    match request::decode::<Action>(event.data.as_deref()).map(|action| action.action) {
        Some(ActionKind::Pause) => format!("{who} asked to pause the AI"),
        Some(ActionKind::Resume) => format!("{who} asked to resume the AI"),
        Some(ActionKind::Send) => format!("{who} asked to give the conversation to the AI"),
        Some(ActionKind::Close) => format!("{who} said that the conversation is closed"),
        None => format!("{who} asked to change the AI"),
    }
}

fn handoff(event: &Event) -> String {
    let reason = request::decode::<HandoffRequest>(event.data.as_deref()).and_then(|wish| wish.reason);
    // What somebody wrote into a workflow may be about the customer: the reps read it in HubSpot.
    let remark = if reason.is_some() { ", with a remark for the reps" } else { "" };
    format!("{} asked for a human{remark}", by(event))
}

fn ticket_write(event: &Event) -> String {
    let write: TicketWrite = request::decode(event.data.as_deref()).unwrap_or_default();
    let mut what: Vec<String> = write.keys.iter().map(|key| format!("`{key}`")).collect();
    what.extend(write.tag.then(|| "the handoff tag".to_owned()));
    what.extend(write.owner.map(|owner| format!("the owner {}", mask::actor(&owner))));
    let what = if what.is_empty() { "session data".to_owned() } else { what.join(", ") };
    format!("A write to the ticket was queued: {what}")
}

fn delivery_check(event: &Event) -> String {
    match request::decode::<DeliveryCheck>(event.data.as_deref()) {
        Some(check) => format!("Look {} whether our message {} was delivered was planned", check.look, check.message),
        None => "A look whether the reply was delivered was planned".to_owned(),
    }
}

fn note(event: &Event) -> String {
    match &event.object {
        Some(note) => format!("HubSpot announced the internal note {}", note.id()),
        None => "HubSpot announced an internal note".to_owned(),
    }
}

fn run_lines(run: &RunRecord) -> Vec<Line> {
    let turn = format!(" ({})", run.turn);
    let run_number = run.run;
    let began = match run_number {
        1 => format!("The bridge took it up{turn}."),
        later => format!("The bridge took it up again{turn}, run {later}."),
    };
    let mut lines = vec![Line::new(run.started_at, began)];
    lines.extend(run.steps.iter().map(steps::line));
    let ended = match run.note.as_deref() {
        Some(why) if why != "finished" && why != "crashed" => {
            Some(format!("Put off{turn}: {}.", why.trim_end_matches('.')))
        }
        _ => run_end(run).map(|words| format!("Run {run_number}{turn} {words}.")),
    };
    let at = run.ended_at.unwrap_or(run.started_at);
    lines.extend(ended.map(|words| Line::new(at, words)));
    lines
}

/// How a run ended, if not by finishing; completes "Run 1 …".
pub(in crate::admin) fn run_end(run: &RunRecord) -> Option<String> {
    match run.note.as_deref() {
        None | Some("finished") => None,
        Some("crashed") => Some("stopped in the middle; its journal is kept, so nothing is done twice".to_owned()),
        Some(why) => Some(format!("was put off: {why}")),
    }
}

fn ended(id: EventId, outcome: Outcome, reason: Option<Reason>, detail: Option<&str>) -> String {
    let name = reason.map(|reason| format!(", {reason}")).unwrap_or_default();
    let reason = reason.map(|reason| format!("{} {}", reason.sentence(), advice(outcome, reason)));
    let head = format!("{} ({id}{name}).", words(outcome));
    let detail = detail.map(|detail| format!("Detail: {}.", detail.trim_end_matches('.')));
    [Some(head.as_str()), reason.as_deref(), detail.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// What to do about a reason. What was left alone on purpose needs nothing, unless it was not wanted.
pub(in crate::admin) fn advice(outcome: Outcome, reason: Reason) -> String {
    let fix = reason.fix();
    let wish = fix.strip_prefix("Nothing to do; ").unwrap_or(fix);
    let says_when = [" if that was ", " if this was "].iter().any(|when| wish.contains(when));
    if outcome != Outcome::Skipped || says_when || (wish == fix && fix.starts_with("Nothing to do")) {
        return fix.to_owned();
    }
    format!("If that was not wanted: {wish}")
}

/// The outcome in words, without a full stop.
pub(in crate::admin) fn words(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Replied => "Answered in the conversation",
        Outcome::Drafted => "A draft was left for the reps as an internal comment",
        Outcome::NoReplyNeeded => "The agent had nothing to say",
        Outcome::HandedOff => "Handed to a human",
        Outcome::Relayed => "The rep's words were carried to the session",
        Outcome::PropertySynced => "The value reached the linked sessions' custom data",
        Outcome::OwnershipRecorded => "The assignment was noted",
        Outcome::StatusRecorded => "The change was noted",
        Outcome::NoteMirrored => "The note was carried to the session",
        Outcome::Merged => "Answered together with a later message",
        Outcome::Paused => "The AI was paused",
        Outcome::Resumed => "The AI was resumed",
        Outcome::Skipped => "Left alone on purpose",
        Outcome::Dead => "Given up",
    }
}
