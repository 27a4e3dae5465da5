//! The HubSpot project app: its files have HubSpot's shapes and ask for what the code uses, no more and no less.
#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests may fail a test")]

mod command;
mod shapes;
mod uses;

use hubspot_bridge::app_template::{File, Plan, files};
use serde_json::Value;

/// The files for these settings, in TOML.
fn project(settings: &str) -> Vec<File> {
    files(&Plan::of(&toml::from_str(settings).unwrap(), None).unwrap()).unwrap()
}

fn json(files: &[File], path: &str) -> Value {
    let file = files.iter().find(|file| file.path == path).unwrap_or_else(|| panic!("no {path}"));
    serde_json::from_str(&file.text).unwrap()
}
