//! A publisher of feeds on loopback: documents under paths, on several hosts, with ETags.

use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

/// A document under a path.
#[derive(Debug, Clone)]
struct Document {
    content_type: String,
    body: Vec<u8>,
    etag: String,
    /// Where it has moved to for good; then nothing else is served.
    moved_to: Option<String>,
}

#[derive(Default)]
struct Site {
    documents: HashMap<String, Document>,
    requests: HashMap<String, usize>,
    versions: u64,
}

/// Serves documents until it is dropped.
pub struct Publisher {
    site: Arc<Mutex<Site>>,
    hosts: Vec<String>,
    _runtime: tokio::runtime::Runtime,
}

impl Publisher {
    /// Listens on one random port of `hosts` loopback addresses, from 127.0.0.2 on. To a poller each is another host.
    ///
    /// # Panics
    /// If there is no such port.
    #[must_use]
    pub fn start(hosts: u8) -> Self {
        Publisher::start_near(hosts, fastrand::u64(..))
    }

    /// As [`Publisher::start`], on the first free port that `seed` draws. With the same seed the addresses are mostly the
    /// same, and so are article ids and partitions.
    ///
    /// # Panics
    /// If there is no such port.
    #[must_use]
    pub fn start_near(hosts: u8, seed: u64) -> Self {
        let mut ports = fastrand::Rng::with_seed(seed);
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let site = Arc::new(Mutex::new(Site::default()));
        let app = Router::new().fallback(serve).with_state(Arc::clone(&site));
        let listeners: Vec<tokio::net::TcpListener> = runtime.block_on(async {
            'ports: loop {
                // Below the ports of `tools/kafka/start` and the ephemeral range of the kernel.
                let port = ports.u16(10_000..20_000);
                let mut all = Vec::new();
                for last in 2..hosts + 2 {
                    match tokio::net::TcpListener::bind(format!("127.0.0.{last}:{port}")).await {
                        Ok(listener) => all.push(listener),
                        Err(_) => continue 'ports,
                    }
                }
                return all;
            }
        });
        let hosts = listeners.iter().map(|listener| listener.local_addr().unwrap().to_string()).collect();
        for listener in listeners {
            let app = app.clone();
            runtime.spawn(async move { axum::serve(listener, app).await });
        }
        Publisher { site, hosts, _runtime: runtime }
    }

    /// `http://host:port` of a host, by its number modulo the number of hosts.
    #[must_use]
    pub fn base(&self, host: usize) -> String {
        format!("http://{}", self.hosts[host % self.hosts.len()])
    }

    /// Serves a document under a path, on every host.
    ///
    /// # Panics
    /// If a thread panicked while it served a document.
    pub fn put(&self, path: &str, content_type: &str, body: impl Into<Vec<u8>>) {
        let mut site = self.site.lock().unwrap();
        site.versions += 1;
        let document = Document {
            content_type: content_type.to_owned(),
            body: body.into(),
            etag: format!("\"{}\"", site.versions),
            moved_to: None,
        };
        site.documents.insert(path.to_owned(), document);
    }

    /// Answers 404 under a path.
    ///
    /// # Panics
    /// If a thread panicked while it served a document.
    pub fn remove(&self, path: &str) {
        self.site.lock().unwrap().documents.remove(path);
    }

    /// Redirects a path permanently to a URL, on every host.
    ///
    /// # Panics
    /// If a thread panicked while it served a document.
    pub fn redirect(&self, path: &str, to: &str) {
        let document = Document {
            content_type: String::new(),
            body: Vec::new(),
            etag: String::new(),
            moved_to: Some(to.to_owned()),
        };
        self.site.lock().unwrap().documents.insert(path.to_owned(), document);
    }

    /// Number of requests for a path.
    ///
    /// # Panics
    /// If a thread panicked while it served a document.
    #[must_use]
    pub fn requests(&self, path: &str) -> usize {
        self.site.lock().unwrap().requests.get(path).copied().unwrap_or(0)
    }
}

async fn serve(State(site): State<Arc<Mutex<Site>>>, headers: HeaderMap, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    let mut site = site.lock().unwrap();
    *site.requests.entry(path.clone()).or_default() += 1;
    let Some(document) = site.documents.get(&path) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    if let Some(to) = &document.moved_to {
        return (StatusCode::PERMANENT_REDIRECT, [(header::LOCATION, to.clone())]).into_response();
    }
    if headers.get(header::IF_NONE_MATCH).is_some_and(|etag| etag.as_bytes() == document.etag.as_bytes()) {
        return (StatusCode::NOT_MODIFIED, [(header::ETAG, document.etag.clone())]).into_response();
    }
    let headers = [(header::CONTENT_TYPE, document.content_type.clone()), (header::ETAG, document.etag.clone())];
    (headers, document.body.clone()).into_response()
}

/// Escapes text for XML.
#[must_use]
pub fn xml(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// An item of an RSS feed.
#[derive(Debug, Clone)]
pub struct Item {
    /// Value of `guid`.
    pub guid: String,
    /// URL.
    pub link: String,
    /// Plain text.
    pub title: String,
    /// HTML.
    pub body: String,
    /// Publication date.
    pub published: jiff::Timestamp,
}

/// An RSS 2.0 document.
///
/// # Panics
/// If RFC 2822 cannot express a date.
#[must_use]
pub fn rss<'a>(title: &str, link: &str, items: impl IntoIterator<Item = &'a Item>) -> String {
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rss version=\"2.0\"><channel><title>{}</title><link>{}</link>\
         <description>served by a test</description><language>en</language>\n",
        xml(title),
        xml(link)
    );
    for item in items {
        let date = item.published.strftime("%a, %d %b %Y %H:%M:%S GMT");
        text.push_str(&format!(
            "<item><guid isPermaLink=\"false\">{}</guid><link>{}</link><title>{}</title><pubDate>{date}</pubDate>\
             <description>{}</description></item>\n",
            xml(&item.guid),
            xml(&item.link),
            xml(&item.title),
            xml(&item.body)
        ));
    }
    text.push_str("</channel></rss>\n");
    text
}

/// An OPML document of feeds, each with its title and URL.
#[must_use]
pub fn opml(feeds: &[(String, String)]) -> String {
    let mut text =
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<opml version=\"2.0\"><head><title>test</title></head><body>\n"
            .to_owned();
    for (title, url) in feeds {
        text.push_str(&format!("<outline type=\"rss\" text=\"{}\" xmlUrl=\"{}\"/>\n", xml(title), xml(url)));
    }
    text.push_str("</body></opml>\n");
    text
}
