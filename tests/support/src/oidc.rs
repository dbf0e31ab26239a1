//! A token endpoint of OAuth 2.0 on loopback (RFC 6749, section 4.4), whose tokens are JSON Web Tokens (RFC 7519) signed with ES256.

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode, header},
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use rcgen::{KeyPair, SigningKey};
use serde_json::{Value, json};
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

/// Who may sign, and how often a token was asked for.
struct Shared {
    key: Arc<KeyPair>,
    client: String,
    secret: String,
    issued: AtomicUsize,
}

/// Gives tokens to one client until it is dropped.
pub struct TokenEndpoint {
    /// Its URL.
    pub url: String,
    shared: Arc<Shared>,
    _runtime: tokio::runtime::Runtime,
}

impl TokenEndpoint {
    /// Listens on a free port. A token names the client as its subject, and the audience `kafka`.
    ///
    /// # Panics
    /// If there is no port.
    #[must_use]
    pub fn start(key: Arc<KeyPair>, client: &str, secret: &str) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let (client, secret) = (client.to_owned(), secret.to_owned());
        let shared = Arc::new(Shared { key, client, secret, issued: AtomicUsize::new(0) });
        let app = Router::new().fallback(token).with_state(Arc::clone(&shared));
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let url = format!("http://{}/token", listener.local_addr().unwrap());
        runtime.spawn(async move { axum::serve(listener, app).await });
        TokenEndpoint { url, shared, _runtime: runtime }
    }

    /// Number of tokens that it has given.
    #[must_use]
    pub fn issued(&self) -> usize {
        self.shared.issued.load(Ordering::SeqCst)
    }
}

async fn token(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> (StatusCode, Json<Value>) {
    let credentials = STANDARD.encode(format!("{}:{}", shared.client, shared.secret));
    let sent = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    if sent != Some(&format!("Basic {credentials}")) {
        return (StatusCode::UNAUTHORIZED, Json(json!({ "error": "invalid_client" })));
    }
    shared.issued.fetch_add(1, Ordering::SeqCst);
    let lasts = 300;
    let token = sign(&shared.key, &shared.client, lasts);
    (StatusCode::OK, Json(json!({ "access_token": token, "token_type": "Bearer", "expires_in": lasts })))
}

/// A token for `subject` that lasts for some seconds.
fn sign(key: &KeyPair, subject: &str, seconds: i64) -> String {
    let now = jiff::Timestamp::now().as_second();
    let header = json!({ "alg": "ES256", "typ": "JWT", "kid": "test" });
    let claims =
        json!({ "sub": subject, "aud": "kafka", "iss": "https://login.example", "iat": now, "exp": now + seconds });
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(&header), part(&claims));
    let signature = fixed(&key.sign(signed.as_bytes()).unwrap());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// The two numbers of an ECDSA signature in 32 bytes each (RFC 7518, section 3.4), from their ASN.1.
fn fixed(der: &[u8]) -> Vec<u8> {
    // SEQUENCE, its length, then twice INTEGER, its length and a number of at most 33 bytes.
    let mut rest = &der[2..];
    let mut both = Vec::new();
    for _ in 0..2 {
        let (number, behind) = rest[2..].split_at(usize::from(rest[1]));
        let number = &number[number.len().saturating_sub(32)..];
        both.extend(std::iter::repeat_n(0, 32 - number.len()));
        both.extend(number);
        rest = behind;
    }
    both
}

/// The key set (RFC 7517) that these tokens are checked with.
#[must_use]
pub fn key_set(key: &KeyPair) -> String {
    // An uncompressed point: 4, then both coordinates.
    let (x, y) = key.public_key_raw()[1..].split_at(32);
    let (x, y) = (URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y));
    json!({ "keys": [{ "kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": "test", "x": x, "y": y }] })
        .to_string()
}
