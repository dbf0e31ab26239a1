//! `data:` URLs in a text (RFC 2397): megabytes of an image must not displace the text behind it.

/// Bytes of a media type with its parameters.
const MAX_HEAD: usize = 300;
const SCHEME: &str = "data:";

/// `text` without its `data:` URLs. Prose with the word `data:` stays.
#[must_use]
pub fn removed(text: &str) -> String {
    let (mut out, mut rest) = (String::new(), text);
    while let Some(at) = rest.find(SCHEME) {
        let (before, url) = rest.split_at(at);
        out.push_str(before);
        let length = length(url, out.as_bytes().last().copied());
        if length.is_none() {
            out.push_str(SCHEME);
        }
        rest = url.get(length.unwrap_or(SCHEME.len())..).unwrap_or_default();
    }
    out.push_str(rest);
    out
}

/// Bytes of the URL that `text` begins with, if it is one; `before` is the byte before it.
fn length(text: &str, before: Option<u8>) -> Option<usize> {
    let head = text.get(SCHEME.len()..text.floor_char_boundary(SCHEME.len() + MAX_HEAD))?;
    let comma = head.find(',')?;
    let head = head.get(..comma)?;
    let is_head = |c: char| c.is_ascii_alphanumeric() || "/;=+-._".contains(c);
    let is_typed = head.starts_with(';') || head.contains('/');
    if !is_typed || !head.chars().all(is_head) {
        return None;
    }
    let begin = SCHEME.len() + comma + 1;
    let data = text.get(begin..)?;
    let is_base64 = head.ends_with("base64");
    let quoted = before.filter(|quote| matches!(quote, b'"' | b'\''));
    let end = match quoted.and_then(|quote| data.bytes().position(|byte| byte == quote)) {
        Some(end) => end,
        // Within a value that was escaped twice, `&quot;` ends it.
        None if is_base64 => data.bytes().take_while(|byte| is_base64_byte(*byte)).count(),
        None if before == Some(b';') => data.find("&quot;").or_else(|| data.find("&#34;"))?,
        None => data.find(|c: char| c.is_whitespace() || "\"'<>)".contains(c)).unwrap_or(data.len()),
    };
    Some(begin + end)
}

fn is_base64_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'%' | b'-' | b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_go_and_the_text_around_them_stays() {
        let lines = "QUJD\n".repeat(30);
        for (text, expected) in [
            ("a<img src=\"data:image/png;base64,QUJD\">b".to_owned(), "a<img src=\"\">b"),
            (format!("a<img src='data:image/png;base64,{lines}'>b"), "a<img src=''>b"),
            ("a<img src=data:image/png;base64,QUJD>b".to_owned(), "a<img src=>b"),
            ("a&lt;img src=&quot;data:image/gif;base64,QUJD&quot;&gt;b".to_owned(), "a&lt;img src=&quot;&quot;&gt;b"),
            ("a<img src=\"data:image/svg+xml;utf8,<svg a='b'></svg>\">b".to_owned(), "a<img src=\"\">b"),
            ("<i style=\"a:url(data:image/gif;base64,QUJD)\">b".to_owned(), "<i style=\"a:url()\">b"),
            ("url(data:image/svg+xml,%3Csvg%3E) b".to_owned(), "url() b"),
        ] {
            assert_eq!(removed(&text), expected, "{text}");
        }
    }

    #[test]
    fn prose_stays() {
        for text in ["The data: 5, 6 and 7.", "data:", "\"data: a, b\"", "big data, small", "data:x, y"] {
            assert_eq!(removed(text), text);
        }
    }
}
