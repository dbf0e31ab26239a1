//! Repairs JSON that was put together by hand, or cut within a character.

use std::borrow::Cow;

/// `text` without the errors that such JSON has; as it is if it has none of them. Everything else stays as written.
///
/// In strings, raw line breaks and tabs are escaped (RFC 8259 section 7), half of a surrogate pair (section 8.2) is dropped, and so
/// is a backslash before a character that needs none. Outside strings, a comma without a value and all that follows the document
/// are dropped, and what JavaScript writes for a number that JSON does not have is null. Takes time in proportion to the length.
pub(super) fn repaired(text: &str) -> Cow<'_, str> {
    let mut edited = Edited { text, out: String::new(), done: 0 };
    let (mut at, mut open, mut in_string) = (0, 0_usize, false);
    // The last byte that is neither within a string nor white space, and its place.
    let mut last = (b' ', 0);
    while let Some(byte) = edited.byte(at) {
        let mut length = 1;
        match byte {
            b'"' => {
                in_string = !in_string;
                last = (byte, at);
            }
            b'\\' if in_string => length = edited.escape(at),
            b'\n' if in_string => edited.replace(at, 1, "\\n"),
            b'\r' if in_string => edited.replace(at, 1, "\\r"),
            b'\t' if in_string => edited.replace(at, 1, "\\t"),
            _ if in_string => {}
            b' ' | b'\n' | b'\r' | b'\t' => {}
            b',' if matches!(last.0, b'[' | b'{') => edited.replace(at, 1, ""),
            b',' => {
                if last.0 == b',' {
                    edited.replace(last.1, 1, "");
                }
                last = (byte, at);
            }
            b'[' | b'{' => {
                open += 1;
                last = (byte, at);
            }
            b']' | b'}' => {
                if last.0 == b',' {
                    edited.replace(last.1, 1, "");
                }
                last = (byte, at);
                open = open.saturating_sub(1);
                let rest = text.len() - (at + 1);
                if open == 0 && rest > 0 {
                    edited.replace(at + 1, rest, "");
                    break;
                }
            }
            b'-' | b'A'..=b'Z' | b'a'..=b'z' => {
                length = edited.word(at);
                last = (byte, at);
            }
            _ => last = (byte, at),
        }
        at += length;
    }
    edited.finish()
}

/// A text of which parts are replaced, in their order.
struct Edited<'t> {
    text: &'t str,
    out: String,
    /// Bytes of the text that `out` stands for.
    done: usize,
}

impl<'t> Edited<'t> {
    fn byte(&self, at: usize) -> Option<u8> {
        self.text.as_bytes().get(at).copied()
    }

    /// Replaces `length` bytes, at least one.
    fn replace(&mut self, at: usize, length: usize, by: &str) {
        self.out.push_str(self.text.get(self.done..at).unwrap_or_default());
        self.out.push_str(by);
        self.done = at + length;
    }

    /// Repairs the escape that begins with the backslash at `at`. Returns the bytes that are done with.
    fn escape(&mut self, at: usize) -> usize {
        match self.byte(at + 1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => 2,
            Some(b'u') => self.unicode_escape(at),
            Some(_) => {
                self.replace(at, 1, "");
                1
            }
            None => 1,
        }
    }

    /// As [`Edited::escape`], for `\u`.
    fn unicode_escape(&mut self, at: usize) -> usize {
        match self.unit(at) {
            Some(0xD800..=0xDBFF) if matches!(self.unit(at + 6), Some(0xDC00..=0xDFFF)) => 12,
            Some(0xD800..=0xDFFF) => {
                self.replace(at, 6, "");
                6
            }
            Some(_) => 6,
            None => {
                let rest = self.text.get(at + 2..).unwrap_or_default();
                let digits = rest.bytes().take(4).take_while(u8::is_ascii_hexdigit).count();
                let length = match self.byte(at + 2 + digits) {
                    // The text was cut within the escape.
                    Some(b'"') => 2 + digits,
                    // `C:\users`.
                    Some(_) => 1,
                    // The document ends here.
                    None => return 2 + digits,
                };
                self.replace(at, length, "");
                length
            }
        }
    }

    /// The UTF-16 code unit of the escape `\u` and four hex digits at `at`; `None` if there is no such escape.
    fn unit(&self, at: usize) -> Option<u16> {
        let digits = self.text.get(at..at + 6)?.strip_prefix("\\u")?;
        if digits.bytes().all(|byte| byte.is_ascii_hexdigit()) { u16::from_str_radix(digits, 16).ok() } else { None }
    }

