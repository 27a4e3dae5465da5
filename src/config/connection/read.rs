//! Reads one `[connections.NAME]`.

use super::{AgentSettings, Connection, Crm, OnAgentFailure, Plan, ReturnToAi, SignatureMode, Ticketing, rules, team};
use crate::config::Secret;
use crate::config::quantities::{Fault, shown};
use crate::config::reader::Reader;
use crate::domain::{ActorId, Channel, ConnectionName, Mode, PortalId};

const TOKEN_FIX: &str = "set it or `access_token_file`; HubSpot shows it in the app's Auth tab";
const SECRET_FIX: &str = "set it or `client_secret_file`; HubSpot shows it in the app's Auth tab, beside the token";
const AI_USER_FIX: &str = "give the user the AI answers as, e.g. \"A-12345\"; HubSpot shows the id under Users & Teams";

impl Connection {
    pub(in crate::config) fn read(name: &str, s: &mut Reader<'_>) -> Option<Self> {
        let portal_id = read_portal(s);
        let access_token = Secret::required(s, "access_token", TOKEN_FIX);
        let client_secret = Secret::required(s, "client_secret", SECRET_FIX);
        check_credentials(s, access_token.as_ref(), client_secret.as_ref());
        let modes = [("auto", SignatureMode::Auto), ("v3", SignatureMode::V3), ("none", SignatureMode::None)];
        let signature = s.word("signature", &modes);
        let ai_user_id = s.required("ai_user_id", AI_USER_FIX).and_then(|_| s.parsed("ai_user_id", actor));
        let default_user_id = s.parsed("default_user_id", |text| match text {
            "" => Ok(None),
            text => actor(text).map(Some),
        });
        let mode = s.word("mode", &[("autopilot", Mode::Autopilot), ("assist", Mode::Assist)]);
        let inboxes = read_inboxes(s);
        let channels = read_channels(s);
        let internal_domains = read_domains(s);
        let reply_when_unassigned = s.flag("reply_when_unassigned");
        let return_to_ai = s.word("return_to_ai", &[("on_close", ReturnToAi::OnClose), ("never", ReturnToAi::Never)]);
        let mirror_notes = s.flag("mirror_notes");
        let failures = [
            ("handoff", OnAgentFailure::Handoff),
            ("draft", OnAgentFailure::Draft),
            ("silent", OnAgentFailure::Silent),
        ];
        let on_agent_failure = s.word("on_agent_failure", &failures);
        let plan = s.word("plan", &[("auto", Plan::Auto), ("starter", Plan::Starter), ("pro", Plan::Pro)]);
        let agent = s.section("agent", AgentSettings::read);
        let ticketing = s.section("ticketing", Ticketing::read);
        let crm = s.section("crm", read_crm);
        let signatures = team::read_signatures(s);
        let (topics, routing) = rules::read(s);
        let handoff_words = team::read_words(s);
        Some(Self {
            name: ConnectionName::from(name),
            portal_id: portal_id?,
            access_token: access_token?,
            client_secret: client_secret?,
            signature: signature?,
            ai_user_id: ai_user_id?,
            default_user_id: default_user_id?,
            mode: mode?,
            inboxes: inboxes?,
            channels: channels?,
            internal_domains: internal_domains?,
            reply_when_unassigned: reply_when_unassigned?,
            return_to_ai: return_to_ai?,
            mirror_notes: mirror_notes?,
            on_agent_failure: on_agent_failure?,
            plan: plan?,
            agent: agent?,
            ticketing: ticketing?,
            crm: crm?,
            signatures: signatures?,
            topics: topics?,
            routing: routing?,
            handoff_words: handoff_words?,
        })
    }
}

/// `[a-z0-9]+(_[a-z0-9]+)*`: it is part of a URL, of variables' names, and a metrics label.
pub(in crate::config) fn is_name(name: &str) -> bool {
    let part = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    name.len() <= 64 && name.split('_').all(part)
}

