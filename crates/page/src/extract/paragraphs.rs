//! What is left of the main content: paragraphs, without those that only lead elsewhere.

use std::collections::HashMap;

use dom_query::{Document, NodeRef};

use super::prune::letters;

/// Elements that hold text of their own line.
const BLOCKS: [&str; 16] = [
    "p", "h1", "h2", "h3", "h4", "h5", "h6", "li", "blockquote", "pre", "td", "th", "dt", "dd", "div", "section",
];

/// Letters of a line that is as long as a sentence.
const SENTENCE: usize = 60;
/// Letters below which a line that repeats is a label.
const LABEL: usize = 40;

/// Removes blocks that are no text of the article from the main content.
pub(super) fn clean(document: &Document, title: &str) {
    let root = document.root();
    let blocks = blocks(&root);
    let lines: Vec<Line> = blocks.iter().map(Line::of).collect();
    let mut repeats: HashMap<&str, usize> = HashMap::new();
    for line in lines.iter().filter(|line| line.letters > 0 && line.letters < LABEL) {
        *repeats.entry(&line.text).or_default() += 1;
    }
    let is_long = |line: &Line| line.letters >= SENTENCE && line.linked * 2 < line.letters;
    let first = lines.iter().position(is_long);
    let last = lines.iter().rposition(is_long);
    let title = key(title);
    for (at, (line, block)) in lines.iter().zip(&blocks).enumerate() {
        if line.letters == 0 {
            continue;
        }
        let repeated = repeats.get(line.text.as_str()).is_some_and(|n| *n > 2);
        // A line that is a link and no sentence leads to another page.
        let leads_away = line.linked * 10 >= line.letters * 9 && !(line.ends && line.letters >= SENTENCE * 2);
        let is_title = first.is_none_or(|first| at < first) && !title.is_empty() && key(&line.text) == title;
        let outside = first.is_some_and(|first| at < first) || last.is_some_and(|last| at > last);
        let label = outside && line.letters < LABEL && !line.ends && !line.heading;
        if repeated || leads_away || is_title || label {
            block.remove_from_parent();
        }
    }
}

/// A block and what its text is like.
struct Line {
    text: String,
    letters: usize,
    linked: usize,
    /// It ends as a sentence does.
    ends: bool,
    heading: bool,
}

impl Line {
    fn of(block: &NodeRef<'_>) -> Line {
        let text = text::characters::collapse_whitespace(&block.text());
        let linked = block.descendants_it().filter(|node| node.has_name("a")).map(|link| letters(&link)).sum();
        let ends = text.trim_end_matches(['"', '”', '“', '»', ')', '\'', '’', '」', '』']).ends_with(['.', '!', '?', '…', ':', '。', '！', '？', '؟', '।', ';']);
        let heading = block.node_name().is_some_and(|name| name.len() == 2 && name.starts_with('h'));
        Line { letters: letters(block), linked, ends, heading, text }
    }
}

/// The innermost blocks in their order.
fn blocks<'a>(root: &NodeRef<'a>) -> Vec<NodeRef<'a>> {
    let is_block = |node: &NodeRef<'_>| node.node_name().is_some_and(|name| BLOCKS.contains(&&*name));
    let mut found = Vec::new();
    for node in root.descendants_it() {
        if is_block(&node) && !node.descendants_it().any(|inner| is_block(&inner)) {
            found.push(node);
        }
    }
    found
}

fn key(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}
