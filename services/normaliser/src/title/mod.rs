//! Removes the site's name from a title.
//!
//! Only a confirmed name is removed: the part after the last separator (or before the first) must be the name that the
//! feed, its definition or the domain gives the publisher. A title that ends in ` - China` keeps it.

use text::fold;

/// Separators between a headline and a name. A hyphen or a colon needs spaces around it, but for those of Chinese and Japanese.
const SEPARATORS: [&str; 15] = [
    " - ",
    "|",
    "\u{ff5c}",
    "\u{ff1a}",
    "_",
    " \u{2013} ",
    " \u{2014} ",
    " : ",
    " \u{b7} ",
    " \u{bb} ",
    " \u{2022} ",
    " :: ",
    " / ",
    " ~ ",
    " > ",
];
/// A colon follows a name that comes first without a space: `Example News: Headline`.
const PREFIX_ONLY: [&str; 1] = [": "];

/// A title and whether the site's name was removed from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Title {
    /// The title that is left; never empty if the given title was not.
    pub text: String,
    /// True if a name was removed.
    pub site_removed: bool,
}

/// Removes `names` from both ends of `title`, which is plain text on one line.
#[must_use]
pub fn strip_site(title: &str, names: &[&str]) -> Title {
    let keys: Vec<String> = names.iter().map(|name| key(name)).filter(|key| !key.is_empty()).collect();
    let mut text = title.trim();
    let mut site_removed = false;
    // A section may repeat the name: `Headline | Example News | Example`.
    for _ in 0..2 {
        match suffix(text, &keys).or_else(|| prefix(text, &keys)) {
            Some(rest) => (text, site_removed) = (rest, true),
            None => break,
        }
    }
    Title { text: text.to_owned(), site_removed }
}

fn suffix<'a>(title: &'a str, keys: &[String]) -> Option<&'a str> {
    // A name may hold a separator (`A - B News`), so each place is tried, the last first.
    let mut places: Vec<(usize, usize)> =
        SEPARATORS.iter().flat_map(|mark| title.match_indices(mark)).map(|(at, mark)| (at, mark.len())).collect();
    places.sort_unstable();
    places.iter().rev().take(4).find_map(|(at, length)| {
        let rest = title[..*at].trim();
        (!rest.is_empty() && keys.contains(&key(&title[at + length..]))).then_some(rest)
    })
}

fn prefix<'a>(title: &'a str, keys: &[String]) -> Option<&'a str> {
    let mut places: Vec<(usize, usize)> = SEPARATORS
        .iter()
        .chain(&PREFIX_ONLY)
        .flat_map(|mark| title.match_indices(mark))
        .map(|(at, mark)| (at, mark.len()))
        .collect();
    places.sort_unstable();
    places.iter().take(4).find_map(|(at, length)| {
        let rest = title[at + length..].trim();
        (!rest.is_empty() && keys.contains(&key(&title[..*at]))).then_some(rest)
    })
}

/// The key by which two spellings of a name are compared: letters and digits in lower case, without accents (hosts are
/// written without them) and without a leading `The`.
#[must_use]
pub fn key(name: &str) -> String {
    let name = name.trim().to_lowercase();
    let name = name.strip_prefix("the ").unwrap_or(&name);
    fold::alphanumeric(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stripped(title: &str, names: &[&str]) -> String {
        strip_site(title, names).text
    }

    #[test]
    fn a_confirmed_name_is_removed_with_any_separator_and_spelling() {
        for mark in ["-", "|", "\u{2013}", "\u{2014}", ":", "\u{b7}", "\u{bb}"] {
            assert_eq!(
                stripped(&format!("Dam opens in Laos {mark} The Example  Post"), &["ExamplePost"]),
                "Dam opens in Laos"
            );
        }
        assert_eq!(stripped("Example Post: Dam opens", &["Example Post"]), "Dam opens");
        assert_eq!(stripped("Example Post | Dam opens", &["Example Post"]), "Dam opens");
        assert_eq!(stripped("Dam opens - example.org", &["example.org"]), "Dam opens");
    }

    #[test]
    fn a_confirmed_name_is_removed_behind_a_separator_without_spaces() {
        let name = "\u{4f8b}\u{65b0}\u{805e}";
        for mark in ["\u{ff5c}", "\u{ff1a}", "_", "|"] {
            let headline = "\u{5927}\u{575d}\u{958b}\u{653e}";
            assert_eq!(stripped(&format!("{headline}{mark}{name}"), &[name]), headline);
            assert_eq!(stripped(&format!("{name}{mark}{headline}"), &[name]), headline);
        }
    }

    #[test]
    fn an_unconfirmed_name_stays() {
        for title in ["Talks go on - China", "US-China talks", "Live: talks go on", "Example Post", "A - Example"] {
            assert_eq!(stripped(title, &["Example Post"]), title);
        }
    }

    #[test]
    fn a_name_that_is_the_whole_title_stays() {
        assert_eq!(stripped("Example Post", &["Example Post"]), "Example Post");
        assert_eq!(stripped(" - Example Post", &["Example Post"]), "- Example Post");
    }

    #[test]
    fn a_name_with_a_separator_of_its_own_and_a_name_twice() {
        assert_eq!(stripped("Dam opens - A - B News", &["A - B News"]), "Dam opens");
        assert_eq!(stripped("Dam opens | Example Post | Example Post", &["Example Post"]), "Dam opens");
    }

    #[test]
    fn a_sentence_with_the_name_inside_stays() {
        assert_eq!(
            stripped("Editor of Example Post - a portrait", &["Example Post"]),
            "Editor of Example Post - a portrait"
        );
    }
}
