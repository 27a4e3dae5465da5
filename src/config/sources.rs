//! Where settings come from, weakest first: the compiled-in `config/default.toml`, a file, the environment.

use std::collections::BTreeMap;
use std::path::Path;

use config::{Environment, File, FileFormat, Map, Value};

use super::problems::Problem;
use super::values;

/// Every setting with its default, as users read it.
pub(super) const DEFAULTS: &str = include_str!("../../config/default.toml");

/// The defaults of one connection; `config/default.toml` shows them as comments, because a connection exists only
/// when somebody names it. A test holds the two together.
pub(super) const CONNECTION_DEFAULTS: &str = include_str!("connection/defaults.toml");

const PREFIX: &str = "BRIDGE";

/// The merged tree; `file` is the text of a file that [`file_text`] has read. Variables are `BRIDGE__SECTION__KEY`; their values are text and are read as what the key wants.
pub(super) fn merge(file: Option<&str>, env: &BTreeMap<String, String>) -> Result<Map<String, Value>, Problem> {
    let mut builder = config::Config::builder().add_source(File::from_str(DEFAULTS, FileFormat::Toml));
    if let Some(text) = file {
        builder = builder.add_source(File::from_str(text, FileFormat::Toml));
    }
    let variables = env.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    let environment = Environment::with_prefix(PREFIX).prefix_separator("__").separator("__").source(Some(variables));
    let merged = builder.add_source(environment).build().map_err(|_| unreadable())?;
    Ok(values::as_table(&merged.cache).cloned().unwrap_or_default())
}

/// The defaults of one connection as a tree.
pub(super) fn connection_defaults() -> Result<Map<String, Value>, Problem> {
    let built = config::Config::builder().add_source(File::from_str(CONNECTION_DEFAULTS, FileFormat::Toml)).build();
    Ok(values::as_table(&built.map_err(|_| unreadable())?.cache).cloned().unwrap_or_default())
}

/// Reads and parses the file here, because the parser's own error text quotes the line, which may hold a secret.
pub(super) fn file_text(path: &Path) -> Result<String, Problem> {
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|error| {
        Problem::new(
            name.clone(),
            format!("cannot be read ({})", error.kind()),
            "check the path given by --config or BRIDGE_CONFIG",
        )
    })?;
    match toml::from_str::<toml::Table>(&text) {
        Ok(_) => Ok(text),
        Err(error) => {
            let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
            let line = before.matches('\n').count() + 1;
            let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
            let what = format!("is not TOML at line {line}, column {column}: {}", error.message());
            Err(Problem::new(name, what, "mend the line; strings need quotes"))
        }
    }
}

/// Only what the pre-check let through arrives here (a number beyond 64 bits); the crate's words may quote it.
fn unreadable() -> Problem {
    Problem::new("settings", "hold a value out of range", "look for a very large number in the file")
}
