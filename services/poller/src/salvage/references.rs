//! Character data: references decoded as they are meant.

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::HashMap;

use memchr::memchr;

use super::repair::{Repair, Repairs};

/// Entities that a document declares itself: name and replacement text. Looked up once, never within one another, so
/// that no bomb can go off.
#[derive(Debug, Clone, Default)]
pub struct EntityDeclarations {
    all: HashMap<String, String>,
    /// Bytes that they have been replaced by so far.
    used: Cell<usize>,
}

/// Declarations beyond these are ignored: number, and length of a replacement in bytes.
const MOST_DECLARED: usize = 256;
const LONGEST_DECLARED: usize = 1024;
/// Bytes of replacements in one document; references beyond that stay as they are written.
const MOST_REPLACED: usize = 1 << 20;

impl EntityDeclarations {
    /// Reads the internal general entities out of the inside of a doctype (XML 1.0 section 4.2).
    #[must_use]
    pub fn read(doctype: &str) -> Self {
        let mut all = HashMap::new();
        for part in doctype.split("<!ENTITY").skip(1).take(MOST_DECLARED) {
            let part = part.trim_start();
            let Some((name, value)) = part.split_once(|c: char| c.is_ascii_whitespace()) else { continue };
            let value = value.trim_start();
            let Some(quote) = value.chars().next().filter(|q| matches!(q, '"' | '\'')) else { continue };
            let Some((value, _)) = value.get(1..).and_then(|v| v.split_once(quote)) else { continue };
            if name == "%" || value.len() > LONGEST_DECLARED {
                continue;
            }
            // Only references to characters count inside a replacement.
            let mut ignored = Repairs::default();
            let value = decode(value, &Self::default(), &mut ignored).into_owned();
            // The first declaration of a name is binding (XML 1.0 section 4.2).
            all.entry(name.to_owned()).or_insert(value);
        }
        Self { all, used: Cell::new(0) }
    }

    fn get(&self, name: &str) -> Option<&str> {
        if self.used.get() > MOST_REPLACED {
            return None;
        }
        let value = self.all.get(name).map(String::as_str);
        self.used.set(self.used.get() + value.map_or(0, |v| v.len() + 1));
        value
    }
}

/// One reference at the start of a text.
enum Reference<'a> {
    /// What it stands for, and its length with `&` and `;`.
    Is(Cow<'a, str>, usize),
    /// Refers to nothing; its length.
    Bad(usize),
    /// None: an ampersand that is meant as such.
    None,
}

/// Decodes the references in `raw`: XML's five, HTML's names, the document's own, numbers in decimal and hexadecimal.
/// What is none is left as it stands.
#[must_use]
pub fn decode<'a>(raw: &'a str, declared: &EntityDeclarations, repairs: &mut Repairs) -> Cow<'a, str> {
    let Some(first) = memchr(b'&', raw.as_bytes()) else { return Cow::Borrowed(raw) };
    let mut out = String::with_capacity(raw.len());
    let (mut rest, mut next) = (raw, Some(first));
    while let Some(at) = next {
        let (before, after) = rest.split_at(at);
        out.push_str(before);
        let length = match reference(after, declared, repairs) {
            Reference::Is(text, length) => {
                out.push_str(&text);
                length
            }
            Reference::Bad(length) => {
                repairs.add(Repair::BadReference);
                length
            }
            Reference::None => {
                repairs.add(Repair::BareAmpersand);
                out.push('&');
                1
            }
        };
        rest = after.get(length..).unwrap_or_default();
        next = memchr(b'&', rest.as_bytes());
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// The longest name of HTML is `CounterClockwiseContourIntegral;`.
const LONGEST_NAME: usize = 40;

fn reference<'a>(text: &'a str, declared: &'a EntityDeclarations, repairs: &mut Repairs) -> Reference<'a> {
    let inside = text.get(1..).unwrap_or_default();
    if let Some(number) = inside.strip_prefix('#') {
        return numeric(number, repairs);
    }
    let name = inside
        .bytes()
        .take(LONGEST_NAME)
        .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b':'))
        .count();
    let name_text = inside.get(..name).unwrap_or_default();
    let closed = inside.as_bytes().get(name) == Some(&b';');
    if name == 0 || !closed {
        return Reference::None;
    }
    let plain = match name_text {
        "amp" => "&",
        "lt" => "<",
        "gt" => ">",
        "quot" => "\"",
        "apos" => "'",
        _ => {
            if let Some(own) = declared.get(name_text) {
                return Reference::Is(Cow::Borrowed(own), name + 2);
            }
            return match named(name_text) {
                Some(html) => {
                    repairs.add(Repair::NamedEntities);
                    Reference::Is(Cow::Borrowed(html), name + 2)
                }
                None => Reference::None,
            };
        }
    };
    Reference::Is(Cow::Borrowed(plain), name + 2)
}

/// What HTML's entity `name` stands for (HTML Living Standard section 13.5).
fn named(name: &str) -> Option<&'static str> {
    let mut key = [0_u8; LONGEST_NAME + 2];
    let used = name.len() + 2;
    let slot = key.get_mut(..used)?;
    slot[0] = b'&';
    slot[1..used - 1].copy_from_slice(name.as_bytes());
    slot[used - 1] = b';';
    htmlize::ENTITIES.get(&*slot).and_then(|bytes| std::str::from_utf8(bytes).ok())
}

