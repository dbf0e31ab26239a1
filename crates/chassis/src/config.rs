//! Flags and environment: everything that is wrong is said at once.
//!
//! clap stops at the first flag that it cannot read. Here that flag is noted and put aside, and the rest is read again,
//! until nothing is left to complain of; then the services' own checks speak too.

use clap::{
    Arg, Command, Parser,
    builder::Resettable,
    error::{ContextKind, ContextValue, ErrorKind},
};
use std::{ffi::OsString, io::Write, process};

/// `EX_USAGE` of sysexits.h: the command was used incorrectly.
pub const EX_USAGE: u8 = 64;

/// More complaints than this help nobody.
const MAX_PROBLEMS: usize = 50;

/// Gathers what several checks find wrong.
///
/// ```
/// use chassis::config::ConfigErrors;
/// fn check(a: Result<u8, Vec<String>>, b: Result<u8, Vec<String>>) -> Result<(u8, u8), Vec<String>> {
///     let mut problems = ConfigErrors::default();
///     let (a, b) = (problems.of(a), problems.of(b));
///     problems.finish(|| Some((a?, b?)))
/// }
/// assert_eq!(check(Ok(1), Ok(2)), Ok((1, 2)));
/// assert_eq!(check(Err(vec!["no a".into()]), Err(vec!["no b".into()])), Err(vec!["no a".into(), "no b".into()]));
/// ```
#[derive(Debug, Default)]
pub struct ConfigErrors(Vec<String>);

impl ConfigErrors {
    /// What a check made, or nothing where it found something wrong.
    pub fn of<T>(&mut self, checked: Result<T, Vec<String>>) -> Option<T> {
        checked.map_err(|wrong| self.0.extend(wrong)).ok()
    }

    /// Adds one.
    pub fn add(&mut self, problem: impl Into<String>) {
        self.0.push(problem.into());
    }

    /// What `make` puts together from the parts, or all problems.
    ///
    /// # Errors
    /// All problems; also where there is none and `make` gives nothing.
    pub fn finish<T>(self, make: impl FnOnce() -> Option<T>) -> Result<T, Vec<String>> {
        if !self.0.is_empty() {
            return Err(self.0);
        }
        make().ok_or_else(|| vec!["a part of the configuration is missing".to_owned()])
    }
}

/// Why a process ends before it has begun.
#[derive(Debug, PartialEq, Eq)]
pub enum Ended {
    /// It was asked for help or for its version: the text for standard output, exit 0.
    Told(String),
    /// It was used incorrectly: the text for standard error, exit 64.
    Usage(String),
}

impl Ended {
    /// Says it and ends the process.
    pub fn exit(&self) -> ! {
        let (written, status) = match self {
            Ended::Told(text) => (std::io::stdout().lock().write_all(text.as_bytes()), 0),
            Ended::Usage(text) => (std::io::stderr().lock().write_all(text.as_bytes()), EX_USAGE),
        };
        // A reader that has gone (`newswire --help | head -1`) changes nothing.
        drop(written);
        process::exit(i32::from(status))
    }
}

/// Reads the process's flags and environment into `A` and checks them. Ends the process where that fails: exit 64 with
/// all problems on standard error, or 0 after `--help` and `--version`.
pub fn parse<A: Parser, C>(check: impl FnOnce(&A) -> Result<C, Vec<String>>) -> C {
    parse_from(std::env::args_os(), check).unwrap_or_else(|ended| ended.exit())
}

