//! A feed and an item while they are read: of several sources of the same thing, the best that is there.

mod authors;
mod entry;
mod feed;

pub(super) use entry::{EntryBuilder, is_mime};
pub(super) use feed::FeedBuilder;

/// The best of several sources: the lowest rank, and of one rank the first, but for dates.
#[derive(Debug)]
struct Ranked<T>(Option<(u8, T)>);

impl<T> Default for Ranked<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T> Ranked<T> {
    fn offer(&mut self, rank: u8, value: T) -> bool {
        let better = self.0.as_ref().is_none_or(|(r, _)| rank < *r);
        if better {
            self.0 = Some((rank, value));
        }
        better
    }

    /// Of one rank the last: of a date that is given again, the later word is the valid one.
    fn again(&mut self, rank: u8, value: T) {
        if self.0.as_ref().is_none_or(|(r, _)| rank <= *r) {
            self.0 = Some((rank, value));
        }
    }

    fn take(self) -> Option<T> {
        self.0.map(|(_, v)| v)
    }
}

impl Ranked<String> {
    fn text(&mut self, rank: u8, value: String) -> bool {
        !value.is_empty() && self.offer(rank, value)
    }
}

/// Most names, terms and files that an item may bring.
pub(super) const MOST: usize = 64;

/// NamespaceScope in all, in bytes, that an entry takes over from its feed: they count once for each entry.
const MOST_INHERITED: usize = 1_000;

/// The feed's authors for an entry that names none: as many as there is room for.
pub(super) fn inherited(authors: &[String]) -> &[String] {
    let mut room = MOST_INHERITED;
    let fits = |name: &&String| {
        let fits = name.len() <= room;
        room = room.saturating_sub(name.len());
        fits
    };
    authors.get(..authors.iter().take_while(fits).count()).unwrap_or_default()
}

/// Adds a name or term, each once, as far as there is room.
pub(super) fn add(list: &mut Vec<String>, value: &str) {
    let value = value.trim();
    if !value.is_empty() && list.len() < MOST && !list.iter().any(|v| v == value) {
        list.push(value.to_owned());
    }
}
