//! `newswire completions` and `newswire man`: made from the definitions of commands and flags.

use crate::answer::Answer;
use anyhow::Context;
use clap_complete::Shell;
use std::{io::Write, path::PathBuf};

/// Flags of `newswire completions`.
#[derive(Debug, clap::Args)]
pub struct Completions {
    /// The shell.
    shell: Shell,
}

/// Flags of `newswire man`.
#[derive(Debug, clap::Args)]
pub struct Man {
    /// The command, such as `feeds import`; the page of newswire itself by default.
    #[arg(value_name = "COMMAND")]
    command: Vec<String>,
    /// Writes a page for each command into this folder: newswire.1, newswire-run.1 ..
    #[arg(long, value_name = "FOLDER", conflicts_with = "command")]
    to: Option<PathBuf>,
}

impl Completions {
    /// Checks the flags.
    ///
    /// # Errors
    /// None: clap has checked them.
    pub fn check(&self) -> Result<Answer, Vec<String>> {
        let shell = self.shell;
        Ok(Box::new(move |out| {
            // The generator panics if it cannot write.
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut crate::command(), "newswire", &mut script);
            Ok(out.write_all(&script)?)
        }))
    }
}

impl Man {
    /// Checks the flags.
    ///
    /// # Errors
    /// There is no such command.
    pub fn check(&self) -> Result<Answer, Vec<String>> {
        if let Some(folder) = self.to.clone() {
            return Ok(Box::new(move |_| {
                let written =
                    std::fs::create_dir_all(&folder).and_then(|()| clap_mangen::generate_to(crate::command(), &folder));
                written.with_context(|| folder.display().to_string())
            }));
        }
        let mut command = crate::command().disable_help_subcommand(true);
        command.build();
        for name in &self.command {
            let found = command.find_subcommand(name).cloned();
            command = found.ok_or_else(|| vec![format!("there is no command {:?}", self.command.join(" "))])?;
        }
        let page = clap_mangen::Man::new(command);
        Ok(Box::new(move |out| Ok(page.render(out)?)))
    }
}
