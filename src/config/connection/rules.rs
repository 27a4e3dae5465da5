//! Reads the rules of a connection: `[[topics]]` and `[[routing]]`.

use regex::RegexBuilder;

use super::read::{actor, read_channels};
use super::{Hours, Matcher, Route, Topic, TopicAction};
use crate::config::quantities::{Fault, shown};
use crate::config::reader::Reader;

const ACTIONS: [(&str, TopicAction); 4] = [
    ("answer", TopicAction::Answer),
    ("draft", TopicAction::Draft),
    ("escalate", TopicAction::Escalate),
    ("ignore", TopicAction::Ignore),
];

/// Bytes of a compiled pattern: room for any list of words, none for `(a{1000}){1000}`.
const PATTERN_LIMIT: usize = 256 << 10;

/// Topics and routing; routing names topics, so they are read together.
pub(super) fn read(s: &mut Reader<'_>) -> (Option<Vec<Topic>>, Option<Vec<Route>>) {
    let mut topic_names = Names::default();
    let topics = s.tables("topics", |s| read_topic(s, &mut topic_names));
    warn_of_catch_all(s, "topics", topics.as_deref().unwrap_or_default(), |topic| {
        topic.matches.is_empty() && topic.channels.is_empty() && topic.languages.is_empty()
    });
    let mut route_names = Names::default();
    let routing = s.tables("routing", |s| read_route(s, &mut route_names, &topic_names));
    warn_of_catch_all(s, "routing", routing.as_deref().unwrap_or_default(), |route| {
        let anybody = route.topics.is_empty() && route.channels.is_empty() && route.languages.is_empty();
        anybody && route.sentiments.is_empty() && route.custom_data.is_empty() && route.hours.is_none()
    });
    (topics, routing)
}

/// The names of the rules so far, each at its index; one that is missing holds its place.
#[derive(Default)]
struct Names(Vec<String>);

fn read_name(s: &mut Reader<'_>, array: &str, names: &mut Names) -> Option<String> {
    let name = s.required("name", "give the rule a name; the ledger and the reps are shown it");
    if let Some(name) = &name
        && let Some(first) = names.0.iter().position(|other| other == name)
    {
        s.wrong("name", format!("is the name of {array}[{first}] too"), "give each rule a name of its own");
    }
    names.0.push(name.clone().unwrap_or_default());
    name
}

fn read_topic(s: &mut Reader<'_>, names: &mut Names) -> Option<Topic> {
    let name = read_name(s, "topics", names);
    let matches = read_matches(s);
    let channels = read_channels(s);
    let languages = read_languages(s);
    let fix = "write \"answer\", \"draft\", \"escalate\" or \"ignore\"";
    let action = s.required("action", fix).and_then(|_| s.word("action", &ACTIONS));
    Some(Topic { name: name?, matches: matches?, channels: channels?, languages: languages?, action: action? })
}

fn read_matches(s: &mut Reader<'_>) -> Option<Vec<Matcher>> {
    let entries = s.list("match")?;
    let matchers: Vec<_> = entries.iter().map(|entry| matcher(entry)).collect();
    for (index, matcher) in matchers.iter().enumerate() {
        if let Err((what, fix)) = matcher {
            s.wrong(&format!("match[{index}]"), what, fix);
        }
    }
    matchers.into_iter().collect::<Result<_, _>>().ok()
}

fn matcher(entry: &str) -> Result<Matcher, Fault> {
    let Some(pattern) = entry.strip_prefix('/') else { return Ok(Matcher::Keyword(entry.to_owned())) };
    let Some(pattern) = pattern.strip_suffix('/').filter(|pattern| !pattern.is_empty()) else {
        let fix = "write a pattern between two slashes, e.g. \"/refunds?/\"";
        return Err((format!("{} begins a pattern and does not end it", shown(entry)), fix.to_owned()));
    };
    let built = RegexBuilder::new(pattern).case_insensitive(true).size_limit(PATTERN_LIMIT).build();
    let pattern = built.map_err(|error| {
        let fix = "mend it, or leave the slashes out to match the words as they are".to_owned();
        (format!("{} is not a pattern: {}", shown(entry), in_short(&error)), fix)
    })?;
    if pattern.is_match("") {
        let fix = "make it ask for at least one character, or leave `match` out to match every message";
        return Err((format!("{} matches every message", shown(entry)), fix.to_owned()));
    }
    Ok(Matcher::Pattern(pattern))
}

