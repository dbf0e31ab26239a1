//! Leaders by surname, to find misspelt given names.

use super::{Gazetteer, Kind};
use crate::fold::name_key;
use std::collections::{HashMap, HashSet};

/// Shortest given name, in letters, that may be misspelt: an edit of a shorter one often gives another name.
const LEAST: usize = 5;
/// Largest Levenshtein distance.
const EDITS: usize = 2;

/// Folded given names and senses of the leaders, by folded surname.
#[derive(Debug, Default)]
pub(super) struct Leaders {
    by_surname: HashMap<String, Vec<(String, usize)>>,
}

impl Leaders {
    fn of(gazetteer: &Gazetteer) -> Leaders {
        let mut leaders = Leaders::default();
        let mut seen = HashSet::new();
        for (index, sense) in gazetteer.senses.iter().enumerate().filter(|(_, sense)| sense.kind == Kind::Leader) {
            let Some(name) = sense.detail.split('|').nth(2).map(name_key) else { continue };
            let Some((given, surname)) = name.strip_suffix(" jr").unwrap_or(&name).rsplit_once(' ') else { continue };
            if given.chars().count() >= LEAST && seen.insert(name.clone()) {
                leaders.by_surname.entry(surname.to_owned()).or_default().push((given.to_owned(), index));
            }
        }
        leaders
    }
}

impl Gazetteer {
    /// The sense of the leader with this surname whose given name differs by one or two edits; none for a leader's correct
    /// name, and none if the first letters differ.
    #[must_use]
    pub fn almost_leader(&self, name: &str) -> Option<usize> {
        let leaders = self.leaders.get_or_init(|| Leaders::of(self));
        let name = name_key(name);
        let name = name.strip_suffix(" jr").unwrap_or(&name);
        let (given, surname) = name.rsplit_once(' ')?;
        let known = leaders.by_surname.get(surname)?;
        let close = |one: &&(String, usize)| {
            given.chars().count() >= LEAST
                && given.chars().next() == one.0.chars().next()
                && (1..=EDITS).contains(&strsim::levenshtein(given, &one.0))
        };
        known.iter().find(close).map(|(_, index)| *index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_given_name_may_have_two_edits() {
        let gazetteer = Gazetteer::shipped().unwrap();
        let country = |name: &str| {
            let sense = gazetteer.almost_leader(name).and_then(|index| gazetteer.sense(index))?;
            gazetteer.country(*sense.countries.first()?).map(|country| country.code.clone())
        };
        assert_eq!(country("Volodomyr Zelensky").as_deref(), Some("UA"));
        assert_eq!(country("Ferdinan Marcos Jr.").as_deref(), Some("PH"));
        assert_eq!(country("Narender Modi").as_deref(), Some("IN"));
        // Another given name, the correct name, a given name too short.
        assert_eq!((country("Arjun Modi"), country("Narendra Modi"), country("Jon Biden")), (None, None, None));
    }
}
