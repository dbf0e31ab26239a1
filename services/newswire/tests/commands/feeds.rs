use crate::support::{hold, newswire, run};
use std::path::Path;

const LIST: &str = r#"<opml version="2.0"><body>
<outline type="rss" text="One" xmlUrl="https://one.example/feed"/>
<outline type="rss" text="Two" xmlUrl="https://two.example/feed"/>
</body></opml>"#;

fn urls(data: &Path) -> Vec<String> {
    newswire(data, &["feeds", "list"]).lines().map(|line| line.split('\t').next().unwrap().to_owned()).collect()
}

fn import_and_change(data: &Path, file: &str) {
    assert_eq!(newswire(data, &["feeds", "import", file]), "2 feeds in the file, 2 of them new or changed\n");
    assert_eq!(newswire(data, &["feeds", "import", file]), "2 feeds in the file, 0 of them new or changed\n");
    let site = ["--site-url", "https://Three.example"];
    newswire(
        data,
        &[&["feeds", "add", "https://three.example/feed", "--country", "SE", "--tag", "north"], &site[..]].concat(),
    );
    newswire(data, &["feeds", "remove", "https://one.example/feed"]);
    assert_eq!(urls(data), ["https://three.example/feed", "https://two.example/feed"]);
    let opml = newswire(data, &["feeds", "list", "--opml"]);
    assert!(opml.contains("htmlUrl=\"https://three.example/\""), "{opml}");
    assert!(opml.contains("publisherCountry=\"SE\"") && opml.contains("category=\"north\""), "{opml}");
    // An import keeps feeds that were added by hand, and adds again those that were removed.
    assert_eq!(newswire(data, &["feeds", "import", file]), "2 feeds in the file, 1 of them new or changed\n");
    assert_eq!(urls(data).len(), 3);
    let (_, error, code) = run(data, &["feeds", "remove", "https://four.example/feed"]);
    assert!(code == 70 && error.contains("not on the list"), "{code}: {error}");
    let (_, error, code) = run(data, &["feeds", "add", "https://five.example/", "--site-url", "five.example"]);
    assert!(code == 64 && error.contains("--site-url"), "{code}: {error}");
    let (_, error, code) = run(data, &["feeds", "add", "ftp://five.example/"]);
    assert!(code == 64 && error.contains("ftp://five.example/"), "{code}: {error}");
}

#[test]
fn feeds_are_written_to_the_file_when_no_service_runs() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("feeds.opml");
    std::fs::write(&file, LIST).unwrap();
    import_and_change(&folder.path().join("data"), file.to_str().unwrap());
}

#[test]
fn a_feed_that_cannot_be_polled_is_reported_and_the_others_are_imported() {
    let folder = tempfile::tempdir().unwrap();
    let (data, file) = (folder.path().join("data"), folder.path().join("feeds.opml"));
    let import = |list: &str| {
        std::fs::write(&file, list).unwrap();
        run(&data, &["feeds", "import", file.to_str().unwrap()])
    };
    let bad = r#"<outline type="rss" text="Bad" xmlUrl="ftp://bad.example/feed"/>"#;
    let reason = r#"the feed "Bad": "ftp://bad.example/feed" is not an http or https URL: another scheme"#;
    let among = LIST.replacen("/>\n", &format!("/>\n{bad}\n"), 1);
    let (printed, error, code) = import(&among);
    assert_eq!((printed.as_str(), code), ("3 feeds in the file, 2 of them new or changed, 1 refused\n", 0), "{error}");
    assert!(error.contains(reason), "{error}");
    assert_eq!(urls(&data), ["https://one.example/feed", "https://two.example/feed"]);
    let (printed, error, code) = import(&format!("<opml>{bad}</opml>"));
    assert!(printed.is_empty() && code == 70 && error.contains(reason), "{code}: {printed}{error}");
    let (_, error, code) = import("<html/>");
    assert!(code == 70 && error.contains("not OPML"), "{code}: {error}");
    assert_eq!(urls(&data).len(), 2);
}

#[test]
fn a_poll_is_requested_by_url_or_id_and_an_import_keeps_the_request() {
    let folder = tempfile::tempdir().unwrap();
    let (file, data) = (folder.path().join("feeds.opml"), folder.path().join("data"));
    std::fs::write(&file, LIST).unwrap();
    newswire(&data, &["feeds", "import", file.to_str().unwrap()]);
    let (one, two) = ("https://one.example/feed", "https://two.example/feed");
    assert_eq!(newswire(&data, &["feeds", "poll", one]), "requested\n");
    assert_eq!(newswire(&data, &["feeds", "clear-backoff", &proto::id::feed_id(two)]), "requested\n");
    let again = newswire(&data, &["feeds", "import", file.to_str().unwrap()]);
    assert_eq!(again, "2 feeds in the file, 0 of them new or changed\n");
    let records = newswire(&data, &["tail", "feeds", "--from", "beginning", "--to-end"]);
    assert!(records.contains("poll_requested_at\":\"2") && records.contains("backoff_cleared_at\":\"2"), "{records}");
    let (_, error, code) = run(&data, &["feeds", "poll", "https://four.example/feed"]);
    assert!(code == 70 && error.contains("not on the list"), "{code}: {error}");
}

#[test]
fn feeds_are_written_through_the_process_that_has_the_file_open() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("feeds.opml");
    std::fs::write(&file, LIST).unwrap();
    let data = folder.path().join("data");
    let (_runtime, _stop) = hold(&data);
    import_and_change(&data, file.to_str().unwrap());
}
