//! Opt-outs that a response declares: X-Robots-Tag, and the header of the TDM Reservation Protocol (W3C Community Group,
//! <https://www.w3.org/community/reports/tdmrep/CG-FINAL-tdmrep-20240510/>).

use reqwest::header::HeaderMap;

/// The name of [`PageMetadata.opt_outs`](proto::v1::PageMetadata) for a reservation of text and data mining.
pub(super) const TDM: &str = "tdm-reservation";
/// The directives that are kept, of robots meta tags and of X-Robots-Tag.
const DIRECTIVES: [&str; 4] = ["noindex", "noarchive", "nosnippet", "noai"];
/// The product token that a directive may be addressed to.
const AGENT: &str = "newswire";
/// Most values of a header that are read, and bytes of one.
const MAX_VALUES: usize = 16;
const MAX_BYTES: usize = 1_000;

/// True if one of these opt-outs forbids to publish the page's text. `noarchive` does not: it is about copies that a search
/// engine shows.
#[must_use]
pub fn forbids(opt_outs: &[String]) -> bool {
    opt_outs.iter().any(|one| matches!(one.as_str(), "noindex" | "nosnippet" | "noai" | TDM))
}

/// The opt-outs that are kept, sorted, each once: those of the contract.
pub(crate) fn known(mut opt_outs: Vec<String>) -> Vec<String> {
    opt_outs.retain(|one| one == TDM || DIRECTIVES.contains(&one.as_str()));
    opt_outs.sort();
    opt_outs.dedup();
    opt_outs
}

/// The opt-outs of a response's headers.
pub(super) fn of_headers(headers: &HeaderMap) -> Vec<String> {
    let mut found = Vec::new();
    for value in headers.get_all("x-robots-tag").iter().take(MAX_VALUES) {
        if let Ok(value) = value.to_str()
            && value.len() <= MAX_BYTES
        {
            add_directives(value, &mut found);
        }
    }
    let reserves = |value: &reqwest::header::HeaderValue| value.as_bytes().trim_ascii() == b"1";
    if headers.get(TDM).is_some_and(reserves) {
        add(TDM, &mut found);
    }
    found
}

/// `agent: directive, directive`, or the directives alone. Those for another agent do not count.
fn add_directives(value: &str, found: &mut Vec<String>) {
    let mut is_ours = true;
    for part in value.split(',') {
        let mut directive = part.trim();
        if let Some((agent, rest)) = directive.split_once(':')
            && !matches!(agent.trim().to_ascii_lowercase().as_str(), "unavailable_after" | "max-snippet")
        {
            is_ours = agent.trim().eq_ignore_ascii_case(AGENT);
            directive = rest.trim();
        }
        if !is_ours {
            continue;
        }
        let directive = directive.to_ascii_lowercase();
        if directive == "none" {
            add("noindex", found);
        } else if DIRECTIVES.contains(&directive.as_str()) {
            add(&directive, found);
        }
    }
}

fn add(name: &str, found: &mut Vec<String>) {
    if !found.iter().any(|known| known == name) {
        found.push(name.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(lines: &[(&'static str, &str)]) -> Vec<String> {
        of_headers(&lines.iter().map(|(name, value)| ((*name).parse().unwrap(), value.parse().unwrap())).collect())
    }

    #[test]
    fn directives_for_everyone_and_for_newswire_count() {
        assert_eq!(of(&[("x-robots-tag", "NoAI, nofollow, noarchive")]), ["noai", "noarchive"]);
        assert_eq!(of(&[("x-robots-tag", "otherbot: noindex, nosnippet")]), [""; 0]);
        assert_eq!(of(&[("x-robots-tag", "Newswire: none")]), ["noindex"]);
        assert_eq!(of(&[("x-robots-tag", "unavailable_after: 2030-01-01, nosnippet")]), ["nosnippet"]);
    }

    #[test]
    fn a_reservation_of_text_and_data_mining_is_1() {
        assert_eq!(of(&[("tdm-reservation", " 1")]), [TDM]);
        assert_eq!(of(&[("tdm-reservation", "0")]), [""; 0]);
    }

    #[test]
    fn what_forbids_a_page() {
        let forbids = |name: &str| forbids(&[name.to_owned()]);
        assert!(["noindex", "nosnippet", "noai", TDM].into_iter().all(forbids));
        assert!(!forbids("noarchive"));
    }
}
