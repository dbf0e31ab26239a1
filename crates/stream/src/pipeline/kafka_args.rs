//! The flags of the connection to Kafka.

use crate::kafka::{ClientCertificate, KafkaConfig, Sasl, SaslMechanism, Secret, Security, Tls, check_property};
use clap::{ValueEnum, builder::PossibleValue, value_parser};
use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

/// Flags of the connection to Kafka. Secrets are read from files only.
#[derive(Debug, Clone, clap::Args)]
pub struct KafkaArgs {
    /// Kafka brokers, comma separated. Without it the log is a file in the data folder.
    #[arg(long, env = "NEWSWIRE_KAFKA", value_name = "HOST:PORT", value_parser = bootstrap)]
    pub kafka: Option<String>,
    /// Security of the connection to Kafka.
    #[arg(long, env = "NEWSWIRE_KAFKA_SECURITY", value_name = "PROTOCOL", default_value = "plaintext")]
    pub kafka_security: KafkaSecurity,
    /// Certificates of the authority that signed Kafka's. The default is the system's authorities.
    #[arg(long, env = "NEWSWIRE_KAFKA_CA", value_name = "FILE")]
    pub kafka_ca: Option<String>,
    /// This client's certificate, if Kafka asks for one: PEM, with the authorities in between behind it.
    #[arg(long, env = "NEWSWIRE_KAFKA_CERTIFICATE", value_name = "FILE")]
    pub kafka_certificate: Option<String>,
    /// Private key of that certificate: PEM.
    #[arg(long, env = "NEWSWIRE_KAFKA_KEY", value_name = "FILE")]
    pub kafka_key: Option<String>,
    /// File with the password of the private key.
    #[arg(long, env = "NEWSWIRE_KAFKA_KEY_PASSWORD_FILE", value_name = "FILE")]
    pub kafka_key_password_file: Option<PathBuf>,
    /// SASL mechanism.
    #[arg(
        long,
        env = "NEWSWIRE_KAFKA_MECHANISM",
        value_name = "NAME",
        default_value = "SCRAM-SHA-512",
        ignore_case = true
    )]
    pub kafka_mechanism: SaslMechanism,
    /// SASL user.
    #[arg(long, env = "NEWSWIRE_KAFKA_USERNAME", value_name = "NAME")]
    pub kafka_username: Option<String>,
    /// File with the SASL password.
    #[arg(long, env = "NEWSWIRE_KAFKA_PASSWORD_FILE", value_name = "FILE")]
    pub kafka_password_file: Option<PathBuf>,
    /// Token endpoint that OAUTHBEARER exchanges the client's credentials at, such as `https://login.example.org/token`.
    #[arg(long, env = "NEWSWIRE_KAFKA_OAUTH_URL", value_name = "URL", value_parser = token_endpoint)]
    pub kafka_oauth_url: Option<String>,
    /// The client's id at the token endpoint.
    #[arg(long, env = "NEWSWIRE_KAFKA_OAUTH_CLIENT", value_name = "ID")]
    pub kafka_oauth_client: Option<String>,
    /// File with the client's secret.
    #[arg(long, env = "NEWSWIRE_KAFKA_OAUTH_SECRET_FILE", value_name = "FILE")]
    pub kafka_oauth_secret_file: Option<PathBuf>,
    /// Scope of the token.
    #[arg(long, env = "NEWSWIRE_KAFKA_OAUTH_SCOPE", value_name = "SCOPE")]
    pub kafka_oauth_scope: Option<String>,
    /// A property of librdkafka, such as `client.rack=eu-west-1a`. Those that a guarantee depends on and secrets are refused.
    /// Repeatable; in the environment separated by `;`.
    #[arg(long, env = "NEWSWIRE_KAFKA_PROPERTIES", value_name = "NAME=VALUE", value_delimiter = ';')]
    pub kafka_property: Vec<String>,
    /// Replicas of the topics that newswire creates, 1 to 32767. The default is 3, or the number
    /// of brokers if there are fewer.
    #[arg(long, env = "NEWSWIRE_KAFKA_REPLICATION", value_name = "N", value_parser = value_parser!(i32).range(1..=32_767))]
    pub kafka_replication: Option<i32>,
    /// Milliseconds after which a broker aborts the transaction of a silent replica, 1000 to 900000.
    #[arg(long, env = "NEWSWIRE_TRANSACTION_TIMEOUT_MS", value_name = "MS", default_value_t = 10_000,
        value_parser = value_parser!(u64).range(1_000..=900_000))]
    pub transaction_timeout_ms: u64,
    /// Milliseconds after which a group gives the partitions of a silent replica to others, 1000 to 900000.
    #[arg(long, env = "NEWSWIRE_SESSION_TIMEOUT_MS", value_name = "MS", default_value_t = 6_000,
        value_parser = value_parser!(u64).range(1_000..=900_000))]
    pub session_timeout_ms: u64,
}

