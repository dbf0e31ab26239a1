//! The services as processes, with replicas: start, supervision and observation.

mod inject;
mod replica;

use crate::{
    fault::FaultKind,
    report::Report,
    scenario::{Sabotage, Scenario},
};
use inject::Displaced;
use nix::sys::signal::Signal;
use replica::{GATEWAY, Replica};
use std::{
    os::unix::process::ExitStatusExt,
    path::PathBuf,
    time::{Duration, Instant},
};
use test_support::{
    port,
    process::{Process, binary},
    publisher::opml,
    wait,
};

/// Services with transactions, and their replicas at the start.
const SERVICES: [(&str, usize); 3] = [("poller", 2), ("normaliser", 2), ("enricher", 2)];

/// Exit code of a process that another has replaced (`EX_SOFTWARE`; see `chassis::process`).
const FENCED: i32 = 70;

/// Exit code of a process that did not shut down within its deadline (`EX_TEMPFAIL`; see `chassis::process`).
const LATE: i32 = 75;

/// Session timeout of the consumer groups.
const SESSION_TIMEOUT_MS: u64 = 6_000;

/// All processes of a run.
pub struct Cluster {
    kafka: String,
    prefix: String,
    transaction_timeout_ms: u64,
    sabotage: Option<Sabotage>,
    only_service: Option<&'static str>,
    /// Whether services may miss their shutdown deadline: faults of the brokers run at the same time.
    may_be_late: bool,
    folder: tempfile::TempDir,
    replicas: Vec<Replica>,
    displaced: Vec<Displaced>,
}

impl Cluster {
    /// No process yet.
    ///
    /// # Panics
    /// If no folder can be created.
    #[must_use]
    pub fn new(scenario: &Scenario, kafka: &str) -> Self {
        Cluster {
            kafka: kafka.to_owned(),
            prefix: format!("chaos{}.", jiff::Timestamp::now().as_nanosecond()),
            transaction_timeout_ms: scenario.transaction_timeout_ms,
            sabotage: scenario.sabotage,
            only_service: scenario.only_service,
            may_be_late: scenario.brokers > 1,
            folder: tempfile::tempdir().unwrap(),
            replicas: Vec::new(),
            displaced: Vec::new(),
        }
    }

    /// Imports the feeds, then starts every service.
    ///
    /// # Panics
    /// If a binary is not built, or the feeds cannot be imported.
    pub fn start(&mut self, feeds: &[String]) {
        self.import(feeds);
        for (service, count) in SERVICES.into_iter().chain([(GATEWAY, 1)]) {
            for number in 0..count {
                self.add(service, number);
            }
        }
    }

    /// Prefix of the topics' names.
    #[must_use]
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    fn import(&self, feeds: &[String]) {
        let list: Vec<(String, String)> = feeds.iter().map(|url| (String::new(), url.clone())).collect();
        let file = self.folder.path().join("feeds.opml");
        std::fs::write(&file, opml(&list)).unwrap();
        let output = std::process::Command::new(binary("newswire"))
            .args(["feeds", "import"])
            .arg(&file)
            .args(self.log_flags())
            .output()
            .unwrap();
        assert!(output.status.success(), "newswire feeds import: {}", String::from_utf8_lossy(&output.stderr));
    }

    /// Flags of the log, for the services and the command line.
    #[must_use]
    pub fn log_flags(&self) -> Vec<String> {
        ["--kafka", &self.kafka, "--topic-prefix", &self.prefix, "--partitions", "6"].map(String::from).to_vec()
    }

    /// Adds a replica and starts it.
    fn add(&mut self, service: &'static str, number: usize) {
        let admin_port = port::free();
        let process = self.spawn(service, number, admin_port, None);
        self.replicas.push(Replica {
            service,
            number,
            admin_port,
            process,
            armed: None,
            frozen_until: None,
            clock: self.clock(service, number),
            clock_until: None,
            killed_at: None,
        });
    }

    fn clock(&self, service: &str, number: usize) -> PathBuf {
        self.folder.path().join(format!("{}.clock", replica::name(service, number)))
    }

    /// Starts a replica again, armed with a fault if one is given: the kind, and at which hit its failpoint acts.
    fn restart(&mut self, index: usize, armed: Option<(FaultKind, usize)>) {
        let replica = &self.replicas[index];
        let process = self.spawn(replica.service, replica.number, replica.admin_port, armed);
        let replica = &mut self.replicas[index];
        replica.process = process;
        replica.armed = armed.map(|(kind, _)| kind);
    }

    fn spawn(&self, service: &str, number: usize, port: u16, armed: Option<(FaultKind, usize)>) -> Process {
        let mut flags = self.log_flags();
        flags.extend(["--replica".into(), number.to_string()]);
        let listen = if service == GATEWAY { "--listen" } else { "--admin" };
        flags.extend([listen.into(), format!("127.0.0.1:{port}")]);
        flags.extend(["--transaction-timeout-ms".into(), self.transaction_timeout_ms.to_string()]);
        flags.extend(["--session-timeout-ms".into(), SESSION_TIMEOUT_MS.to_string()]);
        if service == "poller" {
            flags.extend(
                ["--poll-interval", "4s", "--host-interval", "20ms", "--allow-private-networks"].map(String::from),
            );
        }
        let mut environment = vec![("NEWSWIRE_LOG".to_owned(), "info".to_owned())];
        environment.push(("NEWSWIRE_CLOCK".to_owned(), self.clock(service, number).to_string_lossy().into_owned()));
        if let Some((kind, nth)) = armed
            && let Some((points, action)) = kind.failpoints()
        {
            let armed: Vec<String> = points.iter().map(|point| format!("{point}={action}@{nth}")).collect();
            environment.push(("NEWSWIRE_FAIL".to_owned(), armed.join(",")));
        }
        if let Some(sabotage) = self.sabotage {
            environment.push(("NEWSWIRE_SABOTAGE".to_owned(), sabotage.name()));
        }
        let name = replica::name(service, number);
        let log = self.folder.path().join(format!("{name}.log"));
        Process::start(&name, &binary(&format!("newswire-{service}")), &flags, &environment, &log)
    }

