//! Discounts: what is taken off the tariff of some sessions. Memberships, vouchers, promotions.

use super::{
    again::Once,
    caller::Asker,
    etag::Tagged,
    input::{Asked, At, Sent, id, reference, word},
    op::Op,
    page::{self, Page},
    problem,
    tariffs::{change, reload},
};
use crate::{WebState, api::Problem};
use axum::{
    Json,
    extract::State,
    http::{StatusCode, header::LOCATION},
    response::{IntoResponse, Response},
};
use chrono::{DateTime, SubsecRound, Utc};
use csms::{
    api_key::Scope,
    discount,
    store::{
        benefits::{self as rows, BenefitRow},
        sites, tariffs,
    },
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

const TAG: &str = "Discounts";
const NAME_MAX: usize = 100;

/// The operations.
pub fn operations() -> Vec<Op> {
    vec![
        Op::get("/discounts", "listDiscounts", Scope::Read, list)
            .says(TAG, "Discounts that count, or will, in the order they are taken off; with `past` those that have ended, too")
            .query::<Wanted>()
            .answers::<Page<Discount>>(StatusCode::OK, "A page"),
        Op::post("/discounts", "addDiscount", Scope::Config, add)
            .says(
                TAG,
                "Take something off the tariff of sessions that start somewhere, for somebody, from some instant on; what is not \
                 named is not restricted. A session keeps the discounts that it started with",
            )
            .body::<NewDiscount>()
            .answers::<Discount>(StatusCode::CREATED, "It counts, or will"),
        Op::get("/discounts/{id}", "getDiscount", Scope::Read, show)
            .says(TAG, "One discount")
            .answers::<Discount>(StatusCode::OK, "The discount")
            .tagged(),
        Op::delete("/discounts/{id}", "endDiscount", Scope::Config, end)
            .says(TAG, "End a discount now; sessions that have it keep it")
            .answers::<Discount>(StatusCode::OK, "It has ended"),
    ]
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "DiscountFilter")]
struct Wanted {
    /// With those that have ended.
    #[serde(default)]
    past: bool,
    limit: Option<i64>,
    cursor: Option<String>,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "DiscountDimension")]
