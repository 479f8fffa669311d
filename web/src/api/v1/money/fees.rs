//! What is agreed about merchant accounts and banks: whose days their statements are of, where they pay out to, what they
//! keep of a payment.

use super::{books, clearing::day, not_cleared, statements::account};
use crate::{
    WebState,
    api::{
        Problem,
        v1::{
            caller::Asker,
            etag::{IfMatch, Tagged},
            input::{At, Sent, text},
            op::Op,
            page::Page,
            problem,
        },
    },
};
use axum::{Json, extract::State, http::StatusCode};
use chrono::{DateTime, Utc};
use csms::{
    api_key::Scope,
    clearing::terms::{self as acts, Agreement},
    store::{
        clearing::{
            fees::{self, FeeRow},
            terms::{self, TermsRow},
        },
        counter,
    },
};
use payments::clearing::{Contract, Rate, read::Columns};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

const TAG: &str = "Clearing";
const NOTE_MAX: usize = 1_000;
const WORD_MAX: usize = 100;
/// Smallest units of a fixed part and of a tolerance at most.
const UNITS_MAX: i64 = 100_000;

/// The operations.
pub fn operations() -> Vec<Op> {
    vec![
        Op::get("/clearing/terms", "listTerms", Scope::Money, list)
            .says(TAG, "What is agreed about merchant accounts and banks, but for fees")
            .answers::<Page<Terms>>(StatusCode::OK, "All of them"),
        Op::get("/clearing/terms/{account}", "getTerms", Scope::Money, show)
            .says(TAG, "What is agreed about one of them; where nothing is, what is usual")
            .answers::<Terms>(StatusCode::OK, "The terms")
            .tagged(),
        Op::put("/clearing/terms/{account}", "putTerms", Scope::Money, put)
            .says(TAG, "Say what is agreed from now on, in the place of what was. Needs the scope `config` too")
            .body::<NewTerms>()
            .answers::<Terms>(StatusCode::OK, "The terms")
            .guarded()
            .tagged(),
        Op::get("/clearing/terms/{account}/fees", "listFees", Scope::Money, history)
            .says(TAG, "All that was ever agreed about an account's fees, the newest first day first")
            .answers::<Page<Fee>>(StatusCode::OK, "All of it, the newest thousand"),
        Op::post("/clearing/terms/{account}/fees", "agreeFees", Scope::Money, agree)
            .says(
                TAG,
                "Say what is agreed about an account's fees from a day on. What was agreed before stays beside it; saying the \
                 same twice is saying it once. Needs the scope `config` too",
            )
            .body::<NewFee>()
            .answers::<Page<Fee>>(StatusCode::OK, "All that was ever agreed"),
    ]
}

