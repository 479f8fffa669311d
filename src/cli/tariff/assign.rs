//! `csms tariff assign`, `assignments`, `unassign`, `default`, `which`: where, for whom and when a tariff counts.

use super::{Hand, hand, show};
use crate::cli::{
    audience::{Audience, During},
    out,
    registry::{PAGE, Registry, missing, shown, since},
    site,
    trouble::Trouble,
};
use chrono::{DateTime, SubsecRound, Utc};
use csms::{
    catalog::{Asked, Catalog},
    store::{
        Tx,
        assignments::{self, Assigned, AssignmentRow, Filter},
        sites, stations, tariffs as rows,
    },
};
use serde_json::json;

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Assign a tariff: everywhere or to a site, a station, an EVSE; to anyone, a group or one identifier
    Assign(Assign),
    /// List assignments
    Assignments {
        /// Only of this tariff
        #[arg(long)]
        tariff: Option<String>,
        /// Those that have ended, too
        #[arg(long)]
        all: bool,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// End an assignment
    Unassign {
        /// Its number (csms tariff assignments)
        number: i64,
        /// When [default: now]
        #[arg(long, value_name = "INSTANT", value_parser = since)]
        at: Option<DateTime<Utc>>,
    },
    /// Make a tariff the default, which counts where no other is assigned, or none
    Default {
        /// Its id [default: none]
        id: Option<String>,
    },
    /// Tell which tariff a session has, and why
    Which(Which),
}

#[derive(Debug, clap::Args)]
pub struct Assign {
    /// The tariff's id
    id: String,
    /// At this site, by its number or name
    #[arg(long, conflicts_with = "station")]
    site: Option<String>,
    /// At this station
    #[arg(long)]
    station: Option<String>,
    /// At this EVSE of the station (1.6: connector)
    #[arg(long, requires = "station", value_parser = clap::value_parser!(i64).range(1..=65_535))]
    evse: Option<i64>,
    #[command(flatten)]
    audience: Audience,
    /// The highest counts before nearer places and narrower circles
    #[arg(long, default_value_t = 0, allow_negative_numbers = true)]
    priority: i64,
    #[command(flatten)]
    during: During,
    /// End what counts there now instead of refusing
    #[arg(long)]
    replace: bool,
}

#[derive(Debug, clap::Args)]
pub struct Which {
    /// The station's identity
    station: String,
    /// The EVSE (1.6: connector)
    #[arg(long, default_value_t = 0)]
    evse: i64,
    #[command(flatten)]
    audience: Audience,
    /// For a session that starts then [default: now]
    #[arg(long, value_name = "INSTANT", value_parser = since)]
    at: Option<DateTime<Utc>>,
}

/// Runs it.
pub async fn run(registry: &Registry, command: Command) -> anyhow::Result<()> {
    match command {
        Command::Assign(wish) => assign(registry, wish).await,
        Command::Assignments { tariff, all, json } => list(registry, tariff.as_deref(), all, json).await,
        Command::Unassign { number, at } => unassign(registry, number, at).await,
        Command::Default { id } => default(registry, id).await,
        Command::Which(wish) => which(registry, wish).await,
    }
}

async fn assign(registry: &Registry, wish: Assign) -> anyhow::Result<()> {
    let mut tx = registry.write().await?;
    rows::find(&mut tx, &wish.id).await?.ok_or_else(|| missing("tariff", &wish.id))?;
    if let Some(station) = &wish.station {
        stations::find(&mut tx, station).await?.ok_or_else(|| missing("station", station))?;
    }
    let site_id = match &wish.site {
        Some(site) => Some(site::find(&mut tx, site).await?.id),
        None => None,
    };
    let people = wish.audience.find(&mut tx).await?;
    let (from, to) = wish.during.bounds(registry.now())?;
    let row = AssignmentRow {
        id: 0,
        tariff_id: wish.id,
        site_id,
        station_id: wish.station,
        evse: wish.evse,
        group_uid: people.group,
        token_uid: people.token,
        token_kind: people.token_kind,
        priority: wish.priority,
        valid_from: Some(from),
        valid_to: to,
        created_at: registry.now(),
    };
    let told = put(registry, &mut tx, row, wish.replace).await?;
    tx.commit().await?;
    out::print(&format!("{told}{}", people.note))
}

