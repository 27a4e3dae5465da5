//! Bad settings: the exact path, what is wrong, the fix.

use super::desk::{Desk, LEAST};

/// The least settings, with `line` in place of (or added to) what `table` says.
fn flawed(table: &str, line: &str) -> String {
    let (header, name) = (format!("[{table}]\n"), line.split(" = ").next().unwrap());
    let Some((before, after)) = LEAST.split_once(&header) else {
        return format!("{LEAST}{header}{line}\n");
    };
    let (own, rest) = after.find("\n[").map_or((after, ""), |at| after.split_at(at));
    let own: Vec<&str> = own.lines().filter(|kept| !kept.starts_with(&format!("{name} = "))).collect();
    format!("{before}{header}{line}\n{}\n{rest}", own.join("\n"))
}

#[track_caller]
fn errors(settings: &str) -> Vec<String> {
    let problems = Desk::new(settings).load(&[]).unwrap_err();
    problems.0.iter().map(ToString::to_string).collect()
}

const ONE_FLAW: &[(&str, &str, &str)] = &[
    (
        "server",
        "listen = \"8080\"",
        "server.listen: \"8080\" is not an address; write an IP address and a port, e.g. \"0.0.0.0:8080\" or \"[::1]:8080\"",
    ),
    ("server", "listn = \"x\"", "server.listn: is not a setting; did you mean `listen`?"),
    (
        "server",
        "public_url = \"http://bridge.example.com\"",
        "server.public_url: is not https; HubSpot calls https only; http is for loopback tests",
    ),
    (
        "server",
        "public_url = \"https://bridge.example.com?x=1\"",
        "server.public_url: has a query or a fragment; end it after the host, or after the path",
    ),
    (
        "server",
        "public_url = \"https://me:pw@bridge.example.com\"",
        "server.public_url: holds a user name or password; leave out what is before the @",
    ),
    (
        "server",
        "body_limit = \"1KiB\"",
        "server.body_limit: \"1KiB\" is out of bounds; HubSpot's deliveries of 100 events must fit: give from 64KiB to 64MiB",
    ),
    ("server", "body_limit = 1048576", "server.body_limit: is a number; write a string"),
    ("server", "drain_grace = \"8\"", "server.drain_grace: \"8\" is not a duration; add a unit: \"8s\", \"8ms\""),
    (
        "admin",
        "listen = \"0.0.0.0:8081\"",
        "admin.token: is required, because `admin.listen` is not loopback; set `admin.token` or `admin.token_file`",
    ),
    (
        "admin",
        "listen = \"127.0.0.1:8080\"",
        "admin.listen: is the port of `server.listen` too; give it a port of its own, e.g. 8081",
    ),
    ("admin", "metrics_public = \"yes\"", "admin.metrics_public: is a string; write true or false"),
    (
        "store",
        "url = \"postgres://db/bridge\"",
        "store.url: PostgreSQL is not in this release; use \"sqlite:data/bridge.db\"; one process on SQLite serves a company",
    ),
    (
        "store",
        "url = \"sqlite:\"",
        "store.url: is not a store this release knows; write \"sqlite:data/bridge.db\" or \"sqlite::memory:\"",
    ),
    (
        "store",
        "retention = \"5d\"",
        "store.retention: is too short: duplicates must be recognised for 3d after `delivery.max_event_age`; give at least 6d",
    ),
    ("delivery", "settle = \"0s\"", "delivery.settle: \"0s\" is out of bounds; give from 1s to 10m"),
    ("delivery", "max_attempts = 0", "delivery.max_attempts: is out of bounds; give a whole number from 1 to 1000"),
    (
        "delivery",
        "max_attempts = 1.5",
        "delivery.max_attempts: is a number with a fraction; write a whole number, without quotes",
    ),
    (
        "delivery",
        "guarantee = \"exactly-once\"",
        "delivery.guarantee: \"exactly-once\" is not a choice; choose \"effectively-once\" or \"at-most-once\"",
    ),
    (
        "delivery",
        "max_replies_per_thread = \"10\"",
        "delivery.max_replies_per_thread: \"10\" is not a limit; write a count and a time, e.g. \"10/10m\"",
    ),
    (
        "delivery",
        "quiet_period_max = \"15m\"",
        "delivery.quiet_period_max: is not shorter than `delivery.max_reply_age.chat`: a long burst would be stale before it is answered; shorten it or raise the age",
    ),
    (
        "delivery",
        "max_event_age = \"1h\"",
        "delivery.max_event_age: is shorter than `delivery.max_reply_age` (12h): late messages would die instead of reaching a human; raise it",
    ),
    (
        "delivery.max_reply_age",
        "sms = \"1m\"",
        "delivery.max_reply_age.sms: is not a setting; remove it; `hubspot-bridge config print` shows every setting",
    ),
    ("hubspot", "timeout = \"60s\"", "hubspot.timeout: \"60s\" is out of bounds; give from 100ms to 30s"),
    (
        "hubspot",
        "api_url = \"api.hubapi.com\"",
        "hubspot.api_url: is not a plain http(s) URL; write a scheme and a host, e.g. \"https://api.example.com\"",
    ),
    (
        "telemetry",
        "log_level = \"inof\"",
        "telemetry.log_level: \"inof\" is not a log filter; write error, warn, info or debug, or pairs such as \"info,hubspot_bridge::worker=debug\"",
    ),
    (
        "telemetry",
        "log_level = \"info,x=loud\"",
        "telemetry.log_level: \"info,x=loud\" is not a log filter; write error, warn, info or debug, or pairs such as \"info,hubspot_bridge::worker=debug\"",
    ),
    (
        "alerts",
        "webhook_url = \"http://alerts.example.com/x\"",
        "alerts.webhook_url: is not https; http is for this machine alone; write where alerts are posted, e.g. \"https://alerts.example.com/bridge\"",
    ),
    (
        "alerts",
        "webhook_secret = \"whsec_canary!\"",
        "alerts.webhook_secret: is not base64 after `whsec_`; copy the secret again, or write one without `whsec_`, whose characters are then the key",
    ),
    (
        "alerts",
        "command = [\"/nowhere/page-me\"]",
        "alerts.command: names a program that is not there; give its path, then its arguments, each a string",
    ),
    ("alerts", "every = \"0s\"", "alerts.every: \"0s\" is out of bounds; give from 1s to 1d"),
    (
        "connections.acme",
        "portal_id = \"1\"",
        "connections.acme.portal_id: is a string; write a whole number, without quotes",
    ),
    (
        "connections.acme",
        "ai_user_id = \"12345\"",
        "connections.acme.ai_user_id: \"12345\" is not a user's actor id; write \"A-12345\"",
    ),
    (
        "connections.acme",
        "ai_user_id = \"V-1\"",
        "connections.acme.ai_user_id: \"V-1\" is not a user's actor id; write a HubSpot user's actor id, e.g. \"A-12345\"",
    ),
    (
        "connections.acme",
        "client_secret = \"pat-na1-x\"",
        "connections.acme.client_secret: holds an access token, not the client secret; copy the client secret: Auth tab, Show secret",
    ),
    (
        "connections.acme",
        "access_token_file = \"/nowhere\"",
        "connections.acme.access_token: both `access_token` and `access_token_file` are given; keep one of them",
    ),
    (
        "connections.acme",
        "signature = \"none\"",
        "connections.acme.signature: \"none\" lets anybody who reaches `server.listen` post events; choose \"auto\", or listen on loopback",
    ),
    (
        "connections.acme",
        "channels = [\"fax\"]",
        "connections.acme.channels: \"fax\" is not a channel; choose among chat, facebook, email, form, customer_portal, whatsapp, sms, instagram, other",
    ),
    (
        "connections.acme",
        "internal_domains = \"example.com\"",
        "connections.acme.internal_domains: is a string; write a list of strings, e.g. [\"a\", \"b\"]",
    ),
    (
        "connections.acme",
        "inboxes = [\"Support\"]",
        "connections.acme.inboxes: holds something that is not an inbox id; write the ids, e.g. [\"123456\"]; they are in HubSpot's inbox settings' address",
    ),
    (
        "connections.acme",
        "clientsecret = \"x\"",
        "connections.acme.clientsecret: is not a setting; did you mean `client_secret`?",
    ),
    (
        "connections.acme.agent",
        "kind = \"opencx\"",
        "connections.acme.agent.api_key: is required for opencx; set it or `api_key_file`; OpenCX makes keys under Settings, Access",
    ),
    (
        "connections.acme.agent",
        "articles = \"/nowhere\"",
        "connections.acme.agent.articles: is not a folder with Markdown files; name a folder of `*.md` files to answer from",
    ),
    (
        "connections.acme.agent",
        "timeout = \"5m\"",
        "connections.acme.agent.timeout: may take 15m over all attempts: chat messages would be stale before the last one ends; shorten it, lower `attempts`, or raise `delivery.max_reply_age.chat`",
    ),
    (
        "connections.acme.ticketing",
        "custom_data = { a = 1 }",
        "connections.acme.ticketing.custom_data.a: does not name a ticket property; write the property's internal name, in quotes",
    ),
    (
        "connections.acme.crm",
        "for_agents = true",
        "connections.acme.crm.for_agents: is not a setting; did you mean `for_agent`?",
    ),
    (
        "admin",
        "public_url = \"console.example.com\"",
        "admin.public_url: is not a plain http(s) URL; write where people open the console, e.g. \"https://bridge.internal.example.com\"",
    ),
    ("servers", "listen = \"x\"", "servers: is not a setting; did you mean `server`?"),
];

