//! The services as processes of their own, with replicas, and what is done to them.

use super::{
    plan::{Fault, Kind, Scenario},
    report::Report,
};
use nix::sys::signal::Signal;
use std::{
    os::unix::process::ExitStatusExt,
    path::PathBuf,
    time::{Duration, Instant},
};
use test_support::{
    kafka::Broker,
    process::{Process, binary},
    publisher::opml,
};

/// Services and how many replicas each has at the beginning.
const SERVICES: [(&str, usize); 3] = [("poller", 2), ("normaliser", 2), ("enricher", 2)];

/// It reads only, and keeps nothing: it can be killed and frozen, but has no transaction to be struck in.
const GATEWAY: &str = "gateway";

/// How a process ends whose place another has taken (`EX_SOFTWARE`; see chassis).
const FENCED: i32 = 70;

/// A displaced process asks the coordinator at its next transaction, or hears it from its group.
const DISPLACED_ENDS_WITHIN: Duration = Duration::from_secs(40);

/// A group's session timeout in a run.
const SESSION_TIMEOUT_MS: u64 = 6_000;

/// See the module.
pub struct Fleet {
    kafka: String,
    prefix: String,
    transaction_timeout_ms: u64,
    sabotage: Option<&'static str>,
    victims: Option<&'static str>,
    folder: tempfile::TempDir,
    members: Vec<Member>,
    /// Processes whose replica's name another has taken, until when they stay frozen, and when they must have ended.
    displaced: Vec<(Process, Instant, bool)>,
}

struct Member {
    service: &'static str,
    replica: usize,
    admin: u16,
    process: Option<Process>,
    /// What it was armed with and has not met yet.
    armed: Option<Kind>,
    frozen_until: Option<Instant>,
    /// Since when its partitions have stood still.
    killed: Option<Instant>,
}

impl Fleet {
    /// Starts every service, and hands the pipeline its feeds by the command line.
    ///
    /// # Panics
    /// Where a binary is missing or the feeds cannot be added.
    #[must_use]
    pub fn start(scenario: &Scenario, kafka: &str, feeds: &[String]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let prefix = format!("oracle{}.", jiff::Timestamp::now().as_nanosecond());
        let mut fleet = Fleet {
            kafka: kafka.to_owned(),
            prefix,
            transaction_timeout_ms: scenario.transaction_timeout_ms,
            sabotage: scenario.sabotage,
            victims: scenario.victims,
            folder,
            members: Vec::new(),
            displaced: Vec::new(),
        };
        let list: Vec<(String, String)> = feeds.iter().map(|url| (String::new(), url.clone())).collect();
        let file = fleet.folder.path().join("feeds.opml");
        std::fs::write(&file, opml(&list)).unwrap();
        let output = std::process::Command::new(binary("newswire"))
            .args(["feeds", "import"])
            .arg(&file)
            .args(fleet.log_flags())
            .output()
            .unwrap();
        assert!(output.status.success(), "newswire feeds import: {}", String::from_utf8_lossy(&output.stderr));
        for (service, replicas) in SERVICES {
            for replica in 0..replicas {
                fleet.members.push(Member::new(service, replica));
            }
        }
        fleet.members.push(Member::new(GATEWAY, 0));
        for at in 0..fleet.members.len() {
            fleet.launch(at, None);
        }
        fleet
    }

    /// What the topics' names begin with.
    #[must_use]
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    fn log_flags(&self) -> Vec<String> {
        ["--kafka", &self.kafka, "--topic-prefix", &self.prefix, "--partitions", "6"].map(String::from).to_vec()
    }

    fn log_file(&self, member: &Member) -> PathBuf {
        self.folder.path().join(format!("{}-{}.log", member.service, member.replica))
    }