fn numeric<'a>(number: &str, repairs: &mut Repairs) -> Reference<'a> {
    let (digits, radix, skipped) = match number.as_bytes().first() {
        Some(b'x' | b'X') => (number.get(1..).unwrap_or_default(), 16, 3),
        _ => (number, 10, 2),
    };
    let length = digits.bytes().take(LONGEST_NAME).take_while(|b| char::from(*b).is_digit(radix)).count();
    if length == 0 {
        return Reference::None;
    }
    let closed = digits.as_bytes().get(length) == Some(&b';');
    if !closed {
        repairs.add(Repair::BadReference);
    }
    let all = skipped + length + usize::from(closed);
    let scalar =
        digits.get(..length).and_then(|d| u32::from_str_radix(d, radix).ok()).and_then(|n| windows(n, repairs));
    match scalar {
        Some(c) if allowed(c) => Reference::Is(Cow::Owned(c.to_string()), all),
        _ => Reference::Bad(all),
    }
}

/// Numbers 128 to 159 are control characters in Unicode, and Windows-1252 in everyone's mind (HTML section 13.2.5.80).
fn windows(number: u32, repairs: &mut Repairs) -> Option<char> {
    match u8::try_from(number) {
        Ok(byte @ 0x80..=0x9F) => {
            repairs.add(Repair::BadReference);
            encoding_rs::WINDOWS_1252.decode_without_bom_handling(&[byte]).0.chars().next()
        }
        _ => char::from_u32(number),
    }
}

/// XML 1.0 section 2.2.
fn allowed(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..)
}

/// `text` without the characters that XML forbids; `None` where there are none.
#[must_use]
pub fn without_controls(text: &str) -> Option<String> {
    // Byte by byte, which vectorises; U+FFFE and U+FFFF harm nobody.
    let bad = |b: &u8| *b < 0x20 && !matches!(*b, b'\t' | b'\n' | b'\r') || *b == 0x7F;
    let any = text.as_bytes().chunks(4096).any(|chunk| chunk.iter().fold(false, |any, b| any | bad(b)));
    any.then(|| text.chars().filter(|c| !(u32::from(*c) < 0x80 && bad(&(*c as u8)))).collect())
}

/// `text` with the control characters of ISO 8859-1 (128 to 159) as the characters of Windows-1252 that were meant; `None`
/// where there are none.
#[must_use]
pub fn without_c1(text: &str) -> Option<String> {
    // In UTF-8 they are 0xC2 and one more byte.
    let bytes = text.as_bytes();
    let c1 = |at: usize| bytes.get(at + 1).is_some_and(|next| (0x80..0xA0).contains(next));
    if !memchr::memchr_iter(0xC2, bytes).any(c1) {
        return None;
    }
    let meant = |c: char| match u8::try_from(u32::from(c)) {
        Ok(byte @ 0x80..=0x9F) => {
            encoding_rs::WINDOWS_1252.decode_without_bom_handling(&[byte]).0.chars().next().unwrap_or(c)
        }
        _ => c,
    };
    // The five that Windows-1252 lacks stay what they are, and go.
    Some(text.chars().map(meant).filter(|c| !('\u{80}'..='\u{9f}').contains(c)).collect())
}

/// The five characters of XML's markup as references: for text that goes among markup.
pub fn escape_into(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            c => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(raw: &str) -> (String, Vec<&'static str>) {
        let mut repairs = Repairs::default();
        (decode(raw, &EntityDeclarations::default(), &mut repairs).into_owned(), repairs.names())
    }

    #[test]
    fn references_of_every_kind() {
        assert_eq!(read("a &amp; b &#x41;&#66; &lt;"), ("a & b AB <".into(), vec![]));
        assert_eq!(read("caf&eacute; &hellip;"), ("café …".into(), vec!["named_entities_decoded"]));
        assert_eq!(read("AT&T & Co &nosuch; &"), ("AT&T & Co &nosuch; &".into(), vec!["ampersands_escaped"]));
        assert_eq!(read("&#146;&#0;&#xD800;&#99999999999;&#65 x"), ("’A x".into(), vec!["references_repaired"]));
    }

    #[test]
    fn declared_entities_are_replaced_once() {
        let own = EntityDeclarations::read(r#" rss [<!ENTITY a "x&#38;"><!ENTITY b '&a;&a;'>]"#);
        let mut repairs = Repairs::default();
        assert_eq!(decode("&a; &b;", &own, &mut repairs), "x& &a;&a;");
    }

    #[test]
    fn control_characters_go() {
        assert_eq!(without_controls("a\u{0}b\u{1f}\n").as_deref(), Some("ab\n"));
        assert_eq!(without_controls("é\n"), None);
        assert_eq!(without_c1("don\u{92}t\u{81} « é »").as_deref(), Some("don’t « é »"));
        assert_eq!(without_c1("« é »\u{a0}"), None);
    }
}
