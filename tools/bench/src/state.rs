//! `bench state [DATA]`: bytes of the poller's state of a feed, and the time to decode it for a poll that answers 304.
//!
//! Each feed is one of the captured documents under a URL of its own, polled once: state and entries are those that the
//! poller writes. The captures have no headers, so each feed gets validators of common length.

use anyhow::Context as _;
use jiff::{SignedDuration, Timestamp};
use poller::{
    diff::Part,
    document::{Context, Document},
    fetch::Response,
    identity::{self, Fingerprint},
    poll::{Body, PollResult, apply},
};
use proto::{
    id, time,
    v1::{Feed, FeedEntries, FeedState},
    wire::{self, Encoding},
};
use serde_json::{Value, json};
use std::{fs, hint::black_box, path::Path, time::Instant};
use url::Url;

/// Number of turns of each time; the best one counts.
const TURNS: usize = 5;

/// A captured document.
struct Capture {
    host: String,
    document: Document,
    fingerprints: Vec<Fingerprint>,
}

/// The two records of a feed, and the one record that earlier versions wrote.
struct Stored {
    small: Vec<u8>,
    entries: Vec<u8>,
    single: Vec<u8>,
}

/// Prints a table unless `json` is set, and returns `{"feeds", "captures", "small": {"median", "p99"}, "entries": {..},
/// "single": {..}, "decode_ns": {"small", "single"}}`: bytes, and nanoseconds a record. `data` is a folder of
/// captures with a `manifest.json`, or one that has such a folder `publishers`.
///
/// # Errors
/// A capture cannot be read, or there is none.
#[expect(clippy::print_stdout, reason = "the table goes to standard output")]
pub fn run(data: &Path, feeds: usize, json: bool) -> anyhow::Result<Value> {
    let captures = captures(data)?;
    let now = Timestamp::now();
    let stored = (0..feeds)
        .map(|number| {
            let capture = captures.get(number % captures.len()).context("no captures")?;
            stored(capture, number, now)
        })
        .collect::<anyhow::Result<Vec<Stored>>>()?;
    let bytes = |of: fn(&Stored) -> usize| {
        let mut sizes: Vec<usize> = stored.iter().map(of).collect();
        sizes.sort_unstable();
        [sizes[sizes.len() / 2], sizes[sizes.len() * 99 / 100], sizes.iter().sum::<usize>() / sizes.len()]
    };
    let small = bytes(|one| one.small.len());
    let entries = bytes(|one| one.entries.len());
    let single = bytes(|one| one.single.len());
    let small_ns = decode_ns(stored.iter().map(|one| one.small.as_slice()))?;
    let single_ns = decode_ns(stored.iter().map(|one| one.single.as_slice()))?;
    if !json {
        println!("{feeds} feeds made from {} captures; bytes of a record, without key and headers", captures.len());
        println!("{:<28} {:>8} {:>8} {:>8} {:>12}", "record", "median", "p99", "mean", "decode, ns");
        let line = |name: &str, [median, p99, mean]: [usize; 3], decode: &str| {
            println!("{name:<28} {median:>8} {p99:>8} {mean:>8} {decode:>12}");
        };
        line("state", small, &format!("{small_ns:.0}"));
        line("entries", entries, "");
        line("both in one, as before", single, &format!("{single_ns:.0}"));
    }
    let object = |[median, p99, mean]: [usize; 3]| json!({ "median": median, "p99": p99, "mean": mean });
    Ok(json!({
        "feeds": feeds, "captures": captures.len(),
        "small": object(small), "entries": object(entries), "single": object(single),
        "decode_ns": { "small": small_ns, "single": single_ns },
    }))
}

