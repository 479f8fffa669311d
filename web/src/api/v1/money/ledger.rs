//! The ledger: what stands where, what moved, what is sealed and signed, and proofs.

use super::{
    Numbers, order_id,
    receipts::{Proof, proof, unsealed},
};
use crate::{
    WebState,
    api::{
        Problem,
        v1::{
            input::{Asked, At, id},
            op::Op,
            page::{self, Page},
            problem,
        },
    },
};
use axum::{Json, extract::State, http::StatusCode};
use chrono::{DateTime, Utc};
use csms::{
    api_key::Scope,
    ledger::{LedgerError, prove::prove},
    store::{
        Tx,
        ledger::{
            BalanceRow, checkpoints,
            entries::{self, EntryRow, PostingRow},
            findings::{self, FindingRow},
            leaves,
        },
    },
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::HashMap;

const TAG: &str = "Ledger";

/// The operations.
pub fn operations() -> Vec<Op> {
    vec![
        Op::get("/ledger", "getLedger", Scope::Money, show)
            .says(TAG, "Whether the books are right, how much is sealed, and how far it was published")
            .answers::<Standing>(StatusCode::OK, "How it stands"),
        Op::get("/ledger/balances", "listLedgerBalances", Scope::Money, balances)
            .says(TAG, "What each account stands at, debit positive")
            .query::<BalancesWanted>()
            .answers::<Page<Balance>>(StatusCode::OK, "A page"),
        Op::get("/ledger/entries", "listLedgerEntries", Scope::Money, list)
            .says(TAG, "Entries with their postings, the newest first. They are never changed")
            .query::<Wanted>()
            .answers::<Page<Entry>>(StatusCode::OK, "A page"),
        Op::get("/ledger/entries/{id}", "getLedgerEntry", Scope::Money, entry)
            .says(TAG, "One entry")
            .answers::<Entry>(StatusCode::OK, "The entry"),
        Op::get("/ledger/entries/{id}/proof", "getLedgerProof", Scope::Money, prove_entry)
            .says(
                TAG,
                "The proof that the sealed ledger has an entry. It stands alone: `csms ledger check-proof` checks it without \
                 this server",
            )
            .answers::<Proof>(StatusCode::OK, "The proof")
            .problem(StatusCode::CONFLICT, "It is not sealed yet: ask again in a minute"),
        Op::get("/ledger/checkpoints", "listLedgerCheckpoints", Scope::Money, list_checkpoints)
            .says(TAG, "Signed checkpoints, the newest first")
            .query::<Pages>()
            .answers::<Page<Checkpoint>>(StatusCode::OK, "A page"),
        Op::get("/ledger/checkpoints/{size}", "getLedgerCheckpoint", Scope::Money, checkpoint)
            .says(TAG, "The checkpoint of so many leaves, with what witnesses have signed beside it")
            .answers::<WholeCheckpoint>(StatusCode::OK, "The checkpoint"),
        Op::get("/ledger/findings", "listLedgerFindings", Scope::Money, list_findings)
            .says(TAG, "What the ledger's checks have found. They run by themselves; `csms ledger verify` computes everything anew")
            .query::<FindingsWanted>()
            .answers::<Page<Finding>>(StatusCode::OK, "A page"),
    ]
}

/// The ledger as a whole.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "LedgerStanding")]
struct Standing {
    /// What all accounts together stand at: nothing, if the books are right.
    trial: Vec<Trial>,
    /// Leaves of the tree: what is sealed.
    leaves: i64,
    /// What waits for being sealed.
    unsealed: i64,
    /// Of the newest checkpoint.
    checkpoint: Option<Checkpoint>,
    /// Findings that are open.
    open_findings: i64,
    published: Vec<Published>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "LedgerTrial")]
struct Trial {
    currency: String,
    posted_minor: i64,
    pending_minor: i64,
    right: bool,
}

/// How far a place outside has been told.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "LedgerPublished")]
struct Published {
    /// `folder`, `webhook`, or a witness.
    target: String,
    /// Leaves of the newest checkpoint that it has.
    size: i64,
    /// In vain since then.
    tries: i64,
    due_at: DateTime<Utc>,
    trouble: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "LedgerBalanceFilter")]
struct BalancesWanted {
    /// Accounts that begin like this, e.g. `provider:`.
    #[serde(default)]
    prefix: String,
    limit: Option<i64>,
    cursor: Option<String>,
}

/// What an account stands at. Amounts are whole smallest units.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "LedgerBalance")]
struct Balance {
    account: String,
    currency: String,
    posted_minor: i64,
    /// Of pending entries that have not ended.
    pending_minor: i64,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "LedgerEntryFilter")]
