//! One walk over the tokens of HTML gives its plain text and its depth.

use crate::{characters, paragraphs, references};
use html5ever::{
    LocalName,
    tendril::StrTendril,
    tokenizer::{
        BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
        states::{
            RawKind::{self, Rawtext, Rcdata, ScriptData},
            State,
        },
    },
};
use std::{
    borrow::Cow,
    cell::{Cell, RefCell},
};

mod attributes;
mod links;
mod repair;
mod tree;

pub use links::{Link, Links, links};

/// Elements nested this deep are too deep for a parser that builds a tree.
pub const MAX_DEPTH: usize = 200;
/// Tags below which a source is not costly, whatever they are.
const FEW_TAGS: usize = 2_000;
/// Skipped elements nested this deep are no longer tracked: each end tag searches those that are.
const MAX_SKIPPED: usize = 64;

/// Elements that begin and end a paragraph.
const BLOCKS: &[&str] = &[
    "address",
    "article",
    "aside",
    "blockquote",
    "body",
    "caption",
    "center",
    "dd",
    "details",
    "div",
    "dl",
    "fieldset",
    "figcaption",
    "figure",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "head",
    "header",
    "hgroup",
    "hr",
    "html",
    "main",
    "nav",
    "ol",
    "p",
    "pre",
    "section",
    "summary",
    "table",
    "tbody",
    "tfoot",
    "thead",
    "ul",
];

/// Elements that begin and end a line.
const LINES: &[&str] = &["dt", "li", "option", "tr"];

/// Elements whose content is not text of the article.
const SKIPPED: &[&str] =
    &["audio", "button", "canvas", "datalist", "map", "math", "object", "select", "svg", "template", "video"];

/// Elements without content.
const VOID: &[&str] =
    &["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"];

/// Elements that end where the next one of their kind begins.
const SELF_ENDING: &[&str] =
    &["dd", "dt", "li", "optgroup", "option", "p", "tbody", "td", "tfoot", "th", "thead", "tr"];

/// Elements that a parser opens again after the block that closed them.
const FORMATTING: &[&str] =
    &["a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u"];

/// The tokenizer's state inside an element that holds text instead of markup.
fn raw_kind(name: &str) -> Option<RawKind> {
    match name {
        "script" => Some(ScriptData),
        "style" | "iframe" | "noembed" | "noframes" | "xmp" | "noscript" => Some(Rawtext),
        "title" | "textarea" => Some(Rcdata),
        _ => None,
    }
}

/// What a walk over HTML gives.
pub(crate) struct Walk {
    /// Plain text in paragraphs.
    pub text: String,
    /// True if elements are nested [`MAX_DEPTH`] deep or deeper, or cost a parser more than their number.
    pub too_deep: bool,
    /// Work of the walk and of a parser: characters, comparisons, nodes.
    pub steps: usize,
}

/// Walks over the tokens of `source` once.
pub(crate) fn walk(source: &str) -> Walk {
    let walker = tokenize(Walker::default(), source, TokenizerOpts::default());
    let (mut steps, mut too_deep) = (walker.steps.get(), walker.nesting.into_inner().is_too_deep());
    if !too_deep && source.bytes().filter(|byte| *byte == b'<').nth(FEW_TAGS).is_some() {
        let cost = tree::cost(source, MAX_DEPTH);
        steps += cost.steps;
        too_deep = cost.too_much;
    }
    Walk { text: walker.text.into_inner().out, too_deep, steps }
}

/// `source` as it is read: without the marks of CDATA, with at most hundreds of attributes in a tag, and nothing that is not closed
/// hides the text behind it.
pub(crate) fn prepared(source: Cow<'_, str>) -> Cow<'_, str> {
    let source = references::without_surrogates(repair::without_sections(source));
    repair::repaired(attributes::limited(source))
}

/// True if `name` is one of the words of `list`.
pub(crate) fn is_one(list: &[&str], name: &str) -> bool {
    list.contains(&name)
}

/// `source` with its character references decoded and everything else as it is.
pub(crate) fn unescape(source: &str) -> String {
    // RCDATA has references and no tags: `a < b` stays as it is.
    let opts = TokenizerOpts { initial_state: Some(State::RawData(Rcdata)), ..TokenizerOpts::default() };
    if !source.contains('&') {
        return source.to_owned();
    }
    let source = references::without_surrogates(source.into());
    tokenize(Decoder(RefCell::new(String::with_capacity(source.len()))), &source, opts).0.into_inner()
}

fn tokenize<S: TokenSink>(sink: S, source: &str, opts: TokenizerOpts) -> S {
    let tokenizer = Tokenizer::new(sink, opts);
    let queue = BufferQueue::default();
    queue.push_back(StrTendril::from_slice(source));
    while !matches!(tokenizer.feed(&queue), html5ever::TokenizerResult::Done) {}
    tokenizer.end();
    tokenizer.sink
}

struct Decoder(RefCell<String>);

impl TokenSink for Decoder {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        if let Token::CharacterTokens(text) = token {
            self.0.borrow_mut().push_str(&text);
        }
        TokenSinkResult::Continue
    }
}

/// Work of a token: its characters, or its attributes compared with each other.
fn steps(token: &Token) -> usize {
    match token {
        Token::TagToken(tag) => 1 + tag.attrs.len() * tag.attrs.len() / 2,
        Token::CharacterTokens(text) | Token::CommentToken(text) => text.len(),
        _ => 1,
    }
}

