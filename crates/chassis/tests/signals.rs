//! Signals to a real process: the test starts itself as the child.
#![expect(clippy::unwrap_used, reason = "a failure in a helper ends the test")]

use std::{
    io::{BufRead, BufReader, Read},
    process::{Child, Command, Stdio},
    time::Duration,
};

const CHILD: &str = "CHASSIS_TEST_CHILD";

/// The child. It does nothing unless one of the tests below starts it.
#[tokio::test]
async fn child() {
    let Ok(kind) = std::env::var(CHILD) else { return };
    let shutdown = chassis::shutdown::on_signals().unwrap();
    println!("up");
    let hangs = kind == "hangs";
    let token = shutdown.clone();
    let work = async move {
        token.cancelled().await;
        println!("stopping");
        if hangs {
            std::future::pending::<()>().await;
        }
    };
    let deadline = Duration::from_millis(if hangs { 600_000 } else { 5_000 });
    let ended = chassis::shutdown::drain(&shutdown, deadline, [work]).await;
    println!("{}", if matches!(ended, chassis::shutdown::Drain::Drained { .. }) { "drained" } else { "deadline" });
}

struct Running(Child, BufReader<std::process::ChildStdout>);

impl Running {
    fn start(kind: &str) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "child", "--nocapture"])
            .env(CHILD, kind)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        let mut running = Running(child, lines);
        running.wait_for("up");
        running
    }

    fn wait_for(&mut self, wanted: &str) {
        let mut line = String::new();
        while !line.contains(wanted) {
            line.clear();
            assert!(self.1.read_line(&mut line).unwrap() > 0, "the child ended before it printed {wanted:?}");
        }
    }

    fn send(&self, signal: &str) {
        assert!(Command::new("kill").args([signal, &self.0.id().to_string()]).status().unwrap().success());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn sigterm_starts_the_drain() {
    let mut running = Running::start("ends");
    running.send("-TERM");
    let mut rest = String::new();
    running.1.read_to_string(&mut rest).unwrap();
    assert!(rest.contains("drained"), "{rest}");
    assert!(running.0.wait().unwrap().success());
}

#[test]
fn a_second_signal_ends_the_process_at_once() {
    let mut running = Running::start("hangs");
    running.send("-TERM");
    running.wait_for("stopping");
    running.send("-INT");
    assert_eq!(running.0.wait().unwrap().code(), Some(130));
}
