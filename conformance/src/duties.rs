//! What a station does after it has answered a call of the CSMS.

use futures::FutureExt;
use futures::future::BoxFuture;
use serde_json::Value;
use tokio::sync::mpsc;

use crate::error::Error;
use crate::session::{AfterReboot, Start};
use crate::settings;
use crate::state::ConnectorState;
use crate::station::Station;
use crate::transfer::Wish;
use crate::{v2, v16};

/// Something that the CSMS asked for.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Duty {
    /// A remote start.
    Start { evse: i32, tag: String, kind: String, remote_start_id: Option<i64> },
    /// A remote stop, an unlock.
    Stop { evse: i32, reason: &'static str },
    /// A reset.
    Reboot { reason: &'static str },
    /// A triggered BootNotification.
    Boot,
    /// A triggered Heartbeat.
    Heartbeat,
    /// The state of this EVSE's connector.
    Status(i32),
    /// A reading of this EVSE's meter.
    Meter(i32),
    /// 2.x: a triggered TransactionEvent.
    Transaction(i32),
    /// The parts of a 2.x report.
    Report { request_id: i64, wanted: v2::Wanted },
    /// A log to bring, firmware to fetch.
    Transfer(Wish),
    /// One message.
    Send { action: String, payload: Value },
}

/// Does what is asked, one after the other, until the connection is over.
pub(crate) async fn run(station: Station, mut duties: mpsc::Receiver<Duty>) {
    while let Some(duty) = duties.recv().await {
        if let Duty::Reboot { reason } = duty {
            // This task belongs to the connection that ends now; the new connection brings its own.
            tokio::spawn(reset(station, reason));
            return;
        }
        if station.core.state().faults.overlaps {
            let station = station.clone();
            tokio::spawn(async move { drop(perform(&station, duty).await) });
            continue;
        }
        if let Err(error) = perform(&station, duty).await {
            tracing::debug!(station = station.id(), %error, "could not follow up a request");
        }
    }
}

/// Boxed, because a reset connects again and so brings forth the next [`run`].
fn reset(station: Station, reason: &'static str) -> BoxFuture<'static, ()> {
    async move {
        if let Err(error) = reset_properly(&station, reason).await {
            tracing::debug!(station = station.id(), %error, "did not come back after a reset");
        }
    }
    .boxed()
}

async fn reset_properly(station: &Station, reason: &str) -> Result<(), Error> {
    let count = station.core.state().hardware.evses;
    for evse in 1..=count {
        if station.has_transaction(evse) {
            station.stop(evse, reason).await?;
        }
    }
    if station.core.state().kept {
        station.restart("RemoteReset").await;
        return Ok(());
    }
    station.reboot_because(AfterReboot::End, "RemoteReset").await?;
    for evse in 1..=count {
        station.retell(evse).await?;
    }
    Ok(())
}

async fn perform(station: &Station, duty: Duty) -> Result<(), Error> {
    match duty {
        Duty::Start { evse, tag, kind, remote_start_id } => {
            let mut start = Start::card(&tag);
            start.trigger = "RemoteStart".into();
            start.remote_start_id = remote_start_id;
            if !kind.is_empty() {
                start.kind = kind;
            }
            let asks = {
                let state = station.core.state();
                settings::truth(&state, "AuthorizeRemoteTxRequests", "AuthCtrlr.AuthorizeRemoteStart")
            };
            // Who cannot be asked any more is not asked: the wish was the CSMS's own.
            let refused = match asks {
                false => false,
                true => match station.authorize(&start.tag).await {
                    Ok(verdict) => verdict.status != "Accepted",
                    Err(error) if error.is_unanswered() => false,
                    Err(error) => return Err(error),
                },
            };
            if refused {
                return Ok(());
            }
            if station.core.state().kept && station.awaits_cable(evse, &start) {
                return station.tell(evse, ConnectorState::Preparing).await;
            }
            station.start_with(evse, start).await.map(drop)
        }
        Duty::Stop { evse, reason } => station.stop(evse, reason).await.map(drop),
        Duty::Reboot { .. } => Ok(()),
        Duty::Boot => station.boot_because("Triggered").await.map(drop),
        Duty::Heartbeat => station.heartbeat().await.map(drop),
        Duty::Status(evse) => station.retell(evse).await,
        Duty::Meter(evse) => meter(station, evse).await,
        Duty::Transaction(evse) => station.update(evse, "Trigger", "Trigger").await.map(drop),
        Duty::Report { request_id, wanted } => report(station, request_id, &wanted).await,
        Duty::Transfer(wish) => station.perform_transfer(wish).await,
        Duty::Send { action, payload } => station.call(&action, payload).await.map(drop),
    }
}

/// A triggered reading: within a transaction in 1.6, else on its own.
async fn meter(station: &Station, evse: i32) -> Result<(), Error> {
    let is_16 = station.core.state().is_16();
    if is_16 && station.has_transaction(evse) {
        return station.update(evse, "Trigger", "Trigger").await.map(drop);
    }
    let payload = {
        let mut state = station.core.state();
        let reading = station.reading(&mut state, evse, "Trigger");
        if is_16 { v16::idle_meter(evse, &reading) } else { v2::meter_values(evse, &reading) }
    };
    station.call("MeterValues", payload).await.map(drop)
}

async fn report(station: &Station, request_id: i64, wanted: &v2::Wanted) -> Result<(), Error> {
    let parts = {
        let state = station.core.state();
        v2::report(&state, request_id, wanted, &station.core.clock.now_text())
    };
    for part in parts {
        station.call("NotifyReport", part).await?;
    }
    Ok(())
}

impl Station {
    /// Tells the present state of a connector once more.
    pub(crate) async fn retell(&self, evse: i32) -> Result<(), Error> {
        let state = self.connector(evse).unwrap_or(ConnectorState::Available);
        self.status(evse, state).await
    }
}
