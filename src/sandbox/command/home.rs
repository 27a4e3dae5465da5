//! The folder one sandbox lives in: database, settings, articles and the bridge's log. Made by [`super::run`].

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::{Error, articles};

/// A folder of our own, or the one given by `--data`.
#[derive(Debug)]
pub struct Home {
    path: PathBuf,
    /// Removed when dropped, unless kept.
    temporary: Option<TempDir>,
}

impl Home {
    /// Makes the folder with the articles in it. Only its owner may look inside: the settings hold a token.
    pub fn open(given: Option<&Path>) -> Result<Self, Error> {
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source| Error::Folder { path, source }
        };
        let (path, temporary) = if let Some(path) = given {
            private(path).map_err(failed(path))?;
            (std::path::absolute(path).map_err(failed(path))?, None)
        } else {
            let made = tempfile::Builder::new().prefix("hubspot-bridge-sandbox-").tempdir();
            let made = made.map_err(failed(&std::env::temp_dir()))?;
            (made.path().to_owned(), Some(made))
        };
        let home = Self { path, temporary };
        articles::write(&home.articles()).map_err(failed(&home.articles()))?;
        Ok(home)
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Is it removed at the end?
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        self.temporary.is_some()
    }

    /// The bridge's database.
    #[must_use]
    pub fn database(&self) -> PathBuf {
        self.path.join("bridge.db")
    }

    /// The bridge's settings.
    #[must_use]
    pub fn settings(&self) -> PathBuf {
        self.path.join("bridge.toml")
    }

    /// The agent's articles.
    #[must_use]
    pub fn articles(&self) -> PathBuf {
        self.path.join("faq")
    }

    /// What the bridge says.
    #[must_use]
    pub fn log(&self) -> PathBuf {
        self.path.join("bridge.log")
    }

    /// Writes the settings.
    pub fn write_settings(&self, text: &str) -> Result<(), Error> {
        let path = self.settings();
        owner_only(&path)
            .and_then(|mut file| file.write_all(text.as_bytes()))
            .map_err(|source| Error::Folder { path, source })
    }

    /// Leaves the folder where it is, for a look at what went wrong.
    pub fn keep(&mut self) {
        if let Some(temporary) = self.temporary.take() {
            let _path = temporary.keep();
        }
    }
}

fn private(path: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(path)
}

fn owner_only(path: &Path) -> io::Result<std::fs::File> {
    let mut options = std::fs::OpenOptions::new();
    options.create(true).write(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
