//! What a run is to be, and which faults come when.

use std::time::Duration;

/// What a run is to be.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// Everything random is drawn from it.
    pub seed: u64,
    /// How long load and faults go on.
    pub duration: Duration,
    /// Articles a second.
    pub rate: f64,
    /// Hosts of the publisher.
    pub hosts: u8,
    /// Feeds, spread over the hosts.
    pub feeds: usize,
    /// Share of the items that are changed once, some time after they were first served.
    pub changed: f64,
    /// Shortest and longest pause between faults, and what they are on average: exponentially distributed in between.
    pub pause: (Duration, Duration, Duration),
    /// Faults at set times, in seconds, in place of drawn ones; the seed then draws the victims alone.
    pub script: &'static [(u64, Kind)],
    /// Kinds of fault to draw from, each as likely as the others.
    pub kinds: Vec<Kind>,
    /// The one service that is struck; all of them where `None`.
    pub victims: Option<&'static str>,
    /// Milliseconds after which a broker aborts a silent transaction.
    pub transaction_timeout_ms: u64,
    /// Everything that is asked for must be there within this time of the last fault.
    pub complete_within: Duration,
    /// The broken version to run, for the oracle to catch.
    pub sabotage: Option<&'static str>,
}

impl Scenario {
    /// What `make chaos` runs: every kind of fault, 2 to 60 s apart.
    #[must_use]
    pub fn chaos(seed: u64, minutes: u64, rate: f64) -> Self {
        Scenario {
            seed,
            duration: Duration::from_secs(minutes * 60),
            rate,
            hosts: 10,
            feeds: 100,
            changed: 0.05,
            // Short enough on average that half an hour has each of the fourteen kinds ten times.
            pause: (Duration::from_secs(2), Duration::from_secs(60), Duration::from_secs(8)),
            script: &[],
            kinds: Kind::ALL.to_vec(),
            victims: None,
            transaction_timeout_ms: 10_000,
            complete_within: Duration::from_secs(60),
            sabotage: None,
        }
    }

    /// A short run of a broken version, under the faults that show its flaw.
    ///
    /// # Panics
    /// For a name that is not in [`BROKEN`].
    #[must_use]
    pub fn broken(sabotage: &str, seed: u64) -> Self {
        let sabotage = *BROKEN.iter().find(|name| **name == sabotage).unwrap();
        let short = |kinds: &[Kind]| Scenario {
            duration: Duration::from_secs(40),
            complete_within: Duration::from_secs(30),
            hosts: 4,
            feeds: 20,
            kinds: kinds.to_vec(),
            pause: (Duration::from_secs(2), Duration::from_secs(8), Duration::from_secs(4)),
            sabotage: Some(sabotage),
            ..Scenario::chaos(seed, 1, 20.0)
        };
        match sabotage {
            "offsets-outside" => short(&[Kind::KillMidTransaction, Kind::KillBeforeProduce]),
            "no-fence" => short(&[Kind::FreezeInTransaction]),
            // Caught only where a record was read before it was aborted: with more of both it is.
            "read-uncommitted" => Scenario {
                duration: Duration::from_secs(80),
                rate: 100.0,
                ..short(&[Kind::KillMidTransaction, Kind::Abort])
            },
            "state-first" => short(&[Kind::Abort]),
            // A transaction stays open for most of the run; who takes over commits behind it, and dies.
            _ => Scenario {
                script: &BEHIND_AN_OPEN_TRANSACTION,
                duration: Duration::from_secs(70),
                complete_within: Duration::from_secs(40),
                transaction_timeout_ms: 45_000,
                changed: 0.8,
                victims: Some("normaliser"),
                ..short(&[Kind::FreezeBeforeOffsets, Kind::Kill])
            },
        }
    }

    /// The same run of the version that ships.
    #[must_use]
    pub fn healthy(self) -> Self {
        Scenario { sabotage: None, ..self }
    }
}

/// The frozen one loses its partitions after a session (6 s). Each later death finds what its predecessor has committed
/// meanwhile above the last stable offset.
const BEHIND_AN_OPEN_TRANSACTION: [(u64, Kind); 5] =
    [(12, Kind::FreezeBeforeOffsets), (30, Kind::Kill), (36, Kind::Kill), (42, Kind::Kill), (48, Kind::Kill)];

/// The versions that the feature `sabotage` builds, each broken in one way.
pub const BROKEN: [&str; 5] = ["offsets-outside", "no-fence", "restore-to-stable", "read-uncommitted", "state-first"];

