//! A link behind the story in its last line, as in `The dam opens in … Read more`. `rules/tail.txt` has the links.

use super::set::MAX_SET_BYTES;
use regex::{Regex, RegexBuilder};
use std::sync::LazyLock;

/// What shortens a text.
const ELLIPSES: [&str; 4] = ["\u{2026}", "...", "[\u{2026}]", "[...]"];
/// What ends a sentence before a space, and what may stand between.
const ENDS: [char; 4] = ['.', '!', '?', '\u{2026}'];
const CLOSING: [char; 5] = ['"', '\u{201d}', '\u{2019}', '\u{bb}', ')'];
/// What ends a sentence with or without a space behind it.
const WIDE_ENDS: [char; 10] = [
    '\u{3002}', '\u{964}', '\u{61f}', '\u{ff01}', '\u{ff1f}', '\u{589}', '\u{6d4}', '\u{104b}', '\u{1362}', '\u{17d4}',
];

/// Links, each with all that follows it.
struct Links {
    /// Behind an ellipsis.
    ellipsis: Regex,
    /// Behind the end of a sentence.
    sentence: Regex,
}

/// `None` only if a pattern is invalid, which a test excludes.
static LINKS: LazyLock<Option<Links>> = LazyLock::new(|| {
    let (ellipsis, sentence) = include_str!("rules/tail.txt").split_once("[sentence]")?;
    let all = |part: &str| {
        let lines = part.lines().filter(|line| !line.is_empty() && !line.starts_with(['#', '[']));
        lines.collect::<Vec<_>>().join("|")
    };
    let sentence = all(sentence).replace("{title}", r"(?:[^.!?]|[.!?]\S)+").replace("{site}", ".{1,60}?");
    let regex = |pattern: String| RegexBuilder::new(&pattern).size_limit(MAX_SET_BYTES).build().ok();
    Some(Links {
        ellipsis: regex(format!(r"(?i)^\(?(?:{})\b[^.]{{0,100}}$", all(ellipsis)))?,
        sentence: regex(format!(r"(?i)^(?:{sentence})[\s.…:>→»]*$"))?,
    })
});

/// The byte at which the link begins; none if the line has none.
///
/// Each place behind an ellipsis or a sentence is tried alone: an expression that searches the line for both takes a fifth of
/// the time of a whole article.
pub(super) fn link(line: &str) -> Option<usize> {
    let links = LINKS.as_ref()?;
    line.char_indices().filter(|(_, c)| *c == '[' || ENDS.contains(c) || WIDE_ENDS.contains(c)).find_map(|(at, _)| {
        let rest = line.get(at..)?;
        let shortened = behind_ellipsis(rest).filter(|link| links.ellipsis.is_match(link));
        let link = shortened.or_else(|| behind_sentence(rest).filter(|link| links.sentence.is_match(link)))?;
        Some(line.len() - link.len())
    })
}

fn behind_ellipsis(rest: &str) -> Option<&str> {
    ELLIPSES.iter().find_map(|ellipsis| rest.strip_prefix(ellipsis)).map(str::trim_start)
}

fn behind_sentence(rest: &str) -> Option<&str> {
    if let Some(rest) = rest.strip_prefix(WIDE_ENDS) {
        return Some(rest.trim_start());
    }
    let rest = rest.strip_prefix(ENDS)?;
    let rest = rest.strip_prefix(CLOSING).unwrap_or(rest);
    rest.starts_with(char::is_whitespace).then(|| rest.trim_start())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_patterns_are_valid() {
        assert!(LINKS.is_some());
    }

    #[test]
    fn a_link_follows_an_ellipsis_or_a_sentence() {
        for line in ["The dam opens in |Read more", "The dam opens|"] {
            assert_eq!(link(&line.replace('|', "")), None, "{line}");
        }
        for line in [
            "The dam opens in\u{2026} |Read more about dams",
            "The dam opens in [\u{2026}]|continue reading",
            "The dam opens in [...] |(Read on)",
            "The dam opens. |Read more >>",
            "\"The dam opens.\" |[Read more]",
            "It opens! |The post Dam 2.0 opens appeared first on The Post.",
            "It opens? |The post A.B opens appeared first on The Post.",
            "\u{92c}\u{93e}\u{902}\u{927} \u{916}\u{941}\u{932}\u{93e}\u{964} |\u{914}\u{930} \u{92a}\u{922}\u{93c}\u{947}\u{902}",
            "\u{5927}\u{575d}\u{3002}|\u{9605}\u{8bfb}\u{5168}\u{6587}",
        ] {
            assert_eq!(link(&line.replace('|', "")), line.find('|'), "{line}");
        }
    }
}
