//! Sanitised HTML: what a reader's page may show as it is.

use crate::text;
use std::collections::HashSet;
use url::Url;

/// Deepest nesting that is parsed; deeper HTML is given as its paragraphs. A tree of n levels costs a browser's
/// algorithm n steps for each tag.
pub const MAX_DEPTH: usize = 200;

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

/// Sanitised HTML, and whether it was too deep to be parsed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clean {
    /// The HTML.
    pub html: String,
    /// True where it is made of the text's paragraphs.
    pub too_deep: bool,
}

/// Sanitises `source`, which is HTML or text. Relative links are resolved against `base`; without one they go.
#[must_use]
pub fn sanitise(source: &str, base: Option<&Url>) -> Clean {
    let Some(markup) = text::markup(source) else {
        return Clean { html: paragraphs(&text::plain(source)), too_deep: false };
    };
    if text::depth(&markup, MAX_DEPTH) >= MAX_DEPTH {
        return Clean { html: paragraphs(&text::html(&markup)), too_deep: true };
    }
    let mut builder = ammonia::Builder::default();
    let schemes: HashSet<&str> = ["http", "https", "mailto"].into();
    builder.url_schemes(schemes).clean_content_tags(["script", "style", "noscript", "iframe", "svg", "math"].into());
    builder.rm_tags(["svg", "math"]);
    builder.url_relative(match base {
        Some(base) => ammonia::UrlRelative::RewriteWithBase(base.clone()),
        None => ammonia::UrlRelative::Deny,
    });
    Clean { html: without_pixels(&builder.clean(&markup).to_string()).trim().to_owned(), too_deep: false }
}

/// Plain text as HTML.
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

/// Takes images off that nobody is meant to see. Works on ammonia's output, where `<img ` is always a tag and every
/// attribute is in double quotes.
fn without_pixels(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(at) = rest.find("<img") {
        let (before, tag) = rest.split_at(at);
        out.push_str(before);
        let mut quoted = false;
        let end = tag.find(|c| {
            quoted ^= c == '"';
            c == '>' && !quoted
        });
        let (tag, after) = tag.split_at(end.map_or(tag.len(), |end| end + 1));
        if !is_pixel(tag) {
            out.push_str(tag);
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

fn is_pixel(tag: &str) -> bool {
    let attribute = |name: &str| {
        let (_, value) = tag.split_once(&format!(" {name}=\""))?;
        value.split_once('"').map(|(value, _)| value)
    };
    let tiny = |name| attribute(name).is_some_and(|size| matches!(size.trim_end_matches("px"), "0" | "1"));
    let Some(source) = attribute("src") else { return true };
    let host = Url::parse(source).ok().and_then(|url| url.host_str().map(str::to_owned));
    tiny("width") || tiny("height") || host.is_some_and(|host| TRACKERS.contains(&host.as_str()))
}

/// Takes the last element off where its text is `line`.
#[must_use]
pub fn without_last(html: &str, line: &str) -> Option<String> {
    let mut places: Vec<usize> =
        ["<p", "<div", "<li", "<a ", "<br", "<h"].iter().filter_map(|tag| html.rfind(tag)).collect();
    places.sort_unstable();
    // The outermost element that holds nothing else. Those around it stay open: ammonia closes them again.
    let at = places.into_iter().find(|at| text::html(&html[*at..]) == line)?;
    Some(ammonia::clean(html[..at].trim_end()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base() -> Url {
        Url::parse("https://news.example.org/a/b").unwrap()
    }

    #[test]
    fn scripts_handlers_and_odd_schemes_are_off_and_links_are_absolute() {
        let source = "<p onclick='x()'>Hi <a href='../c?d=1'>c</a> <a href='javascript:x()'>no</a>\
            <script>x()</script><img src='/i.png' width='300'></p>";
        insta::assert_snapshot!(sanitise(source, Some(&base())).html, @r#"<p>Hi <a href="https://news.example.org/c?d=1" rel="noopener noreferrer">c</a> <a rel="noopener noreferrer">no</a><img src="https://news.example.org/i.png" width="300"></p>"#);
    }

    #[test]
    fn tracking_pixels_are_off_and_pictures_stay() {
        let source = "<p>x<img src='https://t.example.net/p.gif' width='1' height='1'>\
            <img src='https://pixel.wp.com/b.gif'><img src='https://i.example.net/a.jpg' alt='a > b'></p>";
        insta::assert_snapshot!(sanitise(source, None).html, @r#"<p>x<img src="https://i.example.net/a.jpg" alt="a &gt; b"></p>"#);
    }

    #[test]
    fn what_is_nested_too_deep_is_given_as_paragraphs() {
        let source = format!("{}a &lt; b{}", "<div>".repeat(20_000), "</div>".repeat(20_000));
        assert_eq!(sanitise(&source, None), Clean { html: "<p>a &lt; b</p>".into(), too_deep: true });
    }

    #[test]
    fn a_text_becomes_paragraphs() {
        assert_eq!(sanitise("a < b\n\nc & d", None).html, "<p>a &lt; b</p><p>c &amp; d</p>");
    }

    #[test]
    fn the_last_element_goes_with_its_line() {
        let html = "<div><p>One.</p><p><a href=\"https://example.org/\">Read more</a></p></div>";
        assert_eq!(without_last(html, "Read more").unwrap(), "<div><p>One.</p></div>");
        assert_eq!(without_last(html, "One."), None);
    }
}
