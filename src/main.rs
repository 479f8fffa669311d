//! `csms`: the whole of Wattline in one command. This package alone composes; every other crate knows only what it
//! stands on.

mod cli;

fn main() -> std::process::ExitCode {
    cli::main()
}
