//! One row of each sheet: checked as the API checks it, and kept where it says something new.

use super::{Did, Hand, Sheet, StationRecord, TariffRecord, TokenRecord, Wrong};
use crate::{
    event::{
        self,
        list::{TokenChanged, TokenCreated},
    },
    model::Presented,
    store::{
        Tx, events,
        hold::{Row, hold},
        row::{EventRow, StationRow, TokenRow},
        sites,
        stations::{self, Settings},
        tariffs::Change,
        tokens,
        versions::{self, Published, Refusal},
    },
};
use serde_json::{Map, Value};

const NAME_MAX: usize = 100;
const TEXT_MAX: usize = 200;
const NOTE_MAX: usize = 500;
/// Kinds of identifiers that can be brought.
const KINDS: [&str; 8] = ["ISO14443", "ISO15693", "eMAID", "KeyCode", "Local", "MacAddress", "EVCCID", "VIN"];
const PROTOCOLS: [&str; 3] = ["ocpp1.6", "ocpp2.0.1", "ocpp2.1"];

fn wrong<T>(column: &str, why: impl Into<String>) -> Result<T, Wrong> {
    Err(Wrong::Row(column.to_owned(), why.into()))
}

/// A text for people.
fn text(column: &str, value: &str, most: usize) -> Result<String, Wrong> {
    let value = value.trim();
    if value.chars().count() > most {
        return wrong(column, format!("at most {most} characters"));
    }
    if value.chars().any(char::is_control) {
        return wrong(column, "no control characters");
    }
    Ok(value.to_owned())
}

/// One of these words; the first if nothing is said.
fn word(column: &str, value: &str, words: &[&str]) -> Result<String, Wrong> {
    match value.trim() {
        "" => Ok(words.first().copied().unwrap_or_default().to_owned()),
        value if words.contains(&value) => Ok(value.to_owned()),
        value => wrong(column, format!("{value:?} is none of {}", words.join(", "))),
    }
}

/// Identities fit a URL and the standard.
fn is_identity(id: &str) -> bool {
    (1..=48).contains(&id.len())
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:=+|@*".contains(&byte))
}

/// The fields of the row that is there already, which nobody else changes from here on; none where there is no such row.
pub(super) async fn known(
    tx: &mut Tx,
    sheet: Sheet,
    fields: &Map<String, Value>,
) -> Result<Map<String, Value>, Wrong> {
    let said = |name: &str| fields.get(name).and_then(Value::as_str).unwrap_or_default().trim();
    let record = match sheet {
        Sheet::Stations => match held_station(tx, said("id")).await? {
            None => None,
            Some(row) => {
                let site = match row.site_id {
                    Some(site) => sites::find(tx, site).await?.map_or_else(String::new, |site| site.name),
                    None => String::new(),
                };
                serde_json::to_value(StationRecord::of(row, site)).ok()
            }
        },
        Sheet::Tokens => {
            let kind = if said("kind").is_empty() { KINDS[0] } else { said("kind") };
            let uid = Presented { uid: said("uid").to_owned(), kind: String::new() }.key();
            let there = tokens::by_key(tx, &uid).await?.into_iter().find(|row| row.kind == kind);
            let there = match there {
                Some(row) => {
                    hold(tx, Row::Token(row.id)).await?;
                    tokens::find(tx, row.id).await?
                }
                None => None,
            };
            there.and_then(|row| serde_json::to_value(TokenRecord::of(row)).ok())
        }
        _ => None,
    };
    Ok(record.and_then(|record| record.as_object().cloned()).unwrap_or_default())
}

async fn held_station(tx: &mut Tx, id: &str) -> Result<Option<StationRow>, Wrong> {
    hold(tx, Row::Station(id)).await?;
    Ok(stations::find(tx, id).await?)
}

pub(super) async fn station(tx: &mut Tx, hand: Hand<'_>, record: StationRecord) -> Result<Did, Wrong> {
    if !is_identity(&record.id) {
        return wrong("id", "1 to 48 letters, digits and -_.:=+|@*");
    }
    let mut protocols = Vec::new();
    for protocol in record.protocols.split(',').map(str::trim).filter(|protocol| !protocol.is_empty()) {
        protocols.push(word("protocols", protocol, &PROTOCOLS)?);
    }
    let settings = Settings {
        name: text("name", &record.name, NAME_MAX)?,
        site_id: site(tx, record.site.trim()).await?,
        protocols: protocols.join(","),
        validation: word("validation", &record.validation, &["lenient", "strict"])?,
        registration: word("registration", &record.registration, &["accepted", "pending", "rejected"])?,
    };
    let (did, kind) = match stations::find(tx, &record.id).await? {
        None => {
            let row = StationRow {
                id: record.id.clone(),
                name: settings.name,
                site_id: settings.site_id,
                protocols: settings.protocols,
                validation: settings.validation,
                registration: settings.registration,
                created_at: hand.now,
                ..StationRow::default()
            };
            stations::create(tx, &row).await?;
            (Did::Created, "station.created")
        }
        Some(row) => {
            let same = (&row.name, row.site_id, &row.protocols, &row.validation, &row.registration)
                == (
                    &settings.name,
                    settings.site_id,
                    &settings.protocols,
                    &settings.validation,
                    &settings.registration,
                );
            if same {
                return Ok(Did::Nothing);
            }
            stations::update(tx, &record.id, &settings).await?;
            (Did::Changed, "station.changed")
        }
    };
    let event = EventRow {
        id: hand.ids.next(),
        at: hand.now,
        station_id: Some(record.id),
        session_id: None,
        kind: kind.to_owned(),
        body: serde_json::json!({ "by": hand.by }).to_string(),
    };
    events::add(tx, &event).await?;
    Ok(did)
}

