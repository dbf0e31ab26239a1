//! `eval schedule DATA`: how many polls the schedule spends and how late it sees entries, simulated over weeks on arrival times
//! that are made from publishers' feeds, compared with a fixed interval and Miniflux's rule.

use std::fs;
use std::path::Path;

use anyhow::Context as _;
use jiff::{SignedDuration, Timestamp};
use poller::document::{Context, Hints, Limits};
use poller::schedule::{self, Arrivals, Outcome, Rules, ServerHints};
use serde_json::{Value, json};

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;
const WEEK: i64 = 7 * DAY;
/// The simulation begins on a Thursday.
const BEGIN: i64 = 2_900 * WEEK;
/// Weeks of a simulation; what happens in the first ones is learned from and not measured.
const WEEKS: i64 = 8;
const LEARNED: i64 = 3;
/// The poll interval of a feed of which much is expected.
const BASE: SignedDuration = SignedDuration::from_mins(5);
/// Entries with a time that a feed needs, and seconds that they must cover: of a few minutes nothing can be repeated.
const MIN_ENTRIES: usize = 8;
const MIN_SPAN: i64 = HOUR / 2;

/// A generator of numbers (SplitMix64, Steele et al. 2014), so that a seed gives the same weeks on every machine.
pub struct Random(u64);

impl Random {
    /// Starts from a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Random(seed)
    }

    /// A number in 0..1.
    pub fn fraction(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// A rule for the time between two polls.
pub trait Rule {
    /// Seconds from a poll at `now` to the next; `new` are the times of the entries that it found.
    fn wait_s(&mut self, now: i64, new: &[i64]) -> i64;
}

/// The poller's own rule.
#[derive(Default)]
pub struct Adaptive {
    arrivals: Arrivals,
}

impl Rule for Adaptive {
    fn wait_s(&mut self, now: i64, new: &[i64]) -> i64 {
        let at = |second| Timestamp::from_second(second).unwrap_or_default();
        self.arrivals.observe(at(now));
        self.arrivals.arrived(new.iter().map(|second| Some(at(*second))), at(now));
        let hints = Hints::default();
        let rules = Rules { base: BASE, min_interval_s: 0, hints: &hints, server_hints: ServerHints::default() };
        let next = schedule::next(at(now), Outcome::Success, &self.arrivals, &rules, 0.5);
        next.at.duration_since(at(now)).as_secs()
    }
}

/// The same time between any two polls, in seconds.
pub struct Fixed(pub i64);

impl Rule for Fixed {
    fn wait_s(&mut self, _now: i64, _new: &[i64]) -> i64 {
        self.0
    }
}

/// Miniflux 2 with POLLING_SCHEDULER=entry_frequency and its defaults: a week divided by the entries of the last week, from 5
/// minutes to a day.
#[derive(Default)]
pub struct Miniflux(Vec<i64>);

impl Rule for Miniflux {
    fn wait_s(&mut self, now: i64, new: &[i64]) -> i64 {
        self.0.extend(new);
        self.0.retain(|at| now - at < WEEK);
        let entries = i64::try_from(self.0.len()).unwrap_or(i64::MAX);
        if entries == 0 { DAY } else { (WEEK / entries).clamp(300, DAY) }
    }
}

/// Polls and delays of one feed in the weeks that are measured.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Spent {
    /// Polls a day.
    pub polls_a_day: f64,
    /// Seconds from publication to the poll that first saw it, of each entry.
    pub delays_s: Vec<i64>,
}

/// Polls a feed whose entries are published at `arrivals` (sorted, in seconds), by a rule. Each wait is up to 10 % shorter or
/// longer.
#[must_use]
pub fn simulate(rule: &mut dyn Rule, arrivals: &[i64], random: &mut Random) -> Spent {
    let (from, end) = (BEGIN + LEARNED * WEEK, BEGIN + WEEKS * WEEK);
    let (mut now, mut seen, mut polls) = (BEGIN, 0, 0_i64);
    let mut delays_s = Vec::new();
    while now < end {
        let until = seen + arrivals.iter().skip(seen).take_while(|at| **at <= now).count();
        let new = arrivals.get(seen..until).unwrap_or_default();
        seen = until;
        if now >= from {
            polls += 1;
            delays_s.extend(new.iter().filter(|at| **at >= from).map(|at| now - at));
        }
        let wait = rule.wait_s(now, new) as f64 * (0.9 + 0.2 * random.fraction());
        now += (wait as i64).max(1);
    }
    Spent { polls_a_day: polls as f64 / ((end - from) as f64 / DAY as f64), delays_s }
}

