//! The scan-to-pay codes of a site: a sheet of stickers to print, codes to make and to revoke.

use super::{Click, encoded, station_href};
use crate::{
    WebState,
    front::Fail,
    login::{Signed, Visit},
    view::{Outlet, Sticker, StickersPage, qr},
};
use axum::{
    Router,
    extract::{Path, State},
    http::HeaderMap,
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use csms::{
    model::StationId,
    pay::{self, PayError},
    store::{
        Tx,
        pay::codes::{self, CodeRow},
        query::PAGE_MAX,
        row::StationRow,
        sites::{self, SiteRow},
        stations,
    },
};
use serde::Deserialize;
use std::collections::BTreeSet;

/// More than anybody prints at a time.
const STATIONS_MAX: usize = 2_000;

/// The routes.
pub fn routes() -> Router<WebState> {
    Router::new()
        .route("/sites/{id}/stickers", get(sheet).post(make))
        .route("/sites/{id}/stickers/revoke", post(revoke))
}

/// A station with its outlets and the codes of those on stickers.
struct Known {
    station: StationRow,
    outlets: BTreeSet<i64>,
    stickers: Vec<CodeRow>,
}

impl Known {
    fn without(&self) -> impl Iterator<Item = i64> + '_ {
        self.outlets.iter().copied().filter(|evse| !self.stickers.iter().any(|code| code.evse == *evse))
    }
}

async fn site(state: &WebState, id: &str) -> Result<(Tx, SiteRow), Fail> {
    let id = id.parse().map_err(|_| Fail::NotFound)?;
    let mut tx = state.app.db.read().await?;
    let row = sites::find(&mut tx, id).await?.ok_or(Fail::NotFound)?;
    Ok((tx, row))
}

/// The stations of a site.
async fn known(state: &WebState, tx: &mut Tx, site: i64) -> Result<Vec<Known>, Fail> {
    let now = state.app.clock.now();
    let filter = stations::Filter { site: Some(site), ..stations::Filter::default() };
    let mut found: Vec<Known> = Vec::new();
    loop {
        let after = found.last().map(|known| known.station.id.clone());
        let page = stations::list(tx, &filter, after.as_deref(), PAGE_MAX).await?;
        if page.is_empty() || found.len() >= STATIONS_MAX {
            return Ok(found);
        }
        for station in page {
            let outlets = stations::evses(tx, &station.id).await?.into_iter().map(|row| row.evse);
            let mut stickers = codes::of_station(tx, &station.id, now).await?;
            stickers.retain(|code| code.kind == "static");
            found.push(Known { outlets: outlets.filter(|evse| *evse > 0).collect(), stickers, station });
        }
    }
}

async fn sheet(
    State(state): State<WebState>,
    visit: Visit,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Response, Fail> {
    let (mut tx, site) = site(&state, &id).await?;
    let known = known(&state, &mut tx, site.id).await?;
    drop(tx);
    let base = crate::drive::base_url(&state, &headers);
    let mut page = StickersPage {
        site: site.id,
        site_name: site.name,
        operator: state.app.config.pay.operator.clone(),
        stickers: Vec::new(),
        without: Vec::new(),
        unreachable: !base.starts_with("https://"),
        base: base.clone(),
    };
    for one in known {
        let href = station_href(&one.station.id);
        page.without.extend(one.without().map(|evse| Outlet {
            station: one.station.id.clone(),
            station_href: href.clone(),
            evse,
        }));
        page.stickers.extend(one.stickers.iter().map(|code| {
            let url = format!("{base}/p/{}", code.code);
            Sticker {
                qr: qr(&url),
                url,
                code: code.code.clone(),
                station: one.station.id.clone(),
                station_href: href.clone(),
                evse: code.evse.to_string(),
                created_at: code.created_at,
            }
        }));
    }
    visit.show(&page)
}

/// A code for every outlet that has none.
async fn make(
    State(state): State<WebState>,
    Path(id): Path<String>,
    signed: Signed<Click>,
) -> Result<Response, Fail> {
    signed.visit.operator()?;
    let (mut tx, site) = site(&state, &id).await?;
    let known = known(&state, &mut tx, site.id).await?;
    drop(tx);
    for one in known {
        let evses: Vec<i64> = one.without().collect();
        if !evses.is_empty() {
            let station = StationId::from(one.station.id.as_str());
            let made = pay::sticker_codes(&state.app, &station, &evses).await?;
            record(&state, &signed.visit, &one.station.id, "code.created", made.len()).await?;
        }
    }
    Ok(Redirect::to(&format!("/sites/{}/stickers?done=codes-made", site.id)).into_response())
}

#[derive(Deserialize)]
struct Revoked {
    code: String,
}

async fn revoke(
    State(state): State<WebState>,
    Path(id): Path<String>,
    signed: Signed<Revoked>,
) -> Result<Response, Fail> {
    signed.visit.operator()?;
    let (mut tx, site) = site(&state, &id).await?;
    let row = codes::find(&mut tx, &signed.form.code).await?.ok_or(Fail::NotFound)?;
    let station = stations::find(&mut tx, &row.station_id).await?;
    drop(tx);
    // A form of one site does not reach into another.
    if station.and_then(|station| station.site_id) != Some(site.id) {
        return Err(Fail::NotFound);
    }
    match pay::revoke_code(&state.app, &row.code).await {
        Ok(()) => record(&state, &signed.visit, &row.station_id, "code.revoked", 1).await?,
        // It is revoked already.
        Err(PayError::NoCode) => {}
        Err(error) => return Err(error.into()),
    }
    let site = encoded(&site.id.to_string());
    Ok(Redirect::to(&format!("/sites/{site}/stickers?done=code-revoked")).into_response())
}

async fn record(
    state: &WebState,
    visit: &Visit,
    station: &str,
    kind: &str,
    codes: usize,
) -> Result<(), Fail> {
    let mut tx = state.app.db.write().await?;
    tracing::info!(station, codes, by = visit.account.name, kind, "codes to pay with have changed");
    super::record(state, &mut tx, visit.shell.now, station, kind, &visit.account.name).await?;
    Ok(tx.commit().await?)
}