struct Wanted {
    /// Number of an order.
    order: Option<String>,
    kind: Option<String>,
    /// With a posting at this account.
    account: Option<String>,
    limit: Option<i64>,
    cursor: Option<String>,
}

/// An entry.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "LedgerEntry")]
struct Entry {
    id: String,
    kind: String,
    /// `posted`, `pending`, `post` or `void`.
    phase: String,
    /// The pending entry that this one ends. It may have no postings of its own then: it is all of that.
    ends: Option<String>,
    order: Option<String>,
    /// The effect: the same one is entered once.
    key: String,
    at: DateTime<Utc>,
    body: Value,
    postings: Vec<Posting>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "LedgerPosting")]
struct Posting {
    account: String,
    currency: String,
    /// Debit positive, credit negative.
    amount_minor: i64,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "LedgerCheckpointPage")]
struct Pages {
    limit: Option<i64>,
    cursor: Option<String>,
}

/// A signed checkpoint.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "LedgerCheckpoint")]
struct Checkpoint {
    /// Leaves that it covers.
    size: i64,
    /// Of the tree, base64.
    root: String,
    /// The signed note.
    note: String,
    at: DateTime<Utc>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "WholeLedgerCheckpoint")]
struct WholeCheckpoint {
    #[serde(flatten)]
    checkpoint: Checkpoint,
    cosignatures: Vec<Cosignature>,
}

/// What a witness has signed.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "LedgerCosignature")]
struct Cosignature {
    witness: String,
    /// A line of the note.
    line: String,
    at: DateTime<Utc>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "LedgerFindingFilter")]
struct FindingsWanted {
    /// Only those that are open, or only those that were cleared.
    open: Option<bool>,
    limit: Option<i64>,
    cursor: Option<String>,
}

/// Something that is not as it must be.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "LedgerFinding")]
struct Finding {
    kind: String,
    subject: String,
    detail: String,
    first_at: DateTime<Utc>,
    last_at: DateTime<Utc>,
    /// Absent: it is open.
    cleared_at: Option<DateTime<Utc>>,
}

/// What the ledger cannot tell.
pub fn unreadable(error: LedgerError) -> Problem {
    match error {
        LedgerError::Store(error) => error.into(),
        error => {
            tracing::error!(%error, "the ledger cannot be read for the API");
            Problem::broken()
        }
    }
}

async fn show(State(state): State<WebState>) -> Result<Json<Standing>, Problem> {
    let mut tx = state.app.db.read().await?;
    let trial = entries::trial(&mut tx).await?.into_iter().map(|row| Trial {
        right: row.posted_minor == 0 && row.pending_minor == 0,
        currency: row.currency,
        posted_minor: row.posted_minor,
        pending_minor: row.pending_minor,
    });
    let published = checkpoints::publishing(&mut tx).await?.into_iter().map(|row| Published {
        target: row.target,
        size: row.size,
        tries: row.tries,
        due_at: row.due_at,
        trouble: row.trouble,
    });
    Ok(Json(Standing {
        trial: trial.collect(),
        leaves: leaves::size(&mut tx).await?,
        unsealed: leaves::tail(&mut tx).await?.0,
        checkpoint: checkpoints::newest(&mut tx).await?.map(of_checkpoint),
        open_findings: findings::count_open(&mut tx).await?,
        published: published.collect(),
    }))
}

async fn balances(
    State(state): State<WebState>,
    Asked(wanted): Asked<BalancesWanted>,
) -> Result<Json<Page<Balance>>, Problem> {
    let limit = page::limit(wanted.limit)?;
    let after = page::parts::<2>(wanted.cursor.as_deref())?;
    let after = after.as_ref().map(|[account, currency]| (account.as_str(), currency.as_str()));
    let mut tx = state.app.db.read().await?;
    let found = entries::balances(&mut tx, wanted.prefix.trim(), after, limit + 1).await?;
    let view = |row: BalanceRow| Balance {
        account: row.account,
        currency: row.currency,
        posted_minor: row.posted_minor,
        pending_minor: row.pending_minor,
    };
    Ok(Json(Page::new(found, limit, |row| page::joined(&[&row.account, &row.currency]), view)))
}

