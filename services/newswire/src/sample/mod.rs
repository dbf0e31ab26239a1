//! `newswire sample`: local publishers of invented news in eight languages, each with a feed format and an address of its own. One
//! fails, and one is silent. Soon after the start something happens that several write about.
//!
//! What is published at a time is a function of that time and of a seed, so a restart changes nothing that was published; but what
//! happens after a start is in the feeds until the next one. The feeds list some of the last 50 hours' stories, which a poller takes
//! at its first poll.

mod breaking;
mod clock;
mod documents;
mod publisher;
mod running;
mod schedule;
mod server;
mod silent;
mod slots;
mod source;
mod story;
mod template;
#[cfg(test)]
mod texts;
mod withdrawal;

pub use clock::Clock;
pub use publisher::{Condition, Format, PUBLISHERS, Publisher, PublisherFeed};
pub use schedule::StorySchedule;
pub use story::Story;
pub(crate) use withdrawal::withdraw;

use jiff::{SignedDuration, Timestamp};
use proto::{v1::Feed, vocab::full_text};
use std::{
    net::{Ipv4Addr, SocketAddrV4},
    path::PathBuf,
    sync::Arc,
};
use stream::CancellationToken;
use tokio::net::TcpListener;

/// Default port.
pub const PORT: u16 = 8090;
/// Default address of the first publisher. Each publisher has its own, so that a poller treats it as a host of its own.
const FIRST: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);
/// The last octet of the first address is at most this, so that the others have addresses.
const LAST_FIRST_OCTET: u8 = 255 - PUBLISHERS.len() as u8;
/// How far back a poller's first poll goes.
const BACKFILL: &str = "50h";
/// Default seconds from one slot to the next.
const EVERY_S: i64 = 6;

/// Flags of `newswire sample`.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Sample")]
pub struct Args {
    /// Address of the first publisher; the others use the same port of the following addresses. Port 0 selects a free port.
    #[arg(long, env = "NEWSWIRE_SAMPLE_LISTEN", value_name = "127.x.x.x:PORT", default_value = "127.0.0.2:8090",
          value_parser = parse_listen)]
    listen: SocketAddrV4,
    /// Writes an OPML file of its feeds.
    #[arg(long, value_name = "FILE")]
    opml: Option<PathBuf>,
    /// Time from one slot to the next, over all publishers, of which a third has a story: 1s to 24h.
    #[arg(long, env = "NEWSWIRE_SAMPLE_EVERY", value_name = "TIME", default_value = "6s", value_parser = parse_every)]
    every: i64,
    /// Seed of the choice of stories.
    #[arg(long, env = "NEWSWIRE_SAMPLE_SEED", value_name = "N", default_value_t = 1)]
    seed: u64,
    /// RFC 3339 time at which the publishers' clock starts; by default the current time.
    #[arg(long, value_name = "TIME")]
    clock: Option<Timestamp>,
}

/// Settings of the publishers.
#[derive(Debug, Clone)]
pub struct Config {
    /// Address of the first publisher.
    pub listen: SocketAddrV4,
    /// File to which the list of feeds is written.
    pub opml: Option<PathBuf>,
    /// Seconds from one slot to the next.
    pub every_s: i64,
    /// Seed of the choice of stories.
    pub seed: u64,
    /// Clock that determines what has been published.
    pub clock: Clock,
}

impl Config {
    /// The defaults, on another port.
    #[must_use]
    pub fn on_port(port: u16) -> Self {
        let listen = SocketAddrV4::new(FIRST, port);
        Config { listen, opml: None, every_s: EVERY_S, seed: 1, clock: Clock::real() }
    }
}

impl Args {
    /// The settings that the flags give. clap has checked them.
    #[must_use]
    pub fn config(&self) -> Config {
        Config {
            listen: self.listen,
            opml: self.opml.clone(),
            every_s: self.every,
            seed: self.seed,
            clock: self.clock.map_or_else(Clock::real, Clock::starting_at),
        }
    }
}

fn parse_listen(text: &str) -> Result<SocketAddrV4, String> {
    let address = text
        .parse()
        .ok()
        .filter(|address: &SocketAddrV4| address.ip().is_loopback() && address.ip().octets()[3] <= LAST_FIRST_OCTET);
    address.ok_or_else(|| "expected 127.x.x.x:PORT".to_owned())
}

