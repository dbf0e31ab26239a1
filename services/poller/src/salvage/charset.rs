//! Decodes the bytes of a document.
//!
//! Sources of the encoding are, in the order of RFC 7303 and appendix F of XML 1.0, the byte order mark, the first bytes, the
//! HTTP header and the XML declaration. One that does not decode the bytes without error is skipped. If none does, the
//! encoding is detected.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use memchr::memmem;

use super::repairs::Repairs;
use proto::Warning;

/// Bytes, from the first one beyond ASCII, that detection reads.
const SAMPLE_BYTES: usize = 256 << 10;

/// A decoded document.
#[derive(Debug)]
pub struct Decoded<'a> {
    /// The text, without byte order mark.
    pub text: Cow<'a, str>,
    /// The WHATWG name of the encoding, or `UTF-32LE` or `UTF-32BE`.
    pub encoding: &'static str,
}

/// Decodes `bytes`. `content_type` is the HTTP header.
#[must_use]
pub fn decode<'a>(bytes: &'a [u8], content_type: Option<&str>, repairs: &mut Repairs) -> Decoded<'a> {
    let header = content_type.and_then(charset);
    let declared = declared(bytes);
    if let Some(decoded) = utf32(bytes) {
        return decoded;
    }
    let (marked, body) = match Encoding::for_bom(bytes) {
        Some((encoding, length)) => (Some(encoding), bytes.get(length..).unwrap_or_default()),
        None => (utf16_without_mark(bytes), bytes),
    };
    if let Some(encoding) = marked
        && (encoding != UTF_8 || std::str::from_utf8(whole_utf8(body)).is_ok())
    {
        return lossy(encoding, body, repairs);
    }
    // A document that ends within a character is decoded without it.
    let body = whole_utf8(body);
    let from_header = header.and_then(label);
    let from_declaration = declared.and_then(label);
    // A declaration that is readable as ASCII is not in UTF-16, whatever it claims.
    let narrow = |e: &&'static Encoding| *e != UTF_16LE && *e != UTF_16BE;
    let wide_claim = from_header.is_some_and(|e| !narrow(&e)) || from_declaration.is_some_and(|e| !narrow(&e));
    let first = from_header.filter(narrow).or(from_declaration.filter(narrow));
    let unknown = first.is_none() && (header.is_some() || declared.is_some()) && !wide_claim;
    // Text in another encoding is rarely valid UTF-8. For ASCII the choice makes no difference.
    let utf8 = std::str::from_utf8(body);
    let says_otherwise = first.is_some_and(|e| e != UTF_8);
    if let Ok(text) = utf8
        && (!says_otherwise || first.is_some_and(Encoding::is_ascii_compatible))
    {
        let ascii = body.is_ascii();
        // By RFC 3023, text/xml without a charset is US-ASCII, which WHATWG names windows-1252.
        let text_type = header.is_none() && content_type.is_some_and(is_text_xml);
        let first = if text_type && ascii { Some(WINDOWS_1252) } else { first };
        let claimed = first.filter(|_| ascii).unwrap_or(UTF_8);
        if claimed.is_ascii_compatible() {
            if (says_otherwise && !ascii) || wide_claim || unknown {
                repairs.add(Warning::Encoding);
            }
            return Decoded { text: Cow::Borrowed(text), encoding: claimed.name() };
        }
    }
    for encoding in [from_header, from_declaration].into_iter().flatten().filter(narrow) {
        if let Some(text) = strict(encoding, body) {
            if from_header.or(from_declaration) != Some(encoding) {
                repairs.add(Warning::Encoding);
            }
            return Decoded { text, encoding: encoding.name() };
        }
    }
    repairs.add(Warning::Encoding);
    // UTF-8 with invalid bytes is still UTF-8 if most of what is not ASCII is valid.
    if first.is_none_or(|e| e == UTF_8) && mostly_utf8(body) {
        return lossy(UTF_8, body, repairs);
    }
    // The first thousands of characters beyond ASCII are enough to tell encodings apart.
    let from = body.iter().position(|b| !b.is_ascii()).unwrap_or(0);
    let sample = body.get(from..).unwrap_or_default();
    let sample = sample.get(..SAMPLE_BYTES).unwrap_or(sample);
    let mut detector = chardetng::EncodingDetector::new(chardetng::Iso2022JpDetection::Deny);
    detector.feed(sample, from + sample.len() == body.len());
    let guessed = detector.guess(None, chardetng::Utf8Detection::Allow);
    match strict(guessed, body) {
        Some(text) => Decoded { text, encoding: guessed.name() },
        None => lossy(first.unwrap_or(WINDOWS_1252), body, repairs),
    }
}

