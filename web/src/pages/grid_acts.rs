//! What an operator does at a site's load management: on and off, and limits from outside. The plan has pages of its own.

use super::{
    Click,
    grid::{Refused, shown},
    moment, tell,
};
use crate::{
    WebState,
    front::Fail,
    login::{Signed, Visit},
    view::{GridLimitForm, zone_of},
};
use axum::{
    Router,
    extract::{Path, State},
    response::{IntoResponse, Redirect, Response},
    routing::post,
};
use csms::{
    event::list::{GridLimited, GridPlanned},
    grid::{
        limit::{self, LimitError, LimitWish},
        plan::{self, PlanError},
        switch::{self, SwitchError, switch},
    },
    store::grid,
};
use serde::Deserialize;

/// The routes.
pub fn routes() -> Router<WebState> {
    Router::new()
        .route("/grid/{site}/mode", post(set_mode))
        .route("/grid/{site}/limits", post(add_limit))
        .route("/grid/{site}/limits/{id}/remove", post(remove_limit))
}

fn back(site: i64) -> Response {
    Redirect::to(&format!("/grid/{site}?done=grid-kept")).into_response()
}

#[derive(Deserialize)]
struct Mode {
    #[serde(default)]
    mode: String,
}

async fn set_mode(
    State(state): State<WebState>,
    Path(site): Path<i64>,
    signed: Signed<Mode>,
) -> Result<Response, Fail> {
    let Signed { visit, form } = signed;
    visit.operator()?;
    let mode = switch::Mode::read(&form.mode).ok_or(Fail::NotFound)?;
    let mut tx = state.app.db.write().await?;
    match switch(&mut tx, site, mode, visit.shell.now).await {
        Ok(Some(_)) => {}
        Ok(None) => return Ok(back(site)),
        Err(SwitchError::NoPlan) => return Err(Fail::NotFound),
        Err(SwitchError::Plan(PlanError::Store(error))) => return Err(error.into()),
        Err(error @ (SwitchError::Wished(_) | SwitchError::Plan(_))) => {
            drop(tx);
            return shown(&state, &visit, site, Refused::Mode(error.to_string())).await;
        }
    }
    let by = visit.account.name.clone();
    let told = GridPlanned { site_id: site.to_string(), what: form.mode.clone(), by };
    tell(&state, &mut tx, &visit, &told).await?;
    tx.commit().await?;
    tracing::info!(
        site,
        mode = form.mode,
        by = visit.account.name,
        "the load management of a site was switched"
    );
    Ok(back(site))
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Sent {
    node: String,
    amps: String,
    watts: String,
    from: String,
    until: String,
    source: String,
    note: String,
}

impl Sent {
    fn wish(&self, visit: &Visit) -> Result<LimitWish, String> {
        let zone = zone_of(&visit.shell.zone);
        let most = match (self.amps.trim(), self.watts.trim()) {
            ("", "") => return Err("say how much is allowed, in A or in W".to_owned()),
            (amps, "") => limit::current(amps.parse().map_err(|error| format!("{error}"))?),
            ("", watts) => {
                limit::power(watts.parse().map_err(|_| format!("{watts:?} is no whole number of W"))?)
            }
            _ => return Err("say how much is allowed in A or in W, not both".to_owned()),
        };
        Ok(LimitWish {
            node: self.node.clone(),
            most,
            from: moment::read(&self.from, zone)?.unwrap_or(visit.shell.now),
            until: moment::read(&self.until, zone)?,
            source: self.source.clone(),
            note: self.note.trim().to_owned(),
        })
    }

    fn form(self) -> GridLimitForm {
        GridLimitForm {
            node: self.node,
            amps: self.amps,
            watts: self.watts,
            from: self.from,
            until: self.until,
            source: self.source,
            note: self.note,
        }
    }
}

fn limited(site: i64, limit: i64, what: &str, visit: &Visit) -> GridLimited {
    GridLimited {
        site_id: site.to_string(),
        limit_id: limit.to_string(),
        what: what.to_owned(),
        by: visit.account.name.clone(),
    }
}

async fn add_limit(
    State(state): State<WebState>,
    Path(site): Path<i64>,
    signed: Signed<Sent>,
) -> Result<Response, Fail> {
    let Signed { visit, form } = signed;
    visit.operator()?;
    let wish = match form.wish(&visit) {
        Ok(wish) => wish,
        Err(why) => return shown(&state, &visit, site, Refused::Limit(form.form(), why)).await,
    };
    let mut tx = state.app.db.write().await?;
    let plan = match plan::load(&mut tx, site).await {
        Ok(Some((_, plan))) => plan,
        Ok(None) => return Err(Fail::NotFound),
        Err(PlanError::Store(error)) => return Err(error.into()),
        Err(error @ PlanError::Unreadable(_)) => {
            drop(tx);
            return shown(&state, &visit, site, Refused::Limit(form.form(), error.to_string())).await;
        }
    };
    match limit::add(&mut tx, (site, &plan), state.app.ids.next(), wish, visit.shell.now).await {
        Ok(row) => {
            tell(&state, &mut tx, &visit, &limited(site, row.id, "added", &visit)).await?;
            tx.commit().await?;
            tracing::info!(site, limit = row.id, by = visit.account.name, "a site is limited");
            Ok(back(site))
        }
        Err(LimitError::Store(error)) => Err(error.into()),
        Err(error) => {
            drop(tx);
            shown(&state, &visit, site, Refused::Limit(form.form(), error.to_string())).await
        }
    }
}

async fn remove_limit(
    State(state): State<WebState>,
    Path((site, id)): Path<(i64, i64)>,
    signed: Signed<Click>,
) -> Result<Response, Fail> {
    let visit = signed.visit;
    visit.operator()?;
    let mut tx = state.app.db.write().await?;
    if !grid::remove_limit(&mut tx, site, id).await? {
        return Err(Fail::NotFound);
    }
    tell(&state, &mut tx, &visit, &limited(site, id, "removed", &visit)).await?;
    tx.commit().await?;
    tracing::info!(site, limit = id, by = visit.account.name, "a limit of a site is taken back");
    Ok(back(site))
}
