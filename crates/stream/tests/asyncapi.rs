//! `docs/asyncapi.json`, an AsyncAPI 3.0 document of the topics, is made of the table of topics, the schemas of the messages
//! and the headers that records have. `NEWSWIRE_GOLDEN=1` writes it; `make lint` validates it.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a failure in a helper ends the test")]

use proto::{
    schema,
    topic::{Key, Kind, Names, PARTITIONS, PartitionedBy, Retention, Settings, Topic},
    wire,
};
use serde_json::{Map, Value, json};
use stream::header;

const BINDING: &str = "0.5.0";

#[test]
fn the_asyncapi_document_describes_the_topics() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/asyncapi.json");
    let document = serde_json::to_string_pretty(&document()).unwrap() + "\n";
    if std::env::var_os("NEWSWIRE_GOLDEN").is_some() {
        std::fs::write(path, &document).unwrap();
    }
    let found = std::fs::read_to_string(path).unwrap_or_default();
    assert!(found == document, "{path} is not what the code says; NEWSWIRE_GOLDEN=1 rewrites it");
}

fn document() -> Value {
    let topics = || Topic::ALL.iter().copied().filter(|topic| topic.settings().is_created);
    let channels: Map<_, _> = topics().map(|topic| (topic.short_name().to_owned(), channel(topic))).collect();
    let operations: Map<_, _> =
        topics().map(|topic| (format!("write-{}", topic.short_name()), operation(topic))).collect();
    let messages: Map<_, _> = topics().flat_map(messages).collect();
    let mut schemas = schema::of_messages().unwrap();
    for (name, headers) in [("Headers", headers()), ("DeadLetterHeaders", dead_letter_headers())] {
        assert!(schemas[name].is_null(), "{name} is a message, too");
        schemas[name] = headers;
    }
    json!({
        "asyncapi": "3.0.0",
        "info": {
            "title": "newswire: topics",
            "version": proto::SCHEMA_VERSION,
            "description": "Topics of a newswire pipeline on Kafka. Read them with isolation.level=read_committed: records \
                of aborted transactions are otherwise read, too. Fields and values are only ever added: ignore those that \
                you do not know. Names of topics begin with --topic-prefix, `news.` by default. Consumers read \
                news.enriched.v1, news.feed-health.v1 and news.dead-letter.v1; the other topics are the pipeline's own. \
                Made by crates/stream/tests/asyncapi.rs.",
            "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
        },
        "defaultContentType": wire::Encoding::Json.content_type(),
        "servers": {"kafka": {
            "host": "{bootstrap}",
            "protocol": "kafka",
            "variables": {"bootstrap": {
                "default": "127.0.0.1:19092",
                "description": "Address of the brokers, as in --kafka. The default is that of deploy/compose.yaml.",
            }},
        }},
        "channels": channels,
        "operations": operations,
        "components": {"messages": messages, "schemas": schemas},
    })
}

fn channel(topic: Topic) -> Value {
    let Settings { kind, partitioned_by, retention, messages, description, .. } = topic.settings();
    let days = |ms: i64| format!("{} days", ms / 86_400_000).replacen("1 days", "1 day", usize::from(ms == 86_400_000));
    let partition = match partitioned_by {
        PartitionedBy::Host => "The partition is that of the host of the feed's or page's URL.",
        PartitionedBy::Id => "The partition is murmur2 of the key's text, as of Kafka's own clients.",
        PartitionedBy::Nothing => "It has one partition.",
    };
    let encoding = match (kind, messages) {
        (_, []) => "Values are as they were refused.",
        (Kind::State, _) => "Values are Protobuf.",
        _ => "Values are proto3 JSON, or Protobuf with --encoding protobuf: the header content-type names it.",
    };
    let kept = match retention {
        Retention::Compact => "The last record of each key is kept.".to_owned(),
        Retention::CompactDelete(ms) => format!("The last record of each key is kept for {}.", days(ms)),
        Retention::Delete(ms) => format!("Records are kept for {}.", days(ms)),
    };
    let (policy, ms): (&[_], _) = match retention {
        Retention::Compact => (&["compact"], None),
        Retention::CompactDelete(ms) => (&["compact", "delete"], Some(ms)),
        Retention::Delete(ms) => (&["delete"], Some(ms)),
    };
    let mut configuration = json!({"cleanup.policy": policy});
    if let Some(ms) = ms {
        configuration["retention.ms"] = ms.into();
    }
    let name = |(name, _): (String, Value)| (name.clone(), reference(&format!("components/messages/{name}")));
    json!({
        "address": Names::default().of(topic),
        "title": description.trim_end_matches('.'),
        "description": format!("{description} {partition} {encoding} {kept}"),
        "messages": self::messages(topic).into_iter().map(name).collect::<Map<_, _>>(),
        "bindings": {"kafka": {
            "partitions": topic.partitions(PARTITIONS),
            "topicConfiguration": configuration,
            "bindingVersion": BINDING,
        }},
    })
}

fn operation(topic: Topic) -> Value {
    json!({
        "action": "send",
        "summary": format!("newswire writes {}", Names::default().of(topic)),
        "channel": reference(&format!("channels/{}", topic.short_name())),
    })
}

