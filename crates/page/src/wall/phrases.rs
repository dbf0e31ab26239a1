//! Phrases and markers of walls, in `phrases.txt`.

use std::sync::LazyLock;

/// The phrases of each kind, in lower case.
pub(super) static PHRASES: LazyLock<Phrases> = LazyLock::new(Phrases::read);

/// The sections of `phrases.txt`.
#[derive(Debug)]
pub(super) struct Phrases {
    /// Titles of pages that tell people from programs, or refuse programs.
    pub challenge_titles: Vec<&'static str>,
    /// Scripts and elements of challenges.
    pub challenge_markers: Vec<&'static str>,
    /// Sentences of challenges.
    pub challenge: Vec<&'static str>,
    /// Titles of error pages.
    pub error_titles: Vec<&'static str>,
    /// Sentences of error pages.
    pub error: Vec<&'static str>,
    /// Words around a status in a title.
    pub error_words: Vec<&'static str>,
    /// Products that ask for consent.
    pub consent_markers: Vec<&'static str>,
    /// Phrases of consent dialogs.
    pub consent: Vec<&'static str>,
    /// Products of subscriptions.
    pub paywall_markers: Vec<&'static str>,
    /// Prompts to subscribe or to sign in to read on.
    pub paywall: Vec<&'static str>,
}

impl Phrases {
    fn read() -> Phrases {
        let section = |name: &str| {
            let lines = include_str!("phrases.txt").lines().map(str::trim);
            let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
            let lines =
                lines.skip_while(|line| !line.strip_prefix('[').is_some_and(|l| l.starts_with(&format!("{name}]"))));
            lines.skip(1).take_while(|line| !line.starts_with('[')).collect()
        };
        Phrases {
            challenge_titles: section("challenge-titles"),
            challenge_markers: section("challenge-markers"),
            challenge: section("challenge"),
            error_titles: section("error-titles"),
            error: section("error"),
            error_words: section("error-words"),
            consent_markers: section("consent-markers"),
            consent: section("consent"),
            paywall_markers: section("paywall-markers"),
            paywall: section("paywall"),
        }
    }
}

/// How many of `phrases` occur in `text`, which is in lower case.
pub(super) fn in_text(phrases: &[&str], text: &str) -> usize {
    phrases.iter().filter(|phrase| text.contains(**phrase)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_section_has_phrases_in_lower_case() {
        let all = &*PHRASES;
        let sections = [
            &all.challenge_titles,
            &all.challenge_markers,
            &all.challenge,
            &all.error_titles,
            &all.error,
            &all.error_words,
            &all.consent_markers,
            &all.consent,
            &all.paywall_markers,
            &all.paywall,
        ];
        for section in sections {
            assert!(section.len() > 5, "{section:?}");
            for phrase in section {
                assert_eq!(*phrase, phrase.to_lowercase());
            }
        }
    }
}
