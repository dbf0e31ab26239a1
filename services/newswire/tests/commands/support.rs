use clap::Parser;
use std::{
    path::Path,
    process::Command,
    time::{Duration, Instant},
};
use stream::{LogArgs, LogConfig, Runtime, Stop};

#[derive(Parser)]
struct Flags {
    #[command(flatten)]
    log: LogArgs,
}

/// A log in `data` with three partitions.
pub fn config(data: &Path) -> LogConfig {
    let flags = ["test".into(), "--data".into(), data.as_os_str().to_owned(), "--partitions".into(), "3".into()];
    Flags::parse_from(flags).log.check().unwrap()
}

/// This process holds the log.
pub fn hold(data: &Path) -> (Runtime, Stop) {
    let stop = Stop::new();
    (config(data).start(&prometheus::Registry::new(), &stop).unwrap(), stop)
}

/// What the command answers; it must succeed.
pub fn newswire(data: &Path, arguments: &[&str]) -> String {
    let (text, trouble, code) = run(data, arguments);
    assert_eq!(code, 0, "newswire {arguments:?}: {trouble}");
    text
}

/// Standard output, standard error, exit code.
pub fn run(data: &Path, arguments: &[&str]) -> (String, String, i32) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_newswire"));
    command.args(arguments).args(["--partitions", "3", "--data"]).arg(data);
    let output = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (text(output.stdout), text(output.stderr), output.status.code().unwrap())
}

/// Waits for a condition.
pub fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !holds() {
        assert!(Instant::now() < deadline, "not within a minute: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
