//! The limit of file descriptors of a real process: the test starts itself as the child.

use chassis::process::Starting;
use std::{convert::Infallible, process::Command};

const CHILD: &str = "CHASSIS_TEST_CHILD";

/// The child. It does nothing unless the test below starts it.
#[test]
fn child() {
    if std::env::var_os(CHILD).is_some() {
        let _ = Starting::new("child").run("child", None, |_| async {
            let (soft, hard) = rlimit::Resource::NOFILE.get().unwrap();
            println!("soft {soft} of {hard}");
            Ok::<(), Infallible>(())
        });
    }
}

#[test]
fn the_soft_limit_is_raised_to_the_hard_one() {
    let script = "ulimit -S -n 100; ulimit -H -n 512; exec \"$0\" --exact child --nocapture";
    let output =
        Command::new("sh").args(["-c", script]).arg(std::env::current_exe().unwrap()).env(CHILD, "1").output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("soft 512 of 512"), "{text}");
}
