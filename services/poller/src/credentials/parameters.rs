//! Secrets in URLs: user and password, and parameters whose names say that their value is a secret.
//!
//! A URL without its secrets has `***` in their places, which is where a credential fills them in again.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use std::collections::{BTreeMap, HashMap};
use url::Url;

/// What stands for a secret.
pub const HOLE: &str = "***";

/// Names of parameters whose value is a secret, in [`normal`] form.
const DEFAULT: [&str; 23] = [
    "accesskey",
    "accesstoken",
    "apikey",
    "apitoken",
    "auth",
    "authkey",
    "authtoken",
    "feedkey",
    "feedtoken",
    "key",
    "pass",
    "passwd",
    "password",
    "privatetoken",
    "pwd",
    "rsskey",
    "rsstoken",
    "secret",
    "sig",
    "signature",
    "subscribertoken",
    "token",
    "userkey",
];

/// All but the unreserved characters (RFC 3986 section 2.3).
pub(super) const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Names of the parameters that hold a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretParameters {
    /// Of the query (`?token=s`) and of the path (`/feed;token=s`), in [`normal`] form.
    names: Vec<String>,
    /// Path segments that a secret follows (`/private/s/`), in [`normal`] form.
    segments: Vec<String>,
}

impl Default for SecretParameters {
    fn default() -> Self {
        SecretParameters { names: DEFAULT.map(str::to_owned).to_vec(), segments: Vec::new() }
    }
}

/// The secrets that stood in a URL, decoded.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct UrlSecrets {
    /// User and password, if there is a user.
    pub basic: Option<(String, String)>,
    /// Value of each parameter. The second one of a name has the key `name#2`.
    pub parameters: BTreeMap<String, String>,
}

impl UrlSecrets {
    /// True if there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.basic.is_none() && self.parameters.is_empty()
    }
}

/// A name without the differences of `api_key`, `api-key` and `apiKey`.
fn normal(name: &str) -> String {
    name.chars().filter(|c| !matches!(c, '_' | '-')).flat_map(char::to_lowercase).collect()
}

impl SecretParameters {
    /// The default names and those `declared`: `name`, `/segment/` for a segment that a secret follows, or `-name` for a
    /// default name whose value is no secret.
    #[must_use]
    pub fn with<'a>(declared: impl IntoIterator<Item = &'a str>) -> Self {
        let mut parameters = Self::default();
        for one in declared.into_iter().map(str::trim).filter(|one| !one.is_empty()) {
            if let Some(segment) = one.strip_prefix('/') {
                parameters.segments.push(normal(segment.trim_end_matches('/')));
            } else if let Some(name) = one.strip_prefix('-') {
                parameters.names.retain(|known| *known != normal(name));
            } else {
                parameters.names.push(normal(one));
            }
        }
        parameters
    }

    fn is_secret(&self, place: Place, name: &str) -> bool {
        let declared = if place == Place::Segment { &self.segments } else { &self.names };
        declared.contains(&normal(&decoded(name, Place::Query)))
    }

    /// The URL without secrets, and the secrets.
    #[must_use]
    pub fn split(&self, url: &Url) -> (Url, UrlSecrets) {
        let mut secrets = UrlSecrets::default();
        let mut bare = rewrite(url, &mut |place, name, value| {
            if value.is_empty() || value == HOLE || !self.is_secret(place, name) {
                return None;
            }
            let name = key(name, |key| secrets.parameters.contains_key(key));
            secrets.parameters.insert(name, decoded(value, place));
            Some(HOLE.to_owned())
        });
        if !bare.username().is_empty() || bare.password().is_some() {
            let part = |text: &str| decoded(text, Place::Segment);
            secrets.basic = Some((part(bare.username()), part(bare.password().unwrap_or_default())));
            // Both succeed for a URL with a host.
            let _ = (bare.set_username(""), bare.set_password(None));
        }
        (bare, secrets)
    }

    /// A URL for logs and messages: without user, password and the values of secret parameters. Of an invalid one no part of the
    /// query is shown. This is the only rule for URLs of feeds; [`chassis::redact`] is for text of which nothing is known.
    #[must_use]
    pub fn masked(&self, text: &str) -> String {
        let Some(url) = Url::parse(text.trim()).ok().filter(Url::has_host) else {
            let text = chassis::redact::credentials(text);
            let (path, query) = text.split_once('?').map_or((text.as_str(), ""), |(path, _)| (path, "?***"));
            let path = rewrite_path(path, &mut |place, name, value| {
                (!value.is_empty() && self.is_secret(place, name)).then(|| HOLE.to_owned())
            });
            return path + query;
        };
        let (bare, secrets) = self.split(&url);
        match (&secrets.basic, secrets.parameters.is_empty()) {
            (None, true) => text.to_owned(),
            (None, false) => bare.into(),
            (Some(_), _) => bare.as_str().replacen("://", &format!("://{HOLE}@"), 1),
        }
    }
}

/// A URL with `parameters` in the places of its secrets.
///
/// # Errors
/// The name of a place that has no parameter.
pub(super) fn fill(url: &Url, parameters: &BTreeMap<String, String>) -> Result<Url, String> {
    let (mut seen, mut missing) = (Vec::new(), None);
    let filled = rewrite(url, &mut |_, name, value| {
        if value != HOLE {
            return None;
        }
        let name = key(name, |key| seen.iter().any(|seen| seen == key));
        let secret = parameters.get(&name).map(|secret| utf8_percent_encode(secret, RESERVED).to_string());
        if secret.is_none() {
            missing.get_or_insert_with(|| name.clone());
        }
        seen.push(name);
        secret
    });
    missing.map_or(Ok(filled), Err)
}

