//! Credentials of feeds. They stand in a file or in the environment, never in a definition: a feed refers to one by name.

mod mask;
mod parameters;
mod store;

pub use mask::Mask;
pub use parameters::{HOLE, SecretParameters, UrlSecrets};
pub use store::{CredentialStore, StoreError};

use crate::definition::{self, DefinitionError};
use jiff::Timestamp;
use proto::v1::Feed;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fmt, path::PathBuf, sync::Arc};
use url::Url;

/// The variable with credentials in the form of the file.
pub const VARIABLE: &str = "NEWSWIRE_CREDENTIALS";

/// Flags of the feeds' credentials.
#[derive(Debug, Clone, Default, clap::Args)]
#[group(id = "credentials")]
#[command(next_help_heading = "Credentials")]
pub struct CredentialArgs {
    /// JSON file with the credentials of feeds by name; only its owner may read it. An import writes passwords and tokens of
    /// feed URLs to it. NEWSWIRE_CREDENTIALS may hold further ones in the same form.
    #[arg(long, env = "NEWSWIRE_CREDENTIALS_FILE", value_name = "FILE")]
    pub credentials_file: Option<PathBuf>,
    /// Names of secret parameters.
    #[command(flatten)]
    pub secrets: SecretArgs,
}

/// The flag that names secret parameters.
#[derive(Debug, Clone, Default, clap::Args)]
#[group(id = "secret-parameters")]
#[command(next_help_heading = "Credentials")]
pub struct SecretArgs {
    /// Further parameters of feed URLs whose value is a secret, comma separated: `name` in the query or in the path
    /// (`;name=...`), `/segment/` for a path segment that a secret follows, `-name` for one of the usual names (token, key,
    /// password ..) whose value is none.
    #[arg(
        long,
        env = "NEWSWIRE_SECRET_PARAMETERS",
        value_name = "NAME",
        value_delimiter = ',',
        allow_hyphen_values = true
    )]
    pub secret_parameters: Vec<String>,
}

impl CredentialArgs {
    /// Reads the credentials.
    ///
    /// # Errors
    /// The file cannot be read, others may read it, or it is not of the documented form.
    pub fn check(&self) -> Result<Credentials, Vec<String>> {
        let inline = std::env::var(VARIABLE).unwrap_or_default();
        let store =
            CredentialStore::open(self.credentials_file.clone(), &inline).map_err(|error| vec![error.to_string()])?;
        Ok(Credentials { store: Arc::new(store), ..self.secrets.credentials() })
    }
}

impl SecretArgs {
    /// The names, without credentials.
    #[must_use]
    pub fn credentials(&self) -> Credentials {
        let parameters = SecretParameters::with(self.secret_parameters.iter().map(String::as_str));
        Credentials { store: Arc::default(), parameters }
    }
}

/// The credentials of feeds, and what counts as a secret in a URL. Clones share the credentials.
#[derive(Debug, Clone, Default)]
pub struct Credentials {
    /// The credentials by name.
    pub store: Arc<CredentialStore>,
    /// Names of secret parameters.
    pub parameters: SecretParameters,
}

impl PartialEq for Credentials {
    fn eq(&self, other: &Self) -> bool {
        self.parameters == other.parameters && self.store.file() == other.store.file()
    }
}

