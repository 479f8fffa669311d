//! Energy: a vehicle's battery charges at an EVSE, within what the hardware and a charging profile allow.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

use crate::battery::{Battery, MJ_PER_WH, Register, Supply};
use crate::error::Error;
use crate::profile::Profiles;
use crate::reading::Reading;
use crate::session::no_evse;
use crate::state::{Evse, State};
use crate::station::Station;

impl Station {
    /// Charges exactly `wh`: the register moves on by it, the battery fills, a manual clock moves on by the time that
    /// it takes (the real clock does not). Nothing is sent: see [`Station::meter`].
    ///
    /// # Errors
    /// [`Error::State`] if nothing is plugged in, or no power flows any more before that.
    pub fn charge_wh(&self, evse: i32, wh: i64) -> Result<Duration, Error> {
        let took_ms = self.on_evse(evse, |supply, e| {
            let battery = e.battery.as_mut().ok_or_else(|| unplugged(evse))?;
            let target_mj = e.register.total_mj() + wh.max(0) * MJ_PER_WH;
            let mut took_ms = 0;
            loop {
                let left_mj = target_mj - e.register.total_mj();
                let power_w = battery.power_w(supply);
                if left_mj == 0 {
                    return Ok(took_ms);
                } else if power_w == 0 {
                    return Err(Error::State(format!(
                        "no power flows at EVSE {evse}: full, or limited to nothing"
                    )));
                } else if left_mj < power_w {
                    // Less than a millisecond: the register shall be exact.
                    e.register.add_mj(left_mj);
                    return Ok(took_ms);
                }
                let step = battery.charge((left_mj / power_w).min(10_000), supply);
                e.register.add_mj(step.metered_mj);
                took_ms += step.charging_ms;
            }
        })??;
        let took = Duration::from_millis(took_ms.unsigned_abs());
        self.core.clock.advance(took);
        Ok(took)
    }

    /// Charges along the battery's curve for this time; a manual clock moves on by it. Returns the metered Wh.
    ///
    /// # Errors
    /// [`Error::State`] if nothing is plugged in.
    pub fn charge_for(&self, evse: i32, time: Duration) -> Result<i64, Error> {
        let wh = self.draw(evse, TimeDelta::from_std(time).unwrap_or(TimeDelta::MAX))?;
        self.core.clock.advance(time);
        Ok(wh)
    }

    /// As [`Station::charge_for`], with the clock left alone. Gives back where a profile sets that.
    pub(crate) fn draw(&self, evse: i32, time: TimeDelta) -> Result<i64, Error> {
        let wanted_w = self.core.state().setpoint_w(evse, self.core.clock.now());
        self.on_evse(evse, |supply, e| {
            let battery = e.battery.as_mut().ok_or_else(|| unplugged(evse))?;
            let before_wh = e.register.wh();
            if let Some(given_w) = wanted_w.filter(|wanted| *wanted < 0) {
                e.exported.add_mj(battery.give(time.num_milliseconds(), given_w.saturating_neg()));
                return Ok(0);
            }
            let step = battery.charge(time.num_milliseconds(), supply);
            e.register.add_mj(step.metered_mj);
            Ok(e.register.wh() - before_wh)
        })?
    }

    /// What the register of an EVSE shows, whole Wh; `None` if there is no such EVSE.
    pub fn register_wh(&self, evse: i32) -> Option<i64> {
        self.core.state().evse(evse).map(|e| e.register.wh())
    }

    /// What an EVSE's register of what was given back shows, whole Wh; `None` if there is no such EVSE.
    pub fn exported_wh(&self, evse: i32) -> Option<i64> {
        self.core.state().evse(evse).map(|e| e.exported.wh())
    }

    /// The vehicle's state of charge, permille; `None` if nothing is plugged in.
    pub fn soc_permille(&self, evse: i32) -> Option<i64> {
        self.core.state().evse(evse)?.battery.as_ref().map(Battery::soc_permille)
    }

    /// The power drawn now, W, negative while it gives back: 0 without a transaction.
    pub fn power_w(&self, evse: i32) -> i64 {
        let mut state = self.core.state();
        power_w(&mut state, evse, self.core.clock.now())
    }

    /// The numbers of the charging profiles that the station holds, in the order in which they came.
    pub fn profiles(&self) -> Vec<i64> {
        self.core.state().profiles.numbers()
    }

    /// The charging profile with this number as it was told, and the EVSE that it is for (0: the station).
    pub fn profile(&self, id: i64) -> Option<(i32, Value)> {
        self.core.state().profiles.told(id)
    }

    /// Loses all charging profiles, as some stations do when they restart.
    pub fn forget_profiles(&self) {
        self.core.state().profiles = Profiles::default();
    }

    /// Somebody beside the CSMS installs a charging profile (as it is on the wire) at an EVSE.
    ///
    /// # Errors
    /// The station does not take it.
    pub fn install_profile(&self, evse: i32, profile: &Value) -> Result<(), Error> {
        let now = self.core.clock.now();
        let set = self.core.state().set_profile(evse, profile, now);
        set.map_err(|why| Error::State(why.to_owned()))
    }

    pub(crate) fn on_evse<T>(&self, evse: i32, act: impl FnOnce(Supply, &mut Evse) -> T) -> Result<T, Error> {
        let mut state = self.core.state();
        let supply = limited(&mut state, evse, self.core.clock.now());
        state.evse(evse).map(|e| act(supply, e)).ok_or_else(|| no_evse(evse))
    }

    pub(crate) fn reading(&self, state: &mut State, evse: i32, context: &'static str) -> Reading {
        let unit = state.hardware.unit;
        let fallen = state.faults.meter_falls.as_mut().map(|fallen| {
            *fallen += 1;
            Register::at_wh(1_000_000 - *fallen)
        });
        let dc = matches!(state.hardware.supply, Supply::Dc { .. });
        let power_w = power_w(state, evse, self.core.clock.now());
        let found = state.evse(evse);
        let exported = found.as_ref().map(|e| e.exported);
        let soc = found.as_ref().and_then(|e| e.battery.as_ref()).map(|b| b.soc_permille() / 10);
        Reading {
            at: self.core.clock.now_text(),
            register: fallen.or(found.map(|e| e.register)).unwrap_or_default(),
            power_w,
            exported: exported.filter(|register| register.total_mj() > 0 || power_w < 0),
            soc_percent: soc.filter(|_| dc),
            unit,
            context,
        }
    }
}

/// The supply of an EVSE under the charging profile that is in force.
fn limited(state: &mut State, evse: i32, now: DateTime<Utc>) -> Supply {
    let supply = state.hardware.supply;
    let limit_w = state.limit_w(evse, now).unwrap_or(i64::MAX).min(supply.limit_w());
    match supply {
        Supply::Ac { .. } => Supply::Ac { limit_w },
        Supply::Dc { .. } => Supply::Dc { limit_w },
    }
}

fn power_w(state: &mut State, evse: i32, now: DateTime<Utc>) -> i64 {
    let supply = limited(state, evse, now);
    let wanted_w = state.setpoint_w(evse, now).filter(|wanted| *wanted < 0);
    let Some(e) = state.evse(evse).filter(|e| e.transaction.is_some()) else { return 0 };
    e.battery.as_ref().map_or(0, |b| match wanted_w {
        Some(wanted_w) => -b.giving_w(wanted_w.saturating_neg()),
        None => b.power_w(supply),
    })
}

fn unplugged(evse: i32) -> Error {
    Error::State(format!("nothing is plugged in at EVSE {evse}"))
}
