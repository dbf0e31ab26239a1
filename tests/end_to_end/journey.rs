//! A newswire process over one of the two logs, and its enriched records.

use serde_json::Value;
use std::{path::PathBuf, time::Duration};
use test_support::{
    kcat,
    process::{Process, binary},
};

/// Which log a journey runs on.
#[derive(Debug, Clone)]
pub enum Log {
    Embedded,
    Kafka(String),
}

impl Log {
    /// Both, or the embedded one and a visible line.
    pub fn all() -> Vec<Log> {
        let mut all = vec![Log::Embedded];
        all.extend(test_support::kafka::shared().map(Log::Kafka));
        all
    }
}

pub struct Newswire {
    log: Log,
    folder: tempfile::TempDir,
    prefix: String,
    port: u16,
    process: Option<Process>,
}

impl Newswire {
    /// Prepares one that polls the feeds of `opml` every second.
    pub fn new(log: &Log, opml: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("feeds.opml"), opml).unwrap();
        let prefix = format!("e2e{}.", jiff::Timestamp::now().as_nanosecond());
        Newswire { log: log.clone(), folder, prefix, port: test_support::port::free(), process: None }
    }

    pub fn start(&mut self) {
        let mut arguments: Vec<String> =
            ["run", "--poll-interval", "1s", "--allow-private-networks", "--feeds"].map(String::from).to_vec();
        let folder = self.folder.path();
        arguments.push(folder.join("feeds.opml").to_string_lossy().into_owned());
        arguments.extend(["--data".into(), folder.join("data").to_string_lossy().into_owned()]);
        arguments.extend(["--listen".into(), format!("127.0.0.1:{}", self.port)]);
        arguments.extend(["--host-interval".into(), "20ms".into(), "--partitions".into(), "3".into()]);
        arguments.extend(["--topic-prefix".into(), self.prefix.clone()]);
        if let Log::Kafka(address) = &self.log {
            arguments.extend(["--kafka".into(), address.clone()]);
        }
        let environment = [("NEWSWIRE_LOG".to_owned(), "info".to_owned())];
        self.process =
            Some(Process::start("newswire", &binary("newswire"), &arguments, &environment, &self.log_file()));
    }

    /// Full name of a topic or a group.
    pub fn name(&self, suffix: &str) -> String {
        format!("{}{suffix}", self.prefix)
    }

    /// A command of newswire as a process of its own, to be killed.
    pub fn spawn(&self, command: &[&str]) -> Process {
        let mut arguments: Vec<String> = command.iter().map(ToString::to_string).collect();
        arguments.extend(["--partitions".into(), "3".into(), "--topic-prefix".into(), self.prefix.clone()]);
        arguments.extend(["--data".into(), self.folder.path().join("data").to_string_lossy().into_owned()]);
        if let Log::Kafka(address) = &self.log {
            arguments.extend(["--kafka".into(), address.clone(), "--session-timeout-ms".into(), "1000".into()]);
        }
        Process::start(command[0], &binary("newswire"), &arguments, &[], &self.folder.path().join("command.log"))
    }

    /// What a command of newswire answers beside it: output, trouble, exit code.
    pub fn ask(&self, command: &[&str]) -> (String, String, i32) {
        let mut process = std::process::Command::new(binary("newswire"));
        process.args(command).args(["--partitions", "3", "--topic-prefix", &self.prefix]);
        process.arg("--data").arg(self.folder.path().join("data"));
        if let Log::Kafka(address) = &self.log {
            process.args(["--kafka", address, "--session-timeout-ms", "1000"]);
        }
        let output = process.output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (text(output.stdout), text(output.stderr), output.status.code().unwrap())
    }

    /// As `ask`, but it must succeed.
    pub fn tell(&self, command: &[&str]) -> String {
        let (answer, trouble, code) = self.ask(command);
        assert_eq!(code, 0, "newswire {command:?} on {:?}: {trouble}", self.log);
        answer
    }

    /// The socket of the process that holds the embedded log.
    pub fn socket(&self) -> std::path::PathBuf {
        self.folder.path().join("data/newswire.sock")
    }

    /// The log itself, for what no command does: through the socket where newswire runs.
    pub fn open(&self) -> Box<dyn stream::Log> {
        match &self.log {
            Log::Kafka(address) => {
                Box::new(stream::kafka::Kafka::new(stream::kafka::KafkaConfig::new(address)).unwrap())
            }
            Log::Embedded => stream::embedded::open(&self.folder.path().join("data")).unwrap(),
        }
    }

    /// A counter of the process, over all its labels but the stage; 0 while it has not counted.
    pub fn counted(&self, counter: &str, stage: &str) -> u64 {
        let text = test_support::http::get(&format!("127.0.0.1:{}", self.port), "/metrics").unwrap_or_default();
        let begin = format!("{counter}{{");
        let lines =
            text.lines().filter(|line| line.starts_with(&begin) && line.contains(&format!("stage=\"{stage}\"")));
        lines.filter_map(|line| line.rsplit_once(' ')?.1.parse::<u64>().ok()).sum()
    }

    fn log_file(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    pub fn kill(&mut self) {
        self.process.as_mut().unwrap().kill();
    }

    /// Asks it to stop; it must end well.
    pub fn end(&mut self) {
        let process = self.process.as_mut().unwrap();
        let status = process.stop(Duration::from_secs(20));
        assert!(status.success(), "{status} on {:?}:\n{}", self.log, process.last_words());
    }

    pub fn process(&mut self) -> &mut Process {
        self.process.as_mut().unwrap()
    }

    /// Everything on the enriched topic: from the broker by kcat, from the embedded log by the command line.
    pub fn enriched(&self) -> Vec<Value> {
        self.read("enriched.v1")
    }

    /// Everything on a topic, as JSON values.
    pub fn read(&self, suffix: &str) -> Vec<Value> {
        let topic = format!("{}{suffix}", self.prefix);
        match &self.log {
            Log::Kafka(address) => kcat::read_all(address, &topic)
                .iter()
                .filter(|seen| seen.payload.is_some())
                .map(kcat::Seen::json)
                .collect(),
            Log::Embedded => {
                let output = std::process::Command::new(binary("newswire"))
                    .args(["tail", &topic, "--from", "beginning", "--to-end", "--topic-prefix", &self.prefix, "--data"])
                    .arg(self.folder.path().join("data"))
                    .output()
                    .unwrap();
                assert!(output.status.success(), "newswire tail: {}", String::from_utf8_lossy(&output.stderr));
                let lines = output.stdout.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
                lines.map(|line| serde_json::from_slice::<Value>(line).unwrap()["value"].clone()).collect()
            }
        }
    }

    /// Waits until the enriched topic holds at least `count` records.
    pub fn wait_for(&mut self, count: usize, limit: Duration) -> Vec<Value> {
        let mut found = Vec::new();
        let met = test_support::wait::within(limit, || {
            if self.process().ended().is_some() {
                return true;
            }
            found = self.try_enriched();
            found.len() >= count
        });
        let last_words = self.process().last_words();
        assert!(
            met && found.len() >= count,
            "{} of {count} records within {limit:?} on {:?}; newswire said:\n{}",
            found.len(),
            self.log,
            last_words
        );
        found
    }

    /// As `enriched`, but nothing while the topic is not there yet.
    fn try_enriched(&self) -> Vec<Value> {
        if test_support::http::get(&format!("127.0.0.1:{}", self.port), "/healthz").is_none() {
            return Vec::new();
        }
        self.enriched()
    }

    /// Where the gateway listens.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// What the gateway answers.
    pub fn get(&self, path: &str) -> Value {
        let text = test_support::http::get(&format!("127.0.0.1:{}", self.port), path).unwrap();
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}: {text}"))
    }
}
