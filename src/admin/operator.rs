//! Who asked: the name the audit tells. Callers give it themselves; the token is what is checked, not the name.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::domain::Timestamp;

/// Programs name their user in it.
pub(super) const HEADER: &str = "x-operator";

/// Longer names are cut.
const NAME_CHARS: usize = 60;

/// How long a person stays signed in.
pub(super) const SIGNED_IN: Duration = Duration::from_hours(12);

/// A person or program; a request's extension once it is let in. The second field: signed in, so that there is a way out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Operator(pub String, bool);

impl Operator {
    /// A name as it was given, or `otherwise` when nothing of it can be shown.
    pub(super) fn named(name: &str, otherwise: &str) -> Self {
        let name: String = name.chars().filter(|c| !c.is_control()).take(NAME_CHARS).collect();
        let name = name.trim();
        Self(if name.is_empty() { otherwise } else { name }.to_owned(), false)
    }

    /// A browser that keeps a seal of ours, not a program that sends the token.
    pub(super) fn is_signed_in(&self) -> bool {
        self.1
    }

    /// What the browser keeps: name and end, sealed with the admin token, so that a new token signs everybody out.
    pub(super) fn seal(&self, token: &str, until: Timestamp) -> String {
        let open = format!("{}.{}", until.0, URL_SAFE_NO_PAD.encode(&self.0));
        // Without a seal nobody is let in.
        let seal = mac(token, &open).map(|mac| URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()));
        format!("{open}.{}", seal.unwrap_or_default())
    }

    /// Who it was, if the seal is ours and has not run out.
    pub(super) fn unseal(sealed: &str, token: &str, now: Timestamp) -> Option<Self> {
        let (open, seal) = sealed.rsplit_once('.')?;
        mac(token, open)?.verify_slice(&URL_SAFE_NO_PAD.decode(seal).ok()?).ok()?;
        let (until, name) = open.split_once('.')?;
        let name = String::from_utf8(URL_SAFE_NO_PAD.decode(name).ok()?).ok()?;
        (now.0 < until.parse().ok()?).then_some(Self(name, true))
    }
}

fn mac(token: &str, open: &str) -> Option<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(token.as_bytes()).ok()?;
    mac.update(b"hubspot-bridge console\n");
    mac.update(open.as_bytes());
    Some(mac)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seal_is_broken_by_another_token_by_time_and_by_another_name() {
        let ada = || Operator("Ada".to_owned(), true);
        let sealed = ada().seal("token", Timestamp(1_000));
        assert_eq!(Operator::unseal(&sealed, "token", Timestamp(999)), Some(ada()));
        assert_eq!(Operator::unseal(&sealed, "token", Timestamp(1_000)), None);
        assert_eq!(Operator::unseal(&sealed, "other", Timestamp(0)), None);
        let (_, rest) = sealed.split_once('.').unwrap();
        assert_eq!(Operator::unseal(&format!("9999.{rest}"), "token", Timestamp(0)), None);
        for nonsense in ["", ".", "..", "a.b.c"] {
            assert_eq!(Operator::unseal(nonsense, "token", Timestamp(0)), None);
        }
    }
}
