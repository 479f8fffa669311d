//! Rows of clearing: what we say, what they say, and what does not agree.

pub mod cases;
pub mod compares;
pub mod disputes;
pub mod fees;
pub mod items;
pub mod lines;
pub mod runs;
pub mod shares;
pub mod statements;
pub mod terms;
pub mod testing;

use super::db::Tx;
use super::error::StoreError;
use super::migrations::Engine;
use super::query::run;

/// Ids in one statement: one text serves them all.
const IDS: usize = 128;

/// `$2,$3,…` for [`IDS`] ids, the first one's number given.
fn places(first: usize) -> String {
    let places: Vec<String> = (first..first + IDS).map(|n| format!("${n}")).collect();
    places.join(",")
}

/// The places that are left over name the last one again.
fn padded(ids: &[i64]) -> Vec<i64> {
    let padding = std::iter::repeat_n(ids.last().copied().unwrap_or_default(), IDS - ids.len());
    ids.iter().copied().chain(padding).collect()
}

/// Runs `UPDATE … WHERE id IN (…)` for any number of ids; `$1` of the statement is `first`, `{ids}` are the ids.
async fn for_ids(tx: &mut Tx, sql: &str, first: &str, ids: &[i64]) -> Result<u64, StoreError> {
    let sql = super::db::text(sql.replace("{ids}", &places(2)));
    let mut changed = 0;
    for chunk in ids.chunks(IDS) {
        let (all, query) = (padded(chunk), sql.clone());
        let done = super::db::on!(tx, c => {
            let mut query = sqlx::query(query).bind(first);
            for id in &all {
                query = query.bind(*id);
            }
            query.execute(c).await.map(|done| done.rows_affected())
        })?;
        changed += done;
    }
    Ok(changed)
}

/// Tells PostgreSQL's planner how many rows have come: a plan for empty tables would go through them row by row.
pub async fn analyze(tx: &mut Tx) -> Result<(), StoreError> {
    if tx.engine() == Engine::Postgres {
        for table in
            ["clearing_item", "clearing_line", "pay_effect", "pay_attempt", "pay_refund", "pay_order"]
        {
            run!(tx, super::db::text(format!("ANALYZE {table}")))?;
        }
    }
    Ok(())
}
