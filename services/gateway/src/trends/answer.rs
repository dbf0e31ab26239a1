//! Answers of trends, from counts that do not change meanwhile.

use super::{
    Hour, Key, Of,
    score::{self, approximate},
};
use crate::HOUR_MS;
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

/// Earlier days whose same hours are compared.
const DAYS: i64 = 7;
/// Fewest articles of what rises.
const MIN_RECENT: u64 = 3;
/// Fewest articles in the hours of an earlier day that is compared.
const MIN_EARLIER: u64 = 10;
/// A score from which something rises: chance gives it once in twenty times.
const MIN_SCORE: f64 = 1.3;
/// Least mean that is assumed: one article in four days, so that what was never seen is not infinitely unexpected.
const MIN_EXPECTED: f64 = 0.25;

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Question {
    /// What articles are counted by.
    pub of: Of,
    /// Types of entities; all if empty.
    pub types: Vec<String>,
    /// Only these keys; all if empty.
    pub keys: Vec<String>,
    /// Hours that are listed.
    pub hours: i64,
    /// Hours that are compared with earlier days.
    pub recent: i64,
    /// Most answers.
    pub limit: usize,
    /// Only what rises, by score; else by number.
    pub only_rising: bool,
}

/// The counts of a key over time.
#[derive(Debug, Clone, PartialEq)]
pub struct Trend {
    /// What is counted.
    pub key: Arc<Key>,
    /// Articles by hour, oldest first.
    pub counts: Vec<u64>,
    /// News of the last hours.
    pub recent: u64,
    /// What earlier days let expect.
    pub expected: f64,
    /// How unexpected it is: see `score::surprise`.
    pub score: f64,
}

/// The counts of a moment.
pub struct Counts(pub(super) BTreeMap<i64, Arc<Hour>>);

impl Counts {
    /// Begin of the first hour of which articles are counted, in milliseconds since 1970.
    #[must_use]
    pub fn first_ms(&self) -> Option<i64> {
        self.0.first_key_value().map(|(hour, _)| hour * HOUR_MS)
    }

    /// The trends at `now_ms`.
    #[must_use]
    pub fn answer(&self, question: &Question, now_ms: i64) -> Vec<Trend> {
        let now = now_ms.div_euclid(HOUR_MS);
        let begin = now - question.hours + 1;
        let mut listed: HashMap<u32, Trend> = HashMap::new();
        let accepts = |key: &Key| {
            key.of == question.of
                && (question.types.is_empty() || question.types.contains(&key.kind))
                && (question.keys.is_empty() || question.keys.contains(&key.key))
        };
        let length = usize::try_from(question.hours).unwrap_or(0);
        for (hour, place) in self.0.range(begin..=now) {
            for (id, row) in place.rows.iter().filter(|(_, row)| accepts(&row.key)) {
                let trend = listed.entry(*id).or_insert_with(|| Trend {
                    key: Arc::clone(&row.key),
                    counts: vec![0; length],
                    recent: 0,
                    expected: 0.0,
                    score: 0.0,
                });
                if let Some(count) = usize::try_from(hour - begin).ok().and_then(|at| trend.counts.get_mut(at)) {
                    *count = row.cell.all();
                }
            }
        }
        self.compare(&mut listed, question.recent, now_ms);
        let mut trends: Vec<Trend> = listed.into_values().collect();
        if question.only_rising {
            trends.retain(|trend| trend.recent >= MIN_RECENT && trend.score >= MIN_SCORE);
            trends.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.key.key.cmp(&b.key.key)));
        } else {
            let sum = |trend: &Trend| trend.counts.iter().sum::<u64>();
            trends.sort_by_cached_key(|trend| (u64::MAX - sum(trend), trend.key.key.clone()));
        }
        trends.truncate(question.limit);
        trends
    }

    /// Compares the news of the last hours with the same hours of earlier days. What earlier days let expect grows with the number
    /// of all articles, so that a new feed does not make everything rise.
    fn compare(&self, trends: &mut HashMap<u32, Trend>, recent: i64, now_ms: i64) {
        let now = now_ms.div_euclid(HOUR_MS);
        for hour in now - recent + 1..=now {
            for (id, row) in self.0.get(&hour).into_iter().flat_map(|place| &place.rows) {
                if let Some(trend) = trends.get_mut(id) {
                    trend.recent += u64::from(row.cell.live);
                }
            }
        }
        let of_day = |day: i64| {
            let hours = (now - recent + 1..=now).filter_map(|hour| self.0.get(&(hour - day * 24)));
            hours.map(|place| place.total.all()).sum::<u64>()
        };
        // A day before the first feed was added says nothing.
        let days: Vec<i64> = (1..=DAYS).filter(|day| of_day(*day) >= MIN_EARLIER).collect();
        if days.is_empty() {
            return;
        }
        // The current hour counts as far as it has passed.
        let passed = approximate((now_ms.rem_euclid(HOUR_MS)).unsigned_abs()) / approximate(HOUR_MS.unsigned_abs());
        let (mut news, mut earlier) = (0.0, 0.0);
        let mut expected: HashMap<u32, f64> = HashMap::new();
        for hour in now - recent + 1..=now {
            news += self.0.get(&hour).map_or(0.0, |place| f64::from(place.total.live));
            let share = if hour == now { passed } else { 1.0 };
            for place in days.iter().filter_map(|day| self.0.get(&(hour - day * 24))) {
                earlier += share * approximate(place.total.all());
                for (id, row) in place.rows.iter().filter(|(id, _)| trends.contains_key(id)) {
                    *expected.entry(*id).or_default() += share * approximate(row.cell.all());
                }
            }
        }
        let factor = if earlier > 0.0 { news / earlier } else { 0.0 };
        for (id, trend) in trends {
            let expected = expected.get(id).copied().unwrap_or(0.0) * factor;
            trend.expected = expected;
            trend.score = score::surprise(trend.recent, expected.max(MIN_EXPECTED));
        }
    }
}
