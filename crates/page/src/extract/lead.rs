//! The summary that many pages show between the headline and the article, often outside of its element.

use dom_query::{Document, NodeRef};

use crate::Main;
use crate::metadata::json_ld::{JsonLd, strings};

use super::lines::{Line, key};
use super::prune::{is_one, words};

/// Words in names of classes by which a summary is known.
const LEAD: &str = "abstract bajada chapo copete deck dek description entradilla excerpt ingress intro introduction lead \
    leadtext lede perex standfirst sottotitolo strapline subheadline subtitle summary sumario vorspann";
/// Letters of a summary.
const SHORT: usize = 40;
const LONG: usize = 1_000;
/// Longest block of JSON-LD that is read, in bytes.
const MAX_JSON: usize = 1 << 20;
/// Metas that hold the summary.
const METAS: [&str; 3] = ["description", "og:description", "twitter:description"];

/// What the page says about its article.
pub(super) struct About {
    /// Keys of headlines.
    pub titles: Vec<String>,
    /// Keys of descriptions.
    descriptions: Vec<String>,
    /// The text of the article by JSON-LD.
    pub body: Option<String>,
}

impl About {
    pub fn read(document: &Document) -> About {
        let (mut titles, mut descriptions, mut blocks) = (Vec::new(), Vec::new(), Vec::new());
        for node in document.root().descendants_it().filter(NodeRef::is_element) {
            let Some(name) = node.node_name() else { continue };
            match &*name {
                "title" | "h1" => titles.push(key(&node.text())),
                "meta" => {
                    let key_of = node.attr("property").or_else(|| node.attr("name")).unwrap_or_default();
                    let content = node.attr("content").unwrap_or_default();
                    if METAS.contains(&&*key_of) {
                        descriptions.push(key(&content));
                    } else if matches!(&*key_of, "og:title" | "twitter:title") {
                        titles.push(key(&content));
                    }
                }
                "script" => {
                    let text = node.text();
                    if text.contains("\"articleBody\"") && text.len() <= MAX_JSON {
                        blocks.push(text.to_string());
                    }
                }
                _ => {}
            }
        }
        titles.retain(|title| !title.is_empty());
        descriptions.retain(|text| text.chars().count() >= SHORT);
        About { titles, descriptions, body: body(&blocks) }
    }

    /// Lines that are a summary: with the text of the page's description, or called so, after the headline.
    pub fn leads(&self, lines: &[Line<'_>]) -> Vec<String> {
        let headline = lines.iter().rposition(|line| line.node.has_name("h1")).map_or(0, |at| at + 1);
        let mut leads: Vec<String> = Vec::new();
        for (at, line) in lines.iter().enumerate() {
            if !(SHORT..LONG).contains(&line.letters) || line.linked * 2 > line.letters || leads.len() >= 2 {
                continue;
            }
            let text = key(&line.text);
            let is_described = self.descriptions.iter().any(|description| is_same(description, &text));
            let is_called = headline > 0 && (headline..headline + 8).contains(&at) && is_called_lead(&line.node);
            if (is_described || is_called) && !leads.contains(&line.text) {
                leads.push(line.text.clone());
            }
        }
        leads
    }
}

/// The declared text of the article.
fn body(blocks: &[String]) -> Option<String> {
    if blocks.is_empty() {
        return None;
    }
    let json = JsonLd::read(blocks);
    let text = json.article()?.get("articleBody").map(strings)?.join("\n");
    Some(if text.contains("</") { text::plain(&text) } else { htmlize::unescape(text.as_str()).into_owned() })
}

/// One is the other, or its beginning: descriptions are often cut.
fn is_same(description: &str, text: &str) -> bool {
    let (short, long) = if description.len() < text.len() { (description, text) } else { (text, description) };
    long.starts_with(short) && short.len() * 5 >= long.len() * 3
}

fn is_called_lead(node: &NodeRef<'_>) -> bool {
    let called = |node: &NodeRef<'_>| {
        let class = node.class().unwrap_or_default();
        class.split_ascii_whitespace().any(|name| words(name).iter().any(|word| is_one(LEAD, word)))
    };
    called(node) || node.parent().is_some_and(|parent| called(&parent))
}

/// `main` with the summaries before it that it lacks.
pub(super) fn with_leads(main: Main, leads: Vec<String>) -> Main {
    if main.text.is_empty() {
        return main;
    }
    let has = key(&main.text);
    let missing: Vec<String> = leads.into_iter().filter(|lead| !has.contains(&key(lead))).collect();
    if missing.is_empty() {
        return main;
    }
    let paragraphs: String = missing.iter().map(|text| format!("<p>{}</p>", super::guard::escaped(text))).collect();
    Main { html: paragraphs + &main.html, text: format!("{}\n\n{}", missing.join("\n\n"), main.text) }
}
