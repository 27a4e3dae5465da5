//! Reads what a connection's team says in its own name: `[[signatures]]` and `[[handoff_words]]`.

use super::read::is_domain;
use super::rules::{language, read_hours};
use super::{HandoffWords, Signature};
use crate::config::quantities::shown;
use crate::config::reader::Reader;

pub(super) fn read_signatures(s: &mut Reader<'_>) -> Option<Vec<Signature>> {
    let mut domains: Vec<Option<String>> = Vec::new();
    s.tables("signatures", |s| {
        let domain = read_pattern(s);
        if let Some(domain) = &domain {
            let first = domains.iter().position(|other| other.as_ref() == Some(domain));
            if let Some(first) = first {
                s.wrong("domain", format!("is the domain of signatures[{first}] too"), "keep one of them");
            }
        }
        domains.push(domain.clone());
        let html = s.required("html", "write what goes under the reply, e.g. \"<p>Your Acme team</p>\"");
        Some(Signature { domain: domain?, html: html? })
    })
}

fn read_pattern(s: &mut Reader<'_>) -> Option<String> {
    const FIX: &str = "write the domain replies are sent from, \"example.com\" or \"*.example.com\"";
    s.required("domain", FIX)?;
    s.parsed("domain", |text| {
        let domain = text.to_lowercase();
        if is_domain(domain.strip_prefix("*.").unwrap_or(&domain)) {
            return Ok(domain);
        }
        Err((format!("{} is not a domain", shown(text)), FIX.to_owned()))
    })
}

pub(super) fn read_words(s: &mut Reader<'_>) -> Option<Vec<HandoffWords>> {
    let mut languages: Vec<Option<Option<String>>> = Vec::new();
    s.tables("handoff_words", |s| {
        let language = s.parsed("language", |text| if text.is_empty() { Ok(None) } else { language(text).map(Some) });
        if let Some(tag) = &language
            && let Some(first) = languages.iter().position(|other| other.as_ref() == Some(tag))
        {
            let what = match tag {
                Some(_) => format!("is the language of handoff_words[{first}] too, which is said instead"),
                None => format!("is left out as in handoff_words[{first}], which is said instead"),
            };
            s.wrong("language", what, "keep one entry for each language");
        }
        languages.push(language.clone());
        let text = s.required("text", "write what the customer is told when a human takes over");
        let hours = read_hours(s);
        let outside = s.text("outside_hours");
        if outside.as_ref().is_some_and(|text| !text.is_empty()) && hours == Some(None) {
            s.wrong("outside_hours", "is never said without `hours`", "add `hours`, or remove it");
        }
        let outside_hours = outside.map(|text| Some(text).filter(|text| !text.is_empty()));
        Some(HandoffWords { language: language?, text: text?, hours: hours?, outside_hours: outside_hours? })
    })
}
