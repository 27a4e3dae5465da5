//! Tickets: the pipeline, the stage and the properties the settings name are there. Also looked at by the
//! quick look, for a pipeline that is not there would show only when a customer is handed over.

use super::asking::{Asking, Unseen};
use super::{Line, Patient};
use crate::config::{Connection, Ticketing};
use crate::domain::ConnectionName;
use crate::handlers::handoff::ticket::HANDED_OFF_TAG;
use crate::hubspot::{Class, Pipeline, Property};

const PIPELINE: &str = "pipeline";
const STAGE: &str = "stage";
const TAG: &str = "tag property";
const DATA: &str = "custom data";
/// For people, where the property is made.
const LABEL: &str = "OpenCX tags";

/// Lines; with `fix` the tag property and its option are made where they are missing.
pub async fn lines(patient: &Patient<'_>, asking: &Asking, fix: bool) -> Vec<Line> {
    let settings = &*patient.cx.settings;
    let mut lines = vec![switch(&settings.ticketing)];
    if settings.ticketing.enabled {
        let (of_place, of_properties) = look(asking, settings, fix).await;
        lines.extend(of_place.unwrap_or_else(|unseen| vec![unseen.line(PIPELINE), unseen.line(STAGE)]));
        lines.extend(of_properties.unwrap_or_else(|unseen| vec![unseen.line(TAG), unseen.line(DATA)]));
    }
    lines
}

type Looked = Result<Vec<Line>, Unseen>;

/// What HubSpot has of what the settings name: pipeline and stage, then the properties.
async fn look(asking: &Asking, settings: &Connection, fix: bool) -> (Looked, Looked) {
    let (ticketing, name) = (&settings.ticketing, &settings.name);
    let of_place =
        asking.ask(asking.hubspot.ticket_pipelines()).await.map(|pipelines| place(&pipelines, ticketing, name));
    let of_properties = match asking.ask(asking.hubspot.ticket_properties()).await {
        Ok(known) => {
            let mut tag = tag(&known, ticketing, name);
            if fix && !tag.is_sound() {
                tag = tag.mend(asking, name).await;
            }
            Ok(vec![tag.line, data(&known, ticketing, name)])
        }
        Err(unseen) => Err(unseen),
    };
    (of_place, of_properties)
}

fn switch(ticketing: &Ticketing) -> Line {
    let seen = if ticketing.enabled {
        "on: a handoff makes a ticket, and its changes reach the session"
    } else {
        "off: handoffs make no ticket, and changes of tickets are not read (`ticketing.enabled`)"
    };
    Line::ok("ticketing", seen)
}

fn key(name: &ConnectionName, key: &str) -> String {
    format!("`connections.{name}.ticketing.{key}`")
}

fn place(pipelines: &[Pipeline], ticketing: &Ticketing, name: &ConnectionName) -> Vec<Line> {
    let (pipeline, stage) = (&ticketing.pipeline, &ticketing.stage);
    let Some(found) = pipelines.iter().find(|known| known.id == *pipeline) else {
        let known: Vec<String> = pipelines.iter().map(|known| format!("{:?} ({})", known.id, known.label)).collect();
        let seen = format!(
            "HubSpot has no ticket pipeline {pipeline:?}, so handoffs get no ticket; it has {}",
            known.join(", ")
        );
        let fix = format!("correct {}: it takes the internal id", key(name, "pipeline"));
        return vec![
            Line::failed(PIPELINE, seen, fix),
            Line::ok(STAGE, "nothing to look in: the pipeline is not there"),
        ];
    };
    let there = Line::ok(PIPELINE, format!("{pipeline:?} ({}) is there", found.label));
    if let Some((_, label)) = found.stages.iter().find(|(id, _)| id == stage) {
        return vec![there, Line::ok(STAGE, format!("{stage:?} ({label}) is there"))];
    }
    let known: Vec<String> = found.stages.iter().map(|(id, label)| format!("{id:?} ({label})")).collect();
    let seen = format!(
        "the pipeline {pipeline:?} ({}) has no stage {stage:?}, so handoffs get no ticket; it has {}",
        found.label,
        known.join(", ")
    );
    vec![there, Line::failed(STAGE, seen, format!("correct {}: it takes the internal id", key(name, "stage")))]
}

/// What is wrong with the tag property, and what would mend it.
struct Tag<'a> {
    line: Line,
    lacks: Option<Lack<'a>>,
}

