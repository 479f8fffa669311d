//! Bringing templates to their stations: what changes of which station's wishes, before it is done and when it is.

use super::{CHANGED, Template};
use crate::{
    app::App,
    desired::{Kind, Wish, WishError, round::failed, wish::keep},
    model::StationId,
    store::{
        Db, StoreError, Tx,
        desired::{self, DesiredRow},
        row::StationRow,
        settings, stations, templates,
    },
};
use chrono::{DateTime, TimeDelta, Utc};
use std::{
    collections::{BTreeMap, HashMap},
    sync::atomic::Ordering,
    time::Duration,
};
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

/// Stations looked at together.
const PAGE: i64 = 200;
/// Changes of templates by another process are seen so soon.
const EVERY: Duration = Duration::from_secs(10);
/// What operators change of stations (a site) is seen within this; what stations change of themselves when they boot.
const AGAIN: TimeDelta = TimeDelta::minutes(10);
/// A pass that was cut off is done anew after this.
const LEASE: TimeDelta = TimeDelta::minutes(2);
/// Changes of a preview that are told one by one.
pub const PREVIEW_MAX: usize = 500;

const APPLIED: &str = "template.applied";
const PASS: &str = "template.pass";
const PASSED: &str = "template.passed";

/// Runs until `stop` is cancelled.
pub async fn run(app: &App, stop: &CancellationToken) {
    let mut turns = tokio::time::interval(EVERY);
    turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let work = async {
        loop {
            tokio::select! {
                _ = turns.tick() => {}
                () = app.desires.templates.notified() => {}
            }
            if let Err(error) = pass(app).await {
                failed(&error);
            }
        }
    };
    tokio::select! {
        () = stop.cancelled() => {}
        () = work => {}
    }
}

/// What a station's wishes become: what is to be wished, and what no longer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    pub station: String,
    pub key: String,
    pub from: Option<String>,
    /// The value, and the template that wants it; `None`: nobody does.
    pub to: Option<(String, String)>,
}

/// The changes that bring a station's wishes to what its templates want; `templates` has those that win first.
fn changes(templates: &[Template], station: &StationRow, rows: &[DesiredRow]) -> Vec<Change> {
    let mut wanted: BTreeMap<&str, (&str, &str)> = BTreeMap::new();
    for template in templates.iter().filter(|template| template.choice.fits(station)) {
        for (key, value) in &template.settings {
            wanted.entry(key).or_insert((value, &template.id));
        }
    }
    let change = |key: &str, from: Option<&str>, to: Option<(&str, &str)>| Change {
        station: station.id.clone(),
        key: key.to_owned(),
        from: from.map(str::to_owned),
        to: to.map(|(value, template)| (value.to_owned(), template.to_owned())),
    };
    let mut changes = Vec::new();
    for row in rows.iter().filter(|row| row.kind == Kind::Configuration.word()) {
        match wanted.remove(&*row.key) {
            // The station's own wins.
            _ if row.template.is_empty() => {}
            Some((value, template)) if row.value == value && row.template == template => {}
            to => changes.push(change(&row.key, Some(&row.value), to)),
        }
    }
    changes.extend(wanted.into_iter().map(|(key, to)| change(key, None, Some(to))));
    changes
}

async fn all(tx: &mut Tx) -> Result<Vec<Template>, StoreError> {
    Ok(templates::all(tx).await?.into_iter().map(Template::of).collect())
}

/// The changes that one station's templates want of it now.
async fn of_station(tx: &mut Tx, station: &StationRow) -> Result<Vec<Change>, StoreError> {
    let templates = all(tx).await?;
    let rows = desired::of_station(tx, &station.id).await?;
    Ok(changes(&templates, station, &rows))
}

/// Brings the wishes of one station to what its templates want. Returns how many have changed.
pub(in crate::desired) async fn apply(app: &App, station: &StationRow) -> Result<usize, WishError> {
    // Nearly always nothing has.
    let changes = of_station(&mut app.db.read().await?, station).await?;
    if !changes.is_empty() {
        let mut tx = app.db.write().await?;
        apply_in(&mut tx, station, app.clock.now()).await?;
        tx.commit().await?;
    }
    Ok(changes.len())
}

/// The same in a transaction of others.
pub(in crate::desired) async fn apply_in(
    tx: &mut Tx,
    station: &StationRow,
    now: DateTime<Utc>,
) -> Result<(), WishError> {
    let changes = of_station(tx, station).await?;
    carry_out(tx, &changes, now).await
}

