//! The secrets' form, without asking anybody: there, of the right kind, and none in another's place. The client secret given
//! as the token, or the other way round, is the commonest mistake of all.

use super::{Line, Patient};
use crate::config::Secret;
use crate::config::secret::is_same;

const TOKEN: &str = "secret access_token";
const CLIENT: &str = "secret client_secret";
const CRM: &str = "secret crm.access_token";
const AGENT: &str = "secret agent";
const WHERE: &str =
    "the app's Auth tab in HubSpot shows both, the access token (`pat-…`) and the client secret (a UUID)";

/// What a secret looks like.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// `pat-<region>-<uuid>`: private apps, apps with static authentication, service keys.
    Token,
    /// Begins so, and goes on otherwise.
    TokenLike,
    /// What client secrets are.
    Uuid,
    Other,
}

/// Lines.
#[must_use]
pub fn lines(patient: &Patient<'_>) -> Vec<Line> {
    let settings = &patient.cx.settings;
    let (token, client) = (settings.access_token.reveal().ok(), settings.client_secret.reveal().ok());
    let crm = settings.crm.access_token.as_ref();
    vec![
        token.as_deref().map_or_else(|| unreadable(TOKEN), |text| of_token(TOKEN, text, client.as_deref())),
        client.as_deref().map_or_else(|| unreadable(CLIENT), |text| of_client_secret(text, token.as_deref())),
        match crm.map(Secret::reveal) {
            None => Line::ok(CRM, "none of its own is set: the connection's token is used"),
            Some(Ok(text)) => of_token(CRM, &text, client.as_deref()),
            Some(Err(_)) => unreadable(CRM),
        },
        of_agent(patient),
    ]
}

fn of_token(check: &'static str, text: &str, client: Option<&str>) -> Line {
    let setting = check.trim_start_matches("secret ");
    match form(text) {
        _ if text.is_empty() => empty(check),
        Form::Token => Line::ok(check, "has the form of an access token"),
        Form::TokenLike => Line::warning(
            check,
            "begins with `pat-` but is not `pat-<region>-` and a UUID; it may be cut off, or have something added",
            format!("copy it again, whole, into `{setting}`"),
        ),
        Form::Uuid => {
            let exchanged = client.is_some_and(|client| form(client) == Form::Token);
            let seen = if exchanged {
                "is the client secret, and the client secret is the access token: the two are exchanged"
            } else if client.is_some_and(|client| is_same(client, text)) {
                "is the client secret"
            } else {
                "has the form of a client secret, which calls nothing"
            };
            Line::failed(check, seen, format!("give the access token as `{setting}`; {WHERE}"))
        }
        Form::Other => Line::warning(
            check,
            "has no form that HubSpot's access tokens are known to have",
            format!("check that `{setting}` is an access token; {WHERE}"),
        ),
    }
}

fn of_client_secret(text: &str, token: Option<&str>) -> Line {
    let fix = format!("give the client secret as `client_secret`; {WHERE}");
    let same = token.is_some_and(|token| is_same(token, text));
    match form(text) {
        _ if text.is_empty() => empty(CLIENT),
        Form::Uuid => Line::ok(CLIENT, "has the form of a client secret"),
        Form::Token | Form::TokenLike if !same && token.is_some_and(|token| form(token) == Form::Uuid) => Line::failed(
            CLIENT,
            "is the access token, and the access token is the client secret: the two are exchanged",
            fix,
        ),
        Form::Token | Form::TokenLike => {
            let seen = "is an access token: no webhook's signature can be right, and every delivery is refused";
            Line::failed(CLIENT, seen, fix)
        }
        Form::Other if same => Line::failed(CLIENT, "is the same as the access token; one of them is wrong", fix),
        Form::Other => Line::warning(CLIENT, "is no UUID, as HubSpot's client secrets are known to be", fix),
    }
}

fn of_agent(patient: &Patient<'_>) -> Line {
    let agent = &patient.cx.settings.agent;
    let all = [
        ("api_key", &agent.api_key),
        ("signing_secret", &agent.signing_secret),
        ("webhook_secret", &agent.webhook_secret),
    ];
    let given: Vec<(&str, &Secret)> =
        all.into_iter().filter_map(|(name, secret)| Some((name, secret.as_ref()?))).collect();
    let is_lost = |secret: &Secret| secret.reveal().map_or(true, |text| text.is_empty());
    let lost: Vec<String> =
        given.iter().filter(|(_, secret)| is_lost(secret)).map(|(name, _)| format!("`agent.{name}`")).collect();
    if !lost.is_empty() {
        let seen = format!("{} cannot be read, or is empty", lost.join(", "));
        return Line::failed(AGENT, seen, "check the file's path, its permissions and what is in it");
    }
    if given.is_empty() {
        return Line::ok(AGENT, "none is set");
    }
    let names: Vec<String> = given.iter().map(|(name, _)| format!("`agent.{name}`")).collect();
    Line::ok(AGENT, format!("{} can be read", names.join(", ")))
}

fn unreadable(check: &'static str) -> Line {
    let setting = check.trim_start_matches("secret ");
    Line::failed(
        check,
        "its file cannot be read",
        format!("check the path in `{setting}_file`, and that the bridge's user may read it"),
    )
}

fn empty(check: &'static str) -> Line {
    Line::failed(check, "is empty", format!("write the secret into it; {WHERE}"))
}

fn form(text: &str) -> Form {
    if is_uuid(text) {
        return Form::Uuid;
    }
    let Some(rest) = text.strip_prefix("pat-") else { return Form::Other };
    let whole = rest.split_once('-').is_some_and(|(region, uuid)| {
        !region.is_empty() && region.bytes().all(|byte| byte.is_ascii_alphanumeric()) && is_uuid(uuid)
    });
    if whole { Form::Token } else { Form::TokenLike }
}

/// Groups of 8, 4, 4, 4 and 12 hexadecimal digits.
fn is_uuid(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    let lengths = groups.iter().map(|group| group.len());
    lengths.eq([8, 4, 4, 4, 12]) && text.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
}