#[test]
fn each_flaw_is_named_with_its_path_and_its_fix() {
    for (table, line, problem) in ONE_FLAW {
        assert_eq!(errors(&flawed(table, line)), [(*problem).to_owned()], "{table}: {line}");
    }
}

#[test]
fn an_empty_connection_names_everything_it_needs() {
    let settings = "[connections.acme]\n[connections.acme.agent]\narticles = \"FOLDER/faq\"";
    let paths: Vec<String> = Desk::new(settings)
        .load(&[])
        .unwrap_err()
        .0
        .into_iter()
        .map(|problem| format!("{} {}", problem.path, problem.what))
        .collect();
    let required = ["access_token", "ai_user_id", "client_secret", "portal_id"];
    assert_eq!(paths, required.map(|key| format!("connections.acme.{key} is required")));
}

#[test]
fn every_problem_is_reported_at_once_in_order_of_path() {
    let settings =
        "[server]\nlisten = \"x\"\n[delivery]\nsettle = \"y\"\nquiet = 1\n[connections.Bad-Name]\nportal_id = 0\n";
    let paths: Vec<String> =
        Desk::new(settings).load(&[]).unwrap_err().0.into_iter().map(|problem| problem.path).collect();
    let expected = [
        "connections.Bad-Name",
        "connections.Bad-Name.access_token",
        "connections.Bad-Name.agent.articles",
        "connections.Bad-Name.ai_user_id",
        "connections.Bad-Name.client_secret",
        "connections.Bad-Name.portal_id",
        "delivery.quiet",
        "delivery.settle",
        "server.listen",
    ];
    let articles_exist = std::path::Path::new("config/faq").is_dir();
    let expected: Vec<&str> =
        expected.into_iter().filter(|path| !(articles_exist && path.ends_with("articles"))).collect();
    assert_eq!(paths, expected);
}

