//! What a response is to be.

use super::body::Overflow;

const FEED: &str = "application/rss+xml, application/atom+xml, application/rdf+xml, application/feed+json, \
                    application/xml;q=0.9, text/xml;q=0.9, application/json;q=0.8, */*;q=0.5";
const PAGE: &str = "text/html, application/xhtml+xml;q=0.9";

/// What a response is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expect {
    /// A feed, by its bytes: its type is often wrong.
    Feed,
    /// HTML, by its type.
    Page,
    /// A file of rules of the site.
    Text,
}

impl Expect {
    /// The header Accept.
    pub(super) fn accept(self) -> &'static str {
        match self {
            Expect::Feed => FEED,
            Expect::Page => PAGE,
            Expect::Text => "text/plain, application/json;q=0.9, */*;q=0.1",
        }
    }

    /// What is done with a longer body.
    pub(super) fn overflow(self) -> Overflow {
        if self == Expect::Text { Overflow::Cut } else { Overflow::Reject }
    }

    /// True if the body of a response of this Content-Type is read.
    pub(super) fn takes(self, content_type: &str) -> bool {
        let kind = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        self != Expect::Page || matches!(kind.as_str(), "" | "text/html" | "application/xhtml+xml")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_html_by_its_type() {
        for (content_type, expected) in [
            ("text/html; charset=utf-8", true),
            ("Application/XHTML+XML", true),
            ("", true),
            ("application/pdf", false),
            ("text/plain", false),
            ("video/mp4", false),
        ] {
            assert_eq!(Expect::Page.takes(content_type), expected, "{content_type}");
            assert!(Expect::Feed.takes(content_type));
        }
    }
}
