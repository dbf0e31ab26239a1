//! The file of settings: TOML, one key a setting. A key is the name of the environment variable without `NEWSWIRE_`, in lower
//! case and with hyphens.

use super::{names, source::Source};
use crate::redact;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};
use toml::de::{DeTable, DeValue};

/// Largest file, in bytes.
const MAX_BYTES: u64 = 1 << 20;
/// Settings that a file does not hold, and why.
const REFUSED: [(&str, &str); 2] = [
    ("config", "a file does not name another one"),
    ("credentials", "secrets do not belong in this file; name theirs with credentials-file"),
];

/// The settings of a file.
#[derive(Debug, Default)]
pub(super) struct ConfigFile {
    path: PathBuf,
    entries: BTreeMap<String, Entry>,
}

/// One setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    /// Line of its key, from 1.
    pub line: usize,
    pub value: Value,
}

/// The value of a setting, as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    Flag(bool),
    One(String),
    List(Vec<String>),
}

impl Value {
    /// As a flag's value, lists separated by commas.
    pub fn text(&self) -> String {
        match self {
            Value::Flag(is_set) => is_set.to_string(),
            Value::One(text) => text.clone(),
            Value::List(texts) => texts.join(","),
        }
    }
}

impl ConfigFile {
    /// Reads a file whose keys are those of `variables`. Wrong settings are left out; there is one message for each.
    pub fn read(path: &Path, variables: &BTreeSet<String>) -> (Self, Vec<String>) {
        let text = match text(path) {
            Ok(text) => text,
            Err(error) => return (ConfigFile::default(), vec![format!("--config {}: {error}", path.display())]),
        };
        let (table, errors) = DeTable::parse_recoverable(&text);
        let line = |at: usize| 1 + text.get(..at).map_or(0, |before| before.matches('\n').count());
        let mut errors: Vec<(usize, String)> = errors
            .iter()
            .map(|error| (line(error.span().map_or(0, |span| span.start)), one_line(error.message())))
            .collect();
        let mut file = ConfigFile { path: path.to_owned(), entries: BTreeMap::new() };
        let broken: Vec<usize> = errors.iter().map(|(line, _)| *line).collect();
        for (key, value) in table.get_ref() {
            let at = line(key.span().start);
            if broken.contains(&at) {
                continue;
            }
            match setting(key.get_ref(), value.get_ref(), variables) {
                Ok(value) => drop(file.entries.insert(key.get_ref().to_string(), Entry { line: at, value })),
                Err(error) => errors.push((at, error)),
            }
        }
        errors.sort();
        let errors = errors.into_iter().map(|(line, error)| format!("{}: {error}", file.place(line))).collect();
        (file, errors)
    }

    /// A setting.
    pub fn get(&self, key: &str) -> Option<&Entry> {
        self.entries.get(key)
    }

    /// `newswire.toml:3`
    pub fn place(&self, line: usize) -> String {
        self.source(line).to_string()
    }

    pub fn source(&self, line: usize) -> Source {
        Source::File { path: self.path.display().to_string(), line }
    }
}

fn text(path: &Path) -> Result<String, String> {
    let mut text = String::new();
    let file = File::open(path).map_err(|error| error.to_string())?;
    file.take(MAX_BYTES + 1).read_to_string(&mut text).map_err(|error| error.to_string())?;
    if text.len() as u64 > MAX_BYTES {
        return Err(format!("it is larger than {MAX_BYTES} bytes"));
    }
    Ok(text)
}

fn one_line(message: &str) -> String {
    message.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("; ")
}

/// The value of a key, or what is wrong with it.
fn setting(key: &str, value: &DeValue<'_>, variables: &BTreeSet<String>) -> Result<Value, String> {
    if let Some((_, why)) = REFUSED.iter().find(|(refused, _)| *refused == key) {
        return Err(format!("{key}: {why}"));
    }
    let known = || variables.iter().filter_map(|name| names::key_of(name));
    if !known().any(|known| known == key) {
        let names: BTreeSet<String> = known().filter(|key| REFUSED.iter().all(|(refused, _)| key != refused)).collect();
        let nearest = names::nearest(key, names.iter().map(String::as_str));
        return Err(match nearest {
            Some(nearest) => format!("{key} is not a setting; {nearest} is similar"),
            None => format!("{key} is not a setting"),
        });
    }
    let value = match value {
        DeValue::Boolean(is_set) => Value::Flag(*is_set),
        DeValue::Array(values) => {
            Value::List(values.iter().map(|value| scalar(key, value.get_ref())).collect::<Result<_, _>>()?)
        }
        DeValue::Table(_) => {
            return Err(format!("{key} is a table; each setting is one key, and there are no sections"));
        }
        value => Value::One(scalar(key, value)?),
    };
    let text = value.text();
    if text.contains("://") && redact::credentials(&text) != text {
        let variable = names::variable_of(key);
        return Err(format!("{key} holds a password; secrets do not belong in this file: set {variable}"));
    }
    Ok(value)
}

