//! `csms clearing terms`: what is agreed about merchant accounts and banks.

use super::{Desk, refused};
use crate::cli::out;
use chrono::NaiveDate;
use chrono_tz::Tz;
use csms::{
    clearing::terms::Agreement,
    store::clearing::{
        fees::{self, FeeRow},
        terms::{self, TermsRow},
    },
};
use payments::clearing::{Contract, Rate, days, read::Columns};
use serde_json::json;
use std::{path::PathBuf, process::ExitCode};

/// `csms clearing terms`
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Say what is agreed about an account from now on
    Set(Set),
    /// List what is agreed and counts today
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// List all that was ever agreed about an account's fees, with who said so and when
    History {
        /// The merchant account of the settings
        account: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, clap::Args)]
struct Set {
    /// The merchant account of the settings, or bank:NAME
    account: String,
    /// The contract's fee, e.g. 0.6%, or none: fees are taken as they are [default: what is agreed stays]
    #[arg(long, value_parser = agreed)]
    rate: Option<Agreed>,
    /// And so many smallest units for each payment
    #[arg(long, default_value_t = 0, requires = "rate")]
    fixed: i64,
    /// The fee of what is refunded is given back
    #[arg(long, requires = "rate")]
    returns_fees: bool,
    /// A fee may differ by so many smallest units
    #[arg(long, default_value_t = 1, requires = "rate")]
    tolerance: i64,
    /// The first day on which that fee counts [default: today; ever since, where nothing was agreed before]
    #[arg(long, requires = "rate")]
    from: Option<NaiveDate>,
    /// Why the fee is another one
    #[arg(long, default_value = "", requires = "rate")]
    note: String,
    /// Who says so
    #[arg(long, default_value = "command line")]
    by: String,
    /// Whose days its statements are of [default: what is known stays, else Asia/Shanghai]
    #[arg(long)]
    time_zone: Option<Tz>,
    /// Statements are asked for from then on, the day after [default: clearing.fetch_at]
    #[arg(long)]
    fetch_at: Option<String>,
    /// Where it pays out to: NAME of bank:NAME
    #[arg(long, default_value = "")]
    bank: String,
    /// What its credits say in the bank's statement
    #[arg(long, default_value = "")]
    bank_text: String,
    /// The currency of files that do not say it
    #[arg(long, default_value = "")]
    currency: String,
    /// A JSON file that says what the columns of a bank's CSV are called
    #[arg(long, value_name = "FILE")]
    columns: Option<PathBuf>,
}

/// A rate, or that there is none.
#[derive(Debug, Clone, Copy)]
struct Agreed(Option<Rate>);

fn agreed(text: &str) -> Result<Agreed, String> {
    match text {
        "none" => Ok(Agreed(None)),
        text => text
            .parse()
            .map(|rate| Agreed(Some(rate)))
            .map_err(|error: payments::clearing::RateError| error.to_string()),
    }
}

