//! Ports for processes that cannot choose one themselves.

/// A port that is free on every loopback address.
///
/// # Panics
/// If the system has none.
#[must_use]
pub fn free() -> u16 {
    std::net::TcpListener::bind("0.0.0.0:0").unwrap().local_addr().unwrap().port()
}