/// As [`parse`], from given arguments; the first is the program's name.
///
/// # Errors
/// See [`Ended`].
pub fn parse_from<A: Parser, C>(
    args: impl IntoIterator<Item = impl Into<OsString>>,
    check: impl FnOnce(&A) -> Result<C, Vec<String>>,
) -> Result<C, Ended> {
    let mut args: Vec<OsString> = args.into_iter().map(Into::into).collect();
    let mut command = A::command();
    let (mut problems, mut bad) = (Vec::new(), Vec::new());
    let parsed = loop {
        let read = command.try_get_matches_from_mut(&args).and_then(|matches| A::from_arg_matches(&matches));
        let error = match read {
            Ok(parsed) => break Some(parsed),
            Err(error) => error,
        };
        match error.kind() {
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => return Err(Ended::Told(error.to_string())),
            ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => return Err(Ended::Usage(error.to_string())),
            _ => {}
        }
        let aside = put_aside(&error, &mut args, &mut command);
        match error.get(ContextKind::InvalidArg) {
            // What was put aside is missing now; it has been complained of.
            Some(ContextValue::Strings(missing)) if error.kind() == ErrorKind::MissingRequiredArgument => {
                let missing = missing.iter().filter(|shown| !bad.contains(&flag_of(shown)));
                problems.extend(missing.map(|shown| format!("{shown} is required")));
            }
            Some(ContextValue::String(shown)) => {
                bad.push(flag_of(shown));
                problems.push(sentence(&error));
            }
            _ if !problems.is_empty() && error.kind() == ErrorKind::MissingRequiredArgument => {}
            _ => problems.push(sentence(&error)),
        }
        if !aside || problems.len() >= MAX_PROBLEMS {
            break None;
        }
    };
    let checked = parsed.map(|parsed| check(&parsed));
    match checked {
        Some(Ok(config)) if problems.is_empty() => Ok(config),
        Some(Err(wrong)) => {
            problems.extend(wrong);
            Err(usage(&command, &problems))
        }
        _ => Err(usage(&command, &problems)),
    }
}

fn usage(command: &Command, problems: &[String]) -> Ended {
    let name = command.get_bin_name().unwrap_or_else(|| command.get_name());
    let mut text = match problems.len() {
        1 => format!("{name}: cannot start: "),
        count => format!("{name}: cannot start, {count} things are wrong:\n"),
    };
    let mark = if problems.len() == 1 { "" } else { "  - " };
    for problem in problems {
        text.push_str(&format!("{mark}{}\n", problem.trim_end()));
    }
    text.push_str(&format!("`{name} --help` lists what there is.\n"));
    Ended::Usage(text)
}

/// clap's message without its frame.
fn sentence(error: &clap::Error) -> String {
    let full = error.to_string();
    let body = full.strip_prefix("error: ").unwrap_or(&full);
    let end = body.find("\n\nUsage:").or_else(|| body.find("\n\nFor more information")).unwrap_or(body.len());
    let lines: Vec<&str> = body[..end].lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    lines.join("; ")
}

/// Takes what `error` complains of out of the arguments or the environment. False where that is not possible.
fn put_aside(error: &clap::Error, args: &mut Vec<OsString>, command: &mut Command) -> bool {
    let shown = match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(shown)) => shown,
        Some(ContextValue::Strings(missing)) => {
            let longs: Vec<String> = missing.iter().map(|shown| flag_of(shown)).collect();
            return change(command, &|arg| {
                let is_one =
                    arg.get_long().is_some_and(|long| longs.iter().any(|flag| flag.strip_prefix("--") == Some(long)));
                (is_one && arg.is_required_set()).then_some((|arg| arg.required(false)) as Change)
            });
        }
        _ => return false,
    };
    let flag = flag_of(shown);
    let value = match error.get(ContextKind::InvalidValue) {
        Some(ContextValue::String(value)) => Some(OsString::from(value)),
        _ => None,
    };
    match error.kind() {
        ErrorKind::UnknownArgument => {
            let name = flag.split('=').next().unwrap_or(&flag);
            let before = args.len();
            args.retain(|arg| arg != name && !starts_with(arg, &format!("{name}=")));
            before != args.len()
        }
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => {
            if !flag.starts_with("--") {
                return false;
            }
            let joined = format!("{flag}=");
            if let Some(at) = args.iter().position(|arg| starts_with(arg, &joined)) {
                args.remove(at);
                return true;
            }
            let pair =
                args.windows(2).position(|pair| pair[0] == *flag && value.as_ref().is_none_or(|v| pair[1] == *v));
            if let Some(at) = pair {
                args.drain(at..at + 2);
                return true;
            }
            change(command, &|arg| {
                let is_it = arg.get_long() == flag.strip_prefix("--") && arg.get_env().is_some();
                is_it.then_some((|arg| arg.env(Resettable::Reset)) as Change)
            })
        }
        _ => false,
    }
}

