//! Paragraphs of plain text.
//!
//! Empty lines separate them. In some texts every line is a paragraph, others are wrapped by hand. A line that was wrapped is about as
//! long as the longest one and ends a sentence only by chance, and the next one often begins in lower case.

use crate::characters::{clean, collapse_whitespace};

/// Longest line of a text that was wrapped by hand, in columns.
const WRAPPED_AT: usize = 120;
/// Longest word that is not divided at the end of a line, in columns.
const MAX_WORD: usize = 20;
/// What ends a sentence.
const STOPS: [char; 22] = [
    '.', '!', '?', ':', '\u{2026}', '\u{201d}', '\u{589}', '\u{61f}', '\u{6d4}', '\u{964}', '\u{104b}', '\u{1362}',
    '\u{17d4}', '\u{3002}', '\u{300d}', '\u{300f}', '\u{ff01}', '\u{ff0e}', '\u{ff1a}', '\u{ff1f}', '\u{ff61}',
    '\u{2025}',
];
/// Quotes and brackets that may follow it.
const CLOSING: [char; 9] = ['"', '\'', ')', ']', '\u{2019}', '\u{201c}', '\u{bb}', '\u{3011}', '\u{ff09}'];
/// What begins an item of a list, with a space behind it or without.
const BULLETS: [char; 8] =
    ['\u{2022}', '\u{2023}', '\u{25aa}', '\u{25a0}', '\u{25b6}', '\u{25c6}', '\u{25cf}', '\u{30fb}'];

/// `text` with one empty line between its paragraphs. In a text with a longer line than those that are wrapped by hand, each line
/// is a paragraph, and also where most lines end a sentence or are short. Other lines are joined.
pub(crate) fn of(text: &str) -> String {
    let text = clean(text);
    let lines: Vec<Line> = text.split('\n').map(Line::of).collect();
    let layout = Layout::of(&lines);
    let mut out = String::with_capacity(text.len());
    let mut open: Option<&Line> = None;
    for line in &lines {
        if line.text.is_empty() {
            open = None;
            continue;
        }
        if let Some(before) = open.filter(|before| !layout.ends_paragraph(before, line)) {
            if !before.is_joined_to(line) {
                out.push(' ');
            }
        } else if !out.is_empty() {
            out.push_str("\n\n");
        }
        out.push_str(&line.text);
        open = Some(line);
    }
    out
}

/// True if nothing stands for a line end between two characters: Chinese and Japanese have no spaces between words.
pub(crate) fn is_unspaced(before: char, behind: char) -> bool {
    let both = [before, behind];
    both.iter().any(|c| is_han_or_kana(*c)) && both.iter().all(|c| is_han_or_kana(*c) || !c.is_alphabetic())
}

/// Characters and punctuation of Chinese and Japanese.
fn is_han_or_kana(c: char) -> bool {
    matches!(c, '\u{3001}'..='\u{312f}' | '\u{31f0}'..='\u{31ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}'
        | '\u{f900}'..='\u{faff}' | '\u{ff01}'..='\u{ff9f}' | '\u{20000}'..='\u{3ffff}')
}

fn is_hangul(c: char) -> bool {
    matches!(c, '\u{1100}'..='\u{11ff}' | '\u{3130}'..='\u{318f}' | '\u{ac00}'..='\u{d7a3}')
}

/// Columns of a text; a Chinese, Japanese or Korean character takes two.
fn width(text: &str) -> usize {
    text.chars().map(|c| 1 + usize::from(is_han_or_kana(c) || is_hangul(c))).sum()
}

struct Line {
    /// With one space between its words.
    text: String,
    width: usize,
    /// True if it begins with an ideographic space, as paragraphs do.
    is_indented: bool,
}

impl Line {
    fn of(line: &str) -> Self {
        let text = collapse_whitespace(line);
        Line { width: width(&text), text, is_indented: line.starts_with('\u{3000}') }
    }

    fn ends_sentence(&self) -> bool {
        self.text.trim_end_matches(CLOSING).ends_with(STOPS)
    }

    fn begins_in_lower_case(&self) -> bool {
        self.text.chars().find(|c| c.is_alphanumeric()).is_some_and(char::is_lowercase)
    }

    /// True if it looks like an item of a list: a bullet, a dash or a number.
    fn is_item(&self) -> bool {
        if self.text.starts_with(BULLETS) {
            return true;
        }
        let Some((sign, _)) = self.text.split_once(' ') else { return false };
        match sign {
            "-" | "*" | "\u{b7}" => true,
            // A dash between two parts of a sentence may begin a line, too.
            "\u{2013}" | "\u{2014}" => !self.begins_in_lower_case(),
            _ => {
                let number = sign.strip_suffix(['.', ')']).unwrap_or_default();
                matches!(number.len(), 1 | 2) && number.bytes().all(|byte| byte.is_ascii_digit())
            }
        }
    }

    /// True if it ends long before the end of the longest line, and the first word of `next` would still fit.
    fn is_short(&self, next: &Line, longest: usize) -> bool {
        if self.is_joined_to(next) {
            return self.width * 10 < longest * 9;
        }
        let word = width(next.text.split(' ').next().unwrap_or_default()).min(MAX_WORD);
        self.width * 4 < longest * 3 && self.width + 1 + word <= longest
    }

    /// True if no space stands between it and `next`, where they are joined.
    fn is_joined_to(&self, next: &Line) -> bool {
        let (before, behind) = (self.text.chars().next_back(), next.text.chars().next());
        before.zip(behind).is_some_and(|(before, behind)| is_unspaced(before, behind))
    }
}

/// What the line ends of a text mean.
#[derive(Default)]
struct Layout {
    /// Columns of the longest line.
    longest: usize,
    has_list: bool,
    /// True if each line is a paragraph.
    is_of_lines: bool,
    /// True if some line goes on in the next one.
    is_continued: bool,
}

impl Layout {
    fn of(lines: &[Line]) -> Self {
        let longest = lines.iter().map(|line| line.width).max().unwrap_or_default();
        let has_list = lines.iter().filter(|line| line.is_item()).nth(1).is_some();
        let layout = Layout { longest, has_list, ..Layout::default() };
        let (mut breaks, mut continued, mut stops, mut short) = (0, 0, 0, 0);
        for (line, next) in lines.iter().zip(lines.iter().skip(1)) {
            if line.text.is_empty() || next.text.is_empty() || layout.begins_paragraph(next) {
                continue;
            }
            breaks += 1;
            if next.begins_in_lower_case() {
                continued += 1;
            } else if line.ends_sentence() {
                stops += 1;
            } else if line.is_short(next, longest) {
                short += 1;
            }
        }
        let ends = stops + short;
        // Of two lines the first may be short by chance.
        let is_of_lines = ends > continued && ends * 2 > breaks && (stops > 0 || breaks > 1);
        Layout { is_of_lines, is_continued: continued > 0, ..layout }
    }

    fn begins_paragraph(&self, line: &Line) -> bool {
        line.is_indented || (self.has_list && line.is_item())
    }

    /// True if a paragraph ends between two lines.
    fn ends_paragraph(&self, line: &Line, next: &Line) -> bool {
        if self.longest > WRAPPED_AT || self.begins_paragraph(next) {
            return true;
        }
        if next.begins_in_lower_case() {
            return false;
        }
        if self.is_of_lines {
            return !self.is_continued || line.ends_sentence() || line.is_short(next, self.longest);
        }
        (line.ends_sentence() || self.has_list && line.is_item()) && line.is_short(next, self.longest)
    }
}
