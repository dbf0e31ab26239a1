//! Paragraphs of plain text.

use crate::characters::{clean, collapse_whitespace};

/// Longest line of a text that was wrapped by hand, in characters.
const WRAPPED_AT: usize = 120;

/// `text` with one empty line between its paragraphs. Empty lines separate them. In a text with a longer line than
/// those that are wrapped by hand, each line is a paragraph; otherwise lines are joined.
pub(crate) fn of(text: &str) -> String {
    let text = clean(text);
    let lines: Vec<String> = text.split('\n').map(collapse_whitespace).collect();
    let wrapped = lines.iter().all(|line| line.chars().count() <= WRAPPED_AT);
    let mut paragraphs: Vec<String> = Vec::new();
    let mut open = false;
    for line in lines {
        if line.is_empty() {
            open = false;
        } else if let Some(last) = paragraphs.last_mut().filter(|_| open && wrapped) {
            last.push(' ');
            last.push_str(&line);
        } else {
            paragraphs.push(line);
            open = true;
        }
    }
    paragraphs.join("\n\n")
}
