//! What happens at a station: it boots, somebody plugs in, presents a token, charges, stops, leaves.

use serde_json::Value;

use crate::battery::Battery;
use crate::error::Error;
use crate::state::{ConnectorState, Queued, State};
use crate::station::Station;
use crate::{v2, v16};

/// The answer to a BootNotification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Boot {
    /// `Accepted`, `Pending` or `Rejected`.
    pub status: String,
    /// Heartbeat interval, or the wait before the next boot, s.
    pub interval_s: i64,
    /// The CSMS's time as sent.
    pub current_time: String,
}

/// The answer to a token that was presented.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// `Accepted`, `Blocked`, …
    pub status: String,
    /// 1.6 parentIdTag or 2.x groupIdToken.
    pub group: Option<String>,
}

/// A transaction that has begun.
#[derive(Debug, Clone, PartialEq)]
pub struct Started {
    /// The transaction id on the wire. `None` in 1.6 while the station is offline: the CSMS has not given one yet.
    pub transaction: Option<String>,
    /// What the CSMS said about the token; `None` if the message is queued or the answer says nothing.
    pub verdict: Option<Verdict>,
    /// The answer's payload; `None` if the message is queued.
    pub answer: Option<Value>,
}

/// Who starts a transaction, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Start {
    /// The identifier presented.
    pub tag: String,
    /// 2.x IdToken type.
    pub kind: String,
    /// 2.x triggerReason.
    pub trigger: String,
    /// 2.x remoteStartId.
    pub remote_start_id: Option<i64>,
    /// The reservation that this start uses up.
    pub reservation_id: Option<i64>,
}

impl Start {
    /// An RFID card is presented at the station.
    pub fn card(tag: &str) -> Self {
        Start {
            tag: tag.to_owned(),
            kind: "ISO14443".into(),
            trigger: "Authorized".into(),
            remote_start_id: None,
            reservation_id: None,
        }
    }
}

/// What a rebooting station does about its transactions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AfterReboot {
    /// They are ended, and the CSMS is told after the boot.
    End,
    /// They are forgotten: their end is never told.
    Forget,
    /// They go on.
    Resume,
}

impl Station {
    /// Sends BootNotification (2.x reason `PowerUp`).
    ///
    /// # Errors
    /// As [`Station::call`], and [`Error::Answer`].
    pub async fn boot(&self) -> Result<Boot, Error> {
        self.boot_because("PowerUp").await
    }

    /// Sends BootNotification with a 2.x reason (1.6 has none).
    ///
    /// # Errors
    /// As [`Station::boot`].
    pub async fn boot_because(&self, reason: &str) -> Result<Boot, Error> {
        let payload = {
            let state = self.core.state();
            if state.is_16() { v16::boot(&state.hardware) } else { v2::boot(&state.hardware, reason) }
        };
        let answer = self.call("BootNotification", payload).await?;
        self.core.registered(&answer);
        let read = || {
            Some(Boot {
                status: answer.get("status")?.as_str()?.to_owned(),
                interval_s: answer.get("interval")?.as_i64()?,
                current_time: answer.get("currentTime")?.as_str()?.to_owned(),
            })
        };
        read().ok_or_else(|| odd("BootNotification", &answer))
    }

    /// Sends Heartbeat and returns the CSMS's time as sent.
    ///
    /// # Errors
    /// As [`Station::boot`].
    pub async fn heartbeat(&self) -> Result<String, Error> {
        let answer = self.call("Heartbeat", Value::Object(Default::default())).await?;
        let time = answer.get("currentTime").and_then(Value::as_str).map(str::to_owned);
        time.ok_or_else(|| odd("Heartbeat", &answer))
    }

    /// Sets the state of an EVSE's connector and sends StatusNotification. EVSE 0 is the station (1.6 only).
    ///
    /// # Errors
    /// As [`Station::call`].
    pub async fn status(&self, evse: i32, connector: ConnectorState) -> Result<(), Error> {
        let payload = {
            let mut state = self.core.state();
            if let Some(evse) = state.evse(evse) {
                evse.state = connector;
            }
            let at = self.core.clock.now_text();
            if state.is_16() { v16::status(evse, connector, &at) } else { v2::status(evse, connector, &at) }
        };
        self.call("StatusNotification", payload).await.map(drop)
    }

    /// The state of an EVSE's connector; `None` if there is no such EVSE.
    pub fn connector(&self, evse: i32) -> Option<ConnectorState> {
        self.core.state().evse(evse).map(|e| e.state)
    }

