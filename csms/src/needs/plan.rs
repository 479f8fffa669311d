//! A plan for one vehicle: the cheapest time before it leaves, within what its EVSE and it itself can take.

use super::{
    back::{self, Giving},
    vehicle::Vehicle,
};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use energy::{
    grid::EvseId,
    plan::{self, Battery, Horizon, Need, Slot},
    profile::model::Period,
    units::Watts,
};
use rust_decimal::{Decimal, prelude::ToPrimitive};
use serde_json::{Value, json};

/// Slots of a plan at most; a minute each at least.
const SLOTS: i64 = 96;
const SLOT_LEAST_S: i64 = 60;
/// Further ahead nobody knows.
const AHEAD_MAX: TimeDelta = TimeDelta::hours(48);
/// Periods for a station that does not say how many it takes.
const PERIODS: usize = 10;
/// Prices are compared to a ten-thousandth.
const PRICE_PARTS: i64 = 10_000;
/// Where our profiles for vehicles begin; the EVSE's number is added. Above what others use (K01.FR.80).
const PROFILE_IDS: i64 = 1_600_000_000;

/// From an instant on a kWh costs so much.
pub(super) type Price = (DateTime<Utc>, Decimal);

/// What a plan is made of.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Given<'a> {
    pub vehicle: &'a Vehicle,
    pub evse: i64,
    /// The transaction id on the wire.
    pub transaction: &'a str,
    /// The most the EVSE gives, where that is known.
    pub evse_most_w: Option<i64>,
    /// What is in its battery, counted from when it told its needs.
    pub stored_wh: i64,
    /// What is still to be taken.
    pub needs_wh: Option<i64>,
    /// In the order of time; empty: power costs the same at any time.
    pub prices: &'a [Price],
    pub max_periods: Option<u32>,
    pub takes_amps: bool,
    pub takes_watts: bool,
    /// 2.1: periods have a mode.
    pub has_modes: bool,
    /// Giving back; `None`: its operator has not turned it on.
    pub giving: Option<Giving>,
    pub now: DateTime<Utc>,
}

/// A plan.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Made {
    /// ChargingProfile of 2.x.
    pub profile: Value,
    pub most_w: i64,
    pub missing_wh: i64,
    pub words: String,
}

/// The most that goes; `None`: neither the EVSE nor the vehicle says.
pub(crate) fn most(vehicle: &Vehicle, evse_most_w: Option<i64>) -> Option<i64> {
    [vehicle.most_w, evse_most_w].into_iter().flatten().min().filter(|most| *most > 0)
}

/// One step of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Step {
    start_s: u32,
    /// Negative: given back.
    watts: i64,
    /// The power is set; else it is the most.
    is_set: bool,
}

impl Step {
    fn most(start_s: u32, watts: i64) -> Step {
        Step { start_s, watts, is_set: false }
    }
}

