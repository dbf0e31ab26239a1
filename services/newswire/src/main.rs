//! `newswire`: the one command.

use std::process::ExitCode;

fn main() -> ExitCode {
    newswire::main()
}
