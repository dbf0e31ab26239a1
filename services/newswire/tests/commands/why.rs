use crate::support::{Lines, hold, newswire};
use proto::{partition, topic::Topic};
use std::{
    process::{Child, Command, Stdio},
    time::Duration,
};
use test_support::wait::eventually;

/// A child process, killed when it is dropped.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

#[test]
fn a_refused_feed_definition_is_shown() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let (runtime, _stop) = hold(&data);
    let id = proto::id::feed_id("https://news.example/feed");
    let definition = stream::Record {
        topic: runtime.names.of(Topic::Feeds),
        partition: 2,
        offset: 7,
        timestamp_ms: 0,
        key: id.clone().into_bytes(),
        value: Some(b"{}".to_vec()),
        headers: Vec::new(),
    };
    assert!(newswire(&data, &["why", "https://news.example/feed"]).starts_with("never seen"));
    let dead_letter =
        stream::DeadLetter::new("poller", "bad-feed", "it has no address", definition, jiff::Timestamp::now());
    let to = partition::of(id.as_bytes(), runtime.partitions);
    runtime.log.append(vec![dead_letter.to_outgoing(&runtime.names.of(Topic::DeadLetter), to)]).unwrap();
    let shown = newswire(&data, &["why", "https://news.example/feed"]);
    assert!(shown.contains("not on the list") && shown.contains("bad-feed, attempt 1: it has no address"), "{shown}");
    assert_eq!(newswire(&data, &["why", &id]).lines().nth(2), shown.lines().nth(2));
}

/// The whole pipeline on the sample publishers; the command runs alongside it and after SIGTERM.
#[test]
fn a_story_is_followed_from_its_feed_to_the_enriched_topic() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let port = test_support::port::free().to_string();
    let child = Command::new(env!("CARGO_BIN_EXE_newswire"))
        .args(["run", "--sample", "--poll-interval", "1s", "--partitions", "3", "--listen", "127.0.0.1:0"])
        .args(["--sample-port", &port, "--host-interval", "10ms", "--data"])
        .arg(&data)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut child = Running(child);
    // A command that ran before would open the file itself.
    Lines::of(child.0.stderr.take().unwrap()).until("newswire is ready", |line| line.contains("enricher ready"));
    let tail = Command::new(env!("CARGO_BIN_EXE_newswire"))
        .args(["tail", "enriched", "--from", "beginning", "--values", "--partitions", "3", "--data"])
        .arg(&data)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut tail = Running(tail);
    let mut seen = String::new();
    Lines::of(tail.0.stdout.take().unwrap()).until("enriched stories of every publisher", |line| {
        seen.push_str(line);
        seen.push('\n');
        (2..6).all(|host| seen.contains(&format!("127.0.0.{host}:")))
    });
    drop(tail);
    // Of the publisher whose feed has summaries only: the pages of the others are not fetched.
    let of_summary = |article: &serde_json::Value| article["url"].as_str().unwrap().starts_with("http://127.0.0.4:");
    let first = seen.lines().map(|line| serde_json::from_str(line).unwrap()).find(of_summary).unwrap();
    let url = first["url"].as_str().unwrap();
    let mut shown = String::new();
    // Its page may come between two commands.
    eventually(Duration::from_secs(60), "the story with its page, by URL and by id", || {
        shown = newswire(&data, &["why", url]);
        shown.contains("  page: ") && newswire(&data, &["why", first["article_id"].as_str().unwrap()]) == shown
    });
    for step in
        ["in the feed", "polled: news.raw.v1", "admitted: revision", "NEW revision 1", "published: news.enriched.v1"]
    {
        assert!(shown.contains(step), "{step}: {shown}");
    }
    // Its first poll is over once all parts of it are published.
    eventually(Duration::from_secs(60), "the feed with its first poll", || {
        let feed = newswire(&data, &["why", &format!("http://127.0.0.2:{port}/rss.xml")]);
        feed.contains("OK, title \"The Larkfield Courier\"") && feed.contains("NEW_ENTRIES")
    });
    assert!(newswire(&data, &["why", "http://127.0.0.2/nothing"]).starts_with("never seen"));

    let stopped = Command::new("kill").arg(child.0.id().to_string()).status().unwrap();
    assert!(stopped.success());
    assert!(child.0.wait().unwrap().success(), "the drain ended within its deadline");
    assert!(newswire(&data, &["why", url]).contains("published: news.enriched.v1"));
}
