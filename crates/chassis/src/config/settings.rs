//! What the flags and the environment set, for the line that a process logs at its start.

use crate::redact;
use clap::{Arg, ArgMatches, Command, parser::ValueSource};
use std::{collections::BTreeSet, ffi::OsString};

/// Prefix of the variables that are newswire's.
const PREFIX: &str = "NEWSWIRE_";
/// Variables of other binaries, of tests and of tools.
const OTHERS: &str = include_str!("variables.txt");
/// Similarity (Jaro-Winkler) from which a name is suggested.
const SIMILAR: f64 = 0.8;

/// The flags and variables of a process, as they differ from the defaults.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// `--flag=value` of each setting that is not its default; credentials in a URL are masked.
    pub changed: Vec<String>,
    /// A sentence for each `NEWSWIRE_*` variable that nothing reads.
    pub unknown: Vec<String>,
}

impl Settings {
    pub(super) fn new(command: &Command, matches: &ArgMatches, environment: impl Iterator<Item = OsString>) -> Self {
        let mut settings = Settings::default();
        settings.add_changed(command, matches);
        let mut known: BTreeSet<String> =
            OTHERS.lines().filter(|line| !line.starts_with('#')).map(String::from).collect();
        add_variables(command, &mut known);
        settings.unknown = environment
            .filter_map(|name| name.into_string().ok())
            .filter(|name| name.starts_with(PREFIX) && !is_known(name, &known))
            .map(|name| unknown(&name, &known))
            .collect();
        settings.unknown.sort();
        settings
    }

    fn add_changed(&mut self, command: &Command, matches: &ArgMatches) {
        for arg in command.get_arguments() {
            self.changed.extend(changed(arg, matches).filter(|setting| !self.changed.contains(setting)));
        }
        if let Some((name, matches)) = matches.subcommand()
            && let Some(command) = command.find_subcommand(name)
        {
            self.add_changed(command, matches);
        }
    }

    /// Logs a warning for each unknown variable.
    pub fn warn(&self) {
        for unknown in &self.unknown {
            tracing::warn!("{unknown}");
        }
    }
}

/// `--flag=value`, if the value is not the default.
fn changed(arg: &Arg, matches: &ArgMatches) -> Option<String> {
    let (id, flag) = (arg.get_id().as_str(), arg.get_long()?);
    // `value_source` panics for an argument that this level does not know, such as --help.
    let source = matches.try_contains_id(id).ok().and_then(|_| matches.value_source(id))?;
    if !matches!(source, ValueSource::CommandLine | ValueSource::EnvVariable) {
        return None;
    }
    let values: Vec<String> =
        matches.get_raw(id).into_iter().flatten().map(|value| value.to_string_lossy().into_owned()).collect();
    let defaults = arg.get_default_values().iter().map(|value| value.to_string_lossy());
    if values.iter().map(String::as_str).eq(defaults) {
        return None;
    }
    if !arg.get_action().takes_values() {
        return (values != ["false"]).then(|| format!("--{flag}"));
    }
    let values: Vec<String> = values.iter().map(|value| redact::message(value)).collect();
    Some(format!("--{flag}={}", values.join(",")))
}

fn add_variables(command: &Command, known: &mut BTreeSet<String>) {
    known.extend(command.get_arguments().filter_map(|arg| arg.get_env()?.to_str().map(str::to_owned)));
    for subcommand in command.get_subcommands() {
        add_variables(subcommand, known);
    }
}

fn is_known(name: &str, known: &BTreeSet<String>) -> bool {
    known.contains(name) || known.iter().any(|known| known.ends_with('_') && name.starts_with(known))
}

fn unknown(name: &str, known: &BTreeSet<String>) -> String {
    let own = |name: &str| name.strip_prefix(PREFIX).unwrap_or_default().to_owned();
    let likeness = |known: &&String| strsim::jaro_winkler(&own(known), &own(name));
    let nearest = known.iter().max_by(|one, other| likeness(one).total_cmp(&likeness(other)));
    match nearest.filter(|nearest| likeness(nearest) >= SIMILAR) {
        Some(nearest) => format!("the environment variable {name} is unknown; {nearest} is similar"),
        None => format!("the environment variable {name} is unknown"),
    }
}
