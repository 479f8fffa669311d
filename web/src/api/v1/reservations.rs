//! Reservations: outlets that are kept for somebody.

use super::{
    again::Once,
    caller::Asker,
    etag::Tagged,
    input::{Asked, At, Sent, id},
    op::Op,
    page::{self, Page},
    problem,
};
use crate::{WebState, api::Problem};
use axum::{
    Json,
    extract::State,
    http::{StatusCode, header::LOCATION},
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use csms::{
    api_key::Scope,
    reservation::{self, ReserveError, Wish},
    store::{
        reservations::{self as rows, ReservationRow},
        tariffs::masked,
    },
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::time::Duration;

const TAG: &str = "Reservations";
/// A request ends after 75 seconds, whatever happens.
const WAIT_MAX_S: u64 = 60;
const WAIT_S: u64 = 30;

/// The operations.
pub fn operations() -> Vec<Op> {
    vec![
        Op::get("/reservations", "listReservations", Scope::Read, list)
            .says(TAG, "Reservations, the newest first")
            .query::<Wanted>()
            .answers::<Page<Reservation>>(StatusCode::OK, "A page"),
        Op::post("/reservations", "createReservation", Scope::Command, create)
            .says(
                TAG,
                "Keep an outlet for an identifier of ours and its group. The station is asked at once, or when `from` has \
                 come; `state` says what it has answered.",
            )
            .query::<How>()
            .body::<NewReservation>()
            .answers::<Reservation>(StatusCode::CREATED, "It is kept, or will be: `held`, `planned`, or `asked` while the station has not answered")
            .problem(StatusCode::CONFLICT, "Somebody has the outlet then, or the station refuses: `error` is the reservation, `reason` its word")
            .problem(StatusCode::UNPROCESSABLE_ENTITY, "The station cannot keep that, or a field is wrong"),
        Op::get("/reservations/{id}", "getReservation", Scope::Read, show)
            .says(TAG, "How a reservation stands")
            .answers::<Reservation>(StatusCode::OK, "The reservation")
            .tagged(),
        Op::delete("/reservations/{id}", "cancelReservation", Scope::Command, cancel)
            .says(TAG, "Give a reservation up. A station that holds it is told, at once or when it connects")
            .query::<How>()
            .answers::<Reservation>(StatusCode::OK, "It is given up, or will be as soon as the station is told: `cancelled_by` says who wants it")
            .problem(StatusCode::CONFLICT, "It is over"),
    ]
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ReservationFilter")]
struct Wanted {
    /// At this station.
    station: Option<String>,
    /// `planned`, `asked`, `held`, `used`, `cancelled`, `expired`, `no-show`, `refused` or `removed`.
    state: Option<String>,
    /// For this identifier.
    token: Option<String>,
    /// Only those that are not over.
    #[serde(default)]
    open: bool,
    limit: Option<i64>,
    cursor: Option<String>,
}

/// How long the caller stays for the station's answer.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ReservationWait")]
struct How {
    /// Seconds; 0 = not at all.
    #[serde(default)]
    #[schemars(range(min = 0, max = 60), extend("default" = 30))]
    wait_s: Option<u64>,
}

impl How {
    fn wait(&self) -> Result<Duration, Problem> {
        match self.wait_s.unwrap_or(WAIT_S) {
            seconds @ 0..=WAIT_MAX_S => Ok(Duration::from_secs(seconds)),
            _ => Err(problem::query(format!("wait_s: from 0 to {WAIT_MAX_S}"))),
        }
    }
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewReservation {
    station_id: String,
    /// Absent: any outlet of the station, if it can keep that.
    #[schemars(range(min = 1))]
    evse: Option<u32>,
    /// Any outlet with such a connector, e.g. `cCCS2`; OCPP 2.x only.
    connector_type: Option<String>,
    /// An identifier of ours; members of its group may use the reservation as well.
    token: String,
    /// Where several identifiers have the same text: of which kind it is.
    token_kind: Option<String>,
    /// Members of this group may use it; absent: those of the identifier's own group.
    group: Option<String>,
    /// Absent: from now.
    from: Option<DateTime<Utc>>,
    /// At most 7 days after it begins.
    expires_at: DateTime<Utc>,
}

/// A reservation and how it stands.
#[derive(Debug, Serialize, JsonSchema)]
struct Reservation {
    /// Also its number at the station.
    id: String,
    station_id: String,
    /// Absent: any.
    evse: Option<i64>,
    connector_type: Option<String>,
    token: String,
    token_kind: String,
    group: Option<String>,
    from: DateTime<Utc>,
    expires_at: DateTime<Utc>,
    asked_by: String,
    created_at: DateTime<Utc>,
    /// `planned`, `asked`, `held`, `used`, `cancelled`, `expired`, `no-show`, `refused` or `removed`.
    state: String,
    /// The station's word, or ours.
    reason: Option<String>,
    /// Who wants it given up.
    cancelled_by: Option<String>,
    /// That used it.
    session_id: Option<String>,
    ended_at: Option<DateTime<Utc>>,
    /// What the tariff asks for the reservation itself; shown, and not charged from here.
    price: Option<Price>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ReservationPrice")]
struct Price {
    currency: String,
    total_excl: String,
    total_incl: String,
}

async fn list(
    State(state): State<WebState>,
    Asked(wanted): Asked<Wanted>,
) -> Result<Json<Page<Reservation>>, Problem> {
    let limit = page::limit(wanted.limit)?;
    let before = page::after(wanted.cursor.as_deref())?;
    let filter =
        rows::Filter { station: wanted.station, state: wanted.state, token: wanted.token, open: wanted.open };
    let found = rows::list(&mut state.app.db.read().await?, &filter, before, limit + 1).await?;
    Ok(Json(Page::new(found, limit, |row| row.id.to_string(), view)))
}

async fn find(state: &WebState, text: &str) -> Result<ReservationRow, Problem> {
    let number = id("reservation", text)?;
    let row = rows::find(&mut state.app.db.read().await?, number).await?;
    row.ok_or_else(|| problem::missing("reservation", text))
}

async fn show(State(state): State<WebState>, At(id): At<String>) -> Result<Tagged<Reservation>, Problem> {
    Ok(Tagged(view(find(&state, &id).await?)))
}

async fn create(
    State(state): State<WebState>,
    asker: Asker,
    once: Once,
    Asked(how): Asked<How>,
    Sent(new): Sent<NewReservation>,
) -> Result<Response, Problem> {
    let wait = how.wait()?;
    if let Some(made) = once.made() {
        return answered(&state, find(&state, made).await?, wait).await;
    }
    if new.evse == Some(0) {
        return Err(problem::field("evse", "from 1; leave it out for any"));
    }
    let wish = Wish {
        station: new.station_id.as_str().into(),
        evse: new.evse,
        connector_type: new.connector_type,
        token: new.token,
        token_kind: new.token_kind,
        group: new.group,
        from: new.from,
        expires_at: new.expires_at,
    };
    let made = reservation::make(&state.app, wish, &asker.name, once.request()).await.map_err(refused)?;
    answered(&state, made, wait).await
}

/// What the station says of one that was made.
async fn answered(state: &WebState, made: ReservationRow, wait: Duration) -> Result<Response, Problem> {
    let row = reservation::ask(&state.app, made.id, wait).await?.unwrap_or(made);
    let location = super::location("reservations", &row.id.to_string());
    if matches!(row.state.as_str(), "refused" | "expired") {
        let why = format!("the station does not keep it: {}", row.reason);
        let told = serde_json::to_value(view(row)).unwrap_or_default();
        return Ok(problem::conflict("refused", why).error(told).into_response());
    }
    Ok((StatusCode::CREATED, [(LOCATION, location)], Tagged(view(row))).into_response())
}

fn refused(error: ReserveError) -> Problem {
    let why = error.to_string();
    match error {
        ReserveError::UnknownStation(_) => problem::field("station_id", why),
        ReserveError::UnknownEvse { .. } => problem::field("evse", why),
        ReserveError::UnknownToken(_) | ReserveError::BadToken { .. } => problem::field("token", why),
        ReserveError::Group => problem::field("group", why),
        ReserveError::Time(_) => problem::field("expires_at", why),
        ReserveError::ConnectorType => problem::field("connector_type", why),
        ReserveError::Unsupported(_) => {
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "unsupported", "The station cannot keep that")
                .detail(why)
        }
        ReserveError::Taken { .. } | ReserveError::Full { .. } => problem::conflict("reserved", why),
        ReserveError::InUse(_) => problem::conflict("in-use", why),
        ReserveError::Crowded { .. } => problem::conflict("too-many", why),
        ReserveError::Store(error) => error.into(),
    }
}

async fn cancel(
    State(state): State<WebState>,
    asker: Asker,
    At(text): At<String>,
    Asked(how): Asked<How>,
) -> Result<Json<Reservation>, Problem> {
    let wait = how.wait()?;
    let row = find(&state, &text).await?;
    if !reservation::cancel(&state.app, row.id, &asker.name).await? {
        return Err(problem::conflict("over", format!("It is over: {}", row.state)));
    }
    let row = reservation::ask(&state.app, row.id, wait).await?.unwrap_or(row);
    Ok(Json(view(row)))
}

fn view(row: ReservationRow) -> Reservation {
    let given = |text: String| Some(text).filter(|text| !text.is_empty());
    let price = (!row.total_incl.is_empty()).then_some(Price {
        currency: row.currency,
        total_excl: row.total_excl,
        total_incl: row.total_incl,
    });
    Reservation {
        id: row.id.to_string(),
        station_id: row.station_id,
        evse: Some(row.evse).filter(|evse| *evse > 0),
        connector_type: given(row.connector_type),
        token: masked(row.token_uid, &row.token_kind),
        token_kind: row.token_kind,
        group: row.group_uid,
        from: row.from_at,
        expires_at: row.expires_at,
        asked_by: row.asked_by,
        created_at: row.created_at,
        state: row.state,
        reason: given(row.reason),
        cancelled_by: given(row.cancelled_by),
        session_id: row.session_id.map(|id| id.to_string()),
        ended_at: row.ended_at,
        price,
    }
}
