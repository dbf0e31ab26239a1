//! The poller's flags.

use crate::{
    Error,
    credentials::{CredentialArgs, Credentials},
    document,
    fetch::{self, Client, address_filter::Private, robots::Obey},
    rate_limit::HostLimiter,
    schedule::clock::Clock,
};
use clap::builder::RangedU64ValueParser;
use jiff::SignedDuration;
use std::time::Duration;
use url::Url;

const PARALLEL_POLLS: usize = 1_000;
/// [`Config::pace`] of a pipeline.
const STAGES_START_WITHIN: Duration = Duration::from_secs(60);
const DAY: SignedDuration = SignedDuration::from_hours(24);
const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// Flags of the poller.
#[derive(Debug, Clone, clap::Args)]
#[group(id = "poller")]
#[command(next_help_heading = "Poller")]
pub struct Args {
    /// Poll interval of a feed with new entries, 100ms to 24h: `30s`, `5m`, `1h`. The interval of a feed without new
    /// entries grows automatically.
    #[arg(long, env = "NEWSWIRE_POLL_INTERVAL", value_name = "DURATION", default_value = "5m",
        value_parser = duration(SignedDuration::from_millis(100), DAY))]
    pub poll_interval: SignedDuration,
    /// Allow requests to addresses that are not public: loopback, private and link-local networks. Do not set it on a
    /// server.
    #[arg(long, env = "NEWSWIRE_ALLOW_PRIVATE_NETWORKS")]
    pub allow_private_networks: bool,
    /// Origins that may be requested although their addresses are not public, comma separated: `http://canary:8095`.
    #[arg(long, env = "NEWSWIRE_ALLOW_PRIVATE_ORIGINS", value_name = "ORIGIN", value_delimiter = ',', value_parser = origin)]
    pub allow_private_origins: Vec<String>,
    /// Minimum interval between two requests to one host, 0s to 1h.
    #[arg(long, env = "NEWSWIRE_HOST_INTERVAL", value_name = "DURATION", default_value = "1s",
        value_parser = duration(SignedDuration::ZERO, HOUR))]
    pub host_interval: SignedDuration,
    /// URL or mail address in the User-Agent, by which publishers can reach you.
    #[arg(long, env = "NEWSWIRE_USER_AGENT_CONTACT", value_name = "CONTACT", default_value = "", value_parser = contact)]
    pub user_agent_contact: String,
    /// Maximum size of a feed in bytes, decompressed.
    #[arg(long, env = "NEWSWIRE_MAX_FEED_BYTES", value_name = "BYTES", default_value_t = 10 << 20,
        value_parser = RangedU64ValueParser::<usize>::new().range(1 << 10..=256 << 20))]
    pub max_feed_bytes: usize,
    /// Maximum number of concurrent polls, all hosts together.
    #[arg(long, env = "NEWSWIRE_PARALLEL_POLLS", value_name = "N", default_value_t = PARALLEL_POLLS,
        value_parser = RangedU64ValueParser::<usize>::new().range(1..=10_000))]
    pub parallel_polls: usize,
    /// Which groups of a robots.txt apply to the feeds on the list: those that name newswire, or all. Pages, and addresses
    /// that are not on the list, always obey all.
    #[arg(long, env = "NEWSWIRE_ROBOTS", value_name = "GROUPS", value_enum, default_value = "named")]
    pub robots: Obey,
    /// Proxy of all requests to publishers: http://[user:password@]host:port. It replaces the address filter for host names,
    /// which it resolves itself: it must reject private addresses.
    #[arg(long, env = "NEWSWIRE_OUTBOUND_PROXY", value_name = "URL", hide_env_values = true, value_parser = proxy)]
    pub outbound_proxy: Option<Url>,
    /// Credentials of feeds.
    #[command(flatten)]
    pub credentials: CredentialArgs,
}

/// The poller's configuration.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Poll interval of a feed with new entries.
    pub poll_interval: SignedDuration,
    /// True if requests to addresses that are not public are allowed.
    pub allow_private_networks: bool,
    /// Origins that may be requested although their addresses are not public: `http://canary:8095`.
    pub private_origins: Vec<String>,
    /// Minimum interval between two requests to one host.
    pub host_interval: Duration,
    /// Contact in the User-Agent; may be empty.
    pub contact: String,
    /// Limits of one request.
    pub limits: fetch::Limits,
    /// Maximum number of concurrent polls.
    pub parallel: usize,
    /// Which groups of a robots.txt apply to feeds.
    pub obey: Obey,
    /// Proxy of all requests.
    pub proxy: Option<Url>,
    /// The wall clock.
    pub clock: Clock,
    /// Credentials of feeds.
    pub credentials: Credentials,
    /// Polls publish no more than the stages behind get through; one that has never read anything counts for so long. `None`
    /// for a poller without stages behind it: a test.
    pub pace: Option<Duration>,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            poll_interval: SignedDuration::from_mins(5),
            allow_private_networks: false,
            private_origins: Vec::new(),
            host_interval: Duration::from_secs(1),
            contact: String::new(),
            limits: fetch::Limits::default(),
            parallel: PARALLEL_POLLS,
            obey: Obey::Named,
            proxy: None,
            credentials: Credentials::default(),
            pace: Some(STAGES_START_WITHIN),
            clock: Clock::default(),
        }
    }
}