enum Dimension {
    Energy,
    Service,
    Time,
    ParkingTime,
    Flat,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewDiscount {
    /// What the bill calls it.
    #[schemars(length(min = 1, max = 100))]
    name: String,
    /// So many percent off, decimal text. Exactly one of this and the next three.
    #[serde(skip_serializing_if = "Option::is_none")]
    percent: Option<String>,
    /// So much off, before or after tax like the tariff's prices, decimal text; together with `currency`.
    #[serde(skip_serializing_if = "Option::is_none")]
    amount: Option<String>,
    /// The first kWh are free, decimal text.
    #[serde(skip_serializing_if = "Option::is_none")]
    free_kwh: Option<String>,
    /// The first seconds of charging are free.
    #[serde(skip_serializing_if = "Option::is_none")]
    free_seconds: Option<u32>,
    /// What the percentage is taken off; none = all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 5))]
    dimensions: Vec<Dimension>,
    /// Only off tariffs in this currency (ISO 4217).
    #[serde(skip_serializing)]
    currency: Option<String>,
    /// Only there.
    #[serde(skip_serializing)]
    site_id: Option<String>,
    /// Not together with an identifier.
    #[serde(skip_serializing)]
    group: Option<String>,
    #[serde(skip_serializing)]
    token: Option<String>,
    /// What the identifier is; needed with it, e.g. `ISO14443`.
    #[serde(skip_serializing)]
    token_kind: Option<String>,
    /// For sessions that start at or after this. Absent: from now on.
    #[serde(skip_serializing)]
    valid_from: Option<DateTime<Utc>>,
    /// For sessions that start before this. Absent: no end.
    #[serde(skip_serializing)]
    valid_to: Option<DateTime<Utc>>,
}

/// A discount; what is `null` is not restricted.
#[derive(Debug, Serialize, JsonSchema)]
struct Discount {
    id: String,
    /// What is taken off: `name` and `percent`, `amount`, `free_kwh` or `free_seconds`.
    discount: Map<String, Value>,
    currency: Option<String>,
    site_id: Option<String>,
    group: Option<String>,
    /// A key code is a secret and shown as `***`.
    token: Option<String>,
    token_kind: Option<String>,
    valid_from: Option<DateTime<Utc>>,
    valid_to: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
}

async fn list(
    State(state): State<WebState>,
    Asked(wanted): Asked<Wanted>,
) -> Result<Json<Page<Discount>>, Problem> {
    let limit = page::limit(wanted.limit)?;
    let after = page::after(wanted.cursor.as_deref())?;
    let until = (!wanted.past).then(|| state.app.clock.now());
    let found = rows::list(&mut state.app.db.read().await?, until, after, limit + 1).await?;
    Ok(Json(Page::new(found, limit, |row| row.id.to_string(), view)))
}

async fn find(state: &WebState, text: &str) -> Result<BenefitRow, Problem> {
    let number = id("discount", text)?;
    let row = rows::find(&mut state.app.db.read().await?, number).await?;
    row.ok_or_else(|| problem::missing("discount", text))
}

async fn show(State(state): State<WebState>, At(number): At<String>) -> Result<Tagged<Discount>, Problem> {
    Ok(Tagged(view(find(&state, &number).await?)))
}

async fn add(
    State(state): State<WebState>,
    asker: Asker,
    once: Once,
    Sent(wish): Sent<NewDiscount>,
) -> Result<Response, Problem> {
    if let Some(made) = once.made() {
        return Ok(added(find(&state, made).await?));
    }
    let row = wanted(wish, state.app.clock.now())?;
    let mut tx = state.app.db.write().await?;
    if let Some(site) = row.site_id
        && sites::find(&mut tx, site).await?.is_none()
    {
        return Err(problem::field("site_id", "there is no such site"));
    }
    let number = rows::add(&mut tx, &row, &change(&state, &asker)).await?;
    once.note(&mut tx, &number.to_string()).await?;
    tx.commit().await?;
    reload(&state).await?;
    Ok(added(BenefitRow { id: number, ..row }))
}

fn added(row: BenefitRow) -> Response {
    let location = super::location("discounts", &row.id.to_string());
    (StatusCode::CREATED, [(LOCATION, location)], Json(view(row))).into_response()
}

/// The row of a discount, if it can be one.
fn wanted(wish: NewDiscount, now: DateTime<Utc>) -> Result<BenefitRow, Problem> {
    word("name", &wish.name, NAME_MAX)?;
    let says = serde_json::to_value(&wish).unwrap_or_default();
    let read = serde_path_to_error::deserialize::<_, ::tariffs::Discount>(says)
        .map_err(|error| problem::field(&error.path().to_string(), error.inner()))?;
    let off = discount::checked(read).map_err(|why| problem::field("discount", why.join("; ")))?;
    let currency =
        discount::currency(&off, wish.currency.as_deref()).map_err(|why| problem::field("currency", why))?;
    if wish.group.is_some() && wish.token.is_some() {
        return Err(problem::field("group", "not together with token"));
    }
    if wish.token.is_some() != wish.token_kind.is_some() {
        return Err(problem::field("token_kind", "together with token"));
    }
    // Stations tell whole seconds: a session of this second counts as one from then on.
    let from = wish.valid_from.unwrap_or(now).trunc_subsecs(0);
    if wish.valid_to.is_some_and(|to| to <= from || to <= now) {
        return Err(problem::field("valid_to", "after valid_from, and in the future"));
    }
    let key = |name, uid: Option<String>| uid.map(|uid| word(name, &uid.to_uppercase(), 255)).transpose();
    Ok(BenefitRow {
        id: 0,
        body: serde_json::to_string(&off).map_err(|_| Problem::broken())?,
        currency: currency.to_owned(),
        site_id: wish.site_id.as_deref().map(|site| reference("site_id", site)).transpose()?,
        group_uid: key("group", wish.group)?,
        token_uid: key("token", wish.token)?,
        token_kind: wish
            .token_kind
            .map(|kind| word("token_kind", &kind, 20))
            .transpose()?
            .unwrap_or_default(),
        valid_from: Some(from),
        valid_to: wish.valid_to,
        created_at: now,
    })
}

async fn end(
    State(state): State<WebState>,
    asker: Asker,
    At(number): At<String>,
) -> Result<Json<Discount>, Problem> {
    let wanted = id("discount", &number)?;
    let mut tx = state.app.db.write().await?;
    let ended = rows::end(&mut tx, wanted, &change(&state, &asker)).await?;
    let row = ended.ok_or_else(|| problem::missing("discount that counts, or will:", &number))?;
    tx.commit().await?;
    reload(&state).await?;
    Ok(Json(view(row)))
}

fn view(row: BenefitRow) -> Discount {
    let given = |text: String| Some(text).filter(|text| !text.is_empty());
    Discount {
        id: row.id.to_string(),
        discount: serde_json::from_str(&row.body).unwrap_or_default(),
        currency: given(row.currency),
        site_id: row.site_id.map(|site| site.to_string()),
        group: row.group_uid,
        token: tariffs::shown(row.token_uid.as_deref(), &row.token_kind).map(str::to_owned),
        token_kind: given(row.token_kind),
        valid_from: row.valid_from,
        valid_to: row.valid_to,
        created_at: row.created_at,
    }
}
