//! A command of which one process runs at a time: the only member of a group, which owns every partition of its topic.
//!
//! On Kafka all processes of a command share one transactional id. A later process fences the earlier one and reads from
//! the topics what that has committed.

use anyhow::{Context, bail};
use std::{
    collections::{HashMap, HashSet},
    time::{Duration, Instant},
};
use stream::{Event, Log, LogConfig, LogError, LogKind, MemberSpec, Outgoing, Session, Transaction};

/// Attempts at a transaction that is aborted.
const ATTEMPTS: u32 = 10;
const PAUSE: Duration = Duration::from_millis(100);

/// The only member of its group.
pub struct ExclusiveMember {
    /// The member with its tables.
    pub session: Session,
    /// The other process that may own partitions, for error messages: `a normaliser`.
    rival: &'static str,
}

impl ExclusiveMember {
    /// Joins the group and waits until it owns every partition of the spec's source. Fences an earlier process with the
    /// same replica.
    ///
    /// # Errors
    /// `rival` (`a normaliser`) keeps partitions, or another process has the embedded log open.
    pub fn join(log: &dyn Log, config: &LogConfig, spec: &MemberSpec, rival: &'static str) -> anyhow::Result<Self> {
        let count = usize::try_from(log.partitions(&spec.source)?)?;
        // A replica that was stopped stays in the group until its session times out.
        let timeout = match &config.kind {
            LogKind::Kafka(kafka) => kafka.session_timeout * 3 + Duration::from_secs(10),
            LogKind::Embedded(_) => Duration::from_secs(10),
        };
        let mut session = Session::join_without_hold(log, spec).context("stop newswire first")?;
        let deadline = Instant::now() + timeout;
        let mut owned: HashSet<i32> = HashSet::new();
        while owned.len() < count {
            if Instant::now() > deadline {
                bail!("{rival} still owns {} of {count} partitions; stop it first", count - owned.len());
            }
            // Records are ignored: the caller reads them itself and commits their offsets.
            match session.poll(1, PAUSE)? {
                Event::Assigned(numbers) => owned.extend(numbers),
                Event::Revoked(numbers) => owned.retain(|number| !numbers.contains(number)),
                Event::Records(_) | Event::Idle => {}
            }
        }
        Ok(ExclusiveMember { session, rival })
    }

    /// Keeps the membership alive, which a member loses when it does not poll.
    ///
    /// # Errors
    /// Another process has joined the group.
    pub fn keep_alive(&mut self) -> anyhow::Result<()> {
        match self.session.poll(1, Duration::ZERO)? {
            Event::Records(_) | Event::Idle => Ok(()),
            Event::Assigned(_) | Event::Revoked(_) => {
                bail!("{} has started; stop it and run this command again", self.rival)
            }
        }
    }

    /// Waits, and keeps the membership alive.
    ///
    /// # Errors
    /// Another process has joined the group.
    pub fn wait(&mut self, time: Duration) -> anyhow::Result<()> {
        let until = Instant::now() + time;
        loop {
            self.keep_alive()?;
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(());
            }
            std::thread::sleep(left.min(PAUSE));
        }
    }

    /// Commits `transaction` together with the group's current offsets: only a transaction with offsets is fenced.
    ///
    /// # Errors
    /// Those of [`Session::commit`].
    pub fn commit(&mut self, mut transaction: Transaction) -> Result<(), LogError> {
        for (number, next) in self.session.positions() {
            transaction.advance(number, next);
        }
        self.session.commit(transaction)
    }

    /// Writes records and the group's `offsets` (next offset by partition; others stay unchanged) in one transaction, which is
    /// retried when it is aborted.
    ///
    /// # Errors
    /// Those of [`Session::commit`], or another process has joined the group.
    pub fn write(&mut self, outputs: &[Outgoing], offsets: &HashMap<i32, i64>) -> anyhow::Result<()> {
        let mut attempt = 1;
        loop {
            let mut transaction = Transaction::default();
            outputs.iter().cloned().for_each(|output| transaction.write(output));
            offsets.iter().for_each(|(number, next)| transaction.advance(*number, *next));
            match self.commit(transaction) {
                Err(LogError::Aborted(reason)) if attempt < ATTEMPTS => {
                    tracing::warn!(reason, attempt, "transaction aborted; retrying");
                    self.wait(PAUSE * attempt)?;
                    attempt += 1;
                }
                other => return Ok(other?),
            }
        }
    }
}
