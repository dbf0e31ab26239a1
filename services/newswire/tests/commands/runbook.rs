//! The commands of the documentation exist, and those of the runbook that need no cluster run.

use clap::error::ErrorKind;
use regex::{Captures, Regex};
use std::{
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};
use test_support::{
    http, port,
    process::{Ended, Process},
    wait,
};

/// For a debug build on a busy machine.
const PATIENCE: Duration = Duration::from_secs(240);
/// What stands for what in the documentation's commands.
const PLACEHOLDERS: [(&str, &str); 9] = [
    ("ARTICLE_URL", "https://one.example/a"),
    ("FEED_URL", "https://one.example/feed"),
    ("URL", "https://one.example/feed"),
    ("PARTITION/OFFSET", "0/0"),
    ("NUMBER", "0/0"),
    ("STAGE", "enricher"),
    ("TIME", "2026-01-01T00:00:00Z"),
    ("GROUP", "news.old"),
    ("FILE", "file"),
];

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs")
}

/// The pages of the runbook: name and text.
fn pages() -> Vec<(String, String)> {
    let files = std::fs::read_dir(docs().join("runbook")).unwrap().map(|entry| entry.unwrap().path());
    let mut pages: Vec<(String, String)> = files
        .map(|file| (file.file_stem().unwrap().to_str().unwrap().to_owned(), std::fs::read_to_string(&file).unwrap()))
        .collect();
    pages.sort();
    assert!(pages.len() > 30, "{}", pages.len());
    pages
}

/// The commands of the blocks of shell, one a line.
fn blocks(text: &str) -> Vec<String> {
    let block = Regex::new(r"(?s)```sh\n(.*?)```").unwrap();
    let lines = block.captures_iter(text).flat_map(|found| found[1].lines().map(str::to_owned).collect::<Vec<_>>());
    lines.filter(|line| !line.trim().is_empty()).collect()
}

