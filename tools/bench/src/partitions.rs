//! `bench partitions [LISTS]`: how evenly feeds fall on partitions, which are those of their hosts.
//!
//! The skew is that of real lists: the share of feeds that each of their hosts has. A larger list is drawn from it: the hosts
//! that have several feeds keep their share, as platforms do, and each other feed is a host of its own.

use anyhow::Context as _;
use proto::partition;
use serde::Serialize;
use serde_json::Value;
use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
};

/// A host with this many feeds of a list or more is one that many publishers share.
const SHARED_FROM: usize = 5;

/// What was simulated.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// Folder with OPML lists [default: corpora/sources of `NEWSWIRE_CORPORA` or ../shared]
    pub lists: Option<PathBuf>,
    /// Feeds; may be repeated [default: 1000, 100000, 10000000]
    #[arg(long)]
    feeds: Vec<usize>,
    /// Partitions; may be repeated [default: 6, 24, 96]
    #[arg(long)]
    partitions: Vec<i32>,
}

/// One size of list on one number of partitions.
#[derive(Debug, Serialize)]
struct Spread {
    feeds: usize,
    partitions: i32,
    /// Feeds of the fullest partition, as a multiple of the mean.
    fullest: f64,
    /// The same without the shared hosts.
    fullest_without_shared: f64,
    /// Feeds of the largest host.
    largest_host: usize,
}

/// Prints a table unless `json` is set, and returns a list of `{"feeds", "partitions", "fullest", "fullest_without_shared",
/// "largest_host"}`: multiples of the mean, and feeds.
///
/// # Errors
/// No list can be read.
#[expect(clippy::print_stdout, reason = "the table goes to standard output")]
pub fn run(lists: &Path, args: &Args, json: bool) -> anyhow::Result<Value> {
    let listed = hosts_of(lists)?;
    let or = |given: &[usize]| if given.is_empty() { vec![1_000, 100_000, 10_000_000] } else { given.to_vec() };
    let partitions = if args.partitions.is_empty() { vec![6, 24, 96] } else { args.partitions.clone() };
    let mut all = Vec::new();
    for feeds in or(&args.feeds) {
        let hosts = scale(&listed, feeds);
        for partitions in &partitions {
            all.push(spread(&hosts, *partitions));
        }
    }
    if !json {
        println!("feeds      partitions  fullest / mean  without shared hosts  feeds of the largest host");
        for Spread { feeds, partitions, fullest, fullest_without_shared, largest_host } in &all {
            println!("{feeds:<10} {partitions:<11} {fullest:<15.2} {fullest_without_shared:<21.2} {largest_host}");
        }
    }
    Ok(serde_json::to_value(all)?)
}

/// The hosts of the lists in a folder, with the number of their feeds. A feed that several lists name counts once.
fn hosts_of(folder: &Path) -> anyhow::Result<HashMap<String, usize>> {
    let mut feeds = HashMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "opml") {
                // What a list has beyond its feeds is of no interest here.
                let Ok(listed) = poller::opml::read(&fs::read(&path)?) else { continue };
                feeds.extend(listed.into_iter().map(|feed| (feed.url, ())));
            }
        }
    }
    let mut hosts = HashMap::new();
    for url in feeds.keys().filter_map(|url| url::Url::parse(url).ok()) {
        *hosts.entry(url.host_str().unwrap_or_default().to_owned()).or_default() += 1;
    }
    anyhow::ensure!(!hosts.is_empty(), "{}: no list", folder.display());
    Ok(hosts)
}

/// A list with about `feeds` feeds.
fn scale(listed: &HashMap<String, usize>, feeds: usize) -> HashMap<String, usize> {
    let total: usize = listed.values().sum();
    let mut hosts: HashMap<String, usize> = listed
        .iter()
        .filter(|(_, count)| **count >= SHARED_FROM)
        .map(|(host, count)| (host.clone(), count * feeds / total))
        .collect();
    let shared: usize = hosts.values().sum();
    hosts.extend((0..feeds.saturating_sub(shared)).map(|number| (format!("host-{number}.example"), 1)));
    hosts
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^52 feeds")]
fn spread(hosts: &HashMap<String, usize>, partitions: i32) -> Spread {
    let fullest = |is_counted: &dyn Fn(usize) -> bool| {
        let mut counts: HashMap<i32, usize> = HashMap::new();
        for (host, count) in hosts.iter().filter(|(_, count)| is_counted(**count)) {
            *counts.entry(partition::of_host(host, partitions)).or_default() += count;
        }
        let total: usize = counts.values().sum();
        let most = counts.values().copied().max().unwrap_or(0);
        most as f64 * f64::from(partitions) / total.max(1) as f64
    };
    Spread {
        feeds: hosts.values().sum(),
        partitions,
        fullest: fullest(&|_| true),
        fullest_without_shared: fullest(&|count| count == 1),
        largest_host: hosts.values().copied().max().unwrap_or(0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scaled_list_keeps_the_share_of_shared_hosts() {
        let listed = HashMap::from([("shared.example".to_owned(), 20), ("one.example".to_owned(), 1)]);
        let hosts = scale(&listed, 2_100);
        assert_eq!(hosts["shared.example"], 2_000);
        assert_eq!(hosts.values().sum::<usize>(), 2_100);
    }

    #[test]
    fn a_shared_host_fills_one_partition() {
        let hosts = scale(&HashMap::from([("shared.example".to_owned(), 20), ("one.example".to_owned(), 20)]), 1_000);
        let Spread { fullest, .. } = spread(&hosts, 10);
        assert!(fullest > 4.0, "{fullest}");
    }
}
