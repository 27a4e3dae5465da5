//! Checks 6, 7 and 9: who has the conversation, and how it comes back.

use hubspot_bridge::config::{Connection, ReturnToAi};
use hubspot_bridge::domain::{Message, MessageKind, Mode, Reason, Session, SessionState, Thread};
use hubspot_bridge::filters::ownership::{Conversation, Item, mode_in_force, silences};

use super::build::{AI, REP, at, item, session, settings, thread};

/// A case: change what differs from "an unassigned chat the bridge has not seen".
struct Case {
    thread: Thread,
    items: Vec<(Message, bool, bool)>,
    session: Option<Session>,
    settings: Connection,
}

fn case(owner: Option<&str>) -> Case {
    Case { thread: thread(owner), items: vec![], session: None, settings: settings() }
}

impl Case {
    fn session(mut self, state: SessionState) -> Self {
        self.session = Some(session(state));
        self
    }

    fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    fn rep_wrote(mut self, ms: i64) -> Self {
        self.items.push((item(MessageKind::Message, ms), true, false));
        self
    }

    fn assigned(mut self, to: &str, ms: i64, ours: bool) -> Self {
        self.items.push((item(MessageKind::Assignment { to: Some(to.into()), from: None }, ms), false, ours));
        self
    }

    fn closed(mut self, ms: i64) -> Self {
        let kind = MessageKind::ThreadStatusChange { new_status: "CLOSED".into() };
        self.items.push((item(kind, ms), false, false));
        self
    }

    #[track_caller]
    fn is(&self, what: &str, expected: Option<Reason>) {
        let items: Vec<Item<'_>> =
            self.items.iter().map(|(message, by_rep, ours)| Item { message, by_rep: *by_rep, ours: *ours }).collect();
        let conversation = Conversation {
            thread: &self.thread,
            items: &items,
            session: self.session.as_ref(),
            settings: &self.settings,
            mode: mode_in_force(self.session.as_ref(), &self.settings),
        };
        assert_eq!(silences(&conversation), expected, "{what}");
    }
}

#[test]
fn the_owner_decides() {
    case(None).is("unassigned, allowed", None);
    case(None)
        .with(|c| c.settings.reply_when_unassigned = false)
        .is("unassigned, not allowed", Some(Reason::NotAiOwned));
    case(Some(AI)).is("the AI user owns it", None);
    case(Some(AI)).with(|c| c.settings.reply_when_unassigned = false).is("the AI user owns it", None);
    case(Some(REP)).is("a rep owns it", Some(Reason::NotAiOwned));
    case(Some(REP)).with(|c| c.settings.mode = Mode::Assist).is("assist ignores the owner", None);
}

#[test]
fn the_session_decides() {
    case(None).session(SessionState::Ai).is("with the AI", None);
    case(None).session(SessionState::Closed).is("closed before, written again", None);
    case(None).session(SessionState::Paused).is("paused", Some(Reason::SessionPaused));
    case(Some(AI)).session(SessionState::Paused).is("paused, whoever owns it", Some(Reason::SessionPaused));
    case(None).session(SessionState::HandedOff).is("handed off", Some(Reason::SessionHandedOff));
    case(Some(AI))
        .session(SessionState::HandedOff)
        .is("owned by the AI user is a state, not the transition back", Some(Reason::SessionHandedOff));
}

#[test]
fn only_a_transition_gives_it_back() {
    let handed_off = || case(Some(AI)).session(SessionState::HandedOff);
    handed_off().assigned(AI, 5, false).is("assigned to the AI user since", None);
    handed_off().assigned(AI, -5, false).is("assigned before the handoff", Some(Reason::SessionHandedOff));
    handed_off().assigned(AI, 5, true).is("assigned by ourselves", Some(Reason::SessionHandedOff));
    handed_off().assigned(REP, 5, false).is("assigned to a rep", Some(Reason::SessionHandedOff));
    handed_off().closed(5).is("closed since", None);
    handed_off().with(|c| c.thread.closed_at = Some(at(5))).is("closed since, the thread says", None);
    let never = |c: &mut Case| c.settings.return_to_ai = ReturnToAi::Never;
    handed_off().closed(5).with(never).is("closing does not give back", Some(Reason::SessionHandedOff));
    handed_off().assigned(AI, 5, false).with(never).is("assignment still does", None);
    handed_off().assigned(AI, 5, false).rep_wrote(6).is("a rep wrote after it", Some(Reason::SessionHandedOff));
}

#[test]
fn a_rep_who_wrote_has_it_until_it_is_given_back() {
    case(None).rep_wrote(1).is("unassigned, a rep wrote", Some(Reason::SessionHandedOff));
    case(Some(AI))
        .session(SessionState::Ai)
        .rep_wrote(1)
        .is("the AI owns it, a rep wrote", Some(Reason::SessionHandedOff));
    case(None).rep_wrote(1).assigned(AI, 2, false).is("given back by assignment", None);
    case(None).rep_wrote(1).closed(2).is("given back by closing", None);
    let since = |c: &mut Case| {
        if let Some(session) = &mut c.session {
            session.ai_since = Some(at(3));
        }
    };
    case(None).session(SessionState::Ai).rep_wrote(1).with(since).is("before the AI got it", None);
    case(None)
        .session(SessionState::Ai)
        .rep_wrote(4)
        .with(since)
        .is("after the AI got it", Some(Reason::SessionHandedOff));
    case(Some(REP)).with(|c| c.settings.mode = Mode::Assist).rep_wrote(1).is("reps write in assist mode", None);
}

#[test]
fn the_mode_in_force_is_the_more_cautious() {
    let mut settings = settings();
    let mut one = session(SessionState::Ai);
    assert_eq!(mode_in_force(None, &settings), Mode::Autopilot);
    one.mode = Mode::Assist;
    assert_eq!(mode_in_force(Some(&one), &settings), Mode::Assist);
    one.mode = Mode::Autopilot;
    settings.mode = Mode::Assist;
    assert_eq!(mode_in_force(Some(&one), &settings), Mode::Assist);
}
