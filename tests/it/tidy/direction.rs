//! Data walks through the house one way: who may know whom.

use super::paths::{module_of, paths};
use super::{Checked, SourceFile, report, rust_files};

/// Crates and parts of `std` that reach outside the process or wait.
const OUTSIDE: &[&str] = &[
    "axum",
    "hyper",
    "reqwest",
    "rusqlite",
    "rustix",
    "rustls",
    "std::env",
    "std::fs",
    "std::io",
    "std::net",
    "std::process",
    "std::thread",
    "tokio",
    "tokio_util",
    "tower",
];

#[test]
fn domain_imports_nothing_of_the_crate_and_does_no_io() -> Checked {
    let offences = offences(&["domain"], |path| {
        is_outside(path) || path.starts_with("serde") || (path.starts_with("crate::") && !is_in(path, "domain"))
    })?;
    report(
        "`domain` is pure words: no I/O, no serde, nothing of the crate. Move what needs more to its caller.",
        &offences,
    );
    Ok(())
}

#[test]
fn filters_know_only_domain_and_config_and_do_no_io() -> Checked {
    let known = ["filters", "domain", "config"];
    let offences = offences(&["filters"], |path| {
        is_outside(path) || (path.starts_with("crate::") && !known.iter().any(|module| is_in(path, module)))
    })?;
    report("`filters` are pure decisions: hand them what they need, let the handler act on the answer.", &offences);
    Ok(())
}

#[test]
fn domain_and_filters_are_not_async() -> Checked {
    let words = |text: &str| text.split(|c: char| !c.is_alphanumeric()).any(|word| word == "async" || word == "await");
    let code = |line: &&str| !line.trim_start().starts_with("//");
    let offences: Vec<String> = files_of(&["domain", "filters"])?
        .iter()
        .filter(|file| file.text.lines().filter(code).any(words))
        .map(|file| file.path.clone())
        .collect();
    report("pure modules never wait: move the `async` code to the caller", &offences);
    Ok(())
}

#[test]
fn intake_does_not_act_on_events() -> Checked {
    let never = ["handlers", "hubspot", "agents"];
    let offences = offences(&["intake"], |path| never.iter().any(|module| is_in(path, module)))?;
    report(
        "`intake` verifies, judges the envelope and stores; acting is the worker's. Enqueue an event instead.",
        &offences,
    );
    Ok(())
}

#[test]
fn clients_do_not_know_the_store() -> Checked {
    let offences = offences(&["hubspot", "agents"], |path| is_in(path, "store"))?;
    report("`hubspot` and `agents` make one attempt and classify the error; journalling is the handler's.", &offences);
    Ok(())
}

#[test]
fn only_commands_and_the_sandbox_import_app() -> Checked {
    let may = ["app", "cli", "sandbox"];
    let offences: Vec<String> = rust_files(&["src"])?
        .iter()
        .filter(|file| !module_of(&file.path).first().is_none_or(|module| may.contains(module)))
        .map(|file| named(file, |path| is_in(path, "app")))
        .collect::<Result<Vec<_>, _>>()?
        .concat();
    report(
        "`app` knows every concrete type, so nothing but commands may know it: take what you need as an argument.",
        &offences,
    );
    Ok(())
}

fn files_of(modules: &[&str]) -> Result<Vec<SourceFile>, Box<dyn std::error::Error>> {
    let mut files = rust_files(&["src"])?;
    files.retain(|file| module_of(&file.path).first().is_some_and(|module| modules.contains(module)));
    for module in modules {
        assert!(
            files.iter().any(|file| module_of(&file.path).first() == Some(module)),
            "there is no module `{module}` any more: correct the rules in tests/it/tidy/direction.rs"
        );
    }
    Ok(files)
}

/// `file: path` for each path in these modules' files that the rule forbids.
fn offences(modules: &[&str], forbidden: impl Fn(&str) -> bool) -> Result<Vec<String>, Box<dyn std::error::Error>> {
    let files = files_of(modules)?;
    let found: Result<Vec<_>, _> = files.iter().map(|file| named(file, &forbidden)).collect();
    Ok(found?.concat())
}

fn named(file: &SourceFile, forbidden: impl Fn(&str) -> bool) -> Result<Vec<String>, proc_macro2::LexError> {
    let found = paths(&file.text, &module_of(&file.path))?;
    Ok(found.iter().filter(|path| forbidden(path)).map(|path| format!("{}: {path}", file.path)).collect())
}

/// Does a resolved path lead into this module of ours?
fn is_in(path: &str, module: &str) -> bool {
    let ours = path.strip_prefix("crate::").or_else(|| path.strip_prefix("hubspot_bridge::"));
    ours.is_some_and(|inside| inside.split("::").next() == Some(module))
}

fn is_outside(path: &str) -> bool {
    OUTSIDE
        .iter()
        .any(|outside| path == *outside || path.strip_prefix(outside).is_some_and(|rest| rest.starts_with("::")))
}
