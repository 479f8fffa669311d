//! What answers of 2.1 stations say about their streams of monitored values (N13, N14).

use crate::{
    app::App,
    model::StationId,
    needs::vehicle::whole,
    store::{
        StoreError,
        row::Write,
        streams::{self, StreamRow},
    },
};
use chrono::{DateTime, Utc};
use serde_json::Value;

/// Streams of one answer; a station that tells more is followed so far.
const STREAMS_MAX: usize = 1_000;

/// The rows that the answers change. `record` has calls with their answers, as commands keep them.
pub(super) async fn learnt(
    app: &App,
    station: &StationId,
    record: &[Value],
) -> Result<Vec<Write>, StoreError> {
    let about = |entry: &&Value| {
        matches!(entry["action"].as_str(), Some("AdjustPeriodicEventStream" | "GetPeriodicEventStream"))
    };
    let mut writes = Vec::new();
    for entry in record.iter().filter(about) {
        let known = streams::list(&mut app.db.read().await?, station).await?;
        let (asked, answer) = (&entry["payload"], &entry["answer"]);
        if answer.is_null() {
            continue;
        }
        if entry["action"] == "AdjustPeriodicEventStream" {
            writes.extend(adjusted(&known, asked, answer));
        } else {
            writes.extend(listed(station, known, answer, app.clock.now()));
        }
    }
    Ok(writes)
}

fn adjusted(known: &[StreamRow], asked: &Value, answer: &Value) -> Option<Write> {
    let row = known.iter().find(|row| Some(row.stream_id) == asked["id"].as_i64())?;
    let params = &asked["params"];
    (answer["status"] == "Accepted").then(|| {
        Write::Stream(Box::new(StreamRow {
            interval_s: whole(&params["interval"]).or(row.interval_s),
            values_max: whole(&params["values"]).or(row.values_max),
            ..row.clone()
        }))
    })
}

/// What the station lists is open, and nothing else.
fn listed(station: &StationId, known: Vec<StreamRow>, answer: &Value, now: DateTime<Utc>) -> Vec<Write> {
    let told = answer["constantStreamData"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut rows: Vec<StreamRow> = Vec::new();
    for one in told.iter().take(STREAMS_MAX) {
        let Some(id) = one["id"].as_i64() else { continue };
        let before = known.iter().find(|row| row.stream_id == id && row.closed_at.is_none()).cloned();
        let before = before.unwrap_or_else(|| StreamRow {
            station_id: station.to_string(),
            stream_id: id,
            opened_at: now,
            ..StreamRow::default()
        });
        rows.push(StreamRow {
            monitor_id: one["variableMonitoringId"].as_i64().unwrap_or_default(),
            interval_s: whole(&one["params"]["interval"]),
            values_max: whole(&one["params"]["values"]),
            ..before
        });
    }
    let open = |row: &StreamRow| rows.iter().any(|listed| listed.stream_id == row.stream_id);
    let gone: Vec<StreamRow> = known
        .into_iter()
        .filter(|row| row.closed_at.is_none() && !open(row))
        .map(|row| StreamRow { closed_at: Some(now), ..row })
        .collect();
    rows.into_iter().chain(gone).map(|row| Write::Stream(Box::new(row))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn row(id: i64) -> StreamRow {
        StreamRow { station_id: "S".into(), stream_id: id, interval_s: Some(10), ..StreamRow::default() }
    }

    #[test]
    fn an_adjustment_counts_once_the_station_has_taken_it_over() {
        let asked = json!({"id": 1, "params": {"interval": 20}});
        let taken = adjusted(&[row(1)], &asked, &json!({"status": "Accepted"}));
        assert_eq!(taken, Some(Write::Stream(Box::new(StreamRow { interval_s: Some(20), ..row(1) }))));
        assert_eq!(adjusted(&[row(1)], &asked, &json!({"status": "Rejected"})), None);
        assert_eq!(adjusted(&[row(2)], &asked, &json!({"status": "Accepted"})), None);
    }

    #[test]
    fn what_a_station_lists_is_open_and_nothing_else() {
        let now = DateTime::UNIX_EPOCH;
        let answer =
            json!({"constantStreamData": [{"id": 2, "variableMonitoringId": 7, "params": {"values": 5}}]});
        let found = listed(&"S".into(), vec![row(1)], &answer, now);
        let rows: Vec<_> = found
            .iter()
            .map(|write| match write {
                Write::Stream(row) => {
                    (row.stream_id, row.monitor_id, row.values_max, row.closed_at.is_some())
                }
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(rows, [(2, 7, Some(5), false), (1, 0, None, true)]);
    }
}
