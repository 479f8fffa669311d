//! Rules of the standard that real firmware breaks harmlessly, counted per kind of station.

use crate::store::row::DeviationRow;
use chrono::{DateTime, Utc};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

/// Different deviations kept between two flushes; more are only counted in `csms_deviations_dropped_total`.
const ROWS_MAX: usize = 1_000;

/// Vendor, model and firmware of a station, as it told at boot.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Make {
    pub vendor: String,
    pub model: String,
    pub firmware: String,
}

/// Where which rule was broken.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Place<'a> {
    pub protocol: &'static str,
    pub action: &'a str,
    /// JSON pointer, list positions as `*`; empty for the frame itself.
    pub path: &'a str,
    pub rule: &'static str,
}

/// Deviations on their way to the database.
#[derive(Debug, Default)]
pub struct Deviations(Mutex<HashMap<Key, DeviationRow>>);

#[derive(Debug, PartialEq, Eq, Hash)]
struct Key {
    make: Arc<Make>,
    protocol: &'static str,
    action: String,
    path: String,
    rule: &'static str,
}

impl Deviations {
    /// Counts a deviation; `sample` is what came, shortened, without secrets.
    pub fn note(&self, make: &Arc<Make>, place: &Place<'_>, sample: &str, station: &str, now: DateTime<Utc>) {
        metrics::counter!("csms_deviations_total", "protocol" => place.protocol, "rule" => place.rule)
            .increment(1);
        let key = Key {
            make: make.clone(),
            protocol: place.protocol,
            action: place.action.to_owned(),
            path: place.path.to_owned(),
            rule: place.rule,
        };
        let mut rows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if rows.len() >= ROWS_MAX && !rows.contains_key(&key) {
            metrics::counter!("csms_deviations_dropped_total").increment(1);
            return;
        }
        let row = rows.entry(key).or_insert_with_key(|key| DeviationRow {
            vendor: key.make.vendor.clone(),
            model: key.make.model.clone(),
            firmware: key.make.firmware.clone(),
            protocol: key.protocol.into(),
            action: key.action.clone(),
            path: key.path.clone(),
            rule: key.rule.into(),
            sample: String::new(),
            station_id: String::new(),
            count: 0,
            first_at: now,
            last_at: now,
        });
        row.count += 1;
        row.last_at = now;
        sample.clone_into(&mut row.sample);
        station.clone_into(&mut row.station_id);
    }

    /// Takes what was counted since the last time.
    pub fn take(&self) -> Vec<DeviationRow> {
        let mut rows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *rows).into_values().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_rule_of_the_same_make_is_one_row_and_all_is_bounded() {
        let deviations = Deviations::default();
        let make = Arc::new(Make { vendor: "V".into(), model: "M".into(), firmware: "1".into() });
        let note = |rule, path: &str, sample: &str| {
            let place = Place { protocol: "ocpp1.6", action: "BootNotification", path, rule };
            deviations.note(&make, &place, sample, "CP1", DateTime::UNIX_EPOCH);
        };
        for n in 0..50 {
            note("too-long", "/chargePointSerialNumber", &format!("sample {n}"));
        }
        let rows = deviations.take();
        assert_eq!(rows.len(), 1);
        assert_eq!((rows[0].count, rows[0].sample.as_str(), rows[0].vendor.as_str()), (50, "sample 49", "V"));
        for n in 0..ROWS_MAX + 50 {
            note("unknown-field", &format!("/{n}"), "");
        }
        assert_eq!(deviations.take().len(), ROWS_MAX);
        assert!(deviations.take().is_empty());
    }
}
