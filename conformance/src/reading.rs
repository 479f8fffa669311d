//! One reading of an EVSE's meter, before it is put into a version's words.

use serde_json::Value;

use crate::battery::{MJ_PER_WH, Register};
use crate::options::EnergyUnit;

/// One reading of an EVSE's meter.
#[derive(Debug, Clone)]
pub(crate) struct Reading {
    /// As written into messages.
    pub(crate) at: String,
    pub(crate) register: Register,
    /// What was given back, where the vehicle has.
    pub(crate) exported: Option<Register>,
    /// Negative: given back.
    pub(crate) power_w: i64,
    /// Only known to DC stations.
    pub(crate) soc_percent: Option<i64>,
    pub(crate) unit: EnergyUnit,
    /// `Transaction.Begin`, `Sample.Periodic`, `Transaction.End`, `Trigger`.
    pub(crate) context: &'static str,
}

/// One sampled value: measurand, decimal text, unit.
pub(crate) type Sample = (&'static str, String, &'static str);

impl Reading {
    /// The sampled values in the station's unit.
    pub(crate) fn samples(&self) -> Vec<Sample> {
        let energy = |register: Register| match self.unit {
            EnergyUnit::Wh => (register.wh().to_string(), "Wh"),
            EnergyUnit::KWh => (kwh_text(register), "kWh"),
        };
        let (imported, unit) = energy(self.register);
        let mut samples = vec![
            ("Energy.Active.Import.Register", imported, unit),
            ("Power.Active.Import", self.power_w.max(0).to_string(), "W"),
        ];
        if let Some(exported) = self.exported {
            let (exported, unit) = energy(exported);
            samples.push(("Energy.Active.Export.Register", exported, unit));
            samples.push(("Power.Active.Export", self.power_w.min(0).saturating_neg().to_string(), "W"));
        }
        if let Some(soc) = self.soc_percent {
            samples.push(("SoC", soc.to_string(), "Percent"));
        }
        samples
    }
}

/// A decimal text as a JSON number.
pub(crate) fn number(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or(Value::Null)
}

fn kwh_text(register: Register) -> String {
    let wh = register.total_mj() / MJ_PER_WH;
    format!("{}.{:03}", wh / 1000, wh % 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_energy_in_both_units() {
        let reading = |unit| Reading {
            at: String::new(),
            register: Register::at_wh(12_034),
            exported: None,
            power_w: 7_400,
            soc_percent: None,
            unit,
            context: "Sample.Periodic",
        };
        assert_eq!(
            reading(EnergyUnit::Wh).samples()[0],
            ("Energy.Active.Import.Register", "12034".into(), "Wh")
        );
        assert_eq!(
            reading(EnergyUnit::KWh).samples()[0],
            ("Energy.Active.Import.Register", "12.034".into(), "kWh")
        );
        assert_eq!(number("12.034").to_string(), "12.034");
    }
}
