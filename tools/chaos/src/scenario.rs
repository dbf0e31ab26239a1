//! What a run does: its load and its faults, drawn from a seed.

use crate::{
    fault::{Fault, FaultKind},
    load::Shares,
};
use clap::ValueEnum;
use std::time::Duration;

/// Brokers of a cluster.
pub const CLUSTER: usize = 3;

/// A rule that a build of the feature `sabotage` breaks. The run must find the consequences.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Sabotage {
    /// Offsets are committed outside the transaction.
    OffsetsOutside,
    /// A replaced process is not fenced.
    NoFence,
    /// State is restored up to the last stable offset only.
    RestoreToStable,
    /// Input is read uncommitted.
    ReadUncommitted,
    /// State is applied before the commit.
    StateFirst,
    /// An entry with corrected link and guid is another article.
    SplitCorrected,
    /// Every source counts as the publisher.
    AnySource,
    /// A feed that shows an article later is not remembered.
    ForgetFeeds,
    /// A withdrawn article that is shown again is published.
    ShowWithdrawn,
}

impl Sabotage {
    /// The value of `NEWSWIRE_SABOTAGE`, which is also the name on the command line.
    #[must_use]
    pub fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }
}

/// Time between two faults, exponentially distributed.
#[derive(Debug, Clone, Copy)]
pub struct Pause {
    /// Lower limit.
    pub shortest: Duration,
    /// Upper limit.
    pub longest: Duration,
    /// Mean before the upper limit is applied.
    pub mean: Duration,
}

impl Pause {
    /// Limits and mean in seconds.
    #[must_use]
    pub const fn seconds(shortest: u64, longest: u64, mean: u64) -> Self {
        Pause {
            shortest: Duration::from_secs(shortest),
            longest: Duration::from_secs(longest),
            mean: Duration::from_secs(mean),
        }
    }

    fn draw(self, random: &mut fastrand::Rng) -> Duration {
        let above = (self.mean - self.shortest).mul_f64(-(1.0 - random.f64()).ln());
        (self.shortest + above).min(self.longest)
    }
}

/// What a run does.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// Source of everything random.
    pub seed: u64,
    /// Duration of load and faults.
    pub duration: Duration,
    /// Articles a second.
    pub rate: f64,
    /// Brokers: one, or three.
    pub brokers: usize,
    /// Hosts of the publisher.
    pub hosts: u8,
    /// Feeds, spread over the hosts.
    pub feeds: usize,
    /// What happens to the stories.
    pub shares: Shares,
    /// Time between two faults.
    pub pause: Pause,
    /// Faults at fixed times in seconds, instead of random ones; the seed then selects only the victims.
    pub script: &'static [(u64, FaultKind)],
    /// Kinds of fault to draw from, with equal probability.
    pub kinds: Vec<FaultKind>,
    /// The only service that faults hit; `None` for all.
    pub only_service: Option<&'static str>,
    /// Milliseconds after which the broker aborts an idle transaction.
    pub transaction_timeout_ms: u64,
    /// Limit for the time between the last fault and the complete output.
    pub complete_within: Duration,
    /// The rule that the build breaks.
    pub sabotage: Option<Sabotage>,
}

impl Scenario {
    /// The run of `make chaos`: all kinds of fault, 2 to 60 s apart.
    #[must_use]
    pub fn chaos(seed: u64, minutes: u64, rate: f64) -> Self {
        Scenario {
            seed,
            duration: Duration::from_secs(minutes * 60),
            rate,
            brokers: 1,
            hosts: 10,
            feeds: 100,
            shares: Shares { changed: 0.05, corrected: 0.02, copied: 0.06, withdrawn: 0.02 },
            // With this mean, half an hour contains each of the fourteen kinds ten times.
            pause: Pause::seconds(2, 60, 8),
            script: &[],
            kinds: FaultKind::value_variants().iter().copied().filter(|kind| !kind.needs_cluster()).collect(),
            only_service: None,
            transaction_timeout_ms: 10_000,
            complete_within: Duration::from_secs(60),
            sabotage: None,
        }
    }

    /// The run of `make chaos CLUSTER=3`: three brokers, and also the kinds of fault that need them. A broker that was killed
    /// stays away for longer than its session, and no other fault hits the brokers meanwhile.
    #[must_use]
    pub fn cluster(seed: u64, minutes: u64, rate: f64) -> Self {
        Scenario {
            brokers: CLUSTER,
            pause: Pause::seconds(2, 60, 16),
            kinds: FaultKind::value_variants().to_vec(),
            ..Scenario::chaos(seed, minutes, rate)
        }
    }

