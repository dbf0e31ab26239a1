use crate::support::{hold, json, newswire, run, until};
use proto::{
    partition,
    topic::{InTopic, Topic},
    v1::{Article, RawItem, Withdrawal},
    vocab::kind,
    wire::{Encoding, Message},
};
use std::{ops::ControlFlow, time::Duration};
use stream::{Outgoing, Runtime, Start};

const FEED: &str = "https://news.example/feed";

fn entry(path: &str, feed: &str) -> RawItem {
    let url = format!("https://news.example/{path}");
    RawItem {
        article_id: proto::id::article_id(&url),
        kind: kind::ENTRY.into(),
        feed_id: proto::id::feed_id(feed),
        url: url.clone(),
        canonical_url: url,
        title: format!("Story {path}"),
        content: "<p>The tide was high.</p>".into(),
        ..RawItem::default()
    }
}

fn append<M: InTopic>(runtime: &Runtime, id: &str, message: &M) {
    let record = Outgoing {
        topic: runtime.names.of(M::TOPIC),
        partition: partition::of(id.as_bytes(), runtime.partitions),
        key: id.as_bytes().to_vec(),
        value: Some(Encoding::Json.encode(message).unwrap()),
        headers: Vec::new(),
    };
    runtime.log.append(vec![record]).unwrap();
}

fn all<M: InTopic + Message>(runtime: &Runtime) -> Vec<M> {
    let mut found = Vec::new();
    stream::scan(&*runtime.log, &runtime.names.of(M::TOPIC), Start::Beginning, Duration::from_secs(20), |record| {
        found.extend(record.decode::<M>());
        ControlFlow::Continue(())
    })
    .unwrap();
    found
}

/// Waits until the last record of the article is of this change and revision.
fn until_published(runtime: &Runtime, id: &str, change: &str, revision: i32) -> Article {
    let last = || all::<Article>(runtime).into_iter().rfind(|article| article.article_id == id);
    until(runtime, Topic::Articles, &format!("{change} {revision}"), || {
        last().is_some_and(|article| article.change == change && article.revision == revision)
    });
    last().unwrap()
}

/// Runs the normaliser until the returned function is called.
fn normaliser(runtime: &Runtime) -> impl FnOnce() + use<> {
    let (running, shutdown) = (runtime.clone(), runtime.shutdown.clone());
    let thread = std::thread::spawn(move || {
        let tokio = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        tokio.block_on(normaliser::run(normaliser::Config::default(), running))
    });
    move || {
        shutdown.cancel();
        thread.join().unwrap().unwrap();
    }
}

