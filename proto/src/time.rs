//! Timestamps between the wire and `jiff`.

use crate::Timestamp;

/// The wire's form of `at`.
#[must_use]
pub fn to_wire(at: jiff::Timestamp) -> Timestamp {
    // jiff's nanoseconds carry the sign of the second; the wire's never are negative.
    let (mut seconds, mut nanos) = (at.as_second(), at.subsec_nanosecond());
    if nanos < 0 {
        seconds -= 1;
        nanos += 1_000_000_000;
    }
    Timestamp { seconds, nanos }
}

/// `None` if the wire's value is out of the range of years -9999 to 9999.
#[must_use]
pub fn from_wire(at: &Timestamp) -> Option<jiff::Timestamp> {
    jiff::Timestamp::new(at.seconds, at.nanos).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_before_1970_keep_their_instant() {
        let at: jiff::Timestamp = "1969-12-31T23:59:59.5Z".parse().unwrap();
        let wire = to_wire(at);
        assert_eq!((wire.seconds, wire.nanos), (-1, 500_000_000));
        assert_eq!(from_wire(&wire), Some(at));
    }
}
