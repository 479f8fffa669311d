//! What must always hold, checked continuously in small turns: the books balance, every settled order has taken what its
//! bill says, what a provider holds is what its attempts say, and what is sealed is what it was.

use super::{LedgerError, verify};
use crate::store::ledger::orders::{self, SettledRow};
use crate::store::ledger::{entries, findings, leaves};
use crate::store::{Db, StoreError, Tx, settings};
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::BTreeMap;

/// Settled orders looked at in one turn.
const ORDERS: i64 = 200;
/// Leaves looked at again in one turn.
const LEAVES: i64 = 500;
/// Open findings looked at again in one turn.
const AGAIN: i64 = 50;
/// A transaction that is being committed has an older time than one that was committed already: so much later all are
/// there.
const SETTLED: TimeDelta = TimeDelta::minutes(1);
/// Where the checks are among the settled orders, and among the leaves.
const ORDER_PLACE: &str = "ledger.checked_order";
const LEAF_PLACE: &str = "ledger.checked_leaf";

/// Keeps what was found, and tells it if it is new.
pub(super) async fn found(
    tx: &mut Tx,
    kind: &'static str,
    subject: &str,
    detail: &str,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    if findings::put(tx, kind, subject, detail, now).await? {
        metrics::counter!("csms_ledger_findings_total", "kind" => kind).increment(1);
        tracing::error!(kind, subject, detail, "the ledger's checks found a difference");
    }
    Ok(())
}

/// One turn of all checks. Gives how many findings are open.
///
/// # Errors
/// The database.
pub async fn turn(db: &Db, now: DateTime<Utc>) -> Result<i64, LedgerError> {
    trial(db, now).await?;
    settled(db, now).await?;
    again(db, now).await?;
    rows(db, now).await?;
    Ok(findings::count_open(&mut db.read().await?).await?)
}

/// All accounts of a currency together stand at nothing.
async fn trial(db: &Db, now: DateTime<Utc>) -> Result<(), LedgerError> {
    let sums = entries::trial(&mut db.read().await?).await?;
    let mut tx = db.write().await?;
    for sum in sums {
        if (sum.posted_minor, sum.pending_minor) == (0, 0) {
            findings::clear(&mut tx, "trial", &sum.currency, now).await?;
        } else {
            let detail = format!(
                "all accounts together stand at {} posted and {} pending (smallest units), not at nothing",
                sum.posted_minor, sum.pending_minor
            );
            found(&mut tx, "trial", &sum.currency, &detail, now).await?;
        }
    }
    tx.commit().await?;
    Ok(())
}

/// The orders that were settled or changed since the last turn.
async fn settled(db: &Db, now: DateTime<Utc>) -> Result<(), LedgerError> {
    let mut tx = db.read().await?;
    let after = settings::get(&mut tx, ORDER_PLACE).await?.as_deref().and_then(placed);
    let page = orders::settled(&mut tx, after, now - SETTLED, ORDERS).await?;
    drop(tx);
    let Some(last) = page.last().map(|last| (last.changed_at, last.id)) else { return Ok(()) };
    for order in page {
        check_order(db, &order, now).await?;
    }
    let mut tx = db.write().await?;
    settings::set(&mut tx, ORDER_PLACE, &format!("{} {}", last.0.timestamp_micros(), last.1)).await?;
    tx.commit().await?;
    Ok(())
}

