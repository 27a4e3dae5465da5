//! The house rules as tests over the source text: who may import whom, how files look, and that the closed lists of the
//! public contract are what the code holds. A failure names the file and says what to do.

pub(crate) mod contract;
mod direction;
pub(crate) mod docs;
mod paths;
mod shape;

use std::error::Error;
use std::path::{Path, PathBuf};

/// What a tidy test returns: reading the source may fail.
type Checked = Result<(), Box<dyn Error>>;

/// One file of the repository.
#[derive(Debug)]
struct SourceFile {
    /// From the repository's root, with forward slashes: `src/store/mod.rs`.
    path: String,
    text: String,
}

/// Every `.rs` file under these folders, in the order of their paths.
fn rust_files(folders: &[&str]) -> Result<Vec<SourceFile>, Box<dyn Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut waiting: Vec<PathBuf> = folders.iter().map(|folder| root.join(folder)).collect();
    let mut files = Vec::new();
    while let Some(path) = waiting.pop() {
        if path.is_dir() {
            for entry in std::fs::read_dir(&path)? {
                waiting.push(entry?.path());
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let name = path.strip_prefix(root)?.to_string_lossy().replace('\\', "/");
            files.push(SourceFile { path: name, text: std::fs::read_to_string(&path)? });
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(!files.is_empty(), "no source found under {folders:?}: is the test run outside the repository?");
    Ok(files)
}

/// Fails with every offence at once, and the rule they break.
fn report(rule: &str, offences: &[String]) {
    assert!(offences.is_empty(), "{rule}\n  {}", offences.join("\n  "));
}
