//! The text of a field that several elements have.

use crate::limits;

/// The text of a field with several sources: the one of the lowest rank that has words, else the one of the lowest rank.
#[derive(Debug, Default)]
pub(super) struct RankedText {
    rank: u8,
    /// Empty if there is none.
    pub text: String,
    /// How it is typed.
    pub form: &'static str,
    /// Whether it is blank; `None` if that is not known yet.
    blank: Option<bool>,
}

impl RankedText {
    /// Takes the text of an element, typed as `form`, if it counts more than the present one. An empty text is ignored.
    pub fn offer(&mut self, rank: u8, text: String, form: &'static str) {
        if text.is_empty() {
            return;
        }
        let mut other = Self { rank, text, form, blank: None };
        let counts_more = if self.text.is_empty() {
            true
        } else if rank < self.rank {
            !other.is_blank() || self.is_blank()
        } else {
            self.is_blank() && !other.is_blank()
        };
        if counts_more {
            *self = other;
        }
    }

    /// Each text is searched once, however many elements there are.
    fn is_blank(&mut self) -> bool {
        *self.blank.get_or_insert_with(|| is_blank(&self.text, self.form))
    }
}

/// True for a text, typed as `form`, that has no words: an empty element, a no-break space, an image. One that is longer than the
/// limit of texts is not searched.
pub(in crate::parse) fn is_blank(text: &str, form: &str) -> bool {
    if text.starts_with(char::is_alphanumeric) || text.len() > limits::TEXT.bytes {
        return false;
    }
    text::Document::parse_as(text, text::Typed::named(form)).text().is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn best(offers: &[(u8, &str)]) -> String {
        let mut ranked = RankedText::default();
        for (rank, text) in offers {
            ranked.offer(*rank, (*text).to_owned(), "UNKNOWN");
        }
        ranked.text
    }

    #[test]
    fn markup_without_words_is_blank() {
        for text in ["", "&nbsp;", "\u{200b}", "<p></p>", "<div> &nbsp;</div>", "<br><br/>", "<img src='a.png'>"] {
            assert!(is_blank(text, "UNKNOWN"), "{text}");
        }
        for text in ["a", "7", "\u{2026}", "<p>a</p>", "<img src='a.png'> a", "&amp;", "&lt;p&gt;"] {
            assert!(!is_blank(text, "UNKNOWN"), "{text}");
        }
        assert!(!is_blank("<p></p>", "TEXT"), "every character stands for itself");
    }

    #[test]
    fn the_lowest_rank_counts_among_texts_with_words() {
        assert_eq!(best(&[(4, "four"), (0, "zero"), (0, "again"), (2, "two")]), "zero");
        assert_eq!(best(&[(0, "<p></p>"), (4, "four"), (2, "two"), (6, "six")]), "two");
        assert_eq!(best(&[(4, "four"), (0, "<p></p>"), (6, "six")]), "four");
        assert_eq!(best(&[(4, "<br/>"), (0, "<p></p>"), (6, "&nbsp;")]), "<p></p>");
        assert_eq!(best(&[(0, "<p></p>"), (0, "zero"), (0, "")]), "zero");
    }
}
