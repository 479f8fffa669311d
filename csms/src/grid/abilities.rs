//! What stations say that they can do with charging profiles.

use crate::store::{StoreError, Tx, variables};
use energy::profile::{check::Abilities, model::Rules};

/// The component of 2.x.
const CONTROLLER: &str = "SmartChargingCtrlr";

/// What a station has said; `None`: nothing of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Said {
    pub level: Option<u32>,
    pub periods: Option<usize>,
    pub profiles: Option<usize>,
    pub amps: Option<bool>,
    pub watts: Option<bool>,
    pub phase_switching: Option<bool>,
    pub external_id: Option<i32>,
}

/// Component and name of the variables that say it: level, periods, profiles, units; then what only 2.x has.
pub(crate) fn names(rules: Rules) -> &'static [(&'static str, &'static str)] {
    match rules {
        Rules::Ocpp16 => &[
            ("", "ChargeProfileMaxStackLevel"),
            ("", "ChargingScheduleMaxPeriods"),
            ("", "MaxChargingProfilesInstalled"),
            ("", "ChargingScheduleAllowedChargingRateUnit"),
        ],
        Rules::Ocpp201 => &[
            (CONTROLLER, "ProfileStackLevel"),
            (CONTROLLER, "PeriodsPerSchedule"),
            (CONTROLLER, "Entries"),
            (CONTROLLER, "RateUnit"),
            (CONTROLLER, "ACPhaseSwitchingSupported"),
        ],
        Rules::Ocpp21 => &[
            (CONTROLLER, "ProfileStackLevel"),
            (CONTROLLER, "PeriodsPerSchedule"),
            (CONTROLLER, "Entries"),
            (CONTROLLER, "RateUnit"),
            (CONTROLLER, "ACPhaseSwitchingSupported"),
            (CONTROLLER, "MaxExternalConstraintsId"),
        ],
    }
}

/// What a station has said.
///
/// # Errors
/// The database fails.
pub(crate) async fn said(tx: &mut Tx, station: &str, rules: Rules) -> Result<Said, StoreError> {
    let mut told = Vec::new();
    for (component, name) in names(rules) {
        let rows = variables::named(tx, station, component, name).await?;
        told.push(rows.into_iter().find(|row| row.attribute == "Actual").and_then(|row| row.value));
    }
    let text = |at: usize| told.get(at).and_then(Option::as_deref).map(str::trim);
    let number = |at: usize| text(at).and_then(|text| text.parse::<u32>().ok());
    let takes = |words: [&str; 2]| {
        let units = text(3).filter(|units| !units.is_empty()).map(str::to_lowercase);
        units.map(|units| units.split(',').any(|unit| words.contains(&unit.trim())))
    };
    Ok(Said {
        level: number(0),
        periods: number(1).map(|most| most as usize),
        profiles: number(2).map(|most| most as usize),
        amps: takes(["current", "a"]),
        watts: takes(["power", "w"]),
        phase_switching: text(4).map(|able| able.eq_ignore_ascii_case("true")),
        external_id: text(5).and_then(|text| text.parse().ok()),
    })
}

impl Said {
    /// For whom nothing else is known of the station: what it has not said it may be able to do, and will say.
    pub fn hopeful(&self, rules: Rules) -> Abilities {
        Abilities {
            amps: self.amps.unwrap_or(true),
            watts: self.watts.unwrap_or(true),
            max_stack_level: self.level.unwrap_or(u32::MAX),
            max_periods: self.periods.unwrap_or(usize::MAX),
            max_profiles: self.profiles.unwrap_or(usize::MAX),
            phase_switching: self.phase_switching.unwrap_or(true),
            max_external_id: self.external_id,
            ..Abilities::modest(rules)
        }
    }
}
