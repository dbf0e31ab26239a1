//! Reading a topic with a client that is not ours: kcat, read committed.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    sync::mpsc::{Receiver, channel},
};

/// A record as kcat shows it.
#[derive(Debug, Clone, serde::Deserialize)]
pub struct Seen {
    /// Partition.
    pub partition: i32,
    /// Offset.
    pub offset: i64,
    /// Key.
    #[serde(default)]
    pub key: Option<String>,
    /// Value as text.
    #[serde(default)]
    pub payload: Option<String>,
    /// Names and values by turns.
    #[serde(default)]
    pub headers: Vec<String>,
}

impl Seen {
    /// The value as JSON.
    ///
    /// # Panics
    /// Where it is none.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(self.payload.as_deref().unwrap_or("null")).unwrap()
    }

    /// Value of a header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.chunks_exact(2).find(|pair| pair[0] == name).map(|pair| pair[1].as_str())
    }
}

fn command(kafka: &str, topic: &str) -> Command {
    let mut command = Command::new("kcat");
    command
        .args(["-b", kafka, "-C", "-t", topic, "-J", "-u", "-q", "-o", "beginning"])
        .args(["-X", "isolation.level=read_committed", "-X", "fetch.wait.max.ms=50"])
        .args(["-X", "message.max.bytes=2000000", "-X", "check.crcs=true"])
        .stdin(Stdio::null())
        .stderr(Stdio::null());
    command
}

/// Everything that is committed in a topic now.
///
/// # Panics
/// Where kcat is not there or does not get to the end.
#[must_use]
pub fn read_all(kafka: &str, topic: &str) -> Vec<Seen> {
    read(command(kafka, topic).arg("-e"), topic)
}

fn read(command: &mut Command, topic: &str) -> Vec<Seen> {
    let output = command.output().unwrap();
    assert!(output.status.success(), "kcat could not read {topic}");
    let lines = output.stdout.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    lines.map(|line| serde_json::from_slice(line).unwrap()).collect()
}

/// Everything that is in a topic now, committed or not.
///
/// # Panics
/// As [`read_all`].
#[must_use]
pub fn read_uncommitted(kafka: &str, topic: &str) -> Vec<Seen> {
    read(command(kafka, topic).args(["-e", "-X", "isolation.level=read_uncommitted"]), topic)
}

/// A kcat that goes on reading.
pub struct Follower {
    process: Child,
    lines: Receiver<Seen>,
}

impl Follower {
    /// Starts with the oldest record.
    ///
    /// # Panics
    /// Where kcat is not there.
    #[must_use]
    pub fn start(kafka: &str, topic: &str) -> Self {
        // -E: a broker that is away for a while is no reason to end.
        let mut process = command(kafka, topic).arg("-E").stdout(Stdio::piped()).spawn().unwrap();
        let output = BufReader::new(process.stdout.take().unwrap());
        let (send, lines) = channel();
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                if let Ok(seen) = serde_json::from_str(&line)
                    && send.send(seen).is_err()
                {
                    return;
                }
            }
        });
        Follower { process, lines }
    }

    /// What has come since the last call.
    ///
    /// # Panics
    /// Where kcat has ended: what comes after would go unseen.
    #[must_use]
    pub fn take(&mut self) -> Vec<Seen> {
        let ended = self.process.try_wait().unwrap();
        assert!(ended.is_none(), "kcat ended: {ended:?}");
        self.lines.try_iter().collect()
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}