/// The crate explains over several lines, the last of which says what is wrong.
fn in_short(error: &regex::Error) -> String {
    if matches!(error, regex::Error::CompiledTooBig(_)) {
        return "it is too large".to_owned();
    }
    let words = error.to_string();
    words.lines().next_back().unwrap_or_default().trim_start_matches("error: ").to_owned()
}

fn read_route(s: &mut Reader<'_>, names: &mut Names, topics: &Names) -> Option<Route> {
    let name = read_name(s, "routing", names);
    let wanted = s.list("topics");
    for unknown in wanted.iter().flatten().filter(|topic| !topics.0.contains(topic)) {
        let known: Vec<&str> = topics.0.iter().map(String::as_str).filter(|name| !name.is_empty()).collect();
        let fix = if known.is_empty() {
            "there is no rule under `topics`: add one, or remove this condition".to_owned()
        } else {
            format!("choose among {}", known.join(", "))
        };
        s.wrong("topics", format!("{} is not the name of a topic rule", shown(unknown)), fix);
    }
    let channels = read_channels(s);
    let languages = read_languages(s);
    let sentiments = s.list("sentiments").map(|words| words.iter().map(|word| word.to_lowercase()).collect());
    let custom_data = s.texts("custom_data");
    let hours = read_hours(s);
    let fix = "name the user who gets the conversation, e.g. \"A-67890\"";
    let assign_to = s.required("assign_to", fix).and_then(|_| s.parsed("assign_to", actor));
    Some(Route {
        name: name?,
        topics: wanted?,
        channels: channels?,
        languages: languages?,
        sentiments: sentiments?,
        custom_data: custom_data?,
        hours: hours?,
        assign_to: assign_to?,
    })
}

fn read_languages(s: &mut Reader<'_>) -> Option<Vec<String>> {
    let tags: Vec<Result<String, Fault>> = s.list("languages")?.iter().map(|tag| language(tag)).collect();
    for (what, fix) in tags.iter().filter_map(|tag| tag.as_ref().err()) {
        s.wrong("languages", what, fix);
    }
    tags.into_iter().collect::<Result<_, _>>().ok()
}

/// A BCP 47 primary tag, lower-cased.
pub(super) fn language(text: &str) -> Result<String, Fault> {
    let is_primary = |tag: &str| (2..=3).contains(&tag.len()) && tag.bytes().all(|byte| byte.is_ascii_alphabetic());
    if is_primary(text) {
        return Ok(text.to_lowercase());
    }
    let primary = text.split(['-', '_']).next().filter(|tag| is_primary(tag));
    let fix = primary.map_or_else(
        || "write the two letters of the language, e.g. \"de\"".to_owned(),
        |primary| format!("write \"{}\": it stands for every region", primary.to_lowercase()),
    );
    Err((format!("{} is not a primary language tag", shown(text)), fix))
}

/// Hours, or none when they are not given.
#[expect(clippy::option_option, reason = "outer: could it be read; inner: was it given")]
pub(super) fn read_hours(s: &mut Reader<'_>) -> Option<Option<Hours>> {
    s.parsed("hours", |text| if text.is_empty() { Ok(None) } else { Hours::parse(text).map(Some) })
}

fn warn_of_catch_all<T>(s: &Reader<'_>, array: &str, rules: &[T], catches_all: impl Fn(&T) -> bool) {
    let all = rules.iter().position(catches_all);
    if let Some(index) = all.filter(|index| index + 1 < rules.len()) {
        let what = "has no condition, so the rules after it never apply";
        s.doubtful(&format!("{array}[{index}]"), what, "move it to the end, or give it a condition");
    }
}