/// The one site of that name.
async fn site(tx: &mut Tx, name: &str) -> Result<Option<i64>, Wrong> {
    if name.is_empty() {
        return Ok(None);
    }
    let mut found = sites::named(tx, name).await?;
    match (found.pop(), found.pop()) {
        (Some(site), None) => Ok(Some(site.id)),
        (Some(_), Some(_)) => wrong("site", format!("there are several sites named {name:?}")),
        (None, _) => wrong("site", format!("there is no site named {name:?}; make it first")),
    }
}

pub(super) async fn token(tx: &mut Tx, hand: Hand<'_>, record: TokenRecord) -> Result<Did, Wrong> {
    let key = |uid: &str| Presented { uid: uid.to_owned(), kind: String::new() }.key();
    let uid = key(&text("uid", &record.uid, 255)?);
    if uid.is_empty() {
        return wrong("uid", "it cannot be empty");
    }
    let kind = word("kind", &record.kind, &KINDS)?;
    let group = text("group", &record.group, 255)?;
    let max_cost = record.max_cost.trim().to_owned();
    if !max_cost.is_empty() && !tokens::is_cost(&max_cost) {
        return wrong("max_cost", "a decimal text above 0 with four decimals at most, e.g. 50.00");
    }
    for (name, limit) in [("max_energy_wh", record.max_energy_wh), ("max_time_s", record.max_time_s)] {
        if limit.is_some_and(|limit| !tokens::is_limit(limit)) {
            return wrong(name, "a whole number above 0, or nothing");
        }
    }
    let known = tokens::by_key(tx, &uid).await?.into_iter().find(|row| row.kind == kind);
    let row = TokenRow {
        id: known.as_ref().map_or_else(|| hand.ids.next(), |row| row.id),
        uid,
        kind,
        group_uid: Some(key(&group)).filter(|group| !group.is_empty()),
        holder: text("holder", &record.holder, TEXT_MAX)?,
        language: text("language", &record.language, 8)?,
        blocked: record.blocked,
        expires_at: record.expires_at,
        concurrent: record.concurrent,
        created_at: known.as_ref().map_or(hand.now, |row| row.created_at),
        max_cost,
        max_energy_wh: record.max_energy_wh,
        max_time_s: record.max_time_s,
    };
    let (token_id, by) = (row.id.to_string(), hand.by.to_owned());
    match known {
        None => {
            tokens::create(tx, &row).await?;
            let told = TokenCreated { token_id, by };
            events::add(tx, &event::row(hand.ids, hand.now, None, None, &told)).await?;
            Ok(Did::Created)
        }
        Some(before) if before == row => Ok(Did::Nothing),
        Some(_) => {
            tokens::update(tx, &row).await?;
            let told = TokenChanged { token_id, by };
            events::add(tx, &event::row(hand.ids, hand.now, None, None, &told)).await?;
            Ok(Did::Changed)
        }
    }
}

pub(super) async fn tariff(tx: &mut Tx, hand: Hand<'_>, record: TariffRecord) -> Result<Did, Wrong> {
    let note = text("note", &record.note, NOTE_MAX)?;
    let new = match tariffs::Tariff::from_json(&record.tariff.to_string()) {
        Ok(new) => new,
        Err(error) => return wrong("tariff", error.to_string()),
    };
    if new.id != record.id {
        return wrong("id", format!("it is {:?}, and that in the tariff {:?}", record.id, new.id));
    }
    let found = new.check();
    if !found.is_empty() {
        let found: Vec<String> = found.iter().map(ToString::to_string).collect();
        return wrong("tariff", found.join("; "));
    }
    // What counts since then, and says the same, is not published again.
    let standing = versions::standing(tx, &new.id).await?;
    let same = |row: &&versions::VersionRow| Some(row.active_from) == record.active_from;
    if standing.iter().find(same).is_some_and(|row| row.body == new.to_json()) {
        return Ok(Did::Nothing);
    }
    let change = Change { id: hand.ids.next(), at: hand.now, by: hand.by };
    match versions::publish(tx, &new, record.active_from, &note, &change).await? {
        Published::Added { .. } if standing.is_empty() => Ok(Did::Created),
        Published::Added { .. } => Ok(Did::Changed),
        Published::Unchanged(_) => Ok(Did::Nothing),
        Published::Refused(Refusal::Currency(code)) => {
            wrong("tariff", format!("its other versions are in {code}; give it another id"))
        }
        Published::Refused(Refusal::Kind(kind)) => {
            wrong("tariff", format!("the kind of its other versions is {kind:?}; give it another id"))
        }
        Published::Refused(Refusal::Offered(number)) => wrong(
            "active_from",
            format!(
                "version {number} is what was offered then, and that stays; name a later instant, or none"
            ),
        ),
    }
}