    fn launch(&mut self, at: usize, armed: Option<(Kind, usize)>) {
        let member = &self.members[at];
        let mut flags = self.log_flags();
        flags.extend(["--replica".into(), member.replica.to_string()]);
        let listen = if member.service == GATEWAY { "--listen" } else { "--admin" };
        flags.extend([listen.into(), format!("127.0.0.1:{}", member.admin)]);
        flags.extend(["--transaction-timeout-ms".into(), self.transaction_timeout_ms.to_string()]);
        flags.extend(["--session-timeout-ms".into(), SESSION_TIMEOUT_MS.to_string()]);
        if member.service == "poller" {
            flags.extend(
                ["--poll-interval", "4s", "--host-spacing", "20ms", "--allow-private-networks"].map(String::from),
            );
        }
        let mut environment = vec![("NEWSWIRE_LOG".to_owned(), "info".to_owned())];
        if let Some((kind, passage)) = armed
            && let Some((points, action)) = kind.failpoints()
        {
            let armed: Vec<String> = points.iter().map(|point| format!("{point}={action}@{passage}")).collect();
            environment.push(("NEWSWIRE_FAIL".to_owned(), armed.join(",")));
        }
        if let Some(how) = self.sabotage {
            environment.push(("NEWSWIRE_SABOTAGE".to_owned(), how.to_owned()));
        }
        let name = format!("{}-{}", member.service, member.replica);
        let program = binary(&format!("newswire-{}", member.service));
        let process = Process::start(&name, &program, &flags, &environment, &self.log_file(member));
        let member = &mut self.members[at];
        member.process = Some(process);
        member.armed = armed.map(|(kind, _)| kind);
    }

    /// Notes who has died, frozen or come back, and starts again what is not running.
    pub fn tend(&mut self, report: &mut Report) {
        self.wake_displaced(report);
        for at in 0..self.members.len() {
            let member = &mut self.members[at];
            let Some(process) = member.process.as_mut() else { continue };
            if let Some(status) = process.ended() {
                match (member.armed, status.signal()) {
                    (Some(kind), Some(signal)) if signal == Signal::SIGKILL as i32 => {
                        report.struck(kind);
                        member.killed.get_or_insert_with(Instant::now);
                    }
                    // A zombie that woke up, or whose transaction the broker has timed out.
                    _ if status.code() == Some(FENCED) => report.note(format!("{} ended, fenced", process.name)),
                    _ => report.crashed.push(format!("{} ended by itself: {status}", process.name)),
                }
                member.frozen_until = None;
                self.launch(at, None);
                continue;
            }
            if member.armed == Some(Kind::Abort) && member.counts("newswire_transactions_aborted_total") {
                report.struck(Kind::Abort);
                member.armed = None;
            }
            let Some(process) = member.process.as_mut() else { continue };
            if member.frozen_until.is_none()
                && let Some(kind @ (Kind::FreezeInTransaction | Kind::FreezeBeforeOffsets)) = member.armed
                && process.is_frozen()
            {
                report.struck(kind);
                member.armed = None;
                member.frozen_until = Some(Instant::now() + beyond(self.transaction_timeout_ms));
            }
            if member.frozen_until.is_some_and(|until| until <= Instant::now()) {
                process.signal(Signal::SIGCONT);
                member.frozen_until = None;
            }
            if let Some(killed) = member.killed
                && member.counts("newswire_transactions_committed_total")
            {
                report.moving_again.push(killed.elapsed());
                member.killed = None;
            }
        }
    }

