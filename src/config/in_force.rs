//! The settings in force one by one, as people are shown them: redacted like `config print`, each with where it is from.

use config::{Map, Value};

use super::values;

/// One setting in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// The full path, `connections.acme.mode`.
    pub path: String,
    /// As TOML writes it; a secret is redacted, its file is named.
    pub value: String,
    /// Where it is from.
    pub origin: Origin,
}

/// Where a value is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Compiled in.
    Default,
    /// The settings file.
    File,
    /// A variable.
    Environment,
}

impl Origin {
    /// In a word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::File => "file",
            Self::Environment => "environment",
        }
    }
}

/// Every leaf of `effective`, in its order. `merged` is what it was read from, `file` what the settings file holds.
pub(super) fn list(effective: &toml::Table, merged: &Map<String, Value>, file: &toml::Table) -> Vec<Setting> {
    let mut settings = Vec::new();
    walk("", effective, Some(merged), Some(file), &mut settings);
    settings
}

fn walk(
    above: &str,
    effective: &toml::Table,
    merged: Option<&Map<String, Value>>,
    file: Option<&toml::Table>,
    settings: &mut Vec<Setting>,
) {
    for (key, value) in effective {
        let path = if above.is_empty() { key.clone() } else { format!("{above}.{key}") };
        let (given, written) = (merged.and_then(|table| table.get(key)), file.and_then(|table| table.get(key)));
        if let toml::Value::Table(table) = value {
            let merged = given.and_then(values::as_table);
            walk(&path, table, merged, written.and_then(toml::Value::as_table), settings);
            continue;
        }
        let origin = match (given, written) {
            (Some(given), _) if values::is_from_environment(given) => Origin::Environment,
            (_, Some(_)) => Origin::File,
            (_, None) => Origin::Default,
        };
        settings.push(Setting { path, value: value.to_string(), origin });
    }
}
