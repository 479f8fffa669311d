//! What is allowed at one instant.

use chrono::{DateTime, Utc};

use crate::composite::{Cap, Question, Supply};
use crate::profile::model::{
    Amount, Installed, Kind, Mode, Period, Place, Profile, Purpose, Rules, Schedule, Unit, Values,
};

/// Where profiles that count are installed.
#[derive(Clone, Copy)]
enum Places {
    Station,
    Own,
    Both,
}

impl Places {
    fn have(self, place: Place, evse: u16) -> bool {
        match self {
            Places::Station => place == Place::Station,
            Places::Own => place == Place::Evse(evse),
            Places::Both => place == Place::Station || place == Place::Evse(evse),
        }
    }
}

/// What the profiles allow at `now`. Of two on one level, which 2.x forbids, the one installed last counts.
pub fn at(installed: &[Installed], question: &Question<'_>, now: DateTime<Utc>) -> Cap {
    let find = |purpose, places: Places| {
        highest(installed, question, now, purpose, |place| places.have(place, question.evse))
    };
    let mut caps = Vec::with_capacity(3);
    if question.evse != 0 {
        let default = || match question.rules {
            Rules::Ocpp16 => {
                find(Purpose::TxDefault, Places::Own).or_else(|| find(Purpose::TxDefault, Places::Station))
            }
            Rules::Ocpp201 | Rules::Ocpp21 => find(Purpose::TxDefault, Places::Both),
        };
        let priority = || question.priority.then(|| find(Purpose::Priority, Places::Both)).flatten();
        caps.extend(priority().or_else(|| find(Purpose::Tx, Places::Own)).or_else(default));
    }
    let mode = caps.first().and_then(|cap: &Cap| cap.mode);
    let generated = find(Purpose::LocalGeneration, Places::Station).and_then(|cap| cap.limit);
    caps.extend(find(Purpose::StationMax, Places::Station).map(|cap| Cap {
        limit: cap.limit.map(|limit| Amount(limit.0.saturating_add(generated.unwrap_or_default().0))),
        ..cap
    }));
    caps.extend(find(Purpose::External, Places::Both));
    let all = caps.into_iter().fold(Cap::default(), |one, other| narrower(one, other, question.unit));
    within(Cap { mode, ..all }, question)
}

/// What cannot be given back is not, and a setpoint lies within what is left.
fn within(mut cap: Cap, question: &Question<'_>) -> Cap {
    let gives = question.rules == Rules::Ocpp21 && cap.mode.is_some_and(Mode::gives_back);
    if question.evse != 0 && !gives {
        cap.discharge = None;
        cap.each = cap.each.map(|each| each.map(|values| Values { discharge: None, ..values }));
    }
    let between = |values: Values| {
        let below = |setpoint: Amount| values.limit.map_or(setpoint, |limit| setpoint.min(limit));
        let above = |setpoint: Amount| values.discharge.map_or(setpoint, |back| setpoint.max(back));
        values.setpoint.map(below).map(above)
    };
    cap.setpoint = between(Values { limit: cap.limit, discharge: cap.discharge, setpoint: cap.setpoint });
    cap.each = cap.each.map(|each| each.map(|values| Values { setpoint: between(values), ..values }));
    cap
}

/// The cap of that purpose's profile that counts, in the unit asked for.
fn highest(
    installed: &[Installed],
    question: &Question<'_>,
    now: DateTime<Utc>,
    purpose: Purpose,
    place: impl Fn(Place) -> bool,
) -> Option<Cap> {
    let mine = |profile: &Profile| {
        profile.purpose != Purpose::Tx
            || question.transaction.is_some()
                && profile.transaction.as_deref().is_none_or(|id| Some(id) == question.transaction)
    };
    installed
        .iter()
        .filter(|one| one.profile.purpose == purpose && place(one.place) && mine(&one.profile))
        .filter(|one| one.profile.valid_at(now))
        .filter_map(|one| {
            let schedule = one.profile.schedules.first()?;
            let period = running(one.profile.kind, schedule, question.begins, now)?;
            Some((one.profile.stack_level, cap(period, schedule.unit, question)))
        })
        .max_by_key(|(level, _)| *level)
        .map(|(_, cap)| cap)
}

/// The period that holds at `now`; none before the start and after the duration.
fn running(kind: Kind, schedule: &Schedule, begins: DateTime<Utc>, now: DateTime<Utc>) -> Option<&Period> {
    let offset = offset(kind, schedule, begins, now)?;
    schedule.periods.iter().rev().find(|period| i64::from(period.start_s) <= offset)
}

