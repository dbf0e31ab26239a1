//! Definitions that an earlier version wrote with secrets in their URL: they are written again without, under the id of the URL
//! without secrets, and what is stored of the feed moves with them.

use super::{
    poll_loop::{HEALTH, PollLoop},
    records,
    stored::{ENTRIES, STATES},
};
use crate::definition;
use jiff::Timestamp;
use proto::{
    key,
    topic::Topic,
    v1::{Feed, FeedEntries, FeedHealth, FeedState},
    wire::Message,
};
use stream::{LogError, Outgoing, Session, Table, Transaction};

/// Definitions that are moved between two polls of the log.
const AT_ONCE: usize = 50;

impl PollLoop {
    /// Notes a definition with secrets in its URL, or says how they leave it.
    pub(super) fn note_secrets(&mut self, partition: i32, feed: &Feed) {
        let url = self.config.credentials.parameters.masked(&feed.url);
        let feed_id = feed.feed_id.as_str();
        if self.config.credentials.store.file().is_none() {
            tracing::warn!(
                feed_id,
                url,
                "the definition holds credentials in clear: start with --credentials-file FILE, to which they are moved, or \
                 `newswire feeds remove {feed_id}` and `newswire feeds add URL --credentials-file FILE`"
            );
        } else {
            self.to_relocate.push((partition, feed.clone()));
        }
    }

    /// Moves the secrets of the noted definitions to the credentials file, of a bounded number at a time. True if something was
    /// committed.
    ///
    /// # Errors
    /// If a commit fails. The definition is then tried again.
    pub(super) fn relocate_all(&mut self, session: &mut Session) -> Result<bool, LogError> {
        let mut has_committed = false;
        for _ in 0..AT_ONCE {
            if !self.relocate(session)? {
                break;
            }
            has_committed = true;
        }
        Ok(has_committed)
    }

    /// Moves the secrets of one definition, in one transaction with all that is stored of the feed.
    fn relocate(&mut self, session: &mut Session) -> Result<bool, LogError> {
        let Some((partition, old)) = self.to_relocate.last().cloned() else { return Ok(false) };
        let position = session.positions().get(&partition).copied();
        // It may have been removed, written again or revoked.
        let known = self.feeds.get(&old.feed_id).filter(|known| known.inline.is_some());
        let (Some(position), Some(known)) = (position, known) else {
            self.to_relocate.pop();
            return Ok(false);
        };
        if known.awaited.is_some() {
            return Ok(false);
        }
        let now = self.now();
        let shown = self.config.credentials.parameters.masked(&old.url);
        let new = match self.config.credentials.take(old.clone(), now) {
            Ok(new) => new,
            Err(error) => {
                let feed_id = old.feed_id.as_str();
                tracing::error!(feed_id, %error, "the credentials of a definition stay in clear");
                self.to_relocate.pop();
                return Ok(false);
            }
        };
        let transaction = self.relocation(session, (partition, position), &old, &new, now)?;
        session.commit(transaction)?;
        self.to_relocate.pop();
        // The tombstone, which is read next, removes it.
        self.feeds.set_due(&old.feed_id, None);
        let (feed_id, before) = (new.feed_id.as_str(), old.feed_id.as_str());
        tracing::info!(feed_id, before, url = shown, "credentials moved from the definition to the credentials file");
        Ok(true)
    }

    fn relocation(
        &self,
        session: &Session,
        (partition, position): (i32, i64),
        old: &Feed,
        new: &Feed,
        now: Timestamp,
    ) -> Result<Transaction, LogError> {
        let corrupt = |error: definition::DefinitionError| LogError::Corrupt(error.to_string());
        let mut transaction = Transaction::default();
        transaction.advance(partition, position);
        let (partitions, names) = (self.runtime.partitions, &self.runtime.names);
        // It may have been imported since: then it stands.
        if self.feeds.get(&new.feed_id).is_none() {
            let record = definition::record(new.clone(), partitions, names, self.runtime.encoding, now);
            transaction.write(record.map_err(corrupt)?);
        }
        transaction.write(definition::removal(old, partitions, names).map_err(corrupt)?);

        let bad_key = |error: key::KeyError| LogError::Corrupt(error.to_string());
        let keys = |id: &str| {
            Ok::<_, LogError>((
                Topic::FeedState.key(id).map_err(bad_key)?,
                key::of_entries(id).map_err(bad_key)?.to_vec(),
                Topic::FeedHealth.key(id).map_err(bad_key)?,
            ))
        };
        let (from, to) = (keys(&old.feed_id)?, keys(&new.feed_id)?);
        let is_known = session.tables().row(&STATES, &transaction, partition, &to.0)?.is_some();
        let state: Option<FeedState> = take(session, &mut transaction, &STATES, partition, from.0)?;
        let entries: Option<FeedEntries> = take(session, &mut transaction, &ENTRIES, partition, from.1)?;
        let health: Option<FeedHealth> = take(session, &mut transaction, &HEALTH, partition, from.2)?;
        if is_known {
            return Ok(transaction);
        }
        let (id, url) = (&new.feed_id, &new.url);
        if let Some(state) = state {
            let state = FeedState { feed_id: id.clone(), url: url.clone(), ..state };
            transaction.put(session, &STATES, records::state(&self.runtime, partition, &state, now)?)?;
        }
        if let Some(entries) = entries {
            let entries = FeedEntries { feed_id: id.clone(), ..entries };
            transaction.put(session, &ENTRIES, records::stored_entries(&self.runtime, partition, &entries, now)?)?;
        }
        if let Some(health) = health {
            let health = FeedHealth { feed_id: id.clone(), url: url.clone(), ..health };
            transaction.put(session, &HEALTH, records::stored_health(&self.runtime, partition, &health, now)?)?;
        }
        transaction.check()?;
        Ok(transaction)
    }
}

/// Removes a row and returns it; `None` if there is none or it cannot be decoded.
fn take<M: Message>(
    session: &Session,
    transaction: &mut Transaction,
    table: &Table<M>,
    partition: i32,
    key: Vec<u8>,
) -> Result<Option<M>, LogError> {
    let Some(row) = session.tables().row(table, transaction, partition, &key)? else { return Ok(None) };
    let message = row.decode().ok();
    transaction.put(session, table, Outgoing::tombstone(session.changelog(table)?, partition, key))?;
    Ok(message)
}
