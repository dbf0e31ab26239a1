//! HTML by its tokens.

use super::characters;
use html5ever::{
    tendril::StrTendril,
    tokenizer::{
        BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
        states::RawKind::{self, Rawtext, Rcdata, ScriptData},
    },
};
use std::cell::RefCell;

/// Elements that begin and end a paragraph.
const BLOCKS: [&str; 39] = [
    "address",
    "article",
    "aside",
    "blockquote",
    "body",
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
    "caption",
];
/// Elements that stand on a line of their own.
const LINES: [&str; 4] = ["li", "tr", "dt", "option"];
/// Elements whose content is no text of the article.
const SKIPPED: [&str; 11] =
    ["audio", "button", "canvas", "datalist", "map", "math", "object", "select", "svg", "template", "video"];
/// Nested elements that are passed over and remembered: each end looks for its start among them.
const MAX_SKIPPED: usize = 64;
/// Elements without end.
const VOID: [&str; 14] =
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"];
/// Elements that the next of their kind ends.
const SELF_ENDING: [&str; 12] =
    ["p", "li", "dt", "dd", "tr", "td", "th", "option", "optgroup", "thead", "tbody", "tfoot"];
/// Elements that a parser opens again behind the block that closed them.
const FORMATTING: [&str; 14] =
    ["a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u"];

/// The kind of text that an element holds instead of markup.
fn raw_kind(name: &str) -> Option<RawKind> {
    match name {
        "script" => Some(ScriptData),
        "style" | "iframe" | "noembed" | "noframes" | "xmp" | "noscript" => Some(Rawtext),
        "title" | "textarea" => Some(Rcdata),
        _ => None,
    }
}

fn run<S: TokenSink>(sink: S, source: &str) -> S {
    let tokenizer = Tokenizer::new(sink, TokenizerOpts::default());
    let queue = BufferQueue::default();
    queue.push_back(StrTendril::from_slice(source));
    while !matches!(tokenizer.feed(&queue), html5ever::TokenizerResult::Done) {}
    tokenizer.end();
    tokenizer.sink
}

/// Plain text of HTML.
#[must_use]
pub fn html(source: &str) -> String {
    let Text { state } = run(Text { state: RefCell::new(State::default()) }, source);
    state.into_inner().out
}

struct Text {
    state: RefCell<State>,
}

#[derive(Default)]
struct State {
    out: String,
    /// Line ends that come before the next word.
    breaks: usize,
    /// A space comes before the next word.
    space: bool,
    /// The element whose raw text is passed over.
    raw: Option<String>,
    /// The elements that are passed over.
    skipped: Vec<String>,
    pre: usize,
}

impl State {
    fn ends(&mut self, lines: usize) {
        self.breaks = self.breaks.max(lines);
        self.space = false;
    }

    fn text(&mut self, text: &str) {
        for c in characters::clean(text).chars() {
            if c == '\n' && self.pre > 0 {
                self.breaks = (self.breaks + 1).min(2);
            } else if c.is_whitespace() {
                self.space = true;
            } else {
                if self.out.is_empty() {
                    // Nothing before the first word.
                } else if self.breaks > 0 {
                    self.out.push_str(if self.breaks > 1 { "\n\n" } else { "\n" });
                } else if self.space {
                    self.out.push(' ');
                }
                (self.breaks, self.space) = (0, false);
                self.out.push(c);
            }
        }
    }

