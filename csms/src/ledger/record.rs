//! Entering: in the transaction of the cause, once per effect.

use super::{Account, Entry, EntryFault, Phase};
use crate::id::Ids;
use crate::store::ledger::entries::{self, BalanceRow, EntryRow, PostingRow};
use crate::store::{StoreError, Tx};
use payments::Amount;
use tariffs::Currency;

/// Balances are read in pages of so many.
const PAGE: i64 = 200;

/// Where the entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recorded {
    pub id: i64,
    /// False: this effect had been entered before.
    pub new: bool,
}

/// Why an entry was not made.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    #[error("the entry {key:?} cannot be made: {fault}")]
    Fault { key: String, fault: EntryFault },
    #[error("the effect {key:?} was entered before with other contents (entry {id}): {what} differs")]
    KeyTaken { key: String, id: i64, what: &'static str },
    #[error("the entry {key:?} ends the pending entry {pending:?}, which is not there")]
    NoPending { key: String, pending: String },
    #[error("the entry {key:?} ends {pending:?}, which is not pending")]
    NotPending { key: String, pending: String },
    #[error("the entry {key:?} ends {pending:?}, which {by:?} has ended already")]
    Ended { key: String, pending: String, by: String },
    #[error("the entry {key:?} posts {amount} of {pending:?}, which holds only {held}")]
    MoreThanPending { key: String, pending: String, amount: Amount, held: Amount },
    #[error(
        "what is sealed has been changed: {0}. Nothing is signed over it; csms ledger verify names the place"
    )]
    Changed(String),
    #[error("it could not be published: {0}")]
    Outside(String),
    #[error("the row of the ledger cannot be read: {0}")]
    Unreadable(String),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Enters it, or finds that its effect has been entered. The caller's transaction holds the cause too: both are
/// committed, or neither.
///
/// # Errors
/// Nothing was written, and the transaction can go on.
pub async fn record(tx: &mut Tx, ids: &Ids, entry: &Entry) -> Result<Recorded, LedgerError> {
    entry.check().map_err(|fault| LedgerError::Fault { key: entry.key.clone(), fault })?;
    let held = match &entry.phase {
        Phase::Posted | Phase::Pending => None,
        Phase::Post { pending, .. } | Phase::Void { pending } => Some(held(tx, entry, pending).await?),
    };
    let id = ids.next();
    let row = EntryRow {
        id,
        kind: entry.kind.clone(),
        phase: entry.phase.name().to_owned(),
        pending: held.as_ref().map(|held| held.id),
        order_id: entry.order_id,
        key: entry.key.clone(),
        body: entry.body.to_string(),
        at: entry.at,
    };
    let postings = postings(entry, held.as_ref(), id)?;
    if entries::add(tx, &row).await? {
        entries::add_postings(tx, &postings).await?;
        metrics::counter!("csms_ledger_entries_total", "kind" => row.kind).increment(1);
        return Ok(Recorded { id, new: true });
    }
    if let Some(earlier) = entries::by_key(tx, &entry.key).await? {
        same(tx, &earlier, &row, &postings).await?;
        return Ok(Recorded { id: earlier.id, new: false });
    }
    let by = match row.pending {
        Some(pending) => entries::ended_by(tx, pending).await?.map(|by| by.key),
        None => None,
    };
    Err(LedgerError::Ended {
        key: entry.key.clone(),
        pending: held.map(|held| held.key).unwrap_or_default(),
        by: by.unwrap_or_default(),
    })
}

/// The pending entry that is to be ended.
struct Held {
    id: i64,
    key: String,
    /// The account that is debited, and the one that is credited.
    accounts: [String; 2],
    amount: Amount,
}

async fn held(tx: &mut Tx, entry: &Entry, pending: &str) -> Result<Held, LedgerError> {
    let (key, pending) = (entry.key.clone(), pending.to_owned());
    let Some(row) = entries::by_key(tx, &pending).await? else {
        return Err(LedgerError::NoPending { key, pending });
    };
    if row.phase != "pending" {
        return Err(LedgerError::NotPending { key, pending });
    }
    let lines = entries::postings(tx, row.id).await?;
    let side = |debit: bool| lines.iter().find(|line| (line.amount_minor > 0) == debit);
    let (Some(debit), Some(credit)) = (side(true), side(false)) else {
        return Err(LedgerError::Unreadable(format!("{pending:?} is not one debit and one credit")));
    };
    Ok(Held {
        id: row.id,
        key: row.key,
        accounts: [debit.account.clone(), credit.account.clone()],
        amount: Amount::new(debit.amount_minor, currency(&debit.currency)?),
    })
}

