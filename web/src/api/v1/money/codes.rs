//! Codes that lead a driver's phone to the payment page of an EVSE: those on stickers, those that are good for a while, and
//! how it stands with those that stations make themselves.

use super::refused;
use crate::{
    WebState,
    api::{
        Problem,
        v1::{
            caller::Asker,
            input::{Asked, At, Sent},
            op::Op,
            page::{self, Page},
            problem, record_at,
        },
    },
};
use axum::{Json, extract::State, http::StatusCode};
use chrono::{DateTime, TimeDelta, Utc};
use csms::{
    api_key::Scope,
    model::StationId,
    pay::{self, PayError},
    store::{
        pay::codes::{self, CodeRow, Filter},
        station_codes, stations,
    },
};
use payments::code::Wanted as Limits;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

const TAG: &str = "Payment codes";
/// EVSEs that get their stickers' codes at one time, and the highest of a station.
const EVSES_MAX: usize = 200;
const EVSE_MAX: i64 = 1_000;
/// A code that is made for a while is good for so many minutes, if nothing is said and at most.
const MINUTES: i64 = 15;
const MINUTES_MAX: i64 = 24 * 60;

/// The operations.
pub fn operations() -> Vec<Op> {
    vec![
        Op::get("/codes", "listCodes", Scope::Read, list)
            .says(TAG, "Codes on stickers and displays that are kept. What is signed for a while is kept nowhere")
            .query::<Wanted>()
            .answers::<Page<Code>>(StatusCode::OK, "A page"),
        Op::get("/codes/{code}", "getCode", Scope::Read, show)
            .says(TAG, "One code")
            .answers::<Code>(StatusCode::OK, "The code"),
        Op::delete("/codes/{code}", "revokeCode", Scope::Config, revoke)
            .says(TAG, "Let a code lead nowhere any more: its sticker was lost, or somebody put another over it")
            .done("It holds no more")
            .problem(StatusCode::CONFLICT, "It does not hold already"),
        Op::post("/stations/{id}/codes", "createCodes", Scope::Config, create)
            .says(TAG, "The sticker's code of each of these EVSEs: the one there is, or a new one. A sticker stays")
            .body::<New>()
            .answers::<Page<Code>>(StatusCode::OK, "A code for each EVSE"),
        Op::post("/stations/{id}/codes/dynamic", "signCode", Scope::Config, sign)
            .says(TAG, "A code of an EVSE that is good for a while, e.g. for a screen of yours. It is signed and kept nowhere")
            .body::<NewDynamic>()
            .answers::<Dynamic>(StatusCode::OK, "The code"),
        Op::get("/stations/{id}/own-codes", "getOwnCodes", Scope::Read, own)
            .says(TAG, "How it stands with the codes that a station (OCPP 2.1) makes itself. Its secret is not told")
            .answers::<Own>(StatusCode::OK, "How it stands"),
    ]
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "CodeFilter")]
struct Wanted {
    /// At this station.
    station: Option<String>,
    /// Those as well that do not hold any more.
    #[serde(default)]
    all: bool,
    limit: Option<i64>,
    cursor: Option<String>,
}

