//! The brokers of a run: one with a separate controller, or three behind proxies; and the faults that hit them.

mod metadata;
mod request;

use crate::{
    fault::{Fault, FaultKind},
    report::Report,
    scenario::CLUSTER,
};
use proto::topic::Names;
use std::time::{Duration, Instant};
use test_support::{
    kafka::{self, Broker},
    proxy::{Mode, Proxy},
    wait,
};

/// How long connections stay cut or slow.
const DISTURBED_FOR: Duration = Duration::from_secs(8);

/// Limit for most partitions to have their new leader.
const LEADERS_MOVE_WITHIN: Duration = Duration::from_secs(5);

/// The brokers of a run.
pub enum Brokers {
    /// One broker, whose faults block until they are over.
    One(Broker),
    /// Three brokers.
    Cluster(Box<Cluster>),
}

/// Three brokers, each behind a proxy.
pub struct Cluster {
    nodes: kafka::Cluster,
    proxies: Vec<Proxy>,
    /// When the proxies pass everything on again.
    disturbed_until: Option<Instant>,
    address: String,
    /// From when to when two brokers were down; until now, if they are.
    outages: Vec<(Instant, Instant)>,
    is_out: bool,
}

impl Brokers {
    /// Starts one broker; `None` if that is not possible (see [`kafka::start`]).
    #[must_use]
    pub fn one() -> Option<Self> {
        kafka::start().map(Brokers::One)
    }

    /// Starts three brokers; `None` if that is not possible (see [`kafka::start_cluster`]).
    ///
    /// # Panics
    /// If the proxies cannot listen.
    #[must_use]
    pub fn three() -> Option<Self> {
        let proxies: Vec<Proxy> = (0..CLUSTER).map(|_| Proxy::start().unwrap()).collect();
        let advertised: Vec<String> = proxies.iter().map(|proxy| proxy.address.clone()).collect();
        let nodes = kafka::start_cluster(&advertised)?;
        for (proxy, address) in proxies.iter().zip(&nodes.addresses) {
            proxy.set_upstream(address);
        }
        let address = advertised.join(",");
        let cluster = Cluster { nodes, proxies, disturbed_until: None, address, outages: Vec::new(), is_out: false };
        Some(Brokers::Cluster(Box::new(cluster)))
    }

    /// Addresses for clients, comma separated.
    #[must_use]
    pub fn address(&self) -> &str {
        match self {
            Brokers::One(broker) => &broker.address,
            Brokers::Cluster(cluster) => &cluster.address,
        }
    }

    /// Number of brokers.
    #[must_use]
    pub fn count(&self) -> usize {
        match self {
            Brokers::One(_) => 1,
            Brokers::Cluster(_) => CLUSTER,
        }
    }

    /// Whether another fault may hit the brokers: they have recovered from the last one.
    #[must_use]
    pub fn are_ready(&self) -> bool {
        match self {
            Brokers::One(_) => true,
            Brokers::Cluster(cluster) => cluster.nodes.down() == 0 && cluster.disturbed_until.is_none(),
        }
    }

    /// From when to when two of three brokers were down: nothing can be committed then.
    #[must_use]
    pub fn outages(&self) -> &[(Instant, Instant)] {
        match self {
            Brokers::One(_) => &[],
            Brokers::Cluster(cluster) => &cluster.outages,
        }
    }

    /// What the brokers have logged of commit markers that they skip: the partition then has an open transaction for good.
    #[must_use]
    pub fn skipped_markers(&self) -> Vec<String> {
        match self {
            Brokers::One(_) => Vec::new(),
            Brokers::Cluster(cluster) => cluster.nodes.logged("Couldn't find leader endpoint"),
        }
    }

    /// What a run that failed shows of its brokers: the folder of their logs and data, which stays, the transactions that are
    /// open on the topics of items and articles, and the state of every transactional id. Empty for one broker.
    pub fn evidence(&mut self, prefix: &str) -> Vec<String> {
        let Brokers::Cluster(cluster) = self else { return Vec::new() };
        let mut lines = vec![format!("the brokers' folders are in {}", cluster.nodes.keep().display())];
        let kafka = cluster.nodes.addresses.join(",");
        let describe = |arguments: &[&str]| kafka::command("transactions", &kafka, arguments);
        let is_output = |topic: &str| ["raw.v1", "articles.v1", "enriched.v1"].iter().any(|name| topic.ends_with(name));
        for partition in metadata::partitions(&kafka, prefix).into_iter().filter(|one| is_output(&one.topic)) {
            let topic = &partition.topic;
            let number = partition.number.to_string();
            let text = describe(&["describe-producers", "--topic", topic, "--partition", &number]);
            // The last column is the offset at which the producer's open transaction begins.
            let is_open = |line: &&str| line.split_whitespace().last().is_some_and(|last| last.parse::<i64>().is_ok());
            lines.extend(text.lines().skip(1).filter(is_open).map(|line| format!("open on {topic}[{number}]: {line}")));
        }
        lines.extend(describe(&["list"]).lines().map(|line| format!("transaction: {line}")));
        lines
    }

    /// Injects a fault of the brokers.
    ///
    /// # Panics
    /// If the only broker does not restart.
    pub fn inject(&mut self, fault: &Fault, prefix: &str, report: &mut Report) {
        let broker = match self {
            Brokers::Cluster(cluster) => return cluster.inject(fault, prefix, report),
            Brokers::One(broker) => broker,
        };
        match fault.kind {
            FaultKind::BounceClean => broker.stop(),
            FaultKind::BounceHard => broker.kill(),
            _ => return,
        }
        broker.restart();
        report.count(fault.kind);
    }

