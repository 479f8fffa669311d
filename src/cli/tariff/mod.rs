//! `csms tariff`: what charging costs, from when on, where and for whom. One file for each group of subcommands.

mod assign;
mod files;
mod publish;
mod show;

pub use assign::{at_place, put_at};

use super::{registry::Registry, settings::Flags};
use chrono::{DateTime, Utc};
use csms::{id::Ids, store::tariffs::Change};
use std::process::ExitCode;

/// `csms tariff`
#[derive(Debug, clap::Args)]
#[command(after_help = r#"Examples:
  csms tariff check tariff.json --time-zone Europe/Berlin      is it sound, is it wise?
  csms tariff price --tariff tariff.json --cdr cdr.json --time-zone Europe/Berlin
  csms tariff add tariff.json --default                        sessions cost this from now on
  csms tariff add prices-2027.json --from 2027-01-01T00:00:00+01:00
  csms tariff show day-night --at 2027-01-01
  csms tariff assign members --group GOLD --site Harbour       who belongs to GOLD pays this there
  csms tariff assign fair --site Harbour --priority 10 --from 2027-06-04 --to 2027-06-06
  csms tariff which HALL-7 --token 04A1B2C3D4E5F6              what would a session cost, and why?

A tariff file, 0.49 a kWh and 1.00 a session with 19 % VAT on top:
  { "id": "simple", "name": "Simple", "currency": "EUR",
    "elements": [ { "components": [
      { "dimension": "energy", "price": "0.49", "vat": "19" },
      { "dimension": "flat",   "price": "1.00", "vat": "19" } ] } ] }

docs/tariffs.md explains the rest: times of day, parking time, steps, limits, versions and assignment."#)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    #[command(flatten)]
    Publish(publish::Command),
    #[command(flatten)]
    Show(show::Command),
    #[command(flatten)]
    Assign(assign::Command),
    #[command(flatten)]
    Files(files::Command),
}

/// Runs it.
pub async fn run(flags: &Flags, args: Args) -> anyhow::Result<ExitCode> {
    let registry = || Registry::open(flags);
    match args.command {
        Command::Publish(command) => publish::run(&registry().await?, command).await?,
        Command::Show(command) => show::run(&registry().await?, command).await?,
        Command::Assign(command) => assign::run(&registry().await?, command).await?,
        // Files need no database.
        Command::Files(command) => return files::run(command),
    }
    Ok(ExitCode::SUCCESS)
}

/// Who changes tariffs, and when.
pub struct Hand<'a> {
    pub ids: &'a Ids,
    pub now: DateTime<Utc>,
    /// As events tell it.
    pub by: &'static str,
}

impl Hand<'_> {
    /// One change of theirs.
    pub fn change(&self) -> Change<'static> {
        Change { id: self.ids.next(), at: self.now, by: self.by }
    }
}

/// Whoever gives this command.
pub fn hand(registry: &Registry) -> Hand<'_> {
    Hand { ids: &registry.ids, now: registry.now(), by: "command line" }
}