/// A text or a number.
fn scalar(key: &str, value: &DeValue<'_>) -> Result<String, String> {
    match value {
        DeValue::String(text) => Ok(text.to_string()),
        DeValue::Integer(number) if number.radix() == 10 => Ok(number.as_str().to_owned()),
        DeValue::Float(number) => Ok(number.as_str().to_owned()),
        _ => Err(format!("{key} is a text, a decimal number, true, false, or a list of texts")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (ConfigFile, Vec<String>) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("n.toml");
        std::fs::write(&path, text).unwrap();
        let variables =
            ["PARTITIONS", "FEEDS", "WATCH_FEEDS", "ALLOWED_HOSTS", "OUTBOUND_PROXY", "CREDENTIALS", "CONFIG"];
        let variables = variables.into_iter().map(|name| format!("NEWSWIRE_{name}")).collect();
        let (file, errors) = ConfigFile::read(&path, &variables);
        let folder = format!("{}/", folder.path().display());
        (file, errors.into_iter().map(|error| error.replace(&folder, "")).collect())
    }

    #[test]
    fn a_setting_is_a_text_a_number_a_flag_or_a_list() {
        let (file, errors) = read(
            "# of the team\npartitions = 1_2\nfeeds = 'my.opml'\nwatch-feeds = true\nallowed-hosts = ['a', 'b']\n",
        );
        assert_eq!(errors, Vec::<String>::new());
        let of = |key: &str| file.get(key).map(|entry| (entry.line, entry.value.text())).unwrap();
        assert_eq!(of("partitions"), (2, "12".to_owned()));
        assert_eq!(of("feeds"), (3, "my.opml".to_owned()));
        assert_eq!(file.get("watch-feeds").unwrap().value, Value::Flag(true));
        assert_eq!(of("allowed-hosts"), (5, "a,b".to_owned()));
    }

    #[test]
    fn every_wrong_setting_is_reported_with_its_line() {
        let (file, errors) = read("partition = 3\nfeeds = 2026-01-01\nxyzzy = 1\n[watch-feeds]\na = 'x'\n");
        assert!(file.entries.is_empty(), "{file:?}");
        let expected = [
            "n.toml:1: partition is not a setting; partitions is similar",
            "n.toml:2: feeds is a text, a decimal number, true, false, or a list of texts",
            "n.toml:3: xyzzy is not a setting",
            "n.toml:4: watch-feeds is a table; each setting is one key, and there are no sections",
        ];
        assert_eq!(errors, expected);
    }

    #[test]
    fn a_line_that_is_not_toml_is_one_error() {
        let (file, errors) = read("partitions = 08\nfeeds = \nwatch-feeds = true\n");
        assert_eq!(file.entries.len(), 1, "{file:?}");
        assert!(
            errors.len() == 2 && errors[0].starts_with("n.toml:1: ") && errors[1].starts_with("n.toml:2: "),
            "{errors:?}"
        );
    }

    #[test]
    fn secrets_are_refused() {
        let (file, errors) =
            read("credentials = '{}'\nconfig = 'other.toml'\noutbound-proxy = 'http://me:hidden@proxy:3128'\n");
        assert!(file.entries.is_empty(), "{file:?}");
        let expected = [
            "n.toml:1: credentials: secrets do not belong in this file; name theirs with credentials-file",
            "n.toml:2: config: a file does not name another one",
            "n.toml:3: outbound-proxy holds a password; secrets do not belong in this file: set NEWSWIRE_OUTBOUND_PROXY",
        ];
        assert_eq!(errors, expected);
    }

    #[test]
    fn a_file_that_cannot_be_read_is_one_error() {
        let (_, errors) = ConfigFile::read(Path::new("/nowhere/n.toml"), &BTreeSet::new());
        assert_eq!(errors.len(), 1);
        assert!(errors[0].starts_with("--config /nowhere/n.toml: "), "{errors:?}");
    }
}