#[test]
fn a_section_that_is_no_table_and_a_variable_nobody_reads_are_named() {
    assert_eq!(errors("server = 3"), ["server: is a number, not a table; write [server] and its keys below"]);
    let problems = Desk::new(LEAST).load(&[("BRIDGE__SERVER__LISTN", "x")]).unwrap_err();
    assert_eq!(
        problems.to_string(),
        "server.listn: is not a setting (it comes from the environment); did you mean `listen`?"
    );
}

#[test]
fn a_file_that_is_missing_or_is_not_toml_is_named() {
    let desk = Desk::new("[server]\nlisten = \n");
    let [problem] = desk.load(&[]).unwrap_err().0.try_into().unwrap();
    assert_eq!(problem.path, desk.file().display().to_string());
    assert!(problem.what.starts_with("is not TOML at line 2"), "{problem}");
    std::fs::remove_file(desk.file()).unwrap();
    let problems = desk.load(&[]).unwrap_err().to_string();
    assert!(
        problems.ends_with("cannot be read (entity not found); check the path given by --config or BRIDGE_CONFIG"),
        "{problems}"
    );
}

#[test]
fn v3_demands_the_public_url_and_auto_warns_without_it() {
    let without = LEAST.replace("public_url = \"https://bridge.example.com\"", "");
    let strict = without.replace("ai_user_id", "signature = \"v3\"\nai_user_id");
    assert_eq!(
        errors(&strict),
        [
            "server.public_url: is required by `connections.acme.signature = \"v3\"`; set `server.public_url` to what HubSpot calls, e.g. \"https://bridge.example.com\""
        ]
    );
    let warnings = Desk::new(&without).load(&[]).unwrap().warnings;
    assert_eq!(warnings.iter().map(|warning| warning.path.as_str()).collect::<Vec<_>>(), ["server.public_url"]);
}

#[test]
fn what_is_probably_not_meant_is_a_warning() {
    let settings = LEAST
        .replace("pat-na1-canary-token", "oauth-token")
        .replace("inboxes = [\"55\"]", "default_user_id = \"A-100\"");
    let settings = format!("{settings}[delivery]\nquiet_period = \"11s\"\n");
    let warnings = Desk::new(&settings).load(&[]).unwrap().warnings;
    let paths: Vec<&str> = warnings.iter().map(|warning| warning.path.as_str()).collect();
    let acme = ["connections.acme.access_token", "connections.acme.default_user_id", "connections.acme.inboxes"];
    assert_eq!(paths, [acme[0], acme[1], acme[2], "delivery.quiet_period"]);
}

#[test]
fn two_connections_with_one_portal_and_one_secret_cannot_be_told_apart() {
    let twin = LEAST.split_once("[connections.acme]").unwrap().1.replace("connections.acme", "connections.beta");
    let problems = errors(&format!("{LEAST}[connections.beta]{twin}"));
    assert_eq!(
        problems,
        [
            "connections.beta.portal_id: is the portal of `connections.acme` too, with the same client secret; one portal and app need one connection: remove one of them"
        ]
    );
}
