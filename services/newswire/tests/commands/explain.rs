use crate::support::{hold, newswire, run};
use proto::{
    partition,
    topic::Topic,
    v1::RawItem,
    vocab::{form, kind},
    wire::Encoding,
};

fn entry() -> RawItem {
    RawItem {
        article_id: proto::id::article_id("https://example.org/dam"),
        kind: kind::ENTRY.into(),
        feed_url: "https://feeds.feedburner.com/examplepost".into(),
        feed_title: "Example Post".into(),
        url: "http://feedproxy.google.com/~r/examplepost/~3/x/".into(),
        canonical_url: "https://example.org/dam".into(),
        title: "The <video> of a dam - Example Post".into(),
        title_form: form::TEXT.into(),
        content: "<p>The dam opened.</p><p>Advertisement</p><p>It closed.</p><p>Post a Comment</p>".into(),
        language: "en".into(),
        ..RawItem::default()
    }
}

#[test]
fn a_story_is_explained_by_url_and_by_id() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let (runtime, _stop) = hold(&data);
    let raw = entry();
    runtime
        .log
        .append(vec![stream::Outgoing {
            topic: runtime.names.of(Topic::Raw),
            partition: partition::of(raw.article_id.as_bytes(), runtime.partitions),
            key: raw.article_id.clone().into_bytes(),
            value: Some(Encoding::Json.encode(&raw).unwrap()),
            headers: Vec::new(),
        }])
        .unwrap();
    let shown = newswire(&data, &["explain", "https://example.org/dam?utm_source=x"]);
    for part in [
        "title as given (TEXT): The <video> of a dam - Example Post",
        "title without the name of the site: The <video> of a dam",
        "cut (within, en/advertisement): Advertisement",
        "cut (end, en/comments): Post a Comment",
        "publisher: Example Post (by the feed), domain example.org (by the link)",
        "carrier: FeedBurner (by the feed)",
        "language: en",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    assert_eq!(newswire(&data, &["explain", &raw.article_id]), shown);
    assert_eq!(newswire(&data, &["explain", &raw.url]), shown);
    let json: serde_json::Value = serde_json::from_str(&newswire(&data, &["explain", "--json", &raw.url])).unwrap();
    assert_eq!(json["title"]["after"], "The <video> of a dam");
    assert_eq!(json["body"]["cut"][0]["rule"], "en/advertisement");
    assert_eq!(json["publisher"]["carrier"], "FeedBurner");
    let (_, error, code) = run(&data, &["explain", "https://example.org/other"]);
    assert!(code == 70 && error.contains("holds no text of https://example.org/other"), "{code}: {error}");
    let (_, error, code) = run(&data, &["explain", "dam"]);
    assert!(code == 64 && error.contains("neither a URL nor an id"), "{code}: {error}");
}
