//! A payment held against what is usual, with everything that it was held against.

use super::conformal::{Calibration, Scores};
use super::features::Visit;
use super::model::Model;
use crate::Amount;
use crate::risk::rules::{Gate, Language};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Ranges of hours, each from the first to the end of the last: `(18, 20)` is 18:00 to 20:00.
type Hours = Vec<(u8, u8)>;

/// What is asked of the model.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The driver's payments so far, oldest first.
    pub before: &'a [Visit],
    pub visit: &'a Visit,
    /// This driver has not paid from this device.
    pub new_device: bool,
    /// A verification was passed on this device a short while ago.
    pub rests: bool,
}

/// What the model said, and all that is needed to see why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// The model's id; with the payments before, this makes the same finding again.
    pub model: String,
    /// Payments it looked back on.
    pub known: usize,
    /// Of the newest of those, what the net was given.
    pub features: Vec<f32>,
    pub scores: Scores,
    /// How odd it is altogether, and how odd 95 of 100 honest payments are at most.
    pub oddness: f64,
    pub limit: f64,
    /// It is outside that region.
    pub outside: bool,
    /// A second verification should be asked for.
    pub asks: bool,
    pub amount: Amount,
    /// 95 of 100 honest payments lie between these; `None`: too few are known to say.
    pub usual: Option<(Amount, Amount)>,
    pub hour: u8,
    pub usual_hours: Hours,
    pub place: String,
    /// The place where this driver has paid most often.
    pub usual_place: String,
    pub new_place: bool,
    /// A new place is inside what is expected of this driver.
    pub new_place_usual: bool,
    pub new_device: bool,
}

impl Finding {
    /// Asks the model. `None`: too little is known of the driver, or nothing of the currency.
    pub fn of(model: &Model, calibration: &Calibration, gate: &Gate, asked: &Asked<'_>) -> Option<Finding> {
        let Asked { before, visit, .. } = *asked;
        if before.len() < gate.payments_min as usize || calibration.is_empty() {
            return None;
        }
        let expected = model.expect(before)?;
        let scores = model.scores(&expected, before, visit)?;
        let (oddness, limit) = (calibration.joint(&scores), calibration.limit());
        let outside = oddness > limit;
        let new_place = Model::is_new(before, &visit.place);
        let currency = visit.amount.currency;
        let floor = gate.floor.get(&currency).and_then(|floor| Amount::exact(*floor, currency).ok());
        let large = floor.is_some_and(|floor| visit.amount.minor > floor.minor);
        let (low, high) = calibration.amount_bounds();
        let at = |spreads: f64| model.amount_at(&expected, spreads, currency);
        Some(Finding {
            model: model.id().to_owned(),
            known: before.len(),
            scores,
            oddness,
            limit: limit.min(f64::MAX),
            outside,
            asks: outside && (large || new_place || asked.new_device) && !asked.rests,
            amount: visit.amount,
            usual: (low.is_finite() && high.is_finite()).then(|| (at(low), at(high))),
            hour: visit.hour(),
            usual_hours: ranges(&calibration.hours(&expected.said)),
            place: visit.place.clone(),
            usual_place: most_often(before),
            new_place,
            new_place_usual: calibration.places(&expected.said)[2],
            new_device: asked.new_device,
            features: expected.features,
        })
    }

    /// What is usual, and what this payment is.
    pub fn words(&self, language: Language) -> String {
        let amount = self.amount;
        let usual = self.usual.map(|(low, high)| format!("{}–{high}", low.decimal()));
        match language {
            Language::English => {
                let hours = hours(&self.usual_hours, "at any hour", "at ", " h");
                let place = if self.new_place_usual {
                    "at changing places".to_owned()
                } else {
                    format!("at {}", self.usual_place)
                };
                let now =
                    if self.new_place { "at a new place".to_owned() } else { format!("at {}", self.place) };
                let device = if self.new_device { " from a new device" } else { "" };
                let (usual, hour) = (usual.unwrap_or_else(|| "any amount".to_owned()), self.hour);
                format!("usually {usual} {hours} {place}, now {amount} at {hour:02} h {now}{device}")
            }
            Language::Chinese => {
                let hours = hours(&self.usual_hours, "任何时段", "", "时");
                let place = if self.new_place_usual { "地点不固定" } else { self.usual_place.as_str() };
                let now = if self.new_place { "新地点" } else { self.place.as_str() };
                let device = if self.new_device { "，新设备" } else { "" };
                let (usual, hour) = (usual.unwrap_or_else(|| "任意金额".to_owned()), self.hour);
                format!("通常{usual}，{hours}，{place}；本次{amount}，{hour:02}时，{now}{device}")
            }
        }
    }
}

/// Neighbouring hours together, over midnight as well.
fn ranges(inside: &[bool; 24]) -> Hours {
    let Some(gap) = (0..24).find(|hour| !inside[*hour]) else { return vec![(0, 24)] };
    let mut ranges: Hours = Vec::new();
    for hour in (gap..gap + 24).map(|hour| hour % 24).filter(|hour| inside[*hour]) {
        let end = (hour as u8 + 1) % 24;
        match ranges.last_mut() {
            Some(range) if range.1 == hour as u8 => range.1 = end,
            _ => ranges.push((hour as u8, end)),
        }
    }
    ranges
}

fn hours(ranges: &Hours, any: &str, before: &str, after: &str) -> String {
    let count: u32 = ranges.iter().map(|(from, to)| u32::from((24 + to - from - 1) % 24 + 1)).sum();
    // Five ranges or nearly all hours say nothing.
    if count >= 20 || ranges.len() > 4 || ranges.is_empty() {
        return any.to_owned();
    }
    let each: Vec<String> = ranges.iter().map(|(from, to)| format!("{from:02}–{to:02}")).collect();
    format!("{before}{}{after}", each.join(", "))
}

fn most_often(before: &[Visit]) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    before.iter().for_each(|visit| *counts.entry(visit.place.as_str()).or_default() += 1);
    counts.into_iter().max_by_key(|(_, count)| *count).map(|(place, _)| place.to_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_are_told_as_ranges_over_midnight() {
        let inside = |hours: &[usize]| std::array::from_fn(|hour| hours.contains(&hour));
        assert_eq!(ranges(&inside(&[18, 19, 7])), [(7, 8), (18, 20)]);
        assert_eq!(ranges(&inside(&[23, 0, 1])), [(23, 2)]);
        assert_eq!(ranges(&[true; 24]), [(0, 24)]);
        assert_eq!(hours(&vec![(23, 2), (7, 8)], "any", "at ", " h"), "at 23–02, 07–08 h");
        assert_eq!(hours(&vec![(0, 24)], "any", "at ", " h"), "any");
    }
}
