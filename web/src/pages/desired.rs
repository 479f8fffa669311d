//! What one station shall be like: the section of its page, and its buttons.

mod form;

use super::{Click, encoded, record, station_href};
use crate::{
    WebState,
    front::Fail,
    login::{Signed, Visit},
    view::{DesiredLine, WishForm, WishPage},
};
use axum::{
    Router,
    extract::{Path, State},
    response::{IntoResponse, Redirect, Response},
    routing::post,
};
use csms::{
    desired::{self, Kind, Wish, WishError, password},
    grid,
    model::StationId,
    store::{
        Tx,
        desired::{self as rows, DesiredRow},
        stations,
    },
};
use serde::Deserialize;

/// The routes.
pub fn routes() -> Router<WebState> {
    Router::new()
        .route("/stations/{id}/desired", post(set))
        .route("/stations/{id}/desired/profile", post(form::profile))
        .route("/stations/{id}/desired/certificate", post(form::certificate))
        .route("/stations/{id}/desired/forget", post(forget))
        .route("/stations/{id}/desired/try", post(hurry))
        .route("/stations/{id}/desired/password", post(rotate))
}

/// All that a station shall be; what load management keeps there stands beside what is wished.
pub async fn shown(state: &WebState, tx: &mut Tx, station: &str) -> Result<Vec<DesiredLine>, Fail> {
    let online = state.app.hub.online(&station.into());
    let mut lines: Vec<DesiredLine> =
        rows::of_station(tx, station).await?.into_iter().map(|row| line(row, online)).collect();
    lines.extend(grid::fallbacks(tx, station).await?.into_iter().map(|row| led(row, online)));
    Ok(lines)
}

fn tone(state: desired::State) -> &'static str {
    use desired::State;
    match state {
        State::InStep => "ok",
        State::Drifted | State::OnItsWay | State::AfterBoot => "wait",
        State::Refused => "bad",
        State::Waits => "off",
    }
}

/// The default that load management keeps.
fn led(row: grid::Fallback, online: bool) -> DesiredLine {
    let state = row.state(online);
    DesiredLine {
        state: state.word(),
        tone: tone(state),
        kind: Kind::Profile.word().to_owned(),
        key: row.key,
        value: row.wanted.to_string(),
        acknowledged: row.acknowledged.map(|limit| limit.to_string()),
        reported: (!row.words.is_empty()).then_some(row.words),
        reported_at: row.checked_at,
        trouble: String::new(),
        again_at: None,
        drifts: 0,
        template: String::new(),
        by: row.site,
        led: true,
    }
}

fn line(row: DesiredRow, online: bool) -> DesiredLine {
    let state = desired::state(&row, online);
    let kind = Kind::of(&row.kind);
    let secret = kind.is_some_and(|kind| kind.is_secret(&row.key));
    let shown = |value: String| match kind {
        _ if secret => "***".to_owned(),
        Some(Kind::Profile) => desired::summary(&row.key, &value),
        _ => value,
    };
    DesiredLine {
        state: state.word(),
        tone: tone(state),
        led: false,
        value: shown(row.value),
        acknowledged: row.acknowledged.map(shown),
        reported: row.reported.map(shown),
        reported_at: row.reported_at,
        again_at: row.due_at.filter(|_| row.tries > 0),
        trouble: row.trouble,
        drifts: row.drifts,
        kind: row.kind,
        key: row.key,
        template: row.template,
        by: row.wanted_by,
    }
}

#[derive(Deserialize)]
struct Wanted {
    #[serde(default)]
    kind: String,
    #[serde(default)]
    key: String,
    #[serde(default)]
    value: String,
}

async fn set(
    State(state): State<WebState>,
    Path(id): Path<String>,
    signed: Signed<Wanted>,
) -> Result<Response, Fail> {
    let Signed { visit, form } = signed;
    visit.operator()?;
    let kind = Kind::of(&form.kind).ok_or(Fail::BadRequest)?;
    let wish = desired::wish(kind, form.key.trim(), form.value.trim());
    // What may be a secret is not shown again.
    let form = WishForm { kind: form.kind, key: form.key, ..WishForm::default() };
    kept(&state, &visit, Kept { station: &id, kind, wish, form }).await
}

