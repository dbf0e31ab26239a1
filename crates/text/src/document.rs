//! A text of a feed or a page, parsed once.

use crate::{
    characters,
    form::{self, Form},
    html, paragraphs,
    typed::Typed,
};
use std::borrow::Cow;

/// What a feed gives as a title, a summary or a content, parsed once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document<'a> {
    form: Form,
    /// HTML; empty if the source is plain text.
    markup: Cow<'a, str>,
    text: String,
    too_deep: bool,
    steps: usize,
}

impl<'a> Document<'a> {
    /// Detects the form of `source` and parses it. Never fails: any string is a document.
    #[must_use]
    pub fn parse(source: &'a str) -> Self {
        Self::parse_as(source, Typed::Unknown)
    }

    /// Parses `source`, which its publisher typed. Text is verbatim. Text without tags that is typed as HTML is text with character
    /// references: publishers type it so whatever it is.
    #[must_use]
    pub fn parse_as(source: &'a str, typed: Typed) -> Self {
        if typed == Typed::Text {
            let (text, markup) = (paragraphs::of(source), Cow::Borrowed(""));
            return Document { form: Form::Plain, markup, text, too_deep: false, steps: source.len() };
        }
        match form::detect(source, typed) {
            form::Detected::Html => Self::html(Form::Html, source.into()),
            form::Detected::Escaped(decoded) => Self::html(Form::Escaped, decoded.into()),
            form::Detected::Plain => Document {
                form: Form::Plain,
                markup: Cow::Borrowed(""),
                text: paragraphs::of(&html::unescape(source)),
                too_deep: false,
                steps: source.len(),
            },
        }
    }

    fn html(form: Form, markup: Cow<'a, str>) -> Self {
        let markup = html::prepared(markup);
        let html::Walk { text, too_deep, steps } = html::walk(&markup);
        Document { form, markup, text, too_deep, steps }
    }

    /// The form that was detected.
    #[must_use]
    pub fn form(&self) -> Form {
        self.form
    }

    /// The HTML, unescaped once if it was escaped twice; `None` if the source is plain text.
    #[must_use]
    pub fn markup(&self) -> Option<&str> {
        (self.form != Form::Plain).then_some(&self.markup)
    }

    /// Plain text: one empty line between paragraphs; `br`, list items and table rows on lines of their own; no
    /// whitespace at the ends.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// [`Document::text`], owned.
    #[must_use]
    pub fn into_text(self) -> String {
        self.text
    }

    /// Work of reading it, in characters, compared attributes and nodes of a tree.
    #[must_use]
    pub fn steps(&self) -> usize {
        self.steps
    }

    /// True if a parser would nest elements [`MAX_DEPTH`](crate::MAX_DEPTH) deep or deeper, or would create or move many
    /// more of them than the source has. Check this before a tree is built: the HTML algorithm's time is then quadratic in
    /// the length of the source.
    #[must_use]
    pub fn is_too_deep(&self) -> bool {
        self.too_deep
    }
}

/// Plain text of `source` in paragraphs; see [`Document::text`].
#[must_use]
pub fn plain(source: &str) -> String {
    Document::parse(source).into_text()
}

/// Plain text of `source` on one line. For a title or a name see [`title`](crate::title).
#[must_use]
pub fn line(source: &str) -> String {
    characters::collapse_whitespace(&plain(source))
}
