//! Authors.

use super::{MAX_VALUES, add};

/// Authors of a feed or an item: texts with a rank, and persons with name and mail address.
#[derive(Debug, Default)]
pub(in crate::parse) struct Authors {
    texts: Vec<(u8, String)>,
    persons: Vec<(String, String)>,
}

impl Authors {
    /// Starts a person.
    pub fn begin_person(&mut self) {
        if self.persons.len() < MAX_VALUES {
            self.persons.push(Default::default());
        }
    }

    /// Sets the name of the current person.
    pub fn name(&mut self, name: String) {
        if let Some(person) = self.persons.last_mut() {
            person.0 = name;
        }
    }

    /// Sets the mail address of the current person.
    pub fn email(&mut self, email: String) {
        if let Some(person) = self.persons.last_mut() {
            person.1 = email;
        }
    }

    /// Adds an author given as one text.
    pub fn add_text(&mut self, rank: u8, text: &str) {
        if self.texts.len() < MAX_VALUES {
            self.texts.push((rank, author(text)));
        }
    }

    /// The persons' names, else mail addresses, then the texts of the best rank.
    pub fn finish(self) -> Vec<String> {
        let mut all = Vec::new();
        for (name, email) in self.persons {
            add(&mut all, if name.is_empty() { &email } else { &name });
        }
        let best = self.texts.iter().map(|(r, _)| *r).min();
        for (_, text) in self.texts.iter().filter(|(r, _)| Some(*r) == best) {
            add(&mut all, text);
        }
        all
    }
}

/// The name in `mail@host (Name)`, `Name (mail@host)` or `Name <mail@host>`; else the text.
fn author(text: &str) -> String {
    let text = text.trim();
    let split = |open: char, close: char| {
        let (before, rest) = text.split_once(open)?;
        let (inside, after) = rest.split_once(close)?;
        Some((before.trim(), inside.trim(), after.trim()))
    };
    let name = match split('(', ')') {
        Some((before, inside, _)) if before.contains('@') => Some(inside),
        Some((before, inside, _)) if inside.contains('@') => Some(before),
        _ => match split('<', '>') {
            Some((before, inside, _)) if inside.contains('@') => Some(before),
            _ => None,
        },
    };
    name.map(|n| n.trim_matches('"')).filter(|n| !n.is_empty()).unwrap_or(text).to_owned()
}