async fn list(
    State(state): State<WebState>,
    Asked(wanted): Asked<Wanted>,
) -> Result<Json<Page<Entry>>, Problem> {
    let limit = page::limit(wanted.limit)?;
    let before = page::after(wanted.cursor.as_deref())?;
    let mut tx = state.app.db.read().await?;
    let filter = entries::Filter {
        order: order_id(&mut tx, wanted.order.as_deref()).await?,
        kind: wanted.kind,
        account: wanted.account,
    };
    let found = entries::list(&mut tx, &filter, before, limit + 1).await?;
    let views = views(&mut tx, found).await?;
    Ok(Json(Page::new(views, limit, |entry| entry.id.clone(), |entry| entry)))
}

async fn views(tx: &mut Tx, rows: Vec<EntryRow>) -> Result<Vec<Entry>, Problem> {
    let numbers = Numbers::of(tx, rows.iter().filter_map(|row| row.order_id)).await?;
    let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
    let mut postings: HashMap<i64, Vec<Posting>> = HashMap::new();
    for PostingRow { entry_id, account, currency, amount_minor, .. } in entries::postings_of(tx, &ids).await?
    {
        postings.entry(entry_id).or_default().push(Posting { account, currency, amount_minor });
    }
    let entry = |row: EntryRow| Entry {
        postings: postings.remove(&row.id).unwrap_or_default(),
        id: row.id.to_string(),
        kind: row.kind,
        phase: row.phase,
        ends: row.pending.map(|id| id.to_string()),
        order: row.order_id.and_then(|order| numbers.get(order)),
        key: row.key,
        at: row.at,
        body: super::story::json(&row.body),
    };
    Ok(rows.into_iter().map(entry).collect())
}

async fn find(tx: &mut Tx, text: &str) -> Result<EntryRow, Problem> {
    let number = id("entry", text)?;
    entries::find(tx, number).await?.ok_or_else(|| problem::missing("entry", text))
}

async fn entry(State(state): State<WebState>, At(text): At<String>) -> Result<Json<Entry>, Problem> {
    let mut tx = state.app.db.read().await?;
    let row = find(&mut tx, &text).await?;
    views(&mut tx, vec![row]).await?.pop().map(Json).ok_or_else(Problem::broken)
}

async fn prove_entry(State(state): State<WebState>, At(text): At<String>) -> Result<Json<Value>, Problem> {
    let mut tx = state.app.db.read().await?;
    let row = find(&mut tx, &text).await?;
    proof(&prove(&mut tx, row.id).await.map_err(unreadable)?.ok_or_else(unsealed)?)
}

fn of_checkpoint(row: checkpoints::CheckpointRow) -> Checkpoint {
    Checkpoint { size: row.size, root: row.root, note: row.note, at: row.at }
}

async fn list_checkpoints(
    State(state): State<WebState>,
    Asked(wanted): Asked<Pages>,
) -> Result<Json<Page<Checkpoint>>, Problem> {
    let limit = page::limit(wanted.limit)?;
    let below = page::after(wanted.cursor.as_deref())?;
    let found = checkpoints::page(&mut state.app.db.read().await?, below, limit + 1).await?;
    Ok(Json(Page::new(found, limit, |row| row.size.to_string(), of_checkpoint)))
}

async fn checkpoint(
    State(state): State<WebState>,
    At(text): At<String>,
) -> Result<Json<WholeCheckpoint>, Problem> {
    let size = id("checkpoint", &text)?;
    let mut tx = state.app.db.read().await?;
    let row = checkpoints::find(&mut tx, size).await?.ok_or_else(|| problem::missing("checkpoint", &text))?;
    let signed = checkpoints::cosigned(&mut tx, size).await?;
    let line =
        |row: checkpoints::CosignatureRow| Cosignature { witness: row.witness, line: row.line, at: row.at };
    let cosignatures = signed.into_iter().map(line).collect();
    Ok(Json(WholeCheckpoint { checkpoint: of_checkpoint(row), cosignatures }))
}

async fn list_findings(
    State(state): State<WebState>,
    Asked(wanted): Asked<FindingsWanted>,
) -> Result<Json<Page<Finding>>, Problem> {
    let limit = page::limit(wanted.limit)?;
    let after = page::parts::<2>(wanted.cursor.as_deref())?;
    let after = after.as_ref().map(|[kind, subject]| (kind.as_str(), subject.as_str()));
    let found = findings::page(&mut state.app.db.read().await?, wanted.open, after, limit + 1).await?;
    let view = |row: FindingRow| Finding {
        kind: row.kind,
        subject: row.subject,
        detail: row.detail,
        first_at: row.first_at,
        last_at: row.last_at,
        cleared_at: row.cleared_at,
    };
    Ok(Json(Page::new(found, limit, |row| page::joined(&[&row.kind, &row.subject]), view)))
}
