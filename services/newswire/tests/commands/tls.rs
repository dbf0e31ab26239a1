//! Feeds over TLS: a client certificate as credential, and HTTP/2. The commands run as processes, because their roots of trust
//! are those of the environment (`SSL_CERT_FILE`).

use crate::{credentials::files, support::newswire};
use bytes::Bytes;
use jiff::Timestamp;
use rcgen::KeyPair;
use rustls::{
    RootCertStore, ServerConfig,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
    server::WebPkiClientVerifier,
};
use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::Command,
    sync::{Arc, Mutex},
    time::Duration,
};
use test_support::{
    port,
    process::Process,
    publisher::{Item, rss},
    tls::{Authority, Signed},
    wait,
};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

const PATIENCE: Duration = Duration::from_secs(120);
/// All that the poller and the HTTP client say.
const LOG: &str = "debug,poller=trace,reqwest=trace,hyper=trace,hyper_util=trace,h2=trace,rustls=trace";

/// A server's settings. `requires`: it asks clients for a certificate of this authority.
fn server(authority: &Authority, requires: bool) -> ServerConfig {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut roots = RootCertStore::empty();
    roots.add(authority.certificate.der().clone()).unwrap();
    let Signed { certificate, key } = authority.sign("127.0.0.1");
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let builder = ServerConfig::builder();
    let builder = if requires {
        builder.with_client_cert_verifier(WebPkiClientVerifier::builder(Arc::new(roots)).build().unwrap())
    } else {
        builder.with_no_client_auth()
    };
    let mut config = builder.with_single_cert(vec![certificate.der().clone()], key).unwrap();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    config
}

/// What a server has seen.
#[derive(Default)]
struct Seen {
    /// The protocol of each connection, as negotiated; empty where the handshake failed.
    connections: Vec<String>,
    paths: Vec<String>,
}

/// A publisher over HTTP/2: a feed of one entry at every path but `/robots.txt`.
struct Server {
    base: String,
    seen: Arc<Mutex<Seen>>,
    _tokio: tokio::runtime::Runtime,
}

impl Server {
    fn start(config: ServerConfig) -> Self {
        let tokio = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listener = tokio.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let base = format!("https://{}", listener.local_addr().unwrap());
        let (acceptor, seen) = (TlsAcceptor::from(Arc::new(config)), Arc::<Mutex<Seen>>::default());
        let (shared, own) = (Arc::clone(&seen), base.clone());
        tokio.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(acceptor.clone(), stream, Arc::clone(&shared), own.clone()));
            }
        });
        Server { base, seen, _tokio: tokio }
    }

    fn count(&self, path: &str) -> usize {
        self.seen.lock().unwrap().paths.iter().filter(|seen| *seen == path).count()
    }
}

async fn serve(acceptor: TlsAcceptor, stream: TcpStream, seen: Arc<Mutex<Seen>>, base: String) {
    let accepted = acceptor.accept(stream).await;
    let protocol = accepted.as_ref().ok().and_then(|stream| stream.get_ref().1.alpn_protocol());
    let protocol = String::from_utf8_lossy(protocol.unwrap_or_default()).into_owned();
    seen.lock().unwrap().connections.push(protocol);
    let Ok(stream) = accepted else { return };
    let Ok(mut connection) = h2::server::handshake(stream).await else { return };
    while let Some(Ok((request, mut respond))) = connection.accept().await {
        let path = request.uri().path().to_owned();
        let status = if path == "/robots.txt" { 404 } else { 200 };
        let link = format!("{base}/articles{path}");
        let item = Item {
            guid: link.clone(),
            link,
            title: format!("Of {path}"),
            body: "The ferry sails again.".into(),
            published: Timestamp::now(),
        };
        let body = if status == 200 { rss("Example News", &base, [&item]) } else { String::new() };
        let response = http::Response::builder().status(status).header("content-type", "application/rss+xml");
        seen.lock().unwrap().paths.push(path);
        if let Ok(mut send) = respond.send_response(response.body(()).unwrap(), false) {
            drop(send.send_data(Bytes::from(body), true));
        }
    }
}