async fn carry_out(tx: &mut Tx, changes: &[Change], now: DateTime<Utc>) -> Result<(), WishError> {
    for change in changes {
        let station = StationId::from(change.station.as_str());
        let kind = Kind::Configuration;
        match &change.to {
            None => {
                // Somebody may have made it their own meanwhile.
                desired::remove_of_template(tx, &station, kind.word(), &change.key).await?;
            }
            Some((value, template)) => {
                let wish = Wish { kind, key: change.key.clone(), value: value.clone(), body: String::new() };
                let by = format!("template {template}");
                match keep(tx, &station, &wish, "", template, &by, now).await {
                    Err(WishError::Crowded(station)) => {
                        tracing::warn!(%station, template, key = change.key, "too much is wished of the station; this is not");
                    }
                    other => {
                        other?;
                    }
                }
            }
        }
    }
    Ok(())
}

/// What a template would change if it was kept like this (or, with `None`, dropped): so many changes at so many stations, and the
/// first of them.
///
/// # Errors
/// The database fails.
pub async fn preview(
    db: &Db,
    id: &str,
    template: Option<&Template>,
) -> Result<(usize, usize, Vec<Change>), StoreError> {
    let mut tx = db.read().await?;
    let mut templates = all(&mut tx).await?;
    templates.retain(|kept| kept.id != id);
    templates.extend(template.cloned());
    templates.sort_by(|a, b| b.priority.cmp(&a.priority).then_with(|| a.id.cmp(&b.id)));
    let (mut many, mut at, mut first) = (0, 0, Vec::new());
    let mut after = None::<String>;
    while let Some((last, found)) = page(&mut tx, &templates, after.as_deref()).await? {
        after = Some(last);
        for changes in found {
            many += changes.len();
            at += 1;
            first.extend(changes.into_iter().take(PREVIEW_MAX.saturating_sub(first.len())));
        }
    }
    Ok((many, at, first))
}

/// The changes of a page of stations, by station, and which station was the last. `None`: there are no more.
async fn page(
    tx: &mut Tx,
    templates: &[Template],
    after: Option<&str>,
) -> Result<Option<(String, Vec<Vec<Change>>)>, StoreError> {
    let stations = stations::list(tx, &stations::Filter::default(), after, PAGE).await?;
    let (Some(first), Some(last)) = (stations.first(), stations.last()) else { return Ok(None) };
    let rows = desired::between(tx, &first.id, &last.id).await?;
    // The order of the rows is the database's: not every one has letters in the order of bytes.
    let mut of_station: HashMap<String, Vec<DesiredRow>> = HashMap::new();
    for row in rows {
        of_station.entry(row.station_id.clone()).or_default().push(row);
    }
    let mut all = Vec::new();
    for station in &stations {
        let rows = of_station.get(&station.id).map(Vec::as_slice).unwrap_or_default();
        let changes = changes(templates, station, rows);
        if !changes.is_empty() {
            all.push(changes);
        }
    }
    Ok(Some((last.id.clone(), all)))
}

/// If templates have changed, or now and then: brings the wishes of all stations to what templates want. One process of several
/// does it.
pub async fn pass(app: &App) -> Result<(), WishError> {
    let _turn = app.desires.passing.lock().await;
    let now = app.clock.now();
    let mut tx = app.db.read().await?;
    let changed = settings::get(&mut tx, CHANGED).await?;
    app.desires.untouched.store(changed.is_none(), Ordering::Relaxed);
    let Some(changed) = changed else { return Ok(()) };
    let applied = settings::get(&mut tx, APPLIED).await?;
    let passed = settings::get(&mut tx, PASSED).await?.and_then(|text| text.parse::<DateTime<Utc>>().ok());
    drop(tx);
    if applied.as_ref() == Some(&changed) && passed.is_some_and(|passed| now - passed < AGAIN) {
        return Ok(());
    }
    let mut tx = app.db.write().await?;
    let ours = settings::lease(&mut tx, PASS, now + LEASE, now).await?;
    tx.commit().await?;
    if !ours {
        return Ok(());
    }
    let templates = all(&mut app.db.read().await?).await?;
    let mut after = None::<String>;
    while let Some((last, found)) = page(&mut app.db.read().await?, &templates, after.as_deref()).await? {
        after = Some(last);
        if found.is_empty() {
            continue;
        }
        let mut tx = app.db.write().await?;
        for changes in &found {
            carry_out(&mut tx, changes, now).await?;
        }
        tx.commit().await?;
        for station in found.iter().filter_map(|changes| changes.first()) {
            app.desires.changed(&StationId::from(station.station.as_str()));
        }
    }
    let mut tx = app.db.write().await?;
    settings::set(&mut tx, APPLIED, &changed).await?;
    settings::set(&mut tx, PASSED, &now.to_rfc3339()).await?;
    // The next change need not wait for the lease to end.
    settings::set(&mut tx, PASS, "").await?;
    tx.commit().await?;
    Ok(())
}
