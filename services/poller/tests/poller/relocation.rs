//! Definitions that an earlier version wrote with secrets in their URL.

use crate::server::{Response, Server};
use crate::service::{PARTITIONS, Service, config, rss};
use jiff::{SignedDuration, Timestamp};
use poller::credentials::CredentialArgs;
use proto::{
    id, partition, time,
    topic::{Names, Topic},
    v1::{Feed, FeedHealth, FeedState},
    wire::Encoding,
};
use std::{path::Path, sync::Arc};
use stream::{Outgoing, embedded::Embedded};

const SECRET: &str = "s3cret-of-old";

fn start(folder: &Path, credentials_file: Option<&Path>) -> Service {
    let arguments =
        CredentialArgs { credentials_file: credentials_file.map(Path::to_path_buf), ..CredentialArgs::default() };
    let mut config = config(SignedDuration::from_millis(100));
    config.credentials = arguments.check().unwrap();
    Service::start_with("0", Arc::new(Embedded::open(folder).unwrap()), Names::default(), config)
}

fn polled_at(state: &FeedState) -> Option<Timestamp> {
    time::from_wire(state.last_polled_at.as_ref()?)
}

#[test]
fn secrets_leave_an_old_definition_and_its_state_stays() {
    let server = Server::start(|request| match request.path.as_str() {
        path if path.contains(SECRET) => Response::new(200, rss(&[("a", "One")], 0)),
        _ => Response::new(404, ""),
    });
    let (folder, file) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let file = file.path().join("credentials.json");
    let clear = server.url(&format!("/feed?token={SECRET}"));
    let old = Feed { feed_id: id::feed_id(clear.as_str()), url: clear.to_string(), ..Feed::default() };
    let bare = server.url("/feed?token=***");
    let new_id = id::feed_id_with(bare.as_str(), "127.0.0.1");

    let service = start(folder.path(), None);
    let record = Outgoing {
        topic: service.runtime.names.of(Topic::Feeds),
        partition: partition::of_host("127.0.0.1", PARTITIONS),
        key: old.feed_id.clone().into_bytes(),
        value: Some(Encoding::Json.encode(&old).unwrap()),
        headers: Vec::new(),
    };
    service.runtime.log.append(vec![record]).unwrap();
    service.until(Topic::FeedState, "polled without a file", || service.states().contains_key(&old.feed_id));
    let before = service.states().remove(&old.feed_id).unwrap();
    service.stop();

    let service = start(folder.path(), Some(&file));
    service.until(Topic::FeedState, "polled under the new id", || {
        service.states().get(&new_id).is_some_and(|(state, _)| polled_at(state) > polled_at(&before.0))
    });
    let (state, entries) = service.states().remove(&new_id).unwrap();
    assert_eq!((state.url.as_str(), state.first_polled_at), (bare.as_str(), before.0.first_polled_at));
    assert_eq!(
        entries.iter().map(|entry| entry.key).collect::<Vec<_>>(),
        before.1.iter().map(|e| e.key).collect::<Vec<_>>()
    );
    assert_eq!(service.items().len(), 1, "nothing is published again");
    // The old key is a tombstone on each topic, so that compaction removes what it held.
    let definitions = service.table::<Feed>(Topic::Feeds);
    assert!(definitions[&old.feed_id].is_none());
    assert_eq!(definitions[&new_id].as_ref().unwrap().credentials_ref, "127.0.0.1");
    assert!(service.table::<FeedState>(Topic::FeedState)[&old.feed_id].is_none());
    assert!(service.table::<FeedHealth>(Topic::FeedHealth)[&new_id].is_some());
    assert!(std::fs::read_to_string(&file).unwrap().contains(SECRET));
    let written = definitions[&new_id].as_ref().unwrap();
    assert!(!format!("{written:?}").contains(SECRET));
    service.stop();
}
