//! Which of flag, environment, file and default gives each setting its value: the first of them that has one.

use super::{
    file::{ConfigFile, Value},
    names::key_of,
    source::Source,
};
use clap::{Arg, ArgAction, Command};
use std::{
    collections::BTreeMap,
    ffi::{OsStr, OsString},
};

/// The variables of the process.
pub(super) type Environment = BTreeMap<OsString, OsString>;

/// The commands that the arguments select, from the first to its last subcommand, each with the place where its own arguments
/// begin.
struct Selected<'a>(Vec<(&'a Command, usize)>);

impl<'a> Selected<'a> {
    fn of(command: &'a Command, args: &[OsString]) -> Self {
        let mut selected = Selected(vec![(command, 1)]);
        let (mut current, mut at) = (command, 1);
        while let Some(text) = args.get(at).and_then(|arg| arg.to_str()) {
            if text == "--" {
                break;
            } else if let Some(flag) = text.strip_prefix("--") {
                let takes_next = |arg: &Arg| arg.get_long() == Some(flag) && arg.get_action().takes_values();
                at += if selected.args().any(|(arg, _)| takes_next(arg)) { 2 } else { 1 };
            } else {
                at += 1;
                if let Some(subcommand) = current.find_subcommand(text) {
                    current = subcommand;
                    selected.0.push((subcommand, at));
                }
            }
        }
        selected
    }

    /// Their arguments, each with the place where those of its command begin.
    fn args(&self) -> impl Iterator<Item = (&'a Arg, usize)> {
        self.0.iter().flat_map(|(command, begin)| command.get_arguments().map(|arg| (arg, *begin)))
    }
}

/// The value of the flag `--name` among the arguments, if it is given.
pub(super) fn given<'a>(args: &'a [OsString], name: &str) -> Option<Option<&'a OsStr>> {
    let (flag, joined) = (format!("--{name}"), format!("--{name}="));
    let flags = args.iter().take_while(|arg| *arg != "--");
    flags.enumerate().find_map(|(at, arg)| match arg.to_str() {
        Some(text) if text == flag => Some(args.get(at + 1).map(OsString::as_os_str)),
        Some(text) => text.strip_prefix(&joined).map(|value| Some(OsStr::new(value))),
        None => None,
    })
}

/// Adds the settings of the file that neither a flag nor a variable gives to the arguments, each as a flag of the command
/// that has it. Returns what gives each flag (`partitions`) its value, unless it has its default, and the errors.
pub(super) fn merge(
    command: &Command,
    args: &mut Vec<OsString>,
    environment: &Environment,
    file: &ConfigFile,
) -> (BTreeMap<String, Source>, Vec<String>) {
    let selected = Selected::of(command, args);
    let (mut sources, mut errors, mut added) = (BTreeMap::new(), Vec::new(), Vec::new());
    for (arg, begin) in selected.args() {
        let Some(flag) = arg.get_long() else { continue };
        let variable = arg.get_env().and_then(OsStr::to_str);
        let entry = || variable.and_then(key_of).and_then(|key| file.get(&key).map(|entry| (key, entry)));
        if given(args, flag).is_some() {
            sources.insert(flag.to_owned(), Source::Flag);
        } else if let Some(name) = variable.filter(|name| environment.contains_key(OsStr::new(name))) {
            sources.insert(flag.to_owned(), Source::Variable(name.to_owned()));
        } else if let Some((key, entry)) = entry() {
            match arguments(arg, flag, &key, &entry.value) {
                Ok(arguments) => added.extend(arguments.into_iter().map(|argument| (begin, argument))),
                Err(error) => errors.push(format!("{}: {error}", file.place(entry.line))),
            }
            sources.insert(flag.to_owned(), file.source(entry.line));
        }
    }
    // From the last place to the first, which an insertion behind it does not move.
    for (begin, argument) in added.into_iter().rev() {
        args.insert(begin.min(args.len()), argument.into());
    }
    (sources, errors)
}

/// The value of a setting as arguments.
fn arguments(arg: &Arg, flag: &str, key: &str, value: &Value) -> Result<Vec<String>, String> {
    let takes_values = arg.get_action().takes_values();
    match value {
        Value::Flag(true) if !takes_values => Ok(vec![format!("--{flag}")]),
        Value::Flag(false) if !takes_values => Ok(Vec::new()),
        _ if !takes_values => Err(format!("{key} is true or false")),
        Value::List(_) if !matches!(arg.get_action(), ArgAction::Append) => Err(format!("{key} has one value")),
        Value::List(values) => Ok(values.iter().map(|value| format!("--{flag}={value}")).collect()),
        value => Ok(vec![format!("--{flag}={}", value.text())]),
    }
}
