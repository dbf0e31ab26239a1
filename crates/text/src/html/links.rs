//! The links of a page, without its text.

use super::{attributes, raw_kind, tokenize};
use html5ever::tokenizer::{Tag, TagKind, Token, TokenSink, TokenSinkResult, TokenizerOpts};
use std::{borrow::Cow, cell::RefCell};

/// Links of a page that are kept, and bytes of a value of theirs.
const MAX_LINKS: usize = 5_000;
const MAX_BYTES: usize = 4_096;

/// A `link` or `a` element with an address.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Link {
    /// True for `a`, false for `link`.
    pub is_anchor: bool,
    /// The words of the attribute `rel`, as written.
    pub rel: String,
    /// The attribute `type`, as written.
    pub media_type: String,
    /// The attribute `href`, as written.
    pub address: String,
    /// The attribute `title`, as written.
    pub title: String,
}

/// The links of a page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Links {
    /// The address of the first `base` element; relative links are resolved on it.
    pub base: Option<String>,
    /// The links in their order, at most 5,000.
    pub links: Vec<Link>,
}

/// Reads the links of a page. What is longer than 4 kB is no address.
#[must_use]
pub fn links(source: &str) -> Links {
    let source = attributes::limited(Cow::Borrowed(source));
    tokenize(Collector::default(), &source, TokenizerOpts::default()).0.into_inner()
}

#[derive(Default)]
struct Collector(RefCell<Links>);

impl TokenSink for Collector {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        let Token::TagToken(tag) = token else { return TokenSinkResult::Continue };
        if tag.kind != TagKind::StartTag {
            return TokenSinkResult::Continue;
        }
        let mut links = self.0.borrow_mut();
        match &*tag.name {
            "base" if links.base.is_none() => links.base = attribute(&tag, "href"),
            name @ ("link" | "a") if links.links.len() < MAX_LINKS => {
                if let Some(address) = attribute(&tag, "href") {
                    let value = |name| attribute(&tag, name).unwrap_or_default();
                    let (rel, media_type, title) = (value("rel"), value("type"), value("title"));
                    links.links.push(Link { is_anchor: name == "a", rel, media_type, address, title });
                }
            }
            name => {
                if let Some(kind) = raw_kind(name) {
                    return TokenSinkResult::RawData(kind);
                }
            }
        }
        TokenSinkResult::Continue
    }
}

fn attribute(tag: &Tag, name: &str) -> Option<String> {
    let found = tag.attrs.iter().find(|attribute| &*attribute.name.local == name)?;
    let value = found.value.trim();
    (!value.is_empty() && value.len() <= MAX_BYTES).then(|| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_read_with_their_attributes_and_not_from_scripts_or_comments() {
        let page = r#"<!doctype html><base href="/en/"><base href="/fr/"><!-- <link href="/comment"> -->
            <script>document.write('<link href="/script">')</script><LINK REL="alternate"
            type='application/rss+xml' title="All &amp; more" href=feed.xml><a name=x>no</a><a href=" /rss ">RSS</a>"#;
        let Links { base, links } = links(page);
        assert_eq!(base.as_deref(), Some("/en/"));
        let feed = Link {
            is_anchor: false,
            rel: "alternate".into(),
            media_type: "application/rss+xml".into(),
            address: "feed.xml".into(),
            title: "All & more".into(),
        };
        let anchor = Link { is_anchor: true, address: "/rss".into(), ..Link::default() };
        assert_eq!(links, [feed, anchor]);
    }

    #[test]
    fn a_page_of_nothing_but_links_is_bounded() {
        assert_eq!(links(&"<a href=x>".repeat(MAX_LINKS * 2)).links.len(), MAX_LINKS);
    }
}
