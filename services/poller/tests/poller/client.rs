use crate::server::{self, Server};
use poller::{
    fetch::{Client, FetchError, Limits, Response, Validators, address_filter::AddressError, robots::Obey},
    rate_limit::HostLimiter,
};
use std::{io::Write, time::Duration};

fn client(allow_private: bool) -> Client {
    client_with(Limits { bytes: 1 << 20, ..Limits::default() }, allow_private)
}

fn client_with(limits: Limits, allow_private: bool) -> Client {
    Client::new(HostLimiter::new(Duration::ZERO), limits, allow_private, "https://ops.example/newswire").unwrap()
}

async fn get(server: &Server, path: &str) -> Result<Response, FetchError> {
    client(true).get(&server.url(path), &Validators::default()).await
}

/// A server with `response` at `/feed` and 404 elsewhere.
fn feed(response: impl Fn() -> server::Response + Send + Sync + 'static) -> Server {
    Server::start(move |request| if request.path == "/feed" { response() } else { server::Response::new(404, "") })
}

#[tokio::test]
async fn validators_are_sent_back_unchanged() {
    let server = Server::start(|request| match request.header("if-none-match") {
        "\"v1\"" => server::Response::new(304, "").with("ETag", "\"v1\""),
        _ if request.path == "/feed" => server::Response::new(200, "<rss/>")
            .with("ETag", "\"v1\"")
            .with("Last-Modified", "Tue, 24 Nov 2026 12:00:00 GMT")
            .with("Cache-Control", "max-age=60"),
        _ => server::Response::new(404, ""),
    });
    let client = client(true);
    let first = client.get(&server.url("/feed"), &Validators::default()).await.unwrap();
    assert_eq!((first.status, first.body.as_slice()), (200, b"<rss/>".as_slice()));
    assert_eq!(first.server_hints.max_age.map(|age| age.as_secs()), Some(60));
    let validators = Validators { etag: first.etag, last_modified: first.last_modified };
    assert_eq!(client.get(&server.url("/feed"), &validators).await.unwrap().status, 304);
    let requests = server.requests("/feed");
    let last = requests.last().unwrap();
    assert_eq!(last.header("if-modified-since"), "Tue, 24 Nov 2026 12:00:00 GMT");
    assert_eq!(
        last.header("user-agent"),
        format!("newswire/{} (+https://ops.example/newswire)", env!("CARGO_PKG_VERSION"))
    );
    assert_eq!(server.requests("/robots.txt").len(), 1, "robots.txt is requested once");
}

#[tokio::test]
async fn no_connection_is_made_to_a_private_address() {
    let server = feed(|| server::Response::new(200, "<rss/>"));
    let port = server.address.port();
    for url in [
        format!("http://127.0.0.1:{port}/feed"),
        format!("http://localhost:{port}/feed"),
        format!("http://[::1]:{port}/feed"),
    ] {
        let error = client(false).get(&url.parse().unwrap(), &Validators::default()).await.unwrap_err();
        assert!(matches!(error, FetchError::Address(AddressError::Private { .. })), "{url}: {error}");
    }
    assert_eq!(server.count(), 0);
}

#[tokio::test]
async fn the_address_filter_applies_to_redirects() {
    let server = feed(|| server::Response::new(302, "").with("Location", "file:///etc/passwd"));
    assert_eq!(get(&server, "/feed").await, Err(FetchError::Address(AddressError::Scheme("file".into()))));
}

/// Addresses that are not public, in every notation that a URL has for them, and other schemes.
const PRIVATE: [&str; 22] = [
    "http://127.0.0.1/",
    "http://127.1/",
    "http://2130706433/",
    "http://0x7f000001/",
    "http://0177.0.0.1/",
    "http://0/",
    "http://10.0.0.1/",
    "http://172.31.255.255/",
    "http://192.168.1.1:8080/",
    "http://100.64.0.1/",
    "http://169.254.169.254/latest/meta-data/",
    "http://[::1]/",
    "http://[::]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[64:ff9b::10.0.0.1]/",
    "http://[2002:7f00:1::]/",
    "http://[fe80::1]/",
    "http://[fd00::1]/",
    "http://localhost/",
    "https://news.LOCALHOST./",
    "file:///etc/passwd",
    "ftp://public.example/",
];

