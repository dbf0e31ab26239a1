//! The main content.
mod paragraphs;
mod prune;

use dom_query::Document;
use dom_smoothie::{Config, Readability, TextMode};

/// The main content of a page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Main {
    /// HTML, not sanitised.
    pub html: String,
    /// Plain text, paragraphs separated by one empty line.
    pub text: String,
}

/// How much time extraction may take.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Effort {
    /// The second library only where the first one's result is doubtful.
    #[default]
    Fast,
    /// Both.
    Accurate,
}

/// The main content of `html`; empty if none is found. `url` resolves links.
#[must_use]
pub fn extract(html: &str, url: Option<&str>) -> Main {
    extract_with(html, url, Effort::Fast)
}

/// [`extract`] with an effort.
#[must_use]
pub fn extract_with(html: &str, url: Option<&str>, _effort: Effort) -> Main {
    let url = url.filter(|url| url.starts_with("http"));
    let document = Document::from(html);
    prune::prune(&document);
    let total = document.body().map(|body| prune::paragraphs(&body)).unwrap_or_default();
    let main = readability(document, url);
    let n = letters(&main.text);
    if std::env::var("DBG").is_ok() { println!("N {n} {total}"); }
    main
}

fn letters(text: &str) -> usize {
    text.chars().filter(|c| c.is_alphanumeric()).count()
}

fn readability(document: Document, url: Option<&str>) -> Main {
    let config = Config { text_mode: TextMode::Raw, disable_json_ld: true, ..Config::default() };
    let article = Readability::with_document(document, url, Some(config)).ok().and_then(|mut page| page.parse().ok());
    let Some(article) = article else { return Main::default() };
    let content = Document::fragment(article.content);
    paragraphs::clean(&content, &article.title);
    let html = content.html().to_string();
    Main { text: text::plain(&html), html }
}
