//! Bytes to text.
//!
//! The order of RFC 7303 and of the XML recommendation's appendix F: byte order mark, HTTP header, what the first bytes
//! look like, declaration; each only as far as the bytes bear it out. What none of them decodes is detected.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use memchr::memmem;

use super::repair::{Repair, Repairs};

/// How much of a document an unknown encoding is detected from, in bytes from the first one beyond ASCII.
const SAMPLE: usize = 256 << 10;

/// A document as text.
#[derive(Debug)]
pub struct Decoded<'a> {
    /// The text, without byte order mark.
    pub text: Cow<'a, str>,
    /// The encoding's WHATWG name, or `UTF-32LE` or `UTF-32BE`.
    pub encoding: &'static str,
}

/// Decodes `bytes`. `content_type` is the HTTP header as it came.
#[must_use]
pub fn decode<'a>(bytes: &'a [u8], content_type: Option<&str>, repairs: &mut Repairs) -> Decoded<'a> {
    // Almost every feed: UTF-8, and nothing says otherwise.
    let header = content_type.and_then(charset);
    let declared = declared(bytes);
    if let Some(decoded) = utf32(bytes) {
        return decoded;
    }
    let (marked, body) = match Encoding::for_bom(bytes) {
        Some((encoding, length)) => (Some(encoding), bytes.get(length..).unwrap_or_default()),
        None => (wide(bytes), bytes),
    };
    if let Some(encoding) = marked
        && (encoding != UTF_8 || std::str::from_utf8(body).is_ok())
    {
        return whole(encoding, body, repairs);
    }
    let from_header = header.and_then(label);
    let from_declaration = declared.and_then(label);
    // A declaration that one can read as ASCII is no UTF-16, whatever it says.
    let narrow = |e: &&'static Encoding| *e != UTF_16LE && *e != UTF_16BE;
    let wide_claim = from_header.is_some_and(|e| !narrow(&e)) || from_declaration.is_some_and(|e| !narrow(&e));
    let first = from_header.filter(narrow).or(from_declaration.filter(narrow));
    let unknown = first.is_none() && (header.is_some() || declared.is_some()) && !wide_claim;
    // UTF-8 is hardly ever valid by accident; and where it is ASCII all over, nothing matters.
    let utf8 = std::str::from_utf8(body);
    let says_otherwise = first.is_some_and(|e| e != UTF_8);
    if let Ok(text) = utf8
        && (!says_otherwise || first.is_some_and(Encoding::is_ascii_compatible))
    {
        let ascii = body.is_ascii();
        // RFC 3023 calls what is sent as text without a charset US-ASCII, whose name at WHATWG is Windows-1252.
        let text_type = header.is_none() && content_type.is_some_and(is_text_xml);
        let first = if text_type && ascii { Some(WINDOWS_1252) } else { first };
        let claimed = first.filter(|_| ascii).unwrap_or(UTF_8);
        if claimed.is_ascii_compatible() {
            if (says_otherwise && !ascii) || wide_claim || unknown {
                repairs.add(Repair::Encoding);
            }
            return Decoded { text: Cow::Borrowed(text), encoding: claimed.name() };
        }
    }
    for encoding in [from_header, from_declaration].into_iter().flatten().filter(narrow) {
        if let Some(text) = encoding.decode_without_bom_handling_and_without_replacement(body) {
            if from_header.or(from_declaration) != Some(encoding) {
                repairs.add(Repair::Encoding);
            }
            return Decoded { text, encoding: encoding.name() };
        }
    }
    repairs.add(Repair::Encoding);
    // UTF-8 with a few bad bytes is still UTF-8, unless most of what is not ASCII is bad.
    if first.is_none_or(|e| e == UTF_8) && mostly_utf8(body) {
        return whole(UTF_8, body, repairs);
    }
    // What tells encodings apart stands in the first thousands of their characters; more only takes time.
    let from = body.iter().position(|b| !b.is_ascii()).unwrap_or(0);
    let sample = body.get(from..).unwrap_or_default();
    let sample = sample.get(..SAMPLE).unwrap_or(sample);
    let mut detector = chardetng::EncodingDetector::new(chardetng::Iso2022JpDetection::Deny);
    detector.feed(sample, from + sample.len() == body.len());
    let guessed = detector.guess(None, chardetng::Utf8Detection::Allow);
    match guessed.decode_without_bom_handling_and_without_replacement(body) {
        Some(text) => Decoded { text, encoding: guessed.name() },
        None => whole(first.unwrap_or(WINDOWS_1252), body, repairs),
    }
}

fn whole<'a>(encoding: &'static Encoding, body: &'a [u8], repairs: &mut Repairs) -> Decoded<'a> {
    let (text, bad) = encoding.decode_without_bom_handling(body);
    if bad {
        repairs.add(Repair::BadBytes);
    }
    Decoded { text, encoding: encoding.name() }
}

/// Are there more good sequences of UTF-8 than bad bytes?
fn mostly_utf8(body: &[u8]) -> bool {
    let (mut good, mut bad) = (0_usize, 0_usize);
    for chunk in body.utf8_chunks() {
        good += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        bad += usize::from(!chunk.invalid().is_empty());
    }
    good > bad
}

