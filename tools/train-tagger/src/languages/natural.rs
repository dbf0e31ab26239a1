//! Corpus tokens as text is written: for languages that are tagged by characters, and for Arabic clitics.

use crate::corpus::Sentence;
use tagger::training::{self, Allowed, OUTSIDE, Style};

/// Korean particles, which are written together with the name before them.
const PARTICLES: &[&str] = &[
    "은",
    "는",
    "이",
    "가",
    "을",
    "를",
    "의",
    "와",
    "과",
    "도",
    "에",
    "에서",
    "에게",
    "에는",
    "에도",
    "로",
    "으로",
    "로서",
    "만",
    "부터",
    "까지",
    "이다",
    "이라",
    "라는",
    "이라는",
    "라고",
    "이라고",
    "인",
    "이고",
    "들",
    "께서",
    "한테",
    "보다",
    "처럼",
    "이나",
    "나",
    "랑",
    "이랑",
    "측",
    "씨",
    "님",
    "에서는",
    "으로서",
    "로부터",
    "이며",
    "며",
    "였다",
    "이었다",
    "에게서",
    "께",
    "만의",
    "들이",
    "들은",
    "들의",
    "과의",
    "와의",
    "에서의",
];

/// Single letters that Arabic writes together with the word after them.
const CLITICS: &[&str] = &["و", "ف", "ب", "ل", "ك", "س", "ال", "لل", "بال", "وال"];

/// The text of a sentence as it is written in `language`, and the byte range of each token in it.
#[must_use]
pub fn text(words: &[String], labels: &[u8], language: &str) -> (String, Vec<(usize, usize)>) {
    let mut text = String::new();
    let mut ranges = Vec::with_capacity(words.len());
    for (at, word) in words.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|at| words.get(at));
        if let Some(before) = before
            && space(
                before,
                word,
                at.checked_sub(1).and_then(|at| labels.get(at)).copied().unwrap_or(OUTSIDE),
                language,
            )
        {
            text.push(' ');
        }
        let start = text.len();
        text.push_str(word);
        ranges.push((start, text.len()));
    }
    (text, ranges)
}

/// Whether a space stands between two tokens.
fn space(before: &str, word: &str, label: u8, language: &str) -> bool {
    let latin = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    let sign = |word: &str| word.chars().all(|c| !c.is_alphanumeric());
    match language {
        "ko" => {
            let attached = label != OUTSIDE && PARTICLES.contains(&word);
            let quote = sign(before) && !matches!(before, "." | "," | "!" | "?" | "…");
            !(attached || sign(word) || quote)
        }
        _ => latin(before.chars().next_back()) && latin(word.chars().next()),
    }
}

/// A sentence of words as one of characters.
#[must_use]
pub fn by_characters(sentence: &Sentence, language: &str) -> Sentence {
    let labels = sentence.labels();
    let (text, ranges) = text(&sentence.words, &labels, language);
    let tokens = Style::Characters.tokenise(&text).tokens;
    let mut made = Sentence { weight: sentence.weight, set: sentence.set, ..Sentence::default() };
    let mut word = 0;
    let mut last_end = 0;
    for token in tokens {
        while ranges.get(word).is_some_and(|(_, end)| *end <= token.start) {
            word += 1;
        }
        let (Some((start, _)), Some(allowed)) = (ranges.get(word), sentence.allowed.get(word)) else { break };
        made.spaced.push(made.words.is_empty() || token.start > last_end);
        last_end = token.end;
        made.words.push(text[token.start..token.end].to_owned());
        made.allowed.push(if token.start > *start { inside(*allowed) } else { *allowed });
    }
    made
}

/// The labels of a word's later characters: B becomes I.
fn inside(allowed: Allowed) -> Allowed {
    (0..training::LABELS as u8).filter(|label| allowed >> label & 1 == 1).fold(0, |all, label| {
        let inner = training::kind(label).map_or(label, |kind| training::label(kind, true));
        all | 1 << inner
    })
}

/// A sentence in which Arabic clitics are joined with the word after them, as text is written.
#[must_use]
pub fn with_clitics_joined(sentence: &Sentence) -> Sentence {
    let mut made = Sentence { weight: sentence.weight, set: sentence.set, ..Sentence::default() };
    let mut prefix = String::new();
    for (word, allowed) in sentence.words.iter().zip(&sentence.allowed) {
        if CLITICS.contains(&word.as_str()) && prefix.len() < 8 {
            prefix.push_str(word);
            continue;
        }
        made.words.push(std::mem::take(&mut prefix) + word);
        made.allowed.push(*allowed);
    }
    made
}
