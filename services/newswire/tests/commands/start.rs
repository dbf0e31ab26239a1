//! What a process says and does when it starts: wrong settings, signals, a broker that does not answer.

use crate::support::{newswire, run};
use nix::sys::signal::Signal;
use std::{
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};
use test_support::{http, port, process::Process, wait};

const PATIENCE: Duration = Duration::from_secs(60);

/// A process of `newswire run`, and the file with its log.
struct Running {
    process: Process,
    log: PathBuf,
    admin: String,
    _folder: tempfile::TempDir,
}

impl Running {
    fn start(flags: &[&str], environment: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (log, data) = (folder.path().join("log"), folder.path().join("data"));
        let admin = format!("127.0.0.1:{}", port::free());
        let own = ["run", "--listen", "127.0.0.1:0", "--admin", &admin, "--data", data.to_str().unwrap()];
        let arguments: Vec<String> = own.iter().chain(flags).map(ToString::to_string).collect();
        let environment: Vec<(String, String)> =
            environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let process =
            Process::start("newswire", Path::new(env!("CARGO_BIN_EXE_newswire")), &arguments, &environment, &log);
        Running { process, log, admin, _folder: folder }
    }

    fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }

    fn until_logged(&self, text: &str) {
        wait::eventually(PATIENCE, text, || self.log().contains(text));
    }
}

