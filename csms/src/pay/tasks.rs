//! What has to be done outside: which tasks an effect asks for. They are kept with the effect's cause, and done after its
//! commit.

use super::{PayError, docket::Docket, number, offer, wallet};
use crate::store::{
    Tx,
    pay::{
        effects,
        tasks::{self, TaskRow},
    },
    tokens::{self, TokenRow},
};
use chrono::{DateTime, Utc};
use payments::{Amount, order::Effect};
use std::fmt;

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    Open,
    Query,
    Close,
    Raise,
    Capture,
    Release,
    Refund,
    Start,
    Stop,
    /// Brings in what is paid later.
    Debit,
}

impl Kind {
    pub fn word(self) -> &'static str {
        match self {
            Kind::Open => "open",
            Kind::Query => "query",
            Kind::Close => "close",
            Kind::Raise => "raise",
            Kind::Capture => "capture",
            Kind::Release => "release",
            Kind::Refund => "refund",
            Kind::Start => "start",
            Kind::Stop => "stop",
            Kind::Debit => "debit",
        }
    }

    pub fn of_word(word: &str) -> Option<Kind> {
        use Kind::{Capture, Close, Debit, Open, Query, Raise, Refund, Release, Start, Stop};
        [Open, Query, Close, Raise, Capture, Release, Refund, Start, Stop, Debit]
            .into_iter()
            .find(|kind| kind.word() == word)
    }

    /// The key of the task for this attempt, refund or order.
    pub fn key(self, of: impl fmt::Display) -> String {
        format!("{}:{of}", self.word())
    }
}

/// An identifier that the central system has made.
pub(super) const TOKEN_KIND: &str = "Central";

/// What a task is about beside its order.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct About {
    pub attempt: i64,
    pub refund: i64,
    pub amount: i64,
}

/// A task that is due at this instant.
pub(super) fn row(
    docket: &Docket<'_>,
    kind: Kind,
    key: String,
    about: About,
    due_at: DateTime<Utc>,
) -> TaskRow {
    TaskRow {
        id: docket.app.ids.next(),
        kind: kind.word().to_owned(),
        order_id: docket.order.id,
        attempt_id: about.attempt,
        refund_id: about.refund,
        amount_minor: about.amount,
        key,
        body: String::new(),
        state: "waiting".to_owned(),
        tries: 0,
        due_at,
        leased_until: None,
        trouble: String::new(),
        created_at: docket.now,
        done_at: None,
    }
}

/// Notes the effect, and asks for what it needs outside. An effect that has happened before asks for nothing.
pub(super) async fn ask(docket: &mut Docket<'_>, tx: &mut Tx, effect: &Effect) -> Result<(), PayError> {
    let (once, task) = match *effect {
        Effect::Close { attempt } => {
            (None, Some((Kind::Close, Kind::Close.key(attempt), About { attempt, ..About::default() })))
        }
        Effect::Raise { attempt, to } => {
            let key = format!("{}:{}", Kind::Raise.key(attempt), to.minor);
            (None, Some((Kind::Raise, key, About { attempt, amount: to.minor, ..About::default() })))
        }
        Effect::Capture { attempt, amount } => {
            let about = About { attempt, amount: amount.minor, ..About::default() };
            (Some(format!("end:{attempt}")), Some((Kind::Capture, Kind::Capture.key(attempt), about)))
        }
        Effect::Release { attempt } => {
            let about = About { attempt, ..About::default() };
            (Some(format!("end:{attempt}")), Some((Kind::Release, Kind::Release.key(attempt), about)))
        }
        Effect::Refund { refund, attempt, amount, .. } => {
            let about = About { attempt, refund, amount: amount.minor };
            (Some(format!("refund:{refund}")), Some((Kind::Refund, Kind::Refund.key(refund), about)))
        }
        Effect::Start => {
            let key = Kind::Start.key(docket.order.id);
            (Some("start".to_owned()), Some((Kind::Start, key, About::default())))
        }
        Effect::Stop => (None, Some((Kind::Stop, Kind::Stop.key(docket.order.id), About::default()))),
        Effect::Taken { attempt, .. } => (Some(format!("taken:{attempt}")), None),
        Effect::Released { attempt, .. } => (Some(format!("released:{attempt}")), None),
        Effect::Returned { refund, .. } => {
            (Some(effects::returned(tx, docket.order.id, refund).await?), None)
        }
        Effect::ReturnFailed { refund, done: true, .. } => {
            (Some(effects::came_back(refund, docket.order.version)), None)
        }
        Effect::Held { .. }
        | Effect::Billed { .. }
        | Effect::WrittenOff { .. }
        | Effect::ReturnFailed { .. }
        | Effect::Disputed { .. } => (None, None),
    };
    if let Some(once) = once
        && !effects::note(tx, docket.order.id, &once, docket.now).await?
    {
        tracing::error!(
            order = docket.order.number,
            effect = once,
            "an effect was to happen a second time; it was left out, and somebody has to look"
        );
        metrics::counter!("csms_pay_repeated_effects_total").increment(1);
        return docket.tell(tx, "effect.repeated", "", serde_json::json!({"effect": once})).await;
    }
    if *effect == Effect::Start {
        prepare_start(docket, tx).await?;
    }
    // A balance answers at once.
    let task = task.filter(|(_, _, about)| !wallet::is_ours(docket, about.attempt));
    if let Some((kind, key, about)) = task {
        let task = row(docket, kind, key, about, docket.now);
        if !tasks::add(tx, &task).await? {
            tasks::hasten(tx, &task.key, docket.now).await?;
        }
    }
    Ok(())
}

/// The identifier that the session starts with; it is good until the start must have happened.
async fn prepare_start(docket: &mut Docket<'_>, tx: &mut Tx) -> Result<(), PayError> {
    let station = docket.order.station_id.as_str().into();
    let readiness = offer::readiness(docket.app, tx, &station, docket.order.evse, docket.order.id).await?;
    let start_by = offer::start_by(docket.app, readiness, docket.now);
    docket.order.start_by = Some(start_by);
    docket.order.token_uid = number::token()?;
    let token = TokenRow {
        id: docket.app.ids.next(),
        uid: docket.order.token_uid.clone(),
        kind: TOKEN_KIND.to_owned(),
        group_uid: None,
        holder: format!("order {}", docket.order.number),
        language: docket.order.language.clone(),
        blocked: false,
        expires_at: Some(start_by),
        concurrent: false,
        created_at: docket.now,
        max_cost: Amount::new(docket.order.amount_minor, docket.currency).decimal().to_string(),
        max_energy_wh: None,
        max_time_s: None,
    };
    Ok(tokens::create(tx, &token).await?)
}
