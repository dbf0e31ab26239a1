//! Characters that XML forbids, and control characters that stand for Windows-1252.

/// `text` without the ASCII control characters that XML 1.0 forbids; `None` if there are none. U+FFFE and U+FFFF, which it
/// forbids too, are harmless and kept.
#[must_use]
pub fn without_controls(text: &str) -> Option<String> {
    // Byte by byte, which vectorises.
    let is_forbidden = |b: &u8| *b < 0x20 && !matches!(*b, b'\t' | b'\n' | b'\r') || *b == 0x7F;
    let any = text.as_bytes().chunks(4096).any(|chunk| chunk.iter().fold(false, |any, b| any | is_forbidden(b)));
    any.then(|| text.chars().filter(|c| !(u32::from(*c) < 0x80 && is_forbidden(&(*c as u8)))).collect())
}

/// `text` with the C1 control characters (U+0080 to U+009F) decoded as Windows-1252; `None` if there are none. The five
/// that Windows-1252 leaves undefined are removed.
#[must_use]
pub fn decode_c1(text: &str) -> Option<String> {
    // In UTF-8 a C1 character is 0xC2 and another byte.
    let bytes = text.as_bytes();
    let is_c1 = |at: usize| bytes.get(at + 1).is_some_and(|next| (0x80..0xA0).contains(next));
    if !memchr::memchr_iter(0xC2, bytes).any(is_c1) {
        return None;
    }
    let decode = |c: char| match u8::try_from(u32::from(c)) {
        Ok(byte @ 0x80..=0x9F) => windows_1252(byte).unwrap_or(c),
        _ => c,
    };
    Some(text.chars().map(decode).filter(|c| !('\u{80}'..='\u{9f}').contains(c)).collect())
}

/// The character of a byte in Windows-1252.
pub(super) fn windows_1252(byte: u8) -> Option<char> {
    encoding_rs::WINDOWS_1252.decode_without_bom_handling(&[byte]).0.chars().next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forbidden_controls_are_removed() {
        assert_eq!(without_controls("a\u{0}b\u{1f}\n").as_deref(), Some("ab\n"));
        assert_eq!(without_controls("é\n"), None);
    }

    #[test]
    fn c1_controls_are_decoded_as_windows_1252() {
        assert_eq!(decode_c1("don\u{92}t\u{81} « é »").as_deref(), Some("don’t « é »"));
        assert_eq!(decode_c1("« é »\u{a0}"), None);
    }
}
