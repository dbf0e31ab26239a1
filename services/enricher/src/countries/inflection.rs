//! Whether a word is a country's name in one of its forms: by the stem, one of the language's endings, and what its sounds
//! do to a stem. Grammar, no list of forms. Endings are a closed class: any three letters would make a `Congress` of
//! `Congo` in Russian.

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// Letters that a name may lose before an ending.
const VOWELS: &str = "aeiouyаеиоуыэюяіјйαειουωηь";
/// Letters of a stem at least.
pub(super) const STEM: usize = 4;

/// Endings of nouns and adjectives, folded.
const SLAVIC: &str = "a\u{328} e\u{328} ia\u{328} ie\u{328} a e i y o u ie em om am ach ech ich ych ami imi ymi ama ima ow iem owi ovi ego emu ej ym im ou um ej \
    ih og oj omu ia iu ii io ij je jo ja ju а я ы и у ю е о ой ей ою ею ом ем ам ям ами ями ах ях ов ев ый ая ое ые ого его \
    ому ему ым им ых их ую юю і ої ій ии ия ию ию ией ією іи ию";
const HUNGARIAN: &str =
    "ban ben ba be bol nak nek val vel gal gel rol ra re on en hoz hez tol ert ig kent t at et i nal nel";
const FINNISH: &str = "n a ta ssa sta lla lta lle na ksi an en in on un ain t ja ien iin ojen oissa oista oihin oilta oilla oille issa \
    essa esta elle ella elta een eksi ista ille illa s st l le lt ga";
const ROMANIAN: &str = "a ei i e ea ii iei ul ului or lor";
const WITH_S: &str = "a as ai am an ar e es ei i is io ios iu u us um umi os oje uje eje yje je ja jas jai ju oms ose α ας η ης ο ος ου \
    ον ων οι ους ες ε ι ις ει υ";
const OTHER: &str = "ն ի ում ից ը ին ս ში ის ს თან დან მა ი да де та те дан ден тан тен нын нің ның дың дің тың тің га ге қа ке ға \
    ra n an ko tik rekin ri";

/// How the nouns of a language change.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Grammar {
    /// Not at all, or not so that this file says it.
    #[default]
    None,
    /// Endings behind the whole name, of the given set.
    Suffixes(&'static str),
    /// Endings in place of the last vowel.
    Endings(&'static str),
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
        // Turkish writes an apostrophe before its endings.
        "hu" => Grammar::Suffixes(HUNGARIAN),
        "ro" => Grammar::Endings(ROMANIAN),
        "eu" | "hy" | "ka" | "kk" => Grammar::Endings(OTHER),
        _ => Grammar::None,
    }
}

/// Lower case without the marks that come and go within one word: vowels grow long, consonants soft. What makes another
/// letter stays: carons of consonants (`Čína`, `cín`), й, cedillas, ogoneks and
/// commas below.
pub(super) fn fold(word: &str) -> String {
    const CARON: char = '\u{30c}';
    const BREVE: char = '\u{306}';
    const CEDILLA: char = '\u{327}';
    const COMMA: char = '\u{326}';
    let mut folded = String::with_capacity(word.len());
    for c in word.nfd().flat_map(char::to_lowercase) {
        let before = folded.chars().next_back().unwrap_or(' ');
        match c {
            CARON if before != 'e' => folded.push(c),
            BREVE if before == 'и' => {
                folded.pop();
                folded.push('й');
            }
            CEDILLA | COMMA => folded.push(COMMA),
            '\u{328}' => folded.push(c),
            c if is_combining_mark(c) => {}
            c => folded.push(c),
        }
    }
    folded
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
    let plural = grammar == Grammar::Slavic && name.ends_with(['y', 'i', 'ы', 'и']);
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
        Grammar::EndingsWithS => (name.trim_end_matches(['s', 'ς', 'σ']), WITH_S),
        Grammar::Finnish => (name.strip_suffix('t').unwrap_or(name), FINNISH),
        Grammar::Slavic => (name, SLAVIC),
    };
    // Short foreign names stay as they are: `Mali`, `Peru`, `Togo`.
    let letters = name.chars().count();
    let native = ["ko", "vo", "ко", "во"].iter().any(|end| name.ends_with(end));
    let foreign = letters <= 6 && name.ends_with(['i', 'u', 'o', 'у', 'и', 'і', 'о']) && !native
        || name.ends_with("oa")
        || name.ends_with("оа");
    if grammar == Grammar::Slavic && foreign {
        return false;
    }
    let vowels = name.chars().rev().take_while(|c| VOWELS.contains(*c)).take(2).count();
    // With one vowel off (`Indi-i`) or two (`Itali-a`, `Ital-ii`), whatever leaves a stem.
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
            Grammar::Finnish => {
                let (word, stem) = (weak(word), weak(&stem));
                word.strip_prefix(stem.as_str()).is_some_and(|rest| {
                    rest.is_empty() || endings.split_whitespace().any(|ending| weak(ending) == rest)
                })
            }
            Grammar::Slavic => {
                ends(&stem, endings)
                    || off > 0 && softened(&stem).iter().any(|soft| word == soft || ends(soft, endings))
                    || off > 0 && plural && fleeting(&stem).iter().any(|full| word == full)
            }
            _ => ends(&stem, endings),
        }
    })
}

/// The stem with its last consonant as it stands before a front vowel.
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
