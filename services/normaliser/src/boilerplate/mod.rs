//! Removes lines that a site puts around every article: links to comments, to sharing, to the rest of the text.
//!
//! A line is removed only if a pattern matches the whole of it, it is short, and only such lines stand between it
//! and the end (or the start) of the body. `patterns.rs` is the list.

mod patterns;

use patterns::{END, START, TAIL};

/// Longest line of boilerplate, in characters.
const MAX_CHARS: usize = 200;
/// Bytes at the end of a text in which an ellipsis and a link are searched.
const MAX_TAIL: usize = 1_000;
/// Most lines that are removed from each end.
const MAX_LINES: usize = 12;

/// A text and the boilerplate that was removed from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stripped {
    /// The text that is left.
    pub text: String,
    /// Lines removed from the end, the last one first.
    pub trailing: Vec<String>,
    /// Lines removed from the start, the first one first.
    pub leading: Vec<String>,
}

impl Stripped {
    /// Number of lines that were removed.
    #[must_use]
    pub fn lines(&self) -> usize {
        self.trailing.len() + self.leading.len()
    }
}

/// Removes boilerplate from both ends of plain text.
#[must_use]
pub fn strip(text: &str) -> Stripped {
    let (mut trailing, mut leading) = (Vec::new(), Vec::new());
    let mut rest = text.trim();
    while trailing.len() < MAX_LINES && !rest.is_empty() {
        let (before, line) = rest.rsplit_once('\n').unwrap_or(("", rest));
        if is_boilerplate(line, &END) {
            trailing.push(line.trim().to_owned());
            rest = before.trim_end();
            continue;
        }
        // `The text begins and ... Read more`: the link is removed and the ellipsis stays.
        let end = &line[line.ceil_char_boundary(line.len().saturating_sub(MAX_TAIL))..];
        let tail = TAIL.as_ref().and_then(|tail| tail.captures(end)).and_then(|found| found.get(1));
        if let Some(link) = tail {
            trailing.push(link.as_str().trim().to_owned());
            let at = rest.len() - end.len() + link.start();
            rest = rest[..at].trim_end();
        }
        break;
    }
    while leading.len() < MAX_LINES && !rest.is_empty() {
        let (line, after) = rest.split_once('\n').unwrap_or((rest, ""));
        if !is_boilerplate(line, &START) {
            break;
        }
        leading.push(line.trim().to_owned());
        rest = after.trim_start();
    }
    Stripped { text: rest.to_owned(), trailing, leading }
}

fn is_boilerplate(line: &str, set: &Option<regex::RegexSet>) -> bool {
    let line = line.trim();
    if line.is_empty() || line.chars().nth(MAX_CHARS).is_some() {
        return false;
    }
    let bare = line.trim_matches(|c: char| !c.is_alphanumeric() && c != '\u{a9}').to_lowercase();
    if bare.is_empty() {
        return true; // a rule or an ellipsis
    }
    // `Continue reading Some Headline ->` is a link by its arrow; without one it may be a sentence.
    let arrow = line.ends_with(['\u{2192}', '\u{bb}', '\u{203a}', '\u{2026}', '>', ']']) || line.ends_with("...");
    let bare = if arrow { format!("{bare} \u{2192}") } else { bare };
    set.as_ref().is_some_and(|set| set.is_match(&bare))
}

#[cfg(test)]
mod tests;
