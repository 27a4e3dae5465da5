//! From sources to the typed settings, or to every problem at once. Called by the commands and by tests.

use std::collections::BTreeMap;
use std::path::Path;

use config::{Map, Value};

use super::checks::{self, Parts};
use super::problems::{Notes, Problem, Problems};
use super::reader::Reader;
use super::{Config, Connection, Delivery, admin, connection, hubspot, in_force, server, sources, store, telemetry};
use crate::domain::ConnectionName;

/// Settings that can be used.
#[derive(Debug)]
pub struct Loaded {
    /// Typed and checked.
    pub config: Config,
    /// What is probably not meant, ordered by path.
    pub warnings: Vec<Problem>,
    /// Every setting in force, defaults of connections filled in, secrets redacted.
    pub effective: toml::Table,
}

/// Merges defaults, file and environment and checks the whole. Without `file`, `BRIDGE_CONFIG` in `env` may name one.
///
/// # Errors
/// Every problem, ordered by path.
pub fn load(file: Option<&Path>, env: &BTreeMap<String, String>) -> Result<Loaded, Problems> {
    let named = env.get("BRIDGE_CONFIG").filter(|path| !path.is_empty()).map(Path::new);
    let alone = |problem| Problems(vec![problem]);
    let file = file.or(named).map(sources::file_text).transpose().map_err(alone)?;
    let merged = sources::merge(file.as_deref(), env).map_err(alone)?;
    let defaults = sources::connection_defaults().map_err(alone)?;
    let notes = Notes::default();
    let (config, effective) = read(&merged, &defaults, &notes);
    let (errors, warnings) = notes.into_parts();
    match config {
        Some(mut config) if errors.is_empty() => {
            let file = file.and_then(|text| text.parse().ok()).unwrap_or_default();
            config.in_force = in_force::list(&effective, &merged, &file);
            Ok(Loaded { config, warnings, effective })
        }
        _ => Err(Problems(errors)),
    }
}

/// The settings in force, defaults of connections filled in, secrets redacted, for who works on them before there is a
/// HubSpot app: what only the app or the account gives may be missing.
///
/// # Errors
/// Every other problem, ordered by path.
pub fn draft(file: Option<&Path>, env: &BTreeMap<String, String>) -> Result<toml::Table, Problems> {
    let named = env.get("BRIDGE_CONFIG").filter(|path| !path.is_empty()).map(Path::new);
    let alone = |problem| Problems(vec![problem]);
    let text = file.or(named).map(sources::file_text).transpose().map_err(alone)?;
    let merged = sources::merge(text.as_deref(), env).map_err(alone)?;
    let defaults = sources::connection_defaults().map_err(alone)?;
    let notes = Notes::default();
    let (_, effective) = read(&merged, &defaults, &notes);
    let (mut errors, _) = notes.into_parts();
    errors.retain(|problem| !comes_with_the_app(&problem.path));
    if errors.is_empty() { Ok(effective) } else { Err(Problems(errors)) }
}

/// Credentials and ids of a connection, and the demand that there be one.
fn comes_with_the_app(path: &str) -> bool {
    let Some(inside) = path.strip_prefix("connections") else { return false };
    let key = inside.rsplit('.').next().unwrap_or_default().trim_end_matches("_file");
    let known_later = ["", "portal_id", "ai_user_id"];
    known_later.contains(&key) || ["_token", "_secret", "_key"].iter().any(|end| key.ends_with(end))
}

fn read(tree: &Map<String, Value>, defaults: &Map<String, Value>, notes: &Notes) -> (Option<Config>, toml::Table) {
    let mut root = Reader::root(tree, notes);
    let server = root.section("server", server::Server::read);
    let admin = root.section("admin", admin::Admin::read);
    let store = root.section("store", store::Store::read);
    let delivery = root.section("delivery", Delivery::read);
    let hubspot = root.section("hubspot", hubspot::Hubspot::read);
    let telemetry = root.section("telemetry", telemetry::Telemetry::read);
    let connections = root.section("connections", |s| Some(read_connections(s, defaults))).unwrap_or_default();
    let effective = root.finish();
    checks::check(
        &Parts {
            server: server.as_ref(),
            admin: admin.as_ref(),
            store: store.as_ref(),
            delivery: delivery.as_ref(),
            hubspot: hubspot.as_ref(),
            connections: &connections,
        },
        notes,
    );
    let whole = || {
        Some(Config {
            server: server?,
            admin: admin?,
            store: store?,
            delivery: delivery?,
            hubspot: hubspot?,
            telemetry: telemetry?,
            connections,
            in_force: Vec::new(),
        })
    };
    (whole(), effective)
}

fn read_connections<'a>(s: &mut Reader<'a>, defaults: &'a Map<String, Value>) -> BTreeMap<ConnectionName, Connection> {
    let mut connections = BTreeMap::new();
    for name in s.names() {
        if !connection::is_name(name) {
            s.wrong(
                name,
                "is not a connection's name",
                "use lower-case letters, digits and single underscores, e.g. acme_eu",
            );
        }
        let connection = s.section_over(name, defaults, |s| Connection::read(name, s));
        connections.extend(connection.map(|connection| (connection.name.clone(), connection)));
    }
    connections
}
