//! Whether a word is an inflected form of a country's name: by stem, endings and stem changes of the language.
//!
//! Endings are a closed list: with arbitrary endings, the Russian word for `congress` would be a form of `Congo`.

use tagger::word_lists;

/// Letters that a name may lose before an ending.
const VOWELS: &str = "aeiouyаеиоуыэюяіјйαειουωηь";
/// Shortest stem, in letters.
pub(super) const STEM: usize = 4;

/// Endings of nouns and adjectives by language group, folded.
static ENDINGS: &str = include_str!("../../../data/sources/words/languages.tsv");

/// How the nouns of a language change. Endings are separated by spaces.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Grammar {
    /// Not at all, or not in a way that is known here.
    #[default]
    None,
    /// Endings after the whole name.
    Suffixes(&'static str),
    /// Endings in place of the last vowel.
    Endings(&'static str),
    /// As `Endings`, and a final s of the name is dropped: `Ηνωμένες`, `Jungtinės`.
    EndingsWithS(&'static str),
    /// As `Endings`, with softened consonants (`Polska`, `Polsce`) and an e between two of them (`Niemcy`, `Niemiec`).
    Slavic(&'static str),
    /// As `Endings`, with consonant gradation (`Turkki`, `Turkin`) and plurals in t.
    Finnish(&'static str),
}

/// The grammar of a language by its base tag (ISO 639).
pub(super) fn grammar(base: &str) -> Grammar {
    let endings = |list| word_lists::line(ENDINGS, list);
    match base {
        "be" | "bg" | "bs" | "cs" | "hr" | "mk" | "pl" | "ru" | "sk" | "sl" | "sr" | "uk" => {
            Grammar::Slavic(endings("slavic_endings"))
        }
        "et" | "fi" => Grammar::Finnish(endings("finnish_endings")),
        "el" | "is" | "lt" | "lv" => Grammar::EndingsWithS(endings("with_s_endings")),
        // Turkish writes an apostrophe before its endings.
        "hu" => Grammar::Suffixes(endings("hungarian_endings")),
        "ro" => Grammar::Endings(endings("romanian_endings")),
        "eu" | "hy" | "ka" | "kk" => Grammar::Endings(endings("other_endings")),
        _ => Grammar::None,
    }
}

/// Fewest letters of a name's stem.
const NAME_STEM: usize = 3;

/// The folded word of a name without its endings, so that its cases are equal: `Путина` and `Путину`. All that look like
/// endings are removed: `Васильевым` and `Васильев`.
pub(crate) fn name_stem<'w>(base: &str, word: &'w str) -> &'w str {
    let endings = match grammar(base) {
        Grammar::None => return word,
        Grammar::Suffixes(endings) | Grammar::Endings(endings) | Grammar::EndingsWithS(endings) => endings,
        Grammar::Slavic(endings) | Grammar::Finnish(endings) => endings,
    };
    let cut = |ending: &str| {
        word.strip_suffix(ending)
            .filter(|stem| stem.len() < word.len())
            .filter(|stem| stem.chars().count() >= NAME_STEM)
    };
    match endings.split_whitespace().filter_map(cut).min_by_key(|stem| stem.len()) {
        Some(stem) => name_stem(base, stem),
        None => word,
    }
}

/// Whether the folded `word` is a form of the folded `name`.
pub(super) fn is_form(grammar: Grammar, word: &str, name: &str) -> bool {
    if word == name {
        return true;
    }
    let letters = name.chars().count();
    if letters < 3 || word.chars().count() > letters + 4 {
        return false;
    }
    // `Włoch` of `Włochy`: only plurals have forms without an ending.
    let slavic = matches!(grammar, Grammar::Slavic(_));
    let plural = slavic && name.ends_with(['y', 'i', 'ы', 'и']);
    let whole = name.len();
    let bare = |stem: &str| plural || stem.len() >= whole;
    let ends = |stem: &str, endings: &str| {
        word.strip_prefix(stem).is_some_and(|rest| {
            // `Danie` is a dish, not `Dania`.
            let dish = rest == "e" && stem.ends_with('i');
            rest.is_empty() && bare(stem) || !dish && endings.split_whitespace().any(|one| one == rest)
        })
    };
    let (name, endings) = match grammar {
        Grammar::None => return false,
        Grammar::Suffixes(endings) => return ends(name, endings),
        Grammar::Endings(endings) => (name, endings),
        Grammar::EndingsWithS(endings) => (name.trim_end_matches(['s', 'ς', 'σ']), endings),
        Grammar::Finnish(endings) => (name.strip_suffix('t').unwrap_or(name), endings),
        Grammar::Slavic(endings) => (name, endings),
    };
    // Short foreign names stay as they are: `Mali`, `Peru`, `Togo`.
    let letters = name.chars().count();
    let native = ["ko", "vo", "ко", "во"].iter().any(|end| name.ends_with(end));
    let foreign = letters <= 6 && name.ends_with(['i', 'u', 'o', 'у', 'и', 'і', 'о']) && !native
        || name.ends_with("oa")
        || name.ends_with("оа");
    if slavic && foreign {
        return false;
    }
    let vowels = name.chars().rev().take_while(|c| VOWELS.contains(*c)).take(2).count();
    // With up to two final vowels removed: `Indi-i`, `Itali-a`, `Ital-ii`.
    (0..=vowels).any(|off| {
        let stem: String = name.chars().take(letters - off).collect();
        let short = stem.chars().count() < STEM;
        if short {
            // `Kuby`, but not `Кубок`: a short stem takes vowels only.
            let ending = word.strip_prefix(stem.as_str()).unwrap_or("-");
            return stem.chars().count() == STEM - 1
                && off == 1
                && word.chars().count() <= letters + 1
                && ending.chars().all(|c| c == '\u{328}' || VOWELS.contains(c))
                && ends(&stem, endings);
        }
        match grammar {
            Grammar::Finnish(_) => {
                let (word, stem) = (weak(word), weak(&stem));
                word.strip_prefix(stem.as_str()).is_some_and(|rest| {
                    rest.is_empty() || endings.split_whitespace().any(|ending| weak(ending) == rest)
                })
            }
            Grammar::Slavic(_) => {
                ends(&stem, endings)
                    || off > 0 && softened(&stem).iter().any(|soft| word == soft || ends(soft, endings))
                    || off > 0 && plural && fleeting(&stem).iter().any(|full| word == full)
            }
            _ => ends(&stem, endings),
        }
    })
}

/// The stem with its last consonant softened as before a front vowel.
fn softened(stem: &str) -> Vec<String> {
    const SOFT: [(&str, &[&str]); 9] = [
        ("ch", &["sz"]),
        ("c", &["cz"]),
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

/// The stem without an ending, with a vowel between its last two consonants.
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

/// The word with strong consonants weakened, so that both grades of a stem are equal.
fn weak(word: &str) -> String {
    const GRADES: [(&str, &str); 7] =
        [("kk", "k"), ("pp", "p"), ("tt", "t"), ("nt", "nn"), ("lt", "ll"), ("rt", "rr"), ("nk", "ng")];
    GRADES.iter().fold(word.to_owned(), |word, (strong, weak)| word.replace(strong, weak))
}

#[cfg(test)]
mod tests {
    use super::*;
    use text::fold::distinct_letters as fold;

    fn forms(base: &str, name: &str, words: &[&str]) {
        for word in words {
            assert!(is_form(grammar(base), &fold(word), &fold(name)), "{word} is a form of {name}");
        }
    }

    fn others(base: &str, name: &str, words: &[&str]) {
        for word in words {
            assert!(!is_form(grammar(base), &fold(word), &fold(name)), "{word} is not a form of {name}");
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
        others("ru", "Конго", &["Конгресс"]);
        others("pl", "Polska", &["Pole", "Polityka"]);
        others("pl", "Mali", &["Małe", "Mała"]);
        others("pl", "Belgia", &["Belg"]);
        others("pl", "Dania", &["Dane", "Danie"]);
        forms("pl", "Dania", &["Danii", "Danię", "Danią"]);
        others("ru", "Самоа", &["Самое", "Самый"]);
        others("ru", "Германия", &["Германий"]);
        forms("ru", "Уругвай", &["Уругвая", "Уругваю"]);
        others("cs", "Čína", &["Cín", "Cínu"]);
        forms("cs", "Čína", &["Číny", "Číně"]);
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
