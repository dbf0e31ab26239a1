//! Settings from flags, variables and a file, and what the command line says of them.

use serde_json::Value;
use std::{collections::BTreeMap, path::Path, process::Command};
use test_support::process::Ended;

/// A run of newswire with these arguments and variables, and no others of newswire.
fn run(arguments: &[&str], environment: &[(&str, &str)]) -> Ended {
    let mut command = Command::new(env!("CARGO_BIN_EXE_newswire"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("NEWSWIRE_")) {
        command.env_remove(name);
    }
    Ended::of(command.args(arguments).envs(environment.iter().copied()))
}

/// The settings as `newswire config --json` prints them, by name.
fn settings(arguments: &[&str], environment: &[(&str, &str)]) -> BTreeMap<String, Value> {
    let ended = run(&[&["config", "--json"], arguments].concat(), environment);
    assert_eq!(ended.code, 0, "{ended:?}");
    let lines = ended.output.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines.map(|setting| (setting["setting"].as_str().unwrap().to_owned(), setting)).collect()
}

/// A folder with this file of settings, and the file's path.
fn file(text: &str) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("newswire.toml");
    std::fs::write(&path, text).unwrap();
    let path = path.to_str().unwrap().to_owned();
    (folder, path)
}

#[test]
fn a_flag_precedes_a_variable_a_variable_the_file_and_the_file_the_default() {
    let (_folder, path) = file("partitions = 3\nreplica = 'a'\nwindow = '2h'\nkafka = 'one:1'\n");
    let variables = [("NEWSWIRE_CONFIG", path.as_str()), ("NEWSWIRE_REPLICA", "b"), ("NEWSWIRE_WINDOW", "3h")];
    let settings = settings(&["--window", "4h"], &variables);
    let of = |name: &str| (settings[name]["value"].clone(), settings[name]["from"].clone());
    assert_eq!(of("window"), ("4h".into(), serde_json::json!({ "kind": "flag" })));
    assert_eq!(of("replica"), ("b".into(), serde_json::json!({ "kind": "variable", "name": "NEWSWIRE_REPLICA" })));
    assert_eq!(of("kafka"), ("one:1".into(), serde_json::json!({ "kind": "file", "path": path, "line": 4 })));
    assert_eq!(of("encoding"), ("json".into(), serde_json::json!({ "kind": "default" })));
    assert_eq!(settings["partitions"]["default"], "24");
    assert!(settings["partitions"]["meaning"].as_str().unwrap().contains("Partitions"), "{settings:?}");
    // A setting of another command.
    assert_eq!(settings["sample-listen"]["value"], "127.0.0.2:8090");
}

#[test]
fn the_settings_of_the_file_apply_to_what_runs() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let (_kept, path) = file(&format!("data = '{}'\npartitions = 3\n", data.display()));
    let added = run(&["feeds", "add", "https://one.example/feed", "--config", &path], &[]);
    assert_eq!((added.code, added.output.as_str()), (0, "added\n"), "{added:?}");
    assert!(data.join("newswire.redb").is_file());
    // The log has three partitions; another number is refused.
    let other = run(&["feeds", "add", "https://two.example/feed", "--config", &path, "--partitions", "4"], &[]);
    assert_eq!(other.code, 70, "{other:?}");
}

#[test]
fn a_misspelt_key_or_variable_is_an_error_with_a_suggestion() {
    let (_folder, path) = file("\npartition = 3\nkafka = 'nohost'\n");
    let ended = run(&["run", "--config", &path, "--windw", "2h"], &[]);
    assert_eq!(ended.code, 64, "{ended:?}");
    let expected = [
        format!("{path}:2: partition is not a setting; partitions is similar"),
        "unexpected argument '--windw' found; tip: a similar argument exists: '--window'".to_owned(),
        format!("expected HOST:PORT, comma separated, not \"nohost\" ({path}:3)"),
    ];
    for message in expected {
        assert!(ended.error.contains(&message), "{message}: {}", ended.error);
    }
    let ended = run(&["run", "--check-config"], &[("NEWSWIRE_PARTITION", "3")]);
    assert_eq!(ended.code, 64, "{ended:?}");
    assert!(ended.error.contains("NEWSWIRE_PARTITION is unknown; NEWSWIRE_PARTITIONS is similar"), "{ended:?}");
}

