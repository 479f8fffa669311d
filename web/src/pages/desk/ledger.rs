//! The ledger.

use super::super::{encoded, next_link};
use crate::{
    WebState,
    front::Fail,
    login::Visit,
    view::{
        Pager,
        desk::{
            BalanceLine, EntryLine, FindingLine, LedgerPage, PostingLine, SealView, TrialLine, amount,
            some_amount,
        },
    },
};
use axum::{
    Router,
    extract::{Query, State},
    response::Response,
    routing::get,
};
use csms::store::{
    Tx,
    ledger::{
        checkpoints,
        entries::{self, EntryRow, Filter},
        findings, leaves,
    },
    pay::orders,
};
use serde::Deserialize;

/// Entries of a page: each has postings of its own.
const ENTRIES: i64 = 25;
/// Balances of a page.
const BALANCES: i64 = 50;
/// Findings that are listed.
const FINDINGS: i64 = 50;

/// The routes.
pub fn routes() -> Router<WebState> {
    Router::new().route("/ledger", get(show))
}

#[derive(Deserialize)]
struct Wanted {
    #[serde(default)]
    prefix: String,
    /// The balance that the page goes on after: account and currency.
    #[serde(default)]
    after: String,
    #[serde(default)]
    account: String,
    #[serde(default)]
    kind: String,
    /// Number of an order.
    #[serde(default)]
    order: String,
    #[serde(default)]
    before: String,
}

async fn show(
    State(state): State<WebState>,
    visit: Visit,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Fail> {
    let before = wanted.before.parse().ok();
    let after = wanted.after.split_once('~').map(|(currency, account)| (account, currency));
    let some = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    let mut tx = state.app.db.read().await?;
    let mut balances = entries::balances(&mut tx, wanted.prefix.trim(), after, BALANCES + 1).await?;
    let trial = entries::trial(&mut tx).await?;
    let seal = seal(&mut tx).await?;
    let open = findings::open(&mut tx, FINDINGS).await?;
    let order = match some(&wanted.order) {
        // An order that is not there has no entries.
        Some(number) => Some(orders::by_number(&mut tx, &number).await?.map_or(0, |row| row.id)),
        None => None,
    };
    let filter = Filter { order, kind: some(&wanted.kind), account: some(&wanted.account) };
    let mut rows = entries::list(&mut tx, &filter, before, ENTRIES + 1).await?;
    let more = rows.len() > ENTRIES as usize;
    rows.truncate(ENTRIES as usize);
    let last = rows.last().map(|row| row.id.to_string()).unwrap_or_default();
    let entries = entry_lines(&mut tx, rows).await?;
    drop(tx);
    let more_balances = balances.len() > BALANCES as usize;
    balances.truncate(BALANCES as usize);
    let last_balance =
        balances.last().map(|row| format!("{}~{}", row.currency, row.account)).unwrap_or_default();
    let query = [
        ("account", wanted.account.as_str()),
        ("kind", wanted.kind.as_str()),
        ("order", wanted.order.as_str()),
    ];
    let of_balances = [("prefix", wanted.prefix.as_str())];
    visit.show(&LedgerPage {
        balances_pager: Pager {
            first: after.is_some().then(|| next_link("/ledger", &of_balances, ("after", ""))),
            next: more_balances.then(|| next_link("/ledger", &of_balances, ("after", &last_balance))),
        },
        balances: balances
            .into_iter()
            .map(|row| BalanceLine {
                href: format!("/ledger?account={}#entries", encoded(&row.account)),
                posted: amount(row.posted_minor, &row.currency),
                pending: some_amount(row.pending_minor, &row.currency),
                account: row.account,
            })
            .collect(),
        trial: trial
            .into_iter()
            .map(|row| TrialLine {
                right: row.posted_minor == 0 && row.pending_minor == 0,
                sum: amount(row.posted_minor, &row.currency),
                currency: row.currency,
            })
            .collect(),
        seal,
        findings: open
            .into_iter()
            .map(|row| FindingLine {
                kind: row.kind,
                subject: row.subject,
                detail: row.detail,
                first_at: row.first_at,
                last_at: row.last_at,
            })
            .collect(),
        narrowed: query.iter().any(|(_, value)| !value.trim().is_empty()),
        entries,
        entries_pager: Pager {
            first: before
                .is_some()
                .then(|| format!("{}#entries", next_link("/ledger", &query, ("before", "")))),
            next: more.then(|| format!("{}#entries", next_link("/ledger", &query, ("before", &last)))),
        },
        prefix: wanted.prefix,
        account: wanted.account,
        kind: wanted.kind,
        order: wanted.order,
    })
}

async fn seal(tx: &mut Tx) -> Result<SealView, Fail> {
    let checkpoint = checkpoints::newest(tx).await?;
    let (tail, _) = leaves::tail(tx).await?;
    Ok(SealView {
        leaves: leaves::size(tx).await?,
        tail,
        checkpoint: checkpoint.as_ref().map(|row| row.size),
        root: checkpoint.as_ref().map(|row| row.root.clone()).unwrap_or_default(),
        at: checkpoint.map(|row| row.at),
    })
}

/// Entries with their postings; the caller bounds how many.
pub async fn entry_lines(tx: &mut Tx, rows: Vec<EntryRow>) -> Result<Vec<EntryLine>, Fail> {
    let mut lines = Vec::with_capacity(rows.len());
    for row in rows {
        // What ends a pending entry may have no postings of its own: then it is all of that entry.
        let postings = entries::postings(tx, row.id).await?;
        let postings = postings
            .into_iter()
            .map(|posting| {
                let side = |minor: i64| some_amount(minor.max(0), &posting.currency);
                PostingLine {
                    debit: side(posting.amount_minor),
                    credit: side(posting.amount_minor.saturating_neg()),
                    account: posting.account.clone(),
                }
            })
            .collect();
        lines.push(EntryLine {
            id: row.id,
            at: row.at,
            kind: row.kind,
            phase: row.phase,
            order: row.order_id,
            postings,
        });
    }
    Ok(lines)
}