/// Exit code and standard error of a command with these variables.
fn failed(arguments: &[&str], environment: &[(&str, &str)]) -> (i32, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_newswire"));
    let output = command.args(arguments).envs(environment.iter().copied()).output().unwrap();
    (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn a_wrong_setting_gives_one_message() {
    for (variable, value) in [
        ("NEWSWIRE_PARTITIONS", "many"),
        ("NEWSWIRE_LOG_FORMAT", "xml"),
        ("NEWSWIRE_KAFKA", "nohost"),
        ("NEWSWIRE_KAFKA_SECURITY", "tls"),
        ("NEWSWIRE_RETENTION", "raw=x,articles=y"),
        ("NEWSWIRE_LISTEN", "here"),
    ] {
        let (code, error) = failed(&["run"], &[(variable, value)]);
        assert!(code == 64 && error.lines().count() == 2, "{variable}: {code}: {error}");
    }
    let (code, error) = failed(&["run"], &[("NEWSWIRE_PARTITIONS", "many"), ("NEWSWIRE_LISTEN", "here")]);
    assert!(code == 64 && error.contains("2 configuration errors"), "{code}: {error}");
    let (_, error) = failed(&["run", "--kafka-security", "ssl"], &[("NEWSWIRE_KAFKA", "nohost")]);
    assert_eq!(error.lines().count(), 2, "{error}");
}

/// A container may set the variables of all services for each of them.
#[test]
fn each_binary_knows_the_variables_of_all_services() {
    let listed = include_str!("../../../../crates/chassis/src/config/variables.txt");
    for arguments in [&["run", "--help"][..], &["sample", "--help"], &["canary", "--help"]] {
        let output = Command::new(env!("CARGO_BIN_EXE_newswire")).args(arguments).output().unwrap();
        let help = String::from_utf8(output.stdout).unwrap();
        for name in help.split("[env: ").skip(1).filter_map(|rest| rest.split(['=', ']']).next()) {
            assert!(listed.lines().any(|line| line == name), "{name} is not in variables.txt");
        }
    }
}

#[test]
fn a_negative_number_is_a_value() {
    for arguments in
        [&["run", "--partitions", "-1"][..], &["tail", "raw", "--from", "-1"], &["run", "--poll-interval", "-1h"]]
    {
        let (code, error) = failed(arguments, &[]);
        assert!(code == 64 && error.contains("-1") && error.lines().count() == 2, "{arguments:?}: {code}: {error}");
    }
    let (code, error) = failed(&["-1"], &[]);
    assert!(code == 64 && error.contains("'-1'"), "{code}: {error}");
}

#[test]
fn the_start_line_names_log_feeds_and_settings() {
    let folder = tempfile::tempdir().unwrap();
    let feeds = folder.path().join("feeds.opml");
    std::fs::write(&feeds, "<opml/>").unwrap();
    let file = feeds.to_str().unwrap();
    let mut running = Running::start(&["--feeds", file], &[("NEWSWIRE_PARTITIONS", "3"), ("NEWSWIRE_PARTITION", "4")]);
    running.until_logged("newswire starts");
    let log = running.log();
    let line = log.lines().find(|line| line.contains("newswire starts")).unwrap();
    let line: serde_json::Value = serde_json::from_str(line).unwrap();
    assert!(line["log"].as_str().unwrap().starts_with("the embedded log in /"), "{line}");
    assert_eq!(line["feeds"], file);
    let settings = line["settings"].as_str().unwrap();
    assert!(settings.contains("--partitions=3") && !settings.contains("--host-interval"), "{settings}");
    assert!(log.contains("NEWSWIRE_PARTITION is unknown; NEWSWIRE_PARTITIONS is similar"), "{log}");
    assert!(running.process.stop(PATIENCE).success());
}

#[test]
fn kafka_that_cannot_be_reached_is_named_and_tried_again() {
    let broker = format!("127.0.0.1:{}", port::free());
    let mut running = Running::start(&["--kafka", &broker, "--transaction-timeout-ms", "1000"], &[]);
    let named = format!("Kafka at {broker} (plaintext) cannot be reached");
    wait::eventually(PATIENCE, &named, || {
        http::get(&running.admin, "/readyz")
            .is_some_and(|body| body.contains(&named) && body.contains("\"ready\":false"))
    });
    running.until_logged(&named);
    assert!(running.process.stop(PATIENCE).success(), "{}", running.process.log_tail());
}

/// As the health check of a container: with the settings of the process, next to it.
#[test]
fn health_is_the_readiness_of_the_running_process() {
    let health = |admin: &str| {
        let output = Command::new(env!("CARGO_BIN_EXE_newswire"))
            .args(["run", "--health", "--kafka-security", "ssl"])
            .env("NEWSWIRE_ADMIN", admin)
            .output()
            .unwrap();
        let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        (output.status.code().unwrap(), said)
    };
    let running = Running::start(&[], &[]);
    wait::eventually(PATIENCE, "a process that is ready", || health(&running.admin).0 == 0);
    assert!(health(&running.admin).1.contains("\"ready\":true"));
    let waiting = Running::start(&["--kafka", "127.0.0.1:1"], &[]);
    wait::eventually(PATIENCE, "a process that waits", || {
        let (code, said) = health(&waiting.admin);
        code == 1 && said.starts_with("not ready: ") && said.contains("log-open")
    });
    let (code, said) = health(&format!("127.0.0.1:{}", port::free()));
    assert!(code == 1 && said.contains("refused"), "{code}: {said}");
}

/// The flags are checked, and the models read, before a service starts.
#[test]
fn a_signal_while_the_flags_are_checked_ends_the_process_with_success() {
    let folder = tempfile::tempdir().unwrap();
    let password = folder.path().join("password");
    // Reading it waits for a writer.
    assert!(Command::new("mkfifo").arg(&password).status().unwrap().success());
    let sasl = ["--kafka-security", "sasl-ssl", "--kafka-username", "me"];
    let file = ["--kafka", "127.0.0.1:1", "--kafka-password-file", password.to_str().unwrap()];
    for signal in [Signal::SIGTERM, Signal::SIGHUP] {
        let mut running = Running::start(&[&sasl[..], &file].concat(), &[]);
        let status = format!("/proc/{}/status", running.process.id());
        wait::eventually(PATIENCE, "the signal handlers", || {
            let text = std::fs::read_to_string(&status).unwrap_or_default();
            let caught = text.lines().find_map(|line| line.strip_prefix("SigCgt:")).unwrap_or_default();
            u64::from_str_radix(caught.trim(), 16).is_ok_and(|caught| caught >> (signal as i32 - 1) & 1 == 1)
        });
        running.process.signal(signal);
        let mut ended = None;
        wait::eventually(PATIENCE, "the end", || {
            ended = running.process.ended();
            ended.is_some()
        });
        assert!(ended.unwrap().success(), "{signal}: {ended:?}");
    }
}

#[test]
fn no_command_prints_a_control_of_the_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let title = "a\x1b[2J\u{9b}31m\u{7f}\u{202e}b\r\nforged\thttps://x.example/";
    newswire(&data, &["feeds", "add", "https://one.example/feed", "--title", title]);
    for command in [
        &["feeds", "list"][..],
        &["feeds", "list", "--opml"],
        &["why", "https://one.example/feed"],
        &["tail", "feeds", "--from", "beginning", "--to-end"],
    ] {
        let (out, error, _) = run(&data, command);
        let is_control = |c: char| chassis::terminal::is_control(c) && c != '\n' && c != '\t';
        assert!(!out.is_empty() && !(out + &error).contains(is_control), "{command:?}");
    }
    let list = newswire(&data, &["feeds", "list"]);
    let title = "a\\u001b[2J\\u009b31m\\u007f\\u202eb\\u000d\\u000aforged\\u0009https://x.example/\n";
    assert!(
        list.ends_with(&format!("https://one.example/feed         {title}")) && list.lines().count() == 2,
        "{list}"
    );
    // What JSON output means stays the same.
    let title = "a\x1b[2J\u{9b}31m\u{7f}\u{202e}b\r\nforged\thttps://x.example/";
    let record = newswire(&data, &["tail", "feeds", "--from", "beginning", "--to-end", "--values"]);
    assert_eq!(serde_json::from_str::<serde_json::Value>(&record).unwrap()["title"], title);
}

#[test]
fn a_watched_list_is_applied_without_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("feeds.opml");
    let outline = |host: &str| format!(r#"<outline text="{host}" xmlUrl="http://{host}.invalid/feed"/>"#);
    let write = |hosts: &[&str]| {
        let outlines: String = hosts.iter().map(|host| outline(host)).collect();
        std::fs::write(&file, format!("<opml>{outlines}</opml>")).unwrap();
    };
    write(&["one", "two"]);
    let list = file.to_str().unwrap().to_owned();
    let flags = ["--feeds", &list, "--watch-feeds", "--remove-unlisted-feeds", "--log-format", "json"];
    let running = Running::start(&flags, &[]);
    running.until_logged(r#""feeds":2,"written":2,"removed":0"#);
    write(&["two", "three", "four"]);
    running.until_logged(r#""feeds":3,"written":2,"removed":1"#);
    std::fs::write(&file, "no OPML").unwrap();
    running.until_logged("the list of feeds is not applied");
}
