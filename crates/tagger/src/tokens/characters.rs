//! Tokens of text that is tagged by characters: each character with the marks on it, or a run of Latin letters or digits.

use super::{MAX_SENTENCE, Sentence, Token, Tokens};
use unicode_normalization::char::is_combining_mark;

/// Tokens of a sentence after which a space ends it: Thai has no full stop.
const LONG: usize = 250;

/// Whether a character continues a run of letters or digits of a script with spaces.
fn runs(character: char) -> bool {
    character.is_alphanumeric() && !is_single(character)
}

/// Whether a character is a token of its own.
fn is_single(character: char) -> bool {
    matches!(character, '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{2e80}'..='\u{d7ff}'
        | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

/// Splits a text in linear time. A sentence ends after `。`, `！`, `？`, a line, or a space if it is long.
pub(super) fn tokenise(text: &str) -> Tokens {
    let mut tokens: Vec<Token> = Vec::with_capacity(text.len() / 3);
    let mut sentences = Vec::new();
    let mut from = 0;
    let mut run = false;
    for (start, character) in text.char_indices() {
        let end = start + character.len_utf8();
        if character.is_whitespace() {
            run = false;
            let long = tokens.len() - from >= LONG;
            if tokens.len() > from && (long || character == '\n') {
                sentences.push(Sentence { tokens: from..tokens.len() });
                from = tokens.len();
            }
            continue;
        }
        let joins = is_combining_mark(character) || run && runs(character);
        match tokens.last_mut() {
            Some(last) if joins && last.end == start => last.end = end,
            _ => {
                let closes = matches!(character, '」' | '』' | '”' | '）' | '"');
                let ended = tokens.len() > from && tokens.last().is_some_and(|last| is_end(last.text(text)));
                if (ended && !closes && !is_end(&text[start..end])) || tokens.len() - from >= MAX_SENTENCE {
                    sentences.push(Sentence { tokens: from..tokens.len() });
                    from = tokens.len();
                }
                tokens.push(Token { start, end });
            }
        }
        run = if is_combining_mark(character) { run } else { runs(character) };
    }
    if tokens.len() > from {
        sentences.push(Sentence { tokens: from..tokens.len() });
    }
    Tokens { tokens, sentences, steps: text.len() }
}

/// Whether a token ends a sentence.
fn is_end(token: &str) -> bool {
    matches!(token, "。" | "！" | "？" | "!" | "?")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<&str> {
        tokenise(text).tokens.iter().map(|token| token.text(text)).collect()
    }

    #[test]
    fn characters_are_tokens_and_latin_words_stay_whole() {
        assert_eq!(words("東京でApple 15を発表"), ["東", "京", "で", "Apple", "15", "を", "発", "表"]);
        assert_eq!(words("ที่กรุงเทพ"), ["ที่", "ก", "รุ", "ง", "เ", "ท", "พ"]);
    }

    #[test]
    fn sentences_end_after_full_stops_and_lines() {
        assert_eq!(tokenise("他走了。她留下。\n标题").sentences.len(), 3);
        assert_eq!(tokenise("「行け。」と言った。").sentences.len(), 1);
    }
}