    /// Replaces the word at `at` by null if it stands for a number that JSON does not have. Returns its bytes, at least one.
    fn word(&mut self, at: usize) -> usize {
        let rest = self.text.get(at..).unwrap_or_default();
        let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'.');
        let length = rest.bytes().take_while(is_part).count();
        if matches!(rest.get(..length), Some("NaN" | "Infinity" | "-Infinity" | "undefined")) {
            self.replace(at, length, "null");
        }
        length
    }

    fn finish(mut self) -> Cow<'t, str> {
        if self.done == 0 {
            return Cow::Borrowed(self.text);
        }
        self.out.push_str(self.text.get(self.done..).unwrap_or_default());
        Cow::Owned(self.out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_a_surrogate_pair_is_dropped() {
        for (text, expected) in [
            (r#"["Thanks \ud83d"]"#, r#"["Thanks "]"#),
            (r#"["\uDE00 thanks"]"#, r#"[" thanks"]"#),
            (r#"["a\ud83d\ud83d\ude00b"]"#, r#"["a\ud83d\ude00b"]"#),
            (r#"["\ude00\ud83d"]"#, r#"[""]"#),
            (r#"["a\ud83d\nb"]"#, r#"["a\nb"]"#),
            (r#"["\ud83dé"]"#, r#"["é"]"#),
            (r#"["caf\u00"]"#, r#"["caf"]"#),
            (r#"["caf\u"]"#, r#"["caf"]"#),
        ] {
            assert_eq!(repaired(text), expected, "{text}");
        }
    }

    #[test]
    fn a_backslash_before_a_character_that_needs_none_is_dropped() {
        for (text, expected) in [
            (r#"["It\'s"]"#, r#"["It's"]"#),
            (r#"["\$3 \& 5\%"]"#, r#"["$3 & 5%"]"#),
            (r#"["C:\users\quay"]"#, r#"["C:usersquay"]"#),
            (r#"["caf\é \u00é"]"#, r#"["café u00é"]"#),
            (r#"["\\' \"' \/"]"#, r#"["\\' \"' \/"]"#),
            ("[\"one\\\ntwo\"]", r#"["one\ntwo"]"#),
        ] {
            assert_eq!(repaired(text), expected, "{text}");
        }
    }

    #[test]
    fn a_comma_without_a_value_is_dropped() {
        for (text, expected) in [
            (r#"{"a":[1,2,],}"#, r#"{"a":[1,2]}"#),
            ("[1 ,\n\t]", "[1 \n\t]"),
            ("[1,,2,, ,]", "[1,2 ]"),
            ("[,1]", "[1]"),
            ("[,]", "[]"),
            (r#"["a,]","b",]"#, r#"["a,]","b"]"#),
        ] {
            assert_eq!(repaired(text), expected, "{text}");
        }
    }

    #[test]
    fn numbers_that_json_does_not_have_are_null() {
        let text = r#"[NaN,-Infinity,{"a":undefined},"NaN",-1.5e-3,true,Nan]"#;
        assert_eq!(repaired(text), r#"[null,null,{"a":null},"NaN",-1.5e-3,true,Nan]"#);
    }

    #[test]
    fn what_follows_the_document_is_dropped() {
        for (text, expected) in
            [("{\"a\":\"}\"};", "{\"a\":\"}\"}"), ("{\"a\":1}}", "{\"a\":1}"), ("[1]\n<!-- made in 3 ms, é -->", "[1]")]
        {
            assert_eq!(repaired(text), expected, "{text}");
        }
    }

    #[test]
    fn raw_line_breaks_and_tabs_in_strings_are_escaped() {
        assert_eq!(repaired("[\n\t\"a\r\n\tb\" ]"), "[\n\t\"a\\r\\n\\tb\" ]");
    }

    #[test]
    fn a_document_that_ends_in_a_string_or_an_escape_stays_as_it_is() {
        for text in [r#"["a"#, r#"["a\"#, r#"["a\u"#, r#"["a\u00e"#, r#"["a","#] {
            assert!(matches!(repaired(text), Cow::Borrowed(_)), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn valid_json_stays_as_it_is(text: String, number: f64) {
            let json = serde_json::json!([text, number, { "a": [true, null], "b": {} }]).to_string();
            proptest::prop_assert!(matches!(repaired(&json), Cow::Borrowed(_)), "{}", json);
        }

        #[test]
        fn what_was_repaired_needs_no_repair(text in "[\\[\\]{},:\"\\\\ud8cNaé \n-]{0,24}") {
            let once = repaired(&text).into_owned();
            proptest::prop_assert_eq!(repaired(&once), once.as_str());
        }
    }
}
