//! Pages that have no article: a wall stands in its place.
//!
//! A page is a wall only if it has little text, or if what it has for an article is the wall's own text. Markers are the
//! addresses and names of vendors' products, and short phrases of titles and of the first lines.

mod phrases;

use phrases::{PHRASES, in_text};

use crate::extract::letters;
use crate::scan::{Piece, Scanner};
use crate::{Main, Metadata};

/// Letters of a main content that is an article, whatever else the page has.
const ARTICLE: usize = 1_500;
/// Letters of a main content that may be a teaser.
const TEASER: usize = 600;
/// Phrases of consent of which a text is a dialog.
const CONSENT: usize = 3;
/// Bytes of a page in which markers are looked for.
const HEAD: usize = 200_000;

/// Why a page has no article.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Wall {
    /// The article is for subscribers, and the page has no more than its beginning.
    Paywall,
    /// The page asks for consent and shows nothing else.
    Consent,
    /// The page tells people from programs, or refuses programs.
    Challenge,
    /// The page says that there is no such page or that the site fails, whatever its status.
    Error,
}

impl Wall {
    /// The name in metrics and records.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Wall::Paywall => "paywall",
            Wall::Consent => "consent",
            Wall::Challenge => "challenge",
            Wall::Error => "error",
        }
    }
}

/// The wall that a page is; `None` for an article. `html` may be stripped or not.
#[must_use]
pub fn wall(html: &str, metadata: &Metadata, main: &Main) -> Option<Wall> {
    let letters = letters(&main.text);
    let says_consent = || in_text(&PHRASES.consent, &main.text.to_lowercase()) >= CONSENT;
    if letters >= ARTICLE && !metadata.paywalled && !says_consent() {
        return None;
    }
    let page = Page::read(html, metadata);
    if page.is_challenge(letters) {
        Some(Wall::Challenge)
    } else if page.is_error(letters) {
        Some(Wall::Error)
    } else if page.is_consent(main, letters) {
        Some(Wall::Consent)
    } else if page.is_paywall(metadata, main, letters) {
        Some(Wall::Paywall)
    } else {
        None
    }
}

/// What is compared with markers.
struct Page {
    /// The titles in lower case.
    titles: Vec<String>,
    /// Markup and scripts in lower case.
    source: String,
    /// The visible text in lower case, its beginning.
    text: String,
    /// The page says that it is an article and has a date.
    is_article: bool,
}

impl Page {
    fn read(html: &str, metadata: &Metadata) -> Page {
        let html = html.get(..html.floor_char_boundary(HEAD)).unwrap_or(html);
        let (mut titles, mut text) = (vec![metadata.title.to_lowercase()], String::new());
        let mut raw = "";
        for piece in Scanner::new(html) {
            match piece {
                Piece::Start(tag) => raw = if tag.is("title") { "title" } else { "" },
                Piece::Raw(title) if raw == "title" => titles.push(title.trim().to_lowercase()),
                Piece::Text(part) if text.len() < HEAD / 4 => {
                    text.push_str(part);
                    text.push(' ');
                }
                _ => {}
            }
        }
        let text = text::characters::collapse_whitespace(&htmlize::unescape(&text)).to_lowercase();
        let is_article = !metadata.published_text.is_empty();
        Page { titles, source: html.to_lowercase(), text, is_article }
    }

    fn has_marker(&self, markers: &[&str]) -> bool {
        markers.iter().any(|marker| self.source.contains(marker))
    }

    /// A title that begins with one of the phrases, or is it up to the name of the site.
    fn has_title(&self, phrases: &[&str]) -> bool {
        self.titles.iter().any(|title| phrases.iter().any(|phrase| begins_with(title, phrase)))
    }

    fn visible(&self) -> usize {
        letters(&self.text)
    }

    fn is_challenge(&self, letters: usize) -> bool {
        let is_short = letters < TEASER && self.visible() < 3 * TEASER;
        let is_dated = self.is_article && letters > 200;
        is_short
            && !is_dated
            && (self.has_title(&PHRASES.challenge_titles)
                || self.has_marker(&PHRASES.challenge_markers) && self.visible() < TEASER
                || in_text(&PHRASES.challenge, &self.text) > 0 && self.visible() < 2 * TEASER)
    }

    fn is_error(&self, letters: usize) -> bool {
        // The title of an article about an error has a date and text, too.
        let is_error_title = self.has_title(&PHRASES.error_titles) || self.titles.iter().any(|title| is_status(title));
        !self.is_article && letters < ARTICLE && is_error_title
            || !self.is_article
                && letters < TEASER / 2
                && in_text(&PHRASES.error, &self.text) > 0
                && self.visible() < 4 * TEASER
    }

    fn is_consent(&self, main: &Main, letters: usize) -> bool {
        let in_main = in_text(&PHRASES.consent, &main.text.to_lowercase());
        // The article that was found is the dialog.
        let is_dialog = in_main >= CONSENT || in_main >= 1 && letters < TEASER && !self.is_article;
        let is_empty = letters < TEASER / 3;
        let in_page = in_text(&PHRASES.consent, &self.text);
        is_dialog
            && letters < 2 * ARTICLE
            && (letters < ARTICLE || !self.is_article)
            && (in_main >= CONSENT || self.has_marker(&PHRASES.consent_markers) || self.visible() < 3 * TEASER)
            || is_empty
                && !self.is_article
                && in_page >= 1
                && (in_page >= 2 || self.has_marker(&PHRASES.consent_markers) || self.visible() < TEASER)
    }

    fn is_paywall(&self, metadata: &Metadata, main: &Main, letters: usize) -> bool {
        let prompts = in_text(&PHRASES.paywall, &self.text);
        let in_main = in_text(&PHRASES.paywall, &main.text.to_lowercase());
        // An article of a subscriber's page can still be whole: search engines are given it.
        if metadata.paywalled {
            return letters < TEASER || letters < ARTICLE && prompts > 0;
        }
        letters < TEASER && (in_main > 0 || prompts > 1 || prompts > 0 && self.has_marker(&PHRASES.paywall_markers))
    }
}

/// True if `title` is `phrase`, or goes on with a separator or a short rest.
fn begins_with(title: &str, phrase: &str) -> bool {
    let title = title.trim_start_matches(|c: char| !c.is_alphanumeric());
    let Some(rest) = title.strip_prefix(phrase) else { return false };
    let rest = rest.trim_start();
    rest.is_empty()
        || rest.starts_with(['|', '-', '–', '—', '.', '!', ':', '·', '…', '(', '。', '！', ','])
        || rest.chars().count() < 12
}

/// `404`, `Error 404 - Example`, `403 Forbidden`.
fn is_status(title: &str) -> bool {
    const CODES: [&str; 12] = ["400", "401", "403", "404", "405", "410", "429", "451", "500", "502", "503", "504"];
    let mut words = title.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    match (words.next(), words.next()) {
        (Some(first), None) => CODES.contains(&first),
        (Some(first), Some(second)) => {
            let says_error = |word: &str| PHRASES.error_words.contains(&word);
            CODES.contains(&first) && says_error(second) || says_error(first) && CODES.contains(&second)
        }
        _ => false,
    }
}
