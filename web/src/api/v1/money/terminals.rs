//! Card terminals: readers that are driven through their provider, cards that stations' own terminals have had
//! pre-authorised, and VAT numbers that stations have asked for.

use super::refused;
use crate::{
    WebState,
    api::{
        Problem,
        v1::{
            caller::Asker,
            input::{Asked, At, Sent, id, reference, text, word},
            op::Op,
            page::{self, Page},
            problem,
        },
    },
};
use axum::{
    Json,
    extract::State,
    http::{StatusCode, header::LOCATION},
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use csms::{
    api_key::Scope,
    pay::{PayError, kiosk},
    store::{
        holds::{self, HoldRow},
        readers::{self, ReaderRow},
        sites, stations,
        vat::{self, VatRow},
    },
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

const TAG: &str = "Card terminals";
const NAME_MAX: usize = 100;
const EVSE_MAX: i64 = 1_000;

/// The operations.
pub fn operations() -> Vec<Op> {
    vec![
        Op::get("/terminals", "listTerminals", Scope::Config, list)
            .says(TAG, "Readers in the order in which they were added, with the addresses of their pages")
            .query::<Wanted>()
            .answers::<Page<Terminal>>(StatusCode::OK, "A page"),
        Op::post("/terminals", "createTerminal", Scope::Config, create)
            .says(TAG, "Let a reader take money for a site, a station or an outlet. An account has a reader once")
            .body::<New>()
            .answers::<Terminal>(StatusCode::CREATED, "The reader")
            .problem(StatusCode::CONFLICT, "The account has this reader already, or drives no terminals"),
        Op::get("/terminals/{id}", "getTerminal", Scope::Config, show)
            .says(TAG, "One reader")
            .answers::<Terminal>(StatusCode::OK, "The reader"),
        Op::delete("/terminals/{id}", "deleteTerminal", Scope::Config, remove)
            .says(TAG, "Let a reader take no money any more")
            .done("It takes none any more"),
        Op::get("/terminal-holds", "listTerminalHolds", Scope::Money, list_holds)
            .says(TAG, "Cards that stations' own terminals have had pre-authorised in the last 30 days, the newest first")
            .query::<HoldsWanted>()
            .answers::<Page<Hold>>(StatusCode::OK, "A page"),
        Op::get("/vat-numbers", "listVatNumbers", Scope::Money, list_vat)
            .says(TAG, "VAT numbers that were asked for and what the register has said, as long as that is believed")
            .query::<VatWanted>()
            .answers::<Page<Vat>>(StatusCode::OK, "A page"),
    ]
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "TerminalFilter")]
struct Wanted {
    account: Option<String>,
    station: Option<String>,
    site_id: Option<String>,
    limit: Option<i64>,
    cursor: Option<String>,
}

/// A reader.
#[derive(Debug, Serialize, JsonSchema)]
struct Terminal {
    id: String,
    /// Of the settings, `pay.accounts`.
    account: String,
    /// The provider's name of it.
    reader: String,
    name: String,
    station_id: Option<String>,
    /// Absent: all of the station.
    evse: Option<i64>,
    site_id: Option<String>,
    /// The page for the kiosk beside it; absent while `web.public_url` is not set. Whoever has it can use the reader.
    page: Option<String>,
    created_at: DateTime<Utc>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewTerminal")]
struct New {
    account: String,
    #[schemars(length(min = 1, max = 100))]
    reader: String,
    /// What people call it; absent: the provider's name.
    #[serde(default)]
    #[schemars(length(max = 100))]
    name: String,
    /// The station that it takes money for; or `site_id`.
    station_id: Option<String>,
    /// Only this EVSE of the station.
    #[schemars(range(min = 1, max = 1000))]
    evse: Option<i64>,
    site_id: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "TerminalHoldFilter")]
struct HoldsWanted {
    station: Option<String>,
    /// `seen`, `taken`, `left` or `over`.
    state: Option<String>,
    limit: Option<i64>,
    cursor: Option<String>,
}

/// A card that was pre-authorised at a station.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "TerminalHold")]
struct Hold {
    id: String,
    station_id: String,
    /// As the terminal's provider spells it.
    reference: String,
    /// `seen`, `taken` (an order has it), `left` (the station settles it) or `over`.
    state: String,
    seen_at: DateTime<Utc>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "VatNumberFilter")]
struct VatWanted {
    /// Only those in use, or only the others.
    valid: Option<bool>,
    limit: Option<i64>,
    cursor: Option<String>,
}

/// What a register has said of a VAT number.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "VatNumber")]
struct Vat {
    number: String,
    valid: bool,
    name: String,
    address1: String,
    address2: String,
    city: String,
    postal_code: String,
    country: String,
    checked_at: DateTime<Utc>,
    good_until: DateTime<Utc>,
}

async fn list(
    State(state): State<WebState>,
    Asked(wanted): Asked<Wanted>,
) -> Result<Json<Page<Terminal>>, Problem> {
    let limit = page::limit(wanted.limit)?;
    let after = page::after(wanted.cursor.as_deref())?;
    let site = wanted.site_id.map(|text| page::number("site_id", &text)).transpose()?;
    let filter = readers::Filter { account: wanted.account, station: wanted.station, site };
    let found = readers::page(&mut state.app.db.read().await?, &filter, after, limit + 1).await?;
    Ok(Json(Page::new(found, limit, |row| row.id.to_string(), |row| view(&state, row))))
}

