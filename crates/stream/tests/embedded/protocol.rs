//! Malformed messages on the socket: an answer or the end of the connection, and the process serves on.

use crate::help;
use proptest::prelude::*;
use proto::topic::Retention;
use std::{
    io::{Read, Write},
    net::Shutdown,
    os::unix::net::UnixStream,
    path::Path,
    sync::OnceLock,
    time::Duration,
};
use stream::{Admin, Log, embedded, embedded::Embedded};

const DAY: i64 = 24 * 60 * 60 * 1_000;

/// A log that all cases share.
fn log() -> &'static (tempfile::TempDir, Embedded) {
    static LOG: OnceLock<(tempfile::TempDir, Embedded)> = OnceLock::new();
    LOG.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let log = Embedded::open(folder.path()).unwrap();
        log.ensure_topics(&[help::topic("news", Retention::Delete(DAY))]).unwrap();
        log.append(vec![help::record("news", "k", Some("1"))]).unwrap();
        (folder, log)
    })
}

/// Sends frames, each with the length that it claims to have, and reads until the other side ends.
fn send(folder: &Path, frames: &[(Option<u32>, Vec<u8>)]) -> Vec<u8> {
    let mut stream = UnixStream::connect(folder.join("newswire.sock")).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    for (claimed, body) in frames {
        let length = claimed.unwrap_or(u32::try_from(body.len()).unwrap());
        // The other side may have ended the connection already.
        if stream.write_all(&[&length.to_be_bytes()[..], body].concat()).is_err() {
            break;
        }
    }
    drop(stream.shutdown(Shutdown::Write));
    let mut answer = Vec::new();
    if let Err(error) = stream.read_to_end(&mut answer) {
        assert_ne!(error.kind(), std::io::ErrorKind::WouldBlock, "no answer and no end to {frames:?}");
    }
    answer
}

fn frame() -> impl Strategy<Value = (Option<u32>, Vec<u8>)> {
    let body = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..40),
        // A known request with arbitrary fields. 9 writes a file, 12 is none.
        (
            prop::sample::select(vec![0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12_u8]),
            prop::collection::vec(any::<u8>(), 0..40)
        )
            .prop_map(|(kind, rest)| [vec![kind], rest].concat()),
        // Lengths that are far larger than what follows.
        (0..12_u8).prop_map(|kind| vec![kind, 0xff, 0xff, 0xff, 0xff, 0x0f, 1, 2]),
    ];
    (prop::option::weighted(0.1, any::<u32>()), body)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn malformed_messages_hurt_no_one_else(frames in prop::collection::vec(frame(), 1..5), greets in any::<bool>()) {
        let (folder, log) = log();
        let greeting = greets.then(|| (None, vec![0, 4]));
        let frames: Vec<_> = greeting.into_iter().chain(frames).collect();
        let answer = send(folder.path(), &frames);
        prop_assert!(!greets || answer.len() > 4, "a greeting is answered");
        let command = embedded::open(folder.path()).unwrap();
        prop_assert_eq!(command.ends("news").unwrap(), log.ends("news").unwrap());
        prop_assert_eq!(command.starts("news").unwrap(), log.starts("news").unwrap());
        prop_assert_eq!(help::all(&*command, "news")[0].key.clone(), b"k".to_vec());
    }
}
