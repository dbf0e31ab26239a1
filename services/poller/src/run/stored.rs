//! The two records of a feed in the table of states: the state, and the entries that belong to it.

use crate::{
    identity::{SeenEntry, unpack},
    poll::forget_entries,
};
use proto::{
    feed_entries, key,
    topic::Topic,
    v1::{FeedEntries, FeedState},
};
use stream::{LogError, Row, Session, Table, Transaction};

pub(super) const STATES: Table<FeedState> = Table::new(Topic::FeedState.suffix());
/// The same table: the records differ in their keys.
pub(super) const ENTRIES: Table<FeedEntries> = Table::new(Topic::FeedState.suffix());

/// What is stored of a feed.
pub(super) struct Stored<'a> {
    /// The state, decoded. If its entries are missing or of another generation, it is that of a feed that was never polled.
    pub(super) state: Option<FeedState>,
    /// The entries that belong to it, encoded.
    entries: Option<Row<'a>>,
}

impl<'a> Stored<'a> {
    /// Reads a feed's records as `transaction` would leave them.
    pub(super) fn read(
        session: &'a Session,
        transaction: &'a Transaction,
        partition: i32,
        feed_id: &str,
    ) -> Result<Self, LogError> {
        let nothing = Stored { state: None, entries: None };
        // A definition with an invalid id is refused and has no state.
        let (Ok(state), Ok(entries)) = (Topic::FeedState.key(feed_id), key::of_entries(feed_id)) else {
            return Ok(nothing);
        };
        let mut state = match session.tables().get(&STATES, transaction, partition, &state) {
            Ok(Some(state)) => state,
            Ok(None) => return Ok(nothing),
            Err(LogError::Corrupt(reason)) => {
                tracing::error!(feed_id, reason, "the state of a feed cannot be decoded; it counts as lost");
                // A generation tells that there were entries.
                return Ok(Stored {
                    state: Some(FeedState { entries_generation: 1, ..FeedState::default() }),
                    entries: None,
                });
            }
            Err(error) => return Err(error),
        };
        let row = session.tables().row(&ENTRIES, transaction, partition, &entries)?;
        let belongs = |row: &Row<'_>| feed_entries::generation(&row.value) == Ok(state.entries_generation);
        let entries = row.filter(belongs);
        if state.entries_generation != 0 && entries.is_none() {
            forget_entries(&mut state);
        }
        Ok(Stored { state: Some(state), entries })
    }

    /// The entries; `None` if they are lost or cannot be read.
    pub(super) fn entries(&self) -> Option<Vec<SeenEntry>> {
        let entries: FeedEntries = self.entries.as_ref()?.decode().ok()?;
        unpack(&entries.packed).ok()
    }
}
