//! What gave a setting its value.

use std::fmt;

/// What gave a setting its value.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Source {
    /// Nothing: the setting has its default, or no value.
    #[default]
    Default,
    /// The flag.
    Flag,
    /// The environment variable of this name.
    Variable(String),
    /// A line of the file: `newswire.toml`, from 1.
    File {
        /// The file, as it was named.
        path: String,
        /// The line of the key, from 1.
        line: usize,
    },
}

/// `default`, `flag`, the variable's name, or `newswire.toml:3`.
impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::Default => f.write_str("default"),
            Source::Flag => f.write_str("flag"),
            Source::Variable(name) => f.write_str(name),
            Source::File { path, line } => write!(f, "{path}:{line}"),
        }
    }
}
