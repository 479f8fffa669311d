//! `csms desired`: what a station shall be like, has accepted, and says that it is like.

use super::{
    out,
    registry::{Registry, missing, shown},
    settings::Flags,
    trouble::Trouble,
};
use csms::{
    desired::{self, Kind, WishError, password},
    grid,
    link::auth::Vault,
    model::StationId,
    store::{
        desired::{DesiredRow, of_station},
        stations,
    },
};
use serde_json::{Value, json};
use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

/// More than any wish holds.
const FILE_BYTES_MAX: u64 = 1 << 20;
/// Who wishes, in rows.
const BY: &str = "command line";

/// `csms desired`
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  csms desired show HALL-7
  csms desired set HALL-7 OCPPCommCtrlr.HeartbeatInterval=60 ConnectionTimeOut=90
  csms desired availability HALL-7 1 inoperative
  csms desired certificate HALL-7 CSMSRootCertificate/operator-2026 root.pem
  csms desired profile HALL-7 TxDefaultProfile/1@2 night.json
  csms desired profile HALL-7 ChargingStationMaxProfile/0@station absent
  csms desired forget HALL-7 OCPPCommCtrlr.HeartbeatInterval
  csms desired try HALL-7
  csms desired password HALL-7

The server tells stations; it must use the same database. csms template wants the same of many stations.")]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Show what is wanted of a station, and how it stands
    Show {
        /// The station's identity
        station: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Want values of settings; each is told to the station until it has it, and again when it has left it
    Set {
        /// The station's identity
        station: String,
        /// KEY=VALUE: a variable (Component.Variable), or a key of 1.6
        #[arg(required = true)]
        settings: Vec<String>,
    },
    /// Want a station, an EVSE or a connector in service or out of it
    Availability {
        /// The station's identity
        station: String,
        /// station, an EVSE (1) or a connector (1:2)
        place: String,
        #[arg(value_parser = ["operative", "inoperative"])]
        value: String,
    },
    /// Want a root certificate installed, or not there
    Certificate {
        /// The station's identity
        station: String,
        /// USE/NAME: e.g. CSMSRootCertificate/operator-2026; the name is yours
        key: String,
        /// The certificate, PEM
        file: PathBuf,
        /// It shall not be there
        #[arg(long)]
        absent: bool,
    },
    /// Want a charging profile that lasts, or none
    Profile {
        /// The station's identity
        station: String,
        /// PURPOSE/LEVEL@PLACE: e.g. TxDefaultProfile/1@2 (EVSE 2), ChargingStationMaxProfile/0@station
        key: String,
        /// A file with the profile in JSON, as OCPP 2.x writes it; or absent
        profile: String,
    },
    /// Want something no longer; the station keeps what it has
    Forget {
        /// The station's identity
        station: String,
        /// Its key, as csms desired show prints it
        key: String,
        #[arg(long, default_value = "configuration", value_parser = ["configuration", "availability", "certificate", "profile"])]
        kind: String,
    },
    /// Try now what was refused, or waits
    Try {
        /// The station's identity
        station: String,
    },
    /// Give the station a new password that nobody sees; the old one counts until it has accepted the new one
    Password {
        /// The station's identity
        station: String,
    },
}

/// Runs it.
pub async fn run(flags: &Flags, args: Args) -> anyhow::Result<()> {
    let registry = Registry::open(flags).await?;
    let (db, now) = (&registry.db, registry.now());
    match args.command {
        Command::Show { station, json } => show(&registry, &station, json).await,
        Command::Set { station, settings } => {
            let wishes = settings.iter().map(|setting| {
                let (key, value) = setting.split_once('=').ok_or_else(|| {
                    Trouble::new(format!("{setting:?} cannot be wished.")).mend("write KEY=VALUE")
                })?;
                desired::wish(Kind::Configuration, key, value).map_err(unfit)
            });
            let wishes = wishes.collect::<anyhow::Result<Vec<_>>>()?;
            desired::set(db, &id(&station), wishes, BY, now).await.map_err(unfit)?;
            kept(&station)
        }
        Command::Availability { station, place, value } => {
            let wish = desired::wish(Kind::Availability, &place, &value).map_err(unfit)?;
            desired::set(db, &id(&station), vec![wish], BY, now).await.map_err(unfit)?;
            kept(&station)
        }
        Command::Certificate { station, key, file, absent } => {
            let pem = read(&file)?;
            let value = if absent { "absent" } else { "installed" };
            let wish = desired::certificate_wish(&key, value, &pem).map_err(unfit)?;
            desired::set(db, &id(&station), vec![wish], BY, now).await.map_err(unfit)?;
            kept(&station)
        }
        Command::Profile { station, key, profile } => {
            let value = match profile.as_str() {
                desired::ABSENT => profile,
                file => read(Path::new(file))?,
            };
            let wish = desired::wish(Kind::Profile, &key, &value).map_err(unfit)?;
            desired::set(db, &id(&station), vec![wish], BY, now).await.map_err(unfit)?;
            kept(&station)
        }
        Command::Forget { station, key, kind } => {
            let kind = Kind::of(&kind).unwrap_or(Kind::Configuration);
            let key = kind.key(&key).map_err(|why| unfit(WishError::Unfit(why)))?;
            if !desired::forget(db, &id(&station), kind, &key, now).await.map_err(unfit)? {
                return Err(Trouble::new(format!("Nobody wants {key} of station {station} alone."))
                    .mend(format!("csms desired show {station} lists what is wanted, and by which template"))
                    .into());
            }
            out::print("It is wanted no longer; the station keeps what it has.\n")
        }
        Command::Try { station } => {
            let many = desired::hurry(db, &id(&station), None, now).await?;
            if many == 0 {
                return Err(Trouble::new(format!("Nothing is wanted of station {station}.")).into());
            }
            out::print("The station is looked at within seconds, if it is connected.\n")
        }
        Command::Password { station } => {
            let vault = Vault::open(db, 1).await?;
            password::rotate(db, &vault, &id(&station), BY, now).await.map_err(unfit)?;
            out::print(
                "The station is told a new password as soon as it is connected. Until it has accepted it, the old one counts.\n",
            )
        }
    }
}

