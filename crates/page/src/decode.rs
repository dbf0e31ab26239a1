//! Bytes to text.

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252, X_USER_DEFINED};

use crate::scan::{Piece, Scanner};

/// Bytes in which an encoding is declared (HTML standard, section 13.2.3.2).
const PRESCAN: usize = 1_024;
/// Publishers declare it later; browsers then start again (section 13.2.3.5).
const LATE: usize = 64 << 10;

/// Decodes a page by the HTML standard (section 13.2.3): byte order mark, charset of the HTTP header `content_type`, `meta`;
/// without any of them windows-1252. Invalid bytes are U+FFFD.
///
/// Unlike the standard, bytes beyond ASCII that are valid UTF-8 are UTF-8 whatever is declared: text in another encoding
/// hardly ever is, and a declaration is often left over from before a site changed its encoding.
#[must_use]
pub fn decode(bytes: &[u8], content_type: Option<&str>) -> String {
    if let Some((encoding, length)) = Encoding::for_bom(bytes) {
        return text(encoding, bytes.get(length..).unwrap_or_default());
    }
    if !bytes.is_ascii() && std::str::from_utf8(bytes).is_ok() {
        return text(UTF_8, bytes);
    }
    if let Some(encoding) = content_type.and_then(charset) {
        return text(encoding, bytes);
    }
    let declared = [PRESCAN, LATE].iter().find_map(|length| declared(bytes.get(..*length).unwrap_or(bytes)));
    text(declared.unwrap_or(WINDOWS_1252), bytes)
}

fn text(encoding: &'static Encoding, bytes: &[u8]) -> String {
    encoding.decode_without_bom_handling(bytes).0.into_owned()
}

/// The charset of a media type.
fn charset(media_type: &str) -> Option<&'static Encoding> {
    let at = media_type.to_ascii_lowercase().find("charset")?;
    let value = media_type.get(at + 7..)?.trim_start().strip_prefix('=')?.trim_start();
    let value = value.trim_start_matches(['"', '\'']);
    let value = value.split(['"', '\'', ';', ' ', ',']).next()?;
    Encoding::for_label(value.as_bytes())
}

/// The encoding that a `meta` element declares. What is readable as ASCII is not UTF-16 (section 13.2.3.2, step 15).
fn declared(head: &[u8]) -> Option<&'static Encoding> {
    let head: String = head.iter().map(|byte| if byte.is_ascii() { char::from(*byte) } else { ' ' }).collect();
    let metas = Scanner::new(&head).filter_map(|piece| match piece {
        Piece::Start(tag) if tag.is("meta") => Some(tag),
        _ => None,
    });
    let mut found = metas.filter_map(|tag| match tag.attribute("charset") {
        Some(label) => Encoding::for_label(label.as_bytes()),
        None => {
            let is_type = tag.attribute("http-equiv").is_some_and(|v| v.trim().eq_ignore_ascii_case("content-type"));
            tag.attribute("content").filter(|_| is_type).and_then(charset)
        }
    });
    let encoding = found.next()?;
    Some(if encoding == UTF_16BE || encoding == UTF_16LE {
        UTF_8
    } else if encoding == X_USER_DEFINED {
        WINDOWS_1252
    } else {
        encoding
    })
}
