use crate::failing_commits::failing;
use crate::server::{Request, Response, Server};
use crate::service::{PARTITIONS, Service, config, rss};
use jiff::{SignedDuration, Timestamp};
use poller::schedule::clock::Clock;
use proto::{
    partition,
    topic::{Names, Topic},
    v1::{PageRequest, PageState, RawItem},
    vocab::kind,
    wire::Encoding,
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use stream::{Outgoing, embedded::Embedded};

const PAGE: &str = "<html><head><title>Ferry</title><meta property=\"og:title\" content=\"Ferry returns\">\
    <script>track()</script></head><body><p>The ferry sails again.</p></body></html>";

fn html(body: &str) -> Response {
    Response::new(200, body).with("Content-Type", "text/html; charset=utf-8")
}

/// A site whose pages `page` answers. It has neither robots.txt nor other rules.
fn site(page: impl Fn(&Request) -> Response + Send + Sync + 'static) -> Server {
    Server::start(move |request| match request.path.as_str() {
        "/robots.txt" | "/.well-known/tdmrep.json" => Response::new(404, ""),
        _ => page(request),
    })
}

fn id(name: &str) -> String {
    proto::id::article_id(&format!("https://example.org/{name}"))
}

/// Asks for the page under `/NAME` of a server.
fn ask(service: &Service, server: &Server, name: &str) {
    ask_at(service, server, name, Timestamp::now());
}

fn ask_at(service: &Service, server: &Server, name: &str, at: Timestamp) {
    let url = server.url(&format!("/{name}"));
    let entry = RawItem { article_id: id(name), kind: kind::ENTRY.into(), title: name.into(), ..RawItem::default() };
    let request = PageRequest {
        article_id: id(name),
        url: url.to_string(),
        requested_at: Some(proto::time::to_wire(at)),
        entry: Some(entry),
        ..PageRequest::default()
    };
    let record = Outgoing {
        topic: service.runtime.names.of(Topic::PageRequests),
        partition: partition::of_host(url.host_str().unwrap(), PARTITIONS),
        key: id(name).into_bytes(),
        value: Some(Encoding::Json.encode(&request).unwrap()),
        headers: Vec::new(),
    };
    service.runtime.log.append(vec![record]).unwrap();
}

fn pages(service: &Service) -> Vec<RawItem> {
    service.items().into_iter().filter(|item| item.kind == kind::PAGE).collect()
}

/// Waits for this number of pages, failed or not.
fn until_pages(service: &Service, count: usize) -> Vec<RawItem> {
    service.until(Topic::Raw, "the pages", || pages(service).len() >= count);
    pages(service)
}

/// Why there is no page.
fn failure(server: &Server) -> String {
    let folder = tempfile::tempdir().unwrap();
    let service = Service::start(folder.path());
    ask(&service, server, "page");
    let failure = until_pages(&service, 1).remove(0).page_failure;
    assert_eq!(service.table::<PageState>(Topic::PageState)[&id("page")], None, "its row is removed");
    service.stop();
    failure
}

#[test]
fn a_page_is_published_with_its_metadata_and_its_entry() {
    let server = site(|_| html(PAGE).with("Content-Language", "en-GB"));
    let folder = tempfile::tempdir().unwrap();
    let service = Service::start(folder.path());
    ask(&service, &server, "page");
    let page = until_pages(&service, 1).remove(0);
    assert_eq!((page.article_id.as_str(), page.page_failure.as_str()), (id("page").as_str(), ""));
    assert_eq!(page.entry.unwrap().title, "page");
    assert!(page.content.contains("sails again") && !page.content.contains("track()"), "{}", page.content);
    assert_eq!(page.page.unwrap().title, "Ferry returns");
    let fetch = page.fetch.unwrap();
    assert_eq!((fetch.final_url, fetch.http_status), (server.url("/page").to_string(), 200));
    assert_eq!(fetch.content_language, "en-GB");
    let sent = &server.requests("/page")[0];
    assert!(sent.header("accept").starts_with("text/html") && sent.header("user-agent").starts_with("newswire/"));
    service.stop();
}

#[test]
fn a_disallowed_page_is_not_requested() {
    let server = Server::start(|request| match request.path.as_str() {
        "/robots.txt" => Response::new(200, "User-agent: *\nDisallow: /page\n"),
        _ => html(PAGE),
    });
    assert_eq!(failure(&server), "robots");
    assert!(server.requests("/page").is_empty());
}

#[test]
fn a_page_whose_site_reserves_text_and_data_mining_is_not_requested() {
    let server = Server::start(|request| match request.path.as_str() {
        "/robots.txt" => Response::new(404, ""),
        "/.well-known/tdmrep.json" => Response::new(200, r#"[{"location": "/", "tdm-reservation": 1}]"#),
        _ => html(PAGE),
    });
    assert_eq!(failure(&server), "opted-out");
    assert!(server.requests("/page").is_empty());
}

#[test]
fn a_page_that_opts_out_is_not_published() {
    assert_eq!(failure(&site(|_| html(PAGE).with("X-Robots-Tag", "noai"))), "opted-out");
    assert_eq!(failure(&site(|_| html(PAGE).with("tdm-reservation", "1"))), "opted-out");
    let meta = PAGE.replace("<title>", "<meta name=\"robots\" content=\"noai\"><title>");
    assert_eq!(failure(&site(move |_| html(&meta))), "opted-out");
}

#[test]
fn what_is_no_page_is_named() {
    assert_eq!(failure(&site(|_| Response::new(200, "%PDF").with("Content-Type", "application/pdf"))), "not-html");
    assert_eq!(failure(&site(|_| Response::new(403, ""))), "status");
    assert_eq!(failure(&site(|_| html(&" ".repeat(6 << 20)))), "too-large");
    assert_eq!(failure(&site(|_| Response::new(301, "").with("Location", "mailto:a@example.org"))), "address");
}

#[test]
fn an_old_request_is_answered_without_one_to_the_site() {
    let (server, folder) = (site(|_| html(PAGE)), tempfile::tempdir().unwrap());
    let service = Service::start(folder.path());
    ask_at(&service, &server, "page", Timestamp::now() - SignedDuration::from_hours(25));
    assert_eq!(until_pages(&service, 1)[0].page_failure, "expired");
    assert_eq!(server.count(), 0);
    service.stop();
}

#[test]
fn a_page_that_fails_waits_in_the_table_and_is_tried_again_after_a_restart() {
    let attempts = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&attempts);
    let server = site(move |_| match counted.fetch_add(1, Ordering::Relaxed) {
        0 => Response::new(500, ""),
        _ => html(PAGE),
    });
    let (folder, clock) = (tempfile::tempdir().unwrap(), Clock::default());
    let service = Service::start_by(folder.path(), &clock);
    ask(&service, &server, "page");
    service.until(Topic::PageState, "a failed attempt", || {
        let state = service.table::<PageState>(Topic::PageState).remove(&id("page")).flatten();
        state.is_some_and(|state| state.attempts == 1 && state.error == "HTTP status 500")
    });
    assert!(pages(&service).is_empty());
    service.stop();
    clock.set(61);
    let service = Service::start_by(folder.path(), &clock);
    assert_eq!(until_pages(&service, 1)[0].page_failure, "");
    assert_eq!(attempts.load(Ordering::Relaxed), 2);
    service.stop();
}

#[test]
fn a_slow_page_delays_no_feed_of_its_host() {
    let polls = AtomicUsize::new(0);
    let server = Server::start(move |request| match request.path.as_str() {
        "/feed" => Response::new(200, rss(&[("a", "One")], polls.fetch_add(1, Ordering::Relaxed))),
        "/page" => html(&PAGE.repeat(10)).stall(Duration::from_secs(30)),
        _ => Response::new(404, ""),
    });
    let folder = tempfile::tempdir().unwrap();
    let service = Service::start(folder.path());
    ask(&service, &server, "page");
    server.until("/page", 1, |_| true);
    service.add(&server.url("/feed"), |_| {});
    server.until("/feed", 5, |_| true);
    assert!(pages(&service).is_empty(), "the page has not ended");
    service.stop();
}

#[test]
fn a_host_gets_one_page_at_a_time() {
    let server = site(|request| match request.path.as_str() {
        "/slow" => html(&PAGE.repeat(10)).stall(Duration::from_secs(60)),
        _ => html(PAGE),
    });
    let other = Server::start_at("127.0.0.2", |request| match request.path.as_str() {
        "/robots.txt" | "/.well-known/tdmrep.json" => Response::new(404, ""),
        _ => html(PAGE),
    });
    let folder = tempfile::tempdir().unwrap();
    let service = Service::start(folder.path());
    ask(&service, &server, "slow");
    server.until("/slow", 1, |_| true);
    ask(&service, &server, "second");
    // Those of another host are asked for later and answered first.
    for name in ["a", "b", "c"] {
        ask(&service, &other, name);
    }
    until_pages(&service, 3);
    assert!(server.requests("/second").is_empty());
    service.stop();
}

#[test]
fn the_last_request_of_an_article_is_the_one_that_is_answered() {
    let (server, folder) = (site(|_| html(PAGE)), tempfile::tempdir().unwrap());
    let service = Service::start_with(
        "0",
        Arc::new(Embedded::open(folder.path()).unwrap()),
        Names::default(),
        poller::Config { host_interval: Duration::from_millis(200), ..config(SignedDuration::from_secs(60)) },
    );
    // The first page keeps the host busy while the requests for the second arrive.
    ask(&service, &server, "first");
    for second in 0..3 {
        ask_at(&service, &server, "second", Timestamp::now() + SignedDuration::from_secs(second));
    }
    until_pages(&service, 2);
    ask(&service, &server, "third");
    let answered: Vec<String> = until_pages(&service, 3).into_iter().map(|page| page.article_id).collect();
    assert_eq!(answered.iter().filter(|one| **one == id("second")).count(), 1);
    service.stop();
}

#[test]
fn no_page_is_lost_or_doubled_by_failing_commits() {
    const COUNT: usize = 30;
    let (server, folder) = (site(|_| html(PAGE)), tempfile::tempdir().unwrap());
    let (log, counts) = failing(Embedded::open(folder.path()).unwrap());
    let service = Service::start_on(log, Names::default());
    for n in 0..COUNT {
        ask(&service, &server, &format!("page{n}"));
    }
    let mut answered: Vec<String> = until_pages(&service, COUNT).into_iter().map(|page| page.article_id).collect();
    answered.sort();
    answered.dedup();
    assert_eq!(answered.len(), COUNT);
    let (aborted, _) = counts.faults();
    assert!(aborted > 0);
    service.stop();
}

#[test]
fn a_request_that_cannot_be_read_goes_to_the_dead_letters() {
    let folder = tempfile::tempdir().unwrap();
    let service = Service::start(folder.path());
    let names = &service.runtime.names;
    let bad = |key: &str, value: &str| Outgoing {
        topic: names.of(Topic::PageRequests),
        partition: 0,
        key: key.as_bytes().to_vec(),
        value: Some(value.as_bytes().to_vec()),
        headers: Vec::new(),
    };
    service.runtime.log.append(vec![bad("a", "no JSON"), bad("b", "{\"article_id\": \"c\"}")]).unwrap();
    let reasons = || {
        let records = service.records(Topic::DeadLetter);
        let letters = records.iter().filter_map(stream::DeadLetter::from_record);
        let mut reasons: Vec<String> = letters.map(|letter| letter.reason).collect();
        reasons.sort();
        reasons
    };
    service.until(Topic::DeadLetter, "two dead letters", || reasons().len() == 2);
    assert_eq!(reasons(), ["bad-request", "undecodable"]);
    service.stop();
}
