//! Builders of a feed and an item: of several elements for one field, the one of the best rank counts.

mod authors;
mod entry;
mod feed;
mod texts;

pub(super) use entry::{EntryBuilder, is_media_type};
pub(super) use feed::FeedBuilder;
pub(super) use texts::is_blank;

/// The value of a field with several sources: the one of the lowest rank.
#[derive(Debug)]
struct Ranked<T>(Option<(u8, T)>);

impl<T> Default for Ranked<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T> Ranked<T> {
    /// Takes a value of a lower rank than the present one. True if it was taken.
    fn offer(&mut self, rank: u8, value: T) -> bool {
        let better = self.0.as_ref().is_none_or(|(r, _)| rank < *r);
        if better {
            self.0 = Some((rank, value));
        }
        better
    }

    /// As [`Ranked::offer`], but the last value of a rank counts: a date that is repeated replaces the earlier one.
    fn offer_last(&mut self, rank: u8, value: T) {
        if self.0.as_ref().is_none_or(|(r, _)| rank <= *r) {
            self.0 = Some((rank, value));
        }
    }

    fn get(&self) -> Option<&T> {
        self.0.as_ref().map(|(_, value)| value)
    }

    fn take(self) -> Option<T> {
        self.0.map(|(_, v)| v)
    }
}

impl Ranked<String> {
    /// As [`Ranked::offer`]; an empty text is ignored.
    fn offer_text(&mut self, rank: u8, value: String) -> bool {
        !value.is_empty() && self.offer(rank, value)
    }
}

/// Maximum number of authors, categories, files and dates of an item.
pub(super) const MAX_VALUES: usize = 64;

/// Maximum bytes of the authors that an entry inherits from its feed. They are copied into each entry.
const MAX_INHERITED_BYTES: usize = 1_000;

/// The feed's authors for an entry without authors, up to [`MAX_INHERITED_BYTES`].
pub(super) fn inherited(authors: &[String]) -> &[String] {
    let mut left = MAX_INHERITED_BYTES;
    let fits = |name: &&String| {
        let fits = name.len() <= left;
        left = left.saturating_sub(name.len());
        fits
    };
    authors.get(..authors.iter().take_while(fits).count()).unwrap_or_default()
}

/// Adds a trimmed value that is neither empty nor in the list, up to [`MAX_VALUES`].
pub(super) fn add(list: &mut Vec<String>, value: &str) {
    let value = value.trim();
    if !value.is_empty() && list.len() < MAX_VALUES && !list.iter().any(|v| v == value) {
        list.push(value.to_owned());
    }
}