    /// Does what the plan says.
    ///
    /// # Panics
    /// Where the broker does not come back, or a service does not end at SIGTERM.
    pub fn inflict(&mut self, fault: &Fault, broker: &mut Broker, report: &mut Report) {
        match fault.kind {
            Kind::BounceClean => {
                broker.stop();
                broker.restart();
                report.struck(fault.kind);
                return;
            }
            Kind::BounceHard => {
                broker.kill();
                broker.restart();
                report.struck(fault.kind);
                return;
            }
            Kind::Scale => return self.scale(fault, report),
            _ => {}
        }
        let able: Vec<usize> = (0..self.members.len())
            .filter(|at| {
                let member = &self.members[*at];
                let suits = match fault.kind {
                    Kind::Kill | Kind::Freeze => self.victims.is_none_or(|service| service == member.service),
                    _ if member.service == GATEWAY => false,
                    _ => self.victims.is_none_or(|service| service == member.service),
                };
                suits && member.process.is_some() && member.frozen_until.is_none() && member.armed.is_none()
            })
            .collect();
        let Some(at) = pick(&able, fault.dice) else { return };
        let Some(process) = self.members[at].process.as_mut() else { return };
        match fault.kind {
            Kind::Kill => {
                process.kill();
                if self.members[at].service != GATEWAY {
                    self.members[at].killed = Some(Instant::now());
                }
                report.struck(Kind::Kill);
                self.launch(at, None);
            }
            Kind::Freeze => {
                process.signal(Signal::SIGSTOP);
                report.struck(Kind::Freeze);
                self.members[at].frozen_until = Some(Instant::now() + beyond(self.transaction_timeout_ms));
            }
            Kind::Displace => self.displace(at),
            kind => {
                // Armed from its start, so that the same seed strikes at the same passage.
                let status = process.stop(Duration::from_secs(30));
                if !status.success() && status.code() != Some(FENCED) {
                    report.crashed.push(format!("{} ended at SIGTERM with {status}", process.name));
                }
                self.launch(at, Some((kind, fault.passage)));
            }
        }
    }

    /// Freezes a process and starts another under its replica's name.
    fn displace(&mut self, at: usize) {
        let member = &mut self.members[at];
        // The frozen one still holds the other port.
        member.admin = test_support::port::free();
        let Some(process) = member.process.take() else { return };
        process.signal(Signal::SIGSTOP);
        self.displaced.push((process, Instant::now() + beyond(self.transaction_timeout_ms), false));
        self.launch(at, None);
    }

    /// Continues who was displaced, and sees that it ends, fenced.
    fn wake_displaced(&mut self, report: &mut Report) {
        self.displaced.retain_mut(|(process, due, awake)| {
            if Instant::now() < *due && !*awake {
                return true;
            }
            if !*awake {
                process.signal(Signal::SIGCONT);
                *awake = true;
                *due = Instant::now() + DISPLACED_ENDS_WITHIN;
            }
            match process.ended() {
                Some(status) if status.code() == Some(FENCED) => report.struck(Kind::Displace),
                Some(status) => report.crashed.push(format!("{}, displaced, ended with {status}", process.name)),
                None if Instant::now() > *due => {
                    report.crashed.push(format!("{}, displaced, goes on beside its successor", process.name));
                }
                None => return true,
            }
            false
        });
    }

    fn scale(&mut self, fault: &Fault, report: &mut Report) {
        let Some((service, replicas)) = pick(&SERVICES, fault.dice) else { return };
        report.struck(Kind::Scale);
        let extra = self.members.iter().position(|member| member.service == service && member.replica >= replicas);
        match extra {
            Some(at) => {
                let mut member = self.members.remove(at);
                if let Some(process) = member.process.as_mut() {
                    process.signal(Signal::SIGCONT);
                    let status = process.stop(Duration::from_secs(30));
                    report.note(format!("{} scaled away: {status}", process.name));
                }
            }
            None => {
                self.members.push(Member::new(service, replicas));
                self.launch(self.members.len() - 1, None);
            }
        }
    }

    /// Ends what is still going on: the frozen are continued, and what is armed is started without.
    pub fn heal(&mut self, report: &mut Report) {
        for at in 0..self.members.len() {
            let member = &mut self.members[at];
            let Some(process) = member.process.as_mut() else { continue };
            process.signal(Signal::SIGCONT);
            member.frozen_until = None;
            if member.armed.take().is_some() {
                process.kill();
                self.launch(at, None);
            }
        }
        for (_, due, _) in self.displaced.iter_mut().filter(|(_, _, awake)| !awake) {
            *due = Instant::now();
        }
        self.tend(report);
    }