impl Credentials {
    /// A definition for the log: the secrets of its URL are moved to the credentials file, and what repeats them is masked.
    ///
    /// # Errors
    /// [`DefinitionError::Credentials`] if there is no file for them, [`DefinitionError`] if the definition is invalid.
    pub fn take(&self, mut feed: Feed, now: Timestamp) -> Result<Feed, DefinitionError> {
        let url = definition::parse_url_with(&feed.url, &self.parameters)?;
        let (bare, secrets) = self.parameters.split(&url);
        if let Ok(site) = Url::parse(&feed.site_url) {
            let (site, found) = self.parameters.split(&site);
            if !found.is_empty() {
                feed.site_url = site.into();
            }
        }
        if !secrets.is_empty() {
            let refused =
                |reason: String| DefinitionError::Credentials { url: self.parameters.masked(&feed.url), reason };
            let credential = Credential::of(&bare, &secrets);
            feed.credentials_ref = self
                .store
                .add(&feed.credentials_ref, &bare, &credential)
                .map_err(|error| refused(error.to_string()))?;
            let mask = credential.mask();
            let Feed { title, publisher_name, site_url, rights, tags, .. } = &mut feed;
            // Some lists have the URL as title.
            *title = if title.contains("://") { self.parameters.masked(title) } else { title.clone() };
            for text in [title, publisher_name, site_url, rights].into_iter().chain(tags) {
                *text = mask.text(text);
            }
        }
        feed.url = bare.into();
        definition::complete(feed, now)
    }

    /// A definition that was written with secrets in its URL, as it is shown and polled: without them, and with the credential
    /// that they are. `None` for one without secrets.
    #[must_use]
    pub fn hidden(&self, feed: &Feed) -> Option<(Feed, Arc<Credential>)> {
        let (bare, secrets) = self.parameters.split(&Url::parse(&feed.url).ok()?);
        if secrets.is_empty() {
            return None;
        }
        let credential = Credential::of(&bare, &secrets);
        let title = credential.mask().text(&feed.title);
        Some((Feed { url: bare.into(), title, ..feed.clone() }, Arc::new(credential)))
    }

    /// The credential that a feed refers to.
    ///
    /// # Errors
    /// There is none of this name, or it is for another origin.
    pub fn of(&self, feed: &Feed) -> Result<Option<Arc<Credential>>, String> {
        if feed.credentials_ref.is_empty() {
            return Ok(None);
        }
        let credential = self.store.get(&feed.credentials_ref).map_err(|error| error.to_string())?;
        let origin = Url::parse(&feed.url).map(|url| url.origin().ascii_serialization()).unwrap_or_default();
        if credential.origin.is_empty() {
            return Ok(Some(Arc::new(Credential { origin, ..(*credential).clone() })));
        }
        if credential.origin == origin {
            return Ok(Some(credential));
        }
        if Url::parse(&feed.url).is_ok_and(|url| is_upgrade(&credential.origin, &url)) {
            // From now on https only.
            return Ok(Some(Arc::new(Credential { origin, ..(*credential).clone() })));
        }
        Err(format!("the credential {:?} is for {}, not for {origin}", feed.credentials_ref, credential.origin))
    }
}

/// True if `url` is on the host of `origin` by https, and `origin` is http, each on its usual port.
fn is_upgrade(origin: &str, url: &Url) -> bool {
    let Ok(origin) = Url::parse(origin) else { return false };
    let schemes = (origin.scheme(), url.scheme());
    schemes == ("http", "https") && origin.host() == url.host() && (origin.port(), url.port()) == (None, None)
}

/// What a request carries to be allowed. Empty parts are not used.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Credential {
    /// The origin that may get it: `https://example.org`. Empty: that of the feed, whichever it is.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub origin: String,
    /// The URL that an import took it from, without secrets.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub url: String,
    /// User of HTTP's basic authentication (RFC 7617).
    #[serde(skip_serializing_if = "String::is_empty")]
    pub username: String,
    /// Password of HTTP's basic authentication.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub password: String,
    /// Bearer token (RFC 6750).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bearer: Option<String>,
    /// Further headers by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// PEM file with a client certificate and its private key (RFC 8446 section 4.4.2), read again when it changes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate: Option<PathBuf>,
    /// Values of the parameters that are `***` in the feed's URL, by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub parameters: BTreeMap<String, String>,
}

/// Shows no secret.
impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Credential({})", self.origin)
    }
}

