//! No `unsafe` of our own, and nobody can switch that off.

use std::path::Path;

#[test]
fn unsafe_code_is_forbidden_in_every_target() {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml")).unwrap();
    let manifest: toml::Table = text.parse().unwrap();
    // `forbid` cannot be undone by an attribute, and applies to the library, the binary, tests and benches.
    assert_eq!(manifest["lints"]["rust"]["unsafe_code"].as_str(), Some("forbid"));
    assert!(!manifest.contains_key("workspace"), "members would need lints of their own");
}
