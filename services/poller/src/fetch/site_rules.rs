//! The file `/.well-known/tdmrep.json` of a site, in which it reserves text and data mining for paths (TDM Reservation Protocol,
//! W3C Community Group, section 4.1).

use super::{
    address_filter,
    client::{Client, Hop, MAX_REDIRECTS, ROBOTS_ERROR_TTL, ROBOTS_TTL},
    cookies::Cookies,
    error::FetchError,
    expect::Expect,
    response::Validators,
    robots::{MAX_BYTES, Obey, Robots},
};
use crate::rate_limit::host_of;
use std::{sync::Arc, time::Duration};
use url::Url;

/// Where it is.
const PATH: &str = "/.well-known/tdmrep.json";
/// Rules of a file that are kept.
const MAX_RULES: usize = 1_000;

impl Client {
    /// True if the site of a page reserves text and data mining for it. The file is fetched once, and cached as a robots.txt is.
    /// One that cannot be read reserves nothing.
    ///
    /// # Errors
    /// [`FetchError`] if the site does not answer.
    pub async fn is_reserved(&self, page: &Url) -> Result<bool, FetchError> {
        let Ok(file) = page.join(PATH) else { return Ok(false) };
        let rules = match self.robots.get(file.as_str()) {
            Some(rules) => rules,
            None => {
                let (rules, ttl) = self.fetch_rules(&file).await?;
                let rules = Arc::new(rules);
                self.robots.put(file.to_string(), Arc::clone(&rules), ttl);
                rules
            }
        };
        Ok(!rules.allows(&page[url::Position::BeforePath..url::Position::AfterQuery], Obey::All))
    }

    async fn fetch_rules(&self, file: &Url) -> Result<(Robots, Duration), FetchError> {
        let (mut at, mut cookies, host) = (file.clone(), Cookies::default(), host_of(file));
        for _ in 0..=MAX_REDIRECTS {
            address_filter::check_url(&at, &self.private)?;
            let expected = (MAX_BYTES, Expect::Text);
            match self.request((&host, Duration::ZERO), &at, &Validators::default(), &mut cookies, expected).await {
                Ok(Hop::Redirect { to, .. }) => at = to,
                Ok(Hop::Final(response)) if response.status == 429 || response.status >= 500 => {
                    return Ok((Robots::default(), ROBOTS_ERROR_TTL));
                }
                Ok(Hop::Final(response)) => return Ok((Robots::of_rules(rules(&response.body)), ROBOTS_TTL)),
                Err(FetchError::Redirect(_) | FetchError::Network(_)) => {
                    return Ok((Robots::default(), ROBOTS_ERROR_TTL));
                }
                Err(other) => return Err(other),
            }
        }
        Ok((Robots::default(), ROBOTS_TTL))
    }
}

/// The rules of a file: whether a path is free, and its pattern, as in a robots.txt (section 4.1.2).
fn rules(bytes: &[u8]) -> Vec<(bool, String)> {
    let bytes = bytes.get(..MAX_BYTES).unwrap_or(bytes);
    let Ok(serde_json::Value::Array(all)) = serde_json::from_slice(bytes) else { return Vec::new() };
    let rule = |one: &serde_json::Value| {
        let reserved = one.get("tdm-reservation")?;
        let is_reserved = reserved.as_i64() == Some(1) || reserved.as_str().is_some_and(|text| text.trim() == "1");
        Some((!is_reserved, one.get("location")?.as_str()?.to_owned()))
    };
    all.iter().filter_map(rule).take(MAX_RULES).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_free(file: &str, path: &str) -> bool {
        Robots::of_rules(rules(file.as_bytes())).allows(path, Obey::All)
    }

    #[test]
    fn the_longest_location_decides() {
        let file = r#"[{"location": "/", "tdm-reservation": 1}, {"location": "/open/*", "tdm-reservation": 0}]"#;
        assert!(!is_free(file, "/news/a") && is_free(file, "/open/a"));
        assert!(!is_free(r#"[{"location": "/news/*.html", "tdm-reservation": "1"}]"#, "/news/a.html"));
    }

    #[test]
    fn a_file_that_is_none_reserves_nothing() {
        for file in ["", "<html>", "{}", "[1]", r#"[{"location": "/"}]"#, r#"[{"tdm-reservation": 1}]"#] {
            assert!(is_free(file, "/"), "{file}");
        }
    }
}
