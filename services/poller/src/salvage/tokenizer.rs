//! A tokenizer for malformed XML. Own code because XML parsers stop at the first error.
//!
//! It has no errors: what is not markup is text, what is not closed ends with the document, and every such repair is recorded.

use memchr::{memchr, memmem};

use super::repairs::Repairs;
use proto::Warning;

/// A token. Text and attributes are as written: references are not decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Token<'a> {
    /// `<name attributes>`, or `<name attributes/>` if `empty`.
    Start {
        /// The name with its prefix.
        name: &'a str,
        /// Everything between name and `>`, without the closing slash.
        attributes: &'a str,
        /// True for `<name/>`.
        empty: bool,
    },
    /// `</name>`.
    End {
        /// The name with its prefix.
        name: &'a str,
    },
    /// Character data.
    Text(&'a str),
    /// The content of a CDATA section.
    CData(&'a str),
    /// The content of `<!DOCTYPE ...>`.
    Doctype(&'a str),
}

/// An iterator over the tokens of a document.
pub struct Tokenizer<'a> {
    text: &'a str,
    at: usize,
    doctypes: u32,
    /// The repairs so far.
    pub repairs: Repairs,
    /// Bytes scanned so far, repeated scans included: at most a few times the length of the document.
    pub scanned: usize,
}

impl<'a> Tokenizer<'a> {
    /// The tokens of `text`, which has no byte order mark.
    #[must_use]
    pub fn new(text: &'a str) -> Self {
        Self { text, at: 0, doctypes: 0, repairs: Repairs::default(), scanned: 0 }
    }

    /// The byte offset of the next token.
    #[must_use]
    pub fn position(&self) -> usize {
        self.at
    }

    /// The document between two byte offsets.
    #[must_use]
    pub fn slice(&self, from: usize, to: usize) -> &'a str {
        self.text.get(from..to).unwrap_or_default()
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Returns the bytes `from..end`, counted from the current position, and moves to `skip` bytes after `end`.
    fn take(&mut self, from: usize, end: usize, skip: usize) -> &'a str {
        let taken = self.slice(self.at + from, self.at + end);
        self.at = (self.at + end + skip).min(self.text.len());
        taken
    }

    /// The content of a section that starts `from` bytes from here and ends with `close`, or if that is missing, with the
    /// document.
    fn section(&mut self, from: usize, close: &str) -> &'a str {
        let rest = self.rest().as_bytes();
        match memmem::find(rest.get(from..).unwrap_or_default(), close.as_bytes()) {
            Some(at) => {
                self.scanned += at;
                self.take(from, from + at, close.len())
            }
            None => {
                self.repairs.add(Warning::Truncated);
                let all = rest.len();
                self.scanned += all;
                self.take(from.min(all), all, 0)
            }
        }
    }

    /// A document type declaration, which may contain declarations in brackets with `>` in them.
    fn doctype(&mut self) -> &'a str {
        let rest = self.rest().as_bytes();
        self.doctypes += 1;
        if self.doctypes > 1 {
            // A document has only one. Finding the end of each of many would take quadratic time.
            return self.section(9, ">");
        }
        let (mut brackets, mut quote) = (0_usize, 0_u8);
        for (i, &b) in rest.iter().enumerate().skip(9) {
            match b {
                _ if quote != 0 => quote = if b == quote { 0 } else { quote },
                b'"' | b'\'' => quote = b,
                b'[' => brackets += 1,
                b']' => brackets = brackets.saturating_sub(1),
                b'>' if brackets == 0 => {
                    self.scanned += i;
                    return self.take(9, i, 1);
                }
                _ => {}
            }
        }
        self.scanned += rest.len();
        // A quote is not closed: the first `>` ends the declaration.
        self.section(9, ">")
    }
}

/// True for a byte that can start a name.
fn begins_name(b: u8) -> bool {
    b.is_ascii_alphabetic() || b == b'_' || b == b':' || b >= 0x80
}

