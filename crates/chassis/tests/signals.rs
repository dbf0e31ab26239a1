//! Signals to a real process: the test starts itself as the child.
#![expect(clippy::unwrap_used, reason = "a failure in a helper ends the test")]

use std::{
    io::{BufRead, BufReader, Read, Write},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

const CHILD: &str = "CHASSIS_TEST_CHILD";

/// The child. It does nothing unless one of the tests below starts it.
#[tokio::test]
async fn child() {
    let Ok(kind) = std::env::var(CHILD) else { return };
    let signals = chassis::shutdown::Signals::install().unwrap();
    if kind == "starts" {
        println!("up");
        std::future::pending::<()>().await;
    }
    let shutdown = signals.start();
    println!("up");
    let (hangs, waits) = (kind == "hangs", kind == "waits");
    let token = shutdown.clone();
    let work = async move {
        token.cancelled().await;
        println!("stopping");
        if waits {
            let ended = tokio::task::spawn_blocking(|| std::io::stdin().read_line(&mut String::new()));
            ended.await.unwrap().unwrap();
        }
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
            .stdin(Stdio::piped())
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

    /// Sends signals, one directly after the other.
    fn send(&self, signals: &[&str]) {
        let kills: Vec<String> = signals.iter().map(|signal| format!("kill {signal} {}", self.0.id())).collect();
        assert!(Command::new("sh").args(["-c", &kills.join("; ")]).status().unwrap().success());
    }

    fn rest(&mut self) -> String {
        let mut rest = String::new();
        self.1.read_to_string(&mut rest).unwrap();
        rest
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn sigterm_and_sighup_start_the_drain() {
    for signal in ["-TERM", "-HUP"] {
        let mut running = Running::start("ends");
        running.send(&[signal]);
        let rest = running.rest();
        assert!(rest.contains("drained"), "{signal}: {rest}");
        assert!(running.0.wait().unwrap().success());
    }
}

/// As `timeout` and some supervisors send it, to the process and to its group.
#[test]
fn signals_that_arrive_together_are_one_request() {
    let mut running = Running::start("waits");
    running.send(&["-TERM", "-INT", "-TERM"]);
    running.wait_for("stopping");
    running.0.stdin.take().unwrap().write_all(b"go on\n").unwrap();
    let rest = running.rest();
    assert!(rest.contains("drained"), "{rest}");
    assert!(running.0.wait().unwrap().success());
}

#[test]
fn a_second_signal_ends_the_process_at_once() {
    let mut running = Running::start("hangs");
    running.send(&["-TERM"]);
    running.wait_for("stopping");
    let deadline = Instant::now() + Duration::from_secs(60);
    let status = loop {
        if let Some(status) = running.0.try_wait().unwrap() {
            break status;
        }
        assert!(Instant::now() < deadline, "the process still runs");
        running.send(&["-INT"]);
    };
    assert_eq!(status.code(), Some(130));
}

#[test]
fn a_signal_before_the_start_ends_the_process_with_success() {
    let mut running = Running::start("starts");
    running.send(&["-TERM"]);
    assert!(running.0.wait().unwrap().success());
}
