//! Bodies and documents that end early: only whole entries are published, and the others once the document is whole.

use crate::server::{Response, Server};
use crate::service::{Service, config, rss};
use jiff::SignedDuration;
use poller::{Config, fetch::Limits};
use proto::topic::{Names, Topic};
use std::{
    io::Write,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use stream::embedded::Embedded;

/// Serves the document up to a byte.
type Serve = fn(document: &[u8], end: usize) -> Response;

/// A compressed body of which the last bytes are missing.
fn packed(coding: &str, body: Vec<u8>) -> Response {
    let end = body.len() * 3 / 4;
    Response::new(200, body[..end].to_vec()).with("Content-Encoding", coding)
}

/// Ways in which a body ends early. A compressed one ends elsewhere.
const CUTS: [(&str, Serve); 7] = [
    ("content-length", |body, end| Response::new(200, &body[..end]).missing(body.len() - end)),
    ("closed", |body, end| Response::new(200, &body[..end]).no_length()),
    ("complete response", |body, end| Response::new(200, &body[..end])),
    ("chunked", |body, end| {
        let chunk = [format!("{end:x}\r\n").as_bytes(), &body[..end], b"\r\n"].concat();
        Response::new(200, chunk).with("Transfer-Encoding", "chunked").no_length()
    }),
    ("gzip", |body, _| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(body).unwrap();
        packed("gzip", encoder.finish().unwrap())
    }),
    ("deflate", |body, _| {
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(body).unwrap();
        packed("deflate", encoder.finish().unwrap())
    }),
    ("brotli", |body, _| {
        let mut out = Vec::new();
        brotli::BrotliCompress(&mut &*body, &mut out, &Default::default()).unwrap();
        packed("br", out)
    }),
];

/// Serves `whole` cut by `serve` until it has been polled three times, and then as it is. Returns the titles of the raw
/// items before and after, sorted.
fn titles(whole: &str, serve: impl Fn(&[u8]) -> Response + Send + Sync + 'static) -> (Vec<String>, Vec<String>) {
    let is_whole = Arc::new(AtomicBool::new(false));
    let (shown, body) = (Arc::clone(&is_whole), whole.as_bytes().to_vec());
    let server = Server::start(move |request| match request.path.as_str() {
        // Validators of the whole document: 304 to them would hide what was cut.
        "/feed" if request.header("if-none-match") == "\"v\"" => Response::new(304, ""),
        "/feed" if shown.load(Ordering::Relaxed) => Response::new(200, body.clone()).with("ETag", "\"v\""),
        "/feed" => serve(&body).with("ETag", "\"v\""),
        _ => Response::new(404, ""),
    });
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits { read: Duration::from_millis(300), ..Limits::default() };
    let config = Config { limits, ..config(SignedDuration::from_millis(100)) };
    let log = Arc::new(Embedded::open(folder.path()).unwrap());
    let service = Service::start_with("0", log, Names::default(), config);
    service.add(&server.url("/feed"), |feed| feed.backfill = "all".into());
    let titles = || {
        let mut titles: Vec<String> = service.items().into_iter().map(|item| item.title).collect();
        titles.sort();
        titles
    };
    server.until("/feed", 3, |_| true);
    let before = titles();
    is_whole.store(true, Ordering::Relaxed);
    server.until("/feed", server.requests("/feed").len() + 3, |_| true);
    service.until(Topic::FeedHealth, "OK", || {
        service.health(&server.url("/feed")).is_some_and(|health| health.failures == 0)
    });
    let after = titles();
    assert!(service.items().iter().all(|item| !item.warnings.iter().any(|warning| warning == "truncated")));
    service.stop();
    (before, after)
}

const NEWS: [(&str, &str); 3] = [("a", "First"), ("b", "Second"), ("c", "The third has a long headline")];

/// What is incompressible, so that a cut of the compressed body is a cut of the document.
fn padded(document: &str) -> String {
    let noise: String = (0..4_000_u32).map(|n| format!("{:08x}", n.wrapping_mul(2_654_435_761))).collect();
    document.replace("<title>The third", &format!("<category>{noise}</category><title>The third"))
}

#[test]
fn an_entry_in_which_the_body_ends_waits_for_the_next_poll() {
    for (kind, serve) in CUTS {
        let document = padded(&rss(&NEWS, 0));
        let end = document.find("long headline").unwrap();
        let (before, after) = titles(&document, move |body| serve(body, end));
        // The decoder of brotli may give nothing of a block that has not ended.
        let is_nothing = kind == "brotli" && before.is_empty();
        assert!(is_nothing || before == ["First", "Second"], "{kind}: {before:?}");
        assert_eq!(after, ["First", "Second", "The third has a long headline"], "{kind}");
    }
}

#[test]
fn an_entry_that_was_not_sent_in_time_waits_for_the_next_poll() {
    let document = rss(&NEWS, 0);
    let head = document.find("long headline").unwrap();
    // The server sends half of the body, and then waits.
    let stalled = move |body: &[u8]| {
        Response::new(200, body[..2 * head.min(body.len() / 2)].to_vec()).missing(9).stall(Duration::from_secs(20))
    };
    let (before, after) = titles(&document, stalled);
    assert!(before.iter().all(|title| NEWS.iter().any(|(_, whole)| title == whole)), "{before:?}");
    assert!(!before.is_empty() && before.len() < 3, "{before:?}");
    assert_eq!(after.len(), 3);
}

#[test]
fn documents_of_every_format_and_encoding_are_cut_between_entries() {
    let atom = "<feed xmlns='http://www.w3.org/2005/Atom'><title>t</title>\
         <entry><id>a</id><title>Först</title></entry><entry><id>b</id><title>The sécond has a long headline</title></entry></feed>";
    let json = "{\"version\":\"https://jsonfeed.org/version/1.1\",\"title\":\"t\",\"items\":[{\"id\":\"a\",\"title\":\"Först\",\
         \"content_text\":\"x\"},{\"id\":\"b\",\"title\":\"The sécond has a long headline\",\"content_text\":\"y\"}]}";
    for whole in [atom, json] {
        // Before, within and after the é.
        let at = whole.find('é').unwrap();
        for end in [at, at + 1, at + 2, whole.find("headline").unwrap()] {
            let (before, after) = titles(whole, move |body| Response::new(200, &body[..end]));
            assert_eq!(before, ["Först"], "{whole}: {end}");
            assert_eq!(after, ["Först", "The sécond has a long headline"], "{whole}: {end}");
        }
    }
}

#[test]
fn a_body_without_a_whole_entry_is_a_failure() {
    let server = Server::start(|request| match request.path.as_str() {
        "/feed" => Response::new(200, "<rss version='2.0'><channel><title>Half a").missing(100),
        _ => Response::new(404, ""),
    });
    let folder = tempfile::tempdir().unwrap();
    let service = Service::start(folder.path());
    service.add(&server.url("/feed"), |_| {});
    service.until_status(&server.url("/feed"), "FAILING");
    let health = service.health(&server.url("/feed")).unwrap();
    assert!(health.polls.first().unwrap().error.contains("ended early"), "{health:?}");
    service.stop();
}
