//! Flags of the gateway.

use clap::builder::RangedU64ValueParser;
use std::net::SocketAddr;

const ARTICLES_KEPT: usize = 5_000;
const ARTICLES_MEGABYTES: usize = 256;
const STREAM_CLIENTS: usize = 1_000;

/// The gateway's flags.
#[derive(Debug, Clone, clap::Args)]
#[group(id = "gateway")]
#[command(next_help_heading = "Gateway")]
pub struct Args {
    /// Address of the page, the API, /metrics, /healthz and /readyz.
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
}

/// Settings of the gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Address to listen on; port 0 selects a free port.
    pub listen: SocketAddr,
    /// Most articles in memory.
    pub articles: usize,
    /// Most bytes of articles in memory. Recent events take at most as much again.
    pub article_bytes: usize,
    /// Most clients of the stream at a time.
    pub clients: usize,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            articles: ARTICLES_KEPT,
            article_bytes: ARTICLES_MEGABYTES * 1024 * 1024,
            clients: STREAM_CLIENTS,
        }
    }
}

impl Args {
    /// The settings that the flags give. clap has checked them.
    #[must_use]
    pub fn config(&self) -> Config {
        Config {
            listen: self.listen,
            articles: self.articles_kept,
            article_bytes: self.articles_megabytes * 1024 * 1024,
            clients: self.stream_clients,
        }
    }
}