/// Weeks of arrivals with the pattern of a feed: what it shows is repeated, by whole weeks if it covers five days or more, else
/// by whole days; of less than a day, the gaps are drawn again, four times as long at night.
#[must_use]
pub fn weeks_of(shown: &[i64], random: &mut Random) -> Vec<i64> {
    let mut shown = shown.to_vec();
    shown.sort_unstable();
    // A few entries are kept forever at the end of many documents.
    shown.drain(..shown.len() / 10);
    let (Some(first), Some(last)) = (shown.first().copied(), shown.last().copied()) else { return Vec::new() };
    let (span, end) = (last - first, BEGIN + WEEKS * WEEK);
    if span < MIN_SPAN {
        return Vec::new();
    }
    let mut arrivals = Vec::new();
    if span >= DAY * 9 / 10 {
        let days = span / DAY + 1;
        let period = if days >= 5 { (days + 6) / 7 * WEEK } else { days * DAY };
        // The same hour and, with whole weeks, the same day of the week.
        let mut offset = BEGIN - period + (first - BEGIN).rem_euclid(period);
        while offset < end {
            let moved = shown.iter().map(|at| offset + at - first + ((random.fraction() - 0.5) * 2_400.0) as i64);
            arrivals.extend(moved.filter(|at| (BEGIN..end).contains(at)));
            offset += period;
        }
    } else {
        let gaps: Vec<i64> = shown.iter().zip(shown.iter().skip(1)).map(|(one, next)| next - one).collect();
        let zone = (random.fraction() * 24.0) as i64 * HOUR;
        let mut at = BEGIN;
        while at < end && !gaps.is_empty() {
            let is_day = (6..22).contains(&((at + zone).rem_euclid(DAY) / HOUR));
            let gap = gaps.get((random.fraction() * gaps.len() as f64) as usize).copied().unwrap_or(HOUR);
            at += gap * if is_day { 1 } else { 4 } + (random.fraction() * 60.0) as i64 + 1;
            arrivals.push(at);
        }
    }
    arrivals.retain(|at| *at < end);
    arrivals.sort_unstable();
    arrivals
}

/// Prints a table unless `json` is set, and returns `{"feeds", "entries", "rules": {NAME: {..}}}`. DATA is a corpus with a
/// folder `publishers` of feeds, or that folder.
///
/// # Errors
/// A file cannot be read, or no feed has enough entries with a time.
#[expect(clippy::print_stdout, reason = "the table goes to standard output")]
pub fn run(data: &Path, json: bool) -> anyhow::Result<Value> {
    let inner = data.join("publishers");
    let folder = if inner.is_dir() { inner } else { data.to_owned() };
    let mut files: Vec<_> = fs::read_dir(&folder)
        .with_context(|| folder.display().to_string())?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    files.sort();
    let mut feeds = Vec::new();
    for (number, file) in (0_u64..).zip(&files) {
        let shown = times(&fs::read(file).with_context(|| file.display().to_string())?);
        if shown.len() >= MIN_ENTRIES {
            feeds.push(weeks_of(&shown, &mut Random::new(number)));
        }
    }
    feeds.retain(|arrivals| arrivals.len() >= MIN_ENTRIES);
    anyhow::ensure!(!feeds.is_empty(), "no feeds with times in {}", folder.display());
    let entries: usize = feeds.iter().map(Vec::len).sum();
    if !json {
        println!("{} feeds, {entries} entries in {WEEKS} weeks, the last {} measured", feeds.len(), WEEKS - LEARNED);
        println!("{:<22} {:>10} {:>24} {:>24}", "rule", "polls/day", "delay of an entry, min", "of a feed's mean, min");
        println!("{:<22} {:>10} {:>8}{:>8}{:>8} {:>24}", "", "a feed", "median", "mean", "p90", "mean");
    }
    let mut rules = serde_json::Map::new();
    let mut add = |name: &str, rule: &dyn Fn() -> Box<dyn Rule>| {
        let row = measure(&feeds, rule);
        if !json {
            let [polls, median, mean, p90, of_feeds] = row;
            println!("{name:<22} {polls:>10.1} {median:>8.1}{mean:>8.1}{p90:>8.1} {of_feeds:>24.1}");
        }
        let [polls, median, mean, p90, of_feeds] = row;
        rules.insert(
            name.to_owned(),
            json!({ "polls_a_day": polls, "median_min": median, "mean_min": mean, "p90_min": p90, "feed_mean_min": of_feeds }),
        );
    };
    add("newswire", &|| Box::new(Adaptive::default()));
    add("Miniflux", &|| Box::new(Miniflux::default()));
    for minutes in [5, 10, 15, 20, 30, 60] {
        add(&format!("every {minutes} minutes"), &|| Box::new(Fixed(minutes * 60)));
    }
    Ok(json!({ "feeds": feeds.len(), "entries": entries, "rules": rules }))
}

