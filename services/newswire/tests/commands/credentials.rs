//! Credentials of feeds reach the feed's origin, and nothing else: no topic, no log line, no answer of a command.

use crate::support::run;
use base64::Engine;
use proptest::{
    strategy::{Strategy, ValueTree},
    test_runner::TestRunner,
};
use std::{
    collections::BTreeMap,
    fs,
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};
use test_support::{http, port, process::Process, wait};

const PATIENCE: Duration = Duration::from_secs(120);
/// All that the poller and the HTTP client say.
const LOG: &str = "debug,poller=trace,reqwest=trace,hyper=trace,hyper_util=trace";
/// Feeds of each response.
const EACH: usize = 5;
/// What a publisher answers at the second request; the first is always answered with the feed.
const RESPONSES: [&str; 6] = ["304", "500", "moved", "elsewhere", "web page", "cut"];

/// A feed with secrets in its URL.
struct Secret {
    url: String,
    /// The request's target and the Authorization that the publisher expects.
    target: String,
    authorization: String,
    secrets: Vec<String>,
}

fn percent(text: &str) -> String {
    let keep = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes().map(|byte| if keep(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// The feed number `number`, with secrets in one of the places of a URL.
fn secret(number: usize, host: &str, (one, other): (String, String)) -> Secret {
    let (first, second) = (percent(&one), percent(&other));
    let (userinfo, target) = match number % EACH {
        0 => (format!("{first}:{second}@"), format!("/{number}?x=1")),
        1 => (String::new(), format!("/{number}?x=1&token={first}&y=2&api_key={second}")),
        2 => (String::new(), format!("/{number};auth={first}/rss?pass={second}")),
        3 => (String::new(), format!("/private/{first}/{number}?key={second}")),
        _ => (format!("{first}:@"), format!("/{number}?membercode={second}")),
    };
    let password = if number.is_multiple_of(EACH) { other.clone() } else { String::new() };
    let pair = base64::engine::general_purpose::STANDARD.encode(format!("{one}:{password}"));
    Secret {
        url: format!("http://{userinfo}{host}{target}"),
        authorization: if userinfo.is_empty() { String::new() } else { format!("Basic {pair}") },
        target,
        // A user name with a password is no secret: it stands in no URL, but may be a word of a text.
        secrets: if password.is_empty() { vec![one, other] } else { vec![other] },
    }
}

/// A feed that repeats the secrets wherever it can.
fn document(number: usize, feed: &Secret, host: &str) -> String {
    let all = feed.secrets.join(" ");
    let link = format!("http://{host}{}", feed.target);
    let html = format!("<p>Minister opens bridge {number} <a href=\"{}\">{}</a></p>", escape(&link), escape(&all));
    format!(
        "<rss version=\"2.0\"><channel><title>Feed {}</title><link>{}</link><item><title>Kenya opens bridge {number} {}</title>\
         <guid>{}</guid><link>{}&amp;item={number}</link><description>{}</description><author>{}</author><category>{}</category>\
         <enclosure url=\"{}\" type=\"image/png\" length=\"1\"/></item></channel></rss>",
        escape(&all),
        escape(&link),
        escape(&all),
        escape(&all),
        escape(&link),
        escape(&html),
        escape(&all),
        escape(&all),
        escape(&link),
    )
}

/// Answers one request. `seen` counts the authorised requests of each feed.
fn answer(mut stream: TcpStream, feeds: &[Secret], host: &str, other: &str, seen: &Mutex<BTreeMap<usize, usize>>) {
    let mut head = String::new();
    let mut lines = BufReader::new(stream.try_clone().unwrap());
    while !head.ends_with("\r\n\r\n") && lines.read_line(&mut head).is_ok_and(|read| read > 0) {}
    let target = head.split(' ').nth(1).unwrap_or_default().to_owned();
    let authorization = head.lines().find_map(|line| line.strip_prefix("authorization: ")).unwrap_or_default();
    let found = feeds.iter().position(|feed| target == feed.target || target == format!("/moved{}", feed.target));
    let mut reply = |status: &str, headers: &str, body: &str| {
        let length = body.len();
        let head = format!("HTTP/1.1 {status}\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n");
        drop(stream.write_all(format!("{head}{body}").as_bytes()));
    };
    let Some(number) = found.filter(|number| feeds[*number].authorization == authorization) else {
        return reply("404 Not Found", "", "");
    };
    let feed = &feeds[number];
    let count = {
        let mut seen = seen.lock().unwrap();
        let count = seen.entry(number).or_default();
        *count += 1;
        *count
    };
    let repeated = format!(
        "etag: \"{}\"\r\ncontent-location: {target}\r\n",
        feed.secrets.iter().map(|one| percent(one)).collect::<String>()
    );
    let body = document(number, feed, host);
    match RESPONSES[number / EACH] {
        _ if count == 1 || target.starts_with("/moved") => reply("200 OK", &repeated, &body),
        "304" => reply("304 Not Modified", &repeated, ""),
        "500" => reply("500 Internal Server Error", "", &body),
        "moved" => reply("301 Moved Permanently", &format!("location: http://{host}/moved{target}\r\n"), ""),
        "elsewhere" if number.is_multiple_of(2) => {
            reply("302 Found", &format!("location: http://{other}/plain\r\n"), "")
        }
        "elsewhere" => reply("302 Found", &format!("location: http://{other}{target}\r\n"), ""),
        "web page" => {
            reply("200 OK", "content-type: application/json\r\n", &format!("{{\"{}", feed.secrets.join("\" : ")))
        }
        _ => drop(
            stream.write_all(format!("HTTP/1.1 200 OK\r\ncontent-length: 99999\r\n\r\n{}", &body[..40]).as_bytes()),
        ),
    }
}

fn serve(listener: TcpListener, handle: impl Fn(TcpStream) + Send + Sync + 'static) {
    let handle = Arc::new(handle);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let handle = Arc::clone(&handle);
            std::thread::spawn(move || handle(stream));
        }
    });
}

