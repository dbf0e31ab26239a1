//! Cuts an article to the size that a record may have. The log refuses a larger record.

use crate::html;
use proto::{Warning, v1::Article};

/// Most bytes of JSON of an article: the log's limit of 1,000,000 less what the enricher adds.
pub const MAX_BYTES: usize = 900_000;
/// Most bytes of JSON of a title.
const MAX_TITLE: usize = 4_000;
/// Most bytes of JSON of a summary.
const MAX_SUMMARY: usize = 50_000;
/// Most authors, categories or media of an article.
const MAX_LIST: usize = 100;
/// Most bytes of one of them, and of another short field.
const MAX_ITEM: usize = 4_000;

/// Cuts the fields that are too large. Returns the warnings of what was cut.
pub fn fit(article: &mut Article) -> Vec<Warning> {
    let mut warnings = Vec::new();
    let mut fields = false;
    fields |= shorten(&mut article.title, MAX_TITLE);
    fields |= shorten(&mut article.summary, MAX_SUMMARY);
    for text in [&mut article.guid, &mut article.rights, &mut article.feed_title, &mut article.publisher_name] {
        fields |= shorten(text, MAX_ITEM);
    }
    for list in [&mut article.authors, &mut article.categories, &mut article.feed_tags] {
        fields |= list.len() > MAX_LIST;
        list.truncate(MAX_LIST);
        for text in list {
            fields |= shorten(text, MAX_ITEM);
        }
    }
    let media = article.media.len();
    article.media.retain(|one| one.url.len() <= MAX_ITEM && one.title.len() <= MAX_ITEM && one.r#type.len() <= 200);
    article.media.truncate(MAX_LIST);
    fields |= article.media.len() != media;
    if fields {
        warnings.push(Warning::FieldCut);
    }
    let (body, markup) = (json_len(&article.body), json_len(&article.body_html));
    let others = {
        let bare = Article { body: String::new(), body_html: String::new(), ..article.clone() };
        serde_json::to_vec(&bare).map_or(0, |json| json.len())
    };
    let budget = MAX_BYTES.saturating_sub(others);
    if body + markup > budget {
        // Text and HTML share the budget. The HTML is longer by its tags and escapes.
        if shorten(&mut article.body, budget * 9 / 20) {
            warnings.push(Warning::BodyCut);
        }
        article.body_html = html::paragraphs(&article.body);
        if json_len(&article.body) + json_len(&article.body_html) > budget {
            article.body_html = String::new();
        }
        warnings.push(Warning::BodyHtmlCut);
    }
    warnings
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

    #[test]
    fn a_body_of_two_megabytes_is_cut_at_a_paragraph() {
        let paragraph = "\"Word\" & <more> \u{e9}\u{4e2d}. ".repeat(40);
        let body = vec![paragraph.trim().to_owned(); 2_500].join("\n\n");
        let mut article = Article { body_html: html::paragraphs(&body), body, ..Default::default() };
        assert_eq!(fit(&mut article), [Warning::BodyCut, Warning::BodyHtmlCut]);
        assert!(serde_json::to_vec(&article).unwrap().len() <= MAX_BYTES);
        assert!(article.body.ends_with(paragraph.trim()));
        assert!(article.body.len() > MAX_BYTES / 4);
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
    fn a_long_list_is_cut() {
        let mut article = Article { categories: vec!["c".repeat(900); 1_000], ..Default::default() };
        assert_eq!(fit(&mut article), [Warning::FieldCut]);
        assert_eq!(article.categories.len(), MAX_LIST);
    }
}