/// What `feeds check` prints as JSON.
fn check(server: &Server, authority: &Path, flags: &[&str]) -> serde_json::Value {
    let url = format!("{}/feed", server.base);
    let arguments = ["feeds", "check", &url, "--allow-private-networks", "--host-interval", "0s", "--json"];
    let mut command = Command::new(env!("CARGO_BIN_EXE_newswire"));
    let output = command.args(arguments).args(flags).env("SSL_CERT_FILE", authority).output().unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Starts all services on the feeds of `data`.
fn start(data: &Path, authority: &Path, flags: &[&str], log: &Path) -> Process {
    let own = ["run", "--listen", "127.0.0.1:0", "--partitions", "3", "--poll-interval", "200ms"];
    let admin = format!("127.0.0.1:{}", port::free());
    let more = ["--host-interval", "0s", "--allow-private-networks", "--admin", &admin, "--data"];
    let all = own.iter().chain(&more).map(ToString::to_string).chain([data.display().to_string()]);
    let arguments: Vec<String> = all.chain(flags.iter().map(ToString::to_string)).collect();
    let environment = [
        ("SSL_CERT_FILE", authority.display().to_string()),
        ("NEWSWIRE_LOG", LOG.to_owned()),
        ("NEWSWIRE_LOG_FORMAT", "text".to_owned()),
    ]
    .map(|(name, value)| (name.to_owned(), value));
    Process::start("newswire", Path::new(env!("CARGO_BIN_EXE_newswire")), &arguments, &environment, log)
}

/// A folder with the authority's certificate in `authority.pem`.
fn folder(authority: &Authority) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("authority.pem"), authority.certificate.pem()).unwrap();
    folder
}

/// Writes a client's certificate with its key, and the credential `paper` that names it. Returns the key, and the path of the
/// file of credentials.
fn client_certificate(authority: &Authority, folder: &Path) -> (KeyPair, String) {
    let Signed { certificate, key } = authority.sign("newswire.example");
    let (pem, file) = (folder.join("client.pem"), folder.join("credentials.json"));
    fs::write(&pem, certificate.pem() + &key.serialize_pem()).unwrap();
    fs::write(&file, serde_json::json!({ "paper": { "certificate": pem } }).to_string()).unwrap();
    for path in [&pem, &file] {
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
    }
    (key, file.display().to_string())
}

#[test]
fn a_server_that_requires_a_client_certificate_answers_the_feed_that_has_it_only() {
    let authority = Authority::new();
    let (server, folder) = (Server::start(server(&authority, true)), folder(&authority));
    let (_, file) = client_certificate(&authority, folder.path());
    let roots = folder.path().join("authority.pem");
    let refused = check(&server, &roots, &[]);
    // With TLS 1.3 the client may see the end of the connection before the alert that names the certificate.
    assert!(refused["error"].is_string() && refused["status"].is_null(), "{refused}");
    assert_eq!(server.seen.lock().unwrap().paths.len(), 0);
    let answered = check(&server, &roots, &["--credentials-file", &file, "--credentials-ref", "paper"]);
    assert_eq!((answered["status"].as_u64(), answered["number_of_entries"].as_u64()), (Some(200), Some(1)));
    assert_eq!(server.count("/feed"), 1);
}

#[test]
fn the_key_of_a_client_certificate_stands_in_no_log_and_no_topic() {
    let authority = Authority::new();
    let (server, folder) = (Server::start(server(&authority, true)), folder(&authority));
    let (key, file) = client_certificate(&authority, folder.path());
    let (data, log) = (folder.path().join("data"), folder.path().join("log"));
    newswire(&data, &["feeds", "add", &format!("{}/feed", server.base), "--credentials-ref", "paper"]);
    let flags = ["--credentials-file", &file];
    let mut process = start(&data, &folder.path().join("authority.pem"), &flags, &log);
    let is_polled = wait::within(PATIENCE, || server.count("/feed") >= 2 || process.ended().is_some());
    assert!(is_polled && process.ended().is_none(), "{}", process.log_tail());
    assert!(process.stop(Duration::from_secs(30)).success());
    let raw = newswire(&data, &["tail", "raw", "--from", "beginning", "--to-end"]);
    assert!(raw.contains("Of /feed"), "{raw}");

    let pem = key.serialize_pem();
    let lines = pem.lines().filter(|line| line.len() == 64).map(|line| line.as_bytes().to_vec());
    let forms: Vec<Vec<u8>> = lines.chain([key.serialize_der()]).collect();
    assert!(forms.len() > 1);
    let texts = files(&data)
        .into_iter()
        .chain([("the log".to_owned(), fs::read(&log).unwrap()), ("raw".to_owned(), raw.into_bytes())]);
    for (place, text) in texts {
        assert!(forms.iter().all(|form| memchr::memmem::find(&text, form).is_none()), "{place}");
    }
}

#[test]
fn the_feeds_of_a_host_share_one_connection_of_http_2() {
    let authority = Authority::new();
    let (server, folder) = (Server::start(server(&authority, false)), folder(&authority));
    let data = folder.path().join("data");
    let paths = ["/one", "/two", "/three"];
    for path in paths {
        newswire(&data, &["feeds", "add", &format!("{}{path}", server.base)]);
    }
    let mut process = start(&data, &folder.path().join("authority.pem"), &[], &folder.path().join("log"));
    let polled = || paths.iter().all(|path| server.count(path) >= 2);
    let is_polled = wait::within(PATIENCE, || polled() || process.ended().is_some());
    assert!(is_polled && process.ended().is_none(), "{}", process.log_tail());
    assert_eq!(server.seen.lock().unwrap().connections, ["h2"]);
    assert!(process.stop(Duration::from_secs(30)).success());
}
