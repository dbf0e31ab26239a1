//! The lexicon from its text form: `model/lists`.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use crate::tagger::dense::vectors::Vectors;
use crate::tagger::hash;
use crate::tagger::lexicon::{self, Lexicon, Word, flag, phrase};

/// Word lists and their flags.
const WORDS: &[(&str, u16)] = &[
    ("first", flag::FIRST),
    ("first-sure", flag::FIRST | flag::SURE_FIRST),
    ("last", flag::LAST),
    ("org-form", flag::FORM),
    ("org-head", flag::HEAD),
    ("title", flag::TITLE),
    ("role", flag::ROLE),
    ("demonym", flag::DEMONYM),
    ("date", flag::DATE),
    ("place-head", flag::PLACE),
    ("event-head", flag::EVENT),
    ("function", flag::FUNCTION),
    ("says", flag::SAYS),
];

/// Phrase lists and their bits.
const PHRASES: &[(&str, u8)] = &[
    ("country", phrase::COUNTRY),
    ("city", phrase::CITY),
    ("town", phrase::TOWN),
    ("region", phrase::REGION),
    ("org", phrase::ORG),
    ("company", phrase::ORG),
    ("brand", phrase::BRAND),
    ("team", phrase::TEAM),
    ("event", phrase::MISC),
];

/// The lists as text, by name, and the lexicon made from them.
#[derive(Debug, Default)]
pub struct Lists {
    pub(crate) lexicon: Lexicon,
    pub(crate) text: BTreeMap<String, Vec<String>>,
    /// Vectors of words for the dense net; none: no net.
    pub(crate) vectors: Vectors,
}

impl Lists {
    /// Reads a folder of lists: `NAME.txt`, an entry a line; a line with `#` first is a remark.
    /// `clusters.txt` has a cluster number and its words on a line, `levels.txt` three coarser
    /// numbers for each cluster. A list that is absent is empty.
    ///
    /// `vectors.bin` in the folder above has the words' vectors; where it is absent there are none.
    ///
    /// # Errors
    /// Where the folder cannot be read, or the vectors are broken.
    pub fn read(folder: &Path) -> io::Result<Lists> {
        let mut text = BTreeMap::new();
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.extension().is_some_and(|ending| ending == "txt")
                && let Some(name) = path.file_stem().and_then(|name| name.to_str())
            {
                let content = fs::read_to_string(&path)?;
                let lines = content.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("# "));
                text.insert(name.to_owned(), lines.map(str::to_owned).collect());
            }
        }
        let vectors = match fs::read(folder.with_file_name("vectors.bin")) {
            Ok(bytes) => Vectors::from_bytes(&bytes).map_err(io::Error::other)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vectors::default(),
            Err(error) => return Err(error),
        };
        Ok(Lists { lexicon: build(&text), text, vectors })
    }

    /// A list's entries, none where there is no such list.
    pub(crate) fn list(&self, name: &str) -> &[String] {
        self.text.get(name).map_or(&[], Vec::as_slice)
    }
}

fn build(text: &BTreeMap<String, Vec<String>>) -> Lexicon {
    let list = |name: &str| text.get(name).map_or([].as_slice(), Vec::as_slice);
    let mut words: Vec<(u32, Word)> = Vec::new();
    for line in list("clusters") {
        let mut fields = line.split(' ');
        let cluster = fields.next().and_then(|number| number.parse().ok()).unwrap_or(0);
        words.extend(fields.map(|word| (hash::word(&lexicon::key(word)), Word { cluster, flags: 0 })));
    }
    for (name, flags) in WORDS {
        let entry = |word: &String| (hash::word(&lexicon::key(word)), Word { cluster: 0, flags: *flags });
        words.extend(list(name).iter().map(entry));
    }
    let mut phrases = Vec::new();
    for (name, bits) in PHRASES {
        for line in list(name) {
            let tokens = crate::tokens::tokenise(line);
            let parts: Vec<&str> = tokens.tokens.iter().map(|token| token.text(line)).collect();
            let Some(first) = parts.first() else { continue };
            if parts.len() > lexicon::PHRASE {
                continue;
            }
            let length = match parts.len() {
                1 => 0,
                2 => flag::TWO,
                _ => flag::TWO | flag::MORE,
            };
            let flags = flag::STARTS | length;
            words.push((hash::word(&lexicon::key(first)), Word { cluster: 0, flags }));
            phrases.push((lexicon::phrase_hash(parts.iter().copied()), *bits));
        }
    }
    let level = |line: &String| {
        let mut numbers = line.split(' ').map(|number| number.parse().unwrap_or(0));
        [(); 3].map(|()| numbers.next().unwrap_or(0))
    };
    Lexicon::new(words, phrases, list("levels").iter().map(level).collect())
}
