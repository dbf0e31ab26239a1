//! The poller's flags.

use crate::{document, fetch};
use jiff::SignedDuration;
use std::time::Duration;

/// Flags of the poller.
#[derive(Debug, Clone, clap::Args)]
#[group(id = "poller")]
#[command(next_help_heading = "Poller")]
pub struct Args {
    /// How often a feed that has news is polled: `30s`, `5m`, `1h`. Quiet feeds are polled more seldom by themselves.
    #[arg(long, env = "NEWSWIRE_POLL_INTERVAL", value_name = "TIME", default_value = "5m")]
    pub poll_interval: String,
    /// Allows addresses that are not public: loopback, private and link-local networks. Leave it off on a server.
    #[arg(long, env = "NEWSWIRE_ALLOW_PRIVATE_NETWORKS")]
    pub allow_private_networks: bool,
    /// Pause between two requests to one host.
    #[arg(long, env = "NEWSWIRE_HOST_SPACING", value_name = "TIME", default_value = "1s")]
    pub host_spacing: String,
    /// Where publishers can reach you: a URL or mail address for the User-Agent.
    #[arg(long, env = "NEWSWIRE_USER_AGENT_CONTACT", value_name = "TEXT", default_value = "")]
    pub user_agent_contact: String,
    /// Largest feed that is read, in bytes, decompressed.
    #[arg(long, env = "NEWSWIRE_MAX_FEED_BYTES", value_name = "BYTES", default_value_t = 10 << 20)]
    pub max_feed_bytes: usize,
    /// Polls under way at once, over all hosts.
    #[arg(long, env = "NEWSWIRE_PARALLEL_POLLS", value_name = "N", default_value_t = 64)]
    pub parallel_polls: usize,
}

/// The flags, checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Interval of a feed that has news.
    pub poll_interval: SignedDuration,
    /// True where any address may be connected to.
    pub allow_private_networks: bool,
    /// Pause between two requests to one host.
    pub host_spacing: Duration,
    /// For the User-Agent; may be empty.
    pub contact: String,
    /// How much the client takes, and for how long.
    pub limits: fetch::Limits,
    /// Polls under way at once.
    pub parallel: usize,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            poll_interval: SignedDuration::from_mins(5),
            allow_private_networks: false,
            host_spacing: Duration::from_secs(1),
            contact: String::new(),
            limits: fetch::Limits::default(),
            parallel: 64,
        }
    }
}

impl Config {
    /// Limits of the document's reader.
    #[must_use]
    pub fn document_limits(&self) -> document::Limits {
        document::Limits { bytes: self.limits.bytes, ..document::Limits::default() }
    }
}

impl Args {
    /// Checks all flags.
    ///
    /// # Errors
    /// A sentence for each thing that is wrong.
    pub fn check(&self) -> Result<Config, Vec<String>> {
        let mut wrong = Vec::new();
        let mut span = |flag: &str, text: &str, least: SignedDuration, most: SignedDuration| match text
            .trim()
            .parse::<SignedDuration>(
        ) {
            Ok(span) if span >= least && span <= most => span,
            Ok(_) => {
                wrong.push(format!("--{flag} is {least:#} to {most:#}, not {text}"));
                least
            }
            Err(_) => {
                wrong.push(format!("--{flag} is a time such as 30s, 5m or 1h, not {text:?}"));
                least
            }
        };
        let day = SignedDuration::from_hours(24);
        let poll_interval = span("poll-interval", &self.poll_interval, SignedDuration::from_millis(100), day);
        let host_spacing =
            span("host-spacing", &self.host_spacing, SignedDuration::ZERO, SignedDuration::from_hours(1));
        let contact = self.user_agent_contact.trim().to_owned();
        if contact.len() > 200 || !contact.chars().all(|c| c.is_ascii_graphic() && !matches!(c, '(' | ')')) {
            wrong.push(format!("--user-agent-contact is a URL or mail address, not {contact:?}"));
        }
        if !(1_024..=256 << 20).contains(&self.max_feed_bytes) {
            wrong.push(format!("--max-feed-bytes is 1024 to 268435456, not {}", self.max_feed_bytes));
        }
        if !(1..=1_000).contains(&self.parallel_polls) {
            wrong.push(format!("--parallel-polls is 1 to 1000, not {}", self.parallel_polls));
        }
        if !wrong.is_empty() {
            return Err(wrong);
        }
        Ok(Config {
            poll_interval,
            allow_private_networks: self.allow_private_networks,
            host_spacing: host_spacing.unsigned_abs(),
            contact,
            limits: fetch::Limits { bytes: self.max_feed_bytes, ..fetch::Limits::default() },
            parallel: self.parallel_polls,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Command {
        #[command(flatten)]
        poller: Args,
    }

    fn check(flags: &[&str]) -> Result<Config, Vec<String>> {
        Command::try_parse_from([&["newswire"], flags].concat()).unwrap().poller.check()
    }

    #[test]
    fn the_defaults_are_those_of_the_config() {
        assert_eq!(check(&[]), Ok(Config::default()));
    }

    #[test]
    fn times_are_written_as_people_write_them() {
        let config = check(&["--poll-interval", "90s", "--host-spacing", "250ms"]).unwrap();
        assert_eq!((config.poll_interval.as_secs(), config.host_spacing.as_millis()), (90, 250));
    }

    #[test]
    fn everything_that_is_wrong_is_said_at_once() {
        let flags = [
            "--poll-interval",
            "often",
            "--host-spacing",
            "2h",
            "--user-agent-contact",
            "a b",
            "--max-feed-bytes",
            "1",
            "--parallel-polls",
            "0",
        ];
        insta::assert_debug_snapshot!(check(&flags).unwrap_err(), @r#"
        [
            "--poll-interval is a time such as 30s, 5m or 1h, not \"often\"",
            "--host-spacing is 0s to 1h, not 2h",
            "--user-agent-contact is a URL or mail address, not \"a b\"",
            "--max-feed-bytes is 1024 to 268435456, not 1",
            "--parallel-polls is 1 to 1000, not 0",
        ]
        "#);
    }
}