    /// Waits until the counters of every process stand still for two seconds.
    pub fn settle(&mut self, report: &mut Report) {
        let mut last = Vec::new();
        let mut since = Instant::now();
        test_support::wait::within(Duration::from_secs(40), || {
            self.tend(report);
            let read: Vec<String> = self
                .scrape()
                .iter()
                .filter(|(name, _)| !name.starts_with("poller"))
                .flat_map(|(_, text)| counters(text))
                .collect();
            if read != last {
                last = read;
                since = Instant::now();
            }
            since.elapsed() > Duration::from_secs(2)
        });
        // Those that were scaled away, too.
        let files = std::fs::read_dir(self.folder.path()).into_iter().flatten().filter_map(Result::ok);
        for text in files.filter_map(|file| std::fs::read_to_string(file.path()).ok()) {
            let lines = |what: &str| text.lines().filter(|line| line.contains(what)).count();
            report.aborted += lines("transaction aborted");
            report.fenced += lines("fenced: another");
            report.panics += lines("panicked at");
        }
    }

    /// How many processes there are that have a stage, and so an account.
    #[must_use]
    pub fn stages(&self) -> usize {
        self.members.iter().filter(|member| member.service != GATEWAY).count()
    }

    /// The gateway shows articles, whatever befell it.
    pub fn look_at_gateway(&self, report: &mut Report) {
        let Some(gateway) = self.members.iter().find(|member| member.service == GATEWAY) else { return };
        let address = format!("127.0.0.1:{}", gateway.admin);
        let shows = test_support::wait::within(Duration::from_secs(20), || {
            test_support::http::get(&address, "/v1/articles").is_some_and(|text| text.contains("\"article_id\""))
        });
        if !shows {
            report.crashed.push("the gateway shows no article".to_owned());
        }
    }

    /// Keeps the processes' logs, and says where.
    #[must_use]
    pub fn keep_logs(&mut self) -> PathBuf {
        self.folder.disable_cleanup(true);
        self.folder.path().to_owned()
    }

    /// Name and metrics of each running process.
    #[must_use]
    pub fn scrape(&self) -> Vec<(String, String)> {
        let running = self.members.iter().filter(|member| member.frozen_until.is_none());
        running
            .filter_map(|member| Some((format!("{}-{}", member.service, member.replica), member.metrics()?)))
            .collect()
    }
}

impl Member {
    fn new(service: &'static str, replica: usize) -> Self {
        Member {
            service,
            replica,
            admin: test_support::port::free(),
            process: None,
            armed: None,
            frozen_until: None,
            killed: None,
        }
    }

    fn metrics(&self) -> Option<String> {
        test_support::http::get(&format!("127.0.0.1:{}", self.admin), "/metrics")
    }

    /// Whether this process, since its start, has counted any.
    fn counts(&self, metric: &str) -> bool {
        super::ledger::sum(&self.metrics().unwrap_or_default(), metric) > 0.0
    }
}

/// Longer than both timeouts, and than a broker takes to notice.
fn beyond(transaction_timeout_ms: u64) -> Duration {
    Duration::from_millis(transaction_timeout_ms.max(SESSION_TIMEOUT_MS) + 4_000)
}

fn pick<T: Copy>(among: &[T], dice: u64) -> Option<T> {
    let count = u64::try_from(among.len()).ok().filter(|count| *count > 0)?;
    among.get(usize::try_from(dice % count).ok()?).copied()
}

/// The lines of the ledger; pollers poll on, and settle nothing.
fn counters(text: &str) -> Vec<String> {
    text.lines().filter(|line| line.starts_with("newswire_stage_")).map(str::to_owned).collect()
}
