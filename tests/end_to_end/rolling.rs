//! Each replica is replaced in turn, by SIGTERM, while articles come in.

use crate::{
    feed::Feed,
    newswire::{LIMIT, Log, Newswire},
};
use std::{collections::BTreeMap, time::Duration};
use test_support::{
    http, kafka, port,
    process::Process,
    publisher::opml,
    wait::{eventually, within},
};

/// The time in which a service is to stop, and the time that its own deadline leaves it.
const STOP: Duration = Duration::from_secs(20);
const POLLS: [&str; 5] = ["--poll-interval", "1s", "--host-interval", "20ms", "--allow-private-networks"];

/// A replica of a service.
struct Replica {
    service: &'static str,
    number: &'static str,
    admin: String,
    process: Option<Process>,
}

impl Replica {
    fn new(service: &'static str, number: &'static str) -> Self {
        Replica { service, number, admin: format!("127.0.0.1:{}", port::free()), process: None }
    }

    fn start(&mut self, newswire: &Newswire) {
        let own: &[&str] = if self.service == "poller" { &POLLS } else { &[] };
        let flags = [&["--replica", self.number, "--admin", &self.admin], own].concat();
        self.process = Some(newswire.service(self.service, &flags));
    }

    fn is_ready(&self) -> bool {
        http::get(&self.admin, "/readyz").is_some()
    }

    fn stop(&mut self) {
        let process = self.process.as_mut().unwrap();
        let status = process.stop(STOP);
        assert!(status.success(), "{} {}: {status}\n{}", self.service, self.number, process.log_tail());
    }
}

#[test]
fn while_each_replica_is_replaced_the_others_publish_and_each_article_is_published_once() {
    let Some(address) = kafka::shared() else { return };
    let mut feeds: Vec<Feed> = (0..4).map(|_| Feed::new(5)).collect();
    let list: Vec<(String, String)> = feeds.iter().map(|feed| (String::new(), feed.url())).collect();
    let newswire = Newswire::new(&Log::Kafka(address), &opml(&list));
    newswire.run(&["topics", "create"]);
    newswire.run(&["feeds", "import", newswire.folder().join("feeds.opml").to_str().unwrap()]);
    let two = |service| [Replica::new(service, "0"), Replica::new(service, "1")];
    let mut replicas: Vec<Replica> = ["poller", "normaliser", "enricher"].into_iter().flat_map(two).collect();
    replicas.iter_mut().for_each(|replica| replica.start(&newswire));
    eventually(LIMIT, "all replicas are ready", || replicas.iter().all(Replica::is_ready));

    let mut expected = 4 * 5;
    for replica in &mut replicas {
        replica.stop();
        feeds.iter_mut().for_each(|feed| feed.add(5));
        expected += 4 * 5;
        let what = format!("all is published without {} {}", replica.service, replica.number);
        eventually(LIMIT, &what, || newswire.enriched().len() >= expected);
        replica.start(&newswire);
        feeds.iter_mut().for_each(|feed| feed.add(5));
        expected += 4 * 5;
        eventually(LIMIT, "it is ready again", || replica.is_ready());
    }

    within(LIMIT, || newswire.enriched().len() >= expected);
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for record in newswire.enriched() {
        *counts.entry(record["url"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    let once: BTreeMap<String, usize> =
        feeds.iter().flat_map(|feed| &feed.items).map(|item| (item.link.clone(), 1)).collect();
    assert_eq!(counts, once);
    replicas.iter_mut().for_each(Replica::stop);
}
