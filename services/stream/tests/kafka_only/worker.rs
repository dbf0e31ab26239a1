//! A stage in a process of its own: it counts each key's records in its table and emits one article for each, whose
//! revision is the count. A record processed twice, or state that was lost or applied twice, shows as a wrong revision.

use crate::bystander::runtime;
use proto::{topic::Topic, v1, wire};
use std::{
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStdout, Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};
use stream::{Fault, Outcome};

/// Exit code of a worker that was fenced.
pub const FENCED: i32 = 17;

/// A worker.
pub struct Worker {
    process: Child,
    output: BufReader<ChildStdout>,
}

/// What a worker is told.
pub struct Role<'a> {
    pub kafka: &'a str,
    pub prefix: &'a str,
    pub replica: &'a str,
    /// Freezes itself (SIGSTOP) the first time that it reaches this failpoint.
    pub freeze_at: Option<&'a str>,
}

impl Worker {
    pub fn start(role: &Role<'_>) -> Self {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["worker::be_a_worker", "--exact", "--nocapture"])
            .env("WORKER_KAFKA", role.kafka)
            .env("WORKER_PREFIX", role.prefix)
            .env("WORKER_REPLICA", role.replica)
            .env("WORKER_FREEZE_AT", role.freeze_at.unwrap_or_default())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let output = BufReader::new(process.stdout.take().unwrap());
        Worker { process, output }
    }

    /// Reads its output until it says `word`.
    pub fn wait_for(&mut self, word: &str) {
        let mut line = String::new();
        loop {
            line.clear();
            let read = self.output.read_line(&mut line).unwrap();
            assert!(read > 0, "the worker ended before it said {word:?}");
            if line.trim_end().ends_with(word) {
                return;
            }
        }
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Waits until it has frozen itself.
    pub fn wait_frozen(&mut self) {
        self.wait_for("freezing");
        let stat = format!("/proc/{}/stat", self.process.id());
        crate::bystander::eventually(Duration::from_secs(10), "the worker is stopped", || {
            std::fs::read_to_string(&stat).is_ok_and(|text| text.contains(") T "))
        });
    }

    pub fn thaw(&self) {
        let pid = nix::unistd::Pid::from_raw(i32::try_from(self.process.id()).unwrap());
        nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGCONT).unwrap();
    }

    /// Asks it to stop, and waits for its end.
    pub fn stop(mut self) -> ExitStatus {
        drop(self.process.stdin.take());
        self.wait_end()
    }

    /// Waits for its end.
    pub fn wait_end(&mut self) -> ExitStatus {
        let deadline = Instant::now() + Duration::from_secs(60);
        loop {
            if let Some(status) = self.process.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < deadline, "the worker does not end");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

/// Not a test: the worker's part of the tests in `group` and `outage`.
#[test]
fn be_a_worker() {
    let Ok(kafka) = std::env::var("WORKER_KAFKA") else { return };
    let prefix = std::env::var("WORKER_PREFIX").unwrap();
    let replica = std::env::var("WORKER_REPLICA").unwrap();
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::from_default_env())
        .with_writer(std::io::stderr)
        .init();
    let freeze_at = std::env::var("WORKER_FREEZE_AT").unwrap();
    if !freeze_at.is_empty() {
        let once = std::sync::Once::new();
        fail::cfg_callback(freeze_at, move || {
            once.call_once(|| {
                say("freezing");
                nix::sys::signal::raise(nix::sys::signal::Signal::SIGSTOP).unwrap();
            });
        })
        .unwrap();
    }
    let runtime = runtime(&kafka, &prefix, &replica);
    let stop = runtime.stop.clone();
    // The parent's end of the pipe closes when it wants us to stop.
    std::thread::spawn(move || {
        let mut nothing = String::new();
        drop(std::io::stdin().read_line(&mut nothing));
        stop.cancel();
    });
    let spec = runtime.stage("count", Topic::Raw, &[Topic::ArticleState]);
    let articles = runtime.names.of(Topic::Articles);
    let mut first = true;
    let result = stream::run::<v1::RawItem>(
        &*runtime.log,
        &spec,
        std::slice::from_ref(&articles),
        &runtime.stop,
        &runtime.metrics,
        |input, effects| {
            if std::mem::take(&mut first) {
                say("working");
            }
            let id = input.message.article_id.as_str();
            let mut state: v1::ArticleState = effects.state(0, id)?.unwrap_or_default();
            state.revision += 1;
            effects.set_state(0, id, &state)?;
            let article = v1::Article {
                article_id: id.to_owned(),
                revision: state.revision,
                rights: replica.clone(),
                ..Default::default()
            };
            effects.emit(&articles, id, &article)?;
            Ok(Outcome::Out)
        },
    );
    match result {
        Ok(()) => say("stopped"),
        Err(Fault::Fenced(reason)) => {
            say(&format!("fenced: {reason}"));
            std::process::exit(FENCED);
        }
        Err(fault) => panic!("{fault}"),
    }
}

fn say(word: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "worker {}: {word}", std::process::id()).unwrap();
    out.flush().unwrap();
}

/// A raw item that a worker counts.
pub fn item(id: &str) -> Vec<u8> {
    let item = v1::RawItem { article_id: id.to_owned(), ..Default::default() };
    wire::Encoding::Json.encode(&item).unwrap()
}
