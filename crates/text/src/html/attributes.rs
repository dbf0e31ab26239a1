//! Limits the attributes of a tag: a tokenizer compares each attribute with all before it.

use std::borrow::Cow;

/// Most attributes of one tag.
const MAX_ATTRIBUTES: u32 = 200;
/// Estimated attributes of one tag from which on the whole tag is removed.
const OVERSIZED: usize = 2_000;

/// `source` without tags with thousands of attributes, and with a `>` before the attribute that would be one too many.
pub(super) fn limited(source: Cow<'_, str>) -> Cow<'_, str> {
    let source = without_oversized_tags(source);
    let ends = excess(source.as_bytes());
    if ends.is_empty() {
        return source;
    }
    let mut out = String::with_capacity(source.len() + ends.len());
    let mut from = 0;
    for end in ends {
        let Some(part) = source.get(from..end) else { continue };
        out.push_str(part);
        out.push('>');
        from = end;
    }
    out.push_str(source.get(from..).unwrap_or_default());
    out.into()
}

fn without_oversized_tags(source: Cow<'_, str>) -> Cow<'_, str> {
    // Whitespace, slashes and `="` may each begin an attribute. A slash within quotes belongs to an address.
    let is_oversized = |piece: &str| {
        let tag = piece.split('>').next().unwrap_or(piece);
        let quoted = tag.contains(['"', '\'']);
        let begins = |byte: &u8| byte.is_ascii_whitespace() || *byte == b'=' || (*byte == b'/' && !quoted);
        tag.len() > OVERSIZED && tag.bytes().filter(begins).count() > OVERSIZED
    };
    if !source.split('<').skip(1).any(is_oversized) {
        return source;
    }
    let mut pieces = source.split('<');
    let mut out = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        if is_oversized(piece) {
            out.push_str(piece.split_once('>').map_or("", |(_, after)| after));
        } else {
            out.push('<');
            out.push_str(piece);
        }
    }
    out.into()
}

/// States of the tokenizer within a tag (WHATWG HTML section 13.2.5), as indices.
const NAME: usize = 0;
const BEFORE_ATTRIBUTE: usize = 1;
const ATTRIBUTE: usize = 2;
const AFTER_ATTRIBUTE: usize = 3;
const BEFORE_VALUE: usize = 4;
const DOUBLE_QUOTED: usize = 5;
const SINGLE_QUOTED: usize = 6;
const UNQUOTED: usize = 7;
const STATES: usize = 8;

/// Where an attribute begins that is one too many for its tag.
///
/// Which `<` begins a tag depends on what stands before it: a comment, a script, an attribute's value. So each `<` with a
/// letter counts as the beginning of a tag, and all these tags are followed at once: of those in the same state, only the one
/// with the most attributes matters. One pass, whatever the source is.
fn excess(source: &[u8]) -> Vec<usize> {
    let mut ends = Vec::new();
    // The most attributes of a tag in each state; `None` if no tag is in it.
    let mut tags: [Option<u32>; STATES] = [None; STATES];
    let mut open = false;
    for (at, byte) in source.iter().enumerate() {
        if open {
            let mut next = [None; STATES];
            let mut is_excess = false;
            for (state, most) in tags.iter().enumerate() {
                let Some(most) = *most else { continue };
                let Some(to) = follow(state, *byte) else { continue };
                let begins = to == ATTRIBUTE && matches!(state, BEFORE_ATTRIBUTE | AFTER_ATTRIBUTE);
                let most = most + u32::from(begins);
                is_excess |= most > MAX_ATTRIBUTES;
                next[to] = next[to].max(Some(most));
            }
            tags = next;
            if is_excess {
                ends.push(at);
                // What the `>` ends; a tag within quotes goes on.
                for state in [NAME, BEFORE_ATTRIBUTE, ATTRIBUTE, AFTER_ATTRIBUTE, BEFORE_VALUE, UNQUOTED] {
                    tags[state] = None;
                }
            }
        }
        let begins_tag = *byte == b'<'
            && match source.get(at + 1) {
                Some(b'/') => source.get(at + 2).is_some_and(u8::is_ascii_alphabetic),
                Some(next) => next.is_ascii_alphabetic(),
                None => false,
            };
        if begins_tag {
            tags[NAME] = tags[NAME].max(Some(0));
        }
        open = tags.iter().any(Option::is_some);
    }
    ends
}

/// The state after `byte`; `None` if it ends the tag.
fn follow(state: usize, byte: u8) -> Option<usize> {
    let space = byte.is_ascii_whitespace();
    let to = match state {
        DOUBLE_QUOTED => {
            if byte == b'"' {
                BEFORE_ATTRIBUTE
            } else {
                DOUBLE_QUOTED
            }
        }
        SINGLE_QUOTED => {
            if byte == b'\'' {
                BEFORE_ATTRIBUTE
            } else {
                SINGLE_QUOTED
            }
        }
        _ if byte == b'>' => return None,
        UNQUOTED => {
            if space {
                BEFORE_ATTRIBUTE
            } else {
                UNQUOTED
            }
        }
        BEFORE_VALUE => match byte {
            b'"' => DOUBLE_QUOTED,
            b'\'' => SINGLE_QUOTED,
            _ if space => BEFORE_VALUE,
            _ => UNQUOTED,
        },
        // The slash before the name of an end tag belongs to it; reading it as the end of a name does no harm.
        NAME => {
            if space || byte == b'/' {
                BEFORE_ATTRIBUTE
            } else {
                NAME
            }
        }
        ATTRIBUTE | AFTER_ATTRIBUTE => match byte {
            b'=' => BEFORE_VALUE,
            b'/' => BEFORE_ATTRIBUTE,
            _ if space => AFTER_ATTRIBUTE,
            _ => ATTRIBUTE,
        },
        _ => {
            if space || byte == b'/' {
                BEFORE_ATTRIBUTE
            } else {
                ATTRIBUTE
            }
        }
    };
    Some(to)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inserted(source: &str) -> usize {
        let limited = limited(source.into());
        limited.len() - source.len()
    }

    #[test]
    fn a_tag_with_brackets_in_its_values_is_one_tag() {
        assert!(inserted(&format!("<a {}>", "b=\"<\" ".repeat(1_000))) > 0);
        assert!(inserted(&format!("<a {}>", "b='>' ".repeat(1_000))) > 0);
        assert!(inserted(&format!("<!-- <x y=\" --><a {}", "b='<'".repeat(1_000))) > 0);
        assert!(
            inserted(&format!("<style><x y=' </style><a {}", "b".repeat(3).repeat(1_000).replace("bbb", "b/"))) > 0
        );
    }

    #[test]
    fn ordinary_markup_is_unchanged() {
        let long = "word ".repeat(1_000);
        let image = format!(
            "<p class='a' id=\"b\"><img src=\"data:image/png;base64,{}\" alt=\"{long}\">{long}</p>",
            "QUJD/".repeat(5_000)
        );
        assert_eq!(inserted(&image.repeat(5)), 0);
        assert_eq!(inserted(&"<a href='x' title='a < b' rel=x>y</a> 1 <2 a<b>".repeat(1_000)), 0);
    }
}
