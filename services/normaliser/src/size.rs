//! Cuts an article to the size that a record may have. The log refuses a larger record.

use crate::html;
use proto::{Warning, v1::Article};

/// Most bytes of JSON of an article: the log's limit of 1,000,000 less what the enricher adds.
pub const MAX_BYTES: usize = 900_000;
/// Most bytes of JSON of a title.
const MAX_TITLE: usize = 4_000;
/// Most bytes of JSON of a summary.
const MAX_SUMMARY: usize = 50_000;
/// Most authors, categories, tags or media of an article.
const MAX_LIST: usize = 100;
/// Most bytes of one of them, and of another short field.
const MAX_ITEM: usize = 4_000;
/// Most bytes of a list.
const MAX_ITEMS: usize = 40_000;

/// Cuts the fields that are too large. Returns the warnings of what was cut.
///
/// The body comes before its HTML: HTML that does not fit next to the body becomes the body's paragraphs, and is removed if
/// these do not fit either. Only then the body is cut.
pub fn fit(article: &mut Article) -> Vec<Warning> {
    let mut warnings = Vec::new();
    if fields(article) {
        warnings.push(Warning::FieldCut);
    }
    let (body, markup) = (json_len(&article.body), json_len(&article.body_html));
    let others = {
        let bare = Article { body: String::new(), body_html: String::new(), ..article.clone() };
        serde_json::to_vec(&bare).map_or(0, |json| json.len())
    };
    // Names and quotes of both fields.
    let budget = MAX_BYTES.saturating_sub(others + 40);
    if body + markup > budget {
        if shorten(&mut article.body, budget) {
            warnings.push(Warning::BodyCut);
        }
        let left = budget.saturating_sub(json_len(&article.body));
        article.body_html = if article.body.len() <= left { html::paragraphs(&article.body) } else { String::new() };
        if json_len(&article.body_html) > left {
            article.body_html = String::new();
        }
        warnings.push(Warning::BodyHtmlCut);
    }
    warnings
}