/// Makes a plan; `None`: there is no limit that one could be made of.
pub(super) fn make(given: &Given<'_>) -> Option<Made> {
    let most = most(given.vehicle, given.evse_most_w)?;
    let mut steps = vec![Step::most(0, most)];
    let mut missing = 0;
    let mut words = "as fast as it can".to_owned();
    if let (Some(departure), Some(wh)) = (given.vehicle.departure, given.needs_wh) {
        let window = (departure.min(given.now + AHEAD_MAX) - given.now).num_seconds().max(0);
        let offer = back::offer(given, wh);
        let (horizon, planned) = slots(given, most, wh, window, offer.as_ref().ok());
        missing = planned.missing_wh;
        let flat = horizon.slots.windows(2).all(|two| two[0].price == two[1].price);
        // The station and the vehicle have to take all of it.
        let most_of_vehicle = given.vehicle.tuples.and_then(|most| usize::try_from(most).ok());
        let most_of_station = given.max_periods.map_or(PERIODS, |most| most as usize);
        let room = most_of_vehicle.map_or(most_of_station, |most| most.min(most_of_station));
        // Who cannot have all of it before they leave has no time to wait for; nor has who pays the same at any time.
        if !flat && missing == 0 && room >= 2 {
            let within = |room| {
                let exact = plan::schedule(&horizon, &planned, room);
                // Too few periods for that: none of what it needs may be missing, and nothing is given back.
                match exact.lost_wh {
                    0 => (exact.schedule, true),
                    _ => (plan::ceilings(&horizon, &planned, room), false),
                }
            };
            let step = |period: &Period| {
                let amount = period.setpoint.or(period.limit).unwrap_or_default();
                Step { start_s: period.start_s, watts: amount.0 / 1000, is_set: period.setpoint.is_some() }
            };
            let goes_on = |last: &Step| last.watts == most && !last.is_set;
            let (mut schedule, mut exact) = within(room);
            // What comes after the plan is one more, unless it goes on as the plan ends.
            if schedule.periods.last().is_some_and(|last| !goes_on(&step(last))) {
                (schedule, exact) = within(room - 1);
            }
            steps = schedule.periods.iter().map(step).collect();
            // Whoever stays longer than they said is not left without.
            let ends = schedule.duration_s.unwrap_or_default();
            if steps.last().is_some_and(|last| !goes_on(last)) {
                steps.push(Step::most(ends, most));
            }
            words = "when it costs least before the departure".to_owned();
            if given.vehicle.gives_back() {
                let told = match exact {
                    true => back::words(given, &horizon, &planned, offer.as_ref().err()),
                    false => "nothing is given back: the station takes too few periods".to_owned(),
                };
                words = format!("{words}; {told}");
            }
        } else if missing > 0 {
            words =
                format!("as fast as it can: {missing} Wh of what it needs do not fit before the departure");
        }
    }
    Some(Made { profile: profile(given, &steps), most_w: most, missing_wh: missing, words })
}

fn slots(
    given: &Given<'_>,
    most: i64,
    wh: i64,
    window: i64,
    battery: Option<&Battery>,
) -> (Horizon, plan::Planned) {
    let minutes = (window / SLOTS + SLOT_LEAST_S - 1) / SLOT_LEAST_S;
    let slot_s = (minutes * SLOT_LEAST_S).max(SLOT_LEAST_S);
    let count = (window / slot_s).max(1);
    let at = |slot: i64| given.now + TimeDelta::seconds(slot * slot_s);
    let back = battery.map_or(Watts(0), |battery| battery.back);
    let slot = |slot| Slot { price: price(given.prices, at(slot)), power: Watts(most), back };
    let horizon = Horizon {
        start: given.now,
        slot_s: u32::try_from(slot_s).unwrap_or(u32::MAX),
        slots: (0..count).map(slot).collect(),
    };
    let least = Watts(given.vehicle.least_w.min(most));
    let battery = battery.copied();
    let need = Need { evse: EvseId(0), wh, deadline: None, least, most: Watts(most), battery };
    let mut planned = plan::plan(&horizon, &[need]);
    let planned =
        planned.pop().unwrap_or(plan::Planned { evse: EvseId(0), powers: Vec::new(), missing_wh: wh });
    (horizon, planned)
}

fn price(prices: &[Price], at: DateTime<Utc>) -> i64 {
    let current = prices.iter().take_while(|(from, _)| *from <= at).last();
    current.map(|(_, price)| parts(*price)).unwrap_or_default()
}

/// A price as the planner compares it.
pub(super) fn parts(price: Decimal) -> i64 {
    price.checked_mul(PRICE_PARTS.into()).and_then(|parts| parts.round().to_i64()).unwrap_or_default()
}

