//! What a message wants apart from its topic: a person, nothing, a greeting back; and whether it sounds angry. Pure.
//! Plain word lists in English, German, French and Spanish: what they miss ends with a human, who sees it.

use super::words::{self, in_list};

const GREETINGS: &str = "hi hello hey hallo hiya howdy morning afternoon evening moin servus guten tag morgen abend
bonjour bonsoir salut hola buenos buenas dias días tardes noches there team everyone folks";

const THANKS: &str = "thanks thank thx ty cheers appreciated appreciate danke dankeschön dank merci gracias";

const PLEASANTRIES: &str =
    "ok okay kk good great perfect awesome super cool nice wonderful excellent brilliant lovely fine
alright understood noted bye goodbye vielen schönen beaucoup muchas vale genial perfekt alles gut klar parfait perfecto
lot bunch million worked works helped helpful helps day weekend solved sorted";

/// Words that may stand beside them without asking for anything.
const FILLERS: &str =
    "you so very much a an again for the your that it all is was have and this dir ihnen à vous de me us
i we everything now";

const CONTACT_VERBS: &str = "talk talking speak speaking chat chatting connect transfer forward call sprechen reden
verbinden parler discuter hablar conectar comunicarme";

const PERSONS: &str = "human humans person people agent agents representative representatives rep operator employee
someone somebody colleague advisor mensch menschen mitarbeiter mitarbeiterin person jemandem jemanden humain humaine
personne conseiller conseillère quelquun humano humana persona agente asesor alguien";

/// Each is enough by itself.
const PERSON_PHRASES: [&str; 25] = [
    "real person",
    "real human",
    "actual person",
    "actual human",
    "live person",
    "live agent",
    "human agent",
    "human being",
    "human please",
    "a human",
    "agent please",
    "person please",
    "representative please",
    "customer service agent",
    "customer service representative",
    "echter mensch",
    "echten menschen",
    "einen menschen",
    "mitarbeiter bitte",
    "vraie personne",
    "un humain",
    "un conseiller",
    "persona real",
    "un humano",
    "agente humano",
];

/// A verb of contact and a person this many words apart belong together: "speak with one of your agents".
const REACH: usize = 6;

const ANGRY: &str = "angry furious ridiculous unacceptable outrageous disgusting disgraceful pathetic appalling worst
terrible horrible awful useless scam scammers fraud liars lawyer sue wtf fuck fucking shit bullshit unverschämt frechheit
wütend betrug anwalt inacceptable scandaleux arnaque honteux inaceptable vergüenza estafa";

/// What a message wants, apart from its topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Intent {
    /// A human.
    Person,
    /// Nothing: thanks, an "ok", an emoji.
    Nothing,
    /// To be greeted back.
    Greeting,
    /// An answer.
    Answer,
}

/// What the customer's words want.
#[must_use]
pub fn intent(text: &str) -> Intent {
    let said = words::all(text);
    let has = |list: &str| said.iter().any(|word| in_list(list, word));
    let only_small_talk = said.iter().all(|word| is_small_talk(word) || in_list(FILLERS, word));
    if wants_person(&said) {
        Intent::Person
    } else if said.is_empty() || (only_small_talk && has(THANKS)) {
        Intent::Nothing
    } else if only_small_talk && has(GREETINGS) {
        Intent::Greeting
    } else if only_small_talk && has(PLEASANTRIES) {
        Intent::Nothing
    } else {
        Intent::Answer
    }
}

/// Does it sound angry, by plain markers?
#[must_use]
pub fn is_angry(text: &str) -> bool {
    text.contains("!!!") || words::all(text).iter().any(|word| in_list(ANGRY, word))
}

/// A greeting, a thanks or a pleasantry, which no article needs to cover.
#[must_use]
pub fn is_small_talk(word: &str) -> bool {
    [GREETINGS, THANKS, PLEASANTRIES].iter().any(|list| in_list(list, word))
}

fn wants_person(said: &[String]) -> bool {
    let padded = format!(" {} ", said.join(" "));
    let by_phrase = PERSON_PHRASES.iter().any(|phrase| padded.contains(&format!(" {phrase} ")));
    let positions = |list: &str| -> Vec<usize> {
        said.iter().enumerate().filter(|(_, word)| in_list(list, word)).map(|(at, _)| at).collect()
    };
    let persons = positions(PERSONS);
    let by_verb = positions(CONTACT_VERBS).iter().any(|verb| persons.iter().any(|at| verb.abs_diff(*at) <= REACH));
    let by_itself = said.len() == 1 && !persons.is_empty();
    by_phrase || by_verb || by_itself
}

#[cfg(test)]
mod tests {
    use super::{Intent, intent, is_angry};

    #[test]
    fn intents() {
        let check = |text: &str, expect: Intent| assert_eq!(intent(text), expect, "{text}");
        for text in [
            "Can I talk to a human?",
            "I'd like to speak with someone from your team",
            "connect me to one of your agents",
            "AGENT PLEASE!",
            "is there a real person here",
            "human",
            "Ich möchte mit einem Mitarbeiter sprechen",
            "Kann ich mit einem echten Menschen reden?",
            "Je voudrais parler à un conseiller",
            "je veux parler à quelqu'un",
            "Quiero hablar con una persona, por favor",
        ] {
            check(text, Intent::Person);
        }
        for text in [
            "thanks!",
            "ok",
            "Thank you so much, that helped",
            "👍",
            "",
            "Vielen Dank",
            "merci beaucoup",
            "great, have a nice day",
            "all good",
            "Hi, thanks",
        ] {
            check(text, Intent::Nothing);
        }
        for text in ["Hi", "Good morning!", "hello there", "Guten Tag", "Hola, buenos días"] {
            check(text, Intent::Greeting);
        }
        for text in [
            "Hi, where is my parcel?",
            "thanks, but where is my refund?",
            "ok and the invoice",
            "the delivery person left it outside",
            "Is the chat lamp in stock?",
            "it",
        ] {
            check(text, Intent::Answer);
        }
    }

    #[test]
    fn anger_is_told_by_plain_markers() {
        assert!(is_angry("This is RIDICULOUS") && is_angry("where is it!!!") && is_angry("Das ist eine Frechheit"));
        assert!(!is_angry("Where is my parcel?! It is late."));
    }
}
