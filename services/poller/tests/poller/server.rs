use std::{
    collections::HashMap,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Condvar, Mutex},
    time::Duration,
};

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Request {
    pub path: String,
    pub headers: HashMap<String, String>,
}

impl Request {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }
}

/// What to send.
pub struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    /// Claims more than it sends.
    missing: usize,
    /// Stops for this long in the middle of the body.
    stall: Duration,
    /// Says no length.
    no_length: bool,
}

impl Answer {
    pub fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Answer { status, headers: vec![], body: body.into(), missing: 0, stall: Duration::ZERO, no_length: false }
    }
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }
    pub fn missing(mut self, bytes: usize) -> Self {
        self.missing = bytes;
        self
    }
    pub fn stall(mut self, pause: Duration) -> Self {
        self.stall = pause;
        self
    }
    pub fn no_length(mut self) -> Self {
        self.no_length = true;
        self
    }
}

/// A publisher on a free port of the loopback. Without a script for it, robots.txt is not there.
pub struct Server {
    pub address: SocketAddr,
    log: Arc<Log>,
}

/// What was asked for, and who waits for more.
#[derive(Default)]
struct Log {
    requests: Mutex<Vec<Request>>,
    more: Condvar,
}

impl Server {
    pub fn start(script: impl Fn(&Request) -> Answer + Send + Sync + 'static) -> Self {
        Self::start_at("127.0.0.1", script)
    }

    /// On an address of its own: another host, and so another partition.
    pub fn start_at(host: &str, script: impl Fn(&Request) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind((host, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let log = Arc::new(Log::default());
        let (script, kept) = (Arc::new(script), Arc::clone(&log));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (script, log) = (Arc::clone(&script), Arc::clone(&kept));
                std::thread::spawn(move || serve(stream, &*script, &log));
            }
        });
        Server { address, log }
    }

    pub fn url(&self, path: &str) -> url::Url {
        format!("http://{}{path}", self.address).parse().unwrap()
    }

    pub fn requests(&self, path: &str) -> Vec<Request> {
        self.log.requests.lock().unwrap().iter().filter(|request| request.path == path).cloned().collect()
    }

    pub fn count(&self) -> usize {
        self.log.requests.lock().unwrap().len()
    }

    /// Waits until `path` was asked for so many times by requests that are `wanted`.
    pub fn until(&self, path: &str, times: usize, wanted: impl Fn(&Request) -> bool) {
        let few = |all: &mut Vec<Request>| all.iter().filter(|one| one.path == path && wanted(one)).count() < times;
        let requests = self.log.requests.lock().unwrap();
        let waited = self.log.more.wait_timeout_while(requests, Duration::from_secs(60), few).unwrap().1;
        assert!(!waited.timed_out(), "not within 60 s: {path} asked for {times} times");
    }
}

fn serve(mut stream: TcpStream, script: &dyn Fn(&Request) -> Answer, log: &Log) {
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
    let Some(first) = lines.next() else { return };
    let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
    let headers = lines
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.split_once(": ").map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())))
        .collect();
    let request = Request { path, headers };
    log.requests.lock().unwrap().push(request.clone());
    log.more.notify_all();
    let answer = script(&request);
    let mut head = format!("HTTP/1.1 {} Scripted\r\nConnection: close\r\n", answer.status);
    if !answer.no_length {
        head.push_str(&format!("Content-Length: {}\r\n", answer.body.len() + answer.missing));
    }
    for (name, value) in &answer.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    let _ = stream.write_all(head.as_bytes());
    let (start, rest) = answer.body.split_at(answer.body.len() / 2);
    let _ = stream.write_all(start);
    let _ = stream.flush();
    if answer.stall > Duration::ZERO {
        // Until the client hangs up, and no longer than that.
        let _ = stream.set_read_timeout(Some(answer.stall));
        let _ = stream.read(&mut [0]);
    }
    let _ = stream.write_all(rest);
}