/// UTF-16 without a byte order mark: every second byte of the first markup is zero.
fn wide(bytes: &[u8]) -> Option<&'static Encoding> {
    match bytes.get(..4)? {
        [b'<', 0, b, 0] if *b != 0 => Some(UTF_16LE),
        [0, b'<', 0, b] if *b != 0 => Some(UTF_16BE),
        _ => None,
    }
}

/// UTF-32, which WHATWG's list lacks, by its mark or by its zeros.
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

/// The encoding of a label: WHATWG's, and a few spellings seen in feeds.
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

/// The `charset` of a Content-Type.
fn charset(content_type: &str) -> Option<&str> {
    let lower = content_type.to_ascii_lowercase();
    let at = lower.find("charset")? + "charset".len();
    let value = content_type.get(at..)?.trim_start().strip_prefix('=')?.trim_start();
    let value = value.split(';').next()?.trim().trim_matches(['"', '\'']);
    (!value.is_empty()).then_some(value)
}

/// `text/xml` and its kin.
fn is_text_xml(content_type: &str) -> bool {
    let kind = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind.strip_prefix("text/").is_some_and(|kind| kind.ends_with("xml") || kind.starts_with("xml"))
}

/// The encoding that an XML declaration names, where one can read it as ASCII.
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

/// Undoes UTF-8 that was taken for Windows-1252 or ISO-8859-1 and encoded again: `Ã©` was `é`. `None` where there is
/// none.
///
/// Done for each run of characters beyond ASCII that makes UTF-8 as a whole, so that a true `Ã` stays.
#[must_use]
pub fn undo_double(text: &str) -> Option<String> {
    // The first characters of doubly encoded text: U+00C2, U+00C3, and U+00E2 before a euro sign, which ISO 8859-1 calls
    // U+0080.
    let suspects: [&[u8]; 4] = [b"\xC3\x83", b"\xC3\x82", b"\xC3\xA2\xE2\x82\xAC", b"\xC3\xA2\xC2\x80"];
    if !suspects.iter().any(|s| memmem::find(text.as_bytes(), s).is_some()) {
        return None;
    }
    // Where most of the text is doubly encoded, all of it is; else only what cannot be anything else.
    let (mut all, mut good) = (0_usize, 0_usize);
    for run in runs(text) {
        all += 1;
        good += usize::from(once(run).is_some());
    }
    let most = good * 2 >= all;
    let (mut out, mut done, mut undone) = (String::with_capacity(text.len()), 0, false);
    for run in runs(text) {
        let Some(once) = once(run)
            .filter(|_| most || run.starts_with(['Ã', 'Â']) || run.starts_with("â€") || run.starts_with("â\u{80}"))
        else {
            continue;
        };
        let at = run.as_ptr().addr() - text.as_ptr().addr();
        out.push_str(text.get(done..at).unwrap_or_default());
        out.push_str(&once);
        done = at + run.len();
        undone = true;
    }
    out.push_str(text.get(done..).unwrap_or_default());
    undone.then_some(out)
}

/// The runs of characters beyond ASCII.
fn runs(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| c.is_ascii()).filter(|run| !run.is_empty())
}

fn once(run: &str) -> Option<String> {
    let bytes: Option<Vec<u8>> = run.chars().map(narrow).collect();
    String::from_utf8(bytes?).ok()
}

/// The byte that Windows-1252 decodes to `c`.
fn narrow(c: char) -> Option<u8> {
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

    fn read(bytes: &[u8], header: Option<&str>) -> (String, &'static str, Vec<&'static str>) {
        let mut repairs = Repairs::default();
        let decoded = decode(bytes, header, &mut repairs);
        (decoded.text.into_owned(), decoded.encoding, repairs.names())
    }

    #[test]
    fn utf16_and_utf32_with_and_without_mark() {
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
    fn the_header_stands_before_the_declaration() {
        let bytes = b"<?xml version='1.0' encoding='utf-8'?><a>\xe9</a>";
        assert_eq!(
            read(bytes, Some("text/xml; charset=iso-8859-1")).0,
            "<?xml version='1.0' encoding='utf-8'?><a>é</a>"
        );
    }

    #[test]
    fn undeclared_windows_1252_is_detected_and_named() {
        let (text, encoding, repairs) =
            read("<a>caf\u{e9} \u{e0} la cr\u{e8}me</a>".chars().map(|c| c as u8).collect::<Vec<_>>().as_slice(), None);
        assert_eq!(
            (text.as_str(), encoding, repairs),
            ("<a>café à la crème</a>", "windows-1252", vec!["encoding_repaired"])
        );
    }

    #[test]
    fn doubly_encoded_text_is_undone_and_true_text_stays() {
        assert_eq!(undo_double("caf\u{c3}\u{a9}").as_deref(), Some("café"));
        assert_eq!(undo_double("it\u{e2}\u{20ac}\u{2122}s").as_deref(), Some("it’s"));
        assert_eq!(undo_double("it\u{e2}\u{80}\u{99}s").as_deref(), Some("it’s"));
        assert_eq!(undo_double("S\u{c3}O PAULO"), None);
        // "ß“" would be U+07D3, were it doubly encoded.
        assert_eq!(
            undo_double("gro\u{df}\u{201c} \u{e4} \u{f6} \u{fc} \u{c3}\u{a9}").as_deref(),
            Some("groß“ ä ö ü é")
        );
    }
}
