//! `csms clearing`: our books against those of providers and banks.

mod bulk;
mod cases;
mod days;
mod shares;
mod terms;

use super::{out, registry::Registry, settings::Flags, trouble::Trouble};
use chrono::NaiveDate;
use csms::{
    clearing::{
        Clearing, ClearingError, folder,
        import::{Incoming, Which},
    },
    clock::Clock,
};
use payments::clearing::read::Format;
use std::{path::PathBuf, process::ExitCode};

/// `csms clearing`
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  csms clearing terms set wx-main --rate 0.6% --returns-fees --bank icbc
  csms clearing import --account wx-main --day 2026-10-01 bill.csv
  csms clearing import --account bank:icbc --file bank statement.xml
  csms clearing run                                  settle, take dropped files, compare
  csms clearing report --from 2026-10-01 --to 2026-10-31
  csms clearing cases --reason missing_there
  csms clearing resolve 4711 write_off --note 'their outage' --by anna
  csms clearing resolve --way post_fee --reason fee --account st-main --note 'new prices' --by anna
                                                     what that would do; with --yes it is done

csms serve does what is due by itself; docs/clearing.md tells when, and what the cases mean.

Exit code: 0 done, 1 refused, or cases are open (cases, report).")]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Do what is due now: settle days that are over, take dropped files, compare
    Run(days::Run),
    /// Take a statement of a provider or a bank
    Import(Import),
    /// Settlements, long and short, shares of some days
    Report(days::Report),
    /// List what does not agree
    Cases(cases::List),
    /// Settle a case, or many
    Resolve(cases::Resolve),
    /// Keep who gets which part of a site's revenue
    Shares(shares::Args),
    /// Keep what is agreed about merchant accounts and banks
    Terms(terms::Args),
}

#[derive(Debug, clap::Args)]
struct Import {
    /// The file
    path: PathBuf,
    /// The merchant account of the settings, or bank:NAME
    #[arg(long)]
    account: String,
    /// What it is about: trades, funds or bank [default: bank for a bank, else trades]
    #[arg(long, value_parser = which)]
    file: Option<Which>,
    /// Its day [default: that of most of its lines]
    #[arg(long)]
    day: Option<NaiveDate>,
    /// How it is written, e.g. wechat_trades, alipay_trades, stripe_csv, camt053, mt940, bank_csv [default: by its content]
    #[arg(long, value_parser = format)]
    format: Option<Format>,
}

fn which(text: &str) -> Result<Which, String> {
    Which::of(text).ok_or_else(|| "write trades, funds or bank".to_owned())
}

fn format(text: &str) -> Result<Format, String> {
    let known: Vec<_> = Format::ALL.into_iter().map(Format::word).collect();
    Format::of(text).ok_or_else(|| format!("write one of {}", known.join(", ")))
}

/// What the subcommands work with.
struct Desk {
    registry: Registry,
    clock: Clock,
}

impl Desk {
    fn clearing(&self) -> Clearing<'_> {
        let registry = &self.registry;
        Clearing {
            db: &registry.db,
            ids: &registry.ids,
            clock: &self.clock,
            config: &registry.config.clearing,
        }
    }
}

/// Runs it.
pub async fn run(flags: &Flags, args: Args) -> anyhow::Result<ExitCode> {
    let desk = Desk { registry: Registry::open(flags).await?, clock: Clock::System };
    match args.command {
        Command::Run(args) => days::run(&desk, args).await,
        Command::Import(args) => import(&desk, args).await,
        Command::Report(args) => days::report(&desk, args).await,
        Command::Cases(args) => cases::list(&desk, args).await,
        Command::Resolve(args) => cases::resolve(&desk, args).await,
        Command::Shares(args) => shares::run(&desk, args).await,
        Command::Terms(args) => terms::run(&desk, args).await,
    }
}

async fn import(desk: &Desk, args: Import) -> anyhow::Result<ExitCode> {
    let bytes = folder::bytes(&args.path).map_err(refused)?;
    let name = args.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let bank = args.account.starts_with(csms::clearing::terms::BANK);
    let incoming = Incoming {
        account: &args.account,
        file: args.file.unwrap_or(if bank { Which::Bank } else { Which::Trades }),
        day: args.day,
        format: args.format,
        name: &name,
        bytes: &bytes,
        by: "command line",
    };
    let clearing = desk.clearing();
    let imported = clearing.import(&incoming).await.map_err(refused)?;
    let mut text = match (imported.known, imported.lines, imported.new) {
        (true, ..) => format!("{name} was imported before; nothing was changed.\n"),
        (false, lines, new) => format!("{lines} lines of {}, {new} of them new.\n", imported.day),
    };
    let compared = clearing.compare_all(&args.account).await?;
    if !bank {
        text += &days::compared(&args.account, &compared);
    }
    out::print(&text)?;
    Ok(ExitCode::SUCCESS)
}

/// What is told when somebody asked for what cannot be.
fn refused(error: ClearingError) -> anyhow::Error {
    match error {
        ClearingError::Statement(fault) => Trouble::new("The statement is not taken.")
            .why(fault)
            .mend("fetch the file anew; if it is as the provider wrote it, tell us")
            .into(),
        ClearingError::Refused(why) => Trouble::new(why).into(),
        error => error.into(),
    }
}
