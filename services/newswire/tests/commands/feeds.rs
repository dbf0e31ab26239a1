use crate::support::{hold, json, newswire, run};
use jiff::Timestamp;
use serde_json::Value;
use std::{
    io::{BufRead, BufReader, Write},
    net::TcpListener,
    path::Path,
    process::Command,
};
use test_support::publisher::{Item, Publisher, rss};

const LIST: &str = r#"<opml version="2.0"><body>
<outline type="rss" text="One" xmlUrl="https://one.example/feed"/>
<outline type="rss" text="Two" xmlUrl="https://two.example/feed"/>
</body></opml>"#;

fn urls(data: &Path) -> Vec<String> {
    json(data, &["feeds", "list"]).iter().map(|feed| feed["url"].as_str().unwrap().to_owned()).collect()
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

/// What `feeds check` prints of a path of a publisher.
fn checked(publisher: &Publisher, path: &str, flags: &[&str]) -> String {
    let url = format!("{}{path}", publisher.base(0));
    let arguments = [&["feeds", "check", &url, "--allow-private-networks", "--host-interval", "0s"], flags].concat();
    let output = Command::new(env!("CARGO_BIN_EXE_newswire")).args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_check_prints_what_the_first_poll_of_a_feed_would_do() {
    let publisher = Publisher::start(1);
    let link = format!("{}/articles/1", publisher.base(0));
    let item = Item { guid: link.clone(), link, title: "One".into(), body: "Text".into(), published: Timestamp::now() };
    publisher.put("/feed", "application/rss+xml", rss("Example News", &publisher.base(0), [&item]));
    let report: Value = serde_json::from_str(&checked(&publisher, "/feed", &["--json"])).unwrap();
    assert_eq!((report["outcome"].as_str(), report["status"].as_u64()), (Some("NEW_ENTRIES"), Some(200)));
    assert_eq!((report["title"].as_str(), report["first_poll"]["published"].as_u64()), (Some("Example News"), Some(1)));
    assert!(report["next_poll_s"].as_u64().is_some_and(|seconds| (1..=3_960).contains(&seconds)), "{report}");
    let text = checked(&publisher, "/feed", &[]);
    assert!(text.contains("title: Example News\n") && text.contains("outcome: NEW_ENTRIES\n"), "{text}");
    let keys: Vec<&str> = text.lines().filter_map(|line| line.split(": ").next()).collect();
    assert_eq!(keys[..5], ["url", "outcome", "status", "content type", "bytes"], "{text}");
    let entry = text.lines().skip_while(|line| *line != "entries:").nth(1).unwrap_or_default();
    assert!(entry.starts_with(&format!("  One  {}/articles/1  2", publisher.base(0))), "{text}");
}

/// What a check says of a server that answers a request with these validators as `answer` says.
fn revalidation(headers: &'static str, answer: fn(&str) -> Option<&'static str>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/feed", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut lines = BufReader::new(stream.try_clone().unwrap());
            let mut head = String::new();
            while !head.ends_with("\r\n\r\n") && lines.read_line(&mut head).is_ok_and(|read| read > 0) {}
            let (status, body) = match answer(&head) {
                _ if !head.starts_with("GET /feed ") => ("404 Not Found", ""),
                Some(status) => (status, ""),
                None => ("200 OK", "<rss version=\"2.0\"><channel><title>A</title></channel></rss>"),
            };
            let length = body.len();
            let head = format!("HTTP/1.1 {status}\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n");
            drop(stream.write_all(format!("{head}{body}").as_bytes()));
        }
    });
    let flags = ["feeds", "check", &url, "--allow-private-networks", "--host-interval", "0s", "--json"];
    let output = Command::new(env!("CARGO_BIN_EXE_newswire")).args(flags).output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    report["revalidation"].as_str().unwrap().to_owned()
}

