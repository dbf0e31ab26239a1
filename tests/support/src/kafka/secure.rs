//! A broker as enterprises run it: TLS, client certificates, SASL, tokens and access control lists.

use super::{run, skip};
use crate::{
    oidc::{self, TokenEndpoint},
    port,
    tls::Authority,
};
use std::{
    path::{Path, PathBuf},
    process::Child,
    sync::{Arc, OnceLock},
};

/// A broker that denies what no access control list allows. It ends with this process.
pub struct Secure {
    /// `host:port` without TLS, for administrators: everything is allowed.
    pub admin: String,
    /// `host:port` with TLS. Clients show a certificate, whose subject is their name.
    pub ssl: String,
    /// `host:port` with TLS and SASL.
    pub sasl: String,
    /// The token endpoint for the client [`CLIENT`] with the secret [`Secure::secret_file`].
    pub tokens: TokenEndpoint,
    folder: tempfile::TempDir,
    authority: Authority,
    _process: Child,
}

/// The client of the token endpoint.
pub const CLIENT: &str = "newswire-client";

/// The users with a password.
pub const USERS: [&str; 6] = [
    "newswire-poller",
    "newswire-normaliser",
    "newswire-enricher",
    "newswire-gateway",
    "newswire-operator",
    "newswire-guest",
];

/// The one broker of this kind that the tests of this process share. `None`, after a `skipped:` line, if there can be none.
///
/// # Panics
/// If there can be none and `NEWSWIRE_REQUIRE_KAFKA` is set.
pub fn secure() -> Option<&'static Secure> {
    static ONE: OnceLock<Option<Secure>> = OnceLock::new();
    ONE.get_or_init(|| Secure::launch().map_err(|why| skip("a test that needs a Kafka broker", &why)).ok()).as_ref()
}

impl Secure {
    fn launch() -> Result<Self, String> {
        let folder = tempfile::tempdir().unwrap();
        let authority = Authority::new();
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        let broker = authority.sign("127.0.0.1");
        write("broker.pem", &(broker.key.serialize_pem() + &broker.certificate.pem()));
        write("authority.pem", &authority.certificate.pem());
        let users: String = USERS.iter().map(|user| format!("{user} {}\n", password(user))).collect();
        write("users", &users);
        for user in USERS {
            write(&format!("{user}.password"), &format!("{}\n", password(user)));
        }
        let key = Arc::new(rcgen::KeyPair::generate().unwrap());
        write("jwks.json", &oidc::key_set(&key));
        write("client.secret", &password(CLIENT));
        let tokens = TokenEndpoint::start(key, CLIENT, &password(CLIENT));
        let (ssl, sasl) = (port::free().to_string(), port::free().to_string());
        let path = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
        let arguments =
            [["--security", &path("")], ["--dir", &path("data")], ["--ssl-port", &ssl], ["--sasl-port", &sasl]];
        let arguments: Vec<String> = arguments.as_flattened().iter().map(ToString::to_string).collect();
        let (process, admin) = run(&arguments)?;
        let (ssl, sasl) = (format!("127.0.0.1:{ssl}"), format!("127.0.0.1:{sasl}"));
        Ok(Secure { admin, ssl, sasl, tokens, folder, authority, _process: process })
    }

    /// File with the authority's certificate.
    #[must_use]
    pub fn ca(&self) -> PathBuf {
        self.folder.path().join("authority.pem")
    }

    /// File with the password of one of [`USERS`].
    #[must_use]
    pub fn password_file(&self, user: &str) -> PathBuf {
        self.folder.path().join(format!("{user}.password"))
    }

    /// File with the secret of [`CLIENT`].
    #[must_use]
    pub fn secret_file(&self) -> PathBuf {
        self.folder.path().join("client.secret")
    }

    /// Files with a certificate whose subject is `CN=NAME`, and with its private key.
    ///
    /// # Panics
    /// If they cannot be written.
    pub fn certificate(&self, name: &str) -> (PathBuf, PathBuf) {
        let signed = self.authority.sign(name);
        let at = |end: &str| self.folder.path().join(format!("{name}{end}"));
        std::fs::write(at(".pem"), signed.certificate.pem()).unwrap();
        std::fs::write(at(".key"), signed.key.serialize_pem()).unwrap();
        (at(".pem"), at(".key"))
    }

    /// Flags of a client that authenticates as `user` by SCRAM.
    #[must_use]
    pub fn flags(&self, user: &str) -> Vec<String> {
        self.sasl_flags("SCRAM-SHA-512", user, &self.password_file(user))
    }

    /// Flags of a client with a password.
    #[must_use]
    pub fn sasl_flags(&self, mechanism: &str, user: &str, password_file: &Path) -> Vec<String> {
        let (ca, password) = (self.ca().display().to_string(), password_file.display().to_string());
        let flags = ["--kafka", &self.sasl, "--kafka-security", "sasl-ssl", "--kafka-ca", &ca];
        let sasl = ["--kafka-mechanism", mechanism, "--kafka-username", user, "--kafka-password-file", &password];
        flags.iter().chain(&sasl).map(ToString::to_string).collect()
    }
}

fn password(user: &str) -> String {
    format!("secret-of-{user}")
}
