//! Name resolution behind the address filter. Answers are cached by their time to live, and failures are named.

use super::address_filter::{AddressError, Private, is_localhost, is_public};
use hickory_resolver::{
    ResolverBuilder, TokioResolver,
    config::ResolveHosts,
    net::{DnsError, NetError, runtime::TokioRuntimeProvider},
    proto::op::ResponseCode,
};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::{
    error::Error,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

/// Names whose addresses are kept.
const MAX_NAMES: u64 = 65_536;
/// An answer is kept for no longer, whatever its time to live; an answer that there is no such name, for no longer than this.
const MAX_TTL: Duration = Duration::from_secs(24 * 60 * 60);
const MAX_NEGATIVE_TTL: Duration = Duration::from_secs(5 * 60);

/// Why a name has no address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// The name does not exist (NXDOMAIN).
    #[error("there is no host {0}")]
    NoHost(String),
    /// The name exists and has no address.
    #[error("the host {0} has no address")]
    NoAddress(String),
    /// The name servers answer that they cannot resolve it: those of its domain do not answer, or answer wrongly.
    #[error("the name servers cannot resolve {host}: {reason}")]
    Failed {
        /// The name.
        host: String,
        /// What they answered.
        reason: String,
    },
    /// No name server of this machine answers.
    #[error("no name server answers: {0}")]
    NoServer(String),
}

/// The name servers of this machine behind the address filter. Clones share the cache.
#[derive(Clone)]
pub struct Resolver {
    private: Private,
    /// `None` where the system's configuration cannot be read: then the system resolves.
    dns: Option<TokioResolver>,
}

impl Resolver {
    /// A resolver with the system's name servers, search domains and hosts file.
    #[must_use]
    pub fn new(private: impl Into<Private>) -> Self {
        let dns = TokioResolver::builder_tokio().and_then(Self::build);
        let unread =
            |error: &NetError| tracing::warn!(%error, "the system resolves names: its name servers are unknown");
        Resolver { private: private.into(), dns: dns.inspect_err(unread).ok() }
    }

    /// As [`Resolver::new`], with other name servers.
    ///
    /// # Errors
    /// They cannot be used.
    pub fn with(builder: ResolverBuilder<TokioRuntimeProvider>, private: impl Into<Private>) -> Result<Self, NetError> {
        Ok(Resolver { private: private.into(), dns: Some(Self::build(builder)?) })
    }

    fn build(mut builder: ResolverBuilder<TokioRuntimeProvider>) -> Result<TokioResolver, NetError> {
        let options = builder.options_mut();
        options.cache_size = MAX_NAMES;
        options.positive_max_ttl = Some(MAX_TTL);
        options.negative_max_ttl = Some(MAX_NEGATIVE_TTL);
        options.use_hosts_file = ResolveHosts::Always;
        builder.build()
    }

    /// The addresses of `host`, with port 0.
    ///
    /// # Errors
    /// [`NameError`] if the name does not resolve, or [`AddressError::Private`] if any of its addresses is not public:
    /// mixed public and private addresses are rejected.
    pub async fn addresses(&self, host: &str) -> Result<Vec<SocketAddr>, Box<dyn Error + Send + Sync>> {
        let found: Vec<IpAddr> = if is_localhost(host) {
            // RFC 6761 section 6.3: these names are loopback without asking a name server.
            vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()]
        } else if let Some(dns) = &self.dns {
            let found = dns.lookup_ip(host).await.map_err(|error| named(host, &error))?;
            found.iter().collect()
        } else {
            tokio::net::lookup_host((host, 0)).await?.map(|address| address.ip()).collect()
        };
        let may_be_private = self.private.has_host(host);
        if let Some(address) = found.iter().find(|address| !may_be_private && !is_public(**address)) {
            return Err(Box::new(AddressError::Private { host: host.to_owned(), address: *address }));
        }
        Ok(found.into_iter().map(|address| SocketAddr::from((address, 0))).collect())
    }
}

