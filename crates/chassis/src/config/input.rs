//! Arguments that are parsed again without what was wrong, until every error is known.

use super::{
    EarlyExit,
    file::ConfigFile,
    layers::{self, Environment},
    source::Source,
};
use crate::redact;
use clap::{
    Arg, ArgMatches, Command, Parser,
    builder::Resettable,
    error::{ContextKind, ContextValue, ErrorKind},
};
use std::{
    collections::BTreeMap,
    ffi::{OsStr, OsString},
};

/// What is still to be parsed.
pub(super) struct Input {
    /// As it is defined. Nothing is parsed with it: `mut_arg` confuses the flags of a command that has parsed (clap 4.6).
    definition: Command,
    /// As it was parsed with last.
    pub command: Command,
    args: Vec<OsString>,
    /// Flags (`--partitions`) that an error was reported for.
    rejected: Vec<String>,
    /// What gave a flag (`partitions`) its value, unless it has its default.
    pub sources: BTreeMap<String, Source>,
}

impl Input {
    /// The arguments, the variables and the file as one list of arguments for `command`, and the errors of the file.
    pub fn new(
        command: Command,
        args: Vec<OsString>,
        environment: &Environment,
        file: &ConfigFile,
    ) -> (Self, Vec<String>) {
        let mut args = with_negative_values(args.into_iter());
        let (sources, errors) = layers::merge(&command, &mut args, environment, file);
        let definition = with_negative_numbers(command);
        (Input { command: definition.clone(), definition, args, rejected: Vec::new(), sources }, errors)
    }

    pub fn parse<A: Parser>(&mut self) -> Result<(A, ArgMatches), clap::Error> {
        self.command = self.definition.clone();
        let matches = self.command.try_get_matches_from_mut(&self.args)?;
        Ok((A::from_arg_matches(&matches)?, matches))
    }

    /// The messages of `error`. A required flag that was removed because of its value is not reported again.
    pub fn messages(&mut self, error: &clap::Error) -> Vec<String> {
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
    pub fn remove_cause(&mut self, error: &clap::Error) -> bool {
        match (error.kind(), error.get(ContextKind::InvalidArg)) {
            (_, Some(ContextValue::Strings(missing))) => {
                let flags: Vec<String> = missing.iter().map(|arg| flag_of(arg)).collect();
                let is_missing = |arg: &Arg| arg.is_required_set() && flags.iter().any(|flag| is_flag(arg, flag));
                change_args(&mut self.definition, &is_missing, |arg| arg.required(false))
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
        change_args(&mut self.definition, &is_from_env, |arg| arg.env(Resettable::Reset))
    }

    /// True if an error was reported for a flag that a message names.
    pub fn is_rejected(&self, message: &str) -> bool {
        self.rejected.iter().any(|flag| names(message, flag))
    }

    /// A message with the variables and lines of the file that gave the flags that it names their values.
    fn with_sources(&self, message: &str) -> String {
        let given = self.sources.iter().filter(|(_, source)| **source != Source::Flag);
        let named = given.filter(|(flag, _)| names(message, &format!("--{flag}")));
        let named: Vec<String> =
            named.map(|(_, source)| source.to_string()).filter(|source| !message.contains(source)).collect();
        if named.is_empty() { message.to_owned() } else { format!("{message} ({})", named.join(", ")) }
    }

    pub fn usage(&self, errors: &[String]) -> EarlyExit {
        let errors = errors.iter().map(|error| self.with_sources(error.trim_end()));
        let errors: Vec<String> = errors.map(|error| redact::message(&error)).collect();
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
