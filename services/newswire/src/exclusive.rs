//! A command that must be the only one of its kind: a member of a group that owns every partition of its topic.
//!
//! On Kafka all processes of one command have one transactional id: who comes later fences who was there, and finds in
//! the topics whatever the other has committed.

use anyhow::{Context, bail};
use std::{
    collections::{HashMap, HashSet},
    time::{Duration, Instant},
};
use stream::{Event, Log, LogConfig, LogError, LogKind, MemberSpec, Outgoing, Session, Transaction};

/// Times that an aborted transaction is tried again.
const ATTEMPTS: u32 = 10;
const PAUSE: Duration = Duration::from_millis(100);

/// See the module.
pub struct ExclusiveMember {
    /// The member with its tables.
    pub session: Session,
    /// Who would take partitions away, for the sentence that says so.
    rival: &'static str,
}

impl ExclusiveMember {
    /// Takes every partition of the spec's source, and fences a predecessor with the same replica.
    ///
    /// # Errors
    /// Where `rival` (`a normaliser`) keeps partitions, or holds the file of the embedded log.
    pub fn take(log: &dyn Log, config: &LogConfig, spec: &MemberSpec, rival: &'static str) -> anyhow::Result<Self> {
        let count = usize::try_from(log.partitions(&spec.source)?)?;
        // A replica that has been stopped is still of the group until its session has run out.
        let patience = match &config.kind {
            LogKind::Kafka(kafka) => kafka.session_timeout * 3 + Duration::from_secs(10),
            LogKind::Embedded(_) => Duration::from_secs(10),
        };
        let mut session = Session::join(log, spec).context("stop newswire first")?;
        let deadline = Instant::now() + patience;
        let mut owned: HashSet<i32> = HashSet::new();
        while owned.len() < count {
            if Instant::now() > deadline {
                bail!("{rival} still holds {} of {count} partitions: stop it first", count - owned.len());
            }
            // Records come too; they are left alone, for the offsets are said by who commits.
            match session.poll(1, PAUSE)? {
                Event::Assigned(numbers) => owned.extend(numbers),
                Event::Revoked(numbers) => owned.retain(|number| !numbers.contains(number)),
                Event::Records(_) | Event::Idle => {}
            }
        }
        Ok(ExclusiveMember { session, rival })
    }

    /// Stays in the group: a member that does not poll is put out of it, and is then no longer told apart from a
    /// stranger.
    ///
    /// # Errors
    /// Where a rival has come.
    pub fn keep(&mut self) -> anyhow::Result<()> {
        match self.session.poll(1, Duration::ZERO)? {
            Event::Records(_) | Event::Idle => Ok(()),
            Event::Assigned(_) | Event::Revoked(_) => {
                bail!("{} has started: stop it, and run this again", self.rival)
            }
        }
    }

    /// Waits, and stays in the group.
    ///
    /// # Errors
    /// As [`ExclusiveMember::keep`].
    pub fn wait(&mut self, time: Duration) -> anyhow::Result<()> {
        let until = Instant::now() + time;
        loop {
            self.keep()?;
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(());
            }
            std::thread::sleep(left.min(PAUSE));
        }
    }

    /// Commits `transaction` together with the group's own offsets, unchanged where it has none further on: without an
    /// offset nobody would be fenced.
    ///
    /// # Errors
    /// See [`Session::commit`].
    pub fn commit(&mut self, mut transaction: Transaction) -> Result<(), LogError> {
        for (number, next) in self.session.positions() {
            transaction.advance(number, next);
        }
        self.session.commit(transaction)
    }

    /// Writes records and the group's offsets (by partition; one that is not named stays) in one transaction, which is
    /// tried again where it was aborted.
    ///
    /// # Errors
    /// See [`Session::commit`]; as [`ExclusiveMember::keep`].
    pub fn write(&mut self, outputs: &[Outgoing], offsets: &HashMap<i32, i64>) -> anyhow::Result<()> {
        let mut attempt = 1;
        loop {
            let mut transaction = Transaction::default();
            outputs.iter().cloned().for_each(|output| transaction.write(output));
            offsets.iter().for_each(|(number, next)| transaction.advance(*number, *next));
            match self.commit(transaction) {
                Err(LogError::Aborted(reason)) if attempt < ATTEMPTS => {
                    tracing::warn!(reason, attempt, "transaction aborted; trying again");
                    self.wait(PAUSE * attempt)?;
                    attempt += 1;
                }
                other => return Ok(other?),
            }
        }
    }
}
