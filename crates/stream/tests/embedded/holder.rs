//! The lock on the file, and the socket next to it.

use crate::help;
use proto::topic::Retention;
use std::{
    io::{BufRead, BufReader, Read, Write},
    os::unix::{fs::PermissionsExt, net::UnixStream},
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};
use stream::{Admin, Log, LogError, MemberSpec, Start, embedded};
use test_support::wait::eventually;

const DAY: i64 = 24 * 60 * 60 * 1_000;

/// A process that holds the log in `folder` until it is killed.
struct Holder(Child);

impl Holder {
    fn start(folder: &Path) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["holder::child_holder", "--exact", "--nocapture"])
            .env("HOLDER_FOLDER", folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        assert!(lines.any(|line| line.unwrap().ends_with("holding")), "the holder ended");
        Holder(child)
    }

    /// `kill -9`.
    fn kill(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Not a test: the child process.
#[test]
fn child_holder() {
    let Some(folder) = std::env::var_os("HOLDER_FOLDER") else { return };
    let log = embedded::Embedded::open(Path::new(&folder)).unwrap();
    log.ensure_topics(&[help::topic("news", Retention::Delete(DAY))]).unwrap();
    log.append(vec![help::record("news", "k", Some("of the holder"))]).unwrap();
    let mut out = std::io::stdout();
    writeln!(out, "holding").unwrap();
    // Until the parent is gone.
    drop(std::io::stdin().read(&mut [0]));
}

#[test]
fn the_error_of_a_second_process_names_the_holder() {
    let folder = tempfile::tempdir().unwrap();
    let holder = Holder::start(folder.path());
    let error = embedded::Embedded::open(folder.path()).err().unwrap();
    assert!(matches!(error, LogError::Config(_)));
    let sentence = error.to_string();
    assert!(sentence.contains(&format!("in use by process {}", holder.0.id())), "{sentence}");
    assert!(sentence.contains("newswire.sock"), "{sentence}");
}

#[test]
fn a_command_reaches_the_log_of_a_running_process() {
    let folder = tempfile::tempdir().unwrap();
    let _holder = Holder::start(folder.path());
    let log = embedded::open(folder.path()).unwrap();
    assert_eq!(log.partitions("news").unwrap(), 2);
    assert_eq!(help::rows(&*log, "news"), ["k of the holder"]);
    log.ensure_topics(&[help::topic("more", Retention::Compact)]).unwrap();
    let mut written = help::record("more", "k", Some("of the command"));
    written.headers = vec![("note".into(), vec![0, 255])];
    let mut tail = log.tail("more", Start::End).unwrap();
    log.append(vec![written.clone(), help::record("more", "k", None)]).unwrap();
    let received = tail.poll(10, Duration::from_secs(20)).unwrap();
    assert_eq!(
        (&received[0].value, &received[0].headers, &received[1].value),
        (&written.value, &written.headers, &None)
    );
    assert_eq!(log.ends("more").unwrap()[&0], 2);
    assert!(log.committed("group", "more").unwrap().is_empty());
    assert!(matches!(log.ends("nothing"), Err(LogError::NoTopic(topic)) if topic == "nothing"));
    let huge = "x".repeat(log.max_record_bytes());
    let refused = log.append(vec![help::record("more", "k", Some(&huge))]);
    assert!(matches!(refused, Err(LogError::TooLarge { bytes: 1_000_001, .. })), "{refused:?}");
    let spec = MemberSpec {
        stage: "normaliser".into(),
        group: "news.normaliser".into(),
        replica: "0".into(),
        source: "news".into(),
        tables: vec![],
        recovery: stream::Recovery::default(),
    };
    let refused = log.join(&spec).err().unwrap();
    assert!(matches!(&refused, LogError::Config(sentence) if sentence.contains("normaliser")), "{refused}");
}

#[test]
fn the_socket_of_a_killed_process_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    Holder::start(folder.path()).kill();
    assert!(folder.path().join("newswire.sock").exists());
    for _ in 0..2 {
        let log = embedded::open(folder.path()).unwrap();
        assert_eq!(help::rows(&*log, "news"), ["k of the holder"]);
    }
    let log = embedded::Embedded::open(folder.path()).unwrap();
    let socket = folder.path().join("newswire.sock");
    assert_eq!(socket.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    drop(log);
    assert!(!socket.exists(), "closing the log removes the socket");
}

#[test]
fn a_tail_fails_when_the_holder_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let mut holder = Holder::start(folder.path());
    let log = embedded::open(folder.path()).unwrap();
    let mut tail = log.tail("news", Start::End).unwrap();
    holder.kill();
    let error = tail.poll(1, Duration::from_secs(20)).unwrap_err();
    assert!(matches!(error, LogError::Unavailable(_)), "{error}");
}

#[test]
fn a_log_can_be_closed_while_commands_are_connected() {
    let folder = tempfile::tempdir().unwrap();
    let log = embedded::Embedded::open(folder.path()).unwrap();
    log.ensure_topics(&[help::topic("news", Retention::Delete(DAY))]).unwrap();
    let command = embedded::open(folder.path()).unwrap();
    let _tail = command.tail("news", Start::Beginning).unwrap();
    drop(log);
    drop(embedded::Embedded::open(folder.path()).unwrap());
}

#[test]
fn invalid_messages_on_the_socket_are_answered_with_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let log = embedded::Embedded::open(folder.path()).unwrap();
    let socket = folder.path().join("newswire.sock");
    for nonsense in [&b"GET / HTTP/1.1\r\n\r\n"[..], &[0xff; 64], &[0, 0, 0, 2, 0xee, 0xee]] {
        let mut stream = UnixStream::connect(&socket).unwrap();
        stream.write_all(nonsense).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let mut answer = Vec::new();
        // The holder may reset the connection, having read only a part.
        drop(stream.read_to_end(&mut answer));
        assert!(answer.len() > 4, "an answer to {nonsense:?}");
    }
    let idle: Vec<_> = (0..80).map(|_| UnixStream::connect(&socket)).collect();
    let refused = embedded::open(folder.path()).map(drop);
    assert!(matches!(&refused, Err(LogError::Unavailable(why)) if why.contains("64 connections")), "{refused:?}");
    drop(idle);
    eventually(Duration::from_secs(30), "the socket serves again", || embedded::open(folder.path()).is_ok());
    log.ensure_topics(&[help::topic("news", Retention::Delete(DAY))]).unwrap();
}

#[test]
fn a_file_that_is_not_a_log_is_refused_and_unchanged() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("newswire.redb");
    std::fs::write(&file, b"another program's data").unwrap();
    let error = embedded::Embedded::open(folder.path()).err().unwrap();
    assert!(matches!(&error, LogError::Corrupt(what) if what.contains("newswire.redb")), "{error}");
    assert_eq!(std::fs::read(&file).unwrap(), b"another program's data");
}

#[test]
fn a_folder_that_cannot_be_created_is_a_configuration_error() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, b"").unwrap();
    let error = embedded::Embedded::open(&file.join("data")).err().unwrap();
    assert!(matches!(&error, LogError::Config(what) if what.contains("data folder")), "{error}");
}
