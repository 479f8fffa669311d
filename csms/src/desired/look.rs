//! How a wish stands: read off its row, and nothing else.

use super::Kind;
use crate::store::desired::DesiredRow;
use chrono::{DateTime, Utc};

/// How a wish stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// The station is as it shall be.
    InStep,
    /// It was, or had accepted to be, and says that it is not.
    Drifted,
    /// The station is asked now, or will be by itself.
    OnItsWay,
    /// The station has accepted it, and does it after its next boot.
    AfterBoot,
    /// The station does not want to, or cannot: somebody has to look at it. It is asked again after its next boot.
    Refused,
    /// The station is not connected.
    Waits,
}

impl State {
    /// All of them.
    pub const ALL: [State; 6] =
        [State::InStep, State::Drifted, State::OnItsWay, State::AfterBoot, State::Refused, State::Waits];

    /// Its word, for programs.
    pub const fn word(self) -> &'static str {
        match self {
            State::InStep => "in-step",
            State::Drifted => "drifted",
            State::OnItsWay => "on-its-way",
            State::AfterBoot => "after-boot",
            State::Refused => "refused",
            State::Waits => "waits",
        }
    }
}

/// How it stands with a wish of a station that is connected or not.
pub fn state(row: &DesiredRow, online: bool) -> State {
    let told = told(row);
    if told.is_some_and(|told| same(told, &row.value)) {
        return State::InStep;
    }
    let accepted = row.acknowledged.as_deref().is_some_and(|accepted| same(accepted, &row.value));
    match row.needs.as_str() {
        "person" => State::Refused,
        "boot" => State::AfterBoot,
        "" if accepted && told.is_none() => State::InStep,
        "" if accepted => State::Drifted,
        // Nothing was to be done any more: it was so by itself, and is not now.
        "" if told.is_some() && row.due_at.is_none() => State::Drifted,
        _ if online => State::OnItsWay,
        _ => State::Waits,
    }
}

/// What the station says, if it has said anything since it booted or accepted something.
fn told(row: &DesiredRow) -> Option<&str> {
    row.reported_at.and(row.reported.as_deref())
}

/// May the station be asked for it now?
pub(crate) fn is_askable(row: &DesiredRow, now: DateTime<Utc>) -> bool {
    let is_due = row.due_at.is_some_and(|due| due <= now);
    let waits = matches!(row.needs.as_str(), "boot" | "check" | "person");
    row.asked == 0 && is_due && !waits && state(row, true) != State::InStep
}

/// Should the station be asked first what it has?
pub(crate) fn is_unheard(row: &DesiredRow, now: DateTime<Utc>) -> bool {
    let is_due = row.due_at.is_some_and(|due| due <= now);
    let unheard = row.reported_at.is_none_or(|told| told < row.wanted_at);
    let secret = Kind::of(&row.kind).is_some_and(|kind| kind.is_secret(&row.key));
    row.asked == 0 && is_due && unheard && !secret && row.needs != "boot"
}

/// What has to be kept of a wish before anything is asked: that it is in step, or that the station has left it.
pub(super) fn noted(row: &DesiredRow, now: DateTime<Utc>) -> Option<DesiredRow> {
    let quiet =
        DesiredRow { due_at: None, tries: 0, needs: String::new(), trouble: String::new(), ..row.clone() };
    let next = match state(row, true) {
        State::InStep if is_unheard(row, now) => return None,
        State::InStep => quiet,
        State::Drifted if row.due_at.is_none() => {
            DesiredRow { due_at: Some(now), drifts: row.drifts + 1, ..row.clone() }
        }
        _ => return None,
    };
    (next != *row).then_some(next)
}

/// Do two texts mean the same value? Stations write numbers, truth and lists in ways of their own.
pub fn same(one: &str, other: &str) -> bool {
    one == other || plain(one) == plain(other)
}

fn plain(text: &str) -> Vec<String> {
    text.split(',').map(|item| plain_item(item.trim())).collect()
}