/// Cuts all fields but the body. True if something was cut.
fn fields(article: &mut Article) -> bool {
    let mut cut = false;
    cut |= shorten(&mut article.title, MAX_TITLE);
    cut |= shorten(&mut article.summary, MAX_SUMMARY);
    for text in [
        &mut article.guid,
        &mut article.rights,
        &mut article.feed_title,
        &mut article.publisher_name,
        &mut article.published_text,
        &mut article.section,
        &mut article.carrier,
    ] {
        cut |= shorten(text, MAX_ITEM);
    }
    for list in [&mut article.authors, &mut article.categories, &mut article.feed_tags] {
        for text in list.iter_mut() {
            cut |= shorten(text, MAX_ITEM);
        }
        cut |= keep(list, |text| json_len(text));
    }
    let media = article.media.len();
    article.media.retain(|one| one.url.len() <= MAX_ITEM && one.title.len() <= MAX_ITEM && one.r#type.len() <= 200);
    cut |= article.media.len() != media;
    cut |= keep(&mut article.media, |one| json_len(&one.url) + json_len(&one.title) + json_len(&one.r#type));
    cut
}

/// Keeps the first [`MAX_LIST`] of a list, and of these the first [`MAX_ITEMS`] bytes. True if some were removed.
fn keep<T>(list: &mut Vec<T>, bytes: impl Fn(&T) -> usize) -> bool {
    let all = list.len();
    let mut left = MAX_ITEMS;
    let fits = |one: &T| {
        let fits = bytes(one) <= left;
        left = left.saturating_sub(bytes(one));
        fits
    };
    let kept = list.iter().take(MAX_LIST).map(fits).take_while(|fits| *fits).count();
    list.truncate(kept);
    kept != all
}

/// Bytes of `text` as JSON.
fn json_len(text: &str) -> usize {
    text.chars().map(json_char_len).sum::<usize>() + 2
}

fn json_char_len(c: char) -> usize {
    match c {
        '"' | '\\' | '\n' | '\r' | '\t' | '\u{8}' | '\u{c}' => 2,
        c if c < ' ' => 6,
        c => c.len_utf8(),
    }
}

/// Cuts `text` to at most `max` bytes of JSON, at the end of a paragraph, else of a line, a sentence, a word or a
/// character, each in the second half of what fits. True if it was cut.
fn shorten(text: &mut String, max: usize) -> bool {
    let mut bytes = 2;
    let over = text.char_indices().find(|(_, c)| {
        bytes += json_char_len(*c);
        bytes > max
    });
    let Some((end, _)) = over else { return false };
    let head = &text[..end];
    let least = end / 2;
    let at = ["\n\n", "\n", ". ", "\u{3002}", " "]
        .iter()
        .find_map(|mark| {
            let at = head.rfind(mark)?;
            (at >= least).then_some(if mark.trim().is_empty() { at } else { at + mark.trim().len() })
        })
        .unwrap_or(end);
    text.truncate(at);
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(article: &Article) -> usize {
        serde_json::to_vec(article).unwrap().len()
    }

    #[test]
    fn a_body_of_two_megabytes_is_cut_at_a_paragraph() {
        let paragraph = "\"Word\" & <more> \u{e9}\u{4e2d}. ".repeat(40);
        let body = vec![paragraph.trim().to_owned(); 2_500].join("\n\n");
        let mut article = Article { body_html: html::paragraphs(&body), body, ..Default::default() };
        assert_eq!(fit(&mut article), [Warning::BodyCut, Warning::BodyHtmlCut]);
        assert!(json(&article) <= MAX_BYTES);
        assert!(article.body.ends_with(paragraph.trim()));
        assert!(article.body.len() > MAX_BYTES / 2);
    }

    #[test]
    fn a_body_that_fits_is_whole_and_its_html_gives_way() {
        let body = "\u{4e2d}\u{6587}\u{65b0}\u{95fb}\u{3002}".repeat(46_000);
        let mut article = Article { body_html: html::paragraphs(&body), body: body.clone(), ..Default::default() };
        assert_eq!(fit(&mut article), [Warning::BodyHtmlCut]);
        assert!(article.body == body && article.body_html.is_empty());
        assert!(json(&article) <= MAX_BYTES);
    }

    #[test]
    fn a_small_body_under_large_markup_keeps_its_text() {
        let mut article = Article { body: "One.".into(), body_html: "<b>x</b>".repeat(200_000), ..Default::default() };
        assert_eq!(fit(&mut article), [Warning::BodyHtmlCut]);
        assert_eq!(article.body_html, "<p>One.</p>");
    }

    #[test]
    fn an_article_that_fits_is_unchanged() {
        let mut article = Article { title: "T".into(), body: "One.".into(), ..Default::default() };
        let before = article.clone();
        assert!(fit(&mut article).is_empty());
        assert_eq!(article, before);
    }

    #[test]
    fn long_lists_are_cut() {
        let many = vec!["c".repeat(90); 1_000];
        let mut article = Article { categories: many.clone(), authors: many, ..Default::default() };
        assert_eq!(fit(&mut article), [Warning::FieldCut]);
        assert_eq!(article.categories.len(), MAX_LIST);
    }

    /// Before its body, an article may have a fifth of the size of a record, whatever the fields are.
    #[test]
    fn all_other_fields_together_leave_room_for_the_body() {
        let (item, long) = ("\"".repeat(3_000), "\"".repeat(100_000));
        let list = vec![item.clone(); 1_000];
        let media = vec![proto::v1::Media { url: item.clone(), title: item, ..Default::default() }; 1_000];
        let mut article = Article {
            title: long.clone(),
            summary: long.clone(),
            guid: long.clone(),
            rights: long.clone(),
            feed_title: long.clone(),
            publisher_name: long.clone(),
            published_text: long,
            authors: list.clone(),
            categories: list.clone(),
            feed_tags: list,
            media,
            ..Default::default()
        };
        assert_eq!(fit(&mut article), [Warning::FieldCut]);
        assert!(json(&article) < MAX_BYTES / 4 + 50_000, "{}", json(&article));
    }
}
