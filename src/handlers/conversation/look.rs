//! A look at a conversation for people: what the bridge sees of it now, and what it would do with a message of the
//! customer. Nothing is decided, written or changed by it. Called by `why --live`.

use std::collections::HashSet;

use super::scene::{self, Scene};
use super::words;
use crate::domain::{Channel, Message, MessageKind, Mode, Reason, Session, Thread, ThreadId};
use crate::filters::message::{self, Team, Us, Verdict};
use crate::filters::{ownership, pace, place};
use crate::handlers::{Context, Stop};
use crate::hubspot::Client;
use crate::limits;

/// What the bridge would do with a message of the customer that came now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Would {
    /// Ask the agent, and speak in this mode.
    Answer(Mode),
    /// Leave it alone.
    LeaveAlone(Reason),
    /// Give it to a human without asking the agent.
    HandOver(Reason),
}

/// A thread with its newest items.
#[derive(Debug)]
pub struct Look(Scene);

/// The thread as HubSpot shows it, in the trash too; none: there is no such thread.
pub async fn thread(client: &Client, id: &ThreadId) -> Result<Option<Thread>, Stop> {
    scene::find(client, id).await
}

impl Look {
    /// Reads the newest items of a thread that was just read.
    pub async fn at(cx: &Context, client: &Client, thread: Thread, session: Option<Session>) -> Result<Self, Stop> {
        let recent = if thread.archived {
            Vec::new()
        } else {
            client.recent_messages(&thread.id, None, limits::RECENT_MESSAGES).await?.messages
        };
        let known = cx.directory.known(client).await;
        let ids: Vec<_> = recent.iter().map(|item| item.id.clone()).collect();
        let posted: HashSet<_> = cx.store.posted(&cx.settings.name, &ids).await?.into_iter().collect();
        let ai_user = Some(cx.settings.ai_user_id.clone());
        let us = Us { ai_user, apps: known.app.into_iter().collect(), posted, intended: HashSet::new() };
        let team = Team { domains: cx.settings.internal_domains.clone(), addresses: known.addresses };
        let verdicts = recent.iter().map(|item| message::judge(item, &us, &team)).collect();
        let mode = ownership::mode_in_force(session.as_ref(), &cx.settings);
        let accounts = known.accounts;
        Ok(Self(Scene { thread, recent, verdicts, us, team, accounts, session, mode }))
    }

    /// The newest message to or by the customer, with what it is to the bridge.
    #[must_use]
    pub fn last_message(&self) -> Option<(&Message, Verdict)> {
        self.items().rfind(|(message, _)| message.kind == MessageKind::Message)
    }

    /// The customer's newest message.
    #[must_use]
    pub fn last_of_customer(&self) -> Option<&Message> {
        self.items().rfind(|(_, verdict)| *verdict == Verdict::Customer).map(|(message, _)| message)
    }

    /// What a rep wrote last, and whether the customer can see it.
    #[must_use]
    pub fn last_of_rep(&self) -> Option<(&Message, bool)> {
        let public = |verdict: Verdict| matches!(verdict, Verdict::Rep(_));
        let found =
            self.items().rfind(|(message, verdict)| public(*verdict) || message::is_reps_comment(message, &self.0.us));
        found.map(|(message, verdict)| (message, public(verdict)))
    }

    /// The channel an answer would go out on.
    #[must_use]
    pub fn channel(&self) -> Option<Channel> {
        self.last_of_customer().map(|message| place::channel_of(&self.0.thread, message))
    }

    /// Has the customer's newest message what a reply needs: a channel, its account, somebody to send to?
    #[must_use]
    pub fn can_be_answered(&self, cx: &Context) -> bool {
        let latest = self.last_of_customer();
        latest.is_some_and(|latest| words::reply(&cx.settings, &self.0, latest, "…").is_some())
    }

    /// The same filters as a turn's, on what was read.
    #[must_use]
    pub fn would(&self, cx: &Context) -> Would {
        let (scene, settings) = (&self.0, &cx.settings);
        if scene.thread.archived || scene.thread.spam {
            return Would::LeaveAlone(Reason::ThreadArchived);
        }
        let latest = self.last_of_customer();
        let refused =
            latest.and_then(|latest| place::refuses(&scene.thread, latest, &settings.inboxes, &settings.channels));
        if let Some(reason) = refused.or_else(|| scene.decide(cx, ownership::silences)) {
            return Would::LeaveAlone(reason);
        }
        if self.channel().is_some_and(|channel| !place::can_send(channel)) {
            return Would::HandOver(Reason::ChannelCannotSend);
        }
        let limit = cx.delivery.max_replies_per_thread;
        if scene.mode == Mode::Autopilot && pace::is_loop(scene.session.as_ref(), limit, cx.now()) {
            return Would::HandOver(Reason::ReplyLimit);
        }
        Would::Answer(scene.mode)
    }

    fn items(&self) -> impl DoubleEndedIterator<Item = (&Message, Verdict)> {
        self.0.recent.iter().zip(self.0.verdicts.iter().copied())
    }
}
