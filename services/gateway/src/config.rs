//! Flags of the gateway.

use std::net::SocketAddr;

const KEPT: usize = 5_000;
const MEGABYTES: usize = 256;
const CLIENTS: usize = 1_000;

/// The gateway's flags.
#[derive(Debug, Clone, clap::Args)]
#[group(id = "gateway")]
#[command(next_help_heading = "Gateway")]
pub struct Args {
    /// Address of the page, the API, /metrics, /healthz and /readyz.
    #[arg(long, env = "NEWSWIRE_LISTEN", value_name = "HOST:PORT", default_value = "127.0.0.1:8080")]
    pub listen: String,
    /// Newest articles that the gateway keeps in memory.
    #[arg(long, env = "NEWSWIRE_ARTICLES_KEPT", value_name = "N", default_value_t = KEPT)]
    pub articles_kept: usize,
    /// Megabytes that they may take: fewer are kept where articles are long.
    #[arg(long, env = "NEWSWIRE_ARTICLES_MEGABYTES", value_name = "N", default_value_t = MEGABYTES)]
    pub articles_megabytes: usize,
    /// Clients that follow the stream at a time.
    #[arg(long, env = "NEWSWIRE_STREAM_CLIENTS", value_name = "N", default_value_t = CLIENTS)]
    pub stream_clients: usize,
}

/// The flags, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Address to listen on; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Most articles in memory.
    pub kept: usize,
    /// Most bytes of articles in memory; as much again, at most, is kept of recent events.
    pub kept_bytes: usize,
    /// Most clients of the stream at a time.
    pub clients: usize,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            kept: KEPT,
            kept_bytes: MEGABYTES * 1024 * 1024,
            clients: CLIENTS,
        }
    }
}

impl Args {
    /// Checks all flags.
    ///
    /// # Errors
    /// A sentence for each thing that is wrong.
    pub fn check(&self) -> Result<Config, Vec<String>> {
        let mut wrong = Vec::new();
        let listen = self.address().unwrap_or_else(|problem| {
            wrong.push(problem);
            Config::default().listen
        });
        let mut within = |flag: &str, value: usize, least: usize, most: usize| {
            if !(least..=most).contains(&value) {
                wrong.push(format!("{flag} is {least} to {most}, not {value}"));
            }
        };
        within("--articles-kept", self.articles_kept, 1, 1_000_000);
        within("--articles-megabytes", self.articles_megabytes, 1, 65_536);
        within("--stream-clients", self.stream_clients, 1, 100_000);
        if !wrong.is_empty() {
            return Err(wrong);
        }
        Ok(Config {
            listen,
            kept: self.articles_kept,
            kept_bytes: self.articles_megabytes * 1024 * 1024,
            clients: self.stream_clients,
        })
    }

    /// An address, or `localhost` for 127.0.0.1. Names are not looked up: what one listens on should be plain to see.
    fn address(&self) -> Result<SocketAddr, String> {
        let text = self.listen.trim();
        let plain = text.strip_prefix("localhost:").map(|port| format!("127.0.0.1:{port}"));
        plain.as_deref().unwrap_or(text).parse().map_err(|_| {
            format!("--listen is ADDRESS:PORT, such as 127.0.0.1:8080, 0.0.0.0:8080 or [::1]:8080, not {text:?}")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(listen: &str, kept: usize) -> Args {
        Args { listen: listen.to_owned(), articles_kept: kept, articles_megabytes: 1, stream_clients: 1 }
    }

    #[test]
    fn everything_that_is_wrong_is_said_at_once() {
        let wrong = args("8080", 0).check().unwrap_err();
        assert_eq!(wrong.len(), 2, "{wrong:?}");
    }

    #[test]
    fn localhost_is_an_address() {
        assert_eq!(args("localhost:0", 1).check().unwrap().listen.to_string(), "127.0.0.1:0");
    }
}