/// A proxy stands for all public hosts: it sends every path but `/feed` to `target`.
fn public_hosts(target: &'static str, robots: &'static str) -> Server {
    Server::start(move |request| match request.path.as_str() {
        "http://public.example/robots.txt" if robots.is_empty() => server::Response::new(404, ""),
        "http://public.example/robots.txt" => server::Response::new(302, "").with("Location", robots),
        "http://public.example/feed" => server::Response::new(200, "<rss/>"),
        _ => server::Response::new(301, "").with("Location", target),
    })
}

#[tokio::test]
async fn no_notation_of_a_private_address_is_requested_on_any_path() {
    for target in PRIVATE {
        for (path, robots) in
            [(target, ""), ("http://public.example/moved", ""), ("http://public.example/feed", target)]
        {
            let proxy = public_hosts(target, robots);
            for obey in [Obey::Named, Obey::All] {
                let limiter = HostLimiter::new(Duration::ZERO);
                let client = Client::through(Some(proxy.url("")), limiter, Limits::default(), false, "").unwrap();
                let got = client.obeying(obey).get(&path.parse().unwrap(), &Validators::default()).await;
                // A listed feed does without a robots.txt that is elsewhere.
                let is_fetched = !robots.is_empty() && obey == Obey::Named;
                let is_rejected = matches!(got, Err(FetchError::Address(_)));
                assert_eq!((got.is_ok(), is_rejected), (is_fetched, !is_fetched), "{target} by {path}: {got:?}");
            }
            assert_eq!(proxy.requests(target).len(), 0, "{target} by {path}");
        }
    }
    let open = public_hosts("", "");
    let client = Client::through(Some(open.url("")), HostLimiter::new(Duration::ZERO), Limits::default(), false, "");
    let got = client.unwrap().get(&"http://public.example/feed".parse().unwrap(), &Validators::default()).await;
    assert_eq!(got.unwrap().body, b"<rss/>");
}

#[tokio::test]
async fn redirects_are_limited_and_only_permanent_ones_are_recorded() {
    let server = Server::start(|request| match request.path.as_str() {
        "/loop" => server::Response::new(302, "").with("Location", "/pool"),
        "/pool" => server::Response::new(302, "").with("Location", "/loop"),
        "/itself" => server::Response::new(301, "").with("Location", "/itself"),
        "/nowhere" => server::Response::new(301, ""),
        "/old" => server::Response::new(301, "").with("Location", "/older"),
        "/older" => server::Response::new(308, "").with("Location", "/feed"),
        "/mixed" => server::Response::new(307, "").with("Location", "/older"),
        "/feed" => server::Response::new(200, "<rss/>"),
        _ => server::Response::new(404, ""),
    });
    for path in ["/loop", "/itself", "/nowhere"] {
        assert!(matches!(get(&server, path).await, Err(FetchError::Redirect(_))), "{path}");
    }
    assert_eq!(get(&server, "/old").await.unwrap().moved, Some(server.url("/feed")));
    let mixed = get(&server, "/mixed").await.unwrap();
    assert_eq!((mixed.moved, mixed.final_url), (None, server.url("/feed")));
}

#[tokio::test]
async fn a_stalled_body_times_out_and_is_kept_so_far() {
    let server = feed(|| server::Response::new(200, "<rss/>").stall(Duration::from_secs(5)));
    let client = client_with(Limits { read: Duration::from_millis(300), ..Limits::default() }, true);
    let response = client.get(&server.url("/feed"), &Validators::default()).await.unwrap();
    assert_eq!(response.body, b"<rs");
    assert!(response.truncated.unwrap().contains("timed out"));
}

#[tokio::test]
async fn a_decompression_bomb_is_read_up_to_the_limit() {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    for _ in 0..64 {
        packed.write_all(&vec![b' '; 1 << 20]).unwrap();
    }
    let packed = packed.finish().unwrap();
    assert!(packed.len() < 200_000);
    let server = feed(move || server::Response::new(200, packed.clone()).with("Content-Encoding", "gzip"));
    assert_eq!(get(&server, "/feed").await, Err(FetchError::TooLarge(1 << 20)));
}

#[tokio::test]
async fn a_body_over_the_limit_is_rejected_with_and_without_content_length() {
    let server = feed(|| server::Response::new(200, vec![b'a'; 2 << 20]));
    assert_eq!(get(&server, "/feed").await, Err(FetchError::TooLarge(1 << 20)));
    let server = feed(|| server::Response::new(200, vec![b'a'; 2 << 20]).no_length());
    assert_eq!(get(&server, "/feed").await, Err(FetchError::TooLarge(1 << 20)));
}

