//! The composite schedule as one would do it by hand: write down, for each profile, from when to when each of its values
//! holds, day by day; then look at a second.

use chrono::{DateTime, TimeDelta, Utc};
use energy::composite::{Cap, Question};
use energy::profile::model::{Amount, Installed, Kind, Mode, Period, Place, Purpose, Rules, Unit};

/// What is allowed at that second.
pub fn at(installed: &[Installed], question: &Question<'_>, now: DateTime<Utc>) -> Cap {
    let mut caps: Vec<Option<Cap>> = Vec::new();
    if question.evse > 0 {
        let mut cap = None;
        if question.priority {
            cap = top(installed, question, now, Purpose::Priority, true, true);
        }
        if cap.is_none() && question.transaction.is_some() {
            cap = top(installed, question, now, Purpose::Tx, false, true);
        }
        if cap.is_none() && question.rules == Rules::Ocpp16 {
            cap = top(installed, question, now, Purpose::TxDefault, false, true);
            if cap.is_none() {
                cap = top(installed, question, now, Purpose::TxDefault, true, false);
            }
        } else if cap.is_none() {
            cap = top(installed, question, now, Purpose::TxDefault, true, true);
        }
        caps.push(cap);
    }
    let mut max = top(installed, question, now, Purpose::StationMax, true, false);
    let sun = top(installed, question, now, Purpose::LocalGeneration, true, false);
    if let (Some(max), Some(Amount(sun))) = (max.as_mut(), sun.and_then(|cap| cap.limit)) {
        max.limit = max.limit.map(|limit| Amount(limit.0 + sun));
    }
    caps.push(max);
    caps.push(top(installed, question, now, Purpose::External, true, true));
    let mode = if question.evse > 0 { caps[0].and_then(|cap| cap.mode) } else { None };
    let caps: Vec<Cap> = caps.into_iter().flatten().collect();
    let limit = caps.iter().filter_map(|cap| cap.limit).min();
    let mut discharge = caps.iter().filter_map(|cap| cap.discharge).max();
    let gives = question.rules == Rules::Ocpp21 && mode.is_some_and(|mode| mode != Mode::ChargingOnly);
    if question.evse > 0 && !gives {
        discharge = None;
    }
    let mut setpoint = caps.iter().find_map(|cap| cap.setpoint);
    if let (Some(point), Some(most)) = (setpoint, limit) {
        setpoint = Some(point.min(most));
    }
    if let (Some(point), Some(back)) = (setpoint, discharge) {
        setpoint = Some(point.max(back));
    }
    let phases = caps.iter().filter_map(|cap| cap.phases).min();
    Cap { limit, discharge, setpoint, phases, mode, each: None }
}

fn top(
    installed: &[Installed],
    question: &Question<'_>,
    now: DateTime<Utc>,
    purpose: Purpose,
    station: bool,
    own: bool,
) -> Option<Cap> {
    for level in (0..10).rev() {
        for one in installed.iter().rev() {
            let profile = &one.profile;
            let placed =
                station && one.place == Place::Station || own && one.place == Place::Evse(question.evse);
            if profile.purpose != purpose || profile.stack_level != level || !placed {
                continue;
            }
            if purpose == Purpose::Tx
                && profile.transaction.is_some()
                && profile.transaction.as_deref() != question.transaction
            {
                continue;
            }
            if profile.valid_from.is_some_and(|from| now < from)
                || profile.valid_to.is_some_and(|to| now >= to)
            {
                continue;
            }
            for (from, to, period) in written_down(one, question) {
                if from <= now && now < to {
                    return Some(cap(&period, profile.schedules[0].unit, question));
                }
            }
        }
    }
    None
}

/// From when to when each value holds.
fn written_down(one: &Installed, question: &Question<'_>) -> Vec<(DateTime<Utc>, DateTime<Utc>, Period)> {
    let schedule = &one.profile.schedules[0];
    let mut start = match one.profile.kind {
        Kind::Relative => question.begins,
        _ => schedule.start.unwrap_or(question.begins),
    };
    let days = match one.profile.kind {
        Kind::Daily => Some(1),
        Kind::Weekly => Some(7),
        _ => None,
    };
    let mut rows = Vec::new();
    for _ in 0..10 {
        let round_ends = days.map_or(start + TimeDelta::days(1000), |days| start + TimeDelta::days(days));
        let ends = schedule
            .duration_s
            .map_or(round_ends, |duration| round_ends.min(start + TimeDelta::seconds(i64::from(duration))));
        for (index, period) in schedule.periods.iter().enumerate() {
            let from = start + TimeDelta::seconds(i64::from(period.start_s));
            let next = schedule.periods.get(index + 1);
            let to = next.map_or(ends, |next| ends.min(start + TimeDelta::seconds(i64::from(next.start_s))));
            rows.push((from, to, period.clone()));
        }
        match days {
            Some(days) => start += TimeDelta::days(days),
            None => break,
        }
    }
    rows
}

fn cap(period: &Period, unit: Unit, question: &Question<'_>) -> Cap {
    let phases = i64::from(period.phases.unwrap_or(3).min(question.supply.phases));
    let factor = i64::from(question.supply.volts) * phases;
    let turned = |amount: i64| match (unit, question.unit) {
        (Unit::Amps, Unit::Watts) => amount * factor,
        (Unit::Watts, Unit::Amps) => amount / factor,
        _ => amount,
    };
    Cap {
        limit: period.limit.map(|limit| Amount(turned(limit.0))),
        discharge: period.discharge.map(|back| Amount(turned(back.0))),
        setpoint: period.setpoint.map(|point| Amount(turned(point.0))),
        phases: period.phases,
        mode: Some(period.mode),
        each: None,
    }
}
