//! What a feed's definition withholds from the topics (`Feed.publish_text`).
//!
//! What is withheld is in no record behind the raw item: neither the article nor its enriched form, its signature or its content
//! hash has it. A change of a text that is not published is no revision.

use proto::vocab::publish_text;
use unicode_segmentation::UnicodeSegmentation;

/// Words of an excerpt, at most.
const EXCERPT_WORDS: usize = 60;

/// Summary and body of an article, as far as `policy` allows: all (FULL, or empty), the summary (SUMMARY), or neither (NONE and
/// any other word). A summary that is the whole body, and a missing one, is an excerpt of the body: its first sentences, up to 60
/// words.
#[must_use]
pub fn permitted(policy: &str, summary: String, body: String) -> (String, String) {
    match policy {
        "" | publish_text::FULL => (summary, body),
        publish_text::SUMMARY => {
            let is_whole =
                summary.is_empty() || summary == body || body.is_empty() || 5 * summary.len() > 4 * body.len();
            let excerpt = if !is_whole {
                summary
            } else if summary.is_empty() {
                excerpt(&body)
            } else {
                excerpt(&summary)
            };
            (excerpt, String::new())
        }
        _ => Default::default(),
    }
}

/// True if `policy` withholds something.
#[must_use]
pub fn withholds(policy: &str) -> bool {
    !matches!(policy, "" | publish_text::FULL)
}

/// The content hash of an article: of the texts that are published.
#[must_use]
pub fn content_hash(policy: &str, title: &str, summary: &str, body: &str) -> String {
    let text = if policy == publish_text::SUMMARY { summary } else { body };
    proto::id::digest(&[title.as_bytes(), text.as_bytes()])
}

/// The first sentences of `text` (UAX #29), up to [`EXCERPT_WORDS`]. A longer first sentence is cut after a word.
fn excerpt(text: &str) -> String {
    let (mut words, mut end) = (0, 0);
    for (at, sentence) in text.split_sentence_bound_indices() {
        words += sentence.unicode_words().count();
        if words > EXCERPT_WORDS {
            break;
        }
        end = at + sentence.len();
    }
    if end > 0 || text.is_empty() {
        return text.get(..end).unwrap_or_default().trim_end().to_owned();
    }
    let cut = text.unicode_word_indices().nth(EXCERPT_WORDS).map_or(text.len(), |(at, _)| at);
    format!("{}\u{2026}", text.get(..cut).unwrap_or_default().trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(policy: &str, summary: &str, body: &str) -> (String, String) {
        permitted(policy, summary.to_owned(), body.to_owned())
    }

    #[test]
    fn the_policy_decides_what_is_published() {
        let body = "The dam opened on Tuesday. ".repeat(30);
        for policy in ["", publish_text::FULL] {
            assert_eq!(parts(policy, "S.", &body), ("S.".into(), body.clone()));
        }
        assert_eq!(parts(publish_text::SUMMARY, "S.", &body), ("S.".into(), String::new()));
        for policy in [publish_text::NONE, "HEADLINE"] {
            assert_eq!(parts(policy, "S.", &body), Default::default());
        }
    }

    #[test]
    fn a_summary_that_is_the_body_is_cut_after_a_sentence() {
        let body = "The dam opened on Tuesday. ".repeat(30).trim().to_owned();
        for summary in [body.as_str(), ""] {
            let (excerpt, rest) = parts(publish_text::SUMMARY, summary, &body);
            assert_eq!((excerpt.split(' ').count(), rest.as_str()), (60, ""));
            assert!(excerpt.ends_with("on Tuesday."));
        }
        assert_eq!(parts(publish_text::SUMMARY, "", ""), Default::default());
        let (excerpt, _) = parts(publish_text::SUMMARY, "", &"word ".repeat(100));
        assert_eq!((excerpt.split(' ').count(), excerpt.ends_with('\u{2026}')), (60, true));
    }

    #[test]
    fn the_hash_is_of_what_is_published() {
        let hash = content_hash;
        assert_eq!(hash(publish_text::SUMMARY, "t", "s", ""), hash(publish_text::SUMMARY, "t", "s", "b"));
        assert_ne!(hash(publish_text::SUMMARY, "t", "s", ""), hash(publish_text::SUMMARY, "t", "r", ""));
        assert_eq!(hash("", "t", "s", "b"), hash("", "t", "r", "b"));
        assert_eq!(hash(publish_text::NONE, "t", "", ""), hash(publish_text::NONE, "t", "", ""));
    }
}
