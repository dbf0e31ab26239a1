//! Removes lines that a site puts around every article: links to comments, to sharing, to the rest of the text, credits of
//! pictures, advertisements.
//!
//! A line is removed only if a rule matches the whole of it and it is short. Most rules hold only at the ends of a text, with
//! nothing but such lines between. `rules` has them, by language. A line that the feed repeats at the ends of its entries is
//! removed there, too (`RawItem.repeated_lines`).

mod rules;
mod set;
mod tail;

pub use rules::At;
use rules::matching;
use text::fold;

/// Longest line of boilerplate, in characters, and in bytes.
const MAX_CHARS: usize = 200;
const MAX_BYTES: usize = 4 * MAX_CHARS;
/// Bytes at the end of a text in which a link behind the story is searched.
const MAX_TAIL: usize = 1_000;
/// Longest body that may only repeat the title, in bytes.
const MAX_TITLE: usize = 2_000;
/// Most lines that are removed from each end.
const MAX_LINES: usize = 12;

/// A line that was removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cut {
    /// The line.
    pub line: String,
    /// The rule that it matches: a file of rules and a section (`en/comments`), `repeated` (the feed repeats it), `tail` (a link
    /// behind the story), `title` (it only repeats the title) or `rule` (it has no letters).
    pub rule: &'static str,
    /// Where it stood.
    pub at: At,
}

/// A text and the boilerplate that was removed from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stripped {
    /// The text that is left.
    pub text: String,
    /// Lines removed from the end, the last one first.
    pub trailing: Vec<Cut>,
    /// Lines removed from the start, the first one first.
    pub leading: Vec<Cut>,
    /// Lines removed from within.
    pub inner: Vec<Cut>,
}

impl Stripped {
    /// Number of lines that were removed.
    #[must_use]
    pub fn lines(&self) -> usize {
        self.trailing.len() + self.leading.len() + self.inner.len()
    }

    /// The removed lines, from the start of the text to its end.
    pub fn cuts(&self) -> impl Iterator<Item = &Cut> {
        self.leading.iter().chain(&self.inner).chain(self.trailing.iter().rev())
    }
}

/// Removes boilerplate from plain text. `repeated` are the lines that the feed repeats at the ends of its entries.
#[must_use]
pub fn strip(text: &str, repeated: &[String]) -> Stripped {
    let (mut trailing, mut leading) = (Vec::new(), Vec::new());
    let (text, inner) = without_inner(text.trim());
    let of = |line: &str, rest: &str, at: At| {
        // What would leave nothing is the text.
        let is_repeated = || line.len() < rest.len() && repeated.iter().any(|known| known == line);
        if !is_short(line) {
            return None;
        }
        matching(line, at).or_else(|| is_repeated().then_some("repeated"))
    };
    let mut rest = text.as_str();
    while trailing.len() < MAX_LINES && !rest.is_empty() {
        let (before, line) = rest.rsplit_once('\n').unwrap_or(("", rest));
        if let Some(rule) = of(line, rest, At::End) {
            trailing.push(Cut { line: line.trim().to_owned(), rule, at: At::End });
            rest = before.trim_end();
            continue;
        }
        // `The text begins and ... Read more`: the link is removed and the ellipsis stays.
        let end = &line[line.ceil_char_boundary(line.len().saturating_sub(MAX_TAIL))..];
        if let Some(at) = tail::link(end) {
            let (kept, link) = rest.split_at(rest.len() - end.len() + at);
            trailing.push(Cut { line: link.trim().to_owned(), rule: "tail", at: At::End });
            rest = kept.trim_end();
        }
        break;
    }
    while leading.len() < MAX_LINES && !rest.is_empty() {
        let (line, after) = rest.split_once('\n').unwrap_or((rest, ""));
        let Some(rule) = of(line, rest, At::Start) else { break };
        leading.push(Cut { line: line.trim().to_owned(), rule, at: At::Start });
        rest = after.trim_start();
    }
    Stripped { text: rest.to_owned(), trailing, leading, inner }
}

/// Empties a body that only repeats the title and the source's name, as aggregators write it; also one in which other headlines
/// with their sources follow, a line each.
pub fn clear_title(body: &mut Stripped, title: &str, source: &str) {
    let (title, source) = (fold::alphanumeric(title), fold::alphanumeric(source));
    if title.is_empty() || source.is_empty() || body.text.len() > MAX_TITLE {
        return;
    }
    let repeats = |text: &str| fold::alphanumeric(text).strip_prefix(title.as_str()).is_some_and(|rest| rest == source);
    let is_headline =
        |line: &str| is_short(line) && !line.trim_end().ends_with(['.', '!', '?', '\u{3002}', '\u{2026}']);
    let is_list = body.text.split_once('\n').is_some_and(|(line, rest)| repeats(line) && rest.lines().all(is_headline));
    if is_list || repeats(&body.text) {
        let line = std::mem::take(&mut body.text);
        body.leading.push(Cut { line, rule: "title", at: At::Start });
    }
}

/// `text` without the lines that are boilerplate wherever they stand, and these.
fn without_inner(text: &str) -> (String, Vec<Cut>) {
    let mut inner = Vec::new();
    let mut keep = |line: &&str| {
        let rule = if is_short(line) && !line.is_empty() { matching(line, At::Anywhere) } else { None };
        inner.extend(rule.map(|rule| Cut { line: line.trim().to_owned(), rule, at: At::Anywhere }));
        rule.is_none()
    };
    let mut kept = String::with_capacity(text.len());
    for paragraph in text.split("\n\n") {
        let mut separator = if kept.is_empty() { "" } else { "\n\n" };
        for line in paragraph.split('\n').filter(&mut keep) {
            kept.push_str(separator);
            kept.push_str(line);
            separator = "\n";
        }
    }
    (kept, inner)
}

fn is_short(line: &str) -> bool {
    line.len() <= MAX_BYTES && line.chars().nth(MAX_CHARS).is_none()
}

#[cfg(test)]
mod tests;
