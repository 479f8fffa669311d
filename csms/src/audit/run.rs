//! Goes through the sessions of a database, checks each, and keeps what it finds.

use super::{Case, Difference, Kind, check};
use crate::{
    app::App,
    clock::Clock,
    id::Ids,
    store::{
        Db, StoreError, bills, events,
        findings::{self, FindingRow, Made},
        row::EventRow,
        sessions, settings, tariffs,
    },
};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// Sessions that one query lists.
const PAGE: i64 = 50;
/// Sessions with new bills that one turn looks at; the rest is for the next one.
const TURN_MAX: usize = 2_000;
/// Sessions looked at again in a turn without new bills: old rows can be damaged as well.
const AGAIN: i64 = 20;
/// A bill that is being committed has an older time than one that was committed already: so much later all are there.
const SETTLED: TimeDelta = TimeDelta::minutes(1);
/// A session that changes while it is read is read again so often.
const READS_MAX: usize = 3;

/// Where the audit is, in the bills' order.
const NEWEST: &str = "audit.newest";
/// Where it is in its rounds through all bills.
const ROUND: &str = "audit.round";

/// What was found of one session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audited {
    pub session: i64,
    pub station: String,
    /// Of its newest bill.
    pub revision: i64,
    /// Empty: everything agrees.
    pub differences: Vec<Difference>,
}

/// Where findings go.
#[derive(Debug, Clone, Copy)]
pub struct Auditor<'a> {
    pub db: &'a Db,
    pub ids: &'a Ids,
    pub clock: &'a Clock,
}

impl Auditor<'_> {
    /// Checks a session and keeps what was found, with an event for what is new. `None`: there is no such session, it
    /// has not ended, or it has no bill.
    pub async fn audit(&self, session: i64) -> Result<Option<Audited>, StoreError> {
        let Some(case) = load(self.db, session).await? else { return Ok(None) };
        let (station, revision) = (case.session.station_id.clone(), case.bill.revision);
        // Making a long session anew takes a while, in which this thread has other things to do.
        let checked = tokio::task::spawn_blocking(move || check(&case)).await;
        let Ok(differences) = checked else {
            tracing::error!(session, "a session could not be audited");
            return Ok(None);
        };
        metrics::counter!("csms_audited_sessions_total").increment(1);
        let audited = Audited { session, station, revision, differences };
        self.keep(&audited).await?;
        Ok(Some(audited))
    }

    /// Writes down what is found and is not known, and clears what is known and is not found any more.
    async fn keep(&self, audited: &Audited) -> Result<(), StoreError> {
        let known = findings::of_session(&mut self.db.read().await?, audited.session).await?;
        if known.is_empty() && audited.differences.is_empty() {
            return Ok(());
        }
        let now = self.clock.now();
        let mut fresh = Vec::new();
        let mut tx = self.db.write().await?;
        for Difference { kind, differs } in &audited.differences {
            let detail = serde_json::to_string(differs).unwrap_or_default();
            let row = FindingRow {
                session_id: audited.session,
                kind: kind.key().to_owned(),
                detail,
                bill_revision: audited.revision,
                first_at: now,
                last_at: now,
                cleared_at: None,
            };
            findings::put(&mut tx, &row).await?;
            if known.iter().all(|known| known.kind != row.kind) {
                let body = json!({"finding": row.kind, "bill": audited.revision,
                                  "differs": differs.first().map(ToString::to_string)});
                let event = EventRow {
                    id: self.ids.next(),
                    at: now,
                    station_id: Some(audited.station.clone()),
                    session_id: Some(audited.session),
                    kind: "audit.difference".to_owned(),
                    body: body.to_string(),
                };
                events::add(&mut tx, &event).await?;
                fresh.push((*kind, event.body));
            }
        }
        for gone in
            known.iter().filter(|known| audited.differences.iter().all(|d| d.kind.key() != known.kind))
        {
            findings::clear(&mut tx, audited.session, &gone.kind, now).await?;
        }
        tx.commit().await?;
        for (kind, body) in fresh {
            tell(audited, kind, &body);
        }
        Ok(())
    }
}

