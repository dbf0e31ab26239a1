//! When entries of a feed have arrived, and when the next are to be expected. Pure: the clock is passed in.

use jiff::{SignedDuration, Timestamp};
use proto::v1;

const DAY_S: i64 = 86_400;
/// An arrival, and a second of observation, counts half after so many days.
const HALF_LIFE_DAYS: f64 = 14.0;
/// The weight of what is a day older.
const DAILY: f64 = 0.951_695; // 2^(-1/14)
/// Entries that are older at the first poll say nothing of the feed's present.
const MAX_AGE_S: i64 = 28 * DAY_S;
/// A date that is further back when its entry is first seen is not when it arrived.
const MAX_DELAY_S: i64 = DAY_S;
/// The unit of a weighted number of entries.
const UNIT: u32 = 16;
/// Entries by hour and by day of the week count as if so many more were spread evenly over each.
const EVEN_HOURS: f64 = 12.0;
const EVEN_WEEKDAYS: f64 = 14.0;
/// What is assumed of a feed before it is observed: three entries in 144 base intervals (at five minutes: in half a day).
const PRIOR_ENTRIES: f64 = 3.0;
const PRIOR_INTERVALS: f64 = 144.0;
/// A feed is polled at the base interval if so many entries are expected in it (at five minutes: six an hour).
const ENTRIES_AT_BASE: f64 = 0.5;
/// An entry makes others likely: so many are expected in the base interval after it (at five minutes: two an hour), and half
/// as many after six intervals.
const BURST_ENTRIES: f64 = 1.0 / 6.0;
const BURST_HALF_LIFE_INTERVALS: f64 = 6.0;
/// The longest interval of a feed from which nothing is expected, in base intervals.
pub const MAX_INTERVALS: f64 = 12.0;
/// A feed is silent when so many entries were expected since its last one: for independent arrivals the chance is e^-20.
const SILENT_ENTRIES: f64 = 20.0;
/// It is never silent sooner, and always later.
const MIN_SILENCE_H: i64 = 24;
const MAX_SILENCE_H: i64 = 60 * 24;
/// Entries in the history of a feed that can be silent.
const MIN_ENTRIES: f64 = 10.0;
/// Days of [`Arrivals::last_week`].
const WEEK: usize = 7;

/// The history of a feed's arrivals: their number by hour of the day and by day of the week (GMT), and for how long the feed
/// was observed. Both count half after 14 days.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Arrivals {
    /// The day that the weights are of, since 1970.
    day: i64,
    /// In sixteenths of an entry.
    hours: [u32; 24],
    /// In sixteenths of an entry, from Monday on.
    weekdays: [u32; 7],
    /// Weighted seconds.
    observed_s: i64,
    /// Until when the feed was observed, in seconds since 1970; 0 if it was not.
    until_s: i64,
    /// When the last entry arrived, in seconds since 1970; 0 if none has.
    last_s: i64,
    /// Entries by day, today first.
    days: [u32; WEEK],
    /// From when on the feed is silent, in seconds since 1970; 0 if its history is too short to tell.
    silent_from_s: i64,
}

impl Arrivals {
    /// Reads the message of a state; a list of another length is that of an unknown version, and empty.
    #[must_use]
    pub fn from_wire(message: &v1::Arrivals) -> Self {
        Arrivals {
            day: i64::from(message.day),
            hours: message.hours.as_slice().try_into().unwrap_or_default(),
            weekdays: message.weekdays.as_slice().try_into().unwrap_or_default(),
            observed_s: message.observed_s.max(0),
            until_s: message.until_s.max(0),
            last_s: message.last_s.max(0),
            days: message.days.as_slice().try_into().unwrap_or_default(),
            silent_from_s: message.silent_from_s.max(0),
        }
    }

    /// The message of a state.
    #[must_use]
    pub fn to_wire(&self) -> v1::Arrivals {
        let list = |values: &[u32]| if values.iter().all(|value| *value == 0) { Vec::new() } else { values.to_vec() };
        v1::Arrivals {
            day: i32::try_from(self.day).unwrap_or_default(),
            hours: list(&self.hours),
            weekdays: list(&self.weekdays),
            observed_s: self.observed_s,
            until_s: self.until_s,
            last_s: self.last_s,
            days: list(&self.days),
            silent_from_s: self.silent_from_s,
        }
    }