fn read_portal(s: &mut Reader<'_>) -> Option<PortalId> {
    if s.lookup("portal_id").is_none() {
        s.wrong(
            "portal_id",
            "is required",
            "give the HubSpot account's id, e.g. 1234567; it is in HubSpot's address bar",
        );
        return None;
    }
    s.integer("portal_id", 1..=i64::MAX).map(PortalId)
}

pub(super) fn actor(text: &str) -> Result<ActorId, Fault> {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if text.strip_prefix("A-").is_some_and(digits) {
        return Ok(ActorId::from(text));
    }
    let fix = if digits(text) {
        format!("write \"A-{text}\"")
    } else {
        "write a HubSpot user's actor id, e.g. \"A-12345\"".into()
    };
    Err((format!("{} is not a user's actor id", shown(text)), fix))
}

fn check_credentials(s: &Reader<'_>, token: Option<&Secret>, secret: Option<&Secret>) {
    let token = token.and_then(|token| token.reveal().ok());
    let secret = secret.and_then(|secret| secret.reveal().ok());
    if secret.as_deref().is_some_and(|secret| secret.starts_with("pat-")) || (secret.is_some() && secret == token) {
        s.wrong(
            "client_secret",
            "holds an access token, not the client secret",
            "copy the client secret: Auth tab, Show secret",
        );
    }
    if token.is_some_and(|token| !token.starts_with("pat-")) {
        let fix =
            "check that it is the app's access token and not its client secret; OAuth tokens expire within the hour";
        s.doubtful("access_token", "does not start with `pat-` as the tokens of private apps and service keys do", fix);
    }
}

fn read_inboxes(s: &mut Reader<'_>) -> Option<Vec<String>> {
    let inboxes = s.list("inboxes")?;
    if inboxes.iter().any(|inbox| !inbox.bytes().all(|byte| byte.is_ascii_digit())) {
        s.wrong(
            "inboxes",
            "holds something that is not an inbox id",
            "write the ids, e.g. [\"123456\"]; they are in HubSpot's inbox settings' address",
        );
        return None;
    }
    if inboxes.is_empty() {
        s.doubtful(
            "inboxes",
            "is empty: the AI answers in every inbox",
            "name the inboxes it may answer in, e.g. [\"123456\"], or begin with `mode = \"assist\"`",
        );
    }
    Some(inboxes)
}

pub(super) fn read_channels(s: &mut Reader<'_>) -> Option<Vec<Channel>> {
    let words = s.list("channels")?;
    let channel = |word: &String| Channel::ALL.into_iter().find(|channel| channel.as_str() == word);
    if let Some(unknown) = words.iter().find(|word| channel(word).is_none()) {
        let choices = Channel::ALL.map(Channel::as_str).join(", ");
        s.wrong("channels", format!("{} is not a channel", shown(unknown)), format!("choose among {choices}"));
        return None;
    }
    Some(words.iter().filter_map(channel).collect())
}

fn read_domains(s: &mut Reader<'_>) -> Option<Vec<String>> {
    let domains: Vec<String> = s.list("internal_domains")?.iter().map(|domain| domain.to_lowercase()).collect();
    if domains.iter().all(|domain| is_domain(domain)) {
        return Some(domains);
    }
    s.wrong(
        "internal_domains",
        "holds something that is not a domain",
        "write bare domains, e.g. [\"example.com\"], without @",
    );
    None
}

pub(super) fn is_domain(text: &str) -> bool {
    text.contains('.') && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte))
}

fn read_crm(s: &mut Reader<'_>) -> Option<Crm> {
    let access_token = Secret::read(s, "access_token");
    let for_agent = s.flag("for_agent");
    Some(Crm { access_token: access_token?, for_agent: for_agent? })
}

#[cfg(test)]
mod tests {
    use super::is_name;

    #[test]
    fn names_are_lower_case_words_joined_by_single_underscores() {
        for name in ["acme", "acme_eu", "1shop", "a_1"] {
            assert!(is_name(name), "{name}");
        }
        for name in ["", "_a", "a_", "a__b", "Acme", "a-b", "a.b", "é"] {
            assert!(!is_name(name), "{name}");
        }
    }
}
