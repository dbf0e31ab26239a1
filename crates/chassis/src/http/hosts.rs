//! Names under which a server answers. A page whose name was rebound in DNS to this machine's address sends its own name.

use axum::http::{HeaderMap, StatusCode, Uri, Version, header, uri::Authority};
use std::net::{IpAddr, SocketAddr};

/// The names under which a server answers: loopback names, its own addresses, and those that the operator allows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hosts {
    /// Further names, lower case. `*` allows every name.
    pub allowed: Vec<String>,
    /// Also answers under names without a dot. They are of a local network, as those of containers are.
    pub local_names: bool,
}

/// A name for `--allowed-hosts`, for clap's `value_parser`.
///
/// # Errors
/// It has a port, a path or a scheme.
pub fn host_name(text: &str) -> Result<String, String> {
    let name = text.trim().trim_end_matches('.').to_ascii_lowercase();
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    if name == "*" || name.parse::<IpAddr>().is_ok() || (!name.is_empty() && name.chars().all(is_name)) {
        return Ok(name);
    }
    Err("expected a host name without port, such as news.example.org, or *".to_owned())
}

impl Hosts {
    /// Checks the host that a request names. `listen` is the address on which the server listens, `local` that of the
    /// connection.
    pub(super) fn check(
        &self,
        (version, uri, headers): (Version, &Uri, &HeaderMap),
        listen: SocketAddr,
        local: SocketAddr,
    ) -> Result<(), (StatusCode, &'static str)> {
        let named: Vec<&[u8]> = headers.get_all(header::HOST).iter().map(|value| value.as_bytes()).collect();
        let is_allowed = |authority: &Authority| self.allows(authority.host(), listen.ip(), local.ip());
        const MISDIRECTED: (StatusCode, &str) =
            (StatusCode::MISDIRECTED_REQUEST, "this server does not answer under this name: --allowed-hosts\n");
        if uri.authority().is_some_and(|authority| !is_allowed(authority)) {
            return Err(MISDIRECTED);
        }
        match named[..] {
            [] if version < Version::HTTP_11 => Ok(()),
            [one] => match Authority::try_from(one) {
                Ok(authority) if is_allowed(&authority) => Ok(()),
                _ => Err(MISDIRECTED),
            },
            _ => Err((StatusCode::BAD_REQUEST, "one Host header is required\n")),
        }
    }

    fn allows(&self, host: &str, listen: IpAddr, local: IpAddr) -> bool {
        let name = host.trim_end_matches('.').to_ascii_lowercase();
        let literal = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(&name);
        if self.allowed.iter().any(|allowed| allowed == "*" || allowed == literal) {
            return true;
        }
        // An address cannot be rebound. Behind 0.0.0.0 and a container's network any may be this server's.
        if let Ok(address) = literal.parse::<IpAddr>() {
            let address = address.to_canonical();
            let own = [listen.to_canonical(), local.to_canonical()].contains(&address);
            return own || address.is_loopback() || listen.is_unspecified();
        }
        name == "localhost" || name.ends_with(".localhost") || (self.local_names && is_local(&name))
    }
}

fn is_local(name: &str) -> bool {
    !name.is_empty() && !name.contains('.')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(allowed: &[&str], listen: &str, host: &str) -> bool {
        let hosts =
            Hosts { allowed: allowed.iter().map(|name| host_name(name).unwrap()).collect(), local_names: false };
        let listen: SocketAddr = listen.parse().unwrap();
        let headers = HeaderMap::from_iter([(header::HOST, host.parse().unwrap())]);
        hosts.check((Version::HTTP_11, &Uri::from_static("/"), &headers), listen, listen).is_ok()
    }

    #[test]
    fn loopback_names_own_addresses_and_allowed_names_are_answered() {
        for host in
            ["localhost", "LOCALHOST:8080", "a.localhost.", "127.0.0.1:8080", "127.9.9.9", "[::1]:8080", "192.0.2.5"]
        {
            assert!(allows(&[], "192.0.2.5:8080", host), "{host}");
        }
        for host in
            ["evil.example", "localhost.evil.example", "192.0.2.6", "0.0.0.0", "127.0.0.1.evil.example", "", "a b"]
        {
            assert!(!allows(&["news.example"], "192.0.2.5:8080", host), "{host}");
        }
        assert!(allows(&["News.example."], "192.0.2.5:8080", "news.example:80"));
        assert!(allows(&["*"], "192.0.2.5:8080", "evil.example"));
        assert!(allows(&[], "0.0.0.0:8080", "192.0.2.6") && !allows(&[], "0.0.0.0:8080", "evil.example"));
    }

    #[test]
    fn an_absolute_request_target_and_a_missing_host_are_checked() {
        let check = |version, target: &'static str, host: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for host in host {
                headers.append(header::HOST, host.parse().unwrap());
            }
            let listen = "127.0.0.1:80".parse().unwrap();
            let request = (version, &Uri::from_static(target), &headers);
            Hosts::default().check(request, listen, listen).err().map(|(status, _)| status.as_u16())
        };
        assert_eq!(check(Version::HTTP_11, "http://evil.example/", &["localhost"]), Some(421));
        assert_eq!(check(Version::HTTP_11, "/", &[]), Some(400));
        assert_eq!(check(Version::HTTP_11, "/", &["localhost", "localhost"]), Some(400));
        assert_eq!(check(Version::HTTP_10, "/", &[]), None);
        assert_eq!(check(Version::HTTP_10, "/", &["evil.example"]), Some(421));
    }

    #[test]
    fn an_allowed_host_is_a_name() {
        assert!(host_name("news.example:80").is_err() && host_name("http://news.example").is_err());
        assert!(host_name("").is_err());
    }
}
