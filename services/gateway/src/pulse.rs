//! The pulse of the pipeline: articles a minute, and how long they take from publication to the gateway, from the records' own
//! times.

use crate::window::StoredArticle;
use std::collections::VecDeque;

const MINUTE_MS: i64 = 60_000;
/// Minutes that are kept.
pub const MINUTES: usize = 60;
/// Classes of a delay: four to a doubling, from 1 ms on, up to 12 days. A quantile is at most 19 % too high.
const CLASSES: usize = 120;

/// A part of an article's way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// From publication, as the publisher states it, to the first poll that saw it.
    PublishedToSeen,
    /// From that poll to the end of its enrichment.
    SeenToEnriched,
    /// From the end of its enrichment to this gateway.
    EnrichedToGateway,
}

const STAGES: [Stage; 3] = [Stage::PublishedToSeen, Stage::SeenToEnriched, Stage::EnrichedToGateway];

/// What a stage takes, in milliseconds.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct Delay {
    /// The part of the way.
    pub stage: Stage,
    /// Half of the articles take at most so long.
    pub p50_ms: u64,
    /// Nine of ten take at most so long.
    pub p90_ms: u64,
    /// 99 of 100 take at most so long.
    pub p99_ms: u64,
    /// Articles that were measured.
    pub articles: u64,
}

struct Minute {
    number: i64,
    articles: u64,
    delays: [[u32; CLASSES]; STAGES.len()],
}

/// The last hour.
#[derive(Default)]
pub struct Pulse {
    minutes: VecDeque<Minute>,
}

impl Pulse {
    /// Notes an article that was read at `now_ms`. Backfill, replays and later revisions say nothing about delays.
    pub fn add(&mut self, article: &StoredArticle, now_ms: i64) {
        let number = now_ms.div_euclid(MINUTE_MS);
        if self.minutes.back().is_none_or(|minute| minute.number < number) {
            self.minutes.push_back(Minute { number, articles: 0, delays: [[0; CLASSES]; STAGES.len()] });
            while self.minutes.len() > MINUTES {
                self.minutes.pop_front();
            }
        }
        let Some(minute) = self.minutes.back_mut() else { return };
        minute.articles += 1;
        if article.is_backfill || article.version != (1, 0) || article.enriched_ms == 0 {
            return;
        }
        let published = article.is_dated.then_some(article.sort_key.at_ms);
        let spans = [
            published.map(|at| article.seen_ms - at),
            Some(article.enriched_ms - article.seen_ms),
            Some(now_ms - article.enriched_ms),
        ];
        for (classes, span) in minute.delays.iter_mut().zip(spans) {
            if let Some(place) = span.and_then(|ms| classes.get_mut(class_of(ms))) {
                *place = place.saturating_add(1);
            }
        }
    }

    /// Articles in each of the last [`MINUTES`] minutes up to `now_ms`, and the first of these in milliseconds since 1970.
    #[must_use]
    pub fn by_minute(&self, now_ms: i64) -> (i64, Vec<u64>) {
        let first = now_ms.div_euclid(MINUTE_MS) - i64::try_from(MINUTES).unwrap_or(i64::MAX) + 1;
        let mut counts = vec![0; MINUTES];
        for minute in &self.minutes {
            if let Some(count) = usize::try_from(minute.number - first).ok().and_then(|at| counts.get_mut(at)) {
                *count = minute.articles;
            }
        }
        (first * MINUTE_MS, counts)
    }

    /// What each stage took in the last hour up to `now_ms`.
    #[must_use]
    pub fn delays(&self, now_ms: i64) -> Vec<Delay> {
        let first = now_ms.div_euclid(MINUTE_MS) - i64::try_from(MINUTES).unwrap_or(i64::MAX);
        let mut sums = [[0_u64; CLASSES]; STAGES.len()];
        for minute in self.minutes.iter().filter(|minute| minute.number > first) {
            for (sum, count) in sums.iter_mut().flatten().zip(minute.delays.iter().flatten()) {
                *sum += u64::from(*count);
            }
        }
        let delay = |(stage, classes): (Stage, &[u64; CLASSES])| Delay {
            stage,
            p50_ms: quantile(classes, 50),
            p90_ms: quantile(classes, 90),
            p99_ms: quantile(classes, 99),
            articles: classes.iter().sum(),
        };
        STAGES.into_iter().zip(&sums).map(delay).collect()
    }
}

/// The class of a delay.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a logarithm of 1 to 1e10, times four")]
fn class_of(ms: i64) -> usize {
    let ms = i32::try_from(ms.clamp(1, 1_000_000_000)).unwrap_or(i32::MAX);
    ((f64::from(ms).log2() * 4.0).ceil() as usize).min(CLASSES - 1)
}

/// The largest delay of a class, in milliseconds.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most 2^30")]
fn largest(class: usize) -> u64 {
    f64::exp2(f64::from(u32::try_from(class).unwrap_or(u32::MAX)) / 4.0).round() as u64
}

fn quantile(classes: &[u64; CLASSES], percent: u64) -> u64 {
    let all: u64 = classes.iter().sum();
    let rank = (all * percent).div_ceil(100);
    let mut seen = 0;
    for (class, count) in classes.iter().enumerate() {
        seen += count;
        if seen >= rank && seen > 0 {
            return largest(class);
        }
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_is_at_most_a_fifth_too_high() {
        let mut classes = [0; CLASSES];
        for ms in 1..=1_000 {
            classes[class_of(ms)] += 1;
        }
        for (percent, exact) in [(50, 500.0), (90, 900.0), (99, 990.0)] {
            let found = f64::from(u32::try_from(quantile(&classes, percent)).unwrap());
            assert!(found >= exact && found <= exact * 1.19, "{percent}: {found}");
        }
        assert_eq!(quantile(&[0; CLASSES], 50), 0);
    }
}
