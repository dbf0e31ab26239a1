//! Decodes the references in character data.

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::HashMap;

use memchr::memchr;

use super::characters::windows_1252;
use super::repairs::Repairs;
use proto::Warning;

/// The entities that a document declares, by name. A replacement is never searched for further entities, so that it cannot
/// expand exponentially.
#[derive(Debug, Clone, Default)]
pub struct EntityDeclarations {
    all: HashMap<String, String>,
    /// Bytes of the replacements so far.
    used: Cell<usize>,
}

/// Maximum number of declared entities; further declarations are ignored.
const MAX_DECLARATIONS: usize = 256;
/// Maximum bytes of a replacement; a declaration with a longer one is ignored.
const MAX_DECLARATION_BYTES: usize = 1024;
/// Maximum bytes of all replacements in a document. After that, references to declared entities stay as written.
const MAX_REPLACED_BYTES: usize = 1 << 20;

impl EntityDeclarations {
    /// Parses the internal general entities of a document type declaration (XML 1.0 section 4.2), given without its brackets.
    #[must_use]
    pub fn parse(doctype: &str) -> Self {
        let mut all = HashMap::new();
        for part in doctype.split("<!ENTITY").skip(1).take(MAX_DECLARATIONS) {
            let part = part.trim_start();
            let Some((name, value)) = part.split_once(|c: char| c.is_ascii_whitespace()) else { continue };
            let value = value.trim_start();
            let Some(quote) = value.chars().next().filter(|q| matches!(q, '"' | '\'')) else { continue };
            let Some((value, _)) = value.get(1..).and_then(|v| v.split_once(quote)) else { continue };
            if name == "%" || value.len() > MAX_DECLARATION_BYTES {
                continue;
            }
            // Within a replacement, references to declared entities stay as written.
            let mut ignored = Repairs::default();
            let value = decode(value, &Self::default(), &mut ignored).into_owned();
            // The first declaration of a name is binding (XML 1.0 section 4.2).
            all.entry(name.to_owned()).or_insert(value);
        }
        Self { all, used: Cell::new(0) }
    }

    fn get(&self, name: &str) -> Option<&str> {
        if self.used.get() > MAX_REPLACED_BYTES {
            return None;
        }
        let value = self.all.get(name).map(String::as_str);
        self.used.set(self.used.get() + value.map_or(0, |v| v.len() + 1));
        value
    }
}

/// What a text that starts with `&` starts with.
enum Reference<'a> {
    /// A reference: its replacement, and its length in bytes with `&` and `;`.
    Valid(Cow<'a, str>, usize),
    /// A reference to a character that does not exist: its length in bytes.
    Invalid(usize),
    /// A bare ampersand.
    None,
}

/// Decodes the references in `raw`: to the entities of XML, of HTML and of the document, and to characters by decimal or
/// hexadecimal number. Anything else stays as written.
#[must_use]
pub fn decode<'a>(raw: &'a str, declared: &EntityDeclarations, repairs: &mut Repairs) -> Cow<'a, str> {
    let Some(first) = memchr(b'&', raw.as_bytes()) else { return Cow::Borrowed(raw) };
    let mut out = String::with_capacity(raw.len());
    let (mut rest, mut next) = (raw, Some(first));
    while let Some(at) = next {
        let (before, after) = rest.split_at(at);
        out.push_str(before);
        let length = match reference(after, declared, repairs) {
            Reference::Valid(text, length) => {
                out.push_str(&text);
                length
            }
            Reference::Invalid(length) => {
                repairs.add(Warning::BadReference);
                length
            }
            Reference::None => {
                repairs.add(Warning::BareAmpersand);
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

/// More than the longest name of HTML, `CounterClockwiseContourIntegral`.
const MAX_NAME_BYTES: usize = 40;

fn reference<'a>(text: &'a str, declared: &'a EntityDeclarations, repairs: &mut Repairs) -> Reference<'a> {
    let inside = text.get(1..).unwrap_or_default();
    if let Some(number) = inside.strip_prefix('#') {
        return numeric(number, repairs);
    }
    let name = inside
        .bytes()
        .take(MAX_NAME_BYTES)
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
                return Reference::Valid(Cow::Borrowed(own), name + 2);
            }
            return match html_entity(name_text) {
                Some(html) => {
                    repairs.add(Warning::NamedEntities);
                    Reference::Valid(Cow::Borrowed(html), name + 2)
                }
                None => Reference::None,
            };
        }
    };
    Reference::Valid(Cow::Borrowed(plain), name + 2)
}