#[tokio::test]
async fn compressed_bodies_are_decompressed() {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(b"<rss/>").unwrap();
    let packed = packed.finish().unwrap();
    let server = feed(move || server::Response::new(200, packed.clone()).with("Content-Encoding", "gzip"));
    assert_eq!(get(&server, "/feed").await.unwrap().body, b"<rss/>");
    let accepted = server.requests("/feed").first().unwrap().header("accept-encoding").to_owned();
    assert!(["gzip", "br", "deflate"].iter().all(|coding| accepted.contains(coding)), "{accepted}");
}

/// A server that names the wrong coding, or none.
#[tokio::test]
async fn the_first_bytes_decide_on_the_content_coding() {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(b"<rss/>").unwrap();
    let packed = packed.finish().unwrap();
    let mut brotli = Vec::new();
    brotli::BrotliCompress(&mut &b"<rss/>"[..], &mut brotli, &Default::default()).unwrap();
    for (body, coding) in [
        (b"<rss/>".to_vec(), "gzip"),
        (b"<rss/>".to_vec(), "br"),
        (b"<rss/>".to_vec(), "deflate"),
        (b"<rss/>".to_vec(), "x-unknown"),
        (packed.clone(), ""),
        (packed, "br"),
        (brotli, "br"),
    ] {
        let server = feed(move || match coding {
            "" => server::Response::new(200, body.clone()).with("Content-Type", "application/x-gzip"),
            coding => server::Response::new(200, body.clone()).with("Content-Encoding", coding),
        });
        let response = get(&server, "/feed").await.unwrap();
        assert_eq!((response.body.as_slice(), response.truncated), (&b"<rss/>"[..], None), "{coding}");
    }
}

#[tokio::test]
async fn an_expired_cookie_is_not_sent() {
    let server = Server::start(|request| match (request.path.as_str(), request.header("cookie")) {
        ("/feed", "") => server::Response::new(302, "").with("Set-Cookie", "old=1").with("Location", "/again"),
        ("/again", "old=1") => {
            server::Response::new(302, "").with("Set-Cookie", "old=deleted; Max-Age=0").with("Location", "/end")
        }
        ("/end", "") => server::Response::new(200, "<rss/>"),
        _ => server::Response::new(404, ""),
    });
    assert_eq!(get(&server, "/feed").await.unwrap().body, b"<rss/>");
}

#[tokio::test]
async fn cookies_are_kept_within_one_fetch() {
    let server = Server::start(|request| match request.path.as_str() {
        "/feed" if request.header("cookie") == "pass=1" => server::Response::new(200, "<rss/>"),
        "/feed" => server::Response::new(302, "").with("Location", "/check"),
        "/check" => {
            server::Response::new(302, "").with("Set-Cookie", "pass=1; Path=/; HttpOnly").with("Location", "/feed")
        }
        "/same" if request.header("cookie") == "a=b" => server::Response::new(200, "<rss/>"),
        "/same" => server::Response::new(302, "").with("Set-Cookie", "a=b").with("Location", "/same"),
        _ => server::Response::new(404, ""),
    });
    let client = client(true);
    for path in ["/feed", "/same"] {
        assert_eq!(client.get(&server.url(path), &Validators::default()).await.unwrap().body, b"<rss/>", "{path}");
    }
    client.get(&server.url("/feed"), &Validators::default()).await.unwrap();
    assert_eq!(server.requests("/check").len(), 2, "not kept from one fetch to the next");
}

#[tokio::test]
async fn a_truncated_body_is_kept_and_marked() {
    let server = feed(|| server::Response::new(200, "<rss><channel>").missing(100));
    let response = get(&server, "/feed").await.unwrap();
    assert_eq!(response.body, b"<rss><channel>");
    assert!(response.truncated.is_some());
}

#[tokio::test]
async fn status_429_blocks_the_whole_host() {
    let server = Server::start(|request| match request.path.as_str() {
        "/feed" => server::Response::new(429, "").with("Retry-After", "120"),
        _ => server::Response::new(404, ""),
    });
    let client = client(true);
    let response = client.get(&server.url("/feed"), &Validators::default()).await.unwrap();
    assert_eq!((response.status, response.server_hints.retry_after.map(|wait| wait.as_secs())), (429, Some(120)));
    let count = server.count();
    let blocked = client.get(&server.url("/another"), &Validators::default()).await;
    assert!(matches!(blocked, Err(FetchError::Blocked(_))));
    assert_eq!(server.count(), count);
}