#[test]
fn articles_are_withdrawn_and_restored_by_id_url_and_feed() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let (runtime, _stop) = hold(&data);
    let stop = normaliser(&runtime);
    let (own, shared) = (entry("own", FEED), entry("shared", FEED));
    let id = own.article_id.as_str();
    append(&runtime, id, &own);
    append(&runtime, &shared.article_id, &shared);
    append(&runtime, &shared.article_id, &entry("shared", "https://other.example/feed"));
    let first = until_published(&runtime, id, "NEW", 1);
    until_published(&runtime, &shared.article_id, "NEW", 1);

    let shown = newswire(&data, &["articles", "withdraw", "--dry-run", &own.url]);
    assert!(shown.contains(&format!("{id}  withdraw would be written to news.raw.v1[")), "{shown}");
    assert_eq!(all::<RawItem>(&runtime).len(), 3, "a dry run writes nothing");

    // A tracking parameter and a fragment do not make another article.
    let unknown = proto::id::article_id("https://news.example/unknown");
    let url = format!("{}?utm_source=x#top", own.url);
    let shown = newswire(&data, &["articles", "withdraw", &url, &unknown]);
    let lines: Vec<&str> = shown.lines().collect();
    assert!(lines[1].starts_with(id) && lines[1].ends_with("  Story own"), "{shown}");
    assert!(lines[2].starts_with(&unknown) && lines[2].contains("not on the log; remembered"), "{shown}");
    assert_eq!(lines[3], "2 articles");
    let withdrawn = until_published(&runtime, id, "WITHDRAWN", 2);
    assert_eq!((withdrawn.title.as_str(), withdrawn.url.as_str()), ("", own.url.as_str()));
    until(&runtime, Topic::Withdrawals, "the unknown article is withdrawn", || all::<Withdrawal>(&runtime).len() == 2);
    let why = newswire(&data, &["why", id]);
    for step in ["story", "Story own", "WITHDRAW by an operator", "WITHDRAWN revision 2", "withdrawn since 20"] {
        assert!(why.contains(step), "{step}: {why}");
    }

    assert!(newswire(&data, &["articles", "withdraw", id]).contains("already withdrawn"));
    assert!(newswire(&data, &["articles", "restore", &shared.url]).contains("not withdrawn; ignored"));
    assert!(newswire(&data, &["articles", "restore", id]).contains("with its last text"));
    let restored = until_published(&runtime, id, "UPDATED", 3);
    // The language that was found is the item's declaration now.
    let language_confidence = restored.language_confidence;
    assert_eq!(restored, Article { revision: 3, change: "UPDATED".into(), language_confidence, ..first });

    // Of the feed's two articles only one was shown by no other feed.
    let shown = json(&data, &["articles", "withdraw", "--feed", FEED]);
    assert_eq!((shown.len(), &shown[0]["article_id"], &shown[0]["written"]), (1, &id.into(), &true.into()));
    until_published(&runtime, id, "WITHDRAWN", 4);
    let (_, error, code) = run(&data, &["articles", "withdraw", "--feed", FEED]);
    assert!(code == 70 && error.contains("no article to withdraw was shown by feed"), "{code}: {error}");
    stop();
    let articles = all::<Article>(&runtime);
    drop((runtime, _stop));

    // Only the published articles are left: the rebuilt state keeps the article withdrawn.
    let data = folder.path().join("rebuilt");
    let (runtime, stop) = hold(&data);
    articles.iter().for_each(|article| append(&runtime, &article.article_id, article));
    drop((runtime, stop));
    let shown = newswire(&data, &["topics", "rebuild-state"]);
    assert!(shown.contains("2 withdrawals written to news.withdrawals.v1"), "{shown}");
    assert!(newswire(&data, &["articles", "restore", "--feed", FEED, "--dry-run"]).contains("with its last text"));
    let (runtime, _stop) = hold(&data);
    let stop = normaliser(&runtime);
    append(&runtime, id, &own);
    newswire(&data, &["articles", "restore", id]);
    until_published(&runtime, id, "UPDATED", 5);
    assert_eq!(all::<Article>(&runtime).len(), articles.len() + 1, "the entry before the restoration was dropped");
    stop();
}

#[test]
fn the_articles_of_a_feed_with_a_credential_are_found_by_its_url() {
    let folder = tempfile::tempdir().unwrap();
    let (data, file) = (folder.path().join("data"), folder.path().join("credentials.json"));
    let (runtime, _stop) = hold(&data);
    let url = format!("{FEED}?token=s3cret-of-one");
    newswire(&data, &["feeds", "add", &url, "--credentials-file", file.to_str().unwrap()]);
    let feed_id = proto::id::feed_id_with(&format!("{FEED}?token=***"), "news.example");
    let RawItem { article_id, url: page, .. } = entry("own", FEED);
    let article = Article { article_id, url: page, feed_ids: vec![feed_id.clone()], ..Article::default() };
    append(&runtime, &article.article_id, &article);
    for given in [&url, &format!("{FEED}?token=***"), &feed_id] {
        let shown = json(&data, &["articles", "withdraw", "--dry-run", "--feed", given]);
        assert!(shown.len() == 1 && shown[0]["article_id"] == *article.article_id, "{given}: {shown:?}");
    }
    let (_, error, code) =
        run(&data, &["articles", "withdraw", "--feed", &format!("{FEED}?token=s3cret-of-another&a=1")]);
    assert!(code == 70 && !error.contains("s3cret"), "{error}");
}

#[test]
fn a_wrong_id_url_or_feed_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    for (arguments, message) in [
        (&["articles", "withdraw", "story", "ftp://news.example/a"][..], "\"story\" is neither an article id nor"),
        (&["articles", "withdraw", "story", "ftp://news.example/a"][..], "\"ftp://news.example/a\" is neither"),
        (&["articles", "restore", "--feed", "feed"][..], "neither a feed id nor the URL of a feed"),
        (&["articles", "restore"][..], "required"),
        (&["articles", "withdraw", "https://news.example/a", "--feed", FEED][..], "cannot be used with"),
    ] {
        let (printed, error, code) = run(&data, arguments);
        assert!(code == 64 && printed.is_empty() && error.contains(message), "{arguments:?}: {code}: {error}");
    }
    // Without a log a withdrawal is written for the normaliser's first start.
    let shown = newswire(&data, &["articles", "withdraw", "https://news.example/a"]);
    assert!(shown.contains("written to news.raw.v1[") && shown.contains("not on the log"), "{shown}");
}
