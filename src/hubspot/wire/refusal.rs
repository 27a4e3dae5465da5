//! The body of a refusal. Every field is optional, a few change their type, and proxies answer in HTML.

use serde_json::Value;

/// A refusal's body; null when it was no JSON.
#[derive(Debug)]
pub(in crate::hubspot) struct Refusal(Value);

/// Which limit was hit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::hubspot) enum Policy {
    Daily,
    TenSecondly,
    Secondly,
    Unknown,
}

impl Refusal {
    pub(in crate::hubspot) fn read(body: &[u8]) -> Self {
        Self(serde_json::from_slice(body).unwrap_or(Value::Null))
    }

    /// By `policyName`, else by the words of the message: not every answer has the name.
    pub(in crate::hubspot) fn policy(&self) -> Policy {
        let named = |text: &str| {
            let text = text.to_lowercase();
            if text.contains("ten_secondly") {
                Policy::TenSecondly
            } else if text.contains("secondly") {
                Policy::Secondly
            } else if text.contains("daily") {
                Policy::Daily
            } else {
                Policy::Unknown
            }
        };
        match self.text("policyName").map_or(Policy::Unknown, named) {
            Policy::Unknown => self.text("message").map_or(Policy::Unknown, named),
            policy @ (Policy::Daily | Policy::TenSecondly | Policy::Secondly) => policy,
        }
    }

    pub(in crate::hubspot) fn lacks_scopes(&self) -> bool {
        self.text("category") == Some("MISSING_SCOPES")
    }

    /// The scopes HubSpot names, each once.
    pub(in crate::hubspot) fn scopes(&self) -> Vec<String> {
        let contexts = self.errors().filter_map(|error| error.get("context")).chain(self.0.get("context"));
        let mut scopes: Vec<String> = contexts
            .flat_map(|context| {
                ["requiredScopes", "requiredGranularScopes", "missingScopes"].map(|key| context.get(key))
            })
            .flatten()
            .filter_map(Value::as_array)
            .flatten()
            .filter_map(word)
            .collect();
        scopes.sort_unstable();
        scopes.dedup();
        scopes
    }

    /// The number in `Existing ID: 12345`.
    pub(in crate::hubspot) fn existing_id(&self) -> Option<String> {
        let (_, rest) = self.text("message")?.split_once("Existing ID:")?;
        let digits: String = rest.trim_start().chars().take_while(char::is_ascii_digit).collect();
        (!digits.is_empty()).then_some(digits)
    }

    /// The names in `Property values were not valid: [{"name": …}, …]`: HubSpot puts the list inside the message.
    pub(in crate::hubspot) fn bad_properties(&self) -> Vec<String> {
        let Some(message) = self.text("message").filter(|text| text.contains("were not valid")) else {
            return Vec::new();
        };
        let list = message.find('[').and_then(|start| message.get(start..)).unwrap_or_default();
        let mut list = serde_json::Deserializer::from_str(list).into_iter::<Vec<Value>>();
        let mut names: Vec<String> = list
            .next()
            .and_then(Result::ok)
            .unwrap_or_default()
            .iter()
            .filter_map(|problem| problem.get("name").and_then(word))
            .collect();
        names.dedup();
        names
    }

    /// ` CATEGORY (SUB_CATEGORY)`, or nothing.
    pub(in crate::hubspot) fn quoted(&self) -> String {
        let category = self.0.get("category").or_else(|| self.0.get("errorType")).and_then(word);
        let within = self.errors().filter_map(|error| error.get("subCategory").or_else(|| error.get("code")));
        let mut details: Vec<String> = self.0.get("subCategory").into_iter().chain(within).filter_map(word).collect();
        details.dedup();
        details.truncate(3);
        let category = category.map(|category| format!(" {category}")).unwrap_or_default();
        if details.is_empty() { category } else { format!("{category} ({})", details.join(", ")) }
    }

    fn text(&self, field: &str) -> Option<&str> {
        self.0.get(field).and_then(Value::as_str)
    }

    fn errors(&self) -> impl Iterator<Item = &Value> {
        self.0.get("errors").and_then(Value::as_array).into_iter().flatten()
    }
}

/// A machine's word. Anything else could be something we sent, and is not repeated.
fn word(value: &Value) -> Option<String> {
    let text = value.as_str()?;
    let plain = text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b));
    (plain && (1..=80).contains(&text.len())).then(|| text.to_owned())
}
