//! Telling: intents become commands, one after the other for each station, and answers become outcomes.

use super::{NAME, plan::Plan, turn::Told, wire};
use crate::{
    app::App,
    command::{self, Ask, Until},
    link::dialect::ask::Verdict,
    store::commands::CommandRow,
};
use chrono::{DateTime, TimeDelta, Utc};
use energy::{
    control::Intent,
    profile::check::{Sending, check},
};
use futures::future::join_all;
use std::{collections::BTreeMap, time::Duration};

/// A command that was issued for an intent, or what has become of it already.
pub(super) enum Issued {
    Waits { command: i64, seq: u64, evse: energy::grid::EvseId, until: DateTime<Utc> },
    Over(Told),
}

/// The command's key: the same for the same intent of the same plan, whoever sends it.
pub(super) fn key(site: i64, seq: u64, at: DateTime<Utc>) -> String {
    format!("{site}:{seq}:{}", at.timestamp_micros())
}

/// Issues commands, for each station in the order of their numbers.
pub(super) async fn issue(
    app: &App,
    site: i64,
    plan: &Plan,
    intents: Vec<Intent>,
    at: DateTime<Utc>,
) -> Vec<Issued> {
    let mut by_station = BTreeMap::<_, Vec<Intent>>::new();
    for intent in intents {
        by_station.entry(intent.station).or_default().push(intent);
    }
    let each = by_station.into_values().map(|mut intents| async move {
        intents.sort_by_key(|intent| intent.seq);
        let mut issued = Vec::with_capacity(intents.len());
        for intent in intents {
            issued.push(one(app, site, plan, &intent, at).await);
        }
        issued
    });
    join_all(each).await.into_iter().flatten().collect()
}

async fn one(app: &App, site: i64, plan: &Plan, intent: &Intent, at: DateTime<Utc>) -> Issued {
    let over = |outcome, words: String| {
        count(outcome);
        Issued::Over(Told { seq: intent.seq, evse: intent.evse, outcome, words })
    };
    let (Some((station, _)), Some(evse)) = (plan.names.evses.get(&intent.evse), plan.site.evse(intent.evse))
    else {
        return over("refused", "the plan has no such EVSE any more".to_owned());
    };
    let id = station.as_str().into();
    let Some(link) = app.hub.info(&id) else {
        return over("unanswered", "the station is not connected".to_owned());
    };
    let abilities = match app.db.read().await {
        Ok(mut tx) => wire::abilities(&mut tx, station, evse, link.protocol).await,
        Err(error) => Err(error),
    };
    let abilities = match abilities {
        Ok(abilities) => abilities,
        Err(error) => return over("unanswered", format!("not sent: {error}")),
    };
    let problems = check(&intent.profile, intent.place, Sending::Alone, &abilities);
    if let Some(problem) = problems.first() {
        tracing::warn!(%station, evse = evse.number, %problem, "a charging profile does not fit its station; change how it is told (csms grid import)");
        return over("refused", format!("not sent: {problem}"));
    }
    let within = TimeDelta::seconds(i64::from(plan.policy.answer_within_s));
    let command = wire::set(intent.place, &intent.profile);
    let ask = Ask {
        expires_at: Some(at + within),
        ..Ask::new(&id, command, NAME).keyed(key(site, intent.seq, at))
    };
    match command::issue(app, ask).await {
        Ok(row) => Issued::Waits { command: row.id, seq: intent.seq, evse: intent.evse, until: at + within },
        Err(error) => over("unanswered", format!("not sent: {error}")),
    }
}

/// Waits for the answer, but not longer than it counts.
pub(super) async fn answer(
    app: &App,
    (command, seq, evse, until): (i64, u64, energy::grid::EvseId, DateTime<Utc>),
) -> Told {
    let left = (until - app.clock.now()).to_std().unwrap_or(Duration::ZERO);
    let row = command::wait(app, command, Until::Answer, left).await;
    let (outcome, words) = match row {
        Ok(Some(row)) if row.is_answered() => outcome(&row),
        // What has not left does not leave any more. What has may be there.
        _ => match command::cancel(app, command, NAME).await {
            Ok(_) => ("unanswered", "no answer came in time".to_owned()),
            Err(error) => (
                "unanswered",
                format!("no answer came in time, and the command cannot be taken back: {error}"),
            ),
        },
    };
    count(outcome);
    Told { seq, evse, outcome, words }
}

/// What an answered command means. Only a clear word of the station is one.
pub(super) fn outcome(row: &CommandRow) -> (&'static str, String) {
    let outcome = match (row.state.as_str(), row.verdict.as_str()) {
        ("answered", verdict) if verdict == Verdict::Accepted.word() => "acked",
        ("answered", verdict)
            if [Verdict::Refused.word(), Verdict::Unsupported.word()].contains(&verdict) =>
        {
            "refused"
        }
        _ => "unanswered",
    };
    (outcome, row.reason.clone())
}

fn count(outcome: &'static str) {
    metrics::counter!("csms_grid_profiles_total", "outcome" => outcome).increment(1);
}
