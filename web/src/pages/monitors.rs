//! What a station watches by itself: the list, setting and clearing, and what was told.

use super::{Click, ROWS, station_href, turn};
use crate::{
    WebState,
    front::Fail,
    login::{Signed, Visit},
    view::{MonitorEventLine, MonitorForm, MonitorLine, MonitorsPage},
};
use axum::{
    Router,
    extract::{Path, Query, State},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use csms::{
    command::{
        self, Ask, ClearMonitors, Command, CommandError, ListMonitors, MonitorKind, Name, SEVERITY_MAX,
        SetMonitors, Until,
    },
    desired::{read_key, write_key},
    inventory,
    store::{
        commands::CommandRow,
        monitors::{self as rows, MonitorEventRow, MonitorRow},
        row::{StationRow, VariableRow},
        stations,
    },
};
use ocpp::Version;
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::Duration;

/// A person waits so long for the station.
const WAIT: Duration = Duration::from_secs(10);
/// Variables that are offered.
const OFFERED: usize = 300;

/// The routes.
pub fn routes() -> Router<WebState> {
    Router::new()
        .route("/stations/{id}/monitors", get(show).post(set))
        .route("/stations/{id}/monitors/list", post(list))
        .route("/stations/{id}/monitors/{monitor}/clear", post(clear))
}

#[derive(Default, Deserialize)]
struct Wanted {
    #[serde(default)]
    before: String,
    /// Only what this monitor has told.
    #[serde(default)]
    monitor: String,
}

async fn show(
    State(state): State<WebState>,
    visit: Visit,
    Path(id): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Fail> {
    page(&state, &visit, &id, wanted, empty(), None).await
}

fn empty() -> MonitorForm {
    MonitorForm { severity: "4".to_owned(), ..MonitorForm::default() }
}

async fn page(
    state: &WebState,
    visit: &Visit,
    id: &str,
    wanted: Wanted,
    form: MonitorForm,
    error: Option<String>,
) -> Result<Response, Fail> {
    let mut tx = state.app.db.read().await?;
    let station = stations::find(&mut tx, id).await?.ok_or(Fail::NotFound)?;
    let found = rows::list(&mut tx, id).await?;
    let (before, only) = (wanted.before.parse().ok(), wanted.monitor.parse().ok());
    let mut events = rows::events(&mut tx, id, only, before, ROWS + 1).await?;
    let reported = inventory::of(&mut tx, id).await?;
    drop(tx);
    let version = version(state, &station);
    let href = station_href(id);
    let path = format!("{href}/monitors");
    let kept = [("monitor", wanted.monitor.as_str())];
    let pager = turn(&mut events, &path, &kept, ("before", before.is_some()), |row| row.id.to_string());
    let mut variables: Vec<String> = reported.rows.iter().filter_map(offered).collect();
    variables.truncate(OFFERED);
    let newer = version.is_some_and(Version::watches_targets);
    let kinds = MonitorKind::ALL.into_iter().filter(|kind| newer || !kind.is_of_21());
    visit.show(&MonitorsPage {
        station: id.to_owned(),
        online: state.app.hub.online(&id.into()),
        has_none: version.is_some_and(|version| !version.has_monitors()),
        told: found.iter().map(|row| row.told_at).max(),
        rows: found.into_iter().map(line).collect(),
        events: events.into_iter().map(event).collect(),
        pager,
        only,
        variables,
        kinds: kinds.map(|kind| (word(kind), kind.standard())).collect(),
        form,
        error,
        href,
    })
}

/// That it speaks now, or spoke last.
fn version(state: &WebState, station: &StationRow) -> Option<Version> {
    let now = state.app.hub.info(&station.id.as_str().into()).map(|link| link.protocol);
    now.or_else(|| Version::ALL.into_iter().find(|version| version.subprotocol() == station.protocol))
}

/// As commands have it.
fn word(kind: MonitorKind) -> &'static str {
    match kind {
        MonitorKind::UpperThreshold => "upper-threshold",
        MonitorKind::LowerThreshold => "lower-threshold",
        MonitorKind::Delta => "delta",
        MonitorKind::Periodic => "periodic",
        MonitorKind::PeriodicClockAligned => "periodic-clock-aligned",
        MonitorKind::TargetDelta => "target-delta",
        MonitorKind::TargetDeltaRelative => "target-delta-relative",
    }
}

fn offered(row: &VariableRow) -> Option<String> {
    let told: Value = serde_json::from_str(&row.characteristics).ok()?;
    let place = |number: i64| u32::try_from(number).ok().filter(|number| *number > 0);
    (row.attribute == "Actual" && told["supportsMonitoring"] == true).then(|| {
        write_key(&Name {
            component: row.component.clone(),
            component_instance: row.component_instance.clone(),
            evse: place(row.evse),
            connector: place(row.connector),
            name: row.name.clone(),
            instance: row.instance.clone(),
            attribute: String::new(),
        })
    })
}

/// A severity's colour.
fn tone(severity: i64) -> &'static str {
    match severity {
        ..=3 => "bad",
        4..=5 => "wait",
        6..=7 => "held",
        _ => "off",
    }
}

fn place(component: &str, evse: i64, connector: i64) -> String {
    match (evse, connector) {
        (0, _) => component.to_owned(),
        (evse, 0) => format!("{component}@{evse}"),
        (evse, connector) => format!("{component}@{evse}.{connector}"),
    }
}

