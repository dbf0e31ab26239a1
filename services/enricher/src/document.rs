//! An article's fields with their words, tokens and code-point offsets.

use crate::{
    budget::{self, Budget},
    gazetteer::words::{self, Word},
};
use proto::{v1::Article, vocab};

/// Bytes of a field that are read. If a field is longer, the article has the warning [`TextCut`](proto::Warning::TextCut).
pub const FIELD_LIMIT: usize = 1 << 20;

/// One field.
#[derive(Debug)]
pub struct Field<'a> {
    /// Its name, one of `proto::vocab::field`.
    pub name: &'static str,
    /// Its text, at most [`FIELD_LIMIT`] bytes of it.
    pub text: &'a str,
    /// Words for the gazetteer.
    pub words: Vec<Word>,
    /// Bytes before this repeat another field (a body that begins with its title); mentions there do not count again.
    pub from: usize,
    /// Number of code points before each block of [`STRIDE`] bytes, and after the last one.
    points: Vec<u32>,
}

/// Title, summary and body. A summary that the title or body repeats is empty.
#[derive(Debug)]
pub struct Document<'a> {
    /// In this order: title, summary, body.
    pub fields: Vec<Field<'a>>,
    /// True if a field is longer than [`FIELD_LIMIT`].
    pub cut: bool,
    /// The steps that the article may take.
    pub budget: Budget,
}

/// Bytes per entry of `Field::points`.
const STRIDE: usize = 256;

impl<'a> Field<'a> {
    fn new(name: &'static str, text: &'a str) -> Self {
        let sums = text.as_bytes().chunks(STRIDE).scan(0, |sum, chunk| {
            // Bytes other than UTF-8 continuation bytes.
            *sum += u32::try_from(chunk.iter().filter(|byte| (**byte & 0xC0) != 0x80).count()).unwrap_or(0);
            Some(*sum)
        });
        let points = std::iter::once(0).chain(sums).collect();
        Field { name, text, words: words::words(text), from: 0, points }
    }

    /// Number of code points before a byte.
    #[must_use]
    pub fn point(&self, byte: usize) -> i32 {
        let chunk = byte / STRIDE;
        let before = self.points.get(chunk).copied().unwrap_or(0);
        let rest = self.text.as_bytes().get(chunk * STRIDE..byte).unwrap_or(&[]);
        let rest = rest.iter().filter(|byte| (**byte & 0xC0) != 0x80).count();
        i32::try_from(before).unwrap_or(i32::MAX).saturating_add(i32::try_from(rest).unwrap_or(i32::MAX))
    }

    /// The text between two bytes; empty if they are not on character boundaries.
    #[must_use]
    pub fn slice(&self, start: usize, end: usize) -> &'a str {
        self.text.get(start..end).unwrap_or("")
    }
}

impl<'a> Document<'a> {
    /// Tokenises an article, with the usual budget.
    #[must_use]
    pub fn new(article: &'a Article) -> Self {
        Self::within(article, Budget::new(budget::STEPS))
    }

    /// Tokenises an article.
    #[must_use]
    pub fn within(article: &'a Article, budget: Budget) -> Self {
        let title = cut(&article.title);
        let body = cut(&article.body);
        let mut summary = cut(&article.summary);
        if repeats(body, summary) || repeats(title, summary) {
            summary = "";
        }
        let mut fields = vec![
            Field::new(vocab::field::TITLE, title),
            Field::new(vocab::field::SUMMARY, summary),
            Field::new(vocab::field::BODY, body),
        ];
        if let Some(field) = fields.last_mut()
            && !title.trim().is_empty()
            && body.trim_start().starts_with(title.trim())
        {
            field.from = body.len() - body.trim_start().len() + title.trim().len();
        }
        let lengths = [title.len() < article.title.len(), body.len() < article.body.len()];
        for field in &fields {
            budget.count(field.text.len() + field.words.len());
        }
        Document { fields, cut: lengths.contains(&true) || article.summary.len() > FIELD_LIMIT, budget }
    }
}

fn cut(text: &str) -> &str {
    if text.len() <= FIELD_LIMIT {
        return text;
    }
    text.get(..text.floor_char_boundary(FIELD_LIMIT)).unwrap_or("")
}

/// Whether `text` contains `summary` near its beginning. A summary often ends with an ellipsis or within a word, and
/// differs in whitespace.
fn repeats(text: &str, summary: &str) -> bool {
    const WINDOW: usize = 4;
    let squeeze = |text: &str, most: usize| -> String {
        text.chars().filter(|c| c.is_alphanumeric()).take(most).flat_map(char::to_lowercase).collect()
    };
    let short = squeeze(summary.trim_end_matches(['.', '\u{2026}', ' ']), usize::MAX);
    if short.is_empty() {
        return false;
    }
    let long = squeeze(text, short.chars().count().saturating_mul(WINDOW).saturating_add(2_000));
    long.contains(&short)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_that_the_body_repeats_is_omitted() {
        assert!(repeats("Oslo, Norway.  The king has left the town.", "Oslo, Norway. The king has le..."));
        assert!(!repeats("The king has left.", "The queen has left."));
    }

    #[test]
    fn code_points_are_counted_across_strides() {
        let text = "é".repeat(300) + "x";
        let field = Field::new("body", &text);
        assert_eq!(field.point(600), 300);
        assert_eq!(field.point(2), 1);
        for length in [0, 1, STRIDE - 1, STRIDE, STRIDE + 1, 2 * STRIDE] {
            let text = "x".repeat(length);
            assert_eq!(
                Field::new("body", &text).point(length),
                i32::try_from(length).unwrap(),
                "the end of {length} bytes"
            );
        }
    }

    #[test]
    fn a_title_at_the_beginning_of_the_body_counts_once() {
        let article =
            Article { title: "Chile votes".into(), body: "Chile votes. It rained.".into(), ..Default::default() };
        assert_eq!(Document::new(&article).fields[2].from, 11);
    }
}
