//! Why an event ended as it did: the closed list, each with one sentence and one fix, in this one place.
//!
//! The names are stored and are metric labels; `why`, the admin API and the console show the sentence and the fix.

use std::fmt;

macro_rules! reasons {
    ($($name:ident = $text:literal, $sentence:literal, $fix:literal;)*) => {
        /// A reason of the closed list.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Reason { $(
            #[doc = $sentence]
            $name,
        )* }

        impl Reason {
            /// Every reason.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The stable name.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// What happened, in one sentence.
            #[must_use]
            pub fn sentence(self) -> &'static str {
                match self { $(Self::$name => $sentence,)* }
            }

            /// What to do if that was not wanted, in one sentence.
            #[must_use]
            pub fn fix(self) -> &'static str {
                match self { $(Self::$name => $fix,)* }
            }
        }
    };
}

reasons! {
    // handed_off and drafted: why a human got it
    Stale = "stale", "The message was older than `delivery.max_reply_age` when the bridge got to it, so a human got it instead of a late answer.", "Look for downtime or a held connection around the time it arrived; raise `delivery.max_reply_age` if late answers are welcome.";
    AgentFailed = "agent_failed", "The AI agent failed on every attempt.", "Check the agent's address, key and health, and answer the customer from HubSpot.";
    TopicEscalated = "topic_escalated", "A topic rule sends this kind of message to a human or drafts it.", "Change the rule under `topics` if the AI should answer it.";
    OutcomeUnknown = "outcome_unknown", "Whether the reply reached HubSpot could not be found out, so it was not sent again.", "Read the thread in HubSpot: an earlier attempt may be there; set `delivery.on_unknown = \"repost\"` if a possible second post is better than a human's look.";
    ChannelCannotSend = "channel_cannot_send", "HubSpot's API cannot send on this conversation's channel.", "Answer from HubSpot, or leave the channel out of the connection's `channels`.";
    DeliveryFailed = "delivery_failed", "HubSpot accepted the reply but could not deliver it.", "Open the message in HubSpot: it says why; the channel account may be disconnected.";
    ReplyLimit = "reply_limit", "The thread reached `delivery.max_replies_per_thread`; a loop with another machine is likely.", "Look at the thread; raise the limit if this conversation is genuine.";
    RejectedByHubspot = "rejected_by_hubspot", "HubSpot refused the request and would refuse it again.", "The detail quotes HubSpot's category; mend what it names and replay the event, or answer the customer from HubSpot.";
    MissingScope = "missing_scope", "The connection's token lacks a scope this needs.", "Add the scope named in the detail to the HubSpot app, reinstall it, and answer the customer from HubSpot.";

    // skipped: nothing to do, on purpose
    InternalComment = "internal_comment", "It is an internal comment, not a customer's message.", "Nothing to do; turn on `mirror_notes` to carry notes to the agent.";
    NotAMessage = "not_a_message", "It is a system item of the thread (an assignment, a status change, a greeting), not a message.", "Nothing to do.";
    OwnMessage = "own_message", "The bridge posted it itself.", "Nothing to do.";
    OwnWrite = "own_write", "It is the echo of a ticket property the bridge wrote itself.", "Nothing to do.";
    AiMarker = "ai_marker", "The text carries the marker of an AI's own message.", "Nothing to do; if another system posts with this marker, it is an AI too.";
    SenderIsBot = "sender_is_bot", "A bot, HubSpot's own AI, the system or another app wrote it.", "Nothing to do; turn off the other bot on this channel if the AI should answer.";
    SenderIsAgent = "sender_is_agent", "A HubSpot user wrote it; the AI stays silent for humans.", "Nothing to do; assign the conversation to the AI user to give it back.";
    SenderIsInternal = "sender_is_internal", "It came from an address of your own team, an owner or a channel account.", "Correct `internal_domains` if this was a customer.";
    OutgoingMessage = "outgoing_message", "It was sent to the customer, not by the customer.", "Nothing to do.";
    AutoReply = "auto_reply", "It is automatic mail (an out-of-office note, a bounce, a list).", "Nothing to do.";
    InboxNotEnabled = "inbox_not_enabled", "The conversation's inbox or channel is not enabled for the AI.", "Add it to the connection's `inboxes` or `channels`.";
    NotAiOwned = "not_ai_owned", "The conversation is not assigned to the AI user.", "Assign it to the AI user in HubSpot, or set `reply_when_unassigned = true` if it is unassigned.";
    SessionHandedOff = "session_handed_off", "The conversation was handed to a human.", "Assign it to the AI user in HubSpot, or resume the AI: on the conversation's page of the console, with the workflow action `resume-ai`, or with `POST /api/v1/sessions/{id}/resume`.";
    SessionPaused = "session_paused", "The AI is paused for this conversation.", "Resume the AI: on the conversation's page of the console, with the workflow action `resume-ai`, or with `POST /api/v1/sessions/{id}/resume`.";
    TakenOver = "taken_over", "A human took the conversation over while the AI was working, so its answer was withdrawn.", "Nothing to do; assign the conversation to the AI user to give it back.";
    ThreadArchived = "thread_archived", "The thread is archived or marked as spam.", "Restore the thread in HubSpot if the AI should answer.";
    ThreadDeleted = "thread_deleted", "The thread no longer exists in HubSpot.", "Nothing to do.";
    TicketingDisabled = "ticketing_disabled", "Ticketing is turned off for this connection.", "Set `ticketing.enabled = true`.";
    EmptyValue = "empty_value", "The ticket property was cleared; empty values are not carried over.", "Nothing to do.";
    PropertyNotSynced = "property_not_synced", "This ticket property is not among those synced.", "Add it to `ticketing.sync_properties` or take it out of `sync_exclude`.";
    NoLinkedSession = "no_linked_session", "No session was linked to this ticket yet.", "Nothing to do: when a conversation becomes linked, the ticket's properties are read once.";
    TicketNotTagged = "ticket_not_tagged", "The conversation lives outside HubSpot and its ticket does not carry the handoff tag.", "Tag the ticket, or hand the conversation off through the bridge.";
    UnknownPortal = "unknown_portal", "The event is for a HubSpot portal that no connection with this secret has.", "Add a connection with this `portal_id`, or remove the app from that portal.";
    TopicIgnored = "topic_ignored", "A topic rule tells the AI to ignore this kind of message.", "Change the rule under `topics`.";
    AlreadyAnswered = "already_answered", "The message was answered by an earlier turn.", "Nothing to do.";
    SkippedByOperator = "skipped_by_operator", "An operator skipped it.", "Replay it if that was a mistake.";

    // dead: could not be acted on
    PayloadUnreadable = "payload_unreadable", "The element of the delivery could not be read as an event.", "See the detail; if HubSpot changed its format, please report it.";
    MessageNotFound = "message_not_found", "HubSpot did not know the message, even after waiting for it.", "Check that the token belongs to the same portal as the webhook, and answer the customer from HubSpot.";
    ObjectNotFound = "object_not_found", "HubSpot did not know the ticket or thread.", "It was probably deleted; otherwise check that the token belongs to the same portal as the webhook.";
    AttemptsExhausted = "attempts_exhausted", "Every attempt failed and handing over to a human failed too.", "The detail holds the last error; mend it, and answer the customer from HubSpot.";
    Expired = "expired", "It waited longer than `delivery.max_event_age`.", "Look for a connection held for long; answer the customer from HubSpot if it still matters.";
    Interrupted = "interrupted", "The bridge stopped in the middle of it, and the guarantee is set to at-most-once.", "Look at the conversation and replay the event, or set `delivery.guarantee = \"effectively-once\"`.";
}

impl Reason {
    /// The reason of a stored name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|reason| reason.as_str() == name)
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
