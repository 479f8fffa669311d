//! BootNotification.

use super::AtDesk;
use crate::{
    desired,
    error::Error,
    event::list::Booted,
    flags::Flag,
    model::{Boot, Registration, Reply},
    store::row::{BootRow, Write},
};

/// A station that has to wait asks again after this time; seconds.
const RETRY_S: u32 = 60;

impl AtDesk<'_> {
    pub(super) async fn booted(&mut self, boot: Boot) -> Result<Reply, Error> {
        let registration = self.state.registration;
        let answer = match registration {
            Registration::Accepted => "accepted",
            Registration::Pending => "pending",
            Registration::Rejected => "rejected",
        };
        // Sessions go on: a stop may follow from the station's memory, or (2.x) the transaction itself resumes.
        for session in &mut self.state.open {
            if session.flags.set(Flag::Rebooted) {
                self.writes.push(session.progress());
            }
        }
        let same_firmware = self.state.firmware == boot.firmware;
        let told = Booted {
            vendor: boot.vendor.clone(),
            model: boot.model.clone(),
            firmware: boot.firmware.clone(),
            reason: boot.reason.clone(),
            answer: answer.to_owned(),
            firmware_changed: !same_firmware,
        };
        self.tell(self.now(), None, &told);
        self.state.firmware.clone_from(&boot.firmware);
        self.state.told = Some(registration);
        self.booted = registration == Registration::Accepted;
        let row = BootRow {
            station: self.station.clone(),
            vendor: boot.vendor,
            model: boot.model,
            serial: boot.serial,
            firmware: boot.firmware,
            iccid: boot.iccid,
            imsi: boot.imsi,
            meter_serial: boot.meter_serial,
            boot_answer: answer.to_owned(),
            boot_reason: boot.reason,
            at: self.now(),
        };
        self.write(Write::Booted(Box::new(row)));
        let interval_s = match registration {
            Registration::Accepted => {
                let wished = desired::heartbeat_s(self.app, self.station).await?;
                wished.unwrap_or(self.app.config.ocpp.heartbeat_interval_s)
            }
            Registration::Pending | Registration::Rejected => RETRY_S,
        };
        Ok(Reply::Boot { registration, interval_s, now: self.now() })
    }
}
