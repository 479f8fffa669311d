//! A person asks a station to do something: a form for each command, made of the command's type.

mod fields;
mod read;

use super::{encoded, station_href};
use crate::{
    WebState,
    front::Fail,
    login::{Signed, Visit},
    view::{AskField, AskPage, zone_of},
};
use axum::{
    Router,
    extract::{Path, Query, State},
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use chrono::TimeDelta;
use csms::{
    command::{self, Ask, CommandError, Until},
    store::stations,
};
use fields::{Field, Kind};
use serde::Deserialize;
use std::{collections::BTreeMap, time::Duration};

/// Somebody who has pressed the button is shown the answer, if it comes within this.
const WAIT: Duration = Duration::from_secs(5);
/// What a person asks for first of all, above the others.
const FIRST: [&str; 6] = ["reset", "unlock", "availability", "start", "stop", "trigger"];

/// The routes.
pub fn routes() -> Router<WebState> {
    Router::new()
        .route("/stations/{id}/ask", get(choose))
        .route("/stations/{id}/ask/{word}", get(form).post(ask))
}

#[derive(Deserialize)]
struct Wanted {
    #[serde(default)]
    command: String,
}

/// The choice; what was chosen in the list leads to its form.
async fn choose(
    State(state): State<WebState>,
    visit: Visit,
    Path(station): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Fail> {
    if fields::of(&wanted.command).is_some() {
        let href = format!("{}/ask/{}", station_href(&station), wanted.command);
        return Ok(Redirect::to(&href).into_response());
    }
    visit.operator()?;
    show(&state, &visit, &station, None, &BTreeMap::new(), None).await
}

async fn form(
    State(state): State<WebState>,
    visit: Visit,
    Path((station, word)): Path<(String, String)>,
    Query(given): Query<BTreeMap<String, String>>,
) -> Result<Response, Fail> {
    visit.operator()?;
    show(&state, &visit, &station, Some(&word), &given, None).await
}

async fn ask(
    State(state): State<WebState>,
    Path((station, word)): Path<(String, String)>,
    signed: Signed<BTreeMap<String, String>>,
) -> Result<Response, Fail> {
    let Signed { visit, form: sent } = signed;
    visit.operator()?;
    let fields = fields::of(&word).ok_or(Fail::NotFound)?;
    let again = async |error: String| show(&state, &visit, &station, Some(&word), &sent, Some(error)).await;
    let command = match read::command(&word, fields, &sent, zone_of(&visit.shell.zone)) {
        Ok(command) => command,
        Err(error) => return again(error).await,
    };
    let mut ask = Ask::new(&station.as_str().into(), command, &*visit.account.name);
    if let Some(hours) = sent.get("wait_hours").filter(|text| !text.is_empty()) {
        let hours = hours.parse::<i64>().ok().filter(|hours| (1..=720).contains(hours));
        let Some(hours) = hours else { return again("wait_hours: from 1 to 720".to_owned()).await };
        ask.expires_at = Some(visit.shell.now + TimeDelta::hours(hours));
    }
    // The form's own key: sent twice, the station is asked once.
    if let Some(key) = sent.get("key").filter(|key| !key.is_empty() && key.len() <= 64) {
        ask = ask.keyed(key.as_str());
    }
    let row = match command::issue(&state.app, ask).await {
        Ok(row) => row,
        Err(CommandError::UnknownStation(_)) => return Err(Fail::NotFound),
        Err(CommandError::Store(error)) => return Err(error.into()),
        Err(error) => return again(error.to_string()).await,
    };
    command::wait(&state.app, row.id, Until::Answer, WAIT).await?;
    Ok(Redirect::to(&format!("/commands/{}", row.id)).into_response())
}

async fn show(
    state: &WebState,
    visit: &Visit,
    station: &str,
    word: Option<&str>,
    given: &BTreeMap<String, String>,
    error: Option<String>,
) -> Result<Response, Fail> {
    let fields = match word {
        Some(word) => fields::of(word).ok_or(Fail::NotFound)?,
        None => &[],
    };
    if stations::find(&mut state.app.db.read().await?, station).await?.is_none() {
        return Err(Fail::NotFound);
    }
    let others = fields::words().filter(|word| !FIRST.contains(word));
    visit.show(&AskPage {
        href: station_href(station),
        station: station.to_owned(),
        online: state.app.hub.online(&station.into()),
        words: FIRST.into_iter().chain(others).collect(),
        word: word.map(str::to_owned),
        fields: fields.iter().map(|field| view(field, given)).collect(),
        key: state.app.ids.next().to_string(),
        wait_hours: given.get("wait_hours").cloned().unwrap_or_default(),
        zone: visit.shell.zone.clone(),
        history: format!("/commands?station={}", encoded(station)),
        error,
    })
}

fn view(field: &Field, given: &BTreeMap<String, String>) -> AskField {
    let (kind, choices, least) = match &field.kind {
        Kind::Text | Kind::Decimal => ("text", Vec::new(), None),
        Kind::Lines | Kind::Json => ("lines", Vec::new(), None),
        Kind::Number { least } => ("number", Vec::new(), *least),
        Kind::Choice(words) => ("choice", words.clone(), None),
        Kind::Tick => ("tick", Vec::new(), None),
        Kind::Instant => ("instant", Vec::new(), None),
    };
    AskField {
        value: given.get(&field.name).unwrap_or(&field.default).clone(),
        label: field.name.rsplit('.').next().unwrap_or_default().to_owned(),
        group: field.name.split_once('.').map(|(group, _)| group.to_owned()),
        name: field.name.clone(),
        json: field.kind == Kind::Json,
        needed: field.needed,
        kind,
        choices,
        least,
    }
}
