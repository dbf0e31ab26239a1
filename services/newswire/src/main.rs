//! The `newswire` command.

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: chassis::Allocator = chassis::Allocator;

fn main() -> ExitCode {
    newswire::main()
}
