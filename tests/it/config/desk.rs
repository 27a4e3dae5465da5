//! What the tests of the settings work at: a folder with a settings file.

use std::collections::BTreeMap;
use std::path::PathBuf;

use hubspot_bridge::config::{Loaded, Problems, load};
use tempfile::TempDir;

/// A folder with a settings file, and an articles folder beside it.
pub(crate) struct Desk {
    pub(crate) folder: TempDir,
}

impl Desk {
    pub(crate) fn new(settings: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("faq")).unwrap();
        std::fs::write(folder.path().join("faq/refunds.md"), "# Refunds\n").unwrap();
        let desk = Self { folder };
        std::fs::write(desk.file(), settings.replace("FOLDER", desk.folder.path().to_str().unwrap())).unwrap();
        desk
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.folder.path().join("bridge.toml")
    }

    pub(crate) fn load(&self, env: &[(&str, &str)]) -> Result<Loaded, Problems> {
        load(Some(&self.file()), &variables(env))
    }
}

pub(crate) fn variables(env: &[(&str, &str)]) -> BTreeMap<String, String> {
    env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// The least a connection needs; `FOLDER` becomes the desk's.
pub(crate) const LEAST: &str = r#"
[server]
public_url = "https://bridge.example.com"
[connections.acme]
portal_id = 1234567
access_token = "pat-na1-canary-token"
client_secret = "canary-client-secret"
ai_user_id = "A-100"
inboxes = ["55"]
[connections.acme.agent]
articles = "FOLDER/faq"
"#;
