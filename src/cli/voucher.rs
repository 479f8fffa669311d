//! `csms voucher`: what offline wallets have signed, and what became of it.

use super::{
    out,
    registry::{NODE, PAGE, shown, unusable},
    settings::{Flags, Settings},
    trouble::Trouble,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{DateTime, Utc};
use csms::{
    app::App,
    clock::Clock,
    pay::voucher::{self, Voucher},
    store::vouchers,
};
use payments::Amount;
use rust_decimal::Decimal;
use serde::Deserialize;
use std::{fs::File, io::Read, path::PathBuf};
use tariffs::Currency;

/// A file with a voucher is no larger.
const BYTES_MAX: u64 = 64 * 1024;
/// Batches that one call redeems at most.
const BATCHES_MAX: usize = 1_000;

/// `csms voucher`
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  csms voucher accept ORDER voucher.json     for an open bill, once
  csms voucher redeem                        what is due, as the server does by itself

The file: {\"operator\": …, \"proof_id\": …, \"device\": …, \"counter\": 7, \"amount\": \"4.00\", \"currency\": \"CNY\",
\"taken_at\": \"2026-03-02T09:00:00Z\", \"proof\": BASE64}. The only operator is a SIMULATION (pay.vouchers.simulator_key).")]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Accept a voucher for an open bill
    Accept {
        /// The order's number
        order: String,
        file: PathBuf,
    },
    /// Redeem what is due
    Redeem,
    /// List vouchers, newest first
    List,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Signed {
    operator: String,
    proof_id: String,
    device: String,
    counter: i64,
    amount: Decimal,
    currency: Currency,
    taken_at: DateTime<Utc>,
    proof: String,
}

/// Runs it.
pub async fn run(flags: &Flags, args: Args) -> anyhow::Result<()> {
    let mut config = Settings::load(flags, &[])?.config;
    config.database.node = NODE;
    let app = App::open(config, Clock::System).await.map_err(unusable)?;
    let done = command(&app, args.command).await;
    app.close().await;
    done
}

async fn command(app: &App, command: Command) -> anyhow::Result<()> {
    match command {
        Command::Accept { order, file } => {
            let voucher = read(&file)?;
            let row = voucher::accept(app, &order, &voucher).await;
            let row = row.map_err(|error| Trouble::new(format!("The voucher was not accepted: {error}.")))?;
            out::print(&format!(
                "Voucher {} is accepted; the bill is paid when it is redeemed.\n",
                row.proof_id
            ))
        }
        Command::Redeem => {
            let mut ended = 0;
            for _ in 0..BATCHES_MAX {
                let batch = voucher::turn(app).await;
                let batch = batch.map_err(|error| Trouble::new(format!("Nothing was redeemed: {error}.")))?;
                ended += batch;
                if batch == 0 {
                    break;
                }
            }
            out::print(&format!("{ended} vouchers have ended.\n"))
        }
        Command::List => list(app).await,
    }
}

fn read(path: &PathBuf) -> anyhow::Result<Voucher> {
    let wrong = |why: String| Trouble::new(format!("{} is no voucher: {why}.", path.display()));
    let mut text = String::new();
    let file = File::open(path).map_err(|error| wrong(error.to_string()))?;
    file.take(BYTES_MAX).read_to_string(&mut text).map_err(|error| wrong(error.to_string()))?;
    let signed: Signed = serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
    Ok(Voucher {
        amount: Amount::exact(signed.amount, signed.currency).map_err(|error| wrong(error.to_string()))?,
        operator: signed.operator,
        proof_id: signed.proof_id,
        device: signed.device,
        counter: signed.counter,
        taken_at: signed.taken_at,
        proof: STANDARD.decode(&signed.proof).map_err(|error| wrong(format!("proof: {error}")))?,
    })
}

async fn list(app: &App) -> anyhow::Result<()> {
    let rows = vouchers::list(&mut app.db.read().await?, None, PAGE).await?;
    if rows.is_empty() {
        return out::print("No voucher was accepted yet.\n");
    }
    let rows: Vec<Vec<String>> = rows
        .into_iter()
        .map(|row| {
            let amount = row
                .currency
                .parse()
                .map_or_else(|_| String::new(), |code| Amount::new(row.amount_minor, code).to_string());
            let counter = row.counter.to_string();
            vec![
                row.proof_id,
                row.operator,
                row.device,
                counter,
                amount,
                row.state,
                shown(Some(row.created_at)),
                row.reason,
            ]
        })
        .collect();
    let head = ["PROOF", "OPERATOR", "DEVICE", "COUNTER", "AMOUNT", "STATE", "ACCEPTED", "WHY"];
    out::print(&out::table(&head, &rows))
}