    /// A short run of a build that breaks a rule, with the faults that expose it.
    #[must_use]
    pub fn broken(sabotage: Sabotage, seed: u64) -> Self {
        let short = |kinds: &[FaultKind]| Scenario {
            duration: Duration::from_secs(40),
            complete_within: Duration::from_secs(30),
            hosts: 4,
            feeds: 20,
            kinds: kinds.to_vec(),
            pause: Pause::seconds(2, 8, 4),
            sabotage: Some(sabotage),
            ..Scenario::chaos(seed, 1, 20.0)
        };
        match sabotage {
            Sabotage::OffsetsOutside => short(&[FaultKind::KillMidTransaction, FaultKind::KillBeforeProduce]),
            Sabotage::NoFence => short(&[FaultKind::FreezeInTransaction]),
            // Found only if a record is read before it is aborted, which takes more time and load.
            Sabotage::ReadUncommitted => Scenario {
                duration: Duration::from_secs(80),
                rate: 100.0,
                ..short(&[FaultKind::KillMidTransaction, FaultKind::Abort])
            },
            Sabotage::StateFirst => short(&[FaultKind::Abort]),
            // Found without faults.
            Sabotage::SplitCorrected | Sabotage::AnySource | Sabotage::ForgetFeeds | Sabotage::ShowWithdrawn => {
                Scenario { shares: Shares { changed: 0.05, corrected: 0.1, copied: 0.2, withdrawn: 0.1 }, ..short(&[]) }
            }
            // A transaction stays open for most of the run. Its successor commits behind it, and is killed.
            Sabotage::RestoreToStable => Scenario {
                script: &BEHIND_AN_OPEN_TRANSACTION,
                duration: Duration::from_secs(70),
                complete_within: Duration::from_secs(40),
                transaction_timeout_ms: 45_000,
                shares: Shares { changed: 0.8, corrected: 0.0, copied: 0.0, withdrawn: 0.0 },
                only_service: Some("normaliser"),
                ..short(&[FaultKind::FreezeBeforeOffsets, FaultKind::Kill])
            },
        }
    }

    /// The same run of a build that breaks no rule.
    #[must_use]
    pub fn healthy(self) -> Self {
        Scenario { sabotage: None, ..self }
    }

    /// Draws the faults, in order of time. Kinds are drawn in shuffled rounds, so that their counts differ by at most one.
    #[must_use]
    pub fn faults(&self) -> Vec<Fault> {
        let mut random = fastrand::Rng::with_seed(self.seed);
        if !self.script.is_empty() {
            let mut fault = |&(seconds, kind): &(u64, FaultKind)| Fault {
                at: Duration::from_secs(seconds),
                kind,
                choice: random.u64(..),
                nth: 1,
            };
            return self.script.iter().map(&mut fault).collect();
        }
        let mut faults = Vec::new();
        let mut round = Vec::new();
        // The first records must flow before the first fault.
        let mut at = Duration::from_secs(10);
        loop {
            at += self.pause.draw(&mut random);
            if at >= self.duration || self.kinds.is_empty() {
                return faults;
            }
            if round.is_empty() {
                round = self.kinds.clone();
                random.shuffle(&mut round);
            }
            if let Some(kind) = round.pop() {
                faults.push(Fault { at, kind, choice: random.u64(..), nth: random.usize(1..20) });
            }
        }
    }
}

/// The frozen process loses its partitions after a session (6 s). Each later kill restores what the predecessor has
/// committed above the last stable offset.
const BEHIND_AN_OPEN_TRANSACTION: [(u64, FaultKind); 5] = [
    (12, FaultKind::FreezeBeforeOffsets),
    (30, FaultKind::Kill),
    (36, FaultKind::Kill),
    (42, FaultKind::Kill),
    (48, FaultKind::Kill),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_determines_the_faults() {
        let scenario = Scenario::chaos(7, 30, 200.0);
        assert_eq!(scenario.faults(), scenario.faults());
        assert!(scenario.faults().len() > 30);
    }

    #[test]
    fn sabotage_is_named_as_the_services_read_it() {
        assert_eq!(Sabotage::RestoreToStable.name(), "restore-to-stable");
    }
}
