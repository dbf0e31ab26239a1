//! Flags and environment variables, with all errors reported at once.
//!
//! clap stops at the first argument that it cannot parse. [`parse`] records that error, removes the argument, and parses
//! the rest again. The checks of the services add theirs.

mod settings;

pub use settings::Settings;

use crate::{redact, terminal::Escaped};
use clap::{
    Arg, ArgMatches, Command, Parser,
    builder::Resettable,
    error::{ContextKind, ContextValue, ErrorKind},
};
use std::{
    ffi::{OsStr, OsString},
    io::Write,
    net::SocketAddr,
    process,
};

/// `EX_USAGE` of sysexits.h: the command was used incorrectly.
pub const EX_USAGE: u8 = 64;

/// Parsing stops after this many errors.
const MAX_ERRORS: usize = 50;

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
    /// Help or version, for standard output. Exit status 0.
    Help(String),
    /// Errors in flags or environment, for standard error. Exit status 64.
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

/// Parses the flags and environment of the process into `A` and checks them. On errors it prints all of them to standard
/// error and exits with 64. After `--help` and `--version` it exits with 0.
pub fn parse<A: Parser, C>(check: impl FnOnce(&A) -> Result<C, Vec<String>>) -> (C, Settings) {
    let environment = std::env::vars_os().map(|(name, _)| name);
    parse_with(std::env::args_os(), environment, check).unwrap_or_else(|early| early.exit())
}

/// As [`parse`], from given arguments; the first is the program's name.
///
/// # Errors
/// The text to print before the process exits.
pub fn parse_from<A: Parser, C>(
    args: impl IntoIterator<Item = impl Into<OsString>>,
    check: impl FnOnce(&A) -> Result<C, Vec<String>>,
) -> Result<C, EarlyExit> {
    parse_with(args, std::iter::empty(), check).map(|(config, _)| config)
}

/// As [`parse_from`], with what the arguments and the variables named `environment` set.
fn parse_with<A: Parser, C>(
    args: impl IntoIterator<Item = impl Into<OsString>>,
    environment: impl Iterator<Item = OsString>,
    check: impl FnOnce(&A) -> Result<C, Vec<String>>,
) -> Result<(C, Settings), EarlyExit> {
    let args = with_negative_values(args.into_iter().map(Into::into));
    let mut input = Input { command: with_negative_numbers(A::command()), args, rejected: Vec::new() };
    let mut errors: Vec<String> = Vec::new();
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
    match parsed.map(|(parsed, matches)| (check(&parsed), matches)) {
        Some((Ok(config), matches)) if errors.is_empty() => {
            return Ok((config, Settings::new(&input.command, &matches, environment)));
        }
        // What a check says of a flag whose value was removed follows from that.
        Some((Err(failed), _)) => {
            errors.extend(failed.into_iter().filter(|error| !input.rejected.iter().any(|flag| names(error, flag))));
        }
        Some((Ok(_), _)) | None => {}
    }
    Err(input.usage(&errors))
}

/// What is still to be parsed.
struct Input {
    command: Command,
    args: Vec<OsString>,
    /// Flags (`--partitions`) that an error was reported for.
    rejected: Vec<String>,
}

impl Input {
    fn parse<A: Parser>(&mut self) -> Result<(A, ArgMatches), clap::Error> {
        let matches = self.command.try_get_matches_from_mut(&self.args)?;
        Ok((A::from_arg_matches(&matches)?, matches))
    }

    /// The messages of `error`. A required flag that was removed because of its value is not reported again.
    fn messages(&mut self, error: &clap::Error) -> Vec<String> {
        let missing = error.kind() == ErrorKind::MissingRequiredArgument;
        match error.get(ContextKind::InvalidArg) {
            Some(ContextValue::Strings(args)) if missing => {
                let new = args.iter().filter(|arg| !self.rejected.contains(&flag_of(arg)));
                new.map(|arg| format!("{arg} is required")).collect()
            }
            Some(ContextValue::String(arg)) => {
                self.rejected.push(flag_of(arg));
                vec![message(error)]
            }
            _ if missing && !self.rejected.is_empty() => Vec::new(),
            _ => vec![message(error)],
        }
    }

    /// Removes what `error` is about, so that the rest can be parsed. False if that is not possible.
    fn remove_cause(&mut self, error: &clap::Error) -> bool {
        match (error.kind(), error.get(ContextKind::InvalidArg)) {
            (_, Some(ContextValue::Strings(missing))) => {
                let flags: Vec<String> = missing.iter().map(|arg| flag_of(arg)).collect();
                let is_missing = |arg: &Arg| arg.is_required_set() && flags.iter().any(|flag| is_flag(arg, flag));
                change_args(&mut self.command, &is_missing, |arg| arg.required(false))
            }
            (ErrorKind::UnknownArgument, Some(ContextValue::String(shown))) => {
                let flag = flag_of(shown);
                let name = flag.split('=').next().unwrap_or(&flag);
                let before = self.args.len();
                self.args.retain(|arg| arg != name && !starts_with(arg, &format!("{name}=")));
                before != self.args.len()
            }
            (ErrorKind::InvalidValue | ErrorKind::ValueValidation, Some(ContextValue::String(shown))) => {
                let value = match error.get(ContextKind::InvalidValue) {
                    Some(ContextValue::String(value)) => Some(value.as_str()),
                    _ => None,
                };
                self.remove_value(&flag_of(shown), value)
            }
            _ => false,
        }
    }