/// TxProfile: it counts until the transaction ends or the next one takes its place.
fn profile(given: &Given<'_>, steps: &[Step]) -> Value {
    // What vehicles on AC are told in, if the station takes it.
    let amps = given.vehicle.per_amp().filter(|_| given.takes_amps || !given.takes_watts);
    let told: Vec<Value> = steps
        .iter()
        .map(|Step { start_s, watts, is_set }| {
            let power = amps.map_or(*watts, |per_amp| watts / per_amp);
            let mut period = json!({"startPeriod": start_s});
            period[if *is_set { "setpoint" } else { "limit" }] = power.into();
            if let Some(phases) = given.vehicle.phases.filter(|_| amps.is_some()) {
                period["numberPhases"] = phases.into();
            }
            if given.has_modes && given.vehicle.gives_back() {
                // Nothing is taken from a battery that its owner has not offered for it.
                period["operationMode"] = if *is_set { "CentralSetpoint" } else { "ChargingOnly" }.into();
            }
            period
        })
        .collect();
    json!({
        "id": PROFILE_IDS + given.evse.clamp(0, 100_000),
        "stackLevel": 0,
        "chargingProfilePurpose": "TxProfile",
        "chargingProfileKind": "Absolute",
        "transactionId": given.transaction,
        "chargingSchedule": [{
            "id": 1,
            "startSchedule": given.now.to_rfc3339_opts(SecondsFormat::Secs, true),
            "chargingRateUnit": if amps.is_some() { "A" } else { "W" },
            "chargingSchedulePeriod": told,
        }],
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::needs::BothWays;

    fn now() -> DateTime<Utc> {
        "2026-03-02T18:00:00Z".parse().unwrap()
    }

    fn vehicle() -> Vehicle {
        Vehicle {
            transfer: "AC_three_phase".into(),
            phases: Some(3),
            least_w: 4_140,
            most_w: Some(11_040),
            energy_wh: Some(20_000),
            departure: Some(now() + TimeDelta::hours(12)),
            tuples: None,
            control: String::new(),
            mobility: String::new(),
            back_w: None,
            both_ways: BothWays::default(),
        }
    }

    fn given<'a>(vehicle: &'a Vehicle, prices: &'a [Price]) -> Given<'a> {
        Given {
            vehicle,
            evse: 1,
            transaction: "T1",
            evse_most_w: Some(22_000),
            stored_wh: 0,
            needs_wh: vehicle.energy_wh,
            prices,
            max_periods: Some(24),
            takes_amps: true,
            takes_watts: true,
            has_modes: false,
            giving: None,
            now: now(),
        }
    }

    fn periods(made: &Made) -> Vec<(i64, i64)> {
        let list = made.profile["chargingSchedule"][0]["chargingSchedulePeriod"].as_array().unwrap();
        list.iter().map(|p| (p["startPeriod"].as_i64().unwrap(), p["limit"].as_i64().unwrap())).collect()
    }

    #[test]
    fn at_one_price_it_charges_at_once_with_what_both_can() {
        let vehicle = vehicle();
        let made = make(&given(&vehicle, &[])).unwrap();
        assert_eq!(periods(&made), [(0, 16)]);
        assert_eq!((made.most_w, made.missing_wh), (11_040, 0));
        assert_eq!(made.profile["chargingSchedule"][0]["chargingRateUnit"], "A");
        assert_eq!(made.profile["transactionId"], "T1");
        let slow = make(&Given { evse_most_w: Some(7_000), ..given(&vehicle, &[]) }).unwrap();
        assert_eq!(periods(&slow), [(0, 10)], "7000 W are 10 A on three phases, rounded down");
    }

    #[test]
    fn it_waits_for_the_cheap_hours_and_has_all_it_needs_before_it_leaves() {
        let vehicle = vehicle();
        let cheap = now() + TimeDelta::hours(4);
        let prices = [(now(), Decimal::new(60, 2)), (cheap, Decimal::new(20, 2))];
        let made = make(&given(&vehicle, &prices)).unwrap();
        let told = periods(&made);
        assert_eq!(told[0], (0, 0), "dear hours are left out: {told:?}");
        assert_eq!(told[1], (4 * 3600, 16));
        let charged: i64 =
            told.windows(2).map(|two| (two[1].0 - two[0].0) * two[0].1 * 690 / 3600).sum::<i64>();
        assert!((19_000..22_000).contains(&charged), "{charged} Wh by {told:?}");
        assert_eq!(told.last(), Some(&(12 * 3600, 16)), "who stays longer is not left without");
    }

    #[test]
    fn who_has_no_time_charges_through_the_dear_hours() {
        let vehicle = Vehicle { departure: Some(now() + TimeDelta::hours(1)), ..vehicle() };
        let prices = [(now(), Decimal::new(60, 2)), (now() + TimeDelta::minutes(30), Decimal::new(20, 2))];
        let made = make(&given(&vehicle, &prices)).unwrap();
        assert_eq!(periods(&made), [(0, 16)]);
        assert!(made.missing_wh > 8_000 && made.words.contains("do not fit"), "{made:?}");
    }

    #[test]
    fn a_station_that_takes_one_period_is_told_one() {
        let vehicle = vehicle();
        let prices = [(now(), Decimal::ONE), (now() + TimeDelta::hours(4), Decimal::ZERO)];
        let made = make(&Given { max_periods: Some(1), ..given(&vehicle, &prices) }).unwrap();
        assert_eq!(periods(&made), [(0, 16)]);
        for few in [2, 3] {
            let made = make(&Given { max_periods: Some(few), ..given(&vehicle, &prices) }).unwrap();
            assert_eq!(periods(&made), [(0, 0), (4 * 3600, 16)], "it waits, and has all it needs");
        }
    }

    /// Wh that a vehicle has taken of a plan when it leaves.
    fn charged(made: &Made, hours: i64) -> i64 {
        let told = periods(made);
        let ends = told.iter().skip(1).map(|period| period.0).chain([hours * 3600]);
        told.iter()
            .zip(ends)
            .map(|(period, end)| (end.min(hours * 3600) - period.0).max(0) * period.1 * 690 / 3600)
            .sum()
    }

    #[test]
    fn no_number_of_periods_leaves_a_vehicle_without_what_it_needs() {
        // Dear and cheap by turns, over one night.
        let prices: Vec<Price> = (0..12)
            .map(|hour| {
                (now() + TimeDelta::hours(hour), Decimal::new([60, 20][usize::from(hour % 2 == 1)], 2))
            })
            .collect();
        for most in 1..=10 {
            let needs = Vehicle { energy_wh: Some(40_000), ..vehicle() };
            let few = Vehicle { tuples: Some(most), ..needs.clone() };
            let by_vehicle = make(&given(&few, &prices)).unwrap();
            let most = u32::try_from(most).unwrap();
            let many = Vehicle { tuples: None, ..needs };
            let by_station = make(&Given { max_periods: Some(most), ..given(&many, &prices) }).unwrap();
            for made in [by_vehicle, by_station] {
                assert!(periods(&made).len() <= most as usize, "{most}: {made:?}");
                // Amperes are rounded down.
                assert!(made.missing_wh == 0 && charged(&made, 12) >= 39_000, "{most}: {made:?}");
            }
        }
    }

    #[test]
    fn a_vehicle_that_could_give_back_only_charges() {
        let vehicle = Vehicle { transfer: "AC_BPT".into(), ..vehicle() };
        let made = make(&Given { has_modes: true, ..given(&vehicle, &[]) }).unwrap();
        let period = &made.profile["chargingSchedule"][0]["chargingSchedulePeriod"][0];
        assert_eq!(period["operationMode"], "ChargingOnly");
        assert!(period.get("setpoint").is_none() && period.get("dischargeLimit").is_none());
    }

    /// It offers 10 kWh of what is in it, at up to 5 kW.
    fn generous() -> Vehicle {
        Vehicle {
            transfer: "AC_BPT".into(),
            energy_wh: Some(10_000),
            back_w: Some(5_000),
            both_ways: BothWays {
                least_wh: Some(-12_000),
                most_wh: Some(40_000),
                use_from_wh: Some(-10_000),
                use_to_wh: Some(30_000),
                ..BothWays::default()
            },
            ..vehicle()
        }
    }

    /// Dear for four hours, then cheap.
    fn evening(dear: i64, cheap: i64) -> [Price; 2] {
        [(now(), Decimal::new(dear, 2)), (now() + TimeDelta::hours(4), Decimal::new(cheap, 2))]
    }

    fn giving() -> Option<Giving> {
        Some(Giving { gain: Decimal::new(10, 2), efficiency_permille: 850 })
    }

    #[test]
    fn what_is_offered_is_given_back_at_dear_hours_and_bought_again_at_cheap_ones() {
        let vehicle = generous();
        let prices = evening(60, 20);
        let with = |giving| Given { has_modes: true, giving, ..given(&vehicle, &prices) };
        let made = make(&with(giving())).unwrap();
        let list = made.profile["chargingSchedule"][0]["chargingSchedulePeriod"].as_array().unwrap().clone();
        assert_eq!(
            (list[0]["operationMode"].as_str(), list[0].get("limit")),
            (Some("CentralSetpoint"), None)
        );
        assert!(list[0]["setpoint"].as_i64().unwrap() < 0, "{list:?}");
        // In A on three phases: what flows either way, in Wh, until it leaves.
        let (mut back, mut taken) = (0, 0);
        for two in list.windows(2) {
            let seconds = two[1]["startPeriod"].as_i64().unwrap() - two[0]["startPeriod"].as_i64().unwrap();
            let wh = two[0]["setpoint"].as_i64().unwrap() * 690 * seconds / 3600;
            if wh < 0 { back -= wh } else { taken += wh }
        }
        assert!((7_000..=10_000).contains(&back), "no more than its battery may be lowered by: {back}");
        assert!(
            taken - back * 1000 / 850 >= 8_500,
            "it leaves with what it needs: {taken} taken, {back} given"
        );
        let last = list.last().unwrap();
        assert_eq!(last["operationMode"], "ChargingOnly", "who stays longer is not drained");
        assert!(made.words.contains("gives back") && made.words.contains("0.6"), "{}", made.words);
        assert_eq!(made.missing_wh, 0);

        let off = make(&with(None)).unwrap();
        assert!(
            periods_only_charge(&off) && off.words.contains("charging.give_back is off"),
            "{}",
            off.words
        );
    }

    fn periods_only_charge(made: &Made) -> bool {
        let list = made.profile["chargingSchedule"][0]["chargingSchedulePeriod"].as_array().unwrap();
        list.iter().all(|period| period.get("setpoint").is_none() && period["limit"].as_i64() >= Some(0))
    }

    #[test]
    fn nothing_is_given_back_without_consent_or_without_gain() {
        let prices = evening(60, 20);
        let refuses = |vehicle: &Vehicle, prices: &[Price], has_modes: bool, why: &str| {
            let made = make(&Given { has_modes, giving: giving(), ..given(vehicle, prices) }).unwrap();
            assert!(periods_only_charge(&made), "{why}: {:?}", made.profile);
            if vehicle.gives_back() {
                assert!(made.words.contains(why), "{} instead of {why}", made.words);
            }
        };
        refuses(&vehicle(), &prices, true, "");
        refuses(&generous(), &prices, false, "2.1");
        let silent = Vehicle { both_ways: BothWays::default(), ..generous() };
        refuses(&silent, &prices, true, "has not said how far");
        let full = BothWays { use_from_wh: Some(500), least_wh: Some(500), ..generous().both_ways };
        refuses(&Vehicle { both_ways: full, ..generous() }, &prices, true, "no hour");
        refuses(&Vehicle { back_w: None, ..generous() }, &prices, true, "how much it gives back");
        // 0.30 again costs 0.353 with losses; 0.45 is not 0.10 more.
        refuses(&generous(), &evening(45, 30), true, "no hour");
        let pays = evening(46, 30);
        let made = make(&Given { has_modes: true, giving: giving(), ..given(&generous(), &pays) }).unwrap();
        assert!(!periods_only_charge(&made), "0.46 is: {}", made.words);
    }

    #[test]
    fn without_any_limit_there_is_no_plan() {
        let vehicle = Vehicle { most_w: None, ..vehicle() };
        assert_eq!(make(&Given { evse_most_w: None, ..given(&vehicle, &[]) }), None);
    }

    #[test]
    fn direct_current_is_told_in_watts() {
        let vehicle = Vehicle { transfer: "DC".into(), phases: None, ..vehicle() };
        let made = make(&given(&vehicle, &[])).unwrap();
        assert_eq!(made.profile["chargingSchedule"][0]["chargingRateUnit"], "W");
        assert_eq!(periods(&made), [(0, 11_040)]);
    }
}
