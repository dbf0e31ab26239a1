//! The faults that a run injects.

use clap::ValueEnum;
use std::{fmt, time::Duration};

/// A kind of fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum FaultKind {
    /// `kill -9` at a random moment.
    Kill,
    /// Killed after a fetch from a publisher or after a batch was read, before the transaction begins.
    KillAfterFetch,
    /// Killed after the transaction has begun, before anything is produced.
    KillBeforeProduce,
    /// Killed after all records are produced, before offsets are sent.
    KillMidTransaction,
    /// Killed after offsets are sent, before the commit.
    KillAfterOffsets,
    /// Killed after the commit, before the stage continues.
    KillAfterCommit,
    /// A transaction fails as if the broker had asked for its abort.
    Abort,
    /// SIGSTOP for longer than session and transaction timeout, then SIGCONT.
    Freeze,
    /// As `Freeze`, at the beginning of a transaction.
    FreezeInTransaction,
    /// As `Freeze`, after all records are produced and before offsets are sent: the broker aborts the transaction
    /// meanwhile.
    FreezeBeforeOffsets,
    /// SIGSTOP, then another process starts under the same replica's name, then SIGCONT: the first must end as fenced.
    Displace,
    /// One replica is added or removed.
    Scale,
    /// The broker is stopped and started.
    BounceClean,
    /// The broker is killed and started.
    BounceHard,
    /// Two brokers of three are stopped or killed, in turn, and started.
    BounceTwo,
    /// The coordinator of a stage's group is stopped or killed, in turn, and started.
    BounceGroupCoordinator,
    /// The coordinator of a stage's transactions is stopped or killed, in turn, and started.
    BounceTransactionCoordinator,
    /// Every partition gets another leader.
    MoveLeaders,
    /// The connections to one broker, or to all, are closed, and new ones for 8 s.
    CutConnections,
    /// The connections to one broker, or to all, are slow for 8 s.
    SlowConnections,
    /// The wall clock of a process is wrong for 20 s, by up to ten minutes.
    MoveClock,
}

impl FaultKind {
    /// The failpoints that inject it, of which a service has one, and the action there. `None` for a fault that needs no
    /// failpoint.
    #[must_use]
    pub const fn failpoints(self) -> Option<(&'static [&'static str], &'static str)> {
        match self {
            Self::KillAfterFetch => Some((&["poller::fetched", "stream::read"], "kill")),
            Self::KillBeforeProduce => Some((&["stream::commit::begin"], "kill")),
            Self::KillMidTransaction => Some((&["stream::commit::produced"], "kill")),
            Self::KillAfterOffsets => Some((&["stream::commit::offsets"], "kill")),
            Self::KillAfterCommit => Some((&["stream::commit::done"], "kill")),
            Self::Abort => Some((&["stream::commit::offsets"], "abort")),
            Self::FreezeInTransaction => Some((&["stream::commit::begin"], "freeze")),
            Self::FreezeBeforeOffsets => Some((&["stream::commit::produced"], "freeze")),
            _ => None,
        }
    }

    /// Whether it hits the brokers, not a service.
    #[must_use]
    pub const fn hits_brokers(self) -> bool {
        matches!(
            self,
            Self::BounceClean
                | Self::BounceHard
                | Self::BounceTwo
                | Self::BounceGroupCoordinator
                | Self::BounceTransactionCoordinator
                | Self::MoveLeaders
                | Self::CutConnections
                | Self::SlowConnections
        )
    }

    /// Whether it is injected only in runs on a cluster.
    #[must_use]
    pub const fn needs_cluster(self) -> bool {
        (self.hits_brokers() && !matches!(self, Self::BounceClean | Self::BounceHard))
            || matches!(self, Self::MoveClock)
    }

    /// Whether it freezes a process at a failpoint.
    #[must_use]
    pub const fn freezes_at_failpoint(self) -> bool {
        matches!(self, Self::FreezeInTransaction | Self::FreezeBeforeOffsets)
    }
}

/// The name on the command line.
impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.to_possible_value().as_ref().map_or("", |value| value.get_name()))
    }
}

/// A planned fault.
#[derive(Debug, Clone, PartialEq)]
pub struct Fault {
    /// Time since the start of the run.
    pub at: Duration,
    /// Kind.
    pub kind: FaultKind,
    /// Random number that selects the victim among the processes that are then eligible.
    pub choice: u64,
    /// The failpoint acts when it is reached for the n-th time, counted from 1.
    pub nth: usize,
}
