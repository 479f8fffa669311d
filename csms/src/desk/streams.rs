//! Streams of monitored values that 2.1 stations open (N11 to N15).

use super::{AtDesk, needs::ruled};
use crate::{
    error::Error,
    model::{Notice, Reply, Ruling},
    needs::vehicle::whole,
    session::fact::plausible,
    store::{
        row::Write,
        streams::{self, StreamRow, StreamValueRow},
    },
};
use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::{Decimal, prelude::ToPrimitive};
use serde_json::Value;
use std::str::FromStr;

/// Streams of one station that are open at a time.
const STREAMS_MAX: usize = 100;
/// Values of one message; a station that sends more is followed so far.
const VALUES_MAX: usize = 1_000;
/// The longest value that the standard has.
const VALUE_LONGEST: usize = 2_500;

impl AtDesk<'_> {
    /// OpenPeriodicEventStream. An open stream of this number begins anew: the station has forgotten it.
    pub(super) async fn open_stream(&mut self, notice: Notice) -> Result<Reply, Error> {
        let told = &notice.body["constantStreamData"];
        let known = streams::list(&mut self.app.db.read().await?, self.station).await?;
        let id = told["id"].as_i64().unwrap_or_default();
        let others = known.iter().filter(|row| row.closed_at.is_none() && row.stream_id != id).count();
        if others >= STREAMS_MAX {
            self.notice(notice)?;
            metrics::counter!("csms_streams_total", "outcome" => "refused").increment(1);
            return Ok(ruled(Ruling::Rejected, "too many streams of this station are open"));
        }
        let row = StreamRow {
            station_id: self.station.to_string(),
            stream_id: id,
            monitor_id: told["variableMonitoringId"].as_i64().unwrap_or_default(),
            interval_s: whole(&told["params"]["interval"]),
            values_max: whole(&told["params"]["values"]),
            opened_at: self.now(),
            closed_at: None,
            last_at: None,
            pending: 0,
        };
        metrics::counter!("csms_streams_total", "outcome" => "opened").increment(1);
        self.write(Write::Stream(Box::new(row)));
        self.notice(notice)?;
        Ok(ruled(Ruling::Accepted, ""))
    }

    /// ClosePeriodicEventStream.
    pub(super) async fn close_stream(&mut self, notice: Notice) -> Result<Reply, Error> {
        let id = notice.body["id"].as_i64().unwrap_or_default();
        let known = streams::find(&mut self.app.db.read().await?, self.station, id).await?;
        if let Some(row) = known.filter(|row| row.closed_at.is_none()) {
            self.write(Write::Stream(Box::new(StreamRow { closed_at: Some(self.now()), ..row })));
        }
        self.notice(notice)
    }

    /// NotifyPeriodicEventStream: a SEND, which nothing answers. What belongs to no open stream is counted, and not kept.
    pub(super) async fn stream(&mut self, notice: Notice) -> Result<Reply, Error> {
        let body = &notice.body;
        let id = body["id"].as_i64().unwrap_or_default();
        let known = streams::find(&mut self.app.db.read().await?, self.station, id).await?;
        let Some(row) = known.filter(|row| row.closed_at.is_none()) else {
            metrics::counter!("csms_stream_values_total", "outcome" => "unknown_stream").increment(1);
            tracing::warn!(station = %self.station, stream = id, "values of a stream that is not open; have the station close it (ClosePeriodicEventStream) or restart it");
            return Ok(Reply::Noted);
        };
        let base = body["basetime"].as_str().and_then(|at| at.parse::<DateTime<Utc>>().ok());
        let data = body["data"].as_array().map(Vec::as_slice).unwrap_or_default();
        let mut kept = 0;
        for datum in data.iter().take(VALUES_MAX) {
            let at = instant(&datum["t"], base, self.now());
            let Some(value) = datum["v"].as_str() else { continue };
            self.write(Write::StreamValue(Box::new(StreamValueRow {
                station_id: self.station.to_string(),
                stream_id: id,
                at: plausible(at, self.now()).0,
                value: value.chars().take(VALUE_LONGEST).collect(),
            })));
            kept += 1;
        }
        metrics::counter!("csms_stream_values_total", "outcome" => "kept").increment(kept);
        let pending = body["pending"].as_i64().unwrap_or_default();
        self.write(Write::Stream(Box::new(StreamRow { last_at: Some(self.now()), pending, ..row })));
        Ok(Reply::Noted)
    }
}

/// Seconds after the message's base by the schema; an instant by the standard's own example.
fn instant(told: &Value, base: Option<DateTime<Utc>>, now: DateTime<Utc>) -> DateTime<Utc> {
    let after = |number: &serde_json::Number| {
        let millis =
            Decimal::from_str(&number.to_string()).ok()?.checked_mul(Decimal::ONE_THOUSAND)?.to_i64()?;
        base?.checked_add_signed(TimeDelta::try_milliseconds(millis)?)
    };
    let found = match told {
        Value::Number(number) => after(number),
        Value::String(text) => text.parse().ok(),
        _ => None,
    };
    found.or(base).unwrap_or(now)
}
