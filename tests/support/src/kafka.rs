//! Kafka brokers for tests: the one that `NEWSWIRE_TEST_KAFKA` names, or one that `tools/kafka/start` runs.

use std::{
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Child, Command, Stdio},
};

/// Minimum time between kill and restart: longer than the broker's session (3 s). `tools/kafka/start` explains why.
const DOWN_FOR: std::time::Duration = std::time::Duration::from_secs(6);

/// Address of the broker that `NEWSWIRE_TEST_KAFKA` names. If it names none, prints that `what` is skipped and returns
/// `None`.
///
/// # Panics
/// If it names none and `NEWSWIRE_REQUIRE_KAFKA` is set.
pub fn named(what: &str) -> Option<String> {
    let address = std::env::var("NEWSWIRE_TEST_KAFKA").ok();
    if address.is_none() {
        skip(what, "NEWSWIRE_TEST_KAFKA is not set");
    }
    address
}

/// Address of a broker that several tests share: the one that `NEWSWIRE_TEST_KAFKA` names, or one that this process starts.
/// `None`, after a `skipped:` line, if neither is possible.
///
/// # Panics
/// If neither is possible and `NEWSWIRE_REQUIRE_KAFKA` is set.
pub fn shared() -> Option<String> {
    if let Ok(address) = std::env::var("NEWSWIRE_TEST_KAFKA") {
        return Some(address);
    }
    static OWN: std::sync::OnceLock<Option<Broker>> = std::sync::OnceLock::new();
    OWN.get_or_init(start).as_ref().map(|broker| broker.address.clone())
}

/// Starts a broker of its own for a test, which may kill it. `None`, after a `skipped:` line, if that is not possible.
///
/// # Panics
/// If it is not possible and `NEWSWIRE_REQUIRE_KAFKA` is set.
pub fn start() -> Option<Broker> {
    let dir = tempfile::tempdir().unwrap();
    Broker::launch(dir).map_err(|why| skip("a test that needs a Kafka broker", &why)).ok()
}

fn skip(what: &str, why: &str) {
    assert!(std::env::var_os("NEWSWIRE_REQUIRE_KAFKA").is_none(), "NEWSWIRE_REQUIRE_KAFKA is set, but {why}");
    crate::skip(what, why);
}

/// A broker and its controller, killed on drop.
pub struct Broker {
    /// `host:port`.
    pub address: String,
    process: Child,
    /// A process of its own, so that it keeps the state of the cluster when the broker is killed.
    controller: Child,
    arguments: Vec<String>,
    down_since: std::time::Instant,
    _dir: tempfile::TempDir,
}

impl Broker {
    fn launch(dir: tempfile::TempDir) -> Result<Self, String> {
        let folder = |name: &str| dir.path().join(name).to_string_lossy().into_owned();
        let (controller, quorum) = run(&["--role".into(), "controller".into(), "--dir".into(), folder("controller")])?;
        let arguments = ["--role", "broker", "--controller", &quorum, "--dir", &folder("broker")].map(String::from);
        let (process, address) = run(&arguments)?;
        Ok(Broker {
            address,
            process,
            controller,
            arguments: arguments.to_vec(),
            down_since: std::time::Instant::now(),
            _dir: dir,
        })
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        self.down_since = std::time::Instant::now();
    }

    /// SIGTERM, and waits for the end.
    pub fn stop(&mut self) {
        let pid = nix::unistd::Pid::from_raw(i32::try_from(self.process.id()).unwrap());
        nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM).unwrap();
        self.process.wait().unwrap();
        // A broker that stops in order ends its session.
        self.down_since = std::time::Instant::now() - DOWN_FOR;
    }

    /// Starts the same broker again, with its data and its port.
    pub fn restart(&mut self) {
        std::thread::sleep(DOWN_FOR.saturating_sub(self.down_since.elapsed()));
        let (process, address) = run(&self.arguments).unwrap();
        assert_eq!(address, self.address);
        self.process = process;
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        // Errors are ignored: a test may have killed it.
        drop(self.process.kill());
        drop(self.process.wait());
        drop(self.controller.kill());
        drop(self.controller.wait());
    }
}

fn run(arguments: &[String]) -> Result<(Child, String), String> {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let script = here.ancestors().map(|folder| folder.join("tools/kafka/start")).find(|file| file.exists());
    let script = script.ok_or("tools/kafka/start not found")?;
    let mut process = Command::new(&script)
        .args(arguments)
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("{}: {error}", script.display()))?;
    let mut line = String::new();
    BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).map_err(|error| error.to_string())?;
    match line.trim().strip_prefix("kafka ready ") {
        Some(address) => Ok((process, address.to_owned())),
        None => {
            drop(process.kill());
            drop(process.wait());
            Err("tools/kafka/start failed".to_owned())
        }
    }
}
