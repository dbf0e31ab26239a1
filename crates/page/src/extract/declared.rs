//! The article by its text in JSON-LD: the lines of the page that are in `articleBody`.
//!
//! `articleBody` has no paragraphs and often only the beginning, so it says which lines to take and is not taken itself.

use super::lines::Line;
use super::prune::letters;
use super::similarity::Shingles;

/// Share of a line that is in the declared text if the line is of the article.
const OF_ARTICLE: f64 = 0.6;
/// Share of the declared text that the lines must have.
const COVERED: f64 = 0.85;
/// Letters of a declared text that is no summary.
const SHORT: usize = 400;

/// HTML of the lines in the declared `body`; `None` if it is only a part of the article of about `prose` letters, or another text.
pub(super) fn article(lines: &[Line<'_>], body: &str, prose: usize) -> Option<String> {
    let declared = letters(body);
    if declared < SHORT || declared * 3 < prose * 2 {
        return None;
    }
    let body = Shingles::of(body);
    let is_in = |line: &Line<'_>| Shingles::of(&line.text).share_in(&body) >= OF_ARTICLE;
    let first = lines.iter().position(|line| line.is_prose() && is_in(line))?;
    let last = lines.iter().rposition(is_in)?;
    let between = lines.get(first..=last)?;
    let kept: Vec<&Line<'_>> = between.iter().filter(|line| line.is_subheading() || is_in(line)).collect();
    let text: String = kept.iter().map(|line| line.text.as_str()).collect::<Vec<_>>().join(" ");
    (body.share_in(&Shingles::of(&text)) >= COVERED).then(|| html(&kept))
}

fn html(lines: &[&Line<'_>]) -> String {
    let mut out = String::new();
    let mut in_list = false;
    for line in lines {
        let name = line.node.node_name().unwrap_or_default();
        let is_item = &*name == "li";
        if is_item != in_list {
            out.push_str(if is_item { "<ul>" } else { "</ul>" });
            in_list = is_item;
        }
        match &*name {
            "li" | "p" | "blockquote" | "pre" | "h2" | "h3" | "h4" | "h5" | "h6" => out.push_str(&line.node.html()),
            _ => {
                out.push_str("<p>");
                out.push_str(&line.node.inner_html());
                out.push_str("</p>");
            }
        }
    }
    if in_list {
        out.push_str("</ul>");
    }
    out
}
