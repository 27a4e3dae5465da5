//! Which language a message is in, when it is long enough to tell. Pure.

use whatlang::{Lang, Script};

/// Letters that a script of many languages needs before a guess is worth something: "Danke" is too few.
const LETTERS: usize = 24;
/// A script of its own says the language by itself; a brand name among other words should not.
const OWN_SCRIPT_LETTERS: usize = 4;

/// An ISO 639-1 tag, e.g. `de`; none when the text is too short or too mixed to be sure.
#[must_use]
pub fn detect(text: &str) -> Option<&'static str> {
    // Addresses and links are in no language.
    let words: Vec<&str> =
        text.split_whitespace().filter(|word| !word.contains('@') && !word.contains("://")).collect();
    let words = words.join(" ");
    let found = whatlang::detect(&words)?;
    let shared = matches!(
        found.script(),
        Script::Latin | Script::Cyrillic | Script::Arabic | Script::Devanagari | Script::Hebrew | Script::Bengali
    );
    let letters = words.chars().filter(|letter| letter.is_alphabetic()).count();
    let enough = letters >= if shared { LETTERS } else { OWN_SCRIPT_LETTERS };
    if enough && found.is_reliable() { tag(found.lang()) } else { None }
}

/// Are these two BCP 47 tags of one language, whatever their regions: `de` and `de-AT`?
#[must_use]
pub fn same(one: &str, other: &str) -> bool {
    primary(one) == primary(other)
}

/// The primary tag, lower-cased; both written forms of Norwegian are Norwegian.
fn primary(tag: &str) -> String {
    let primary = tag.split(['-', '_']).next().unwrap_or(tag).trim().to_lowercase();
    if matches!(primary.as_str(), "nb" | "nn") { "no".to_owned() } else { primary }
}

/// The library knows ISO 639-3 codes; rules and agents speak of two letters.
const TAGS: &[(Lang, &str)] = &[
    (Lang::Afr, "af"),
    (Lang::Aka, "ak"),
    (Lang::Amh, "am"),
    (Lang::Ara, "ar"),
    (Lang::Aze, "az"),
    (Lang::Bel, "be"),
    (Lang::Ben, "bn"),
    (Lang::Bul, "bg"),
    (Lang::Cat, "ca"),
    (Lang::Ces, "cs"),
    (Lang::Cmn, "zh"),
    (Lang::Cym, "cy"),
    (Lang::Dan, "da"),
    (Lang::Deu, "de"),
    (Lang::Ell, "el"),
    (Lang::Eng, "en"),
    (Lang::Epo, "eo"),
    (Lang::Est, "et"),
    (Lang::Fin, "fi"),
    (Lang::Fra, "fr"),
    (Lang::Guj, "gu"),
    (Lang::Heb, "he"),
    (Lang::Hin, "hi"),
    (Lang::Hrv, "hr"),
    (Lang::Hun, "hu"),
    (Lang::Hye, "hy"),
    (Lang::Ind, "id"),
    (Lang::Ita, "it"),
    (Lang::Jav, "jv"),
    (Lang::Jpn, "ja"),
    (Lang::Kan, "kn"),
    (Lang::Kat, "ka"),
    (Lang::Khm, "km"),
    (Lang::Kor, "ko"),
    (Lang::Lat, "la"),
    (Lang::Lav, "lv"),
    (Lang::Lit, "lt"),
    (Lang::Mal, "ml"),
    (Lang::Mar, "mr"),
    (Lang::Mkd, "mk"),
    (Lang::Mya, "my"),
    (Lang::Nep, "ne"),
    (Lang::Nld, "nl"),
    (Lang::Nob, "nb"),
    (Lang::Ori, "or"),
    (Lang::Pan, "pa"),
    (Lang::Pes, "fa"),
    (Lang::Pol, "pl"),
    (Lang::Por, "pt"),
    (Lang::Ron, "ro"),
    (Lang::Rus, "ru"),
    (Lang::Sin, "si"),
    (Lang::Slk, "sk"),
    (Lang::Slv, "sl"),
    (Lang::Sna, "sn"),
    (Lang::Spa, "es"),
    (Lang::Srp, "sr"),
    (Lang::Swe, "sv"),
    (Lang::Tam, "ta"),
    (Lang::Tel, "te"),
    (Lang::Tgl, "tl"),
    (Lang::Tha, "th"),
    (Lang::Tuk, "tk"),
    (Lang::Tur, "tr"),
    (Lang::Ukr, "uk"),
    (Lang::Urd, "ur"),
    (Lang::Uzb, "uz"),
    (Lang::Vie, "vi"),
    (Lang::Yid, "yi"),
    (Lang::Zul, "zu"),
];

fn tag(language: Lang) -> Option<&'static str> {
    TAGS.iter().find(|(known, _)| *known == language).map(|(_, tag)| *tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_the_library_knows_has_a_tag_of_its_own() {
        let tags: std::collections::BTreeSet<&str> =
            Lang::all().iter().map(|language| tag(*language).unwrap()).collect();
        assert_eq!(tags.len(), Lang::all().len());
    }
}