/// Whole seconds of a duration.
fn parse_every(text: &str) -> Result<i64, String> {
    let seconds = text.trim().parse::<SignedDuration>().map(|every| every.as_secs());
    seconds.ok().filter(|seconds| (1..=86_400).contains(seconds)).ok_or_else(|| "expected 1s to 24h".to_owned())
}

/// The publishers, with their addresses bound.
pub struct Publishers {
    listeners: Vec<TcpListener>,
    bases: Vec<String>,
}

/// Binds an address for each publisher.
///
/// # Errors
/// An address could not be bound.
pub async fn bind(config: &Config) -> anyhow::Result<Publishers> {
    /// A port that is free on the first address may be in use on another.
    const ATTEMPTS: usize = 20;
    let (first, port) = (*config.listen.ip(), config.listen.port());
    let mut attempt = 1;
    loop {
        match bind_all(first, port).await {
            Ok(publishers) => return Ok(publishers),
            Err(error) if port != 0 || attempt == ATTEMPTS => return Err(error),
            Err(_) => attempt += 1,
        }
    }
}

async fn bind_all(first: Ipv4Addr, mut port: u16) -> anyhow::Result<Publishers> {
    let (mut listeners, mut bases) = (Vec::new(), Vec::new());
    for number in 0..PUBLISHERS.len() {
        let address = Ipv4Addr::from_bits(first.to_bits() + u32::try_from(number)?);
        let listener = chassis::http::bind((address, port).into()).await?;
        port = listener.local_addr()?.port();
        bases.push(format!("http://{address}:{port}"));
        listeners.push(listener);
    }
    Ok(Publishers { listeners, bases })
}

impl Publishers {
    /// Definitions of their feeds.
    #[must_use]
    pub fn feeds(&self) -> Vec<Feed> {
        let feeds = PUBLISHERS.iter().zip(&self.bases).flat_map(|(publisher, base)| {
            publisher.feeds.iter().map(move |feed| Feed {
                url: format!("{base}{}", feed.path),
                title: publisher.name.to_owned(),
                publisher_name: publisher.name.to_owned(),
                publisher_country: publisher.country.to_owned(),
                tags: vec!["sample".to_owned()],
                site_url: format!("{base}/"),
                language: publisher.language.to_owned(),
                backfill: BACKFILL.to_owned(),
                // The stories are short: without this, their pages would be asked for in vain.
                full_text: if publisher.has_summaries { full_text::AUTO } else { full_text::NEVER }.to_owned(),
                ..Feed::default()
            })
        });
        feeds.collect()
    }

    /// URL of the newest story that is whole in its feed.
    pub(crate) fn newest(&self, config: &Config) -> Option<String> {
        let (schedule, now) = (StorySchedule::new(config.seed, config.every_s), config.clock.now());
        let whole = PUBLISHERS.iter().enumerate().zip(&self.bases);
        let whole = whole.filter(|((_, one), _)| one.condition == Condition::Publishes && !one.has_summaries);
        let newest = whole
            .filter_map(|((number, _), base)| Some((schedule.listed(number, None, now).into_iter().next()?, base)));
        let (story, base) = newest.max_by_key(|(story, _)| story.published)?;
        Some(documents::link(base, &story))
    }

    /// Serves until `shutdown`.
    pub async fn serve(self, config: Config, shutdown: CancellationToken) {
        let schedule = Arc::new(StorySchedule::new(config.seed, config.every_s).starting_at(config.clock.now()));
        let listeners = self.listeners.into_iter().zip(self.bases).zip(PUBLISHERS.iter().enumerate());
        let servers = listeners.map(|((listener, base), (publisher, Publisher { name, feeds, .. }))| {
            tracing::info!(publisher = name, "invented news at {base}{}", feeds[0].path);
            let site = server::Site { schedule: schedule.clone(), clock: config.clock, publisher, base };
            let routes = server::router(site);
            chassis::http::serve(listener, routes, chassis::http::Options::default(), shutdown.clone())
        });
        futures_util::future::join_all(servers).await;
    }
}

/// Runs the publishers until `shutdown`.
///
/// # Errors
/// An address could not be bound, or the list of feeds could not be written.
pub async fn run(config: Config, shutdown: CancellationToken) -> anyhow::Result<()> {
    let publishers = bind(&config).await?;
    if let Some(file) = &config.opml {
        std::fs::write(file, poller::opml::write("newswire sample", &publishers.feeds()))?;
        tracing::info!("wrote its feeds to {}", file.display());
    }
    publishers.serve(config, shutdown).await;
    Ok(())
}
