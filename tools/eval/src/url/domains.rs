//! Registrable domains by the tests of the Public Suffix List.

use std::{fs, path::Path};

use anyhow::Context as _;
use url::Url;

use super::Suite;

/// Lines `checkPublicSuffix(HOST, DOMAIN);`, each in single quotes or null.
pub(super) fn measure(file: &Path) -> anyhow::Result<Suite> {
    let text = fs::read_to_string(file).with_context(|| file.display().to_string())?;
    let mut suite = Suite::default();
    for line in text.lines() {
        let Some(rest) = line.trim().strip_prefix("checkPublicSuffix(") else { continue };
        let Some((host, domain)) = rest.trim_end_matches([';', ')']).split_once(", ") else { continue };
        let unquoted = |text: &str| text.strip_prefix('\'').and_then(|text| text.strip_suffix('\'')).map(str::to_owned);
        // A name that starts with a dot is none of the DNS, and no link has one.
        if let Some(host) = unquoted(host).filter(|host| !host.starts_with('.')) {
            suite.count(&host, check(&host, unquoted(domain).as_deref()));
        }
    }
    anyhow::ensure!(suite.cases > 0, "no tests in {}", file.display());
    Ok(suite)
}

/// Where the list has no registrable domain, the host itself stands for it: an article has a publisher in any case. The two
/// services agree.
fn check(host: &str, domain: Option<&str>) -> Result<(), String> {
    let Ok(url) = Url::parse(&format!("https://{host}/")) else {
        return domain.map_or(Ok(()), |domain| Err(format!("is no host, and must have {domain}")));
    };
    let whole = url.host_str().unwrap_or_default().to_owned();
    let expected = match domain {
        Some(domain) => {
            Url::parse(&format!("https://{domain}/")).ok().and_then(|url| url.host_str().map(str::to_owned))
        }
        None => Some(whole),
    };
    let of_article = normaliser::publisher::domain(url.as_str());
    if Some(&of_article) != expected.as_ref() {
        return Err(format!("the publisher is {of_article:?}, expected {expected:?}"));
    }
    let of_feed = poller::rate_limit::site_of(&url);
    if of_feed != of_article {
        Err(format!("the poller's site is {of_feed:?}, the publisher {of_article:?}"))
    } else {
        Ok(())
    }
}
