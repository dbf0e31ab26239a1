//! Bytes of the file for the bytes of key, value and headers that it keeps.

use crate::help;
use proto::{topic::Retention, v1, wire};
use std::{
    path::Path,
    sync::atomic::{AtomicI64, Ordering},
};
use stream::{
    Admin, Log, Outgoing,
    embedded::{Embedded, Options},
};

const HOUR: i64 = 3_600_000;

/// Text that compresses as news does: words of a small vocabulary, each with a number of its own now and then.
fn text(seed: u64, bytes: usize) -> String {
    const WORDS: [&str; 24] = [
        "the", "minister", "said", "on", "Tuesday", "that", "a", "ferry", "between", "Mombasa", "and", "Tanga",
        "would", "sail", "again", "after", "two", "years", "of", "repairs", "to", "its", "pier", "harbour",
    ];
    let mut state = seed | 1;
    let mut text = String::new();
    while text.len() < bytes {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        text.push_str(WORDS[usize::try_from(state >> 33).unwrap() % WORDS.len()]);
        if state >> 60 == 0 {
            text.push_str(&(state >> 40).to_string());
        }
        text.push(' ');
    }
    text
}

/// Writes records of `make`, in transactions of different sizes, to four partitions; file bytes a kept byte, in percent.
fn percent(folder: &Path, count: u64, mut make: impl FnMut(u64) -> Vec<Outgoing>) -> u64 {
    let log = Embedded::open(folder).unwrap();
    let topics = ["raw", "articles", "enriched"]
        .map(|name| stream::TopicSpec { partitions: 4, ..help::topic(name, Retention::Delete(HOUR)) });
    log.ensure_topics(&topics).unwrap();
    log.ensure_topics(&[stream::TopicSpec { partitions: 4, ..help::topic("state", Retention::Compact) }]).unwrap();
    let mut waiting = Vec::new();
    for number in 0..count {
        waiting.extend(
            make(number)
                .into_iter()
                .map(|record| Outgoing { partition: i32::try_from(number * 7 % 4).unwrap(), ..record }),
        );
        if number % 23 == 0 || number % 3 == 1 {
            log.append(std::mem::take(&mut waiting)).unwrap();
        }
    }
    log.append(waiting).unwrap();
    log.sweep().unwrap();
    let on_disk = log.on_disk().unwrap().unwrap();
    on_disk.file_bytes * 100 / on_disk.kept_bytes
}

/// The records of an article of 2 KB: as fetched, as article, enriched, and its state.
fn article(number: u64) -> Vec<Outgoing> {
    let id = proto::id::article_id(&number.to_string());
    let body = text(number, 2_000);
    let html = format!("<p>{}</p>", body.replace(" said", "</p><p>said"));
    let of = |topic: &str, event_type: &str, value: Vec<u8>| Outgoing {
        topic: topic.into(),
        partition: 0,
        key: id.clone().into_bytes(),
        value: Some(value),
        headers: wire::headers(
            wire::Encoding::Json,
            &wire::Attributes {
                id: &format!("{topic}/{id}"),
                event_type,
                source: "newswire/test",
                time: jiff::Timestamp::UNIX_EPOCH,
            },
            None,
        ),
    };
    let json = wire::Encoding::Json;
    let raw = v1::RawItem { article_id: id.clone(), content: html.clone(), ..Default::default() };
    let article =
        v1::Article { article_id: id.clone(), body: body.clone(), body_html: html.clone(), ..Default::default() };
    let enriched = v1::EnrichedArticle { article_id: id.clone(), body, body_html: html, ..Default::default() };
    let state =
        v1::ArticleState { article_id: id.clone(), revision: 1, content_hash: id.clone(), ..Default::default() };
    vec![
        of("raw", "news.v1.RawItem", json.encode(&raw).unwrap()),
        of("articles", "news.v1.Article", json.encode(&article).unwrap()),
        of("enriched", "news.v1.EnrichedArticle", json.encode(&enriched).unwrap()),
        of("state", "news.v1.ArticleState", wire::Encoding::Protobuf.encode(&state).unwrap()),
    ]
}

fn noisy(topic: &str, number: u64, bytes: usize) -> Outgoing {
    Outgoing { value: Some(help::noise(number, bytes)), ..help::record(topic, &format!("key {number}"), None) }
}

#[test]
fn articles_take_less_than_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let percent = percent(folder.path(), 500, article);
    eprintln!("articles of 2 KB: {percent} % of the bytes of key, value and headers");
    assert!(percent < 100, "{percent} %");
}

#[test]
fn records_that_do_not_compress_take_at_most_half_as_much_again() {
    for bytes in [900, 2_050, 4_200, 17_000] {
        let folder = tempfile::tempdir().unwrap();
        let count = 2_000_000 / bytes as u64;
        let percent = percent(folder.path(), count, |number| vec![noisy("raw", number, bytes)]);
        eprintln!("records of {bytes} bytes: {percent} %");
        assert!(percent <= 150, "{percent} % with records of {bytes} bytes");
    }
}

#[test]
fn the_file_of_a_changing_log_stays_within_bounds() {
    static NOW: AtomicI64 = AtomicI64::new(1_000 * HOUR);
    let now = || NOW.load(Ordering::SeqCst);
    let folder = tempfile::tempdir().unwrap();
    let options =
        Options { clock: now, elapsed: now, small_file: 1_000_000, compaction_lag_ms: 0, ..Options::default() };
    let log = Embedded::open_with(folder.path(), options).unwrap();
    log.ensure_topics(&[help::topic("news", Retention::Delete(HOUR)), help::topic("state", Retention::Compact)])
        .unwrap();
    for round in 0..30 {
        for batch in 0..10 {
            let number = |index: u64| (round * 10 + batch) * 20 + index;
            let records = (0..20).map(|index| noisy("news", number(index), 2_000));
            let state = (0..20).map(|index| noisy("state", number(index) % 700, 300));
            log.append(records.chain(state).collect()).unwrap();
        }
        NOW.fetch_add(HOUR / 8, Ordering::SeqCst);
        log.sweep().unwrap();
    }
    let stream::OnDisk { file_bytes: file, kept_bytes: kept, .. } = log.on_disk().unwrap().unwrap();
    assert!(file <= kept * 3 / 2, "{file} bytes of file for {kept} bytes");
}