fn starts_with(arg: &OsString, prefix: &str) -> bool {
    arg.to_str().is_some_and(|text| text.starts_with(prefix))
}

/// `--partitions` of `--partitions <N>`.
fn flag_of(shown: &str) -> String {
    shown.split(' ').next().unwrap_or(shown).to_owned()
}

/// What becomes of an argument.
type Change = fn(Arg) -> Arg;

/// Changes the arguments for which `how` gives a change, wherever they stand. False where there is none.
fn change(command: &mut Command, how: &dyn Fn(&Arg) -> Option<Change>) -> bool {
    let changes: Vec<_> = command.get_arguments().filter_map(|arg| Some((arg.get_id().clone(), how(arg)?))).collect();
    let mut found = !changes.is_empty();
    for (id, change) in changes {
        *command = std::mem::take(command).mut_arg(id, change);
    }
    for sub in command.get_subcommands_mut() {
        found |= self::change(sub, how);
    }
    found
}

#[cfg(test)]
mod tests {
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
            /// PATH is always there, and never a number.
            #[arg(long, env = "PATH", default_value_t = 3)]
            number: u16,
            #[arg(long)]
            feeds: String,
        },
    }

    fn check(args: &Args) -> Result<(u8, u64), Vec<String>> {
        let mut problems = ConfigErrors::default();
        let parts = problems.of(if args.parts > 0 { Ok(args.parts) } else { Err(vec!["--parts is 1 to 255".into()]) });
        if args.name.is_empty() {
            problems.add("--name is empty");
        }
        problems.finish(|| Some((parts?, args.seconds)))
    }

    fn read(args: &[&str]) -> Result<(u8, u64), Ended> {
        parse_from([&["newswire"], args].concat(), check)
    }

    fn usage_of(args: &[&str]) -> String {
        match read(args) {
            Err(Ended::Usage(text)) => text,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn good_flags_make_a_config() {
        assert_eq!(read(&["--parts", "3"]), Ok((3, 2)));
    }

    #[test]
    fn what_clap_and_what_the_checks_find_is_said_at_once() {
        insta::assert_snapshot!(usage_of(&["--parts", "0", "--seconds=soon", "--nmae", "--name", ""]), @"
        newswire: cannot start, 4 things are wrong:
          - invalid value 'soon' for '--seconds <SECONDS>': invalid digit found in string
          - unexpected argument '--nmae' found; tip: a similar argument exists: '--name'
          - --parts is 1 to 255
          - --name is empty
        `newswire --help` lists what there is.
        ");
    }

    #[test]
    fn a_single_problem_stands_on_one_line() {
        insta::assert_snapshot!(usage_of(&["--name", ""]), @"
        newswire: cannot start: --name is empty
        `newswire --help` lists what there is.
        ");
    }

    #[test]
    fn a_bad_environment_variable_and_a_bad_flag_of_a_subcommand_are_said_at_once() {
        let text = usage_of(&["--seconds", "soon", "run", "--listen", "here"]);
        assert!(text.contains("--seconds") && text.contains("--listen") && text.contains("--number"), "{text}");
        assert!(text.contains("--feeds <FEEDS> is required") && text.contains("4 things are wrong"), "{text}");
    }

    #[test]
    fn a_value_that_is_missing_ends_the_reading() {
        let text = usage_of(&["--seconds", "soon", "--parts"]);
        assert!(text.contains("--parts"), "{text}");
    }

    #[test]
    fn help_and_version_are_told() {
        assert!(matches!(read(&["--help"]), Err(Ended::Told(text)) if text.contains("--seconds")));
        assert_eq!(read(&["--version"]), Err(Ended::Told("newswire 0.1.0\n".into())));
        assert!(matches!(read(&["--seconds", "soon", "run", "--help"]), Err(Ended::Told(_) | Ended::Usage(_))));
    }

    proptest::proptest! {
        /// Whatever is typed, the reading ends.
        #[test]
        fn any_arguments_end(args in proptest::collection::vec("(--)?(parts|seconds|name|run|nmae)?=?[a-z0-9 ]{0,2}", 0..6)) {
            let args: Vec<&str> = args.iter().map(String::as_str).collect();
            let _ = read(&args);
        }
    }
}