/// What is agreed.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ClearingTerms")]
struct Terms {
    account: String,
    /// Whose days its statements are of.
    time_zone: String,
    /// They are asked for from then on, the day after: `10:30`.
    fetch_at: String,
    /// Where it pays out to: NAME of `bank:NAME`.
    bank: String,
    /// What its credits say in the bank's statement.
    bank_text: String,
    /// Of files that do not say it.
    currency: String,
    /// What the columns of a bank's CSV are called.
    columns: Option<Value>,
    changed_at: Option<DateTime<Utc>>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewClearingTerms")]
struct NewTerms {
    time_zone: String,
    /// Absent: `clearing.fetch_at`.
    #[serde(default)]
    fetch_at: Option<String>,
    #[serde(default)]
    #[schemars(length(max = 100))]
    bank: String,
    #[serde(default)]
    #[schemars(length(max = 100))]
    bank_text: String,
    #[serde(default)]
    currency: String,
    /// docs/clearing.md has its fields.
    #[serde(default)]
    columns: Option<Map<String, Value>>,
}

/// What is agreed about fees from a day on.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ClearingFee")]
struct Fee {
    /// The first day; absent: ever since.
    from: Option<String>,
    /// Of those from the same day the highest counts.
    generation: i64,
    /// E.g. `0.6%`; absent: fees are taken as they are.
    rate: Option<String>,
    /// And so many smallest units for each payment.
    fixed_minor: i64,
    /// The fee of what is refunded is given back.
    returns_fees: bool,
    /// A fee may differ by so many smallest units.
    tolerance_minor: i64,
    note: String,
    by: String,
    created_at: DateTime<Utc>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewClearingFee")]
struct NewFee {
    /// E.g. `0.6%`; `null`: fees are taken as they are.
    #[serde(default)]
    rate: Option<String>,
    #[serde(default)]
    #[schemars(range(min = 0, max = 100_000))]
    fixed_minor: i64,
    #[serde(default)]
    returns_fees: bool,
    #[serde(default)]
    #[schemars(range(min = 0, max = 100_000), extend("default" = 1))]
    tolerance_minor: Option<i64>,
    /// The first day; absent: today, or ever since where nothing was agreed before.
    #[serde(default)]
    from: Option<String>,
    /// Why.
    #[serde(default)]
    #[schemars(length(max = 1000))]
    note: String,
}

fn view(row: TermsRow) -> Terms {
    Terms {
        account: row.account,
        time_zone: row.zone,
        fetch_at: row.fetch_at,
        bank: row.bank,
        bank_text: row.bank_text,
        currency: row.currency,
        columns: serde_json::from_str(&row.columns).ok(),
        changed_at: Some(row.changed_at),
    }
}

async fn list(State(state): State<WebState>) -> Result<Json<Page<Terms>>, Problem> {
    let found = terms::list(&mut state.app.db.read().await?).await?;
    Ok(Json(Page { items: found.into_iter().map(view).collect(), next: None }))
}

/// What is kept, or what is usual.
async fn known(state: &WebState, tx: &mut csms::store::Tx, account: &str) -> Result<Terms, Problem> {
    if let Some(row) = terms::find(tx, account).await? {
        return Ok(view(row));
    }
    let usual = books(state).terms(tx, account).await.map_err(not_cleared)?;
    Ok(Terms {
        account: account.to_owned(),
        time_zone: usual.zone.name().to_owned(),
        fetch_at: usual.fetch_at.format("%H:%M").to_string(),
        bank: String::new(),
        bank_text: String::new(),
        currency: String::new(),
        columns: None,
        changed_at: None,
    })
}

/// An account of a path that is none is nowhere.
async fn at(state: &WebState, name: &str) -> Result<(), Problem> {
    account(state, name).await.map_err(|problem| match problem.status() {
        StatusCode::UNPROCESSABLE_ENTITY => problem::missing("account", name),
        _ => problem,
    })
}

async fn show(State(state): State<WebState>, At(name): At<String>) -> Result<Tagged<Terms>, Problem> {
    at(&state, &name).await?;
    Ok(Tagged(known(&state, &mut state.app.db.read().await?, &name).await?))
}

async fn put(
    State(state): State<WebState>,
    asker: Asker,
    At(name): At<String>,
    meant: IfMatch,
    Sent(new): Sent<NewTerms>,
) -> Result<Tagged<Terms>, Problem> {
    asker.may(Scope::Config)?;
    at(&state, &name).await?;
    let columns = match new.columns {
        Some(columns) => {
            let read: Result<Columns, _> = serde_json::from_value(Value::Object(columns));
            let read = read.map_err(|error| problem::field("columns", error))?;
            serde_json::to_string(&read).unwrap_or_default()
        }
        None => String::new(),
    };
    let now = state.app.clock.now();
    let row = TermsRow {
        account: name.clone(),
        zone: text("time_zone", &new.time_zone, WORD_MAX)?,
        fetch_at: match new.fetch_at {
            Some(at) => text("fetch_at", &at, WORD_MAX)?,
            None => state.app.config.clearing.fetch_at.clone(),
        },
        bank: text("bank", &new.bank, WORD_MAX)?,
        bank_text: text("bank_text", &new.bank_text, WORD_MAX)?.to_lowercase(),
        currency: text("currency", &new.currency, WORD_MAX)?.to_uppercase(),
        columns,
        changed_at: now,
    };
    let mut tx = state.app.db.write().await?;
    // Whoever else changes terms waits here for our end.
    counter::take(&mut tx, "clearing.terms", 1).await?;
    meant.check(&known(&state, &mut tx, &name).await?)?;
    acts::Terms::of(&row).map_err(|error| {
        problem::field("terms", error.to_string().replace(" in the tables of clearing", ""))
    })?;
    acts::put(&mut tx, &row, now).await.map_err(not_cleared)?;
    tx.commit().await?;
    tracing::info!(account = name, by = asker.name, "terms of clearing were changed");
    Ok(Tagged(view(row)))
}

async fn history(State(state): State<WebState>, At(name): At<String>) -> Result<Json<Page<Fee>>, Problem> {
    at(&state, &name).await?;
    let found = fees::of_account(&mut state.app.db.read().await?, &name).await?;
    let fee = |row: FeeRow| Fee {
        // Ever since has no first day.
        from: Some(row.from_day).filter(|day| !day.starts_with("0001")),
        generation: row.generation,
        rate: row
            .rate_millionths
            .and_then(|n| u32::try_from(n).ok())
            .map(|n| Rate::millionths(n).to_string()),
        fixed_minor: row.fixed_minor,
        returns_fees: row.returns_fees,
        tolerance_minor: row.tolerance_minor,
        note: row.note,
        by: row.by_whom,
        created_at: row.created_at,
    };
    Ok(Json(Page { items: found.into_iter().map(fee).collect(), next: None }))
}

async fn agree(
    state: State<WebState>,
    asker: Asker,
    At(name): At<String>,
    Sent(new): Sent<NewFee>,
) -> Result<Json<Page<Fee>>, Problem> {
    asker.may(Scope::Config)?;
    at(&state, &name).await?;
    let rate = new.rate.map(|text| {
        text.parse::<Rate>().map_err(|error| problem::field("rate", format!("{error}; write it like 0.6%")))
    });
    let contract = rate.transpose()?.map(|rate| Contract {
        rate,
        fixed: new.fixed_minor,
        returns: new.returns_fees,
        tolerance: new.tolerance_minor.unwrap_or(1),
    });
    for (name, units) in
        [("fixed_minor", new.fixed_minor), ("tolerance_minor", new.tolerance_minor.unwrap_or(1))]
    {
        if !(0..=UNITS_MAX).contains(&units) {
            return Err(problem::field(name, format!("from 0 to {UNITS_MAX}")));
        }
    }
    let note = text("note", &new.note, NOTE_MAX)?;
    let agreed = Agreement {
        account: &name,
        from: new.from.map(|text| day("from", &text)).transpose()?,
        contract,
        note: &note,
        by: &asker.name,
    };
    books(&state).agree(&agreed).await.map_err(|error| match error {
        csms::clearing::ClearingError::Refused(why) => problem::field("fee", why),
        error => not_cleared(error),
    })?;
    history(state, At(name)).await
}
