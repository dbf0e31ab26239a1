//! What every command has in common: JSON, exit codes, completions and manual pages.

use crate::support::{json, newswire, run};
use regex::Regex;
use serde_json::Value;
use std::{collections::BTreeSet, path::Path, process::Command, time::Duration};
use test_support::{
    port,
    process::{Ended, Process},
    wait,
};

const PATIENCE: Duration = Duration::from_secs(120);

fn plain(arguments: &[&str]) -> Ended {
    Ended::of(Command::new(env!("CARGO_BIN_EXE_newswire")).args(arguments))
}

/// The commands that have no subcommand, with their path: `feeds import`.
fn leaves(command: &clap::Command, path: &str) -> Vec<(String, clap::Command)> {
    if !command.has_subcommands() {
        return vec![(path.to_owned(), command.clone())];
    }
    let join = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path} {name}") };
    command.get_subcommands().flat_map(|sub| leaves(sub, &join(sub.get_name()))).collect()
}

/// Those that run until a signal, and those whose output has a format of its own.
const WITHOUT_JSON: [&str; 8] =
    ["run", "sample", "canary", "completions", "man", "feeds export", "tail", "dead-letter show"];

#[test]
fn every_command_that_prints_has_json() {
    let leaves = leaves(&newswire::command(), "");
    assert!(leaves.len() > 20, "{leaves:?}");
    for (path, command) in leaves {
        let has_json = command.get_arguments().any(|arg| arg.get_long() == Some("json"));
        assert_eq!(has_json, !WITHOUT_JSON.contains(&path.as_str()), "{path}");
    }
}

#[test]
fn json_of_each_command_is_an_object_or_one_a_line() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let feed = "https://one.example/feed";
    let added = json(&data, &["feeds", "add", feed, "--title", "One"]);
    assert_eq!((added[0]["url"].as_str(), added[0]["written"].as_bool()), (Some(feed), Some(true)));
    let opml = folder.path().join("feeds.opml");
    let outlines = r#"<outline text="Two" xmlUrl="https://two.example/feed"/><outline text="Bad" xmlUrl="feed.xml"/>"#;
    std::fs::write(&opml, format!("<opml>{outlines}</opml>")).unwrap();
    let imported = &json(&data, &["feeds", "import", opml.to_str().unwrap()])[0];
    assert_eq!((&imported["feeds"], &imported["written"]), (&Value::from(2), &Value::from(1)));
    assert_eq!(imported["refused"][0]["feed"], "Bad");
    let listed = json(&data, &["feeds", "list"]);
    assert_eq!(listed.iter().map(|feed| feed["title"].as_str().unwrap()).collect::<Vec<_>>(), ["One", "Two"]);
    assert_eq!(json(&data, &["feeds", "poll", feed])[0]["requested"], "poll");
    assert_eq!(json(&data, &["feeds", "clear-backoff", feed])[0]["requested"], "clear-backoff");
    let why = &json(&data, &["why", feed])[0];
    assert_eq!((&why["feeds"][0]["feed"]["url"], &why["story"]), (&Value::from(feed), &Value::Null));
    let articles = json(&data, &["articles", "withdraw", "https://one.example/a", "--dry-run"]);
    assert_eq!((articles[0]["action"].as_str(), articles[0]["written"].as_bool()), (Some("withdraw"), Some(false)));
    let topics = json(&data, &["topics", "list"]);
    assert!(topics.iter().any(|topic| topic["topic"] == "news.feeds.v1" && topic["partitions"] == 3), "{topics:?}");
    assert_eq!(json(&data, &["topics", "rebuild-state", "--dry-run"])[0]["articles"], 0);
    assert_eq!(json(&data, &["replay", "--from", "beginning", "--dry-run"])[0]["read"], 0);
    assert_eq!(json(&data, &["dead-letter", "list"]), Vec::<Value>::new());
    assert_eq!(json(&data, &["dead-letter", "replay", "--all"]), Vec::<Value>::new());
    let positions = json(&data, &["positions", "list"]);
    assert!(positions.iter().any(|position| position["stage"] == "poller" && position["end"] == 1), "{positions:?}");
    assert_eq!(json(&data, &["positions", "accept", "enricher", "--to", "end"]), Vec::<Value>::new());
    let checked = &json(&data, &["log", "check"])[0];
    assert!(checked["records"].as_u64() > Some(1) && checked["damage"] == Value::Array(Vec::new()), "{checked}");
    let copy = folder.path().join("copy.redb");
    assert!(json(&data, &["log", "backup", copy.to_str().unwrap()])[0]["records"].as_u64() > Some(1));
    assert_eq!(json(&data, &["log", "repair"])[0]["records"], Value::Null);
    assert_eq!(json(&data, &["feeds", "remove", feed])[0]["removed"], true);
    assert!(json(&data, &["config"]).iter().any(|setting| setting["setting"] == "data"));
}

