use std::{
    collections::HashMap,
    io::{BufRead, BufReader, Read, Write},
    net::{IpAddr, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Condvar, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

/// A received request.
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

/// A scripted response.
#[derive(Clone)]
pub struct Response {
    status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// Bytes that Content-Length promises and the server does not send.
    missing: usize,
    /// The longest pause before the head.
    mute: Duration,
    /// The longest pause in the middle of the body.
    stall: Duration,
    /// Content-Length is left out.
    no_length: bool,
}

impl Response {
    pub fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Response {
            status,
            headers: vec![],
            body: body.into(),
            missing: 0,
            mute: Duration::ZERO,
            stall: Duration::ZERO,
            no_length: false,
        }
    }
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }
    pub fn missing(mut self, bytes: usize) -> Self {
        self.missing = bytes;
        self
    }
    pub fn mute(mut self, pause: Duration) -> Self {
        self.mute = pause;
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

/// A publisher on a free port of a loopback address. `script` answers every request, that for robots.txt included.
pub struct Server {
    pub address: SocketAddr,
    log: Arc<Log>,
    stopped: Arc<AtomicBool>,
    accepting: std::thread::JoinHandle<()>,
}

/// The received requests, and a signal of new ones.
#[derive(Default)]
struct Log {
    requests: Mutex<Vec<Request>>,
    received: Condvar,
}

impl Server {
    pub fn start(script: impl Fn(&Request) -> Response + Send + Sync + 'static) -> Self {
        Self::start_at("127.0.0.1", script)
    }

    /// Starts the server on another loopback address, which is another host with a partition of its own.
    pub fn start_at(host: &str, script: impl Fn(&Request) -> Response + Send + Sync + 'static) -> Self {
        Self::start_on((host.parse::<IpAddr>().unwrap(), 0).into(), script)
    }

    /// Starts the server on an address; port 0 is a free one.
    pub fn start_on(address: SocketAddr, script: impl Fn(&Request) -> Response + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind(address).unwrap();
        let address = listener.local_addr().unwrap();
        let log = Arc::new(Log::default());
        let (script, shared) = (Arc::new(script), Arc::clone(&log));
        let stopped = Arc::new(AtomicBool::new(false));
        let ends = Arc::clone(&stopped);
        let accepting = std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if ends.load(Ordering::SeqCst) {
                    return;
                }
                let (script, log) = (Arc::clone(&script), Arc::clone(&shared));
                std::thread::spawn(move || serve(stream, &*script, &log));
            }
        });
        Server { address, log, stopped, accepting }
    }

    /// Refuses connections from now on. Returns the address, on which another server can be started.
    pub fn stop(self) -> SocketAddr {
        self.stopped.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
        self.accepting.join().unwrap();
        self.address
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

    /// Waits until `path` has had `times` requests that match `filter`.
    pub fn until(&self, path: &str, times: usize, filter: impl Fn(&Request) -> bool) {
        let too_few = |requests: &mut Vec<Request>| {
            requests.iter().filter(|request| request.path == path && filter(request)).count() < times
        };
        let requests = self.log.requests.lock().unwrap();
        let waited = self.log.received.wait_timeout_while(requests, Duration::from_secs(60), too_few).unwrap().1;
        assert!(!waited.timed_out(), "not within 60 s: {times} requests for {path}");
    }
}

fn serve(mut stream: TcpStream, script: &dyn Fn(&Request) -> Response, log: &Log) {
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
    let Some(first) = lines.next() else { return };
    let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
    let headers = lines
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.split_once(": ").map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())))
        .collect();
    let request = Request { path, headers };
    log.requests.lock().unwrap().push(request.clone());
    log.received.notify_all();
    let response = script(&request);
    pause(&mut stream, response.mute);
    let mut head = format!("HTTP/1.1 {} Scripted\r\nConnection: close\r\n", response.status);
    if !response.no_length {
        head.push_str(&format!("Content-Length: {}\r\n", response.body.len() + response.missing));
    }
    for (name, value) in &response.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    let _ = stream.write_all(head.as_bytes());
    let (start, rest) = response.body.split_at(response.body.len() / 2);
    let _ = stream.write_all(start);
    let _ = stream.flush();
    pause(&mut stream, response.stall);
    let _ = stream.write_all(rest);
}

/// Sends nothing until the client disconnects, for `longest` at most.
fn pause(stream: &mut TcpStream, longest: Duration) {
    if longest > Duration::ZERO {
        let _ = stream.set_read_timeout(Some(longest));
        let _ = stream.read(&mut [0]);
    }
}
