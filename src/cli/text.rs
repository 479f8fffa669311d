//! `csms text`: texts for displays by state and language.

use super::{
    out,
    registry::{Registry, missing},
    settings::Flags,
    site,
    trouble::Trouble,
};
use csms::{
    store::{
        events, stations,
        texts::{self, TextRow},
    },
    texts::{Place, check, fill, kept, removed},
};
use serde_json::json;

/// As events tell it.
const BY: &str = "command line";

/// `csms text`
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  csms text set welcome-en --state idle --language en \"Welcome to {site}. {price}. Help: {phone}\"
  csms text set welcome-zh --state idle --language zh \"欢迎来到{site}。{price}\"
  csms text set broken --state faulted --language en --priority InFront \"Out of order. Call {phone}\" --site Harbour

A text stands on the displays of 2.x stations while they are in its state. {price}, {site}, {phone} (the setting
displays.phone) and {station} stand for what holds there. A running server tells stations within half a minute.")]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Keep a text, in the place of the one with its name
    Set(Set),
    /// List texts
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Remove a text; it is taken away from displays
    Remove {
        /// Its name
        name: String,
    },
}

#[derive(Debug, clap::Args)]
struct Set {
    /// 1 to 40 of a-z, 0-9 and -
    name: String,
    /// What is shown
    body: String,
    /// idle, charging, faulted or unavailable
    #[arg(long)]
    state: String,
    /// E.g. en, zh or de-AT
    #[arg(long)]
    language: String,
    /// NormalCycle, InFront or AlwaysFront
    #[arg(long, default_value = "NormalCycle")]
    priority: String,
    /// Only at this station
    #[arg(long)]
    station: Option<String>,
    /// Only at this site (its number or name)
    #[arg(long)]
    site: Option<String>,
}

/// Runs it.
pub async fn run(flags: &Flags, args: Args) -> anyhow::Result<()> {
    let registry = Registry::open(flags).await?;
    match args.command {
        Command::Set(wish) => set(&registry, wish).await,
        Command::List { json } => list(&registry, json).await,
        Command::Remove { name } => {
            let mut tx = registry.write().await?;
            if !texts::remove(&mut tx, &name).await? {
                return Err(missing("text", &name).into());
            }
            events::add(&mut tx, &removed(&registry.ids, registry.now(), BY)).await?;
            tx.commit().await?;
            out::print(&format!("The text {name} is removed.\n"))
        }
    }
}

async fn set(registry: &Registry, wish: Set) -> anyhow::Result<()> {
    let mut tx = registry.write().await?;
    let site_id = match &wish.site {
        Some(name) => Some(site::find(&mut tx, name).await?.id),
        None => None,
    };
    if let Some(station) = &wish.station {
        stations::find(&mut tx, station).await?.ok_or_else(|| missing("station", station))?;
    }
    let row = TextRow {
        name: wish.name,
        number: 0,
        state: wish.state,
        language: wish.language,
        body: wish.body,
        priority: wish.priority,
        station_id: wish.station,
        site_id,
        changed_at: registry.now(),
    };
    check(&row).map_err(|fault| Trouble::new(format!("{} cannot be used: {}.", fault.field, fault.why)))?;
    if !texts::put(&mut tx, &row).await? {
        let most = texts::TEXTS_MAX;
        return Err(Trouble::new(format!("There are {most} texts already."))
            .mend("remove one that is not used any more (csms text remove)")
            .into());
    }
    events::add(&mut tx, &kept(&registry.ids, registry.now(), &row, BY)).await?;
    tx.commit().await?;
    let sample =
        Place { price: "0.49 EUR/kWh".into(), site: "Harbour", phone: "+49 40 123", station: "HALL-7" };
    out::print(&format!("Kept. It will look like this:\n  {}\n", fill(&row.body, &sample)))
}

async fn list(registry: &Registry, json: bool) -> anyhow::Result<()> {
    let found = texts::list(&mut registry.read().await?).await?;
    if json {
        let one = |row: &TextRow| {
            json!({"name": row.name, "number": row.number, "state": row.state, "language": row.language,
                "body": row.body, "priority": row.priority, "station": row.station_id, "site": row.site_id})
        };
        return out::json(&found.iter().map(one).collect::<Vec<_>>());
    }
    if found.is_empty() {
        return out::print("There is no text yet: csms text set NAME …\n");
    }
    let rows: Vec<Vec<String>> = found
        .into_iter()
        .map(|row| {
            let place = row.station_id.or(row.site_id.map(|site| format!("site {site}"))).unwrap_or_default();
            vec![row.name, row.state, row.language, row.priority, place, row.body]
        })
        .collect();
    out::print(&out::table(&["NAME", "STATE", "LANGUAGE", "PRIORITY", "WHERE", "TEXT"], &rows))
}