/// Assigns it and tells it in a line, or says with what it would tie.
async fn put(registry: &Registry, tx: &mut Tx, row: AssignmentRow, replace: bool) -> anyhow::Result<String> {
    match assignments::assign(tx, &row, replace, &hand(registry).change()).await? {
        Assigned::Done { id, ended } => {
            let ended: String = ended.iter().map(|id| format!(" It ends assignment {id}.")).collect();
            let row = AssignmentRow { id, ..row };
            Ok(format!("Assignment {id}: {} counts {}.{ended}\n", row.tariff_id, sentence(tx, &row).await?))
        }
        Assigned::Ties(other) => Err(ties(tx, &row.tariff_id, &other).await?.into()),
    }
}

async fn ties(tx: &mut Tx, tariff: &str, other: &AssignmentRow) -> anyhow::Result<Trouble> {
    let place = sentence(tx, other).await?;
    Ok(Trouble::new(format!("The tariff {tariff} cannot be assigned there."))
        .why(format!("nothing would tell it from assignment {}: {} {place}", other.id, other.tariff_id))
        .mend(format!(
            "end that one (csms tariff unassign {}), give --replace, another --priority, or other instants",
            other.id
        )))
}

/// The tariff that counts for anyone at a site, a station or (neither) everywhere, by an assignment to just that.
pub async fn at_place(
    tx: &mut Tx,
    site: Option<i64>,
    station: Option<&str>,
    at: DateTime<Utc>,
) -> anyhow::Result<Option<String>> {
    Ok(assignments::plain_at(tx, site, station, at).await?.pop().map(|row| row.tariff_id))
}

/// Lets a tariff, or none, count for anyone at a site, a station or (neither) everywhere, in place of the one that
/// does. `always`: what began before now, too, if nothing else was ever assigned there.
pub async fn put_at(
    hand: &Hand<'_>,
    tx: &mut Tx,
    (site_id, station_id): (Option<i64>, Option<String>),
    tariff: Option<&str>,
    always: bool,
) -> anyhow::Result<()> {
    let now = hand.now;
    let present = assignments::plain_at(tx, site_id, station_id.as_deref(), now).await?;
    let Some(tariff) = tariff else {
        for row in present {
            assignments::unassign(tx, row.id, now, &hand.change()).await?;
        }
        return Ok(());
    };
    rows::find(tx, tariff).await?.ok_or_else(|| missing("tariff", tariff))?;
    if present.iter().any(|row| row.tariff_id == tariff) {
        return Ok(());
    }
    let row = AssignmentRow {
        tariff_id: tariff.to_owned(),
        site_id,
        station_id,
        created_at: now,
        ..AssignmentRow::default()
    };
    if always && let Assigned::Done { .. } = assignments::assign(tx, &row, false, &hand.change()).await? {
        return Ok(());
    }
    // Stations tell whole seconds: a session of this second counts as one from now on.
    let row = AssignmentRow { valid_from: Some(now.trunc_subsecs(0)), ..row };
    match assignments::assign(tx, &row, true, &hand.change()).await? {
        Assigned::Done { .. } => Ok(()),
        Assigned::Ties(other) => Err(ties(tx, tariff, &other).await?.into()),
    }
}

/// Makes a tariff the default, and says so in a line.
pub async fn everywhere(registry: &Registry, tx: &mut Tx, tariff: &str) -> anyhow::Result<String> {
    put_at(&hand(registry), tx, (None, None), Some(tariff), true).await?;
    Ok(format!("{tariff} counts where no other tariff is assigned.\n"))
}

async fn default(registry: &Registry, id: Option<String>) -> anyhow::Result<()> {
    let mut tx = registry.write().await?;
    let told = match &id {
        Some(id) => everywhere(registry, &mut tx, id).await?,
        None => {
            put_at(&hand(registry), &mut tx, (None, None), None, false).await?;
            "No tariff is the default: where none is assigned, sessions have no price.\n".to_owned()
        }
    };
    tx.commit().await?;
    out::print(&told)
}

