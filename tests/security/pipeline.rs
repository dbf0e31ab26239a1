//! Every service with its own rights, and no others.

use crate::client::{Client, LIMIT, grant};
use std::time::Duration;
use test_support::{
    http, port,
    publisher::{Item, Publisher, rss},
    wait::within,
};

#[test]
fn the_pipeline_works_where_each_service_has_the_rights_that_are_printed() {
    let Some(client) = Client::new("pipeline") else { return };
    let services = ["poller", "normaliser", "enricher", "gateway"];
    let rights = ["operator"].iter().chain(&services).flat_map(|service| client.printed_rights(service));
    grant(&rights.collect::<Vec<_>>());
    let operator = client.broker.flags("newswire-operator");
    let plan = || client.command(&["topics", "plan"], &operator);
    assert!(within(LIMIT, || plan().2 == 2), "the broker has the rights, and no topics: {:?}", plan());
    client.run_as("newswire-operator", &["topics", "apply"]);
    let (planned, error, code) = plan();
    assert!(code == 0 && planned.ends_with("topics are as declared\n"), "{planned}{error}");

    let publisher = Publisher::start(1);
    let item = Item {
        guid: "1".into(),
        link: format!("{}/1", publisher.base(0)),
        title: "The ferry sails again".into(),
        body: "<p>The ferry between Kiel and Oslo sails again.</p>".into(),
        published: jiff::Timestamp::now(),
    };
    publisher.put("/feed", "application/rss+xml", rss("Harbour", &publisher.base(0), [&item]));
    client.run_as("newswire-operator", &["feeds", "add", &format!("{}/feed", publisher.base(0))]);

    let listen = format!("127.0.0.1:{}", port::free());
    let mut processes = vec![
        client.start("poller", &["--allow-private-networks", "--host-interval", "0s", "--poll-interval", "1s"]),
        client.start("normaliser", &[]),
        client.start("enricher", &[]),
        client.start("gateway", &["--listen", &listen]),
    ];
    let shown = within(LIMIT, || {
        processes.iter_mut().any(|process| process.ended().is_some())
            || http::get(&listen, "/v1/articles").is_some_and(|body| body.contains("The ferry sails again"))
    });
    let tails: Vec<String> = processes.iter().map(|process| process.log_tail()).collect();
    assert!(shown && processes.iter_mut().all(|process| process.ended().is_none()), "{}", tails.join("\n\n"));
    // What is only logged, or only tried later, would be a right that is missing, too.
    for (service, process) in services.iter().zip(&mut processes) {
        assert!(process.stop(Duration::from_secs(30)).success(), "{}", process.log_tail());
        let log = client.logged(service);
        assert!(!log.contains("is missing") && !log.contains("denied") && !log.contains("authorization"), "{log}");
    }
}
