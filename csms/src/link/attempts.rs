//! Refused connections, counted in memory and written a few at a time, so that a flood of them costs no database.

use super::{
    cause::Cause,
    handshake::{Refusal, Visitor, request::recorded},
};
use crate::store::row::AttemptRow;
use chrono::{DateTime, Utc};
use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, PoisonError},
};

/// Different refusals kept between two flushes …
const ROWS_MAX: usize = 512;
/// … and of these from one address. What is beyond is counted under [`OTHERS`].
const ROWS_PER_ADDRESS: usize = 32;
/// Stands for identities that are too many to be told apart.
pub const OTHERS: &str = "(others)";

/// The inbox of rejected attempts, on its way to the database.
#[derive(Debug, Default)]
pub struct Attempts(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    rows: HashMap<(String, Cause, IpAddr), AttemptRow>,
    per_address: HashMap<IpAddr, usize>,
}

impl Attempts {
    /// Counts a refusal.
    pub fn note(&self, visitor: &Visitor, refusal: &Refusal, address: IpAddr, now: DateTime<Utc>) {
        metrics::counter!("csms_attempts_total", "cause" => refusal.cause.key()).increment(1);
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut key = (visitor.identity.clone(), refusal.cause, address.to_canonical());
        if !kept.rows.contains_key(&key) {
            let here = kept.per_address.get(&key.2).copied().unwrap_or(0);
            if here >= ROWS_PER_ADDRESS || kept.rows.len() >= ROWS_MAX {
                key.0 = OTHERS.into();
                if kept.rows.len() >= 2 * ROWS_MAX {
                    // Too many addresses as well: the metric has counted it.
                    return;
                }
            } else {
                *kept.per_address.entry(key.2).or_insert(0) += 1;
            }
        }
        let row = kept.rows.entry(key).or_insert_with_key(|(identity, cause, address)| AttemptRow {
            identity: identity.clone(),
            cause: cause.key().into(),
            address: address.to_string(),
            detail: String::new(),
            protocols: String::new(),
            agent: String::new(),
            count: 0,
            first_at: now,
            last_at: now,
        });
        row.count += 1;
        row.last_at = now;
        row.detail = recorded(&refusal.detail);
        row.protocols.clone_from(&visitor.protocols);
        row.agent.clone_from(&visitor.agent);
    }

    /// Takes what was counted since the last time.
    pub fn take(&self) -> Vec<AttemptRow> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *kept).rows.into_values().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(attempts: &Attempts, identity: &str, address: [u8; 4]) {
        let visitor = Visitor { identity: identity.into(), ..Visitor::default() };
        let refusal = Refusal::new(404, Cause::UnknownStation, "Unknown.");
        attempts.note(&visitor, &refusal, address.into(), DateTime::UNIX_EPOCH);
    }

    #[test]
    fn the_same_refusal_is_one_row() {
        let attempts = Attempts::default();
        for _ in 0..1000 {
            note(&attempts, "CP1", [10, 0, 0, 1]);
        }
        note(&attempts, "CP1", [10, 0, 0, 2]);
        let mut rows = attempts.take();
        rows.sort_by_key(|row| row.count);
        assert_eq!(rows.iter().map(|row| row.count).collect::<Vec<_>>(), [1, 1000]);
        assert_eq!((rows[1].identity.as_str(), rows[1].cause.as_str()), ("CP1", "unknown-station"));
        assert!(attempts.take().is_empty());
    }

    #[test]
    fn a_flood_of_identities_and_addresses_stays_small_and_is_counted() {
        let attempts = Attempts::default();
        for n in 0..10_000 {
            note(&attempts, &format!("X{n}"), [10, 0, 0, 1]);
        }
        let rows = attempts.take();
        assert_eq!(rows.len(), ROWS_PER_ADDRESS + 1);
        let others = rows.iter().find(|row| row.identity == OTHERS).unwrap();
        assert_eq!(usize::try_from(others.count).unwrap(), 10_000 - ROWS_PER_ADDRESS);
        for n in 0..100_000_u32 {
            let [_, a, b, c] = n.to_be_bytes();
            note(&attempts, "CP1", [11, a, b, c]);
        }
        assert!(attempts.take().len() <= 2 * ROWS_MAX);
    }
}
