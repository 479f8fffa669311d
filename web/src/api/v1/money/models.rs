//! Models of what is usual for drivers: which were trained, and which one counts.

use crate::{
    WebState,
    api::{
        Problem,
        v1::{
            caller::Asker,
            input::{At, Sent, word},
            op::Op,
            page::Page,
            problem,
        },
    },
};
use axum::{Json, extract::State, http::StatusCode};
use chrono::{DateTime, TimeDelta, Utc};
use csms::{
    api_key::Scope,
    risk,
    store::{
        Tx,
        risk::{
            decisions,
            models::{self, ModelRow},
        },
    },
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

const TAG: &str = "Risk";
/// Payments of so many days back are looked at for how a model does.
const DAYS: i64 = 30;
/// Characters of an id at most.
const ID_MAX: usize = 100;

/// The operations.
pub fn operations() -> Vec<Op> {
    vec![
        Op::get("/risk/models", "listRiskModels", Scope::Money, list)
            .says(TAG, "The models that were trained, the newest first, and which one counts")
            .answers::<Page<Model>>(StatusCode::OK, "The newest hundred"),
        Op::get("/risk/models/{id}", "getRiskModel", Scope::Money, show)
            .says(TAG, "One model, and how it has done in the last 30 days")
            .answers::<Whole>(StatusCode::OK, "The model"),
        Op::put("/risk/models/active", "activateRiskModel", Scope::Money, activate)
            .says(TAG, "Let a model count from now on; an older one goes back. Needs the scope `config` too")
            .body::<Which>()
            .answers::<Page<Model>>(StatusCode::OK, "The models as they are now"),
        Op::delete("/risk/models/active", "deactivateRiskModel", Scope::Money, deactivate)
            .says(TAG, "Let no model count: rules only. Needs the scope `config` too")
            .answers::<Page<Model>>(StatusCode::OK, "The models as they are now"),
    ]
}

/// A model.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "RiskModel")]
struct Model {
    id: String,
    /// It counts.
    active: bool,
    /// How often it was calibrated.
    revision: i64,
    drivers: i64,
    payments: i64,
    created_at: DateTime<Utc>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "WholeRiskModel")]
struct Whole {
    #[serde(flatten)]
    model: Model,
    /// Payments that it has judged, and those of them that it found usual. Fraud that was confirmed does not count.
    judged: i64,
    usual: i64,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ActiveRiskModel")]
struct Which {
    /// Its id.
    #[schemars(length(min = 1, max = 100))]
    model: String,
}

async fn all(tx: &mut Tx) -> Result<Json<Page<Model>>, Problem> {
    let active = risk::active_model(tx).await?;
    let found = models::list(tx).await?;
    Ok(Json(Page { items: found.into_iter().map(|row| view(row, &active)).collect(), next: None }))
}

async fn list(State(state): State<WebState>) -> Result<Json<Page<Model>>, Problem> {
    all(&mut state.app.db.read().await?).await
}

async fn show(State(state): State<WebState>, At(id): At<String>) -> Result<Json<Whole>, Problem> {
    let mut tx = state.app.db.read().await?;
    let active = risk::active_model(&mut tx).await?;
    let row = models::find(&mut tx, &id).await?.ok_or_else(|| problem::missing("model", &id))?;
    let since = state.app.clock.now() - TimeDelta::days(DAYS);
    let (judged, usual) = decisions::coverage(&mut tx, &row.id, since).await?;
    Ok(Json(Whole { model: view(row, &active), judged, usual }))
}

async fn activate(
    State(state): State<WebState>,
    asker: Asker,
    Sent(which): Sent<Which>,
) -> Result<Json<Page<Model>>, Problem> {
    asker.may(Scope::Config)?;
    let model = word("model", &which.model, ID_MAX)?;
    let counting = count(&state, &asker, &model).await?;
    counting.ok_or_else(|| problem::field("model", format!("there is no model {model:?}")))
}

async fn deactivate(State(state): State<WebState>, asker: Asker) -> Result<Json<Page<Model>>, Problem> {
    asker.may(Scope::Config)?;
    count(&state, &asker, "").await?.ok_or_else(Problem::broken)
}

/// Lets a model count, or (empty) none. `None`: there is no such model.
async fn count(state: &WebState, asker: &Asker, model: &str) -> Result<Option<Json<Page<Model>>>, Problem> {
    let now = state.app.clock.now();
    let mut tx = state.app.db.write().await?;
    if !risk::activate_model(&mut tx, &state.app.ids, model, &asker.name, now).await? {
        return Ok(None);
    }
    let models = all(&mut tx).await?;
    tx.commit().await?;
    Ok(Some(models))
}

fn view(row: ModelRow, active: &str) -> Model {
    Model {
        active: row.id == active,
        id: row.id,
        revision: row.revision,
        drivers: row.drivers,
        payments: row.payments,
        created_at: row.created_at,
    }
}
