//! Texts for displays by state and language.

use super::Click;
use crate::{
    WebState,
    front::Fail,
    login::{Signed, Visit},
    view::{TextForm, TextLine, TextsPage},
};
use axum::{
    Router,
    extract::{Path, State},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use csms::{
    store::{
        Tx, events,
        query::PAGE_MAX,
        sites, stations,
        texts::{self as rows, TextRow},
    },
    texts::{PRIORITIES, Place, STATES, check, fill, kept, removed},
};
use serde::Deserialize;

/// The routes.
pub fn routes() -> Router<WebState> {
    Router::new().route("/texts", get(list).post(keep)).route("/texts/{name}/remove", post(remove))
}

async fn list(State(state): State<WebState>, visit: Visit) -> Result<Response, Fail> {
    show(&state, &visit, TextForm::default(), None).await
}

async fn show(
    state: &WebState,
    visit: &Visit,
    form: TextForm,
    error: Option<String>,
) -> Result<Response, Fail> {
    visit.operator()?;
    let mut tx = state.app.db.read().await?;
    let found = rows::list(&mut tx).await?;
    let sites = sites::list(&mut tx, "", None, PAGE_MAX).await?;
    drop(tx);
    let sites: Vec<(String, String)> =
        sites.into_iter().map(|site| (site.id.to_string(), site.name)).collect();
    let rows = found.into_iter().map(|row| line(state, row, &sites)).collect();
    let states = STATES.iter().map(|(state, _)| *state).collect();
    visit.show(&TextsPage { rows, states, priorities: PRIORITIES, form, error, sites })
}

fn line(state: &WebState, row: TextRow, sites: &[(String, String)]) -> TextLine {
    let site = row.site_id.map(|site| site.to_string());
    let site = sites.iter().find(|(id, _)| Some(id) == site.as_ref()).map(|(_, name)| name.as_str());
    let sample = Place {
        price: "0.49 EUR/kWh".to_owned(),
        site: site.unwrap_or("Harbour"),
        phone: &state.app.config.displays.phone,
        station: row.station_id.as_deref().unwrap_or("HALL-7"),
    };
    TextLine {
        preview: fill(&row.body, &sample),
        place: row.station_id.clone().or(site.map(str::to_owned)).unwrap_or_default(),
        name: row.name,
        state: row.state,
        language: row.language,
        priority: row.priority,
        body: row.body,
    }
}

#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
struct Wish {
    name: String,
    state: String,
    language: String,
    body: String,
    priority: String,
    station: String,
    site: String,
}

async fn keep(State(state): State<WebState>, signed: Signed<Wish>) -> Result<Response, Fail> {
    let Signed { visit, form } = signed;
    visit.operator()?;
    let some = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    let row = TextRow {
        name: form.name.trim().to_owned(),
        number: 0,
        state: form.state.clone(),
        language: form.language.trim().to_owned(),
        body: form.body.trim().to_owned(),
        priority: form.priority.clone(),
        station_id: some(&form.station),
        site_id: form.site.trim().parse().ok(),
        changed_at: visit.shell.now,
    };
    let says = |key: &str, values: &[(&str, &dyn std::fmt::Display)]| {
        visit.shell.lang.catalog().text(key, values).unwrap_or_default()
    };
    let mut error = check(&row).err().map(|fault| fault.to_string());
    let mut tx = state.app.db.write().await?;
    rows::lock(&mut tx).await?;
    // A text for one site must not become one for all of them.
    if error.is_none() && !form.site.trim().is_empty() && !is_site(&mut tx, row.site_id).await? {
        error = Some(says("texts.error_site", &[]));
    }
    if let (None, Some(station)) = (&error, &row.station_id)
        && stations::find(&mut tx, station).await?.is_none()
    {
        error = Some(says("texts.error_station", &[("station", station)]));
    }
    if error.is_none() && !rows::put(&mut tx, &row).await? {
        error = Some(says("texts.error_many", &[("most", &rows::TEXTS_MAX)]));
    }
    if error.is_some() {
        drop(tx);
        let Wish { name, state: in_state, language, body, priority, station, site } = form;
        let form = TextForm { name, state: in_state, language, body, priority, station, site };
        return show(&state, &visit, form, error).await;
    }
    let told = kept(&state.app.ids, visit.shell.now, &row, &visit.account.name);
    events::add(&mut tx, &told).await?;
    tx.commit().await?;
    tracing::info!(text = row.name, by = visit.account.name, "a text for displays was kept");
    state.app.texts.changed();
    Ok(Redirect::to("/texts?done=display-kept").into_response())
}

async fn is_site(tx: &mut Tx, site: Option<i64>) -> Result<bool, Fail> {
    match site {
        Some(site) => Ok(sites::find(tx, site).await?.is_some()),
        None => Ok(false),
    }
}

async fn remove(
    State(state): State<WebState>,
    Path(name): Path<String>,
    signed: Signed<Click>,
) -> Result<Response, Fail> {
    let visit = signed.visit;
    visit.operator()?;
    let mut tx = state.app.db.write().await?;
    rows::lock(&mut tx).await?;
    if !rows::remove(&mut tx, &name).await? {
        return Err(Fail::NotFound);
    }
    events::add(&mut tx, &removed(&state.app.ids, visit.shell.now, &visit.account.name)).await?;
    tx.commit().await?;
    tracing::info!(text = name, by = visit.account.name, "a text for displays was removed");
    state.app.texts.changed();
    Ok(Redirect::to("/texts?done=display-kept").into_response())
}