/// The key of a parameter: its name, with a number from the second on.
fn key(name: &str, is_taken: impl Fn(&str) -> bool) -> String {
    let name = decoded(name, Place::Query);
    let mut numbered = (2..).map(|number| format!("{name}#{number}"));
    if is_taken(&name) { numbered.find(|key| !is_taken(key)).unwrap_or_default() } else { name }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// `name=value` in the query.
    Query,
    /// `name=value` in a segment of the path.
    Matrix,
    /// The segment after the segment `name`.
    Segment,
}

/// In a query `+` is a space (WHATWG URL, application/x-www-form-urlencoded).
fn decoded(text: &str, place: Place) -> String {
    let text = if place == Place::Query { text.replace('+', " ") } else { text.to_owned() };
    percent_decode_str(&text).decode_utf8_lossy().into_owned()
}

/// The URL with those values replaced for which `change` returns another one. Everything else stays as written.
fn rewrite(url: &Url, change: &mut dyn FnMut(Place, &str, &str) -> Option<String>) -> Url {
    let path = rewrite_path(url.path(), change);
    let query = url
        .query()
        .map(|query| query.split('&').map(|part| pair(Place::Query, part, change)).collect::<Vec<_>>().join("&"));
    let mut changed = url.clone();
    changed.set_path(&path);
    changed.set_query(query.as_deref());
    changed
}

/// `name=value` with the value replaced for which `change` returns another one.
fn pair(place: Place, text: &str, change: &mut dyn FnMut(Place, &str, &str) -> Option<String>) -> String {
    let changed = text.split_once('=').and_then(|(name, value)| Some((name, change(place, name, value)?)));
    changed.map_or_else(|| text.to_owned(), |(name, value)| format!("{name}={value}"))
}

/// As [`rewrite`], of a path.
fn rewrite_path(path: &str, change: &mut dyn FnMut(Place, &str, &str) -> Option<String>) -> String {
    let mut before = "";
    let mut segments: Vec<String> = Vec::new();
    for segment in path.split('/') {
        let whole = if before.is_empty() { None } else { change(Place::Segment, before, segment) };
        segments.push(whole.unwrap_or_else(|| {
            segment.split(';').map(|part| pair(Place::Matrix, part, change)).collect::<Vec<_>>().join(";")
        }));
        before = segment;
    }
    segments.join("/")
}

/// Replaces what [`fill`] filled in by [`HOLE`] again.
pub(super) fn hollow(url: &Url, parameters: &BTreeMap<String, String>) -> Url {
    let values: HashMap<&str, ()> = parameters.values().map(|value| (value.as_str(), ())).collect();
    rewrite(url, &mut |place, name, value| {
        let is_secret = values.contains_key(decoded(value, place).as_str());
        // A short secret may be an ordinary segment elsewhere.
        let is_named = parameters.contains_key(&decoded(name, Place::Query));
        (is_secret && is_named).then(|| HOLE.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(url: &str) -> (String, UrlSecrets) {
        let (url, secrets) = SecretParameters::with(["/private/", "-key", "Code"]).split(&url.parse().unwrap());
        (url.into(), secrets)
    }

    #[test]
    fn secrets_leave_the_url_and_fill_it_again() {
        for (clear, bare, keys) in [
            ("https://a.example/f?x=1&token=s%26t&y=", "https://a.example/f?x=1&token=***&y=", &["token"][..]),
            (
                "https://a.example/f;API-Key=s1/rss?Code=s2",
                "https://a.example/f;API-Key=***/rss?Code=***",
                &["API-Key", "Code"],
            ),
            ("https://a.example/private/s1/rss", "https://a.example/private/***/rss", &["private"]),
            ("https://a.example/?token=a&token=b", "https://a.example/?token=***&token=***", &["token", "token#2"]),
        ] {
            let (url, secrets) = split(clear);
            assert_eq!(url, bare);
            assert_eq!(secrets.parameters.keys().collect::<Vec<_>>(), keys);
            let url: Url = url.parse().unwrap();
            let filled = fill(&url, &secrets.parameters).unwrap();
            assert_eq!(filled.as_str(), clear);
            assert_eq!(hollow(&filled, &secrets.parameters), url);
        }
        assert_eq!(split("https://me:p%40ss@a.example/f").1.basic, Some(("me".into(), "p@ss".into())));
        for plain in
            ["https://a.example/f?key=1&tokens=2&token=", "https://a.example/token/1", "https://a.example/f?token=***"]
        {
            let (url, secrets) = split(plain);
            assert!(url == plain && secrets.is_empty(), "{url}");
        }
        let hole = "https://a.example/?token=***".parse().unwrap();
        assert_eq!(fill(&hole, &BTreeMap::new()), Err("token".to_owned()));
    }

    #[test]
    fn a_masked_url_shows_no_secret() {
        let masked = |url: &str| SecretParameters::default().masked(url);
        assert_eq!(masked("https://me:secret@a.example/?token=secret"), "https://***@a.example/?token=***");
        assert_eq!(masked("https://me:secret@exa mple/?token=secret"), "https://***@exa mple/?***");
        assert_eq!(masked("a.example?token=secret"), "a.example?***");
        assert_eq!(masked("https://exa mple/f;token=secret/g"), "https://exa mple/f;token=***/g");
        let declared = SecretParameters::with(["/private/", "code"]);
        assert_eq!(
            declared.masked("https://exa mple/private/s1/f;code=s2?a=s3"),
            "https://exa mple/private/***/f;code=***?***"
        );
        assert_eq!(masked("https://A.example"), "https://A.example");
    }
}
