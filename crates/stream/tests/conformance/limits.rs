//! Size limits of records.

use crate::{harness::Harness, help};
use proto::topic::Topic;
use stream::{LogError, Outgoing};

crate::harness::on_both_logs! {
    a_record_at_the_limit_is_written
    a_record_over_the_limit_is_refused_and_nothing_is_written
    a_refused_record_at_the_limit_still_fits_the_dead_letters
}

/// A record of exactly `bytes` bytes.
fn record(topic: &str, bytes: usize) -> Outgoing {
    let small = help::plain(topic, "k", "");
    let value = vec![b'x'; bytes - small.size()];
    let record = Outgoing { value: Some(value), ..small };
    assert_eq!(record.size(), bytes);
    record
}

fn a_record_at_the_limit_is_written(harness: &mut Harness) {
    let (log, raw) = (harness.log(), harness.names().of(Topic::Raw));
    let record = record(&raw, log.max_record_bytes());
    log.append(vec![record.clone()]).unwrap();
    assert_eq!(help::all(&*log, &raw)[0].value, record.value);
}

fn a_record_over_the_limit_is_refused_and_nothing_is_written(harness: &mut Harness) {
    let (log, raw) = (harness.log(), harness.names().of(Topic::Raw));
    let records = vec![help::plain(&raw, "a", "small"), record(&raw, log.max_record_bytes() + 1)];
    let error = log.append(records).unwrap_err();
    assert!(matches!(error, LogError::TooLarge { bytes: 1_000_001, limit: 1_000_000, .. }), "{error}");
    assert_eq!(
        error.to_string(),
        format!("a record of 1000001 bytes for {raw}, key \"k\", is over the limit of 1000000 bytes")
    );
    assert!(help::all(&*log, &raw).is_empty());
    log.append(vec![help::plain(&raw, "a", "small")]).unwrap();
}

fn a_refused_record_at_the_limit_still_fits_the_dead_letters(harness: &mut Harness) {
    let runtime = harness.runtime();
    let (raw, dead_letters) = (runtime.names.of(Topic::Raw), runtime.names.of(Topic::DeadLetter));
    // It cannot be decoded as an item.
    let huge = record(&raw, runtime.log.max_record_bytes());
    runtime.log.append(vec![huge.clone()]).unwrap();
    help::run_stage(&runtime, || !help::all(&*runtime.log, &dead_letters).is_empty());
    let dead_letter = stream::DeadLetter::from_record(&help::all(&*runtime.log, &dead_letters)[0]).unwrap();
    assert_eq!((dead_letter.record.value, dead_letter.reason.as_str()), (huge.value, "undecodable"));
}
