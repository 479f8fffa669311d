//! What an answer of the station changes of a wish. Pure: from a row to a row.

use super::{Kind, same};
use crate::{link::mask::MASK, store::desired::DesiredRow};
use chrono::{DateTime, TimeDelta, Utc};
use sha2::{Digest, Sha256};

/// The first pause after a refusal; it doubles …
const PAUSE: TimeDelta = TimeDelta::seconds(30);
/// … up to this.
const PAUSE_MAX: TimeDelta = TimeDelta::hours(1);
/// Refused so often, one after the other, it needs a person, or the next boot.
const TRIES_MAX: i64 = 6;
/// What is to happen when a session is over has so long.
const SESSION: TimeDelta = TimeDelta::hours(6);

/// What the station's answer, or its want, says of one wish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Heard {
    /// It has done it; `check`: what it says after so long tells whether it has.
    Accepted { value: String, check: Option<TimeDelta> },
    /// It has taken it, and does it after its next boot.
    AfterBoot { value: String },
    /// It has taken it, and does it when its session is over.
    AfterSession { value: String },
    /// It was asked what it has; `None`: it does not say.
    Told(Option<String>),
    /// It does not want to; `for_good`: and it will not, however often it is asked.
    Refused { why: String, for_good: bool },
    /// It may have been asked or not: it is asked what it has before anything else.
    Unclear(String),
    /// It was not asked: its turn has not come.
    NotAsked,
}

/// The wish after this.
pub(super) fn after(
    row: &DesiredRow,
    heard: Heard,
    command: i64,
    secret: bool,
    now: DateTime<Utc>,
) -> DesiredRow {
    let next = DesiredRow { asked: 0, ..row.clone() };
    // Of the wish as it was asked for, not as it was changed meanwhile.
    let same_wish = row.asked_revision == row.revision;
    match heard {
        Heard::Accepted { value, check } => {
            let next = accepted(next, value, command, secret && same_wish, now);
            match check.filter(|_| same_wish && !secret) {
                Some(check) => DesiredRow { needs: "check".to_owned(), due_at: Some(now + check), ..next },
                None => next,
            }
        }
        Heard::AfterBoot { value } => {
            let next = accepted(next, value, command, secret && same_wish, now);
            if !same_wish {
                return next;
            }
            let trouble = "accepted; the station has to be restarted before it counts".to_owned();
            DesiredRow { needs: "boot".to_owned(), due_at: None, trouble, ..next }
        }
        Heard::AfterSession { value } => {
            let next = accepted(next, value, command, false, now);
            if !same_wish {
                return next;
            }
            let trouble = "accepted; it waits for the end of a session".to_owned();
            DesiredRow { needs: "session".to_owned(), due_at: Some(now + SESSION), trouble, ..next }
        }
        Heard::Told(value) => {
            // Whoever wishes may have a clock that is ahead of ours.
            let at = now.max(row.wanted_at);
            told(DesiredRow { reported: value, reported_at: Some(at), ..next }, now)
        }
        Heard::NotAsked => next,
        Heard::Refused { .. } | Heard::Unclear(_) if !same_wish => next,
        Heard::Refused { why, for_good } => {
            let next = unsure(next);
            let tries = row.tries + 1;
            let needs = if for_good || tries >= TRIES_MAX { "person" } else { "" };
            let due_at = needs.is_empty().then(|| now + pause(row, tries));
            DesiredRow { tries, needs: needs.to_owned(), due_at, trouble: why, ..next }
        }
        Heard::Unclear(why) => {
            let next = unsure(next);
            let tries = row.tries + 1;
            // The first time it is looked at again at once.
            let due_at = Some(if tries == 1 { now } else { now + pause(row, tries) });
            DesiredRow { tries, due_at, trouble: why, reported_at: None, ..next }
        }
    }
}

/// A list is changed from what the station was last known to have; once a change has failed, nobody knows that (2.x D01.FR.04), and
/// no boot and nobody who hurries makes it known.
fn unsure(row: DesiredRow) -> DesiredRow {
    if row.kind != Kind::List.word() {
        return row;
    }
    DesiredRow { acknowledged: None, ..row }
}

/// Until the station says what it has now, it is believed.
fn accepted(row: DesiredRow, value: String, command: i64, hide: bool, now: DateTime<Utc>) -> DesiredRow {
    let wish = if hide { MASK.to_owned() } else { row.value.clone() };
    let sealed = if hide { String::new() } else { row.sealed.clone() };
    DesiredRow {
        value: wish,
        sealed,
        acknowledged: Some(value),
        acknowledged_at: Some(now),
        acknowledged_by: Some(command),
        reported_at: None,
        needs: String::new(),
        trouble: String::new(),
        ..row
    }
}

/// What the station says; if that was to check what it has accepted, and it says something else, it does not keep it.
fn told(row: DesiredRow, now: DateTime<Utc>) -> DesiredRow {
    if row.needs != "check" {
        return row;
    }
    let checked = DesiredRow { needs: String::new(), ..row };
    match checked.reported.clone() {
        Some(told) if !same(&told, &checked.value) => {
            let why = format!("the station accepted it, and still says {told:?}");
            let asked = DesiredRow { asked_revision: checked.revision, ..checked };
            after(&asked, Heard::Refused { why, for_good: false }, 0, false, now)
        }
        _ => checked,
    }
}

