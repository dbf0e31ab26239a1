//! From a document's bytes to what it says.

use crate::feed::{Context, Document, Unreadable};

/// Reads a feed of any format and in any state.
///
/// # Errors
/// What cannot be read as a feed at all, or is too large.
pub fn read(bytes: &[u8], cx: &Context<'_>) -> Result<Document, Unreadable> {
    if bytes.len() > cx.limits.bytes {
        return Err(Unreadable::TooLarge { bytes: bytes.len(), limit: cx.limits.bytes });
    }
    Err(Unreadable::NotAFeed("first version".into()))
}
