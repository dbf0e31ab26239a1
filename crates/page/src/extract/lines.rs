//! The lines of a tree: its innermost blocks, with what tells text from links and labels.

use std::collections::HashMap;

use dom_query::{NodeId, NodeRef};

use super::prune::letters;

/// Elements that hold text of their own line.
const BLOCKS: [&str; 16] =
    ["blockquote", "dd", "div", "dt", "h1", "h2", "h3", "h4", "h5", "h6", "li", "p", "pre", "section", "td", "th"];
/// Letters of a line that is as long as a sentence.
pub(super) const SENTENCE: usize = 60;
/// Letters below which a line that repeats is a label.
const LABEL: usize = 40;

/// An innermost block.
pub(super) struct Line<'a> {
    pub node: NodeRef<'a>,
    pub text: String,
    /// Letters and digits, and how many of them are in links.
    pub letters: usize,
    pub linked: usize,
    pub heading: bool,
}

impl<'a> Line<'a> {
    fn of(node: NodeRef<'a>) -> Self {
        let text = text::characters::collapse_whitespace(&node.text());
        let links = node.descendants_it().filter(|inner| inner.has_name("a"));
        let linked = links.map(|link| letters(&link.text())).sum();
        let heading = node.node_name().is_some_and(|name| name.len() == 2 && name.starts_with('h'));
        Line { letters: letters(&text), linked, heading, text, node }
    }

    /// It is a sentence or more and not mostly links.
    pub fn is_prose(&self) -> bool {
        self.letters >= SENTENCE && self.linked * 2 < self.letters
    }

    /// It is a heading below the headline, and no link.
    pub fn is_subheading(&self) -> bool {
        self.heading && !self.node.has_name("h1") && self.linked == 0
    }

    /// It ends as a sentence does.
    fn ends(&self) -> bool {
        let text = self.text.trim_end_matches(['"', '”', '“', '»', ')', '\'', '’', '」', '』', '）']);
        text.ends_with(['.', '!', '?', '…', ':', ';', '。', '！', '？', '：', '؟', '।'])
    }
}

/// The lines in their order.
pub(super) fn lines<'a>(root: &NodeRef<'a>) -> Vec<Line<'a>> {
    let is_block = |node: &NodeRef<'_>| node.element_ref().is_some_and(|e| BLOCKS.contains(&&*e.name.local));
    // In the order of the page, a block is an innermost one if no block follows before its end. One look back suffices.
    let mut found: Vec<NodeRef<'a>> = Vec::new();
    for node in root.descendants_it().filter(is_block) {
        let holds = |outer: &NodeRef<'a>| node.ancestors_it(None).any(|ancestor| ancestor.id == outer.id);
        while found.last().is_some_and(holds) {
            found.pop();
        }
        found.push(node);
    }
    found.into_iter().map(Line::of).filter(|line| line.letters > 0).collect()
}

/// Removes the lines that are no text of the article: its title again, labels, and what leads to other pages.
pub(super) fn clean(root: &NodeRef<'_>, titles: &[String]) {
    let lines = lines(root);
    let mut repeats: HashMap<&str, usize> = HashMap::new();
    for line in lines.iter().filter(|line| line.letters < LABEL) {
        *repeats.entry(&line.text).or_default() += 1;
    }
    let first = lines.iter().position(Line::is_prose);
    let last = lines.iter().rposition(Line::is_prose);
    for (at, line) in lines.iter().enumerate() {
        let before = first.is_none_or(|first| at < first);
        let outside = first.is_some_and(|first| at < first) || last.is_some_and(|last| at > last);
        let repeated = repeats.get(line.text.as_str()).is_some_and(|n| *n > 2);
        let leads_away = line.linked * 10 >= line.letters * 9 && !(line.ends() && line.letters >= SENTENCE * 2);
        let is_title = before && titles.contains(&key(&line.text));
        let is_label = outside && line.letters < LABEL && !line.ends() && !line.heading;
        if repeated || leads_away || is_title || is_label {
            line.node.remove_from_parent();
        }
    }
}

/// The innermost element with three quarters of the prose of `lines`; `None` without prose.
pub(super) fn container<'a>(lines: &[Line<'a>]) -> Option<NodeRef<'a>> {
    let total: usize = lines.iter().filter(|line| line.is_prose()).map(|line| line.letters).sum();
    let mut weights: HashMap<NodeId, usize> = HashMap::new();
    for line in lines.iter().filter(|line| line.is_prose()) {
        for ancestor in line.node.ancestors_it(None) {
            *weights.entry(ancestor.id).or_default() += line.letters;
        }
    }
    let has_most = |node: &NodeRef<'_>| weights.get(&node.id).is_some_and(|weight| weight * 4 >= total * 3);
    // Of the elements with that much, the innermost is an ancestor of some line in it, the first one counts.
    lines.iter().filter(|line| line.is_prose()).find_map(|line| line.node.ancestors_it(None).find(has_most))
}

/// Letters and digits in lower case: by which lines are compared.
pub(super) fn key(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}