fn id(station: &str) -> StationId {
    StationId::from(station)
}

/// A file that says what is wanted; what is too long for a wish is found when it is kept.
fn read(file: &Path) -> Result<String, Trouble> {
    let cannot = |error: &dyn std::fmt::Display| {
        Trouble::new(format!("{} cannot be read.", file.display())).why(error)
    };
    let mut text = String::new();
    let opened = File::open(file).map_err(|error| cannot(&error))?;
    opened.take(FILE_BYTES_MAX).read_to_string(&mut text).map_err(|error| cannot(&error))?;
    Ok(text)
}

fn unfit(error: WishError) -> anyhow::Error {
    match error {
        WishError::Store(error) => error.into(),
        WishError::UnknownStation(station) => missing("station", &station).into(),
        other => Trouble::new("The wish was not kept.").why(other).into(),
    }
}

fn kept(station: &str) -> anyhow::Result<()> {
    out::print(&format!(
        "It is wanted of station {station}; csms desired show {station} tells how it stands.\n"
    ))
}

async fn show(registry: &Registry, station: &str, json: bool) -> anyhow::Result<()> {
    let mut tx = registry.read().await?;
    if stations::find(&mut tx, station).await?.is_none() {
        return Err(missing("station", station).into());
    }
    let rows = of_station(&mut tx, station).await?;
    let led = grid::fallbacks(&mut tx, station).await?;
    drop(tx);
    if json {
        return out::json(&rows.iter().map(as_json).chain(led.iter().map(led_json)).collect::<Vec<_>>());
    }
    if rows.is_empty() && led.is_empty() {
        return out::print("Nothing is wanted of it; csms desired set wants something.\n");
    }
    let lines: Vec<Vec<String>> = rows.into_iter().map(line).chain(led.into_iter().map(led_line)).collect();
    let head = ["KIND", "KEY", "WANTED", "ACCEPTED", "REPORTED", "STATE", "BY", "TRIES", "AGAIN", "TROUBLE"];
    out::print(&out::table(&head, &lines))
}

fn shown_value(row: &DesiredRow, value: Option<&str>) -> String {
    let secret = Kind::of(&row.kind).is_some_and(|kind| kind.is_secret(&row.key));
    match value {
        Some(_) if secret => "***".to_owned(),
        Some(value) => value.to_owned(),
        None => String::new(),
    }
}

/// In a table a profile is a line.
fn short(row: &DesiredRow, value: Option<&str>) -> String {
    match (Kind::of(&row.kind), value) {
        (Some(Kind::Profile), Some(value)) => desired::summary(&row.key, value),
        _ => shown_value(row, value),
    }
}

/// What load management keeps.
fn led_line(row: grid::Fallback) -> Vec<String> {
    let state = row.state(true).word().to_owned();
    vec![
        Kind::Profile.word().to_owned(),
        row.key,
        row.wanted.to_string(),
        row.acknowledged.map(|limit| limit.to_string()).unwrap_or_default(),
        row.words,
        state,
        format!("load management of {}", row.site),
        String::new(),
        String::new(),
        String::new(),
    ]
}

fn led_json(row: &grid::Fallback) -> Value {
    json!({
        "kind": Kind::Profile.word(), "key": row.key, "value": row.wanted.to_string(),
        "acknowledged": row.acknowledged.map(|limit| limit.to_string()), "reported": row.words,
        "state": row.state(true).word(), "load_management": row.site,
    })
}

fn line(row: DesiredRow) -> Vec<String> {
    // Another process knows whether it is connected.
    let state = desired::state(&row, true).word().to_owned();
    vec![
        row.kind.clone(),
        row.key.clone(),
        short(&row, Some(&row.value)),
        short(&row, row.acknowledged.as_deref()),
        short(&row, row.reported.as_deref()),
        state,
        row.wanted_by,
        row.tries.to_string(),
        shown(row.due_at),
        row.trouble,
    ]
}

fn as_json(row: &DesiredRow) -> Value {
    json!({
        "kind": row.kind, "key": row.key, "value": shown_value(row, Some(&row.value)),
        "acknowledged": row.acknowledged.as_deref().map(|value| shown_value(row, Some(value))),
        "reported": row.reported.as_deref().map(|value| shown_value(row, Some(value))),
        "state": desired::state(row, true).word(), "template": row.template, "wanted_by": row.wanted_by,
        "wanted_at": row.wanted_at, "tries": row.tries, "next_at": row.due_at, "trouble": row.trouble,
        "drifts": row.drifts,
    })
}
