//! The main content.
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
    let config = Config { text_mode: TextMode::Formatted, disable_json_ld: true, ..Config::default() };
    let url = url.filter(|url| url.starts_with("http"));
    let article = Readability::new(html, url, Some(config)).ok().and_then(|mut page| page.parse().ok());
    let html = article.map(|article| article.content.to_string()).unwrap_or_default();
    Main { text: text::plain(&html), html }
}
