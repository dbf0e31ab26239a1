//! The models of languages other than English.

mod dev;
mod lists;
pub mod natural;
mod table;

use crate::{
    Material, Plan,
    corpus::{self, Scheme, Sentence},
    lists::Lists,
    synthetic,
};
use std::{fs, io, path::Path};
use tagger::training::Style;

pub use dev::{Score, score};
pub use table::{LANGUAGES, Language, Set};

/// Base-2 logarithm of the size of the table of features.
const BITS: u32 = 19;

/// The plan by which a language is trained. Coarse weights make the file half as large and the model no worse.
#[must_use]
pub fn plan(language: &Language) -> Plan {
    let bits = if language.style == Style::Characters { BITS + 1 } else { BITS };
    Plan { scheme: language.scheme(), bits, epochs: 14, prune: 20, shift: 5, ..Plan::default() }
}

/// Trains the model of a language on the training parts of its corpora in the folder `corpora`, with the word lists and
/// templates in the folder `data`. Returns the bytes of a model file, not compressed.
///
/// # Errors
/// If a corpus or a list cannot be read.
pub fn train(language: &Language, corpora: &Path, data: &Path, plan: Plan) -> io::Result<Vec<u8>> {
    let lists = lists::read(data, language.tag, language.style)?;
    let mut sentences = Vec::new();
    for set in language.sets.iter().chain(language.borrowed) {
        let file = if set.name.ends_with(".conll") { set.name.to_owned() } else { format!("{}.train.conll", set.name) };
        let read = read(&corpora.join(file), set, language)?;
        sentences.extend(read);
    }
    sentences.extend(synthetic::recased(&sentences));
    sentences.extend(written(language, &lists, data)?);
    Ok(Material::new(sentences, lists, plan).train(plan, ""))
}

/// The sentences of a corpus.
fn read(path: &Path, set: &Set, language: &Language) -> io::Result<Vec<Sentence>> {
    let text = fs::read_to_string(path)?;
    let sentences = corpus::columns(&text, Scheme { without_misc: !set.misc, handles: false, as_annotated: true });
    let sentences = sentences.into_iter().map(|sentence| Sentence { weight: set.weight, ..sentence });
    Ok(match language.style {
        Style::Characters => sentences.map(|one| natural::by_characters(&one, language.tag)).collect(),
        _ if language.tag == "ar" => sentences
            .flat_map(|one| {
                let joined = natural::with_clitics_joined(&one);
                let changed = joined.words.len() < one.words.len();
                std::iter::once(one).chain(changed.then_some(joined))
            })
            .collect(),
        _ => sentences.collect(),
    })
}

/// The sentences that the project writes in a language, if it has templates.
fn written(language: &Language, lists: &Lists, data: &Path) -> io::Result<Vec<Sentence>> {
    let path = data.join("sources/languages").join(format!("{}.grammar", language.tag));
    if !path.exists() || language.written == 0 {
        return Ok(Vec::new());
    }
    Ok(synthetic::sentences(lists, &fs::read_to_string(path)?, language.written))
}
