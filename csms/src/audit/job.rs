//! A run of the audit that somebody has asked for: in the background, one at a time, and not for ever.

use super::run::Auditor;
use crate::{
    app::App,
    store::{
        StoreError,
        audit_runs::{self as rows, Begun, RunRow},
        sessions,
    },
};
use chrono::{DateTime, TimeDelta, Utc};

/// Sessions of one run at most; another one can go on where it has ended.
pub const SESSIONS_MAX: i64 = 100_000;
/// Sessions between two words about how far it is.
const PAGE: i64 = 50;
/// A run of which nothing was heard for so long has lost its process.
const ALIVE: TimeDelta = TimeDelta::minutes(5);

/// Which sessions.
#[derive(Debug, Clone, Copy, Default)]
pub struct Ask {
    /// Only this one.
    pub session: Option<i64>,
    /// Started at this instant or later.
    pub from: Option<DateTime<Utc>>,
    /// Started before this instant.
    pub to: Option<DateTime<Utc>>,
}

/// The row of a run that is to begin.
pub fn row(app: &App, ask: Ask, by: &str) -> RunRow {
    let now = app.clock.now();
    RunRow {
        asked_by: by.to_owned(),
        session_id: ask.session,
        from_at: ask.from,
        to_at: ask.to,
        state: "running".to_owned(),
        begun_at: now,
        touched_at: now,
        ..RunRow::default()
    }
}

/// When a run must have been heard of to be under way.
pub fn alive(now: DateTime<Utc>) -> DateTime<Utc> {
    now - ALIVE
}

/// Is it under way?
pub fn runs(row: &RunRow, now: DateTime<Utc>) -> bool {
    row.state == "running" && row.touched_at > alive(now)
}

/// Begins a run within the caller's transaction; [`start`] it after the commit.
///
/// # Errors
/// The database fails.
pub async fn begin(tx: &mut crate::store::Tx, row: &RunRow) -> Result<Begun, StoreError> {
    rows::begin(tx, row, alive(row.begun_at)).await
}

/// Lets a run that has begun go on in the background.
pub fn start(app: &App, row: RunRow) {
    let app = app.clone();
    tokio::spawn(async move {
        let id = row.id;
        let (state, reason) = match go(&app, row).await {
            Ok(Some(reason)) => ("done", reason),
            // Somebody has stopped it.
            Ok(None) => return,
            Err(error) => {
                tracing::error!(run = id, %error, "a run of the audit failed");
                ("failed", "the database failed; the log tells more".to_owned())
            }
        };
        if let Err(error) = end(&app, id, state, &reason).await {
            tracing::error!(run = id, %error, "the end of a run of the audit could not be kept");
        }
    });
}

/// Ends a run. False: it is over.
///
/// # Errors
/// The database fails.
pub async fn end(app: &App, id: i64, state: &str, reason: &str) -> Result<bool, StoreError> {
    let mut tx = app.db.write().await?;
    let ended = rows::end(&mut tx, id, state, reason, app.clock.now()).await?;
    tx.commit().await?;
    Ok(ended)
}

/// Goes through the sessions, the newest first. `None`: it was stopped; else why it ends.
async fn go(app: &App, mut row: RunRow) -> Result<Option<String>, StoreError> {
    let auditor = Auditor { db: &app.db, ids: &app.ids, clock: &app.clock };
    if let Some(session) = row.session_id {
        one(&auditor, &mut row, session).await?;
        return Ok(tell(app, &row).await?.then(String::new));
    }
    let filter = sessions::Filter {
        state: Some("ended".to_owned()),
        from: row.from_at,
        to: row.to_at,
        ..sessions::Filter::default()
    };
    let mut seen = 0;
    loop {
        let page = sessions::list(&mut app.db.read().await?, &filter, row.reached_id, PAGE).await?;
        for session in &page {
            one(&auditor, &mut row, session.id).await?;
        }
        if !tell(app, &row).await? {
            return Ok(None);
        }
        seen += page.len() as i64;
        if (page.len() as i64) < PAGE {
            return Ok(Some(String::new()));
        }
        if seen >= SESSIONS_MAX {
            let last = page.last().map(|session| session.started_at.to_rfc3339()).unwrap_or_default();
            return Ok(Some(format!(
                "{SESSIONS_MAX} sessions are enough for one run; go on with to = {last}"
            )));
        }
    }
}

async fn one(auditor: &Auditor<'_>, row: &mut RunRow, session: i64) -> Result<(), StoreError> {
    if let Some(audited) = auditor.audit(session).await? {
        row.audited += 1;
        row.differ += i64::from(!audited.differences.is_empty());
    }
    row.reached_id = Some(session);
    Ok(())
}

async fn tell(app: &App, row: &RunRow) -> Result<bool, StoreError> {
    let mut tx = app.db.write().await?;
    let goes_on = rows::reached(&mut tx, row, app.clock.now()).await?;
    tx.commit().await?;
    Ok(goes_on)
}
