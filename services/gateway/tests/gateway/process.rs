use std::process::{Command, Output};

fn gateway(args: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    Command::new(env!("CARGO_BIN_EXE_newswire-gateway")).args(args).current_dir(folder.path()).output().unwrap()
}

#[test]
fn all_that_is_wrong_with_the_flags_is_said_and_the_exit_is_64() {
    let ended = gateway(&["--listen", "here", "--articles-kept", "many", "--encoding", "xml", "--colour"]);
    let said = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(64), "{said}");
    for flag in ["--listen", "--articles-kept", "--encoding", "--colour"] {
        assert!(said.contains(flag), "{flag} is not in {said}");
    }
    assert!(ended.stdout.is_empty());
}

#[test]
fn help_goes_to_standard_output() {
    let ended = gateway(&["--help"]);
    assert_eq!(ended.status.code(), Some(0));
    assert!(String::from_utf8(ended.stdout).unwrap().contains("--articles-kept <N>"));
}

#[test]
fn an_address_in_use_ends_the_process_with_a_clear_error() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let ended = gateway(&["--listen", &address]);
    let said = String::from_utf8(ended.stderr).unwrap();
    assert!(!ended.status.success());
    assert!(said.contains(&format!("cannot listen on {address}")) && said.contains("another process"), "{said}");
}
