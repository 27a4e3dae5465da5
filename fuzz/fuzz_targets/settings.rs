//! No settings file panics the reader, every problem says how to mend it, and none shows the secret.
#![no_main]

use std::collections::BTreeMap;
use std::sync::LazyLock;

use hubspot_bridge::config::load;
use libfuzzer_sys::fuzz_target;
use tempfile::TempDir;

const SECRET: &str = "pat-na1-never-shown-to-anybody";

static FOLDER: LazyLock<TempDir> = LazyLock::new(|| tempfile::tempdir().expect("a folder"));

fuzz_target!(|settings: &str| {
    let file = FOLDER.path().join("bridge.toml");
    std::fs::write(&file, settings).expect("written");
    let env = BTreeMap::from([("BRIDGE__CONNECTIONS__ACME__ACCESS_TOKEN".to_owned(), SECRET.to_owned())]);
    let shown = match load(Some(&file), &env) {
        Ok(loaded) => loaded.effective.to_string(),
        Err(problems) => {
            assert!(!problems.0.is_empty());
            for problem in &problems.0 {
                assert!(!problem.path.is_empty() && !problem.what.is_empty() && !problem.fix.is_empty(), "{problem}");
            }
            problems.to_string()
        }
    };
    assert!(!shown.contains(SECRET), "{shown}");
});
