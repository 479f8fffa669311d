//! An electric vehicle's battery and the register of an energy meter, in whole numbers.
//!
//! Energy is counted in millijoules: 1 W for 1 ms is 1 mJ, so every step is exact and what leaves the meter is what
//! the battery stores plus what the charger in the vehicle loses. Nothing here reads a clock.

/// Millijoules in one watt-hour.
pub const MJ_PER_WH: i64 = 3_600_000;

/// The longest step that is computed at one power; the curve is looked up again after it.
const STEP_MS: i64 = 10_000;

/// How the vehicle is fed, and with how much power at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Supply {
    /// Alternating current: the vehicle's onboard charger converts.
    Ac {
        /// What the EVSE can give on all phases together, W.
        limit_w: i64,
    },
    /// Direct current: the station converts, the battery's curve decides.
    Dc {
        /// What the EVSE can give, W.
        limit_w: i64,
    },
}

impl Supply {
    /// What the EVSE can give, W.
    pub const fn limit_w(self) -> i64 {
        match self {
            Supply::Ac { limit_w } | Supply::Dc { limit_w } => limit_w,
        }
    }
}

/// A vehicle's battery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Battery {
    capacity_mj: i64,
    stored_mj: i64,
    onboard_w: i64,
    peak_w: i64,
    efficiency_permille: i64,
    /// The most it gives back, W, and what it keeps.
    back_w: i64,
    kept_mj: i64,
}

/// What one step of charging did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Delivered {
    /// What the meter counted, mJ.
    pub metered_mj: i64,
    /// What arrived in the cells, mJ.
    pub stored_mj: i64,
    /// The time that power flowed, ms: less than the step when the battery became full.
    pub charging_ms: i64,
}

impl Battery {
    /// A battery of `capacity_wh`, filled to `soc_permille` (cut to 0–1000), with an onboard AC charger of
    /// `onboard_w` and a DC peak of `peak_w`. Negative figures count as zero; a capacity is at least 1 Wh.
    pub fn new(capacity_wh: i64, soc_permille: i64, onboard_w: i64, peak_w: i64) -> Self {
        let capacity_mj = capacity_wh.clamp(1, 1_000_000_000) * MJ_PER_WH;
        let stored_mj = permille(capacity_mj, soc_permille.clamp(0, 1000));
        let onboard_w = onboard_w.clamp(0, 10_000_000);
        let peak_w = peak_w.clamp(0, 10_000_000);
        Battery {
            capacity_mj,
            stored_mj,
            onboard_w,
            peak_w,
            efficiency_permille: 1000,
            back_w: 0,
            kept_mj: 0,
        }
        .lossy(920)
    }

    /// A small city car: 40 kWh, 7.4 kW AC, 50 kW DC.
    pub fn city_car(soc_permille: i64) -> Self {
        Battery::new(40_000, soc_permille, 7_400, 50_000)
    }

    /// A family car: 64 kWh, 11 kW AC, 120 kW DC.
    pub fn family_car(soc_permille: i64) -> Self {
        Battery::new(64_000, soc_permille, 11_000, 120_000)
    }

    /// A long-distance car: 95 kWh, 22 kW AC, 240 kW DC.
    pub fn tourer(soc_permille: i64) -> Self {
        Battery::new(95_000, soc_permille, 22_000, 240_000)
    }

    /// Sets which share of the metered energy arrives in the cells (cut to 1–1000 permille; 920 by default).
    pub fn lossy(mut self, efficiency_permille: i64) -> Self {
        self.efficiency_permille = efficiency_permille.clamp(1, 1000);
        self
    }

    /// It gives back up to `back_w`, and keeps `kept_permille` of its capacity for itself.
    pub fn gives_back(mut self, back_w: i64, kept_permille: i64) -> Self {
        self.back_w = back_w.clamp(0, 10_000_000);
        self.kept_mj = permille(self.capacity_mj, kept_permille.clamp(0, 1000));
        self
    }

    /// What it gives back if `wanted_w` are asked for, W.
    pub fn giving_w(&self, wanted_w: i64) -> i64 {
        if self.stored_mj > self.kept_mj { wanted_w.min(self.back_w).max(0) } else { 0 }
    }

    /// Gives back for `duration_ms`, at up to `wanted_w`, until only what it keeps is left; returns what the meter
    /// counts, mJ. What the vehicle loses on the way was lost when it charged.
    pub fn give(&mut self, duration_ms: i64, wanted_w: i64) -> i64 {
        let given_mj = self.giving_w(wanted_w).saturating_mul(duration_ms.max(0));
        let given_mj = given_mj.min(self.stored_mj - self.kept_mj).max(0);
        self.stored_mj -= given_mj;
        given_mj
    }

