//! Energy: a vehicle's battery charges at an EVSE, within what the hardware and a charging profile allow.

use std::time::Duration;

use chrono::TimeDelta;

use crate::battery::{Battery, MJ_PER_WH, Supply};
use crate::error::Error;
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

    /// As [`Station::charge_for`], with the clock left alone.
    pub(crate) fn draw(&self, evse: i32, time: TimeDelta) -> Result<i64, Error> {
        self.on_evse(evse, |supply, e| {
            let battery = e.battery.as_mut().ok_or_else(|| unplugged(evse))?;
            let before_wh = e.register.wh();
            let step = battery.charge(time.num_milliseconds(), supply);
            e.register.add_mj(step.metered_mj);
            Ok(e.register.wh() - before_wh)
        })?
    }

    /// What the register of an EVSE shows, whole Wh; `None` if there is no such EVSE.
    pub fn register_wh(&self, evse: i32) -> Option<i64> {
        self.core.state().evse(evse).map(|e| e.register.wh())
    }

    /// The vehicle's state of charge, permille; `None` if nothing is plugged in.
    pub fn soc_permille(&self, evse: i32) -> Option<i64> {
        self.core.state().evse(evse)?.battery.as_ref().map(Battery::soc_permille)
    }

    /// The power drawn now, W: 0 without a transaction.
    pub fn power_w(&self, evse: i32) -> i64 {
        let mut state = self.core.state();
        power_w(&mut state, evse)
    }

    pub(crate) fn on_evse<T>(&self, evse: i32, act: impl FnOnce(Supply, &mut Evse) -> T) -> Result<T, Error> {
        let mut state = self.core.state();
        let supply = limited(&mut state, evse);
        state.evse(evse).map(|e| act(supply, e)).ok_or_else(|| no_evse(evse))
    }

    pub(crate) fn reading(&self, state: &mut State, evse: i32, context: &'static str) -> Reading {
        let unit = state.hardware.unit;
        let dc = matches!(state.hardware.supply, Supply::Dc { .. });
        let power_w = power_w(state, evse);
        let found = state.evse(evse);
        let soc = found.as_ref().and_then(|e| e.battery.as_ref()).map(|b| b.soc_permille() / 10);
        Reading {
            at: self.core.clock.now_text(),
            register: found.map(|e| e.register).unwrap_or_default(),
            power_w,
            soc_percent: soc.filter(|_| dc),
            unit,
            context,
        }
    }
}

/// The supply of an EVSE under the charging profile that is in force.
fn limited(state: &mut State, evse: i32) -> Supply {
    let supply = state.hardware.supply;
    let limit_w = state.evse(evse).and_then(|e| e.limit_w).unwrap_or(i64::MAX).min(supply.limit_w());
    match supply {
        Supply::Ac { .. } => Supply::Ac { limit_w },
        Supply::Dc { .. } => Supply::Dc { limit_w },
    }
}

fn power_w(state: &mut State, evse: i32) -> i64 {
    let supply = limited(state, evse);
    let Some(e) = state.evse(evse).filter(|e| e.transaction.is_some()) else { return 0 };
    e.battery.as_ref().map_or(0, |b| b.power_w(supply))
}

fn unplugged(evse: i32) -> Error {
    Error::State(format!("nothing is plugged in at EVSE {evse}"))
}
