//! The settings of a process, and what gave them their values.

use super::{file::ConfigFile, layers::Environment, names, source::Source};
use crate::redact;
use clap::{Arg, ArgMatches, Command};
use std::{collections::BTreeMap, ffi::OsStr};

/// The settings of a process.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// `--flag=value` of each setting that is not its default; credentials in a URL are masked.
    pub changed: Vec<String>,
    /// A sentence for each `NEWSWIRE_*` variable that nothing reads.
    pub unknown: Vec<String>,
    /// Every setting of the command that runs, then those that only other commands have.
    pub all: Vec<Setting>,
}

/// A setting: a flag that is also an environment variable and a key of the file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Setting {
    /// Its key in the file: `poll-interval`.
    pub key: String,
    /// Its flag: `--poll-interval`.
    pub flag: String,
    /// Its environment variable: `NEWSWIRE_POLL_INTERVAL`.
    pub variable: String,
    /// Its heading in the help; `Options` if there is none.
    pub section: String,
    /// Its value as text, lists separated by commas, credentials masked; `None` if it has none.
    pub value: Option<String>,
    /// What gave it its value.
    pub source: Source,
    /// Its default; `None` if it has none.
    pub default: Option<String>,
    /// The values that it can have, if there are few.
    pub choices: Vec<String>,
    /// What it means, on one line.
    pub help: String,
}

impl Setting {
    /// The setting of an argument, with its default; `None` if it has no variable.
    fn of(arg: &Arg) -> Option<Self> {
        let (flag, variable) = (arg.get_long()?, arg.get_env()?.to_str()?);
        let default: Vec<_> = arg.get_default_values().iter().map(|value| value.to_string_lossy()).collect();
        let takes_values = arg.get_action().takes_values();
        let default =
            if takes_values { (!default.is_empty()).then(|| default.join(",")) } else { Some("false".into()) };
        let choices = arg.get_possible_values();
        let choices = choices.iter().filter(|_| takes_values).map(|choice| choice.get_name().to_owned()).collect();
        let help = arg.get_long_help().or(arg.get_help()).map(ToString::to_string).unwrap_or_default();
        Some(Setting {
            key: names::key_of(variable)?,
            flag: format!("--{flag}"),
            variable: variable.to_owned(),
            section: arg.get_help_heading().unwrap_or("Options").to_owned(),
            value: default.clone(),
            source: Source::Default,
            default,
            choices,
            help: help.split_whitespace().collect::<Vec<_>>().join(" "),
        })
    }

    /// As [`Setting::of`], with the value of the variable or the file.
    fn outside(arg: &Arg, environment: &Environment, file: &ConfigFile) -> Option<Self> {
        let mut setting = Setting::of(arg)?;
        if let Some(value) = environment.get(OsStr::new(&setting.variable)) {
            setting.value = Some(redact::message(&value.to_string_lossy()));
            setting.source = Source::Variable(setting.variable.clone());
        } else if let Some(entry) = file.get(&setting.key) {
            setting.value = Some(redact::message(&entry.value.text()));
            setting.source = file.source(entry.line);
        }
        Some(setting)
    }
}

impl Settings {
    pub(super) fn new(
        command: &Command,
        matches: &ArgMatches,
        environment: &Environment,
        file: &ConfigFile,
        sources: &BTreeMap<String, Source>,
    ) -> Self {
        let mut settings = Settings::default();
        settings.add_given(command, matches, sources);
        settings.add_others(command, environment, file);
        settings.unknown = names::unknown_of(command, environment.keys().filter_map(|name| name.to_str()));
        settings
    }

    /// Every setting of a command and its subcommands, with its default.
    #[must_use]
    pub fn defaults(command: &Command) -> Vec<Setting> {
        let mut settings = Settings::default();
        settings.add_others(command, &Environment::default(), &ConfigFile::default());
        settings.all
    }

    /// Those of the subcommand that the arguments selected.
    fn add_given(&mut self, command: &Command, matches: &ArgMatches, sources: &BTreeMap<String, Source>) {
        for arg in command.get_arguments() {
            let source = arg.get_long().and_then(|flag| sources.get(flag)).cloned().unwrap_or_default();
            let id = arg.get_id().as_str();
            let values = matches.try_get_raw(id).ok().flatten();
            let values: Option<Vec<String>> =
                values.map(|values| values.map(|value| redact::message(&value.to_string_lossy())).collect());
            if source != Source::Default
                && let Some(changed) = changed(arg, values.as_deref().unwrap_or_default())
                && !self.changed.contains(&changed)
            {
                self.changed.push(changed);
            }
            if let Some(setting) = Setting::of(arg).filter(|setting| !self.has(&setting.key)) {
                self.all.push(Setting { value: values.map(|values| values.join(",")), source, ..setting });
            }
        }
        if let Some((name, matches)) = matches.subcommand()
            && let Some(command) = command.find_subcommand(name)
        {
            self.add_given(command, matches, sources);
        }
    }

    fn add_others(&mut self, command: &Command, environment: &Environment, file: &ConfigFile) {
        for arg in command.get_arguments() {
            let setting = Setting::outside(arg, environment, file);
            self.all.extend(setting.filter(|setting| !self.has(&setting.key)));
        }
        for subcommand in command.get_subcommands() {
            self.add_others(subcommand, environment, file);
        }
    }

    fn has(&self, key: &str) -> bool {
        self.all.iter().any(|setting| setting.key == key)
    }

    /// Logs a warning for each unknown variable.
    pub fn warn(&self) {
        for unknown in &self.unknown {
            tracing::warn!("{unknown}");
        }
    }
}

/// `--flag=value`, if the value is not the default.
fn changed(arg: &Arg, values: &[String]) -> Option<String> {
    let flag = arg.get_long()?;
    let defaults = arg.get_default_values().iter().map(|value| value.to_string_lossy());
    if values.iter().map(String::as_str).eq(defaults) {
        return None;
    }
    if !arg.get_action().takes_values() {
        return (values != ["false"]).then(|| format!("--{flag}"));
    }
    Some(format!("--{flag}={}", values.join(",")))
}
