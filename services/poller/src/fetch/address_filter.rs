//! The address filter: only http and https, only public addresses. Names are resolved here, and the connection is made to
//! exactly the addresses that were checked, so that DNS rebinding has no effect.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    sync::Arc,
};
use url::{Host, Origin, Url};

/// Why a URL is rejected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// The scheme is neither http nor https.
    #[error("the scheme {0:?} is neither http nor https")]
    Scheme(String),
    /// The URL has no host.
    #[error("the URL has no host")]
    NoHost,
    /// The host may be requested although it is not public, but not under this port or scheme.
    #[error("{0} is not an origin of --allow-private-origins")]
    OtherOrigin(String),
    /// An address of the host is not public.
    #[error("{host} has the address {address}, which is not public")]
    Private {
        /// The host of the URL.
        host: String,
        /// The address.
        address: IpAddr,
    },
}

/// What may be requested although its address is not public.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Private {
    is_all: bool,
    origins: Arc<[Origin]>,
}

impl From<bool> for Private {
    /// Everything, or nothing.
    fn from(is_all: bool) -> Self {
        Private { is_all, origins: Arc::default() }
    }
}

impl Private {
    /// These origins (`http://127.0.0.1:8095`), and everything if `is_all`. Texts that are no URLs count for nothing.
    #[must_use]
    pub fn of(is_all: bool, origins: &[String]) -> Self {
        let origins = origins.iter().filter_map(|origin| Some(Url::parse(origin).ok()?.origin()));
        Private { is_all, origins: origins.collect() }
    }

    /// True if the addresses of a host are allowed under some port. [`check_url`] has checked which.
    #[must_use]
    pub fn has_host(&self, host: &str) -> bool {
        let is_host = |origin: &Origin| match origin {
            Origin::Tuple(_, of, _) => of.to_string().eq_ignore_ascii_case(host.trim_end_matches('.')),
            Origin::Opaque(_) => false,
        };
        self.is_all || self.origins.iter().any(is_host)
    }
}

/// Checks the scheme of a URL, and its host if that is an IP address. A host name is checked by
/// [`Resolver`](super::resolver::Resolver) when it is resolved.
///
/// # Errors
/// [`AddressError`] if the URL may not be requested.
pub fn check_url(url: &Url, private: &Private) -> Result<(), AddressError> {
    if !matches!(url.scheme(), "http" | "https") {
        return Err(AddressError::Scheme(url.scheme().to_owned()));
    }
    let is_allowed = private.is_all || private.origins.contains(&url.origin());
    let address = match url.host() {
        None => return Err(AddressError::NoHost),
        // Also where a proxy resolves names.
        Some(Host::Domain(name)) if is_localhost(name) => IpAddr::V4(Ipv4Addr::LOCALHOST),
        // The resolver knows the host only.
        Some(Host::Domain(name)) if !is_allowed && private.has_host(name) => {
            return Err(AddressError::OtherOrigin(url.origin().ascii_serialization()));
        }
        Some(Host::Domain(_)) => return Ok(()),
        Some(Host::Ipv4(address)) => IpAddr::V4(address),
        Some(Host::Ipv6(address)) => IpAddr::V6(address),
    };
    if is_allowed || is_public(address) {
        Ok(())
    } else {
        Err(AddressError::Private { host: url.host_str().unwrap_or_default().to_owned(), address })
    }
}

/// True for a name of this machine (RFC 6761 section 6.3).
#[must_use]
pub fn is_localhost(host: &str) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    host == "localhost" || host.ends_with(".localhost")
}

