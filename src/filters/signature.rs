//! Which signature goes under an e-mail. Pure.

use crate::config::Signature;

/// The rule for the domain of the address we send from: the exact one before a wildcard, the longest wildcard first.
#[must_use]
pub fn choose<'a>(rules: &'a [Signature], address: &str) -> Option<&'a Signature> {
    let domain = address.trim().rsplit_once('@')?.1.to_lowercase();
    let wildcard = |rule: &&Signature| {
        let parent = rule.domain.strip_prefix('*');
        parent.is_some_and(|parent| domain.strip_suffix(parent).is_some_and(|own| !own.is_empty()))
    };
    let exact = rules.iter().find(|rule| rule.domain == domain);
    exact.or_else(|| rules.iter().filter(wildcard).max_by_key(|rule| rule.domain.len()))
}