fn tell(audited: &Audited, kind: Kind, body: &str) {
    metrics::counter!("csms_audit_findings_total", "kind" => kind.key()).increment(1);
    tracing::error!(
        session = audited.session,
        station = audited.station,
        kind = kind.key(),
        body,
        "the audit found a difference"
    );
}

/// The rows of an ended session with a bill, all of one moment.
async fn load(db: &Db, session: i64) -> Result<Option<Case>, StoreError> {
    for _ in 0..READS_MAX {
        let mut tx = db.read().await?;
        let Some(row) = sessions::find(&mut tx, session).await?.filter(|row| row.state == "ended") else {
            return Ok(None);
        };
        let readings = sessions::readings(&mut tx, session).await?;
        let tariff = match &row.tariff_hash {
            Some(hash) => tariffs::snapshot(&mut tx, hash).await?,
            None => None,
        };
        let Some(bill) = bills::latest(&mut tx, session).await? else { return Ok(None) };
        // PostgreSQL lets a statement see what was committed since the one before.
        if sessions::find(&mut tx, session).await?.as_ref() == Some(&row) {
            return Ok(Some(Case { session: row, bill, readings, tariff }));
        }
    }
    // A session that late messages keep changing gets a new bill, and is looked at again for that.
    Ok(None)
}

/// One turn of the job: the sessions that have a new bill, or some of the old ones. Gives how many were looked at. It
/// pauses as long as it works, so that stations come first, and may be dropped at any moment.
pub async fn turn(app: &App) -> Result<usize, StoreError> {
    let auditor = Auditor { db: &app.db, ids: &app.ids, clock: &app.clock };
    let before = app.clock.now() - SETTLED;
    let mut seen = 0;
    while seen < TURN_MAX {
        let page = pass(&auditor, NEWEST, before, PAGE).await?;
        seen += page;
        if (page as i64) < PAGE {
            break;
        }
    }
    if seen == 0 {
        seen = pass(&auditor, ROUND, before, AGAIN).await?;
        if seen == 0 {
            // The round is over; the next one begins.
            place(&app.db, ROUND, None).await?;
        }
    }
    let open = findings::count_open(&mut app.db.read().await?).await?;
    metrics::gauge!("csms_audit_open_findings").set(open as f64);
    Ok(seen)
}

/// Looks at the next bills after the place of this name, and moves it.
async fn pass(
    auditor: &Auditor<'_>,
    name: &str,
    before: DateTime<Utc>,
    limit: i64,
) -> Result<usize, StoreError> {
    let mut tx = auditor.db.read().await?;
    let after = settings::get(&mut tx, name).await?.as_deref().and_then(placed);
    let page = findings::bills_made(&mut tx, after, before, limit).await?;
    drop(tx);
    for made in &page {
        let begun = Instant::now();
        auditor.audit(made.session_id).await?;
        sleep(begun.elapsed().min(Duration::from_secs(5))).await;
    }
    if let Some(last) = page.last() {
        place(auditor.db, name, Some(*last)).await?;
    }
    Ok(page.len())
}

async fn place(db: &Db, name: &str, at: Option<Made>) -> Result<(), StoreError> {
    let text = at.map(|at| format!("{} {}", at.created_at.timestamp_micros(), at.session_id));
    let text = text.unwrap_or_default();
    let mut tx = db.write().await?;
    if settings::get(&mut tx, name).await?.unwrap_or_default() != text {
        settings::set(&mut tx, name, &text).await?;
        tx.commit().await?;
    }
    Ok(())
}

fn placed(text: &str) -> Option<Made> {
    let (micros, session) = text.split_once(' ')?;
    let created_at = DateTime::from_timestamp_micros(micros.parse().ok()?)?;
    Some(Made { created_at, session_id: session.parse().ok()? })
}
