//! Kafka brokers for tests: the one that `NEWSWIRE_TEST_KAFKA` names, or one that `tools/kafka/start` runs.

mod cluster;
mod secure;

pub use cluster::Cluster;
pub use secure::{CLIENT, Secure, USERS, secure};

use crate::wait::eventually;
use std::{
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};

/// Longest time in which a controller notices that a killed broker's session (3 s) has expired.
const SESSION_LIMIT: Duration = Duration::from_secs(60);
/// What a controller logs then.
const SESSION_EXPIRED: &str = "because its session has timed out";

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

/// As [`start`], with a broker and a controller that check access control lists. What has none, everyone may do;
/// [`command`] `acls` adds some.
///
/// # Panics
/// As [`start`].
pub fn start_with_acls() -> Option<Broker> {
    let dir = tempfile::tempdir().unwrap();
    Broker::launch_with(dir, &["--acls"]).map_err(|why| skip("a test that needs a Kafka broker", &why)).ok()
}

/// Runs a command of Kafka by `tools/kafka/command`, such as `transactions` or `acls`, on a broker. Returns what it prints.
///
/// # Panics
/// If it fails.
pub fn command(name: &str, address: &str, arguments: &[&str]) -> String {
    let output = Command::new(script("command").unwrap())
        .args([name, "--bootstrap-server", address])
        .args(arguments)
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{name} {arguments:?}: {}{}", text(&output.stdout), text(&output.stderr));
    text(&output.stdout)
}

/// Starts a cluster of its own for a test: one broker for each of the addresses, which it gives to its clients. The cluster
/// has three replicas of everything, of which two must be in sync. `None`, after a `skipped:` line, if that is not possible.
///
/// # Panics
/// If it is not possible and `NEWSWIRE_REQUIRE_KAFKA` is set.
pub fn start_cluster(advertised: &[String]) -> Option<Cluster> {
    let dir = tempfile::tempdir().unwrap();
    Cluster::launch(dir, advertised).map_err(|why| skip("a test that needs a Kafka cluster", &why)).ok()
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
    /// Sessions that had expired when the broker was killed; `None` if it was not.
    expired_at_kill: Option<usize>,
    dir: tempfile::TempDir,
}

impl Broker {
    fn launch(dir: tempfile::TempDir) -> Result<Self, String> {
        Self::launch_with(dir, &[])
    }

    fn launch_with(dir: tempfile::TempDir, flags: &[&str]) -> Result<Self, String> {
        let folder = |name: &str| dir.path().join(name).to_string_lossy().into_owned();
        let owned = |arguments: &[&str]| -> Vec<String> {
            arguments.iter().chain(flags).map(|argument| (*argument).to_owned()).collect()
        };
        let (controller, quorum) = run(&owned(&["--role", "controller", "--dir", &folder("controller")]))?;
        let arguments = owned(&["--role", "broker", "--controller", &quorum, "--dir", &folder("broker")]);
        let (process, address) = run(&arguments)?;
        Ok(Broker { address, process, controller, arguments, expired_at_kill: None, dir })
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        self.expired_at_kill = Some(self.expired_sessions());
    }

    /// SIGTERM, and waits for the end. A broker that stops in order ends its session.
    pub fn stop(&mut self) {
        let pid = nix::unistd::Pid::from_raw(i32::try_from(self.process.id()).unwrap());
        nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM).unwrap();
        self.process.wait().unwrap();
    }

    /// Starts the same broker again, with its data and its port, after its session has expired: `tools/kafka/start` says why.
    pub fn restart(&mut self) {
        if let Some(before) = self.expired_at_kill.take() {
            eventually(SESSION_LIMIT, "the killed broker's session expires", || self.expired_sessions() > before);
        }
        let (process, address) = run(&self.arguments).unwrap();
        assert_eq!(address, self.address);
        self.process = process;
    }

    /// Number of sessions that the controller has ended.
    fn expired_sessions(&self) -> usize {
        let log = std::fs::read_to_string(self.dir.path().join("controller/log")).unwrap();
        log.matches(SESSION_EXPIRED).count()
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

/// A script of `tools/kafka`.
fn script(name: &str) -> Option<PathBuf> {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().map(|folder| folder.join("tools/kafka").join(name)).find(|file| file.exists())
}

fn run(arguments: &[String]) -> Result<(Child, String), String> {
    let script = script("start").ok_or("tools/kafka/start not found")?;
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
