//! Pages that are no article.
use crate::{Main, Metadata};

/// Why a page has no article.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Wall {
    /// The article is for subscribers.
    Paywall,
    /// A page that asks for consent.
    Consent,
    /// A page that tells people from programs.
    Challenge,
    /// An error page, whatever the status.
    Error,
}

impl Wall {
    /// The name in metrics and topics.
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

/// The wall that a page is; `None` for an article.
#[must_use]
pub fn wall(_html: &str, metadata: &Metadata, main: &Main) -> Option<Wall> {
    (metadata.paywalled && main.text.len() < 500).then_some(Wall::Paywall)
}
