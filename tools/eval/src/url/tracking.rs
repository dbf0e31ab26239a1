//! Tracking parameters by the rules of ClearURLs, as an oracle: what those rules remove, do we? The rules are LGPL, and
//! none is copied: a parameter is added only with a source of its own.

use std::{collections::BTreeMap, fs, path::Path};

use anyhow::Context as _;
use poller::identity::canonical_url;
use serde::Deserialize;
use serde_json::{Value, json};

use super::expand::{expansions, host};

#[derive(Deserialize)]
struct Rules {
    providers: BTreeMap<String, Provider>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Provider {
    url_pattern: String,
    #[serde(default)]
    rules: Vec<String>,
}

/// Parts of the oracle's provider names that are those of publishers and platforms of news. The others are shops, search engines and
/// services, whose pages no feed carries.
const PUBLISHERS: [&str; 36] = [
    "aktualne",
    "autoplus",
    "bbc",
    "boredpanda",
    "cafepedagogique",
    "cell.com",
    "cnbc",
    "cnet",
    "diepresse",
    "eonline",
    "europe1",
    "faei",
    "forbes",
    "gamespot",
    "healio",
    "hs.fi",
    "iprima",
    "marketscreener.com",
    "medium",
    "metro.co",
    "msn",
    "newyorker",
    "nikkei",
    "nova.cz",
    "novinky",
    "nypost",
    "nytimes",
    "onet",
    "prvnizpravy",
    "respekt",
    "reuters",
    "seznamzpravy",
    "sohu",
    "spiegel",
    "techcrunch",
    "theguardian",
];

/// Parameters by which pages select content.
const CONTENT: &str = "id p page article story lang v q s t sort tag cat category item section date year month issue ed edition \
    doc aid sid nid pid cid tid postid newsid articleid storyid video view type format mode option task file path title name slug \
    url u ref src source from mod module action feed topic region city query search start offset iid gid fid eid rid key code num \
    no idx seq art artid news newsno ncode ar contentid content content_id article_id post_id story_id news_id paged cpage";

#[derive(Debug, Default)]
struct Part {
    parameters: usize,
    kept: Vec<String>,
}

#[derive(Debug, Default)]
pub(super) struct Tracking {
    global: Part,
    publishers: Part,
    content: usize,
    /// Content parameters that are removed.
    lost: Vec<String>,
}

pub(super) fn measure(file: &Path) -> anyhow::Result<Tracking> {
    let text = fs::read_to_string(file).with_context(|| file.display().to_string())?;
    let rules: Rules = serde_json::from_str(&text)?;
    let mut out = Tracking::default();
    for (name, provider) in rules.providers {
        let lower = name.to_lowercase();
        let (part, host) = if name == "globalRules" {
            (&mut out.global, "news.example.org".to_owned())
        } else if PUBLISHERS.iter().any(|publisher| lower.contains(publisher)) {
            (&mut out.publishers, host(&provider.url_pattern))
        } else {
            continue;
        };
        for parameter in provider.rules.iter().flat_map(|rule| expansions(rule)) {
            part.parameters += 1;
            if !is_removed(&host, &parameter) {
                part.kept.push(format!("{host} {parameter}"));
            }
        }
    }
    for name in CONTENT.split_whitespace() {
        out.content += 1;
        if is_removed("news.example.org", name) {
            out.lost.push(name.to_owned());
        }
    }
    Ok(out)
}

fn is_removed(host: &str, parameter: &str) -> bool {
    canonical_url(&format!("https://{host}/a?x7=1&{parameter}=42")) == Some(format!("https://{host}/a?x7=1"))
}

impl Tracking {
    #[expect(clippy::print_stdout, reason = "the table goes to standard output")]
    pub(super) fn print(&self) {
        for (name, part) in [("tracking, everywhere", &self.global), ("tracking, publishers' own", &self.publishers)] {
            println!("{name:<32} {:>4} of {} removed", part.parameters - part.kept.len(), part.parameters);
            println!("  kept: {}", part.kept.join(", "));
        }
        println!("{:<32} {:>4} of {} removed {}", "content", self.lost.len(), self.content, self.lost.join(" "));
    }

    pub(super) fn json(&self) -> Value {
        let part = |part: &Part| json!({"parameters": part.parameters, "removed": part.parameters - part.kept.len(), "kept": part.kept});
        json!({
            "global": part(&self.global),
            "publishers": part(&self.publishers),
            "content": {"parameters": self.content, "removed": self.lost.len()},
        })
    }
}
