//! `csms station`: the charging stations that may connect.

use super::{
    out,
    registry::{PAGE, Registry, confirm, missing, password_from_stdin, shown, taken},
    settings::Flags,
    tariff,
    trouble::Trouble,
};
use csms::{
    inventory,
    link::{auth::Vault, handshake::path},
    store::{
        Tx,
        row::StationRow,
        sites,
        stations::{self, Forgotten},
    },
};
use serde_json::json;

/// `csms station`
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  csms station add HALL-7 --name 'Hall, bay 7'       register it; prints its password, once
  csms station add YARD-1 --no-password              for a charger that cannot send one
  csms station set HALL-7 --validation strict        for a charger that is being tested
  csms station list --json | jq -r '.[].id'
  csms station secret HALL-7                         a new password; the old one is void at once
  echo -n 'chosen by hand' | csms station secret HALL-7 --stdin")]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Register a station and print its password, once
    Add(Add),
    /// List stations
    List {
        /// Only those with this text in identity, name, vendor, model or serial number
        text: Option<String>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Show one station with its connectors
    Show {
        /// The station's identity
        id: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// What two stations have reported of themselves, and not alike
    Diff {
        /// A station's identity
        id: String,
        /// Another one's
        with: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Change what a station is and may; what is not named stays
    Set(Set),
    /// Forget a station; its sessions and bills stay
    Remove {
        /// The station's identity
        id: String,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
    /// Give a station a new password and print it, once
    Secret {
        /// The station's identity
        id: String,
        #[command(flatten)]
        password: Password,
    },
}

#[derive(Debug, clap::Args)]
struct Add {
    /// The station's identity: the last part of the URL it connects to, at most 48 characters
    id: String,
    /// A name for people
    #[arg(long, default_value = "")]
    name: String,
    /// The number or the name of the site where it stands (csms site list)
    #[arg(long)]
    site: Option<String>,
    /// Its tariff, if not the site's or the default (csms tariff list)
    #[arg(long)]
    tariff: Option<String>,
    /// Protocols it may speak, e.g. ocpp1.6,ocpp2.0.1 [default: all]
    #[arg(long, value_delimiter = ',', value_parser = ["ocpp1.6", "ocpp2.0.1", "ocpp2.1"])]
    protocols: Vec<String>,
    /// Answer every violation of the protocol with an error, instead of repairing harmless ones
    #[arg(long)]
    strict: bool,
    #[command(flatten)]
    password: Password,
}

#[derive(Debug, clap::Args)]
struct Set {
    /// The station's identity
    id: String,
    /// A name for people
    #[arg(long)]
    name: Option<String>,
    /// The number or the name of the site where it stands; '' = none
    #[arg(long)]
    site: Option<String>,
    /// Its tariff, if not the site's or the default; '' = none of its own
    #[arg(long)]
    tariff: Option<String>,
    /// Protocols it may speak, e.g. ocpp1.6,ocpp2.0.1, or all
    #[arg(long, value_delimiter = ',', value_parser = ["ocpp1.6", "ocpp2.0.1", "ocpp2.1", "all"])]
    protocols: Option<Vec<String>>,
    /// strict answers every violation of the protocol with an error; lenient repairs harmless ones
    #[arg(long, value_parser = ["strict", "lenient"])]
    validation: Option<String>,
    /// How its next BootNotification is answered
    #[arg(long, value_parser = ["accepted", "pending", "rejected"])]
    registration: Option<String>,
}

#[derive(Debug, clap::Args)]
#[group(multiple = false)]
struct Password {
    /// No password: anyone who knows the identity can connect as it
    #[arg(long)]
    no_password: bool,
    /// Take a password chosen by hand from standard input
    #[arg(long)]
    stdin: bool,
}

/// Runs it.
pub async fn run(flags: &Flags, args: Args) -> anyhow::Result<()> {
    let registry = Registry::open(flags).await?;
    match args.command {
        Command::Add(add) => register(&registry, add).await,
        Command::List { text, json } => list(&registry, text.unwrap_or_default(), json).await,
        Command::Show { id, json } => show(&registry, &id, json).await,
        Command::Diff { id, with, json } => diff(&registry, &id, &with, json).await,
        Command::Set(set) => change(&registry, set).await,
        Command::Remove { id, yes } => remove(&registry, &id, yes).await,
        Command::Secret { id, password } => secret(&registry, &id, &password).await,
    }
}

async fn diff(registry: &Registry, id: &str, with: &str, json: bool) -> anyhow::Result<()> {
    let mut tx = registry.read().await?;
    for id in [id, with] {
        stations::find(&mut tx, id).await?.ok_or_else(|| missing("station", id))?;
    }
    let here = inventory::of(&mut tx, id).await?;
    let there = inventory::of(&mut tx, with).await?;
    let found = inventory::differences(&here.rows, &there.rows);
    if json {
        let line = |one: &inventory::Difference| {
            json!({"place": one.key.place(), "variable": one.key.variable(),
                   id: one.here.clone().flatten(), with: one.there.clone().flatten()})
        };
        return out::json(&found.iter().map(line).collect::<Vec<_>>());
    }
    if found.is_empty() {
        return out::print(&match here.rows.is_empty() {
            true => format!("Neither has reported anything yet: ask {id} for its inventory first.\n"),
            false => "Both have reported the same.\n".to_owned(),
        });
    }
    let cell = |value: &Option<inventory::Value>| match value {
        None => "(not reported)".to_owned(),
        Some(None) => "(it does not say)".to_owned(),
        Some(Some(text)) => text.clone(),
    };
    let rows: Vec<Vec<String>> = found
        .iter()
        .map(|one| vec![one.key.place(), one.key.variable(), cell(&one.here), cell(&one.there)])
        .collect();
    out::print(&out::table(&["COMPONENT", "VARIABLE", id, with], &rows))
}

async fn register(registry: &Registry, add: Add) -> anyhow::Result<()> {
    if path::identity(&format!("/{}", encoded(&add.id)), "").as_deref() != Ok(add.id.as_str()) {
        return Err(Trouble::new(format!("{:?} is no identity of a station.", add.id))
            .why("it has 1 to 48 characters, no slashes and no control characters")
            .into());
    }
    let password = Secret::make(registry, &add.password).await?;
    let mut tx = registry.write().await?;
    let site_id = site_id(&mut tx, add.site.as_deref()).await?;
    let station = StationRow {
        id: add.id.clone(),
        name: add.name,
        site_id,
        protocols: add.protocols.join(","),
        validation: if add.strict { "strict" } else { "lenient" }.into(),
        registration: "accepted".into(),
        secret: password.kept,
        created_at: registry.now(),
        ..StationRow::default()
    };
    stations::create(&mut tx, &station).await.map_err(|error| taken(error, "station", &add.id))?;
    registry.tell_of(&mut tx, &add.id, "station.created").await?;
    if let Some(tariff) = &add.tariff {
        tariff::put_at(&tariff::hand(registry), &mut tx, (None, Some(add.id.clone())), Some(tariff), true)
            .await?;
    }
    tx.commit().await?;
    let config = &registry.config.ocpp;
    let url = format!("ws://SERVER:{}{}/{}", config.listen.port(), config.path_prefix, encoded(&add.id));
    out::print(&format!("Station {} may connect to {url}\n{}", add.id, password.told))
}

async fn site_id(tx: &mut Tx, site: Option<&str>) -> anyhow::Result<Option<i64>> {
    match site {
        Some(site) => Ok(Some(super::site::find(tx, site).await?.id)),
        None => Ok(None),
    }
}

async fn change(registry: &Registry, set: Set) -> anyhow::Result<()> {
    let mut tx = registry.write().await?;
    let station = stations::find(&mut tx, &set.id).await?.ok_or_else(|| missing("station", &set.id))?;
    // An empty text takes away; nothing said leaves as it is.
    let wanted =
        |text: &Option<String>| text.as_ref().map(|text| Some(text.clone()).filter(|t| !t.is_empty()));
    if let Some(tariff) = wanted(&set.tariff) {
        tariff::put_at(
            &tariff::hand(registry),
            &mut tx,
            (None, Some(set.id.clone())),
            tariff.as_deref(),
            false,
        )
        .await?;
    }
    let settings = stations::Settings {
        name: set.name.unwrap_or(station.name),
        site_id: match wanted(&set.site) {
            Some(site) => site_id(&mut tx, site.as_deref()).await?,
            None => station.site_id,
        },
        protocols: match set.protocols {
            Some(list) if list.iter().any(|name| name == "all") => String::new(),
            Some(list) => list.join(","),
            None => station.protocols,
        },
        validation: set.validation.unwrap_or(station.validation),
        registration: set.registration.unwrap_or(station.registration),
    };
    stations::update(&mut tx, &set.id, &settings).await?;
    registry.tell_of(&mut tx, &set.id, "station.changed").await?;
    tx.commit().await?;
    out::print(&format!(
        "Station {} is changed. A running server sees a tariff within seconds, site and registration within a minute, at the latest \
         when its session has ended; protocols and validation count from its next connection.\n",
        set.id
    ))
}

/// A secret in its kept form, and what a person is told about it.
struct Secret {
    kept: String,
    told: String,
}

impl Secret {
    async fn make(registry: &Registry, wish: &Password) -> anyhow::Result<Secret> {
        if wish.no_password {
            let told = "It needs no password: anyone who knows its identity can connect as it.\n".into();
            return Ok(Secret { kept: String::new(), told });
        }
        if wish.stdin {
            let kept = Vault::seal_chosen(&password_from_stdin(1)?)?;
            return Ok(Secret { kept, told: "with the password that you gave.\n".into() });
        }
        let generated = Vault::generate()?;
        let kept = Vault::open(&registry.db, 1).await?.seal_generated(&generated)?;
        Ok(Secret {
            kept,
            told: format!(
                "with the password {generated}\n(shown only now; csms station secret makes another)\n"
            ),
        })
    }
}

async fn list(registry: &Registry, text: String, json: bool) -> anyhow::Result<()> {
    let filter = stations::Filter { text, ..stations::Filter::default() };
    let mut found: Vec<StationRow> = Vec::new();
    let mut tx = registry.read().await?;
    loop {
        let after = found.last().map(|station| station.id.clone());
        let page = stations::list(&mut tx, &filter, after.as_deref(), PAGE).await?;
        let last = (page.len() as i64) < PAGE;
        found.extend(page);
        if last {
            break;
        }
    }
    if json {
        let mut all = Vec::with_capacity(found.len());
        for station in &found {
            let own = tariff::at_place(&mut tx, None, Some(&station.id), registry.now()).await?;
            all.push(as_json(station, own.as_deref()));
        }
        return out::json(&all);
    }
    let rows: Vec<Vec<String>> = found
        .into_iter()
        .map(|station| {
            let kind = format!("{} {}", station.vendor, station.model);
            vec![
                station.id,
                station.name,
                kind.trim().to_owned(),
                station.protocol,
                shown(station.seen_at),
                station.status,
            ]
        })
        .collect();
    if rows.is_empty() {
        return out::print("No station is registered: csms station add IDENTITY\n");
    }
    out::print(&out::table(&["STATION", "NAME", "KIND", "PROTOCOL", "SEEN (UTC)", "STATUS"], &rows))
}

async fn show(registry: &Registry, id: &str, json: bool) -> anyhow::Result<()> {
    let mut tx = registry.read().await?;
    let station = stations::find(&mut tx, id).await?.ok_or_else(|| missing("station", id))?;
    let site = match station.site_id {
        Some(site) => sites::find(&mut tx, site).await?,
        None => None,
    };
    let connectors = stations::connectors(&mut tx, id).await?;
    let own = tariff::at_place(&mut tx, None, Some(id), registry.now()).await?;
    if json {
        let mut value = as_json(&station, own.as_deref());
        value["site"] = json!(site.map(|site| site.name));
        value["connectors"] = connectors
            .iter()
            .map(|c| json!({ "evse": c.evse, "connector": c.connector, "status": c.status, "error_code": c.error_code }))
            .collect();
        return out::json(&value);
    }
    let secret = if station.secret.is_empty() { "none" } else { "set" };
    let fields = [
        ("Station", station.id.clone()),
        ("Name", station.name.clone()),
        ("Site", site.map(|site| site.name).unwrap_or_default()),
        ("Tariff", own.unwrap_or_default()),
        ("Kind", format!("{} {}", station.vendor, station.model).trim().to_owned()),
        ("Serial", station.serial.clone()),
        ("Firmware", station.firmware.clone()),
        ("Protocol", station.protocol.clone()),
        ("Allowed", station.protocols.clone()),
        ("Validation", station.validation.clone()),
        ("Registration", station.registration.clone()),
        ("Password", secret.to_owned()),
        ("Address", station.address.clone()),
        ("Booted", shown(station.booted_at)),
        ("Seen", shown(station.seen_at)),
        ("Quarantine", shown(station.quarantined_until)),
        ("Why", station.quarantine_reason.clone()),
    ];
    let rows: Vec<Vec<String>> = fields
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| vec![name.to_owned(), value])
        .collect();
    let mut text = out::table(&["", ""], &rows).trim_start().to_owned();
    if !connectors.is_empty() {
        let rows: Vec<Vec<String>> = connectors
            .into_iter()
            .map(|c| {
                vec![
                    c.evse.to_string(),
                    c.connector.to_string(),
                    c.status,
                    c.error_code,
                    shown(Some(c.status_at)),
                ]
            })
            .collect();
        text += &format!("\n{}", out::table(&["EVSE", "CONNECTOR", "STATUS", "ERROR", "SINCE (UTC)"], &rows));
    }
    out::print(&text)
}

async fn remove(registry: &Registry, id: &str, yes: bool) -> anyhow::Result<()> {
    let mut tx = registry.read().await?;
    stations::find(&mut tx, id).await?.ok_or_else(|| missing("station", id))?;
    drop(tx);
    if !confirm(yes, &format!("Forget station {id}? Its sessions and bills stay."))? {
        return out::print("Nothing was changed.\n");
    }
    let mut tx = registry.write().await?;
    match stations::delete(&mut tx, id).await? {
        Forgotten::Yes => {}
        Forgotten::Unknown => return Err(missing("station", id).into()),
        Forgotten::InUse => anyhow::bail!(
            "a session runs at station {id}, or an order is at work there: end them first (the console's page of the \
             session has \"end by hand\"), then forget it"
        ),
    }
    registry.tell_of(&mut tx, id, "station.removed").await?;
    tx.commit().await?;
    out::print(&format!("Station {id} is forgotten; it cannot connect any more.\n"))
}

async fn secret(registry: &Registry, id: &str, wish: &Password) -> anyhow::Result<()> {
    let secret = Secret::make(registry, wish).await?;
    let mut tx = registry.write().await?;
    if !stations::set_secret(&mut tx, id, &secret.kept).await? {
        return Err(missing("station", id).into());
    }
    registry.tell_of(&mut tx, id, "station.password").await?;
    tx.commit().await?;
    out::print(&format!("Station {id} connects from now on\n{}", secret.told))
}

/// Everything but the secret; `tariff` is the one that the station has of its own.
fn as_json(station: &StationRow, tariff: Option<&str>) -> serde_json::Value {
    json!({
        "id": station.id,
        "name": station.name,
        "site_id": station.site_id,
        "tariff": tariff,
        "vendor": station.vendor,
        "model": station.model,
        "serial": station.serial,
        "firmware": station.firmware,
        "protocol": station.protocol,
        "protocols": station.protocols,
        "validation": station.validation,
        "registration": station.registration,
        "has_password": !station.secret.is_empty(),
        "status": station.status,
        "address": station.address,
        "booted_at": station.booted_at,
        "seen_at": station.seen_at,
        "quarantined_until": station.quarantined_until,
    })
}

/// An identity as a part of a URL.
fn encoded(id: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~*=:+|@".contains(&byte);
    id.bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn identities_are_encoded_for_urls() {
        assert_eq!(super::encoded("HALL-7"), "HALL-7");
        assert_eq!(super::encoded("Säule 1"), "S%C3%A4ule%201");
    }
}
