//! Canonical URLs by the cases of the WHATWG URL standard.

use std::{fs, path::Path};

use anyhow::Context as _;
use poller::identity::{canonical_url, join};
use serde::Deserialize;
use url::Url;

use super::Suite;

#[derive(Deserialize)]
struct Case {
    input: String,
    base: Option<String>,
    href: Option<String>,
    #[serde(default)]
    failure: bool,
}

pub(super) fn measure(file: &Path) -> anyhow::Result<Suite> {
    let text = fs::read_to_string(file).with_context(|| file.display().to_string())?;
    // Comments stand between the cases as strings.
    let rows: Vec<serde_json::Value> = serde_json::from_str(&text)?;
    let mut suite = Suite::default();
    for row in rows.into_iter().filter(serde_json::Value::is_object) {
        let case: Case = serde_json::from_value(row)?;
        let is_web = |url: &str| url.starts_with("http:") || url.starts_with("https:");
        if case.failure || case.href.as_deref().is_some_and(is_web) {
            suite.count(&case.input, check(&case));
        } else if let Some(href) = &case.href {
            suite.count(
                &case.input,
                canonical_url(href).map_or(Ok(()), |found| Err(format!("must be refused, is {found}"))),
            );
        }
    }
    Ok(suite)
}

/// The parser accepts what the standard accepts; each http and https result has one canonical form, of the same origin and
/// path. Other schemes need no parser here: they only have no canonical form.
fn check(case: &Case) -> Result<(), String> {
    let base = case.base.as_deref().map(|base| Url::parse(base).map_err(|e| format!("base: {e}"))).transpose()?;
    let parsed = match &base {
        Some(base) => join(base, &case.input).ok_or("no URL"),
        None => Url::parse(&case.input).map_err(|_| "no URL"),
    };
    let (url, href) = match (parsed, &case.href) {
        (Err(_), _) if case.failure => {
            return match canonical_url(&case.input) {
                Some(found) if case.base.is_none() => Err(format!("must be refused, is {found}")),
                _ => Ok(()),
            };
        }
        (Ok(url), Some(href)) => (url, href),
        (Ok(url), None) => return Err(format!("must be refused, is {url}")),
        (Err(e), _) => return Err(format!("must be read: {e}")),
    };
    if url.as_str() != href {
        return Err(format!("read as {url}, not {href}"));
    }
    let canonical = canonical_url(href);
    if case.base.is_none() && canonical_url(&case.input) != canonical {
        return Err(format!("{:?} as written, {canonical:?} as parsed", canonical_url(&case.input)));
    }
    match canonical {
        None if !is_dots(&url) => Err("no canonical form".to_owned()),
        Some(found) => same(&url, &found),
        None => Ok(()),
    }
}

/// `http://.`, a host without a name.
fn is_dots(url: &Url) -> bool {
    url.host_str().is_some_and(|host| host.chars().all(|c| c == '.'))
}

fn same(url: &Url, canonical: &str) -> Result<(), String> {
    let again = Url::parse(canonical).map_err(|e| format!("{canonical} is no URL: {e}"))?;
    if canonical_url(canonical).as_deref() != Some(canonical) {
        return Err(format!("{canonical} becomes {:?}", canonical_url(canonical)));
    }
    // The trailing dot of a host is removed: with and without, it is one name of the DNS.
    let origin = |url: &Url| {
        (url.scheme().to_owned(), url.host_str().map(|host| host.trim_end_matches('.').to_owned()), url.port())
    };
    if origin(url) != origin(&again) {
        return Err(format!("origin of {canonical}"));
    }
    if decoded(url.path()) != decoded(again.path()) {
        return Err(format!("path of {canonical}"));
    }
    if !again.username().is_empty() || again.password().is_some() || again.fragment().is_some() {
        return Err(format!("credentials or a fragment in {canonical}"));
    }
    Ok(())
}

/// A path by segments, percent-decoded: `a%2Fb` is one segment, `a/b` two.
fn decoded(path: &str) -> Vec<Vec<u8>> {
    path.split('/').map(|segment| percent_encoding::percent_decode_str(segment).collect()).collect()
}
