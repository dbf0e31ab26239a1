//! Collects the text of an element: as plain text, and from the first tag on as markup.

use base64::Engine;

use super::elements::Field;
use crate::salvage::references::escape_into;
use crate::salvage::repairs::Repairs;
use crate::salvage::tokenizer::attributes;
use proto::{Warning, vocab::form};

/// An element whose text is being collected.
pub(super) struct Capture<'a> {
    pub field: Field,
    /// False if the text is skipped.
    pub wanted: bool,
    /// `isPermaLink` of a guid: true unless it is "false".
    pub permalink: bool,
    /// True if feed-rs rejects the content or reads it differently.
    pub needs_own_parser: bool,
    /// How the text is typed, a value of [`form`].
    form: &'static str,
    name: &'a str,
    text: String,
    /// The text with its markup; empty before the first tag.
    markup: String,
    has_markup: bool,
    has_cdata: bool,
    base64: bool,
    xhtml: bool,
    /// Open inner elements of the same name.
    same: usize,
    /// Open inner elements.
    open: usize,
}

impl<'a> Capture<'a> {
    /// Starts collecting the text of element `name`, whose attributes as written are `inside`. `form` is what the element's
    /// attributes say.
    pub fn new(field: Field, name: &'a str, inside: &'a str, wanted: bool, atom: bool, form: &'static str) -> Self {
        let mut capture = Self {
            field,
            wanted,
            permalink: true,
            needs_own_parser: false,
            form,
            name,
            text: String::new(),
            markup: String::new(),
            has_markup: false,
            has_cdata: false,
            base64: false,
            xhtml: false,
            same: 0,
            open: 0,
        };
        for (key, value) in attributes(inside) {
            match key {
                "isPermaLink" | "ispermalink" | "isPermalink" => {
                    capture.permalink = !value.trim().eq_ignore_ascii_case("false")
                }
                "mode" => {
                    capture.base64 = value == "base64";
                    capture.needs_own_parser = true;
                }
                "type" if atom => {
                    let kind = value.trim().to_ascii_lowercase();
                    capture.xhtml = kind == "xhtml" || kind == "application/xhtml+xml";
                    let text = kind.is_empty()
                        || matches!(kind.as_str(), "text" | "html" | "xhtml" | "escaped" | "xml")
                        || !kind.contains('/');
                    let textual = kind.starts_with("text/") || kind.ends_with("+xml") || kind.ends_with("/xml");
                    capture.base64 |= !text && !textual;
                    capture.needs_own_parser |= !matches!(kind.as_str(), "text" | "html" | "xhtml" | "text/html");
                }
                "src" => capture.needs_own_parser = true,
                _ => {}
            }
        }
        capture
    }

    /// Adds character data whose references are decoded.
    pub fn text(&mut self, decoded: &str) {
        if self.has_markup {
            escape_into(decoded, &mut self.markup);
        } else {
            self.text.push_str(decoded);
        }
    }

    /// Adds the content of a CDATA section.
    pub fn cdata(&mut self, raw: &str) {
        if !self.wanted {
            return;
        }
        self.has_cdata = true;
        if self.has_markup { &mut self.markup } else { &mut self.text }.push_str(raw);
    }

    fn begin_markup(&mut self) {
        if !self.has_markup {
            self.has_markup = true;
            if self.has_cdata {
                self.markup.push_str(&self.text);
            } else {
                escape_into(&self.text, &mut self.markup);
            }
        }
    }

    /// Adds a start tag that belongs to the text; `raw` is the whole tag as written.
    pub fn inline_start(&mut self, name: &str, inside: &str, empty: bool, raw: &str) {
        if !empty {
            self.open += 1;
            self.same += usize::from(name.eq_ignore_ascii_case(self.name));
        }
        if !self.wanted {
            // Markup where feed-rs expects text.
            self.needs_own_parser = true;
            return;
        }
        self.begin_markup();
        match name.split_once(':') {
            // HTML has no prefixes: `xhtml:p` is a `p`.
            Some((_, local)) => {
                self.markup.push('<');
                self.markup.push_str(local);
                self.markup.push_str(inside);
                self.markup.push_str(if empty { "/>" } else { ">" });
            }
            None => {
                self.markup.push_str(raw);
                if !raw.ends_with('>') {
                    self.markup.push('>');
                }
            }
        }
    }

    /// True if an end tag of this name closes the element.
    pub fn is_closed_by(&self, name: &str) -> bool {
        self.same == 0 && name.eq_ignore_ascii_case(self.name)
    }

    /// Adds an end tag that belongs to the text.
    pub fn inline_end(&mut self, name: &str) {
        self.open = self.open.saturating_sub(1);
        if name.eq_ignore_ascii_case(self.name) {
            self.same = self.same.saturating_sub(1);
        }
        if !self.wanted {
            return;
        }
        self.begin_markup();
        self.markup.push_str("</");
        self.markup.push_str(name.rsplit(':').next().unwrap_or(name));
        self.markup.push('>');
    }

    /// How the text is typed. Elements in it are markup, whatever is declared.
    pub fn form(&self) -> &'static str {
        match (self.has_markup, self.xhtml) {
            (_, true) => form::XHTML,
            (true, false) => form::HTML,
            (false, false) => self.form,
        }
    }

    /// The collected text, trimmed; `None` if it is empty.
    pub fn finish(mut self, repairs: &mut Repairs) -> Option<String> {
        if self.open > 0 {
            repairs.add(Warning::MismatchedTags);
        }
        if self.xhtml {
            self.begin_markup();
        }
        let text = if self.has_markup { without_div(self.markup.trim(), self.xhtml) } else { self.text.trim() };
        if self.base64 {
            // Atom 0.3 `mode="base64"`, and Atom 1.0 content whose type is not a text.
            let packed: String = text.chars().filter(|c| !c.is_ascii_whitespace()).collect();
            let bytes = base64::engine::general_purpose::STANDARD.decode(packed).ok()?;
            return String::from_utf8(bytes).ok().filter(|t| !t.trim().is_empty());
        }
        (!text.is_empty()).then(|| text.to_owned())
    }
}

/// Removes the `div` around XHTML, which is not part of the content (RFC 4287 section 3.1.1.3).
fn without_div(markup: &str, xhtml: bool) -> &str {
    let inner = || {
        let inside = markup.strip_prefix("<div")?;
        if !inside.starts_with([' ', '>', '\n', '\t', '\r']) {
            return None;
        }
        let (attributes, inner) = inside.split_once('>')?;
        let inner = inner.trim_end().strip_suffix("</div>")?;
        let wrapper = xhtml || attributes.contains("http://www.w3.org/1999/xhtml");
        // Two adjacent `div` elements are not a wrapper.
        (wrapper && balanced(inner)).then(|| inner.trim())
    };
    inner().unwrap_or(markup)
}

fn balanced(inner: &str) -> bool {
    let mut open = 0_i64;
    for (at, _) in inner.match_indices("div") {
        let before = inner.get(..at).unwrap_or_default();
        if before.ends_with("</") {
            open -= 1;
        } else if before.ends_with('<') {
            open += 1;
        }
        if open < 0 {
            return false;
        }
    }
    open == 0
}
