//! The project's Python, for what only Python packages provide.

use std::path::Path;
use std::process::Command;

use anyhow::Context as _;

/// A command that runs a script of `tools/eval`.
///
/// # Errors
/// There is no Python under `.tools`.
pub(crate) fn script(name: &str) -> anyhow::Result<Command> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let pythons = [".tools/eval/bin/python", ".tools/venv/bin/python"].iter().map(|path| root.join(path));
    let python = pythons.into_iter().find(|path| path.exists()).context("no Python under .tools")?;
    let mut command = Command::new(python);
    command.arg(root.join("tools/eval").join(name));
    Ok(command)
}
