//! Every metric, label and value in the alerts and the dashboards is one that the pipeline has.
//!
//! A metric with labels is in `/metrics` from its first value on, which may be a fault that does not happen here. It is looked
//! for in its declaration, too. The declarations are compared with what a running pipeline shows.

use regex::Regex;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    time::Duration,
};
use test_support::{http, port, process::Process, wait::eventually};

const PATIENCE: Duration = Duration::from_secs(60);

/// Labels that Prometheus adds.
const ADDED: [&str; 2] = ["job", "instance"];
/// Beginnings of the names that only `--watch-feeds` and `newswire canary` register.
const ELSEWHERE: [&str; 2] = ["newswire_feed_list_", "newswire_canary_"];

/// Names of labels by the name of a sample.
type Labels = BTreeMap<String, BTreeSet<String>>;

fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).unwrap()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The sources of every crate and service, without tests.
fn sources(folder: &Path, text: &mut String) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() && !["tests", "target", "node_modules"].contains(&entry.file_name().to_str().unwrap()) {
            sources(&path, text);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            text.push_str(&fs::read_to_string(path).unwrap());
        }
    }
}

/// The samples that `metrics!` declares.
fn declared(sources: &str) -> Labels {
    let declaration = regex(
        r#"\b(IntCounter|IntGauge|Counter|Gauge|Histogram)(?:Vec)?(?:\[([^\]]*)\])?(?:\([^;]*?\))?\s*=\s*"(newswire_\w+)""#,
    );
    let mut labels = Labels::new();
    for found in declaration.captures_iter(sources) {
        let names: BTreeSet<String> = found.get(2).map_or("", |list| list.as_str()).split(',').map(unquoted).collect();
        let names: BTreeSet<String> = names.into_iter().filter(|name| !name.is_empty()).collect();
        if &found[1] == "Histogram" {
            for suffix in ["sum", "count"] {
                labels.insert(format!("{}_{suffix}", &found[3]), names.clone());
            }
            let of_buckets = names.iter().cloned().chain(["le".to_owned()]).collect();
            labels.insert(format!("{}_bucket", &found[3]), of_buckets);
        } else {
            labels.insert(found[3].to_owned(), names);
        }
    }
    labels
}

fn unquoted(text: &str) -> String {
    text.trim().trim_matches('"').to_owned()
}

