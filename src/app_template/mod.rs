//! The HubSpot project app that this bridge needs, as the files that `hs project upload` takes: scopes, subscriptions and
//! workflow actions, from the lists that the code itself goes by. Pure but for [`write()`]; called by `app-template`.
//!
//! The shapes are those of HubSpot's pages on project apps (*App configuration*, *Configure webhooks*, *Define a custom
//! workflow action*, at developers.hubspot.com/docs/apps/developer-platform) and of its own templates
//! (github.com/HubSpot/hubspot-project-components). One static-auth app is installed in one account: one app a connection.

mod actions;
mod plan;
mod subscriptions;

use std::io;
use std::path::Path;

use serde::Serialize;

pub use plan::{Lack, Plan};

use crate::hubspot::scopes;

/// HubSpot's platform that the shapes are of.
const PLATFORM: &str = "2026.09";

/// One file of the project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// From the project's folder on, with slashes.
    pub path: String,
    /// JSON in lines.
    pub text: String,
}

/// Any `*-hsmeta.json`.
#[derive(Serialize)]
struct Component<C> {
    /// Unique in the project.
    uid: &'static str,
    #[serde(rename = "type")]
    kind: &'static str,
    config: C,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Project {
    name: String,
    src_dir: &'static str,
    platform_version: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct App {
    description: &'static str,
    name: String,
    distribution: &'static str,
    auth: Auth,
    permitted_urls: PermittedUrls,
}

/// Apps with static auth can only have required scopes.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Auth {
    #[serde(rename = "type")]
    kind: &'static str,
    required_scopes: Vec<&'static str>,
    optional_scopes: [&'static str; 0],
    conditionally_required_scopes: [&'static str; 0],
}

/// What pages of the app may load; it has none.
#[derive(Default, Serialize)]
struct PermittedUrls {
    fetch: [&'static str; 0],
    iframe: [&'static str; 0],
    img: [&'static str; 0],
}

/// Every file of the project.
///
/// # Errors
/// None that happens: the files are made of texts and lists.
pub fn files(plan: &Plan) -> serde_json::Result<Vec<File>> {
    let project =
        Project { name: format!("hubspot-bridge-{}", plan.connection), src_dir: "src", platform_version: PLATFORM };
    let webhooks = subscriptions::webhooks(plan);
    let mut files = vec![
        file("hsproject.json".to_owned(), &project)?,
        file(
            "src/app/app-hsmeta.json".to_owned(),
            &Component { uid: "hubspot_bridge", kind: "app", config: app(plan) },
        )?,
        file(
            "src/app/webhooks/webhooks-hsmeta.json".to_owned(),
            &Component { uid: "webhooks", kind: "webhooks", config: webhooks },
        )?,
    ];
    for (action, component) in actions::all(plan) {
        files.push(file(format!("src/app/workflow-actions/{action}-hsmeta.json"), &component)?);
    }
    Ok(files)
}

fn app(plan: &Plan) -> App {
    App {
        description: "Joins this account's conversations to an AI support agent through hubspot-bridge.",
        name: format!("hubspot-bridge {}", plan.connection),
        distribution: "private",
        auth: Auth {
            kind: "static",
            required_scopes: scopes::needed(plan.panel_has_a_token).map(|scope| scope.name).collect(),
            optional_scopes: [],
            conditionally_required_scopes: [],
        },
        permitted_urls: PermittedUrls::default(),
    }
}

fn file(path: String, shape: &impl Serialize) -> serde_json::Result<File> {
    Ok(File { path, text: serde_json::to_string_pretty(shape)? + "\n" })
}

/// Writes the files below a folder, which is made if it is missing.
///
/// # Errors
/// When the file system refuses; what was written before stays.
pub fn write(folder: &Path, files: &[File]) -> io::Result<()> {
    for file in files {
        let path = folder.join(&file.path);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        std::fs::write(path, &file.text)?;
    }
    Ok(())
}
