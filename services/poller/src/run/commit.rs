//! Committing results: items, feed states and health in one transaction.

use super::{
    counters,
    poll_loop::{HEALTH, PollLoop},
    queue::ScheduledFeed,
    records,
    status::Condition,
    stored::{ENTRIES, STATES, Stored},
    waiting::{Waiting, is_too_much},
    write_policy,
};
use crate::{
    diff::{MAX_PUBLISHED_BYTES, Part},
    fetch::{FetchError, SMALL},
    poll::{PollResult, PollUpdate, apply, delays_s},
};
use jiff::{SignedDuration, Timestamp};
use std::{
    collections::VecDeque,
    panic::AssertUnwindSafe,
    time::{Duration, Instant},
};
use stream::{LogError, Session, Transaction};

/// Records after which a transaction takes no more results.
const MAX_RECORDS: usize = 2_000;
/// Work after which a transaction takes no more results that have arrived; after twice as much it takes none.
const MAX_WORK: Duration = Duration::from_millis(300);
/// When a feed is due again whose failure cannot be written either.
const FAULT_WAIT: SignedDuration = SignedDuration::from_hours(1);

/// Name and reason of a fault.
type Fault = (&'static str, String);

/// What one result adds to a transaction.
struct Staged {
    update: PollUpdate,
    /// Warnings of the published items.
    warnings: Vec<String>,
    /// How long before the poll each new entry was published, in seconds.
    delays_s: Vec<f64>,
    /// Number of SEEN items.
    renewed: usize,
    /// Number of items, with those.
    items: usize,
    skips_state: bool,
    skips_health: bool,
    at: Timestamp,
}

impl Staged {
    /// A poll of which nothing is written.
    fn unwritten(at: Timestamp) -> Self {
        let next_poll_at = at.checked_add(FAULT_WAIT).ok();
        let update = PollUpdate { next_poll_at, ..PollUpdate::default() };
        Staged {
            update,
            warnings: Vec::new(),
            delays_s: Vec::new(),
            renewed: 0,
            items: 0,
            skips_state: true,
            skips_health: true,
            at,
        }
    }
}

/// A result of a transaction, and what it adds.
struct Taken {
    one: Waiting,
    staged: Staged,
}

impl PollLoop {
    /// Commits items, states and health of results in one transaction; true if there was something to commit. Results that
    /// have arrived come first, those of small documents before the others; then parts of those that wait, as far as the
    /// stages behind keep up. After an error the results stay.
    pub(super) fn commit_results(&mut self, session: &mut Session) -> Result<bool, LogError> {
        // A feed may have been removed or changed since its poll began.
        let (feeds, now) = (&self.feeds, Instant::now());
        self.pending.retain(|result| feeds.awaits(result));
        self.waiting.retain(|one| feeds.awaits(&one.result));
        if self.pending.is_empty() && self.waiting.is_empty() {
            return Ok(false);
        }
        self.pending.make_contiguous().sort_by_key(|result| (result.bytes > SMALL, result.number));
        self.waiting.make_contiguous().sort_by_cached_key(|one| one.order(now));
        let mut taken = Vec::new();
        let committed = self.commit_taken(session, &mut taken);
        if committed.is_err() {
            taken.into_iter().for_each(|taken| self.put_back(taken.one));
            return committed;
        }
        let mut is_done = false;
        for Taken { mut one, mut staged } in taken {
            is_done = true;
            counters::count(&self.metrics, &self.stage_metrics, &one.result, &staged.update, &staged.warnings);
            self.metrics.renewed.inc_by(staged.renewed as u64);
            staged.delays_s.iter().for_each(|delay| self.metrics.freshness_seconds.observe(*delay));
            if staged.update.left > 0 {
                one.add(&mut staged.update);
                self.waiting.push_back(one);
            } else {
                self.reschedule(&one.result.feed_id, staged);
            }
        }
        committed.map(|has_records| is_done && has_records)
    }

    /// Takes results, stages and commits them; true if anything was written.
    fn commit_taken(&mut self, session: &mut Session, taken: &mut Vec<Taken>) -> Result<bool, LogError> {
        let began = Instant::now();
        let positions = session.positions();
        let mut transaction = Transaction::default();
        let (mut records, mut bytes) = (0, 0);
        let mut free = self.pace.part();
        // Those of which nothing can be published yet.
        let mut parked = VecDeque::new();
        let mut failed = Ok(());
        while let Some((mut one, is_last)) = self.next_result(free, began.elapsed()) {
            let feed = self.feeds.get(&one.result.feed_id);
            let Some((feed, position)) = feed.and_then(|feed| Some((feed, *positions.get(&feed.partition)?))) else {
                self.put_back(one);
                break;
            };
            let host = feed.host.clone();
            let little = if one.is_new() { self.pace.little(&host, began) } else { 0 };
            let part = match one.is_new() {
                // What has arrived does not pass what waits.
                true if self.waiting.is_empty() => one.part(little.max(free), false, false),
                true => one.part(little, false, false),
                false if is_last => one.part(0, false, true),
                false => one.part(free, true, false),
            };
            let (mut staged, mut own) = match self.stage_or_fail(session, feed, &one, part) {
                Ok(staged) => staged,
                Err(error) => {
                    self.put_back(one);
                    failed = Err(error);
                    break;
                }
            };
            if staged.update.left > 0 && staged.update.bytes == 0 {
                one.add(&mut staged.update);
                parked.push_back(one);
                continue;
            }
            if !transaction.is_empty() && transaction.bytes() + own.bytes() > MAX_PUBLISHED_BYTES {
                // It is staged again for the next transaction.
                self.put_back(one);
                break;
            }
            if !own.is_empty() {
                // The unchanged position: a transaction without an offset would not be fenced.
                own.advance(feed.partition, position);
            }
            self.pace.published(&host, staged.update.bytes.min(little), began);
            free = free.saturating_sub(staged.update.bytes);
            records += staged.items;
            bytes += staged.update.bytes;
            taken.push(Taken { one, staged });
            transaction.append(own);
            if transaction.len() >= MAX_RECORDS {
                break;
            }
        }
        self.waiting.append(&mut parked);
        failed?;
        self.stage_metrics.work_seconds.observe(began.elapsed().as_secs_f64());
        let has_records = !transaction.is_empty();
        if has_records {
            session.commit(transaction)?;
        }
        self.pace.wrote(records, bytes);
        Ok(has_records)
    }

    /// The next result to stage after `worked`, and whether its poll ends with this part: one that has arrived, then one that
    /// waits. If too much waits, the one that has most left ends.
    fn next_result(&mut self, free: usize, worked: Duration) -> Option<(Waiting, bool)> {
        if worked < MAX_WORK
            && let Some(result) = self.pending.pop_front()
        {
            return Some((Waiting::new(result, Instant::now()), false));
        }
        if worked >= 2 * MAX_WORK {
            return None;
        }
        if is_too_much(&self.waiting) {
            return self.waiting.pop_back().map(|one| (one, true));
        }
        if free == 0 {
            return None;
        }
        self.waiting.pop_front().map(|one| (one, false))
    }

    /// Puts a result back. The lists are ordered before each transaction.
    fn put_back(&mut self, one: Waiting) {
        match one.is_new() {
            true => self.pending.push_back(one.result),
            false => self.waiting.push_back(one),
        }
    }

    /// The records that follow from a result. A fault of one feed costs its poll only: it counts as failed, by name.
    ///
    /// # Errors
    /// If the log fails.
    fn stage_or_fail(
        &self,
        session: &Session,
        feed: &ScheduledFeed,
        one: &Waiting,
        part: Part<'_>,
    ) -> Result<(Staged, Transaction), LogError> {
        let result = &one.result;
        let (name, reason) = match self.try_stage(session, feed, one, part)? {
            Ok(staged) => return Ok(staged),
            Err(fault) => fault,
        };
        self.metrics.faults.with_label_values(&[name]).inc();
        let feed_id = result.feed_id.as_str();
        tracing::error!(feed_id, fault = name, reason, "the poll of a feed cannot be committed; it counts as failed");
        let failed = PollResult {
            number: result.number,
            feed_id: result.feed_id.clone(),
            url: result.url.clone(),
            at: result.at,
            duration_ms: result.duration_ms,
            bytes: result.bytes,
            response: Err(FetchError::Fault(format!("{name}: {reason}"))),
        };
        Ok(self
            .try_stage(session, feed, &Waiting::new(failed, Instant::now()), Part::WHOLE)?
            .unwrap_or_else(|_| (Staged::unwritten(result.at), Transaction::default())))
    }

    /// As [`PollLoop::stage`]; name and reason of a fault of this feed are returned.
    fn try_stage(
        &self,
        session: &Session,
        feed: &ScheduledFeed,
        one: &Waiting,
        part: Part<'_>,
    ) -> Result<Result<(Staged, Transaction), Fault>, LogError> {
        let staged = std::panic::catch_unwind(AssertUnwindSafe(|| self.stage(session, feed, one, part)));
        Ok(match staged {
            Ok(Ok(staged)) => Ok(staged),
            Ok(Err(error @ LogError::TooLarge { .. })) => Err(("too-large", error.to_string())),
            Ok(Err(LogError::Corrupt(reason))) => Err(("unencodable", reason)),
            Ok(Err(error)) => return Err(error),
            Err(_) => Err(("panic", "the result could not be processed".to_owned())),
        })
    }

    fn stage(
        &self,
        session: &Session,
        feed: &ScheduledFeed,
        one: &Waiting,
        part: Part<'_>,
    ) -> Result<(Staged, Transaction), LogError> {
        let result = &one.result;
        fail::fail_point!("poller::stage", result.url.path().ends_with("/fault") && result.response.is_ok(), |_| {
            Err(LogError::Corrupt("by the test".to_owned()))
        });
        let mut transaction = Transaction::default();
        let (id, at) = (feed.feed.feed_id.as_str(), result.at);
        let limit = session.max_record_bytes();
        let stored = Stored::read(session, &transaction, feed.partition, id)?;
        let (state, entries) = (feed.current_state(stored.state.clone(), at), || stored.entries());
        let mut update = apply(&feed.feed, state, entries, result, part, self.config.poll_interval);
        one.account(&mut update);
        let mut warnings = Vec::new();
        let items = update.publish.len() + update.renew.len();
        let delays_s = delays_s(&update.publish, at);
        for publish in std::mem::take(&mut update.publish) {
            warnings.extend(publish.item.warnings.iter().cloned());
            transaction.write(records::raw(&self.runtime, publish, limit, at)?);
        }
        let renewed = update.renew.len();
        for seen in std::mem::take(&mut update.renew) {
            transaction.write(records::raw(&self.runtime, seen, limit, at)?);
        }
        if let Some(entries) = update.entries.take() {
            let change = records::entries(&self.runtime, feed.partition, &update.state, &entries, limit, at)?;
            transaction.put(session, &ENTRIES, change)?;
        }
        let skips_state = write_policy::may_skip_state(update.is_quiet, feed.state_written, at);
        if !skips_state {
            transaction.put(session, &STATES, records::state(&self.runtime, feed.partition, &update.state, at)?)?;
        }
        let outcome = &update.record.outcome;
        let skips_health =
            update.left > 0 || write_policy::may_skip_health(update.is_routine, feed.last_health.as_ref(), outcome, at);
        if !skips_health {
            let change = records::health(&self.runtime, feed, &update.state, Some(&update), at)?;
            transaction.put(session, &HEALTH, change)?;
        }
        transaction.check()?;
        Ok((Staged { update, warnings, delays_s, renewed, items, skips_state, skips_health, at }, transaction))
    }

    /// Schedules the feed's next poll, after the commit.
    fn reschedule(&mut self, feed_id: &str, staged: Staged) {
        let Staged { update, skips_state, skips_health, at, .. } = staged;
        let Some(feed) = self.feeds.get_mut(feed_id) else { return };
        feed.awaited = None;
        let condition = Condition::of(&feed.feed, &update.state, at);
        if !skips_state {
            feed.state_written = Some(at);
        }
        if !skips_health {
            feed.last_health = Some((at, update.record.outcome.clone()));
        }
        feed.add_poll(update.record);
        let due = if feed.feed.paused { None } else { update.next_poll_at };
        self.feeds.set_due(feed_id, due);
        self.feeds.set_condition(feed_id, condition);
    }
}
