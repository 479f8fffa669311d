//! BootNotification.

use super::AtDesk;
use crate::{
    flags::Flag,
    model::{Boot, Registration, Reply},
    store::row::{BootRow, Write},
};
use serde_json::json;

/// A station that has to wait asks again after this time; seconds.
const RETRY_S: u32 = 60;

impl AtDesk<'_> {
    pub(super) fn booted(&mut self, boot: Boot) -> Reply {
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
        self.event(
            None,
            "station.booted",
            json!({"vendor": boot.vendor, "model": boot.model, "firmware": boot.firmware, "reason": boot.reason,
                   "answer": answer, "firmware_changed": !same_firmware}),
        );
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
            Registration::Accepted => self.app.config.ocpp.heartbeat_interval_s,
            Registration::Pending | Registration::Rejected => RETRY_S,
        };
        Reply::Boot { registration, interval_s, now: self.now() }
    }
}