/// A wish as a form has made it.
struct Kept<'a> {
    station: &'a str,
    kind: Kind,
    wish: Result<Wish, WishError>,
    form: WishForm,
}

/// Keeps a wish, or shows its form again with what is wrong.
async fn kept(state: &WebState, visit: &Visit, wanted: Kept<'_>) -> Result<Response, Fail> {
    let Kept { station: id, kind, wish, form } = wanted;
    let kept = async {
        let wish = wish?;
        let prepared = desired::prepare(vec![wish]).await?;
        let mut tx = state.app.db.write().await?;
        let (now, by) = (visit.shell.now, visit.account.name.as_str());
        desired::set_in(&mut tx, &id.into(), prepared, by, now).await?;
        Ok(tx)
    };
    let mut tx = match kept.await {
        Ok(tx) => tx,
        Err(WishError::Store(error)) => return Err(error.into()),
        Err(WishError::UnknownStation(_)) => return Err(Fail::NotFound),
        Err(error) => {
            return visit.show(&WishPage {
                href: station_href(id),
                station: id.to_owned(),
                shape: match kind {
                    Kind::Profile => "profile",
                    Kind::Certificate => "certificate",
                    Kind::Configuration | Kind::Availability | Kind::List => "",
                },
                wish: form,
                why: error.to_string(),
            });
        }
    };
    record(state, &mut tx, visit.shell.now, id, "station.desired", &visit.account.name).await?;
    tx.commit().await?;
    Ok(back(state, id, "desired-kept"))
}

/// The station is looked at, and its page is shown again.
fn back(state: &WebState, id: &str, done: &str) -> Response {
    let station: StationId = id.into();
    state.app.desires.changed(&station);
    state.app.live.touch(&station);
    Redirect::to(&format!("/stations/{}?done={done}#desired", encoded(id))).into_response()
}

async fn forget(
    State(state): State<WebState>,
    Path(id): Path<String>,
    signed: Signed<Wanted>,
) -> Result<Response, Fail> {
    let Signed { visit, form } = signed;
    visit.operator()?;
    let kind = Kind::of(&form.kind).ok_or(Fail::BadRequest)?;
    let mut tx = state.app.db.write().await?;
    let forgotten = desired::forget_in(&mut tx, &id.as_str().into(), kind, &form.key, visit.shell.now).await;
    match forgotten {
        Ok(true) => {}
        Ok(false) => return Err(Fail::NotFound),
        Err(WishError::Store(error)) => return Err(error.into()),
        Err(_) => return Err(Fail::BadRequest),
    }
    record(&state, &mut tx, visit.shell.now, &id, "station.desired", &visit.account.name).await?;
    tx.commit().await?;
    Ok(back(&state, &id, "desired-forgotten"))
}

async fn hurry(
    State(state): State<WebState>,
    Path(id): Path<String>,
    signed: Signed<Wanted>,
) -> Result<Response, Fail> {
    let Signed { visit, form } = signed;
    visit.operator()?;
    let kind = Kind::of(&form.kind).ok_or(Fail::BadRequest)?;
    let only = Some((kind, form.key.as_str()));
    if desired::hurry(&state.app.db, &id.as_str().into(), only, visit.shell.now).await? == 0 {
        return Err(Fail::NotFound);
    }
    Ok(back(&state, &id, "desired-tried"))
}

async fn rotate(
    State(state): State<WebState>,
    Path(id): Path<String>,
    signed: Signed<Click>,
) -> Result<Response, Fail> {
    let visit = signed.visit;
    visit.operator()?;
    let (app, now, station) = (&state.app, visit.shell.now, StationId::from(id.as_str()));
    if stations::find(&mut app.db.read().await?, &id).await?.is_none() {
        return Err(Fail::NotFound);
    }
    match password::rotate(&app.db, &app.vault, &station, &visit.account.name, now).await {
        Ok(()) => {}
        Err(WishError::Store(error)) => return Err(error.into()),
        Err(_) => return Err(Fail::BadRequest),
    }
    let mut tx = app.db.write().await?;
    record(&state, &mut tx, now, &id, "station.password", &visit.account.name).await?;
    tx.commit().await?;
    Ok(back(&state, &id, "password-rotated"))
}
