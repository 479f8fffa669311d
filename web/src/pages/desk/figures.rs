//! The day in figures.

use super::day_begin;
use crate::{
    front::Fail,
    view::{
        Shell,
        desk::{FiguresView, ProblemLine, amount},
    },
};
use chrono::{DateTime, TimeDelta, Utc};
use csms::{
    id::Ids,
    pay::STOP_LATE,
    store::{
        Tx,
        clearing::cases as clearing_cases,
        ledger::findings,
        pay::figures::{self, MovedRow},
        risk::cases as risk_cases,
    },
};
use tokio::sync::Mutex;

/// Notifications that contradict the books are problems for so long.
const NOTICES_FOR: TimeDelta = TimeDelta::days(7);

/// They are counted anew after this: a busy day has many rows, and every open page asks whenever something happens.
const FRESH: TimeDelta = TimeDelta::seconds(5);

/// The figures as last counted, for one beginning of the day: most readers are in one zone.
#[derive(Debug, Default)]
pub struct Figures(Mutex<Option<Counted>>);

#[derive(Debug)]
struct Counted {
    since: DateTime<Utc>,
    at: DateTime<Utc>,
    view: FiguresView,
}

impl Figures {
    /// What happened since the reader's midnight, and what somebody has to look at.
    pub async fn of(&self, tx: &mut Tx, shell: &Shell) -> Result<FiguresView, Fail> {
        let (since, now) = (day_begin(shell.now, &shell.zone), shell.now);
        let mut known = self.0.lock().await;
        if let Some(counted) = &*known
            && counted.since == since
            && now >= counted.at
            && now - counted.at < FRESH
        {
            return Ok(counted.view.clone());
        }
        let view = count(tx, since, now).await?;
        *known = Some(Counted { since, at: now, view: view.clone() });
        Ok(view)
    }
}

async fn count(tx: &mut Tx, since: DateTime<Utc>, now: DateTime<Utc>) -> Result<FiguresView, Fail> {
    let sums = |rows: Vec<MovedRow>| {
        rows.into_iter().map(|row| amount(row.minor, &row.currency)).collect::<Vec<_>>()
    };
    let problems = figures::problems(tx, now - NOTICES_FOR, now - STOP_LATE).await?;
    let lines: Vec<ProblemLine> = [
        ("refunds", problems.refunds, "/refunds"),
        ("tasks", problems.tasks, "/orders?trouble=tasks"),
        ("notices", problems.notices, "/orders?trouble=notices"),
        ("owing", problems.owing, "/orders?state=owing"),
        ("disputes", problems.disputes, "/orders?trouble=disputes"),
        ("risk", risk_cases::count_open(tx).await?, "/risk"),
        ("clearing", clearing_cases::count_open(tx).await?, "/clearing/cases"),
        ("ledger", findings::count_open(tx).await?, "/ledger#findings"),
    ]
    .into_iter()
    .filter(|(_, count, _)| *count > 0)
    .map(|(word, count, href)| ProblemLine { word, count, href })
    .collect();
    Ok(FiguresView {
        orders: figures::orders(tx, Ids::floor(since)).await?,
        taken: sums(figures::taken(tx, since).await?),
        returned: sums(figures::returned(tx, since).await?),
        problems: lines.iter().map(|line| line.count).sum(),
        lines,
    })
}
