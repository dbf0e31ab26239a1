//! A newswire process on one of the two logs, and the records that it writes.

use proto::{
    partition,
    topic::Topic,
    wire::{self, Encoding, Message},
};
use serde_json::Value;
use std::{
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};
use stream::{DeadLetter, Outgoing, Record};
use test_support::{
    http, kcat, port,
    process::{Process, binary},
    wait,
};

/// Limit for everything that a test waits for.
pub const LIMIT: Duration = Duration::from_secs(90);

/// Partitions of each topic.
pub const PARTITIONS: i32 = 3;

/// The log that a test uses.
#[derive(Debug, Clone)]
pub enum Log {
    Embedded,
    Kafka(String),
}

pub struct Newswire {
    log: Log,
    folder: tempfile::TempDir,
    prefix: String,
    port: u16,
    admin_port: u16,
    process: Option<Process>,
}

impl Newswire {
    /// A newswire that polls the feeds of `opml` every second, not started.
    pub fn new(log: &Log, opml: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("feeds.opml"), opml).unwrap();
        let prefix = format!("e2e{}.", jiff::Timestamp::now().as_nanosecond());
        Newswire { log: log.clone(), folder, prefix, port: port::free(), admin_port: port::free(), process: None }
    }

    pub fn start(&mut self) {
        let feeds = self.folder.path().join("feeds.opml");
        let listen = format!("127.0.0.1:{}", self.port);
        let mut arguments = vec!["run", "--poll-interval", "1s", "--host-interval", "20ms", "--allow-private-networks"];
        let admin = self.admin();
        arguments.extend(["--feeds", feeds.to_str().unwrap(), "--listen", &listen, "--admin", &admin]);
        let arguments: Vec<String> = arguments.into_iter().map(str::to_owned).chain(self.log_flags()).collect();
        let environment = [("NEWSWIRE_LOG".to_owned(), "info".to_owned())];
        let log_file = self.folder.path().join("log");
        self.process = Some(Process::start("newswire", &binary("newswire"), &arguments, &environment, &log_file));
    }

    /// A folder that is removed with it.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn log_flags(&self) -> Vec<String> {
        let data = self.data();
        let mut flags = vec!["--topic-prefix", &self.prefix, "--partitions", "3", "--data", data.to_str().unwrap()];
        if let Log::Kafka(address) = &self.log {
            flags.extend(["--kafka", address]);
        }
        flags.into_iter().map(str::to_owned).collect()
    }

    /// Arguments of a command.
    fn arguments(&self, command: &[&str]) -> Vec<String> {
        let mut arguments: Vec<String> = command.iter().map(ToString::to_string).chain(self.log_flags()).collect();
        if matches!(self.log, Log::Kafka(_)) {
            arguments.extend(["--session-timeout-ms".to_owned(), "1000".to_owned()]);
        }
        arguments
    }

    /// Full name of a topic or a group.
    pub fn name(&self, suffix: &str) -> String {
        format!("{}{suffix}", self.prefix)
    }

    /// Starts a command without waiting for its end.
    pub fn spawn(&self, command: &[&str]) -> Process {
        let log_file = self.folder.path().join("command.log");
        Process::start(command[0], &binary("newswire"), &self.arguments(command), &[], &log_file)
    }

    /// Starts one of the services as a process of its own.
    pub fn service(&self, service: &str, flags: &[&str]) -> Process {
        let arguments: Vec<String> = flags.iter().map(ToString::to_string).chain(self.log_flags()).collect();
        let log_file = self.folder.path().join(format!("{service}.log"));
        Process::start(service, &binary(&format!("newswire-{service}")), &arguments, &[], &log_file)
    }

    /// Runs a command: standard output, standard error, exit code.
    pub fn try_run(&self, command: &[&str]) -> (String, String, i32) {
        let output = Command::new(binary("newswire")).args(self.arguments(command)).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (text(output.stdout), text(output.stderr), output.status.code().unwrap())
    }

    /// Runs a command that must succeed; returns its standard output.
    pub fn run(&self, command: &[&str]) -> String {
        let (output, error, code) = self.try_run(command);
        assert_eq!(code, 0, "newswire {command:?}: {error}");
        output
    }

    /// The socket of the process that holds the embedded log.
    pub fn socket(&self) -> PathBuf {
        self.data().join("newswire.sock")
    }

    /// Opens the log: the embedded one through its socket if newswire runs.
    pub fn open(&self) -> Box<dyn stream::Log> {
        match &self.log {
            Log::Kafka(address) => {
                Box::new(stream::kafka::Kafka::new(stream::kafka::KafkaConfig::new(address)).unwrap())
            }
            Log::Embedded => stream::embedded::open(&self.data()).unwrap(),
        }
    }

    /// A record as a stage writes it.
    pub fn outgoing<M: Message>(&self, topic: Topic, id: &str, message: &M) -> Outgoing {
        let time = jiff::Timestamp::now();
        let event = wire::Attributes { id: "test/0", event_type: M::TYPE, source: "newswire/test", time };
        Outgoing {
            topic: self.name(topic.suffix()),
            partition: partition::of(id.as_bytes(), PARTITIONS),
            key: id.as_bytes().to_vec(),
            value: Some(Encoding::Json.encode(message).unwrap()),
            headers: wire::headers(Encoding::Json, &event, None),
        }
    }

    pub fn append(&self, records: Vec<Outgoing>) {
        self.open().append(records).unwrap();
    }

    /// Writes the dead letter of a record that a stage of an earlier version refused.
    pub fn refuse(&self, stage: &str, record: Outgoing) {
        let Outgoing { topic, partition, key, value, headers } = record;
        let record = Record { topic, partition, offset: 1_000_000, timestamp_ms: 0, key, value, headers };
        let dead_letter = DeadLetter::new(stage, "panic", "an earlier version", record, jiff::Timestamp::now());
        self.append(vec![dead_letter.to_outgoing(&self.name(Topic::DeadLetter.suffix()), partition)]);
    }

    /// Sum of a counter of a stage over its other labels; 0 if the process does not answer.
    pub fn counter(&self, counter: &str, stage: &str) -> u64 {
        let text = http::get(&self.admin(), "/metrics").unwrap_or_default();
        let (start, stage) = (format!("{counter}{{"), format!("stage=\"{stage}\""));
        let lines = text.lines().filter(|line| line.starts_with(&start) && line.contains(&stage));
        lines.filter_map(|line| line.rsplit_once(' ')?.1.parse::<u64>().ok()).sum()
    }

    pub fn process(&mut self) -> &mut Process {
        self.process.as_mut().unwrap()
    }

    pub fn kill(&mut self) {
        self.process().kill();
    }

    /// SIGTERM; the process must succeed.
    pub fn stop(&mut self) {
        let status = self.process().stop(Duration::from_secs(20));
        assert!(status.success(), "{status}:\n{}", self.process().log_tail());
    }

    /// All records of the enriched topic, as JSON values.
    pub fn enriched(&self) -> Vec<Value> {
        self.read(Topic::Enriched.suffix())
    }

    /// All records of a topic, as JSON values: read by kcat from Kafka, by `newswire tail` from the embedded log.
    pub fn read(&self, suffix: &str) -> Vec<Value> {
        let topic = self.name(suffix);
        match &self.log {
            Log::Kafka(address) => {
                let records = kcat::read_all(address, &topic);
                records.iter().filter(|record| record.payload.is_some()).map(kcat::Record::json).collect()
            }
            Log::Embedded => {
                let output = self.run(&["tail", &topic, "--from", "beginning", "--to-end"]);
                let lines = output.lines().filter(|line| !line.is_empty());
                lines.map(|line| serde_json::from_str::<Value>(line).unwrap()["value"].clone()).collect()
            }
        }
    }

    /// Waits until the enriched topic holds at least `count` records; returns all of them.
    pub fn wait_for(&mut self, count: usize) -> Vec<Value> {
        self.wait_longer(count, LIMIT)
    }

    /// As [`Newswire::wait_for`], with another limit.
    pub fn wait_longer(&mut self, count: usize, limit: Duration) -> Vec<Value> {
        let mut found = Vec::new();
        wait::within(limit, || {
            // Before the API answers, the topic may not exist, and a command would open the embedded log itself.
            if self.serves() {
                found = self.enriched();
            }
            found.len() >= count || self.process().ended().is_some()
        });
        assert!(found.len() >= count, "{} of {count} records:\n{}", found.len(), self.process().log_tail());
        found
    }

    /// Address of the gateway.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// True if the gateway answers: the log is open and has its topics.
    pub fn serves(&self) -> bool {
        http::get(&self.address(), "/v1/openapi.json").is_some()
    }

    /// Address of `/metrics` and the probes.
    pub fn admin(&self) -> String {
        format!("127.0.0.1:{}", self.admin_port)
    }

    /// JSON that the gateway returns.
    pub fn get(&self, path: &str) -> Value {
        let text = http::get(&self.address(), path).unwrap();
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}: {text}"))
    }
}
