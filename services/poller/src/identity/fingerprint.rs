//! What an entry says, apart from how it is marked up.

use super::{repeated, seen_entry::upper_64};
use crate::document::{self, Entry};
use proto::id;
use text::{Document, Typed};

/// What tells the text of an entry from others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fingerprint {
    /// Digest of the plain text of title, summary and content. Markup, URLs and dates are left out: servers change them at
    /// every request.
    pub digest: String,
    /// The first 64 bits of the digest. Only texts of one feed are compared, so they are enough.
    pub text: u64,
    /// Words of the longer of summary and content.
    pub words: usize,
    /// Lines at the start or end of summary or content that other entries of the document have there, too.
    pub repeated_lines: Vec<String>,
}

/// The fingerprints of a document's entries, in document order. Takes time in proportion to the document's length.
#[must_use]
pub fn fingerprints(document: &document::Document) -> Vec<Fingerprint> {
    let (mut fingerprints, edges): (Vec<Fingerprint>, Vec<Vec<String>>) =
        document.entries.iter().map(fingerprint).unzip();
    let repeated = repeated::repeated(&edges);
    fingerprints.iter_mut().zip(repeated).for_each(|(one, lines)| one.repeated_lines = lines);
    fingerprints
}

/// The fingerprint of an entry without its repeated lines, and the lines that may be.
fn fingerprint(entry: &Entry) -> (Fingerprint, Vec<String>) {
    let title = text::title(&entry.title, Typed::named(entry.forms.title));
    let summary = Document::parse_as(&entry.summary, Typed::named(entry.forms.summary));
    let content = Document::parse_as(&entry.content, Typed::named(entry.forms.content));
    let edges = repeated::edges([&summary, &content]);
    let line = |of: &Document<'_>| text::characters::collapse_whitespace(of.text());
    let (summary, content) = (line(&summary), line(&content));
    let digest = id::digest(&[title.as_bytes(), summary.as_bytes(), content.as_bytes()]);
    let words = words(&summary).max(words(&content));
    (Fingerprint { text: upper_64(&digest), digest, words, repeated_lines: Vec::new() }, edges)
}

/// Number of words. Two characters of a script that puts no spaces between words count as one.
fn words(text: &str) -> usize {
    let unspaced = text.chars().filter(|c| {
        matches!(c, '\u{0e00}'..='\u{0eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{3040}'..='\u{30ff}'
            | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
    });
    text.split_whitespace().count().max(unspaced.count() / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(title: &str, content: &str) -> Fingerprint {
        fingerprint(&Entry { title: title.into(), content: content.into(), ..Entry::default() }).0
    }

    #[test]
    fn markup_and_addresses_do_not_count() {
        let one = of("T", r#"<p>Paper and a <a href="https://e.org/a">pencil</a>.</p><img src="https://e.org/i?t=1">"#);
        assert_eq!(
            one,
            of("T", r#"<p class="x">Paper and a <a href="/b">pencil</a>.</p><img src="https://e.org/i?t=2">"#)
        );
        assert_ne!(one.text, of("T", "<p>Paper and a pen.</p>").text);
        assert_ne!(one.text, of("U", "<p>Paper and a pencil.</p>").text);
        assert_eq!(one.words, 4);
    }

    #[test]
    fn words_are_counted_in_scripts_without_spaces() {
        assert_eq!(words("one  two\nthree"), 3);
        assert_eq!(words("潮汐表を紙で作る方法"), 5);
        assert_eq!(words(""), 0);
    }

    #[test]
    fn an_image_of_two_megabytes_before_the_text_is_skipped_in_one_pass() {
        let with = |byte: &str| {
            of("T", &format!(r#"<img src="data:image/png;base64,{}"><p>The text.</p>"#, byte.repeat(2_300_000)))
        };
        let started = std::time::Instant::now();
        let one = with("A");
        assert_eq!(one, with("B"));
        assert_eq!((one.words, started.elapsed().as_secs() < 10), (2, true));
    }
}