/// A kind of fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// `kill -9` at a random moment.
    Kill,
    /// Killed after a fetch from a publisher, or after a batch was read, before a transaction is begun.
    KillAfterFetch,
    /// Killed with the transaction begun and nothing produced.
    KillBeforeProduce,
    /// Killed with everything produced and no offsets sent.
    KillMidTransaction,
    /// Killed with offsets sent, before the commit.
    KillAfterOffsets,
    /// Killed after the commit, before the stage knows.
    KillAfterCommit,
    /// A transaction that the broker asks to abort.
    Abort,
    /// SIGSTOP beyond session and transaction timeout, then SIGCONT.
    Freeze,
    /// SIGSTOP at the beginning of a transaction, beyond both timeouts, then SIGCONT.
    FreezeInTransaction,
    /// SIGSTOP with everything produced and no offsets sent, beyond both timeouts, then SIGCONT: the broker has aborted
    /// the transaction meanwhile.
    FreezeBeforeOffsets,
    /// SIGSTOP, and another process takes the same replica's name; then SIGCONT: the first must end, fenced.
    Displace,
    /// One replica more, or one less.
    Scale,
    /// The broker is stopped and started.
    BounceClean,
    /// The broker is killed and started.
    BounceHard,
}

impl Kind {
    /// What a run of chaos draws from.
    pub const ALL: [Kind; 14] = [
        Kind::Kill,
        Kind::KillAfterFetch,
        Kind::KillBeforeProduce,
        Kind::KillMidTransaction,
        Kind::KillAfterOffsets,
        Kind::KillAfterCommit,
        Kind::Abort,
        Kind::Freeze,
        Kind::FreezeInTransaction,
        Kind::FreezeBeforeOffsets,
        Kind::Displace,
        Kind::Scale,
        Kind::BounceClean,
        Kind::BounceHard,
    ];

    /// Where in the code it strikes: failpoints, whichever is met, and what happens there.
    #[must_use]
    pub const fn failpoints(self) -> Option<(&'static [&'static str], &'static str)> {
        match self {
            Kind::KillAfterFetch => Some((&["poller::fetched", "stream::read"], "kill")),
            Kind::KillBeforeProduce => Some((&["stream::commit::begin"], "kill")),
            Kind::KillMidTransaction => Some((&["stream::commit::produced"], "kill")),
            Kind::KillAfterOffsets => Some((&["stream::commit::offsets"], "kill")),
            Kind::KillAfterCommit => Some((&["stream::commit::done"], "kill")),
            Kind::Abort => Some((&["stream::commit::offsets"], "abort")),
            Kind::FreezeInTransaction => Some((&["stream::commit::begin"], "freeze")),
            Kind::FreezeBeforeOffsets => Some((&["stream::commit::produced"], "freeze")),
            Kind::Kill | Kind::Freeze | Kind::Displace | Kind::Scale | Kind::BounceClean | Kind::BounceHard => None,
        }
    }
}

/// One fault.
#[derive(Debug, Clone)]
pub struct Fault {
    /// When, from the beginning.
    pub at: Duration,
    /// What.
    pub kind: Kind,
    /// Draws the victim.
    pub dice: u64,
    /// At which passage a failpoint strikes.
    pub passage: usize,
}

/// The faults of a run.
#[derive(Debug, Clone)]
pub struct Plan {
    /// In order of time.
    pub faults: Vec<Fault>,
}

impl Plan {
    /// Draws it. Kinds come in shuffled rounds, so that a run has each about as often as the others.
    #[must_use]
    pub fn draw(scenario: &Scenario) -> Self {
        let mut random = fastrand::Rng::with_seed(scenario.seed);
        if !scenario.script.is_empty() {
            let mut fault = |&(seconds, kind): &(u64, Kind)| Fault {
                at: Duration::from_secs(seconds),
                kind,
                dice: random.u64(..),
                passage: 1,
            };
            return Plan { faults: scenario.script.iter().map(&mut fault).collect() };
        }
        let mut faults = Vec::new();
        let mut round = Vec::new();
        // Something must flow before anything is broken.
        let mut at = Duration::from_secs(10);
        loop {
            let (shortest, longest, mean) = scenario.pause;
            at += (shortest + (mean - shortest).mul_f64(-(1.0 - random.f64()).ln())).min(longest);
            if at >= scenario.duration || scenario.kinds.is_empty() {
                return Plan { faults };
            }
            if round.is_empty() {
                round = scenario.kinds.clone();
                random.shuffle(&mut round);
            }
            if let Some(kind) = round.pop() {
                faults.push(Fault { at, kind, dice: random.u64(..), passage: random.usize(1..20) });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_draws_the_same_plan_again() {
        let scenario = Scenario::chaos(7, 30, 200.0);
        let times =
            |plan: &Plan| plan.faults.iter().map(|fault| (fault.at, fault.kind, fault.dice)).collect::<Vec<_>>();
        assert_eq!(times(&Plan::draw(&scenario)), times(&Plan::draw(&scenario)));
        assert!(Plan::draw(&scenario).faults.len() > 30);
    }
}
