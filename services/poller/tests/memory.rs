//! Small in, small out: what a feed of at most a megabyte costs in memory and in bytes of the log. The allocator counts the
//! whole process, so this test has one of its own.
#![expect(clippy::unwrap_used, reason = "clippy exempts test functions, not the functions that they call")]

#[path = "poller/server.rs"]
#[expect(dead_code, reason = "shared with the other tests")]
mod server;
#[path = "poller/service.rs"]
#[expect(dead_code, reason = "shared with the other tests")]
mod service;

use peak_alloc::PeakAlloc;
use proto::topic::Topic;
use server::{Response, Server};
use service::Service;
use std::collections::HashSet;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// Bytes of what a hostile feed repeats.
const LONG: usize = 900_000;
/// Bytes that a poll may take beyond those before it: the document decoded, its items, the log's buffers.
const MAX_MEMORY: usize = 96 << 20;

fn rss(channel: &str, items: &str) -> String {
    format!("<rss version='2.0' xmlns:atom='http://www.w3.org/2005/Atom'><channel>{channel}{items}</channel></rss>")
}

fn items(count: usize) -> String {
    (0..count).map(|n| format!("<item><guid>{n}</guid><title>t{n}</title></item>")).collect()
}

fn json(feed: &str, count: usize) -> String {
    let items: Vec<String> = (0..count).map(|n| format!("{{\"id\":\"{n}\",\"content_text\":\"t{n}\"}}")).collect();
    format!("{{\"version\":\"https://jsonfeed.org/version/1.1\",{feed}\"items\":[{}]}}", items.join(","))
}

/// Feeds that repeat something in each of their items, by number of items.
fn hostile() -> Vec<(&'static str, usize, Response)> {
    let long = "x".repeat(LONG);
    let names =
        |tag: &str| (0..LONG / 40).map(|n| format!("<{tag}>{n} {}</{tag}>", "y".repeat(20))).collect::<String>();
    let ok = |body: String| Response::new(200, body);
    vec![
        ("title", 5_000, ok(rss(&format!("<title>{long}</title>"), &items(5_000)))),
        ("language", 5_000, ok(rss(&format!("<title>t</title><language>{long}</language>"), &items(5_000)))),
        ("copyright", 5_000, ok(rss(&format!("<title>t</title><copyright>{long}</copyright>"), &items(5_000)))),
        ("link", 5_000, ok(rss(&format!("<title>t</title><link>https://a.example/{long}</link>"), &items(5_000)))),
        ("hubs", 2_000, ok(rss(&format!("<atom:link rel='hub' href='https://a.example/{long}'/>"), &items(2_000)))),
        ("categories", 5_000, ok(rss(&names("category"), &items(5_000)))),
        ("title of a JSON Feed", 5_000, ok(json(&format!("\"title\":\"{long}\","), 5_000))),
        ("language of a JSON Feed", 5_000, ok(json(&format!("\"language\":\"{long}\","), 5_000))),
        ("author of a JSON Feed", 5_000, ok(json(&format!("\"authors\":[{{\"name\":\"{long}\"}}],"), 5_000))),
        ("authors of an Atom feed", 5_000, {
            let entries: String =
                (0..5_000).map(|n| format!("<entry><id>{n}</id><title>t{n}</title></entry>")).collect();
            let authors: String =
                (0..9_000).map(|n| format!("<author><name>{n} {}</name></author>", "y".repeat(50))).collect();
            ok(format!("<feed xmlns='http://www.w3.org/2005/Atom'>{authors}{entries}</feed>"))
        }),
        ("ETag", 5_000, ok(rss("", &items(5_000))).with("ETag", &format!("\"{}\"", "x".repeat(380_000)))),
        ("very small items", 5_000, ok(rss("", &items(5_000))).with("ETag", "\"v\"")),
        ("Last-Modified", 5_000, ok(rss("", &items(5_000))).with("Last-Modified", &"x".repeat(380_000))),
        (
            "Content-Type",
            5_000,
            ok(rss("", &items(5_000))).with("Content-Type", &format!("text/xml; x={}", "x".repeat(380_000))),
        ),
        ("Content-Language", 5_000, ok(rss("", &items(5_000))).with("Content-Language", &"x".repeat(380_000))),
        ("Content-Location", 3_000, {
            let links: String = (0..3_000).map(|n| format!("<item><link>{n}</link></item>")).collect();
            ok(rss("", &links)).with("Content-Location", &format!("http://a.example/{}/", "x".repeat(380_000)))
        }),
        ("an entity", 1_000, {
            let entries = "<item><guid>G</guid><title>&a;&a;&a;&a;</title></item>";
            let entries: String = (0..1_000).map(|n| entries.replace('G', &n.to_string())).collect();
            ok(format!("<!DOCTYPE rss [<!ENTITY a '{}'>]>{}", "x".repeat(1_000), rss("", &entries)))
        }),
        ("attributes", 1, {
            let attributes: String = (0..LONG / 8).map(|n| format!("a{n}='' ")).collect();
            ok(rss(
                "",
                &format!(
                    "<item><guid>1</guid><title>t</title><enclosure {attributes} url='https://a.example/1'/></item>"
                ),
            ))
        }),
        ("values of a JSON Feed", 1, {
            let tags = format!("[{}0]", "0,".repeat(100)).repeat(1);
            let tags = format!("{tags},").repeat(LONG / tags.len());
            ok(format!(
                "{{\"version\":\"https://jsonfeed.org/version/1.1\",\"items\":[{{\"id\":\"1\",\"title\":\"t\",\"tags\":[{tags}0]}}]}}"
            ))
        }),
    ]
}

#[test]
fn a_small_feed_takes_little_memory_and_little_of_the_log() {
    for (kind, count, response) in hostile() {
        let headers = response.headers.iter().map(|(name, value)| name.len() + value.len());
        let read = response.body.len() + headers.sum::<usize>();
        let server = Server::start(move |request| match request.path.as_str() {
            "/feed" => response.clone(),
            _ => Response::new(404, ""),
        });
        let folder = tempfile::tempdir().unwrap();
        let service = Service::start(folder.path());
        let before = MEMORY.current_usage();
        MEMORY.reset_peak_usage();
        service.add(&server.url("/feed"), |feed| feed.backfill = "all".into());
        let done = |name: &str| {
            service.until(Topic::FeedHealth, name, || {
                let health = service.health(&server.url("/feed"));
                health.is_some_and(|health| {
                    health
                        .polls
                        .first()
                        .is_some_and(|poll| poll.outcome == "NOT_MODIFIED" || poll.outcome == "NOTHING_NEW")
                })
            });
        };
        done(kind);
        // What the first poll left was read again: without validators it is not answered with 304.
        let second = server.requests("/feed").into_iter().nth(1).unwrap();
        assert!(count < 5_000 || second.header("if-none-match").is_empty(), "{kind}");
        let peak = MEMORY.peak_usage().saturating_sub(before);
        let records = service.records(Topic::Raw);
        let keys: HashSet<&[u8]> = records.iter().map(|record| record.key.as_slice()).collect();
        assert_eq!((records.len(), keys.len()), (count, count), "{kind}: each item once");
        let written: usize = records.iter().map(|record| record.value.as_ref().map_or(0, Vec::len)).sum();
        println!("{kind}: {read} bytes in, {written} out, peak {} kB", peak >> 10);
        assert!(written <= 4 * read + count * 4_000, "{kind}: {written} bytes out of {read}");
        assert!(peak <= MAX_MEMORY, "{kind}: peak {} kB", peak >> 10);
        service.stop();
    }
}
