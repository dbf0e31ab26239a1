//! Builds the lexicon from the word lists in `data`.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use tagger::training::{self, Lexicon, PHRASE, Vectors, Word, flag, hash_word, key, phrase};

/// Word lists and the flags of their words.
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

/// Phrase lists and the type bits of their phrases.
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

/// The lists by name, and the lexicon built from them.
#[derive(Debug, Default)]
pub struct Lists {
    pub(crate) lexicon: Lexicon,
    pub(crate) text: BTreeMap<String, Vec<String>>,
    /// Word vectors for the dense net; if empty, no net is trained.
    pub(crate) vectors: Vectors,
}

impl Lists {
    /// Reads `sources/NAME.txt` and `generated/NAME.txt` in the folder `data`: one entry per line; `# ` starts a comment.
    /// A line of `clusters.txt` is a cluster number and its words, a line of `levels.txt` three coarser numbers for a
    /// cluster. A missing list is empty. The word vectors are those that the tagger ships.
    ///
    /// # Errors
    /// If a folder or file cannot be read.
    pub fn read(data: &Path) -> io::Result<Lists> {
        let mut text = BTreeMap::new();
        for folder in ["sources", "generated"] {
            for entry in fs::read_dir(data.join(folder))? {
                let path = entry?.path();
                if path.extension().is_some_and(|extension| extension == "txt")
                    && let Some(name) = path.file_stem().and_then(|name| name.to_str())
                {
                    let content = fs::read_to_string(&path)?;
                    let lines =
                        content.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("# "));
                    text.insert(name.to_owned(), lines.map(str::to_owned).collect());
                }
            }
        }
        let vectors = Vectors::shipped().map_err(io::Error::other)?.clone();
        Ok(Lists { lexicon: build(&text), text, vectors })
    }

    /// The entries of a list; empty if there is no such list.
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
        words.extend(fields.map(|word| (hash_word(&key(word)), Word { cluster, flags: 0 })));
    }
    for (name, flags) in WORDS {
        let entry = |word: &String| (hash_word(&key(word)), Word { cluster: 0, flags: *flags });
        words.extend(list(name).iter().map(entry));
    }
    let mut phrases = Vec::new();
    for (name, bits) in PHRASES {
        for line in list(name) {
            let tokens = tagger::tokens::tokenise(line);
            let parts: Vec<&str> = tokens.tokens.iter().map(|token| token.text(line)).collect();
            let Some(first) = parts.first() else { continue };
            if parts.len() > PHRASE {
                continue;
            }
            let length = match parts.len() {
                1 => 0,
                2 => flag::TWO,
                _ => flag::TWO | flag::MORE,
            };
            let flags = flag::STARTS | length;
            words.push((hash_word(&key(first)), Word { cluster: 0, flags }));
            phrases.push((training::phrase_hash(parts.iter().copied()), *bits));
        }
    }
    let level = |line: &String| {
        let mut numbers = line.split(' ').map(|number| number.parse().unwrap_or(0));
        [(); 3].map(|()| numbers.next().unwrap_or(0))
    };
    Lexicon::new(words, phrases, list("levels").iter().map(level).collect())
}
