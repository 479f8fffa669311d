//! `csms tariff check`, `price`, `explain`, `render`: tariffs in files, without any database.

mod check;
mod explain;
mod price;
mod read;
mod render;

pub use read::{Source, load, refused};

use std::process::ExitCode;

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Look for what is wrong with tariffs in files, and for what is unwise
    Check(check::Check),
    /// Price a charge detail record of OCPI and compare it with what it states, or sessions of meter readings
    Price(price::Price),
    /// Tell in words what a tariff says, as a list of prices, and hour by hour of a week
    Explain(explain::Explain),
    /// Write a tariff as other systems read it
    Render(render::Render),
}

/// Runs it.
pub fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Check(wish) => check::run(&wish),
        Command::Price(wish) => price::run(&wish).map(|()| ExitCode::SUCCESS),
        Command::Explain(wish) => explain::run(&wish).map(|()| ExitCode::SUCCESS),
        Command::Render(wish) => render::run(&wish).map(|()| ExitCode::SUCCESS),
    }
}
