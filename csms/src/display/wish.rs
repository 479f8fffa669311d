//! What shall stand on the display of an EVSE, and what is to be done for it. No clock, no network, no database.

use crate::store::displays::MessageRow;
use chrono::{DateTime, TimeDelta, Utc};

/// The same is asked again after this, then after twice as long, and so on …
const FIRST: TimeDelta = TimeDelta::minutes(1);
/// … up to this.
const LONGEST: TimeDelta = TimeDelta::hours(1);

/// What shall stand there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Wish {
    /// A session runs, or nobody can charge there.
    Nothing,
    /// A code to pay by.
    Code,
    /// The address of a receipt.
    Receipt { url: String, until: DateTime<Utc> },
}

impl Wish {
    /// The word in rows for what is shown.
    pub fn word(&self) -> &'static str {
        match self {
            Wish::Nothing => "",
            Wish::Code => "code",
            Wish::Receipt { .. } => "receipt",
        }
    }

    /// The word in rows for the call that it takes.
    pub fn call(&self) -> &'static str {
        match self {
            Wish::Nothing => "clear",
            shown => shown.word(),
        }
    }
}

/// What is to be done now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Plan {
    /// Nothing until then; `None`: until something happens.
    Wait(Option<DateTime<Utc>>),
    Show,
    Clear,
}

/// `told_after`: a station that has booted is not told anything new before; what stood there before its boot is gone.
pub(super) fn plan(
    wish: &Wish,
    row: Option<&MessageRow>,
    now: DateTime<Utc>,
    booted_at: Option<DateTime<Utc>>,
    told_after: Option<DateTime<Utc>>,
) -> Plan {
    let failed = row.filter(|row| row.answer != "Accepted" && row.asked == wish.call());
    if let Some(again) = failed.and_then(|row| row.next_at).filter(|again| *again > now) {
        return Plan::Wait(Some(again));
    }
    let sure = row.filter(|row| row.answer == "Accepted");
    if *wish == Wish::Nothing {
        // Whatever may stand there is taken away, even if nobody knows.
        let stands = row.is_some_and(|row| !row.stands.is_empty());
        return if stands { Plan::Clear } else { Plan::Wait(None) };
    }
    let since_boot = |row: &&MessageRow| booted_at.is_none_or(|booted| row.asked_at >= booted);
    let right = |row: &&MessageRow| match wish {
        Wish::Receipt { url, .. } => row.stands == "receipt" && row.url == *url,
        _ => row.stands == wish.word(),
    };
    let renew_at = sure.filter(since_boot).filter(right).and_then(|row| row.renew_at);
    if let Some(renew_at) = renew_at.filter(|renew_at| *renew_at > now) {
        return Plan::Wait(Some(renew_at));
    }
    match told_after.filter(|after| *after > now) {
        Some(after) => Plan::Wait(Some(after)),
        None => Plan::Show,
    }
}

/// So long after the nth failure in a row.
pub(super) fn wait(failures: i64) -> TimeDelta {
    let doublings = u32::try_from(failures.clamp(1, 16) - 1).unwrap_or(0);
    (FIRST * 2_i32.pow(doublings)).min(LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + minute * 60, 0).unwrap()
    }

    fn code() -> MessageRow {
        MessageRow {
            stands: "code".into(),
            asked: "code".into(),
            answer: "Accepted".into(),
            asked_at: at(0),
            renew_at: Some(at(5)),
            until: Some(at(10)),
            ..MessageRow::default()
        }
    }

    #[test]
    fn a_code_that_stands_is_left_alone_until_it_is_to_be_renewed() {
        assert_eq!(plan(&Wish::Code, None, at(0), None, None), Plan::Show);
        assert_eq!(plan(&Wish::Code, Some(&code()), at(4), None, None), Plan::Wait(Some(at(5))));
        assert_eq!(plan(&Wish::Code, Some(&code()), at(5), None, None), Plan::Show);
    }

    #[test]
    fn a_session_takes_it_away_once() {
        assert_eq!(plan(&Wish::Nothing, Some(&code()), at(1), None, None), Plan::Clear);
        let cleared = MessageRow { stands: String::new(), asked: "clear".into(), ..code() };
        assert_eq!(plan(&Wish::Nothing, Some(&cleared), at(1), None, None), Plan::Wait(None));
        assert_eq!(plan(&Wish::Nothing, None, at(1), None, None), Plan::Wait(None));
        assert_eq!(plan(&Wish::Code, Some(&cleared), at(1), None, None), Plan::Show);
    }

    #[test]
    fn what_was_refused_waits_and_something_else_does_not() {
        let refused =
            MessageRow { stands: String::new(), answer: "Rejected".into(), next_at: Some(at(3)), ..code() };
        assert_eq!(plan(&Wish::Code, Some(&refused), at(1), None, None), Plan::Wait(Some(at(3))));
        assert_eq!(plan(&Wish::Code, Some(&refused), at(3), None, None), Plan::Show);
        assert_eq!(plan(&Wish::Nothing, Some(&refused), at(1), None, None), Plan::Wait(None));
        // It may stand there: it is taken away.
        let unknown = MessageRow { stands: "code".into(), ..refused };
        assert_eq!(plan(&Wish::Nothing, Some(&unknown), at(1), None, None), Plan::Clear);
    }

    #[test]
    fn after_a_boot_it_is_shown_anew_and_not_at_once() {
        let (booted, after) = (Some(at(1)), Some(at(2)));
        assert_eq!(plan(&Wish::Code, Some(&code()), at(1), booted, after), Plan::Wait(Some(at(2))));
        assert_eq!(plan(&Wish::Code, Some(&code()), at(2), booted, after), Plan::Show);
        assert_eq!(plan(&Wish::Nothing, Some(&code()), at(1), booted, after), Plan::Clear);
    }

    #[test]
    fn a_receipt_takes_the_place_of_a_code_and_of_another_receipt() {
        let receipt = |name: &str| Wish::Receipt { url: name.into(), until: at(5) };
        assert_eq!(plan(&receipt("a"), Some(&code()), at(1), None, None), Plan::Show);
        let shown =
            MessageRow { stands: "receipt".into(), asked: "receipt".into(), url: "a".into(), ..code() };
        assert_eq!(plan(&receipt("a"), Some(&shown), at(1), None, None), Plan::Wait(Some(at(5))));
        assert_eq!(plan(&receipt("b"), Some(&shown), at(1), None, None), Plan::Show);
        assert_eq!(plan(&Wish::Code, Some(&shown), at(1), None, None), Plan::Show);
    }

    #[test]
    fn each_failure_doubles_the_wait_up_to_an_hour() {
        let minutes: Vec<i64> = [1, 2, 3, 6, 7, i64::MAX].map(|n| wait(n).num_minutes()).to_vec();
        assert_eq!(minutes, [1, 2, 4, 32, 60, 60]);
    }
}