    /// Starts brokers that are due, and ends disturbances of connections.
    pub fn supervise(&mut self, report: &mut Report) {
        if let Brokers::Cluster(cluster) = self {
            report.crashed.extend(cluster.nodes.supervise());
            cluster.note_outage();
            if cluster.disturbed_until.is_some_and(|until| until <= Instant::now()) {
                cluster.open();
            }
        }
    }

    /// Ends all faults: waits until every broker runs.
    pub fn recover(&mut self, report: &mut Report) {
        if let Brokers::Cluster(cluster) = self {
            cluster.open();
            report.crashed.extend(cluster.nodes.wait());
            cluster.note_outage();
        }
    }
}

impl Cluster {
    fn inject(&mut self, fault: &Fault, prefix: &str, report: &mut Report) {
        // Each kind hits each broker in turn.
        let before = report.faults.get(&fault.kind).copied().unwrap_or(0);
        let (turn, is_hard) = (before % CLUSTER, before % 2 == 1);
        match fault.kind {
            FaultKind::BounceClean => self.nodes.stop(turn),
            FaultKind::BounceHard => self.nodes.kill(turn),
            FaultKind::BounceTwo => {
                self.bounce(turn, is_hard);
                self.bounce((turn + 1) % CLUSTER, is_hard);
            }
            FaultKind::BounceGroupCoordinator | FaultKind::BounceTransactionCoordinator => {
                let Some(at) = self.coordinator(fault, prefix) else {
                    return report.note(format!("{}: no coordinator found", fault.kind));
                };
                self.bounce(at, is_hard);
            }
            FaultKind::MoveLeaders => {
                if let Err(error) = self.move_leaders(fault.choice) {
                    return report.note(format!("{}: {error}", fault.kind));
                }
            }
            FaultKind::CutConnections => self.disturb(fault.choice, Mode::Cut),
            FaultKind::SlowConnections => self.disturb(fault.choice, Mode::Slow),
            _ => return,
        }
        report.count(fault.kind);
    }

    fn bounce(&mut self, at: usize, is_hard: bool) {
        if is_hard {
            self.nodes.kill(at);
        } else {
            self.nodes.stop(at);
        }
    }

    fn note_outage(&mut self) {
        let (now, is_out) = (Instant::now(), self.nodes.down() > 1);
        match self.outages.last_mut().filter(|_| self.is_out) {
            Some((_, until)) => *until = now,
            None if is_out => self.outages.push((now, now)),
            None => {}
        }
        self.is_out = is_out;
    }

    /// Index of the broker that coordinates the group, or the transactions of the first replica, of a service.
    fn coordinator(&self, fault: &Fault, prefix: &str) -> Option<usize> {
        let service = select(&["poller", "normaliser", "enricher"], fault.choice)?;
        let group = Names::new(prefix).group(service);
        let kafka = self.nodes.addresses.join(",");
        let leader = match fault.kind {
            FaultKind::BounceGroupCoordinator => metadata::coordinator(&kafka, "__consumer_offsets", &group),
            _ => metadata::coordinator(&kafka, "__transaction_state", &format!("{group}.0")),
        };
        usize::try_from(leader? - 1).ok().filter(|at| *at < CLUSTER)
    }

    /// Gives every partition, also of Kafka's own topics, another leader.
    fn move_leaders(&self, choice: u64) -> std::io::Result<()> {
        let all = metadata::partitions(&self.nodes.addresses.join(","), "");
        let moved: Vec<request::Assignment> = all.iter().filter_map(|partition| partition.moved(choice)).collect();
        if moved.is_empty() {
            return Err(std::io::Error::other("no partition has another replica in sync"));
        }
        request::move_leaders(&self.nodes.addresses[0], &moved)?;
        // The answer holds an error for each partition that has not moved; what the brokers then show is the better proof.
        let has_moved = |all: &[metadata::Partition]| {
            let is_leader = |one: &&request::Assignment| {
                let now = all.iter().find(|now| now.topic == one.topic && now.number == one.partition);
                now.is_some_and(|now| one.replicas.first() == Some(&now.leader))
            };
            moved.iter().filter(is_leader).count() * 2 > moved.len()
        };
        let kafka = self.nodes.addresses.join(",");
        if wait::within(LEADERS_MOVE_WITHIN, || has_moved(&metadata::partitions(&kafka, ""))) {
            Ok(())
        } else {
            Err(std::io::Error::other(format!("most of {} leaders have not moved", moved.len())))
        }
    }

    /// Disturbs the connections of one broker, or of all.
    fn disturb(&mut self, choice: u64, mode: Mode) {
        let indices: Vec<usize> = (0..=CLUSTER).collect();
        let victim = select(&indices, choice).unwrap_or(CLUSTER);
        for (at, proxy) in self.proxies.iter().enumerate() {
            if victim == CLUSTER || victim == at {
                proxy.set_mode(mode);
            }
        }
        self.disturbed_until = Some(Instant::now() + DISTURBED_FOR);
    }

    fn open(&mut self) {
        self.disturbed_until = None;
        for proxy in &self.proxies {
            proxy.set_mode(Mode::Open);
        }
    }
}

/// The element that a random number selects.
pub(crate) fn select<T: Copy>(among: &[T], choice: u64) -> Option<T> {
    let count = u64::try_from(among.len()).ok().filter(|count| *count > 0)?;
    among.get(usize::try_from(choice % count).ok()?).copied()
}
