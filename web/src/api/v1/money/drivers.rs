//! Drivers with a contract: who pays the sessions of an identifier, later or from a balance; who may charge no more; what
//! was decided about credit.

use super::refused;
use crate::{
    WebState,
    api::{
        Problem,
        v1::{
            caller::Asker,
            etag::Tagged,
            input::{Asked, At, Sent, id, text, word},
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
    model::Presented,
    pay::{
        PayError,
        later::{self, NewDriver, PaysBy},
    },
    store::contracts::{self, ContractRow, DecisionRow, Filter},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

const TAG: &str = "Drivers";
/// Characters of an identifier, and of an e-mail address or phone number, at most.
const TOKEN_MAX: usize = 255;
const CONTACT_MAX: usize = 254;
/// Decisions about credit that are told.
const DECISIONS: i64 = 200;

/// The operations.
pub fn operations() -> Vec<Op> {
    vec![
        Op::get("/drivers", "listDrivers", Scope::Money, list)
            .says(TAG, "Drivers in the order in which they were added, with a contract or without")
            .query::<Wanted>()
            .answers::<Page<Driver>>(StatusCode::OK, "A page"),
        Op::post("/drivers", "createDriver", Scope::Money, create)
            .says(
                TAG,
                "Add a driver who pays the sessions of an identifier. An identifier is of one driver, so that nothing is \
                 added twice. Needs the scope `config` too",
            )
            .body::<New>()
            .answers::<Driver>(StatusCode::CREATED, "The driver")
            .problem(StatusCode::CONFLICT, "The sessions of that identifier are paid by another driver"),
        Op::get("/drivers/{id}", "getDriver", Scope::Money, show)
            .says(TAG, "One driver. Orders are under `/orders?driver_id=`, the method on file under `/drivers/{id}/mandates`")
            .answers::<Driver>(StatusCode::OK, "The driver")
            .tagged(),
        Op::put("/drivers/{id}/contract", "putDriverContract", Scope::Money, agree)
            .says(TAG, "Say whose sessions the driver pays from now on, and how. Needs the scope `config` too")
            .body::<Contract>()
            .answers::<Driver>(StatusCode::OK, "The driver")
            .problem(StatusCode::CONFLICT, "The sessions of that identifier are paid by another driver"),
        Op::put("/drivers/{id}/block", "blockDriver", Scope::Money, block)
            .says(TAG, "Let a driver begin no more sessions. Needs the scope `config` too")
            .answers::<Driver>(StatusCode::OK, "The driver"),
        Op::delete("/drivers/{id}/block", "unblockDriver", Scope::Money, unblock)
            .says(TAG, "Let a driver begin sessions again; who owes something is not freed by that. Needs the scope `config` too")
            .answers::<Driver>(StatusCode::OK, "The driver"),
        Op::get("/drivers/{id}/credit-decisions", "listCreditDecisions", Scope::Money, decisions)
            .says(TAG, "What was decided about a driver's credit, the newest first; at most 200")
            .answers::<Page<Decision>>(StatusCode::OK, "The newest"),
        Op::post("/drivers/{id}/credit-decisions", "decideCredit", Scope::Money, decide)
            .says(TAG, "Have it decided now, and not when it is due. Needs the scope `config` too")
            .answers::<Page<Decision>>(StatusCode::OK, "The newest, with this one"),
    ]
}

/// How sessions are paid.
#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "DriverPaysBy")]
enum By {
    /// After the session, by the method on file.
    #[default]
    Later,
    /// From the prepaid balance.
    Balance,
}

impl From<By> for PaysBy {
    fn from(by: By) -> PaysBy {
        match by {
            By::Later => PaysBy::Later,
            By::Balance => PaysBy::Balance,
        }
    }
}

#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "DriverLanguage")]
enum Language {
    #[default]
    En,
    Zh,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "DriverFilter")]
struct Wanted {
    /// Anywhere in e-mail address or phone number.
    #[serde(default)]
    q: String,
    /// Who pays the sessions of this identifier.
    token: Option<String>,
    /// `good`, `owing` or `blocked`.
    standing: Option<String>,
    /// `later`, `balance` or `none`.
    pays_by: Option<String>,
    limit: Option<i64>,
    cursor: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewDriver")]
struct New {
    /// The identifier, e.g. a card's number; a token of ours lets it charge.
    #[schemars(length(min = 1, max = 255))]
    token: String,
    #[serde(default)]
    pays_by: By,
    /// Where the driver is told of open bills.
    #[serde(default)]
    #[schemars(length(max = 254))]
    email: String,
    #[serde(default)]
    #[schemars(length(max = 254))]
    phone: String,
    #[serde(default)]
    language: Language,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "DriverContract")]
struct Contract {
    #[schemars(length(min = 1, max = 255))]
    token: String,
    pays_by: By,
}

/// A driver.
#[derive(Debug, Serialize, JsonSchema)]
struct Driver {
    id: String,
    email: String,
    phone: String,
    language: String,
    /// Whose sessions the driver pays; a code that is typed at a pad is `***`.
    token: Option<String>,
    /// `later` or `balance`; absent: no contract.
    pays_by: Option<String>,
    /// Sessions that began earlier are not the driver's.
    contract_at: Option<DateTime<Utc>>,
    /// `good`, `owing` or `blocked`.
    standing: String,
    /// How much credit was decided on last: `high`, `middle`, `low` or `none`.
    credit: Option<String>,
    decided_at: Option<DateTime<Utc>>,
    method_on_file: bool,
    created_at: DateTime<Utc>,
}

/// A decision about credit.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "CreditDecision")]
struct Decision {
    id: String,
    /// Who has scored: `history`, `http` or `fallback`.
    scorer: String,
    credit: String,
    reason: String,
    at: DateTime<Utc>,
}

/// An identifier as rows have it.
fn key(token: &str) -> Result<String, Problem> {
    let uid = word("token", token, TOKEN_MAX)?;
    Ok(Presented { uid, kind: String::new() }.key())
}

async fn list(
    State(state): State<WebState>,
    Asked(wanted): Asked<Wanted>,
) -> Result<Json<Page<Driver>>, Problem> {
    let limit = page::limit(wanted.limit)?;
    let after = page::after(wanted.cursor.as_deref())?;
    let filter = Filter {
        text: wanted.q,
        token: wanted.token.map(|uid| Presented { uid, kind: String::new() }.key()),
        standing: wanted.standing,
        pays_by: wanted.pays_by,
    };
    let found = contracts::page(&mut state.app.db.read().await?, &filter, after, limit + 1).await?;
    Ok(Json(Page::new(found, limit, |row| row.id.to_string(), view)))
}

/// The driver of a path.
pub async fn find(state: &WebState, text: &str) -> Result<ContractRow, Problem> {
    let number = id("driver", text)?;
    let row = contracts::find(&mut state.app.db.read().await?, number).await?;
    row.ok_or_else(|| problem::missing("driver", text))
}

async fn show(State(state): State<WebState>, At(id): At<String>) -> Result<Tagged<Driver>, Problem> {
    Ok(Tagged(view(find(&state, &id).await?)))
}

async fn create(
    State(state): State<WebState>,
    asker: Asker,
    Sent(new): Sent<New>,
) -> Result<Response, Problem> {
    asker.may(Scope::Config)?;
    let key = key(&new.token)?;
    let email = text("email", &new.email, CONTACT_MAX)?;
    let phone = text("phone", &new.phone, CONTACT_MAX)?;
    let driver = NewDriver {
        email: &email,
        phone: &phone,
        language: match new.language {
            Language::En => "en",
            Language::Zh => "zh",
        },
        contract: Some((&key, new.pays_by.into())),
    };
    let id = later::add(&state.app, &driver).await.map_err(|error| refused(error, &new.token))?;
    tracing::info!(driver = id, by = asker.name, "a driver was added");
    let row = find(&state, &id.to_string()).await?;
    let location = crate::api::v1::location("drivers", &id.to_string());
    Ok((StatusCode::CREATED, [(LOCATION, location)], Tagged(view(row))).into_response())
}

/// The driver as it stands after an act.
async fn done(state: &WebState, id: &str, result: Result<(), PayError>) -> Result<Json<Driver>, Problem> {
    result.map_err(|error| refused(error, id))?;
    Ok(Json(view(find(state, id).await?)))
}

async fn agree(
    State(state): State<WebState>,
    asker: Asker,
    At(text): At<String>,
    Sent(contract): Sent<Contract>,
) -> Result<Json<Driver>, Problem> {
    asker.may(Scope::Config)?;
    let (number, key) = (id("driver", &text)?, key(&contract.token)?);
    let result = later::agree(&state.app, number, &key, contract.pays_by.into()).await;
    done(&state, &text, result).await
}

async fn block(
    State(state): State<WebState>,
    asker: Asker,
    At(text): At<String>,
) -> Result<Json<Driver>, Problem> {
    asker.may(Scope::Config)?;
    let result = later::block(&state.app, id("driver", &text)?, true).await;
    tracing::info!(driver = text, by = asker.name, "a driver begins no more sessions");
    done(&state, &text, result).await
}

async fn unblock(
    State(state): State<WebState>,
    asker: Asker,
    At(text): At<String>,
) -> Result<Json<Driver>, Problem> {
    asker.may(Scope::Config)?;
    let result = later::block(&state.app, id("driver", &text)?, false).await;
    tracing::info!(driver = text, by = asker.name, "a driver may begin sessions again");
    done(&state, &text, result).await
}

async fn decisions(
    State(state): State<WebState>,
    At(text): At<String>,
) -> Result<Json<Page<Decision>>, Problem> {
    let row = find(&state, &text).await?;
    let found = contracts::decisions(&mut state.app.db.read().await?, row.id, DECISIONS).await?;
    let decision = |row: DecisionRow| Decision {
        id: row.id.to_string(),
        scorer: row.scorer,
        credit: row.band,
        reason: row.reason,
        at: row.at,
    };
    Ok(Json(Page { items: found.into_iter().map(decision).collect(), next: None }))
}

async fn decide(
    state: State<WebState>,
    asker: Asker,
    At(text): At<String>,
) -> Result<Json<Page<Decision>>, Problem> {
    asker.may(Scope::Config)?;
    later::decide(&state.app, id("driver", &text)?).await.map_err(|error| refused(error, &text))?;
    decisions(state, At(text)).await
}

fn view(row: ContractRow) -> Driver {
    let given = |text: String| Some(text).filter(|text| !text.is_empty());
    Driver {
        id: row.id.to_string(),
        email: row.email,
        phone: row.phone,
        language: row.language,
        token: given(row.token_uid).map(|uid| if row.typed { "***".to_owned() } else { uid }),
        pays_by: given(row.pays_by),
        contract_at: row.contract_at,
        standing: given(row.standing).unwrap_or_else(|| "good".to_owned()),
        credit: given(row.band),
        decided_at: row.decided_at,
        method_on_file: row.has_mandate,
        created_at: row.created_at,
    }
}
