//! Lines that a site puts around every article: links to comments, to sharing, to the rest of the text.
//!
//! A line goes only where the whole of it is such a line, it is short, and nothing but such lines is between it and
//! the end (or the beginning) of the body. `patterns.rs` is the list.

mod patterns;

use patterns::{END, START, TAIL};

/// Longer lines are text.
const MAX_CHARS: usize = 200;
/// At most so many lines go on each side.
const MAX_LINES: usize = 12;

/// A body without its boilerplate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cut {
    /// What is left.
    pub text: String,
    /// Lines cut off the end, the last one first.
    pub end: Vec<String>,
    /// Lines cut off the start, the first one first.
    pub start: Vec<String>,
}

impl Cut {
    /// Number of lines that were cut off.
    #[must_use]
    pub fn lines(&self) -> usize {
        self.end.len() + self.start.len()
    }
}

/// Takes boilerplate off both ends of `text`, which is plain.
#[must_use]
pub fn cut(text: &str) -> Cut {
    let (mut end, mut start) = (Vec::new(), Vec::new());
    let mut rest = text.trim();
    while end.len() < MAX_LINES && !rest.is_empty() {
        let (before, line) = rest.rsplit_once('\n').unwrap_or(("", rest));
        if is(line, &END) {
            end.push(line.trim().to_owned());
            rest = before.trim_end();
            continue;
        }
        // `The text begins and ... Read more`: behind an ellipsis the link goes, and the ellipsis stays.
        let tail = TAIL.as_ref().and_then(|tail| tail.captures(line)).and_then(|found| found.get(1));
        if let Some(link) = tail {
            end.push(link.as_str().trim().to_owned());
            let at = rest.len() - line.len() + link.start();
            rest = rest[..at].trim_end();
        }
        break;
    }
    while start.len() < MAX_LINES && !rest.is_empty() {
        let (line, after) = rest.split_once('\n').unwrap_or((rest, ""));
        if !is(line, &START) {
            break;
        }
        start.push(line.trim().to_owned());
        rest = after.trim_start();
    }
    Cut { text: rest.to_owned(), end, start }
}

fn is(line: &str, set: &Option<regex::RegexSet>) -> bool {
    let line = line.trim();
    if line.is_empty() || line.chars().count() > MAX_CHARS {
        return false;
    }
    let bare = line.trim_matches(|c: char| !c.is_alphanumeric() && c != '\u{a9}').to_lowercase();
    if bare.is_empty() {
        return true; // rules and lone ellipses
    }
    // `Continue reading Some Headline ->` is a link by its arrow; without one it may be a sentence.
    let arrow = line.ends_with(['\u{2192}', '\u{bb}', '\u{203a}', '\u{2026}', '>', ']']) || line.ends_with("...");
    let bare = if arrow { format!("{bare} \u{2192}") } else { bare };
    set.as_ref().is_some_and(|set| set.is_match(&bare))
}

#[cfg(test)]
mod tests;