async fn find(state: &WebState, text: &str) -> Result<ReaderRow, Problem> {
    let number = id("terminal", text)?;
    let row = readers::find(&mut state.app.db.read().await?, number).await?;
    row.ok_or_else(|| problem::missing("terminal", text))
}

async fn show(State(state): State<WebState>, At(id): At<String>) -> Result<Json<Terminal>, Problem> {
    Ok(Json(view(&state, find(&state, &id).await?)))
}

async fn create(
    State(state): State<WebState>,
    asker: Asker,
    Sent(new): Sent<New>,
) -> Result<Response, Problem> {
    let reader = word("reader", &new.reader, NAME_MAX)?;
    let name = text("name", &new.name, NAME_MAX)?;
    let site_id = new.site_id.map(|text| reference("site_id", &text)).transpose()?;
    let mut tx = state.app.db.read().await?;
    match (&new.station_id, site_id) {
        (Some(station), None) if stations::find(&mut tx, station).await?.is_none() => {
            return Err(problem::field("station_id", "there is no such station"));
        }
        (None, Some(site)) if sites::find(&mut tx, site).await?.is_none() => {
            return Err(problem::field("site_id", "there is no such site"));
        }
        (Some(_), None) | (None, Some(_)) => {}
        _ => return Err(problem::field("station_id", "a station or a site, and not both")),
    }
    drop(tx);
    if new.evse.is_some() && new.station_id.is_none() {
        return Err(problem::field("evse", "it is of a station: say which"));
    }
    if new.evse.is_some_and(|evse| !(1..=EVSE_MAX).contains(&evse)) {
        return Err(problem::field("evse", format!("from 1 to {EVSE_MAX}")));
    }
    let row = ReaderRow {
        id: 0,
        account: new.account,
        name: if name.is_empty() { reader.clone() } else { name },
        reader,
        code: String::new(),
        station_id: new.station_id,
        evse: new.evse.unwrap_or(0),
        site_id,
        created_at: state.app.clock.now(),
    };
    let named = row.reader.clone();
    let row = kiosk::assign(&state.app, row).await.map_err(|error| match error {
        PayError::Store(error) => problem::of_row(error, "terminal", &named, "station_id"),
        error => refused(error, &named),
    })?;
    tracing::info!(reader = row.reader, account = row.account, by = asker.name, "a reader takes money");
    let location = crate::api::v1::location("terminals", &row.id.to_string());
    Ok((StatusCode::CREATED, [(LOCATION, location)], Json(view(&state, row))).into_response())
}

async fn remove(
    State(state): State<WebState>,
    asker: Asker,
    At(text): At<String>,
) -> Result<StatusCode, Problem> {
    let row = find(&state, &text).await?;
    let mut tx = state.app.db.write().await?;
    if !readers::remove(&mut tx, row.id).await? {
        return Err(problem::missing("terminal", &text));
    }
    tx.commit().await?;
    tracing::info!(
        reader = row.reader,
        account = row.account,
        by = asker.name,
        "a reader takes no money any more"
    );
    Ok(StatusCode::NO_CONTENT)
}

fn view(state: &WebState, row: ReaderRow) -> Terminal {
    let base = state.app.config.web.public_url.trim().trim_end_matches('/');
    Terminal {
        id: row.id.to_string(),
        account: row.account,
        reader: row.reader,
        name: row.name,
        station_id: row.station_id,
        evse: Some(row.evse).filter(|evse| *evse > 0),
        site_id: row.site_id.map(|id| id.to_string()),
        page: (!base.is_empty()).then(|| format!("{base}/k/{}", row.code)),
        created_at: row.created_at,
    }
}

async fn list_holds(
    State(state): State<WebState>,
    Asked(wanted): Asked<HoldsWanted>,
) -> Result<Json<Page<Hold>>, Problem> {
    let limit = page::limit(wanted.limit)?;
    let before = page::after(wanted.cursor.as_deref())?;
    let filter = holds::Filter { station: wanted.station, state: wanted.state };
    let found = holds::page(&mut state.app.db.read().await?, &filter, before, limit + 1).await?;
    let hold = |row: HoldRow| Hold {
        id: row.id.to_string(),
        station_id: row.station_id,
        reference: row.reference,
        state: row.state,
        seen_at: row.seen_at,
    };
    Ok(Json(Page::new(found, limit, |row| row.id.to_string(), hold)))
}

async fn list_vat(
    State(state): State<WebState>,
    Asked(wanted): Asked<VatWanted>,
) -> Result<Json<Page<Vat>>, Problem> {
    let limit = page::limit(wanted.limit)?;
    let now = state.app.clock.now();
    let mut tx = state.app.db.read().await?;
    let found = vat::page(&mut tx, wanted.valid, now, wanted.cursor.as_deref(), limit + 1).await?;
    let view = |row: VatRow| Vat {
        number: row.number,
        valid: row.valid,
        name: row.name,
        address1: row.address1,
        address2: row.address2,
        city: row.city,
        postal_code: row.postal_code,
        country: row.country,
        checked_at: row.checked_at,
        good_until: row.good_until,
    };
    Ok(Json(Page::new(found, limit, |row| row.number.clone(), view)))
}
