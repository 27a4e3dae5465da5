//! The built-in agent: answers from a folder of Markdown files by full-text ranking, and gives the conversation to a
//! human when it is not sure or is asked to. It needs no account and no network, and remembers nothing.
//!
//! It is not a language model: it never writes a sentence of its own beyond the few below. Made by [`super::Builder`].

mod article;
mod folder;
mod index;
mod intent;
mod words;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;

pub use article::Defect;
pub use folder::OpenError;

use self::folder::Entry;
use self::index::Index;
use self::intent::Intent;
use super::{Agent, Answer, Class, Decision, Effect, Error, Question, Recall, Said, Speaker};
use crate::domain::Timestamp;

const GREETING: &str = "Hello! What can I help you with?";
const NO_ARTICLE: &str =
    "I do not have the answer to that at hand, so I am passing you on to a colleague, who will get back to you here.";
const PERSON: &str = "Of course, I am passing you on to a colleague, who will get back to you here.";
const FILES_ONLY: &str =
    "Thank you, I am passing this on to a colleague, who will have a look and get back to you here.";
/// Ends every answer to somebody who sent files: an article may have nothing to do with what is in them.
const NOT_OPENED: &str = "I cannot open files, so I have not looked at what you sent. If it matters for your question, just ask for a person.";

/// The agent.
#[derive(Debug)]
pub struct Faq {
    folder: PathBuf,
    articles: Mutex<Articles>,
}

#[derive(Debug)]
struct Articles {
    /// The listing last tried, whether that went well or not, so that a broken folder is reported once.
    listing: Vec<Entry>,
    index: Index,
}

impl Faq {
    /// Reads and indexes the folder.
    ///
    /// # Errors
    /// When the folder or an article in it cannot be used; the error names it and the fix.
    pub fn open(folder: &Path) -> Result<Self, OpenError> {
        let listing = folder::list(folder)?;
        let index = index(folder, &listing)?;
        Ok(Self { folder: folder.to_owned(), articles: Mutex::new(Articles { listing, index }) })
    }

    /// Reads the folder again if a file changed. A folder that became unusable is reported, and the articles read before
    /// stay in use: half-saved files must not send every customer to a human.
    fn refresh(&self, articles: &mut Articles) {
        match folder::list(&self.folder) {
            Ok(listing) if listing == articles.listing => {}
            Ok(listing) => {
                match index(&self.folder, &listing) {
                    Ok(index) => articles.index = index,
                    Err(error) => complain(&error),
                }
                articles.listing = listing;
            }
            Err(error) => {
                if !articles.listing.is_empty() {
                    complain(&error);
                }
                articles.listing.clear();
            }
        }
    }

    /// How many articles answers come from; reads the folder, so that a file half-saved since is named.
    fn count(&self) -> Result<usize, OpenError> {
        let listing = folder::list(&self.folder)?;
        index(&self.folder, &listing)?;
        Ok(listing.len())
    }

    fn decide(&self, question: &Question) -> Result<Decision, rusqlite::Error> {
        let text = customer_words(question);
        let wanted = intent::intent(&text);
        let files = question.messages.iter().any(|said| !said.attachments.is_empty());
        let decision = match wanted {
            Intent::Person => handoff(PERSON, "the customer asked for a person"),
            Intent::Nothing if files => handoff(FILES_ONLY, "the customer sent only files"),
            Intent::Nothing => Decision::Nothing,
            Intent::Greeting => Decision::Reply { text: GREETING.to_owned() },
            Intent::Answer => self.answer(question, &text)?,
        };
        Ok(if let (Decision::Reply { text }, true) = (&decision, files) {
            Decision::Reply { text: format!("{text}\n\n{NOT_OPENED}") }
        } else {
            decision
        })
    }

    fn answer(&self, question: &Question, text: &str) -> Result<Decision, rusqlite::Error> {
        let own_name = words::all(question.contact.name.as_deref().unwrap_or_default());
        let content = words::content(text, &own_name);
        if content.is_empty() && !question.history.iter().any(|said| said.by == Speaker::Ai) {
            // "Can you help me?": no topic yet. Asked once; after that a human is kinder.
            return Ok(Decision::Reply { text: GREETING.to_owned() });
        }
        // Held for a few queries in memory, well under a millisecond, so it is done in place.
        let mut articles = self.articles.lock().unwrap_or_else(PoisonError::into_inner);
        self.refresh(&mut articles);
        let Some(section) = articles.index.best(&content)? else {
            return Ok(handoff(NO_ARTICLE, "no article answers this"));
        };
        let answer = section.answer();
        if question.history.iter().any(|said| said_already(said, &answer)) {
            return Ok(handoff(NO_ARTICLE, "the article that answers this was given already and did not help"));
        }
        Ok(Decision::Reply { text: answer })
    }
}

fn index(folder: &Path, listing: &[Entry]) -> Result<Index, OpenError> {
    Index::build(folder::read(listing)?).map_err(|cause| OpenError::Index { path: folder.to_owned(), cause })
}

fn complain(error: &OpenError) {
    tracing::warn!(%error, "the changed articles cannot be used; answering from those read before");
}

/// The messages of a burst are one question.
fn customer_words(question: &Question) -> String {
    question.messages.iter().map(|said| words::unquoted(&said.text)).collect::<Vec<_>>().join("\n")
}

/// HubSpot may have changed the mark-up of what was posted, so only the words are compared; [`NOT_OPENED`] may follow them.
fn said_already(said: &Said, answer: &str) -> bool {
    said.by == Speaker::Ai && words::all(&said.text).starts_with(&words::all(answer))
}

fn handoff(words: &str, reason: &str) -> Decision {
    Decision::Handoff { words: Some(words.to_owned()), reason: reason.to_owned() }
}

#[async_trait]
impl Agent for Faq {
    fn keeps_state(&self) -> bool {
        false
    }

    async fn open(&self, _question: &Question) -> Result<Option<String>, Error> {
        Ok(None)
    }

    async fn ask(&self, question: &Question) -> Result<Answer, Error> {
        let decision = self.decide(question).map_err(|cause| Error {
            operation: "ask",
            detail: format!("the index of the articles cannot be searched: {cause}"),
            effect: Effect::NotSent,
            class: Class::Retry { after: None },
        })?;
        let angry = intent::is_angry(&customer_words(question));
        let sentiment = Some(if angry { "angry" } else { "neutral" }.to_owned());
        Ok(Answer { sentiment, ..Answer::new(decision) })
    }

    async fn recall(&self, _question: &Question, _asked_at: Timestamp) -> Result<Recall, Error> {
        Ok(Recall::NotSent)
    }

    /// The folder is local: it has no deadline.
    async fn look(&self, _limit: Duration) -> Result<String, Error> {
        match self.count() {
            Ok(1) => Ok("answers from 1 article".to_owned()),
            Ok(articles) => Ok(format!("answers from {articles} articles")),
            Err(error) => Err(Error {
                operation: "look",
                detail: error.to_string(),
                effect: Effect::NotSent,
                class: Class::Permanent,
            }),
        }
    }
}
