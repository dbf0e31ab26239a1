//! Large companies by name, without countries. `tools/gazetteer/companies.py` makes the table.

use crate::fold::company_key;
use std::{
    collections::{HashMap, HashSet},
    sync::OnceLock,
};
use tagger::word_lists;

/// The shipped table.
pub(super) static SHIPPED: &str = include_str!("../../data/generated/companies.tsv");

/// Words around names, among them legal forms.
static WORDS: &str = include_str!("../../data/sources/words/entities.tsv");

/// Whether a word, in lower case, is a legal form, which news often omits.
fn is_legal_form(word: &str) -> bool {
    static FORMS: OnceLock<HashSet<&str>> = OnceLock::new();
    FORMS.get_or_init(|| word_lists::words(WORDS, "legal_form").collect()).contains(word)
}

/// Wikidata numbers of companies by their names.
#[derive(Debug, Default)]
pub struct Companies(HashMap<String, u32>);

impl Companies {
    /// Reads lines of Wikidata number, tab, and names separated by `|`; other lines are skipped. A name of two companies is
    /// dropped.
    #[must_use]
    pub fn new(table: &str) -> Self {
        let mut companies: HashMap<String, Option<u32>> = HashMap::new();
        let rows = table.lines().filter_map(|line| line.strip_prefix('Q')?.split_once('\t'));
        for (number, names) in rows.filter_map(|(number, names)| Some((number.parse::<u32>().ok()?, names))) {
            for name in names.split('|') {
                let known = companies.entry(company_key(name)).or_insert(Some(number));
                if *known != Some(number) {
                    *known = None;
                }
            }
        }
        Companies(companies.into_iter().filter_map(|(name, number)| Some((name, number?))).collect())
    }

    /// The Wikidata number of the company with this name, with or without a legal form. The name needs a capital letter.
    #[must_use]
    pub fn number(&self, name: &str) -> Option<u32> {
        if !name.chars().any(char::is_uppercase) {
            return None;
        }
        let key = company_key(name);
        let mut rest = key.as_str();
        loop {
            if let Some(number) = self.0.get(rest) {
                return Some(*number);
            }
            let (before, last) = rest.rsplit_once(' ')?;
            rest = is_legal_form(last).then_some(before)?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn companies_are_known_by_exact_names() {
        let companies =
            Companies::new("# a comment\nQ44294\tFord Motor Company|Ford\nQ52618\tNestlé\nno row\nQ1\tMess|Ford");
        assert_eq!(companies.number("FORD MOTOR COMPANY"), Some(44294));
        assert_eq!((companies.number("Nestle"), companies.number("Nestlé Holdings, Inc.")), (Some(52618), Some(52618)));
        assert_eq!(companies.number("Ford"), None, "two companies of one name");
        assert_eq!((companies.number("mess"), companies.number("Nestlé Foundation")), (None, None));
        assert_eq!((companies.number("Group"), companies.number("Inc Co")), (None, None));
    }

    #[test]
    fn the_shipped_table_is_read() {
        let companies = Companies::new(SHIPPED);
        assert!(companies.0.len() > 500);
        assert_eq!(companies.number("Boeing"), Some(66));
        assert_eq!(companies.number("Orange"), None, "a name that is also a place and a word");
    }
}
