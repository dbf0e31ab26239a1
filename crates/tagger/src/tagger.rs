//! The shipped tagger: features, linear scores and dense net, Viterbi, document pass.

use crate::{
    decode::{self, Lattice, Transitions},
    dense::{input::Input, vectors::Vectors},
    document_pass,
    encoding::ModelError,
    features::{self, Scheme, Scratch, characters, general},
    hash,
    label::LABELS,
    lexicon,
    model::Model,
    span::{Recognition, Span, spans},
    tokens::{Style, Tokens},
    transliterate,
};
use std::{borrow::Cow, sync::OnceLock};

/// A model that is ready for use; it is shared by threads.
#[derive(Debug)]
pub struct Tagger {
    pub(crate) model: Model,
    transitions: Transitions,
    vectors: Option<&'static Vectors>,
    version: String,
    style: Style,
    /// Cyrillic words are read in Latin letters.
    latin: bool,
}

/// The shipped model, made by `make model`.
static SHIPPED: &[u8] = include_bytes!("../model/tagger.bin");

/// Most steps of an article: words, and [`QUERY`] more for each that the net is asked about. An article of the size that a
/// record may have stays below it: the net is asked about a fifth of its words.
pub const STEPS: usize = 300_000;
/// Steps of a question to the net.
const QUERY: usize = 5;

