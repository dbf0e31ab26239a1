//! Flags, environment variables and a file of settings, with all errors reported at once. A flag precedes the environment
//! variable, the variable the file, and the file the default.
//!
//! clap stops at the first argument that it cannot parse. [`parse`] records that error, removes the argument, and parses
//! the rest again. The checks of the services add theirs.

mod file;
mod input;
mod layers;
mod names;
mod settings;
mod source;

pub use settings::{Setting, Settings};
pub use source::Source;

use crate::terminal::Escaped;
use clap::{Arg, ArgAction, Command, Parser, error::ErrorKind, value_parser};
use file::ConfigFile;
use input::Input;
use layers::Environment;
use std::{
    ffi::{OsStr, OsString},
    io::Write,
    net::SocketAddr,
    path::Path,
    process,
};

/// `EX_USAGE` of sysexits.h: the command was used incorrectly.
pub const EX_USAGE: u8 = 64;

/// Parsing stops after this many errors.
const MAX_ERRORS: usize = 50;
/// Flag and variable of the file of settings.
const FILE: (&str, &str) = ("config", "NEWSWIRE_CONFIG");
/// The flag that only checks.
const CHECK: &str = "check-config";

/// Collects the errors of several checks.
///
/// ```
/// use chassis::config::ConfigErrors;
/// fn check(a: Result<u8, Vec<String>>, b: Result<u8, Vec<String>>) -> Result<(u8, u8), Vec<String>> {
///     let mut errors = ConfigErrors::default();
///     let (a, b) = (errors.ok(a), errors.ok(b));
///     errors.finish(|| Some((a?, b?)))
/// }
/// assert_eq!(check(Ok(1), Ok(2)), Ok((1, 2)));
/// assert_eq!(check(Err(vec!["no a".into()]), Err(vec!["no b".into()])), Err(vec!["no a".into(), "no b".into()]));
/// ```
#[derive(Debug, Default)]
pub struct ConfigErrors(Vec<String>);

impl ConfigErrors {
    /// The value of a check. If the check failed, collects its errors and returns `None`.
    pub fn ok<T>(&mut self, checked: Result<T, Vec<String>>) -> Option<T> {
        checked.map_err(|errors| self.0.extend(errors)).ok()
    }

    /// Adds an error.
    pub fn push(&mut self, error: impl Into<String>) {
        self.0.push(error.into());
    }

    /// The value of `make`, which combines the checked parts.
    ///
    /// # Errors
    /// All collected errors. If there are none and `make` returns `None`, an error that says so.
    pub fn finish<T>(self, make: impl FnOnce() -> Option<T>) -> Result<T, Vec<String>> {
        if !self.0.is_empty() {
            return Err(self.0);
        }
        make().ok_or_else(|| vec!["a part of the configuration is missing".to_owned()])
    }
}

/// Both values, or the errors of both checks.
///
/// # Errors
/// Those of `a`, then those of `b`.
pub fn both<A, B>(a: Result<A, Vec<String>>, b: Result<B, Vec<String>>) -> Result<(A, B), Vec<String>> {
    let mut errors = ConfigErrors::default();
    let (a, b) = (errors.ok(a), errors.ok(b));
    errors.finish(|| Some((a?, b?)))
}

/// Parses an address to listen on, for clap's `value_parser`. `localhost` is 127.0.0.1; other names are not resolved, so
/// that the flag shows which interface the process listens on.
///
/// # Errors
/// The text is not `ADDRESS:PORT`.
pub fn listen_address(text: &str) -> Result<SocketAddr, String> {
    let text = text.trim();
    let loopback = text.strip_prefix("localhost:").map(|port| format!("127.0.0.1:{port}"));
    loopback
        .as_deref()
        .unwrap_or(text)
        .parse()
        .map_err(|_| "expected ADDRESS:PORT, such as 127.0.0.1:8080, 0.0.0.0:8080 or [::1]:8080".to_owned())
}

/// The output of a process that exits before it has started.
#[derive(Debug, PartialEq, Eq)]
pub enum EarlyExit {
    /// Help, version, or that the configuration is valid, for standard output. Exit status 0.
    Help(String),
    /// Errors in flags, environment or file, for standard error. Exit status 64.
    Usage(String),
}

impl EarlyExit {
    /// Prints the text and ends the process.
    pub fn exit(&self) -> ! {
        let (written, status) = match self {
            EarlyExit::Help(text) => (std::io::stdout().lock().write_all(text.as_bytes()), 0),
            EarlyExit::Usage(text) => (Escaped::new(std::io::stderr().lock()).write_all(text.as_bytes()), EX_USAGE),
        };
        // A closed pipe (`newswire --help | head -1`) is not an error.
        drop(written);
        process::exit(i32::from(status))
    }
}

