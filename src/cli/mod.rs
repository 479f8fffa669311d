//! The commands. Each file is one command: its flags, its help, and what it does.

mod audience;
mod audit;
mod bench;
mod clearing;
mod conformance;
mod demo;
mod desired;
mod discount;
mod doctor;
mod driver;
mod evse;
mod firmware;
mod grid;
mod key;
mod ledger;
mod list;
mod log;
mod needs;
mod out;
mod reader;
mod registry;
mod reservation;
mod risk;
mod routing;
mod serve;
mod settings;
mod sheet;
mod site;
mod station;
mod tariff;
mod template;
mod text;
mod token;
mod trouble;
mod user;
mod voucher;
mod webhook;

use clap::{CommandFactory, Parser, Subcommand};
use settings::{Flags, Settings};
use std::process::ExitCode;

/// Wattline: a charging station management system.
///
/// Charging stations connect by OCPP 1.6J, 2.0.1 or 2.1; their sessions are authorized, metered, priced and stored.
/// People watch and steer them in the console, a web page that `csms serve` serves as well.
#[derive(Debug, Parser)]
#[command(name = "csms", version, after_help = EXAMPLES, max_term_width = 110)]
struct Cli {
    #[command(flatten)]
    flags: Flags,
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  csms demo                                      a site with a virtual fleet, to look around
  csms serve                                     the real thing, on a SQLite file in data/
  csms serve --database postgres://u:p@db/csms   the same on PostgreSQL
  csms station add HALL-7                        register a station and make its password
  csms doctor                                    what is wrong, and how to mend it
  csms config > csms.new.toml                    every setting with its meaning, to edit

Settings come from csms.toml (or --config FILE), then from CSMS_* variables
(CSMS_OCPP__LISTEN is ocpp.listen), then from flags: each over the one before.
`csms COMMAND --help` tells more about a command.";

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the central system: stations connect, people open the console
    Serve(serve::Args),
    /// Run it with a ready site and a virtual fleet that charges, to look around
    Demo(demo::Args),
    /// Register charging stations, list them, change their passwords
    Station(station::Args),
    /// Let identifiers (cards, keys, contracts) charge
    Token(token::Args),
    /// Keep drivers who charge before they pay, and prepaid balances
    Driver(driver::Args),
    /// Accept what offline wallets of digital currency have signed, and redeem it
    Voucher(voucher::Args),
    /// Let card terminals of a provider take money for outlets
    Reader(reader::Args),
    /// Say what single EVSEs deliver
    Evse(evse::Args),
    /// Say what a station shall be like: its settings, availability, certificates, profiles, password
    Desired(desired::Args),
    /// Say what configuration groups of stations shall have
    Template(template::Args),
    /// Keep firmware for stations, and bring it to many of them
    Firmware(firmware::Args),
    /// Keep outlets for somebody
    Reservation(reservation::Args),
    /// Say whom stations know themselves (local authorization lists)
    List(list::Args),
    /// Keep the sites where stations stand
    Site(site::Args),
    /// Share what a site's connection carries among its vehicles
    Grid(grid::Args),
    /// Keep texts for displays, by state and language
    Text(text::Args),
    /// What vehicles need (ISO 15118), and their plans
    Needs(needs::Args),
    /// Keep what charging costs: versions, and where and for whom they count
    Tariff(tariff::Args),
    /// Keep what is taken off: memberships, vouchers, promotions
    Discount(discount::Args),
    /// Keep the rule by which merchant accounts are chosen
    Routing(routing::Args),
    /// Keep the accounts of the console
    User(user::Args),
    /// Keep the keys with which programs use the REST API
    Key(key::Args),
    /// Stations, tokens, tariffs, sessions, orders, events and more as CSV or JSON
    Export(sheet::ExportArgs),
    /// Bring stations, tokens or tariffs from a file
    Import(sheet::ImportArgs),
    /// Where events are posted to
    Webhook(webhook::Args),
    /// Hold sessions, readings, bills and CDRs against each other, and say what differs
    Audit(audit::Args),
    /// Verify the ledger of payments, list balances, make and check proofs
    Ledger(ledger::Args),
    /// Watch over suspicious payments: rules, models, cases
    Risk(risk::Args),
    /// Hold our books against those of providers and banks, and settle what differs
    Clearing(clearing::Args),
    /// Look at everything that keeps csms from working, and say how to mend it
    Doctor(doctor::Args),
    /// Measure a central system under load: connect storm, idle connections, sessions
    Bench(bench::Args),
    /// Play certification cases of OCPP against a central system, ours or another
    Conformance(conformance::Args),
    /// Print every setting with its meaning, its value and where the value came from
    Config(ConfigArgs),
    /// Print a completion script for a shell
    #[command(after_help = "Example:\n  csms completion bash > /etc/bash_completion.d/csms")]
    Completion {
        /// The shell
        shell: clap_complete::Shell,
    },
}

