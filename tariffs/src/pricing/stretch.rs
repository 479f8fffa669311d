//! Time between two standings of the register, and how energy is shared over it.

use crate::pricing::session::Activity;

/// A stretch of time in which all that is known stays the same; µs since 1970.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stretch {
    pub from: i64,
    pub to: i64,
    pub activity: Activity,
    pub power: Option<i64>,
    pub current: Option<i64>,
}

/// Energy that is shared evenly over an amount of time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Share {
    /// The session's energy before, mWh.
    pub base: i64,
    /// mWh.
    pub energy: i64,
    /// µs; 0: all at one instant.
    pub time: i64,
    /// What the energy over the time makes, mW; for stretches that tell no power.
    pub mean_power: Option<i64>,
}

impl Stretch {
    pub fn time(&self) -> i64 {
        self.to - self.from
    }

    pub fn charging(&self) -> bool {
        self.activity == Activity::Charging
    }

    pub fn like(&self, other: &Stretch) -> bool {
        self.activity == other.activity && self.power == other.power && self.current == other.current
    }
}

impl Share {
    /// The session's energy, mWh rounded down, once `position` µs of the time are over.
    pub fn energy_at(&self, position: i64) -> i64 {
        let part = if position >= self.time {
            self.energy
        } else if position == 0 {
            0
        } else if let Some(product) = self.energy.checked_mul(position) {
            // Several times faster than 128 bits, and the rule.
            product / self.time
        } else {
            let part = i128::from(self.energy) * i128::from(position) / i128::from(self.time);
            i64::try_from(part).unwrap_or(self.energy)
        };
        self.base.saturating_add(part)
    }

    /// The first µs of the time by which the session's energy has reached `energy`, which it does.
    pub fn position_of(&self, energy: i64) -> i64 {
        let wanted = i128::from(self.time) * i128::from(energy - self.base);
        let position = (wanted + i128::from(self.energy) - 1).checked_div(i128::from(self.energy));
        position.and_then(|position| i64::try_from(position).ok()).unwrap_or(0)
    }
}

/// Takes from the stretches what is after an instant.
pub(crate) fn split_off(stretches: &mut Vec<Stretch>, at: i64) -> Vec<Stretch> {
    let index = stretches.partition_point(|stretch| stretch.to <= at);
    let mut after = stretches.split_off(index);
    if let Some(first) = after.first_mut()
        && first.from < at
    {
        stretches.push(Stretch { to: at, ..*first });
        first.from = at;
    }
    after
}
