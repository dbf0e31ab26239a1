//! Flags of the canary.

use chassis::admin::{AdminArgs, AdminConfig};
use jiff::SignedDuration;
use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    path::{Path, PathBuf},
};

/// Default address of the feed.
const LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8095);

/// Flags of `newswire canary`.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Canary")]
pub struct Args {
    /// Address of its feed.
    #[arg(long, env = "NEWSWIRE_CANARY_LISTEN", value_name = "ADDRESS:PORT", default_value_t = LISTEN,
          value_parser = chassis::config::listen_address)]
    listen: SocketAddr,
    /// The gateway: http://host:port or https://host.
    #[arg(long, env = "NEWSWIRE_CANARY_GATEWAY", value_name = "URL", default_value = "http://127.0.0.1:8080",
          value_parser = origin)]
    gateway: String,
    /// File with the token that the gateway asks for. It is read at each connection.
    #[arg(long, env = "NEWSWIRE_API_TOKEN_FILE", value_name = "FILE")]
    api_token_file: Option<PathBuf>,
    /// The name under which the poller reaches the feed, if it is not the address: http://canary:8095.
    #[arg(long, env = "NEWSWIRE_CANARY_URL", value_name = "URL", value_parser = origin)]
    url: Option<String>,
    /// Time from one entry to the next, 1s to 1h.
    #[arg(long, env = "NEWSWIRE_CANARY_EVERY", value_name = "TIME", default_value = "60s", value_parser = every)]
    every: SignedDuration,
    /// An entry whose article has not reached the gateway after this time is missing, 1s to 24h. It must be longer than the poll
    /// interval.
    #[arg(long, env = "NEWSWIRE_CANARY_LIMIT", value_name = "TIME", default_value = "15m", value_parser = limit)]
    limit: SignedDuration,
    #[command(flatten)]
    admin: AdminArgs,
}

/// Flags of the canary of `newswire run`.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Canary")]
pub struct RunArgs {
    /// Also runs a canary: a feed on this machine whose articles must reach the gateway. The poller may reach its address, and no
    /// other that is not public.
    #[arg(long, env = "NEWSWIRE_CANARY")]
    canary: bool,
    /// Address of its feed, a loopback address.
    #[arg(long, env = "NEWSWIRE_CANARY_LISTEN", value_name = "ADDRESS:PORT", default_value_t = LISTEN,
          value_parser = chassis::config::listen_address)]
    canary_listen: SocketAddr,
    /// Time from one of its entries to the next, 1s to 1h.
    #[arg(long, env = "NEWSWIRE_CANARY_EVERY", value_name = "TIME", default_value = "60s", value_parser = every)]
    canary_every: SignedDuration,
    /// An entry whose article has not reached the gateway after this time is missing, 1s to 24h. It must be longer than the poll
    /// interval.
    #[arg(long, env = "NEWSWIRE_CANARY_LIMIT", value_name = "TIME", default_value = "15m", value_parser = limit)]
    canary_limit: SignedDuration,
}

/// Settings of the canary.
#[derive(Debug, Clone)]
pub struct Config {
    /// Address of the feed; port 0 selects a free port.
    pub(super) listen: SocketAddr,
    /// Base of the feed's URL; `None` for the address.
    pub(super) base: Option<String>,
    /// Time from one entry to the next.
    pub(super) every: SignedDuration,
    /// Time after which an entry is missing.
    pub(super) limit: SignedDuration,
    /// File with the gateway's token.
    pub(super) token_file: Option<PathBuf>,
}

/// Settings of `newswire canary`.
#[derive(Debug)]
pub struct Service {
    pub(super) canary: Config,
    /// The gateway: `http://host:port`.
    pub(super) gateway: String,
    /// Settings of the admin routes.
    pub admin: AdminConfig,
}

impl Args {
    /// The settings. clap has checked them.
    ///
    /// # Errors
    /// One message for each invalid flag.
    pub fn check(&self) -> Result<Service, Vec<String>> {
        self.admin.answer_health();
        let canary = Config {
            listen: self.listen,
            base: self.url.clone(),
            every: self.every,
            limit: self.limit,
            token_file: self.api_token_file.clone(),
        };
        Ok(Service { canary, gateway: self.gateway.clone(), admin: self.admin.check()? })
    }
}

impl RunArgs {
    /// The settings, if there is to be a canary. `token_file` has the gateway's token. clap has checked them.
    #[must_use]
    pub fn config(&self, token_file: Option<&Path>) -> Option<Config> {
        self.canary.then(|| Config {
            listen: self.canary_listen,
            base: None,
            every: self.canary_every,
            limit: self.canary_limit,
            token_file: token_file.map(Path::to_owned),
        })
    }
}

/// The URL by which a process of this machine reaches a listener.
#[must_use]
pub fn base(listen: SocketAddr, port: u16) -> String {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    format!("http://{}", SocketAddr::new(ip, port))
}

fn every(text: &str) -> Result<SignedDuration, String> {
    duration(text, SignedDuration::from_hours(1), "expected 1s to 1h")
}

fn limit(text: &str) -> Result<SignedDuration, String> {
    duration(text, SignedDuration::from_hours(24), "expected 1s to 24h")
}

fn duration(text: &str, most: SignedDuration, expected: &str) -> Result<SignedDuration, String> {
    let parsed = text.trim().parse::<SignedDuration>();
    parsed.ok().filter(|time| (SignedDuration::from_secs(1)..=most).contains(time)).ok_or_else(|| expected.to_owned())
}

fn origin(text: &str) -> Result<String, String> {
    let url = reqwest::Url::parse(text.trim()).ok().filter(|url| {
        matches!(url.scheme(), "http" | "https") && url.has_host() && url.path() == "/" && url.query().is_none()
    });
    let origin = url.map(|url| url.origin().ascii_serialization());
    origin.ok_or_else(|| "expected http://host:port or https://host".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listener_on_all_addresses_is_reached_on_loopback() {
        let of = |listen: &str| base(listen.parse().unwrap(), 81);
        assert_eq!(of("0.0.0.0:0"), "http://127.0.0.1:81");
        assert_eq!(of("[::]:0"), "http://[::1]:81");
        assert_eq!(of("10.0.0.2:0"), "http://10.0.0.2:81");
    }

    #[test]
    fn an_origin_has_no_path() {
        assert_eq!(origin("http://gateway:8080/").as_deref(), Ok("http://gateway:8080"));
        for text in ["gateway:8080", "http://gateway/v1", "ftp://gateway", "http://gateway/?a"] {
            assert!(origin(text).is_err(), "{text}");
        }
    }
}
