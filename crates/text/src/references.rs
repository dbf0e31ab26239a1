//! References to surrogates. JavaScript counts in UTF-16, and its programs write an emoji as two references, each of which HTML
//! reads as U+FFFD (WHATWG HTML section 13.2.5.80).

use std::borrow::Cow;

/// `source` with the references to two surrogates joined to one character, and without those to a lone surrogate.
pub(crate) fn without_surrogates(source: Cow<'_, str>) -> Cow<'_, str> {
    let mut out: Option<String> = None;
    let (mut from, mut next) = (0, 0);
    while let Some(at) = source.get(next..).and_then(|rest| rest.find("&#")).map(|at| next + at) {
        next = at + 2;
        let Some((high, length)) = surrogate(source.get(at..).unwrap_or_default()) else { continue };
        let low = surrogate(source.get(at + length..).unwrap_or_default());
        let joined = low.and_then(|(low, more)| {
            let character = char::decode_utf16([high, low]).next()?.ok()?;
            Some((character, length + more))
        });
        let out = out.get_or_insert_with(|| String::with_capacity(source.len()));
        out.push_str(source.get(from..at).unwrap_or_default());
        next = at + joined.map_or(length, |(_, length)| length);
        out.extend(joined.map(|(character, _)| character));
        from = next;
    }
    match out {
        None => source,
        Some(mut out) => {
            out.push_str(source.get(from..).unwrap_or_default());
            Cow::Owned(out)
        }
    }
}

/// The surrogate that `text` begins with a reference to, and the bytes of the reference.
fn surrogate(text: &str) -> Option<(u16, usize)> {
    let number = text.strip_prefix("&#")?;
    let (radix, digits) = match number.strip_prefix(['x', 'X']) {
        Some(digits) => (16, digits),
        None => (10, number),
    };
    let count = digits.bytes().take(8).take_while(|byte| char::from(*byte).is_digit(radix)).count();
    let value = u16::from_str_radix(digits.get(..count)?, radix).ok()?;
    let is_closed = digits.as_bytes().get(count) == Some(&b';');
    let length = text.len() - digits.len() + count + usize::from(is_closed);
    (0xd800..=0xdfff).contains(&value).then_some((value, length))
}
