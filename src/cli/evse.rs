//! `csms evse`: what is decided about single EVSEs of a station.

use super::{
    out,
    registry::{Registry, missing},
    settings::Flags,
};
use csms::store::stations::{self, EvseRow};

/// `csms evse`
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  csms evse set HALL-7 1 --kind dc --max-power 150    prices for DC hold there
  csms evse list HALL-7")]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Say what an EVSE delivers; what is not named stays
    Set {
        /// The station's identity
        station: String,
        /// The EVSE's number, from 1 (OCPP 1.6: the connector's)
        #[arg(value_parser = clap::value_parser!(i64).range(1..=10_000))]
        evse: i64,
        /// Alternating or direct current
        #[arg(long, value_enum)]
        kind: Option<Kind>,
        /// The most it delivers, in kW
        #[arg(long, value_name = "KW", value_parser = clap::value_parser!(u32).range(1..=10_000))]
        max_power: Option<u32>,
    },
    /// List what is known of a station's EVSEs
    List {
        /// The station's identity
        station: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Kind {
    /// Alternating current
    Ac,
    /// Direct current
    Dc,
    /// Not known
    Unknown,
}

/// Runs it.
pub async fn run(flags: &Flags, args: Args) -> anyhow::Result<()> {
    let registry = Registry::open(flags).await?;
    match args.command {
        Command::Set { station, evse, kind, max_power } => {
            set(&registry, station, evse, kind, max_power).await
        }
        Command::List { station, json } => list(&registry, &station, json).await,
    }
}

async fn set(
    registry: &Registry,
    station: String,
    evse: i64,
    kind: Option<Kind>,
    max_power: Option<u32>,
) -> anyhow::Result<()> {
    let mut tx = registry.write().await?;
    stations::find(&mut tx, &station).await?.ok_or_else(|| missing("station", &station))?;
    let known = stations::evses(&mut tx, &station).await?.into_iter().find(|row| row.evse == evse);
    let new = || EvseRow { station_id: station.clone(), evse, max_power_w: None, kind: String::new() };
    let mut row = known.unwrap_or_else(new);
    if let Some(kind) = kind {
        row.kind = match kind {
            Kind::Ac => "ac",
            Kind::Dc => "dc",
            Kind::Unknown => "",
        }
        .to_owned();
    }
    row.max_power_w = max_power.map(|kw| i64::from(kw) * 1_000).or(row.max_power_w);
    stations::set_evse(&mut tx, &row).await?;
    tx.commit().await?;
    let told = [row.kind.to_uppercase(), power(&row)].into_iter().filter(|word| !word.is_empty());
    let told = told.collect::<Vec<_>>().join(", ");
    let told = if told.is_empty() { "nothing is known of it".to_owned() } else { told };
    out::print(&format!(
        "EVSE {evse} of {station}: {told}. Sessions that start there have prices for it within 10 seconds.\n"
    ))
}

async fn list(registry: &Registry, station: &str, json: bool) -> anyhow::Result<()> {
    let mut tx = registry.read().await?;
    stations::find(&mut tx, station).await?.ok_or_else(|| missing("station", station))?;
    let evses = stations::evses(&mut tx, station).await?;
    if json {
        let rows = evses.iter().map(
            |row| serde_json::json!({ "evse": row.evse, "kind": row.kind, "max_power_w": row.max_power_w }),
        );
        return out::json(&rows.collect::<Vec<_>>());
    }
    if evses.is_empty() {
        return out::print(&format!("Nothing is known of them yet: csms evse set {station} 1 --kind ac\n"));
    }
    let rows: Vec<Vec<String>> =
        evses.iter().map(|row| vec![row.evse.to_string(), row.kind.to_uppercase(), power(row)]).collect();
    out::print(&out::table(&["EVSE", "KIND", "MOST"], &rows))
}

fn power(row: &EvseRow) -> String {
    row.max_power_w.map(|watts| format!("{} kW", watts / 1_000)).unwrap_or_default()
}
