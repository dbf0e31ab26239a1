//! How many polls may be in flight, by the file descriptors of the process.

/// Descriptors for everything else: the log, the broker, clients of the gateway, files.
const RESERVED: u64 = 256;
/// Descriptors of a poll: its connection, another one while it connects by IPv4 and IPv6, the resolver's, and one that is
/// idle until it is used again.
const PER_POLL: u64 = 4;

/// The number of concurrent polls: `wanted`, or what `descriptors` (the soft limit of the process) suffice for.
pub(super) fn parallel(wanted: usize, descriptors: u64) -> usize {
    // Half of a small limit.
    let free = descriptors.saturating_sub(RESERVED).max(descriptors / 2);
    wanted.min(usize::try_from(free / PER_POLL).unwrap_or(usize::MAX)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn polls_leave_descriptors_for_everything_else() {
        assert_eq!(parallel(256, u64::MAX), 256);
        assert_eq!(parallel(256, 1_024), 192);
        assert_eq!(parallel(64, 1_024), 64);
        assert_eq!(parallel(64, 100), 12);
        assert_eq!(parallel(64, 0), 1);
    }
}