fn plain_item(item: &str) -> String {
    if item.eq_ignore_ascii_case("true") || item.eq_ignore_ascii_case("false") {
        return item.to_ascii_lowercase();
    }
    let (sign, digits) = item.strip_prefix('-').map_or(("", item), |digits| ("-", digits));
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !all_digits(whole) || !all_digits(part) {
        return item.to_owned();
    }
    let (whole, part) = (whole.trim_start_matches('0'), part.trim_end_matches('0'));
    match (whole, part) {
        ("", "") => "0".to_owned(),
        (whole, "") => format!("{sign}{whole}"),
        (whole, part) => format!("{sign}{whole}.{part}"),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(crate) fn at(second: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + chrono::TimeDelta::seconds(second)
    }

    pub(crate) fn row(value: &str) -> DesiredRow {
        DesiredRow {
            station_id: "CS".into(),
            kind: "configuration".into(),
            key: "OCPPCommCtrlr.HeartbeatInterval".into(),
            value: value.into(),
            body: String::new(),
            sealed: String::new(),
            template: String::new(),
            wanted_by: "ada".into(),
            wanted_at: at(0),
            revision: 1,
            acknowledged: None,
            acknowledged_at: None,
            acknowledged_by: None,
            reported: None,
            reported_at: None,
            asked: 0,
            asked_revision: 0,
            needs: String::new(),
            tries: 0,
            due_at: Some(at(0)),
            trouble: String::new(),
            drifts: 0,
        }
    }

    /// (accepted, told, told since then?, needs) and what that is for a station that is connected, and for one that is not.
    #[test]
    fn how_a_wish_stands_follows_from_its_row() {
        use State::{AfterBoot, Drifted, InStep, OnItsWay, Refused, Waits};
        let table = [
            (None, None, false, "", OnItsWay, Waits),
            (None, Some("60"), true, "", InStep, InStep),
            (None, Some("60"), false, "", OnItsWay, Waits),
            (None, Some("30"), true, "", OnItsWay, Waits),
            (Some("60"), None, false, "", InStep, InStep),
            (Some("60"), Some("30"), false, "", InStep, InStep),
            (Some("60"), Some("30"), true, "", Drifted, Drifted),
            (Some("60"), Some("060.0"), true, "", InStep, InStep),
            (Some("30"), Some("30"), true, "", OnItsWay, Waits),
            (Some("60"), Some("30"), true, "boot", AfterBoot, AfterBoot),
            (Some("60"), Some("60"), true, "boot", InStep, InStep),
            (Some("60"), None, false, "session", OnItsWay, Waits),
            (Some("60"), Some("30"), true, "session", OnItsWay, Waits),
            (Some("60"), None, false, "check", OnItsWay, Waits),
            (Some("60"), Some("60"), true, "check", InStep, InStep),
            (None, Some("30"), true, "person", Refused, Refused),
            (None, None, false, "person", Refused, Refused),
            (None, Some("60"), true, "person", InStep, InStep),
        ];
        for (accepted, told, since, needs, online, offline) in table {
            let row = DesiredRow {
                acknowledged: accepted.map(str::to_owned),
                reported: told.map(str::to_owned),
                reported_at: since.then(|| at(1)),
                needs: needs.to_owned(),
                ..row("60")
            };
            let case = format!("accepted {accepted:?}, told {told:?} {since}, needs {needs:?}");
            assert_eq!((state(&row, true), state(&row, false)), (online, offline), "{case}");
            // Nobody is asked for what is there, and nobody for what needs somebody else first.
            if matches!(state(&row, true), InStep | AfterBoot | Refused) || needs == "check" {
                assert!(!is_askable(&row, at(9)), "{case}");
            } else {
                assert!(is_askable(&row, at(9)), "{case}");
            }
        }
    }

    #[test]
    fn what_is_in_step_is_left_alone_and_what_was_left_is_counted_once() {
        let there = DesiredRow {
            reported: Some("60".into()),
            reported_at: Some(at(1)),
            tries: 3,
            trouble: "Rejected".into(),
            needs: "person".into(),
            ..row("60")
        };
        let quiet = noted(&there, at(2)).unwrap();
        assert_eq!((quiet.due_at, quiet.tries, &*quiet.trouble, &*quiet.needs), (None, 0, "", ""));
        assert_eq!(noted(&quiet, at(2)), None);

        let left = DesiredRow {
            acknowledged: Some("60".into()),
            reported: Some("30".into()),
            due_at: None,
            ..quiet
        };
        let drifted = noted(&left, at(5)).unwrap();
        assert_eq!((drifted.due_at, drifted.drifts), (Some(at(5)), 1));
        assert_eq!(noted(&drifted, at(6)), None, "counted once");
        assert!(is_askable(&drifted, at(5)) && !is_askable(&drifted, at(4)));
    }

    #[test]
    fn a_station_that_was_so_by_itself_drifts_as_well() {
        let was =
            DesiredRow { reported: Some("60".into()), reported_at: Some(at(1)), due_at: None, ..row("60") };
        let left = DesiredRow { reported: Some("30".into()), ..was };
        assert_eq!(state(&left, true), State::Drifted);
        let drifted = noted(&left, at(5)).unwrap();
        assert_eq!((drifted.drifts, state(&drifted, true)), (1, State::OnItsWay));
        assert!(is_askable(&drifted, at(5)) && noted(&drifted, at(5)).is_none());
    }

    #[test]
    fn a_station_is_asked_what_it_has_before_it_is_told_what_to_have() {
        assert!(is_unheard(&row("60"), at(1)));
        let heard = DesiredRow { reported_at: Some(at(1)), ..row("60") };
        assert!(!is_unheard(&heard, at(1)), "even if it says nothing");
        let newer = DesiredRow { wanted_at: at(2), ..heard };
        assert!(is_unheard(&newer, at(3)));
        let secret = DesiredRow { key: "SecurityCtrlr.BasicAuthPassword".into(), ..row("geheim") };
        assert!(!is_unheard(&secret, at(1)), "nobody tells a password");
        assert!(!is_unheard(&DesiredRow { due_at: None, ..row("60") }, at(1)));
    }

    #[test]
    fn values_are_compared_by_what_they_mean() {
        for (one, other) in [("True", "true"), ("010", "10"), ("1.50", "1.5"), ("A, B", "A,B"), ("-0", "0")] {
            assert!(same(one, other), "{one} {other}");
        }
        for (one, other) in [("A,B", "B,A"), ("a", "A"), ("1", "1.1"), ("", "0"), ("-1", "1"), ("1.", "x")] {
            assert!(!same(one, other), "{one} {other}");
        }
    }
}
