//! How files look: short, introduced, named after what they hold, finished.

use super::{Checked, SourceFile, report, rust_files};

const MAX_LINES: usize = 400;

/// Names that say nothing about what is inside.
const EMPTY_NAMES: &[&str] = &["common", "helper", "helpers", "misc", "prelude", "shared", "util", "utils"];

#[test]
fn files_hold_one_idea() -> Checked {
    let offences = offences(&["src", "tests", "benches"], |file| {
        let lines = file.text.lines().count();
        (lines > MAX_LINES).then(|| format!("{lines} lines"))
    })?;
    report(&format!("a file over {MAX_LINES} lines holds more than one idea: split it along them"), &offences);
    Ok(())
}

#[test]
fn every_module_says_what_it_is() -> Checked {
    let offences =
        offences(&["src"], |file| (!file.text.starts_with("//! ")).then(|| "does not begin with `//! `".to_owned()))?;
    report("a module begins with what it is and who calls it", &offences);
    Ok(())
}

#[test]
fn no_module_is_a_drawer() -> Checked {
    let offences = offences(&["src", "tests", "benches"], |file| {
        let mut parts = file.path.trim_end_matches(".rs").split('/');
        parts.find(|part| EMPTY_NAMES.contains(part)).map(|part| format!("`{part}` says nothing"))
    })?;
    report("name a module after the idea it holds, and put it beside its user", &offences);
    Ok(())
}

#[test]
fn nothing_is_left_for_later() -> Checked {
    let markers = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("#[ig", "nore")];
    let offences = offences(&["src", "tests", "benches"], |file| {
        markers.iter().find(|marker| file.text.contains(**marker)).map(|marker| format!("holds `{marker}`"))
    })?;
    report("finish it, or file an issue and say in words what is missing", &offences);
    Ok(())
}

/// `file: what is wrong` for each file that the rule objects to.
fn offences(
    folders: &[&str],
    wrong: impl Fn(&SourceFile) -> Option<String>,
) -> Result<Vec<String>, Box<dyn std::error::Error>> {
    let files = rust_files(folders)?;
    Ok(files.iter().filter_map(|file| Some(format!("{}: {}", file.path, wrong(file)?))).collect())
}
