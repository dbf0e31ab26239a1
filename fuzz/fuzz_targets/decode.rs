//! Decodes any bytes as each message of the contract, in both encodings, and as a dead letter. What was decoded is written
//! and decoded again to the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use proto::{
    v1::{
        Article, ArticleState, EnrichedArticle, Feed, FeedEntries, FeedHealth, FeedState, RawItem, Signature,
        StoryLabel, Withdrawal,
    },
    wire::{Encoding, Message, decode},
};
use stream::{DeadLetter, Record};

fn round_trip<M: Message>(encoding: Encoding, bytes: &[u8]) {
    let content_type = Some(encoding.content_type());
    let Ok(message) = decode::<M>(content_type, bytes) else { return };
    // A time that JSON cannot express is an error, not a panic.
    let Ok(written) = encoding.encode(&message) else { return };
    let again = decode::<M>(content_type, &written).expect("what was written can be read");
    // Not by `==`: a number may be NaN.
    assert_eq!(encoding.encode(&again).expect("it was written before"), written);
}

fuzz_target!(|input: (u8, bool, &[u8])| {
    let (kind, json, bytes) = input;
    let encoding = if json { Encoding::Json } else { Encoding::Protobuf };
    match kind % 12 {
        0 => round_trip::<Article>(encoding, bytes),
        1 => round_trip::<ArticleState>(encoding, bytes),
        2 => round_trip::<EnrichedArticle>(encoding, bytes),
        3 => round_trip::<Feed>(encoding, bytes),
        4 => round_trip::<FeedEntries>(encoding, bytes),
        5 => round_trip::<FeedHealth>(encoding, bytes),
        6 => round_trip::<FeedState>(encoding, bytes),
        7 => round_trip::<RawItem>(encoding, bytes),
        8 => round_trip::<Signature>(encoding, bytes),
        9 => round_trip::<Withdrawal>(encoding, bytes),
        10 => round_trip::<StoryLabel>(encoding, bytes),
        _ => {
            // Headers are the lines of the bytes, `name=value`; the value is the rest after an empty line.
            let at = bytes.windows(2).position(|pair| pair == b"\n\n").unwrap_or(bytes.len());
            let headers = bytes[..at].split(|byte| *byte == b'\n').filter_map(|line| {
                let at = line.iter().position(|byte| *byte == b'=')?;
                Some((String::from_utf8_lossy(&line[..at]).into_owned(), line[at + 1..].to_vec()))
            });
            let record = Record {
                topic: "news.dead-letter.v1".into(),
                partition: 0,
                offset: 0,
                timestamp_ms: 0,
                key: b"k".to_vec(),
                value: bytes.get(at + 2..).map(<[u8]>::to_vec),
                headers: headers.collect(),
            };
            drop(DeadLetter::from_record(&record));
        }
    }
});
