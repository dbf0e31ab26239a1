//! A PostgreSQL of a test's own, in a temporary folder.

use super::skip;
use crate::newswire::LIMIT;
use nix::sys::signal::Signal;
use std::{
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    process::Command,
};
use test_support::{process::Process, wait::eventually};

/// A cluster that answers on a socket in its folder; stopped on drop.
pub struct Postgres {
    programs: PathBuf,
    process: Process,
    folder: tempfile::TempDir,
}

impl Postgres {
    /// `None`, after a `skipped:` line, if PostgreSQL is not installed.
    pub fn start() -> Option<Self> {
        let Some(programs) = programs() else {
            skip("the table in PostgreSQL", "no PostgreSQL: make setup");
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        // PostgreSQL does not run as root.
        let is_root = std::fs::metadata("/proc/self").unwrap().uid() == 0;
        let unprivileged =
            is_root.then_some(["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--"]);
        if is_root {
            assert!(Command::new("chown").arg("postgres:").arg(folder.path()).status().unwrap().success());
        }
        let command = |program: &str, arguments: &[&str]| -> Vec<String> {
            let program = programs.join(program).to_str().unwrap().to_owned();
            let arguments = arguments.iter().map(ToString::to_string);
            unprivileged.iter().flatten().map(ToString::to_string).chain([program]).chain(arguments).collect()
        };
        let initialise =
            command("initdb", &["-D", data.to_str().unwrap(), "-A", "trust", "-U", "newswire", "-E", "UTF8", "-N"]);
        let initialised = Command::new(&initialise[0]).args(&initialise[1..]).current_dir("/").output().unwrap();
        assert!(initialised.status.success(), "{}", String::from_utf8_lossy(&initialised.stderr));
        let socket = folder.path().to_str().unwrap();
        let serve = command(
            "postgres",
            &["-D", data.to_str().unwrap(), "-k", socket, "-c", "listen_addresses=", "-c", "fsync=off"],
        );
        let log = folder.path().join("log");
        let process = Process::start("postgres", Path::new(&serve[0]), &serve[1..], &[], &log);
        let database = Postgres { programs, process, folder };
        eventually(LIMIT, "PostgreSQL answers", || {
            database.psql(&["-c", "SELECT 1"]).output().unwrap().status.success()
        });
        Some(database)
    }

    /// The connection string.
    pub fn connection(&self) -> String {
        format!("postgresql://newswire@/postgres?host={}", self.folder.path().display())
    }

    fn psql(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.programs.join("psql"));
        command.args(["-X", "-q", "-At", "-v", "ON_ERROR_STOP=1", "-d", &self.connection()]).args(arguments);
        command
    }

    /// Runs a file of commands.
    pub fn apply(&self, file: &Path) {
        super::output(&mut self.psql(&["-f", file.to_str().unwrap()]));
    }

    /// The rows of a query, one a line.
    pub fn query(&self, query: &str) -> String {
        super::output(&mut self.psql(&["-c", query])).trim_end().to_owned()
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // Its children end with it, unlike after `kill -9`.
        self.process.signal(Signal::SIGQUIT);
        test_support::wait::within(LIMIT, || self.process.ended().is_some());
    }
}

/// Where Debian keeps the programs of the newest version.
fn programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?.filter_map(Result::ok);
    let version = versions.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok()).max()?;
    let programs = PathBuf::from(format!("/usr/lib/postgresql/{version}/bin"));
    programs.join("initdb").exists().then_some(programs)
}