    /// Sends Authorize for an RFID card.
    ///
    /// # Errors
    /// As [`Station::boot`].
    pub async fn authorize(&self, tag: &str) -> Result<Verdict, Error> {
        let is_16 = self.core.state().is_16();
        let payload = if is_16 { v16::authorize(tag) } else { v2::authorize(tag, "ISO14443") };
        let answer = self.call("Authorize", payload).await?;
        v2::tariffs::authorized(&mut self.core.state(), tag, &answer);
        verdict(&answer).ok_or_else(|| odd("Authorize", &answer))
    }

    /// A family car at 30 % is plugged in.
    ///
    /// # Errors
    /// As [`Station::plug_in_car`].
    pub async fn plug_in(&self, evse: i32) -> Result<(), Error> {
        self.plug_in_car(evse, Battery::family_car(300)).await
    }

    /// A vehicle is plugged in; the CSMS is told if there is a connection.
    ///
    /// # Errors
    /// [`Error::State`] if there is no such EVSE; else as [`Station::call`], without [`Error::Offline`].
    pub async fn plug_in_car(&self, evse: i32, battery: Battery) -> Result<(), Error> {
        self.on_evse(evse, |_, e| e.battery = Some(battery))?;
        self.tell(evse, ConnectorState::Preparing).await
    }

    /// The vehicle leaves; the CSMS is told if there is a connection.
    ///
    /// # Errors
    /// As [`Station::plug_in_car`].
    pub async fn unplug(&self, evse: i32) -> Result<(), Error> {
        let operative = self.on_evse(evse, |_, e| {
            e.battery = None;
            e.operative
        })?;
        let state = if operative { ConnectorState::Available } else { ConnectorState::Unavailable };
        self.tell(evse, state).await
    }

    /// An RFID card starts a transaction: StartTransaction, or TransactionEvent `Started` with the power on.
    ///
    /// # Errors
    /// As [`Station::start_with`].
    pub async fn start(&self, evse: i32, tag: &str) -> Result<Started, Error> {
        self.start_with(evse, Start::card(tag)).await
    }

    /// Starts a transaction. Offline, or if the connection ends meanwhile, the message is queued.
    ///
    /// # Errors
    /// [`Error::State`] if there is no such EVSE or a transaction is under way; else as [`Station::call`].
    pub async fn start_with(&self, evse: i32, mut start: Start) -> Result<Started, Error> {
        let message = {
            let mut state = self.core.state();
            let transaction = state.new_transaction(&start.tag, &start.kind);
            let target = state.evse(evse).ok_or_else(|| no_evse(evse))?;
            if target.transaction.is_some() {
                return Err(Error::State(format!("EVSE {evse} has a transaction")));
            }
            if target.battery.is_none() {
                target.battery = Some(Battery::family_car(300));
            }
            if let Some(kept) = target.reservation.take_if(|kept| kept.tag.eq_ignore_ascii_case(&start.tag)) {
                start.reservation_id = start.reservation_id.or(Some(kept.id));
            }
            target.awaiting = None;
            target.transaction = Some(transaction);
            target.state = ConnectorState::Charging;
            let reading = self.reading(&mut state, evse, "Transaction.Begin");
            if state.is_16() {
                v16::start(&mut state, evse, &start, &reading)
            } else {
                v2::started(&mut state, evse, &start, &reading)
            }
        };
        let local = message.local;
        let answer = self.report(message).await?;
        self.tell(evse, ConnectorState::Charging).await?;
        let state = self.core.state();
        let id = |e: &crate::state::Evse| e.transaction.as_ref().map(|t| t.id.clone());
        let given = state.given_id(local).map(|id| id.to_string());
        let own = usize::try_from(evse - 1).ok().and_then(|i| state.evses.get(i)).and_then(id);
        Ok(Started {
            transaction: given.or(own).filter(|id| !id.is_empty()),
            verdict: answer.as_ref().and_then(verdict),
            answer,
        })
    }

    /// Sends a periodic reading of the running transaction. Returns the answer, `None` if the message is queued.
    ///
    /// # Errors
    /// [`Error::State`] without a transaction; else as [`Station::call`].
    pub async fn meter(&self, evse: i32) -> Result<Option<Value>, Error> {
        self.update(evse, "MeterValuePeriodic", "Sample.Periodic").await
    }

