use crate::link::{Link, Remote};
use ::stream::{CancellationToken, Log, Metrics, Outgoing, Runtime, embedded::Embedded};
use chassis::admin::Readiness;
use gateway::{Config, Error};
use proto::{
    partition,
    topic::{Names, Topic},
    v1::{Country, EnrichedArticle, Entity, Evidence, Mention},
    vocab, wire,
};
use std::{net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    task::JoinHandle,
};

pub const PATIENCE: Duration = Duration::from_secs(30);
const PARTITIONS: i32 = 3;

/// A gateway on an embedded log.
pub struct Gateway {
    pub address: SocketAddr,
    /// Address of `/metrics`, `/healthz` and `/readyz`.
    pub admin: SocketAddr,
    pub link: Arc<Link>,
    pub runtime: Runtime,
    task: JoinHandle<Result<(), Error>>,
    _folder: tempfile::TempDir,
}

impl Gateway {
    pub async fn start(config: Config) -> Self {
        Self::start_on(config, Link::default(), |log| log).await
    }

    /// Reaches through `link` the log that `wrap` returns for the embedded one.
    pub async fn start_on(config: Config, link: Link, wrap: impl FnOnce(Arc<dyn Log>) -> Arc<dyn Log>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().to_owned();
        let log: Arc<dyn Log> =
            tokio::task::spawn_blocking(move || Arc::new(Embedded::open(&path).unwrap())).await.unwrap();
        let registry = ::metrics::Registry::new();
        let link = Arc::new(link);
        let runtime = Runtime {
            log: Arc::new(Remote { log: wrap(log), link: Arc::clone(&link) }),
            names: Names::default(),
            partitions: PARTITIONS,
            retention: Vec::new(),
            encoding: wire::Encoding::Json,
            replica: "0".into(),
            metrics: Metrics::new(&registry).unwrap(),
            registry,
            shutdown: CancellationToken::new(),
        };
        let topics = runtime.clone();
        tokio::task::spawn_blocking(move || topics.ensure_topics().unwrap()).await.unwrap();
        let listener = chassis::http::bind(([127, 0, 0, 1], 0).into()).await.unwrap();
        let address = listener.local_addr().unwrap();
        let readiness = Readiness::default();
        let admin = serve_admin(&runtime, readiness.clone()).await;
        let serving = runtime.clone();
        let task = tokio::spawn(async move { gateway::serve(listener, &config, serving, readiness).await });
        let gateway = Gateway { address, admin, link, runtime, task, _folder: folder };
        gateway.until_admin("/readyz", |answer| answer.status == 200 && answer.body.contains("caught-up")).await;
        gateway
    }

    /// Writes records to the enriched topic.
    pub async fn append(&self, articles: impl IntoIterator<Item = EnrichedArticle>) {
        let records = articles.into_iter().map(|article| {
            let value = wire::Encoding::Json.encode(&article).unwrap();
            self.outgoing(&article.article_id, "application/json", value)
        });
        self.append_raw(records.collect()).await;
    }

    pub fn outgoing(&self, key: &str, content_type: &str, value: Vec<u8>) -> Outgoing {
        Outgoing {
            topic: self.runtime.names.of(Topic::Enriched),
            partition: partition::of(key.as_bytes(), PARTITIONS),
            key: key.as_bytes().to_vec(),
            value: Some(value),
            headers: vec![(wire::CONTENT_TYPE.to_owned(), content_type.as_bytes().to_vec())],
        }
    }

    pub async fn append_raw(&self, records: Vec<Outgoing>) {
        let log = Arc::clone(&self.runtime.log);
        tokio::task::spawn_blocking(move || log.append(records).unwrap()).await.unwrap();
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.get_with(path, "").await
    }

    pub async fn get_with(&self, path: &str, headers: &str) -> Answer {
        Answer::read(open(self.address, path, headers).await).await
    }

    /// The answer of the admin listener.
    pub async fn get_admin(&self, path: &str) -> Answer {
        Answer::read(open(self.admin, path, "").await).await
    }

    pub async fn request(&self, method: &str, path: &str, headers: &str) -> Answer {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(format!("{method} {path} HTTP/1.0\r\n{headers}\r\n").as_bytes()).await.unwrap();
        Answer::read(stream).await
    }

    /// Repeats the request after each poll of the gateway until `wanted` accepts the response.
    pub async fn until(&self, path: &str, wanted: impl Fn(&Answer) -> bool) -> Answer {
        self.until_at(self.address, path, wanted).await
    }

    /// As [`Gateway::until`], on the admin listener.
    pub async fn until_admin(&self, path: &str, wanted: impl Fn(&Answer) -> bool) -> Answer {
        self.until_at(self.admin, path, wanted).await
    }

    async fn until_at(&self, address: SocketAddr, path: &str, wanted: impl Fn(&Answer) -> bool) -> Answer {
        let end = tokio::time::Instant::now() + PATIENCE;
        let mut requests = self.link.requests();
        loop {
            requests.mark_unchanged();
            let answer = Answer::read(open(address, path, "").await).await;
            if wanted(&answer) {
                return answer;
            }
            // It polls again once it has applied the previous records, or has reported an error.
            let more = tokio::time::timeout_at(end, requests.changed()).await;
            assert!(more.is_ok(), "{path} still returns {} {}", answer.status, answer.body);
        }
    }

