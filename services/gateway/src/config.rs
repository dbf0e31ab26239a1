//! Flags of the gateway.

use chassis::{
    admin::AdminArgs,
    http::{self, IpNet},
};
use clap::builder::RangedU64ValueParser;
use sha2::{Digest, Sha256};
use std::{net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

const ARTICLES_KEPT: usize = 200_000;
const ARTICLES_MEGABYTES: usize = 512;
const WINDOW: &str = "24h";
const WINDOW_MS: i64 = 24 * 60 * 60 * 1_000;
const SEARCHES: usize = 8;
const STREAM_CLIENTS: usize = 1_000;
const CONNECTIONS_PER_ADDRESS: usize = 100;

/// The gateway's flags.
#[derive(Debug, Clone, clap::Args)]
#[group(id = "gateway")]
#[command(next_help_heading = "Gateway")]
pub struct Args {
    /// Address of the page and the API.
    #[arg(long, env = "NEWSWIRE_LISTEN", value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8080",
          value_parser = chassis::config::listen_address)]
    pub listen: SocketAddr,
    /// How long after newswire first saw it an article is kept in memory, 1m to 30d.
    #[arg(long, env = "NEWSWIRE_WINDOW", value_name = "TIME", default_value = WINDOW, value_parser = window)]
    pub window: i64,
    /// Most articles in memory; the newest are kept. 1 to 1000000.
    #[arg(long, env = "NEWSWIRE_ARTICLES_KEPT", value_name = "N", default_value_t = ARTICLES_KEPT,
          value_parser = RangedU64ValueParser::<usize>::new().range(1..=1_000_000))]
    pub articles_kept: usize,
    /// Most megabytes of articles and their index in memory; fewer articles are kept if they are long. Recent events take a quarter
    /// of it again. 1 to 65536.
    #[arg(long, env = "NEWSWIRE_ARTICLES_MEGABYTES", value_name = "N", default_value_t = ARTICLES_MEGABYTES,
          value_parser = RangedU64ValueParser::<usize>::new().range(1..=65_536))]
    pub articles_megabytes: usize,
    /// Most clients of the stream at a time. 1 to 100000.
    #[arg(long, env = "NEWSWIRE_STREAM_CLIENTS", value_name = "N", default_value_t = STREAM_CLIENTS,
          value_parser = RangedU64ValueParser::<usize>::new().range(1..=100_000))]
    pub stream_clients: usize,
    /// Most open connections of one address (one /64 in IPv6), 1 to 100000.
    #[arg(long, env = "NEWSWIRE_CONNECTIONS_PER_ADDRESS", value_name = "N", default_value_t = CONNECTIONS_PER_ADDRESS,
          value_parser = RangedU64ValueParser::<usize>::new().range(1..=100_000))]
    pub connections_per_address: usize,
    /// Networks of proxies before the gateway, comma separated: `10.0.0.0/8,2001:db8::/48`. Their connections have no limit by
    /// address; it applies to the clients that they name in X-Forwarded-For or Forwarded.
    #[arg(long, env = "NEWSWIRE_TRUSTED_PROXIES", value_name = "NETWORK", value_delimiter = ',', value_parser = network)]
    pub trusted_proxies: Vec<IpNet>,
    /// Origins whose pages may read the API, comma separated: `https://app.example.org`, or `*` for all.
    #[arg(long, env = "NEWSWIRE_CORS_ORIGINS", value_name = "ORIGIN", value_delimiter = ',', value_parser = origin)]
    pub cors_origins: Vec<String>,
    /// File with a token that clients of the API must send (`Authorization: Bearer TOKEN`): at least 16 characters, none of them a
    /// space. The page asks for it.
    #[arg(long, env = "NEWSWIRE_API_TOKEN_FILE", value_name = "FILE")]
    pub api_token_file: Option<PathBuf>,
}

/// Settings of the gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Address to listen on; port 0 selects a free port.
    pub listen: SocketAddr,
    /// Most articles in memory.
    pub articles: usize,
    /// Most bytes of articles and their index in memory. Recent events take at most a quarter of it again.
    pub article_bytes: usize,
    /// How long after newswire first saw it an article is kept, in milliseconds.
    pub window_ms: i64,
    /// Most requests that search the window at a time; others wait.
    pub searches: usize,
    /// Most clients of the stream at a time.
    pub clients: usize,
    /// Most open connections of one address.
    pub per_address: usize,
    /// Networks of proxies whose connections are not limited by address.
    pub trusted_proxies: Vec<IpNet>,
    /// Names under which the gateway answers, besides loopback names and its own addresses.
    pub allowed_hosts: Vec<String>,
    /// Origins whose pages may read the API.
    pub cors_origins: Vec<String>,
    /// What clients of the API must send; `None` if all may read it.
    pub token: Option<Arc<ApiToken>>,
    /// Time for which a client may not read.
    pub write: Duration,
}

