//! The built-in agent on the example articles that ship with it, and on folders that change.

use std::fs;
use std::path::Path;

use hubspot_bridge::agents::faq::{Faq, OpenError};
use hubspot_bridge::agents::{Agent, Answer, Decision, Question, Recall, Speaker};
use hubspot_bridge::domain::{Attachment, Timestamp};

use super::question::{burst, question, said};

const UNANSWERED: &str = "no article answers this";

fn examples() -> Faq {
    Faq::open(&Path::new(env!("CARGO_MANIFEST_DIR")).join("config/faq")).unwrap()
}

async fn ask(faq: &Faq, question: &Question) -> Answer {
    faq.ask(question).await.unwrap()
}

fn reply(answer: &Answer) -> &str {
    match &answer.decision {
        Decision::Reply { text } => text,
        other @ (Decision::Draft { .. } | Decision::Handoff { .. } | Decision::Nothing) => {
            panic!("not a reply: {other:?}")
        }
    }
}

fn handoff_reason(answer: &Answer) -> &str {
    match &answer.decision {
        Decision::Handoff { words: Some(_), reason } => reason,
        other @ (Decision::Draft { .. } | Decision::Handoff { .. } | Decision::Reply { .. } | Decision::Nothing) => {
            panic!("not a handoff with words: {other:?}")
        }
    }
}

#[tokio::test]
async fn questions_find_their_article() {
    let faq = examples();
    for (asked, expect) in [
        ("How long does shipping take?", "tracking link as soon as"),
        ("Hi! When will my order arrive? Thanks, Anna", "tracking link as soon as"),
        ("what are your shipping costs", "€4.90"),
        ("Do you ship to Switzerland?", "Norway"),
        ("can I change my delivery address please", "Change address"),
        ("How do I return the shoes I ordered last week?", "return label"),
        ("I'd like to return an item", "return label"),
        ("When do I get my refund", "means of payment"),
        ("Can I exchange it for another size?", "order the one you would like"),
        ("hello, where is my parcel??", "look at the tracking link"),
        ("My lamp arrived broken", "photo of the damage"),
        ("you sent me the wrong item", "tell us your order number"),
        ("When are you open on Saturday?", "12 Oak Lane"),
        ("I forgot my password and can't log in", "new password"),
        ("How do I reset my password", "new password"),
        ("Where can I find the invoice for order 4711?", "download it again"),
        ("Do you accept PayPal?", "Visa"),
        ("Can I cancel order AC-4711?", "*My orders → Cancel*"),
        ("my discount code doesn't work", "Enter the code"),
        ("Do you do gift wrapping?", "(€3)"),
    ] {
        let answer = ask(&faq, &question(asked)).await;
        let found = matches!(&answer.decision, Decision::Reply { text } if text.contains(expect));
        assert!(found, "{asked}: {answer:?}");
    }
}

#[tokio::test]
async fn what_no_article_covers_goes_to_a_human() {
    let faq = examples();
    for asked in [
        "What is the weather like in Berlin?",
        "Can I pay with Bitcoin or Monero?",
        "Do you repair vintage typewriters?",
        "I slipped on the ice in front of your shop and want compensation",
        "Are you hiring software developers?",
        "Is the oak table treated with linseed oil?",
        "Your newsletter keeps coming although I unsubscribed twice",
        // Holds every word of a known question, but is about something else.
        "I write for a security magazine about companies that never reset a customer password after breaches; would your \
         director give an interview",
        "你们什么时候开门",
        "asdf qwer",
    ] {
        assert_eq!(handoff_reason(&ask(&faq, &question(asked)).await), UNANSWERED, "{asked}");
    }
}

#[tokio::test]
async fn a_customer_who_wants_a_person_gets_one() {
    let faq = examples();
    for asked in [
        "I want to talk to a human about my password",
        "agent please",
        "Ich möchte mit einem Menschen sprechen",
        "je veux parler à une personne",
        "quiero hablar con un agente",
    ] {
        assert_eq!(handoff_reason(&ask(&faq, &question(asked)).await), "the customer asked for a person", "{asked}");
    }
}

#[tokio::test]
async fn thanks_need_no_answer_and_a_greeting_is_returned() {
    let faq = examples();
    for thanks in ["thanks!", "ok", "Great, thank you very much", "👍"] {
        assert_eq!(ask(&faq, &question(thanks)).await.decision, Decision::Nothing, "{thanks}");
    }
    for greeting in ["Hi", "Good morning!", "can you help me?"] {
        assert!(reply(&ask(&faq, &question(greeting)).await).contains("help you"), "{greeting}");
    }
}

#[tokio::test]
async fn a_burst_is_one_question() {
    let faq = examples();
    let answer = ask(&faq, &burst(&["hi", "I forgot something", "my password", "thanks"])).await;
    assert!(reply(&answer).contains("new password"));
    let answer = ask(&faq, &burst(&["How long does shipping take?", "no wait, get me a real person"])).await;
    assert_eq!(handoff_reason(&answer), "the customer asked for a person");
}

