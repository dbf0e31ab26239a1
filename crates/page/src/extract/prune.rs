//! Removes what is never part of an article before the main content is looked for.

use dom_query::{Document, NodeRef};

/// Elements that are removed with their content.
const ELEMENTS: [&str; 22] = [
    "audio",
    "button",
    "canvas",
    "datalist",
    "dialog",
    "embed",
    "figcaption",
    "iframe",
    "input",
    "menu",
    "nav",
    "noscript",
    "object",
    "option",
    "progress",
    "script",
    "select",
    "style",
    "svg",
    "template",
    "textarea",
    "video",
];

/// Roles of WAI-ARIA 1.2 that an article's text does not have.
const ROLES: [&str; 11] = [
    "alertdialog",
    "banner",
    "button",
    "contentinfo",
    "dialog",
    "menu",
    "menubar",
    "navigation",
    "search",
    "toolbar",
    "tooltip",
];

/// Words in names of classes and ids by which widgets are known. `paywall` is not one of them: by schema.org's
/// `hasPart` the article itself carries that class.
const WIDGETS: &str = "ad addtoany ads advert advertisement affiliate authorbio bookmark breadcrumb breadcrumbs byline \
    caption captions comment comments consent cookie cookies copyright credit credits dateline didomi disclaimer disqus \
    donate donation figcaption flashcard follow footer hidden infobox kicker login meta metadata mostread newsletter \
    newsletters onetrust outbrain overlay pagination permalink popular popup print promo promobox promoted promotion \
    rating readmore recirc recirculation recommend recommendation recommendations recommended register registration \
    related screenreader share sharebar sharedaddy shares sharing sidebar signup skip social sponsor sponsored sronly \
    subscribe subscription taboola taglist tags teasers timestamp toolbar tooltip topics trending visuallyhidden voting \
    widget";

/// Pairs of words that together name a widget: `read-more`, `sr-only`.
const PAIRS: &str = "about-author also-read article-date article-meta author-bio author-box author-card author-details \
    author-info author-meta call-out entry-meta image-caption image-credit image-text last-updated log-in more-from \
    more-on most-read next-article photo-credit post-date post-meta publish-date published-date read-also read-more \
    screen-reader see-also sign-up sr-only up-next visually-hidden";

/// Share of the page's prose, one in so many, from which on an element is kept whatever it is called.
const LARGE: usize = 5;

/// Removes widgets, menus, captions and what is not shown.
pub(super) fn prune(document: &Document) {
    let Some(body) = document.body() else { return };
    let total = prose(&body, usize::MAX);
    let mut removed = Vec::new();
    let mut left: Vec<NodeRef<'_>> = body.children();
    while let Some(node) = left.pop() {
        match verdict(&node) {
            Verdict::Remove => removed.push(node),
            Verdict::RemoveIfSmall if prose(&node, total) * LARGE < total => removed.push(node),
            _ => left.extend(node.children_it(false).filter(NodeRef::is_element)),
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
    let is_content = matches!(name, "html" | "body" | "article" | "main" | "h1" | "h2" | "h3");
    let is_unwanted = matches!(name, "aside" | "footer")
        || element.attrs.iter().any(|attribute| {
            let value: &str = &attribute.value;
            match &*attribute.name.local {
                "hidden" | "aria-modal" => true,
                "aria-hidden" => value == "true",
                "role" => ROLES.contains(&value),
                "style" => hides(value),
                "class" | "id" => !is_content && names_widget(value),
                _ => false,
            }
        });
    if is_unwanted { Verdict::RemoveIfSmall } else { Verdict::Keep }
}

fn hides(style: &str) -> bool {
    let plain: String = style.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_ascii_lowercase()).collect();
    plain.contains("display:none") || plain.contains("visibility:hidden")
}

/// True if a word of a class or an id names a widget: `article__related-links`, `relatedLinks`.
fn names_widget(value: &str) -> bool {
    value.split_ascii_whitespace().any(|name| {
        let words = words(name);
        let is_pair = |pair: &[String]| matches!(pair, [a, b] if is_one(PAIRS, &format!("{a}-{b}")));
        words.iter().any(|word| is_one(WIDGETS, word)) || words.windows(2).any(is_pair)
    })
}

/// True if `word` is one of the words of `list`.
pub(super) fn is_one(list: &str, word: &str) -> bool {
    list.split_ascii_whitespace().any(|w| w == word)
}

/// The words of a name in lower case.
pub(super) fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before = ' ';
    for c in name.chars().take(100) {
        if !c.is_ascii_alphanumeric() || (c.is_ascii_uppercase() && before.is_ascii_lowercase()) {
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

/// Letters and digits of text that is not in links and may be shown; counting ends at a share of `total` that is large.
fn prose(node: &NodeRef<'_>, total: usize) -> usize {
    let mut count = 0_usize;
    let mut left = vec![*node];
    while let Some(node) = left.pop() {
        if node.is_text() {
            count += letters(&node.text());
            if count.saturating_mul(LARGE) >= total {
                break;
            }
        } else if !node.element_ref().is_some_and(|e| &*e.name.local == "a" || ELEMENTS.contains(&&*e.name.local)) {
            left.extend(node.children_it(false));
        }
    }
    count
}

/// Letters and digits. A character of Chinese, Japanese or Korean says as much as some letters of an alphabet.
pub(crate) fn letters(text: &str) -> usize {
    let weight = |c: char| match c {
        c if !c.is_alphanumeric() => 0,
        '\u{2e80}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}' => 3,
        '\u{ac00}'..='\u{d7af}' => 2,
        _ => 1,
    };
    text.chars().map(weight).sum()
}
