//! Tokens and sentences, as byte ranges of the text.
//!
//! The conventions are those of the Penn Treebank as CoNLL-2003 uses them, because most corpora
//! of names follow them: a possessive `'s`, a quote and a bracket are tokens of their own, `U.S.`
//! and `Corp.` keep their full stop, and a hyphenated word is one token.

mod abbreviations;
mod characters;
mod sentences;
mod words;

use std::ops::Range;

/// One token: bytes `start..end` of the text, on character boundaries, never empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Token {
    /// The text of the token; `text` is the text that was tokenised.
    pub fn text<'t>(&self, text: &'t str) -> &'t str {
        text.get(self.start..self.end).unwrap_or("")
    }
}

/// One sentence: a range of token indices, never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sentence {
    /// Indices into [`Tokens::tokens`].
    pub tokens: Range<usize>,
}

/// A text's tokens in order, and its sentences, which cover them without a gap.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tokens {
    /// Tokens in the order of the text.
    pub tokens: Vec<Token>,
    /// Sentences in the order of the text, each of at most [`MAX_SENTENCE`] tokens.
    pub sentences: Vec<Sentence>,
    /// Bytes and tokens that were examined: linear in the length of the text.
    pub steps: usize,
}

/// Most tokens of a sentence; a longer one is split.
pub const MAX_SENTENCE: usize = 2_000;

/// How the text of a language is split.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Style {
    /// English: enclitics (`'s`) are tokens, and abbreviations are those of English.
    #[default]
    English,
    /// Words between spaces.
    Words,
    /// As `Words`, with elided articles and prepositions (`l'`) as tokens of their own.
    Elisions,
    /// Characters, and runs of Latin letters and digits.
    Characters,
}

/// Splits an English text into tokens and sentences, in time linear in its length.
///
/// A blank line ends a sentence. A single line break does so unless the line seems to be wrapped
/// (50 to 100 characters without final punctuation).
pub fn tokenise(text: &str) -> Tokens {
    Style::English.tokenise(text)
}

impl Style {
    /// As [`tokenise`], for a language of this style.
    #[must_use]
    pub fn tokenise(self, text: &str) -> Tokens {
        if self == Style::Characters {
            return characters::tokenise(text);
        }
        let mut steps = 0;
        let tokens = words::split(text, self, &mut steps);
        let sentences = sentences::split(text, &tokens, self, &mut steps);
        Tokens { tokens, sentences, steps }
    }
}

#[cfg(test)]
mod tests {
    use super::tokenise;
    use proptest::prelude::*;

    fn words(text: &str) -> Vec<&str> {
        tokenise(text).tokens.iter().map(|token| token.text(text)).collect()
    }

    fn sentences(text: &str) -> Vec<String> {
        let tokens = tokenise(text);
        let sentence = |range: std::ops::Range<usize>| {
            tokens.tokens[range].iter().map(|t| t.text(text)).collect::<Vec<_>>().join(" ")
        };
        tokens.sentences.iter().map(|s| sentence(s.tokens.clone())).collect()
    }

    #[test]
    fn possessives_and_contractions_are_split_off() {
        assert_eq!(words("Iran's U.S. envoy"), ["Iran", "'s", "U.S.", "envoy"]);
        assert_eq!(words("James\u{2019}s"), ["James", "\u{2019}s"]);
        assert_eq!(words("the Joneses' house"), ["the", "Joneses", "'", "house"]);
        assert_eq!(words("They don't, he'll"), ["They", "do", "n't", ",", "he", "'ll"]);
    }

    #[test]
    fn abbreviations_keep_their_full_stop() {
        assert_eq!(words("Toyota Motor Corp. and Apple Inc."), ["Toyota", "Motor", "Corp.", "and", "Apple", "Inc."]);
        assert_eq!(words("J.K. Rowling, at 5 p.m."), ["J.K.", "Rowling", ",", "at", "5", "p.m."]);
    }