/// Values of `--kafka-security`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum KafkaSecurity {
    /// Neither encrypted nor authenticated.
    Plaintext,
    /// Encrypted with TLS.
    Ssl,
    /// Encrypted with TLS, authenticated with SASL.
    SaslSsl,
}

impl ValueEnum for SaslMechanism {
    fn value_variants<'a>() -> &'a [Self] {
        &[SaslMechanism::ScramSha512, SaslMechanism::ScramSha256, SaslMechanism::Plain, SaslMechanism::OAuthBearer]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.name()))
    }
}

impl KafkaArgs {
    /// Checks what clap cannot: flags that need each other, files, and properties of librdkafka. `None` without `--kafka`.
    ///
    /// # Errors
    /// One sentence for each problem.
    pub fn check(&self) -> Result<Option<KafkaConfig>, Vec<String>> {
        let without_effect = self.without_effect();
        if !without_effect.is_empty() {
            return Err(without_effect);
        }
        let Some(bootstrap) = &self.kafka else { return Ok(None) };
        let mut errors = Vec::new();
        let properties = self.kafka_property.iter().filter(|text| !text.is_empty()).filter_map(|text| {
            let checked = check_property(text).map_err(|why| errors.push(format!("--kafka-property: {why}")));
            checked.ok()
        });
        let properties = properties.collect();
        let security = self.security(&mut errors);
        match security {
            Some(security) if errors.is_empty() => Ok(Some(KafkaConfig {
                security,
                properties,
                transaction_timeout: Duration::from_millis(self.transaction_timeout_ms),
                session_timeout: Duration::from_millis(self.session_timeout_ms),
                replication: self.kafka_replication,
                ..KafkaConfig::new(bootstrap)
            })),
            _ => Err(errors),
        }
    }

    /// Errors for flags that nothing uses: a connection must not be less secure than they say.
    fn without_effect(&self) -> Vec<String> {
        let (kafka, security) = (self.kafka.is_some(), self.kafka_security);
        let is_tls = kafka && security != KafkaSecurity::Plaintext;
        let is_sasl = kafka && security == KafkaSecurity::SaslSsl;
        let is_oauth = is_sasl && self.kafka_mechanism == SaslMechanism::OAuthBearer;
        let (tls, sasl) = ("--kafka-security ssl or sasl-ssl", "--kafka-security sasl-ssl");
        let (password, oauth) = ("a --kafka-mechanism with a password", "--kafka-mechanism OAUTHBEARER");
        let by_password = if is_sasl { (!is_oauth, password) } else { (false, sasl) };
        let by_oauth = (is_oauth, oauth);
        let flags = [
            ("--kafka-security", security != KafkaSecurity::Plaintext, (kafka, "")),
            ("--kafka-property", !self.kafka_property.is_empty(), (kafka, "")),
            ("--kafka-ca", self.kafka_ca.is_some(), (is_tls, tls)),
            ("--kafka-certificate", self.kafka_certificate.is_some(), (is_tls, tls)),
            ("--kafka-key", self.kafka_key.is_some(), (is_tls, tls)),
            ("--kafka-key-password-file", self.kafka_key_password_file.is_some(), (is_tls, tls)),
            ("--kafka-mechanism", self.kafka_mechanism != SaslMechanism::ScramSha512, (is_sasl, sasl)),
            ("--kafka-username", self.kafka_username.is_some(), by_password),
            ("--kafka-password-file", self.kafka_password_file.is_some(), by_password),
            ("--kafka-oauth-url", self.kafka_oauth_url.is_some(), by_oauth),
            ("--kafka-oauth-client", self.kafka_oauth_client.is_some(), by_oauth),
            ("--kafka-oauth-secret-file", self.kafka_oauth_secret_file.is_some(), by_oauth),
            ("--kafka-oauth-scope", self.kafka_oauth_scope.is_some(), by_oauth),
        ];
        let unused = flags.into_iter().filter(|(_, given, (used, _))| *given && !used);
        unused.map(|(flag, _, (_, needs))| format!("{flag} needs {}", if kafka { needs } else { "--kafka" })).collect()
    }

