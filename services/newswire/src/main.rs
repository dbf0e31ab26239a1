//! The `newswire` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    newswire::main()
}
