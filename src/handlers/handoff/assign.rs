//! Who gets a handed-off conversation. Pure.

use crate::config::Connection;
use crate::domain::ActorId;
use crate::filters::routing::{self, Facts};

/// The human for it, and the rule that named them; the default user when no rule does, nobody when none is named or the
/// only one named is the AI itself.
#[must_use]
pub fn who<'a>(settings: &'a Connection, facts: &Facts<'_>) -> (Option<&'a ActorId>, Option<&'a str>) {
    let route = routing::route(&settings.routing, facts);
    let user = route.map(|route| &route.assign_to).or(settings.default_user_id.as_ref());
    (user.filter(|user| **user != settings.ai_user_id), route.map(|route| route.name.as_str()))
}
