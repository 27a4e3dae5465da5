//! The schema and its way forward. Never back: a newer one is refused.

use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::backup;
use super::open::OpenError;

/// Each takes the schema one version further; the first makes it. Released ones never change.
pub(super) const MIGRATIONS: &[&str] = &[include_str!("v1.sql"), include_str!("v2.sql"), include_str!("v3.sql")];

/// Marks the file as ours: `HSBR`.
const APPLICATION: i64 = 0x4853_4252;

/// What the first schema begins with.
const SEED: &str = "INSERT INTO meta (name, value) \
     VALUES ('epoch', 0), ('events', 0), ('open_events', 0), ('checked_at', 0) ON CONFLICT DO NOTHING";

/// Brings the schema to the newest version. An existing file is copied beside itself first.
pub(super) fn migrate(conn: &mut Connection, file: Option<&Path>, migrations: &[&str]) -> Result<(), OpenError> {
    let path = file.unwrap_or_else(|| Path::new(":memory:"));
    let failed = |doing| move |source| OpenError::from_sql(path, doing, source);
    let found = version(conn, path, migrations)?;
    let known = newest(migrations);
    if found == known {
        return Ok(());
    }
    if let (Some(file), true) = (file, found > 0) {
        backup::copy(conn, &kept(file, found)).map_err(failed("keep a copy of it before the migration"))?;
    }
    let done = usize::try_from(found).unwrap_or(0);
    apply(conn, migrations.iter().skip(done), known).map_err(failed("migrate it"))
}

/// The schema a file has, 0 for an empty one. Only reads; refuses what is not ours and what is too new.
pub(super) fn version(conn: &Connection, path: &Path, migrations: &[&str]) -> Result<i64, OpenError> {
    let failed = |source| OpenError::from_sql(path, "read its version", source);
    let (found, known) = (pragma(conn, "user_version").map_err(failed)?, newest(migrations));
    check_ours(conn, path, found)?;
    if found > known {
        let kept = Some(kept(path, known)).filter(|kept| kept.exists());
        return Err(OpenError::NewerSchema { path: path.to_owned(), found, known, kept });
    }
    Ok(found)
}

/// The version every open store has.
#[must_use]
pub fn schema_version() -> i64 {
    newest(MIGRATIONS)
}

fn newest(migrations: &[&str]) -> i64 {
    i64::try_from(migrations.len()).unwrap_or(i64::MAX)
}

fn apply<'m>(conn: &mut Connection, steps: impl Iterator<Item = &'m &'m str>, version: i64) -> rusqlite::Result<()> {
    let tx = conn.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    for sql in steps {
        tx.execute_batch(sql)?;
    }
    tx.execute_batch(SEED)?;
    tx.pragma_update(None, "application_id", APPLICATION)?;
    tx.pragma_update(None, "user_version", version)?;
    tx.commit()
}

fn check_ours(conn: &Connection, path: &Path, version: i64) -> Result<(), OpenError> {
    let failed = |source| OpenError::from_sql(path, "read it", source);
    let application = pragma(conn, "application_id").map_err(failed)?;
    let tables: i64 = conn.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).map_err(failed)?;
    let fresh = tables == 0 && version == 0;
    if fresh || application == APPLICATION { Ok(()) } else { Err(OpenError::NotOurs { path: path.to_owned() }) }
}

/// `bridge.db` → `bridge.db.v1.bak`.
fn kept(file: &Path, version: i64) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(format!(".v{version}.bak"));
    PathBuf::from(name)
}

fn pragma(conn: &Connection, name: &str) -> rusqlite::Result<i64> {
    conn.pragma_query_value(None, name, |row| row.get(0))
}

/// A fresh database, for tests of single statements.
#[cfg(test)]
pub(super) fn in_memory() -> Connection {
    let mut conn = Connection::open_in_memory().unwrap();
    migrate(&mut conn, None, MIGRATIONS).unwrap();
    conn
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(conn: &Connection) -> usize {
        usize::try_from(pragma(conn, "user_version").unwrap()).unwrap()
    }

    const SECOND: &str = "ALTER TABLE cursors ADD COLUMN moved_at INTEGER";

    #[test]
    fn a_migration_keeps_a_copy_of_the_file_as_it_was() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("bridge.db");
        let mut conn = Connection::open(&file).unwrap();
        let known = MIGRATIONS.len();
        migrate(&mut conn, Some(&file), MIGRATIONS).unwrap();
        conn.execute("INSERT INTO cursors VALUES ('sweep', '7')", []).unwrap();
        let kept = dir.path().join(format!("bridge.db.v{known}.bak"));
        assert!(!kept.exists(), "a new file needs no copy");

        let newer = [MIGRATIONS, &[SECOND]].concat();
        migrate(&mut conn, Some(&file), &newer).unwrap();
        assert_eq!(version(&conn), known + 1);
        conn.execute("UPDATE cursors SET moved_at = 1", []).unwrap();

        let copy = Connection::open(kept).unwrap();
        assert_eq!(version(&copy), known);
        let value: String = copy.query_row("SELECT value FROM cursors", [], |row| row.get(0)).unwrap();
        assert_eq!(value, "7");
    }

    #[test]
    fn a_failed_migration_leaves_the_schema_as_it_was() {
        let mut conn = in_memory();
        let broken = [MIGRATIONS, &[SECOND, "ALTER TABLE nothing ADD COLUMN x"]].concat();
        assert!(migrate(&mut conn, None, &broken).is_err());
        assert_eq!(version(&conn), MIGRATIONS.len());
        assert!(conn.prepare("SELECT moved_at FROM cursors").is_err());
    }

    #[test]
    fn a_newer_schema_is_refused_in_words_an_operator_understands() {
        let mut conn = in_memory();
        conn.pragma_update(None, "user_version", 99).unwrap();
        let error = migrate(&mut conn, None, MIGRATIONS).unwrap_err().to_string();
        assert!(error.contains("schema 99") && error.contains("newer"), "{error}");
    }
}
