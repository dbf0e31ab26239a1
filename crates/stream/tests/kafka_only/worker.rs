//! A stage in a child process. It counts each key's records in its table and emits one article for each, whose
//! revision is the count. A record processed twice, or state that was lost or applied twice, shows as a wrong revision.

use crate::bystander::runtime;
use proto::{topic::Topic, v1, wire};
use std::{
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStdout, Command, ExitStatus, Stdio},
    time::Duration,
};
use stream::{LogError, Outcome, Table};

const STATE: Table<v1::ArticleState> = Table::new(Topic::ArticleState.suffix());

/// Exit code of a worker that was fenced.
pub const FENCED: i32 = 17;

/// A worker.
pub struct Worker {
    process: Child,
    output: BufReader<ChildStdout>,
}

/// Parameters of a worker.
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
            assert!(read > 0, "the worker ended before it printed {word:?}");
            if line.trim_end().ends_with(word) {
                return;
            }
        }
    }

    fn pid(&self) -> nix::unistd::Pid {
        nix::unistd::Pid::from_raw(i32::try_from(self.process.id()).unwrap())
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Waits until it has frozen itself.
    pub fn wait_frozen(&mut self) {
        self.wait_for("freezing");
        let status = nix::sys::wait::waitpid(self.pid(), Some(nix::sys::wait::WaitPidFlag::WUNTRACED)).unwrap();
        assert!(matches!(status, nix::sys::wait::WaitStatus::Stopped(..)), "{status:?}");
    }

    pub fn thaw(&self) {
        nix::sys::signal::kill(self.pid(), nix::sys::signal::Signal::SIGCONT).unwrap();
    }

    /// Asks it to stop, and waits for its end.
    pub fn stop(mut self) -> ExitStatus {
        drop(self.process.stdin.take());
        self.wait_end()
    }

    /// Waits for its end.
    pub fn wait_end(&mut self) -> ExitStatus {
        // `wait` has no deadline, so a thread kills the worker after a minute.
        let (done, finished) = std::sync::mpsc::channel::<()>();
        let pid = self.pid();
        let watch = std::thread::spawn(move || {
            if finished.recv_timeout(Duration::from_secs(60)) == Err(std::sync::mpsc::RecvTimeoutError::Timeout) {
                nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGKILL).unwrap();
            }
        });
        // `wait` closes the child's input, which asks it to stop.
        let input = self.process.stdin.take();
        let status = self.process.wait().unwrap();
        drop((done, input));
        watch.join().unwrap();
        status
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

/// Not a test: the child process of `group` and `outage`.
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
    let shutdown = runtime.shutdown.clone();
    // The parent closes its end of the pipe to stop the worker.
    std::thread::spawn(move || {
        let mut nothing = String::new();
        drop(std::io::stdin().read_line(&mut nothing));
        shutdown.cancel();
    });
    let spec = runtime.stage("count", Topic::Raw, &[Topic::ArticleState], &[Topic::Articles]);
    let articles = runtime.names.of(Topic::Articles);
    let first = std::sync::Once::new();
    let result =
        stream::run::<v1::RawItem>(&*runtime.log, &spec, &runtime.shutdown, &runtime.metrics, |input, context| {
            first.call_once(|| say("working"));
            let id = input.message.article_id.as_str();
            let mut state = context.get(&STATE, id)?.unwrap_or_default();
            state.revision += 1;
            context.put(&STATE, id, &state)?;
            let article = v1::Article {
                article_id: id.to_owned(),
                revision: state.revision,
                rights: replica.clone(),
                ..Default::default()
            };
            context.emit(&articles, id, &article)?;
            Ok(Outcome::Out)
        });
    match result {
        Ok(()) => say("stopped"),
        Err(LogError::Fenced(reason)) => {
            say(&format!("fenced: {reason}"));
            std::process::exit(FENCED);
        }
        Err(error) => panic!("{error}"),
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
