//! The HTTP server of a publisher.

use super::{Clock, Condition, PUBLISHERS, Publisher, StorySchedule, documents};
use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderMap, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use jiff::{Timestamp, fmt::rfc2822};
use std::sync::Arc;

/// The site of a publisher. Its responses are a function of path and time.
#[derive(Debug, Clone)]
pub struct Site {
    /// Schedule of the stories.
    pub schedule: Arc<StorySchedule>,
    /// Clock that determines what has been published.
    pub clock: Clock,
    /// Index of the publisher in [`PUBLISHERS`].
    pub publisher: usize,
    /// Base of its URLs: `http://127.0.0.2:8090`.
    pub base: String,
}

/// Routes of a site.
pub fn router(site: Site) -> Router {
    Router::new().fallback(respond).with_state(site)
}

const ROBOTS: &str = "User-agent: *\nDisallow: /private/\n";

async fn respond(State(site): State<Site>, request: Request) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "GET, HEAD")]).into_response();
    }
    let path = request.uri().path();
    if path == "/robots.txt" {
        return ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], ROBOTS).into_response();
    }
    if PUBLISHERS.get(site.publisher).is_none_or(|publisher| publisher.condition == Condition::Fails) {
        return (StatusCode::INTERNAL_SERVER_ERROR, "the archive cannot be opened\n").into_response();
    }
    let Some((content_type, body, modified)) = site.document(path) else {
        return (StatusCode::NOT_FOUND, "no such page\n").into_response();
    };
    let etag = format!("\"{}\"", proto::id::digest(&[body.as_bytes()]));
    let modified = http_date(modified);
    let validators = [(header::ETAG, etag.clone()), (header::LAST_MODIFIED, modified.clone())];
    if not_modified(request.headers(), &etag, &modified) {
        return (StatusCode::NOT_MODIFIED, validators).into_response();
    }
    (validators, [(header::CONTENT_TYPE, content_type)], body).into_response()
}

/// RFC 9110, section 13.2.2: If-None-Match takes precedence over If-Modified-Since. The date is compared as text, because a
/// client sends back the one that it received.
fn not_modified(headers: &HeaderMap, etag: &str, modified: &str) -> bool {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    match text(header::IF_NONE_MATCH) {
        Some(tags) => tags.split(',').any(|tag| tag.trim().trim_start_matches("W/") == etag),
        None => text(header::IF_MODIFIED_SINCE) == Some(modified),
    }
}

fn http_date(at: Timestamp) -> String {
    rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&at).unwrap_or_default()
}

impl Site {
    /// Content type, text and time of the last change.
    fn document(&self, path: &str) -> Option<(&'static str, String, Timestamp)> {
        let now = self.clock.now();
        let publisher: &Publisher = PUBLISHERS.get(self.publisher)?;
        if let Some(feed) = publisher.feeds.iter().find(|feed| feed.path == path) {
            let stories = self.schedule.listed(self.publisher, feed.section, now);
            let modified = stories.iter().map(|story| story.updated).max()?;
            let (content_type, body) = documents::feed(feed.format, publisher, &self.base, &stories);
            return Some((content_type, body, modified));
        }
        if path == "/" {
            let stories = self.schedule.listed(self.publisher, None, now);
            let modified = stories.iter().map(|story| story.updated).max()?;
            return Some(("text/html; charset=utf-8", documents::home(publisher, &self.base, &stories), modified));
        }
        let id = path.strip_prefix("/story/")?.split('-').next()?;
        let story = self.schedule.find(self.publisher, id, now)?;
        let modified = story.updated;
        Some(("text/html; charset=utf-8", documents::page(publisher, &story), modified))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    async fn get(address: std::net::SocketAddr, path: &str, headers: &str) -> String {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{headers}\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut text = String::new();
        tokio::time::timeout(Duration::from_secs(10), stream.read_to_string(&mut text)).await.unwrap().unwrap();
        text
    }

    fn field<'a>(response: &'a str, name: &str) -> &'a str {
        response.lines().find_map(|line| line.strip_prefix(name)).unwrap()
    }

    /// The address of a site with a slot a day, so that nothing changes while the test runs.
    async fn served(publisher: usize, shutdown: &stream::CancellationToken) -> std::net::SocketAddr {
        let schedule = Arc::new(StorySchedule::new(1, 86_400));
        let clock = Clock::starting_at("2026-06-01T12:00:00Z".parse().unwrap());
        let site = Site { schedule, clock, publisher, base: "http://x".to_owned() };
        let listener = chassis::http::bind(([127, 0, 0, 1], 0).into()).await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(chassis::http::serve(listener, router(site), chassis::http::Options::default(), shutdown.clone()));
        address
    }

    #[tokio::test]
    async fn a_publisher_that_fails_answers_everything_but_robots_with_500() {
        let shutdown = stream::CancellationToken::new();
        let failing = PUBLISHERS.iter().position(|publisher| publisher.condition == Condition::Fails).unwrap();
        let address = served(failing, &shutdown).await;
        for path in [PUBLISHERS[failing].feeds[0].path, "/", "/story/1"] {
            assert!(get(address, path, "").await.starts_with("HTTP/1.1 500"), "{path}");
        }
        assert!(get(address, "/robots.txt", "").await.starts_with("HTTP/1.1 200"));
        shutdown.cancel();
    }

    #[tokio::test]
    async fn a_conditional_request_is_answered_with_304_until_the_document_changes() {
        let shutdown = stream::CancellationToken::new();
        let address = served(1, &shutdown).await;
        let whole = get(address, "/atom.xml", "").await;
        assert!(whole.starts_with("HTTP/1.1 200"), "{whole}");
        let (etag, modified) = (field(&whole, "etag: "), field(&whole, "last-modified: "));
        let by_tag = get(address, "/atom.xml", &format!("If-None-Match: {etag}\r\n")).await;
        assert!(by_tag.starts_with("HTTP/1.1 304") && by_tag.contains(etag), "{by_tag}");
        let by_date = get(address, "/atom.xml", &format!("If-Modified-Since: {modified}\r\n")).await;
        assert!(by_date.starts_with("HTTP/1.1 304"), "{by_date}");
        let other = format!("If-None-Match: \"x\"\r\nIf-Modified-Since: {modified}\r\n");
        assert!(get(address, "/atom.xml", &other).await.starts_with("HTTP/1.1 200"));
        assert!(get(address, "/rss.xml", "").await.starts_with("HTTP/1.1 404"));
        assert!(get(address, "/robots.txt", "").await.contains("Disallow: /private/"));
        shutdown.cancel();
    }
}
