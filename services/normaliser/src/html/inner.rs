//! Removes from the HTML the lines that were removed from within the plain text.

use super::{pieces::pieces, trailing::unescape};
use std::collections::HashSet;
use text::characters;

/// Elements that stand for a line of the text.
const LINES: [&str; 16] = [
    "p",
    "div",
    "li",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "figcaption",
    "blockquote",
    "figure",
    "td",
    "tr",
    "aside",
    "ul",
];

/// `html`, as ammonia has written it, without the innermost elements whose texts are among `lines`, whitespace aside.
pub(super) fn without(html: String, lines: &[&str]) -> String {
    let bare = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
    let wanted: HashSet<String> = lines.iter().map(|line| bare(line)).filter(|line| !line.is_empty()).collect();
    let longest = wanted.iter().map(String::len).max().unwrap_or_default();
    if wanted.is_empty() {
        return html;
    }
    // The text without whitespace, and the open elements with where they and their texts begin.
    let mut shown = String::new();
    let mut open: Vec<(&str, usize, usize)> = Vec::new();
    let mut removed: Vec<(usize, usize)> = Vec::new();
    let mut at = 0;
    for piece in pieces(&html) {
        let end = at + piece.tag.len();
        if piece.closes() {
            if let Some((name, start, begin)) = open.pop()
                && LINES.contains(&name)
                && shown.len() - begin <= longest
                && shown.get(begin..).is_some_and(|text| wanted.contains(text))
            {
                removed.push((start, end));
                shown.truncate(begin);
            }
        } else if !piece.tag.is_empty() && !super::pieces::VOID.contains(&piece.name()) {
            open.push((piece.name(), at, shown.len()));
        }
        shown.extend(characters::clean(&unescape(piece.text)).chars().filter(|c| !c.is_whitespace()));
        at = end + piece.text.len();
    }
    if removed.is_empty() {
        return html;
    }
    removed.sort_unstable();
    let (mut out, mut from) = (String::with_capacity(html.len()), 0);
    for (start, end) in removed {
        out.push_str(html.get(from..start.max(from)).unwrap_or_default());
        from = from.max(end);
    }
    out.push_str(html.get(from..).unwrap_or_default());
    out.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_element_of_a_line_is_removed_and_the_others_stay() {
        let html = "<div><p>One.</p><p><b>Photo:</b>&nbsp;Jane &amp; Joe</p><p>Two.</p></div>";
        assert_eq!(without(html.to_owned(), &["Photo: Jane & Joe"]), "<div><p>One.</p><p>Two.</p></div>");
    }

    #[test]
    fn a_line_within_a_paragraph_stays() {
        let html = "<p>One. Photo: Jane</p><p>Two.<br>Photo: Jane</p>";
        assert_eq!(without(html.to_owned(), &["Photo: Jane"]), html);
        assert_eq!(without(html.to_owned(), &[]), html);
    }
}
