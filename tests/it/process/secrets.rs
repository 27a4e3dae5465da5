//! Canaries: words, addresses and secrets that must appear neither in the log nor in the database.

use std::path::Path;

use hubspot_bridge::sandbox::portal::people::Customer;

use super::desk::{DEBUG, Desk, TOKEN};

const WORD: &str = "quokkacanary";
const ADDRESS: &str = "axolotlcanary@example.com";
/// Of the article that answers.
const ANSWER: &str = "2 to 3 working";

#[tokio::test]
async fn nothing_private_is_logged_or_kept() {
    let mut desk = Desk::closed().await;
    desk.rewrite(|text| text + DEBUG);
    desk.bridge.start().await.unwrap();
    let who = Customer { name: Some("Canary".to_owned()), email: Some(ADDRESS.to_owned()) };
    let text = format!("{WORD}: how long does shipping take?");
    let asked = desk.portal.customer_chats(&who, None, &text).unwrap();
    let person = desk.asks(&format!("I want to talk to a human about {WORD}"));
    desk.settled().await;
    assert_eq!(desk.answers(&asked.thread).len(), 1);
    assert!(desk.portal.thread_view(&person.thread).unwrap().owner.is_some(), "handed off");

    unlogged(&desk, &[WORD, ADDRESS, ANSWER]);
    forgotten(&desk, &[WORD, ADDRESS, ANSWER]).await;
}

/// The process logged none of these words, nor any secret every desk has.
pub fn unlogged(desk: &Desk, words: &[&str]) {
    let log = desk.log();
    assert!(log.contains("event ended"), "the log is where it is looked for: {log}");
    let seed = desk.portal.seed();
    for secret in words.iter().copied().chain([TOKEN, &seed.token, &seed.client_secret]) {
        let line = log.lines().find(|line| line.to_lowercase().contains(&secret.to_lowercase()));
        assert_eq!(line, None, "{secret} is in the log");
    }
}

/// Neither these words nor any secret every desk has stay in the database.
pub async fn forgotten(desk: &Desk, words: &[&str]) {
    let seed = desk.portal.seed();
    let words: Vec<&str> = words.iter().copied().chain([TOKEN, &seed.token, &seed.client_secret]).collect();
    // SQLite's write-ahead log holds what was there before the text was erased, until the store rests for a second.
    desk.until("no private word in the database", async || kept(desk.home.path(), &words).is_empty()).await;
}

/// Which of the words are in which of the database's files.
fn kept(home: &Path, words: &[&str]) -> Vec<String> {
    let files = std::fs::read_dir(home).unwrap().map(|entry| entry.unwrap().path());
    let database = files.filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with("bridge.db"));
    let mut found = Vec::new();
    for path in database {
        let bytes = std::fs::read(&path).unwrap();
        let holds = |word: &&&str| bytes.windows(word.len()).any(|window| window == word.as_bytes());
        found.extend(words.iter().filter(holds).map(|word| format!("{word} in {}", path.display())));
    }
    found
}
