//! Second verifications: a one-time code sent to the driver.
//!
//! [`ask`] makes one and gives the code, which the caller lets be sent after the commit; it is stored as a keyed hash.
//! [`answer`] takes what the driver typed. A passed one answers for its order, its device and no more than its amount, for
//! a while. The caller commits in every case: a wrong try has to count.

use super::{Decided, Facts, active};
use crate::{
    app::App,
    store::{
        StoreError, Tx,
        risk::checks::{self, CheckRow},
    },
};
use chrono::{DateTime, TimeDelta, Utc};
use payments::risk::rules::Subject;
use rand::{TryRngCore, rngs::OsRng};
use subtle::ConstantTimeEq;

/// How somebody shows that it is really them: six digits, sent to e-mail or phone.
const STEP: &str = "code";

/// A verification that waits for its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    pub id: i64,
    /// To be sent. Never logged.
    pub code: String,
    pub expires_at: DateTime<Utc>,
}

/// What became of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// The order may be paid now: decide again.
    Passed,
    /// Wrong; so many tries are left.
    Wrong { tries_left: i64 },
    /// Too many wrong tries: a new one has to be asked for.
    Failed,
    /// It was not answered in time.
    Expired,
    /// Nothing is waiting for an answer.
    NotAsked,
}

impl Answer {
    const fn word(self) -> &'static str {
        match self {
            Answer::Passed => "passed",
            Answer::Wrong { .. } => "wrong",
            Answer::Failed => "failed",
            Answer::Expired => "expired",
            Answer::NotAsked => "not_asked",
        }
    }
}

/// Asks for a verification of what was decided. `None`: it was asked for too often within the hour.
pub async fn ask(
    tx: &mut Tx,
    app: &App,
    facts: &Facts<'_>,
    decided: &Decided,
) -> Result<Option<Waiting>, StoreError> {
    let (now, config) = (app.clock.now(), &app.config.risk);
    let lately = checks::count_since(tx, facts.order, now - TimeDelta::hours(1)).await?;
    if lately >= i64::from(config.code_sends_max) {
        metrics::counter!("csms_risk_checks_total", "outcome" => "too_often").increment(1);
        return Ok(None);
    }
    let active = active::load(tx, app).await?;
    let keys = active.keys.of(facts);
    let key = |subject| keys.get(&subject).cloned().unwrap_or_default();
    let id = app.ids.next();
    let code = code()?;
    let row = CheckRow {
        id,
        order_id: facts.order,
        decision_id: decided.id,
        step: STEP.to_owned(),
        state: "open".to_owned(),
        code: active.keys.hash(&salted(id, &code)),
        tries: 0,
        driver: key(Subject::Driver),
        device: key(Subject::Device),
        currency: facts.amount.currency.code().to_owned(),
        amount_minor: facts.amount.minor,
        expires_at: now + TimeDelta::minutes(i64::from(config.code_minutes)),
        created_at: now,
        done_at: None,
    };
    checks::add(tx, &row).await?;
    metrics::counter!("csms_risk_checks_total", "outcome" => "asked").increment(1);
    Ok(Some(Waiting { id, code, expires_at: row.expires_at }))
}

/// Takes the code that a driver typed.
pub async fn answer(tx: &mut Tx, app: &App, order: i64, typed: &str) -> Result<Answer, StoreError> {
    let (now, tries_max) = (app.clock.now(), i64::from(app.config.risk.code_tries_max));
    let Some(row) = checks::newest(tx, order).await? else { return Ok(Answer::NotAsked) };
    let outcome = if row.state == "passed" {
        Answer::Passed
    } else if row.state != "open" {
        Answer::Failed
    } else if row.expires_at <= now {
        Answer::Expired
    } else if !checks::take_try(tx, row.id, tries_max, now).await? {
        checks::end(tx, row.id, "failed", now).await?;
        Answer::Failed
    } else {
        let active = active::load(tx, app).await?;
        let digits: String = typed.chars().filter(char::is_ascii_digit).take(12).collect();
        let right = active.keys.hash(&salted(row.id, &digits));
        let tries_left = tries_max - row.tries - 1;
        if bool::from(right.as_bytes().ct_eq(row.code.as_bytes())) {
            checks::end(tx, row.id, "passed", now).await?;
            Answer::Passed
        } else if tries_left <= 0 {
            checks::end(tx, row.id, "failed", now).await?;
            Answer::Failed
        } else {
            Answer::Wrong { tries_left }
        }
    };
    metrics::counter!("csms_risk_checks_total", "outcome" => outcome.word()).increment(1);
    Ok(outcome)
}

/// The same digits have another hash in another verification.
fn salted(id: i64, code: &str) -> String {
    format!("check:{id}:{code}")
}

/// Six random digits, each as likely.
fn code() -> Result<String, StoreError> {
    const CODES: u32 = 1_000_000;
    loop {
        let number = OsRng.try_next_u32().map_err(|error| {
            StoreError::from(sqlx::Error::Protocol(format!("no random numbers: {error}")))
        })?;
        // The incomplete last million would make small codes likelier.
        if number < u32::MAX / CODES * CODES {
            return Ok(format!("{:06}", number % CODES));
        }
    }
}
