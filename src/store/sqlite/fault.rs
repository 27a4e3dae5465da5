//! Why a transaction inside the core failed, before it is told to the caller as [`Error`].

use rusqlite::Error as Sql;

use crate::store::Error;

/// A failed part of a transaction; all of it is rolled back.
#[derive(Debug)]
pub(super) enum Fault {
    /// The database's.
    Sql(Sql),
    /// A rule of the store.
    Store(Error),
}

impl From<Sql> for Fault {
    fn from(error: Sql) -> Self {
        Self::Sql(error)
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Store(error)
    }
}

impl Fault {
    /// What the caller hears; `operation` completes "the store cannot …".
    pub(super) fn into_error(self, operation: &'static str) -> Error {
        match self {
            Self::Store(error) => error,
            Self::Sql(source) if is_unreadable(&source) => {
                Error::Unreadable { what: "row", detail: source.to_string() }
            }
            Self::Sql(source) => Error::Unavailable { operation, source: Box::new(source) },
        }
    }
}

fn is_unreadable(error: &Sql) -> bool {
    matches!(
        error,
        Sql::FromSqlConversionFailure(..)
            | Sql::IntegralValueOutOfRange(..)
            | Sql::InvalidColumnType(..)
            | Sql::Utf8Error(..)
    )
}

/// A stored word that this release does not know.
pub(super) fn unreadable(what: &'static str, word: &str) -> Fault {
    let detail = format!("`{word}` is unknown to this release; a newer one may have written it");
    Fault::Store(Error::Unreadable { what, detail })
}
