//! What of HubSpot's values may be shown to people. An actor's id may hold an e-mail address (HubSpot's guide uses one), and
//! a property's value anything.

use crate::domain::ActorId;

/// The id of an actor (`A-7`), or a word for one that is no such id.
pub(in crate::admin) fn actor(id: &str) -> &str {
    if is_actor(id) { id } else { "somebody whose id is not shown" }
}

/// The value of a thread's property: a state, a flag, or an actor's id.
pub(in crate::admin) fn value(value: &str) -> &str {
    let value = value.trim();
    if is_state(value) || ["true", "false", ""].contains(&value) || is_actor(value) { value } else { "not shown" }
}

/// Does a thread's status say one of HubSpot's words?
pub(super) fn is_state(value: &str) -> bool {
    ["OPEN", "CLOSED"].contains(&value)
}

/// The same of an actor, as it is shown.
pub(super) fn of(actor_id: &ActorId) -> &str {
    actor(&actor_id.0)
}

/// A letter, a dash and digits, or HubSpot's bare number of a user.
fn is_actor(id: &str) -> bool {
    let mut bytes = id.bytes();
    let number = match id.split_once('-') {
        Some((letter, number)) if letter.len() == 1 && bytes.next().is_some_and(|b| b.is_ascii_alphabetic()) => number,
        Some(_) => return false,
        None => id,
    };
    !number.is_empty() && number.len() <= 20 && number.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_and_states_are_shown_and_nothing_else() {
        for shown in ["A-7", "V-12345678901", "7", "OPEN", "CLOSED", "true", ""] {
            assert_eq!(value(shown), shown);
        }
        for hidden in ["anna@x.example", "E-anna@x.example", "L-", "A-7 Anna", "AB-7", "closed by Anna", "-7", "é-7"] {
            assert_eq!(value(hidden), "not shown", "{hidden}");
            assert_eq!(actor(hidden), "somebody whose id is not shown");
        }
    }
}
