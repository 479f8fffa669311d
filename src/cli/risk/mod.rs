//! `csms risk`: rules, models and cases of suspicious payments.

mod cases;
mod models;
mod rules;

use super::{out, settings::Flags, trouble::Trouble};
use payments::risk::{
    behaviour::{Plan, population::Scale, trial},
    rules::RuleSet,
};
use std::path::PathBuf;

/// Who is told to have made a change.
const BY: &str = "command line";

/// `csms risk`
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  csms risk rules show > rules.toml            the rules that count, to edit
  csms risk dry-run rules.toml --days 7        what they would have stopped last week
  csms risk rules add rules.toml --activate    let them count
  csms risk rules hits --days 7                how often each rule hit
  csms risk models list                        trained models; activate goes back to an older one
  csms risk cases list                         payments that somebody has to look at
  csms risk simulate                           hit and false-alarm rates on a made-up population

docs/risk.md explains rules and model.")]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Keep the rules: versions, which one counts, how often each hits
    Rules(rules::Args),
    /// Try rules on payments of the past; nothing is changed
    DryRun(rules::DryRun),
    /// Train a model of what is usual for drivers now, as a job does every night
    Train(models::Train),
    /// Keep the trained models, and say which one counts
    Models(models::Args),
    /// Look at payments that went on with a question mark
    Cases(cases::Args),
    /// Measure rules and model on a made-up population with made-up fraud; needs no database
    Simulate(Simulate),
}

#[derive(Debug, clap::Args)]
struct Simulate {
    /// Rules to try (TOML or JSON) [default: those of a new installation]
    file: Option<PathBuf>,
    /// How many drivers
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(50..=20_000))]
    drivers: u32,
    /// How many days; the first half trains the model, for the last quarter people change their ways
    #[arg(long, default_value_t = 120, value_parser = clap::value_parser!(u32).range(20..=730))]
    days: u32,
    /// The same seed makes the same population
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs it.
pub async fn run(flags: &Flags, args: Args) -> anyhow::Result<()> {
    match args.command {
        Command::Rules(args) => rules::run(flags, args).await,
        Command::DryRun(args) => rules::dry_run(flags, args).await,
        Command::Train(args) => models::train(flags, args).await,
        Command::Models(args) => models::run(flags, args).await,
        Command::Cases(args) => cases::run(flags, args).await,
        Command::Simulate(args) => simulate(&args),
    }
}

fn simulate(args: &Simulate) -> anyhow::Result<()> {
    let set = match &args.file {
        Some(file) => rules::read(file)?,
        None => RuleSet::defaults(),
    };
    let scale = Scale { seed: args.seed, drivers: args.drivers as usize, days: args.days, fraud: true };
    let Some(report) = trial::run(&scale, &set, &Plan::default())? else {
        let trouble = Trouble::new("The simulation has too few payments to train a model.");
        return Err(trouble.mend("give more --drivers or --days").into());
    };
    if args.json { out::json(&report) } else { out::print(&report.to_string()) }
}
