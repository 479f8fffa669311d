//! The tariff of a session in words, as it was when the session started.

use super::{station_href, tariff_href};
use crate::{
    WebState,
    front::Fail,
    login::Visit,
    view::{SessionTariffPage, TariffWords, zone_of},
};
use ::tariffs::Tariff;
use axum::{
    Router,
    extract::{Path, State},
    response::Response,
    routing::get,
};
use csms::store::{sessions, tariffs as rows};

/// The routes.
pub fn routes() -> Router<WebState> {
    Router::new().route("/sessions/{id}/tariff", get(show))
}

async fn show(State(state): State<WebState>, visit: Visit, Path(id): Path<String>) -> Result<Response, Fail> {
    let id = id.parse().map_err(|_| Fail::NotFound)?;
    let mut tx = state.app.db.read().await?;
    let row = sessions::find(&mut tx, id).await?.ok_or(Fail::NotFound)?;
    let hash = row.tariff_hash.clone().ok_or(Fail::NotFound)?;
    let body = rows::snapshot(&mut tx, &hash).await?.ok_or(Fail::NotFound)?;
    let tariff = Tariff::from_json(&body)
        .inspect_err(|error| tracing::error!(session = id, %error, "the tariff of a session cannot be read"))
        .ok();
    let known = match &tariff {
        Some(tariff) => rows::find(&mut tx, &tariff.id).await?,
        None => None,
    };
    drop(tx);
    visit.show(&SessionTariffPage {
        session: id,
        station_href: station_href(&row.station_id),
        station: row.station_id,
        started_at: row.started_at,
        zone: zone_of(&row.time_zone).name().to_owned(),
        tariff_href: known.map(|known| tariff_href(&known.id)),
        hash,
        words: tariff.as_ref().map(|tariff| TariffWords::of(tariff, visit.shell.lang)),
        id: tariff.as_ref().map(|tariff| tariff.id.clone()).unwrap_or_default(),
        name: tariff.map(|tariff| tariff.name).unwrap_or_default(),
    })
}
