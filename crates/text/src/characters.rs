//! Characters that no reader sees, and the many kinds of whitespace.

/// Removes control characters, bidirectional controls (UAX #9: they could make a text read differently from what is
/// stored), soft hyphens and zero-width spaces. Every line end becomes `\n`, every tab a space. Zero-width joiners
/// stay: Persian and Indic words need them.
#[must_use]
pub fn clean(text: &str) -> String {
    // Most texts in English.
    if text.bytes().all(|byte| matches!(byte, b'\n' | b' '..=b'~')) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\r' => {
                if chars.peek() != Some(&'\n') {
                    out.push('\n');
                }
            }
            '\n' => out.push('\n'),
            '\t' | '\u{b}' | '\u{c}' => out.push(' '),
            '\u{85}' | '\u{2028}' | '\u{2029}' => out.push('\n'),
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {}
            '\u{ad}' | '\u{200b}' | '\u{2060}' | '\u{feff}' | '\u{fffc}' => {}
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

/// Replaces every run of whitespace, non-breaking and ideographic spaces among it, by one space, and trims the ends.
#[must_use]
pub fn collapse_whitespace(text: &str) -> String {
    if is_collapsed(text) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}

/// True for ASCII whose words are separated by one space each. False says nothing.
fn is_collapsed(text: &str) -> bool {
    let mut before = b' ';
    for byte in text.bytes() {
        if !matches!(byte, b' '..=b'~') || (byte == b' ' && before == b' ') {
            return false;
        }
        before = byte;
    }
    before != b' ' || text.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn words_are_separated_by_one_space_each(text in "[ a~\t\n\u{a0}\u{b}\u{7f}]{0,12}") {
            prop_assert_eq!(collapse_whitespace(&text), text.split_whitespace().collect::<Vec<_>>().join(" "));
        }

        #[test]
        fn clean_text_stays_and_has_no_controls(text in "[ a~\t\r\n\u{ad}\u{7f}\u{200b}]{0,12}") {
            let cleaned = clean(&text);
            prop_assert!(cleaned.chars().all(|c| c == '\n' || !c.is_control()), "{:?}", cleaned);
            prop_assert_eq!(clean(&cleaned), cleaned);
        }
    }
}