/// Bytes that are UTF-8 except that they end within a character: without its bytes. Other bytes are returned as they are.
fn whole_utf8(body: &[u8]) -> &[u8] {
    match std::str::from_utf8(body) {
        Err(error) if error.error_len().is_none() => body.get(..error.valid_up_to()).unwrap_or(body),
        _ => body,
    }
}

/// Decodes bytes that are valid in `encoding`, or end within a character, which is left out.
fn strict<'a>(encoding: &'static Encoding, body: &'a [u8]) -> Option<Cow<'a, str>> {
    (0..=3_usize).find_map(|cut| {
        let (kept, rest) = body.split_at_checked(body.len().checked_sub(cut)?)?;
        // The first byte of a character of several is never ASCII.
        let may_be_cut = rest.first().is_none_or(|byte| !byte.is_ascii());
        may_be_cut.then(|| encoding.decode_without_bom_handling_and_without_replacement(kept))?
    })
}

/// UTF-16 that ends within a character, without its bytes.
fn whole_utf16<'a>(encoding: &'static Encoding, body: &'a [u8]) -> &'a [u8] {
    let body = body.get(..body.len() / 2 * 2).unwrap_or(body);
    match body.last_chunk::<2>() {
        Some(last) => {
            let unit = if encoding == UTF_16LE { u16::from_le_bytes(*last) } else { u16::from_be_bytes(*last) };
            let is_half = (0xD800..0xDC00).contains(&unit);
            body.get(..body.len() - if is_half { 2 } else { 0 }).unwrap_or(body)
        }
        None => body,
    }
}

/// Decodes with U+FFFD for invalid bytes.
fn lossy<'a>(encoding: &'static Encoding, body: &'a [u8], repairs: &mut Repairs) -> Decoded<'a> {
    let body = match encoding {
        wide if wide == UTF_16LE || wide == UTF_16BE => whole_utf16(wide, body),
        narrow if narrow == UTF_8 => whole_utf8(body),
        _ => body,
    };
    let (text, bad) = encoding.decode_without_bom_handling(body);
    if bad {
        repairs.add(Warning::BadBytes);
    }
    Decoded { text, encoding: encoding.name() }
}

/// True if valid UTF-8 sequences beyond ASCII outnumber invalid bytes.
fn mostly_utf8(body: &[u8]) -> bool {
    let (mut good, mut bad) = (0_usize, 0_usize);
    for chunk in body.utf8_chunks() {
        good += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        bad += usize::from(!chunk.invalid().is_empty());
    }
    good > bad
}

/// UTF-16 without a byte order mark: every second byte of the first tag is zero.
fn utf16_without_mark(bytes: &[u8]) -> Option<&'static Encoding> {
    match bytes.get(..4)? {
        [b'<', 0, b, 0] if *b != 0 => Some(UTF_16LE),
        [0, b'<', 0, b] if *b != 0 => Some(UTF_16BE),
        _ => None,
    }
}

/// Decodes UTF-32, with a byte order mark or without. encoding_rs lacks it, as WHATWG does.
fn utf32(bytes: &[u8]) -> Option<Decoded<'_>> {
    let (little, skip) = match bytes.get(..4)? {
        [0xFF, 0xFE, 0, 0] => (true, 4),
        [0, 0, 0xFE, 0xFF] => (false, 4),
        [b'<', 0, 0, 0] => (true, 0),
        [0, 0, 0, b'<'] => (false, 0),
        _ => return None,
    };
    let text = bytes.get(skip..)?.chunks_exact(4).map(|four| {
        let four = [four[0], four[1], four[2], four[3]];
        let scalar = if little { u32::from_le_bytes(four) } else { u32::from_be_bytes(four) };
        char::from_u32(scalar).unwrap_or(char::REPLACEMENT_CHARACTER)
    });
    Some(Decoded { text: Cow::Owned(text.collect()), encoding: if little { "UTF-32LE" } else { "UTF-32BE" } })
}

