//! Each way to authenticate, and what is said where it fails.

use crate::client::{Answer, Client, LIMIT};
use std::{path::Path, process::Command};
use test_support::{
    kafka::{self, CLIENT},
    wait::eventually,
};

/// A client whose topics exist, and may be listed by everyone who has authenticated.
fn client(test: &str) -> Option<Client> {
    let client = Client::new(test)?;
    client.run(&["topics", "apply"]);
    let everyone =
        ["--add", "--allow-principal", "User:*", "--operation", "Describe", "--operation", "DescribeConfigs"];
    let pattern = ["--topic", &client.prefix, "--resource-pattern-type", "prefixed"];
    kafka::command("acls", &client.broker.admin, &[&everyone[..], &pattern].concat());
    Some(client)
}

fn list(client: &Client, flags: &[String]) -> Answer {
    client.command(&["topics", "list"], flags)
}

/// The broker learns of a right after it was given.
fn lists(client: &Client, flags: &[String]) {
    let mut last = (String::new(), String::new(), 0);
    eventually(LIMIT, "the topics are listed", || {
        last = list(client, flags);
        last.2 == 0 || !last.1.contains("denies access")
    });
    assert!(last.2 == 0 && last.0.contains(&format!("{}raw.v1", client.prefix)), "{flags:?}: {last:?}");
}

fn owned(flags: &[&str]) -> Vec<String> {
    flags.iter().map(ToString::to_string).collect()
}

#[test]
fn each_mechanism_takes_the_right_password_and_names_a_wrong_one() {
    let Some(client) = client("sasl") else { return };
    let (right, wrong) =
        (client.broker.password_file("newswire-guest"), client.broker.password_file("newswire-poller"));
    for mechanism in ["SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN"] {
        lists(&client, &client.broker.sasl_flags(mechanism, "newswire-guest", &right));
        let (_, error, code) = list(&client, &client.broker.sasl_flags(mechanism, "newswire-guest", &wrong));
        assert_eq!(code, 70, "{mechanism}");
        assert!(error.contains("SASL authentication error"), "{mechanism}: {error}");
    }
}

#[test]
fn a_client_certificate_authenticates_and_without_one_the_reason_is_named() {
    let Some(client) = client("mtls") else { return };
    let (certificate, key) = client.broker.certificate("newswire-guest");
    let ca = client.broker.ca();
    let tls = ["--kafka", &client.broker.ssl, "--kafka-security", "ssl", "--kafka-ca", ca.to_str().unwrap()];
    let own = ["--kafka-certificate", certificate.to_str().unwrap(), "--kafka-key", key.to_str().unwrap()];
    lists(&client, &owned(&[&tls[..], &own].concat()));
    let (_, error, code) = list(&client, &owned(&tls));
    assert_eq!(code, 70);
    assert!(error.contains("certificate required") || error.contains("SSL"), "{error}");

    let (encrypted, password) = (client.folder().join("encrypted.key"), client.folder().join("password"));
    std::fs::write(&password, "of the key\n").unwrap();
    encrypt(&key, &encrypted, &password);
    let own = ["--kafka-certificate", certificate.to_str().unwrap(), "--kafka-key", encrypted.to_str().unwrap()];
    let with_password = ["--kafka-key-password-file", password.to_str().unwrap()];
    lists(&client, &owned(&[&tls[..], &own, &with_password].concat()));
    std::fs::write(&password, "another\n").unwrap();
    let (_, error, code) = list(&client, &owned(&[&tls[..], &own, &with_password].concat()));
    assert!(code == 70 && error.contains("ssl.key.location") && !error.contains("another"), "{code}: {error}");
}

fn encrypt(key: &Path, to: &Path, password: &Path) {
    let pass = format!("file:{}", password.display());
    let mut command = Command::new("openssl");
    command.args(["pkcs8", "-topk8", "-v2", "aes-256-cbc", "-passout", &pass, "-in"]).arg(key).arg("-out").arg(to);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_token_of_an_oauth_server_authenticates_and_a_wrong_secret_is_named() {
    let Some(client) = client("oauth") else { return };
    let (broker, ca) = (client.broker, client.broker.ca());
    let flags = |secret: &Path| {
        let tls = ["--kafka", &broker.sasl, "--kafka-security", "sasl-ssl", "--kafka-ca", ca.to_str().unwrap()];
        let oauth = ["--kafka-mechanism", "OAUTHBEARER", "--kafka-oauth-url", &broker.tokens.url];
        let credentials = ["--kafka-oauth-client", CLIENT, "--kafka-oauth-secret-file", secret.to_str().unwrap()];
        owned(&[&tls[..], &oauth, &credentials].concat())
    };
    lists(&client, &flags(&broker.secret_file()));
    let issued = broker.tokens.issued();
    assert!(issued > 0);
    let (_, error, code) = list(&client, &flags(&broker.password_file("newswire-guest")));
    assert_eq!((code, broker.tokens.issued()), (70, issued));
    assert!(error.contains("OAUTHBEARER") || error.contains("invalid_client"), "{error}");
}

#[test]
fn a_property_of_librdkafka_reaches_the_client() {
    let Some(client) = client("property") else { return };
    let flags = client.broker.flags("newswire-guest");
    lists(
        &client,
        &[&flags[..], &owned(&["--kafka-property", "ssl.cipher.suites=ECDHE-ECDSA-AES256-GCM-SHA384"])].concat(),
    );
    let none = owned(&["--kafka-property", "ssl.cipher.suites=NO-SUCH-CIPHER"]);
    let (_, error, code) = list(&client, &[&flags[..], &none].concat());
    assert!(code == 70 && error.contains("cipher"), "{code}: {error}");
}
