//! Properties of librdkafka that an operator sets.

use rdkafka::{ClientConfig, error::KafkaError, types::RDKafkaConfRes};

/// Why an operator may not set a property.
enum Reason {
    /// A guarantee depends on its value.
    Guarantee(&'static str),
    /// A flag sets it.
    Flag(&'static str),
    /// It is a secret, which only a file may hold; the flag that names the file.
    Secret(&'static str),
}

use Reason::{Flag, Guarantee, Secret};

const EXACTLY_ONCE: Reason = Guarantee("records are written exactly once, in transactions");
const POSITIONS: Reason = Guarantee("positions are committed with the records, and never skipped");
const MEMBERS: Reason = Guarantee("a member owns the same partitions of its topic and its state");
const PASSWORD: Reason = Secret("--kafka-password-file");
const KEY: Reason = Secret("--kafka-key");
const KEY_PASSWORD: Reason = Secret("--kafka-key-password-file");
const OAUTH_SECRET: Reason = Secret("--kafka-oauth-secret-file");

/// Properties that newswire sets itself, with librdkafka's other names for them.
const REFUSED: &[(&str, Reason)] = &[
    ("acks", EXACTLY_ONCE),
    ("allow.auto.create.topics", Guarantee("topics have the settings that newswire declares")),
    ("auto.commit.enable", POSITIONS),
    ("auto.commit.interval.ms", POSITIONS),
    ("auto.offset.reset", POSITIONS),
    ("bootstrap.servers", Flag("--kafka")),
    ("delivery.timeout.ms", Flag("--transaction-timeout-ms")),
    ("enable.auto.commit", POSITIONS),
    ("enable.auto.offset.store", POSITIONS),
    ("enable.idempotence", EXACTLY_ONCE),
    ("enable.partition.eof", Guarantee("state is restored up to the end of its topic")),
    ("enable.sasl.oauthbearer.unsecure.jwt", Flag("--kafka-mechanism")),
    ("group.id", MEMBERS),
    ("group.instance.id", MEMBERS),
    ("group.protocol", MEMBERS),
    ("group.protocol.type", MEMBERS),
    ("group.remote.assignor", MEMBERS),
    ("heartbeat.interval.ms", Flag("--session-timeout-ms")),
    ("isolation.level", Guarantee("only committed records are read")),
    ("max.in.flight", EXACTLY_ONCE),
    ("max.in.flight.requests.per.connection", EXACTLY_ONCE),
    ("message.max.bytes", Guarantee("records up to the limit of newswire are written")),
    ("message.timeout.ms", Flag("--transaction-timeout-ms")),
    ("metadata.broker.list", Flag("--kafka")),
    ("offset.store.method", POSITIONS),
    ("offset.store.path", POSITIONS),
    ("offset.store.sync.interval.ms", POSITIONS),
    ("partition.assignment.strategy", MEMBERS),
    ("plugin.library.paths", Guarantee("the process runs its own code")),
    ("request.required.acks", EXACTLY_ONCE),
    ("sasl.mechanism", Flag("--kafka-mechanism")),
    ("sasl.mechanisms", Flag("--kafka-mechanism")),
    ("sasl.oauthbearer.assertion.private.key.passphrase", OAUTH_SECRET),
    ("sasl.oauthbearer.assertion.private.key.pem", OAUTH_SECRET),
    ("sasl.oauthbearer.client.credentials.client.id", Flag("--kafka-oauth-client")),
    ("sasl.oauthbearer.client.credentials.client.secret", OAUTH_SECRET),
    ("sasl.oauthbearer.client.id", Flag("--kafka-oauth-client")),
    ("sasl.oauthbearer.client.secret", OAUTH_SECRET),
    ("sasl.oauthbearer.config", OAUTH_SECRET),
    ("sasl.oauthbearer.method", Flag("--kafka-mechanism")),
    ("sasl.oauthbearer.scope", Flag("--kafka-oauth-scope")),
    ("sasl.oauthbearer.token.endpoint.url", Flag("--kafka-oauth-url")),
    ("sasl.password", PASSWORD),
    ("sasl.username", Flag("--kafka-username")),
    ("security.protocol", Flag("--kafka-security")),
    ("session.timeout.ms", Flag("--session-timeout-ms")),
    ("ssl.ca.location", Flag("--kafka-ca")),
    ("ssl.certificate.location", Flag("--kafka-certificate")),
    ("ssl.certificate.pem", Flag("--kafka-certificate")),
    ("ssl.key.location", Flag("--kafka-key")),
    ("ssl.key.password", KEY_PASSWORD),
    ("ssl.key.pem", KEY),
    ("ssl.keystore.location", Flag("--kafka-certificate")),
    ("ssl.keystore.password", KEY_PASSWORD),
    ("statistics.interval.ms", Guarantee("the client's reports show how far a member has read")),
    ("transaction.timeout.ms", Flag("--transaction-timeout-ms")),
    ("transactional.id", EXACTLY_ONCE),
];

/// Checks a property that is given as `NAME=VALUE`, with any that librdkafka documents.
///
/// # Errors
/// A sentence that names the property: newswire sets it, it is unknown, or its value is invalid. No error has the value of a secret.
pub(crate) fn check(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("expected NAME=VALUE")?;
    let name = name.trim();
    if let Some((_, reason)) = REFUSED.iter().find(|(refused, _)| *refused == name) {
        return Err(match reason {
            Guarantee(why) => format!("{name} is not settable: {why}"),
            Flag(flag) => format!("{name} is set by {flag}"),
            Secret(flag) => format!("{name} is a secret, which only a file may hold: {flag}"),
        });
    }
    let mut client = ClientConfig::new();
    match client.set(name, value).create_native_config() {
        Ok(_) => Ok((name.to_owned(), value.to_owned())),
        Err(KafkaError::ClientConfig(RDKafkaConfRes::RD_KAFKA_CONF_UNKNOWN, ..)) => {
            Err(format!("{name} is no property of librdkafka"))
        }
        Err(KafkaError::ClientConfig(_, why, ..)) => Err(format!("{name}: {why}")),
        Err(error) => Err(format!("{name}: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kafka::{ClientCertificate, KafkaConfig, Sasl, SaslMechanism, Secret as Hidden, Security, Tls};

    #[test]
    fn a_property_of_librdkafka_passes() {
        for text in ["socket.timeout.ms=30000", "debug=broker,security", "client.rack=a", "ssl.cipher.suites="] {
            let (name, value) = text.split_once('=').unwrap();
            assert_eq!(check(text), Ok((name.to_owned(), value.to_owned())));
        }
    }

    #[test]
    fn what_is_unknown_or_invalid_is_named() {
        assert_eq!(check("socket.timeout=1").unwrap_err(), "socket.timeout is no property of librdkafka");
        assert!(check("socket.timeout.ms=soon").unwrap_err().starts_with("socket.timeout.ms: "));
        assert!(check("socket.timeout.ms").is_err());
    }

    #[test]
    fn a_secret_is_refused_without_showing_it() {
        for (name, flag) in [
            ("sasl.password", "--kafka-password-file"),
            ("ssl.key.password", "--kafka-key-password-file"),
            ("ssl.key.pem", "--kafka-key"),
            ("sasl.oauthbearer.client.secret", "--kafka-oauth-secret-file"),
        ] {
            let error = check(&format!("{name}=hunter2")).unwrap_err();
            assert!(error.contains(name) && error.contains(flag) && !error.contains("hunter2"), "{error}");
        }
        assert!(!check("sasl.pasword=hunter2").unwrap_err().contains("hunter2"));
    }

    /// Each name that is refused is one of librdkafka's: a misspelt one would protect nothing.
    #[test]
    fn each_refused_name_is_a_property() {
        for (name, _) in REFUSED {
            let result = ClientConfig::new().set(*name, "x").create_native_config().map(drop);
            let is_unknown = matches!(result, Err(KafkaError::ClientConfig(RDKafkaConfRes::RD_KAFKA_CONF_UNKNOWN, ..)));
            assert!(!is_unknown, "{name}");
        }
    }

    /// What the clients set is refused, but for what only tunes them.
    #[test]
    fn what_newswire_sets_is_refused() {
        let own =
            ClientCertificate { certificate: "c".into(), key: "k".into(), key_password: Some(Hidden("p".into())) };
        let tls = Tls { ca: Some("ca".into()), client: Some(own) };
        let hidden = || Hidden("s".into());
        let sasl = [
            Sasl::Password { mechanism: SaslMechanism::Plain, username: "u".into(), password: hidden() },
            Sasl::OAuth { url: "u".into(), client: "c".into(), secret: hidden(), scope: Some("s".into()) },
        ];
        for sasl in sasl {
            let security = Security::SaslSsl(tls.clone(), sasl);
            let config = KafkaConfig { security, ..KafkaConfig::new("kafka:9092") };
            let member = config.member("news.normaliser", "news.normaliser.0", "newswire/0/1");
            for client in [config.reader("read_committed"), member, config.producer("news.normaliser.0")] {
                for name in client.config_map().keys() {
                    let is_tuning = TUNING.contains(name);
                    assert_eq!(REFUSED.iter().any(|(refused, _)| refused == name), !is_tuning, "{name}");
                }
            }
        }
    }

    const TUNING: [&str; 11] = [
        "client.id",
        "compression.type",
        "fetch.error.backoff.ms",
        "fetch.queue.backoff.ms",
        "fetch.wait.max.ms",
        "linger.ms",
        "max.partition.fetch.bytes",
        "queued.max.messages.kbytes",
        "reconnect.backoff.max.ms",
        "reconnect.backoff.ms",
        "socket.keepalive.enable",
    ];
}
