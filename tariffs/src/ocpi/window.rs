//! When two elements hold at once, as restrictions of OCPI.

use crate::model::tariff::{Day, Restrictions};
use crate::model::time_of_day::TimeOfDay;

const DAY: u16 = 24 * 60;

/// Restrictions that never hold together and that one holds exactly when both of the given ones do. Only those of OCPI,
/// and none for reservations.
pub(super) fn both(one: &Restrictions, other: &Restrictions) -> Vec<Restrictions> {
    let base = Restrictions {
        start_time: None,
        end_time: None,
        start_date: one.start_date.max(other.start_date),
        end_date: least(one.end_date, other.end_date),
        min_kwh: one.min_kwh.max(other.min_kwh),
        max_kwh: least(one.max_kwh, other.max_kwh),
        min_current: one.min_current.max(other.min_current),
        max_current: least(one.max_current, other.max_current),
        min_power: one.min_power.max(other.min_power),
        max_power: least(one.max_power, other.max_power),
        min_duration: one.min_duration.max(other.min_duration),
        max_duration: least(one.max_duration, other.max_duration),
        ..Restrictions::default()
    };
    let never = crossed(base.start_date, base.end_date)
        || crossed(base.min_kwh, base.max_kwh)
        || crossed(base.min_current, base.max_current)
        || crossed(base.min_power, base.max_power)
        || crossed(base.min_duration, base.max_duration);
    let Some(day_of_week) = days(&one.day_of_week, &other.day_of_week).filter(|_| !never) else {
        return Vec::new();
    };
    let times = times(one, other).into_iter();
    times
        .map(|(start_time, end_time)| Restrictions {
            start_time,
            end_time,
            day_of_week: day_of_week.clone(),
            ..base.clone()
        })
        .collect()
}

/// The lower of two upper bounds.
fn least<T: Ord>(one: Option<T>, other: Option<T>) -> Option<T> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

/// Is there nothing from `min` until before `max`?
fn crossed<T: Ord>(min: Option<T>, max: Option<T>) -> bool {
    min.zip(max).is_some_and(|(min, max)| min >= max)
}

/// The days in both; empty: all. `None`: there are none.
fn days(one: &[Day], other: &[Day]) -> Option<Vec<Day>> {
    match (one, other) {
        ([], days) | (days, []) => Some(days.to_vec()),
        _ => {
            let both: Vec<Day> = one.iter().copied().filter(|day| other.contains(day)).collect();
            (!both.is_empty()).then_some(both)
        }
    }
}

type Window = (Option<TimeOfDay>, Option<TimeOfDay>);

/// The windows that are in both.
fn times(one: &Restrictions, other: &Restrictions) -> Vec<Window> {
    let mut parts: Vec<(u16, u16)> = Vec::new();
    for a in minutes(one) {
        for b in minutes(other) {
            let (from, to) = (a.0.max(b.0), a.1.min(b.1));
            if from < to {
                parts.push((from, to));
            }
        }
    }
    parts.sort_unstable();
    // What goes on after midnight is one window.
    let (first, last) = (parts.first().copied(), parts.last().copied());
    if let (Some((0, to)), Some((from, DAY))) = (first, last)
        && parts.len() > 1
    {
        parts.remove(0);
        parts.pop();
        parts.push((from, to));
    }
    let window = |(from, to)| match (from, to) {
        (0, DAY) => (None, None),
        (from, to) => (time(from), time(to % DAY)),
    };
    parts.into_iter().map(window).collect()
}

/// The minutes of a day in which the times hold, in one part or two.
fn minutes(given: &Restrictions) -> Vec<(u16, u16)> {
    let from = given.start_time.map_or(0, TimeOfDay::minutes);
    let to = given.end_time.map(TimeOfDay::minutes).filter(|end| *end != 0).unwrap_or(DAY);
    if from < to { vec![(from, to)] } else { vec![(0, to), (from, DAY)] }
}

fn time(minutes: u16) -> Option<TimeOfDay> {
    format!("{:02}:{:02}", minutes / 60, minutes % 60).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(start: &str, end: &str) -> Restrictions {
        Restrictions { start_time: start.parse().ok(), end_time: end.parse().ok(), ..Restrictions::default() }
    }

    fn cut(one: (&str, &str), other: (&str, &str)) -> Vec<String> {
        let show = |time: Option<TimeOfDay>| time.map_or("-".to_owned(), |time| time.to_string());
        both(&window(one.0, one.1), &window(other.0, other.1))
            .iter()
            .map(|cut| format!("{} {}", show(cut.start_time), show(cut.end_time)))
            .collect()
    }

    #[test]
    fn windows_are_cut_at_midnight_and_put_together_again() {
        assert_eq!(cut(("", ""), ("", "")), ["- -"]);
        assert_eq!(cut(("00:00", "00:00"), ("08:00", "")), ["08:00 00:00"]);
        assert_eq!(cut(("22:00", "06:00"), ("", "")), ["22:00 06:00"]);
        assert_eq!(cut(("22:00", "06:00"), ("23:00", "05:00")), ["23:00 05:00"]);
        assert_eq!(cut(("22:00", "06:00"), ("05:00", "23:00")), ["05:00 06:00", "22:00 23:00"]);
        assert_eq!(cut(("20:00", "10:00"), ("08:00", "06:00")), ["08:00 10:00", "20:00 06:00"]);
        assert_eq!(cut(("08:00", "12:00"), ("12:00", "18:00")), Vec::<String>::new());
        assert_eq!(cut(("", "12:00"), ("12:00", "")), Vec::<String>::new());
    }
}
