//! `newswire sample`: four local publishers of invented news, each with a feed format and an address of its own.
//!
//! What they say at a time is a function of that time and of a seed: a restart changes nothing that was published.

mod clock;
mod documents;
mod house;
mod newsroom;
mod server;

pub use clock::Clock;
pub use house::{Format, HOUSES, House, Offer};
pub use newsroom::{Newsroom, Story};

use proto::v1::Feed;
use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    sync::Arc,
};
use stream::CancellationToken;
use tokio::net::TcpListener;

/// Port by default.
pub const PORT: u16 = 8090;
/// The first publisher's address by default. To a poller each address is a host of its own.
const FIRST: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);

/// Flags of the publisher.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Address of the first publisher; the others are on the same port of the addresses after it. Port 0 takes a free one.
    #[arg(long, env = "NEWSWIRE_SAMPLE_LISTEN", value_name = "HOST:PORT", default_value = "127.0.0.2:8090")]
    listen: String,
    /// Writes the list of its feeds here.
    #[arg(long, value_name = "FILE")]
    opml: Option<PathBuf>,
    /// Time from one story to the next, over all publishers.
    #[arg(long, env = "NEWSWIRE_SAMPLE_EVERY", value_name = "TIME", default_value = "6s")]
    every: String,
    /// What the choice of stories is drawn from.
    #[arg(long, env = "NEWSWIRE_SAMPLE_SEED", value_name = "N", default_value_t = 1)]
    seed: u64,
    /// RFC 3339 time at which its clock starts; the present by default.
    #[arg(long, value_name = "TIME")]
    clock: Option<String>,
}

/// The flags, checked.
#[derive(Debug, Clone)]
pub struct Config {
    /// Address of the first publisher.
    pub listen: (Ipv4Addr, u16),
    /// Where the list of feeds is written.
    pub opml: Option<PathBuf>,
    /// Seconds from one story to the next.
    pub every_s: i64,
    /// What the choice of stories is drawn from.
    pub seed: u64,
    /// Tells the time.
    pub clock: Clock,
}

impl Config {
    /// What the flags' defaults say, on another port.
    #[must_use]
    pub fn on_port(port: u16) -> Self {
        Config { listen: (FIRST, port), opml: None, every_s: 6, seed: 1, clock: Clock::real() }
    }
}

impl Args {
    /// Checks the flags.
    ///
    /// # Errors
    /// A sentence for each thing that is wrong.
    pub fn check(&self) -> Result<Config, Vec<String>> {
        let mut wrong = Vec::new();
        let listen = match self.listen.parse() {
            Ok(SocketAddr::V4(address)) if address.ip().is_loopback() && address.ip().octets()[3] < 250 => {
                (*address.ip(), address.port())
            }
            _ => {
                wrong.push(format!("--listen is 127.x.x.x:PORT, not {:?}", self.listen));
                (FIRST, PORT)
            }
        };
        let every_s = match self.every.trim().parse::<jiff::SignedDuration>() {
            Ok(every) if (1..=86_400).contains(&every.as_secs()) => every.as_secs(),
            _ => {
                wrong.push(format!("--every is 1s to 24h, not {:?}", self.every));
                1
            }
        };
        let clock = match self.clock.as_deref().map(str::parse) {
            None => Clock::real(),
            Some(Ok(start)) => Clock::from(start),
            Some(Err(_)) => {
                wrong.push(format!("--clock is an RFC 3339 time, not {:?}", self.clock.as_deref().unwrap_or_default()));
                Clock::real()
            }
        };
        if !wrong.is_empty() {
            return Err(wrong);
        }
        Ok(Config { listen, opml: self.opml.clone(), every_s, seed: self.seed, clock })
    }
}

/// The publishers, on their addresses.
pub struct Publishers {
    listeners: Vec<TcpListener>,
    bases: Vec<String>,
}

/// Takes the addresses.
///
/// # Errors
/// Where one of them is not to be had.
pub async fn bind(config: &Config) -> anyhow::Result<Publishers> {
    /// Port 0 is free on the first address, and may be taken on another.
    const ATTEMPTS: usize = 20;
    let (first, port) = config.listen;
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
    for number in 0..HOUSES.len() {
        let address = Ipv4Addr::from_bits(first.to_bits() + u32::try_from(number)?);
        let listener = chassis::http::bind((address, port).into()).await?;
        port = listener.local_addr()?.port();
        bases.push(format!("http://{address}:{port}"));
        listeners.push(listener);
    }
    Ok(Publishers { listeners, bases })
}

impl Publishers {
    /// Definitions of all their feeds.
    #[must_use]
    pub fn feeds(&self) -> Vec<Feed> {
        let each = HOUSES.iter().zip(&self.bases).flat_map(|(house, base)| {
            house.offers.iter().map(move |offer| Feed {
                url: format!("{base}{}", offer.path),
                title: house.name.to_owned(),
                publisher_name: house.name.to_owned(),
                publisher_country: house.country.to_owned(),
                tags: vec!["sample".to_owned()],
                site_url: format!("{base}/"),
                language: "en".to_owned(),
                ..Feed::default()
            })
        });
        each.collect()
    }

    /// Serves until `stop`.
    pub async fn serve(self, config: Config, shutdown: CancellationToken) {
        let newsroom = Arc::new(Newsroom::new(config.seed, config.every_s));
        let servers = self.listeners.into_iter().zip(self.bases).zip(HOUSES).map(|((listener, base), house)| {
            tracing::info!(publisher = house.name, "invented news at {base}{}", house.offers[0].path);
            let routes = server::router(server::Desk { newsroom: newsroom.clone(), clock: config.clock, house, base });
            chassis::http::serve(listener, routes, chassis::http::Limits::default(), shutdown.clone())
        });
        futures_util::future::join_all(servers).await;
    }
}

/// The command: serves until `stop`.
///
/// # Errors
/// Where an address is not to be had, or the list cannot be written.
pub async fn run(config: Config, shutdown: CancellationToken) -> anyhow::Result<()> {
    let publishers = bind(&config).await?;
    if let Some(file) = &config.opml {
        std::fs::write(file, poller::opml::write("newswire sample", &publishers.feeds()))?;
        tracing::info!("its feeds are listed in {}", file.display());
    }
    publishers.serve(config, shutdown).await;
    Ok(())
}