fn named(host: &str, error: &NetError) -> NameError {
    let host = host.to_owned();
    match error {
        NetError::Dns(DnsError::NoRecordsFound(none)) => match none.response_code {
            ResponseCode::NXDomain => NameError::NoHost(host),
            ResponseCode::NoError => NameError::NoAddress(host),
            code => NameError::Failed { host, reason: code.to_string() },
        },
        NetError::Dns(_) | NetError::Proto(_) => NameError::Failed { host, reason: error.to_string() },
        _ => NameError::NoServer(error.to_string()),
    }
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let resolver = self.clone();
        Box::pin(async move {
            let addresses = resolver.addresses(name.as_str()).await?;
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverConfig};
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    };
    use tokio::net::UdpSocket;

    /// A resolver with the name server on a port of this machine.
    fn builder(port: u16) -> ResolverBuilder<TokioRuntimeProvider> {
        let mut udp = ConnectionConfig::udp();
        udp.port = port;
        let servers = vec![NameServerConfig::new(Ipv4Addr::LOCALHOST.into(), true, vec![udp])];
        let config = ResolverConfig::from_parts(None, Vec::new(), servers);
        TokioResolver::builder_with_config(config, TokioRuntimeProvider::default())
    }

    /// A name server: names that begin with `no` do not exist, those with `failed` it cannot resolve, and all others have the
    /// address 93.184.215.14, or 127.0.0.1 if they begin with `private`, for the number of seconds that ends their first label.
    /// Counts the queries for IPv4 addresses.
    async fn server() -> (Resolver, Arc<AtomicUsize>) {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let (port, queries) = (socket.local_addr().unwrap().port(), Arc::new(AtomicUsize::new(0)));
        let count = Arc::clone(&queries);
        tokio::spawn(async move {
            let mut query = [0; 512];
            while let Ok((length, from)) = socket.recv_from(&mut query).await {
                let (response, is_v4) = answer(&query[..length]);
                count.fetch_add(usize::from(is_v4), Ordering::SeqCst);
                drop(socket.send_to(&response, from).await);
            }
        });
        let mut builder = builder(port);
        builder.options_mut().timeout = Duration::from_millis(500);
        (Resolver::with(builder, false).unwrap(), queries)
    }

    /// The response to a query of one question (RFC 1035 section 4), and whether it asks for an IPv4 address.
    fn answer(query: &[u8]) -> (Vec<u8>, bool) {
        let length = usize::from(query[12]);
        let label = String::from_utf8_lossy(&query[13..13 + length]).to_lowercase();
        let name_end = 12 + query[12..].iter().position(|byte| *byte == 0).unwrap() + 1;
        let (question, is_v4) = (&query[12..name_end + 4], query[name_end + 1] == 1);
        let code = if label.starts_with("no") {
            3
        } else if label.starts_with("failed") {
            2
        } else {
            0
        };
        let answers = u8::from(code == 0 && is_v4);
        let mut response = [&query[..2], &[0x81, 0x80 | code, 0, 1, 0, answers, 0, 0, 0, 0], question].concat();
        if answers == 1 {
            let ttl: String = label.chars().filter(char::is_ascii_digit).collect();
            let address = if label.starts_with("private") { [127, 0, 0, 1] } else { [93, 184, 215, 14] };
            response.extend([0xc0, 12, 0, 1, 0, 1]);
            response.extend(ttl.parse::<u32>().unwrap().to_be_bytes());
            response.extend([&[0, 4], &address[..]].concat());
        }
        (response, is_v4)
    }

    #[tokio::test]
    async fn an_answer_is_kept_for_its_time_to_live() {
        let (resolver, queries) = server().await;
        let address = SocketAddr::from(([93, 184, 215, 14], 0));
        for (host, expected) in [("kept60.example.", 1), ("fresh0.example.", 3)] {
            let before = queries.load(Ordering::SeqCst);
            for _ in 0..3 {
                assert_eq!(resolver.addresses(host).await.unwrap(), [address]);
            }
            assert_eq!(queries.load(Ordering::SeqCst) - before, expected, "{host}");
        }
    }

    #[tokio::test]
    async fn failures_are_named() {
        let (resolver, _) = server().await;
        let failed = |host: &'static str| {
            let resolver = resolver.clone();
            async move { resolver.addresses(host).await.unwrap_err().to_string() }
        };
        assert_eq!(failed("no1.example.").await, "there is no host no1.example.");
        assert!(failed("failed1.example.").await.starts_with("the name servers cannot resolve failed1.example."));
        assert!(failed("private60.example.").await.contains("127.0.0.1, which is not public"));
    }

    #[tokio::test]
    async fn a_machine_without_name_servers_differs_from_a_host_without_an_address() {
        let mut builder = builder(1);
        (builder.options_mut().timeout, builder.options_mut().attempts) = (Duration::from_millis(50), 1);
        let resolver = Resolver::with(builder, false).unwrap();
        let error = resolver.addresses("e.example.").await.unwrap_err();
        assert!(matches!(error.downcast_ref(), Some(NameError::NoServer(_))), "{error}");
    }

    #[tokio::test]
    async fn localhost_names_are_rejected() {
        for host in ["localhost", "news.localhost", "LOCALHOST."] {
            let error = Resolver::new(false).addresses(host).await.unwrap_err();
            assert!(error.downcast_ref::<AddressError>().is_some(), "{host}");
            assert!(!Resolver::new(true).addresses(host).await.unwrap().is_empty());
        }
    }
}
