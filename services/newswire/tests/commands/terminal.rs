//! What a terminal gets, and what a pipe and a file get.

use crate::support::{newswire, run};
use nix::pty::{Winsize, openpty};
use std::{
    fs::File,
    io::Read,
    path::Path,
    process::{Command, Stdio},
};

/// What a command writes on a terminal of 200 columns.
fn on_terminal(data: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> String {
    let size = Winsize { ws_row: 24, ws_col: 200, ws_xpixel: 0, ws_ypixel: 0 };
    let terminal = openpty(Some(&size), None).unwrap();
    let mut child = {
        let mut command = Command::new(env!("CARGO_BIN_EXE_newswire"));
        command.args(arguments).args(["--partitions", "3", "--data"]).arg(data);
        command.env("TERM", "xterm").env_remove("NO_COLOR").envs(environment.iter().copied());
        command.stdout(Stdio::from(terminal.slave.try_clone().unwrap())).stderr(Stdio::from(terminal.slave));
        command.spawn().unwrap()
    };
    let (mut shown, mut part) = (Vec::new(), [0; 4096]);
    let mut reader = File::from(terminal.master);
    // The end is an error: no process has the terminal open any more.
    while let Ok(count @ 1..) = reader.read(&mut part) {
        shown.extend_from_slice(&part[..count]);
    }
    assert!(child.wait().unwrap().success());
    String::from_utf8_lossy(&shown).into_owned()
}

/// A list of so many feeds.
fn list(folder: &Path, count: usize) -> String {
    let outline = |n| format!(r#"<outline text="Feed {n}" xmlUrl="https://feed{n}.example/rss"/>"#);
    let outlines: String = (0..count).map(outline).collect();
    let file = folder.join("feeds.opml");
    std::fs::write(&file, format!("<opml><body>{outlines}</body></opml>")).unwrap();
    file.to_str().unwrap().to_owned()
}

#[test]
fn an_import_shows_its_progress_on_a_terminal_only() {
    let folder = tempfile::tempdir().unwrap();
    let file = list(folder.path(), 2_000);
    let shown = on_terminal(&folder.path().join("one"), &["feeds", "import", &file], &[]);
    assert!(shown.contains("of 2,000 feeds"), "{shown:?}");
    assert!(shown.ends_with("2000 feeds in the file, 2000 of them new or changed\r\n"), "{shown:?}");
    let (text, error, code) = run(&folder.path().join("two"), &["feeds", "import", &file]);
    assert_eq!((code, error.as_str()), (0, ""));
    assert_eq!(text, "2000 feeds in the file, 2000 of them new or changed\n");
}

#[test]
fn colours_are_for_terminals_that_want_them() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    newswire(&data, &["feeds", "add", "https://one.example/feed", "--title", "\x1b[2JOne"]);
    let shown = on_terminal(&data, &["feeds", "list"], &[]);
    assert!(shown.starts_with("\x1b[1m") && shown.contains("\\u001b[2JOne"), "{shown:?}");
    for wish in [("NO_COLOR", "1"), ("TERM", "dumb")] {
        let shown = on_terminal(&data, &["feeds", "list"], &[wish]);
        assert!(!shown.contains('\x1b') && shown.contains("https://one.example/feed"), "{wish:?}: {shown:?}");
    }
    assert!(on_terminal(&data, &["feeds", "list"], &[("NO_COLOR", "")]).contains('\x1b'));
    assert!(!newswire(&data, &["feeds", "list"]).contains('\x1b'));
}
