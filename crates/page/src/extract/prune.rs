//! Removes what is never part of an article before the main content is looked for.

use dom_query::{Document, NodeRef};

/// Elements that are removed with their content.
const ELEMENTS: [&str; 22] = [
    "audio", "button", "canvas", "datalist", "dialog", "embed", "figcaption", "input", "menu", "nav", "noscript",
    "object", "option", "progress", "script", "select", "style", "svg", "template", "textarea", "video", "iframe",
];

/// Roles of WAI-ARIA 1.2 that an article's text does not have.
const ROLES: [&str; 11] = [
    "alertdialog", "banner", "button", "contentinfo", "dialog", "menu", "menubar", "navigation", "search", "toolbar",
    "tooltip",
];

/// Words in names of classes and ids by which widgets are known, whole words only. An element of one of them is removed if
/// it is a small part of the page.
const WIDGETS: &str = "ad ads advert advertisement affiliate addtoany authorbio bookmark breadcrumb breadcrumbs byline caption captions \
    comment comments consent cookie cookies copyright credit credits didomi disclaimer disqus donate donation embed figcaption \
    flashcard follow footer hidden infobox kicker login mostread newsletter newsletters onetrust outbrain overlay pagination paywall \
    permalink popular popup print promo promobox promotion promoted rating readmore recirc recirculation recommend recommendation \
    recommendations recommended register registration related screenreader share sharebar sharedaddy sharing shares sidebar signup skip \
    social sponsor sponsored subscribe subscription taboola tags taglist teaser teasers toolbar tooltip trending tweet visuallyhidden \
    voting widget meta metadata timestamp dateline topics sronly";

/// Pairs of words that together name a widget: `read-more`, `sr-only`.
const PAIRS: &str = "read-more sr-only visually-hidden screen-reader see-also also-read read-also most-read more-on more-from \
    author-bio author-box about-author author-info author-card author-details author-meta image-text image-caption photo-credit image-credit \
    instagram-media twitter-tweet fb-post fb-video tiktok-embed call-out sign-up log-in up-next next-article last-updated published-date \
    publish-date article-date post-date entry-meta article-meta post-meta";

/// Removes widgets, menus, captions and what is not shown.
pub(super) fn prune(document: &Document) {
    let Some(body) = document.body() else { return };
    let total = prose(&body);
    let mut removed = Vec::new();
    let mut left: Vec<NodeRef<'_>> = body.children();
    while let Some(node) = left.pop() {
        if !node.is_element() {
            continue;
        }
        match verdict(&node) {
            Verdict::Remove => removed.push(node),
            Verdict::RemoveIfSmall if prose(&node) * 5 < total => removed.push(node),
            _ => left.extend(node.children()),
        }
    }
    for node in removed {
        node.remove_from_parent();
    }
}

enum Verdict {
    Keep,
    RemoveIfSmall,
    Remove,
}

fn verdict(node: &NodeRef<'_>) -> Verdict {
    let Some(element) = node.element_ref() else { return Verdict::Keep };
    let name: &str = &element.name.local;
    if ELEMENTS.contains(&name) {
        return Verdict::Remove;
    }
    let mut verdict = Verdict::Keep;
    if matches!(name, "aside" | "footer") {
        verdict = Verdict::RemoveIfSmall;
    }
    for attribute in &element.attrs {
        let value: &str = &attribute.value;
        match &*attribute.name.local {
            "hidden" => return Verdict::RemoveIfSmall,
            "aria-hidden" if value == "true" => verdict = Verdict::RemoveIfSmall,
            "role" if ROLES.contains(&value) => verdict = Verdict::RemoveIfSmall,
            "aria-modal" => verdict = Verdict::RemoveIfSmall,
            "style" => {
                let plain: String = value.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_ascii_lowercase();
                if plain.contains("display:none") || plain.contains("visibility:hidden") {
                    verdict = Verdict::RemoveIfSmall;
                }
            }
            "class" | "id" if !matches!(name, "html" | "body" | "article" | "main" | "h1" | "h2" | "h3") && names_widget(value) => {
                verdict = Verdict::RemoveIfSmall;
            }
            _ => {}
        }
    }
    verdict
}

/// True if a word of a class or an id names a widget: `article__related-links`, `relatedLinks`.
fn names_widget(value: &str) -> bool {
    value.split_ascii_whitespace().any(|name| {
        let words = words(name);
        let is = |list: &str, word: &str| list.split_ascii_whitespace().any(|w| w == word);
        words.iter().any(|word| is(WIDGETS, word))
            || words.windows(2).any(|pair| matches!(pair, [a, b] if is(PAIRS, &format!("{a}-{b}"))))
    })
}

/// The words of a name in lower case.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before = ' ';
    for c in name.chars().take(100) {
        let begins = !c.is_ascii_alphanumeric() || (c.is_ascii_uppercase() && before.is_ascii_lowercase());
        if begins {
            words.push(String::new());
        }
        if c.is_ascii_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.push(c.to_ascii_lowercase());
        }
        before = c;
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Letters and digits of text that is not in links.
pub(super) fn prose(node: &NodeRef<'_>) -> usize {
    let mut count = 0;
    let mut left = vec![*node];
    while let Some(node) = left.pop() {
        if node.is_text() {
            count += node.text().chars().filter(|c| c.is_alphanumeric()).count();
        } else if !node.element_ref().is_some_and(|e| &*e.name.local == "a" || ELEMENTS.contains(&&*e.name.local)) {
            left.extend(node.children_it(false));
        }
    }
    count
}

/// Letters and digits of the text.
pub(super) fn letters(node: &NodeRef<'_>) -> usize {
    let mut count = 0;
    for inner in node.descendants_it().filter(NodeRef::is_text) {
        count += inner.text().chars().filter(|c| c.is_alphanumeric()).count();
    }
    count
}

/// Letters and digits of paragraphs that are not mostly links.
pub(super) fn paragraphs(node: &NodeRef<'_>) -> usize {
    node.descendants_it().filter(|node| node.has_name("p")).map(|p| prose(&p)).filter(|n| *n >= 60).sum()
}
