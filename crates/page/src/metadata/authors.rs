//! Names of authors.

use super::collect::{Byline, Collected, line};
use super::plain;

/// Most authors, and the longest name in characters.
const MAX_AUTHORS: usize = 20;
const MAX_NAME: usize = 80;

/// Metas that name authors.
const METAS: [&str; 8] = [
    "author",
    "article:author",
    "parsely-author",
    "sailthru.author",
    "dc.creator",
    "dcterms.creator",
    "byl",
    "dc.contributor",
];

/// Words before names in a byline, in lower case.
const BEFORE: [&str; 29] = [
    "by",
    "written by",
    "story by",
    "reported by",
    "von",
    "par",
    "por",
    "di",
    "de",
    "door",
    "av",
    "af",
    "przez",
    "autor",
    "autorin",
    "author",
    "authors",
    "autore",
    "auteur",
    "autori",
    "автор",
    "by:",
    "text",
    "texte",
    "texto",
    "tekst",
    "od",
    "écrit par",
    "ein artikel von",
];
/// Words between names.
const BETWEEN: [&str; 15] = [
    " and ", " und ", " et ", " y ", " e ", " og ", " och ", " en ", " & ", " i ", " a ", " ve ", " и ", " with ",
    " mit ",
];

/// The authors by the first source that names one.
pub(super) fn authors(page: &Collected, json: &[String], site: &str) -> Vec<String> {
    let metas = |keys: &[&str]| -> Vec<String> {
        let of = |key: &str| -> Vec<String> {
            page.metas.iter().filter(|(k, _)| k == key).map(|(_, value)| value.clone()).collect()
        };
        keys.iter().map(|key| of(key)).find(|found| !names(found, site).is_empty()).unwrap_or_default()
    };
    let by = |byline: Byline| -> Vec<String> {
        let found = page.authors.iter().filter(|(b, _)| *b == byline).map(|(_, text)| text.clone());
        found.take(MAX_AUTHORS).collect()
    };
    let first_by = |byline: Byline| -> Vec<String> { by(byline).into_iter().take(1).collect() };
    let sources: [&dyn Fn() -> Vec<String>; 5] =
        [&|| json.to_vec(), &|| metas(&METAS), &|| by(Byline::Relation), &|| first_by(Byline::Microdata), &|| {
            first_by(Byline::Class)
        }];
    // The site itself is the author only where no other source names a person.
    let mut sites = Vec::new();
    for source in sources {
        let mut found = names(&source(), site);
        if !sites.is_empty() {
            found.retain(|name| is_person(name) && !is_site(name, site));
        }
        if found.iter().any(|name| !is_site(name, site)) {
            return found;
        }
        if sites.is_empty() {
            sites = found;
        }
    }
    sites
}

/// Words as a name of a person has them.
fn is_person(name: &str) -> bool {
    let words = name.split_whitespace().count();
    let is_of_name = |c: char| c.is_alphabetic() || c.is_whitespace() || matches!(c, '.' | '-' | '\'' | '’');
    (2..=4).contains(&words)
        && name.chars().all(is_of_name)
        && name.split_whitespace().all(|word| !word.starts_with(char::is_lowercase) || word.len() <= 3)
}

/// The name of the site, a part of it, or an address.
fn is_site(name: &str, site: &str) -> bool {
    let key =
        |text: &str| -> String { text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect() };
    let (name_key, site_key) = (key(name), key(site));
    let is_domain = !name.contains(' ') && name.rsplit_once('.').is_some_and(|(_, end)| end.len() >= 2);
    is_domain || !site_key.is_empty() && (site_key.contains(&name_key) || name_key.contains(&site_key))
}

/// The names in texts: each once, without the words around them.
fn names(texts: &[String], site: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for text in texts {
        for name in split(text) {
            let is_known = names.iter().any(|known| known.to_lowercase() == name.to_lowercase());
            if is_name(&name) && !is_known && names.len() < MAX_AUTHORS {
                names.push(name);
            }
        }
    }
    // The name of the site is no author if a person is named, too.
    if names.len() > 1 && !site.is_empty() {
        names.retain(|name| !name.eq_ignore_ascii_case(site));
    }
    names
}

fn split(text: &str) -> Vec<String> {
    let mut parts: Vec<String> = text.split(['\n', ';', '|', '•', '、']).map(plain).map(without_prefix).collect();
    for word in BETWEEN {
        parts = parts.iter().flat_map(|part| divided(part, word)).collect();
    }
    // Commas part names; what follows a single name after a comma may be a title, so each part must look like a name.
    parts
        .iter()
        .flat_map(|part| commas(part))
        .map(|part| without_brackets(without_prefix(line(&part))))
        .filter(|p| !p.is_empty())
        .collect()
}

/// Both sides if each has two words or more: `Procter & Gamble` stays whole.
fn divided(part: &str, word: &str) -> Vec<String> {
    match part.split_once(word) {
        Some((left, right)) if left.trim().contains(' ') && right.trim().contains(' ') => {
            let mut parts = vec![left.trim().to_owned()];
            parts.extend(divided(right.trim(), word));
            parts
        }
        _ => vec![part.to_owned()],
    }
}

fn commas(part: &str) -> Vec<String> {
    let pieces: Vec<&str> = part.split([',', '，']).map(str::trim).filter(|piece| !piece.is_empty()).collect();
    let looks_like_name = |piece: &&str| {
        let words = piece.split_whitespace().count();
        (2..=5).contains(&words) || piece.chars().any(|c| c > '\u{2e80}')
    };
    if pieces.len() > 1 && pieces.iter().all(looks_like_name) {
        pieces.into_iter().map(str::to_owned).collect()
    } else {
        vec![part.to_owned()]
    }
}

fn without_prefix(text: String) -> String {
    let lower = text.to_lowercase();
    // Lower case may have another length in bytes: then the text is left as it is.
    let prefix = BEFORE.iter().filter(|word| {
        let rest = lower.strip_prefix(**word);
        rest.is_some_and(|rest| rest.starts_with([' ', ':', '\u{a0}'])) && lower.len() == text.len()
    });
    // `de` and `di` begin family names, too.
    let Some(longest) = prefix.max_by_key(|word| word.len()) else { return text };
    let is_particle = matches!(*longest, "de" | "di" | "von" | "en") && !text.starts_with(|c: char| c.is_uppercase());
    if is_particle {
        return text;
    }
    text.get(longest.len()..).unwrap_or_default().trim_start_matches([':', ' ', '\u{a0}']).to_owned()
}

/// Without an abbreviation in brackets at its end.
fn without_brackets(name: String) -> String {
    match name.split_once(['(', '[', '（']) {
        Some((before, _)) => before.trim_end().to_owned(),
        None => name,
    }
}

fn is_name(name: &str) -> bool {
    let characters = name.chars().count();
    let is_address = name.contains("://") || name.starts_with("www.") || name.contains('@') || name.starts_with('/');
    let is_placeholder =
        ["by", "von", "par", "por", "null", "undefined", "none", "admin", "unknown", "n/a", "author", "false"]
            .iter()
            .any(|word| word.eq_ignore_ascii_case(name));
    (2..=MAX_NAME).contains(&characters)
        && !is_address
        && !is_placeholder
        && name.chars().any(char::is_alphabetic)
        && !name.chars().all(|c| c.is_numeric() || c.is_whitespace())
}
