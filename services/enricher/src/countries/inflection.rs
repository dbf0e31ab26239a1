//! Whether a word is a country's name in one of its forms: by the stem, a short ending, and what a language's sounds do
//! to a stem. Grammar, no list of forms.

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// Letters that a name may lose before an ending.
const VOWELS: &str = "aeiouyаеиоуыэюяіјйαειουωηь";
/// Letters of a stem at least, and letters that a form may be longer than its name.
pub(super) const STEM: usize = 4;
const LONGER: usize = 3;

/// How the nouns of a language change.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Grammar {
    /// Not at all, or not so that this file says it.
    #[default]
    None,
    /// Endings at a stem that stays.
    Endings,
    /// The same, where names end in an s that goes as well: `Ηνωμένες`, `Jungtinės`.
    EndingsWithS,
    /// The same, with softened consonants (`Polska`, `Polsce`) and an e between two of them (`Niemcy`, `Niemiec`).
    Slavic,
    /// The same, with weak and strong consonants (`Turkki`, `Turkin`) and plurals in t.
    Finnish,
}

/// Grammar of a language by its base tag.
pub(super) fn grammar(base: &str) -> Grammar {
    match base {
        "be" | "bg" | "bs" | "cs" | "hr" | "mk" | "pl" | "ru" | "sk" | "sl" | "sr" | "uk" => Grammar::Slavic,
        "et" | "fi" => Grammar::Finnish,
        "el" | "is" | "lt" | "lv" => Grammar::EndingsWithS,
        "eu" | "hu" | "hy" | "ka" | "kk" | "la" | "ro" | "tr" => Grammar::Endings,
        _ => Grammar::None,
    }
}

/// Lower case without diacritics, so that vowels that grow long and consonants that grow hard compare as equal.
pub(super) fn fold(word: &str) -> String {
    word.nfd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase).collect()
}

/// Whether the folded `word` is a form of the folded `name`.
pub(super) fn is_form(grammar: Grammar, word: &str, name: &str) -> bool {
    if word == name {
        return true;
    }
    let letters = name.chars().count();
    let count = word.chars().count();
    if grammar == Grammar::None || letters < 3 || count > letters + LONGER {
        return false;
    }
    let name = match grammar {
        Grammar::EndingsWithS => name.trim_end_matches(['s', 'ς', 'σ']),
        Grammar::Finnish => name.strip_suffix('t').unwrap_or(name),
        _ => name,
    };
    let vowels = name.chars().rev().take_while(|c| VOWELS.contains(*c)).take(2).count();
    // With one vowel off (`Indi-i`) or two (`Itali-a`, `Ital-ii`), whatever leaves a stem.
    (0..=vowels).any(|off| {
        let stem: String = name.chars().take(name.chars().count() - off).collect();
        if stem.chars().count() < STEM {
            // `Kuby`, but not `Кубок`: a short stem takes vowels only.
            let ending = word.strip_prefix(stem.as_str()).unwrap_or("-");
            return off > 0
                && stem.chars().count() == STEM - 1
                && count <= letters + 1
                && ending.chars().all(|c| VOWELS.contains(c));
        }
        match grammar {
            Grammar::Finnish => weak(word).starts_with(&weak(&stem)),
            Grammar::Slavic => {
                word.starts_with(&stem)
                    || off > 0 && softened(&stem).iter().any(|soft| word.starts_with(soft) && count <= letters + 2)
                    || off > 0 && fleeting(&stem).iter().any(|full| word == full)
            }
            _ => word.starts_with(&stem),
        }
    })
}