/// Polls a day and feed; median, mean and 90th percentile of the delays of all entries; mean of the feeds' mean delays. In
/// minutes.
fn measure(feeds: &[Vec<i64>], rule: &dyn Fn() -> Box<dyn Rule>) -> [f64; 5] {
    let (mut polls, mut all, mut means) = (0.0, Vec::new(), Vec::new());
    for (number, arrivals) in (0..).zip(feeds) {
        let spent = simulate(&mut *rule(), arrivals, &mut Random::new(number));
        polls += spent.polls_a_day;
        if !spent.delays_s.is_empty() {
            means.push(mean(&spent.delays_s));
        }
        all.extend(spent.delays_s);
    }
    all.sort_unstable();
    let at = |share: f64| all.get((all.len() as f64 * share) as usize).map_or(0.0, |delay| *delay as f64 / 60.0);
    let of_feeds = means.iter().sum::<f64>() / means.len().max(1) as f64;
    [polls / feeds.len() as f64, at(0.5), mean(&all), at(0.9), of_feeds]
}

/// In minutes.
fn mean(delays_s: &[i64]) -> f64 {
    delays_s.iter().sum::<i64>() as f64 / delays_s.len().max(1) as f64 / 60.0
}

/// The times of a document's entries, in seconds.
fn times(bytes: &[u8]) -> Vec<i64> {
    let context = Context {
        url: "https://feed.example/",
        content_type: None,
        content_location: None,
        content_language: None,
        limits: Limits::default(),
    };
    let Ok(document) = poller::parse::read(bytes, &context) else { return Vec::new() };
    let dates = document.entries.iter().filter_map(|entry| entry.published.or(entry.updated));
    dates.filter(|date| matches!(date.precision, "SECOND" | "MINUTE")).map(|date| date.at.as_second()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Arrivals `hourly` times an hour in these hours of the day (GMT), on working days only if `rests`.
    fn arrivals(hourly: f64, hours: std::ops::Range<i64>, rests: bool) -> Vec<i64> {
        let mut random = Random::new(7);
        let mut arrivals = Vec::new();
        let mut at = BEGIN as f64;
        while at < (BEGIN + WEEKS * WEEK) as f64 {
            at += -(1.0 - random.fraction()).ln() / hourly * HOUR as f64;
            let second = at as i64;
            // The first day of 1970 was a Thursday.
            let weekday = (second / DAY + 3).rem_euclid(7);
            if hours.contains(&(second.rem_euclid(DAY) / HOUR)) && !(rests && weekday >= 5) {
                arrivals.push(second);
            }
        }
        arrivals
    }

    /// Polls a day and mean delay in minutes.
    fn spent(rule: &mut dyn Rule, arrivals: &[i64]) -> (f64, f64) {
        let spent = simulate(rule, arrivals, &mut Random::new(1));
        (spent.polls_a_day, mean(&spent.delays_s))
    }

    #[test]
    fn a_paper_that_rests_at_night_is_seen_sooner_than_at_a_fixed_interval_of_as_many_polls() {
        let paper = arrivals(4.0, 7..17, true);
        let (polls, delay) = spent(&mut Adaptive::default(), &paper);
        let (_, fixed) = spent(&mut Fixed((DAY as f64 / polls) as i64), &paper);
        assert!(delay < fixed * 0.7, "{polls:.0} polls a day: {delay:.1} min, fixed {fixed:.1} min");
    }

    #[test]
    fn a_wire_is_polled_at_the_base_interval_and_a_blog_every_hour_at_most() {
        let (wire, delay) = spent(&mut Adaptive::default(), &arrivals(30.0, 0..24, false));
        assert!((280.0..=290.0).contains(&wire) && delay < 3.0, "{wire:.0} polls a day, {delay:.1} min");
        let (blog, _) = spent(&mut Adaptive::default(), &arrivals(0.01, 0..24, false));
        assert!((24.0..=40.0).contains(&blog), "{blog:.0} polls a day");
        let (dead, _) = spent(&mut Adaptive::default(), &[]);
        assert!((24.0..=27.0).contains(&dead), "{dead:.0} polls a day");
    }

    #[test]
    fn a_feed_that_begins_to_publish_is_polled_more_within_the_day() {
        let from = BEGIN + (LEARNED + 1) * WEEK;
        let begins: Vec<i64> = arrivals(12.0, 0..24, false).into_iter().filter(|at| *at >= from).collect();
        let spent = simulate(&mut Adaptive::default(), &begins, &mut Random::new(1));
        let later = spent.delays_s.get(100..).unwrap_or_default();
        assert!(mean(later) < 6.0, "{:.1} min after a hundred entries", mean(later));
    }
}