impl Tagger {
    /// The shipped tagger, decoded at the first call.
    ///
    /// # Errors
    /// [`ModelError`] if the shipped files do not fit this program; a test excludes that.
    pub fn shipped() -> Result<&'static Tagger, ModelError> {
        static TAGGER: OnceLock<Tagger> = OnceLock::new();
        if let Some(tagger) = TAGGER.get() {
            return Ok(tagger);
        }
        let tagger = Tagger::from_bytes(SHIPPED)?;
        Ok(TAGGER.get_or_init(|| tagger))
    }

    /// A tagger from a model file's bytes.
    ///
    /// # Errors
    /// [`ModelError`] if they are not a model of this format, or were trained with other word vectors.
    pub fn from_bytes(bytes: &[u8]) -> Result<Tagger, ModelError> {
        let model = Model::from_bytes(bytes)?;
        let transitions = decode::legal(&model.transitions);
        let vectors = match &model.net {
            Some(net) if net.vectors != Vectors::shipped()?.hash => return Err(ModelError::Corrupt("vectors")),
            Some(_) => Some(Vectors::shipped()?),
            None => None,
        };
        let style = if model.scheme == Scheme::Characters { Style::Characters } else { Style::default() };
        let version = format!("perceptron-{:016x}", hash::bytes(bytes));
        Ok(Tagger { model, transitions, vectors, version, style, latin: false })
    }

    /// The tagger of a language, from its model file's bytes. `latin` says that the model knows Latin letters only, and that
    /// Cyrillic words are Serbian.
    ///
    /// # Errors
    /// As [`Tagger::from_bytes`].
    pub(crate) fn of_language(bytes: &[u8], style: Style, latin: bool) -> Result<Tagger, ModelError> {
        Ok(Tagger { style, latin, ..Tagger::from_bytes(bytes)? })
    }

    /// Splits a text into the tokens that this tagger reads.
    #[must_use]
    pub fn tokenise(&self, text: &str) -> Tokens {
        self.style.tokenise(text)
    }

    /// Identifies the model for `model_version`: `perceptron-` and the hash of its bytes in hex.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Whether a frequent word of a language that is tagged by characters goes across byte `at` of a text, so that a name
    /// that begins or ends there may be parts of two words.
    #[must_use]
    pub fn is_within_word(&self, text: &str, at: usize) -> bool {
        const LONGEST: usize = 4;
        let (Some(before), Some(behind)) = (text.get(..at), text.get(at..)) else { return false };
        let ends: Vec<usize> =
            behind.char_indices().map(|(from, c)| at + from + c.len_utf8()).take(LONGEST - 1).collect();
        let starts = before.char_indices().rev().map(|(start, _)| start).take(LONGEST - 1);
        starts.enumerate().any(|(count, start)| {
            let ends = ends.iter().take(LONGEST - 1 - count);
            ends.into_iter().any(|end| {
                let word = text.get(start..*end).unwrap_or("");
                let mut buffer = [0; 4];
                let mut hash = 0;
                for (number, c) in word.chars().enumerate() {
                    let next = hash::word(&lexicon::key(c.encode_utf8(&mut buffer)));
                    hash = if number == 0 { next } else { hash::join(hash, next) };
                }
                self.model.lexicon.phrase(hash) & lexicon::WORD != 0
            })
        })
    }

    /// Finds the names in one article. Its fields (title, summary, body) are given at once because the document pass
    /// compares mentions across them. Spans are sorted by field and position and do not overlap.
    #[must_use]
    pub fn tag(&self, fields: &[&str]) -> Vec<Span> {
        let tokens: Vec<Tokens> = fields.iter().map(|field| self.tokenise(field)).collect();
        self.recognise(fields, &tokens).spans
    }

    /// As [`Tagger::tag`], for fields that [`Tagger::tokenise`] has split. It stops after [`STEPS`].
    #[must_use]
    pub fn recognise(&self, fields: &[&str], tokens: &[Tokens]) -> Recognition {
        let mut document = Vec::new();
        let mut buffers = Buffers::default();
        let mut steps = 0;
        let mut truncated = false;
        for (field, (text, tokens)) in fields.iter().zip(tokens).enumerate() {
            for sentence in &tokens.sentences {
                if steps >= STEPS {
                    truncated = true;
                    break;
                }
                let range = &tokens.tokens[sentence.tokens.clone()];
                let words: Vec<&str> = range.iter().map(|token| token.text(text)).collect();
                buffers.spaced.clear();
                buffers
                    .spaced
                    .extend(range.iter().enumerate().map(|(at, token)| at == 0 || range[at - 1].end < token.start));
                let keys = self.sentence(&words, &mut buffers);
                steps += words.len() + QUERY * buffers.input.queries.len();
                let place = (field, sentence.tokens.start);
                document.push(document_pass::Sentence::new(place, words, keys, &buffers.labels, &buffers.scores));
            }
        }
        document_pass::pass(&mut document, &self.model.lexicon, document_pass::lead);
        Recognition { spans: spans(&document, tokens), truncated, steps }
    }

    /// Scores and labels of one sentence into `buffers`, without the document pass. Returns the hashes of the words' keys.
    fn sentence(&self, words: &[&str], buffers: &mut Buffers) -> Vec<u32> {
        let Buffers { scratch, general, characters, input, scores, .. } = buffers;
        scores.clear();
        let bits = self.model.bits;
        let score = |slots: &[u32]| scores.push(self.model.score(slots));
        let keys = match self.model.scheme {
            Scheme::English => {
                features::atoms(words, &self.model.lexicon, &mut scratch.atoms);
                features::extract(scratch, bits, score);
                if let (Some(net), Some(vectors)) = (&self.model.net, self.vectors) {
                    input.fill(scratch, vectors);
                    net.add(input, scores);
                }
                scratch.atoms.iter().map(|atoms| atoms.lower).collect()
            }
            Scheme::General => {
                let latin: Vec<Cow<'_, str>>;
                let read: Vec<&str>;
                let words = if self.latin {
                    latin = words.iter().map(|word| transliterate::serbian(word)).collect();
                    read = latin.iter().map(Cow::as_ref).collect();
                    &read
                } else {
                    words
                };
                general.fill(words, &self.model.lexicon);
                general.extract(bits, score);
                general.atoms.iter().map(|atoms| atoms.lower).collect()
            }
            Scheme::Characters => {
                characters.fill(words, &buffers.spaced, &self.model.lexicon);
                characters.extract(bits, score);
                characters.atoms.iter().map(|atoms| atoms.lower).collect()
            }
        };
        decode::viterbi(&buffers.scores, &self.transitions, &[], &mut buffers.lattice, &mut buffers.labels);
        keys
    }
}