#[test]
fn check_config_says_what_is_wrong_and_starts_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let flags = ["run", "--check-config", "--sample", "--data", data.to_str().unwrap()];
    let ended = run(&flags, &[]);
    assert_eq!((ended.code, ended.output.as_str(), ended.error.as_str()), (0, "the configuration is valid\n", ""));
    assert!(!data.exists());
    let ended = run(&[&flags[..], &["--feeds", "/nowhere.opml", "--api-token-file", "/nowhere"]].concat(), &[]);
    assert_eq!(ended.code, 64, "{ended:?}");
    assert!(ended.error.contains("2 configuration errors"), "{ended:?}");
}

#[test]
fn no_secret_is_printed() {
    let environment = [
        ("NEWSWIRE_CREDENTIALS", r#"{"a": {"password": "hidden"}}"#),
        ("NEWSWIRE_OUTBOUND_PROXY", "http://me:hidden@proxy.example:3128"),
    ];
    for arguments in [&["config"][..], &["config", "--json"]] {
        let ended = run(arguments, &environment);
        assert_eq!(ended.code, 0, "{ended:?}");
        assert!(!ended.output.contains("hidden") && !ended.error.contains("hidden"), "{ended:?}");
        assert!(ended.output.contains("http://***@proxy.example:3128"), "{ended:?}");
    }
    let (_folder, path) = file("outbound-proxy = 'http://me:hidden@proxy.example:3128'\n");
    let ended = run(&["run", "--config", &path], &[]);
    assert!(ended.code == 64 && !ended.error.contains("hidden@"), "{ended:?}");
}

const REFERENCE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/configuration.md");

/// Every setting is in `docs/configuration.md`; `NEWSWIRE_GOLDEN=1` rewrites the tables.
#[test]
fn the_reference_lists_every_setting() {
    let (begin, end) = ("<!-- settings -->\n", "<!-- end of settings -->");
    let text = std::fs::read_to_string(Path::new(REFERENCE)).unwrap();
    let (before, rest) = text.split_once(begin).unwrap();
    let (found, after) = rest.split_once(end).unwrap();
    let tables = tables();
    if std::env::var_os("NEWSWIRE_GOLDEN").is_some() {
        std::fs::write(REFERENCE, format!("{before}{begin}{tables}{end}{after}")).unwrap();
        return;
    }
    assert!(found == tables, "{REFERENCE} is not what the code says; NEWSWIRE_GOLDEN=1 rewrites it");
}

/// A table for each heading of the help.
fn tables() -> String {
    let settings = chassis::config::Settings::defaults(&newswire::command());
    let mut sections: Vec<(String, String)> = Vec::new();
    for setting in settings {
        let cell = |text: &str| text.replace('|', "\\|");
        let default = match &setting.default {
            Some(default) if !default.is_empty() => format!("`{}`", cell(default)),
            _ => String::new(),
        };
        let choices = match setting.choices.len() {
            0 => String::new(),
            _ => format!(" One of `{}`.", setting.choices.join("`, `")),
        };
        let help = setting.help.trim_end_matches('.');
        let flag =
            if setting.flag == format!("--{}", setting.key) { String::new() } else { format!(" (`{}`)", setting.flag) };
        let row = format!("| `{}`{flag} | {default} | {}.{choices} |\n", setting.key, cell(help));
        match sections.iter_mut().find(|(name, _)| *name == setting.section) {
            Some((_, rows)) => rows.push_str(&row),
            None => sections.push((setting.section, row)),
        }
    }
    let table = |(name, rows): (String, String)| {
        format!("\n### {name}\n\n| setting | default | meaning |\n| --- | --- | --- |\n{rows}")
    };
    sections.into_iter().map(table).collect::<String>() + "\n"
}

/// What is parsed again without a wrong variable is parsed as the flags that were given.
#[test]
fn wrong_variables_are_errors_next_to_any_flags() {
    let wrong = [("NEWSWIRE_KAFKA", "nohost"), ("NEWSWIRE_PARTITIONS", "0")];
    for flags in [&["run"][..], &["run", "--check-config"], &["run", "--sample", "--check-config"], &["topics", "list"]]
    {
        let ended = run(flags, &wrong);
        assert_eq!((ended.code, ended.output.as_str()), (64, ""), "{flags:?}: {ended:?}");
        for (name, _) in wrong {
            assert!(ended.error.contains(&format!("({name})")), "{flags:?}: {}", ended.error);
        }
    }
}
