//! A service whose rights are given one by one: it names the one that it lacks, and goes on once it has it.

use crate::client::{Client, LIMIT, grant};
use proto::{
    partition,
    topic::Topic,
    v1::Article,
    wire::{self, Encoding, Message},
};
use stream::{
    Log, Outgoing,
    kafka::{Kafka, KafkaConfig},
};
use test_support::{kcat, process::Process, wait::within};

/// Waits until the service logs that this right is missing, and restarts a process that has given up.
fn names(client: &Client, enricher: &mut Process, missing: &str) {
    let named = within(LIMIT, || {
        if enricher.ended().is_some() {
            *enricher = client.start("enricher", &[]);
        }
        client.logged("enricher").contains(&format!("{missing} is missing"))
    });
    assert!(named, "{missing} is not named: {}", enricher.log_tail());
}

#[test]
fn each_missing_right_is_named_and_with_all_that_are_printed_the_service_works() {
    let Some(client) = Client::new("rights") else { return };
    client.run(&["topics", "apply"]);
    write_article(&client);
    let rights = client.printed_rights("enricher");
    let (articles, enriched) = (client.topic(Topic::Articles), client.topic(Topic::Enriched));
    let group = format!("{}enricher", client.prefix);
    let give = |part: &str| {
        let commands: Vec<String> = rights.iter().filter(|command| command.contains(part)).cloned().collect();
        assert_eq!(commands.len(), 1, "{part}: {rights:?}");
        grant(&commands);
    };
    let mut enricher = client.start("enricher", &[]);
    for (missing, command) in [
        (
            format!("Describe on topic {}", client.topic(Topic::Feeds)),
            "--operation Describe --operation DescribeConfigs",
        ),
        (format!("Write on transactional id {group}.0"), "--transactional-id"),
        (format!("Describe on group {group}"), &*format!("--operation Read --group {group}")),
        (format!("Read on topic {articles}"), "--operation Read --topic"),
        (format!("Write on topic {enriched}"), "--operation Write --topic"),
    ] {
        names(&client, &mut enricher, &missing);
        give(command);
    }
    let works = within(LIMIT, || {
        if enricher.ended().is_some() {
            enricher = client.start("enricher", &[]);
        }
        !kcat::read_all(&client.broker.admin, &enriched).is_empty()
    });
    assert!(works, "{}", enricher.log_tail());
}

fn write_article(client: &Client) {
    let kafka = Kafka::new(KafkaConfig::new(&client.broker.admin)).unwrap();
    let id = proto::id::article_id("https://news.example.com/1");
    let article = Article { article_id: id.clone(), title: "The ferry sails again".into(), ..Article::default() };
    let event = wire::Attributes {
        id: "test/1",
        event_type: Article::TYPE,
        source: "newswire/test",
        time: jiff::Timestamp::now(),
    };
    let record = Outgoing {
        topic: client.topic(Topic::Articles),
        partition: partition::of(id.as_bytes(), 3),
        key: id.into_bytes(),
        value: Some(Encoding::Json.encode(&article).unwrap()),
        headers: wire::headers(Encoding::Json, &event, None),
    };
    kafka.append(vec![record]).unwrap();
}
