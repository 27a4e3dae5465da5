//! HubSpot's published shapes, written down from its pages *App configuration*, *Configure webhooks* and *Define a custom
//! workflow action* (developers.hubspot.com/docs/apps/developer-platform, read on 2026-11-22) and its templates at
//! github.com/HubSpot/hubspot-project-components. A field that HubSpot does not name, or one it demands and we lack, fails.
#![expect(dead_code, clippy::struct_field_names, reason = "HubSpot's names, read to see that they can be read")]

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::project;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Project {
    name: String,
    src_dir: String,
    platform_version: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Component<C> {
    uid: String,
    r#type: String,
    config: C,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct App {
    name: String,
    description: String,
    distribution: Distribution,
    auth: Auth,
    permitted_urls: Option<PermittedUrls>,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Distribution {
    Private,
    Marketplace,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Auth {
    r#type: AuthType,
    required_scopes: Vec<String>,
    optional_scopes: Vec<String>,
    conditionally_required_scopes: Vec<String>,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum AuthType {
    Static,
    Oauth,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PermittedUrls {
    fetch: Vec<String>,
    iframe: Vec<String>,
    img: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Webhooks {
    settings: WebhookSettings,
    subscriptions: Subscriptions,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct WebhookSettings {
    target_url: String,
    max_concurrent_requests: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Subscriptions {
    #[serde(default)]
    crm_objects: Vec<OfObjects>,
    #[serde(default)]
    legacy_crm_objects: Vec<Subscription>,
    #[serde(default)]
    hub_events: Vec<Subscription>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct OfObjects {
    subscription_type: String,
    object_type: String,
    property_name: Option<String>,
    active: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Subscription {
    subscription_type: String,
    property_name: Option<String>,
    active: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Action {
    action_url: String,
    is_published: bool,
    supported_clients: Vec<BTreeMap<String, String>>,
    input_fields: Vec<Input>,
    #[serde(default)]
    output_fields: Vec<Output>,
    labels: BTreeMap<String, Labels>,
    object_types: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Input {
    type_definition: Definition,
    supported_value_types: Vec<String>,
    is_required: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Output {
    type_definition: Definition,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Definition {
    name: String,
    r#type: String,
    field_type: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Labels {
    action_name: String,
    action_description: String,
    action_card_content: String,
    #[serde(default)]
    input_field_labels: BTreeMap<String, String>,
    #[serde(default)]
    output_field_labels: BTreeMap<String, String>,
}

fn read<T: DeserializeOwned>(path: &str, text: &str) -> T {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// At most 64 letters, digits, `_`, `-` and `.`; each once in a project.
fn note(uid: &str, seen: &mut BTreeSet<String>) {
    let plain = uid.chars().all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c));
    assert!(plain && (1..=64).contains(&uid.len()), "{uid}");
    assert!(seen.insert(uid.to_owned()), "{uid} is there twice");
}

#[test]
fn the_files_have_hubspots_shapes_and_places() {
    let settings = "[connections.acme]\nmirror_notes = true\n[server]\npublic_url = \"https://b.example.com\"";
    let mut uids = BTreeSet::new();
    for file in project(settings) {
        let (folder, name) = file.path.rsplit_once('/').unwrap_or(("", &file.path));
        match folder {
            "" => {
                let project: Project = read(&file.path, &file.text);
                assert_eq!((name, project.src_dir.as_str()), ("hsproject.json", "src"));
            }
            "src/app" => {
                let app: Component<App> = read(&file.path, &file.text);
                assert_eq!((app.r#type.as_str(), app.config.distribution), ("app", Distribution::Private));
                let auth = app.config.auth;
                assert_eq!(auth.r#type, AuthType::Static);
                // HubSpot: apps with static auth can only have required scopes.
                assert!(auth.optional_scopes.is_empty() && auth.conditionally_required_scopes.is_empty());
                assert!(app.config.name.len() <= 200 && app.config.name.trim() == app.config.name);
                note(&app.uid, &mut uids);
            }
            "src/app/webhooks" => {
                let webhooks: Component<Webhooks> = read(&file.path, &file.text);
                assert_eq!(webhooks.r#type, "webhooks");
                // Must be over 5, and is 10 at most.
                assert!((6..=10).contains(&webhooks.config.settings.max_concurrent_requests));
                let named = webhooks.config.subscriptions;
                let hub = |name: &str| name.starts_with("conversation.") || name == "contact.privacyDeletion";
                assert!(named.hub_events.iter().all(|one| hub(&one.subscription_type)));
                assert!(named.crm_objects.iter().all(|one| one.subscription_type.starts_with("object.")));
                let changes = named.hub_events.iter().chain(&named.legacy_crm_objects);
                assert!(
                    changes.into_iter().all(|one| {
                        one.subscription_type.ends_with(".propertyChange") == one.property_name.is_some()
                    })
                );
                note(&webhooks.uid, &mut uids);
            }
            "src/app/workflow-actions" => {
                let action: Component<Action> = read(&file.path, &file.text);
                assert_eq!(action.r#type, "workflow-action");
                let labels = &action.config.labels["en"];
                let inputs = action.config.input_fields.iter().map(|field| &field.type_definition.name);
                assert!(inputs.eq(labels.input_field_labels.keys()), "{}", file.path);
                for field in action.config.output_fields {
                    assert!(labels.output_field_labels.contains_key(&field.type_definition.name), "{}", file.path);
                }
                note(&action.uid, &mut uids);
            }
            other => panic!("HubSpot knows no folder {other}"),
        }
        assert!(name == "hsproject.json" || name.ends_with("-hsmeta.json"), "{name}");
    }
    assert_eq!(uids.len(), 6, "app, webhooks and four actions");
}
