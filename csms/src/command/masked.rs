//! Commands without the secrets that they may hold.

use super::Command;
use crate::link::mask::{self, MASK};
use serde_json::Value;

impl Command {
    /// As JSON without the secrets that it may hold.
    pub fn masked(&self) -> Value {
        let mut command = self.clone();
        match &mut command {
            Command::Write(write) => {
                for setting in
                    write.variables.iter_mut().filter(|setting| mask::is_secret(&setting.variable.name))
                {
                    MASK.clone_into(&mut setting.value);
                }
            }
            Command::CustomerInformation(ask) => {
                if let Some(identifier) = &mut ask.customer_identifier {
                    MASK.clone_into(identifier);
                }
            }
            // A number in the type, so it cannot be masked by its name.
            Command::NetworkProfile(profile) => {
                if let Some(apn) = &mut profile.apn {
                    apn.sim_pin = None;
                }
            }
            _ => {}
        }
        let mut value = serde_json::to_value(&command).unwrap_or_default();
        mask::mask_value(&mut value);
        value
    }
}