    fn security(&self, errors: &mut Vec<String>) -> Option<Security> {
        match self.kafka_security {
            KafkaSecurity::Plaintext => Some(Security::Plaintext),
            KafkaSecurity::Ssl => Some(Security::Ssl(self.tls(errors))),
            KafkaSecurity::SaslSsl => {
                let tls = self.tls(errors);
                Some(Security::SaslSsl(tls, self.sasl(errors)?))
            }
        }
    }

    fn tls(&self, errors: &mut Vec<String>) -> Tls {
        // librdkafka would name neither the flag nor the file.
        for (flag, file) in [
            ("--kafka-ca", &self.kafka_ca),
            ("--kafka-certificate", &self.kafka_certificate),
            ("--kafka-key", &self.kafka_key),
        ] {
            // The authorities may be a folder.
            if let Some(file) = file
                && let Err(error) = fs::File::open(file)
            {
                errors.push(format!("{flag} {file}: {error}"));
            }
        }
        let key_password = self.kafka_key_password_file.as_deref();
        let key_password = key_password.and_then(|file| secret("--kafka-key-password-file", file, errors));
        let client = match (&self.kafka_certificate, &self.kafka_key) {
            (Some(certificate), Some(key)) => {
                Some(ClientCertificate { certificate: certificate.clone(), key: key.clone(), key_password })
            }
            (Some(_), None) => {
                errors.push("--kafka-certificate needs --kafka-key".to_owned());
                None
            }
            (None, Some(_)) => {
                errors.push("--kafka-key needs --kafka-certificate".to_owned());
                None
            }
            (None, None) => {
                if self.kafka_key_password_file.is_some() {
                    errors.push("--kafka-key-password-file needs --kafka-key".to_owned());
                }
                None
            }
        };
        Tls { ca: self.kafka_ca.clone(), client }
    }

    fn sasl(&self, errors: &mut Vec<String>) -> Option<Sasl> {
        let mut needed = |flag: &str, given: bool, of: &str| {
            if !given {
                errors.push(format!("{of} needs {flag}"));
            }
        };
        if self.kafka_mechanism == SaslMechanism::OAuthBearer {
            let of = "--kafka-mechanism OAUTHBEARER";
            needed("--kafka-oauth-url", self.kafka_oauth_url.is_some(), of);
            needed("--kafka-oauth-client", self.kafka_oauth_client.is_some(), of);
            needed("--kafka-oauth-secret-file", self.kafka_oauth_secret_file.is_some(), of);
            let file = self.kafka_oauth_secret_file.as_deref();
            let secret = file.and_then(|file| secret("--kafka-oauth-secret-file", file, errors));
            return Some(Sasl::OAuth {
                url: self.kafka_oauth_url.clone()?,
                client: self.kafka_oauth_client.clone()?,
                secret: secret?,
                scope: self.kafka_oauth_scope.clone(),
            });
        }
        let of = "--kafka-security sasl-ssl";
        needed("--kafka-username", self.kafka_username.is_some(), of);
        needed("--kafka-password-file", self.kafka_password_file.is_some(), of);
        let file = self.kafka_password_file.as_deref();
        let password = file.and_then(|file| secret("--kafka-password-file", file, errors));
        let username = self.kafka_username.clone()?;
        Some(Sasl::Password { mechanism: self.kafka_mechanism, username, password: password? })
    }
}

