//! `csms export` and `csms import`: rows as CSV or JSON.

use super::{
    out,
    registry::{Registry, since},
    settings::Flags,
    trouble::Trouble,
};
use anyhow::Context;
use chrono::{DateTime, Utc};
use csms::{
    event::Wish,
    sheet::{Export, Format, Hand, ImportError, Options, Outgoing, Sheet, Wanted, import},
    store::{pay::orders, sessions, stations, tokens},
};
use std::{
    fs::File,
    io::{Read, Write},
    path::PathBuf,
};

/// What can be exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum What {
    Stations,
    Tokens,
    Tariffs,
    Sessions,
    Sites,
    Evses,
    Assignments,
    Discounts,
    Orders,
    Receipts,
    Events,
}

/// `csms export`
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  csms export tokens > tokens.csv
  csms export sessions --from 2027-01-01 --to 2027-02-01 --output january.csv
  csms export stations --format json | jq -r '.[].id'

A text that a spreadsheet would take for a formula has an apostrophe before it; import takes it away. Passwords of
stations and key codes are secrets and left out.")]
pub struct ExportArgs {
    /// Which rows
    what: What,
    /// csv or json
    #[arg(long, default_value = "csv", value_parser = ["csv", "json"])]
    format: String,
    /// Only those with this text (stations, tokens, sites, orders)
    #[arg(long, default_value = "")]
    text: String,
    /// Only sessions, EVSEs, orders or events of this station
    #[arg(long)]
    station: Option<String>,
    /// Only sessions that started (orders that were made) at or after this, e.g. 2027-01-01
    #[arg(long, value_parser = since)]
    from: Option<DateTime<Utc>>,
    /// Only sessions that started (orders that were made) before this
    #[arg(long, value_parser = since)]
    to: Option<DateTime<Utc>>,
    /// Also assignments and discounts that have ended
    #[arg(long)]
    past: bool,
    /// Only events of these kinds and areas, e.g. session,station.booted
    #[arg(long, default_value = "")]
    kind: String,
    /// Into this file [default: standard output]
    #[arg(long)]
    output: Option<PathBuf>,
}

/// `csms import`
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  csms import tokens cards.csv --dry-run       what would be, and what is wrong in which line
  csms import tokens cards.csv
  csms import stations stations.json

Rows that are not there are made, others changed, none removed; the same file brought again changes nothing. If a row
is wrong nothing is kept, unless --partial is given. The first line of CSV names the columns, as csms export writes
them. Stations get their passwords by csms station secret.")]
pub struct ImportArgs {
    /// Which rows: stations, tokens or tariffs
    #[arg(value_parser = ["stations", "tokens", "tariffs"])]
    what: String,
    /// The file, .csv or .json; - = standard input
    file: PathBuf,
    /// csv or json [default: as the file's name ends]
    #[arg(long, value_parser = ["csv", "json"])]
    format: Option<String>,
    /// Only say what would be
    #[arg(long)]
    dry_run: bool,
    /// Keep the good rows where others are wrong
    #[arg(long)]
    partial: bool,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
}

fn format(word: &str) -> Format {
    if word == "json" { Format::Json } else { Format::Csv }
}

/// Runs `csms export`.
pub async fn export(flags: &Flags, args: ExportArgs) -> anyhow::Result<()> {
    let registry = Registry::open(flags).await?;
    let wanted = match args.what {
        What::Stations => {
            Wanted::Stations(stations::Filter { text: args.text, ..stations::Filter::default() })
        }
        What::Tokens => Wanted::Tokens(tokens::Filter { text: args.text, ..tokens::Filter::default() }),
        What::Tariffs => Wanted::Tariffs,
        What::Sessions => Wanted::Sessions(sessions::Filter {
            station: args.station,
            from: args.from,
            to: args.to,
            ..sessions::Filter::default()
        }),
        What::Sites => Wanted::Out(Outgoing::Sites(args.text)),
        What::Evses => Wanted::Out(Outgoing::Evses(args.station)),
        What::Assignments => Wanted::Out(Outgoing::Assignments { tariff: None, past: args.past }),
        What::Discounts => Wanted::Out(Outgoing::Discounts { past: args.past }),
        What::Orders => Wanted::Out(Outgoing::Orders(orders::Filter {
            text: args.text,
            station: args.station,
            from: args.from,
            to: args.to,
            ..orders::Filter::default()
        })),
        What::Receipts => Wanted::Out(Outgoing::Receipts(None)),
        What::Events => {
            let wish = Wish::new(&args.kind, args.station, true);
            let wrong = |fault| Trouble::new("These events cannot be exported.").why(fault);
            Wanted::Out(Outgoing::Events(wish.map_err(wrong)?))
        }
    };
    let mut file = match &args.output {
        Some(path) => {
            Some(File::create(path).with_context(|| format!("{} cannot be written", path.display()))?)
        }
        None => None,
    };
    let mut export = Export::new(wanted, format(&args.format), registry.now());
    while let Some(piece) = export.next(&registry.db).await? {
        match &mut file {
            Some(file) => file.write_all(&piece)?,
            None => out::print(&String::from_utf8_lossy(&piece))?,
        }
    }
    Ok(())
}

/// Runs `csms import`.
pub async fn bring(flags: &Flags, args: ImportArgs) -> anyhow::Result<()> {
    let registry = Registry::open(flags).await?;
    let sheet = match args.what.as_str() {
        "stations" => Sheet::Stations,
        "tokens" => Sheet::Tokens,
        _ => Sheet::Tariffs,
    };
    let name = args.file.display().to_string();
    let refused = || Trouble::new(format!("The {} in {name} cannot be imported.", args.what));
    let ending = args.file.extension().map(|ending| ending.to_string_lossy().to_ascii_lowercase());
    let format = format(args.format.or(ending).as_deref().unwrap_or("csv"));
    let most = u64::from(registry.config.api.import_mib_max) * 1024 * 1024;
    let mut bytes = Vec::new();
    let read = if name == "-" {
        std::io::stdin().lock().take(most + 1).read_to_end(&mut bytes)
    } else {
        File::open(&args.file).and_then(|file| file.take(most + 1).read_to_end(&mut bytes))
    };
    read.map_err(|error| refused().why(error))?;
    if bytes.len() as u64 > most {
        return Err(refused().why(format!("it is larger than {most} bytes (api.import_mib_max)")).into());
    }
    let hand = Hand { db: &registry.db, ids: &registry.ids, now: registry.now(), by: "command line" };
    let options = Options { dry_run: args.dry_run, partial: args.partial };
    let report = import(hand, sheet, format, &bytes, options).await.map_err(|error| match error {
        ImportError::Unreadable(why) => anyhow::Error::from(refused().why(why)),
        ImportError::Store(error) => error.into(),
    })?;
    if args.json {
        out::json(&report)?;
    } else {
        let would = if report.kept { "" } else { " would be" };
        out::print(&format!(
            "{} rows:{would} {} new, {} changed, {} as they were; {} wrong.\n",
            report.rows, report.created, report.changed, report.unchanged, report.wrong
        ))?;
    }
    if report.misfit || (report.wrong > 0 && !args.partial) {
        let faults = report.faults.iter().map(|fault| match fault.column.as_str() {
            "" => format!("line {}: {}", fault.line, fault.why),
            column => format!("line {}, {column}: {}", fault.line, fault.why),
        });
        let trouble = faults.fold(refused(), |trouble, fault| trouble.why(fault));
        return Err(trouble.mend("nothing was kept; mend these rows, or give --partial").into());
    }
    Ok(())
}
