//! From a customer's text to its words: what they wrote themselves, and which of it says what it is about. Pure.

/// More distinct content words than any section could cover; the rest would only cost time.
const CONTENT_WORDS_MAX: usize = 200;

/// Words that say nothing about the topic. Those that are a thing in another language ("hat", "son") are left out.
const STOP: &str = "
a able about actually after again all already also am an and any anybody anyone anything are as ask asking at away back
be because been before being both but by can cannot cant come could couldnt did didnt do does doesnt doing done dont
each else etc ever every find for from get gets getting give go going gonna got had happen happened happens has hasnt
have havent having he help her here hers him his how however id if ill im in into is isnt it its itself ive just kind
kindly know let lets like look looking made make many may maybe me might mind mine more most much must my myself need
needed needs never new no nor not now of off often on once one only or other our ours out over own per please possible
pls put question questions quick quickly really regarding regards said same say see seem seems she should shouldnt since
so some somebody someone something soon still such sure tell than that thats the their them then there theres these they
theyre thing things think this those though to today tomorrow too tried try trying under until up upon us use using very
via wanna want wanted wants was wasnt way we well went were weve what whats when where wheres which while who whom whose
why will wish with within without wonder wondering wont would wouldnt yes yesterday yet you youd your yours youre
best dear greetings kind sincerely warm wishes
aber als auch auf aus bei bin bis bitte da das dass dein den denn der dich dies dir doch du ein eine einem einen einer
es euch euer habe haben ich ihr ihre im in ist kann kein keine können könnt mein meine meinen mich mir mit möchte nach
nicht noch nur ob oder sich sie sind über um und uns unser unter viel vom von wann warum wer werden wie wieder wird wo
wollen zu zum zur grüße freundliche freundlichen
au aux avec avez avoir ce cela ces cette comment dans de des du elle est et être faire il je la le les leur ma mais mes
moi mon ne nos notre nous ont ou où par pas peut peux plus pourquoi puis qu quand que quel quelle qui quoi sa ses sont
suis sur un une vos votre vous cordialement
al como con cómo cuando cuándo cuál del donde dónde el ella ellos en es esta está este esto hay la las lo los mi mis muy
nos o para pero por porque puede puedo que qué quiero se si sí su sus también te tengo tu un una unos y yo saludos";

/// All words, lower case, letters and digits only ("don't" is "dont"); addresses and links are no words.
#[must_use]
pub fn all(text: &str) -> Vec<String> {
    text.split_whitespace()
        .filter(|chunk| !chunk.contains('@') && !chunk.contains("://"))
        .flat_map(|chunk| {
            let joined: String = chunk.chars().filter(|c| !matches!(c, '\'' | '’' | '`')).collect();
            joined.to_lowercase().split(|c: char| !c.is_alphanumeric()).map(str::to_owned).collect::<Vec<_>>()
        })
        .filter(|word| !word.is_empty())
        .collect()
}

/// The words that say what it is about, each once: without stop words, small talk, numbers and the customer's own name.
#[must_use]
pub fn content(text: &str, own_name: &[String]) -> Vec<String> {
    let mut content: Vec<String> = Vec::new();
    for word in all(text) {
        let telling = word.chars().count() > 1 && !word.chars().any(char::is_numeric);
        let known = content.contains(&word) || own_name.contains(&word) || in_list(STOP, &word);
        if telling && !known && !super::intent::is_small_talk(&word) && content.len() < CONTENT_WORDS_MAX {
            content.push(word);
        }
    }
    content
}

/// What the customer wrote themselves: without lines quoted from an earlier mail and without a marked signature.
#[must_use]
pub fn unquoted(text: &str) -> String {
    text.lines()
        .take_while(|line| *line != "-- " && *line != "--")
        .filter(|line| !line.trim_start().starts_with('>'))
        .collect::<Vec<_>>()
        .join("\n")
}

/// Is the word in a list of words separated by white space?
#[must_use]
pub fn in_list(list: &str, word: &str) -> bool {
    list.split_whitespace().any(|listed| listed == word)
}

#[cfg(test)]
mod tests {
    use super::{all, content, unquoted};

    #[test]
    fn only_words_about_the_topic_remain() {
        let check = |text: &str, expect: &[&str]| assert_eq!(content(text, &["anna".into()]), expect, "{text}");
        check("Hi, how long does Shipping take to Köln?", &["long", "shipping", "take", "köln"]);
        check("I can't log in, I forgot my password :( Thanks, Anna", &["log", "forgot", "password"]);
        check("refund for order 4711 / #AC-12 refund", &["refund", "order", "ac"]);
        check("see https://example.com/a?b=c or write to me@example.com", &["write"]);
        check("!!! 👋", &[]);
    }

    #[test]
    fn apostrophes_do_not_split_words() {
        assert_eq!(all("Don’t: it's 2 a.m."), ["dont", "its", "2", "a", "m"]);
    }

    #[test]
    fn quoted_mail_and_signatures_are_not_the_customers_words() {
        assert_eq!(unquoted("Yes\n> Did it work?\n > Yours\nplease\n-- \nAnna, Acme"), "Yes\nplease");
    }
}