    /// State of charge in permille, rounded down, so 1000 means full to the last millijoule.
    pub fn soc_permille(&self) -> i64 {
        ratio_permille(self.stored_mj, self.capacity_mj)
    }

    /// Whether nothing more fits in.
    pub fn is_full(&self) -> bool {
        self.stored_mj >= self.capacity_mj
    }

    /// What the cells hold, mJ.
    pub fn stored_mj(&self) -> i64 {
        self.stored_mj
    }

    /// The power drawn now from `supply`, W, as the meter sees it.
    ///
    /// AC: flat at the lower of both chargers' limits and tapering only in the last 3 %.
    /// DC: gentle below 8 %, full to 80 %, then falling in a straight line to a tenth at 100 %.
    pub fn power_w(&self, supply: Supply) -> i64 {
        if self.is_full() {
            return 0;
        }
        let soc = self.soc_permille();
        let (limit_w, share) = match supply {
            Supply::Ac { limit_w } => (
                limit_w.min(self.onboard_w),
                if soc < 970 { 1000 } else { slope(soc, (970, 1000), (1000, 150)) },
            ),
            Supply::Dc { limit_w } => {
                let share = match soc {
                    ..80 => slope(soc, (0, 600), (80, 1000)),
                    80..800 => 1000,
                    _ => slope(soc, (800, 1000), (1000, 100)),
                };
                // The curve bends the battery's own peak: a weak station feels the taper later.
                return permille(self.peak_w, share).min(limit_w).max(0);
            }
        };
        permille(limit_w, share).max(0)
    }

    /// Charges for `duration_ms` along the curve and tells what flowed. Ends early when full.
    pub fn charge(&mut self, duration_ms: i64, supply: Supply) -> Delivered {
        let mut delivered = Delivered::default();
        let mut left_ms = duration_ms.max(0);
        while left_ms > 0 {
            let power_w = self.power_w(supply);
            if power_w == 0 {
                break;
            }
            let step_ms = left_ms.min(STEP_MS);
            let (metered_mj, stored_mj) = self.take(power_w * step_ms);
            delivered.metered_mj += metered_mj;
            delivered.stored_mj += stored_mj;
            delivered.charging_ms += step_ms;
            left_ms -= step_ms;
        }
        delivered
    }

    /// Stores what fits of `offered_mj`; returns (metered, stored).
    fn take(&mut self, offered_mj: i64) -> (i64, i64) {
        let room_mj = self.capacity_mj - self.stored_mj;
        let stored_mj = permille(offered_mj, self.efficiency_permille).min(room_mj);
        let metered_mj = if stored_mj < room_mj {
            offered_mj
        } else {
            // The last sip: only as much is drawn as fills the cells.
            offered_mj.min(div_up(stored_mj.saturating_mul(1000), self.efficiency_permille))
        };
        self.stored_mj += stored_mj;
        (metered_mj, stored_mj)
    }
}

/// The register of an energy meter: it only grows, unless a test resets it on purpose.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Register {
    total_mj: i64,
}

impl Register {
    /// A register that shows `wh` (never below zero).
    pub fn at_wh(wh: i64) -> Self {
        Register { total_mj: wh.clamp(0, i64::MAX / MJ_PER_WH) * MJ_PER_WH }
    }

    /// Counts energy; negative amounts are not counted.
    pub fn add_mj(&mut self, mj: i64) {
        self.total_mj = self.total_mj.saturating_add(mj.max(0));
    }

    /// What the register shows, whole Wh, rounded down.
    pub fn wh(&self) -> i64 {
        self.total_mj / MJ_PER_WH
    }

    /// What the register shows, mJ.
    pub fn total_mj(&self) -> i64 {
        self.total_mj
    }
}

fn permille(of: i64, share: i64) -> i64 {
    (i128::from(of) * i128::from(share) / 1000) as i64
}

fn ratio_permille(part: i64, whole: i64) -> i64 {
    (i128::from(part) * 1000 / i128::from(whole)) as i64
}

fn div_up(a: i64, b: i64) -> i64 {
    (a + b - 1) / b
}

