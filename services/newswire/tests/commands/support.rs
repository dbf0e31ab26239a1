use clap::Parser;
use proto::topic::Topic;
use serde_json::Value;
use std::{
    io::{BufRead, BufReader, Read},
    path::Path,
    process::Command,
    sync::mpsc,
    time::{Duration, Instant},
};
use stream::{CancellationToken, LogArgs, LogConfig, Runtime};

/// Time limit of a wait.
const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Parser)]
struct Flags {
    #[command(flatten)]
    log: LogArgs,
}

/// Settings of a log in `data` with three partitions.
pub fn config(data: &Path) -> LogConfig {
    let flags = ["test".into(), "--data".into(), data.as_os_str().to_owned(), "--partitions".into(), "3".into()];
    Flags::parse_from(flags).log.check().unwrap()
}

/// Opens the log in this process.
pub fn hold(data: &Path) -> (Runtime, CancellationToken) {
    let shutdown = CancellationToken::new();
    (config(data).start(&prometheus::Registry::new(), &shutdown, &|_| {}).unwrap(), shutdown)
}

/// The output of a command that must succeed.
pub fn newswire(data: &Path, arguments: &[&str]) -> String {
    let (text, error, code) = run(data, arguments);
    assert_eq!(code, 0, "newswire {arguments:?}: {error}");
    text
}

/// The answer of a command that must succeed, as JSON: one object, or one for each item of a list.
pub fn json(data: &Path, arguments: &[&str]) -> Vec<Value> {
    let text = newswire(data, &[arguments, &["--json"]].concat());
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Standard output, standard error, exit code.
pub fn run(data: &Path, arguments: &[&str]) -> (String, String, i32) {
    run_with(data, arguments, 3)
}

/// As [`run`], for a pipeline with so many partitions.
pub fn run_with(data: &Path, arguments: &[&str], partitions: i32) -> (String, String, i32) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_newswire"));
    command.args(arguments).args(["--partitions", &partitions.to_string(), "--data"]).arg(data);
    let output = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (text(output.stdout), text(output.stderr), output.status.code().unwrap())
}

/// Waits until `holds` is true, and checks it after each record of `topic`.
pub fn until(runtime: &Runtime, topic: Topic, what: &str, holds: impl FnMut() -> bool) {
    let waited = stream::until(&*runtime.log, &runtime.names.of(topic), PATIENCE, holds);
    assert!(waited.is_ok(), "{what}: {waited:?}");
}

/// The output of a process, line by line. It is read to its end even if no one waits for it.
pub struct Lines(mpsc::Receiver<String>);

impl Lines {
    pub fn of(output: impl Read + Send + 'static) -> Self {
        let (sender, receiver) = mpsc::channel();
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                drop(sender.send(line));
            }
        });
        Lines(receiver)
    }

    /// The first line that is `wanted`.
    pub fn until(&self, what: &str, mut wanted: impl FnMut(&str) -> bool) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let line = self.0.recv_timeout(deadline.saturating_duration_since(Instant::now()));
            assert!(line.is_ok(), "{what}: {line:?}");
            if let Ok(line) = line
                && wanted(&line)
            {
                return line;
            }
        }
    }
}