/// Forms in which a secret could be recognised.
fn forms(secret: &str) -> Vec<Vec<u8>> {
    let json = serde_json::Value::from(secret).to_string();
    let json = json[1..json.len() - 1].to_owned();
    let mut forms = vec![secret.to_owned(), percent(secret), percent(secret).to_lowercase(), escape(secret), json];
    forms.retain(|form| form.len() >= 8);
    forms.into_iter().map(String::into_bytes).collect()
}

/// Every file under a folder, as bytes.
pub fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if let Ok(bytes) = fs::read(&path) {
            found.push((path.display().to_string(), bytes));
        }
    }
    found
}

fn assert_absent(feeds: &[Secret], texts: &[(String, Vec<u8>)]) {
    for (place, text) in texts {
        for (number, feed) in feeds.iter().enumerate() {
            for form in feed.secrets.iter().flat_map(|secret| forms(secret)) {
                let at = memchr::memmem::find(text, &form);
                let around =
                    at.map(|at| String::from_utf8_lossy(&text[at.saturating_sub(80)..(at + 80).min(text.len())]));
                assert!(
                    at.is_none(),
                    "feed {number}: {:?} stands in {place}: {around:?}",
                    String::from_utf8_lossy(&form)
                );
            }
        }
    }
}

#[test]
fn secrets_of_feed_urls_stand_nowhere_but_in_their_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let (listener, other_listener) =
        (TcpListener::bind("127.0.0.1:0").unwrap(), TcpListener::bind("127.0.0.1:0").unwrap());
    let [host, other] = [&listener, &other_listener].map(|listener| listener.local_addr().unwrap().to_string());

    let mut runner = TestRunner::default();
    let strategy = ("[!-~é]{10,20}", "[!-~é]{10,20}");
    let pairs = (0..RESPONSES.len() * EACH).map(|_| strategy.new_tree(&mut runner).unwrap().current());
    let feeds: Arc<Vec<Secret>> =
        Arc::new(pairs.enumerate().map(|(number, pair)| secret(number, &host, pair)).collect());
    let (seen, leaked) = (Arc::new(Mutex::new(BTreeMap::new())), Arc::new(Mutex::new(Vec::new())));
    let (served, counts, names) = (Arc::clone(&feeds), Arc::clone(&seen), (host.clone(), other));
    serve(listener, move |stream| answer(stream, &served, &names.0, &names.1, &counts));
    let requests = Arc::clone(&leaked);
    serve(other_listener, move |mut stream| {
        let mut lines = BufReader::new(stream.try_clone().unwrap());
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") && lines.read_line(&mut head).is_ok_and(|read| read > 0) {}
        requests.lock().unwrap().push((format!("a request to another origin: {head}"), head.into_bytes()));
        drop(stream.write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n"));
    });

    let outlines: String = feeds
        .iter()
        .enumerate()
        .map(|(number, feed)| {
            format!("<outline type=\"rss\" text=\"F{number}\" title=\"{0}\" xmlUrl=\"{0}\"/>", escape(&feed.url))
        })
        .collect();
    fs::write(path("feeds.opml"), format!("<opml><body>{outlines}</body></opml>")).unwrap();
    let list = path("feeds.opml").display().to_string();
    let secrets = ["--secret-parameters", "/private/,membercode"];
    let file = path("credentials.json").display().to_string();
    let data = path("data");
    let mut texts: Vec<(String, Vec<u8>)> = Vec::new();
    let mut command = |arguments: &[&str], wanted: i32| {
        let (out, error, code) = run(&data, arguments);
        assert_eq!(code, wanted, "{arguments:?}: {error}");
        texts.push((arguments[..2].join(" "), format!("{out}{error}").into_bytes()));
        out + &error
    };

    // Without a file they are refused by name, with the way out.
    let refused = command(&[&["feeds", "import", &list], &secrets[..]].concat(), 70);
    assert!(refused.contains("--credentials-file FILE"), "{refused}");
    let refused = command(&[&["feeds", "add", &feeds[0].url], &secrets[..]].concat(), 64);
    assert!(refused.contains("--credentials-file FILE"), "{refused}");
    let with_file = [&secrets[..], &["--credentials-file", &file]].concat();
    let count = feeds.len();
    let imported = command(&[&["feeds", "import", &list], &with_file[..]].concat(), 0);
    assert!(imported.contains(&format!("{count} feeds in the file, {count} of them new")), "{imported}");
    let again = command(&[&["feeds", "import", &list], &with_file[..]].concat(), 0);
    assert!(again.contains(", 0 of them new"), "{again}");
    let export = command(&["feeds", "list", "--opml"], 0);

    let admin = format!("127.0.0.1:{}", port::free());
    let flags = ["run", "--listen", "127.0.0.1:0", "--admin", &admin, "--partitions", "3", "--poll-interval", "200ms"];
    let own = ["--host-interval", "0s", "--allow-private-networks", "--feeds", &list, "--data", data.to_str().unwrap()];
    let arguments: Vec<String> = flags.iter().chain(&own).chain(&with_file).map(ToString::to_string).collect();
    let environment =
        [("NEWSWIRE_LOG".to_owned(), LOG.to_owned()), ("NEWSWIRE_LOG_FORMAT".to_owned(), "text".to_owned())];
    let mut process =
        Process::start("newswire", Path::new(env!("CARGO_BIN_EXE_newswire")), &arguments, &environment, &path("log"));
    let polled = || {
        let seen = seen.lock().unwrap();
        seen.len() == count && seen.values().all(|count| *count >= 2)
    };
    let is_done = wait::within(PATIENCE, || polled() || process.ended().is_some());
    let missing: Vec<usize> =
        (0..count).filter(|number| seen.lock().unwrap().get(number).is_none_or(|count| *count < 2)).collect();
    assert!(is_done && process.ended().is_none(), "not polled twice: {missing:?}\n{}", process.log_tail());
    let shown = || -> Option<usize> {
        let metrics = http::get(&admin, "/metrics")?;
        metrics.split("records_total{outcome=\"shown\"} ").nth(1)?.lines().next()?.parse().ok()
    };
    wait::eventually(PATIENCE, "articles", || shown() >= Some(count));
    for number in [0, 1, 2, 3, 4, 12] {
        let why = command(&[&["why", &feeds[number].url], &secrets[..]].concat(), 0);
        assert!(why.contains("on the list since"), "{why}");
        command(&[&["why", &format!("http://{host}{}&item={number}", feeds[number].target)], &secrets[..]].concat(), 0);
    }
    for topic in ["feeds", "raw", "feed-state", "feed-health", "articles", "enriched", "dead-letter"] {
        command(&["tail", topic, "--from", "beginning", "--to-end"], 0);
    }
    command(&["feeds", "list"], 0);
    command(&["dead-letter", "list"], 0);
    assert!(process.stop(Duration::from_secs(30)).success());
    let removed = command(&[&["feeds", "remove", &feeds[3].url], &secrets[..]].concat(), 0);
    assert_eq!(removed, "removed\n");

    // The export imports again without a secret.
    fs::write(path("export.opml"), &export).unwrap();
    let restored = command(&["feeds", "import", path("export.opml").to_str().unwrap()], 0);
    assert!(restored.contains(", 1 of them new"), "{restored}");

    texts.extend(files(&data));
    texts.push(("the log".to_owned(), fs::read(path("log")).unwrap()));
    let others = std::mem::take(&mut *leaked.lock().unwrap());
    assert!(!others.is_empty() && others.iter().all(|(head, _)| !head.contains("authorization")), "{others:?}");
    texts.extend(others);
    assert_absent(&feeds, &texts);
    let file = fs::read_to_string(&file).unwrap();
    let stored: serde_json::Value = serde_json::from_str(&file).unwrap();
    assert_eq!(stored.as_object().unwrap().len(), count);
}