    /// The history that a first document tells: `published` are the times of its entries. The feed counts as observed since
    /// the oldest of the last 28 days, or for all of them if an entry is older.
    #[must_use]
    pub fn of_document(published: &[Timestamp], now: Timestamp) -> Self {
        let now_s = now.as_second();
        let all = published.iter().map(|at| at.as_second().min(now_s));
        let recent: Vec<i64> = all.filter(|at| now_s - at < MAX_AGE_S).collect();
        let since_s = if recent.len() < published.len() {
            now_s - MAX_AGE_S
        } else {
            recent.iter().copied().min().unwrap_or(now_s)
        };
        let mut history = Arrivals { day: day_of(now_s), until_s: now_s, ..Arrivals::default() };
        history.observed_s = weighted_s(now_s - since_s);
        for at in recent {
            let age = (now_s - at) as f64 / DAY_S as f64;
            history.add(at, 0.5_f64.powf(age / HALF_LIFE_DAYS));
        }
        history.silent_from_s = history.silent_from();
        history
    }

    /// Brings the history to `now`: what is older counts less, and the feed was observed since.
    pub fn observe(&mut self, now: Timestamp) {
        let now_s = now.as_second();
        // A clock that was set back: nothing lies ahead of it.
        self.last_s = self.last_s.min(now_s);
        let elapsed_s = if self.until_s == 0 { 0 } else { (now_s - self.until_s).max(0) };
        let days = (day_of(now_s) - self.day).max(0);
        if days > 0 {
            let weight = DAILY.powf(days as f64);
            self.hours
                .iter_mut()
                .chain(&mut self.weekdays)
                .for_each(|value| *value = (f64::from(*value) * weight) as u32);
            self.observed_s = (self.observed_s as f64 * weight) as i64;
            let shift = usize::try_from(days).unwrap_or(WEEK).min(WEEK);
            self.days.rotate_right(shift);
            self.days.iter_mut().take(shift).for_each(|count| *count = 0);
        }
        self.day = day_of(now_s);
        self.observed_s = self.observed_s.saturating_add(weighted_s(elapsed_s));
        self.until_s = now_s;
    }

    /// Adds entries that a poll at `now` has found new, each with its time of publication. `now` counts where that is unknown,
    /// ahead, or more than a day back.
    pub fn arrived(&mut self, published: impl IntoIterator<Item = Option<Timestamp>>, now: Timestamp) {
        let now_s = now.as_second();
        let mut is_any = false;
        for at in published {
            let at =
                at.map(Timestamp::as_second).filter(|at| (now_s - MAX_DELAY_S..=now_s).contains(at)).unwrap_or(now_s);
            self.add(at, 1.0);
            is_any = true;
        }
        if is_any {
            self.silent_from_s = self.silent_from();
        }
    }

    fn add(&mut self, at_s: i64, weight: f64) {
        let units = (f64::from(UNIT) * weight) as u32;
        let (hour, weekday) = place(at_s);
        for value in self.hours.get_mut(hour).into_iter().chain(self.weekdays.get_mut(weekday)) {
            *value = value.saturating_add(units);
        }
        let day = usize::try_from((self.day - day_of(at_s)).max(0)).unwrap_or(WEEK);
        if let Some(count) = self.days.get_mut(day) {
            *count = count.saturating_add(1);
        }
        self.last_s = self.last_s.max(at_s);
    }

    /// Weighted number of entries.
    fn entries(&self) -> f64 {
        self.hours.iter().map(|value| f64::from(*value)).sum::<f64>() / f64::from(UNIT)
    }

    /// By how much more than on average arrives in each hour of the day and on each day of the week.
    fn profile(&self) -> ([f64; 24], [f64; 7]) {
        let hour = |at: usize| f64::from(self.hours[at % 24]) / f64::from(UNIT);
        // The hours before and after tell, too.
        let smooth = |at: usize| 0.25 * hour(at + 23) + 0.5 * hour(at) + 0.25 * hour(at + 1);
        let all = self.entries();
        let even = |count: f64, parts: f64, even: f64| (count + even / parts) / (all + even) * parts;
        let weekday = |at: usize| f64::from(self.weekdays[at]) / f64::from(UNIT);
        (
            std::array::from_fn(|at| even(smooth(at), 24.0, EVEN_HOURS)),
            std::array::from_fn(|at| even(weekday(at), 7.0, EVEN_WEEKDAYS)),
        )
    }