/// Length of the name at the start of `bytes`.
fn name_length(bytes: &[u8]) -> usize {
    bytes.iter().position(|&b| b.is_ascii_whitespace() || matches!(b, b'>' | b'/' | b'<')).unwrap_or(bytes.len())
}

impl<'a> Iterator for Tokenizer<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        loop {
            let begun = self.at;
            let rest = self.rest().as_bytes();
            let second = match rest {
                [] => return None,
                [b'<', second, ..] => *second,
                [b'<'] => {
                    self.repairs.add(Warning::Truncated);
                    self.at += 1;
                    return None;
                }
                _ => {
                    let end = memchr(b'<', rest).unwrap_or(rest.len());
                    self.scanned += end;
                    return Some(Token::Text(self.take(0, end, 0)));
                }
            };
            match second {
                b'!' if rest.starts_with(b"<![CDATA[") => return Some(Token::CData(self.section(9, "]]>"))),
                b'!' if rest.starts_with(b"<!--") => {
                    self.section(4, "-->");
                }
                b'!' if rest.get(..9).is_some_and(|r| r.eq_ignore_ascii_case(b"<!DOCTYPE")) => {
                    return Some(Token::Doctype(self.doctype()));
                }
                b'!' => {
                    self.repairs.add(Warning::Markup);
                    self.section(2, ">");
                }
                b'?' => {
                    self.section(2, "?>");
                }
                b'/' if rest.get(2).copied().is_some_and(begins_name) => {
                    let length = name_length(rest.get(2..).unwrap_or_default());
                    let name = self.slice(self.at + 2, self.at + 2 + length);
                    match rest.get(2 + length..).and_then(|r| memchr::memchr2(b'>', b'<', r).map(|i| (i, r[i]))) {
                        Some((i, b'>')) => self.at += 2 + length + i + 1,
                        Some((i, _)) => {
                            self.repairs.add(Warning::Markup);
                            self.at += 2 + length + i;
                        }
                        None => {
                            self.repairs.add(Warning::Truncated);
                            self.at = self.text.len();
                        }
                    }
                    self.scanned += self.at - begun;
                    return Some(Token::End { name });
                }
                b if begins_name(b) => match self.start_tag(rest) {
                    Some(token) => return Some(token),
                    None => return None,
                },
                _ => {
                    // A stray `<` and what follows up to the next one are text.
                    self.repairs.add(Warning::Markup);
                    let end = memchr(b'<', rest.get(1..).unwrap_or_default()).map_or(rest.len(), |i| i + 1);
                    self.scanned += end;
                    return Some(Token::Text(self.take(0, end, 0)));
                }
            }
        }
    }
}

impl<'a> Tokenizer<'a> {
    fn start_tag(&mut self, rest: &'a [u8]) -> Option<Token<'a>> {
        let length = name_length(rest.get(1..).unwrap_or_default());
        let begin = 1 + length;
        let (mut at, mut quote) = (begin, 0_u8);
        let mut inner = false;
        let end = loop {
            let Some(ahead) = rest.get(at..) else { break None };
            if quote == 0 {
                match ahead.iter().position(|&b| matches!(b, b'>' | b'<' | b'"' | b'\'')).map(|i| (i, ahead[i])) {
                    Some((i, b'>')) => break Some((at + i, 1)),
                    // The next tag starts before this one is closed.
                    Some((i, b'<')) => {
                        self.repairs.add(Warning::Markup);
                        break Some((at + i, 0));
                    }
                    Some((i, q)) => {
                        // A quote opens a value only after `=`.
                        let before = rest.get(begin..at + i).unwrap_or_default().trim_ascii_end();
                        if before.ends_with(b"=") {
                            quote = q;
                        }
                        at += i + 1;
                    }
                    None => break None,
                }
            } else {
                match memchr::memchr2(quote, b'<', ahead).map(|i| (i, ahead[i])) {
                    Some((i, b'<')) => {
                        inner = true;
                        at += i + 1;
                    }
                    Some((i, _)) => {
                        quote = 0;
                        at += i + 1;
                    }
                    None => break None,
                }
            }
        };
        // Without an end, everything was scanned, and may be scanned again for the first `>`.
        self.scanned += end.map_or(2 * rest.len(), |(end, _)| end);
        let (end, skip) = match (end, inner) {
            (Some((end, skip)), inner) => {
                if inner {
                    self.repairs.add(Warning::Markup);
                }
                (end, skip)
            }
            // The quote of a value is not closed: the tag ends at its first `>`, if any.
            (None, _) => match memchr(b'>', rest.get(begin..).unwrap_or_default()) {
                Some(i) if quote != 0 => {
                    self.repairs.add(Warning::Markup);
                    (begin + i, 1)
                }
                _ => {
                    self.repairs.add(Warning::Truncated);
                    self.at = self.text.len();
                    return None;
                }
            },
        };
        let name = self.slice(self.at + 1, self.at + begin);
        let inside = self.take(begin, end, skip);
        let (attributes, empty) = match inside.strip_suffix('/') {
            Some(cut) => (cut, true),
            None => (inside, false),
        };
        Some(Token::Start { name, attributes, empty })
    }
}

/// An iterator over attributes as written: name and value. Values without quotes and names without values are accepted.
#[derive(Debug, Clone)]
pub struct Attributes<'a> {
    rest: &'a str,
}