impl Credential {
    /// The secrets of a URL that is `bare` without them.
    fn of(bare: &Url, secrets: &UrlSecrets) -> Self {
        let (username, password) = secrets.basic.clone().unwrap_or_default();
        Credential {
            origin: bare.origin().ascii_serialization(),
            url: bare.as_str().to_owned(),
            username,
            password,
            parameters: secrets.parameters.clone(),
            ..Credential::default()
        }
    }

    /// User and password, if there is one of them.
    #[must_use]
    pub fn basic(&self) -> Option<(&str, &str)> {
        let is_set = !self.username.is_empty() || !self.password.is_empty();
        is_set.then_some((self.username.as_str(), self.password.as_str()))
    }

    /// The URL to request: `url` with the parameters filled in.
    ///
    /// # Errors
    /// A parameter is missing; the text names it.
    pub fn fill(&self, url: &Url) -> Result<Url, String> {
        parameters::fill(url, &self.parameters).map_err(|name| format!("the credential has no parameter {name:?}"))
    }

    /// The inverse of [`Credential::fill`]. Secrets that stand elsewhere in the URL stay: it is the one to request.
    #[must_use]
    pub fn hollow(&self, url: &Url) -> Url {
        parameters::hollow(url, &self.parameters)
    }

    /// Whether a request to `url` may carry it: one to its origin, or to the same host by https where its origin is http.
    /// Never the reverse.
    #[must_use]
    pub fn is_for(&self, url: &Url) -> bool {
        self.origin == url.origin().ascii_serialization() || is_upgrade(&self.origin, url)
    }

    /// Replaces its secrets in texts.
    #[must_use]
    pub fn mask(&self) -> Mask {
        Mask::new(self)
    }

    /// Why it cannot be used.
    fn problem(&self) -> Option<&'static str> {
        let is_header = |(name, value): (&String, &String)| {
            reqwest::header::HeaderName::try_from(name.as_str()).is_ok()
                && reqwest::header::HeaderValue::from_str(value).is_ok()
        };
        if self.bearer.is_some() && self.basic().is_some() {
            Some("both a bearer token and a user or password")
        } else if !self.headers.iter().all(is_header) {
            Some("a header that HTTP does not allow")
        } else if self.bearer.as_ref().is_some_and(|token| reqwest::header::HeaderValue::from_str(token).is_err()) {
            Some("a bearer token that HTTP does not allow")
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_credential_of_http_follows_its_host_to_https_and_never_back() {
        let is_for = |origin: &str, url: &str| {
            Credential { origin: origin.into(), ..Credential::default() }.is_for(&url.parse().unwrap())
        };
        let (http, https) = ("http://a.example", "https://a.example");
        for (origin, url, expected) in [
            (http, "http://a.example/f", true),
            (http, "https://a.example/f", true),
            (https, "https://a.example/f", true),
            (https, "http://a.example/f", false),
            (http, "https://www.a.example/f", false),
            (http, "https://a.example:8443/f", false),
            ("http://a.example:8080", "https://a.example/f", false),
            ("", "https://a.example/f", false),
        ] {
            assert_eq!(is_for(origin, url), expected, "{origin} {url}");
        }
    }

    #[test]
    fn a_feed_that_becomes_https_keeps_its_credential_and_takes_it_nowhere_else() {
        let inline = r#"{"wire": {"origin": "http://a.example", "bearer": "t"}}"#;
        let store = CredentialStore::open(None, inline).unwrap();
        let credentials = Credentials { store: Arc::new(store), ..Credentials::default() };
        let of =
            |url: &str| credentials.of(&Feed { url: url.into(), credentials_ref: "wire".into(), ..Feed::default() });
        let upgraded = of("https://a.example/f").unwrap().unwrap();
        assert!(!upgraded.is_for(&"http://a.example/f".parse().unwrap()));
        assert!(of("http://a.example/f").is_ok());
        assert!(of("https://b.example/f").is_err());
    }
}
