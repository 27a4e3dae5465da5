//! Where a conversation is: archived, in an inbox or on a channel that is not enabled. Second half of check 5.

use crate::domain::{Channel, Message, Reason, Thread};

/// Why the AI does not act at this place; none: it may.
#[must_use]
pub fn refuses(thread: &Thread, message: &Message, inboxes: &[String], channels: &[Channel]) -> Option<Reason> {
    if thread.archived || thread.spam {
        return Some(Reason::ThreadArchived);
    }
    let inbox_enabled = inboxes.is_empty() || thread.inbox_id.as_ref().is_some_and(|inbox| inboxes.contains(inbox));
    let channel = channel_of(thread, message);
    let channel_enabled = channels.is_empty() || channels.contains(&channel);
    (!inbox_enabled || !channel_enabled).then_some(Reason::InboxNotEnabled)
}

/// The channel of a message, or of its thread when it says none.
#[must_use]
pub fn channel_of(thread: &Thread, message: &Message) -> Channel {
    message.channel().or_else(|| thread.channel_id.as_deref().map(Channel::from_id)).unwrap_or(Channel::Other)
}

/// HubSpot's API refuses to send on these.
#[must_use]
pub fn can_send(channel: Channel) -> bool {
    channel != Channel::Whatsapp
}
