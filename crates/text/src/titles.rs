//! A title, a name or a label as one line of plain text.
//!
//! Feeds format titles (`<b>Dam</b> opens`) and mention tags in them (`The <video> element at ten`), and RSS does not say
//! which. Markup goes in pairs around words, or has attributes. A tag that stands in the line as a word stays.

use crate::{characters, html, tags::Tag, typed::Typed};
use std::{borrow::Cow, collections::HashMap};

/// Elements whose content is no text of a title.
const WITHOUT_TEXT: &[&str] =
    &["applet", "iframe", "math", "noembed", "noframes", "object", "script", "style", "svg", "template"];
/// Elements without content.
const VOID: &[&str] =
    &["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"];
/// Elements that end a word.
const BREAKS: &[&str] = &[
    "article",
    "blockquote",
    "br",
    "center",
    "div",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "li",
    "ol",
    "p",
    "pre",
    "section",
    "td",
    "th",
    "tr",
    "ul",
];

/// A title as one line of plain text. Text is verbatim but for whitespace and characters that are not seen. In HTML, and where
/// the format does not say, tags of markup are removed and character references decoded, once. Where the format does not say, markup
/// that was escaped twice is removed, too.
#[must_use]
pub fn title(source: &str, typed: Typed) -> String {
    let text = match typed {
        Typed::Text => Cow::Borrowed(source),
        Typed::Html | Typed::Unknown => {
            let kept = without_markup(source, typed);
            let decoded = html::unescape(&kept);
            let may_be_escaped = typed == Typed::Unknown && matches!(kept, Cow::Borrowed(_)) && decoded.contains("</");
            if may_be_escaped {
                let kept = without_markup(&decoded, typed);
                Cow::Owned(if matches!(kept, Cow::Owned(_)) { html::unescape(&kept) } else { decoded })
            } else {
                Cow::Owned(decoded)
            }
        }
    };
    characters::collapse_whitespace(&characters::clean(&text))
}

/// `source` without its markup; borrowed if it has none.
fn without_markup(source: &str, typed: Typed) -> Cow<'_, str> {
    if !source.contains('<') {
        return Cow::Borrowed(source);
    }
    // The parts that go, in their order, and whether a space takes their place.
    let mut parts: Vec<(usize, usize, bool)> = Vec::new();
    let tags = tags(source, &mut parts);
    let pairs = pairs(&tags);
    for (at, tag) in tags.iter().enumerate() {
        let pair = pairs.get(at).copied().flatten().and_then(|other| Some((other, tags.get(other)?)));
        if !is_markup(source, tag, pair.map(|(_, other)| other), typed) {
            continue;
        }
        let end = match pair {
            Some((other, closing)) if other > at && tag.is_named(WITHOUT_TEXT) => closing.end,
            _ => tag.end,
        };
        parts.push((tag.start, end, tag.is_named(BREAKS)));
    }
    if parts.is_empty() {
        return Cow::Borrowed(source);
    }
    parts.sort_unstable();
    let (mut out, mut from) = (String::with_capacity(source.len()), 0);
    for (start, end, is_break) in parts {
        if start >= from {
            out.push_str(source.get(from..start).unwrap_or_default());
            if is_break {
                out.push(' ');
            }
        }
        from = from.max(end);
    }
    out.push_str(source.get(from..).unwrap_or_default());
    Cow::Owned(out)
}

/// The tags of known elements. The parts of comments and of the marks of CDATA are added to `parts`.
fn tags<'a>(source: &'a str, parts: &mut Vec<(usize, usize, bool)>) -> Vec<Tag<'a>> {
    let mut tags = Vec::new();
    let mut next = 0;
    while let Some(at) = source.get(next..).and_then(|rest| rest.find('<')).map(|at| next + at) {
        let rest = source.get(at..).unwrap_or_default();
        next = at + 1;
        if rest.starts_with("<!--") {
            if let Some(end) = rest.find("-->") {
                parts.push((at, at + end + 3, false));
                next = at + end + 3;
            }
        } else if rest.starts_with("<![CDATA[") {
            if let Some(end) = rest.find("]]>") {
                parts.push((at, at + 9, false));
                parts.push((at + end, at + end + 3, false));
            }
        } else if let Some(tag) = Tag::at(source, at) {
            next = tag.end;
            tags.push(tag);
        }
    }
    tags
}