#[tokio::test]
async fn words_quoted_from_an_earlier_mail_are_not_asked_again() {
    let mail =
        "Do you repair typewriters?\n\nOn Monday Acorn wrote:\n> How long does shipping take?\n> It takes 2 days.";
    assert_eq!(handoff_reason(&ask(&examples(), &question(mail)).await), UNANSWERED);
}

#[tokio::test]
async fn files_without_words_go_to_a_human() {
    let mut asked = question("");
    asked.messages[0].attachments.push(Attachment { kind: "FILE".into(), ..Attachment::default() });
    assert_eq!(handoff_reason(&ask(&examples(), &asked).await), "the customer sent only files");
}

#[tokio::test]
async fn files_beside_a_question_are_said_to_be_unopened_and_the_answer_is_known_again() {
    let mut asked = question("How do I reset my password?");
    asked.messages[0].attachments.push(Attachment { kind: "FILE".into(), ..Attachment::default() });
    let first = ask(&examples(), &asked).await;
    assert!(reply(&first).contains("new password") && reply(&first).contains("I cannot open files"), "{first:?}");
    asked.history.push(said(Speaker::Ai, reply(&first)));
    let again = ask(&examples(), &asked).await;
    assert!(handoff_reason(&again).contains("given already"), "{again:?}");
}

#[tokio::test]
async fn an_answer_that_did_not_help_is_not_given_twice() {
    let faq = examples();
    let mut asked = question("How do I reset my password?");
    let first = ask(&faq, &asked).await;
    // HubSpot shows it without the mark-up.
    asked.history.push(said(Speaker::Ai, &reply(&first).replace('*', "")));
    assert!(handoff_reason(&ask(&faq, &asked).await).contains("did not help"));
    asked.messages = question("what?").messages;
    assert_eq!(handoff_reason(&ask(&faq, &asked).await), UNANSWERED);
}

#[tokio::test]
async fn anger_is_noted() {
    let faq = examples();
    let sentiment = async |text: &str| ask(&faq, &question(text)).await.sentiment;
    assert_eq!(sentiment("Where is my parcel, this is unacceptable").await.as_deref(), Some("angry"));
    assert_eq!(sentiment("Where is my parcel?").await.as_deref(), Some("neutral"));
}

#[tokio::test]
async fn it_keeps_nothing() {
    let faq = examples();
    assert!(!faq.keeps_state());
    assert_eq!(faq.open(&question("x")).await, Ok(None));
    assert_eq!(faq.recall(&question("x"), Timestamp(0)).await, Ok(Recall::NotSent));
}

#[tokio::test]
async fn changed_files_are_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let article = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    article("a.md", "# Parking\n\nThere is a car park behind the shop.");
    let faq = Faq::open(folder.path()).unwrap();
    let asked = question("car parking?");
    assert_eq!(reply(&ask(&faq, &asked).await), "There is a car park behind the shop.");

    article("a.md", "# Parking\n\nThe car park is closed until further notice.");
    assert!(reply(&ask(&faq, &asked).await).contains("closed"));

    article("b.md", "# Bicycles\n\nBicycles can be left in the yard.");
    assert!(reply(&ask(&faq, &question("Where can I leave bicycles, in the yard?")).await).contains("yard"));

    // Broken or gone: what was read before stays in use, and what is mended is read again.
    article("b.md", "no title");
    assert!(reply(&ask(&faq, &asked).await).contains("closed"));
    fs::rename(folder.path().join("a.md"), folder.path().join("a.md.away")).unwrap();
    fs::rename(folder.path().join("b.md"), folder.path().join("b.md.away")).unwrap();
    assert!(reply(&ask(&faq, &asked).await).contains("closed"));
    article("c.md", "# Parking\n\nThe car park is open again.");
    assert!(reply(&ask(&faq, &asked).await).contains("open again"));
    assert_eq!(handoff_reason(&ask(&faq, &question("bicycles in the yard")).await), UNANSWERED);
}

#[test]
fn an_unusable_folder_is_refused_with_its_name_and_the_fix() {
    let folder = tempfile::tempdir().unwrap();
    let check = |path: &Path, part: &str| {
        let error = Faq::open(path).unwrap_err();
        let text = error.to_string();
        assert!(text.contains(&path.display().to_string()) && text.contains(part), "{text}");
        error
    };
    let missing = folder.path().join("missing");
    assert!(matches!(check(&missing, "agent.articles"), OpenError::Folder { .. }));
    assert!(matches!(check(folder.path(), "*.md"), OpenError::Empty { .. }));
    fs::write(folder.path().join("notes.txt"), "# Not Markdown").unwrap();
    assert!(matches!(check(folder.path(), "*.md"), OpenError::Empty { .. }));
    fs::write(folder.path().join("a.md"), "text only").unwrap();
    assert!(matches!(check(folder.path(), "a.md"), OpenError::Defective { .. }));
    fs::write(folder.path().join("a.md"), [0xff, 0xfe]).unwrap();
    assert!(matches!(check(folder.path(), "UTF-8"), OpenError::Unreadable { .. }));
    fs::write(folder.path().join("a.md"), "#".repeat(300_000)).unwrap();
    assert!(matches!(check(folder.path(), "split"), OpenError::TooLarge { .. }));
}
