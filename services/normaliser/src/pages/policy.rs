//! Whether the page of an entry is requested.

use crate::withheld;
use proto::{
    v1::{PageRequest, RawItem},
    vocab::{full_text, page_reason},
};
use unicode_segmentation::UnicodeSegmentation;
use url::Url;

/// A body of fewer words (UAX #29) is short: a summary, not an article.
const SHORT: usize = 150;
/// A body that ends in an ellipsis is short below this number of words.
const CUT_OFF: usize = 400;
/// Most bytes of an entry's texts in a request. One with more has its text.
const MAX_ENTRY: usize = 256 * 1024;
/// Most bytes of a page's URL.
const MAX_URL: usize = 2_048;
/// Endings of paths that are no pages.
const FILES: [&str; 20] = [
    "pdf", "jpg", "jpeg", "png", "gif", "webp", "svg", "mp3", "m4a", "ogg", "wav", "mp4", "m4v", "webm", "mov", "avi",
    "zip", "doc", "docx", "xml",
];

/// Whether the pages of a feed's entries are fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum FullText {
    /// If the feed's text is short.
    Auto,
    /// Those of all entries.
    Always,
    /// None.
    #[default]
    Never,
}

impl FullText {
    /// The policy of an item's feed, else this one.
    #[must_use]
    pub fn of(self, raw: &RawItem) -> Self {
        match raw.full_text.as_str() {
            full_text::AUTO => FullText::Auto,
            full_text::ALWAYS => FullText::Always,
            full_text::NEVER => FullText::Never,
            _ => self,
        }
    }
}

/// Why the page of an entry is to be fetched, one of [`page_reason`]; `None` if it is not. `body`: the plain text that the
/// feed gives.
#[must_use]
pub fn reason(raw: &RawItem, body: &str, policy: FullText) -> Option<&'static str> {
    let texts = raw.title.len() + raw.summary.len() + raw.content.len();
    // What may not be published need not be fetched.
    let is_withheld = withheld::withholds(&raw.publish_text);
    if policy == FullText::Never || is_withheld || texts > MAX_ENTRY || !may_be_page(page_url(raw)) {
        return None;
    }
    if policy == FullText::Always {
        return Some(page_reason::ALWAYS);
    }
    let words = body.unicode_words().take(CUT_OFF).count();
    if words == 0 {
        Some(page_reason::BODY_MISSING)
    } else {
        let is_short = words < SHORT || (words < CUT_OFF && is_cut_off(body));
        is_short.then_some(page_reason::BODY_SHORT)
    }
}

/// The request for an entry's page.
#[must_use]
pub fn request(raw: &RawItem, reason: &str, revision: i32, now: jiff::Timestamp) -> PageRequest {
    PageRequest {
        article_id: raw.article_id.clone(),
        url: page_url(raw).to_owned(),
        feed_id: raw.feed_id.clone(),
        reason: reason.to_owned(),
        revision,
        requested_at: Some(proto::time::to_wire(now)),
        entry: Some(raw.clone()),
    }
}

/// The publisher's page where the link is a carrier's; else the link as the feed has it.
fn page_url(raw: &RawItem) -> &str {
    let host = |url: &str| Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned));
    let page = host(&raw.canonical_url);
    if page.is_some() && page != host(&raw.url) { &raw.canonical_url } else { &raw.url }
}

fn may_be_page(url: &str) -> bool {
    let Ok(url) = Url::parse(url) else { return false };
    let file = url.path().rsplit('/').next().unwrap_or_default();
    let ending = file.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
    matches!(url.scheme(), "http" | "https")
        && url.as_str().len() <= MAX_URL
        && url.has_host()
        && !ending.is_some_and(|ending| FILES.contains(&ending.as_str()))
}

fn is_cut_off(body: &str) -> bool {
    let end = body.trim_end().trim_end_matches([']', ')', '}', '>', '\u{bb}']).trim_end();
    end.ends_with('\u{2026}') || end.ends_with("...")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item() -> RawItem {
        RawItem { url: "https://e.example/news/1".into(), ..RawItem::default() }
    }

    #[test]
    fn a_short_or_missing_body_asks_for_the_page() {
        let long = "word ".repeat(SHORT);
        let reason = |body: &str| reason(&item(), body, FullText::Auto);
        assert_eq!(reason(""), Some(page_reason::BODY_MISSING));
        assert_eq!(reason("A summary of one line."), Some(page_reason::BODY_SHORT));
        assert_eq!(reason(&long), None);
        assert_eq!(reason(&format!("{long} [\u{2026}]")), Some(page_reason::BODY_SHORT));
        assert_eq!(reason(&format!("{} \u{2026}", "word ".repeat(CUT_OFF))), None);
    }

    #[test]
    fn the_feeds_policy_comes_before_the_default() {
        let of = |policy: &str| FullText::Auto.of(&RawItem { full_text: policy.into(), ..item() });
        assert_eq!((of(""), of("NEVER"), of("ALWAYS")), (FullText::Auto, FullText::Never, FullText::Always));
        assert_eq!(reason(&item(), "", FullText::Never), None);
        assert_eq!(reason(&item(), &"word ".repeat(500), FullText::Always), Some(page_reason::ALWAYS));
    }

    #[test]
    fn the_page_of_a_carriers_item_is_asked_of_its_publisher() {
        let url = |url: &str, canonical_url: &str| {
            let raw = RawItem { url: url.into(), canonical_url: canonical_url.into(), ..RawItem::default() };
            request(&raw, page_reason::ALWAYS, 1, jiff::Timestamp::UNIX_EPOCH).url
        };
        let (carried, page) = ("https://carrier.example/url?to=https%3A%2F%2Fe.example%2Fa", "https://e.example/a");
        assert_eq!(url(carried, page), page);
        assert_eq!(url("https://e.example/a?utm_source=rss", page), "https://e.example/a?utm_source=rss");
        for unknown in ["", "urn:newswire:1"] {
            assert_eq!(url(carried, unknown), carried);
        }
        let file =
            RawItem { url: carried.into(), canonical_url: "https://e.example/a.pdf".into(), ..RawItem::default() };
        assert_eq!(reason(&file, "", FullText::Always), None);
    }

    #[test]
    fn files_and_what_is_no_web_address_are_no_pages() {
        for url in ["", "urn:a", "mailto:a@e.example", "https://e.example/a.PDF", "http://e.example/b.mp3?x=1"] {
            assert_eq!(reason(&RawItem { url: url.into(), ..item() }, "", FullText::Always), None, "{url}");
        }
        assert!(reason(&RawItem { url: "https://e.example/a.html".into(), ..item() }, "", FullText::Auto).is_some());
    }
}
