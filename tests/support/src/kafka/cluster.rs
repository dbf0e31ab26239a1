//! A cluster of several brokers with a separate controller. Brokers stop and start without blocking the caller.

use super::run;
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use std::{
    process::Child,
    thread::JoinHandle,
    time::{Duration, Instant},
};

/// Minimum time between kill and restart: longer than a broker's session (9 s by default).
const DOWN_FOR: Duration = Duration::from_secs(12);

/// Limit for [`Cluster::wait`].
const STARTS_WITHIN: Duration = Duration::from_secs(120);

/// Limit for the end of a broker after SIGTERM. One that cannot hand over its leadership gives up before.
const STOPS_WITHIN: Duration = Duration::from_secs(90);

/// Brokers and their controller, killed on drop.
pub struct Cluster {
    /// `host:port` of each broker, without a proxy.
    pub addresses: Vec<String>,
    nodes: Vec<Node>,
    controller: Child,
    dir: tempfile::TempDir,
}

struct Node {
    arguments: Vec<String>,
    state: State,
}

enum State {
    Running(Child),
    /// SIGTERM was sent then.
    Stopping(Child, Instant),
    /// It is started again then.
    Down(Instant),
    Starting(JoinHandle<Result<(Child, String), String>>),
}

impl Cluster {
    /// Starts one broker for each address in `advertised`, which is the address that it gives to clients.
    pub(super) fn launch(dir: tempfile::TempDir, advertised: &[String]) -> Result<Self, String> {
        let folder = |name: &str| dir.path().join(name).to_string_lossy().into_owned();
        let count = advertised.len().to_string();
        let arguments = ["--role", "controller", "--brokers", &count, "--dir", &folder("controller")].map(String::from);
        let (controller, quorum) = run(&arguments)?;
        let mut nodes = Vec::new();
        for (at, advertised) in advertised.iter().enumerate() {
            let (id, folder) = ((at + 1).to_string(), folder(&format!("broker-{}", at + 1)));
            let arguments = [
                ["--role", "broker"],
                ["--controller", &quorum],
                ["--brokers", &count],
                ["--id", &id],
                ["--advertise", advertised],
                ["--dir", &folder],
            ];
            let arguments: Vec<String> = arguments.as_flattened().iter().map(|text| (*text).to_owned()).collect();
            let state = start(&arguments);
            nodes.push(Node { arguments, state });
        }
        let mut cluster = Cluster { addresses: Vec::new(), nodes, controller, dir };
        for at in 0..cluster.nodes.len() {
            let State::Starting(starting) =
                std::mem::replace(&mut cluster.nodes[at].state, State::Down(Instant::now()))
            else {
                continue;
            };
            let (process, address) = starting.join().map_err(|_| "a thread panicked")??;
            cluster.nodes[at].state = State::Running(process);
            cluster.addresses.push(address);
        }
        Ok(cluster)
    }

    /// `kill -9`; the broker is started again when its session has expired. Nothing if it does not run.
    ///
    /// # Panics
    /// If the system refuses.
    pub fn kill(&mut self, broker: usize) {
        if let State::Running(process) = &mut self.nodes[broker].state {
            process.kill().unwrap();
            process.wait().unwrap();
            self.nodes[broker].state = State::Down(Instant::now() + DOWN_FOR);
        }
    }

    /// SIGTERM; the broker is started again when it has ended. Nothing if it does not run.
    pub fn stop(&mut self, broker: usize) {
        let node = &mut self.nodes[broker];
        node.state = match std::mem::replace(&mut node.state, State::Down(Instant::now())) {
            State::Running(process) => {
                let pid = Pid::from_raw(i32::try_from(process.id()).unwrap());
                kill(pid, Signal::SIGTERM).unwrap();
                State::Stopping(process, Instant::now())
            }
            other => other,
        };
    }

    /// Starts the brokers that are due. Returns what must not happen: a broker that has ended without being killed or
    /// stopped, or that does not start. It is started again.
    pub fn supervise(&mut self) -> Vec<String> {
        let mut troubles = Vec::new();
        for (at, node) in self.nodes.iter_mut().enumerate() {
            let mut down = |what: String| {
                troubles.push(format!("broker {} {what}", at + 1));
                State::Down(Instant::now() + DOWN_FOR)
            };
            node.state = match std::mem::replace(&mut node.state, State::Down(Instant::now())) {
                State::Running(mut process) => match process.try_wait() {
                    Ok(None) => State::Running(process),
                    ended => down(format!("has ended: {ended:?}")),
                },
                State::Stopping(mut process, since) => match process.try_wait() {
                    Ok(None) if since.elapsed() > STOPS_WITHIN => {
                        drop(process.kill());
                        drop(process.wait());
                        down(format!("does not end within {STOPS_WITHIN:?} of SIGTERM"))
                    }
                    Ok(None) => State::Stopping(process, since),
                    _ => State::Down(Instant::now()),
                },
                State::Down(until) if until <= Instant::now() => start(&node.arguments),
                State::Starting(starting) if starting.is_finished() => match starting.join() {
                    Ok(Ok((process, _))) => State::Running(process),
                    failed => down(format!("does not start: {:?}", failed.map(|started| started.err()))),
                },
                other => other,
            };
        }
        troubles
    }

    /// Lines of the brokers' logs, also of those before a restart, that contain `text`.
    #[must_use]
    pub fn logged(&self, text: &str) -> Vec<String> {
        let folders = (1..=self.nodes.len()).map(|id| self.dir.path().join(format!("broker-{id}")));
        let files = folders.filter_map(|folder| std::fs::read_dir(folder).ok()).flatten().flatten();
        let logs = files.filter(|file| file.file_name().to_string_lossy().starts_with("log"));
        let texts: Vec<String> = logs.filter_map(|log| std::fs::read_to_string(log.path()).ok()).collect();
        let mut lines: Vec<String> =
            texts.iter().flat_map(|log| log.lines()).filter(|line| line.contains(text)).map(str::to_owned).collect();
        // Each line begins with its time.
        lines.sort();
        lines
    }

    /// Keeps the brokers' logs and data after the run; returns their folder.
    #[must_use]
    pub fn keep(&mut self) -> std::path::PathBuf {
        self.dir.disable_cleanup(true);
        self.dir.path().to_owned()
    }

    /// Number of brokers that do not run.
    #[must_use]
    pub fn down(&self) -> usize {
        self.nodes.iter().filter(|node| !matches!(node.state, State::Running(_))).count()
    }

    /// Waits until every broker runs. Returns what must not happen, as [`Cluster::supervise`].
    pub fn wait(&mut self) -> Vec<String> {
        let mut troubles = Vec::new();
        let all_run = crate::wait::within(STARTS_WITHIN, || {
            troubles.extend(self.supervise());
            self.down() == 0
        });
        if !all_run {
            troubles.push(format!("{} brokers do not start within {STARTS_WITHIN:?}", self.down()));
        }
        troubles
    }
}

fn start(arguments: &[String]) -> State {
    let arguments = arguments.to_vec();
    State::Starting(std::thread::spawn(move || run(&arguments)))
}

impl Drop for Cluster {
    fn drop(&mut self) {
        for node in self.nodes.drain(..) {
            let process = match node.state {
                State::Running(process) | State::Stopping(process, _) => Some(process),
                State::Starting(starting) => starting.join().ok().and_then(Result::ok).map(|(process, _)| process),
                State::Down(_) => None,
            };
            if let Some(mut process) = process {
                drop(process.kill());
                drop(process.wait());
            }
        }
        drop(self.controller.kill());
        drop(self.controller.wait());
    }
}
