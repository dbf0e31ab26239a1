//! The HTTP clients: one for all feeds, and one for each client certificate.

use super::{
    address_filter::Private,
    error::{FetchError, with_causes},
    limits::Limits,
    resolver::Resolver,
};
use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::{Duration, SystemTime},
};
use url::Url;

/// Clients with a certificate that are kept.
const MAX_CLIENTS: usize = 256;

/// What all clients have in common.
pub(super) struct Settings {
    pub(super) agent: String,
    pub(super) limits: Limits,
    pub(super) private: Private,
    /// A proxy that all requests go through. It resolves names and connects in place of the address filter.
    pub(super) proxy: Option<Url>,
}

/// The clients. A certificate belongs to a client's connections, so it has one of its own.
pub(super) struct HttpClients {
    settings: Settings,
    resolver: Resolver,
    plain: reqwest::Client,
    with_certificate: Mutex<HashMap<PathBuf, (SystemTime, reqwest::Client)>>,
}

impl HttpClients {
    /// # Errors
    /// [`FetchError::Network`] if TLS finds no root certificates, or the agent is not a valid header value.
    pub(super) fn new(settings: Settings) -> Result<Self, FetchError> {
        let resolver = Resolver::new(settings.private.clone());
        let plain = build(&settings, &resolver, None)?;
        Ok(HttpClients { settings, resolver, plain, with_certificate: Mutex::default() })
    }

    /// The client for a certificate, or for none. It is built again when the file has changed.
    ///
    /// # Errors
    /// [`FetchError::Credentials`] if the file cannot be used.
    pub(super) fn of(&self, certificate: Option<&Path>) -> Result<reqwest::Client, FetchError> {
        let Some(path) = certificate else { return Ok(self.plain.clone()) };
        let unusable = |error: &dyn std::fmt::Display| {
            FetchError::Credentials(format!("the certificate {}: {error}", path.display()))
        };
        let modified = std::fs::metadata(path).and_then(|file| file.modified()).map_err(|error| unusable(&error))?;
        let mut clients = self.with_certificate.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, client)) = clients.get(path).filter(|(of, _)| *of == modified) {
            return Ok(client.clone());
        }
        let pem = std::fs::read(path).map_err(|error| unusable(&error))?;
        let identity = reqwest::Identity::from_pem(&pem).map_err(|error| unusable(&with_causes(&error)))?;
        let client = build(&self.settings, &self.resolver, Some(identity)).map_err(|error| unusable(&error))?;
        if clients.len() >= MAX_CLIENTS {
            clients.clear();
        }
        clients.insert(path.to_owned(), (modified, client.clone()));
        Ok(client)
    }
}

fn build(
    settings: &Settings,
    resolver: &Resolver,
    identity: Option<reqwest::Identity>,
) -> Result<reqwest::Client, FetchError> {
    let Settings { agent, limits, proxy, .. } = settings;
    let network = |error: reqwest::Error| FetchError::Network(with_causes(&error));
    let builder = reqwest::Client::builder()
        .user_agent(agent)
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        // `decode` does it.
        .no_gzip()
        .no_brotli()
        .no_deflate()
        .referer(false)
        .dns_resolver(resolver.clone())
        .connect_timeout(limits.connect)
        .read_timeout(limits.read)
        .timeout(limits.total)
        .pool_max_idle_per_host(1)
        // Long enough for robots.txt, a redirect and the feed: idle connections take file descriptors.
        .pool_idle_timeout(Duration::from_secs(5));
    let builder = match proxy {
        Some(proxy) => builder.proxy(reqwest::Proxy::all(proxy.clone()).map_err(network)?),
        // One from the environment would connect past the address filter.
        None => builder.no_proxy(),
    };
    let builder = match identity {
        Some(identity) => builder.identity(identity),
        None => builder,
    };
    builder.build().map_err(network)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A certificate of this test and its key, valid until 2126.
    const PEM: &str = include_str!("../../tests/certificate/client.pem");

    #[tokio::test]
    async fn a_certificate_is_read_from_its_file_and_again_when_that_changes() {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let settings =
            Settings { agent: "newswire".to_owned(), limits: Limits::default(), private: true.into(), proxy: None };
        let (clients, folder) = (HttpClients::new(settings).unwrap(), tempfile::tempdir().unwrap());
        let file = folder.path().join("client.pem");
        let is_unusable = || matches!(clients.of(Some(&file)), Err(FetchError::Credentials(_)));
        assert!(is_unusable(), "absent");
        std::fs::write(&file, "no certificate").unwrap();
        assert!(is_unusable(), "no PEM");
        std::fs::write(&file, PEM).unwrap();
        assert!(clients.of(Some(&file)).is_ok());
        let modified = SystemTime::now() + Duration::from_secs(5);
        std::fs::write(&file, "no certificate any longer").unwrap();
        std::fs::File::options().write(true).open(&file).unwrap().set_modified(modified).unwrap();
        assert!(is_unusable(), "changed");
        assert!(clients.of(None).is_ok());
    }
}