/// A feed elsewhere reaches the host by a redirect, by a permanent one that it remembers, or by that of its robots.txt.
#[tokio::test]
async fn a_host_is_blocked_by_answers_to_its_own_feeds_only() {
    let host = Server::start_at("127.0.0.2", |request| match request.path.as_str() {
        "/closed" | "/robots-closed" => server::Response::new(429, "").with("Retry-After", "86400"),
        "/feed" => server::Response::new(200, "<rss/>"),
        _ => server::Response::new(404, ""),
    });
    let (closed, robots) = (host.url("/closed").to_string(), host.url("/robots-closed").to_string());
    let elsewhere = Server::start(move |request| match request.path.as_str() {
        "/robots.txt" => server::Response::new(302, "").with("Location", &robots),
        "/moved" => server::Response::new(301, "").with("Location", &closed),
        _ => server::Response::new(302, "").with("Location", &closed),
    });
    let (client, none) = (client(true), Validators::default());
    for path in ["/redirected", "/moved"] {
        let response = client.get(&elsewhere.url(path), &none).await.unwrap();
        assert_eq!(
            (response.status, response.server_hints.retry_after.map(|wait| wait.as_secs())),
            (429, Some(86_400))
        );
    }
    assert_eq!(client.get_for("127.0.0.1", &host.url("/closed"), &none).await.unwrap().status, 429);
    assert_eq!(client.get(&host.url("/feed"), &none).await.unwrap().status, 200);

    // Its own answer blocks it, for redirects from elsewhere too, and does not block elsewhere.
    assert_eq!(client.get(&host.url("/closed"), &none).await.unwrap().status, 429);
    for url in [host.url("/feed"), elsewhere.url("/redirected")] {
        assert!(matches!(client.get(&url, &none).await, Err(FetchError::Blocked(_))), "{url}");
    }
    assert_eq!(client.limiter().delay("127.0.0.1"), Duration::ZERO);
}

#[tokio::test]
async fn status_503_of_one_name_does_not_block_its_platform_and_429_does() {
    let proxy = Server::start(|request| match request.path.as_str() {
        "http://closed.blogspot.com/feed" => server::Response::new(503, "").with("Retry-After", "86400"),
        "http://busy.blogspot.com/feed" => server::Response::new(429, "").with("Retry-After", "120"),
        _ => server::Response::new(200, "<rss/>"),
    });
    let limiter = HostLimiter::new(Duration::ZERO);
    let client = Client::through(Some(proxy.url("")), limiter, Limits::default(), false, "").unwrap();
    let get = |url: &str| {
        let (client, url) = (client.clone(), url.parse::<url::Url>().unwrap());
        async move { client.get(&url, &Validators::default()).await }
    };
    assert_eq!(get("http://closed.blogspot.com/feed").await.unwrap().status, 503);
    assert_eq!(get("http://open.blogspot.com/feed").await.unwrap().status, 200);
    assert_eq!(get("http://busy.blogspot.com/feed").await.unwrap().status, 429);
    assert!(matches!(get("http://open.blogspot.com/feed").await, Err(FetchError::Blocked(_))));
}

/// An address of a host that refuses connections.
fn refused(host: &str) -> String {
    let server = Server::start_at(host, |_| server::Response::new(404, ""));
    let url = server.url("/feed").to_string();
    server.stop();
    url
}

#[tokio::test]
async fn a_redirect_to_a_host_that_does_not_answer_pauses_no_host() {
    let target = refused("127.0.0.3");
    let server = feed(move || server::Response::new(302, "").with("Location", &target));
    let client = client(true);
    let got = client.get(&server.url("/feed"), &Validators::default()).await;
    assert!(matches!(got, Err(FetchError::Network(_))), "{got:?}");
    for host in ["127.0.0.1", "127.0.0.3"] {
        assert_eq!(client.limiter().delay(host), Duration::ZERO, "{host}");
    }
}

#[tokio::test]
async fn a_feed_whose_own_host_does_not_answer_fails_by_that_name() {
    let url = refused("127.0.0.3").parse::<url::Url>().unwrap();
    let got = client(true).get(&url, &Validators::default()).await;
    assert!(matches!(got, Err(FetchError::NoAnswer { .. })), "{got:?}");
}

#[tokio::test]
async fn any_response_ends_the_count_of_what_a_host_did_not_answer() {
    let server = Server::start(|_| server::Response::new(302, ""));
    let (client, pause) = (client(true), Duration::from_secs(30));
    client.limiter().unanswered("127.0.0.1", Duration::ZERO);
    assert!(client.get(&server.url("/feed"), &Validators::default()).await.is_err());
    client.limiter().unanswered("127.0.0.1", pause);
    assert!(client.limiter().delay("127.0.0.1") <= pause);
}

