//! Reports that are kept and acknowledged: notices, inventory, meter values of nobody, vendors' own.

use super::AtDesk;
use crate::{
    desired,
    error::Error,
    event::{self, Body},
    link::mask,
    model::{Inventory, MeterReport, Notice, Reading, Reply, Settlement},
    pay::{PayError, terminal},
    session::fact::plausible,
    store::row::{EventRow, MeterValueRow, VariableRow, Write},
    vat,
};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

impl AtDesk<'_> {
    /// Adds an event of this station.
    pub(super) fn event(&mut self, session: Option<i64>, kind: &str, body: Value) {
        let at = self.now();
        self.event_at(at, session, kind, body);
    }

    pub(super) fn event_at(&mut self, at: DateTime<Utc>, session: Option<i64>, kind: &str, body: Value) {
        let row = EventRow {
            id: self.app.ids.next(),
            at,
            station_id: Some(self.station.to_string()),
            session_id: session,
            kind: kind.to_owned(),
            body: body.to_string(),
        };
        self.write(Write::Event(row));
    }

    /// Adds a domain event of this station.
    pub(super) fn tell<B: Body>(&mut self, at: DateTime<Utc>, session: Option<i64>, body: &B) {
        let row = event::row(&self.app.ids, at, Some(self.station), session, body);
        self.write(Write::Event(row));
    }

    pub(super) fn notice(&mut self, notice: Notice) -> Result<Reply, Error> {
        for status in notice.statuses {
            self.status(status)?;
        }
        let at = notice.at.map_or(self.now(), |told| plausible(told.at, self.now()).0);
        self.event_at(at, None, notice.kind, notice.body);
        Ok(Reply::Noted)
    }

    /// What the station's card terminal has settled: on the event list, and in the books where they can have it. Only
    /// our own database is asked for it.
    pub(super) async fn settlement(&mut self, settlement: Settlement) -> Result<Reply, Error> {
        let at = settlement.at.map_or(self.now(), |told| plausible(told.at, self.now()).0);
        let place = match terminal::settled(self.app, self.station, &settlement).await {
            Ok(place) => place,
            Err(PayError::Store(error)) => return Err(error.into()),
            Err(error) => {
                tracing::error!(station = %self.station, %error, "a settlement could not be brought to the books");
                None
            }
        };
        self.event_at(at, None, "station.payment.settled", settlement.body);
        Ok(place
            .map_or(Reply::Noted, |place| Reply::Settled { receipt_url: place.url, receipt_id: place.id }))
    }

    /// A VAT number was asked about.
    pub(super) fn vat(&mut self, mut body: Value, answer: vat::Answer) -> Reply {
        body["answer"] = answer.why.into();
        self.event(None, "station.payment.vat", body);
        Reply::Vat(answer)
    }

    pub(super) fn vendor(&mut self, vendor: String, message: Option<String>, data: Option<Value>) -> Reply {
        let mut body = json!({"vendor": vendor, "message": message, "data": data});
        // It is kept for longer than the journal, and told to partners.
        mask::mask_value(&mut body);
        self.event(None, "station.data", body);
        Reply::UnknownVendor
    }

    pub(super) fn inventory(&mut self, inventory: Inventory) -> Reply {
        let at = self.now();
        self.reported = Some((inventory.request, inventory.last));
        for v in inventory.variables {
            let row = VariableRow {
                station_id: self.station.to_string(),
                component: v.component,
                component_instance: v.component_instance,
                evse: v.place.evse.into(),
                connector: v.place.connector.into(),
                name: v.name,
                instance: v.instance,
                attribute: v.attribute,
                value: v.value,
                mutability: v.mutability,
                characteristics: v.characteristics,
                reported_at: at,
            };
            self.writes.extend(desired::reported(self.app, &row));
            self.write(Write::Variable(Box::new(row)));
        }
        Reply::Noted
    }

    /// Meter values that name no transaction: those of an EVSE with a session running at that time belong to it
    /// (1.6 stations leave the id out, or send a stale one); the rest are kept as the station's own.
    pub(super) async fn meter(&mut self, report: MeterReport) -> Result<Reply, Error> {
        let instant = report.readings.first().map_or(self.now(), |r| plausible(r.at, self.now()).0);
        let during = self.state.open.iter().position(|s| {
            report.place.evse != 0
                && s.row.evse == i64::from(report.place.evse)
                && s.row.started_at <= instant
        });
        match during {
            Some(index) => self.adopt_readings(index, report.readings).await?,
            None => self.keep_readings(report.place.evse, report.readings),
        }
        Ok(Reply::Noted)
    }

    pub(super) fn keep_readings(&mut self, evse: i32, readings: Vec<Reading>) {
        if readings.is_empty() {
            return;
        }
        let row = MeterValueRow {
            id: self.app.ids.next(),
            station_id: self.station.to_string(),
            evse: evse.into(),
            at: plausible(readings[0].at, self.now()).0,
            received_at: self.now(),
            body: serde_json::to_string(&readings).unwrap_or_default(),
        };
        self.write(Write::MeterValue(Box::new(row)));
    }
}
