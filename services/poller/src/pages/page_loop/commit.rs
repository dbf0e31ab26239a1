//! What a page writes: its item, or when it is tried again.

use super::{MAX_BYTES, PAGES, PageLoop, PageResult, host};
use crate::pages::{
    backoff::{self, MAX_ATTEMPTS},
    fetch::{Fetched, Retry},
    queue::Place,
    record,
};
use jiff::Timestamp;
use proto::{time, topic::Topic, v1::PageState};
use stream::{LogError, Outgoing, Session, Transaction};

/// What a commit does to the queue.
enum After {
    /// The page is done, or was replaced.
    Done,
    /// It waits for its next attempt.
    Again(String, Place),
}

impl PageLoop {
    /// Commits the pages that have arrived, or when they are tried again; true if there was something to commit. After an error
    /// they stay.
    pub(super) fn commit(&mut self, session: &mut Session) -> Result<bool, LogError> {
        let (now, positions) = (self.now(), session.positions());
        let mut transaction = Transaction::default();
        let (mut done, mut outcomes) = (Vec::new(), Vec::new());
        for result in &self.pending {
            let partition = result.partition;
            let state = match positions.get(&partition) {
                Some(_) => read(session, &transaction, partition, &result.id)?,
                None => None,
            };
            // A later request has taken its place, or its partition is another replica's.
            let state = state.filter(|state| {
                state.request.as_ref().is_some_and(|request| request.requested_at == result.requested_at)
            });
            let Some((state, position)) = state.zip(positions.get(&partition)) else {
                outcomes.push("superseded");
                done.push(After::Done);
                continue;
            };
            let (after, outcome) = self.stage(session, &mut transaction, result, state, now)?;
            // The unchanged position: a transaction without an offset would not be fenced.
            transaction.advance(partition, *position);
            outcomes.push(outcome);
            done.push(after);
            if transaction.bytes() >= MAX_BYTES {
                break;
            }
        }
        let has_records = !transaction.is_empty();
        if has_records {
            session.commit(transaction)?;
        }
        outcomes.into_iter().for_each(|outcome| self.metrics.pages.with_label_values(&[outcome]).inc());
        for after in done {
            self.pending.pop_front();
            if let After::Again(id, place) = after {
                self.queue.insert(&id, place);
            }
        }
        Ok(has_records)
    }

    /// What a result writes: the item and a tombstone, or when it is tried again.
    fn stage(
        &self,
        session: &Session,
        transaction: &mut Transaction,
        result: &PageResult,
        state: PageState,
        now: Timestamp,
    ) -> Result<(After, &'static str), LogError> {
        let failed = match &result.page {
            Ok(page) => {
                self.answer(session, transaction, result.partition, &state, Ok(page), now)?;
                return Ok((After::Done, "fetched"));
            }
            Err(failed) => failed,
        };
        let (attempts, asked) = match failed.retry {
            Retry::Never => (MAX_ATTEMPTS, None),
            Retry::Later(asked) => (state.attempts.saturating_add(1), asked),
            Retry::Uncounted(asked) => (state.attempts, asked),
        };
        if attempts >= MAX_ATTEMPTS {
            let (article_id, reason, detail) = (&state.article_id, failed.reason, &failed.detail);
            tracing::debug!(article_id, reason, detail, "no page");
            self.answer(session, transaction, result.partition, &state, Err(failed.reason), now)?;
            return Ok((After::Done, failed.reason));
        }
        let counted = if attempts == state.attempts { 0 } else { attempts };
        let at = backoff::next(now, counted, asked);
        let host = state.request.as_ref().map(|request| host(&request.url)).unwrap_or_default();
        let next = PageState { attempts, next_at: Some(time::to_wire(at)), error: failed.detail.clone(), ..state };
        transaction.put(session, &PAGES, record::state(&self.runtime, result.partition, &next, now)?)?;
        Ok((After::Again(result.id.clone(), Place { host, partition: result.partition, at }), "postponed"))
    }

    /// Writes the item of a page, and removes its row.
    pub(super) fn answer(
        &self,
        session: &Session,
        transaction: &mut Transaction,
        partition: i32,
        state: &PageState,
        page: Result<&Fetched, &str>,
        now: Timestamp,
    ) -> Result<(), LogError> {
        let request = state.request.clone().unwrap_or_default();
        let item = record::raw_item(&request, page);
        transaction.write(record::raw(&self.runtime, item, &request, session.max_record_bytes(), now)?);
        let key = Topic::PageState.key(&state.article_id).map_err(|error| LogError::Corrupt(error.to_string()))?;
        transaction.put(session, &PAGES, Outgoing::tombstone(session.changelog(&PAGES)?, partition, key))
    }
}

/// The row of a page; `None` if there is none, or it cannot be decoded.
pub(super) fn read(
    session: &Session,
    transaction: &Transaction,
    partition: i32,
    article_id: &str,
) -> Result<Option<PageState>, LogError> {
    let Ok(key) = Topic::PageState.key(article_id) else { return Ok(None) };
    match session.tables().get(&PAGES, transaction, partition, &key) {
        Err(LogError::Corrupt(reason)) => {
            tracing::error!(article_id, reason, "the row of a page cannot be decoded; the page is not fetched");
            Ok(None)
        }
        row => row,
    }
}