/// The attributes of a start tag, given as everything between its name and `>`.
#[must_use]
pub fn attributes(inside: &str) -> Attributes<'_> {
    Attributes { rest: inside }
}

impl<'a> Iterator for Attributes<'a> {
    type Item = (&'a str, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        let rest =
            self.rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || matches!(c, '/' | '"' | '\'' | '='));
        let end = rest.find(|c: char| c.is_ascii_whitespace() || c == '=').unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        if name.is_empty() {
            self.rest = "";
            return None;
        }
        let Some(value) = after.trim_ascii_start().strip_prefix('=').map(str::trim_ascii_start) else {
            self.rest = after;
            return Some((name, ""));
        };
        let (value, after) = match value.chars().next() {
            Some(q @ ('"' | '\'')) => {
                let inner = value.get(1..).unwrap_or_default();
                inner.split_once(q).unwrap_or((inner, ""))
            }
            _ => value.split_at(value.find(|c: char| c.is_ascii_whitespace()).unwrap_or(value.len())),
        };
        self.rest = after;
        Some((name, value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> (Vec<String>, Vec<Warning>) {
        let mut tokens = Tokenizer::new(text);
        let all = tokens.by_ref().map(|t| format!("{t:?}")).collect();
        (all, tokens.repairs.warnings())
    }

    #[test]
    fn stray_brackets_are_text_and_a_repair() {
        let (tokens, repairs) = shown("<t>1 < 2 <3</t>");
        assert_eq!(
            tokens,
            [
                r#"Start { name: "t", attributes: "", empty: false }"#,
                r#"Text("1 ")"#,
                r#"Text("< 2 ")"#,
                r#"Text("<3")"#,
                r#"End { name: "t" }"#
            ]
        );
        assert_eq!(repairs, ["markup-repaired"]);
    }

    #[test]
    fn a_truncated_tag_ends_the_document() {
        for cut in [
            "<t><a href=\"x",
            "<t><a",
            "<t><",
            "<t></",
            "<t></t",
            "<t><!-- x",
            "<t><![CDATA[x",
            "<!DOCTYPE x [",
            "<?xml",
        ] {
            let (tokens, _) = shown(cut);
            assert!(tokens.len() <= 2, "{cut}: {tokens:?}");
        }
    }

    #[test]
    fn malformed_attributes_are_read() {
        let all: Vec<_> = attributes(r#" a="1>" b='2' c=3 d e = "5" f="unclosed"#).collect();
        assert_eq!(all, [("a", "1>"), ("b", "2"), ("c", "3"), ("d", ""), ("e", "5"), ("f", "unclosed")]);
    }
}
