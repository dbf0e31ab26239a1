//! An HTTP client for processes on loopback.

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::Duration,
};

/// The body of the response to `GET http://address/path`; `None` if there is no response within a second.
#[must_use]
pub fn get(address: &str, path: &str) -> Option<String> {
    let limit = Duration::from_secs(1);
    let mut stream = TcpStream::connect_timeout(&address.parse().ok()?, limit).ok()?;
    stream.set_read_timeout(Some(limit)).ok()?;
    write!(stream, "GET {path} HTTP/1.0\r\nHost: {address}\r\n\r\n").ok()?;
    let mut response = Vec::new();
    stream.read_to_end(&mut response).ok()?;
    let text = String::from_utf8(response).ok()?;
    text.split_once("\r\n\r\n").map(|(_, body)| body.to_owned())
}
