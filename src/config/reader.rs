//! Reads one table of the merged settings: each getter names a known key, checks its type and bounds, notes what is
//! wrong, and records the value in force for `config print`. A getter's `None` means its problem is noted.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use std::sync::LazyLock;
use std::time::Duration;

use config::{Map, Value};

use super::problems::{Notes, Problem};
use super::quantities::{self, Fault, shown};
use super::values;

static NOTHING: LazyLock<Map<String, Value>> = LazyLock::new(Map::new);

/// One table being read.
pub(super) struct Reader<'a> {
    path: String,
    given: &'a Map<String, Value>,
    defaults: &'a Map<String, Value>,
    known: BTreeSet<String>,
    effective: toml::Table,
    notes: &'a Notes,
}

impl<'a> Reader<'a> {
    /// The whole tree.
    pub(super) fn root(given: &'a Map<String, Value>, notes: &'a Notes) -> Self {
        Self::new(String::new(), given, &NOTHING, notes)
    }

    fn new(path: String, given: &'a Map<String, Value>, defaults: &'a Map<String, Value>, notes: &'a Notes) -> Self {
        Self { path, given, defaults, known: BTreeSet::new(), effective: toml::Table::new(), notes }
    }

    /// Reads the table `key`, then notes the keys in it that nobody asked for.
    pub(super) fn section<T>(&mut self, key: &str, read: impl FnOnce(&mut Reader<'a>) -> Option<T>) -> Option<T> {
        let defaults = self.defaults_of(key);
        self.section_over(key, defaults, read)
    }

    /// The same, over defaults that the merged settings do not hold.
    pub(super) fn section_over<T>(
        &mut self,
        key: &str,
        defaults: &'a Map<String, Value>,
        read: impl FnOnce(&mut Reader<'a>) -> Option<T>,
    ) -> Option<T> {
        let given = match self.lookup(key).map(|value| (value, values::as_table(value))) {
            None => defaults,
            Some((_, Some(table))) => table,
            Some((value, None)) => {
                let what = format!("is {}, not a table", values::kind_name(value));
                self.wrong(key, what, format!("write [{}] and its keys below", self.at(key)));
                return None;
            }
        };
        let mut child = Reader::new(self.at(key), given, defaults, self.notes);
        let value = read(&mut child);
        let effective = child.finish();
        self.effective.insert(key.to_owned(), toml::Value::Table(effective));
        value
    }

    /// Reads each element of the array of tables `key`; none when an element has a problem. A missing array is empty.
    /// Arrays of tables live in the file only: variables could only half replace one.
    pub(super) fn tables<T>(
        &mut self,
        key: &str,
        mut read: impl FnMut(&mut Reader<'a>) -> Option<T>,
    ) -> Option<Vec<T>> {
        self.record(key, toml::Value::Array(Vec::new()));
        let Some(value) = self.lookup(key) else { return Some(Vec::new()) };
        if values::holds_variable(value) {
            let fix = format!("write [[{}]] in the settings file, and remove the variable", self.at(key));
            self.wrong(key, "comes from the environment, but arrays of tables live in the file only", fix);
            return None;
        }
        let Some(items) = values::as_array(value) else {
            let what = format!("is {}, not a list of tables", values::kind_name(value));
            self.wrong(key, what, format!("write [[{}]] above the keys of each entry", self.at(key)));
            return None;
        };
        let mut whole = Some(Vec::new());
        let mut effective = Vec::new();
        for (index, item) in items.iter().enumerate() {
            let path = self.at(&format!("{key}[{index}]"));
            let Some(table) = values::as_table(item) else {
                let what = format!("is {}, not a table", values::kind_name(item));
                let fix = format!("write [[{}]] and its keys below", self.at(key));
                self.notes.error(Problem::new(path, what, fix));
                whole = None;
                continue;
            };
            let mut child = Reader::new(path, table, &NOTHING, self.notes);
            let value = read(&mut child);
            effective.push(toml::Value::Table(child.finish()));
            whole = whole.zip(value).map(|(mut whole, value)| {
                whole.push(value);
                whole
            });
        }
        self.record(key, toml::Value::Array(effective));
        whole
    }

    fn defaults_of(&self, key: &str) -> &'a Map<String, Value> {
        self.defaults.get(key).and_then(values::as_table).unwrap_or(&NOTHING)
    }

    /// The names in this table, ordered; each counts as known.
    pub(super) fn names(&mut self) -> Vec<&'a str> {
        let mut names: Vec<&str> = self.given.keys().map(String::as_str).collect();
        names.sort_unstable();
        self.known.extend(names.iter().map(|name| (*name).to_owned()));
        names
    }

    /// Notes unknown keys and gives what is in force.
    pub(super) fn finish(self) -> toml::Table {
        for (key, value) in self.given {
            if !self.known.contains(key) {
                self.notes.error(Problem::new(self.at(key), unknown(value), self.suggest(key)));
            }
        }
        self.effective
    }

    /// The full path of a key.
    pub(super) fn at(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    /// Notes an error at a key.
    pub(super) fn wrong(&self, key: &str, what: impl Into<String>, fix: impl Into<String>) {
        self.notes.error(Problem::new(self.at(key), what, fix));
    }

    /// Notes a warning at a key.
    pub(super) fn doubtful(&self, key: &str, what: impl Into<String>, fix: impl Into<String>) {
        self.notes.warning(Problem::new(self.at(key), what, fix));
    }

    /// The raw value; the key counts as known from now on.
    pub(super) fn lookup(&mut self, key: &str) -> Option<&'a Value> {
        self.known.insert(key.to_owned());
        self.given.get(key).or_else(|| self.defaults.get(key))
    }

    /// Records what is in force.
    pub(super) fn record(&mut self, key: &str, value: impl Into<toml::Value>) {
        self.effective.insert(key.to_owned(), value.into());
    }

    /// Takes back what was recorded: the reader of a secret decides what may be seen of it.
    pub(super) fn forget(&mut self, key: &str) {
        self.effective.remove(key);
    }

    /// A string; a missing one is an error whose fix is given.
    pub(super) fn required(&mut self, key: &str, fix: &str) -> Option<String> {
        let text = self.text(key)?;
        if text.is_empty() {
            self.wrong(key, "is required", fix);
            return None;
        }
        Some(text)
    }

    /// A string, trimmed; empty when neither given nor defaulted.
    pub(super) fn text(&mut self, key: &str) -> Option<String> {
        let text = match self.lookup(key) {
            None => String::new(),
            Some(value) => values::as_text(value).or_else(|| self.wrong_type(key, "a string", value))?.to_owned(),
        };
        self.record(key, text.clone());
        Some(text)
    }

    /// A string in a form of its own.
    pub(super) fn parsed<T>(&mut self, key: &str, parse: impl FnOnce(&str) -> Result<T, Fault>) -> Option<T> {
        let text = self.text(key)?;
        match parse(&text) {
            Ok(value) => Some(value),
            Err((what, fix)) => {
                self.wrong(key, what, fix);
                None
            }
        }
    }

    /// One of a list of words.
    pub(super) fn word<T: Copy>(&mut self, key: &str, words: &[(&str, T)]) -> Option<T> {
        self.parsed(key, |text| {
            let found = words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
            found.ok_or_else(|| {
                let choices: Vec<String> = words.iter().map(|(word, _)| format!("{word:?}")).collect();
                (format!("{} is not a choice", shown(text)), format!("choose {}", choices.join(" or ")))
            })
        })
    }

    /// A duration within bounds.
    pub(super) fn duration(&mut self, key: &str, bounds: RangeInclusive<Duration>) -> Option<Duration> {
        self.parsed(key, |text| {
            let duration = quantities::duration(text)?;
            if bounds.contains(&duration) {
                return Ok(duration);
            }
            let (low, high) = (quantities::in_words(*bounds.start()), quantities::in_words(*bounds.end()));
            Err((format!("{} is out of bounds", shown(text)), format!("give from {low} to {high}")))
        })
    }

    /// A table of texts under free names; numbers and flags are taken as they are written.
    pub(super) fn texts(&mut self, key: &str) -> Option<BTreeMap<String, String>> {
        self.section(key, |s| {
            let mut texts = BTreeMap::new();
            for name in s.names() {
                let Some(text) = s.lookup(name).and_then(values::as_written) else {
                    s.wrong(name, "is not a plain value", "write a string");
                    return None;
                };
                s.record(name, text.clone());
                texts.insert(name.to_owned(), text);
            }
            Some(texts)
        })
    }

    /// `true` or `false`.
    pub(super) fn flag(&mut self, key: &str) -> Option<bool> {
        let value = self.lookup(key)?;
        let flag = values::as_flag(value).or_else(|| self.wrong_type(key, "true or false", value))?;
        self.record(key, flag);
        Some(flag)
    }

    /// A whole number within bounds.
    pub(super) fn integer(&mut self, key: &str, bounds: RangeInclusive<i64>) -> Option<i64> {
        let value = self.lookup(key)?;
        let wanted = "a whole number, without quotes";
        let number = values::as_integer(value).or_else(|| self.wrong_type(key, wanted, value))?;
        if !bounds.contains(&number) {
            let high = if *bounds.end() == i64::MAX { String::new() } else { format!(" to {}", bounds.end()) };
            self.wrong(key, "is out of bounds", format!("give a whole number from {}{high}", bounds.start()));
            return None;
        }
        self.record(key, number);
        Some(number)
    }

    /// Strings (ids may be written as numbers); from the environment, separated by commas. Empty when neither given
    /// nor defaulted.
    pub(super) fn list(&mut self, key: &str) -> Option<Vec<String>> {
        let wanted = "a list of strings, e.g. [\"a\", \"b\"]";
        let items = match self.lookup(key) {
            None => Vec::new(),
            Some(value) => values::as_list(value).or_else(|| self.wrong_type(key, wanted, value))?,
        };
        self.record(key, items.clone());
        Some(items)
    }

    fn wrong_type<T>(&self, key: &str, wanted: &str, value: &Value) -> Option<T> {
        let kind = values::kind_name(value);
        let what =
            if kind == "a list" { "holds something other than strings".to_owned() } else { format!("is {kind}") };
        self.wrong(key, what, format!("write {wanted}"));
        None
    }

    fn suggest(&self, key: &str) -> String {
        let close = |name: &&String| strsim::jaro_winkler(&key.to_lowercase(), name) > 0.85;
        let score = |name: &String| strsim::jaro_winkler(&key.to_lowercase(), name);
        let best = self.known.iter().filter(close).max_by(|a, b| score(a).total_cmp(&score(b)));
        match best {
            Some(name) => format!("did you mean `{name}`?"),
            None => "remove it; `hubspot-bridge config print` shows every setting".to_owned(),
        }
    }
}

fn unknown(value: &Value) -> String {
    if values::is_from_environment(value) {
        "is not a setting (it comes from the environment)".to_owned()
    } else {
        "is not a setting".to_owned()
    }
}
