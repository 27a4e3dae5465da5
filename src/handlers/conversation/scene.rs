//! The conversation as it stands: the thread, its newest items and what each of them is, read together.

use std::collections::{HashMap, HashSet};

use super::talk::Talk;
use crate::domain::{AppId, Message, MessageId, MessageKind, Mode, Reason, Session, Thread, ThreadId, Timestamp};
use crate::filters::message::{self, Team, Us, Verdict};
use crate::filters::ownership::{self, Conversation, Item};
use crate::handlers::{Context, Stop};
use crate::hubspot::{Class, Client, text};
use crate::limits;
use crate::store::SessionKey;

/// One fresh look at a conversation.
#[derive(Debug)]
pub struct Scene {
    /// The thread.
    pub thread: Thread,
    /// Its newest items, oldest first.
    pub recent: Vec<Message>,
    /// What each of them is, in the same order.
    pub verdicts: Vec<Verdict>,
    /// How we recognise ourselves.
    pub us: Us,
    /// How we recognise the team.
    pub team: Team,
    /// The address or number of each channel account, by its id.
    pub accounts: HashMap<String, String>,
    /// What the bridge remembers.
    pub session: Option<Session>,
    /// The mode in force.
    pub mode: Mode,
}

impl Scene {
    /// Reads thread, newest page and session. Two calls to HubSpot. A missing thread is `Ok(None)`; of one in the trash
    /// no items are read.
    pub async fn read(talk: &Talk<'_>) -> Result<Option<Self>, Stop> {
        Self::read_with(talk, &talk.cx.hubspot).await
    }

    /// The same on a client that holds a reservation.
    pub async fn read_with(talk: &Talk<'_>, client: &Client) -> Result<Option<Self>, Stop> {
        let (cx, id) = (talk.cx, &talk.thread_id);
        let Some(thread) = find(client, id).await? else { return Ok(None) };
        let recent = if thread.archived {
            Vec::new()
        } else {
            client.recent_messages(id, None, limits::RECENT_MESSAGES).await?.messages
        };
        let key = SessionKey::Thread(cx.settings.name.clone(), id.clone());
        let mut session = cx.store.session(&key).await?;
        // What this turn has learned counts already.
        if let Some(session) = &mut session {
            talk.patch.apply(session);
        }
        let (us, team, accounts) = identities(talk, &recent).await?;
        let verdicts = recent.iter().map(|item| message::judge(item, &us, &team)).collect();
        let mode = ownership::mode_in_force(session.as_ref(), &cx.settings);
        Ok(Some(Self { thread, recent, verdicts, us, team, accounts, session, mode }))
    }

    /// Decides something about the conversation.
    pub fn decide<T>(&self, cx: &Context, question: impl FnOnce(&Conversation<'_>) -> T) -> T {
        let items: Vec<Item<'_>> = self
            .recent
            .iter()
            .zip(&self.verdicts)
            .map(|(message, verdict)| Item {
                message,
                by_rep: matches!(verdict, Verdict::Rep(_)),
                ours: message::is_ours(message, &self.us)
                    || message.app_id.is_some_and(|app| self.us.apps.contains(&app)),
            })
            .collect();
        question(&Conversation {
            thread: &self.thread,
            items: &items,
            session: self.session.as_ref(),
            settings: &cx.settings,
            mode: self.mode,
        })
    }

    /// Customer messages of the newest page after this time, oldest first.
    pub fn customers_after(&self, after: Timestamp) -> impl Iterator<Item = &Message> {
        self.recent
            .iter()
            .zip(&self.verdicts)
            .filter(move |(message, verdict)| **verdict == Verdict::Customer && message.created_at > after)
            .map(|(message, _)| message)
    }

    /// When the conversation was last answered by anybody but the bridge, as far as the newest page shows. What the
    /// bridge answered is known exactly: `answered_through`.
    pub fn last_answer_at(&self) -> Option<Timestamp> {
        self.answers().max()
    }

    /// When it was answered by anybody but the bridge.
    pub fn answers(&self) -> impl Iterator<Item = Timestamp> {
        self.said(|verdict| {
            matches!(verdict, Verdict::Rep(_) | Verdict::Skip(Reason::OutgoingMessage | Reason::AiMarker))
        })
    }

    /// Until when everything the customer wrote was settled by a rep, or by an AI that is not this bridge's. What else
    /// went out (a confirmation of receipt) settles nothing.
    pub fn settled_at(&self) -> Option<Timestamp> {
        self.said(|verdict| matches!(verdict, Verdict::Rep(_) | Verdict::Skip(Reason::AiMarker))).max()
    }

    fn said(&self, by: impl Fn(&Verdict) -> bool) -> impl Iterator<Item = Timestamp> {
        let items = self.recent.iter().zip(&self.verdicts);
        items
            .filter(move |(message, verdict)| message.kind == MessageKind::Message && by(verdict))
            .map(|(message, _)| message.created_at)
    }

    /// Judges a message that was read by its id.
    pub async fn judge(&mut self, cx: &Context, item: &Message) -> Result<Verdict, Stop> {
        let posted = cx.store.posted(&cx.settings.name, std::slice::from_ref(&item.id)).await?;
        self.us.posted.extend(posted);
        Ok(message::judge(item, &self.us, &self.team))
    }
}

/// The thread, wherever it is. HubSpot shows what is in the trash only to those who ask for it.
pub(super) async fn find(client: &Client, id: &ThreadId) -> Result<Option<Thread>, Stop> {
    let mut found = client.thread(id).await;
    if matches!(&found, Err(error) if error.class == Class::NotFound) {
        found = client.archived_thread(id).await.map(|thread| Thread { archived: true, ..thread });
    }
    match found {
        Ok(thread) => Ok(Some(thread)),
        Err(error) if error.class == Class::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}

async fn identities(talk: &Talk<'_>, recent: &[Message]) -> Result<(Us, Team, HashMap<String, String>), Stop> {
    let cx = talk.cx;
    let known = talk.known.get_or_init(|| cx.directory.known(&cx.hubspot)).await.clone();
    let ids: Vec<_> = recent.iter().map(|item| item.id.clone()).collect();
    let posted: HashSet<_> = cx.store.posted(&cx.settings.name, &ids).await?.into_iter().collect();
    // The webhook was sent to our own app, so its `appId` is ours too.
    let mut apps: Vec<AppId> = talk.events.iter().filter_map(|event| event.app_id).chain(known.app).collect();
    apps.sort_unstable();
    apps.dedup();
    let us = Us { ai_user: Some(cx.settings.ai_user_id.clone()), apps, posted, intended: intended(talk, recent) };
    let team = Team { domains: cx.settings.internal_domains.clone(), addresses: known.addresses };
    Ok((us, team, known.accounts))
}

/// Messages with the words of a post whose fate is not known yet: the AI's, or a comment.
fn intended(talk: &Talk<'_>, recent: &[Message]) -> HashSet<MessageId> {
    let hashes: Vec<&str> = talk.journal.open_intents().filter_map(|record| record.text_hash.as_deref()).collect();
    let by_us =
        |item: &&Message| item.kind == MessageKind::Comment || message::speaks_as(item, &talk.cx.settings.ai_user_id);
    let items = recent.iter().filter(|_| !hashes.is_empty()).filter(by_us);
    items.filter(|item| hashes.contains(&text::text_hash(&item.text).as_str())).map(|item| item.id.clone()).collect()
}
