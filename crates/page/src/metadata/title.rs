//! The headline.

use super::{collect::Collected, plain};

/// Separators before or after the name of a site in a title.
const SEPARATORS: [&str; 11] = [" | ", " - ", " – ", " — ", " · ", " » ", " :: ", " : ", "｜", " / ", " • "];

/// The headline of a page.
pub(super) fn title(page: &Collected, headline: &str, og: &str, site: &str, others: &[String]) -> String {
    let mut candidates = vec![plain(headline), plain(og)];
    candidates.extend(page.h1.iter().filter(|_| page.h1.len() == 1).map(|text| plain(text)));
    candidates.extend(others.iter().map(|text| plain(text)));
    candidates.push(plain(&page.title));
    candidates.extend(page.h1.iter().map(|text| plain(text)));
    let candidates: Vec<String> =
        candidates.into_iter().filter(|text| text.chars().any(char::is_alphanumeric)).collect();
    let Some(first) = candidates.iter().find(|text| !is_site(text, site)).or(candidates.first()) else {
        return String::new();
    };
    let title = without_site(first, site);
    // A heading that ends or begins with less is what the publisher calls it where only that is added.
    let shorter = page.h1.iter().map(|text| plain(text)).find(|h1| is_part(h1, &title));
    super::cut(shorter.unwrap_or(title))
}

fn is_site(text: &str, site: &str) -> bool {
    !site.is_empty() && key(text) == key(site)
}

fn key(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// `h1` is `title` without a part behind a separator.
fn is_part(h1: &str, title: &str) -> bool {
    let Some(rest) = title.strip_prefix(h1) else { return false };
    h1.len() >= 10 && SEPARATORS.iter().any(|separator| rest.starts_with(separator))
}

/// `title` without the name of the site at its end or beginning.
fn without_site(title: &str, site: &str) -> String {
    if site.is_empty() {
        return title.to_owned();
    }
    let site = key(site);
    for separator in SEPARATORS {
        if let Some((rest, last)) = title.rsplit_once(separator)
            && key(last) == site
            && !rest.trim().is_empty()
        {
            return rest.trim().to_owned();
        }
        if let Some((first, rest)) = title.split_once(separator)
            && key(first) == site
            && !rest.trim().is_empty()
        {
            return rest.trim().to_owned();
        }
    }
    title.to_owned()
}
