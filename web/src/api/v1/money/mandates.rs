//! Methods that drivers have left with a provider, to be debited without them.

use super::{drivers, refused};
use crate::{
    WebState,
    api::{
        Problem,
        v1::{
            caller::Asker,
            input::{At, Sent, id, text, word},
            op::Op,
            page::Page,
        },
    },
};
use axum::{Json, extract::State, http::StatusCode};
use chrono::{DateTime, Utc};
use csms::{
    api_key::Scope,
    pay::later::{self, OnFile},
    store::mandates::{self, MandateRow},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

const TAG: &str = "Drivers";
/// Characters of a provider's names at most.
const NAME_MAX: usize = 255;

/// The operations.
pub fn operations() -> Vec<Op> {
    vec![
        Op::get("/drivers/{id}/mandates", "listMandates", Scope::Money, list)
            .says(TAG, "The methods that a driver has left with a provider, the newest first; one of them can be debited")
            .answers::<Page<Mandate>>(StatusCode::OK, "All of them, fifty at most"),
        Op::put("/drivers/{id}/mandate", "putMandate", Scope::Money, put)
            .says(
                TAG,
                "Keep a method that the driver has left with a provider, in the place of the one before. Needs the scope \
                 `config` too",
            )
            .body::<New>()
            .answers::<Page<Mandate>>(StatusCode::OK, "The driver's methods as they are now"),
        Op::delete("/drivers/{id}/mandate", "revokeMandate", Scope::Money, revoke)
            .says(TAG, "Have the method on file debited no more. Needs the scope `config` too")
            .answers::<Page<Mandate>>(StatusCode::OK, "The driver's methods as they are now"),
    ]
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewMandate")]
struct New {
    /// Of the settings, `pay.accounts`.
    account: String,
    /// The provider's name of the payer, e.g. `cus_…`.
    #[schemars(length(min = 1, max = 255))]
    customer: String,
    /// The provider's name of the method, e.g. `pm_…`.
    #[schemars(length(min = 1, max = 255))]
    instrument: String,
    #[serde(default)]
    #[schemars(length(max = 40))]
    brand: String,
    #[serde(default)]
    #[schemars(length(max = 4))]
    last4: String,
}

/// A method on file. The provider's names of payer and method stay here.
#[derive(Debug, Serialize, JsonSchema)]
struct Mandate {
    id: String,
    account: String,
    brand: String,
    last4: String,
    /// `active` or `revoked`.
    state: String,
    /// `driver`, or who works here.
    made_by: String,
    created_at: DateTime<Utc>,
    revoked_at: Option<DateTime<Utc>>,
}

async fn list(State(state): State<WebState>, At(text): At<String>) -> Result<Json<Page<Mandate>>, Problem> {
    let driver = drivers::find(&state, &text).await?;
    let found = mandates::of_driver(&mut state.app.db.read().await?, driver.id).await?;
    let view = |row: MandateRow| Mandate {
        id: row.id.to_string(),
        account: row.account,
        brand: row.brand,
        last4: row.last4,
        state: row.state,
        made_by: row.made_by,
        created_at: row.created_at,
        revoked_at: row.revoked_at,
    };
    Ok(Json(Page { items: found.into_iter().map(view).collect(), next: None }))
}

async fn put(
    state: State<WebState>,
    asker: Asker,
    At(driver): At<String>,
    Sent(new): Sent<New>,
) -> Result<Json<Page<Mandate>>, Problem> {
    asker.may(Scope::Config)?;
    let on_file = OnFile {
        account: &new.account,
        customer: &word("customer", &new.customer, NAME_MAX)?,
        instrument: &word("instrument", &new.instrument, NAME_MAX)?,
        brand: &text("brand", &new.brand, 40)?,
        last4: &text("last4", &new.last4, 4)?,
    };
    let number = id("driver", &driver)?;
    let kept = later::mandate(&state.app, number, &on_file, &asker.name).await;
    if kept.map_err(|error| refused(error, &driver))? {
        tracing::info!(driver, account = new.account, by = asker.name, "a method is on file");
    }
    list(state, At(driver)).await
}

async fn revoke(
    state: State<WebState>,
    asker: Asker,
    At(driver): At<String>,
) -> Result<Json<Page<Mandate>>, Problem> {
    asker.may(Scope::Config)?;
    let had =
        later::revoke(&state.app, id("driver", &driver)?).await.map_err(|error| refused(error, &driver))?;
    if had {
        tracing::info!(driver, by = asker.name, "the method on file is not debited any more");
    }
    list(state, At(driver)).await
}
