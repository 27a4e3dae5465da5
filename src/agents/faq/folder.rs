//! The folder of articles on disk: reads it whole, and tells cheaply whether it changed. Called by [`super::Faq`].

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::article::{self, Section};

/// More files than a small team's help pages need; the index is held in memory.
const ARTICLES_MAX: usize = 1000;
/// A single article over this is a mistake (an export, a book).
const ARTICLE_BYTES_MAX: u64 = 256 * 1024;

/// Why the folder cannot be answered from.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Missing, or not readable.
    #[error("the articles folder {} cannot be read: {cause}; create it or set `agent.articles` to the right folder", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// The system's words.
        cause: std::io::Error,
    },
    /// No `.md` file in it.
    #[error("the articles folder {} holds no article; put at least one Markdown file (`*.md`) into it", path.display())]
    Empty {
        /// The folder.
        path: PathBuf,
    },
    /// Too many of them.
    #[error("the articles folder {} holds more than {ARTICLES_MAX} articles; set `agent.articles` to a smaller folder", path.display())]
    TooMany {
        /// The folder.
        path: PathBuf,
    },
    /// One of them cannot be read.
    #[error("the article {} cannot be read: {cause}; save it as UTF-8 text readable by the bridge", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's words.
        cause: std::io::Error,
    },
    /// One of them is too long.
    #[error("the article {} is over {} KiB; split it into several", path.display(), ARTICLE_BYTES_MAX / 1024)]
    TooLarge {
        /// The file.
        path: PathBuf,
    },
    /// One of them is no article.
    #[error("the article {} cannot be used: {defect}", path.display())]
    Defective {
        /// The file.
        path: PathBuf,
        /// What it lacks.
        defect: article::Defect,
    },
    /// The full-text index could not be built.
    #[error("the articles of {} cannot be indexed: {cause}", path.display())]
    Index {
        /// The folder.
        path: PathBuf,
        /// The database's words.
        cause: rusqlite::Error,
    },
}

/// One file as the directory shows it; two equal listings mean that nothing was edited.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    path: PathBuf,
    modified: SystemTime,
    bytes: u64,
}

/// Lists the folder's `*.md` files, by name; subfolders and hidden files are not looked at.
///
/// # Errors
/// When the folder is missing, unreadable, empty, or holds too many files or one too large.
pub fn list(folder: &Path) -> Result<Vec<Entry>, OpenError> {
    let unreadable = |cause| OpenError::Folder { path: folder.to_owned(), cause };
    let mut entries = Vec::new();
    for found in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = found.map_err(unreadable)?.path();
        let hidden = path.file_name().is_none_or(|name| name.to_string_lossy().starts_with('.'));
        if hidden || path.extension().is_none_or(|extension| extension != "md") {
            continue;
        }
        if entries.len() >= ARTICLES_MAX {
            return Err(OpenError::TooMany { path: folder.to_owned() });
        }
        // Followed, so that an article mounted as a symbolic link (a Kubernetes config map) is seen to change.
        let stat = |path: &Path| std::fs::metadata(path).and_then(|meta| Ok((meta.len(), meta.modified()?)));
        let (bytes, modified) = stat(&path).map_err(|cause| OpenError::Unreadable { path: path.clone(), cause })?;
        if bytes > ARTICLE_BYTES_MAX {
            return Err(OpenError::TooLarge { path });
        }
        entries.push(Entry { path, modified, bytes });
    }
    entries.sort();
    if entries.is_empty() { Err(OpenError::Empty { path: folder.to_owned() }) } else { Ok(entries) }
}

/// Reads the listed articles.
///
/// # Errors
/// When one of them cannot be read or is no article.
pub fn read(entries: &[Entry]) -> Result<Vec<Section>, OpenError> {
    let mut sections = Vec::new();
    for Entry { path, .. } in entries {
        let text =
            std::fs::read_to_string(path).map_err(|cause| OpenError::Unreadable { path: path.clone(), cause })?;
        let found = article::sections(&text).map_err(|defect| OpenError::Defective { path: path.clone(), defect })?;
        sections.extend(found);
    }
    Ok(sections)
}