enum Lack<'a> {
    Property(&'a str),
    Option(&'a Property),
}

fn tag<'a>(known: &'a [Property], ticketing: &'a Ticketing, name: &ConnectionName) -> Tag<'a> {
    let (wanted, key) = (&ticketing.tag_property, key(name, "tag_property"));
    let sound = |line| Tag { line, lacks: None };
    if wanted.is_empty() {
        return sound(Line::ok(TAG, "none is set: handed-off tickets are not tagged"));
    }
    let by_hand = format!("`hubspot-bridge doctor {name} --fix` makes it, or make it in HubSpot's settings");
    let Some(property) = known.iter().find(|property| property.name == *wanted) else {
        let seen = format!("HubSpot's tickets have no property {wanted:?}, so handed-off tickets are not tagged");
        let line = Line::failed(TAG, seen, format!("{key}: {by_hand}"));
        return Tag { line, lacks: Some(Lack::Property(wanted)) };
    };
    if !property.multi_select || !property.writable {
        let seen =
            format!("the ticket property {wanted:?} is no multi-select that can be written, so tickets are not tagged");
        return sound(Line::failed(
            TAG,
            seen,
            format!("{key}: name another property, of the kind \"multiple checkboxes\""),
        ));
    }
    if !property.offers(HANDED_OFF_TAG) {
        let seen =
            format!("the ticket property {wanted:?} has no option {HANDED_OFF_TAG:?}, so tickets are not tagged");
        let line = Line::failed(TAG, seen, format!("{key}: {by_hand}"));
        return Tag { line, lacks: Some(Lack::Option(property)) };
    }
    sound(Line::ok(TAG, format!("{wanted:?} is a multi-select with the option {HANDED_OFF_TAG:?}")))
}

impl Tag<'_> {
    /// Nothing that could be made is missing.
    fn is_sound(&self) -> bool {
        self.lacks.is_none()
    }

    async fn mend(self, asking: &Asking, name: &ConnectionName) -> Self {
        let made = match &self.lacks {
            None => return self,
            Some(Lack::Property(wanted)) => {
                let made = asking.ask(asking.hubspot.create_ticket_choices(wanted, LABEL, HANDED_OFF_TAG)).await;
                made.map(|()| format!("made {wanted:?}, a multi-select with the option {HANDED_OFF_TAG:?}"))
            }
            Some(Lack::Option(property)) => {
                let made = asking.ask(asking.hubspot.add_ticket_option(property, HANDED_OFF_TAG)).await;
                made.map(|()| format!("added the option {HANDED_OFF_TAG:?} to {:?}", property.name))
            }
        };
        let line = match made {
            Ok(seen) => Line::ok(TAG, seen),
            Err(Unseen::Failed(error)) if matches!(error.class, Class::Conflict { .. }) => {
                let seen = "could not be made: HubSpot has one of this name that is hidden or archived";
                Line::failed(
                    TAG,
                    seen,
                    format!("show it again in HubSpot's settings, or name another in {}", key(name, "tag_property")),
                )
            }
            Err(Unseen::Failed(error)) => {
                let fix = "make it in HubSpot's settings: ticket properties, \"multiple checkboxes\"";
                Line::failed(TAG, format!("could not be made: {error}"), fix)
            }
            Err(unseen @ (Unseen::Late | Unseen::Barred(_) | Unseen::AsToken(_))) => unseen.line(TAG),
        };
        Self { line, lacks: None }
    }
}

fn data(known: &[Property], ticketing: &Ticketing, name: &ConnectionName) -> Line {
    let mut wrong = Vec::new();
    for (session_key, wanted) in &ticketing.custom_data {
        match known.iter().find(|property| property.name == *wanted) {
            None => wrong.push(format!(
                "HubSpot's tickets have no property {wanted:?}, so {session_key:?} stays in the session"
            )),
            Some(property) if !property.writable => {
                wrong.push(format!("{wanted:?} is set by HubSpot alone, so {session_key:?} stays in the session"));
            }
            Some(_) => {}
        }
    }
    if !wrong.is_empty() {
        let fix = format!("make the property, or correct its name in {}", key(name, "custom_data"));
        return Line::failed(DATA, wrong.join("; "), fix);
    }
    match ticketing.custom_data.len() {
        0 => Line::ok(DATA, "no session data is mapped to ticket properties"),
        mapped => Line::ok(DATA, format!("the properties of {mapped} session keys are there and can be written")),
    }
}