/// A code.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "PaymentCode")]
struct Code {
    code: String,
    /// Where it leads; absent while `web.public_url` is not set.
    url: Option<String>,
    station_id: String,
    evse: i64,
    /// `static` (a sticker) or `dynamic`.
    kind: String,
    expires_at: Option<DateTime<Utc>>,
    revoked_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewCodes")]
struct New {
    #[schemars(length(min = 1, max = 200), inner(range(min = 1, max = 1000)))]
    evses: Vec<i64>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewDynamicCode")]
struct NewDynamic {
    #[schemars(range(min = 1, max = 1000))]
    evse: i64,
    #[serde(default)]
    #[schemars(range(min = 1, max = 1440), extend("default" = 15))]
    minutes: Option<i64>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "DynamicCode")]
struct Dynamic {
    code: String,
    url: Option<String>,
    expires_at: DateTime<Utc>,
}

/// Codes that a station makes.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "OwnCodes")]
struct Own {
    /// `set`, `refused` or `unsupported`; absent: the station was never told.
    state: Option<String>,
    detail: String,
    changed_at: Option<DateTime<Utc>>,
}

fn url(state: &WebState, code: &str) -> Option<String> {
    let base = state.app.config.web.public_url.trim().trim_end_matches('/');
    (!base.is_empty()).then(|| format!("{base}/p/{code}"))
}

async fn list(
    State(state): State<WebState>,
    Asked(wanted): Asked<Wanted>,
) -> Result<Json<Page<Code>>, Problem> {
    let limit = page::limit(wanted.limit)?;
    let good_at = (!wanted.all).then(|| state.app.clock.now());
    let filter = Filter { station: wanted.station, good_at };
    let found =
        codes::page(&mut state.app.db.read().await?, &filter, wanted.cursor.as_deref(), limit + 1).await?;
    Ok(Json(Page::new(found, limit, |row| row.code.clone(), |row| view(&state, row))))
}

async fn find(state: &WebState, code: &str) -> Result<CodeRow, Problem> {
    let row = codes::find(&mut state.app.db.read().await?, code).await?;
    row.ok_or_else(|| problem::missing("code", code))
}

async fn show(State(state): State<WebState>, At(code): At<String>) -> Result<Json<Code>, Problem> {
    Ok(Json(view(&state, find(&state, &code).await?)))
}

async fn revoke(
    State(state): State<WebState>,
    asker: Asker,
    At(code): At<String>,
) -> Result<StatusCode, Problem> {
    let row = find(&state, &code).await?;
    match pay::revoke_code(&state.app, &row.code).await {
        Err(PayError::NoCode) => return Err(problem::conflict("over", "The code does not hold already")),
        other => other.map_err(|error| refused(error, &code))?,
    }
    told(&state, &row.station_id, "code.revoked", &asker).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn told(state: &WebState, station: &str, kind: &str, asker: &Asker) -> Result<(), Problem> {
    let mut tx = state.app.db.write().await?;
    record_at(state, &mut tx, station, kind, asker).await?;
    Ok(tx.commit().await?)
}

async fn station(state: &WebState, id: &str) -> Result<StationId, Problem> {
    let row = stations::find(&mut state.app.db.read().await?, id).await?;
    row.map(|row| row.id.as_str().into()).ok_or_else(|| problem::missing("station", id))
}

async fn create(
    State(state): State<WebState>,
    asker: Asker,
    At(id): At<String>,
    Sent(new): Sent<New>,
) -> Result<Json<Page<Code>>, Problem> {
    let station = station(&state, &id).await?;
    let mut evses = new.evses;
    evses.sort_unstable();
    evses.dedup();
    if evses.is_empty() || evses.len() > EVSES_MAX || !evses.iter().all(|evse| (1..=EVSE_MAX).contains(evse))
    {
        return Err(problem::field("evses", format!("1 to {EVSES_MAX} numbers from 1 to {EVSE_MAX}")));
    }
    let asked = state.app.clock.now();
    let made = pay::sticker_codes(&state.app, &station, &evses).await.map_err(|error| refused(error, &id))?;
    // Those that were there already are given again.
    if made.iter().any(|row| row.created_at >= asked) {
        told(&state, &station, "code.created", &asker).await?;
    }
    Ok(Json(Page { items: made.into_iter().map(|row| view(&state, row)).collect(), next: None }))
}

async fn sign(
    State(state): State<WebState>,
    At(id): At<String>,
    Sent(new): Sent<NewDynamic>,
) -> Result<Json<Dynamic>, Problem> {
    let station = station(&state, &id).await?;
    if !(1..=EVSE_MAX).contains(&new.evse) {
        return Err(problem::field("evse", format!("from 1 to {EVSE_MAX}")));
    }
    let minutes = new.minutes.unwrap_or(MINUTES);
    if !(1..=MINUTES_MAX).contains(&minutes) {
        return Err(problem::field("minutes", format!("from 1 to {MINUTES_MAX}")));
    }
    let (now, life) = (state.app.clock.now(), TimeDelta::minutes(minutes));
    let code = state.app.codes.sign(&station, new.evse, Limits::default(), now, life);
    Ok(Json(Dynamic { url: url(&state, &code), code, expires_at: now + life }))
}

async fn own(State(state): State<WebState>, At(id): At<String>) -> Result<Json<Own>, Problem> {
    let station = station(&state, &id).await?;
    let known = station_codes::find(&mut state.app.db.read().await?, &station).await?;
    let (word, detail, changed_at) =
        known.map(|row| (Some(row.state), row.detail, Some(row.changed_at))).unwrap_or_default();
    Ok(Json(Own { state: word, detail, changed_at }))
}

fn view(state: &WebState, row: CodeRow) -> Code {
    Code {
        url: url(state, &row.code),
        code: row.code,
        station_id: row.station_id,
        evse: row.evse,
        kind: row.kind,
        expires_at: row.expires_at,
        revoked_at: row.revoked_at,
        created_at: row.created_at,
    }
}
