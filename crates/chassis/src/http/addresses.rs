//! Connections by the client's address, also behind proxies.

use axum::http::{HeaderMap, header};
use ipnet::IpNet;
use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Arc, Mutex, PoisonError},
};

/// Counts what each address holds. Clones share the counts.
#[derive(Debug, Clone)]
pub(super) struct Addresses {
    limit: usize,
    held: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

/// One of an address's places; it is free again on drop.
#[derive(Debug)]
pub(super) struct Place {
    addresses: Addresses,
    address: IpAddr,
}

impl Addresses {
    pub fn new(limit: usize) -> Self {
        Addresses { limit, held: Arc::default() }
    }

    /// A place for this address; `None` if it holds as many as the limit.
    pub fn enter(&self, address: IpAddr) -> Option<Place> {
        let address = network(address);
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let count = held.entry(address).or_default();
        if *count >= self.limit {
            return None;
        }
        *count += 1;
        Some(Place { addresses: self.clone(), address })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut held = self.addresses.held.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = held.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                held.remove(&self.address);
            }
        }
    }
}

/// The address that is counted: a client has a whole /64 of IPv6 to itself.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
        address => address,
    }
}

/// True if one of the networks contains the address.
pub(super) fn contains(networks: &[IpNet], address: IpAddr) -> bool {
    networks.iter().any(|network| network.contains(&address.to_canonical()))
}

/// The client's address by the headers of trusted proxies, `X-Forwarded-For` or else `Forwarded` (RFC 7239): the last one
/// that is not itself a proxy. `None` if they name none.
pub(super) fn forwarded(headers: &HeaderMap, proxies: &[IpNet]) -> Option<IpAddr> {
    let lines =
        |name| headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).collect::<Vec<_>>().join(",");
    let mut named: Vec<String> = lines(axum::http::HeaderName::from_static("x-forwarded-for"))
        .split(',')
        .map(|part| part.trim().to_owned())
        .filter(|part| !part.is_empty())
        .collect();
    if named.is_empty() {
        named = lines(header::FORWARDED).split(',').filter_map(for_parameter).collect();
    }
    for text in named.iter().rev() {
        // An element that is no address was not written by a proxy that knows its client.
        let address = parse(text)?;
        if !contains(proxies, address) {
            return Some(address);
        }
    }
    None
}

/// The value of `for=` of an element of `Forwarded`.
fn for_parameter(element: &str) -> Option<String> {
    let is_for = |pair: &&str| pair.trim().get(..4).is_some_and(|name| name.eq_ignore_ascii_case("for="));
    let pair = element.split(';').find(is_for)?;
    Some(pair.trim()[4..].trim_matches('"').to_owned())
}

/// An address with or without a port: `192.0.2.1:80`, `[2001:db8::1]:80`, `2001:db8::1`.
fn parse(text: &str) -> Option<IpAddr> {
    let plain = text.strip_prefix('[').and_then(|rest| rest.split_once(']')).map_or(text, |(address, _)| address);
    plain.parse().ok().or_else(|| text.rsplit_once(':')?.0.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(name: &'static str, value: &str) -> Option<String> {
        let proxies = ["10.0.0.0/8".parse().unwrap(), "2001:db8:ffff::/48".parse().unwrap()];
        let mut headers = HeaderMap::new();
        headers.insert(name, value.parse().unwrap());
        forwarded(&headers, &proxies).map(|address| address.to_string())
    }

    #[test]
    fn the_last_address_that_is_no_proxy_is_the_client() {
        assert_eq!(client("x-forwarded-for", "203.0.113.9, 192.0.2.7, 10.0.0.3").as_deref(), Some("192.0.2.7"));
        assert_eq!(client("x-forwarded-for", "192.0.2.7:4711").as_deref(), Some("192.0.2.7"));
        assert_eq!(client("x-forwarded-for", "192.0.2.7, unknown, 10.0.0.3"), None);
        assert_eq!(client("x-forwarded-for", "10.0.0.3"), None);
        let value = "for=203.0.113.9, For=\"[2001:db8::17]:4711\";proto=https, for=10.0.0.3";
        assert_eq!(client("forwarded", value).as_deref(), Some("2001:db8::17"));
        assert_eq!(client("via", "192.0.2.7"), None);
    }

    #[test]
    fn an_address_holds_as_many_places_as_the_limit() {
        let addresses = Addresses::new(2);
        let enter = |text: &str| addresses.enter(text.parse().unwrap());
        let held = (enter("192.0.2.1"), enter("::ffff:192.0.2.1"));
        assert!(enter("192.0.2.1").is_none() && enter("192.0.2.2").is_some());
        drop(held);
        assert!(addresses.held.lock().unwrap().is_empty() && enter("192.0.2.1").is_some());
        let _held = (enter("2001:db8::1"), enter("2001:db8::2"));
        assert!(enter("2001:db8::3").is_none() && enter("2001:db8:0:1::3").is_some());
    }
}