/// The command of `A`, with the flags that every command has: `--config FILE` and `--check-config`.
#[must_use]
pub fn command<A: Parser>() -> Command {
    let (flag, variable) = FILE;
    let file = Arg::new("config-file")
        .long(flag)
        .env(variable)
        .value_name("FILE")
        .value_parser(value_parser!(OsString))
        .help("File of settings in TOML. A flag precedes the environment variable, and the variable the file");
    let check = Arg::new(CHECK)
        .long(CHECK)
        .action(ArgAction::SetTrue)
        .help("Checks flags, environment variables and file, and exits: with 0, or with 64 and all errors");
    A::command().args([file, check].map(|arg| arg.global(true).help_heading("Configuration")))
}

/// Parses the flags, environment and file of the process into `A` and checks them. On errors it prints all of them to standard
/// error and exits with 64. After `--help`, `--version` and `--check-config` without errors it exits with 0.
pub fn parse<A: Parser, C>(check: impl FnOnce(&A) -> Result<C, Vec<String>>) -> (C, Settings) {
    parse_with(std::env::args_os(), &std::env::vars_os().collect(), check).unwrap_or_else(|early| early.exit())
}

/// As [`parse`], from given arguments, without a file; the first is the program's name.
///
/// # Errors
/// The text to print before the process exits.
pub fn parse_from<A: Parser, C>(
    args: impl IntoIterator<Item = impl Into<OsString>>,
    check: impl FnOnce(&A) -> Result<C, Vec<String>>,
) -> Result<C, EarlyExit> {
    parse_with(args, &Environment::new(), check).map(|(config, _)| config)
}

/// As [`parse_from`], with what the arguments, the variables of `environment` and the file that they name set.
fn parse_with<A: Parser, C>(
    args: impl IntoIterator<Item = impl Into<OsString>>,
    environment: &Environment,
    check: impl FnOnce(&A) -> Result<C, Vec<String>>,
) -> Result<(C, Settings), EarlyExit> {
    let (args, command): (Vec<OsString>, _) = (args.into_iter().map(Into::into).collect(), command::<A>());
    let (file, mut errors) = read_file(&command, &args, environment);
    let (mut input, wrong) = Input::new(command, args, environment, &file);
    errors.extend(wrong);
    let parsed = loop {
        let error = match input.parse::<A>() {
            Ok(parsed) => break Some(parsed),
            Err(error) => error,
        };
        match error.kind() {
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => return Err(EarlyExit::Help(error.to_string())),
            // What was removed is missing now.
            ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand if !errors.is_empty() => break None,
            ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => return Err(EarlyExit::Usage(error.to_string())),
            _ => {
                let new: Vec<String> =
                    input.messages(&error).into_iter().filter(|message| !errors.contains(message)).collect();
                errors.extend(new);
            }
        }
        if !input.remove_cause(&error) || errors.len() >= MAX_ERRORS {
            break None;
        }
    };
    let Some((parsed, matches)) = parsed else { return Err(input.usage(&errors)) };
    let checked = check(&parsed);
    let settings = Settings::new(&input.command, &matches, environment, &file, &input.sources);
    let checks_only = matches.get_flag(CHECK);
    if checks_only {
        errors.extend(settings.unknown.iter().cloned());
    }
    match checked {
        Ok(_) if errors.is_empty() && checks_only => Err(EarlyExit::Help("the configuration is valid\n".to_owned())),
        Ok(config) if errors.is_empty() => Ok((config, settings)),
        Ok(_) => Err(input.usage(&errors)),
        Err(failed) => {
            // What a check says of a flag whose value was removed follows from that.
            errors.extend(failed.into_iter().filter(|error| !input.is_rejected(error)));
            Err(input.usage(&errors))
        }
    }
}

/// The file that the flag or the variable names, and what is wrong with it. An empty name counts as none.
fn read_file(command: &Command, args: &[OsString], environment: &Environment) -> (ConfigFile, Vec<String>) {
    let (flag, variable) = FILE;
    let path =
        layers::given(args, flag).unwrap_or_else(|| environment.get(OsStr::new(variable)).map(OsString::as_os_str));
    match path.filter(|path| !path.is_empty()) {
        Some(path) => ConfigFile::read(Path::new(path), &names::of_settings(command)),
        None => (ConfigFile::default(), Vec::new()),
    }
}

#[cfg(test)]
mod tests;