/// The straight line through two points, at `x` between them.
fn slope(x: i64, from: (i64, i64), to: (i64, i64)) -> i64 {
    from.1 + (to.1 - from.1) * (x - from.0) / (to.0 - from.0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_supply() -> impl Strategy<Value = Supply> {
        prop_oneof![
            (1_000i64..400_000).prop_map(|limit_w| Supply::Dc { limit_w }),
            (1_000i64..44_000).prop_map(|limit_w| Supply::Ac { limit_w }),
        ]
    }

    proptest! {
        #[test]
        fn energy_is_conserved(
            capacity in 1i64..150_000, soc in 0i64..=1000, onboard in 1_000i64..22_000, peak in 1_000i64..350_000,
            efficiency in 500i64..=1000, supply in any_supply(), steps in prop::collection::vec(1i64..4_000_000, 1..30),
        ) {
            let mut battery = Battery::new(capacity, soc, onboard, peak).lossy(efficiency);
            let mut register = Register::at_wh(1_234_567);
            let (before_mj, shown_mj) = (battery.stored_mj(), register.total_mj());
            let mut stored = 0;
            for ms in steps {
                let shown = register.total_mj();
                let got = battery.charge(ms, supply);
                register.add_mj(got.metered_mj);
                stored += got.stored_mj;
                prop_assert!(got.stored_mj <= got.metered_mj, "the cells never get more than the meter counts");
                prop_assert!(register.total_mj() >= shown, "the register never runs back");
                prop_assert!(got.charging_ms <= ms);
                prop_assert!((0..=1000).contains(&battery.soc_permille()));
                prop_assert!(got.metered_mj <= supply.limit_w() * ms, "never above the supply's limit");
            }
            let metered = register.total_mj() - shown_mj;
            prop_assert_eq!(battery.stored_mj() - before_mj, stored);
            // The loss is the configured share, up to the rounding of each ten-second step.
            let expected_mj = i128::from(stored) * 1000 / i128::from(efficiency);
            prop_assert!((i128::from(metered) - expected_mj).abs() <= 30 * 400 * 4, "{} for {}", metered, expected_mj);
        }

        #[test]
        fn power_never_exceeds_any_limit(soc in 0i64..=1000, onboard in 0i64..22_000, peak in 0i64..350_000, supply in any_supply()) {
            let battery = Battery::new(60_000, soc, onboard, peak);
            let power = battery.power_w(supply);
            let own = match supply { Supply::Ac { .. } => onboard, Supply::Dc { .. } => peak };
            prop_assert!(power >= 0 && power <= supply.limit_w().min(own));
        }
    }

    #[test]
    fn what_is_given_back_is_what_the_cells_lose_and_some_is_kept() {
        let mut battery = Battery::new(10_000, 500, 11_000, 50_000);
        assert_eq!(battery.give(3_600_000, 4_000), 0, "it cannot");
        battery = battery.gives_back(5_000, 300);
        assert_eq!(
            (battery.giving_w(4_000), battery.giving_w(7_000), battery.giving_w(-1)),
            (4_000, 5_000, 0)
        );
        assert_eq!(battery.give(900_000, 4_000), 1_000 * MJ_PER_WH);
        assert_eq!(battery.soc_permille(), 400);
        assert_eq!(battery.give(3_600_000, 4_000), 1_000 * MJ_PER_WH, "it keeps 30 %");
        assert_eq!((battery.soc_permille(), battery.giving_w(4_000)), (300, 0));
    }

    #[test]
    fn dc_tapers_above_eighty_percent() {
        let supply = Supply::Dc { limit_w: 300_000 };
        let at = |soc| Battery::family_car(soc).power_w(supply);
        assert_eq!(at(500), 120_000);
        assert_eq!(at(799), 120_000);
        assert_eq!(at(900), 66_000);
        assert!(at(990) < at(900) && at(990) >= 12_000);
        assert_eq!(at(1000), 0);
    }

    #[test]
    fn ac_stays_flat_until_nearly_full_and_then_ends() {
        let supply = Supply::Ac { limit_w: 11_000 };
        let mut battery = Battery::city_car(900);
        assert_eq!(battery.power_w(supply), 7_400);
        let got = battery.charge(24 * 3_600_000, supply);
        assert!(battery.is_full());
        assert_eq!(battery.soc_permille(), 1000);
        assert!(
            got.charging_ms < 3 * 3_600_000,
            "4 kWh at 7.4 kW take about 40 minutes, took {} ms",
            got.charging_ms
        );
        assert_eq!(battery.charge(10_000, supply), Delivered::default());
    }
}