async fn list(registry: &Registry, tariff: Option<&str>, all: bool, json: bool) -> anyhow::Result<()> {
    let mut found: Vec<AssignmentRow> = Vec::new();
    let mut tx = registry.read().await?;
    let filter = Filter { tariff, until: (!all).then(|| registry.now()) };
    loop {
        let page = assignments::list(&mut tx, &filter, found.last().map(|row| row.id), PAGE).await?;
        let last = (page.len() as i64) < PAGE;
        found.extend(page);
        if last {
            break;
        }
    }
    if json {
        let as_json = |row: &AssignmentRow| {
            json!({
                "id": row.id, "tariff": row.tariff_id, "site_id": row.site_id, "station": row.station_id,
                "evse": row.evse, "group": row.group_uid, "token": row.token_uid, "token_kind": row.token_kind,
                "priority": row.priority, "valid_from": row.valid_from, "valid_to": row.valid_to,
                "created_at": row.created_at,
            })
        };
        return out::json(&found.iter().map(as_json).collect::<Vec<_>>());
    }
    if found.is_empty() {
        return out::print(
            "No tariff is assigned: csms tariff assign TARIFF, or csms tariff default TARIFF\n",
        );
    }
    let mut rows = Vec::new();
    for row in &found {
        let (place, people) = (place(&mut tx, row).await?, people(row).unwrap_or("anyone".to_owned()));
        rows.push(vec![
            row.id.to_string(),
            row.tariff_id.clone(),
            place,
            people,
            row.priority.to_string(),
            shown(row.valid_from),
            shown(row.valid_to),
        ]);
    }
    out::print(&out::table(
        &["NUMBER", "TARIFF", "WHERE", "FOR", "PRIORITY", "FROM (UTC)", "TO (UTC)"],
        &rows,
    ))
}

async fn unassign(registry: &Registry, number: i64, at: Option<DateTime<Utc>>) -> anyhow::Result<()> {
    let mut tx = registry.write().await?;
    let now = registry.now();
    let ended = assignments::unassign(&mut tx, number, at.unwrap_or(now), &hand(registry).change()).await?;
    let Some(row) = ended else {
        return Err(Trouble::new(format!("There is no assignment {number} to end."))
            .mend("csms tariff assignments shows those that count, or will")
            .into());
    };
    let told = sentence(&mut tx, &row).await?;
    tx.commit().await?;
    out::print(&format!("Assignment {number} is ended: {} counted {told}.\n", row.tariff_id))
}

async fn which(registry: &Registry, wish: Which) -> anyhow::Result<()> {
    let mut tx = registry.read().await?;
    let station = &wish.station;
    let row = stations::find(&mut tx, station).await?.ok_or_else(|| missing("station", station))?;
    let people = wish.audience.presented(&mut tx).await?;
    let catalog = Catalog::load(&registry.db, registry.now()).await?;
    let terms = catalog.terms(&Asked {
        station,
        evse: wish.evse,
        site: row.site_id,
        token: people.token.as_deref(),
        token_kind: &people.token_kind,
        group: people.group.as_deref(),
        at: wish.at.unwrap_or_else(|| registry.now()),
    });
    let Some(chosen) = terms.chosen else {
        return out::print(&format!(
            "No tariff: a session at {station} would have no price. csms tariff assignments shows what counts where.\n"
        ));
    };
    let because = match assignments::find(&mut tx, chosen.assignment).await? {
        Some(row) => sentence(&mut tx, &row).await?,
        None => "as it was when this was looked up".to_owned(),
    };
    // The discounts of who asks are the last ones of the tariff.
    let discounts = terms.tariff.iter().flat_map(|tariff| tariff.tariff().discounts.iter().rev());
    let less: String = (chosen.benefits.iter().rev().zip(discounts))
        .map(|(id, discount)| format!("Less discount {id}: {}.\n", discount.name))
        .collect();
    let head = format!(
        "{}, version {}, by assignment {}: {because}. Local time is that of {}.\n{less}",
        chosen.tariff, chosen.version, chosen.assignment, terms.zone
    );
    let words = terms.tariff.map(|tariff| format!("\n{}", show::words(tariff.tariff()))).unwrap_or_default();
    out::print(&(head + &words))
}

