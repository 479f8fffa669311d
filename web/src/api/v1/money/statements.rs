//! Statements of providers and banks: the files as they came, their lines, and bringing one.

use super::{books, clearing::day, not_cleared};
use crate::{
    WebState,
    api::{
        Problem,
        v1::{
            caller::Asker,
            input::{self, Asked, At, id, text},
            op::Op,
            page::{self, Page},
            problem,
        },
    },
};
use axum::{
    Json,
    body::Bytes,
    extract::{FromRequest, Request, State},
    http::StatusCode,
};
use chrono::{DateTime, Utc};
use csms::{
    api_key::Scope,
    clearing::{
        against::Compared,
        import::{Incoming, Which},
        terms::BANK,
    },
    store::clearing::{
        lines::{self, LineRow},
        statements::{self, StatementRow},
        terms,
    },
};
use payments::clearing::read::Format;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

const TAG: &str = "Clearing";
const NAME_MAX: usize = 200;

/// The operations.
pub fn operations() -> Vec<Op> {
    vec![
        Op::get("/clearing/statements", "listStatements", Scope::Money, list)
            .says(TAG, "Files of providers and banks, the newest first")
            .query::<Wanted>()
            .answers::<Page<Statement>>(StatusCode::OK, "A page"),
        Op::post("/clearing/statements", "uploadStatement", Scope::Money, bring)
            .says(
                TAG,
                "Bring a statement: the body is the file, as the provider or the bank has written it (also gzip or zip), of \
                 `api.import_mib_max` at most. It is taken whole or not at all, and held against our books. The same file \
                 again changes nothing. Needs the scope `command` too",
            )
            .query::<Brought>()
            .file_body()
            .large()
            .answers::<Taken>(StatusCode::OK, "It is taken")
            .problem(StatusCode::UNPROCESSABLE_ENTITY, "It cannot be read; `detail` says where and why")
            .problem(StatusCode::CONFLICT, "It looks like no statement that is known, or is not of this account"),
        Op::get("/clearing/statements/{id}", "getStatement", Scope::Money, show)
            .says(TAG, "One file")
            .answers::<Statement>(StatusCode::OK, "The file"),
        Op::get("/clearing/statements/{id}/lines", "listStatementLines", Scope::Money, list_lines)
            .says(TAG, "The lines of a file, in their order")
            .query::<LinesWanted>()
            .answers::<Page<Line>>(StatusCode::OK, "A page"),
    ]
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "StatementFilter")]
struct Wanted {
    /// Of the settings, or `bank:NAME`.
    account: Option<String>,
    /// E.g. `2026-05-01`.
    day: Option<String>,
    limit: Option<i64>,
    cursor: Option<String>,
}

/// A file as it came. Amounts are whole smallest units.
#[derive(Debug, Serialize, JsonSchema)]
struct Statement {
    id: String,
    account: String,
    /// `trades`, `funds` or `bank`.
    file: String,
    day: String,
    format: String,
    name: String,
    sha256: String,
    bytes: i64,
    lines: i64,
    paid_minor: i64,
    returned_minor: i64,
    fee_minor: i64,
    /// All lines of it are there.
    whole: bool,
    /// Who brought it; empty: it was fetched.
    by: String,
    created_at: DateTime<Utc>,
}

#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "StatementFile")]
enum About {
    /// Payments and refunds.
    Trades,
    /// The provider's account: payouts.
    Funds,
    /// A bank's account.
    Bank,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewStatement")]
struct Brought {
    /// Of the settings, or `bank:NAME`.
    account: String,
    /// Absent: `bank` of a bank, else `trades`.
    file: Option<About>,
    /// Absent: that of most of its lines.
    day: Option<String>,
    /// E.g. `wechat_trades`, `stripe_csv`, `camt053`, `mt940`; absent: by its content.
    format: Option<String>,
    /// What the file is called; `.gz` and `.zip` are unpacked.
    #[serde(default)]
    name: String,
}

/// How it went.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "TakenStatement")]
struct Taken {
    statement_id: String,
    day: String,
    /// Lines of the file, and how many of them were not known.
    lines: u64,
    new: u64,
    /// The same file had been brought: nothing was changed.
    known: bool,
    compared: Comparison,
}

/// What came of holding it against our books.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "StatementComparison")]
struct Comparison {
    /// They agree.
    matched: u64,
    /// Wait for their other side.
    waiting: u64,
    /// New cases, by reason.
    cases: BTreeMap<String, u64>,
    /// The account is being compared by another process: nothing was done here, and it is done once more after that.
    under_way: bool,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "StatementLineFilter")]
struct LinesWanted {
    /// `open`, `matched`, `case` or `kept`.
    state: Option<String>,
    limit: Option<i64>,
    cursor: Option<String>,
}

/// A line of a statement.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "StatementLine")]
struct Line {
    id: String,
    /// In the file.
    row: i64,
    kind: String,
    /// Ours, of the attempt or the refund.
    number: String,
    /// The provider's.
    reference: String,
    currency: String,
    amount_minor: i64,
    fee_minor: Option<i64>,
    at: Option<DateTime<Utc>>,
    day: String,
    text: String,
    /// `open`, `matched`, `case` or `kept`: there is nothing to hold it against.
    state: String,
}

