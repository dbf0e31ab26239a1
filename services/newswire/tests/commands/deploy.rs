//! The files of `deploy` name what exists.

use regex::Regex;
use std::{collections::BTreeSet, path::Path, process::Command};

fn file(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy").join(name)).unwrap()
}

fn found(pattern: &str, text: &str) -> BTreeSet<String> {
    let pattern = Regex::new(pattern).unwrap();
    pattern.captures_iter(text).map(|found| found[1].to_owned()).collect()
}

/// The section of a service.
fn section(compose: &str, service: &str) -> String {
    let (_, after) = compose.split_once(&format!("\n  {service}:\n")).unwrap();
    after
        .lines()
        .take_while(|line| line.is_empty() || line.starts_with("    "))
        .map(|line| format!("{line}\n"))
        .collect()
}

/// The settings of the services, without those of tests and tools.
fn settings() -> BTreeSet<String> {
    let listed = include_str!("../../../../crates/chassis/src/config/variables.txt");
    let (services, _) = listed.split_once("# Of tests and tools.").unwrap();
    services.lines().filter(|line| line.starts_with("NEWSWIRE_")).map(str::to_owned).collect()
}

/// Settings that compose.yaml gives a value that .env does not replace.
fn fixed() -> BTreeSet<String> {
    found(r"(?m)^ +(NEWSWIRE_\w+): [^$\s]", &file("compose.yaml"))
}

#[test]
fn every_variable_of_compose_is_one_that_a_binary_reads() {
    let mut variables = found(r"(NEWSWIRE_\w+)", &file("compose.yaml"));
    variables.extend(found(r"(NEWSWIRE_\w+)", &file(".env")));
    assert!(variables.len() > 40, "{variables:?}");
    assert_eq!(variables.difference(&settings()).collect::<Vec<_>>(), Vec::<&String>::new());
}

#[test]
fn every_setting_of_the_chart_is_one_that_a_binary_reads() {
    let templates = ["_helpers.tpl", "jobs.yaml", "services.yaml"];
    let text: String = templates.iter().map(|name| file(&format!("helm/newswire/templates/{name}"))).collect();
    let own = found(r"(NEWSWIRE_\w+)", &text);
    assert!(own.contains("NEWSWIRE_REPLICA") && own.is_subset(&settings()), "{own:?}");
    // What values may set: all that the chart does not set itself.
    let mut schema: serde_json::Value = serde_json::from_str(&file("helm/newswire/values.schema.json")).unwrap();
    schema["definitions"]["settings"]["propertyNames"]["enum"] = settings().difference(&own).cloned().collect();
    compare("helm/newswire/values.schema.json", &(serde_json::to_string_pretty(&schema).unwrap() + "\n"));
}

/// Compares a file of `deploy` with what it should be, which NEWSWIRE_GOLDEN=1 writes.
fn compare(name: &str, text: &str) {
    if std::env::var_os("NEWSWIRE_GOLDEN").is_some() {
        std::fs::write(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy").join(name), text).unwrap();
    }
    assert!(file(name) == text, "deploy/{name} is not what the services read; NEWSWIRE_GOLDEN=1 rewrites it");
}

/// `.env` of compose has every setting that compose does not give itself, with its help and its default.
#[test]
fn env_of_compose_has_every_setting_with_its_meaning_and_default() {
    let mut text = file(".env").split_once("\n# Settings of newswire").unwrap().0.to_owned();
    text.push_str(
        "\n# Settings of newswire: remove the # of one to set it. Each has its default, or nothing if there is none.\n",
    );
    let (help, fixed, mut seen) = (help("run"), fixed(), BTreeSet::new());
    for entry in help.split("\n      --").skip(1) {
        let Some(name) = found(r"\[env: (\w+)", entry).pop_first() else { continue };
        if fixed.contains(&name) || !seen.insert(name.clone()) {
            continue;
        }
        let mut lines = entry.lines().skip(1).map(str::trim).take_while(|line| !line.is_empty());
        let meaning = lines.next().unwrap();
        let mut values = found(r"(?m)^          - (\S+?)(?::.*)?$", entry);
        values.extend(found(r"\[possible values: (.*)\]", entry));
        let choice = if values.is_empty() { String::new() } else { format!(" ({})", join(&values)) };
        let default = found(r"\[default: (.*)\]", entry).pop_first().unwrap_or_default();
        text.push_str(&format!("\n{}\n#{name}={default}\n", comment(&format!("{meaning}{choice}"))));
    }
    compare(".env", &text);
    // One command starts all; nothing has to be set.
    let set: Vec<&str> = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    assert_eq!(set, ["COMPOSE_PROFILES=one-broker"]);
}

fn help(command: &str) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_newswire")).args([command, "--help"]).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

fn join(values: &BTreeSet<String>) -> String {
    values.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
}

/// Lines of a comment, at most 120 characters each.
fn comment(text: &str) -> String {
    let mut lines = vec!["#".to_owned()];
    for word in text.split(' ') {
        if lines[lines.len() - 1].len() + word.len() >= 120 {
            lines.push("#".to_owned());
        }
        let last = lines.len() - 1;
        lines[last].push_str(&format!(" {word}"));
    }
    lines.join("\n")
}

#[test]
fn every_target_of_prometheus_is_a_service_of_compose() {
    let (compose, prometheus) = (file("compose.yaml"), file("prometheus/prometheus.yml"));
    let services = found(r"(?m)^  ([a-z-]+):$", &compose);
    let mut targets = found(r#""([a-z-]+):9090""#, &prometheus);
    targets.extend(found(r"names: \[([a-z-]+)\]", &prometheus));
    assert!(targets.contains("canary") && targets.is_subset(&services), "{targets:?} {services:?}");
}

/// The poller may reach the address at which the canary's feed is added and served, and the gateway answers under the name at
/// which the canary asks.
#[test]
fn the_canary_of_compose_and_its_neighbours_agree() {
    let compose = file("compose.yaml");
    let value = |service: &str, name: &str| {
        // Its own value, or the default of one that .env may replace.
        let pattern = format!(r"{name}: (?:\$\{{\w+:-)?([^\s}}]+)");
        found(&pattern, &section(&compose, service)).pop_first().unwrap()
    };
    let url = value("canary", "NEWSWIRE_CANARY_URL");
    assert_eq!(value("poller", "NEWSWIRE_ALLOW_PRIVATE_ORIGINS"), url);
    assert!(section(&compose, "canary-feed").contains(&format!("\"{url}/canary.xml\"")));
    assert!(url.ends_with(value("canary", "NEWSWIRE_CANARY_LISTEN").trim_start_matches("0.0.0.0")));
    let gateway = value("canary", "NEWSWIRE_CANARY_GATEWAY");
    assert_eq!(gateway, format!("http://{}:8080", value("gateway", "NEWSWIRE_ALLOWED_HOSTS")));
}
