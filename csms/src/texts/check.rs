//! Whether the texts that a display was told are on it: after a boot, and once a day, the station is asked.

use crate::store::{
    commands::{CommandRow, PartRow},
    texts::{CheckRow, StationTextRow},
};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use std::collections::BTreeMap;

const EVERY: TimeDelta = TimeDelta::hours(24);

/// Is it time to ask?
pub(super) fn due(last: Option<&CheckRow>, booted: Option<DateTime<Utc>>, now: DateTime<Utc>) -> bool {
    let Some(last) = last else { return true };
    last.at + EVERY <= now || booted.is_some_and(|booted| booted > last.at)
}

/// What the display has: content by number. `Err`: why the station does not say.
pub(super) fn listed(row: &CommandRow, parts: &[PartRow]) -> Result<BTreeMap<i64, String>, String> {
    if row.state != "answered" || row.verdict != "accepted" {
        return Err(format!("{} {}", row.verdict, row.reason).trim().to_owned());
    }
    // Without an outcome: there is nothing.
    if !matches!(row.outcome.as_str(), "" | "done") {
        return Err("it has accepted, and told nothing".to_owned());
    }
    let mut there = BTreeMap::new();
    for part in parts {
        let body: Value = serde_json::from_str(&part.body).unwrap_or_default();
        for message in body["messageInfo"].as_array().into_iter().flatten() {
            let content = message["message"]["content"].as_str().unwrap_or_default();
            there.extend(message["id"].as_i64().map(|id| (id, content.to_owned())));
        }
    }
    Ok(there)
}

/// Texts that the station has taken over and that are not there as they were told.
pub(super) fn missing(told: &[StationTextRow], there: &BTreeMap<i64, String>) -> Vec<StationTextRow> {
    let is_missing = |row: &&StationTextRow| {
        let message: Value = serde_json::from_str(&row.told).unwrap_or_default();
        let content = message["message"]["content"].as_str();
        row.answer == "Accepted" && content.is_some() && there.get(&row.number).map(String::as_str) != content
    };
    told.iter().filter(is_missing).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn it_is_asked_after_a_boot_and_once_a_day() {
        let at: DateTime<Utc> = "2026-03-02T08:00:00Z".parse().unwrap();
        let last = CheckRow { at, ..CheckRow::default() };
        let hours = |n: i64| at + TimeDelta::hours(n);
        assert!(due(None, None, at));
        assert!(!due(Some(&last), Some(hours(-1)), hours(23)));
        assert!(due(Some(&last), Some(hours(1)), hours(2)));
        assert!(due(Some(&last), None, hours(24)));
    }

    #[test]
    fn what_is_not_there_as_it_was_told_is_missing() {
        let row = |number: i64, answer: &str| StationTextRow {
            number,
            told: json!({"id": number, "message": {"content": "Free"}}).to_string(),
            answer: answer.into(),
            ..StationTextRow::default()
        };
        let gone = StationTextRow { told: String::new(), ..row(5, "Accepted") };
        let told =
            [row(1, "Accepted"), row(2, "Accepted"), row(3, "Accepted"), row(4, "refused Rejected"), gone];
        let there = BTreeMap::from([(1, "Free".into()), (2, "Other".into()), (77, "Foreign".into())]);
        let numbers: Vec<i64> = missing(&told, &there).iter().map(|row| row.number).collect();
        assert_eq!(numbers, [2, 3]);
    }
}
