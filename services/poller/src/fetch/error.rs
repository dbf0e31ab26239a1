use super::{address_filter::AddressError, resolver::NameError};
use crate::rate_limit::HostBlockedError;
use std::{error::Error, io};

/// Why a request gave no response.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum FetchError {
    /// The address filter rejects the URL or an address of its host.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// The robots.txt of this origin disallows the path.
    #[error("robots.txt of {0} disallows the path")]
    Robots(String),
    /// The robots.txt of this origin answers with a server error, which disallows everything (RFC 9309 section 2.3.1.4).
    #[error("robots.txt of {0} is unreachable: server error")]
    RobotsUnreachable(String),
    /// The host is blocked by its Retry-After.
    #[error(transparent)]
    Blocked(#[from] HostBlockedError),
    /// A redirect loop, too many redirects, or a redirect without a usable target.
    #[error("{0}")]
    Redirect(String),
    /// The feed's credential is missing, or does not fit it.
    #[error("{0}")]
    Credentials(String),
    /// The decompressed body exceeds this many bytes.
    #[error("the body is larger than {0} bytes")]
    TooLarge(usize),
    /// A page was expected and the response has this Content-Type.
    #[error("the response is no HTML but {0:?}")]
    NotHtml(String),
    /// An invalid response, or one that ends early, or none of another host that a redirect leads to.
    #[error("{0}")]
    Network(String),
    /// The host of the requested URL did not answer: name resolution, connection, TLS, or a timeout before the
    /// response.
    #[error("{reason}")]
    NoAnswer {
        /// What happened.
        reason: String,
        /// True where it looks like a machine without network: no route, no name server.
        is_offline: bool,
    },
    /// This version cannot process the response, by a fault of its own.
    #[error("{0}")]
    Fault(String),
    /// This machine lacks what every request needs: file descriptors, ports or memory.
    #[error("{0}")]
    Local(String),
    /// This process works on too many large documents to read another one now.
    #[error("{0}")]
    Busy(&'static str),
}

/// `EMFILE` and `ENFILE` on Linux, macOS and the BSDs: too many open files of the process and of the system.
const TOO_MANY_FILES: [i32; 2] = [24, 23];

impl From<reqwest::Error> for FetchError {
    /// The resolver's errors are distant causes of a connection error: they are looked for first.
    fn from(error: reqwest::Error) -> Self {
        let mut causes: Vec<&(dyn Error + 'static)> = Vec::new();
        let mut cause: Option<&(dyn Error + 'static)> = Some(&error);
        while let Some(error) = cause {
            if let Some(refused) = error.downcast_ref::<AddressError>() {
                return FetchError::Address(refused.clone());
            }
            if let Some(unnamed) = error.downcast_ref::<NameError>() {
                let is_offline = matches!(unnamed, NameError::NoServer(_));
                return FetchError::NoAnswer { reason: unnamed.to_string(), is_offline };
            }
            causes.push(error);
            cause = error.source();
        }
        let reason = with_causes(&error);
        let io = causes.into_iter().find_map(|cause| cause.downcast_ref::<io::Error>());
        if io.is_some_and(is_local) {
            return FetchError::Local(reason);
        }
        if !error.is_connect() && !error.is_timeout() {
            return FetchError::Network(reason);
        }
        let unreachable =
            matches!(io.map(io::Error::kind), Some(io::ErrorKind::NetworkUnreachable | io::ErrorKind::NetworkDown));
        // EAI_AGAIN of glibc and of musl: no name server answers.
        let unnamed = ["Temporary failure in name resolution", "Try again"].iter().any(|text| reason.contains(text));
        FetchError::NoAnswer { reason, is_offline: unreachable || unnamed }
    }
}

fn is_local(error: &io::Error) -> bool {
    let is_full = error.raw_os_error().is_some_and(|code| TOO_MANY_FILES.contains(&code));
    is_full || matches!(error.kind(), io::ErrorKind::AddrNotAvailable | io::ErrorKind::OutOfMemory)
}

/// An error with its causes on one line, without the URL, which may hold a secret.
pub(super) fn with_causes(error: &reqwest::Error) -> String {
    let mut text = if error.is_timeout() { "timed out".to_owned() } else { error.to_string() };
    if let Some(url) = error.url() {
        text = text.replace(&format!(" for url ({url})"), "");
    }
    let mut cause = error.source();
    while let Some(error) = cause {
        let next = error.to_string();
        if !text.contains(&next) {
            text.push_str(": ");
            text.push_str(&next);
        }
        cause = error.source();
    }
    text
}