/// The rows of the lines: those of the entry, or what follows from the pending one.
fn postings(entry: &Entry, held: Option<&Held>, id: i64) -> Result<Vec<PostingRow>, LedgerError> {
    let lines: Vec<(String, Amount)> = match (&entry.phase, held) {
        (Phase::Post { amount, .. }, Some(held)) => {
            if amount.currency != held.amount.currency || amount.minor > held.amount.minor {
                return Err(LedgerError::MoreThanPending {
                    key: entry.key.clone(),
                    pending: held.key.clone(),
                    amount: *amount,
                    held: held.amount,
                });
            }
            let [debit, credit] = held.accounts.clone();
            vec![(debit, *amount), (credit, Amount { minor: -amount.minor, ..*amount })]
        }
        _ => entry.lines.iter().map(|(account, amount)| (account.to_string(), *amount)).collect(),
    };
    let row = |(n, (account, amount)): (i64, (String, Amount))| PostingRow {
        entry_id: id,
        line: n,
        account,
        currency: amount.currency.code().to_owned(),
        amount_minor: amount.minor,
    };
    Ok((0..).zip(lines).map(row).collect())
}

/// The same effect must mean the same movement, whatever its message said beside that.
async fn same(
    tx: &mut Tx,
    earlier: &EntryRow,
    row: &EntryRow,
    postings: &[PostingRow],
) -> Result<(), LedgerError> {
    let lines = entries::postings(tx, earlier.id).await?;
    let like = |a: &PostingRow, b: &PostingRow| {
        (&a.account, &a.currency, a.amount_minor) == (&b.account, &b.currency, b.amount_minor)
    };
    let what = if earlier.kind != row.kind {
        "its kind"
    } else if (&earlier.phase, earlier.pending) != (&row.phase, row.pending) {
        "its phase"
    } else if earlier.order_id != row.order_id {
        "its order"
    } else if lines.len() != postings.len() || !lines.iter().zip(postings).all(|(a, b)| like(a, b)) {
        "an amount or account"
    } else {
        return Ok(());
    };
    Err(LedgerError::KeyTaken { key: row.key.clone(), id: earlier.id, what })
}

/// A pending entry that waits for its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenPending {
    pub id: i64,
    pub key: String,
    pub amount: Amount,
}

/// What is held for an order and has not ended, oldest first: to be posted or voided.
///
/// # Errors
/// [`LedgerError::Store`], [`LedgerError::Unreadable`].
pub async fn open_pendings(tx: &mut Tx, order: i64) -> Result<Vec<OpenPending>, LedgerError> {
    let mut open = Vec::new();
    for row in entries::pending_of_order(tx, order).await? {
        let lines = entries::postings(tx, row.id).await?;
        let Some(debit) = lines.iter().find(|line| line.amount_minor > 0) else {
            return Err(LedgerError::Unreadable(format!("{:?} has no debit", row.key)));
        };
        let amount = Amount::new(debit.amount_minor, currency(&debit.currency)?);
        open.push(OpenPending { id: row.id, key: row.key, amount });
    }
    Ok(open)
}

/// What an account stands at, by currency: posted and pending, debit positive. Empty: nothing was ever entered.
///
/// # Errors
/// [`LedgerError::Store`].
pub async fn balances(tx: &mut Tx, account: &Account) -> Result<Vec<BalanceRow>, LedgerError> {
    Ok(entries::balance(tx, &account.to_string()).await?)
}

/// All balances whose account begins with `prefix`, at most `max`.
///
/// # Errors
/// [`LedgerError::Store`].
pub async fn balances_of(tx: &mut Tx, prefix: &str, max: usize) -> Result<Vec<BalanceRow>, LedgerError> {
    let mut found: Vec<BalanceRow> = Vec::new();
    while found.len() < max {
        let after = found.last().map(|last| (last.account.clone(), last.currency.clone()));
        let after = after.as_ref().map(|(account, currency)| (account.as_str(), currency.as_str()));
        let page = entries::balances(tx, prefix, after, PAGE).await?;
        let whole = page.len() as i64 == PAGE;
        found.extend(page);
        if !whole {
            break;
        }
    }
    found.truncate(max);
    Ok(found)
}

fn currency(code: &str) -> Result<Currency, LedgerError> {
    code.parse().map_err(|_| LedgerError::Unreadable(format!("{code:?} is no currency")))
}
