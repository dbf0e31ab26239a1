use super::address_filter::AddressError;
use crate::rate_limit::HostBlockedError;
use std::error::Error;

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
    /// The decompressed body exceeds this many bytes.
    #[error("the body is larger than {0} bytes")]
    TooLarge(usize),
    /// Name resolution, connection, TLS, timeout, or an invalid response.
    #[error("{0}")]
    Network(String),
}

impl From<reqwest::Error> for FetchError {
    /// The resolver's [`AddressError`] is a distant cause of a connection error: it is looked for first.
    fn from(error: reqwest::Error) -> Self {
        let mut cause: Option<&(dyn Error + 'static)> = Some(&error);
        while let Some(error) = cause {
            if let Some(refused) = error.downcast_ref::<AddressError>() {
                return FetchError::Address(refused.clone());
            }
            cause = error.source();
        }
        FetchError::Network(with_causes(&error))
    }
}

/// An error with its causes on one line.
pub(super) fn with_causes(error: &reqwest::Error) -> String {
    let mut text = if error.is_timeout() { "timed out".to_owned() } else { error.to_string() };
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
