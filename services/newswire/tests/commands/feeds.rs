use crate::support::{hold, newswire, run};
use std::path::Path;

const LIST: &str = r#"<opml version="2.0"><body>
<outline type="rss" text="One" xmlUrl="https://one.example/feed"/>
<outline type="rss" text="Two" xmlUrl="https://two.example/feed"/>
</body></opml>"#;

fn addresses(data: &Path) -> Vec<String> {
    newswire(data, &["feeds", "list"]).lines().map(|line| line.split('\t').next().unwrap().to_owned()).collect()
}

fn round(data: &Path, file: &str) {
    assert_eq!(newswire(data, &["feeds", "import", file]), "2 feeds in the file, 2 of them new or changed\n");
    assert_eq!(newswire(data, &["feeds", "import", file]), "2 feeds in the file, 0 of them new or changed\n");
    newswire(data, &["feeds", "add", "https://three.example/feed", "--country", "SE", "--tag", "north"]);
    newswire(data, &["feeds", "remove", "https://one.example/feed"]);
    assert_eq!(addresses(data), ["https://three.example/feed", "https://two.example/feed"]);
    let opml = newswire(data, &["feeds", "list", "--opml"]);
    assert!(opml.contains("publisherCountry=\"SE\"") && opml.contains("category=\"north\""), "{opml}");
    // A list does not take away what was added by hand, and brings back what it names.
    assert_eq!(newswire(data, &["feeds", "import", file]), "2 feeds in the file, 1 of them new or changed\n");
    assert_eq!(addresses(data).len(), 3);
    let (_, trouble, code) = run(data, &["feeds", "remove", "https://four.example/feed"]);
    assert!(code == 70 && trouble.contains("not on the list"), "{code}: {trouble}");
    let (_, trouble, code) = run(data, &["feeds", "add", "ftp://five.example/"]);
    assert!(code == 64 && trouble.contains("ftp://five.example/"), "{code}: {trouble}");
}

#[test]
fn feeds_are_written_to_the_file_while_nothing_runs() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("feeds.opml");
    std::fs::write(&file, LIST).unwrap();
    round(&folder.path().join("data"), file.to_str().unwrap());
}

#[test]
fn a_bad_address_is_named_and_the_others_are_taken() {
    let folder = tempfile::tempdir().unwrap();
    let (data, file) = (folder.path().join("data"), folder.path().join("feeds.opml"));
    let import = |list: &str| {
        std::fs::write(&file, list).unwrap();
        run(&data, &["feeds", "import", file.to_str().unwrap()])
    };
    let bad = r#"<outline type="rss" text="Bad" xmlUrl="ftp://bad.example/feed"/>"#;
    let reason = r#"the feed "Bad": "ftp://bad.example/feed" is not an http or https URL: another scheme"#;
    let among = LIST.replacen("/>\n", &format!("/>\n{bad}\n"), 1);
    let (said, trouble, code) = import(&among);
    assert_eq!((said.as_str(), code), ("3 feeds in the file, 2 of them new or changed, 1 refused\n", 0), "{trouble}");
    assert!(trouble.contains(reason), "{trouble}");
    assert_eq!(addresses(&data), ["https://one.example/feed", "https://two.example/feed"]);
    let (said, trouble, code) = import(&format!("<opml>{bad}</opml>"));
    assert!(said.is_empty() && code == 70 && trouble.contains(reason), "{code}: {said}{trouble}");
    let (_, trouble, code) = import("<html/>");
    assert!(code == 70 && trouble.contains("no OPML"), "{code}: {trouble}");
    assert_eq!(addresses(&data).len(), 2);
}

#[test]
fn feeds_are_written_through_the_process_that_holds_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("feeds.opml");
    std::fs::write(&file, LIST).unwrap();
    let data = folder.path().join("data");
    let (_runtime, _stop) = hold(&data);
    round(&data, file.to_str().unwrap());
}