/// The samples of a text of `/metrics`.
fn shown(metrics: &str) -> Labels {
    let (sample, label) = (regex(r"(?m)^(\w+)(?:\{(.*)\})? "), regex(r#"(\w+)=""#));
    let mut labels = Labels::new();
    for found in sample.captures_iter(metrics) {
        let names = found.get(2).map_or("", |list| list.as_str());
        labels
            .entry(found[1].to_owned())
            .or_default()
            .extend(label.captures_iter(names).map(|found| found[1].to_owned()));
    }
    labels
}

/// A query, and the labels that stand in texts about its result.
struct Query {
    place: String,
    expression: String,
    named: BTreeSet<String>,
}

fn alerts() -> Vec<Query> {
    let text = fs::read_to_string(root().join("deploy/prometheus/alerts.yml")).unwrap();
    let (alert, of_label) = (regex(r"(?s)^(\w+)\n.*?expr:(.*?)\n +(?:for|labels):(.*)$"), regex(r"\$labels\.(\w+)"));
    text.split("- alert: ")
        .skip(1)
        .map(|rule| {
            let found = alert.captures(rule).unwrap();
            let named = of_label.captures_iter(&found[3]).map(|label| label[1].to_owned()).collect();
            Query { place: found[1].to_owned(), expression: found[2].to_owned(), named }
        })
        .collect()
}

fn dashboards() -> Vec<Query> {
    let of_label = regex(r"\{\{(\w+)\}\}");
    let named =
        |text: &str| -> BTreeSet<String> { of_label.captures_iter(text).map(|label| label[1].to_owned()).collect() };
    let mut queries = Vec::new();
    for file in fs::read_dir(root().join("deploy/grafana/dashboards")).unwrap() {
        let dashboard: serde_json::Value =
            serde_json::from_str(&fs::read_to_string(file.unwrap().path()).unwrap()).unwrap();
        for panel in dashboard["panels"].as_array().unwrap() {
            let columns = &panel["transformations"][1]["options"]["indexByName"];
            let columns = columns.as_object().into_iter().flat_map(|columns| columns.keys());
            let columns: BTreeSet<String> = columns.filter(|name| *name != "Value").cloned().collect();
            for target in panel["targets"].as_array().into_iter().flatten() {
                queries.push(Query {
                    place: format!("{}: {}", dashboard["title"], panel["title"]),
                    expression: target["expr"].as_str().unwrap().to_owned(),
                    named: &named(target["legendFormat"].as_str().unwrap()) | &columns,
                });
            }
        }
    }
    queries
}

/// What the query uses that does not exist. `values` tells whether a label may have a value.
fn unknown(query: &Query, known: &Labels, values: impl Fn(&str, &str) -> bool) -> Vec<String> {
    let mut faults = Vec::new();
    let (string, metric) = (regex(r#""[^"]*""#), regex(r"\b(?:newswire|process)_\w+|\bup\b|\bALERTS\b"));
    let mut labels: BTreeSet<&str> = ADDED.into();
    for name in metric.find_iter(&string.replace_all(&query.expression, "")) {
        match name.as_str() {
            "up" => {}
            // It has the labels of the alert.
            "ALERTS" => labels.extend(known.values().flatten().map(String::as_str).chain([
                "alertname",
                "alertstate",
                "severity",
            ])),
            name => match known.get(name) {
                None => faults.push(format!("no metric {name}")),
                Some(of_metric) => labels.extend(of_metric.iter().map(String::as_str)),
            },
        }
    }
    let (grouping, matcher) =
        (regex(r"\b(?:by|on|without|ignoring)\s*\(([^)]*)\)"), regex(r#"[{,]\s*(\w+)\s*(?:=~|!~|!=|=)\s*"([^"]*)""#));
    let grouped = grouping.captures_iter(&query.expression).flat_map(|found| {
        found[1].split(',').map(|label| label.trim().to_owned()).filter(|label| !label.is_empty()).collect::<Vec<_>>()
    });
    let matched = matcher.captures_iter(&query.expression).map(|found| (found[1].to_owned(), found[2].to_owned()));
    let matched: Vec<(String, String)> = matched.collect();
    let used = grouped.chain(matched.iter().map(|(label, _)| label.clone())).chain(query.named.iter().cloned());
    faults.extend(used.filter(|label| !labels.contains(label.as_str())).map(|label| format!("no label {label}")));
    for (label, pattern) in &matched {
        if !["job", "alertname", "alertstate"].contains(&label.as_str()) {
            let missing = pattern.split('|').filter(|value| !values(label, value));
            faults.extend(missing.map(|value| format!("no value {label}={value}")));
        }
    }
    faults.into_iter().map(|fault| format!("{}: {fault}", query.place)).collect()
}

#[test]
fn alerts_and_dashboards_use_metrics_labels_and_values_that_exist() {
    let folder = tempfile::tempdir().unwrap();
    let [listen, admin] = [port::free(), port::free()].map(|port| format!("127.0.0.1:{port}"));
    let data = folder.path().join("data");
    let arguments = ["run", "--sample", "--listen", &listen, "--admin", &admin, "--data", data.to_str().unwrap()];
    let binary = Path::new(env!("CARGO_BIN_EXE_newswire"));
    let _process = Process::start("newswire", binary, &arguments.map(str::to_owned), &[], &folder.path().join("log"));
    let metrics = || http::get(&admin, "/metrics").unwrap_or_default();
    // A record has gone through all stages, and a client has asked for it.
    let gone_through = regex(r"(?m)^newswire_gateway_articles [1-9]");
    eventually(PATIENCE, "the gateway has articles", || gone_through.is_match(&metrics()));
    assert!(http::get(&listen, "/v1/articles").is_some());
    let text = metrics();

    let mut code = String::new();
    for folder in ["crates", "proto", "services"] {
        sources(&root().join(folder), &mut code);
    }
    let (live, mut known) = (shown(&text), declared(&code));
    for (name, labels) in &live {
        match known.get(name) {
            Some(declared) => assert_eq!(labels, declared, "{name}: the declaration is not what is shown"),
            None => {
                assert!(!name.starts_with("newswire_") || name == "newswire_condition_met", "{name} is not declared")
            }
        }
        known.insert(name.clone(), labels.clone());
    }
    // Without labels it is shown from the start on.
    let absent: Vec<_> = known.iter().filter(|(name, _)| !live.contains_key(*name)).collect();
    for (name, labels) in &absent {
        let is_elsewhere = ELSEWHERE.iter().any(|beginning| name.starts_with(beginning));
        assert!(is_elsewhere || !labels.is_empty(), "{name} is not shown");
    }

    let queries: Vec<Query> = alerts().into_iter().chain(dashboards()).collect();
    assert!(queries.len() > 100, "{}", queries.len());
    let exists = |label: &str, value: &str| {
        text.contains(&format!("{label}=\"{value}\"")) || code.contains(&format!("\"{value}\""))
    };
    let faults: Vec<String> = queries.iter().flat_map(|query| unknown(query, &known, exists)).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    // The check finds what it is for.
    let wrong = |expression: &str| {
        let query = Query { place: String::new(), expression: expression.to_owned(), named: BTreeSet::new() };
        unknown(&query, &known, exists)
    };
    assert_eq!(wrong("sum(newswire_pols_total)"), [": no metric newswire_pols_total"]);
    assert_eq!(wrong("sum by (outcom) (newswire_polls_total)"), [": no label outcom"]);
    assert_eq!(wrong(r#"newswire_polls_total{outcome="HTTP_EROR"}"#), [": no value outcome=HTTP_EROR"]);
    println!("{} queries; not shown by the sample, but declared: {absent:?}", queries.len());
}
