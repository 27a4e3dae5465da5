//! The full-text index of the sections: SQLite's FTS5 in memory, ranked by bm25. Called by [`super::Faq`].
//!
//! A rank only says which section is nearest, never whether it is near enough: bm25 has no scale that means the same in
//! two folders. So the nearest sections must also *cover* the message (see [`Found`]).

use rusqlite::{Connection, OptionalExtension, params};

use super::article::Section;
use super::words;

/// Sections looked at, best rank first.
const CANDIDATES: u32 = 5;
/// The share of the message's content words that a section must know to answer it.
const COVERED_MIN: f64 = 0.6;
/// The share that is enough when the message holds every content word of a question the section is known to answer.
const COVERED_MIN_KNOWN_QUESTION: f64 = 0.34;
/// A known question of one content word ("Shipping?") would be found in half of all messages.
const KNOWN_QUESTION_WORDS_MIN: usize = 2;

/// How near a section comes to a message.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Found {
    /// Share of the message's content words the section holds, 0 to 1.
    covered: f64,
    /// Does the message hold all content words of one of the section's questions?
    asks_known_question: bool,
}

impl Found {
    fn answers(self) -> bool {
        self.covered >= COVERED_MIN || (self.asks_known_question && self.covered >= COVERED_MIN_KNOWN_QUESTION)
    }
}

/// The sections and their index.
#[derive(Debug)]
pub struct Index {
    db: Connection,
    sections: Vec<Section>,
}

impl Index {
    /// Indexes the sections.
    ///
    /// # Errors
    /// The database's.
    pub fn build(sections: Vec<Section>) -> Result<Self, rusqlite::Error> {
        let db = Connection::open_in_memory()?;
        // `message` holds the one message asked about, so that its words are stemmed by the same rules.
        db.execute_batch(
            "CREATE VIRTUAL TABLE section USING fts5(title, heading, questions, body, content='',
                 tokenize='porter unicode61 remove_diacritics 2');
             CREATE VIRTUAL TABLE message USING fts5(text, tokenize='porter unicode61 remove_diacritics 2');",
        )?;
        for (row, section) in (1_i64..).zip(&sections) {
            db.execute(
                "INSERT INTO section (rowid, title, heading, questions, body) VALUES (?1, ?2, ?3, ?4, ?5)",
                params![row, section.title, section.heading, section.questions.join("\n"), section.body],
            )?;
        }
        Ok(Self { db, sections })
    }

    /// The section that answers a message of these content words: the best-ranked of those near enough, one whose known
    /// question is asked before the others; none if none is near enough.
    ///
    /// # Errors
    /// The database's.
    pub fn best(&self, content: &[String]) -> Result<Option<&Section>, rusqlite::Error> {
        if content.is_empty() {
            return Ok(None);
        }
        self.db.execute("DELETE FROM message", [])?;
        self.db.execute("INSERT INTO message (text) VALUES (?1)", [content.join(" ")])?;
        let mut best = None;
        for (row, section) in self.nearest(content)? {
            let found = self.judge(row, section, content)?;
            if found.asks_known_question && found.answers() {
                return Ok(Some(section));
            }
            best = best.or(found.answers().then_some(section));
        }
        Ok(best)
    }

    /// Words of the title, the heading and the questions say more about a section than words of its text.
    fn nearest(&self, content: &[String]) -> Result<Vec<(i64, &Section)>, rusqlite::Error> {
        let mut query = self.db.prepare_cached(
            "SELECT rowid FROM section WHERE section MATCH ?1 ORDER BY bm25(section, 4.0, 6.0, 8.0, 1.0), rowid LIMIT ?2",
        )?;
        let rows = query.query_map(params![matching(content, " OR "), CANDIDATES], |row| row.get::<_, i64>(0))?;
        let mut nearest = Vec::new();
        for row in rows {
            let row = row?;
            let section = usize::try_from(row - 1).ok().and_then(|at| self.sections.get(at));
            nearest.extend(section.map(|section| (row, section)));
        }
        Ok(nearest)
    }

    fn judge(&self, row: i64, section: &Section, content: &[String]) -> Result<Found, rusqlite::Error> {
        let mut holds = self.db.prepare_cached("SELECT 1 FROM section WHERE section MATCH ?1 AND rowid = ?2")?;
        let mut covered = 0_u32;
        for word in content {
            let hit = holds.query_row(params![quoted(word), row], |_| Ok(())).optional()?;
            covered += u32::from(hit.is_some());
        }
        let total = u32::try_from(content.len()).unwrap_or(u32::MAX).max(1);
        let mut asks_known_question = false;
        for question in &section.questions {
            asks_known_question = asks_known_question || self.message_holds(&words::content(question, &[]))?;
        }
        Ok(Found { covered: f64::from(covered) / f64::from(total), asks_known_question })
    }

    fn message_holds(&self, question: &[String]) -> Result<bool, rusqlite::Error> {
        if question.len() < KNOWN_QUESTION_WORDS_MIN {
            return Ok(false);
        }
        let mut query = self.db.prepare_cached("SELECT 1 FROM message WHERE message MATCH ?1")?;
        Ok(query.query_row([matching(question, " AND ")], |_| Ok(())).optional()?.is_some())
    }
}

/// Words are letters and digits only, so quoting makes any of them plain text to FTS5.
fn quoted(word: &str) -> String {
    format!("\"{word}\"")
}

fn matching(words: &[String], operator: &str) -> String {
    words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(operator)
}
