//! Topic rules: which message a rule matches, and what a burst of several comes to.

use hubspot_bridge::config::{Matcher, Topic, TopicAction};
use hubspot_bridge::domain::Channel;
use hubspot_bridge::filters::topics::{Said, decide};
use proptest::prelude::*;

const ACTIONS: [TopicAction; 4] = [TopicAction::Ignore, TopicAction::Answer, TopicAction::Draft, TopicAction::Escalate];

fn keyword(word: &str) -> Matcher {
    Matcher::Keyword(word.to_owned())
}

fn topic(name: &str, matches: Vec<Matcher>, action: TopicAction) -> Topic {
    Topic { name: name.to_owned(), matches, channels: vec![], languages: vec![], action }
}

fn said(text: &str) -> Said<'_> {
    Said { text, channel: Channel::Chat, language: None }
}

fn names(topics: &[Topic], burst: &[&str]) -> Option<String> {
    let burst: Vec<Said<'_>> = burst.iter().map(|text| said(text)).collect();
    decide(topics, &burst).map(|topic| topic.name.clone())
}

#[test]
fn keywords_are_whole_words_in_any_case_and_spacing() {
    for (word, text, matches) in [
        ("refund", "I want a REFUND!", true),
        ("refund", "refunded, refunds, prefund", false),
        ("refund", "no_refund", false),
        ("Geld zurück", "ich will mein GELD\n  ZURÜCK.", true),
        ("Geld zurück", "Geldzurück", false),
        ("don't", "I don’t want it", true),
        ("café", "Café?", true),
        ("cafe", "cafe\u{301}", false),
        ("ΟΔΟΣ", "η οδός και η οδος", true),
        ("C++", "is it written in c++?", true),
        ("ha ha", "xha ha ha", true),
        ("退款", "我要申请退款谢谢", true),
        ("返金", "すぐに返金してください", true),
        ("คืนเงิน", "ขอคืนเงินหน่อย", true),
        ("환불", "환불을 원해요", true),
        ("vip", "请给vip退款", true),
        ("😡", "so late😡😡", true),
        ("", "anything", false),
    ] {
        let topics = [topic("it", vec![keyword("something else"), keyword(word)], TopicAction::Draft)];
        assert_eq!(names(&topics, &[text]).is_some(), matches, "{word:?} in {text:?}");
    }
}

#[test]
fn every_condition_given_must_hold() {
    let pattern = regex::RegexBuilder::new(r"order \d{4}\b").case_insensitive(true).build().unwrap();
    let mut rule = topic("orders", vec![Matcher::Pattern(pattern)], TopicAction::Escalate);
    rule.channels = vec![Channel::Email];
    rule.languages = vec!["de".to_owned()];
    for (text, channel, language, matches) in [
        ("Where is ORDER 1042?", Channel::Email, Some("de-AT"), true),
        ("Where is ORDER 1042?", Channel::Email, Some("DE"), true),
        ("Where is ORDER 1042?", Channel::Chat, Some("de"), false),
        ("Where is ORDER 1042?", Channel::Email, Some("en"), false),
        ("Where is ORDER 1042?", Channel::Email, None, false),
        ("Where is order 10423?", Channel::Email, Some("de"), false),
    ] {
        let found = decide(std::slice::from_ref(&rule), &[Said { text, channel, language }]);
        assert_eq!(found.is_some(), matches, "{text} over {channel:?} in {language:?}");
    }
}

#[test]
fn a_message_has_its_first_rule_and_a_burst_its_most_cautious() {
    let topics = [
        topic("spam", vec![keyword("casino")], TopicAction::Ignore),
        topic("legal", vec![keyword("lawyer")], TopicAction::Escalate),
        topic("billing", vec![keyword("invoice")], TopicAction::Draft),
        topic("shipping", vec![keyword("parcel")], TopicAction::Answer),
        topic("tracking", vec![keyword("track")], TopicAction::Answer),
    ];
    for (burst, name) in [
        (vec!["my lawyer runs a casino"], Some("spam")),
        (vec!["casino", "casino!"], Some("spam")),
        (vec!["casino", "hello"], None),
        (vec!["casino", "my parcel"], Some("shipping")),
        (vec!["my parcel", "track it", "hello"], Some("tracking")),
        (vec!["the invoice", "my parcel"], Some("billing")),
        (vec!["my lawyer", "the invoice", "casino"], Some("legal")),
        (vec!["hello"], None),
        (vec![], None),
    ] {
        assert_eq!(names(&topics, &burst).as_deref(), name, "{burst:?}");
    }
}

proptest! {
    /// Nothing is more cautious than what was decided, and ignoring needs every message.
    #[test]
    fn a_burst_is_as_cautious_as_its_most_cautious_message(picks in proptest::collection::vec(0_usize..5, 0..6)) {
        let words = ["alpha", "beta", "gamma", "delta", "none"];
        let topics: Vec<Topic> =
            (0..4).map(|index| topic(words[index], vec![keyword(words[index])], ACTIONS[index])).collect();
        let burst: Vec<Said<'_>> = picks.iter().map(|index| said(words[*index])).collect();
        let decided = decide(&topics, &burst).map(|topic| topic.action);
        let all_ignored = !picks.is_empty() && picks.iter().all(|index| *index == 0);
        let most_cautious = picks.iter().filter(|index| (1..4).contains(*index)).max().map(|index| ACTIONS[*index]);
        prop_assert_eq!(decided, if all_ignored { Some(TopicAction::Ignore) } else { most_cautious });
    }

    /// A keyword is found wherever white space or punctuation surrounds it, and never inside a longer word.
    #[test]
    fn a_word_is_found_by_itself_and_not_within_another(
        word in "[a-zà-öø-ÿ]{1,8}",
        before in "[ .,;!\n]{1,3}",
        after in "[ .,;!\n]{1,3}",
    ) {
        let topics = [topic("it", vec![keyword(&word)], TopicAction::Draft)];
        let alone = format!("x{before}{}{after}x", word.to_uppercase());
        prop_assert!(names(&topics, &[&alone]).is_some());
        let (longer, later) = (format!("0{word}{after}"), format!("{before}{word}0"));
        prop_assert!(names(&topics, &[&longer]).is_none());
        prop_assert!(names(&topics, &[&later]).is_none());
    }
}
