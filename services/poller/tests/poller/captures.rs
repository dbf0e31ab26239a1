use crate::server::{Response, Server};
use crate::service::Service;
use proto::topic::Topic;
use std::collections::{HashMap, HashSet};

/// The raw items of each captured feed are the distinct identities of its entries.
#[test]
fn captured_feeds_give_one_item_per_identity() {
    let Some(folder) = test_support::corpora::find("corpora/publishers") else { return };
    let captures: HashMap<String, Vec<u8>> = std::fs::read_dir(&folder)
        .unwrap()
        .flatten()
        .map(|file| (format!("/{}", file.file_name().to_string_lossy()), std::fs::read(file.path()).unwrap()))
        .filter(|(name, _)| name != "/manifest.json")
        .collect();
    let bodies = captures.clone();
    let server = Server::start(move |request| match bodies.get(&request.path) {
        Some(body) => Response::new(200, body.clone()).with("ETag", "\"1\""),
        None => Response::new(404, ""),
    });
    let data = tempfile::tempdir().unwrap();
    let service = Service::start(data.path());
    let mut expected: HashMap<String, usize> = HashMap::new();
    for (path, body) in &captures {
        let url = server.url(path);
        let context = poller::document::Context::new(url.as_str());
        let document = poller::parse::read(body, &context).unwrap_or_else(|error| panic!("{path}: {error}"));
        // An empty item is dropped.
        let has_content = |entry: &poller::document::Entry| {
            [&entry.title, &entry.link, &entry.summary, &entry.content].iter().any(|text| !text.trim().is_empty())
        };
        let fingerprints = poller::identity::fingerprints(&document);
        let ids: HashSet<u128> = poller::identity::identify(url.as_str(), &document, &fingerprints, &[])
            .into_iter()
            .filter(|one| has_content(one.entry))
            .map(|one| one.article_id)
            .collect();
        if ids.len() != document.entries.len() {
            println!("{path}: {} entries, {} identities", document.entries.len(), ids.len());
        }
        expected.insert(proto::id::feed_id(url.as_str()), ids.len());
        service.add(&url, |feed| feed.backfill = "all".into());
    }
    service.until(Topic::FeedState, "every feed polled", || service.states().len() == captures.len());
    let mut found: HashMap<String, usize> = HashMap::new();
    for item in service.items() {
        *found.entry(item.feed_id).or_default() += 1;
    }
    expected.retain(|_, count| *count > 0);
    assert_eq!(found, expected);
    println!("{} feeds, {} items", captures.len(), found.values().sum::<usize>());
    service.stop();
}
