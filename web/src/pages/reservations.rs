//! Reservations: which there are, making one, and giving one up.

use super::{Click, ROWS, moment, station_href, turn};
use crate::{
    WebState,
    front::Fail,
    login::{Signed, Visit},
    view::{ReservationLine, ReservationsPage, zone_of},
};
use axum::{
    Router,
    extract::{Path, Query, State},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use chrono::TimeDelta;
use csms::{
    reservation::{self, ReserveError, Wish},
    store::{
        Tx,
        reservations::{self as rows, Filter, ReservationRow},
        tariffs::masked,
    },
};
use serde::Deserialize;
use std::time::Duration;

/// A person waits so long for the station's answer; the page says afterwards how it stands.
const WAIT: Duration = Duration::from_secs(10);
/// No calendar has that day.
const TOO_LONG: &str = "it ends beyond any calendar";
const WHOLE: &str = "outlet and minutes are whole numbers above 0";
/// Shown on the page of a station.
const OF_STATION: i64 = 5;

/// The routes.
pub fn routes() -> Router<WebState> {
    Router::new()
        .route("/reservations", get(list).post(create))
        .route("/reservations/{id}/cancel", post(cancel))
}

#[derive(Deserialize)]
struct Wanted {
    #[serde(default)]
    station: String,
    #[serde(default)]
    open: String,
    #[serde(default)]
    before: String,
}

async fn list(
    State(state): State<WebState>,
    visit: Visit,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Fail> {
    let page = ReservationsPage {
        station: wanted.station,
        open: wanted.open == "1",
        minutes: "30".to_owned(),
        ..ReservationsPage::default()
    };
    show(&state, &visit, page, wanted.before.parse().ok()).await
}

async fn show(
    state: &WebState,
    visit: &Visit,
    page: ReservationsPage,
    before: Option<i64>,
) -> Result<Response, Fail> {
    let station = Some(page.station.trim().to_owned()).filter(|station| !station.is_empty());
    let filter = Filter { station, open: page.open, ..Filter::default() };
    let mut found = rows::list(&mut state.app.db.read().await?, &filter, before, ROWS + 1).await?;
    let kept = [("station", page.station.as_str()), ("open", if page.open { "1" } else { "" })];
    visit.show(&ReservationsPage {
        pager: turn(&mut found, "/reservations", &kept, ("before", before.is_some()), |row| {
            row.id.to_string()
        }),
        rows: found.into_iter().map(line).collect(),
        ..page
    })
}

fn line(row: ReservationRow) -> ReservationLine {
    let open = row.is_open();
    let tone = match row.state.as_str() {
        "held" | "used" => "ok",
        "asked" => "run",
        "no-show" | "refused" => "bad",
        "removed" => "held",
        _ => "off",
    };
    ReservationLine {
        href: station_href(&row.station_id),
        station: row.station_id,
        place: if row.evse > 0 { row.evse.to_string() } else { row.connector_type },
        token: masked(row.token_uid, &row.token_kind),
        group: row.group_uid.unwrap_or_default(),
        from: row.from_at,
        until: row.expires_at,
        leaving: open && !row.cancelled_by.is_empty(),
        open,
        state: row.state,
        tone,
        reason: row.reason,
        by: row.asked_by,
        session: row.session_id.map(|id| id.to_string()),
        price: row.total_incl,
        currency: row.currency,
        id: row.id.to_string(),
    }
}

/// Those of a station that are not over.
pub(super) async fn of_station(tx: &mut Tx, station: &str) -> Result<Vec<ReservationLine>, Fail> {
    let filter = Filter { station: Some(station.to_owned()), open: true, ..Filter::default() };
    Ok(rows::list(tx, &filter, None, OF_STATION).await?.into_iter().map(line).collect())
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct New {
    station: String,
    evse: String,
    connector_type: String,
    token: String,
    group: String,
    from: String,
    minutes: String,
}

impl New {
    fn wish(&self, visit: &Visit) -> Result<Wish, String> {
        let given = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let evse = match self.evse.trim() {
            "" => None,
            text => Some(text.parse::<u32>().ok().filter(|evse| *evse > 0).ok_or(WHOLE)?),
        };
        let minutes = self.minutes.trim().parse::<u32>().map_err(|_| WHOLE)?;
        let connector_type = given(&self.connector_type);
        if evse.is_some() && connector_type.is_some() {
            return Err("give the outlet or the type of connector, not both".to_owned());
        }
        let from = moment::read(&self.from, zone_of(&visit.shell.zone))?;
        if from.is_some_and(|from| from < visit.shell.now - TimeDelta::minutes(1)) {
            return Err("it begins in the past; leave the time out for now".to_owned());
        }
        let lasts = TimeDelta::minutes(i64::from(minutes));
        Ok(Wish {
            station: self.station.trim().into(),
            evse,
            connector_type,
            token: self.token.clone(),
            token_kind: None,
            group: given(&self.group),
            expires_at: from.unwrap_or(visit.shell.now).checked_add_signed(lasts).ok_or(TOO_LONG)?,
            from,
        })
    }
}

async fn create(State(state): State<WebState>, signed: Signed<New>) -> Result<Response, Fail> {
    let Signed { visit, form } = signed;
    visit.operator()?;
    let made = match form.wish(&visit) {
        Ok(wish) => match reservation::make(&state.app, wish, &visit.account.name, None).await {
            Ok(row) => Ok(row),
            Err(ReserveError::Store(error)) => return Err(error.into()),
            Err(error) => Err(error.to_string()),
        },
        Err(why) => Err(why),
    };
    let row = match made {
        Ok(row) => row,
        Err(why) => {
            let New { station, evse, connector_type, token, group, from, minutes } = form;
            let page = ReservationsPage {
                station,
                evse,
                connector_type,
                token,
                group,
                from,
                minutes,
                error: Some(why),
                ..ReservationsPage::default()
            };
            return show(&state, &visit, page, None).await;
        }
    };
    let row = reservation::ask(&state.app, row.id, WAIT).await?.unwrap_or(row);
    let word = match row.state.as_str() {
        "held" => "reservation-held",
        "asked" | "planned" => "reservation-asked",
        // The list says what the station has answered.
        _ => "",
    };
    Ok(Redirect::to(&format!("/reservations?done={word}")).into_response())
}

async fn cancel(
    State(state): State<WebState>,
    Path(id): Path<i64>,
    signed: Signed<Click>,
) -> Result<Response, Fail> {
    let visit = signed.visit;
    visit.operator()?;
    if rows::find(&mut state.app.db.read().await?, id).await?.is_none() {
        return Err(Fail::NotFound);
    }
    // It may be over meanwhile; the page says how it stands.
    let told = if reservation::cancel(&state.app, id, &visit.account.name).await? {
        reservation::ask(&state.app, id, WAIT).await?;
        "?done=reservation-cancelled"
    } else {
        ""
    };
    Ok(Redirect::to(&format!("/reservations{told}")).into_response())
}
