//! Security of the connections to a cluster.

use rdkafka::ClientConfig;
use std::fmt;

/// Security of a connection.
#[derive(Debug, Clone)]
pub enum Security {
    /// Neither encrypted nor authenticated.
    Plaintext,
    /// Encrypted with TLS.
    Ssl(Tls),
    /// Encrypted with TLS, authenticated with SASL.
    SaslSsl(Tls, Sasl),
}

/// What TLS is checked with. Files are PEM.
#[derive(Debug, Clone, Default)]
pub struct Tls {
    /// File with the authority's certificates; `None` for the system's authorities.
    pub ca: Option<String>,
    /// What the client shows of itself (mutual TLS), if the cluster asks.
    pub client: Option<ClientCertificate>,
}

/// A client's certificate.
#[derive(Debug, Clone)]
pub struct ClientCertificate {
    /// File with the certificate, followed by those of the authorities in between.
    pub certificate: String,
    /// File with its private key.
    pub key: String,
    /// Password of the private key; `None` if the key is not encrypted.
    pub key_password: Option<Secret>,
}

/// What SASL authenticates with.
#[derive(Debug, Clone)]
pub enum Sasl {
    /// A user and a password.
    Password {
        /// How the password is proved.
        mechanism: SaslMechanism,
        /// User.
        username: String,
        /// Password.
        password: Secret,
    },
    /// OAUTHBEARER (RFC 7628): a token that the client's credentials are exchanged for (RFC 6749, section 4.4). librdkafka asks for
    /// another before one expires.
    OAuth {
        /// URL of the token endpoint.
        url: String,
        /// The client's id.
        client: String,
        /// The client's secret.
        secret: Secret,
        /// Scope of the token, if the endpoint needs one.
        scope: Option<String>,
    },
}

/// A password. Its debug output hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(hidden)")
    }
}

/// SASL mechanisms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SaslMechanism {
    /// RFC 7677 with SHA-512.
    ScramSha512,
    /// RFC 7677.
    ScramSha256,
    /// RFC 4616: the password itself.
    Plain,
    /// RFC 7628: a token of an OAuth 2.0 server.
    OAuthBearer,
}

impl SaslMechanism {
    /// Its registered name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            SaslMechanism::ScramSha512 => "SCRAM-SHA-512",
            SaslMechanism::ScramSha256 => "SCRAM-SHA-256",
            SaslMechanism::Plain => "PLAIN",
            SaslMechanism::OAuthBearer => "OAUTHBEARER",
        }
    }
}

impl Security {
    /// Its protocol, as in `--kafka-security`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Security::Plaintext => "plaintext",
            Security::Ssl(_) => "ssl",
            Security::SaslSsl(..) => "sasl-ssl",
        }
    }

    /// Sets the properties of a client.
    pub(super) fn apply(&self, client: &mut ClientConfig) {
        match self {
            Security::Plaintext => {}
            Security::Ssl(tls) => {
                client.set("security.protocol", "ssl");
                tls.apply(client);
            }
            Security::SaslSsl(tls, sasl) => {
                client.set("security.protocol", "sasl_ssl");
                tls.apply(client);
                sasl.apply(client);
            }
        }
    }
}

impl Tls {
    fn apply(&self, client: &mut ClientConfig) {
        if let Some(ca) = &self.ca {
            client.set("ssl.ca.location", ca);
        }
        if let Some(own) = &self.client {
            client.set("ssl.certificate.location", &own.certificate).set("ssl.key.location", &own.key);
            if let Some(Secret(password)) = &own.key_password {
                client.set("ssl.key.password", password);
            }
        }
    }
}

impl Sasl {
    fn apply(&self, client: &mut ClientConfig) {
        match self {
            Sasl::Password { mechanism, username, password: Secret(password) } => {
                client
                    .set("sasl.mechanism", mechanism.name())
                    .set("sasl.username", username)
                    .set("sasl.password", password);
            }
            Sasl::OAuth { url, client: id, secret: Secret(secret), scope } => {
                client
                    .set("sasl.mechanism", SaslMechanism::OAuthBearer.name())
                    .set("sasl.oauthbearer.method", "oidc")
                    .set("sasl.oauthbearer.token.endpoint.url", url)
                    .set("sasl.oauthbearer.client.id", id)
                    .set("sasl.oauthbearer.client.secret", secret);
                if let Some(scope) = scope {
                    client.set("sasl.oauthbearer.scope", scope);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_debug_output_has_a_secret() {
        let secret = || Secret("hunter2".into());
        let own = ClientCertificate { certificate: "c".into(), key: "k".into(), key_password: Some(secret()) };
        let tls = Tls { ca: None, client: Some(own) };
        let password = Sasl::Password { mechanism: SaslMechanism::Plain, username: "me".into(), password: secret() };
        let oauth = Sasl::OAuth { url: "u".into(), client: "c".into(), secret: secret(), scope: None };
        for sasl in [password, oauth] {
            let shown = format!("{:?}", Security::SaslSsl(tls.clone(), sasl));
            assert!(!shown.contains("hunter2") && shown.matches("(hidden)").count() == 2, "{shown}");
        }
    }
}
