//! The users the settings name: there, active, and not one and the same. Whether a user may send is not to be seen: HubSpot
//! tells an app nothing of a user's permissions, and the line says so instead of guessing.

use super::asking::{Asking, Unseen};
use super::{Line, Patient};
use crate::domain::{ActorId, ActorKind};
use crate::hubspot::{Actor, Owner};

const AI: &str = "ai user";
const DEFAULT: &str = "default user";
const DIFFER: &str = "users differ";
const ROUTING: &str = "routing users";
const OWNERS_SCOPE: &str = "`crm.objects.owners.read`";

/// What HubSpot shows of its users.
struct Known {
    /// Those of the settings that it knows.
    actors: Vec<Actor>,
    /// Active and archived ones; none: the scope is missing.
    owners: Option<(Vec<Owner>, Vec<String>)>,
}

/// How a user came out.
enum Verdict {
    Fine(&'static str),
    Doubtful(String, &'static str),
    Wrong(String, String),
}

/// Lines.
pub async fn lines(patient: &Patient<'_>, asking: &Asking) -> Vec<Line> {
    let settings = &patient.cx.settings;
    let routed: Vec<&ActorId> = settings.routing.iter().map(|route| &route.assign_to).collect();
    let mut ids = vec![settings.ai_user_id.clone()];
    ids.extend(settings.default_user_id.iter().chain(routed.iter().copied()).cloned());
    ids.sort();
    ids.dedup();
    let known = look(asking, &ids).await;
    let one = |check, id: &ActorId, setting: &str| match &known {
        Ok(known) => line(check, judge(id, known), setting, check == AI),
        Err(unseen) => unseen.line(check),
    };
    vec![
        one(AI, &settings.ai_user_id, "ai_user_id"),
        match &settings.default_user_id {
            Some(id) => one(DEFAULT, id, "default_user_id"),
            None => {
                Line::ok(DEFAULT, "none is set: what no routing rule assigns stays without an owner when handed off")
            }
        },
        differ(settings.default_user_id.as_ref(), &settings.ai_user_id),
        match &known {
            _ if routed.is_empty() => Line::ok(ROUTING, "no routing rule names one"),
            Ok(known) => routing(&routed, &settings.ai_user_id, known),
            Err(unseen) => unseen.line(ROUTING),
        },
    ]
}

async fn look(asking: &Asking, ids: &[ActorId]) -> Result<Known, Unseen> {
    let actors = asking.ask(asking.hubspot.actors(ids)).await?;
    let owners = async {
        let active = asking.ask(asking.hubspot.owners()).await?;
        Ok((active, asking.ask(asking.hubspot.archived_user_ids()).await?))
    };
    let owners = match owners.await {
        Ok(owners) => Some(owners),
        Err(unseen @ Unseen::Failed(_)) if unseen.is_missing_scope() => None,
        Err(unseen) => return Err(unseen),
    };
    Ok(Known { actors, owners })
}

fn judge(id: &ActorId, known: &Known) -> Verdict {
    let Some(number) = id.as_str().strip_prefix("A-").filter(|_| id.kind() == ActorKind::Agent) else {
        return Verdict::Wrong(format!("{id} is no user's id"), "give a user's, `A-` and its number".to_owned());
    };
    let active = known.owners.iter().flat_map(|(active, _)| active);
    if !known.actors.iter().any(|actor| actor.id == *id) {
        let owner = active.into_iter().find(|owner| owner.id == number);
        return match owner.and_then(|owner| owner.user_id.as_deref()) {
            Some(user) => Verdict::Wrong(
                format!("{number} is an owner's id; the user behind it is {user}"),
                format!("give the user's id, `A-{user}`"),
            ),
            None => Verdict::Wrong(
                format!("HubSpot knows no user {id}"),
                "give the id of a user of this portal: Settings, Users & Teams, and the number in the address of the user's page"
                    .to_owned(),
            ),
        };
    }
    let Some((active, archived)) = &known.owners else {
        return Verdict::Fine(
            "it exists; whether it is active is not to be seen without the scope crm.objects.owners.read",
        );
    };
    if active.iter().any(|owner| owner.user_id.as_deref() == Some(number)) {
        return Verdict::Fine("it exists and is active");
    }
    if archived.iter().any(|user| user == number) {
        return Verdict::Wrong(
            format!("{id} was deactivated or removed in HubSpot"),
            "activate the user again, or name another".to_owned(),
        );
    }
    Verdict::Doubtful(
        format!("{id} exists, but is not among the portal's owners, which is where HubSpot shows who is active"),
        "see under Settings, Users & Teams whether the user is active",
    )
}

fn line(check: &'static str, verdict: Verdict, setting: &str, sends: bool) -> Line {
    match verdict {
        Verdict::Fine(seen) if sends => Line::ok(
            check,
            format!(
                "{seen}; whether it may send shows only when it does, for HubSpot tells an app nothing of permissions"
            ),
        ),
        Verdict::Fine(seen) => Line::ok(check, seen),
        Verdict::Doubtful(seen, fix) => Line::warning(check, seen, fix),
        Verdict::Wrong(seen, fix) => Line::failed(check, seen, format!("`{setting}`: {fix}")),
    }
}

fn differ(default: Option<&ActorId>, ai: &ActorId) -> Line {
    if default == Some(ai) {
        let seen = "`default_user_id` is the AI's own user: a handed-off conversation is left unassigned";
        return Line::warning(DIFFER, seen, "name a human in `default_user_id`, or leave it empty");
    }
    Line::ok(DIFFER, "the AI's user is not the one that gets what is handed off")
}

fn routing(routed: &[&ActorId], ai: &ActorId, known: &Known) -> Line {
    let mut wrong = Vec::new();
    let mut doubtful = Vec::new();
    for id in routed {
        match judge(id, known) {
            Verdict::Fine(_) => {}
            Verdict::Doubtful(seen, _) => doubtful.push(seen),
            Verdict::Wrong(seen, _) => wrong.push(seen),
        }
    }
    let fix = "correct `assign_to` of the routing rules that name them";
    if !wrong.is_empty() {
        return Line::failed(ROUTING, wrong.join("; "), fix);
    }
    if routed.contains(&ai) {
        doubtful.push("a rule names the AI's own user: such a conversation is handed to nobody".to_owned());
    }
    if !doubtful.is_empty() {
        return Line::warning(ROUTING, doubtful.join("; "), fix);
    }
    let unsure =
        if known.owners.is_none() { format!(", as far as is seen without {OWNERS_SCOPE}") } else { String::new() };
    Line::ok(ROUTING, format!("all {} exist and are active{unsure}", routed.len()))
}