/// How long until it is asked again: longer each time, and not for all wishes and stations at once.
fn pause(row: &DesiredRow, tries: i64) -> TimeDelta {
    let doublings = u32::try_from(tries - 1).unwrap_or(0).min(20);
    let whole = (PAUSE * 2_i32.saturating_pow(doublings.min(10))).min(PAUSE_MAX);
    // A quarter more or less, always the same for the same try.
    let seed = Sha256::digest(format!("{} {} {} {tries}", row.station_id, row.kind, row.key));
    let spread = whole / 4;
    let pause = whole - spread + (spread * 2) * i32::from(seed[0]) / 255;
    TimeDelta::seconds(pause.num_seconds())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desired::{
        State,
        look::{
            is_askable, is_unheard, noted, state,
            tests::{at, row},
        },
    };

    fn asked(value: &str) -> DesiredRow {
        DesiredRow { asked: 7, asked_revision: 1, reported_at: Some(at(0)), ..row(value) }
    }

    fn taken(value: &str) -> Heard {
        Heard::Accepted { value: value.into(), check: Some(TimeDelta::zero()) }
    }

    fn refused(row: &DesiredRow, for_good: bool, now: DateTime<Utc>) -> DesiredRow {
        after(row, Heard::Refused { why: "Rejected".into(), for_good }, 1, false, now)
    }

    #[test]
    fn what_is_accepted_is_asked_after_before_it_is_believed() {
        let next = after(&asked("60"), taken("60"), 42, false, at(5));
        assert_eq!((next.asked, next.acknowledged_by, next.reported_at), (0, Some(42), None));
        assert!(
            state(&next, true) == State::OnItsWay && is_unheard(&next, at(5)) && !is_askable(&next, at(5))
        );
        let told = after(&next, Heard::Told(Some("60".into())), 43, false, at(6));
        assert_eq!(noted(&told, at(6)).unwrap().due_at, None);
        // It does not tell: then its word counts.
        let mute = after(&next, Heard::Told(None), 43, false, at(6));
        assert!(!is_unheard(&mute, at(6)) && state(&mute, true) == State::InStep);
        assert!(noted(&mute, at(6)).unwrap().due_at.is_none());
    }

    #[test]
    fn a_refusal_is_tried_again_ever_later_and_then_left_to_a_person() {
        let (mut now, mut wish, mut pauses) = (at(0), asked("60"), Vec::new());
        while wish.needs.is_empty() {
            wish = refused(&wish, false, now);
            if let Some(due) = wish.due_at {
                pauses.push((due - now).num_seconds());
                assert!(!is_askable(&wish, due - TimeDelta::seconds(1)) && is_askable(&wish, due));
                now = due;
            }
        }
        assert_eq!(pauses.len(), 5);
        for (pause, usual) in pauses.iter().zip([30, 60, 120, 240, 480]) {
            assert!((usual * 3 / 4..=usual * 5 / 4).contains(pause), "{pauses:?}");
        }
        assert_eq!((state(&wish, true), wish.due_at, &*wish.trouble), (State::Refused, None, "Rejected"));
        let never = refused(&asked("60"), true, at(0));
        assert_eq!((state(&never, true), never.tries), (State::Refused, 1));
    }

    #[test]
    fn the_pause_stays_within_its_bounds() {
        for tries in [1, 2, 8, 20, 1_000, i64::MAX] {
            let pause = pause(&row("60"), tries);
            assert!(pause >= PAUSE * 3 / 4 && pause <= PAUSE_MAX * 5 / 4, "{tries}: {pause}");
        }
    }

    #[test]
    fn what_counts_after_a_restart_says_so_and_waits_for_it() {
        let next = after(&asked("60"), Heard::AfterBoot { value: "60".into() }, 42, false, at(5));
        assert_eq!((state(&next, true), next.due_at), (State::AfterBoot, None));
        assert!(next.trouble.contains("restarted"));
    }

    #[test]
    fn a_secret_is_forgotten_once_the_station_has_it() {
        let wish = DesiredRow { sealed: "hmac$x".into(), ..asked("geheim") };
        let next = after(&wish, taken(MASK), 42, true, at(5));
        assert_eq!((&*next.value, next.acknowledged.as_deref(), &*next.sealed), (MASK, Some(MASK), ""));
        assert_eq!(state(&next, true), State::InStep);
        // A newer secret is not.
        let newer = DesiredRow { revision: 2, ..wish };
        let next = after(&newer, taken(MASK), 42, true, at(5));
        assert_eq!((&*next.value, state(&next, true)), ("geheim", State::OnItsWay));
    }

    #[test]
    fn a_wish_that_changed_meanwhile_is_not_blamed_for_the_old_one() {
        let newer = DesiredRow { revision: 2, due_at: Some(at(3)), ..asked("90") };
        let next = refused(&newer, true, at(5));
        assert_eq!((next.tries, &*next.needs, next.due_at), (0, "", Some(at(3))));
        let next = after(&newer, Heard::AfterBoot { value: "60".into() }, 1, false, at(5));
        assert_eq!((next.acknowledged.as_deref(), &*next.needs), (Some("60"), ""));
    }

    #[test]
    fn what_is_not_known_is_looked_at_first() {
        let next = after(&asked("60"), Heard::Unclear("gone".into()), 1, false, at(5));
        let due = next.due_at.unwrap();
        assert!(next.needs.is_empty() && due == at(5) && is_unheard(&next, due));
        let again = DesiredRow { asked: 8, asked_revision: 1, ..next };
        let next = after(&again, Heard::Unclear("gone".into()), 1, false, at(5));
        assert!(next.due_at > Some(at(20)) && !is_unheard(&next, at(6)));
    }

    #[test]
    fn a_station_that_accepts_and_does_not_keep_it_is_one_that_refuses() {
        let wish = after(&asked("60"), taken("60"), 42, false, at(5));
        let next = after(&wish, Heard::Told(Some("30".into())), 43, false, at(6));
        assert_eq!((next.tries, &*next.trouble), (1, "the station accepted it, and still says \"30\""));
        assert!(next.due_at > Some(at(6)) && next.needs.is_empty());
        assert_eq!(state(&next, true), State::Drifted);
    }
}
