//! A publisher on loopback whose every word is known: documents under paths, under several hosts, with honest ETags.

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

/// What is served under a path.
#[derive(Debug, Clone)]
struct Document {
    content_type: String,
    body: Vec<u8>,
    etag: String,
}

#[derive(Default)]
struct Shelf {
    documents: HashMap<String, Document>,
    requests: HashMap<String, usize>,
    versions: u64,
}

/// Serves until it is dropped.
pub struct Publisher {
    shelf: Arc<Mutex<Shelf>>,
    hosts: Vec<String>,
    _runtime: tokio::runtime::Runtime,
}

impl Publisher {
    /// Listens on one port of `hosts` loopback addresses, 127.0.0.2 and on: to a poller each is a host of its own.
    ///
    /// # Panics
    /// Where there is no such port.
    #[must_use]
    pub fn start(hosts: u8) -> Self {
        Publisher::start_near(hosts, fastrand::u64(..))
    }

    /// As [`Publisher::start`], on a port that `seed` draws, or where that is taken the next that it draws: the addresses, and
    /// so article ids and partitions, are mostly the same again.
    ///
    /// # Panics
    /// Where there is no such port.
    #[must_use]
    pub fn start_near(hosts: u8, seed: u64) -> Self {
        let mut ports = fastrand::Rng::with_seed(seed);
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let shelf = Arc::new(Mutex::new(Shelf::default()));
        let app = Router::new().fallback(serve).with_state(Arc::clone(&shelf));
        let listeners: Vec<tokio::net::TcpListener> = runtime.block_on(async {
            'ports: loop {
                // Below the ranges of `tools/kafka/start` and of the kernel.
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
        Publisher { shelf, hosts, _runtime: runtime }
    }

    /// `http://host:port` of a host; numbers beyond the last begin again.
    #[must_use]
    pub fn base(&self, host: usize) -> String {
        format!("http://{}", self.hosts[host % self.hosts.len()])
    }

    /// Puts a document under a path of every host.
    ///
    /// # Panics
    /// Never, but for a poisoned lock.
    pub fn put(&self, path: &str, content_type: &str, body: impl Into<Vec<u8>>) {
        let mut shelf = self.shelf.lock().unwrap();
        shelf.versions += 1;
        let document = Document {
            content_type: content_type.to_owned(),
            body: body.into(),
            etag: format!("\"{}\"", shelf.versions),
        };
        shelf.documents.insert(path.to_owned(), document);
    }

    /// How often a path has been asked for.
    ///
    /// # Panics
    /// Never, but for a poisoned lock.
    #[must_use]
    pub fn requests(&self, path: &str) -> usize {
        self.shelf.lock().unwrap().requests.get(path).copied().unwrap_or(0)
    }
}

async fn serve(State(shelf): State<Arc<Mutex<Shelf>>>, headers: HeaderMap, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    let mut shelf = shelf.lock().unwrap();
    *shelf.requests.entry(path.clone()).or_default() += 1;
    let Some(document) = shelf.documents.get(&path) else {
        return StatusCode::NOT_FOUND.into_response();
    };
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
    /// The publisher's id.
    pub guid: String,
    /// Where it is.
    pub link: String,
    /// Plain.
    pub title: String,
    /// HTML.
    pub body: String,
    /// When.
    pub published: jiff::Timestamp,
}

/// An RSS 2.0 document.
///
/// # Panics
/// Where a date is beyond what RFC 2822 can say.
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

/// An OPML list of feeds: titles and URLs.
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
