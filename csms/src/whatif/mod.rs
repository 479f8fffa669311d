//! What if: the sessions of a time under another tariff, from their stored readings, and how that changes their cost.
//!
//! [`replay`] goes through a database, [`files`] through exported sessions. Both feed a [`tally::Tally`], which holds
//! counts and a few extremes, so that a year of sessions needs no more memory than a day.

pub mod files;
pub mod period;
mod readings;
pub mod tally;

use crate::{
    session::{Keep, Live},
    store::{
        Db, StoreError, bills,
        row::{BillRow, ReadingRow, SessionRow},
        sessions, tariffs as tariff_rows,
    },
};
use period::Period;
use std::{collections::HashMap, sync::Arc};
use tally::{Costs, Outcome, Tally};
use tariffs::{Bill, Currency, Plan};

/// Sessions that one query gives.
const PAGE: i64 = 200;
/// Kept tariffs whose ids are remembered.
const TARIFFS_MAX: usize = 10_000;

/// Which sessions, under which tariff.
#[derive(Debug, Clone)]
pub struct Ask {
    /// The other tariff. Whether it is valid at the time does not matter: that is the question.
    pub plan: Arc<Plan>,
    /// When they started.
    pub period: Period,
    pub site: Option<i64>,
    pub station: Option<String>,
    /// Only those that were priced under the tariff of this id.
    pub tariff: Option<String>,
    /// No more sessions are looked at; `None`: however many there are.
    pub most: Option<u64>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum WhatIfError {
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Amounts of two currencies cannot be compared.
    #[error(
        "session {session} was priced in {is}, and the tariff is in {tariff}: amounts of two currencies cannot be \
         compared. Give a tariff in {is}, or ask only for sessions in {tariff} (by site, station or present tariff)"
    )]
    Currency { session: String, is: Currency, tariff: Currency },
    /// A file that cannot be understood.
    #[error("{place}: {why}")]
    File { place: String, why: String },
    /// There are more than were to be looked at.
    #[error("there are more than {0} sessions; ask for a shorter time, one site or one station")]
    TooMany(u64),
    /// The work was cut off.
    #[error("the pricing of session {0} was cut off")]
    CutOff(i64),
}

/// A session with what it needs to be priced again.
struct Stored {
    session: SessionRow,
    bill: Bill,
    readings: Vec<ReadingRow>,
}

/// Prices the sessions again; `progress` is told how many were looked at, page by page.
///
/// # Errors
/// [`WhatIfError::Currency`] at the first session in another currency than the tariff's.
pub async fn replay(db: &Db, ask: &Ask, mut progress: impl FnMut(u64)) -> Result<Outcome, WhatIfError> {
    let (from, to) = ask.period.bounds();
    let filter = sessions::Filter {
        station: ask.station.clone(),
        state: Some("ended".to_owned()),
        site: ask.site,
        from: Some(from),
        to: Some(to),
        ..sessions::Filter::default()
    };
    let mut tally = Tally::new(&ask.plan);
    let mut known = HashMap::new();
    let (mut before, mut seen) = (None, 0);
    loop {
        let page = sessions::list(&mut db.read().await?, &filter, before, PAGE).await?;
        for row in &page {
            let wanted = ask.period.has(row.started_at, crate::session::zone(row));
            if wanted && priced_under(db, &mut known, row, ask.tariff.as_deref()).await? {
                one(db, ask, row, &mut tally).await?;
            }
        }
        seen += page.len() as u64;
        if let Some(most) = ask.most.filter(|most| seen > *most) {
            return Err(WhatIfError::TooMany(most));
        }
        progress(seen);
        match page.last() {
            Some(last) if page.len() as i64 == PAGE => before = Some(last.id),
            _ => return Ok(tally.outcome()),
        }
    }
}

/// Prices one session again and counts it.
async fn one(db: &Db, ask: &Ask, row: &SessionRow, tally: &mut Tally) -> Result<(), WhatIfError> {
    let mut tx = db.read().await?;
    let Some(billed) = bills::latest(&mut tx, row.id).await? else {
        tally.left_out.without_bill += 1;
        return Ok(());
    };
    let readings = sessions::readings(&mut tx, row.id).await?;
    drop(tx);
    if readings.len() as i64 >= sessions::READINGS_MAX {
        tally.left_out.too_long += 1;
        return Ok(());
    }
    let Some(bill) = readable(&billed) else {
        tally.left_out.unreadable += 1;
        return Ok(());
    };
    let currency = ask.plan.tariff().currency;
    if bill.currency != currency {
        return Err(WhatIfError::Currency {
            session: row.id.to_string(),
            is: bill.currency,
            tariff: currency,
        });
    }
    let (plan, stored) = (ask.plan.clone(), Stored { session: row.clone(), bill, readings });
    // A long session takes a while, in which this thread has other things to do.
    let priced = tokio::task::spawn_blocking(move || stored.under(plan)).await;
    match priced.map_err(|_| WhatIfError::CutOff(row.id))? {
        Some((before, after)) => tally.add(&row.id.to_string(), &before, &after),
        None => tally.left_out.unreadable += 1,
    }
    Ok(())
}

impl Stored {
    /// What it cost, and what it would have cost.
    fn under(self, plan: Arc<Plan>) -> Option<(Costs, Costs)> {
        let end = self.session.ended_at.unwrap_or(self.session.last_at).max(self.session.started_at);
        let live = Live::replay_under(self.session, Some(plan), &self.readings, Keep::Totals);
        let after = (live.unreadable == 0).then(|| live.bill(end)).flatten()?;
        Some((Costs::of(&self.bill), Costs::of(&after)))
    }
}

fn readable(row: &BillRow) -> Option<Bill> {
    serde_json::from_str(&row.body)
        .inspect_err(
            |error| tracing::error!(session = row.session_id, %error, "a stored bill cannot be read"),
        )
        .ok()
}

/// Was the session priced under the tariff of this id? Its name is in the tariff that was kept then.
async fn priced_under(
    db: &Db,
    known: &mut HashMap<String, Option<String>>,
    row: &SessionRow,
    tariff: Option<&str>,
) -> Result<bool, StoreError> {
    let Some(tariff) = tariff else { return Ok(true) };
    let Some(hash) = &row.tariff_hash else { return Ok(false) };
    if let Some(id) = known.get(hash) {
        return Ok(id.as_deref() == Some(tariff));
    }
    let body = tariff_rows::snapshot(&mut db.read().await?, hash).await?;
    let id = body.and_then(|body| tariffs::Tariff::from_json(&body).ok()).map(|tariff| tariff.id);
    if known.len() >= TARIFFS_MAX {
        known.clear();
    }
    let same = id.as_deref() == Some(tariff);
    known.insert(hash.clone(), id);
    Ok(same)
}