/// True for a globally reachable address according to the IANA special-purpose registries for IPv4 and IPv6: not loopback,
/// private, link-local (cloud metadata services), shared, multicast, documentation or reserved. An IPv6 address that embeds
/// an IPv4 address is as public as that one. Own code because `IpAddr::is_global` is unstable.
#[must_use]
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    !(a == 0
        || a == 10
        || a == 127
        || (a == 100 && (64..128).contains(&b))
        || (a == 169 && b == 254)
        || (a == 172 && (16..32).contains(&b))
        || (a == 192 && b == 168)
        || (a == 192 && b == 0 && (c == 0 || c == 2))
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && (b == 18 || b == 19))
        || (a == 198 && b == 51 && c == 100)
        || (a == 203 && b == 0 && c == 113)
        || a >= 224)
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let parts = address.segments();
    let [a, b, c, d, e, f, g, h] = parts;
    let v4 = |high: u16, low: u16| {
        let ([p, q], [r, s]) = (high.to_be_bytes(), low.to_be_bytes());
        is_public_v4(Ipv4Addr::new(p, q, r, s))
    };
    // IPv4-mapped, NAT64 and 6to4 addresses lead to an IPv4 address, which decides.
    if [a, b, c, d, e, f] == [0, 0, 0, 0, 0, 0xffff] || [a, b, c, d, e, f] == [0x64, 0xff9b, 0, 0, 0, 0] {
        return v4(g, h);
    }
    if a == 0x2002 {
        return v4(b, c);
    }
    // Global unicast is 2000::/3, except Teredo and protocol assignments, benchmarking, and documentation.
    (0x2000..0x4000).contains(&a)
        && !(a == 0x2001 && b < 0x0200)
        && !(a == 0x2001 && b == 0x0db8)
        && !(a == 0x3fff && b < 0x1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn special_purpose_addresses_are_not_public_in_any_notation() {
        for text in [
            "127.0.0.1",
            "127.9.9.9",
            "0.0.0.0",
            "10.1.2.3",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "100.127.0.1",
            "192.0.0.192",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::1",
            "::",
            "fe80::1",
            "fc00::1",
            "fd00:ec2::254",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "64:ff9b::10.0.0.1",
            "2002:7f00:1::",
            "2001:db8::1",
            "2001::1",
            "::127.0.0.1",
        ] {
            assert!(!is_public(text.parse().unwrap()), "{text}");
        }
        for text in [
            "93.184.215.14",
            "172.32.0.1",
            "100.128.0.1",
            "192.1.1.1",
            "2606:4700::1111",
            "64:ff9b::8.8.8.8",
            "2001:4860::1",
        ] {
            assert!(is_public(text.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn a_url_is_rejected_by_scheme_and_by_address() {
        let rejected = |url: &str| check_url(&url.parse().unwrap(), &false.into()).is_err();
        for url in [
            "file:///etc/passwd",
            "ftp://e.org/",
            "gopher://e.org/",
            "http://127.0.0.1/",
            "http://2130706433/",
            "http://0x7f.1/",
            "http://0177.0.0.1/",
            "http://[::1]/",
            "http://[::ffff:7f00:1]/",
            "http://169.254.169.254/latest/meta-data/",
        ] {
            assert!(rejected(url), "{url}");
        }
        assert!(!rejected("https://e.org/"));
        assert!(check_url(&"http://127.0.0.1/".parse().unwrap(), &true.into()).is_ok());
        assert!(check_url(&"file:///etc/passwd".parse().unwrap(), &true.into()).is_err());
    }

    #[test]
    fn a_private_origin_is_allowed_and_no_other_port_of_its_host() {
        let private = Private::of(false, &["http://127.0.0.1:8095".to_owned(), "http://canary:8095/".to_owned()]);
        let check = |url: &str| check_url(&url.parse().unwrap(), &private);
        for url in ["http://127.0.0.1:8095/canary.xml", "http://CANARY:8095/robots.txt", "https://e.org/"] {
            assert_eq!(check(url), Ok(()), "{url}");
        }
        for url in
            ["http://127.0.0.1:8096/", "https://127.0.0.1:8095/", "http://127.0.0.2:8095/", "http://localhost:8095/"]
        {
            assert!(matches!(check(url), Err(AddressError::Private { .. })), "{url}");
        }
        assert_eq!(check("http://canary/"), Err(AddressError::OtherOrigin("http://canary".to_owned())));
        assert!(private.has_host("canary") && private.has_host("Canary.") && !private.has_host("canary.e.org"));
    }
}