/// Most bytes of a file with a secret.
const MAX_SECRET: u64 = 64 * 1024;

/// The text of a file without the line break at its end.
fn secret(flag: &str, file: &Path, errors: &mut Vec<String>) -> Option<Secret> {
    let mut refuse = |why: &dyn std::fmt::Display| errors.push(format!("{flag} {}: {why}", file.display()));
    let mut text = String::new();
    let read = fs::File::open(file)
        .and_then(|file| std::io::Read::read_to_string(&mut std::io::Read::take(file, MAX_SECRET), &mut text));
    match read {
        Err(error) => refuse(&error),
        Ok(_) if text.trim().is_empty() => refuse(&"the file is empty"),
        Ok(_) => return Some(Secret(text.trim_end().to_owned())),
    }
    None
}

/// A URL that a secret may be sent to.
fn token_endpoint(text: &str) -> Result<String, &'static str> {
    let is_local = |rest: &str| {
        ["localhost", "127.0.0.1", "[::1]"]
            .iter()
            .any(|host| rest.strip_prefix(host).is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '/'])))
    };
    match text.split_once("://") {
        Some(("https", rest)) if !rest.is_empty() => Ok(text.to_owned()),
        Some(("http", rest)) if is_local(rest) => Ok(text.to_owned()),
        _ => Err("expected https://HOST/PATH; http only for this machine, because the secret is sent there"),
    }
}