    /// Reports what has happened to the processes, starts again those that have ended, and continues those that were
    /// frozen for long enough.
    pub fn supervise(&mut self, report: &mut Report) {
        self.supervise_displaced(report);
        for index in 0..self.replicas.len() {
            if self.has_ended(index, report) {
                self.restart(index, None);
                continue;
            }
            let thaw_at = Instant::now() + self.freeze_for();
            let replica = &mut self.replicas[index];
            if replica.armed == Some(FaultKind::Abort) && replica.has_counted("newswire_transactions_aborted_total") {
                report.count(FaultKind::Abort);
                replica.armed = None;
            }
            if let Some(kind) = replica.armed.filter(|kind| kind.freezes_at_failpoint())
                && replica.process.is_frozen()
            {
                report.count(kind);
                replica.armed = None;
                replica.frozen_until = Some(thaw_at);
            }
            if replica.frozen_until.is_some_and(|until| until <= Instant::now()) {
                replica.process.signal(Signal::SIGCONT);
                replica.frozen_until = None;
            }
            if replica.clock_until.is_some_and(|until| until <= Instant::now()) {
                replica.set_clock_right();
            }
            if let Some(killed_at) = replica.killed_at
                && replica.has_counted("newswire_transactions_committed_total")
            {
                report.recoveries.push(killed_at.elapsed());
                replica.killed_at = None;
            }
        }
    }

    /// Whether a process has ended; why goes into the report.
    fn has_ended(&mut self, index: usize, report: &mut Report) -> bool {
        let replica = &mut self.replicas[index];
        let Some(status) = replica.process.ended() else { return false };
        match replica.armed {
            Some(kind) if status.signal() == Some(Signal::SIGKILL as i32) => {
                report.count(kind);
                replica.killed_at.get_or_insert_with(Instant::now);
            }
            // It was frozen and has been replaced, or the broker has aborted its transaction.
            _ if status.code() == Some(FENCED) => report.note(format!("{} ended as fenced", replica.name())),
            _ => report.crashed.push(format!("{} ended unexpectedly: {status}", replica.name())),
        }
        replica.frozen_until = None;
        true
    }

    /// How long a process stays frozen: longer than both timeouts, and than a broker takes to notice.
    fn freeze_for(&self) -> Duration {
        Duration::from_millis(self.transaction_timeout_ms.max(SESSION_TIMEOUT_MS) + 4_000)
    }

    /// Waits until the stages' counters have not changed for two seconds, at most 40 s; then reads the logs, also those of
    /// replicas that have been removed.
    pub fn settle(&mut self, report: &mut Report) {
        let mut last = Vec::new();
        let mut since = Instant::now();
        wait::within(Duration::from_secs(40), || {
            self.supervise(report);
            let current = self.stage_counters();
            if current != last {
                last = current;
                since = Instant::now();
            }
            since.elapsed() > Duration::from_secs(2)
        });
        let files = std::fs::read_dir(self.folder.path()).into_iter().flatten().filter_map(Result::ok);
        for text in files.filter_map(|file| std::fs::read_to_string(file.path()).ok()) {
            let lines = |what: &str| text.lines().filter(|line| line.contains(what)).count();
            report.aborted += lines("transaction aborted");
            report.fenced += lines("fenced by another member");
            report.panics += lines("panicked at");
        }
    }

    /// The stages' counters as lines, without the pollers', which never stop polling.
    fn stage_counters(&self) -> Vec<String> {
        let scraped = self.scrape();
        let texts = scraped.iter().filter(|(name, _)| !name.starts_with("poller")).map(|(_, text)| text);
        texts
            .flat_map(|text| text.lines())
            .filter(|line| line.starts_with("newswire_stage_"))
            .map(str::to_owned)
            .collect()
    }

    /// Number of processes that have counters of a stage.
    #[must_use]
    pub fn stages(&self) -> usize {
        self.replicas.iter().filter(|replica| !replica.is_gateway()).count()
    }

    /// Checks that the gateway shows articles, within 20 s.
    pub fn check_gateway(&self, report: &mut Report) {
        let Some(gateway) = self.replicas.iter().find(|replica| replica.is_gateway()) else { return };
        let address = format!("127.0.0.1:{}", gateway.admin_port);
        let shows = wait::within(Duration::from_secs(20), || {
            test_support::http::get(&address, "/v1/articles").is_some_and(|text| text.contains("\"article_id\""))
        });
        if !shows {
            report.crashed.push("the gateway shows no article".to_owned());
        }
    }

    /// Keeps the processes' logs after the run; returns their folder.
    #[must_use]
    pub fn keep_logs(&mut self) -> PathBuf {
        self.folder.disable_cleanup(true);
        self.folder.path().to_owned()
    }

    /// Name and metrics of each process that is not frozen.
    #[must_use]
    pub fn scrape(&self) -> Vec<(String, String)> {
        let running = self.replicas.iter().filter(|replica| replica.frozen_until.is_none());
        running.filter_map(|replica| Some((replica.name(), replica.metrics()?))).collect()
    }
}
