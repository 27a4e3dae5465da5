//! Rules and what else comes as arrays of tables: what is accepted, and each flaw with its path.

use super::desk::{Desk, LEAST};

#[track_caller]
fn errors(tables: &str) -> Vec<String> {
    let problems = Desk::new(&format!("{LEAST}{tables}")).load(&[]).unwrap_err();
    problems.0.iter().map(|problem| problem.to_string().replace("connections.acme.", "")).collect()
}

#[track_caller]
fn warnings(settings: &str) -> Vec<String> {
    let loaded = Desk::new(settings).load(&[]).unwrap();
    loaded.warnings.iter().map(|problem| problem.to_string().replace("connections.acme.", "")).collect()
}

const TOPIC: &str = "[[connections.acme.topics]]\nname = \"refunds\"\naction = \"escalate\"\n";
const ROUTE: &str = "[[connections.acme.routing]]\nname = \"billing\"\nassign_to = \"A-7\"\n";

/// A line added to a table that is otherwise fine, and what is said of it.
const FLAWS: &[(&str, &str, &str)] = &[
    (
        "[[connections.acme.topics]]\nname = \"x\"\n",
        "",
        "topics[0].action: is required; write \"answer\", \"draft\", \"escalate\" or \"ignore\"",
    ),
    (
        "[[connections.acme.topics]]\nname = \"x\"\n",
        "action = \"reply\"",
        "topics[0].action: \"reply\" is not a choice; choose \"answer\" or \"draft\" or \"escalate\" or \"ignore\"",
    ),
    (
        "[[connections.acme.topics]]\nname = \" \"\n",
        "action = \"draft\"",
        "topics[0].name: is required; give the rule a name; the ledger and the reps are shown it",
    ),
    (TOPIC, "matches = [\"x\"]", "topics[0].matches: is not a setting; did you mean `match`?"),
    (
        TOPIC,
        "match = [\"fine\", \"/(refund/\"]",
        "topics[0].match[1]: \"/(refund/\" is not a pattern: unclosed group; mend it, or leave the slashes out to match the words as they are",
    ),
    (
        TOPIC,
        "match = [\"/(a{999}){999}/\"]",
        "topics[0].match[0]: \"/(a{999}){999}/\" is not a pattern: it is too large; mend it, or leave the slashes out to match the words as they are",
    ),
    (
        TOPIC,
        "match = [\"/refund\"]",
        "topics[0].match[0]: \"/refund\" begins a pattern and does not end it; write a pattern between two slashes, e.g. \"/refunds?/\"",
    ),
    (
        TOPIC,
        "match = [\"/x*/\"]",
        "topics[0].match[0]: \"/x*/\" matches every message; make it ask for at least one character, or leave `match` out to match every message",
    ),
    (
        TOPIC,
        "languages = [\"de-AT\"]",
        "topics[0].languages: \"de-AT\" is not a primary language tag; write \"de\": it stands for every region",
    ),
    (
        TOPIC,
        "languages = [\"german\"]",
        "topics[0].languages: \"german\" is not a primary language tag; write the two letters of the language, e.g. \"de\"",
    ),
    (
        TOPIC,
        "channels = [\"fax\"]",
        "topics[0].channels: \"fax\" is not a channel; choose among chat, facebook, email, form, customer_portal, whatsapp, sms, instagram, other",
    ),
    (
        ROUTE,
        "topics = [\"refund\"]",
        "routing[0].topics: \"refund\" is not the name of a topic rule; there is no rule under `topics`: add one, or remove this condition",
    ),
    (
        "[[connections.acme.routing]]\nname = \"x\"\n",
        "assign_to = \"7\"",
        "routing[0].assign_to: \"7\" is not a user's actor id; write \"A-7\"",
    ),
    (ROUTE, "custom_data = { tier = [\"gold\"] }", "routing[0].custom_data.tier: is not a plain value; write a string"),
    (
        ROUTE,
        "hours = \"9 to 5\"",
        "routing[0].hours: names \"9\", which is not a day; write Mon, Tue, Wed, Thu, Fri, Sat or Sun, a range (Mon-Fri), a list (Mon,Wed) or daily",
    ),
    (
        "[[connections.acme.handoff_words]]\n",
        "outside_hours = \"Tomorrow.\"",
        "handoff_words[0].outside_hours: is never said without `hours`; add `hours`, or remove it | handoff_words[0].text: is required; write what the customer is told when a human takes over",
    ),
    (
        "[[connections.acme.signatures]]\nhtml = \"x\"\n",
        "domain = \"https://example.com\"",
        "signatures[0].domain: \"https://example.com\" is not a domain; write the domain replies are sent from, \"example.com\" or \"*.example.com\"",
    ),
];

