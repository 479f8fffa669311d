//! The list of tariffs.

use super::{ROWS, tariff::place, tariff_href, turn};
use crate::{
    WebState,
    front::Fail,
    i18n::Lang,
    login::Visit,
    view::{Glance, NextVersion, TariffLine, TariffsPage, ranged, word_of, zone_of},
};
use ::tariffs::Tariff;
use axum::{
    Router,
    extract::{Query, State},
    response::Response,
    routing::get,
};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use csms::store::{
    offers::{self, PlacedRow},
    tariffs::{self as rows, TariffRow},
    versions::VersionRow,
};
use serde::Deserialize;

/// Assignments shown of each tariff.
const PLACES: usize = 3;

/// The routes.
pub fn routes() -> Router<WebState> {
    Router::new().route("/tariffs", get(list))
}

#[derive(Deserialize)]
struct Wanted {
    #[serde(default)]
    after: String,
}

async fn list(
    State(state): State<WebState>,
    visit: Visit,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Fail> {
    let now = visit.shell.now;
    let after = Some(wanted.after.as_str()).filter(|after| !after.is_empty());
    let mut tx = state.app.db.read().await?;
    let mut found = rows::list(&mut tx, after, ROWS + 1).await?;
    let pager = turn(&mut found, "/tariffs", &[], ("after", after.is_some()), |row| row.id.clone());
    let (mut versions, mut placed) = (Vec::new(), Vec::new());
    if let (Some(first), Some(last)) = (found.first(), found.last()) {
        versions = offers::around(&mut tx, &first.id, &last.id, now).await?;
        placed = offers::assigned(&mut tx, &first.id, &last.id, now, PLACES as i64 + 1).await?;
    }
    drop(tx);
    let lang = visit.shell.lang;
    // Weeks of tariffs with very many prices take their time, in which others are to be served.
    let rows = tokio::task::spawn_blocking(move || {
        let own = |row: TariffRow| {
            let versions: Vec<_> = versions.iter().filter(|one| one.tariff_id == row.id).collect();
            let placed: Vec<_> = placed.iter().filter(|one| one.assignment.tariff_id == row.id).collect();
            line(row, &versions, &placed, now, lang)
        };
        found.into_iter().map(own).collect()
    });
    visit.show(&TariffsPage { rows: rows.await.map_err(|_| Fail::Busy)?, pager })
}

fn line(
    row: TariffRow,
    versions: &[&VersionRow],
    placed: &[&PlacedRow],
    now: DateTime<Utc>,
    lang: Lang,
) -> TariffLine {
    let active = versions.iter().find(|version| version.active_from <= now);
    let next = versions.iter().find(|version| version.active_from > now);
    let tariff = active.map(|version| Tariff::from_json(&version.body));
    // The row's name is that of the version published last, which may be one to come.
    let name = tariff.as_ref().and_then(|tariff| Some(tariff.as_ref().ok()?.name.clone()));
    let zone = placed.iter().find_map(|one| one.site_zone.as_deref()).map_or(Tz::UTC, zone_of);
    TariffLine {
        href: tariff_href(&row.id),
        glance: tariff.as_ref().and_then(|tariff| glance(tariff.as_ref().ok()?, now, zone, lang)),
        broken: matches!(tariff, Some(Err(_))),
        active: active.map(|version| version.version),
        next: next.map(|version| NextVersion { version: version.version, at: version.active_from }),
        places: placed.iter().take(PLACES).map(|one| place(one, now)).collect(),
        more: placed.len() > PLACES,
        id: row.id,
        name: name.unwrap_or(row.name),
        currency: row.currency,
        kind: row.kind,
    }
}

/// From the cheapest to the dearest of the present week; `None` if the tariff has no price that depends on quantity.
fn glance(tariff: &Tariff, now: DateTime<Utc>, zone: Tz, lang: Lang) -> Option<Glance> {
    let today = now.with_timezone(&zone).date_naive();
    let week = tariff.week(today, zone, None, lang.of_tariffs());
    let word = word_of(week.measure?);
    let free = week.most.is_zero();
    let price = if free { String::new() } else { ranged(week.least, week.most, tariff.currency) };
    Some(Glance { price, word, conditions: !week.notes.is_empty() })
}
