//! Which events somebody wants, and may hear.

use super::list;
use crate::{api_key::Scope, store::row::EventRow};

/// Kinds and areas of one wish.
const WORDS_MAX: usize = 50;

/// A wish cannot be met.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WishFault {
    #[error(
        "there is no event {0:?}; docs/events.md and /api/v1/event-kinds list them (a kind, or the area before the dot)"
    )]
    Unknown(String),
    #[error("more than {WORDS_MAX} kinds")]
    TooMany,
}

/// Which events.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wish {
    /// Kinds (`station.booted`) and areas (`station`); empty = all.
    kinds: Vec<String>,
    /// Of this station only.
    pub station: Option<String>,
    pub session: Option<i64>,
    /// Those of money too.
    pub money: bool,
}

impl Wish {
    /// `kinds`: with commas between them; empty = all.
    ///
    /// # Errors
    /// One of them does not exist.
    pub fn new(kinds: &str, station: Option<String>, money: bool) -> Result<Wish, WishFault> {
        let mut words: Vec<String> =
            kinds.split(',').map(str::trim).filter(|word| !word.is_empty()).map(str::to_owned).collect();
        words.sort_unstable();
        words.dedup();
        if words.len() > WORDS_MAX {
            return Err(WishFault::TooMany);
        }
        if let Some(unknown) = words.iter().find(|word| !list::all().any(|told| within(told.kind, word))) {
            return Err(WishFault::Unknown(unknown.clone()));
        }
        Ok(Wish { kinds: words, station, session: None, money })
    }

    /// As it is kept: with commas between the kinds.
    pub fn kinds(&self) -> String {
        self.kinds.join(",")
    }

    /// Is this one wanted, and may it be heard?
    pub fn wants(&self, row: &EventRow) -> bool {
        let Some(told) = list::find(&row.kind) else { return false };
        (self.kinds.is_empty() || self.kinds.iter().any(|word| within(told.kind, word)))
            && (self.money || told.scope != Scope::Money)
            && (self.station.is_none() || self.station == row.station_id)
            && (self.session.is_none() || self.session == row.session_id)
    }
}

/// Is a kind the one that a word names, or of the area that it names?
fn within(kind: &str, word: &str) -> bool {
    kind.strip_prefix(word).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;

    fn row(kind: &str, station: &str) -> EventRow {
        EventRow {
            id: 1,
            at: DateTime::UNIX_EPOCH,
            station_id: Some(station.to_owned()),
            session_id: None,
            kind: kind.to_owned(),
            body: "{}".to_owned(),
        }
    }

    #[test]
    fn a_wish_names_kinds_and_areas() {
        let wish = Wish::new("session, station.booted,session", None, false).unwrap();
        assert_eq!(wish.kinds(), "session,station.booted");
        assert!(wish.wants(&row("session.ended", "A")) && wish.wants(&row("station.booted", "A")));
        assert!(!wish.wants(&row("station.connected", "A")));
        assert_eq!(Wish::new("sess", None, false), Err(WishFault::Unknown("sess".into())));
        let many: Vec<String> = (0..=WORDS_MAX).map(|n| n.to_string()).collect();
        assert_eq!(Wish::new(&many.join(","), None, false), Err(WishFault::TooMany));
    }

    #[test]
    fn money_and_the_house_s_own_events_are_for_who_may_hear_them() {
        let plain = Wish::new("", None, false).unwrap();
        assert!(!plain.wants(&row("order.changed", "A")) && !plain.wants(&row("risk.case", "A")));
        assert!(Wish { money: true, ..plain.clone() }.wants(&row("order.changed", "A")));
        assert!(!Wish { money: true, ..plain.clone() }.wants(&row("station.customer", "A")));
        let one = Wish { station: Some("B".into()), ..plain };
        assert!(!one.wants(&row("station.booted", "A")) && one.wants(&row("station.booted", "B")));
    }
}
