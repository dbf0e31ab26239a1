//! What was decided on the way from a raw item to its article.

use crate::{boilerplate::Cut, publisher::Origin};

/// The decisions that an article does not show.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trace {
    /// The title as plain text, before the site's name was removed.
    pub title: String,
    /// The field that gave the body: `content` or `summary`.
    pub body_from: &'static str,
    /// The lines that were cut from the body, in their order.
    pub cuts: Vec<Cut>,
    /// Publisher and carrier, and by which rules.
    pub origin: Origin,
    /// True if the feed's definition withholds text that there is.
    pub is_withheld: bool,
}
