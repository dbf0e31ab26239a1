//! Text of others on a terminal: a feed's title may hold escape sequences that move the cursor, or characters that reorder
//! a line.
//!
//! Each such character is written as the escape of JSON (RFC 8259 section 7), `\u001b`: JSON keeps its value, and a reader
//! sees what was there.

use clap::builder::styling::{AnsiColor, Style};
use std::{
    borrow::Cow,
    fmt::Write as _,
    io::{self, Write},
};

/// True for characters that act on a terminal: C0, DEL and C1 controls, line separators, and controls of the direction of
/// text (Unicode Bidi_Control except the marks that Arabic and Hebrew texts use).
#[must_use]
pub fn is_control(c: char) -> bool {
    matches!(c, '\0'..='\x1f' | '\x7f'..='\u{9f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{206f}')
}

/// A text on one line: controls are escaped, also line breaks and tabs.
#[must_use]
pub fn line(text: &str) -> Cow<'_, str> {
    if text.contains(is_control) { Cow::Owned(escaped(text, |_| false)) } else { Cow::Borrowed(text) }
}

fn escaped(text: &str, is_kept: impl Fn(char) -> bool) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_control(c) && !is_kept(c) {
            let _ = write!(out, "\\u{:04x}", u32::from(c));
        } else {
            out.push(c);
        }
    }
    out
}

/// True if a stream, which may be a terminal, is to have colours: a terminal that can show them, unless NO_COLOR
/// (no-color.org) is set.
#[must_use]
pub fn wants_colours(is_terminal: bool) -> bool {
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    is_terminal && !is_set("NO_COLOR") && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// Erases the line of the cursor on a terminal (ECMA-48, EL), and returns to its begin: a line of progress may stand there.
pub fn erase_line(terminal: &mut impl Write) {
    // A terminal that is gone is no reason to end.
    drop(terminal.write_all(b"\r\x1b[K"));
}

/// What a colour means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    /// The head of a table: bold.
    Heading,
    /// What is wrong: red.
    Fault,
}

impl Colour {
    fn style(self) -> Style {
        match self {
            Colour::Heading => Style::new().bold(),
            Colour::Fault => AnsiColor::Red.on_default(),
        }
    }
}

/// A writer that escapes controls except line breaks and tabs. Bytes that are not UTF-8 become U+FFFD.
#[derive(Debug)]
pub struct Escaped<W> {
    inner: W,
    /// The beginning of a character whose other bytes have not been written yet.
    partial: Vec<u8>,
}

impl<W: Write> Escaped<W> {
    /// Writes to `inner`.
    pub fn new(inner: W) -> Self {
        Escaped { inner, partial: Vec::new() }
    }

    /// Begins a colour.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn write_colour(&mut self, colour: Colour) -> io::Result<()> {
        write!(self.inner, "{}", colour.style())
    }

    /// Ends a colour.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn end_colour(&mut self, colour: Colour) -> io::Result<()> {
        write!(self.inner, "{:#}", colour.style())
    }
}

impl<W: Write> Write for Escaped<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let joined = (!self.partial.is_empty()).then(|| [self.partial.as_slice(), bytes].concat());
        let mut rest = joined.as_deref().unwrap_or(bytes);
        let mut text = String::with_capacity(rest.len());
        let partial = loop {
            match std::str::from_utf8(rest) {
                Ok(valid) => {
                    text.push_str(valid);
                    break Vec::new();
                }
                Err(error) => {
                    let (valid, invalid) = rest.split_at(error.valid_up_to());
                    text.push_str(&String::from_utf8_lossy(valid));
                    let Some(length) = error.error_len() else { break invalid.to_vec() };
                    text.push(char::REPLACEMENT_CHARACTER);
                    rest = invalid.get(length..).unwrap_or_default();
                }
            }
        };
        let is_kept = |c| matches!(c, '\n' | '\t');
        if text.contains(|c| is_control(c) && !is_kept(c)) {
            text = escaped(&text, is_kept);
        }
        self.inner.write_all(text.as_bytes())?;
        self.partial = partial;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// A writer for a log, whose writes are one line each: line breaks within a line are escaped as well.
#[derive(Debug)]
pub struct LogLines<W>(pub W);

impl<W: Write> Write for LogLines<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(bytes);
        let text = text.strip_suffix('\n').unwrap_or(&text);
        self.0.write_all(format!("{}\n", line(text)).as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(parts: &[&[u8]]) -> String {
        let mut out = Escaped::new(Vec::new());
        for part in parts {
            out.write_all(part).unwrap();
        }
        String::from_utf8(out.inner).unwrap()
    }

    #[test]
    fn controls_are_escaped_and_text_of_any_script_is_not() {
        assert_eq!(
            written(&["a\x1b[2J\u{9b}31m\u{7f}\r\u{202e}b\u{2066}\n\té".as_bytes()]),
            "a\\u001b[2J\\u009b31m\\u007f\\u000d\\u202eb\\u2066\n\té"
        );
        assert_eq!(line("one\ntwo\x1b"), "one\\u000atwo\\u001b");
        let plain = "Zürich می‌خواهم 東京 👩‍👩‍👧";
        assert_eq!((written(&[plain.as_bytes()]).as_str(), &*line(plain)), (plain, plain));
    }

    #[test]
    fn a_log_line_stays_one_line() {
        let mut out = LogLines(Vec::new());
        out.write_all("feed \"a\nINFO forged\x1b[31m\"\n".as_bytes()).unwrap();
        assert_eq!(String::from_utf8(out.0).unwrap(), "feed \"a\\u000aINFO forged\\u001b[31m\"\n");
    }

    #[test]
    fn bytes_that_are_not_utf8_do_not_pass() {
        assert_eq!(written(&[b"a\x9b31m\xff"]), "a\u{fffd}31m\u{fffd}");
    }

    proptest::proptest! {
        /// Whatever the writes, the output is that of one write, without controls.
        #[test]
        fn the_boundaries_of_writes_do_not_matter(text: String, cut in 0..40_usize) {
            let bytes = text.as_bytes();
            let cut = cut.min(bytes.len());
            let whole = written(&[bytes]);
            proptest::prop_assert_eq!(&written(&[&bytes[..cut], &bytes[cut..]]), &whole);
            proptest::prop_assert!(!whole.contains(|c| is_control(c) && c != '\n' && c != '\t'));
        }
    }
}
