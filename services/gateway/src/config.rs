//! Flags of the gateway.

use chassis::{
    admin::AdminArgs,
    http::{self, IpNet},
};
use clap::builder::RangedU64ValueParser;
use std::{net::SocketAddr, time::Duration};

const ARTICLES_KEPT: usize = 5_000;
const ARTICLES_MEGABYTES: usize = 128;
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
    /// Most articles in memory; the newest are kept. 1 to 1000000.
    #[arg(long, env = "NEWSWIRE_ARTICLES_KEPT", value_name = "N", default_value_t = ARTICLES_KEPT,
          value_parser = RangedU64ValueParser::<usize>::new().range(1..=1_000_000))]
    pub articles_kept: usize,
    /// Most megabytes of articles in memory; fewer articles are kept if they are long. 1 to 65536.
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
}

/// Settings of the gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Address to listen on; port 0 selects a free port.
    pub listen: SocketAddr,
    /// Most articles in memory.
    pub articles: usize,
    /// Most bytes of articles in memory. Recent events take at most a quarter of it again.
    pub article_bytes: usize,
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
    /// Time for which a client may not read.
    pub write: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            articles: ARTICLES_KEPT,
            article_bytes: ARTICLES_MEGABYTES * 1024 * 1024,
            clients: STREAM_CLIENTS,
            per_address: CONNECTIONS_PER_ADDRESS,
            trusted_proxies: Vec::new(),
            allowed_hosts: Vec::new(),
            cors_origins: Vec::new(),
            write: http::Limits::default().write,
        }
    }
}

impl Args {
    /// The settings that the flags give. clap has checked them.
    #[must_use]
    pub fn config(&self, admin: &AdminArgs) -> Config {
        Config {
            listen: self.listen,
            articles: self.articles_kept,
            article_bytes: self.articles_megabytes * 1024 * 1024,
            clients: self.stream_clients,
            per_address: self.connections_per_address,
            trusted_proxies: self.trusted_proxies.clone(),
            allowed_hosts: admin.allowed_hosts.clone(),
            cors_origins: self.cors_origins.clone(),
            write: http::Limits::default().write,
        }
    }
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