#[test]
fn each_flaw_of_a_rule_is_named_with_its_place_in_the_list() {
    for (table, line, problem) in FLAWS {
        assert_eq!(errors(&format!("{table}{line}\n")).join(" | "), *problem, "{table}{line}");
    }
}

#[test]
fn every_entry_of_every_list_is_looked_at() {
    let tables = format!(
        "{TOPIC}{TOPIC}action2 = 1\n{ROUTE}topics = [\"refunds\", \"other\"]\n{ROUTE}
        [[connections.acme.signatures]]\ndomain = \"Example.com\"\nhtml = \"a\"
        [[connections.acme.signatures]]\ndomain = \"example.com\"\nhtml = \"b\"
        [[connections.acme.handoff_words]]\nlanguage = \"de\"\ntext = \"a\"
        [[connections.acme.handoff_words]]\nlanguage = \"DE\"\ntext = \"b\"\n"
    );
    assert_eq!(
        errors(&tables),
        [
            "handoff_words[1].language: is the language of handoff_words[0] too, which is said instead; keep one entry for each language",
            "routing[0].topics: \"other\" is not the name of a topic rule; choose among refunds, refunds",
            "routing[1].name: is the name of routing[0] too; give each rule a name of its own",
            "signatures[1].domain: is the domain of signatures[0] too; keep one of them",
            "topics[1].action2: is not a setting; did you mean `action`?",
            "topics[1].name: is the name of topics[0] too; give each rule a name of its own",
        ]
    );
}

#[test]
fn what_is_no_array_of_tables_is_told_how_to_become_one() {
    assert_eq!(
        errors("[connections.acme.topics]\nname = \"x\"\n"),
        ["topics: is a table, not a list of tables; write [[topics]] above the keys of each entry"]
    );
    let settings = LEAST.replace("inboxes = ", "routing = [\"A-7\"]\ninboxes = ");
    let problems = Desk::new(&settings).load(&[]).unwrap_err().to_string();
    assert_eq!(
        problems,
        "connections.acme.routing[0]: is a string, not a table; write [[connections.acme.routing]] and its keys below"
    );
}

#[test]
fn arrays_of_tables_live_in_the_file_only() {
    let desk = Desk::new(&format!("{LEAST}{TOPIC}"));
    for variable in ["TOPICS", "TOPICS__0__NAME", "TOPICS[0]__ACTION"] {
        let variable = format!("BRIDGE__CONNECTIONS__ACME__{variable}");
        let problems = desk.load(&[(&variable, "answer")]).unwrap_err().to_string();
        let expected = "connections.acme.topics: comes from the environment, but arrays of tables live in the file only; \
            write [[connections.acme.topics]] in the settings file, and remove the variable";
        assert_eq!(problems, expected, "{variable}");
    }
}

#[test]
fn rules_that_can_never_apply_and_doubtful_combinations_are_warned_about() {
    let catch_all = format!("{LEAST}{TOPIC}{}", TOPIC.replace("refunds", "rest"));
    let never = "has no condition, so the rules after it never apply; move it to the end, or give it a condition";
    assert_eq!(warnings(&catch_all), [format!("topics[0]: {never}")]);
    assert!(warnings(&format!("{LEAST}{TOPIC}match = [\"x\"]\n{}", TOPIC.replace("refunds", "rest"))).is_empty());
    let routes = format!("{LEAST}{ROUTE}{}", ROUTE.replace("billing", "rest").replace("A-7", "A-100"));
    let nobody = "routing[1].assign_to: is the AI's own user: such a conversation is handed to nobody; name a human";
    assert_eq!(warnings(&routes), [format!("routing[0]: {never}"), nobody.to_owned()]);
    let notes = LEAST.replace("inboxes = ", "mirror_notes = true\ninboxes = ");
    let deaf = "mirror_notes: has no effect: the agent `faq` cannot take internal notes; turn it off, or use an agent of kind \"http\"";
    assert_eq!(warnings(&notes), [deaf]);
    let http = notes.split("[connections.acme.agent]").next().unwrap().to_owned()
        + "[connections.acme.agent]\nkind = \"http\"\nbase_url = \"https://agent.example.com\"\nsigning_secret = \"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\"\n";
    assert!(warnings(&http).is_empty());
}

#[test]
fn a_mapping_that_contradicts_itself_is_warned_about() {
    let mapped = |map: &str| warnings(&format!("{LEAST}[connections.acme.ticketing]\ncustom_data = {map}\n"));
    assert!(mapped("{ plan = \"plan\", order = \"order_number\" }").is_empty());
    let paths: Vec<String> =
        mapped("{ a = \"one\", b = \"one\", tags = \"opencx_tags\", plan = \"tier\", tier = \"level\" }")
            .iter()
            .map(|warning| warning.split(':').next().unwrap().replace("ticketing.custom_data.", ""))
            .collect();
    assert_eq!(paths, ["b", "tags", "tier"]);
}
