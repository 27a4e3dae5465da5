//! The closed lists of words as schemas, from the lists themselves: a new reason is in the document at once.

use std::borrow::Cow;

use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::config::AgentKind;
use crate::domain;
use crate::store::StepStatus;

macro_rules! words {
    ($(#[doc = $doc:literal] $name:ident $shown:literal = $all:expr;)*) => {$(
        #[doc = $doc]
        pub(in crate::admin) struct $name;

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                let words: Vec<&'static str> = $all;
                let schema = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(words));
                Schema::Object(schema.description(Some($doc.trim())).build()).into()
            }
        }

        impl ToSchema for $name {
            fn name() -> Cow<'static, str> {
                Cow::Borrowed($shown)
            }
        }
    )*};
}

words! {
    /// Where an event is: it waits in its mailbox, it is worked on, or it ended in one of three ways.
    State "EventState" = domain::State::ALL.map(domain::State::as_str).to_vec();
    /// How an event ended. When its state is `skipped` or `dead`, so is its outcome.
    Outcome "Outcome" = domain::Outcome::ALL.iter().map(|outcome| outcome.as_str()).collect();
    /// Why an event ended as it did; `detail` says the same in a sentence, with what to do about it.
    Reason "Reason" = domain::Reason::ALL.iter().map(|reason| reason.as_str()).collect();
    /// What happened: HubSpot's subscription type, or the bridge's own word.
    Kind "EventType" = domain::EventKind::ALL.map(domain::EventKind::as_str).to_vec();
    /// Who has the conversation, as the bridge knows it.
    SessionState "SessionState" = domain::SessionState::ALL.map(domain::SessionState::as_str).to_vec();
    /// Whether the AI speaks to the customer (`autopilot`) or drafts for the reps (`assist`).
    Mode "Mode" = [domain::Mode::Autopilot, domain::Mode::Assist].map(domain::Mode::as_str).to_vec();
    /// Which agent: OpenCX, any OpenAI-compatible endpoint, your own, or the built-in one.
    Agent "AgentKind" =
        [AgentKind::Opencx, AgentKind::Openai, AgentKind::Http, AgentKind::Faq].map(AgentKind::as_str).to_vec();
    /// How a step of a turn stands. `intended`: whether it acted is not known. `not_sent`: certainly not.
    Step "StepStatus" =
        [StepStatus::Intended, StepStatus::Done, StepStatus::NotSent, StepStatus::Skipped, StepStatus::Failed]
            .map(StepStatus::as_str)
            .to_vec();
}
