//! `newswire log`, and what other commands make of a log that is damaged or missing.

use crate::support::{hold, newswire, run};
use std::path::Path;

/// A log with two feeds on it.
fn create(data: &Path) {
    for feed in ["one", "two"] {
        newswire(data, &["feeds", "add", &format!("https://{feed}.example/feed")]);
    }
}

/// Every command that only reads, with arguments.
const READING: [&[&str]; 8] = [
    &["feeds", "list"],
    &["topics", "list"],
    &["tail", "raw", "--to-end"],
    &["why", "https://one.example/feed"],
    &["dead-letter", "list"],
    &["log", "check"],
    &["log", "groups"],
    &["log", "repair"],
];

#[test]
fn a_command_that_reads_creates_no_log() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    for arguments in READING {
        let (text, error, code) = run(&data, arguments);
        assert_eq!((text.as_str(), code), ("", 70), "{arguments:?}: {error}");
        assert!(error.contains("there is no log in"), "{arguments:?}: {error}");
        assert!(!data.exists(), "{arguments:?}");
    }
}

#[test]
fn a_damaged_log_is_one_clear_error_and_is_repaired() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    create(&data);
    let file = data.join("newswire.redb");
    let whole = std::fs::read(&file).unwrap();
    let urls = newswire(&data, &["feeds", "list"]);
    // Each page in use in turn, but the two headers, of which one is enough.
    let mut refused = 0;
    for page in (2..whole.len() / 4096).filter(|page| whole[page * 4096..][..4096].iter().any(|byte| *byte != 0)) {
        let mut damaged = whole.clone();
        damaged[page * 4096 + 2] ^= 0xff;
        std::fs::write(&file, &damaged).unwrap();
        let (text, error, code) = run(&data, &["feeds", "list"]);
        assert!(!error.contains("panicked") && !error.contains("unreachable"), "page {page}: {error}");
        if code == 0 {
            assert_eq!(text, urls, "page {page}: wrong data");
            continue;
        }
        refused += 1;
        assert_eq!((text.as_str(), code, error.lines().count()), ("", 70, 1), "page {page}: {error}");
        assert!(error.contains("newswire log repair"), "page {page}: {error}");
        if refused == 1 {
            let (listed, error, code) = run(&data, &["log", "check"]);
            assert!(code == 70 && (listed.contains("damaged") || error.contains("damage")), "{listed} {error}");
            assert!(newswire(&data, &["log", "repair"]).contains("records written"));
            let rest = newswire(&data, &["feeds", "list"]);
            assert!(rest.lines().all(|line| urls.contains(line)), "{rest}");
            assert!(newswire(&data, &["log", "check"]).contains("nothing is damaged"));
            assert_eq!(std::fs::read(data.join("newswire.redb.damaged")).unwrap(), damaged);
        }
    }
    assert!(refused > 2, "{refused} pages are needed to list feeds");
}

#[test]
fn a_log_is_checked_and_copied_while_a_process_has_it_open() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    create(&data);
    let (_runtime, _shutdown) = hold(&data);
    assert!(newswire(&data, &["log", "check"]).contains("nothing is damaged"));
    let to = folder.path().join("copy/newswire.redb");
    std::fs::create_dir(folder.path().join("copy")).unwrap();
    assert!(newswire(&data, &["log", "backup", to.to_str().unwrap()]).contains("2 records written"));
    assert_eq!(newswire(&folder.path().join("copy"), &["feeds", "list"]), newswire(&data, &["feeds", "list"]));
    let (_, error, code) = run(&data, &["log", "repair"]);
    assert!(code == 70 && error.contains("stop newswire first"), "{error}");
    let (_, error, code) = run(&data, &["log", "release", "news.unknown"]);
    assert!(code == 70 && error.contains("no group news.unknown"), "{error}");
}