impl Config {
    /// The HTTP client.
    ///
    /// # Errors
    /// [`Error::Client`] if TLS finds no root certificates, or the contact is not a valid header value.
    pub fn client(&self, limiter: HostLimiter) -> Result<Client, Error> {
        let private = Private::of(self.allow_private_networks, &self.private_origins);
        let client = Client::through(self.proxy.clone(), limiter, self.limits.clone(), private, &self.contact);
        Ok(client.map_err(|failed| Error::Client(failed.to_string()))?.obeying(self.obey))
    }

    /// Limits of a document.
    #[must_use]
    pub fn document_limits(&self) -> document::Limits {
        document::Limits { bytes: self.limits.bytes, ..document::Limits::default() }
    }
}

impl Args {
    /// The configuration. clap has validated every value but the file of credentials.
    ///
    /// # Errors
    /// One line: the file and what is wrong with it.
    pub fn check(&self) -> Result<Config, Vec<String>> {
        Ok(Config {
            poll_interval: self.poll_interval,
            allow_private_networks: self.allow_private_networks,
            private_origins: self.allow_private_origins.clone(),
            host_interval: self.host_interval.unsigned_abs(),
            contact: self.user_agent_contact.clone(),
            limits: fetch::Limits { bytes: self.max_feed_bytes, ..fetch::Limits::default() },
            parallel: self.parallel_polls,
            obey: self.robots,
            proxy: self.outbound_proxy.clone(),
            clock: Clock::default(),
            credentials: self.credentials.check()?,
            pace: Some(STAGES_START_WITHIN),
        })
    }
}

/// A parser for durations in a range.
fn duration(
    min: SignedDuration,
    max: SignedDuration,
) -> impl Fn(&str) -> Result<SignedDuration, String> + Clone + Send + Sync + 'static {
    move |text| match text.trim().parse() {
        Ok(duration) if (min..=max).contains(&duration) => Ok(duration),
        Ok(_) => Err(format!("expected a duration from {min:#} to {max:#}")),
        Err(_) => Err("expected a duration such as 30s, 5m or 1h".to_owned()),
    }
}

fn proxy(text: &str) -> Result<Url, String> {
    let url = Url::parse(text.trim()).ok().filter(|url| url.scheme() == "http" && url.has_host());
    url.ok_or_else(|| "expected http://host:port".to_owned())
}

fn origin(text: &str) -> Result<String, String> {
    let url = Url::parse(text.trim()).ok().filter(|url| {
        matches!(url.scheme(), "http" | "https") && url.has_host() && url.path() == "/" && url.query().is_none()
    });
    url.map(|url| url.origin().ascii_serialization())
        .ok_or_else(|| "expected an origin, such as http://canary:8095".to_owned())
}

fn contact(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.len() > 200 || !text.chars().all(|c| c.is_ascii_graphic() && !matches!(c, '(' | ')')) {
        return Err("expected a URL or a mail address".to_owned());
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use chassis::config::{EarlyExit, parse_from};

    #[derive(clap::Parser)]
    #[command(name = "newswire")]
    struct Command {
        #[command(flatten)]
        poller: Args,
    }

    fn config(flags: &[&str]) -> Result<Config, EarlyExit> {
        parse_from([&["newswire"], flags].concat(), |command: &Command| command.poller.check())
    }

    #[test]
    fn the_default_flags_are_the_default_config() {
        assert_eq!(config(&[]), Ok(Config::default()));
    }

    #[test]
    fn durations_have_units() {
        let config = config(&["--poll-interval", "90s", "--host-interval", "250ms"]).unwrap();
        assert_eq!((config.poll_interval.as_secs(), config.host_interval.as_millis()), (90, 250));
    }

    #[test]
    fn all_invalid_flags_are_reported_at_once() {
        let flags = [
            "--poll-interval=often",
            "--host-interval=2h",
            "--user-agent-contact=a b",
            "--max-feed-bytes=1",
            "--parallel-polls=0",
        ];
        let Err(EarlyExit::Usage(text)) = config(&flags) else { panic!("accepted") };
        insta::assert_snapshot!(text, @"
        newswire: 5 configuration errors:
          - invalid value 'often' for '--poll-interval <DURATION>': expected a duration such as 30s, 5m or 1h
          - invalid value '2h' for '--host-interval <DURATION>': expected a duration from 0s to 1h
          - invalid value 'a b' for '--user-agent-contact <CONTACT>': expected a URL or a mail address
          - invalid value '1' for '--max-feed-bytes <BYTES>': 1 is not in 1024..=268435456
          - invalid value '0' for '--parallel-polls <N>': 0 is not in 1..=10000
        Run `newswire --help` for the options.
        ");
    }
}
