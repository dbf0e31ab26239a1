//! Makes markup safe to be read: nothing that is not closed hides the text behind it, and CDATA hides none.
//!
//! A script, a comment or a drawing that is never closed would take the rest of the text as its content (WHATWG HTML section
//! 13.2.5), or all up to the end of the next one. Its start tag is removed, or becomes text where it stands as a word:
//! `The <script> element`.

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

/// Those of [`RAW`] that hold code, whose strings may have tags of the same name.
const CODE: &[&str] = &["plaintext", "script", "style", "xmp"];

/// The marks of a section of CDATA.
const SECTION: &str = "<![CDATA[";
const SECTION_END: &str = "]]>";

/// `source` without the marks of CDATA: feeds mean what stands between them as markup. HTML reads it as a comment up to the first
/// `>`.
pub(super) fn without_sections(source: Cow<'_, str>) -> Cow<'_, str> {
    if !source.contains(SECTION) {
        return source;
    }
    let mut out = String::with_capacity(source.len());
    let mut open = 0_usize;
    for (at, c) in source.char_indices() {
        out.push(c);
        // What remains around a mark may be a mark again. The end of a section is none: `]]]]><![CDATA[>` stands for `]]>`.
        if c == '[' && out.ends_with(SECTION) {
            out.truncate(out.len() - SECTION.len());
            open += 1;
        } else if c == '>' && open > 0 && source.get(..=at).is_some_and(|read| read.ends_with(SECTION_END)) {
            out.truncate(out.len() - SECTION_END.len());
            open -= 1;
        }
    }
    Cow::Owned(out)
}

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

/// The edits in the order of the source. It is read from its end: what closes an element stands behind it.
fn edits(source: &str) -> Vec<(usize, usize, Edit)> {
    let last_comment_end = source.rfind("-->").max(source.rfind("--!>"));
    let mut tags = [Tags::default(); HIDING.len()];
    let mut edits = Vec::new();
    for (at, _) in source.rmatch_indices('<') {
        let rest = source.get(at + 1..).unwrap_or_default();
        if rest.starts_with("!--") {
            if last_comment_end.is_none_or(|end| end < at + 2) && !rest.starts_with("!-->") {
                edits.push((at, at + 4, Edit::Remove));
            }
        } else if let Some(name) = rest.strip_prefix('/') {
            if let Some(tags) = hiding(name).and_then(|name| tags.get_mut(name)) {
                *tags = Tags { ends: tags.ends + 1, next_opens: false };
            }
        } else if !rest.starts_with(|c: char| c.is_ascii_alphabetic()) {
            continue;
        } else if let Some(name) = hiding(rest) {
            let tag = Tag::at(source, at);
            let is_code = HIDING.get(name).is_some_and(|name| CODE.contains(name));
            let is_closed = tags.get_mut(name).is_some_and(|tags| tags.close(source, tag.as_ref(), is_code));
            match tag {
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
    edits.reverse();
    edits
}

/// The tags of one of [`HIDING`] behind a place of the source.
#[derive(Clone, Copy, Default)]
struct Tags {
    /// End tags that close no element which begins behind the place; of code, all end tags.
    ends: usize,
    /// True if the next tag is a start tag. Only of code.
    next_opens: bool,
}

impl Tags {
    /// True if an end tag closes the element that begins here. `tag` is its start tag, `None` if that is too long or has no end.
    fn close(&mut self, source: &str, tag: Option<&Tag<'_>>, is_code: bool) -> bool {
        if is_code {
            let is_word = self.next_opens && tag.is_some_and(|tag| is_mentioned(source, tag));
            self.next_opens = true;
            return self.ends > 0 && !is_word;
        }
        // A drawing or a player that closes itself has no content.
        if tag.is_some_and(|tag| tag.closes_itself() && !tag.is_named(RAW)) {
            return false;
        }
        let is_closed = self.ends > 0;
        self.ends = self.ends.saturating_sub(1);
        is_closed
    }
}

/// True if a start tag of code is a word of the text: `How <script> blocks`, `<code><script></code>`. It has no attributes then, and
/// text stands before it on the same line.
fn is_mentioned(source: &str, tag: &Tag<'_>) -> bool {
    if tag.end - tag.start != tag.name.len() + 2 {
        return false;
    }
    let behind = source.get(tag.end..).unwrap_or_default();
    let closed = behind.strip_prefix("</").filter(|name| name.starts_with(|c: char| c.is_ascii_alphabetic()));
    if closed.is_some_and(|name| hiding(name) != hiding(tag.name)) {
        return true;
    }
    let before = source.get(..tag.start).unwrap_or_default().trim_end_matches([' ', '\t']);
    tag.is_word(source) && !before.is_empty() && !before.ends_with(['>', '\n', '\r'])
}

/// The index in [`HIDING`] of the name that `text` begins with.
fn hiding(text: &str) -> Option<usize> {
    let name = text.get(..text.bytes().take(10).take_while(u8::is_ascii_alphanumeric).count())?;
    let next = text.as_bytes().get(name.len()).copied();
    if next.is_some_and(|byte| !byte.is_ascii_whitespace() && byte != b'/' && byte != b'>') {
        return None;
    }
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
    fn an_end_tag_closes_the_last_element_that_is_open() {
        for (source, expected) in [
            ("The <video> tag <video>a</video>", "The &lt;video> tag <video>a</video>"),
            ("<svg>a<svg>b</svg>c", "a<svg>b</svg>c"),
            ("<audio src='x'>a<AUDIO src='y'></Audio>", "a<AUDIO src='y'></Audio>"),
            ("<iframe src='x'>a<iframe src='y'></iframe>", "a<iframe src='y'></iframe>"),
            ("<select>a<select/>b</select>", "<select>ab</select>"),
            ("<video>a<video-js>b</video-js>", "a<video-js>b</video-js>"),
        ] {
            assert_eq!(after(source), expected, "{source}");
        }
    }

    #[test]
    fn code_that_is_mentioned_is_a_word_and_code_that_has_tags_in_strings_is_code() {
        for (source, expected) in [
            ("How <script> blocks <script>a</script>", "How &lt;script> blocks <script>a</script>"),
            ("Both <xmp> and <xmp> go <xmp>a</xmp>", "Both &lt;xmp> and &lt;xmp> go <xmp>a</xmp>"),
            ("<code><style></code> <style>a</style>", "<code></code> <style>a</style>"),
        ] {
            assert_eq!(after(source), expected, "{source}");
        }
        for source in [
            "<script>x('<script src=y>')</script>",
            "a\n<script>\nx(\"<script \" + y)\n</script>",
            "<p>a</p> <script> x('<script>')</script>",
            "<style>a</style><style>b</style>",
        ] {
            assert_eq!(after(source), source);
        }
    }

    #[test]
    fn marks_of_sections_are_removed() {
        for (source, expected) in [
            ("<![CDATA[<p>a</p>]]>", "<p>a</p>"),
            ("a<![CDATA[b", "ab"),
            ("a]]>b", "a]]>b"),
            ("<![CDATA[a]]>b]]>", "ab]]>"),
            ("<![CDATA[a<![CDATA[b]]>c]]>", "abc"),
            ("<![CDATA[a]]]]><![CDATA[>b]]>", "a]]>b"),
            ("<![CD<![CDATA[ATA[a]]>b", "ab"),
            ("<scr<![CDATA[ipt>", "<script>"),
            ("<![cdata[a]]>", "<![cdata[a]]>"),
        ] {
            let without = without_sections(Cow::Borrowed(source)).into_owned();
            assert_eq!(without, expected, "{source}");
            assert!(!without.contains(SECTION), "{source}");
        }
    }

    #[test]
    fn thousands_of_sections_and_of_elements_are_read_in_one_pass() {
        let nested = format!("{}{}", "<![CDATA".repeat(50_000), "[".repeat(50_000));
        assert_eq!(without_sections(Cow::Owned(nested)), "");
        let open = "<video>".repeat(50_000);
        assert_eq!(after(&format!("{open}<video>a</video>")), "<video>a</video>");
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