    pub(crate) async fn update(
        &self,
        evse: i32,
        trigger: &str,
        context: &'static str,
    ) -> Result<Option<Value>, Error> {
        let message = {
            let mut state = self.core.state();
            let reading = self.reading(&mut state, evse, context);
            if state.is_16() {
                v16::meter(&mut state, evse, &reading)
            } else {
                v2::updated(&mut state, evse, trigger, &reading)
            }
            .ok_or_else(|| idle(evse))?
        };
        self.report(message).await
    }

    /// Stops the transaction: StopTransaction, or TransactionEvent `Ended`. `reason` is a word of either version
    /// (`Local`, `Remote`, `EVDisconnected`, …); one that the station's version lacks becomes the nearest. Returns
    /// the answer (in 2.x perhaps with `totalCost`), `None` if the message is queued.
    ///
    /// # Errors
    /// [`Error::State`] without a transaction; else as [`Station::call`].
    pub async fn stop(&self, evse: i32, reason: &str) -> Result<Option<Value>, Error> {
        let message = {
            let mut state = self.core.state();
            let reading = self.reading(&mut state, evse, "Transaction.End");
            let message = if state.is_16() {
                v16::stop(&mut state, evse, reason, &reading)
            } else {
                v2::ended(&mut state, evse, reason, &reading)
            };
            state.end_transaction(evse);
            message.ok_or_else(|| idle(evse))?
        };
        let answer = self.report(message).await?;
        self.tell(evse, ConnectorState::Finishing).await?;
        Ok(answer)
    }

    /// The wire id of the transaction under way; `None` without one, or while a 1.6 station has not been given one.
    pub fn transaction(&self, evse: i32) -> Option<String> {
        let mut state = self.core.state();
        let transaction = state.evse(evse)?.transaction.clone()?;
        let given = state.given_id(transaction.local).map(|id| id.to_string());
        given.or(Some(transaction.id)).filter(|id| !id.is_empty())
    }

    /// Loses power: the connection is cut, the station comes back, boots and delivers what is queued.
    ///
    /// # Errors
    /// As [`Station::connect`], [`Station::boot`] and [`Station::replay`].
    pub async fn reboot(&self, after: AfterReboot) -> Result<Boot, Error> {
        self.reboot_because(after, "PowerUp").await
    }

    pub(crate) async fn reboot_because(&self, after: AfterReboot, reason: &str) -> Result<Boot, Error> {
        self.cut().await;
        let count = self.core.state().hardware.evses;
        for evse in 1..=count {
            match after {
                AfterReboot::Resume => {}
                AfterReboot::Forget => self.core.state().end_transaction(evse),
                AfterReboot::End if self.has_transaction(evse) => drop(self.stop(evse, "PowerLoss").await?),
                AfterReboot::End => {}
            }
        }
        self.reconnect().await?;
        let boot = self.boot_because(reason).await?;
        self.replay().await?;
        Ok(boot)
    }

    pub(crate) fn has_transaction(&self, evse: i32) -> bool {
        self.core.state().evse(evse).is_some_and(|e| e.transaction.is_some())
    }

    /// Tells the state of a connector if there is a connection: a state is not worth queueing.
    pub(crate) async fn tell(&self, evse: i32, connector: ConnectorState) -> Result<(), Error> {
        match self.status(evse, connector).await {
            Err(e) if e.is_unanswered() => Ok(()),
            other => other,
        }
    }
}

/// What the CSMS said about a token, in the answer of any action of any version.
pub(crate) fn verdict(answer: &Value) -> Option<Verdict> {
    let info = answer.get("idTagInfo").or_else(|| answer.get("idTokenInfo"))?;
    let group = info.get("parentIdTag").or_else(|| info.get("groupIdToken").and_then(|g| g.get("idToken")));
    Some(Verdict {
        status: info.get("status")?.as_str()?.to_owned(),
        group: group.and_then(Value::as_str).map(str::to_owned),
    })
}

fn odd(action: &str, answer: &Value) -> Error {
    Error::Answer { action: action.to_owned(), answer: answer.to_string() }
}

pub(crate) fn no_evse(evse: i32) -> Error {
    Error::State(format!("there is no EVSE {evse}"))
}

fn idle(evse: i32) -> Error {
    Error::State(format!("EVSE {evse} has no transaction"))
}

/// A message about a transaction, before it has been tried.
pub(crate) fn message(
    state: &mut State,
    action: &'static str,
    payload: Value,
    local: u64,
    register_wh: i64,
) -> Queued {
    Queued {
        number: state.number(),
        message_id: None,
        action,
        payload,
        local,
        transaction: None,
        seq: None,
        register_wh,
    }
}