#[test]
fn a_check_asks_again_with_the_validators_and_says_whether_the_server_heeds_them() {
    let etag = "etag: \"1\"\r\n";
    let is_conditional = |head: &str| head.contains("if-none-match: \"1\"\r\n").then_some("304 Not Modified");
    assert_eq!(revalidation(etag, is_conditional), "304 as it should");
    let modified = "last-modified: Tue, 24 Nov 2026 12:00:00 GMT\r\n";
    let is_since = |head: &str| head.contains("if-modified-since: Tue, 24 Nov").then_some("304 Not Modified");
    assert_eq!(revalidation(modified, is_since), "304 as it should");
    assert!(revalidation(etag, |_| None).starts_with("ignored"));
    assert!(revalidation("", |_| None).starts_with("none"));
    let refuses = |head: &str| head.contains("if-none-match").then_some("412 Precondition Failed");
    assert_eq!(revalidation(etag, refuses), "HTTP status 412");
}

#[test]
fn a_check_of_a_page_lists_the_feeds_that_it_names() {
    let publisher = Publisher::start(1);
    let page =
        r#"<html><head><link rel="alternate" type="application/rss+xml" title="All" href="/rss.xml"></head></html>"#;
    publisher.put("/", "text/html", page);
    let report: Value = serde_json::from_str(&checked(&publisher, "/", &["--json"])).unwrap();
    assert_eq!(report["outcome"].as_str(), Some("UNREADABLE"));
    let url = format!("{}/rss.xml", publisher.base(0));
    assert_eq!(report["feeds"], serde_json::json!([{ "url": url, "title": "All", "declared": true }]));
    let absent: Value = serde_json::from_str(&checked(&publisher, "/absent", &["--json"])).unwrap();
    assert_eq!((absent["outcome"].as_str(), absent["status"].as_u64()), (Some("HTTP_ERROR"), Some(404)));
}

#[test]
fn an_export_is_imported_again() {
    let folder = tempfile::tempdir().unwrap();
    let (data, other) = (folder.path().join("data"), folder.path().join("other"));
    let (file, export) = (folder.path().join("feeds.opml"), folder.path().join("export.opml"));
    std::fs::write(&file, LIST).unwrap();
    newswire(&data, &["feeds", "import", file.to_str().unwrap()]);
    newswire(&data, &["feeds", "export", export.to_str().unwrap()]);
    newswire(&other, &["feeds", "import", export.to_str().unwrap()]);
    assert_eq!(urls(&data), urls(&other));
    assert_eq!(newswire(&data, &["feeds", "export"]), std::fs::read_to_string(export).unwrap());
}

#[test]
fn what_may_be_published_is_set_listed_and_exported() {
    let folder = tempfile::tempdir().unwrap();
    let (file, data) = (folder.path().join("feeds.opml"), folder.path().join("data"));
    newswire(&data, &["feeds", "add", "https://three.example/feed", "--publish-text", "none"]);
    let list = LIST.replacen("text=\"One\"", "text=\"One\" publishText=\"full\"", 1);
    std::fs::write(&file, list).unwrap();
    newswire(&data, &["feeds", "import", file.to_str().unwrap(), "--publish-text", "Summary"]);
    let listed = newswire(&data, &["feeds", "list"]);
    let lines: Vec<&str> = listed.lines().collect();
    assert_eq!(
        lines,
        [
            "url                         state         title",
            "https://one.example/feed                  One",
            "https://three.example/feed  title only",
            "https://two.example/feed    summary only  Two"
        ]
    );
    let opml = newswire(&data, &["feeds", "list", "--opml"]);
    for value in ["FULL", "NONE", "SUMMARY"] {
        assert!(opml.contains(&format!("publishText=\"{value}\"")), "{opml}");
    }
    let (_, error, code) = run(&data, &["feeds", "add", "https://four.example/", "--publish-text", "headline"]);
    assert!(code == 64 && error.contains("neither full, summary nor none"), "{code}: {error}");
}
