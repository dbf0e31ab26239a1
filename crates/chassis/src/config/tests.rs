use super::*;

#[derive(Debug, Parser)]
#[command(name = "newswire", version = "0.1.0", about = "Tests")]
struct Args {
    /// Parts.
    #[arg(long, env = "CHASSIS_TEST_PARTS", default_value_t = 1)]
    parts: u8,
    #[arg(long, default_value_t = 2)]
    seconds: u64,
    #[arg(long, default_value = "a")]
    name: String,
    #[command(subcommand)]
    command: Option<Sub>,
}

#[derive(Debug, clap::Subcommand)]
enum Sub {
    Run {
        #[arg(long)]
        listen: std::net::SocketAddr,
        /// PATH is always set, and never to a number.
        #[arg(long, env = "PATH", default_value_t = 3)]
        number: u16,
        #[arg(long)]
        feeds: String,
    },
}

fn check(args: &Args) -> Result<(u8, u64), Vec<String>> {
    let mut errors = ConfigErrors::default();
    let parts = errors.ok(if args.parts > 0 { Ok(args.parts) } else { Err(vec!["--parts is 1 to 255".into()]) });
    if args.name.is_empty() {
        errors.push("--name is empty");
    }
    errors.finish(|| Some((parts?, args.seconds)))
}

fn parsed(args: &[&str]) -> Result<(u8, u64), EarlyExit> {
    parse_from([&["newswire"], args].concat(), check)
}

fn usage(args: &[&str]) -> String {
    match parsed(args) {
        Err(EarlyExit::Usage(text)) => text,
        other => panic!("{other:?}"),
    }
}

#[test]
fn valid_flags_are_accepted() {
    assert_eq!(parsed(&["--parts", "3"]), Ok((3, 2)));
}

#[test]
fn errors_of_clap_and_of_the_checks_are_reported_together() {
    insta::assert_snapshot!(usage(&["--parts", "0", "--seconds=soon", "--nmae", "--name", ""]), @"
    newswire: 4 configuration errors:
      - invalid value 'soon' for '--seconds <SECONDS>': invalid digit found in string
      - unexpected argument '--nmae' found; tip: a similar argument exists: '--name'
      - --parts is 1 to 255
      - --name is empty
    Run `newswire --help` for the options.
    ");
}

#[test]
fn a_single_error_is_one_line() {
    insta::assert_snapshot!(usage(&["--name", ""]), @"
    newswire: --name is empty
    Run `newswire --help` for the options.
    ");
}

#[test]
fn errors_in_the_environment_and_in_a_subcommand_are_reported_together() {
    let text = usage(&["--seconds", "soon", "run", "--listen", "here"]);
    assert!(text.contains("--seconds") && text.contains("--listen") && text.contains("--number"), "{text}");
    assert!(text.contains("--feeds <FEEDS> is required") && text.contains("4 configuration errors"), "{text}");
}

#[test]
fn a_negative_number_is_a_value() {
    for args in [&["--parts", "-1"][..], &["--parts=-1"], &["--seconds", "-1h"], &["--seconds", "-.5"]] {
        let text = usage(args);
        assert!(text.contains("invalid value '-") && text.lines().count() == 2, "{args:?}: {text}");
    }
    assert_eq!(parsed(&["--name", "-1h"]), Ok((1, 2)));
    assert!(usage(&["-1"]).contains("'-1'"));
}

#[test]
fn what_follows_from_a_wrong_value_is_not_reported() {
    let check = |_: &Args| Err(vec!["--name needs --parts".to_owned(), "--parts-of is wrong".to_owned()]);
    let text = match parse_from::<Args, ()>(["newswire", "--parts", "x"], check) {
        Err(EarlyExit::Usage(text)) => text,
        other => panic!("{other:?}"),
    };
    assert!(text.contains("--parts-of is wrong") && !text.contains("needs"), "{text}");
}

#[test]
fn settings_name_what_is_not_default_and_unknown_variables() {
    let args = ["newswire", "--seconds", "2", "--name", "https://me:secret@a.example/", "run", "--listen", "[::1]:1"];
    let environment = ["NEWSWIRE_LISTN", "NEWSWIRE_LISTEN", "NEWSWIRE_XYZZY", "NEWSWIRE_TEST_KAFKA", "HOME"];
    let feeds = ["--feeds", "f", "--number", "7"];
    let (_, settings) =
        parse_with([&args[..], &feeds].concat(), environment.into_iter().map(OsString::from), check).unwrap();
    assert_eq!(settings.changed, ["--name=https://***@a.example/", "--listen=[::1]:1", "--number=7", "--feeds=f"]);
    assert_eq!(
        settings.unknown,
        [
            "the environment variable NEWSWIRE_LISTN is unknown; NEWSWIRE_LISTEN is similar",
            "the environment variable NEWSWIRE_XYZZY is unknown"
        ]
    );
}

#[test]
fn a_missing_value_ends_parsing() {
    let text = usage(&["--seconds", "soon", "--parts"]);
    assert!(text.contains("--parts"), "{text}");
}

#[test]
fn help_and_version_exit_early() {
    assert!(matches!(parsed(&["--help"]), Err(EarlyExit::Help(text)) if text.contains("--seconds")));
    assert_eq!(parsed(&["--version"]), Err(EarlyExit::Help("newswire 0.1.0\n".into())));
    assert!(matches!(parsed(&["--seconds", "soon", "run", "--help"]), Err(EarlyExit::Help(_) | EarlyExit::Usage(_))));
}

proptest::proptest! {
    /// Parsing terminates for any arguments.
    #[test]
    fn parsing_terminates(args in proptest::collection::vec("(--)?(parts|seconds|name|run|nmae)?=?[a-z0-9 ]{0,2}", 0..6)) {
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let _ = parsed(&args);
    }
}

#[test]
fn a_listen_address_is_numeric_or_localhost() {
    assert_eq!(listen_address("localhost:0").unwrap().to_string(), "127.0.0.1:0");
    assert_eq!(listen_address("[::1]:8080").unwrap().to_string(), "[::1]:8080");
    assert!(listen_address("example.org:80").is_err() && listen_address("8080").is_err());
}