/// The replacement of an HTML entity (HTML standard section 13.5).
fn html_entity(name: &str) -> Option<&'static str> {
    let mut key = [0_u8; MAX_NAME_BYTES + 2];
    let used = name.len() + 2;
    let slot = key.get_mut(..used)?;
    slot[0] = b'&';
    slot[1..used - 1].copy_from_slice(name.as_bytes());
    slot[used - 1] = b';';
    htmlize::ENTITIES.get(&*slot).and_then(|bytes| std::str::from_utf8(bytes).ok())
}

/// The number that `text`, behind `&#`, begins with, `None` if it is too large; the bytes of the whole reference; and whether it is
/// closed. `None` if there are no digits.
fn number_of(text: &str) -> Option<(Option<u32>, usize, bool)> {
    let (digits, radix, skipped) = match text.as_bytes().first() {
        Some(b'x' | b'X') => (text.get(1..).unwrap_or_default(), 16, 3),
        _ => (text, 10, 2),
    };
    let length = digits.bytes().take(MAX_NAME_BYTES).take_while(|b| char::from(*b).is_digit(radix)).count();
    if length == 0 {
        return None;
    }
    let closed = digits.as_bytes().get(length) == Some(&b';');
    let number = digits.get(..length).and_then(|digits| u32::from_str_radix(digits, radix).ok());
    Some((number, skipped + length + usize::from(closed), closed))
}

/// The character whose two surrogates are the number `high` and the reference that `rest` begins with, and the bytes of that one.
/// Programs that count in UTF-16 write an emoji so.
fn joined(high: u32, rest: &str) -> Option<(char, usize)> {
    let (low, length, _) = number_of(rest.strip_prefix("&#")?)?;
    let pair = [u16::try_from(high).ok()?, u16::try_from(low?).ok()?];
    (0xD800..0xDC00).contains(&pair[0]).then_some(())?;
    Some((char::decode_utf16(pair).next()?.ok()?, length))
}

fn numeric<'a>(text: &str, repairs: &mut Repairs) -> Reference<'a> {
    let Some((number, all, closed)) = number_of(text) else { return Reference::None };
    if !closed {
        repairs.add(Warning::BadReference);
    }
    let rest = text.get(all - 2..).unwrap_or_default();
    if let Some((joined, length)) = number.and_then(|high| joined(high, rest)) {
        repairs.add(Warning::BadReference);
        return Reference::Valid(Cow::Owned(joined.to_string()), all + length);
    }
    match number.and_then(|number| character(number, repairs)) {
        Some(c) if is_allowed(c) => Reference::Valid(Cow::Owned(c.to_string()), all),
        _ => Reference::Invalid(all),
    }
}

/// The character of a number. 128 to 159 are decoded as Windows-1252 (HTML standard section 13.2.5.80).
fn character(number: u32, repairs: &mut Repairs) -> Option<char> {
    match u8::try_from(number) {
        Ok(byte @ 0x80..=0x9F) => {
            repairs.add(Warning::BadReference);
            windows_1252(byte)
        }
        _ => char::from_u32(number),
    }
}

/// True for the characters of XML 1.0 section 2.2.
fn is_allowed(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..)
}

/// Appends `text` to markup, with `&`, `<` and `>` as references.
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

    fn read(raw: &str) -> (String, Vec<Warning>) {
        let mut repairs = Repairs::default();
        (decode(raw, &EntityDeclarations::default(), &mut repairs).into_owned(), repairs.warnings())
    }

    #[test]
    fn references_of_every_kind_are_decoded() {
        assert_eq!(read("a &amp; b &#x41;&#66; &lt;"), ("a & b AB <".into(), vec![]));
        assert_eq!(read("caf&eacute; &hellip;"), ("café …".into(), vec![Warning::NamedEntities]));
        assert_eq!(read("AT&T & Co &nosuch; &"), ("AT&T & Co &nosuch; &".into(), vec![Warning::BareAmpersand]));
        assert_eq!(read("&#146;&#0;&#xD800;&#99999999999;&#65 x"), ("’A x".into(), vec![Warning::BadReference]));
    }

    #[test]
    fn references_to_two_surrogates_are_one_character() {
        for raw in ["&#55357;&#56911; all", "&#xD83D;&#xDE4F; all", "&#55357;&#xde4f; all"] {
            assert_eq!(read(raw), ("\u{1f64f} all".into(), vec![Warning::BadReference]));
        }
        assert_eq!(read("&#xDE4F;&#xD83D;&#65;").0, "A");
    }

    #[test]
    fn declared_entities_are_replaced_once() {
        let own = EntityDeclarations::parse(r#" rss [<!ENTITY a "x&#38;"><!ENTITY b '&a;&a;'>]"#);
        let mut repairs = Repairs::default();
        assert_eq!(decode("&a; &b;", &own, &mut repairs), "x& &a;&a;");
    }
}
