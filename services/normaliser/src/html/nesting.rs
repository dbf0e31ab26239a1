//! Elements that a parser closes before others begin (HTML standard, section 13.2.6.4.7), so that HTML in which they are nested is read
//! as another tree.

use super::pieces::{VOID, pieces};

/// Elements before which an open `p` is closed.
const BLOCKS: [&str; 31] = [
    "article",
    "aside",
    "blockquote",
    "center",
    "dd",
    "details",
    "div",
    "dl",
    "dt",
    "figcaption",
    "figure",
    "footer",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hgroup",
    "hr",
    "li",
    "nav",
    "ol",
    "p",
    "pre",
    "section",
    "summary",
    "table",
    "ul",
    "main",
];
const HEADINGS: [&str; 6] = ["h1", "h2", "h3", "h4", "h5", "h6"];

/// True if a parser would close an element of `html`, which ammonia has written, before its end tag: a link in a link, a
/// block in a paragraph, a heading in a heading, an item in an item of the same list.
pub(super) fn is_closed_early(html: &str) -> bool {
    let mut open: Vec<&str> = Vec::new();
    for piece in pieces(html).filter(|piece| !piece.tag.is_empty()) {
        let name = piece.name();
        if piece.closes() {
            open.pop();
            continue;
        }
        let in_paragraph = BLOCKS.contains(&name) && open.contains(&"p");
        let in_heading = HEADINGS.contains(&name) && open.last().is_some_and(|parent| HEADINGS.contains(parent));
        if in_paragraph || in_heading || name == "a" && open.contains(&"a") || in_item(name, &open) {
            return true;
        }
        if !VOID.contains(&name) {
            open.push(name);
        }
    }
    false
}

/// True for an item whose list has an open item between it and the list.
fn in_item(name: &str, open: &[&str]) -> bool {
    let same: &[&str] = match name {
        "li" => &["li"],
        "dd" | "dt" => &["dd", "dt"],
        _ => return false,
    };
    let blocks = open.iter().rev().filter(|name| BLOCKS.contains(name) && !matches!(**name, "div" | "p"));
    blocks.take(1).any(|name| same.contains(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_parser_closes_early_is_found() {
        for html in [
            "<a href=\"x\"><div><a>y</a></div></a>",
            "<p>x<span><div>y</div></span></p>",
            "<h1><h2>x</h2></h1>",
            "<ul><li>x<div><li>y</li></div></li></ul>",
            "<dl><dt>x<dd>y</dd></dt></dl>",
        ] {
            assert!(is_closed_early(html), "{html}");
        }
    }

    #[test]
    fn usual_nesting_is_read_as_it_is_written() {
        let html = "<div><p>x <a href=\"x\">y</a><br></p><ul><li>a<ul><li><p>b</p></li></ul></li><li>c</li></ul><h2>d</h2></div>";
        assert!(!is_closed_early(html));
    }
}