fn line(row: MonitorRow) -> MonitorLine {
    let instance = |text: &str| if text.is_empty() { String::new() } else { format!("/{text}") };
    MonitorLine {
        id: row.monitor_id,
        place: place(&row.component, row.evse, row.connector) + &instance(&row.component_instance),
        variable: row.name + &instance(&row.instance),
        tone: tone(row.severity),
        severity: row.severity.to_string(),
        can_clear: row.origin != "hard-wired",
        kind: row.kind,
        value: row.value,
        origin: row.origin,
        session: row.in_session,
        raised: row.raised,
        last_value: row.last_value,
        last_at: row.last_at,
    }
}

fn event(row: MonitorEventRow) -> MonitorEventLine {
    let word = match (row.word.as_str(), row.cleared) {
        (_, true) => "cleared",
        ("Alerting", _) => "raised",
        ("Periodic", _) => "periodic",
        _ => "changed",
    };
    MonitorEventLine {
        at: row.at,
        monitor: row.monitor_id,
        place: place(&row.component, row.evse, row.connector),
        variable: row.name,
        value: row.value,
        tone: match word {
            "cleared" => "ok",
            "periodic" => "off",
            _ => row.severity.map_or("off", tone),
        },
        word: word.to_owned(),
        severity: row.severity.map(|severity| severity.to_string()),
        detail: row.detail,
    }
}

#[derive(Deserialize)]
struct New {
    #[serde(default)]
    variable: String,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    value: String,
    #[serde(default)]
    severity: String,
    #[serde(default)]
    session: Option<String>,
}

async fn set(
    State(state): State<WebState>,
    Path(id): Path<String>,
    signed: Signed<New>,
) -> Result<Response, Fail> {
    let Signed { visit, form } = signed;
    visit.operator()?;
    let wanted = wanted(&form);
    let shown = MonitorForm {
        variable: form.variable,
        kind: form.kind,
        value: form.value,
        severity: form.severity,
        session: form.session.is_some(),
    };
    let command = match wanted {
        Ok(set) => Command::SetMonitors(set),
        Err(why) => return page(&state, &visit, &id, Wanted::default(), shown, Some(why)).await,
    };
    match ask(&state, &visit, &id, command, Until::Answer).await? {
        Ok(()) => Ok(done(&id, "monitor-set")),
        Err(why) => page(&state, &visit, &id, Wanted::default(), shown, Some(why)).await,
    }
}

/// What the form means; `Err`: what is wrong with it.
fn wanted(form: &New) -> Result<SetMonitors, String> {
    let variable = read_key(form.variable.trim())?;
    let severity = form.severity.trim().parse::<u8>().ok().filter(|severity| *severity <= SEVERITY_MAX);
    let value: Value = serde_json::from_str(form.value.trim()).unwrap_or_default();
    let monitor = json!({
        "variable": variable,
        "kind": form.kind,
        "value": if value.is_number() { value } else { return Err(format!("{:?} is no number", form.value)) },
        "severity": severity.ok_or_else(|| format!("severity: from 0 to {SEVERITY_MAX}"))?,
        "transaction": form.session.is_some(),
    });
    serde_json::from_value(json!({"monitors": [monitor]})).map_err(|error| error.to_string())
}

async fn list(
    State(state): State<WebState>,
    Path(id): Path<String>,
    signed: Signed<Click>,
) -> Result<Response, Fail> {
    let command = Command::ListMonitors(ListMonitors::default());
    asked(&state, &signed.visit, &id, (command, Until::Outcome), "monitors-listed").await
}

async fn clear(
    State(state): State<WebState>,
    Path((id, monitor)): Path<(String, i64)>,
    signed: Signed<Click>,
) -> Result<Response, Fail> {
    let command = Command::ClearMonitors(ClearMonitors { ids: vec![monitor] });
    asked(&state, &signed.visit, &id, (command, Until::Answer), "monitor-cleared").await
}

async fn asked(
    state: &WebState,
    visit: &Visit,
    id: &str,
    (command, until): (Command, Until),
    word: &str,
) -> Result<Response, Fail> {
    visit.operator()?;
    match ask(state, visit, id, command, until).await? {
        Ok(()) => Ok(done(id, word)),
        Err(why) => page(state, visit, id, Wanted::default(), empty(), Some(why)).await,
    }
}

fn done(id: &str, word: &str) -> Response {
    Redirect::to(&format!("{}/monitors?done={word}", station_href(id))).into_response()
}

/// Asks the station and waits a moment. `Err` within: why it does not do it.
async fn ask(
    state: &WebState,
    visit: &Visit,
    id: &str,
    command: Command,
    until: Until,
) -> Result<Result<(), String>, Fail> {
    let ask = Ask::new(&id.into(), command, &*visit.account.name);
    let row = match command::issue(&state.app, ask).await {
        Ok(row) => row,
        Err(CommandError::UnknownStation(_)) => return Err(Fail::NotFound),
        Err(CommandError::Store(error)) => return Err(error.into()),
        Err(error) => return Ok(Err(error.to_string())),
    };
    let row = command::wait(&state.app, row.id, until, WAIT).await?.unwrap_or(row);
    Ok(taken(&row))
}

fn taken(row: &CommandRow) -> Result<(), String> {
    match (row.state.as_str(), row.verdict.as_str(), row.outcome.as_str()) {
        ("answered", "accepted", "failed" | "lost") => Err(row.outcome_word.clone()),
        ("answered", "accepted", _) => Ok(()),
        (_, _, _) if row.reason.is_empty() => Err(row.state.clone()),
        _ => Err(row.reason.clone()),
    }
}