/// Runs it.
pub async fn run(desk: &Desk, args: Args) -> anyhow::Result<ExitCode> {
    match args.command {
        Command::Set(set) => put(desk, set).await?,
        Command::List { json } => list(desk, json).await?,
        Command::History { account, json } => history(desk, &account, json).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn put(desk: &Desk, set: Set) -> anyhow::Result<()> {
    let columns = match &set.columns {
        Some(path) => {
            let columns: Columns = serde_json::from_slice(&std::fs::read(path)?)?;
            serde_json::to_string(&columns)?
        }
        None => String::new(),
    };
    let known = terms::find(&mut desk.registry.read().await?, &set.account).await?.map(|row| row.zone);
    let zone = set.time_zone.map(|zone| zone.name().to_owned()).or(known);
    let row = TermsRow {
        account: set.account.clone(),
        zone: zone.unwrap_or_else(|| Tz::Asia__Shanghai.name().to_owned()),
        fetch_at: set.fetch_at.unwrap_or_else(|| desk.registry.config.clearing.fetch_at.clone()),
        bank: set.bank,
        bank_text: set.bank_text.to_lowercase(),
        currency: set.currency.to_uppercase(),
        columns,
        changed_at: desk.registry.now(),
    };
    let mut tx = desk.registry.write().await?;
    csms::clearing::terms::put(&mut tx, &row, desk.registry.now()).await.map_err(refused)?;
    tx.commit().await?;
    if let Some(Agreed(rate)) = set.rate {
        let contract = rate.map(|rate| Contract {
            rate,
            fixed: set.fixed,
            returns: set.returns_fees,
            tolerance: set.tolerance,
        });
        let agreed =
            Agreement { account: &set.account, from: set.from, contract, note: &set.note, by: &set.by };
        desk.clearing().agree(&agreed).await.map_err(refused)?;
    }
    out::print(&format!("The terms of {} are kept.\n", row.account))
}

async fn list(desk: &Desk, json: bool) -> anyhow::Result<()> {
    let mut tx = desk.registry.read().await?;
    let mut all = Vec::new();
    for row in terms::list(&mut tx).await? {
        let zone = row.zone.parse().unwrap_or(Tz::UTC);
        let today = days::day(zone, desk.registry.now()).to_string();
        let fee = fees::on(&mut tx, &row.account, &today).await?;
        all.push((row, fee));
    }
    drop(tx);
    if json {
        let of = |(row, fee): &(TermsRow, Option<FeeRow>)| {
            json!({"account": row.account, "rate": fee.as_ref().map(rate).unwrap_or_default(),
                   "fixed_minor": fee.as_ref().map_or(0, |fee| fee.fixed_minor),
                   "returns_fees": fee.as_ref().is_some_and(|fee| fee.returns_fees),
                   "tolerance_minor": fee.as_ref().map_or(0, |fee| fee.tolerance_minor),
                   "from": fee.as_ref().map(|fee| fee.from_day.clone()).unwrap_or_default(),
                   "time_zone": row.zone, "fetch_at": row.fetch_at, "bank": row.bank,
                   "bank_text": row.bank_text, "currency": row.currency})
        };
        return out::json(&all.iter().map(of).collect::<Vec<_>>());
    }
    if all.is_empty() {
        return out::print("Nothing is agreed yet: csms clearing terms set ACCOUNT --rate 0.6%\n");
    }
    let rows: Vec<Vec<String>> = all
        .iter()
        .map(|(row, fee)| {
            let fee = fee.as_ref();
            let of = |told: fn(&FeeRow) -> String| fee.map(told).unwrap_or_default();
            vec![
                row.account.clone(),
                of(rate),
                of(|fee| fee.fixed_minor.to_string()),
                of(back),
                of(since),
                row.zone.clone(),
                row.bank.clone(),
            ]
        })
        .collect();
    let head = ["ACCOUNT", "FEE", "FIXED", "GIVEN BACK", "SINCE", "TIME ZONE", "BANK"];
    out::print(&out::table(&head, &rows))
}

async fn history(desk: &Desk, account: &str, json: bool) -> anyhow::Result<()> {
    let all = fees::of_account(&mut desk.registry.read().await?, account).await?;
    if json {
        let of = |row: &FeeRow| {
            json!({"from": row.from_day, "generation": row.generation, "rate": rate(row),
                   "fixed_minor": row.fixed_minor, "returns_fees": row.returns_fees,
                   "tolerance_minor": row.tolerance_minor, "note": row.note, "by": row.by_whom,
                   "at": row.created_at})
        };
        return out::json(&all.iter().map(of).collect::<Vec<_>>());
    }
    if all.is_empty() {
        return out::print(&format!("Nothing was ever agreed about fees of {account}.\n"));
    }
    let rows: Vec<Vec<String>> = all
        .iter()
        .map(|row| {
            vec![
                since(row),
                rate(row),
                row.fixed_minor.to_string(),
                back(row),
                row.created_at.format("%Y-%m-%d %H:%M").to_string(),
                row.by_whom.clone(),
                row.note.clone(),
            ]
        })
        .collect();
    out::print(&out::table(&["FROM", "FEE", "FIXED", "GIVEN BACK", "SAID AT", "BY", "NOTE"], &rows))
}

fn rate(row: &FeeRow) -> String {
    let rate = row.rate_millionths.and_then(|n| u32::try_from(n).ok()).map(Rate::millionths);
    rate.map_or_else(|| "none".to_owned(), |rate| rate.to_string())
}

fn back(row: &FeeRow) -> String {
    if row.returns_fees { "yes" } else { "no" }.to_owned()
}

/// The first day; ever since has none.
fn since(row: &FeeRow) -> String {
    if row.from_day.starts_with("0001") { String::new() } else { row.from_day.clone() }
}
