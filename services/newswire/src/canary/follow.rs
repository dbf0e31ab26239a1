//! A client of the gateway's stream.

use reqwest::{Client, Response, StatusCode, header};
use serde_json::Value;
use std::{path::PathBuf, time::Duration};
use stream::CancellationToken;

/// The gateway sends a comment every 10 s.
const READ: Duration = Duration::from_secs(30);
const CONNECT: Duration = Duration::from_secs(10);
/// Wait before the stream is opened again: at first, and at most.
const RETRY: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(15));
/// Most bytes of an event. The brief view has at most 2 kB.
const MAX_EVENT: usize = 1 << 20;
/// Most bytes of a token's file.
const MAX_TOKEN: usize = 4_096;

/// The gateway's stream of one feed.
pub(super) struct Gateway {
    client: Client,
    url: String,
    token_file: Option<PathBuf>,
    /// The id of the last event, from which the next connection goes on.
    last_event: String,
}

impl Gateway {
    /// The stream of the feed with this id at `gateway`: `http://host:port`.
    ///
    /// # Errors
    /// TLS finds no root certificates.
    pub(super) fn new(gateway: &str, feed: &str, token_file: Option<PathBuf>) -> reqwest::Result<Self> {
        // Another service of the process may have installed a provider: any will do.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .user_agent(concat!("newswire-canary/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            // The gateway is within.
            .no_proxy()
            .connect_timeout(CONNECT)
            .read_timeout(READ)
            .build()?;
        let url = format!("{gateway}/v1/stream?feed={feed}&view=brief");
        Ok(Gateway { client, url, token_file, last_event: String::new() })
    }

    /// Follows the stream until `shutdown`, and opens it again when it ends. `arrived` gets the URL of each article, `connected`
    /// whether the stream is open, and why it is not.
    pub(super) async fn follow(
        mut self,
        mut arrived: impl FnMut(&str),
        connected: impl Fn(bool, &str),
        shutdown: &CancellationToken,
    ) {
        let mut wait = RETRY.0;
        loop {
            let opened = shutdown.run_until_cancelled(self.open()).await;
            let ended = match opened {
                None => return,
                Some(Ok(response)) => {
                    connected(true, "");
                    wait = RETRY.0;
                    let reading = shutdown.run_until_cancelled(self.read(response, &mut arrived)).await;
                    let Some(ended) = reading else { return };
                    ended
                }
                Some(Err(error)) => error,
            };
            connected(false, &ended);
            tracing::warn!(gateway = self.url, wait_s = wait.as_secs_f64(), "the canary's stream: {ended}");
            if shutdown.run_until_cancelled(tokio::time::sleep(wait)).await.is_none() {
                return;
            }
            wait = (wait * 2).min(RETRY.1);
        }
    }

    async fn open(&self) -> Result<Response, String> {
        let mut request = self.client.get(&self.url).header(header::ACCEPT, "text/event-stream");
        if !self.last_event.is_empty() {
            request = request.header("Last-Event-ID", &self.last_event);
        }
        if let Some(file) = &self.token_file {
            // A few bytes.
            let token = std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
            let token = token.trim();
            if token.is_empty() || token.len() > MAX_TOKEN {
                return Err(format!("{}: no token", file.display()));
            }
            request = request.bearer_auth(token);
        }
        let response = request.send().await.map_err(|error| with_causes(&error))?;
        match response.status() {
            StatusCode::OK => Ok(response),
            status => Err(format!("the gateway answers {status}")),
        }
    }

    /// Reads events until the stream ends, and returns why.
    async fn read(&mut self, mut response: Response, arrived: &mut impl FnMut(&str)) -> String {
        let mut unread: Vec<u8> = Vec::new();
        let mut event = Event::default();
        loop {
            let chunk = match response.chunk().await {
                Ok(Some(chunk)) => chunk,
                Ok(None) => return "it ended".to_owned(),
                Err(error) => return with_causes(&error),
            };
            unread.extend_from_slice(&chunk);
            let mut from = 0;
            while let Some(length) = unread.iter().skip(from).position(|byte| *byte == b'\n') {
                let line = unread.get(from..from + length).unwrap_or_default();
                from += length + 1;
                if let Some(complete) = event.line(&String::from_utf8_lossy(line)) {
                    if !complete.id.is_empty() {
                        self.last_event = complete.id;
                    }
                    if let Some(url) = article_url(&complete.data) {
                        arrived(&url);
                    }
                }
            }
            unread.drain(..from);
            if unread.len() + event.data.len() > MAX_EVENT {
                return format!("an event has more than {MAX_EVENT} bytes");
            }
        }
    }
}

/// An event of the stream, as far as it was read.
#[derive(Debug, Default, PartialEq, Eq)]
struct Event {
    id: String,
    data: String,
}

impl Event {
    /// Takes a line (HTML standard, section 9.2.6). Returns the event that an empty line completes.
    fn line(&mut self, line: &str) -> Option<Event> {
        let line = line.trim_end_matches('\r');
        if line.is_empty() {
            return Some(std::mem::take(self));
        }
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match name {
            "id" => value.clone_into(&mut self.id),
            "data" => self.data.push_str(value),
            _ => {}
        }
        None
    }
}

/// The URL of the article of an event.
fn article_url(data: &str) -> Option<String> {
    let record: Value = serde_json::from_str(data).ok()?;
    Some(record.get("url")?.as_str()?.to_owned())
}

fn with_causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |error| error.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_read_line_by_line() {
        let mut event = Event::default();
        let lines = [": comment", "id: 0:17", "data: {\"url\":", "data: \"http://x/entry/1\"}\r", ""];
        let complete: Vec<Event> = lines.iter().filter_map(|line| event.line(line)).collect();
        assert_eq!(complete.len(), 1);
        assert_eq!(
            (complete[0].id.as_str(), article_url(&complete[0].data).as_deref()),
            ("0:17", Some("http://x/entry/1"))
        );
        assert_eq!(event, Event::default());
        assert_eq!(article_url("{\"missed\": 3}"), None);
    }
}