/// The encoding of a label: those of WHATWG, and others that occur in feeds.
fn label(label: &str) -> Option<&'static Encoding> {
    let label = label.trim_matches(|c: char| c.is_ascii_whitespace() || matches!(c, '"' | '\'' | ';'));
    Encoding::for_label(label.as_bytes()).or_else(|| {
        let plain: String = label.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
        let known = match plain.as_str() {
            "utf8" | "utf" | "utf08" | "unicode" => "utf-8",
            "utf16" | "u16" | "ucs2" => "utf-16",
            "iso88591" | "latin" | "ansi" | "cp1252" | "windows1252" | "win1252" => "windows-1252",
            "iso885915" => "iso-8859-15",
            "windows1251" | "win1251" | "cp1251" => "windows-1251",
            "gb2312" | "gb" | "gbk" | "cp936" => "gbk",
            "sjis" | "shiftjis" | "cp932" => "shift_jis",
            "eucjp" => "euc-jp",
            "euckr" | "cp949" | "uhc" => "euc-kr",
            "koi8" => "koi8-r",
            _ => return None,
        };
        Encoding::for_label(known.as_bytes())
    })
}

/// The `charset` parameter of a Content-Type.
fn charset(content_type: &str) -> Option<&str> {
    let lower = content_type.to_ascii_lowercase();
    let at = lower.find("charset")? + "charset".len();
    let value = content_type.get(at..)?.trim_start().strip_prefix('=')?.trim_start();
    let value = value.split(';').next()?.trim().trim_matches(['"', '\'']);
    (!value.is_empty()).then_some(value)
}

/// True for `text/xml` and other XML types under `text/`.
fn is_text_xml(content_type: &str) -> bool {
    let kind = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind.strip_prefix("text/").is_some_and(|kind| kind.ends_with("xml") || kind.starts_with("xml"))
}

/// The encoding in an XML declaration that is readable as ASCII.
fn declared(bytes: &[u8]) -> Option<&str> {
    let head = bytes.get(..bytes.len().min(1024))?;
    let at = memmem::find(head, b"<?xml")?;
    let end = memmem::find(head.get(at..)?, b">")?;
    let inside = head.get(at..at + end)?;
    let name = memmem::find(inside, b"encoding")?;
    let value = inside.get(name + 8..)?.trim_ascii_start().strip_prefix(b"=")?.trim_ascii_start();
    let quote = value.first().filter(|q| matches!(q, b'"' | b'\''))?;
    let value = value.get(1..)?;
    std::str::from_utf8(value.get(..memchr::memchr(*quote, value)?)?).ok().filter(|v| !v.is_empty())
}

/// Undoes double encoding: UTF-8 that was decoded as Windows-1252 or ISO 8859-1 and encoded again, so that `é` became `Ã©`.
/// `None` if there is none.
///
/// Only a run of characters beyond ASCII that as a whole becomes valid UTF-8 is changed, so that a correct `Ã` stays.
#[must_use]
pub fn undo_double_encoding(text: &str) -> Option<String> {
    // How doubly encoded text starts: U+00C3, U+00C2, or U+00E2 before the euro sign, which is U+0080 in ISO 8859-1.
    let suspects: [&[u8]; 4] = [b"\xC3\x83", b"\xC3\x82", b"\xC3\xA2\xE2\x82\xAC", b"\xC3\xA2\xC2\x80"];
    if !suspects.iter().any(|s| memmem::find(text.as_bytes(), s).is_some()) {
        return None;
    }
    // If most runs are doubly encoded, all are. Else only runs that are unlikely to be anything else.
    let (mut all, mut good) = (0_usize, 0_usize);
    for run in runs(text) {
        all += 1;
        good += usize::from(decoded_again(run).is_some());
    }
    let most = good * 2 >= all;
    let (mut out, mut done, mut undone) = (String::with_capacity(text.len()), 0, false);
    for run in runs(text) {
        let Some(decoded) = decoded_again(run)
            .filter(|_| most || run.starts_with(['Ã', 'Â']) || run.starts_with("â€") || run.starts_with("â\u{80}"))
        else {
            continue;
        };
        let at = run.as_ptr().addr() - text.as_ptr().addr();
        out.push_str(text.get(done..at).unwrap_or_default());
        out.push_str(&decoded);
        done = at + run.len();
        undone = true;
    }
    out.push_str(text.get(done..).unwrap_or_default());
    undone.then_some(out)
}

/// Runs of characters beyond ASCII.
fn runs(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| c.is_ascii()).filter(|run| !run.is_empty())
}

/// A run decoded again; `None` if that is not valid UTF-8.
fn decoded_again(run: &str) -> Option<String> {
    let bytes: Option<Vec<u8>> = run.chars().map(windows_1252_byte).collect();
    String::from_utf8(bytes?).ok()
}

