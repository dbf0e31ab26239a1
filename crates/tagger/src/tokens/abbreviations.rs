//! Words that keep their full stop.

/// Abbreviations after which a sentence goes on as a rule (a title, a rank, a street).
/// Lower case, without the stop, sorted for the search.
const GOES_ON: &[&str] = &[
    "adm", "assn", "assoc", "aug", "ave", "bishop", "blvd", "brig", "bros", "cap", "capt", "cf", "cmdr", "cmte", "col",
    "com", "cpl", "dec", "dept", "det", "dr", "e.g", "esq", "feb", "fig", "fr", "ft", "gen", "gov", "hon", "i.e",
    "insp", "jan", "jul", "jun", "lt", "maj", "mar", "messrs", "mlle", "mme", "mr", "mrs", "ms", "msgr", "mt", "nov",
    "oct", "ofc", "pfc", "prof", "pvt", "rep", "reps", "rev", "rt", "sec", "sen", "sens", "sep", "sept", "sgt", "st",
    "ste", "supt", "univ", "v", "vol", "vs",
];

/// Abbreviations that may end a sentence or not: companies' forms, states, junior.
const MAY_END: &[&str] = &[
    "a.m", "ala", "ariz", "ark", "bhd", "calif", "co", "colo", "conn", "corp", "cos", "del", "etc", "fla", "ga", "ill",
    "inc", "ind", "jr", "kan", "ky", "la", "ltd", "mass", "md", "mich", "minn", "miss", "mo", "mont", "n.v", "neb",
    "nev", "okla", "ore", "p.m", "pa", "ph.d", "plc", "pty", "s.a", "sdn", "sr", "tenn", "tex", "va", "vt", "wash",
    "wis", "wyo",
];

/// How a word with a full stop at its end behaves.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    /// The stop is punctuation of its own.
    Plain,
    /// The stop belongs to the word, and the sentence goes on.
    GoesOn,
    /// The stop belongs to the word; what follows tells whether the sentence ends.
    MayEnd,
}

/// Looks at a word without its final stop, as written.
pub(super) fn stop(word: &str) -> Stop {
    let mut letters = word.chars();
    if let (Some(first), None) = (letters.next(), letters.next()) {
        // An initial: `J. Smith`; a lower-case letter alone ends a sentence like any word.
        return if first.is_uppercase() { Stop::GoesOn } else { Stop::Plain };
    }
    let lower = word.to_lowercase();
    if GOES_ON.binary_search(&lower.as_str()).is_ok() {
        // `Mar` and `sec` are words too: only a capital makes them abbreviations.
        let capital = word.chars().next().is_some_and(char::is_uppercase);
        return if capital || lower.contains('.') || lower == "v" || lower == "vs" {
            Stop::GoesOn
        } else {
            Stop::Plain
        };
    }
    let capital = word.chars().next().is_some_and(char::is_uppercase);
    if MAY_END.binary_search(&lower.as_str()).is_ok() && (capital || lower.contains('.') || lower == "etc") {
        return Stop::MayEnd;
    }
    if dotted(word) { Stop::MayEnd } else { Stop::Plain }
}

/// `U.S`, `J.K`, `a.m`: single letters with stops between.
fn dotted(word: &str) -> bool {
    word.contains('.')
        && word.split('.').all(|part| {
            let mut letters = part.chars();
            letters.next().is_some_and(char::is_alphabetic)
                && letters.next().is_none_or(|second| second.is_lowercase() && letters.next().is_none())
        })
}

#[cfg(test)]
mod tests {
    use super::{GOES_ON, MAY_END};

    #[test]
    fn both_lists_are_sorted_for_the_search() {
        assert!(GOES_ON.is_sorted());
        assert!(MAY_END.is_sorted());
    }
}
