//! What is allowed over a window of time.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};

use crate::composite::{CapPeriod, Question, active};
use crate::profile::model::Installed;

/// The longest window that is answered at once: 31 days.
pub const MAX_SECONDS: u32 = 31 * 86_400;

/// The composite schedule of `seconds` (at most [`MAX_SECONDS`]) from `from`: periods in order, the first at 0, no two
/// neighbours equal.
pub fn over(
    installed: &[Installed],
    question: &Question<'_>,
    from: DateTime<Utc>,
    seconds: u32,
) -> Vec<CapPeriod> {
    let seconds = seconds.min(MAX_SECONDS);
    let mut instants = BTreeSet::from([0]);
    for one in installed {
        for boundary in boundaries(one, question.begins, from, seconds) {
            // A boundary between two seconds is seen at the second.
            let millis = (boundary - from).num_milliseconds();
            let second = millis.div_euclid(1000) + i64::from(millis.rem_euclid(1000) > 0);
            if let Ok(second) = u32::try_from(second)
                && second < seconds
            {
                instants.insert(second);
            }
        }
    }
    let mut periods: Vec<CapPeriod> = Vec::new();
    for start_s in instants {
        let cap = active::at(installed, question, from + TimeDelta::seconds(i64::from(start_s)));
        if periods.last().is_none_or(|last| last.cap != cap) {
            periods.push(CapPeriod { start_s, cap });
        }
    }
    periods
}

/// When what the profile says may change within the window.
fn boundaries(
    one: &Installed,
    begins: DateTime<Utc>,
    from: DateTime<Utc>,
    seconds: u32,
) -> Vec<DateTime<Utc>> {
    let profile = &one.profile;
    let mut found: Vec<DateTime<Utc>> = profile.valid_from.into_iter().chain(profile.valid_to).collect();
    let Some(schedule) = profile.schedules.first() else { return found };
    let first = active::starts(profile.kind, schedule, begins);
    let until = from + TimeDelta::seconds(i64::from(seconds));
    let mut start = first;
    if let Some(every) = profile.kind.every_s() {
        let every = i64::from(every);
        let skipped = ((from - first).num_seconds() / every).max(0);
        start = first + TimeDelta::seconds(skipped * every);
    }
    while start < until {
        found.push(start);
        let offsets = schedule.periods.iter().map(|period| period.start_s).chain(schedule.duration_s);
        found.extend(offsets.map(|offset| start + TimeDelta::seconds(i64::from(offset))));
        match profile.kind.every_s() {
            Some(every) => start += TimeDelta::seconds(i64::from(every)),
            None => break,
        }
    }
    found
}
