//! Articles in JSON-LD with the vocabulary of schema.org.

use std::collections::HashMap;

use serde_json::{Map, Value};

/// Most nodes of all blocks.
const MAX_NODES: usize = 2_000;

/// The JSON-LD of a page.
#[derive(Debug, Default)]
pub(crate) struct JsonLd {
    nodes: Vec<Map<String, Value>>,
    by_id: HashMap<String, usize>,
}

impl JsonLd {
    /// Reads the blocks; what is no JSON is left out.
    pub fn read(blocks: &[String]) -> JsonLd {
        let mut read = JsonLd::default();
        for block in blocks {
            if let Some(value) = parse(block) {
                read.add(value);
            }
        }
        for (index, node) in read.nodes.iter().enumerate() {
            // A node with more than its id is the one that others refer to.
            if let (Some(id), true) = (node.get("@id").and_then(Value::as_str), node.len() > 2) {
                read.by_id.entry(id.to_owned()).or_insert(index);
            }
        }
        read
    }

    fn add(&mut self, value: Value) {
        let mut left = vec![value];
        while let Some(value) = left.pop() {
            if self.nodes.len() >= MAX_NODES {
                return;
            }
            match value {
                Value::Array(values) => left.extend(values.into_iter().rev()),
                Value::Object(mut node) => {
                    for key in ["mainEntity", "mainEntityOfPage", "@graph"] {
                        if node
                            .get(key)
                            .is_some_and(|inner| inner.is_array() || is_article_value(inner) || key == "@graph")
                            && let Some(inner) = node.remove(key)
                        {
                            left.push(inner);
                        }
                    }
                    if !node.is_empty() {
                        self.nodes.push(node);
                    }
                }
                _ => {}
            }
        }
    }

    /// The node that is the article of the page.
    pub fn article(&self) -> Option<&Map<String, Value>> {
        let articles = || self.nodes.iter().filter(|node| rank(node).is_some());
        let best = articles().filter_map(rank).min()?;
        // Where several are as good, one with a headline and a date is the page's; the first is.
        let of_rank = || articles().filter(|node| rank(node) == Some(best));
        let is_whole = |node: &&Map<String, Value>| node.contains_key("headline") && node.contains_key("datePublished");
        of_rank().find(is_whole).or_else(|| of_rank().next())
    }

    /// A node that describes the page: its dates and its title count where there is no article.
    pub fn page(&self) -> Option<&Map<String, Value>> {
        self.nodes.iter().find(|node| has_type(node, |t| t == "WebPage" || t == "ItemPage"))
    }

    /// The object that a value is or refers to.
    fn resolve<'a>(&'a self, value: &'a Value) -> Option<&'a Map<String, Value>> {
        let object = value.as_object()?;
        if object.len() <= 2
            && !object.contains_key("name")
            && let Some(index) = object.get("@id").and_then(Value::as_str).and_then(|id| self.by_id.get(id))
        {
            return self.nodes.get(*index);
        }
        Some(object)
    }

    /// The names of the persons or organisations in `value`.
    pub fn names(&self, value: &Value) -> Vec<String> {
        let mut names = Vec::new();
        for value in many(value) {
            if let Some(text) = value.as_str() {
                names.push(text.to_owned());
            } else if let Some(object) = self.resolve(value) {
                match object.get("name") {
                    Some(name) => names.extend(strings(name)),
                    None => {
                        let part = |key| object.get(key).and_then(Value::as_str).unwrap_or_default();
                        names.push(format!("{} {}", part("givenName"), part("familyName")));
                    }
                }
            }
        }
        names
    }

    /// The first address in `value`: a string, an image object or a list.
    pub fn address(&self, value: &Value) -> Option<String> {
        many(value).find_map(|value| match value.as_str() {
            Some(text) => Some(text.to_owned()),
            None => {
                let object = self.resolve(value)?;
                ["url", "contentUrl", "@id"].iter().find_map(|key| object.get(*key).and_then(|v| strings(v).pop()))
            }
        })
    }
}

/// Articles by how sure they are the article: 0 for news, 1 for what may be one.
fn rank(node: &Map<String, Value>) -> Option<u8> {
    if has_type(node, |t| {
        t.ends_with("NewsArticle") || matches!(t, "LiveBlogPosting" | "Report" | "ReportageNewsArticle")
    }) {
        return Some(0);
    }
    let is_article = |t: &str| t.ends_with("Article") || t.ends_with("BlogPosting") || t == "SocialMediaPosting";
    if has_type(node, is_article) {
        return Some(1);
    }
    let is_work = |t: &str| matches!(t, "VideoObject" | "Review" | "Recipe" | "CreativeWork" | "PodcastEpisode");
    (has_type(node, is_work) && node.contains_key("headline")).then_some(2)
}

fn has_type(node: &Map<String, Value>, is: impl Fn(&str) -> bool) -> bool {
    let name = |t: &str| is(t.rsplit(['/', ':']).next().unwrap_or(t));
    node.get("@type").is_some_and(|types| many(types).filter_map(Value::as_str).any(name))
}

fn is_article_value(value: &Value) -> bool {
    value.as_object().is_some_and(|node| rank(node).is_some())
}

/// The value, or each of a list.
fn many(value: &Value) -> impl Iterator<Item = &Value> {
    let list = value.as_array();
    list.into_iter().flatten().chain(list.is_none().then_some(value))
}

/// The strings of a value that is a string, a list of them, or objects with a name.
pub(crate) fn strings(value: &Value) -> Vec<String> {
    many(value)
        .filter_map(|value| match value {
            Value::String(text) => Some(text.clone()),
            Value::Object(object) => {
                object.get("@value").or_else(|| object.get("name")).and_then(Value::as_str).map(str::to_owned)
            }
            _ => None,
        })
        .collect()
}

/// Parses a block. Publishers' templates break strings across lines and wrap blocks in comments.
fn parse(block: &str) -> Option<Value> {
    let block = block.trim();
    let block = block.strip_prefix("<!--").unwrap_or(block);
    let block = block.strip_suffix("-->").unwrap_or(block);
    let block = block.trim().trim_start_matches("//").trim_start_matches("<![CDATA[");
    let block = block.trim_end().trim_end_matches("]]>").trim_end_matches("//").trim().trim_end_matches(';');
    serde_json::from_str(block).ok().or_else(|| serde_json::from_str(&repaired(block)).ok())
}

/// JSON with line breaks and control characters within strings as spaces, and without commas before a closing bracket.
fn repaired(block: &str) -> String {
    let mut out = String::with_capacity(block.len());
    let (mut in_string, mut escaped) = (false, false);
    for c in block.chars() {
        if in_string {
            if escaped {
                escaped = false;
                // An escape that JSON does not know is the character itself.
                if !matches!(c, '"' | '\\' | '/' | 'b' | 'f' | 'n' | 'r' | 't' | 'u') {
                    out.pop();
                }
            } else {
                escaped = c == '\\';
                in_string = c != '"';
            }
            out.push(if c.is_control() { ' ' } else { c });
            continue;
        }
        if matches!(c, '}' | ']') {
            let kept = out.trim_end().len();
            if out[..kept].ends_with(',') {
                out.truncate(kept - 1);
            }
        }
        in_string = c == '"';
        out.push(c);
    }
    out
}