/// The stem with its last consonant as it stands before a front vowel.
fn softened(stem: &str) -> Vec<String> {
    const SOFT: [(&str, &[&str]); 8] = [
        ("ch", &["sz"]),
        ("k", &["ce", "cu", "ci"]),
        ("g", &["dze", "ze"]),
        ("к", &["ц"]),
        ("г", &["з"]),
        ("х", &["с"]),
        ("r", &["rz"]),
        ("h", &["ze", "se"]),
    ];
    let found = SOFT.iter().find_map(|(hard, soft)| stem.strip_suffix(hard).map(|rest| (rest, soft)));
    found.map_or_else(Vec::new, |(rest, soft)| soft.iter().map(|soft| format!("{rest}{soft}")).collect())
}

/// The stem without an ending, with the vowel that then parts its last two consonants.
fn fleeting(stem: &str) -> Vec<String> {
    let mut letters = stem.chars().rev();
    match (letters.next(), letters.next()) {
        (Some(last), Some(before)) if !VOWELS.contains(last) && !VOWELS.contains(before) => {
            let rest: String = stem.chars().take(stem.chars().count() - 1).collect();
            ["e", "ie", "е", "о"].iter().map(|vowel| format!("{rest}{vowel}{last}")).collect()
        }
        _ => Vec::new(),
    }
}

/// The word with its strong consonants weak: both grades of one stem are then equal.
fn weak(word: &str) -> String {
    const GRADES: [(&str, &str); 11] = [
        ("kk", "k"),
        ("pp", "p"),
        ("tt", "t"),
        ("nt", "n"),
        ("nn", "n"),
        ("lt", "l"),
        ("ll", "l"),
        ("rt", "r"),
        ("rr", "r"),
        ("nk", "n"),
        ("ng", "n"),
    ];
    GRADES.iter().fold(word.to_owned(), |word, (strong, weak)| word.replace(strong, weak))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forms(base: &str, name: &str, words: &[&str]) {
        for word in words {
            assert!(is_form(grammar(base), &fold(word), &fold(name)), "{word} is a form of {name}");
        }
    }

    fn others(base: &str, name: &str, words: &[&str]) {
        for word in words {
            assert!(!is_form(grammar(base), &fold(word), &fold(name)), "{word} is no form of {name}");
        }
    }

    #[test]
    fn slavic_stems_soften_and_take_a_vowel() {
        forms("pl", "Niemcy", &["Niemiec", "Niemczech", "Niemcami"]);
        forms("pl", "Polska", &["Polski", "Polsce", "Polską"]);
        forms("pl", "Węgry", &["Węgier", "Węgrzech"]);
        forms("pl", "Włochy", &["Włoch", "Włoszech"]);
        forms("pl", "Białoruś", &["Białorusi"]);
        forms("pl", "Indie", &["Indii", "Indiach"]);
        forms("pl", "Kuba", &["Kuby", "Kubie", "Kubą"]);
        forms("ru", "Куба", &["Кубы", "Кубе"]);
        forms("ru", "Польша", &["Польше", "Польши"]);
        forms("uk", "Америка", &["Америці", "Америки"]);
        forms("cs", "Řecko", &["Řecku", "Řecka"]);
        others("ru", "Куба", &["Кубок", "Кубань"]);
        others("pl", "Polska", &["Pole", "Polityka"]);
        others("pl", "Peru", &["Perła"]);
        others("pl", "Niemcy", &["Niemy", "Niemodny"]);
    }

    #[test]
    fn finnish_consonants_change_their_grade() {
        forms("fi", "Turkki", &["Turkin", "Turkissa"]);
        forms("fi", "Yhdysvallat", &["Yhdysvaltain", "Yhdysvalloissa", "Yhdysvaltojen"]);
        forms("fi", "Englanti", &["Englannin", "Englannissa"]);
        others("fi", "Turkki", &["Turku"]);
    }

    #[test]
    fn greek_and_baltic_names_lose_their_s() {
        forms("el", "Ηνωμένες", &["Ηνωμένων"]);
        forms("lt", "Lenkija", &["Lenkijoje", "Lenkijos"]);
        forms("hu", "Ausztria", &["Ausztriában", "Ausztriával"]);
        others("en", "France", &["Frances"]);
    }
}