/// `csms config`
#[derive(Debug, clap::Args)]
struct ConfigArgs {
    /// Print the database password too
    #[arg(long)]
    show_secrets: bool,
}

/// Runs the command line and tells how it went: 0 done, 1 not done (the reason is on standard error), 2 not understood.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("csms: {}", trouble::explain(&error));
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    match cli.command {
        Command::Doctor(args) => return wait(doctor::run(&cli.flags, &args)),
        Command::Ledger(args) => return wait(ledger::run(&cli.flags, args)),
        Command::Audit(args) => return wait(audit::run(&cli.flags, args)),
        Command::Clearing(args) => return wait(clearing::run(&cli.flags, args)),
        Command::Serve(args) => return wait(serve::run(&cli.flags, args)),
        Command::Demo(args) => return wait(demo::run(&cli.flags, args)),
        Command::Station(args) => wait(station::run(&cli.flags, args))?,
        Command::Token(args) => wait(token::run(&cli.flags, args))?,
        Command::Reader(args) => wait(reader::run(&cli.flags, args))?,
        Command::Evse(args) => wait(evse::run(&cli.flags, args))?,
        Command::Desired(args) => wait(desired::run(&cli.flags, args))?,
        Command::Template(args) => wait(template::run(&cli.flags, args))?,
        Command::Firmware(args) => wait(firmware::run(&cli.flags, args))?,
        Command::Reservation(args) => wait(reservation::run(&cli.flags, args))?,
        Command::List(args) => wait(list::run(&cli.flags, args))?,
        Command::Site(args) => wait(site::run(&cli.flags, args))?,
        Command::Grid(args) => wait(grid::run(&cli.flags, args))?,
        Command::Text(args) => wait(text::run(&cli.flags, args))?,
        Command::Needs(args) => wait(needs::run(&cli.flags, args))?,
        Command::Tariff(args) => return wait(tariff::run(&cli.flags, args)),
        Command::Discount(args) => wait(discount::run(&cli.flags, args))?,
        Command::Voucher(args) => wait(voucher::run(&cli.flags, args))?,
        Command::Driver(args) => wait(driver::run(&cli.flags, args))?,
        Command::Routing(args) => wait(routing::run(&cli.flags, args))?,
        Command::Risk(args) => wait(risk::run(&cli.flags, args))?,
        Command::User(args) => wait(user::run(&cli.flags, args))?,
        Command::Key(args) => wait(key::run(&cli.flags, args))?,
        Command::Export(args) => wait(sheet::export(&cli.flags, args))?,
        Command::Import(args) => wait(sheet::bring(&cli.flags, args))?,
        Command::Webhook(args) => wait(webhook::run(&cli.flags, args))?,
        Command::Bench(args) => return wait(bench::run(&cli.flags, args)),
        Command::Conformance(args) => return wait(conformance::run(args)),
        Command::Config(args) => {
            let settings = Settings::load(&cli.flags, &[])?;
            out::print(&settings.print(args.show_secrets))?;
        }
        Command::Completion { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "csms", &mut script);
            out::print(&String::from_utf8_lossy(&script))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Runs a command that waits for something.
fn wait<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(work)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }
}
