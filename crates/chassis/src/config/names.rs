//! Names of settings: as variables, and as keys of the file.

use clap::Command;
use std::collections::BTreeSet;

/// Prefix of the variables that are newswire's.
const PREFIX: &str = "NEWSWIRE_";
/// Variables of other binaries, of tests and of tools.
const VARIABLES: &str = include_str!("variables.txt");
/// The line in it behind those of the services' flags.
const END_OF_SETTINGS: &str = "# Of tests and tools.";
/// Similarity (Jaro-Winkler) from which a name is suggested.
const SIMILAR: f64 = 0.8;

/// The key of the variable with this name; `None` if it is not newswire's.
pub(super) fn key_of(variable: &str) -> Option<String> {
    variable.strip_prefix(PREFIX).map(|name| name.to_ascii_lowercase().replace('_', "-"))
}

/// The variable of a key.
pub(super) fn variable_of(key: &str) -> String {
    format!("{}{}", PREFIX, key.to_ascii_uppercase().replace('-', "_"))
}

/// Names of the variables that are settings: those of the command's flags, and of the other binaries' flags.
pub(super) fn of_settings(command: &Command) -> BTreeSet<String> {
    let mut known = variables(command);
    let listed = VARIABLES.split_once(END_OF_SETTINGS).map_or(VARIABLES, |(settings, _)| settings);
    known.extend(listed.lines().filter(|line| !line.starts_with('#')).map(String::from));
    known
}

fn variables(command: &Command) -> BTreeSet<String> {
    let own = command.get_arguments().filter_map(|arg| arg.get_env()?.to_str().map(str::to_owned));
    own.chain(command.get_subcommands().flat_map(variables)).collect()
}

/// A sentence for each of these variables that is newswire's and nothing reads.
pub(super) fn unknown_of<'a>(command: &Command, names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut known = variables(command);
    known.extend(VARIABLES.lines().filter(|line| !line.starts_with('#')).map(String::from));
    let unknown_ones = names.filter(|name| name.starts_with(PREFIX) && !is_known(name, &known));
    unknown_ones.map(|name| unknown(name, &known)).collect()
}

fn is_known(name: &str, known: &BTreeSet<String>) -> bool {
    known.contains(name) || known.iter().any(|known| known.ends_with('_') && name.starts_with(known))
}

fn unknown(name: &str, known: &BTreeSet<String>) -> String {
    let own = |name: &str| name.strip_prefix(PREFIX).unwrap_or_default().to_owned();
    match nearest(&own(name), known.iter().filter_map(|known| known.strip_prefix(PREFIX))) {
        Some(nearest) => format!("the environment variable {name} is unknown; {PREFIX}{nearest} is similar"),
        None => format!("the environment variable {name} is unknown"),
    }
}

/// The most similar of the `known` names, if one is similar.
pub(super) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let alike = known.map(|known| (strsim::jaro_winkler(known, name), known));
    let nearest = alike.max_by(|(one, _), (other, _)| one.total_cmp(other));
    nearest.filter(|(likeness, _)| *likeness >= SIMILAR).map(|(_, name)| name)
}