    /// The interval to the next poll after one at `now`: short where much is expected. A feed gets the number of polls that
    /// grows with the square root of its arrivals, which is the least delay of an entry for a number of polls of all feeds
    /// (Cho and Garcia-Molina, "Effective page refresh policies for web crawlers", 2003, for sources of the same weight an
    /// entry). From `base` to twelve times `base`, at most an hour.
    #[must_use]
    pub fn interval(&self, now: Timestamp, base: SignedDuration) -> SignedDuration {
        let base_s = base.as_secs_f64().max(0.05);
        let longest_s = (base_s * MAX_INTERVALS).min(3_600.0).max(base_s);
        let slowest = base_s / longest_s;
        let rate = (self.entries() + PRIOR_ENTRIES) / (self.observed_s as f64 + PRIOR_INTERVALS * base_s);
        let (hours, weekdays) = self.profile();
        let (now_s, step_s) = (now.as_millisecond() as f64 / 1_000.0, base_s / 2.0);
        let (mut waited_s, mut done) = (0.0, 0.0);
        while waited_s < longest_s {
            let at_s = now_s + waited_s;
            let (hour, weekday) = place(at_s as i64);
            let expected = rate * hours[hour] * weekdays[weekday] * base_s + self.burst(at_s, base_s);
            let speed = (expected / ENTRIES_AT_BASE).sqrt().clamp(slowest, 1.0);
            let left_s = (base_s - done) / speed;
            if left_s <= step_s {
                waited_s += left_s;
                break;
            }
            done += speed * step_s;
            waited_s += step_s;
        }
        SignedDuration::from_millis((waited_s.clamp(base_s, longest_s) * 1_000.0) as i64)
    }

    /// Entries expected in a base interval at `at_s` because of the last one.
    fn burst(&self, at_s: f64, base_s: f64) -> f64 {
        if self.last_s == 0 {
            return 0.0;
        }
        let since = (at_s - self.last_s as f64).max(0.0);
        BURST_ENTRIES * 0.5_f64.powf(since / (BURST_HALF_LIFE_INTERVALS * base_s))
    }

    fn silent_from(&self) -> i64 {
        let entries = self.entries();
        if self.last_s == 0 || entries < MIN_ENTRIES || self.observed_s < DAY_S {
            return 0;
        }
        let hourly = entries / self.observed_s as f64 * 3_600.0;
        let (hours, weekdays) = self.profile();
        let (mut expected, mut waited_h) = (0.0, 0);
        while (expected < SILENT_ENTRIES || waited_h < MIN_SILENCE_H) && waited_h < MAX_SILENCE_H {
            let (hour, weekday) = place(self.last_s + waited_h * 3_600);
            expected += hourly * hours[hour] * weekdays[weekday];
            waited_h += 1;
        }
        self.last_s + waited_h * 3_600
    }

    /// True if the feed has shown nothing new for longer than its history explains.
    #[must_use]
    pub fn is_silent(&self, now: Timestamp) -> bool {
        self.silent_from_s != 0 && now.as_second() >= self.silent_from_s
    }

    /// From when on the feed is silent unless an entry arrives; `None` if its history is too short to tell.
    #[must_use]
    pub fn silent_from_at(&self) -> Option<Timestamp> {
        (self.silent_from_s != 0).then(|| Timestamp::from_second(self.silent_from_s).ok()).flatten()
    }

    /// When the last entry arrived.
    #[must_use]
    pub fn last_at(&self) -> Option<Timestamp> {
        (self.last_s != 0).then(|| Timestamp::from_second(self.last_s).ok()).flatten()
    }

    /// Entries that the history lets expect in a week; `None` before the feed was observed for a day.
    #[must_use]
    pub fn expected_a_week(&self) -> Option<f64> {
        (self.observed_s >= DAY_S).then(|| self.entries() / self.observed_s as f64 * (DAY_S as f64) * 7.0)
    }

    /// Entries of the last seven days, today included.
    #[must_use]
    pub fn last_week(&self) -> u32 {
        self.days.iter().fold(0, |sum, count| sum.saturating_add(*count))
    }
}

fn day_of(at_s: i64) -> i64 {
    at_s.div_euclid(DAY_S)
}

/// Hour of the day and day of the week from Monday on (GMT). The first day of 1970 was a Thursday.
fn place(at_s: i64) -> (usize, usize) {
    let hour = at_s.rem_euclid(DAY_S) / 3_600;
    let weekday = (day_of(at_s) + 3).rem_euclid(7);
    (usize::try_from(hour).unwrap_or_default(), usize::try_from(weekday).unwrap_or_default())
}

/// The weight of the last so many seconds, each of which counts half after 14 days.
fn weighted_s(seconds: i64) -> i64 {
    let half_life_s = HALF_LIFE_DAYS * DAY_S as f64;
    (half_life_s / std::f64::consts::LN_2 * (1.0 - 0.5_f64.powf(seconds as f64 / half_life_s))).round() as i64
}
