//! A published story.

use super::template::{Template, choose};
use jiff::Timestamp;

/// A published story.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Story {
    /// Id: the same for all copies.
    pub id: String,
    /// Title of its template.
    pub subject: &'static str,
    /// Section.
    pub section: String,
    /// Author.
    pub author: String,
    /// Title.
    pub title: String,
    /// Title of the first version, which its URL keeps.
    pub first_title: String,
    /// Paragraphs, as plain text.
    pub paragraphs: Vec<String>,
    /// Time of publication.
    pub published: Timestamp,
    /// Time of the last change.
    pub updated: Timestamp,
}

impl Story {
    /// The story that `template` and the choice of its alternatives ([`choose`]) make, in the version of `now`. The later version
    /// appears at `later`.
    pub(super) fn of(
        template: &Template,
        id: String,
        published: Timestamp,
        later: Timestamp,
        now: Timestamp,
        mut choice: impl FnMut(&str, usize) -> usize,
    ) -> Self {
        let mut text = |text: &&str| choose(text, &mut choice);
        let first_title = text(&template.title);
        let mut paragraphs: Vec<String> = template.paragraphs.iter().map(&mut text).collect();
        let (mut title, mut updated) = (first_title.clone(), published);
        if let Some((later_title, added)) = template.later.as_ref().filter(|_| later <= now) {
            title = text(later_title);
            paragraphs.splice(0..0, added.iter().map(&mut text));
            updated = later;
        }
        let (section, author) = (template.section.to_owned(), template.author.to_owned());
        Story { id, subject: template.title, section, author, title, first_title, paragraphs, published, updated }
    }
}