/// Where, for whom and when, as the end of a sentence.
pub async fn sentence(tx: &mut Tx, row: &AssignmentRow) -> anyhow::Result<String> {
    let people = people(row).map(|people| format!(" for {people}")).unwrap_or_default();
    let from = row.valid_from.map(|at| format!(" from {} UTC", shown(Some(at)))).unwrap_or_default();
    let to = row.valid_to.map(|at| format!(" until {} UTC", shown(Some(at)))).unwrap_or_default();
    let priority = if row.priority == 0 { String::new() } else { format!(" with priority {}", row.priority) };
    Ok(format!("{}{people}{from}{to}{priority}", place(tx, row).await?))
}

async fn place(tx: &mut Tx, row: &AssignmentRow) -> anyhow::Result<String> {
    Ok(match (&row.station_id, row.evse, row.site_id) {
        (Some(station), Some(evse), _) => format!("at EVSE {evse} of {station}"),
        (Some(station), None, _) => format!("at {station}"),
        (None, _, Some(site)) => {
            let name = sites::find(tx, site).await?.map(|site| site.name);
            format!("at {}", name.unwrap_or_else(|| site.to_string()))
        }
        (None, _, None) => "everywhere".to_owned(),
    })
}

fn people(row: &AssignmentRow) -> Option<String> {
    match (&row.token_uid, &row.group_uid) {
        // What is typed at a pad is a secret.
        (Some(_), _) if row.token_kind == "KeyCode" => Some("a key code".to_owned()),
        (Some(uid), _) => Some(uid.clone()),
        (None, Some(group)) => Some(format!("the group {group}")),
        (None, None) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use csms::{
        clock::Clock,
        id::Ids,
        store::{testing::TestDb, versions},
    };
    use tariffs::Tariff;

    /// `[tariff, from, to]` of all assignments, in seconds after the beginning.
    async fn told(tx: &mut Tx, begin: DateTime<Utc>) -> Vec<(String, Option<i64>, Option<i64>)> {
        let rows = assignments::list(tx, &Filter::default(), None, PAGE).await.unwrap();
        let seconds = |at: Option<DateTime<Utc>>| at.map(|at| (at - begin).num_seconds());
        rows.into_iter().map(|row| (row.tariff_id, seconds(row.valid_from), seconds(row.valid_to))).collect()
    }

    #[tokio::test]
    async fn one_tariff_at_a_place_follows_the_other() {
        for test in TestDb::all().await.unwrap() {
            let db = test.open().await.unwrap();
            let begin = since("2027-01-01T10:00:00Z").unwrap();
            let ids = Ids::new(Clock::fixed(begin), 1);
            let hand = |second: i64| Hand {
                ids: &ids,
                now: begin + chrono::TimeDelta::milliseconds(second * 1000 + 250),
                by: "test",
            };
            let mut tx = db.write().await.unwrap();
            for id in ["a", "b"] {
                let body = format!(
                    r#"{{"id":"{id}","currency":"EUR","elements":[{{"components":[{{"dimension":"flat","price":"1"}}]}}]}}"#
                );
                let tariff = Tariff::from_json(&body).unwrap();
                versions::publish(&mut tx, &tariff, None, "", &hand(0).change()).await.unwrap();
            }
            let put = async |tx: &mut Tx, second: i64, tariff: Option<&str>| {
                put_at(&hand(second), tx, (None, None), tariff, true).await.unwrap();
                at_place(tx, None, None, hand(second).now).await.unwrap()
            };
            assert_eq!(put(&mut tx, 0, None).await, None);
            // The first counts for what began before it, too: nothing else did.
            assert_eq!(put(&mut tx, 1, Some("a")).await.as_deref(), Some("a"));
            assert_eq!(put(&mut tx, 2, Some("a")).await.as_deref(), Some("a"));
            let a = |to| ("a".to_owned(), None, to);
            assert_eq!(told(&mut tx, begin).await, [a(None)]);
            assert_eq!(put(&mut tx, 60, Some("b")).await.as_deref(), Some("b"));
            assert_eq!(told(&mut tx, begin).await, [a(Some(60)), ("b".to_owned(), Some(60), None)]);
            assert_eq!(put(&mut tx, 90, None).await, None);
            assert_eq!(told(&mut tx, begin).await, [a(Some(60)), ("b".to_owned(), Some(60), Some(90))]);
            let unknown = put_at(&hand(91), &mut tx, (None, None), Some("c"), false).await.unwrap_err();
            assert!(unknown.to_string().contains("There is no tariff c"), "{unknown}");
        }
    }
}
