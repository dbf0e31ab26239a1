//! Asks a running process whether it is ready: the health check of a container, which needs neither a shell nor an HTTP client.

use crate::terminal::Escaped;
use std::{
    io::{self, Read, Write},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream},
    process,
    time::{Duration, Instant},
};

/// Exit code of `--health` if the process is not ready, or does not answer. Container engines know 0 and 1 only.
pub const UNHEALTHY: u8 = 1;

/// Time that the answer may take, less than the timeout of any health check.
const TIMEOUT: Duration = Duration::from_secs(2);
/// Most bytes of an answer that are read: the conditions of all services are under 2 KiB.
const MOST: usize = 64 * 1024;
const REQUEST: &[u8] = b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

/// Prints the conditions of the process whose admin routes are at `admin`, and ends this process: with 0 if that one is ready,
/// else with 1 ([`UNHEALTHY`]).
pub fn answer(admin: SocketAddr) -> ! {
    let status = match ask(admin, TIMEOUT) {
        Ok(conditions) => {
            // A closed pipe is not an error.
            drop(writeln!(Escaped::new(io::stdout().lock()), "{conditions}"));
            0
        }
        Err(error) => {
            drop(writeln!(Escaped::new(io::stderr().lock()), "{error}"));
            UNHEALTHY
        }
    };
    process::exit(i32::from(status))
}

/// The body of `/readyz` at `admin`, if it is answered with 200 within `timeout`. If the process listens on all addresses, it
/// is asked on the loopback address.
///
/// # Errors
/// A sentence: nothing answers there, not in time, or the process is not ready, with its conditions.
pub fn ask(admin: SocketAddr, timeout: Duration) -> Result<String, String> {
    let address = reached(admin);
    let answer = exchange(address, timeout).map_err(|error| format!("{address}: {error}"))?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let status = head.split(' ').nth(1).unwrap_or_default();
    match status {
        "200" => Ok(body.to_owned()),
        "503" => Err(format!("not ready: {body}")),
        _ => Err(format!("{address} is not the admin address of newswire: status {status:?}")),
    }
}

fn exchange(address: SocketAddr, timeout: Duration) -> io::Result<String> {
    let deadline = Instant::now() + timeout;
    let left = || {
        let left = deadline.saturating_duration_since(Instant::now());
        (!left.is_zero()).then_some(left).ok_or_else(|| io::Error::new(io::ErrorKind::TimedOut, "no answer in time"))
    };
    let mut stream = TcpStream::connect_timeout(&address, timeout)?;
    stream.set_write_timeout(Some(left()?))?;
    stream.write_all(REQUEST)?;
    let (mut answer, mut part) = (Vec::new(), [0; 4096]);
    // The time is that of the whole answer: one that comes in single bytes has no more of it.
    while answer.len() < MOST {
        stream.set_read_timeout(Some(left()?))?;
        match stream.read(&mut part) {
            Ok(0) => break,
            Ok(read) => answer.extend_from_slice(part.get(..read).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

/// The address at which this machine reaches a listener.
fn reached(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    const SOON: Duration = Duration::from_millis(300);

    /// A listener on all addresses, and what a process that answers each connection with `serve` is found to be.
    fn asked(serve: impl Fn(TcpStream) + Send + 'static) -> Result<String, String> {
        let listener = TcpListener::bind("0.0.0.0:0").unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || listener.incoming().flatten().for_each(serve));
        ask(address, SOON)
    }

    fn saying(answer: &'static str) -> impl Fn(TcpStream) + Send + 'static {
        move |mut stream| {
            drop(stream.read(&mut [0; 1024]));
            drop(stream.write_all(answer.as_bytes()));
        }
    }

    #[test]
    fn a_process_is_ready_if_it_says_so() {
        assert_eq!(asked(saying("HTTP/1.1 200 OK\r\nx: y\r\n\r\n{\"ready\":true}")).unwrap(), "{\"ready\":true}");
        let error = asked(saying("HTTP/1.1 503 Service Unavailable\r\n\r\n{\"ready\":false}")).unwrap_err();
        assert_eq!(error, "not ready: {\"ready\":false}");
        assert!(asked(saying("SSH-2.0\r\n")).unwrap_err().contains("not the admin address"));
    }

    #[test]
    fn a_process_that_does_not_answer_in_time_is_not_ready() {
        assert!(asked(std::mem::forget).unwrap_err().contains("no answer in time"));
        let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        assert!(ask(closed, SOON).is_err());
    }

    #[test]
    fn an_answer_without_an_end_has_an_end() {
        let endless = asked(|mut stream| while stream.write_all(&[b'x'; 4096]).is_ok() {});
        assert!(endless.unwrap_err().contains("not the admin address"));
    }
}
