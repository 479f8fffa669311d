//! A list as a wish of desired state: what the station is asked next, and what its answer means. The wish's value is the
//! version that the station shall have; 0 is an empty list.

use super::plan;
use crate::{
    app::App,
    command::{Command, ListEntry, Nothing, SendList},
    desired::{Heard, Step, View, is_askable, is_unheard},
    link::dialect::ask::Verdict,
    store::{StoreError, commands::CommandRow, desired::DesiredRow, lists, variables},
};
use chrono::TimeDelta;
use serde_json::Value;

/// What a station has accepted it is asked for again after so long: a moment.
const VERIFY: TimeDelta = TimeDelta::seconds(1);

/// The station is asked which version it has; then it is sent what makes that the one it shall have.
///
/// # Errors
/// The database fails.
pub(crate) async fn step(
    app: &App,
    view: &View<'_>,
    wishes: &[DesiredRow],
) -> Result<Option<Step>, StoreError> {
    let Some(wish) = wishes.first() else { return Ok(None) };
    let station = &*wish.station_id;
    if is_unheard(wish, view.now) {
        return Ok(Some(Step::ask(Command::ListVersion(Nothing {}), vec![wish.clone()])));
    }
    if !is_askable(wish, view.now) {
        return Ok(None);
    }
    let mut tx = app.db.read().await?;
    let available = variables::named(&mut tx, station, "LocalAuthListCtrlr", "Available").await?;
    let no = |value: &str| value.trim().eq_ignore_ascii_case("false");
    if available.iter().any(|row| row.attribute == "Actual" && row.value.as_deref().is_some_and(no)) {
        let why = "the station says that it keeps no list (LocalAuthListCtrlr.Available)".to_owned();
        return Ok(Some(Step::Unfit { wish: Box::new(wish.clone()), why }));
    }
    let number = |text: Option<&str>| text.and_then(|text| text.parse::<i64>().ok());
    let version = number(Some(&wish.value)).unwrap_or(0);
    let wanted = entries(lists::content(&mut tx, station, version).await?);
    let Some(wanted) = wanted else {
        // The pass makes it anew.
        return Ok(None);
    };
    let has = number(wish.reported.as_deref()).unwrap_or(0);
    let acknowledged = number(wish.acknowledged.as_deref());
    // After trouble nobody knows what it has, also when it is tried again at once; nor if somebody else has sent it a list.
    let clear = wish.tries == 0 && wish.trouble.is_empty();
    let known = match acknowledged {
        Some(acknowledged) if acknowledged == has && clear => {
            entries(lists::content(&mut tx, station, acknowledged).await?)
        }
        _ => None,
    };
    let version = if version == 0 { has + 1 } else { version };
    let (full, entries) = plan::update(known.as_deref().filter(|_| has < version), &wanted);
    let Ok(version) = i32::try_from(version) else {
        let why = format!("the station's list has version {has}: there is none above it");
        return Ok(Some(Step::Unfit { wish: Box::new(wish.clone()), why }));
    };
    metrics::counter!("csms_list_updates_total", "kind" => if full { "full" } else { "differential" })
        .increment(1);
    Ok(Some(Step::ask(Command::SendList(SendList { version, full, entries }), vec![wish.clone()])))
}

fn entries(text: Option<String>) -> Option<Vec<ListEntry>> {
    serde_json::from_str(&text?).ok()
}

/// What a command's end says of the wish.
pub(crate) fn heard(wish: &DesiredRow, command: &Command, row: &CommandRow) -> Heard {
    let accepted = row.verdict == Verdict::Accepted.word();
    let for_good = row.verdict == Verdict::Unsupported.word() || row.verdict == Verdict::Invalid.word();
    match command {
        Command::SendList(list) if accepted => {
            // The wish was for what the command says, unless it was for an empty list.
            let empty = list.full && list.entries.is_empty();
            let value = if empty { "0".to_owned() } else { list.version.to_string() };
            Heard::Accepted { value, check: Some(VERIFY) }
        }
        // The station has another version than it had said: it is asked again.
        Command::SendList(_) if row.reason.contains("VersionMismatch") => Heard::Unclear(row.reason.clone()),
        Command::SendList(_) | Command::ListVersion(_) if !accepted => {
            Heard::Refused { why: row.reason.clone(), for_good }
        }
        Command::ListVersion(_) => match told(row) {
            // Who keeps no list has an empty one.
            Some(-1) if wish.value == "0" => Heard::Told(Some("0".to_owned())),
            Some(-1) => {
                let why = "the station says that it keeps no list (version -1)".to_owned();
                Heard::Refused { why, for_good: true }
            }
            // Some stations go on counting when they are emptied.
            Some(_) if wish.value == "0" && wish.needs == "check" => Heard::Told(Some("0".to_owned())),
            told => Heard::Told(told.map(|version| version.to_string())),
        },
        _ => Heard::NotAsked,
    }
}

/// The version that a station has told.
fn told(row: &CommandRow) -> Option<i64> {
    let calls: Vec<Value> = serde_json::from_str(&row.calls).ok()?;
    let answer = calls.last()?.get("answer")?.clone();
    answer.get("listVersion").or_else(|| answer.get("versionNumber"))?.as_i64()
}
