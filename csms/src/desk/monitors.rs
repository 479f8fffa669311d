//! What stations tell of their monitors, and what their monitors tell: lists, events, alerts. And what they tell of customers,
//! which is for whoever has asked.

use super::AtDesk;
use crate::{
    error::Error,
    link::mask::MASK,
    model::{Notice, Reply},
    monitors,
    session::fact::plausible,
    store::{
        StoreError, Tx, commands,
        monitors::{self as rows, MonitorEventRow, MonitorRow},
        row::Write,
    },
};
use chrono::{DateTime, Utc};
use serde_json::Value;
use std::collections::BTreeMap;

impl AtDesk<'_> {
    /// NotifyMonitoringReport: what it lists is there; after the last part of a list of all, nothing else is.
    pub(super) async fn listed(&mut self, notice: Notice) -> Result<Reply, Error> {
        let body = &notice.body;
        let told = monitors::listed(self.station, body, self.now());
        let mut tx = self.app.db.read().await?;
        let known = rows::list(&mut tx, self.station).await?;
        let is_last = body["tbc"] != true;
        let asked = if is_last { is_whole(&mut tx, self.station, body).await? } else { None };
        drop(tx);
        let find = |id: i64| known.iter().find(|row| row.monitor_id == id);
        if let Some(asked) = asked {
            let listing = body["requestId"].as_i64().unwrap_or_default();
            // What was set since the list was asked for need not be on it.
            for row in known.iter().filter(|row| row.listing != listing && row.told_at < asked) {
                let (station, monitor) = (self.station.clone(), row.monitor_id);
                self.writes.push(Write::MonitorGone { station, monitor });
            }
        }
        let mut count = known.len();
        for row in told {
            let before = find(row.monitor_id);
            if before.is_none() && monitors::is_full(count) {
                tracing::warn!(station = %self.station, "it lists more monitors than are followed; the rest is kept with the command only");
                break;
            }
            count += usize::from(before.is_none());
            self.writes.push(Write::Monitor(Box::new(monitors::known(row, before))));
        }
        self.notice(notice)
    }

    /// NotifyEvent: what monitors have brought about is kept with its severity, and graver things are told to partners.
    pub(super) async fn monitored(&mut self, notice: Notice) -> Result<Reply, Error> {
        let now = self.now();
        let events: Vec<MonitorEventRow> = monitors::events(&notice.body)
            .filter_map(|datum| monitors::event(self.station, datum, now))
            .collect();
        if !events.is_empty() {
            let mut after: BTreeMap<i64, MonitorRow> = BTreeMap::new();
            for event in events {
                self.tell_of(event, &mut after).await?;
            }
            self.writes.extend(after.into_values().map(|row| Write::Monitor(Box::new(row))));
        }
        self.notice(notice)
    }

    async fn tell_of(
        &mut self,
        event: MonitorEventRow,
        after: &mut BTreeMap<i64, MonitorRow>,
    ) -> Result<(), Error> {
        let known = match event.monitor_id {
            Some(id) if after.contains_key(&id) => after.get(&id).cloned(),
            Some(id) => rows::find(&mut self.app.db.read().await?, self.station, id).await?,
            None => None,
        };
        let event = MonitorEventRow {
            id: self.app.ids.next(),
            at: plausible(event.at, self.now()).0,
            severity: event.severity.or(known.as_ref().map(|row| row.severity)),
            ..event
        };
        if let Some(row) = known.as_ref().and_then(|row| monitors::after(row, &event)) {
            after.insert(row.monitor_id, row);
        }
        let word = event.word.to_ascii_lowercase();
        metrics::counter!("csms_monitor_events_total", "trigger" => trigger(&word)).increment(1);
        if let Some(alert) = monitors::alert(&event, self.app.config.monitors.alert_severity) {
            self.tell(event.at, None, &alert);
        }
        self.write(Write::MonitorEvent(Box::new(event)));
        Ok(())
    }

    /// NotifyCustomerInformation: personal data is a part of the answer to who has asked, and nothing else.
    pub(super) fn customer(&mut self, mut notice: Notice) -> Result<Reply, Error> {
        self.personal = Some(notice.body.to_string());
        if let Some(data) = notice.body.get_mut("data") {
            *data = MASK.into();
        }
        self.notice(notice)
    }
}

/// As a label: a station's own word would make a series of its own.
fn trigger(word: &str) -> &'static str {
    match word {
        "alerting" => "alerting",
        "delta" => "delta",
        "periodic" => "periodic",
        _ => "other",
    }
}

/// Is this the last part of a list of all monitors of which no part is missing? When the list was asked for.
async fn is_whole(tx: &mut Tx, station: &str, body: &Value) -> Result<Option<DateTime<Utc>>, StoreError> {
    let Some(request) = body["requestId"].as_i64() else { return Ok(None) };
    let Some(row) = commands::by_reference(tx, station, request).await? else { return Ok(None) };
    let asked: Value = serde_json::from_str(&row.body).unwrap_or_default();
    let is_all = row.kind == "list-monitors" && asked["sorts"].is_null() && asked["variables"].is_null();
    if !is_all {
        return Ok(None);
    }
    let before = commands::parts(tx, row.id).await?.len();
    let is_next =
        body["seqNo"].as_u64().is_some_and(|seq| usize::try_from(seq).is_ok_and(|seq| seq == before));
    Ok(is_next.then(|| row.sent_at.unwrap_or(row.created_at)))
}