    #[test]
    fn hyphens_join_words_and_dashes_separate_them() {
        assert_eq!(words("Bandar-e Abbas--a port"), ["Bandar-e", "Abbas", "--", "a", "port"]);
        assert_eq!(words("Jean-Luc\u{2014}he"), ["Jean-Luc", "\u{2014}", "he"]);
        assert_eq!(words("O'Brien and M'Bala"), ["O'Brien", "and", "M'Bala"]);
        assert_eq!(words("Paris/London 1/2"), ["Paris", "/", "London", "1/2"]);
    }

    #[test]
    fn punctuation_is_split_off_numbers_and_addresses() {
        assert_eq!(
            words("\"Yes,\" (he) said: 1,000.5%"),
            ["\"", "Yes", ",", "\"", "(", "he", ")", "said", ":", "1,000.5", "%"]
        );
        assert_eq!(
            words("at https://example.org/a.b?c=d, or a@b.org."),
            ["at", "https://example.org/a.b?c=d", ",", "or", "a@b.org", "."]
        );
        assert_eq!(words("$5 @name #tag ..."), ["$", "5", "@name", "#tag", "..."]);
    }

    #[test]
    fn abbreviations_do_not_end_a_sentence_and_line_breaks_do() {
        assert_eq!(sentences("He left. She stayed.").len(), 2);
        assert_eq!(sentences("Mr. Smith met Gen. Jones in the U.S. Senate.").len(), 1);
        assert_eq!(sentences("It is made in the U.S. The price rose.").len(), 2);
        assert_eq!(sentences("\"Go.\" He went.")[0], "\" Go . \"");
        assert_eq!(sentences("LONDON 1996-08-30\nShares rose").len(), 2);
        assert_eq!(sentences("A title\n\nand text").len(), 2);
    }

    #[test]
    fn a_wrapped_line_does_not_end_a_sentence() {
        let text = "The mayor of the largest city on the eastern coast, New\nYork, said so.";
        assert_eq!(sentences(text).len(), 1);
    }

    #[test]
    fn a_sentence_has_a_longest_length() {
        let text = "A. ".repeat(super::MAX_SENTENCE + 1);
        let lengths: Vec<usize> = tokenise(&text).sentences.iter().map(|one| one.tokens.len()).collect();
        assert_eq!(lengths, [super::MAX_SENTENCE, 1]);
    }

    /// Counts examined bytes and tokens, not time.
    #[test]
    fn twice_the_text_takes_at_most_twice_the_steps() {
        for piece in
            [".,", "x.,", "\"' ", "''", "'1", "A. ", "a-", "x'", "(", "-.", "\" \"", "U.S. ", "e\u{301}", "'s,"]
        {
            let steps = |count: usize| {
                let head = "'".repeat(count / 2);
                tokenise(&format!("{head}{}", piece.repeat(count))).steps
            };
            let (one, two) = (steps(5_000), steps(10_000));
            assert!(two <= 2 * one + 5_000, "{piece:?}: {one} steps, then {two}");
        }
    }

    proptest! {
        #[test]
        fn tokens_cover_every_visible_character_in_order(text in "\\PC{0,80}") {
            let tokens = tokenise(&text);
            let mut position = 0;
            for token in &tokens.tokens {
                prop_assert!(token.start >= position && token.end > token.start);
                prop_assert!(text[position..token.start].chars().all(char::is_whitespace));
                prop_assert!(text.is_char_boundary(token.end));
                position = token.end;
            }
            prop_assert!(text[position..].chars().all(char::is_whitespace));
            let mut next = 0;
            for sentence in &tokens.sentences {
                prop_assert_eq!(sentence.tokens.start, next);
                prop_assert!(sentence.tokens.end > next);
                next = sentence.tokens.end;
            }
            prop_assert_eq!(next, tokens.tokens.len());
        }
    }
}