/// Buffers that are reused for every sentence.
#[derive(Default)]
struct Buffers {
    scratch: Scratch,
    general: general::Scratch,
    characters: characters::Scratch,
    /// Of each word of the sentence, whether a space stands before it.
    spaced: Vec<bool>,
    input: Input,
    scores: Vec<[i32; LABELS]>,
    lattice: Lattice,
    labels: Vec<u8>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::label::Label;

    fn names(fields: &[&str]) -> Vec<(String, Label)> {
        let spans = Tagger::shipped().unwrap().tag(fields);
        spans.iter().map(|span| (fields[span.field][span.start..span.end].to_owned(), span.label)).collect()
    }

    #[test]
    fn the_shipped_model_finds_names() {
        let text = "Iranian President Mohammad Khatami met Kofi Annan in Geneva. Khatami later flew to Tehran.";
        let found = names(&[text]);
        for (name, label) in [
            ("Iranian", Label::Norp),
            ("Mohammad Khatami", Label::Person),
            ("Kofi Annan", Label::Person),
            ("Geneva", Label::Loc),
            ("Khatami", Label::Person),
            ("Tehran", Label::Loc),
        ] {
            assert!(found.contains(&(name.to_owned(), label)), "{name} is not {label:?} in {found:?}");
        }
    }

    #[test]
    fn names_in_capitals_are_found() {
        let found = names(&["TENNIS - SAMPRAS BEATS AGASSI IN NEW YORK FINAL."]);
        assert!(found.contains(&("NEW YORK".to_owned(), Label::Loc)));
    }

    #[test]
    fn clubs_in_sports_results_are_organisations() {
        let found = names(&["Bayern Munich 3 Hansa Rostock 1"]);
        assert_eq!(found, [("Bayern Munich".to_owned(), Label::Org), ("Hansa Rostock".to_owned(), Label::Org)]);
    }

    #[test]
    fn empty_text_has_no_names() {
        assert_eq!(names(&[]), []);
        assert_eq!(names(&["", " \n\n ", "\u{0}"]), []);
    }

    #[test]
    fn the_same_text_gives_the_same_spans_from_any_thread() {
        let text = "LONDON - Shell and BP said on Monday that talks with Nigeria's government had failed. ".repeat(30);
        let first = Tagger::shipped().unwrap().tag(&[&text]);
        let other =
            std::thread::scope(|scope| scope.spawn(|| Tagger::shipped().unwrap().tag(&[&text])).join().unwrap());
        assert_eq!(first, other);
        assert!(!first.is_empty());
        assert!(first.windows(2).all(|pair| pair[0].end <= pair[1].start));
    }

    #[test]
    fn steps_are_limited_and_a_long_run_of_initials_is_no_name() {
        let text = "A. ".repeat(STEPS / QUERY);
        let found = Tagger::shipped().unwrap().recognise(&[&text], &[Style::English.tokenise(&text)]);
        assert!(found.truncated && found.steps < STEPS + (QUERY + 1) * crate::tokens::MAX_SENTENCE, "{}", found.steps);
        assert_eq!(found.spans, []);
    }

    #[test]
    fn a_truncated_or_foreign_model_is_an_error() {
        assert_eq!(Tagger::from_bytes(b"GIF89a...").err(), Some(ModelError::Format));
        for length in [0, 5, 6, 100, 4_000, SHIPPED.len() - 1] {
            assert!(Tagger::from_bytes(&SHIPPED[..length]).is_err(), "{length} bytes are accepted as a model");
        }
        let mut bytes = SHIPPED.to_vec();
        bytes[5] = 60;
        assert_eq!(Tagger::from_bytes(&bytes).err(), Some(ModelError::Corrupt("table size")));
    }
}
