//! Where the poller may connect to: public addresses by http or https, nothing else. Names are resolved here, and the
//! connection is made to exactly the addresses that were checked, so that a name that answers differently the next time
//! (DNS rebinding) gains nothing.

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use url::{Host, Url};

/// Why a URL is not asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Neither http nor https.
    #[error("the scheme {0:?} is neither http nor https")]
    Scheme(String),
    /// No host.
    #[error("the URL has no host")]
    NoHost,
    /// An address that is not public.
    #[error("{host} is at {address}, which is not a public address")]
    Private {
        /// The host asked for.
        host: String,
        /// Its address.
        address: IpAddr,
    },
}

/// Checks what a URL says by itself; its name is checked by [`Resolver`], when it is resolved.
///
/// # Errors
/// See [`Refused`].
pub fn check(url: &Url, allow_private: bool) -> Result<(), Refused> {
    if !matches!(url.scheme(), "http" | "https") {
        return Err(Refused::Scheme(url.scheme().to_owned()));
    }
    let address = match url.host() {
        None => return Err(Refused::NoHost),
        Some(Host::Domain(_)) => return Ok(()),
        Some(Host::Ipv4(address)) => IpAddr::V4(address),
        Some(Host::Ipv6(address)) => IpAddr::V6(address),
    };
    if allow_private || is_public(address) {
        Ok(())
    } else {
        Err(Refused::Private { host: url.host_str().unwrap_or_default().to_owned(), address })
    }
}

/// True for an address on the public Internet (IANA's special-purpose registries for IPv4 and IPv6, and what they tunnel
/// to): not loopback, private, link-local with the clouds' metadata services, shared, multicast, documentation, reserved.
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
    // IPv4-mapped, NAT64 and 6to4 reach an IPv4 address: that one decides.
    if [a, b, c, d, e, f] == [0, 0, 0, 0, 0, 0xffff] || [a, b, c, d, e, f] == [0x64, 0xff9b, 0, 0, 0, 0] {
        return v4(g, h);
    }
    if a == 0x2002 {
        return v4(b, c);
    }
    // Global unicast is 2000::/3; of it not Teredo and the protocol assignments, benchmarking, documentation.
    (0x2000..0x4000).contains(&a)
        && !(a == 0x2001 && b < 0x0200)
        && !(a == 0x2001 && b == 0x0db8)
        && !(a == 0x3fff && b < 0x1000)
}

/// Resolves names by the system, and hands out only addresses that may be connected to.
#[derive(Debug, Clone, Copy)]
pub struct Resolver {
    /// True where any address may be connected to.
    pub allow_private: bool,
}

impl Resolver {
    /// The addresses of `host` that may be connected to.
    ///
    /// # Errors
    /// Where the name has none, or one of them is not public: a name with both is up to something.
    pub async fn addresses(self, host: &str) -> Result<Vec<SocketAddr>, Box<dyn std::error::Error + Send + Sync>> {
        let found: Vec<SocketAddr> = if is_localhost(host) {
            // RFC 6761 section 6.3: these names mean loopback, whatever a name server says.
            vec![SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), SocketAddr::from((Ipv6Addr::LOCALHOST, 0))]
        } else {
            tokio::net::lookup_host((host, 0)).await?.collect()
        };
        let private = found.iter().map(SocketAddr::ip).find(|address| !self.allow_private && !is_public(*address));
        if let Some(address) = private {
            return Err(Box::new(Refused::Private { host: host.to_owned(), address }));
        }
        Ok(found)
    }
}

fn is_localhost(host: &str) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    host == "localhost" || host.ends_with(".localhost")
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let resolver = *self;
        Box::pin(async move {
            let addresses = resolver.addresses(name.as_str()).await?;
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_addresses_in_every_guise() {
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
    fn a_url_is_refused_by_scheme_and_by_address() {
        let refused = |url: &str| check(&url.parse().unwrap(), false).is_err();
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
            assert!(refused(url), "{url}");
        }
        assert!(!refused("https://e.org/"));
        assert!(check(&"http://127.0.0.1/".parse().unwrap(), true).is_ok());
        assert!(check(&"file:///etc/passwd".parse().unwrap(), true).is_err());
    }

    #[tokio::test]
    async fn a_name_that_means_loopback_is_refused() {
        for host in ["localhost", "news.localhost", "LOCALHOST."] {
            let error = Resolver { allow_private: false }.addresses(host).await.unwrap_err();
            assert!(error.downcast_ref::<Refused>().is_some(), "{host}");
            assert!(!Resolver { allow_private: true }.addresses(host).await.unwrap().is_empty());
        }
    }
}
