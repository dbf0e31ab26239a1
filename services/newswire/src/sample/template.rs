//! The templates of the stories, as the files in `stories` have them: one file for each language.
//!
//! A template is a block of lines: `== SECTION | AUTHOR | COUNTRIES`, the title, the paragraphs. COUNTRIES are those that the
//! enricher must find: the ones in focus and, after `+`, the ones that are only mentioned. A fourth field is `wire` (other
//! publishers copy the text), `running NAME` (a part of a running story; the parts stand in their order) or `breaking` (a part of what
//! happens when the publishers start). Braces enclose
//! alternatives; in one story the same alternatives give the same choice. Lines that begin with `>> ` are a later version: its
//! title, and paragraphs that stand before the others.

/// The files, by language.
static FILES: [(&str, &str); 8] = [
    ("ar", include_str!("stories/ar.txt")),
    ("de", include_str!("stories/de.txt")),
    ("en", include_str!("stories/en.txt")),
    ("es", include_str!("stories/es.txt")),
    ("fr", include_str!("stories/fr.txt")),
    ("hi", include_str!("stories/hi.txt")),
    ("id", include_str!("stories/id.txt")),
    ("pt", include_str!("stories/pt.txt")),
];

/// A story with alternatives in its texts.
#[derive(Debug)]
pub struct Template {
    /// Language, BCP 47.
    pub language: &'static str,
    /// Section, in the language.
    pub section: &'static str,
    /// Author.
    pub author: &'static str,
    /// The countries that the enricher must find: `PT MA + ES`.
    #[cfg_attr(not(test), expect(dead_code, reason = "a test compares them"))]
    pub countries: &'static str,
    /// Where it is published.
    pub kind: Kind,
    /// Title.
    pub title: &'static str,
    /// Paragraphs.
    pub paragraphs: Vec<&'static str>,
    /// Title and further paragraphs of the later version.
    pub later: Option<(&'static str, Vec<&'static str>)>,
}

/// Where a template is published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// By one publisher.
    Own,
    /// By one publisher; others of its language copy it.
    Wire,
    /// As a part of the running story of this name, by several publishers.
    Running(&'static str),
    /// By every publisher of its language, soon after the start.
    Breaking,
}

/// The templates of all languages.
#[must_use]
pub fn all() -> Vec<Template> {
    let blocks = FILES.iter().flat_map(|(language, text)| text.split("\n\n").map(move |block| (*language, block)));
    blocks.filter_map(|(language, block)| read(language, block)).collect()
}

fn read(language: &'static str, block: &'static str) -> Option<Template> {
    let mut lines = block.lines().filter(|line| !line.is_empty());
    let mut fields = lines.next()?.strip_prefix("== ")?.split(" | ");
    let (section, author, countries) = (fields.next()?, fields.next()?, fields.next()?);
    let kind = match fields.next() {
        None => Kind::Own,
        Some("wire") => Kind::Wire,
        Some("breaking") => Kind::Breaking,
        Some(other) => Kind::Running(other.strip_prefix("running ")?),
    };
    let title = lines.next()?;
    let (later, paragraphs): (Vec<&str>, Vec<&str>) = lines.partition(|line| line.starts_with(">> "));
    let mut later = later.into_iter().filter_map(|line| line.strip_prefix(">> "));
    let later = later.next().map(|title| (title, later.collect()));
    Some(Template { language, section, author, countries, kind, title, paragraphs, later })
}

/// Replaces each pair of braces by one of its alternatives, whose number `choice` selects: it is given the text between the
/// braces and the number of alternatives.
pub fn choose(text: &str, mut choice: impl FnMut(&str, usize) -> usize) -> String {
    let mut chosen = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let (inside, after) = after.split_once('}').unwrap_or((after, ""));
        chosen.push_str(before);
        let alternatives: Vec<&str> = inside.split('|').collect();
        chosen.push_str(alternatives.get(choice(inside, alternatives.len())).unwrap_or(&""));
        rest = after;
    }
    chosen.push_str(rest);
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_template_is_complete() {
        let templates = all();
        let blocks: usize = FILES.iter().map(|(_, text)| text.matches("== ").count()).sum();
        assert_eq!(templates.len(), blocks);
        for template in templates {
            let least = if template.kind == Kind::Own { 3 } else { 2 };
            assert!(template.paragraphs.len() >= least, "{}", template.title);
            let (title, later) = template.later.clone().unwrap_or_default();
            assert!(template.later.is_none() || !later.is_empty(), "{title}");
            let all = [template.title, title].into_iter().chain(template.paragraphs).chain(later);
            for text in all {
                let chosen = choose(text, |_, _| 0);
                assert!(!chosen.contains(['{', '|', '}']), "{chosen}");
            }
        }
    }

    #[test]
    fn the_number_selects_the_alternative() {
        assert_eq!(choose("a {b|c} d {e|f|g}.", |_, count| count - 1), "a c d g.");
        assert_eq!(choose("{b|c} {b|c", |inside, _| usize::from(inside == "b|c")), "c c");
    }
}