    fn tag(&mut self, tag: &Tag) -> TokenSinkResult<()> {
        let name: &str = &tag.name;
        let start = tag.kind == TagKind::StartTag;
        if self.raw.as_deref() == Some(name) && !start {
            self.raw = None;
            return TokenSinkResult::Continue;
        }
        if SKIPPED.contains(&name) && !tag.self_closing {
            if start && self.skipped.len() < MAX_SKIPPED {
                self.skipped.push(name.to_owned());
            } else if start {
                // Deeper ones end with those around them.
            } else if let Some(at) = self.skipped.iter().rposition(|open| open == name) {
                self.skipped.truncate(at);
            }
            return TokenSinkResult::Continue;
        }
        // XHTML in Atom ends an iframe at once, where HTML would take the rest of the text for its content.
        if start
            && !tag.self_closing
            && let Some(kind) = raw_kind(name)
        {
            self.raw = Some(name.to_owned());
            return TokenSinkResult::RawData(kind);
        }
        if BLOCKS.contains(&name) {
            self.ends(2);
        } else if LINES.contains(&name) {
            self.ends(1);
        } else if matches!(name, "td" | "th") {
            self.space = true;
        } else if name == "br" {
            self.breaks = (self.breaks + 1).min(2);
            self.space = false;
        }
        if name == "pre" {
            self.pre = if start { self.pre + 1 } else { self.pre.saturating_sub(1) };
        }
        TokenSinkResult::Continue
    }
}

impl TokenSink for Text {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        let mut state = self.state.borrow_mut();
        match token {
            Token::TagToken(tag) => return state.tag(&tag),
            Token::CharacterTokens(text) if state.raw.is_none() && state.skipped.is_empty() => state.text(&text),
            // `<![CDATA[` in HTML is a comment; feeds mean it.
            Token::CommentToken(text) if state.raw.is_none() && state.skipped.is_empty() => {
                if let Some(text) = text.strip_prefix("[CDATA[") {
                    state.text(text.strip_suffix("]]").unwrap_or(text));
                }
            }
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

/// `source` with its character references decoded and everything else as it is: for text without tags.
pub(super) fn unescaped(source: &str) -> String {
    struct Decoded(RefCell<String>);
    impl TokenSink for Decoded {
        type Handle = ();
        fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
            if let Token::CharacterTokens(text) = token {
                self.0.borrow_mut().push_str(&text);
            }
            TokenSinkResult::Continue
        }
    }
    // In RCDATA there are references and no tags: `a < b` stays as it is.
    let opts = TokenizerOpts {
        initial_state: Some(html5ever::tokenizer::states::State::RawData(Rcdata)),
        ..TokenizerOpts::default()
    };
    let tokenizer = Tokenizer::new(Decoded(RefCell::new(String::with_capacity(source.len()))), opts);
    let queue = BufferQueue::default();
    queue.push_back(StrTendril::from_slice(source));
    while !matches!(tokenizer.feed(&queue), html5ever::TokenizerResult::Done) {}
    tokenizer.end();
    tokenizer.sink.0.into_inner()
}

/// How deep a parser would nest the elements of `source`, counted to `limit` at most.
///
/// An estimate that errs upwards: a tree's depth costs more than linear time, so it is known before one is built.
#[must_use]
pub fn depth(source: &str, limit: usize) -> usize {
    struct Depth {
        limit: usize,
        state: RefCell<(Vec<String>, usize)>,
    }
    impl TokenSink for Depth {
        type Handle = ();
        fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
            let Token::TagToken(tag) = token else { return TokenSinkResult::Continue };
            let (open, most) = &mut *self.state.borrow_mut();
            let name: &str = &tag.name;
            if *most >= self.limit || VOID.contains(&name) || tag.self_closing {
                return TokenSinkResult::Continue;
            }
            if tag.kind == TagKind::EndTag {
                if let Some(at) = open.iter().rposition(|one| one == name) {
                    if FORMATTING.contains(&name) {
                        open.remove(at);
                    } else {
                        let again: Vec<String> = open.drain(at..).skip(1).collect();
                        open.extend(again.into_iter().filter(|one| FORMATTING.contains(&one.as_str())));
                    }
                }
                return TokenSinkResult::Continue;
            }
            if SELF_ENDING.contains(&name) {
                let run = open.iter().rev().take_while(|one| SELF_ENDING.contains(&one.as_str()));
                if let Some(back) = run.into_iter().position(|one| one == name) {
                    open.truncate(open.len() - back - 1);
                }
            }
            open.push(name.to_owned());
            *most = open.len().max(*most);
            raw_kind(name).map_or(TokenSinkResult::Continue, TokenSinkResult::RawData)
        }
    }
    run(Depth { limit, state: RefCell::new((Vec::new(), 0)) }, source).state.into_inner().1
}
