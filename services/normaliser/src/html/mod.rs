//! Sanitised HTML, safe to be shown in a page as it is.

mod inner;
mod nesting;
mod pieces;
mod trailing;

use pieces::{Piece, pieces};
use std::{cell::RefCell, collections::HashSet};
use text::Document;
use url::Url;

/// Hosts whose images only count readers.
const TRACKERS: [&str; 12] = [
    "pixel.wp.com",
    "stats.wordpress.com",
    "feeds.feedburner.com",
    "feeds.wordpress.com",
    "b.scorecardresearch.com",
    "sb.scorecardresearch.com",
    "pixel.quantserve.com",
    "ad.doubleclick.net",
    "www.google-analytics.com",
    "pi.feedsportal.com",
    "pixel.quantcount.com",
    "www.facebook.com",
];

/// Sanitises `document` and removes from its end the elements whose texts are `trailing`, the last one first. Relative
/// links are resolved against `base`; without one they are removed. Plain text becomes paragraphs, and so does HTML that
/// is too deep to be parsed.
#[must_use]
pub fn sanitise(document: &Document<'_>, base: Option<&Url>, trailing: &[String]) -> String {
    let html = match document.markup() {
        Some(markup) if !document.is_too_deep() => sanitise_markup(markup, base),
        _ => paragraphs(document.text()),
    };
    trailing::without_trailing(html, trailing)
}

/// As [`sanitise`], and without the elements whose texts are `lines`, wherever they stand.
#[must_use]
pub fn sanitise_without(document: &Document<'_>, base: Option<&Url>, lines: &[&str], trailing: &[String]) -> String {
    trailing::without_trailing(inner::without(sanitise(document, base, &[]), lines), trailing)
}

/// Sanitises HTML that is not too deep to be parsed: [`Document::is_too_deep`]. What remains are the elements and attributes
/// that ammonia allows, with http, https and mailto URLs. The same again changes nothing.
#[must_use]
pub fn sanitise_markup(markup: &str, base: Option<&Url>) -> String {
    let mut html = sanitise_once(markup, base);
    if !may_be_read_otherwise(markup) && !nesting::is_closed_early(&html) {
        return html;
    }
    for _ in 0..MAX_PASSES {
        let again = sanitise_once(&html, base);
        if again == html {
            return html;
        }
        html = again;
    }
    paragraphs(&text::plain(&html))
}

fn sanitise_once(markup: &str, base: Option<&Url>) -> String {
    without_pixels(&clean(markup, base)).trim().to_owned()
}

/// Passes after which HTML that is still read differently each time becomes paragraphs.
const MAX_PASSES: usize = 4;

/// Elements that stay, or go with all of their content, without a change to what a parser does with the others. Where another
/// is removed, or is a table, a parser may read the result as another tree: a heading in a form may stand in a heading (HTML
/// standard, section 13.2.6). In alphabetical order.
const PLAIN: [&str; 63] = [
    "a",
    "abbr",
    "acronym",
    "article",
    "aside",
    "b",
    "bdi",
    "bdo",
    "blockquote",
    "br",
    "center",
    "cite",
    "code",
    "data",
    "dd",
    "del",
    "details",
    "dfn",
    "div",
    "dl",
    "dt",
    "em",
    "figcaption",
    "figure",
    "footer",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hgroup",
    "hr",
    "i",
    "iframe",
    "img",
    "ins",
    "kbd",
    "li",
    "mark",
    "nav",
    "noscript",
    "ol",
    "p",
    "q",
    "s",
    "samp",
    "script",
    "small",
    "span",
    "strike",
    "strong",
    "style",
    "sub",
    "summary",
    "sup",
    "time",
    "tt",
    "u",
    "ul",
    "var",
    "wbr",
];
/// Most letters of one of them.
const MAX_NAME: usize = 10;

fn may_be_read_otherwise(markup: &str) -> bool {
    markup.match_indices('<').any(|(at, _)| {
        let after = markup.get(at + 1..).unwrap_or_default().trim_start_matches('/');
        if !after.starts_with(|c: char| c.is_ascii_alphabetic()) {
            return false;
        }
        let end = after.bytes().take(MAX_NAME + 1).take_while(u8::is_ascii_alphanumeric).count();
        let name = after.get(..end).unwrap_or_default().to_ascii_lowercase();
        PLAIN.binary_search(&name.as_str()).is_err()
    })
}

/// `url` if it is an absolute http or https URL, else an empty text: any other in a field that consumers link to may run a script.
#[must_use]
pub fn web_url(url: &str) -> String {
    match Url::parse(url) {
        Ok(parsed) if matches!(parsed.scheme(), "http" | "https") => url.trim().to_owned(),
        _ => String::new(),
    }
}