/// The token of the API, as its digest: the comparison takes as long for every wrong one.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiToken([u8; 32]);

impl std::fmt::Debug for ApiToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ApiToken(***)")
    }
}

impl ApiToken {
    /// The token, without the whitespace around it.
    ///
    /// # Errors
    /// A sentence, if it is too short or has spaces in it.
    pub fn new(text: &str) -> Result<Self, String> {
        let token = text.trim();
        if token.len() < 16 || token.contains(char::is_whitespace) {
            return Err("the token must have at least 16 characters, none of them a space".to_owned());
        }
        Ok(ApiToken(Sha256::digest(token).into()))
    }

    /// True if this is the token.
    #[must_use]
    pub fn is(&self, text: &str) -> bool {
        let other: [u8; 32] = Sha256::digest(text).into();
        self.0.iter().zip(other).fold(0, |difference, (a, b)| difference | (a ^ b)) == 0
    }
}

impl Default for Config {
    fn default() -> Self {
        Config {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            articles: ARTICLES_KEPT,
            article_bytes: ARTICLES_MEGABYTES * 1024 * 1024,
            window_ms: WINDOW_MS,
            searches: SEARCHES,
            clients: STREAM_CLIENTS,
            per_address: CONNECTIONS_PER_ADDRESS,
            trusted_proxies: Vec::new(),
            allowed_hosts: Vec::new(),
            cors_origins: Vec::new(),
            token: None,
            write: http::Limits::default().write,
        }
    }
}

impl Args {
    /// The settings that the flags give.
    ///
    /// # Errors
    /// A sentence for each wrong flag that clap cannot check.
    pub fn config(&self, admin: &AdminArgs) -> Result<Config, Vec<String>> {
        let token = self.api_token_file.as_ref().map(|path| {
            let text = std::fs::read_to_string(path).map_err(|error| error.to_string());
            let token = text.and_then(|text| ApiToken::new(&text));
            token.map(Arc::new).map_err(|error| vec![format!("--api-token-file {}: {error}", path.display())])
        });
        Ok(Config {
            listen: self.listen,
            articles: self.articles_kept,
            article_bytes: self.articles_megabytes * 1024 * 1024,
            window_ms: self.window,
            searches: SEARCHES,
            clients: self.stream_clients,
            per_address: self.connections_per_address,
            trusted_proxies: self.trusted_proxies.clone(),
            allowed_hosts: admin.allowed_hosts.clone(),
            cors_origins: self.cors_origins.clone(),
            token: token.transpose()?,
            write: http::Limits::default().write,
        })
    }
}

/// Milliseconds of a time.
fn window(text: &str) -> Result<i64, String> {
    let hours = jiff::SpanRelativeTo::days_are_24_hours();
    let span = text.trim().parse::<jiff::Span>().ok();
    let ms = span.and_then(|span| span.to_duration(hours).ok()).map(|time| time.as_millis());
    let ms = ms.and_then(|ms| i64::try_from(ms).ok()).filter(|ms| (60_000..=30 * 24 * 3_600_000).contains(ms));
    ms.ok_or_else(|| "expected a time of 1m to 30d, such as 24h".to_owned())
}

/// A network, or an address alone.
fn network(text: &str) -> Result<IpNet, String> {
    let text = text.trim();
    let address = || text.parse::<std::net::IpAddr>().map(IpNet::from);
    text.parse().or_else(|_| address()).map_err(|_| "expected a network, such as 10.0.0.0/8, or an address".to_owned())
}

/// The serialised form of an origin (RFC 6454 section 6.1), or `*`.
fn origin(text: &str) -> Result<String, String> {
    let text = text.trim();
    let origin = url::Url::parse(text).ok().filter(|url| url.has_host()).map(|url| url.origin().ascii_serialization());
    match origin {
        _ if text == "*" => Ok(text.to_owned()),
        Some(origin) if origin == text.trim_end_matches('/').to_ascii_lowercase() => Ok(origin),
        _ => Err("expected an origin, such as https://app.example.org, or *".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_and_origins_have_their_own_forms() {
        assert_eq!(network("10.0.0.0/8").unwrap().to_string(), "10.0.0.0/8");
        assert_eq!(network("2001:db8::1").unwrap().to_string(), "2001:db8::1/128");
        assert!(network("10.0.0.0/33").is_err() && network("proxy").is_err());
        assert_eq!(origin("https://App.example.org/").unwrap(), "https://app.example.org");
        assert_eq!(origin("*").unwrap(), "*");
        for text in ["app.example.org", "https://app.example.org/page", "null", ""] {
            assert!(origin(text).is_err(), "{text}");
        }
    }
}
