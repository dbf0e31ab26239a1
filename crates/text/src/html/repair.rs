//! Makes markup safe to be read: nothing that is not closed hides the text behind it.
//!
//! A script, a comment or a drawing that is never closed would take the rest of the text as its content (WHATWG HTML section
//! 13.2.5). Its start tag is removed, or becomes text where it stands as a word: `The <script> element`.

use crate::tags::Tag;
use std::borrow::Cow;

/// Elements whose content is not read as markup, or not shown.
const HIDING: [&str; 21] = [
    "audio",
    "button",
    "canvas",
    "datalist",
    "iframe",
    "map",
    "math",
    "noembed",
    "noframes",
    "noscript",
    "object",
    "plaintext",
    "script",
    "select",
    "style",
    "svg",
    "template",
    "textarea",
    "title",
    "video",
    "xmp",
];
/// Those of them that the tokenizer does not look into.
const RAW: &[&str] =
    &["iframe", "noembed", "noframes", "noscript", "plaintext", "script", "style", "textarea", "title", "xmp"];

/// What happens to a part of the source.
enum Edit {
    Remove,
    /// Its `<` becomes a reference.
    Escape,
}

/// `source`, in which what is not closed hides nothing.
pub(super) fn repaired(source: Cow<'_, str>) -> Cow<'_, str> {
    let edits = edits(&source);
    if edits.is_empty() {
        return source;
    }
    let (mut out, mut from) = (String::with_capacity(source.len()), 0);
    for (start, end, edit) in edits {
        if start < from {
            continue;
        }
        out.push_str(source.get(from..start).unwrap_or_default());
        match edit {
            Edit::Remove => from = end,
            Edit::Escape => {
                out.push_str("&lt;");
                from = start + 1;
            }
        }
    }
    out.push_str(source.get(from..).unwrap_or_default());
    Cow::Owned(out)
}

fn edits(source: &str) -> Vec<(usize, usize, Edit)> {
    let closed = last_closed(source);
    let last_comment_end = source.rfind("-->").max(source.rfind("--!>"));
    let mut edits = Vec::new();
    for (at, _) in source.match_indices('<') {
        let rest = source.get(at + 1..).unwrap_or_default();
        if rest.starts_with("!--") {
            if last_comment_end.is_none_or(|end| end < at + 2) && !rest.starts_with("!-->") {
                edits.push((at, at + 4, Edit::Remove));
            }
        } else if !rest.starts_with(|c: char| c.is_ascii_alphabetic()) {
            continue;
        } else if let Some(hiding) = hiding(rest) {
            let is_closed = closed.get(hiding).is_some_and(|last| last.is_some_and(|last| last > at));
            match Tag::at(source, at) {
                Some(tag) if tag.closes_itself() && tag.is_named(RAW) => edits.push((at, tag.end, Edit::Remove)),
                _ if is_closed => {}
                Some(tag) if tag.is_word(source) && !tag.has_markup_attributes() => {
                    edits.push((at, at, Edit::Escape));
                }
                Some(tag) => edits.push((at, tag.end, Edit::Remove)),
                None => {}
            }
        } else if is_broken(rest) {
            edits.push((at, at, Edit::Escape));
        }
    }
    edits
}

/// Where each of [`HIDING`] is last closed.
fn last_closed(source: &str) -> Vec<Option<usize>> {
    let mut last = vec![None; HIDING.len()];
    for (at, _) in source.match_indices("</") {
        let name = hiding(source.get(at + 2..).unwrap_or_default());
        if let Some(last) = name.and_then(|name| last.get_mut(name)) {
            *last = Some(at);
        }
    }
    last
}

/// The index in [`HIDING`] of the name that `text` begins with.
fn hiding(text: &str) -> Option<usize> {
    let name = text.get(..text.bytes().take(10).take_while(u8::is_ascii_alphanumeric).count())?;
    HIDING.iter().position(|known| known.eq_ignore_ascii_case(name))
}

/// True for what follows a `<` that no tag begins with: another one comes before any `>` and quote.
fn is_broken(rest: &str) -> bool {
    let end = rest.bytes().position(|byte| matches!(byte, b'<' | b'>' | b'"' | b'\''));
    end.and_then(|end| rest.as_bytes().get(end)) == Some(&b'<')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(source: &str) -> String {
        repaired(Cow::Borrowed(source)).into_owned()
    }

    #[test]
    fn what_is_not_closed_is_removed_or_becomes_a_word() {
        for (source, expected) in [
            ("<p>a</p><script>b<p>c</p>", "<p>a</p>b<p>c</p>"),
            ("<p>The <script> element</p>", "<p>The &lt;script> element</p>"),
            ("<p>a</p><!-- b <p>c</p>", "<p>a</p> b <p>c</p>"),
            ("<style media=x>a", "a"),
            ("a<iframe src='x'/>b<iframe></iframe>", "ab<iframe></iframe>"),
            ("<p>5 <b and more</p>", "<p>5 &lt;b and more</p>"),
            ("<svg><svg>x", "x"),
        ] {
            assert_eq!(after(source), expected, "{source}");
        }
    }

    #[test]
    fn what_is_closed_stays() {
        for source in
            ["<script>a</script>b", "<!-- a -->b", "<video>a</video>", "<p title=\"a < b\">c", "<SVG></svg>", "a < b"]
        {
            assert_eq!(after(source), source);
        }
    }
}
