//! What all schedules use: the templates, and random numbers that depend on the seed and on what they are for.

use super::template::{self, Template};

/// The time of slot 0 and of turn 0 in seconds since 1970: 2026-01-01T00:00:00Z.
pub(super) const START: i64 = 1_767_225_600;

/// Templates and seed.
#[derive(Debug)]
pub(super) struct Source {
    templates: Vec<Template>,
    seed: u64,
}

impl Source {
    /// All templates, with this seed.
    pub(super) fn new(seed: u64) -> Self {
        Source { templates: template::all(), seed }
    }

    /// All templates.
    #[cfg(test)]
    pub(super) fn templates(&self) -> &[Template] {
        &self.templates
    }

    /// The templates of a language.
    pub(super) fn templates_in(&self, language: &str) -> impl Iterator<Item = &Template> {
        self.templates.iter().filter(move |template| template.language == language)
    }

    /// The number of the alternative for a text between braces, for a story that `of` identifies.
    pub(super) fn choice(&self, inside: &str, count: usize, of: &[i64]) -> usize {
        let numbers: Vec<i64> = [6, hash(inside)].into_iter().chain(of.iter().copied()).collect();
        self.random(&numbers).usize(..count.max(1))
    }

    /// Random numbers that depend on the seed and on `of` only.
    pub(super) fn random(&self, of: &[i64]) -> fastrand::Rng {
        let mix = |seed: u64, number: &i64| {
            fastrand::Rng::with_seed(seed ^ number.cast_unsigned().wrapping_mul(0x9e37_79b9_7f4a_7c15)).u64(..)
        };
        fastrand::Rng::with_seed(of.iter().fold(self.seed, mix))
    }
}

/// FNV-1a.
pub(super) fn hash(text: &str) -> i64 {
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    text.bytes().fold(0xcbf2_9ce4_8422_2325, step).cast_signed()
}
