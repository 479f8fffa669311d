//! Reservations at the desk: a session that begins uses one, somebody else is told that it is not his turn, and what the
//! station says about them is kept with the report that says it.

use super::AtDesk;
use crate::{
    error::Error,
    model::{AuthStatus, Verdict},
    store::{
        reservations::{self, EndedRow, ReservationRow},
        row::Write,
    },
};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

/// What is known of a session that may use a reservation.
pub(super) struct Use<'a> {
    pub session: i64,
    pub evse: i64,
    pub at: DateTime<Utc>,
    /// The number that the station tells.
    pub told: Option<i64>,
    /// As compared; empty = not known yet.
    pub token: &'a str,
    pub group: Option<&'a str>,
}

impl Use<'_> {
    fn is_whose(&self, row: &ReservationRow) -> bool {
        let same_group = row.group_uid.is_some() && row.group_uid.as_deref() == self.group;
        !self.token.is_empty() && (row.token_uid.to_uppercase() == self.token || same_group)
    }
}

/// The reservation that a session uses, if there is one.
fn own<'a>(open: &'a [ReservationRow], wish: &Use<'_>) -> Option<&'a ReservationRow> {
    if let Some(told) = wish.told.and_then(|told| open.iter().find(|row| row.id == told)) {
        return Some(told);
    }
    let fits = |row: &&ReservationRow| {
        row.keeps(wish.at) && (row.evse == 0 || row.evse == wish.evse) && wish.is_whose(row)
    };
    // The one of this very EVSE, if there are several.
    open.iter().filter(fits).max_by_key(|row| row.evse)
}

impl AtDesk<'_> {
    /// A session begins, or it is told now whose it is. Gives back the number of the reservation that it uses. If the EVSE is
    /// kept for somebody else, a good verdict becomes `NotAtThisTime`.
    pub(super) async fn reserved(
        &mut self,
        wish: Use<'_>,
        verdict: Option<&mut Verdict>,
    ) -> Result<Option<i64>, Error> {
        if wish.told.is_none() && !self.app.reservations.may_have(self.station) {
            return Ok(None);
        }
        let mut tx = self.app.db.read().await?;
        let mut open = reservations::open_at(&mut tx, self.station).await?;
        // What a station tells late may be of one that we hold to be over.
        if let Some(told) = wish.told
            && !open.iter().any(|row| row.id == told)
            && let Some(row) = reservations::find(&mut tx, told).await?
            && row.station_id == **self.station
            && matches!(row.state.as_str(), "expired" | "no-show")
            && wish.at <= row.expires_at
        {
            open.push(row);
        }
        drop(tx);
        if let Some(row) = own(&open, &wish) {
            let id = row.id;
            self.write(Write::Reservation(Box::new(EndedRow {
                id,
                state: "used",
                reason: String::new(),
                session_id: Some(wish.session),
                at: wish.at,
            })));
            let body = json!({"reservation": id, "evse": wish.evse});
            self.event_at(wish.at, Some(wish.session), "reservation.used", body);
            metrics::counter!("csms_reservations_total", "end" => "used").increment(1);
            return Ok(Some(id));
        }
        let others = open.iter().find(|row| wish.evse != 0 && row.evse == wish.evse && row.keeps(wish.at));
        if let (Some(row), Some(verdict)) = (others, verdict)
            && verdict.status == AuthStatus::Accepted
        {
            verdict.status = AuthStatus::NotAtThisTime;
            let body = json!({"reservation": row.id, "evse": wish.evse});
            self.event_at(wish.at, Some(wish.session), "reservation.stranger", body);
            metrics::counter!("csms_reservation_strangers_total").increment(1);
        }
        Ok(None)
    }

    /// Keeps with this report what it says of reservations: in 2.x in a message of its own; a 1.6 station lets them go with a
    /// connector that it cannot offer any more.
    pub(super) async fn released(&mut self) -> Result<(), Error> {
        let told: Vec<EndedRow> =
            self.writes.iter().filter_map(|write| released(write, self.now())).collect();
        let open = match told.is_empty() {
            true => Vec::new(),
            false => reservations::open_at(&mut self.app.db.read().await?, self.station).await?,
        };
        for mut row in told {
            // A station may have one of this number that is not ours, or tell of one that is over.
            let Some(ours) = open.iter().find(|ours| ours.id == row.id) else { continue };
            if !ours.cancelled_by.is_empty() {
                row.state = "cancelled";
                row.reason = format!("given up by {}", ours.cancelled_by);
            }
            let state = row.state;
            let body = json!({"reservation": row.id, "reason": row.reason});
            self.event_at(row.at, None, &format!("reservation.{state}"), body);
            metrics::counter!("csms_reservations_total", "end" => state).increment(1);
            self.write(Write::Reservation(Box::new(row)));
        }
        if self.inbound.protocol.tells_of_reservations() || !self.app.reservations.may_have(self.station) {
            return Ok(());
        }
        let lost: Vec<(i64, String)> = self
            .writes
            .iter()
            .filter_map(|write| match write {
                Write::Connector(row) if matches!(row.status.as_str(), "Faulted" | "Unavailable") => {
                    Some((row.evse, row.status.clone()))
                }
                _ => None,
            })
            .collect();
        if lost.is_empty() {
            return Ok(());
        }
        let open = reservations::open_at(&mut self.app.db.read().await?, self.station).await?;
        for (evse, status) in lost {
            for row in open.iter().filter(|row| row.state == "held" && row.evse == evse) {
                let (id, at) = (row.id, self.now());
                self.event_at(at, None, "reservation.removed", json!({"reservation": id, "reason": status}));
                metrics::counter!("csms_reservations_total", "end" => "removed").increment(1);
                let (reason, session_id) = (status.clone(), None);
                self.write(Write::Reservation(Box::new(EndedRow {
                    id,
                    state: "removed",
                    reason,
                    session_id,
                    at,
                })));
            }
        }
        Ok(())
    }
}

/// What a 2.x station says of a reservation.
fn released(write: &Write, at: DateTime<Utc>) -> Option<EndedRow> {
    let Write::Event(event) = write else { return None };
    if event.kind != "station.reservation" {
        return None;
    }
    let body: Value = serde_json::from_str(&event.body).ok()?;
    let reason = body.get("reservationUpdateStatus")?.as_str()?.to_owned();
    let state = if reason == "Expired" { "no-show" } else { "removed" };
    Some(EndedRow { id: body.get("reservationId")?.as_i64()?, state, reason, session_id: None, at })
}