#[derive(Default)]
struct Walker {
    text: RefCell<Text>,
    nesting: RefCell<Nesting>,
    steps: Cell<usize>,
}

impl TokenSink for Walker {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        let mut text = self.text.borrow_mut();
        self.steps.set(self.steps.get() + steps(&token));
        match token {
            Token::TagToken(tag) => {
                self.nesting.borrow_mut().tag(&tag);
                return text.tag(&tag);
            }
            Token::CharacterTokens(characters) if text.is_shown() => text.characters(&characters),
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

/// The plain text so far.
#[derive(Default)]
struct Text {
    out: String,
    /// Line ends before the next word.
    breaks: usize,
    /// A space before the next word.
    space: bool,
    /// True if a line end of the source stands before the next word.
    line_end: bool,
    /// False if a tag stands before the next word, or a space that is wider or not broken.
    in_text: bool,
    /// The element whose raw text is being skipped.
    raw: Option<LocalName>,
    /// The skipped elements that are open.
    skipped: Vec<LocalName>,
    /// How many `pre` are open.
    pre: usize,
}

impl Text {
    fn is_shown(&self) -> bool {
        self.raw.is_none() && self.skipped.is_empty()
    }

    fn end_line(&mut self, breaks: usize) {
        self.breaks = self.breaks.max(breaks);
        self.space = false;
    }

    fn characters(&mut self, text: &str) {
        for c in characters::clean(text).chars() {
            if c == '\n' && self.pre > 0 {
                self.breaks = (self.breaks + 1).min(2);
            } else if c.is_whitespace() {
                self.space = true;
                self.line_end |= c == '\n';
                self.in_text &= c.is_ascii();
            } else {
                if self.out.is_empty() {
                    // Nothing stands before the first word.
                } else if self.breaks > 0 {
                    self.out.push_str(if self.breaks > 1 { "\n\n" } else { "\n" });
                } else if self.space && !self.is_unspaced(c) {
                    self.out.push(' ');
                }
                (self.breaks, self.space, self.line_end, self.in_text) = (0, false, false, true);
                self.out.push(c);
            }
        }
    }

    /// True if the source breaks a line of Chinese or Japanese before `next` (CSS Text Level 3, section 4.1.3).
    fn is_unspaced(&self, next: char) -> bool {
        let before = self.out.chars().next_back().filter(|_| self.line_end && self.in_text);
        before.is_some_and(|before| paragraphs::is_unspaced(before, next))
    }

    fn tag(&mut self, tag: &Tag) -> TokenSinkResult<()> {
        let name: &str = &tag.name;
        let start = tag.kind == TagKind::StartTag;
        self.in_text = false;
        if self.raw.as_deref() == Some(name) && !start {
            self.raw = None;
            return TokenSinkResult::Continue;
        }
        if is_one(SKIPPED, name) && !tag.self_closing {
            self.skipped_tag(tag, start);
            return TokenSinkResult::Continue;
        }
        // XHTML in Atom may close an iframe in its start tag. HTML would read the rest of the text as its content.
        if start
            && !tag.self_closing
            && let Some(kind) = raw_kind(name)
        {
            self.raw = Some(tag.name.clone());
            return TokenSinkResult::RawData(kind);
        }
        if is_one(BLOCKS, name) {
            self.end_line(2);
        } else if is_one(LINES, name) {
            self.end_line(1);
        } else if matches!(name, "td" | "th") {
            self.space = true;
        } else if name == "br" {
            self.end_line((self.breaks + 1).min(2));
        }
        if name == "pre" {
            self.pre = if start { self.pre + 1 } else { self.pre.saturating_sub(1) };
        }
        TokenSinkResult::Continue
    }

    fn skipped_tag(&mut self, tag: &Tag, start: bool) {
        if start {
            // Elements that are not tracked end with those around them.
            if self.skipped.len() < MAX_SKIPPED {
                self.skipped.push(tag.name.clone());
            }
        } else if let Some(at) = self.skipped.iter().rposition(|open| *open == tag.name) {
            self.skipped.truncate(at);
        }
    }
}

/// How deep a parser would nest the elements: an estimate that errs upwards. A tree of n levels costs a parser n steps
/// for each tag, so its depth must be known before it is built.
#[derive(Default)]
struct Nesting {
    open: Vec<LocalName>,
    deepest: usize,
}

impl Nesting {
    fn is_too_deep(&self) -> bool {
        self.deepest >= MAX_DEPTH
    }

    fn tag(&mut self, tag: &Tag) {
        let name: &str = &tag.name;
        if self.is_too_deep() || is_one(VOID, name) || tag.self_closing {
            return;
        }
        if tag.kind == TagKind::EndTag {
            self.close(tag);
            return;
        }
        if is_one(SELF_ENDING, name) {
            let siblings = self.open.iter().rev().take_while(|open| is_one(SELF_ENDING, open));
            if let Some(back) = siblings.into_iter().position(|open| *open == tag.name) {
                self.open.truncate(self.open.len() - back - 1);
            }
        }
        self.open.push(tag.name.clone());
        self.deepest = self.deepest.max(self.open.len());
    }

    fn close(&mut self, tag: &Tag) {
        let Some(at) = self.open.iter().rposition(|open| *open == tag.name) else { return };
        if is_one(FORMATTING, &tag.name) {
            self.open.remove(at);
        } else {
            let reopened: Vec<LocalName> =
                self.open.drain(at..).skip(1).filter(|open| is_one(FORMATTING, open)).collect();
            self.open.extend(reopened);
        }
    }
}
