//! The main content of a page.
//!
//! Widgets are removed, then two cheap methods look for the article: readability (crate `dom_smoothie`), and the innermost
//! element with most of the prose. Where they disagree, trafilatura is asked, and of the three the one wins that has most in
//! common with the others.

mod declared;
mod guard;
mod lead;
mod lines;
mod prune;
mod similarity;

use dom_query::Document;
use dom_smoothie::{Config, Readability, TextMode};

pub(crate) use prune::letters;
use similarity::Shingles;

/// Two methods that have this much in common agree.
const AGREE: f64 = 0.75;

/// The main content of a page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Main {
    /// HTML, not sanitised.
    pub html: String,
    /// Plain text, paragraphs separated by one empty line.
    pub text: String,
}

/// The main content of `html`; empty if none is found. `url` is the page's, on which links are resolved.
///
/// Never panics. A page that would nest too deep for a parser, or has very many elements, gives its paragraphs without
/// a search for the main content.
#[must_use]
pub fn extract(html: &str, url: Option<&str>) -> Main {
    if guard::is_costly(html) {
        return guard::paragraphs(html);
    }
    // The libraries parse what strangers wrote; a panic of theirs costs this page its main content, not the service.
    let found = std::panic::catch_unwind(|| search(html, url));
    found.unwrap_or_else(|_| guard::paragraphs(html))
}

fn search(html: &str, url: Option<&str>) -> Main {
    let url = url.filter(|url| url.starts_with("http://") || url.starts_with("https://"));
    let document = Document::from(html);
    let page = lead::About::read(&document);
    prune::prune(&document);
    let Some(body) = document.body() else { return Main::default() };
    let lines = lines::lines(&body);
    let leads = page.leads(&lines);
    let prose = lines.iter().filter(|line| line.is_prose()).map(|line| line.letters).sum();
    let container = lines::container(&lines).map(|node| node.html().to_string()).unwrap_or_default();
    let container = finished(&container, &page);
    let declared = page.body.as_deref().and_then(|body| declared::article(&lines, body, letters(&container.text)));
    drop(lines);
    if let Some(declared) = declared {
        return lead::with_leads(finished(&declared, &page), leads);
    }
    let readable = finished(&readability(document, url), &page);
    let main = chosen(html, &page, vec![readable, container], prose);
    lead::with_leads(main, leads)
}

/// Of the first two candidates the first if they agree; otherwise a third is made, and votes are counted.
fn chosen(html: &str, page: &lead::About, mut candidates: Vec<Main>, prose: usize) -> Main {
    let mut shingles: Vec<Shingles> = candidates.iter().map(|main| Shingles::of(&main.text)).collect();
    let agreement = match shingles.as_slice() {
        [first, second] => first.similarity(second),
        _ => 0.0,
    };
    if agreement >= AGREE {
        return candidates.swap_remove(0);
    }
    let options = trafilatura::Options::default().with_fallback(true).with_exclude_comments(true).with_links(true);
    let document = Document::from(html);
    prune::prune(&document);
    if let Ok(result) = trafilatura::extract(&document.html(), &options) {
        let main = finished(&result.content_html, page);
        shingles.push(Shingles::of(&main.text));
        candidates.push(main);
    }
    let votes = |at: usize| -> f64 {
        let Some(own) = shingles.get(at) else { return 0.0 };
        shingles.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, other)| own.similarity(other)).sum()
    };
    // A first candidate with more than half of the page's prose has the article: what is much longer has other texts, too.
    let lengths: Vec<usize> = candidates.iter().map(|main| letters(&main.text)).collect();
    let first = lengths.first().copied().unwrap_or_default();
    let may_win = |at: &usize| {
        let length = lengths.get(*at).copied().unwrap_or_default();
        first * 2 < prose || length * 10 <= first * 13
    };
    let best = (0..candidates.len()).rev().filter(may_win).max_by(|a, b| votes(*a).total_cmp(&votes(*b))).unwrap_or(0);
    candidates.swap_remove(best)
}

/// HTML and text without lines that are no text of the article.
fn finished(html: &str, page: &lead::About) -> Main {
    let content = Document::fragment(html);
    lines::clean(&content.root(), &page.titles);
    let html = content.html().to_string();
    Main { text: text::plain(&html), html }
}

fn readability(document: Document, url: Option<&str>) -> String {
    let config = Config { text_mode: TextMode::Raw, disable_json_ld: true, ..Config::default() };
    let article = Readability::with_document(document, url, Some(config)).ok().and_then(|mut page| page.parse().ok());
    article.map(|article| article.content.to_string()).unwrap_or_default()
}
