//! Removes from the HTML the lines that were removed from the end of the plain text.

use super::pieces::{VOID, pieces};
use text::characters;

/// Starts of elements that may hold such a line.
const HOLDERS: [&str; 6] = ["<p", "<div", "<li", "<a ", "<br", "<h"];

/// `html` without the elements at its end whose texts are `lines`, the last line first. Stops at the first line that is
/// not an element of its own.
pub(super) fn without_trailing(html: String, lines: &[String]) -> String {
    let mut kept = html.as_str();
    for line in lines {
        let Some(at) = last_element(kept, line) else { break };
        kept = kept[..at].trim_end();
    }
    if kept.len() == html.len() { html } else { closed(kept) }
}

/// Where the outermost element at the end of `html` begins whose text is `line`.
fn last_element(html: &str, line: &str) -> Option<usize> {
    let mut starts: Vec<usize> = HOLDERS.iter().filter_map(|tag| html.rfind(tag)).collect();
    starts.sort_unstable();
    starts.into_iter().find(|at| shows(&html[*at..], line))
}

/// True if the text of `html` is `line`, whitespace aside.
fn shows(html: &str, line: &str) -> bool {
    let mut expected = line.chars().filter(|c| !c.is_whitespace());
    for piece in pieces(html) {
        let shown = characters::clean(&unescape(piece.text));
        if shown.chars().filter(|c| !c.is_whitespace()).any(|c| expected.next() != Some(c)) {
            return false;
        }
    }
    expected.next().is_none()
}

/// The character references that a serialiser of HTML writes.
pub(super) fn unescape(text: &str) -> String {
    if !text.contains('&') {
        return text.to_owned();
    }
    text.replace("&nbsp;", "\u{a0}").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

/// `html` with its open elements closed.
fn closed(html: &str) -> String {
    let mut open: Vec<&str> = Vec::new();
    for piece in pieces(html) {
        if piece.closes() {
            open.pop();
        } else if !piece.tag.is_empty() && !VOID.contains(&piece.name()) {
            open.push(piece.name());
        }
    }
    let mut out = html.to_owned();
    for name in open.iter().rev() {
        out.push_str("</");
        out.push_str(name);
        out.push('>');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn without(html: &str, lines: &[&str]) -> String {
        let lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
        without_trailing(html.to_owned(), &lines)
    }

    #[test]
    fn trailing_elements_are_removed_and_their_parents_closed() {
        let html = "<div><p>One.</p> <p>Share</p><p><a href=\"https://example.org/\">Read&nbsp;more</a></p></div>";
        assert_eq!(without(html, &["Read more", "Share"]), "<div><p>One.</p></div>");
    }

    #[test]
    fn a_line_that_is_not_an_element_of_its_own_stays() {
        let html = "<div><p>One.</p><p>Two. Read more</p></div>";
        assert_eq!(without(html, &["Read more", "Two."]), html);
    }
}
