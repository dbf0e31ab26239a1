//! Reading topics with kcat, a client that is independent of the product.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    sync::mpsc::{Receiver, channel},
};

/// A record of a topic whose keys and values are text.
#[derive(Debug, Clone, serde::Deserialize)]
pub struct Record {
    /// Partition.
    pub partition: i32,
    /// Offset.
    pub offset: i64,
    /// Key.
    #[serde(default)]
    pub key: Option<String>,
    /// Value; `None` for a tombstone.
    #[serde(default)]
    pub payload: Option<String>,
    /// Names and values in turn.
    #[serde(default)]
    pub headers: Vec<String>,
}

impl Record {
    /// The value, parsed as JSON; null for a tombstone.
    ///
    /// # Panics
    /// If it is not JSON.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(self.payload.as_deref().unwrap_or("null")).unwrap()
    }
}

/// Everything that is committed in a topic now.
///
/// # Panics
/// If kcat is not installed or fails.
#[must_use]
pub fn read_all(kafka: &str, topic: &str) -> Vec<Record> {
    records(&output(command(kafka, topic).args(["-J", "-e"]), topic))
}

/// Everything that is in a topic now, committed or not.
///
/// # Panics
/// As [`read_all`].
#[must_use]
pub fn read_uncommitted(kafka: &str, topic: &str) -> Vec<Record> {
    let mut command = command(kafka, topic);
    records(&output(command.args(["-J", "-e", "-X", "isolation.level=read_uncommitted"]), topic))
}

/// Keys and values of everything that is committed in a topic now, as bytes; tombstones have no value.
///
/// # Panics
/// As [`read_all`].
#[must_use]
pub fn read_bytes(kafka: &str, topic: &str) -> Vec<(Vec<u8>, Option<Vec<u8>>)> {
    // Lengths of key and value, then both without separators. The length of a null value is -1.
    let output = output(command(kafka, topic).args(["-e", "-f", "%K %S\n%k%s"]), topic);
    let mut rest = output.as_slice();
    let mut records = Vec::new();
    while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
        let (lengths, behind) = rest.split_at(end);
        let mut lengths = std::str::from_utf8(lengths).unwrap().split(' ').map(|text| text.parse::<i64>().unwrap());
        rest = &behind[1..];
        let mut next = || {
            let length = usize::try_from(lengths.next().unwrap()).ok()?;
            rest.split_off(..length).map(<[u8]>::to_vec)
        };
        records.push((next().unwrap_or_default(), next()));
    }
    records
}

fn command(kafka: &str, topic: &str) -> Command {
    let mut command = Command::new("kcat");
    command
        .args(["-b", kafka, "-C", "-t", topic, "-u", "-q", "-o", "beginning"])
        .args(["-X", "isolation.level=read_committed", "-X", "fetch.wait.max.ms=50"])
        .args(["-X", "message.max.bytes=2000000", "-X", "check.crcs=true"])
        .stdin(Stdio::null())
        .stderr(Stdio::null());
    command
}

fn output(command: &mut Command, topic: &str) -> Vec<u8> {
    let output = command.output().unwrap();
    assert!(output.status.success(), "kcat could not read {topic}");
    output.stdout
}

fn records(output: &[u8]) -> Vec<Record> {
    let lines = output.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    lines.map(|line| serde_json::from_slice(line).unwrap()).collect()
}

/// A kcat that follows a topic from its beginning.
pub struct Follower {
    process: Child,
    records: Receiver<Record>,
}

impl Follower {
    /// Starts it.
    ///
    /// # Panics
    /// If kcat is not installed.
    #[must_use]
    pub fn start(kafka: &str, topic: &str) -> Self {
        // -E: it keeps running while the broker is down.
        let mut process = command(kafka, topic).args(["-J", "-E"]).stdout(Stdio::piped()).spawn().unwrap();
        let output = BufReader::new(process.stdout.take().unwrap());
        let (send, records) = channel();
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                if let Ok(record) = serde_json::from_str(&line)
                    && send.send(record).is_err()
                {
                    return;
                }
            }
        });
        Follower { process, records }
    }

    /// Records that have arrived since the last call.
    ///
    /// # Panics
    /// If kcat has ended, because later records would be missed.
    #[must_use]
    pub fn take(&mut self) -> Vec<Record> {
        let ended = self.process.try_wait().unwrap();
        assert!(ended.is_none(), "kcat ended: {ended:?}");
        self.records.try_iter().collect()
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}