/// Most bytes that relative links may grow by: the base's length for each attribute.
const MAX_RESOLVED: usize = 8_000_000;

thread_local! {
    /// One for each thread: to build its tables takes as long as to sanitise a short text.
    static BUILDER: RefCell<ammonia::Builder<'static>> = RefCell::new(builder());
}

fn builder() -> ammonia::Builder<'static> {
    let mut builder = ammonia::Builder::default();
    builder
        .url_schemes(HashSet::from(["http", "https", "mailto"]))
        .clean_content_tags(HashSet::from(["script", "style", "noscript", "iframe", "svg", "math"]))
        .rm_tags(["svg", "math"])
        // ammonia does not look at the scheme of these, and no browser shows them.
        .rm_tag_attributes("blockquote", ["cite"])
        .rm_tag_attributes("del", ["cite"])
        .rm_tag_attributes("ins", ["cite"])
        .rm_tag_attributes("q", ["cite"]);
    builder
}

fn clean(markup: &str, base: Option<&Url>) -> String {
    let base = base.filter(|base| base.as_str().len().saturating_mul(markup.matches('=').count()) <= MAX_RESOLVED);
    BUILDER.with_borrow_mut(|builder| {
        builder.url_relative(match base {
            Some(base) => ammonia::UrlRelative::RewriteWithBase(base.clone()),
            None => ammonia::UrlRelative::Deny,
        });
        builder.clean(markup).to_string()
    })
}

/// Plain text as HTML: a `p` for each paragraph, a `br` for each line end within one.
#[must_use]
pub fn paragraphs(plain: &str) -> String {
    let mut out = String::with_capacity(plain.len() + 16);
    for paragraph in plain.split("\n\n").filter(|paragraph| !paragraph.is_empty()) {
        out.push_str("<p>");
        for c in paragraph.chars() {
            match c {
                '&' => out.push_str("&amp;"),
                '<' => out.push_str("&lt;"),
                '>' => out.push_str("&gt;"),
                '\n' => out.push_str("<br>"),
                c => out.push(c),
            }
        }
        out.push_str("</p>");
    }
    out
}

/// Removes images that are not meant to be seen.
fn without_pixels(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    for piece in pieces(html) {
        if piece.name() != "img" || !is_pixel(piece) {
            out.push_str(piece.tag);
        }
        out.push_str(piece.text);
    }
    out
}

fn is_pixel(image: Piece<'_>) -> bool {
    let Some(source) = image.attribute("src") else { return true };
    let is_tiny = |side| image.attribute(side).is_some_and(|size| matches!(size.trim_end_matches("px"), "0" | "1"));
    let host = Url::parse(source).ok().and_then(|url| url.host_str().map(str::to_owned));
    is_tiny("width") || is_tiny("height") || host.is_some_and(|host| TRACKERS.contains(&host.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sanitised(source: &str) -> String {
        let base = Url::parse("https://news.example.org/a/b").unwrap();
        sanitise(&Document::parse(source), Some(&base), &[])
    }

    #[test]
    fn scripts_handlers_and_odd_schemes_are_removed_and_links_are_absolute() {
        let source = "<p onclick='x()'>Hi <a href='../c?d=1'>c</a> <a href='javascript:x()'>no</a>\
            <script>x()</script><img src='/i.png' width='300'></p>";
        insta::assert_snapshot!(sanitised(source), @r#"<p>Hi <a href="https://news.example.org/c?d=1" rel="noopener noreferrer">c</a> <a rel="noopener noreferrer">no</a><img src="https://news.example.org/i.png" width="300"></p>"#);
    }

    #[test]
    fn tracking_pixels_are_removed_and_pictures_stay() {
        let source = "<p>x<img src='https://t.example.net/p.gif' width='1' height='1'>\
            <img src='https://pixel.wp.com/b.gif'><img src='https://i.example.net/a.jpg' alt='a > b'></p>";
        insta::assert_snapshot!(sanitised(source), @r#"<p>x<img src="https://i.example.net/a.jpg" alt="a &gt; b"></p>"#);
    }

    #[test]
    fn html_that_is_too_deep_becomes_paragraphs() {
        let source = format!("{}a &lt; b{}", "<div>".repeat(20_000), "</div>".repeat(20_000));
        assert_eq!(sanitised(&source), "<p>a &lt; b</p>");
    }

    #[test]
    fn plain_text_becomes_paragraphs() {
        assert_eq!(sanitised("a < b\n\nc & d"), "<p>a &lt; b</p><p>c &amp; d</p>");
    }
}