/// Open findings of orders, which may be mended without the order being changed.
async fn again(db: &Db, now: DateTime<Utc>) -> Result<(), LedgerError> {
    let open = findings::open(&mut db.read().await?, AGAIN).await?;
    for finding in open {
        match &*finding.kind {
            "order" | "provider" => {
                let number = finding.subject.split(' ').next().unwrap_or_default();
                let order = orders::settled_by_number(&mut db.read().await?, number).await?;
                if let Some(order) = order {
                    check_order(db, &order, now).await?;
                }
            }
            "row" => {
                let at: Option<i64> =
                    finding.subject.strip_prefix("leaf ").and_then(|index| index.parse().ok());
                if let Some(at) = at {
                    check_rows(db, at, at + 1, now).await?;
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// Sealed rows, round by round: what was changed behind our back is found without anybody asking.
async fn rows(db: &Db, now: DateTime<Utc>) -> Result<(), LedgerError> {
    let mut tx = db.read().await?;
    let from = settings::get(&mut tx, LEAF_PLACE).await?.and_then(|text| text.parse().ok()).unwrap_or(0);
    let size = leaves::size(&mut tx).await?;
    drop(tx);
    let to = size.min(from + LEAVES);
    check_rows(db, from, to, now).await?;
    let next = if to >= size { 0 } else { to };
    if next != from {
        let mut tx = db.write().await?;
        settings::set(&mut tx, LEAF_PLACE, &next.to_string()).await?;
        tx.commit().await?;
    }
    Ok(())
}

async fn check_rows(db: &Db, from: i64, to: i64, now: DateTime<Utc>) -> Result<(), LedgerError> {
    if from >= to {
        return Ok(());
    }
    let page = verify::page(&mut db.read().await?, from, to).await?;
    let mut wrong: BTreeMap<i64, String> = BTreeMap::new();
    for fault in page.faults {
        if let Some(index) = fault.index.and_then(|index| i64::try_from(index).ok()) {
            wrong.entry(index).or_insert_with(|| fault.to_string());
        }
    }
    let mut tx = db.write().await?;
    for finding in findings::open(&mut tx, 200).await?.iter().filter(|finding| finding.kind == "row") {
        let at: Option<i64> = finding.subject.strip_prefix("leaf ").and_then(|index| index.parse().ok());
        if at.is_some_and(|at| (from..to).contains(&at) && !wrong.contains_key(&at)) {
            findings::clear(&mut tx, "row", &finding.subject, now).await?;
        }
    }
    for (index, detail) in wrong {
        found(&mut tx, "row", &format!("leaf {index}"), &detail, now).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// What is wrong with a settled order, by kind.
fn differences(
    order: &SettledRow,
    attempts: &[orders::MovedRow],
    ledger: &[orders::MovedRow],
) -> [(&'static str, Vec<String>); 2] {
    let of = |prefix: &str| -> i64 {
        ledger.iter().filter(|moved| moved.account.starts_with(prefix)).map(|moved| moved.minor).sum()
    };
    let mut bill = Vec::new();
    let kept = order.taken_minor - order.returned_minor + order.goodwill_minor;
    // What a payer's bank has taken for good of what was to go back is as good as given back.
    let (due, written_off) = (order.due_minor, order.written_off_minor);
    let by_banks = (kept - (due - written_off)).clamp(0, order.lost_minor.max(0));
    // Only who owes has a bill that is not paid.
    let owed = of("receivable:");
    if kept - by_banks + owed != due - written_off || (owed != 0 && order.state != "owing") {
        bill.push(format!(
            "{} taken less {} returned (of that {} goodwill) and {by_banks} by payers' banks, and {owed} owed, is not the bill \
             of {due} less {written_off} written off",
            order.taken_minor, order.returned_minor, order.goodwill_minor
        ));
    }
    let deposits = of("deposits");
    if deposits != 0 {
        bill.push(format!("{} of its money stands in deposits, neither billed nor returned", -deposits));
    }
    let left = order.taken_minor - order.returned_minor - by_banks;
    if order.purpose == "top_up" {
        // It pays for nothing: it is on the balance, whatever of it goes back again.
        bill.clear();
        let paid_in = -(of("balance:") + of("refunds"));
        if paid_in != left {
            bill.push(format!("the ledger has {paid_in} on the balance, {left} was paid in"));
        }
        // What was given as goodwill lowers revenue; what was written off does not.
    } else if -(of("revenue:") + of("tax:")) != left + owed + written_off {
        let earned = -(of("revenue:") + of("tax:"));
        bill.push(format!(
            "the ledger has {earned} as revenue and tax, {left} was kept, {owed} is owed, {written_off} written off"
        ));
    }
    let mut held: BTreeMap<String, (i64, i64)> = BTreeMap::new();
    for moved in attempts {
        held.entry(format!("provider:{}", moved.account)).or_default().0 += moved.minor;
    }
    for moved in ledger.iter().filter(|moved| moved.account.starts_with("provider:")) {
        held.entry(moved.account.clone()).or_default().1 += moved.minor;
    }
    let provider = held.into_iter().filter(|(_, (attempts, ledger))| attempts != ledger).map(
        |(account, (attempts, ledger))| {
            format!("{account}: {attempts} by its attempts, {ledger} by the ledger")
        },
    );
    [("order", bill), ("provider", provider.collect())]
}

async fn check_order(db: &Db, order: &SettledRow, now: DateTime<Utc>) -> Result<(), LedgerError> {
    // Until its refunds and disputes have ended nothing can be said.
    if order.open_refunds + order.open_disputes > 0 {
        return Ok(());
    }
    let mut tx = db.read().await?;
    let attempts = orders::by_attempts(&mut tx, order.id).await?;
    let ledger = orders::by_ledger(&mut tx, order.id).await?;
    drop(tx);
    let mut tx = db.write().await?;
    for (kind, wrong) in differences(order, &attempts, &ledger) {
        if wrong.is_empty() {
            findings::clear(&mut tx, kind, &order.number, now).await?;
        } else {
            let detail = format!("{} (smallest units of {})", wrong.join("; "), order.currency);
            found(&mut tx, kind, &order.number, &detail, now).await?;
        }
    }
    tx.commit().await?;
    Ok(())
}

fn placed(text: &str) -> Option<(DateTime<Utc>, i64)> {
    let (micros, id) = text.split_once(' ')?;
    Some((DateTime::from_timestamp_micros(micros.parse().ok()?)?, id.parse().ok()?))
}