async fn list(
    State(state): State<WebState>,
    Asked(wanted): Asked<Wanted>,
) -> Result<Json<Page<Statement>>, Problem> {
    let limit = page::limit(wanted.limit)?;
    let before = page::after(wanted.cursor.as_deref())?;
    let day = wanted.day.map(|text| day("day", &text).map(|day| day.to_string())).transpose()?;
    let mut tx = state.app.db.read().await?;
    let found =
        statements::page(&mut tx, wanted.account.as_deref(), day.as_deref(), before, limit + 1).await?;
    Ok(Json(Page::new(found, limit, |row| row.id.to_string(), view)))
}

async fn find(state: &WebState, text: &str) -> Result<StatementRow, Problem> {
    let number = id("statement", text)?;
    let row = statements::find(&mut state.app.db.read().await?, number).await?;
    row.ok_or_else(|| problem::missing("statement", text))
}

async fn show(State(state): State<WebState>, At(id): At<String>) -> Result<Json<Statement>, Problem> {
    Ok(Json(view(find(&state, &id).await?)))
}

/// A merchant account of the settings, a bank, or what terms are kept of.
pub async fn account(state: &WebState, name: &str) -> Result<(), Problem> {
    let letter = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let bank = name
        .strip_prefix(BANK)
        .is_some_and(|bank| (1..=40).contains(&bank.len()) && bank.chars().all(letter));
    if bank || state.app.pay.accounts.get(name).is_some() {
        return Ok(());
    }
    if !name.contains('\0') && terms::find(&mut state.app.db.read().await?, name).await?.is_some() {
        return Ok(());
    }
    Err(problem::field(
        "account",
        format!("there is no account {name:?} in pay.accounts; a bank is bank:NAME"),
    ))
}

async fn bring(
    State(state): State<WebState>,
    asker: Asker,
    Asked(brought): Asked<Brought>,
    request: Request,
) -> Result<Json<Taken>, Problem> {
    asker.may(Scope::Command)?;
    account(&state, &brought.account).await?;
    let file = match brought.file {
        Some(About::Trades) => Which::Trades,
        Some(About::Funds) => Which::Funds,
        Some(About::Bank) => Which::Bank,
        None if brought.account.starts_with(BANK) => Which::Bank,
        None => Which::Trades,
    };
    let words = || Format::ALL.map(Format::word).join(", ");
    let format = brought.format.map(|word| {
        Format::of(&word).ok_or_else(|| problem::query(format!("format: {word:?} is none of {}", words())))
    });
    let format = format.transpose()?;
    let day = brought.day.map(|text| day("day", &text)).transpose()?;
    let name = text("name", &brought.name, NAME_MAX)?;
    let bytes = Bytes::from_request(request, &state).await.map_err(input::unread)?;
    if bytes.is_empty() {
        return Err(problem::misfit("", "the body is the file, and there is nothing in it"));
    }
    let books = books(&state);
    let incoming = Incoming {
        account: &brought.account,
        file,
        day,
        format,
        name: &name,
        bytes: &bytes,
        by: &asker.name,
    };
    let imported = books.import(&incoming).await.map_err(not_cleared)?;
    let compared = books.compare_all(&brought.account).await.map_err(not_cleared)?;
    tracing::info!(account = brought.account, day = %imported.day, known = imported.known, by = asker.name, "a statement was brought");
    Ok(Json(Taken {
        statement_id: imported.statement.to_string(),
        day: imported.day.to_string(),
        lines: imported.lines,
        new: imported.new,
        known: imported.known,
        compared: comparison(compared),
    }))
}

fn comparison(done: Compared) -> Comparison {
    Comparison {
        matched: done.matched,
        waiting: done.parked,
        under_way: done.under_way,
        cases: done.cases.into_iter().map(|(reason, count)| (reason.to_string(), count)).collect(),
    }
}

async fn list_lines(
    State(state): State<WebState>,
    At(text): At<String>,
    Asked(wanted): Asked<LinesWanted>,
) -> Result<Json<Page<Line>>, Problem> {
    let limit = page::limit(wanted.limit)?;
    let after = page::after(wanted.cursor.as_deref())?;
    let row = find(&state, &text).await?;
    let mut tx = state.app.db.read().await?;
    let found = lines::of_statement(&mut tx, row.id, wanted.state.as_deref(), after, limit + 1).await?;
    let line = |row: LineRow| Line {
        id: row.id.to_string(),
        row: row.row,
        kind: row.kind,
        number: row.number,
        reference: row.reference,
        currency: row.currency,
        amount_minor: row.amount_minor,
        fee_minor: row.fee_minor,
        at: row.at,
        day: row.day,
        text: row.text,
        state: row.state,
    };
    Ok(Json(Page::new(found, limit, |row| row.id.to_string(), line)))
}

fn view(row: StatementRow) -> Statement {
    Statement {
        id: row.id.to_string(),
        account: row.account,
        file: row.file,
        day: row.day,
        format: row.format,
        name: row.name,
        sha256: row.sha256,
        bytes: row.bytes,
        lines: row.lines,
        paid_minor: row.paid_minor,
        returned_minor: row.returned_minor,
        fee_minor: row.fee_minor,
        whole: row.whole,
        by: row.by_whom,
        created_at: row.created_at,
    }
}