/// The byte that Windows-1252 or ISO 8859-1 decodes to `c`.
fn windows_1252_byte(c: char) -> Option<u8> {
    if let Ok(b) = u8::try_from(u32::from(c)) {
        return Some(b);
    }
    let mut buffer = [0; 4];
    let (bytes, _, unmappable) = WINDOWS_1252.encode(c.encode_utf8(&mut buffer));
    if unmappable { None } else { bytes.first().copied() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8], header: Option<&str>) -> (String, &'static str, Vec<Warning>) {
        let mut repairs = Repairs::default();
        let decoded = decode(bytes, header, &mut repairs);
        (decoded.text.into_owned(), decoded.encoding, repairs.warnings())
    }

    #[test]
    fn utf16_and_utf32_are_decoded_with_and_without_a_mark() {
        for (mark, text) in [("", "<a>é</a>"), ("\u{feff}", "<a>é</a>")] {
            let all = format!("{mark}{text}");
            let le: Vec<u8> = all.encode_utf16().flat_map(u16::to_le_bytes).collect();
            let be: Vec<u8> = all.encode_utf16().flat_map(u16::to_be_bytes).collect();
            let le4: Vec<u8> = all.chars().flat_map(|c| u32::from(c).to_le_bytes()).collect();
            let be4: Vec<u8> = all.chars().flat_map(|c| u32::from(c).to_be_bytes()).collect();
            for (bytes, name) in [(le, "UTF-16LE"), (be, "UTF-16BE"), (le4, "UTF-32LE"), (be4, "UTF-32BE")] {
                assert_eq!(read(&bytes, None), (text.to_owned(), name, vec![]));
            }
        }
    }

    #[test]
    fn a_document_that_ends_within_a_character_is_decoded_without_it() {
        for (label, text) in
            [("utf-8", "<a>ö"), ("shift_jis", "<a>日本"), ("gb18030", "<a>中\u{10ffff}"), ("euc-kr", "<a>한국")]
        {
            let all = Encoding::for_label(label.as_bytes()).unwrap().encode(text).0.into_owned();
            let cut = all.get(..all.len() - 1).unwrap();
            let expected: String = text.chars().take(text.chars().count() - 1).collect();
            let (found, _, repairs) = read(cut, Some(&format!("text/xml; charset={label}")));
            assert_eq!((found, repairs), (expected, vec![]), "{label}");
        }
        for unit in [1, 2, 3] {
            let bytes: Vec<u8> = "<a>é\u{10ffff}".encode_utf16().flat_map(u16::to_le_bytes).collect();
            assert_eq!(read(bytes.get(..bytes.len() - unit).unwrap(), None), ("<a>é".into(), "UTF-16LE", vec![]));
        }
    }

    #[test]
    fn the_header_has_precedence_over_the_declaration() {
        let bytes = b"<?xml version='1.0' encoding='utf-8'?><a>\xe9</a>";
        assert_eq!(
            read(bytes, Some("text/xml; charset=iso-8859-1")).0,
            "<?xml version='1.0' encoding='utf-8'?><a>é</a>"
        );
    }

    #[test]
    fn undeclared_windows_1252_is_detected() {
        let (text, encoding, repairs) =
            read("<a>caf\u{e9} \u{e0} la cr\u{e8}me</a>".chars().map(|c| c as u8).collect::<Vec<_>>().as_slice(), None);
        assert_eq!(
            (text.as_str(), encoding, repairs),
            ("<a>café à la crème</a>", "windows-1252", vec![Warning::Encoding])
        );
    }

    #[test]
    fn double_encoding_is_undone_and_correct_text_stays() {
        assert_eq!(undo_double_encoding("caf\u{c3}\u{a9}").as_deref(), Some("café"));
        assert_eq!(undo_double_encoding("it\u{e2}\u{20ac}\u{2122}s").as_deref(), Some("it’s"));
        assert_eq!(undo_double_encoding("it\u{e2}\u{80}\u{99}s").as_deref(), Some("it’s"));
        assert_eq!(undo_double_encoding("S\u{c3}O PAULO"), None);
        // "ß“" decoded again would be U+07D3.
        assert_eq!(
            undo_double_encoding("gro\u{df}\u{201c} \u{e4} \u{f6} \u{fc} \u{c3}\u{a9}").as_deref(),
            Some("groß“ ä ö ü é")
        );
    }
}
