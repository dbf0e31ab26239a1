//! The product's binaries as child processes.

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use std::{
    fs::File,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    time::Duration,
};

/// Path of a binary of this workspace, from the same build as the running test.
///
/// # Panics
/// If it is not built.
#[must_use]
pub fn binary(name: &str) -> PathBuf {
    let me = std::env::current_exe().unwrap();
    let folder = me.ancestors().skip(1).find(|folder| folder.join(name).is_file());
    let folder = folder.unwrap_or_else(|| panic!("{name} is not built: `cargo build --workspace --bins` first"));
    folder.join(name)
}

/// A field of a process's status in bytes, such as `VmRSS`, its resident memory, or `VmHWM`, the most of it so far
/// (proc_pid_status(5)); `None` if the process has ended. `process` is its id, or `self`.
#[must_use]
pub fn memory(process: &str, field: &str) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'))?;
    Some(line.trim().strip_suffix(" kB")?.parse::<u64>().ok()? * 1_024)
}

/// A process that has ended.
#[derive(Debug)]
pub struct Ended {
    /// Exit code; -1 if a signal ended it.
    pub code: i32,
    /// What it wrote on standard output.
    pub output: String,
    /// What it wrote on standard error.
    pub error: String,
}

impl Ended {
    /// Runs a command to its end.
    ///
    /// # Panics
    /// If it cannot be started, or writes what is not UTF-8.
    #[must_use]
    pub fn of(command: &mut Command) -> Self {
        let output = command.stdin(Stdio::null()).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Ended { code: output.status.code().unwrap_or(-1), output: text(output.stdout), error: text(output.stderr) }
    }
}

/// A child process, killed on drop.
pub struct Process {
    /// Name in messages.
    pub name: String,
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts a binary and appends its output to `log`.
    ///
    /// # Panics
    /// If it cannot be started.
    #[must_use]
    pub fn start(
        name: &str,
        binary: &Path,
        arguments: &[String],
        environment: &[(String, String)],
        log: &Path,
    ) -> Self {
        let file = File::options().create(true).append(true).open(log).unwrap();
        let child = Command::new(binary)
            .args(arguments)
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(file.try_clone().unwrap())
            .stderr(file)
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}", binary.display()));
        Process { name: name.to_owned(), child, log: log.to_owned() }
    }

    /// Sends a signal; nothing if the process has ended.
    pub fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(i32::try_from(self.child.id()).unwrap_or(0));
        drop(kill(pid, signal).map_err(|error| error.to_string()));
    }

    /// Process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Time that it has computed, to 10 ms (Linux: proc_pid_stat(5), utime and stime); zero if it has ended.
    #[must_use]
    pub fn computed(&self) -> Duration {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap_or_default();
        // The name of the program, in brackets, may hold spaces.
        let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
        let ticks = fields.skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum::<u64>();
        Duration::from_millis(10 * ticks)
    }

    /// Exit status; `None` while it runs.
    ///
    /// # Panics
    /// If the system refuses.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().unwrap()
    }

    /// Whether SIGSTOP has stopped it.
    #[must_use]
    pub fn is_frozen(&self) -> bool {
        std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).is_ok_and(|text| text.contains(") T "))
    }

    /// `kill -9`, and waits for the end.
    ///
    /// # Panics
    /// If the system refuses.
    pub fn kill(&mut self) {
        drop(self.child.kill());
        self.child.wait().unwrap();
    }

    /// SIGTERM, and waits for the end.
    ///
    /// # Panics
    /// If it does not end within the limit.
    pub fn stop(&mut self, limit: Duration) -> ExitStatus {
        self.try_stop(limit).unwrap_or_else(|message| panic!("{message}"))
    }

    /// SIGTERM, and waits for the end.
    ///
    /// # Errors
    /// A message with what its threads do and the end of its output, if it does not end within the limit.
    pub fn try_stop(&mut self, limit: Duration) -> Result<ExitStatus, String> {
        self.signal(Signal::SIGTERM);
        let mut status = None;
        crate::wait::within(limit, || {
            status = self.ended();
            status.is_some()
        });
        status.ok_or_else(|| {
            let (threads, log) = (self.threads(), self.log_tail());
            format!("{} does not end within {limit:?} of SIGTERM; threads: {threads}\n{log}", self.name)
        })
    }

    /// Its threads and their states (Linux: proc_pid_stat(5)).
    fn threads(&self) -> String {
        let tasks = std::fs::read_dir(format!("/proc/{}/task", self.child.id())).into_iter().flatten();
        let threads = tasks.filter_map(|task| {
            let stat = std::fs::read_to_string(task.ok()?.path().join("stat")).ok()?;
            let (name, rest) = stat.split_once('(')?.1.rsplit_once(") ")?;
            Some(format!("{name} {}", rest.get(..1)?))
        });
        threads.collect::<Vec<String>>().join(", ")
    }

    /// The last 30 lines of its output.
    #[must_use]
    pub fn log_tail(&self) -> String {
        let text =
            std::fs::read(&self.log).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(30)..].join("\n")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