    /// Removes `--flag=value`, `--flag value`, or the environment variable that gave the value.
    fn remove_value(&mut self, flag: &str, value: Option<&str>) -> bool {
        if !flag.starts_with("--") {
            return false;
        }
        let joined = format!("{flag}=");
        if let Some(at) = self.args.iter().position(|arg| starts_with(arg, &joined)) {
            self.args.remove(at);
            return true;
        }
        let is_pair = |pair: &[OsString]| pair[0] == flag && value.is_none_or(|value| pair[1] == value);
        if let Some(at) = self.args.windows(2).position(is_pair) {
            self.args.drain(at..at + 2);
            return true;
        }
        let is_from_env = |arg: &Arg| is_flag(arg, flag) && arg.get_env().is_some();
        change_args(&mut self.command, &is_from_env, |arg| arg.env(Resettable::Reset))
    }

    fn usage(&self, errors: &[String]) -> EarlyExit {
        let errors: Vec<String> = errors.iter().map(|error| redact::message(error)).collect();
        let name = self.command.get_bin_name().unwrap_or_else(|| self.command.get_name());
        let mut text = format!("{name}: ");
        match errors.as_slice() {
            [error] => text.push_str(&format!("{}\n", error.trim_end())),
            _ => {
                text.push_str(&format!("{} configuration errors:\n", errors.len()));
                errors.iter().for_each(|error| text.push_str(&format!("  - {}\n", error.trim_end())));
            }
        }
        text.push_str(&format!("Run `{name} --help` for the options.\n"));
        EarlyExit::Usage(text)
    }
}

/// True if a message names this flag.
fn names(message: &str, flag: &str) -> bool {
    let is_end = |rest: &str| !rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '-');
    message.match_indices(flag).any(|(at, _)| is_end(&message[at + flag.len()..]))
}

/// No flag is a digit, so `-1` is a value: of an argument without a flag here, of a flag in [`with_negative_values`].
fn with_negative_numbers(command: Command) -> Command {
    command.allow_negative_numbers(true).mut_subcommands(with_negative_numbers)
}

/// Joins `--flag -1h` to `--flag=-1h`: clap reads `-1h` as three flags.
fn with_negative_values(args: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let mut joined: Vec<OsString> = Vec::new();
    let mut flags = true;
    for arg in args {
        flags &= arg != "--";
        let is_negative = |text: &str| {
            text.strip_prefix('-').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit() || c == '.'))
        };
        let is_flag = |text: &str| text.strip_prefix("--").is_some_and(|name| !name.is_empty() && !name.contains('='));
        match joined.last_mut() {
            Some(flag) if flags && arg.to_str().is_some_and(is_negative) && flag.to_str().is_some_and(is_flag) => {
                flag.push("=");
                flag.push(arg);
            }
            _ => joined.push(arg),
        }
    }
    joined
}

/// clap's message without its prefix, usage and hint, on one line.
fn message(error: &clap::Error) -> String {
    let full = error.to_string();
    let body = full.strip_prefix("error: ").unwrap_or(&full);
    let end = body.find("\n\nUsage:").or_else(|| body.find("\n\nFor more information")).unwrap_or(body.len());
    let lines: Vec<&str> = body[..end].lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    lines.join("; ")
}

fn starts_with(arg: &OsStr, prefix: &str) -> bool {
    arg.to_str().is_some_and(|text| text.starts_with(prefix))
}

/// `--partitions` of `--partitions <N>`.
fn flag_of(shown: &str) -> String {
    shown.split(' ').next().unwrap_or(shown).to_owned()
}

fn is_flag(arg: &Arg, flag: &str) -> bool {
    arg.get_long().is_some() && arg.get_long() == flag.strip_prefix("--")
}

/// Changes the arguments of `command` and its subcommands that `is_wanted` selects. False if there is none.
fn change_args(command: &mut Command, is_wanted: &dyn Fn(&Arg) -> bool, change: fn(Arg) -> Arg) -> bool {
    let ids: Vec<_> = command.get_arguments().filter(|arg| is_wanted(arg)).map(|arg| arg.get_id().clone()).collect();
    let mut changed = !ids.is_empty();
    for id in ids {
        *command = std::mem::take(command).mut_arg(id, change);
    }
    for subcommand in command.get_subcommands_mut() {
        changed |= change_args(subcommand, is_wanted, change);
    }
    changed
}

#[cfg(test)]
mod tests;