/// The captures that are feeds, in the order of the manifest.
fn captures(data: &Path) -> anyhow::Result<Vec<Capture>> {
    let inner = data.join("publishers");
    let data = if inner.is_dir() { inner } else { data.to_owned() };
    let manifest = data.join("manifest.json");
    let manifest = fs::read(&manifest).with_context(|| manifest.display().to_string())?;
    let manifest: Vec<Value> = serde_json::from_slice(&manifest)?;
    let mut captures = Vec::new();
    for entry in manifest {
        let file = entry["file"].as_str().and_then(|file| file.rsplit('/').next()).context("an entry without file")?;
        let host = entry["host"].as_str().unwrap_or("publisher.example").to_owned();
        let bytes = fs::read(data.join(file)).with_context(|| file.to_owned())?;
        let url = format!("https://{host}/feed");
        let Ok(document) = poller::parse::read(&bytes, &Context::new(&url)) else { continue };
        let fingerprints = identity::fingerprints(&document);
        captures.push(Capture { host, document, fingerprints });
    }
    anyhow::ensure!(!captures.is_empty(), "no captures in {}", data.display());
    Ok(captures)
}

/// Polls a capture as the feed of this number, first with a document and then with 304.
fn stored(capture: &Capture, number: usize, now: Timestamp) -> anyhow::Result<Stored> {
    let url: Url = format!("https://www.{}/feeds/section-{number}/rss.xml", capture.host).parse()?;
    let feed = Feed { feed_id: id::feed_id(url.as_str()), url: url.to_string(), ..Feed::default() };
    let result = |status: u16, body: Body| {
        let response = Response {
            etag: format!("\"{}\"", id::digest(&[url.as_str().as_bytes()])),
            last_modified: "Sat, 28 Nov 2026 09:20:00 GMT".to_owned(),
            ..Response::bare(&url, status)
        };
        let feed_id = feed.feed_id.clone();
        PollResult {
            number: 0,
            feed_id,
            url: url.clone(),
            at: now,
            duration_ms: 0,
            bytes: 0,
            response: Ok((response, body)),
        }
    };
    let body = Body::Document {
        document: Box::new(capture.document.clone()),
        fingerprints: capture.fingerprints.clone(),
        hash: id::digest(&[b"body", url.as_str().as_bytes()]),
    };
    let base = SignedDuration::from_mins(5);
    let first = apply(&feed, None, || None, &result(200, body), Part::WHOLE, base);
    let entries = first.entries.unwrap_or_default();
    let state = apply(&feed, Some(first.state), || None, &result(304, Body::None), Part::WHOLE, base).state;
    let packed = identity::pack(&entries);
    let single = FeedState { entries_generation: 0, packed_entries: packed.clone(), ..state.clone() };
    let entries = FeedEntries { feed_id: state.feed_id.clone(), generation: state.entries_generation, packed };
    let encoding = Encoding::Protobuf;
    Ok(Stored {
        small: encoding.encode(&state)?,
        entries: encoding.encode(&entries)?,
        single: encoding.encode(&single)?,
    })
}

/// Nanoseconds to decode a record to the validators and the schedule of a poll.
fn decode_ns<'a>(records: impl Iterator<Item = &'a [u8]> + Clone) -> anyhow::Result<f64> {
    let count = records.clone().count();
    let mut best = f64::MAX;
    for _ in 0..TURNS {
        let started = Instant::now();
        for record in records.clone() {
            let state: FeedState = wire::decode(Some(Encoding::Protobuf.content_type()), record)?;
            black_box((&state.etag, state.next_poll_at.as_ref().and_then(time::from_wire)));
        }
        best = best.min(started.elapsed().as_secs_f64());
    }
    #[expect(clippy::cast_precision_loss, reason = "a number of records")]
    Ok(best * 1e9 / count.max(1) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_state_of_each_capture_is_measured() {
        let Some(data) = test_support::corpora::find("corpora/publishers") else { return };
        let result = run(&data, 100, true).unwrap();
        assert_eq!(result["feeds"], 100);
        for record in ["small", "entries", "single"] {
            assert!(result[record]["median"].as_u64().unwrap() > 100, "{record}");
        }
        assert!(result["small"]["median"].as_u64().unwrap() <= 300);
    }
}