#[tokio::test]
async fn robots_txt_is_obeyed_for_feeds_where_it_names_newswire_and_for_all_else_in_full() {
    let server = Server::start(|request| match request.path.as_str() {
        "/robots.txt" => {
            let rules = "User-agent: *\nDisallow: /feed\n\nUser-agent: other\nDisallow: /\n";
            server::Response::new(200, rules)
        }
        _ => server::Response::new(200, "<rss/>"),
    });
    let get = |obey, path: &str| {
        let (client, url) = (client(true).obeying(obey), server.url(path));
        async move { client.get(&url, &Validators::default()).await }
    };
    assert!(get(Obey::Named, "/feed").await.is_ok());
    assert!(matches!(get(Obey::All, "/feed/sport").await, Err(FetchError::Robots(_))));
    assert_eq!(server.requests("/feed/sport").len(), 0);
    assert!(get(Obey::All, "/other").await.is_ok());

    let named = Server::start(|request| match request.path.as_str() {
        "/robots.txt" => server::Response::new(200, "User-agent: *\nDisallow:\n\nUser-agent: newswire\nDisallow: /\n"),
        _ => server::Response::new(200, "<rss/>"),
    });
    assert!(matches!(self::get(&named, "/feed").await, Err(FetchError::Robots(_))));
}

#[tokio::test]
async fn a_robots_txt_that_cannot_be_read_costs_no_feed_and_every_page() {
    let broken =
        Server::start(|request| server::Response::new(if request.path == "/robots.txt" { 500 } else { 200 }, ""));
    assert!(get(&broken, "/feed").await.is_ok());
    let page = client(true).obeying(Obey::All).get(&broken.url("/page"), &Validators::default()).await;
    assert!(matches!(page, Err(FetchError::RobotsUnreachable(_))));
}

#[tokio::test]
async fn a_robots_txt_that_asks_to_wait_blocks_no_feed() {
    let server = Server::start(|request| match request.path.as_str() {
        "/robots.txt" => server::Response::new(503, "").with("Retry-After", "86400"),
        _ => server::Response::new(200, "<rss/>"),
    });
    assert_eq!(get(&server, "/feed").await.unwrap().status, 200);
}

#[tokio::test]
async fn a_robots_txt_that_leads_where_nothing_can_be_read_costs_no_feed() {
    for target in [refused("127.0.0.3"), "http://127.0.0.4/".to_owned(), "ftp://127.0.0.1/".to_owned()] {
        let to = target.clone();
        let server = Server::start(move |request| match request.path.as_str() {
            "/robots.txt" => server::Response::new(302, "").with("Location", &to),
            _ => server::Response::new(200, "<rss/>"),
        });
        let client = client(true);
        client.limiter().block("127.0.0.4", Duration::from_secs(60));
        let got = client.get(&server.url("/feed"), &Validators::default()).await;
        assert!(got.is_ok(), "{target}: {got:?}");
    }
}

#[tokio::test]
async fn a_robots_txt_that_is_not_sent_costs_no_feed() {
    let pause = Duration::from_secs(60);
    for has_headers in [false, true] {
        let server = Server::start(move |request| match request.path.as_str() {
            "/robots.txt" if has_headers => server::Response::new(200, "a").stall(pause),
            "/robots.txt" => server::Response::new(200, "").mute(pause),
            _ => server::Response::new(200, "<rss/>"),
        });
        let limits = Limits { read: Duration::from_millis(500), ..Limits::default() };
        let got = client_with(limits, true).get(&server.url("/feed"), &Validators::default()).await;
        assert!(got.is_ok(), "{has_headers}: {got:?}");
    }
}

#[tokio::test]
async fn a_crawl_delay_counts_for_pages() {
    let server = Server::start(|request| match request.path.as_str() {
        "/robots.txt" => server::Response::new(200, "User-agent: *\nCrawl-delay: 30\n"),
        _ => server::Response::new(200, "<rss/>"),
    });
    for (obey, expected) in [(Obey::Named, 0), (Obey::All, 29)] {
        let client = client(true).obeying(obey);
        client.get(&server.url("/page"), &Validators::default()).await.unwrap();
        assert_eq!(client.limiter().delay("127.0.0.1").as_secs(), expected, "{obey:?}");
    }
}