/// Seconds into the schedule, or into its present recurrence.
fn offset(kind: Kind, schedule: &Schedule, begins: DateTime<Utc>, now: DateTime<Utc>) -> Option<i64> {
    let start = starts(kind, schedule, begins);
    let since = (now - start).num_milliseconds();
    let since = if since < 0 { return None } else { since / 1000 };
    let offset = kind.every_s().map_or(since, |every| since % i64::from(every));
    schedule.duration_s.is_none_or(|duration| offset < i64::from(duration)).then_some(offset)
}

/// When the schedule starts for the first time. A dynamic one without a start holds from the transaction's; so does, in
/// OCPP 1.6, an absolute one that leaves it out.
pub(super) fn starts(kind: Kind, schedule: &Schedule, begins: DateTime<Utc>) -> DateTime<Utc> {
    match kind {
        Kind::Relative => begins,
        Kind::Absolute | Kind::Daily | Kind::Weekly | Kind::Dynamic => schedule.start.unwrap_or(begins),
    }
}

fn cap(period: &Period, unit: Unit, question: &Question<'_>) -> Cap {
    let Supply { volts, phases } = question.supply;
    let used = period.phases.unwrap_or(3).min(phases).max(1);
    let turn = |values: Values, phases: u8| {
        let turn = |amount: Amount| convert(amount, unit, question.unit, volts, phases);
        // Towards zero, whichever way energy flows.
        let either = |amount: Amount| Amount(turn(Amount(amount.0.abs())).0 * amount.0.signum());
        Values {
            limit: values.limit.map(turn),
            discharge: values.discharge.map(either),
            setpoint: values.setpoint.map(either),
        }
    };
    let each = period.each().map(|each| each.map(|values| turn(values, 1)));
    let whole = match each {
        Some(each) => together(each, usize::from(used), question.unit),
        None => {
            let Period { limit, discharge, setpoint, .. } = *period;
            turn(Values { limit, discharge, setpoint }, used)
        }
    };
    let Values { limit, discharge, setpoint } = whole;
    Cap { limit, discharge, setpoint, phases: period.phases, mode: Some(period.mode), each }
}

/// What the phases come to: in W their sum, in A what none of them exceeds. Of currents that are set L1's is told.
fn together(each: [Values; 3], used: usize, unit: Unit) -> Values {
    let used = &each[..used.min(3)];
    let all = |of: fn(&Values) -> Option<Amount>, furthest: fn(i64, i64) -> i64| {
        let values = used.iter().map(of).collect::<Option<Vec<_>>>()?.into_iter().map(|amount| amount.0);
        match unit {
            Unit::Watts => Some(Amount(values.fold(0, i64::saturating_add))),
            Unit::Amps => values.reduce(furthest).map(Amount),
        }
    };
    Values {
        limit: all(|values| values.limit, Ord::max),
        discharge: all(|values| values.discharge, Ord::min),
        setpoint: all(|values| values.setpoint, |first, _| first),
    }
}

/// A into W over the phases in use, or back; down to whole thousandths, so that no limit grows on the way.
fn convert(amount: Amount, from: Unit, to: Unit, volts: u32, phases: u8) -> Amount {
    let watts_per_amp = i64::from(volts.max(1)) * i64::from(phases);
    Amount(match (from, to) {
        (Unit::Amps, Unit::Watts) => amount.0.saturating_mul(watts_per_amp),
        (Unit::Watts, Unit::Amps) => amount.0.div_euclid(watts_per_amp),
        _ => amount.0,
    })
}

/// What both allow. Nothing is given back unless all that speak of it allow it.
fn narrower(one: Cap, other: Cap, unit: Unit) -> Cap {
    let narrow = |a: Values, b: Values| Values {
        limit: pick(a.limit, b.limit, Ord::min),
        discharge: pick(a.discharge, b.discharge, Ord::max),
        setpoint: a.setpoint.or(b.setpoint),
    };
    let whole = |cap: Cap| Values { limit: cap.limit, discharge: cap.discharge, setpoint: cap.setpoint };
    // A current is that of each phase; a power of all says nothing of one.
    let phases = |cap: Cap| match unit {
        _ if cap.each.is_some() => cap.each.unwrap_or_default(),
        Unit::Amps => [whole(cap); 3],
        Unit::Watts => [Values::NONE; 3],
    };
    let each = (one.each.is_some() || other.each.is_some()).then(|| {
        let (a, b) = (phases(one), phases(other));
        [narrow(a[0], b[0]), narrow(a[1], b[1]), narrow(a[2], b[2])]
    });
    let Values { limit, discharge, setpoint } = narrow(whole(one), whole(other));
    Cap { limit, discharge, setpoint, phases: pick(one.phases, other.phases, Ord::min), mode: None, each }
}

fn pick<T>(a: Option<T>, b: Option<T>, choose: fn(T, T) -> T) -> Option<T> {
    match (a, b) {
        (Some(a), Some(b)) => Some(choose(a, b)),
        (a, b) => a.or(b),
    }
}