/// The messages of a topic, by name.
fn messages(topic: Topic) -> Vec<(String, Value)> {
    let Settings { kind, key, messages, description, .. } = topic.settings();
    let key = match (key, kind) {
        (Key::Original, _) => json!({"description": "The key of the refused record."}),
        (Key::Digest, _) => json!({"type": "string", "description": "16 bytes: a digest of fields of the message."}),
        (_, Kind::State) => json!({"type": "string", "description": "The 16 bytes of the id; of FeedEntries, \
            16 bytes that are made of the feed's id."}),
        (Key::Feed, _) => json!({"type": "string", "pattern": "^[0-9a-f]{32}$", "description": "The feed's id."}),
        (Key::Article, _) => json!({"type": "string", "pattern": "^[0-9a-f]{32}$", "description": "The article's id."}),
    };
    let bindings = json!({"kafka": {"key": key, "bindingVersion": BINDING}});
    if messages.is_empty() {
        let message = json!({
            "name": "DeadLetter",
            "summary": description,
            "headers": reference("components/schemas/DeadLetterHeaders"),
            "payload": {"description": "The value of the refused record, cut if it is too large."},
            "bindings": bindings,
        });
        return vec![("DeadLetter".to_owned(), message)];
    }
    let content_type = topic.encoding(wire::Encoding::Json).content_type();
    let message = |name: &&str| {
        let message = json!({
            "name": format!("news.v1.{name}"),
            "title": name,
            "contentType": content_type,
            "headers": reference("components/schemas/Headers"),
            "payload": reference(&format!("components/schemas/{name}")),
            "bindings": bindings,
        });
        ((*name).to_owned(), message)
    };
    messages.iter().map(message).collect()
}

/// The headers of every record: those that [`wire::headers`] writes.
fn headers() -> Value {
    let attributes = wire::Attributes { id: "", event_type: "", source: "", time: jiff::Timestamp::UNIX_EPOCH };
    let written = wire::headers(wire::Encoding::Json, &attributes, Some(""));
    let mut properties = Map::new();
    for (name, _) in &written {
        let schema = match name.as_str() {
            wire::CONTENT_TYPE => json!({
                "enum": [wire::Encoding::Json.content_type(), wire::Encoding::Protobuf.content_type()],
                "description": "How the value is encoded.",
            }),
            "ce_specversion" => json!({"const": "1.0", "description": "Version of CloudEvents."}),
            "ce_id" => {
                json!({"description": "Unique within ce_source. A record that is written again has the same id."})
            }
            "ce_type" => {
                json!({"pattern": "^news\\.v1\\.", "description": "Type of the message: news.v1.EnrichedArticle."})
            }
            "ce_source" => json!({"description": "The program that wrote the record: newswire/enricher."}),
            "ce_time" => json!({"format": "date-time", "description": "When it was written."}),
            wire::TRACEPARENT => json!({"description": "W3C Trace Context; absent without a trace."}),
            wire::FORMAT_HEADER => {
                json!({"description": "Format of the record, absent if it is 1. Do not read a record \
                whose format you do not know."})
            }
            other => panic!("the header {other} is not described"),
        };
        properties.insert(name.clone(), typed(schema));
    }
    let optional = |name: &str| name == wire::TRACEPARENT || name == wire::FORMAT_HEADER;
    let required: Vec<_> = written.iter().map(|(name, _)| name).filter(|name| !optional(name)).collect();
    json!({
        "type": "object",
        "description": "Headers of a record, UTF-8: CloudEvents 1.0 in the binary mode of its Kafka binding.",
        "properties": properties,
        "required": required,
    })
}

/// The headers that a dead letter has in addition to those of the refused record.
fn dead_letter_headers() -> Value {
    let described = [
        (header::TOPIC, "Topic that the record was read from."),
        (header::PARTITION, "Partition that the record was read from, a number."),
        (header::OFFSET, "Offset of the record, a number."),
        (header::STAGE, "The stage that refused the record."),
        (header::REASON, "Why, as a name that can be counted."),
        (header::DETAIL, "Why, as a sentence."),
        (header::ATTEMPT, "How many times the record was tried, a number from 1."),
        (header::CUT, "Bytes of the original value, if it was cut."),
        (header::TIME, "When the record was refused, RFC 3339."),
        (header::REPLAY_OF, "The dead letter that the record is a replay of: PARTITION/OFFSET."),
    ];
    let optional = |name: &str| name == header::CUT || name == header::REPLAY_OF;
    let required: Vec<_> = described.iter().map(|(name, _)| name).filter(|name| !optional(name)).collect();
    let properties: Map<_, _> = described
        .iter()
        .map(|(name, description)| ((*name).to_owned(), typed(json!({"description": description}))))
        .collect();
    json!({
        "type": "object",
        "description": "Headers of a dead letter, in addition to those of the refused record, UTF-8.",
        "properties": properties,
        "required": required,
    })
}

fn typed(mut schema: Value) -> Value {
    schema["type"] = "string".into();
    schema
}

fn reference(path: &str) -> Value {
    json!({"$ref": format!("#/{path}")})
}