fn bootstrap(text: &str) -> Result<String, String> {
    let is_server = |server: &str| {
        server
            .rsplit_once(':')
            .is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok_and(|port| port > 0))
    };
    match text.split(',').map(str::trim).find(|server| !is_server(server)) {
        Some(server) => Err(format!("expected HOST:PORT, comma separated, not {server:?}")),
        None => Ok(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Debug, Parser)]
    struct Command {
        #[command(flatten)]
        kafka: KafkaArgs,
    }

    const SASL: [&str; 4] = ["--kafka", "broker:9092", "--kafka-security", "sasl-ssl"];

    fn read(flags: &[&str]) -> Result<Command, clap::Error> {
        Command::try_parse_from([&["newswire"], flags].concat())
    }

    fn refused(flags: &[&str]) -> Vec<String> {
        read(flags).unwrap().kafka.check().unwrap_err()
    }

    #[test]
    fn each_flag_has_its_own_form() {
        for [flag, value] in [
            ["--kafka", "nohost"],
            ["--kafka", "broker:9092,broker:0"],
            ["--kafka-security", "tls"],
            ["--kafka-mechanism", "GSSAPI"],
            ["--kafka-oauth-url", "http://login.example.org/token"],
            ["--kafka-oauth-url", "http://localhost.example.org/token"],
            ["--kafka-replication", "0"],
            ["--transaction-timeout-ms", "999"],
            ["--session-timeout-ms", "900001"],
        ] {
            let error = read(&[flag, value]).unwrap_err();
            assert!(error.to_string().contains(flag), "{error}");
        }
    }

    #[test]
    fn a_mechanism_needs_its_credentials() {
        insta::assert_debug_snapshot!(refused(&SASL), @r#"
        [
            "--kafka-security sasl-ssl needs --kafka-username",
            "--kafka-security sasl-ssl needs --kafka-password-file",
        ]
        "#);
        insta::assert_debug_snapshot!(refused(&[&SASL[..], &["--kafka-mechanism", "OAUTHBEARER"]].concat()), @r#"
        [
            "--kafka-mechanism OAUTHBEARER needs --kafka-oauth-url",
            "--kafka-mechanism OAUTHBEARER needs --kafka-oauth-client",
            "--kafka-mechanism OAUTHBEARER needs --kafka-oauth-secret-file",
        ]
        "#);
    }

    #[test]
    fn security_without_kafka_or_without_its_protocol_is_an_error() {
        let sasl = ["--kafka-security", "sasl-ssl", "--kafka-username", "me", "--kafka-ca", "ca.pem"];
        let needs = ["--kafka-security needs --kafka", "--kafka-ca needs --kafka", "--kafka-username needs --kafka"];
        assert_eq!(refused(&sasl), needs);
        let plain = ["--kafka", "broker:9092", "--kafka-username", "me"];
        assert_eq!(refused(&plain), ["--kafka-username needs --kafka-security sasl-ssl"]);
        assert_eq!(
            refused(&[&plain[..], &["--kafka-security", "ssl", "--kafka-ca", "ca.pem"]].concat()),
            ["--kafka-username needs --kafka-security sasl-ssl"]
        );
        let certificate = ["--kafka", "broker:9092", "--kafka-certificate", "c.pem", "--kafka-key", "k.pem"];
        assert_eq!(
            refused(&certificate),
            ["--kafka-certificate", "--kafka-key"].map(|flag| format!("{flag} needs --kafka-security ssl or sasl-ssl"))
        );
        let mixed = [&SASL[..], &["--kafka-mechanism", "OAUTHBEARER", "--kafka-username", "me"]].concat();
        assert_eq!(refused(&mixed), ["--kafka-username needs a --kafka-mechanism with a password"]);
        let mixed = [&SASL[..], &["--kafka-oauth-client", "me"]].concat();
        assert_eq!(refused(&mixed), ["--kafka-oauth-client needs --kafka-mechanism OAUTHBEARER"]);
    }

    #[test]
    fn a_file_that_cannot_be_read_is_named_with_its_flag() {
        let tls = ["--kafka", "broker:9092", "--kafka-security", "ssl"];
        for flag in ["--kafka-ca", "--kafka-certificate", "--kafka-key", "--kafka-key-password-file"] {
            let errors = refused(&[&tls[..], &[flag, "/no/such/file"]].concat());
            assert!(errors[0].starts_with(&format!("{flag} /no/such/file: ")), "{errors:?}");
        }
        assert_eq!(
            refused(&[&tls[..], &["--kafka-key", "/dev/null"]].concat()),
            ["--kafka-key needs --kafka-certificate"]
        );
        let empty = [&SASL[..], &["--kafka-username", "me", "--kafka-password-file", "/dev/null"]].concat();
        assert_eq!(refused(&empty), ["--kafka-password-file /dev/null: the file is empty"]);
    }

    #[test]
    fn a_mechanism_is_read_in_any_case() {
        let command = read(&["--kafka-mechanism", "scram-sha-256"]).unwrap();
        assert_eq!(command.kafka.kafka_mechanism, SaslMechanism::ScramSha256);
    }

    #[test]
    fn properties_are_checked_together_and_kept_in_order() {
        let kafka = ["--kafka", "broker:9092", "--kafka-property"];
        let command =
            read(&[&kafka[..], &["client.rack=a;debug=cgrp,topic", "--kafka-property", "linger.ms=9"]].concat());
        let config = command.unwrap().kafka.check().unwrap().unwrap();
        let expected = [("client.rack", "a"), ("debug", "cgrp,topic"), ("linger.ms", "9")];
        assert_eq!(config.properties, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
        let errors = refused(&[&kafka[..], &["acks=1;socket.timeout=1;sasl.password=hunter2"]].concat());
        insta::assert_debug_snapshot!(errors, @r#"
        [
            "--kafka-property: acks is not settable: records are written exactly once, in transactions",
            "--kafka-property: socket.timeout is no property of librdkafka",
            "--kafka-property: sasl.password is a secret, which only a file may hold: --kafka-password-file",
        ]
        "#);
    }
}
