//! Tags as they are written, and whether a tag is markup or a word of the text: `The <video> element`.

/// Elements that format text or hold it.
const FORMATTING: &[&str] = &[
    "a",
    "abbr",
    "acronym",
    "article",
    "b",
    "bdi",
    "bdo",
    "big",
    "blockquote",
    "center",
    "cite",
    "code",
    "del",
    "dfn",
    "div",
    "em",
    "font",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "i",
    "ins",
    "kbd",
    "label",
    "li",
    "mark",
    "nobr",
    "ol",
    "p",
    "pre",
    "q",
    "s",
    "samp",
    "section",
    "small",
    "span",
    "strike",
    "strong",
    "sub",
    "sup",
    "tt",
    "u",
    "ul",
    "var",
];

/// The other elements of HTML, past ones among them, and the roots of drawings and formulas.
const OTHER: &[&str] = &[
    "address",
    "applet",
    "area",
    "aside",
    "audio",
    "base",
    "basefont",
    "bgsound",
    "blink",
    "body",
    "br",
    "button",
    "canvas",
    "caption",
    "col",
    "colgroup",
    "data",
    "datalist",
    "dd",
    "details",
    "dialog",
    "dir",
    "dl",
    "dt",
    "embed",
    "fieldset",
    "figcaption",
    "figure",
    "footer",
    "form",
    "frame",
    "frameset",
    "head",
    "hgroup",
    "hr",
    "html",
    "iframe",
    "image",
    "img",
    "input",
    "isindex",
    "keygen",
    "layer",
    "legend",
    "link",
    "listing",
    "main",
    "map",
    "marquee",
    "math",
    "menu",
    "meta",
    "meter",
    "nav",
    "noembed",
    "noframes",
    "noscript",
    "object",
    "optgroup",
    "option",
    "output",
    "param",
    "picture",
    "plaintext",
    "progress",
    "rp",
    "rt",
    "ruby",
    "script",
    "select",
    "slot",
    "source",
    "style",
    "summary",
    "svg",
    "table",
    "tbody",
    "td",
    "template",
    "textarea",
    "tfoot",
    "th",
    "thead",
    "time",
    "title",
    "tr",
    "track",
    "video",
    "wbr",
    "xmp",
];

/// Attributes that only markup has. `<input type=date>` may be a word, `<a href=..>` is none.
const MARKUP_ATTRIBUTES: &[&str] = &[
    "align",
    "alt",
    "background",
    "bgcolor",
    "class",
    "color",
    "data",
    "face",
    "height",
    "href",
    "id",
    "name",
    "onclick",
    "rel",
    "size",
    "src",
    "srcset",
    "style",
    "target",
    "width",
    "xmlns",
];

/// A start or end tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tag<'a> {
    /// Where it begins, and where what follows it begins.
    pub start: usize,
    pub end: usize,
    /// As written.
    pub name: &'a str,
    pub closes: bool,
    /// What stands between the name and the end.
    attributes: &'a str,
}

impl<'a> Tag<'a> {
    /// The tag of an element that begins at `start`, where `source` has a `<`. A tag that the source ends in is one if it
    /// has an attribute.
    pub fn at(source: &'a str, start: usize) -> Option<Tag<'a>> {
        let rest = source.get(start + 1..)?;
        let (closes, rest) = rest.strip_prefix('/').map_or((false, rest), |rest| (true, rest));
        let length = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
        let (name, inside) = rest.split_at(length);
        if name.is_empty() || !inside.starts_with(['>', '/', ':', '-', ' ', '\t', '\n', '\r']) {
            return None;
        }
        let is_known = !inside.starts_with([':', '-']) && (is(FORMATTING, name) || is(OTHER, name));
        let begin = source.len() - inside.len();
        match tag_end(inside) {
            Some(end) => {
                let attributes = inside.get(..end)?;
                let tag = Tag { start, end: begin + end + 1, name, closes, attributes };
                // Another element is one by its attributes.
                let has_value = attributes.contains('=') && attributes.contains(['"', '\'']);
                (is_known || has_value || tag.has_markup_attributes()).then_some(tag)
            }
            None if is_known && inside.contains('=') && !inside.contains('<') => {
                Some(Tag { start, end: source.len(), name, closes, attributes: inside })
            }
            None => None,
        }
    }

    pub fn is_named(&self, names: &[&str]) -> bool {
        is(names, self.name)
    }

    pub fn is_formatting(&self) -> bool {
        is(FORMATTING, self.name)
    }

    pub fn closes_itself(&self) -> bool {
        self.attributes.ends_with('/')
    }

    /// True if it has attributes that only markup has: by their names, by a value that is a URL or a call, or by quotes without an
    /// attribute, as malformed markup has.
    pub fn has_markup_attributes(&self) -> bool {
        let signs: &[char] = if self.attributes.contains('=') { &[':', '('] } else { &['"', '\'', '`'] };
        if self.attributes.contains(signs) {
            return true;
        }
        let names = self.attributes.split(['/', ' ', '\t', '\n', '\r', '"', '\'']);
        let names = names.filter_map(|part| part.split_once('=').map(|(name, _)| name));
        names
            .take(50)
            .any(|name| is(MARKUP_ATTRIBUTES, name) || name.get(..2).is_some_and(|two| two.eq_ignore_ascii_case("on")))
    }

    /// True if it has words where a tag has attributes: `when i <b and x> 4`.
    pub fn has_words(&self) -> bool {
        let inside = self.attributes.trim_end_matches('/').trim();
        !inside.is_empty() && !inside.contains('=')
    }

    /// True if it stands in the text as a word does, with a space, a quote or a bracket on both sides.
    pub fn is_word(&self, source: &str) -> bool {
        let before = source.get(..self.start).and_then(|text| text.chars().next_back());
        let after = source.get(self.end..).and_then(|text| text.chars().next());
        let opens = |c: char| c.is_whitespace() || "\"'`([{\u{201c}\u{2018}\u{201e}\u{ab}\u{2014}\u{2013}/".contains(c);
        let closes = |c: char| c.is_whitespace() || "\"'`)]},.;:!?\u{201d}\u{2019}\u{bb}\u{2014}\u{2013}/-".contains(c);
        before.is_none_or(opens) && after.is_none_or(closes)
    }
}

/// Where the tag ends whose inside, up to the end of the source, is given. A `>` within quotes does not end it.
fn tag_end(inside: &str) -> Option<usize> {
    let mut quote = None;
    let mut value = false;
    for (at, byte) in inside.bytes().enumerate() {
        match (quote, byte) {
            (Some(open), _) if byte == open => quote = None,
            (Some(_), _) => {}
            (None, b'"' | b'\'') if value => quote = Some(byte),
            (None, b'>') => return Some(at),
            (None, b'<') => break,
            _ => {}
        }
        value = byte == b'=' || (value && byte.is_ascii_whitespace());
        // A quote that is not closed: the first `>` ends the tag.
        if at > MAX_TAG {
            break;
        }
    }
    let end = inside.find(['>', '<'])?;
    (inside.as_bytes().get(end) == Some(&b'>') && end <= MAX_TAG).then_some(end)
}

/// Longest tag, in bytes.
const MAX_TAG: usize = 20_000;

fn is(list: &[&str], name: &str) -> bool {
    list.iter().any(|known| known.eq_ignore_ascii_case(name))
}
