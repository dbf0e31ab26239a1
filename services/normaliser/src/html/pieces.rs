//! Tags and texts of HTML that ammonia has written: `<` always begins a tag, attribute values are in double quotes,
//! and every element with content is closed. One scan suffices; nothing is parsed again.

/// Elements that ammonia keeps and that have no end tag.
pub(super) const VOID: [&str; 6] = ["area", "br", "col", "hr", "img", "wbr"];

/// A tag and the text up to the next one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Piece<'a> {
    /// From `<` to `>`; empty for text before the first tag.
    pub tag: &'a str,
    /// With its character references.
    pub text: &'a str,
}

impl<'a> Piece<'a> {
    /// The element's name.
    pub fn name(&self) -> &'a str {
        let name = self.tag.trim_start_matches(['<', '/']);
        name.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default()
    }

    /// True for an end tag.
    pub fn closes(&self) -> bool {
        self.tag.starts_with("</")
    }

    /// The value of an attribute.
    pub fn attribute(&self, name: &str) -> Option<&'a str> {
        let (_, value) = self.tag.split_once(&format!(" {name}=\""))?;
        value.split_once('"').map(|(value, _)| value)
    }
}

/// Cuts `html` into pieces.
pub(super) fn pieces(html: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = html;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let (tag, after) = rest.split_at(if rest.starts_with('<') { tag_end(rest) } else { 0 });
        let (text, after) = after.split_at(after.find('<').unwrap_or(after.len()));
        rest = after;
        Some(Piece { tag, text })
    })
}

/// Length of the tag that `html` begins with.
fn tag_end(html: &str) -> usize {
    let mut quoted = false;
    let end = html.find(|c| {
        quoted ^= c == '"';
        c == '>' && !quoted
    });
    end.map_or(html.len(), |end| end + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bracket_in_an_attribute_does_not_end_the_tag() {
        let html = "a<img alt=\"b > c\" src=\"x\">d</p>";
        let found: Vec<_> = pieces(html).map(|piece| (piece.name(), piece.text, piece.closes())).collect();
        assert_eq!(found, [("", "a", false), ("img", "d", false), ("p", "", true)]);
        assert_eq!(pieces(html).find_map(|piece| piece.attribute("src")), Some("x"));
    }
}