    /// Connects to the stream; the gateway counts the client when this returns.
    pub async fn follow(&self, path: &str, headers: &str) -> Events {
        let mut events = Events { lines: BufReader::new(open(self.address, path, headers).await) };
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert!(events.lines.read_line(&mut head).await.unwrap() > 0, "{head}");
        }
        assert!(head.contains(" 200 ") && head.contains("text/event-stream"), "{head}");
        assert_eq!(events.next().await.comment, "newswire");
        events
    }

    /// Stops it, and returns its log and the folder that holds it.
    pub async fn stop_and_keep(self) -> (Arc<dyn Log>, tempfile::TempDir) {
        let Gateway { runtime, task, _folder: folder, .. } = self;
        runtime.shutdown.cancel();
        tokio::time::timeout(PATIENCE, task).await.unwrap().unwrap().unwrap();
        (runtime.log, folder)
    }

    pub async fn stop(self) {
        self.runtime.shutdown.cancel();
        tokio::time::timeout(PATIENCE, self.task).await.unwrap().unwrap().unwrap();
    }
}

/// The admin listener of a process, until the shutdown.
async fn serve_admin(runtime: &Runtime, readiness: Readiness) -> SocketAddr {
    let listener = chassis::http::bind(([127, 0, 0, 1], 0).into()).await.unwrap();
    let address = listener.local_addr().unwrap();
    let routes = chassis::admin::router(runtime.registry.clone(), readiness);
    let options = chassis::http::Options::default();
    tokio::spawn(chassis::http::serve(listener, routes, options, runtime.shutdown.clone()));
    address
}

async fn open(address: SocketAddr, path: &str, headers: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    // HTTP/1.0: the body is not chunked and ends with the connection.
    stream.write_all(format!("GET {path} HTTP/1.0\r\n{headers}\r\n").as_bytes()).await.unwrap();
    stream
}

#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Answer {
    async fn read(mut stream: TcpStream) -> Self {
        let mut text = String::new();
        stream.read_to_string(&mut text).await.unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Answer { status, head: head.to_lowercase(), body: body.to_owned() }
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    /// Article ids of a list.
    pub fn ids(&self) -> Vec<String> {
        let json = self.json();
        let articles = json["articles"].as_array().unwrap_or_else(|| panic!("{}", self.body));
        articles.iter().map(|article| article["article_id"].as_str().unwrap().to_owned()).collect()
    }
}

/// A client of the stream.
pub struct Events {
    lines: BufReader<TcpStream>,
}

#[derive(Debug, Default, PartialEq, Eq)]
pub struct Event {
    pub id: String,
    pub name: String,
    pub data: String,
    pub comment: String,
}

impl Event {
    pub fn article(&self) -> EnrichedArticle {
        wire::decode(None, self.data.as_bytes()).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

impl Events {
    /// The next event or comment.
    pub async fn next(&mut self) -> Event {
        let mut event = Event::default();
        loop {
            let mut line = String::new();
            let read = tokio::time::timeout(PATIENCE, self.lines.read_line(&mut line)).await;
            assert!(read.unwrap().unwrap() > 0, "the stream ended");
            match line.trim_end().split_once(':') {
                None if event == Event::default() => {}
                None => return event,
                Some((field, value)) => match field {
                    "id" => event.id = value.trim().to_owned(),
                    "event" => event.name = value.trim().to_owned(),
                    "data" => event.data = value.trim().to_owned(),
                    "" => event.comment = value.trim().to_owned(),
                    _ => {}
                },
            }
        }
    }

    /// True once the gateway has closed the connection.
    pub async fn ended(&mut self) -> bool {
        let mut rest = Vec::new();
        tokio::time::timeout(PATIENCE, self.lines.read_to_end(&mut rest)).await.is_ok()
    }
}

/// An article about Kenya, published at `second`.
pub fn article(id: &str, second: i64) -> EnrichedArticle {
    let title = format!("Kenya opens bridge {id}");
    EnrichedArticle {
        article_id: id.to_owned(),
        revision: 1,
        change: vocab::change::NEW.into(),
        url: format!("https://news.example/{id}"),
        published_at: Some(proto::Timestamp { seconds: second, nanos: 0 }),
        publisher_name: "The Coast Courier".into(),
        summary: "A crossing that took an hour by boat now takes four minutes.".into(),
        language: "en".into(),
        countries: vec![country("KE", "KEN", "Kenya", true, vec![evidence("NAME", "title", &title, "Kenya")])],
        entities: vec![entity("PERSON", "Amina Odhiambo"), entity("ORG", "Coastal Roads Authority")],
        title,
        ..EnrichedArticle::default()
    }
}

pub fn country(code: &str, alpha3: &str, name: &str, focus: bool, evidence: Vec<Evidence>) -> Country {
    let role = if focus { vocab::role::FOCUS } else { vocab::role::MENTIONED };
    Country {
        code: code.into(),
        alpha3: alpha3.into(),
        name: name.into(),
        role: role.into(),
        salience: 0.5,
        mention_count: i32::try_from(evidence.len()).unwrap(),
        evidence,
    }
}

/// Evidence for `text` in `field`, whose whole text is `of`.
pub fn evidence(kind: &str, field: &str, of: &str, text: &str) -> Evidence {
    let at = of.find(text).unwrap_or_else(|| panic!("{text:?} is not in {of:?}"));
    let start = of[..at].chars().count();
    let end = start + text.chars().count();
    Evidence {
        kind: kind.into(),
        field: field.into(),
        start: i32::try_from(start).unwrap(),
        end: i32::try_from(end).unwrap(),
        text: text.into(),
    }
}

pub fn entity(kind: &str, name: &str) -> Entity {
    let mention = Mention { field: "body".into(), start: 0, end: 1, text: name.into() };
    Entity {
        r#type: kind.into(),
        name: name.into(),
        mentions: vec![mention],
        salience: 0.4,
        confidence: 0.9,
        ..Entity::default()
    }
}
