//! Too late, too early, too often: check 8, the e-mail delay and the loop limit.

use crate::config::{Delivery, ReplyLimit};
use crate::domain::{Channel, Session, Timestamp};

/// Is an answer to a message of this age a late surprise?
#[must_use]
pub fn is_stale(delivery: &Delivery, channel: Channel, written_at: Timestamp, now: Timestamp) -> bool {
    let limit = if is_mail(channel) { delivery.max_reply_age_email } else { delivery.max_reply_age_chat };
    now.since(written_at) > limit
}

/// When an e-mail may be worked on; none: now.
#[must_use]
pub fn waits_until(delivery: &Delivery, channel: Channel, received_at: Timestamp, now: Timestamp) -> Option<Timestamp> {
    let until = received_at.after(delivery.email_delay);
    (is_mail(channel) && until > now).then_some(until)
}

/// Did the thread reach the loop limit?
#[must_use]
pub fn is_loop(session: Option<&Session>, limit: ReplyLimit, now: Timestamp) -> bool {
    let since = now.before(limit.window);
    session.is_some_and(|session| session.replies.iter().filter(|at| **at > since).count() >= limit.count)
}

/// Answered like letters: e-mail and forms.
#[must_use]
pub fn is_mail(channel: Channel) -> bool {
    matches!(channel, Channel::Email | Channel::Form | Channel::CustomerPortal)
}