/// For each tag the index of the tag that it forms a pair with.
fn pairs(tags: &[Tag<'_>]) -> Vec<Option<usize>> {
    let mut pairs = vec![None; tags.len()];
    let mut open: HashMap<String, Vec<usize>> = HashMap::new();
    for (at, tag) in tags.iter().enumerate() {
        let open = open.entry(tag.name.to_ascii_lowercase()).or_default();
        if !tag.closes {
            open.push(at);
        } else if let Some(start) = open.pop() {
            for (one, other) in [(at, start), (start, at)] {
                if let Some(pair) = pairs.get_mut(one) {
                    *pair = Some(other);
                }
            }
        }
    }
    pairs
}

fn is_markup(source: &str, tag: &Tag<'_>, pair: Option<&Tag<'_>>, typed: Typed) -> bool {
    if tag.has_markup_attributes() || pair.is_some_and(Tag::has_markup_attributes) {
        return true;
    }
    if let Some(other) = pair {
        // `from <head> to </head>` mentions both.
        return tag.is_formatting() || !(tag.is_word(source) && other.is_word(source));
    }
    if tag.has_words() {
        return false;
    }
    if tag.is_named(VOID) && !tag.closes {
        let is_void_markup = typed == Typed::Html && tag.is_named(&["br", "hr", "img", "wbr"]);
        return is_void_markup || tag.is_named(&["br"]) && tag.closes_itself() || !tag.is_word(source);
    }
    !tag.is_word(source) && !is_type(source, tag)
}

/// `List<Map>`: a type of a programming language, directly behind another.
fn is_type(source: &str, tag: &Tag<'_>) -> bool {
    let before = source.get(..tag.start).and_then(|before| before.chars().next_back());
    let mut name = tag.name.chars();
    let is_capitalised = name.next().is_some_and(char::is_uppercase) && name.next().is_some_and(char::is_lowercase);
    !tag.closes && !tag.is_formatting() && is_capitalised && before.is_some_and(char::is_alphanumeric)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unknown(source: &str) -> String {
        title(source, Typed::Unknown)
    }

    #[test]
    fn text_is_verbatim() {
        for text in ["The <video> element", "<b>Dam</b> &amp; lake", "AT&amp;T", "5 < 7 &lt; 9", "<script>x</script>"] {
            assert_eq!(title(text, Typed::Text), text);
        }
        assert_eq!(title(" two \n lines\u{202e} ", Typed::Text), "two lines");
    }

    #[test]
    fn a_tag_that_a_title_mentions_stays() {
        for text in [
            "The <video> element at ten",
            "How <script> blocks rendering",
            "Shipped without <blink>",
            "A free guide to <head> elements",
            "Why the <table> layout and the <b> tag live on",
            "Everything between <head> and </head>",
            "Loops: when i <b and x> 4, stop",
            "<dialog>, <details> and friends",
            "\"No <col> in <colgroup>\"",
            "The <input type=\"date\"> control",
            "List<String> in Java",
            "List<Map> and Vec<Option> explained",
            "5 < 6 and 7 > 3",
            "I <3 this",
            "Use <title>",
        ] {
            for typed in [Typed::Unknown, Typed::Html] {
                assert_eq!(title(text, typed), text, "{typed:?}");
            }
        }
    }

    #[test]
    fn markup_is_removed_and_the_words_stay() {
        for (source, text) in [
            ("Dam <b>opens</b> in <i>Laos</i>", "Dam opens in Laos"),
            ("<p>Dam opens</p>", "Dam opens"),
            ("<p>Dam opens", "Dam opens"),
            ("Dam opens<br>in Laos", "Dam opens in Laos"),
            ("Dam opens<br />in Laos", "Dam opens in Laos"),
            ("<a href=\"https://example.org/\">Dam opens</a>", "Dam opens"),
            ("Dam <span class='x'>opens</span>", "Dam opens"),
            ("Dam opens <img src=\"x.png\" alt=\"a > b\">", "Dam opens"),
            ("Dam opens <a href=\"https://example.org/lo", "Dam opens"),
            ("H<sub>2</sub>O found", "H2O found"),
            ("<![CDATA[Dam <em>opens</em>]]>", "Dam opens"),
            ("Dam <!-- draft --> opens", "Dam opens"),
            ("Dam<script>alert('1')</script> opens", "Dam opens"),
            ("Dam<svg/onload=alert(1)> opens", "Dam opens"),
            ("<b>Live</b>: the <video> element", "Live: the <video> element"),
        ] {
            assert_eq!(unknown(source), text, "{source}");
        }
    }

    #[test]
    fn references_are_decoded_once() {
        for (source, text) in [
            ("AT&amp;T &ndash; results", "AT&T \u{2013} results"),
            ("AT&T and R&D", "AT&T and R&D"),
            ("5 &lt; 7", "5 < 7"),
            ("The &lt;video&gt; element", "The <video> element"),
            ("The &amp;lt;video&amp;gt; element", "The &lt;video&gt; element"),
            ("Wink &#55357;&#56841; and &#xDE09;.", "Wink \u{1f609} and ."),
        ] {
            assert_eq!(unknown(source), text, "{source}");
            assert_eq!(title(source, Typed::Html), text, "{source}");
        }
    }

    #[test]
    fn markup_that_was_escaped_twice_is_removed_where_the_format_does_not_say() {
        assert_eq!(unknown("Dam &lt;b&gt;opens&lt;/b&gt; &amp;amp; closes"), "Dam opens & closes");
        assert_eq!(title("Dam &lt;b&gt;opens&lt;/b&gt;", Typed::Html), "Dam <b>opens</b>");
    }

    #[test]
    fn a_title_of_thousands_of_tags_is_read_in_one_pass() {
        assert_eq!(unknown(&"<b>x</b>".repeat(5_000)), "x".repeat(5_000));
        assert_eq!(unknown(&format!("{}x{}", "<i>".repeat(5_000), "</i>".repeat(5_000))), "x");
    }
}