#[test]
fn tables_are_aligned() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    newswire(&data, &["feeds", "add", "https://a.example/feed", "--title", "A", "--publish-text", "summary"]);
    newswire(&data, &["feeds", "add", "https://a-longer-name.example/feed", "--title", "B"]);
    let lines = newswire(&data, &["feeds", "list"]);
    let lines: Vec<&str> = lines.lines().collect();
    assert_eq!(lines.len(), 3, "{lines:?}");
    for (line, word) in lines.iter().zip(["title", "B", "A"]) {
        assert_eq!(line.rfind(word), lines[0].find("title"), "{lines:?}");
    }
    assert!(lines[2].contains("  summary only  "), "{lines:?}");
}

/// The codes of the table in docs/operations.md.
fn documented() -> BTreeSet<i32> {
    let text = include_str!("../../../../docs/operations.md");
    let table = text.split_once("### Exit codes\n").unwrap().1;
    let table = table.split("\n#").next().unwrap();
    let codes = Regex::new(r"(?m)^\| (\d+) \|").unwrap();
    codes.captures_iter(table).map(|code| code[1].parse().unwrap()).collect()
}

#[test]
fn commands_end_with_the_documented_codes() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let (_, _, failed) = run(&data, &["feeds", "list"]);
    let used = [plain(&["--version"]).code, plain(&["feeds", "list", "--nmae"]).code, failed];
    assert_eq!(used, [0, 64, 70]);
    assert!(used.iter().all(|code| documented().contains(code)), "{:?}", documented());
    // No command at all, and help.
    assert_eq!((plain(&[]).code, plain(&["feeds", "--help"]).code), (64, 0));
}

/// A stage that does not end keeps the process from ending in time.
#[test]
fn a_drain_that_does_not_end_in_time_has_a_code_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let (data_text, port) = (data.to_str().unwrap(), port::free().to_string());
    let arguments = ["run", "--sample", "--sample-port", &port, "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"];
    let rest = ["--poll-interval", "1s", "--partitions", "3", "--data", data_text];
    let arguments: Vec<String> = arguments.iter().chain(&rest).map(ToString::to_string).collect();
    let environment = [("NEWSWIRE_FAIL".to_owned(), "stream::read=hang@1".to_owned())];
    let (binary, log) = (Path::new(env!("CARGO_BIN_EXE_newswire")), folder.path().join("log"));
    let mut process = Process::start("newswire", binary, &arguments, &environment, &log);
    wait::eventually(PATIENCE, "a stage that hangs", || {
        std::fs::read_to_string(&log).is_ok_and(|text| text.contains("a thread hangs at stream::read"))
    });
    let code = process.stop(PATIENCE).code();
    assert_eq!(code, Some(75), "{}", process.log_tail());
    assert!(documented().contains(&75));
}

#[test]
fn completions_know_every_command_and_flag() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let ended = plain(&["completions", shell]);
        assert_eq!((ended.code, ended.error.as_str()), (0, ""), "{shell}");
        for word in ["dead-letter", "rebuild-state", "topic-prefix", "check-config"] {
            assert!(ended.output.contains(word), "{shell}: {word}");
        }
    }
    // The script is one that the shell reads.
    let script = "eval \"$(\"$0\" completions bash)\" && complete -p newswire";
    let ended = Ended::of(Command::new("bash").args(["-c", script, env!("CARGO_BIN_EXE_newswire")]));
    assert!(ended.code == 0 && ended.output.contains("newswire"), "{ended:?}");
    assert_eq!(plain(&["completions", "csh"]).code, 64);
}

#[test]
fn manual_pages_are_made_of_the_commands() {
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("man1");
    assert_eq!(plain(&["man", "--to", to.to_str().unwrap()]).code, 0);
    for (path, _) in leaves(&newswire::command(), "newswire") {
        let page = to.join(format!("{}.1", path.replace(' ', "-")));
        assert!(std::fs::read_to_string(&page).unwrap().contains(".SH OPTIONS"), "{}", page.display());
    }
    let page = plain(&["man", "feeds", "import"]);
    assert!(page.code == 0 && page.output.contains("newswire\\-feeds\\-import"), "{page:?}");
    assert!(page.output.contains("NEWSWIRE_KAFKA"), "{page:?}");
    assert_eq!(plain(&["man", "nothing"]).code, 64);
}
