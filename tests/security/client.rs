//! Commands and processes of the product, each as a user of the broker.

use proto::topic::Topic;
use std::{
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};
use test_support::{
    kafka::{self, Secure},
    process::{Process, binary},
};

/// Limit for everything that a test waits for.
pub const LIMIT: Duration = Duration::from_secs(120);

/// What a test runs on: topics under a prefix of its own.
pub struct Client {
    pub broker: &'static Secure,
    pub prefix: String,
    folder: tempfile::TempDir,
}

/// Standard output, standard error, exit code.
pub type Answer = (String, String, i32);

impl Client {
    /// `None`, after a `skipped:` line, if there is no such broker.
    pub fn new(test: &str) -> Option<Self> {
        let broker = kafka::secure()?;
        let prefix = format!("{test}{}.", jiff::Timestamp::now().as_nanosecond());
        Some(Client { broker, prefix, folder: tempfile::tempdir().unwrap() })
    }

    /// Full name of a topic.
    pub fn topic(&self, topic: Topic) -> String {
        format!("{}{}", self.prefix, topic.suffix())
    }

    /// Runs a command of `newswire` with these flags of the connection.
    pub fn command(&self, command: &[&str], connection: &[String]) -> Answer {
        let own = ["--topic-prefix", &self.prefix, "--partitions", "3", "--transaction-timeout-ms", "5000"];
        let output = Command::new(binary("newswire")).args(command).args(own).args(connection).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (text(output.stdout), text(output.stderr), output.status.code().unwrap())
    }

    /// As [`Client::command`], for a user with a password; it must succeed.
    pub fn run_as(&self, user: &str, command: &[&str]) -> String {
        self.succeed(command, &self.broker.flags(user))
    }

    /// As [`Client::command`], on the listener where everything is allowed; it must succeed.
    pub fn run(&self, command: &[&str]) -> String {
        self.succeed(command, &["--kafka".to_owned(), self.broker.admin.clone()])
    }

    fn succeed(&self, command: &[&str], connection: &[String]) -> String {
        let (output, error, code) = self.command(command, connection);
        assert_eq!(code, 0, "newswire {command:?}: {output}{error}");
        output
    }

    /// The commands of kafka-acls.sh with the rights of a service, as printed.
    pub fn printed_rights(&self, service: &str) -> Vec<String> {
        let principal = format!("{service}=User:newswire-{service}");
        let text = self.run(&["topics", "acls", "--principal", &principal]);
        text.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect()
    }

    /// Starts a service as its user. `flags` are its own.
    pub fn start(&self, service: &str, flags: &[&str]) -> Process {
        let user = format!("newswire-{service}");
        let own = ["--topic-prefix", &self.prefix, "--partitions", "3", "--transaction-timeout-ms", "5000"];
        let all = own.iter().chain(flags).map(ToString::to_string).chain(self.broker.flags(&user));
        let environment = [("NEWSWIRE_LOG".to_owned(), "info,poller=debug,stream=debug".to_owned())];
        Process::start(service, &binary(&user), &all.collect::<Vec<_>>(), &environment, &self.log(service))
    }

    fn log(&self, service: &str) -> PathBuf {
        self.folder.path().join(service)
    }

    /// What a service has logged.
    pub fn logged(&self, service: &str) -> String {
        std::fs::read_to_string(self.log(service)).unwrap_or_default()
    }

    /// A folder that is removed at the end.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}

/// Runs commands of kafka-acls.sh as they are printed, several at a time: each starts a Java machine.
pub fn grant(commands: &[String]) {
    for some in commands.chunks(2) {
        std::thread::scope(|scope| {
            for command in some {
                scope.spawn(move || {
                    // The shell reads the quotes.
                    let words =
                        Command::new("bash").args(["-c", &format!("printf '%s\\n' {command}")]).output().unwrap();
                    let words = String::from_utf8(words.stdout).unwrap();
                    let words: Vec<&str> = words.lines().collect();
                    let ["kafka-acls.sh", "--bootstrap-server", address, arguments @ ..] = &words[..] else {
                        panic!("{command}")
                    };
                    kafka::command("acls", address, arguments);
                });
            }
        });
    }
}
