//! Export of what goes out only: sites, EVSEs, assignments, discounts, orders, receipts, events.

use super::{
    caller::Asker,
    input::Asked,
    op::Op,
    page, problem,
    sheets::{Kind, TAG, export},
};
use crate::{WebState, api::Problem};
use axum::{extract::State, http::StatusCode, response::Response};
use chrono::{DateTime, Utc};
use csms::{
    api_key::Scope,
    event::Wish,
    sheet::{Outgoing, Wanted},
    store::pay::orders,
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

/// The operations.
pub fn operations() -> Vec<Op> {
    let sheet = |op: Op, text: &'static str| {
        op.says(TAG, text)
            .answers::<Vec<Value>>(
                StatusCode::OK,
                "All rows, written as they are read. If the answer breaks off, it is not whole",
            )
            .or_as("text/csv")
    };
    vec![
        sheet(
            Op::get("/export/sites", "exportSites", Scope::Read, sites).query::<Sites>(),
            "Sites in the order they were made",
        ),
        sheet(
            Op::get("/export/evses", "exportEvses", Scope::Read, evses).query::<Evses>(),
            "What was decided about EVSEs, by station",
        ),
        sheet(
            Op::get("/export/assignments", "exportAssignments", Scope::Read, assignments)
                .query::<Assignments>(),
            "Where, for whom and when tariffs count. Key codes are masked",
        ),
        sheet(
            Op::get("/export/discounts", "exportDiscounts", Scope::Read, discounts).query::<Discounts>(),
            "Discounts in the order they are taken off. Key codes are masked",
        ),
        sheet(
            Op::get("/export/orders", "exportOrders", Scope::Money, export_orders).query::<Orders>(),
            "Orders, the newest first, without who has paid them",
        ),
        sheet(
            Op::get("/export/receipts", "exportReceipts", Scope::Money, receipts).query::<Receipts>(),
            "Receipts, invoices and corrections as they were issued, the newest first",
        ),
        sheet(
            Op::get("/export/events", "exportEvents", Scope::Read, events).query::<Events>(),
            "Events in the order of their numbers; those of money for who has the scope",
        ),
    ]
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "SiteExport")]
struct Sites {
    /// `csv` if nothing is said.
    #[serde(default)]
    format: Kind,
    /// Anywhere in name or city.
    #[serde(default)]
    q: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "EvseExport")]
struct Evses {
    /// `csv` if nothing is said.
    #[serde(default)]
    format: Kind,
    /// Of this station.
    station: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "AssignmentExport")]
struct Assignments {
    /// `csv` if nothing is said.
    #[serde(default)]
    format: Kind,
    /// Of this tariff.
    tariff: Option<String>,
    /// With those that have ended.
    #[serde(default)]
    past: bool,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "DiscountExport")]
struct Discounts {
    /// `csv` if nothing is said.
    #[serde(default)]
    format: Kind,
    /// With those that have ended.
    #[serde(default)]
    past: bool,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "OrderExport")]
struct Orders {
    /// `csv` if nothing is said.
    #[serde(default)]
    format: Kind,
    state: Option<String>,
    /// At this station.
    station: Option<String>,
    /// At this site.
    site_id: Option<String>,
    /// Made at this instant or later.
    from: Option<DateTime<Utc>>,
    /// Made before this instant.
    to: Option<DateTime<Utc>>,
}

#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "ReceiptExportKind")]
enum Document {
    Receipt,
    Invoice,
    Correction,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ReceiptExport")]
struct Receipts {
    /// `csv` if nothing is said.
    #[serde(default)]
    format: Kind,
    kind: Option<Document>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "EventExport")]
struct Events {
    /// `csv` if nothing is said.
    #[serde(default)]
    format: Kind,
    /// Kinds and areas with commas between them, e.g. `session,station.booted`.
    #[serde(default)]
    kind: String,
    /// At this station.
    station: Option<String>,
    /// Of this session.
    session_id: Option<String>,
}

async fn sites(State(state): State<WebState>, Asked(asked): Asked<Sites>) -> Result<Response, Problem> {
    export(state, Wanted::Out(Outgoing::Sites(asked.q)), asked.format.into()).await
}

async fn evses(State(state): State<WebState>, Asked(asked): Asked<Evses>) -> Result<Response, Problem> {
    export(state, Wanted::Out(Outgoing::Evses(asked.station)), asked.format.into()).await
}

async fn assignments(
    State(state): State<WebState>,
    Asked(asked): Asked<Assignments>,
) -> Result<Response, Problem> {
    let wanted = Outgoing::Assignments { tariff: asked.tariff, past: asked.past };
    export(state, Wanted::Out(wanted), asked.format.into()).await
}

async fn discounts(
    State(state): State<WebState>,
    Asked(asked): Asked<Discounts>,
) -> Result<Response, Problem> {
    export(state, Wanted::Out(Outgoing::Discounts { past: asked.past }), asked.format.into()).await
}

async fn export_orders(
    State(state): State<WebState>,
    Asked(asked): Asked<Orders>,
) -> Result<Response, Problem> {
    let filter = orders::Filter {
        state: asked.state,
        station: asked.station,
        site: asked.site_id.as_deref().map(|site| page::number("site_id", site)).transpose()?,
        from: asked.from,
        to: asked.to,
        ..orders::Filter::default()
    };
    export(state, Wanted::Out(Outgoing::Orders(filter)), asked.format.into()).await
}

async fn receipts(State(state): State<WebState>, Asked(asked): Asked<Receipts>) -> Result<Response, Problem> {
    let kind = asked.kind.map(|kind| match kind {
        Document::Receipt => "receipt".to_owned(),
        Document::Invoice => "invoice".to_owned(),
        Document::Correction => "correction".to_owned(),
    });
    export(state, Wanted::Out(Outgoing::Receipts(kind)), asked.format.into()).await
}

async fn events(
    State(state): State<WebState>,
    asker: Asker,
    Asked(asked): Asked<Events>,
) -> Result<Response, Problem> {
    let money = asker.may(Scope::Money).is_ok();
    let mut wish = Wish::new(&asked.kind, asked.station, money)
        .map_err(|fault| problem::query(format!("kind: {fault}")))?;
    wish.session = asked.session_id.as_deref().map(|id| page::number("session_id", id)).transpose()?;
    // What the caller has just done is among them.
    state.app.feed.turn(&state.app.db).await?;
    export(state, Wanted::Out(Outgoing::Events(wish)), asked.format.into()).await
}