/// The commands of newswire within the text.
fn mentions(text: &str) -> Vec<String> {
    let code = Regex::new(r"`(newswire [a-z][^`]*)`").unwrap();
    code.captures_iter(text).map(|found| found[1].split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

/// A command with values for its placeholders.
fn filled(command: &str, values: &[(&str, &str)]) -> String {
    let names: Vec<&str> = values.iter().map(|(name, _)| *name).collect();
    let placeholder = Regex::new(&format!(r"\b({})\b", names.join("|"))).unwrap();
    let value = |found: &Captures<'_>| values.iter().find(|(name, _)| *name == &found[1]).unwrap().1.to_owned();
    placeholder.replace_all(command, value).into_owned()
}

/// What is wrong with the flags of a command. One that is only mentioned may lack what it requires.
fn fault(command: &str, is_complete: bool) -> Option<String> {
    let filled = filled(command, &PLACEHOLDERS);
    // Not what a shell does with the output.
    let words = filled.split_whitespace().take_while(|word| !matches!(*word, "|" | ">"));
    let error = newswire::command().try_get_matches_from(words).err()?;
    let lacks = [ErrorKind::MissingRequiredArgument, ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand];
    (is_complete || !lacks.contains(&error.kind())).then(|| error.to_string())
}

#[test]
fn every_command_of_the_documentation_exists() {
    let read = |file: &str| (file.to_owned(), std::fs::read_to_string(docs().join(file)).unwrap());
    let files = ["operations.md", "configuration.md", "delivery-guarantees.md", "sizing.md", "../README.md"].map(read);
    let (mut found, mut faults) = (0, Vec::new());
    for (name, text) in pages().into_iter().chain(files) {
        let complete = blocks(&text).into_iter().filter(|line| line.starts_with("newswire ")).map(|line| (line, true));
        for (command, is_complete) in complete.chain(mentions(&text).into_iter().map(|command| (command, false))) {
            found += 1;
            faults.extend(fault(&command, is_complete).map(|fault| format!("{name}: {command}: {fault}")));
        }
    }
    assert!(found > 60, "{found}");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn a_command_that_does_not_exist_is_found() {
    for command in ["newswire positons list", "newswire log check --al", "newswire positions accept STAGE --to middle"]
    {
        assert!(fault(command, false).is_some(), "{command}");
    }
    assert!(fault("newswire why", true).is_some() && fault("newswire why", false).is_none());
}

/// A pipeline on invented news.
struct Sample {
    admin: String,
    data: PathBuf,
    feed: String,
    process: Process,
    _folder: tempfile::TempDir,
}

impl Sample {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (data, port) = (folder.path().join("data"), port::free().to_string());
        let [listen, admin] = [port::free(), port::free()].map(|port| format!("127.0.0.1:{port}"));
        let own = ["run", "--sample", "--sample-port", &port, "--listen", &listen, "--admin", &admin];
        let rest = ["--poll-interval", "1s", "--partitions", "3", "--data", data.to_str().unwrap()];
        let arguments: Vec<String> = own.iter().chain(&rest).map(ToString::to_string).collect();
        let binary = Path::new(env!("CARGO_BIN_EXE_newswire"));
        let process = Process::start("newswire", binary, &arguments, &[], &folder.path().join("log"));
        let feed = format!("http://127.0.0.2:{port}/rss.xml");
        Sample { admin, data, feed, process, _folder: folder }
    }

    /// Runs a line of a shell in which `newswire` is the tested one, on this log.
    fn shell(&self, line: &str) -> Ended {
        let binary = Path::new(env!("CARGO_BIN_EXE_newswire"));
        let mut path = binary.parent().unwrap().as_os_str().to_owned();
        path.push(":");
        path.push(std::env::var_os("PATH").unwrap());
        let mut command = Command::new("sh");
        command.args(["-c", line]).env("PATH", path).env("NEWSWIRE_DATA", &self.data).env("NEWSWIRE_PARTITIONS", "3");
        Ended::of(command.env("NEWSWIRE_ALLOW_PRIVATE_NETWORKS", "true"))
    }

    fn run(&self, command: &str) -> Ended {
        let data = self.data.to_str().unwrap();
        let own = [("HOST:9090", self.admin.as_str()), ("GATEWAY:9090", &self.admin), ("DATA", data)];
        let feeds = [("ARTICLE_URL", self.feed.as_str()), ("FEED_URL", &self.feed), ("URL", &self.feed)];
        self.shell(&filled(command, &[&own[..], &feeds, &PLACEHOLDERS[3..]].concat()))
    }
}

/// A metric has no value before what it counts has happened; then `grep` finds nothing.
fn is_absent(command: &str, ended: &Ended) -> bool {
    let metric = Regex::new(r"grep (newswire_\w+)$").unwrap();
    let named = metric.captures(command).map(|found| found[1].to_owned());
    ended.code == 1 && ended.error.is_empty() && named.is_some_and(|name| is_declared(&name))
}

/// True if a crate declares a metric.
fn is_declared(name: &str) -> bool {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let pattern = format!("\"{}\"", name.trim_end_matches("_count"));
    let mut grep = Command::new("grep");
    grep.args(["-rqF", "--include=*.rs", "--exclude-dir=tests", &pattern]);
    grep.args(["services", "crates"].map(|folder| root.join(folder))).status().unwrap().success()
}

/// The last command of each page. Those of Kafka's own tools need a cluster.
#[test]
fn the_commands_of_the_runbook_run() {
    let mut sample = Sample::start();
    wait::eventually(PATIENCE, "the pipeline is ready", || {
        http::get(&sample.admin, "/readyz").is_some_and(|body| body.contains("\"ready\":true"))
    });
    let shown = || sample.run("newswire why URL --json").output;
    wait::eventually(PATIENCE, "the feed has been polled", || shown().contains("NEW_ENTRIES"));
    let (mut run, mut faults) = (0, Vec::new());
    let commands = pages().into_iter().map(|(name, text)| (name, blocks(&text).pop().unwrap()));
    let (last, first): (Vec<_>, Vec<_>) = commands.partition(|(_, command)| command.contains("feeds remove"));
    // What changes the list of feeds comes last.
    for (name, command) in first.into_iter().chain(last) {
        if command.starts_with("kafka-") {
            continue;
        }
        let ended = sample.run(&command);
        if ended.code != 0 && !is_absent(&command, &ended) {
            faults.push(format!("{name}: {command}: {ended:?}"));
        }
        run += 1;
    }
    assert!(sample.process.stop(PATIENCE).success());
    assert!(run > 30, "{run}");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
