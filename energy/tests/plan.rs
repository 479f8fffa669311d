//! Plans: cheap slots, deadlines, few periods, giving back.

use chrono::{DateTime, TimeDelta, Utc};
use energy::grid::EvseId;
use energy::plan::{Battery, Horizon, Need, Planned, Slot, ceiling, plan, schedule};
use energy::profile::check::{Abilities, Sending, check};
use energy::profile::model::{Kind, Mode, Place, Profile, Purpose, Rules};
use energy::units::{Milliamps, Watts};
use proptest::prelude::*;

fn start() -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::days(20_000)
}

fn hours(prices: &[i64], power: i64) -> Horizon {
    let slots =
        prices.iter().map(|price| Slot { price: *price, power: Watts(power), back: Watts(5_000) }).collect();
    Horizon { start: start(), slot_s: 3600, slots }
}

fn need(wh: i64, deadline: Option<i64>) -> Need {
    Need {
        evse: EvseId(1),
        wh,
        deadline: deadline.map(|hours| start() + TimeDelta::hours(hours)),
        least: Watts(1_380),
        most: Watts(11_000),
        battery: None,
    }
}

fn watts(planned: &Planned) -> Vec<i64> {
    planned.powers.iter().map(|power| power.0).collect()
}

#[test]
fn the_cheapest_hours_before_the_deadline_are_used() {
    let horizon = hours(&[30, 20, 10, 5], 20_000);
    assert_eq!(watts(&plan(&horizon, &[need(22_000, None)])[0]), [0, 0, 11_000, 11_000]);
    assert_eq!(watts(&plan(&horizon, &[need(22_000, Some(3))])[0]), [0, 11_000, 11_000, 0]);
    let tight = plan(&horizon, &[need(50_000, Some(3))]);
    assert_eq!((watts(&tight[0]), tight[0].missing_wh), (vec![11_000, 11_000, 11_000, 0], 17_000));
}

#[test]
fn who_leaves_first_chooses_first_and_all_keep_the_sites_power() {
    let horizon = hours(&[10, 20, 30], 12_000);
    let plans = plan(&horizon, &[need(10_000, None), need(10_999, Some(1))]);
    assert_eq!(watts(&plans[1]), [11_000, 0, 0]);
    assert_eq!(watts(&plans[0]), [0, 10_001, 0], "1000 W are left in the first hour, too little to charge");
    assert_eq!((plans[0].missing_wh, plans[1].missing_wh), (0, 0));
}

#[test]
fn a_plan_is_a_ceiling_for_its_session() {
    let horizon = hours(&[20, 10], 20_000);
    let planned = &plan(&horizon, &[need(11_000, None)])[0];
    let at = |minutes: i64| planned.at(&horizon, start() + TimeDelta::minutes(minutes));
    assert_eq!((at(-1), at(59), at(60), at(120)), (None, Some(Watts(0)), Some(Watts(11_000)), None));
    assert_eq!(ceiling(Watts(11_000), 3, 230), Milliamps(15_942));
    assert_eq!(ceiling(Watts(-11_000), 3, 230), Milliamps(0));
}

fn battery() -> Battery {
    Battery {
        stored_wh: 20_000,
        least_wh: 15_000,
        most_wh: 40_000,
        back: Watts(4_000),
        efficiency_permille: 800,
        wear: 2,
    }
}

#[test]
fn power_is_given_back_where_it_pays_and_bought_again_before_leaving() {
    let need = Need { battery: Some(battery()), ..need(0, Some(4)) };
    let plans = plan(&hours(&[40, 10, 12, 90], 20_000), &[need]);
    assert_eq!(plans[0].powers[3], Watts(-4_000), "the dearest hour");
    assert_eq!(plans[0].powers[1], Watts(10_000), "both are bought in the cheapest");
    assert_eq!(plans[0].powers[0], Watts(-4_000));
    let flat = plan(&hours(&[10, 11, 12, 13], 20_000), &[need]);
    assert_eq!(watts(&flat[0]), [0, 0, 0, 0], "losses and wear cost more than that");
    let full = Battery { stored_wh: 15_000, ..battery() };
    let plans = plan(&hours(&[90, 10, 10, 10], 20_000), &[Need { battery: Some(full), ..need }]);
    assert_eq!(watts(&plans[0]), [0, 0, 0, 0], "nothing in it to give");
}

#[test]
fn a_station_of_few_periods_gets_the_plan_as_near_as_it_can() {
    let planned = |powers: &[i64]| Planned {
        evse: EvseId(1),
        powers: powers.iter().map(|power| Watts(*power)).collect(),
        missing_wh: 0,
    };
    let horizon = hours(&[0; 6], 20_000);
    let all = schedule(&horizon, &planned(&[0, 0, 11_000, 11_000, 10_000, 0]), 10);
    let told = |scheduled: &energy::plan::Scheduled| -> Vec<(u32, i64)> {
        let periods = scheduled.schedule.periods.iter();
        periods
            .map(|period| (period.start_s / 3600, period.limit.or(period.setpoint).unwrap().0 / 1000))
            .collect()
    };
    assert_eq!((told(&all), all.lost_wh), (vec![(0, 0), (2, 11_000), (4, 10_000), (5, 0)], 0));
    let three = schedule(&horizon, &planned(&[0, 0, 11_000, 11_000, 10_000, 0]), 3);
    assert_eq!((told(&three), three.lost_wh), (vec![(0, 0), (2, 10_000), (5, 0)], 2_000));
    let one = schedule(&horizon, &planned(&[0, 0, 11_000, 11_000, 10_000, 0]), 0);
    assert_eq!((told(&one), one.lost_wh), (vec![(0, 0)], 32_000));
    let back = schedule(&horizon, &planned(&[5_000, 5_000, -3_000, -4_000, -4_000, 0]), 3);
    assert_eq!(told(&back), [(0, 5_000), (2, -3_000), (5, 0)]);
    assert!(back.schedule.periods.iter().all(|period| period.mode == Mode::CentralSetpoint));
}

prop_compose! {
    fn any_need()(
        wh in 0..60_000_i64,
        deadline in proptest::option::of(0..30_i64),
        most in 1_500..22_000_i64,
        battery in proptest::option::of((0..60_000_i64, 0..20_000_i64, 0..8_000_i64, 700..=1000_u16, 0..10_i64)),
    ) -> Need {
        let battery = battery.map(|(stored_wh, least_wh, back, efficiency_permille, wear)| Battery {
            stored_wh,
            least_wh,
            most_wh: 60_000,
            back: Watts(back),
            efficiency_permille,
            wear,
        });
        Need { most: Watts(most), battery, ..need(wh, deadline) }
    }
}

proptest! {
    #[test]
    fn plans_keep_every_bound(
        slots in proptest::collection::vec((-20..100_i64, -1_000..60_000_i64, -1_000..9_000_i64), 1..30),
        quarter in any::<bool>(),
        needs in proptest::collection::vec(any_need(), 0..8),
        periods in 1..10_usize,
    ) {
        let slots: Vec<Slot> = slots
            .into_iter()
            .map(|(price, power, back)| Slot { price, power: Watts(power), back: Watts(back) })
            .collect();
        let horizon = Horizon { start: start(), slot_s: if quarter { 900 } else { 3600 }, slots };
        let plans = plan(&horizon, &needs);
        let without: Vec<Need> = needs.iter().map(|need| Need { battery: None, ..*need }).collect();
        let charging_only = plan(&horizon, &without);
        for (at, slot) in horizon.slots.iter().enumerate() {
            let powers = || plans.iter().map(|planned| planned.powers[at].0);
            prop_assert!(powers().filter(|power| *power > 0).sum::<i64>() <= slot.power.0.max(0));
            prop_assert!(-powers().filter(|power| *power < 0).sum::<i64>() <= slot.back.0.max(0));
        }
        for ((need, planned), plain) in needs.iter().zip(&plans).zip(&charging_only) {
            let seconds = i64::from(horizon.slot_s);
            let mut stored = need.battery.map_or(0, |battery| battery.stored_wh * 3_600_000);
            let (mut cost, mut taken) = (0, 0);
            for (at, power) in planned.powers.iter().enumerate() {
                let ends = horizon.start + TimeDelta::seconds(seconds * (at as i64 + 1));
                let there = need.deadline.is_none_or(|deadline| ends <= deadline);
                prop_assert!(power.0 == 0 || there, "after it has left");
                prop_assert!(power.0 <= need.most.0 && (power.0 <= 0 || power.0 >= need.least.0));
                cost += power.0 * horizon.slots[at].price;
                taken += power.0.max(0) * seconds / 3600;
                if let Some(battery) = need.battery {
                    prop_assert!(-power.0 <= battery.back.0);
                    let before = stored;
                    let efficiency = i64::from(battery.efficiency_permille);
                    stored += if power.0 > 0 { power.0 * efficiency } else { power.0 * 1000 } * seconds;
                    let gives = planned.powers.iter().any(|power| power.0 < 0);
                    let lower = stored < before && stored < battery.least_wh * 3_600_000;
                    prop_assert!(!gives || !lower, "given back from what is kept");
                }
            }
            if let Some(battery) = need.battery {
                let plain_stored = plain.powers.iter().fold(battery.stored_wh * 3_600_000, |stored, power| {
                    stored + power.0 * i64::from(battery.efficiency_permille) * seconds
                });
                prop_assert!(stored >= plain_stored, "it leaves with no less than without giving back");
                let plain_cost: i64 =
                    plain.powers.iter().zip(&horizon.slots).map(|(power, slot)| power.0 * slot.price).sum();
                prop_assert!(needs.len() > 1 || cost <= plain_cost + 200 * planned.powers.len() as i64, "it pays");
            } else {
                prop_assert!(taken + planned.missing_wh + planned.powers.len() as i64 >= need.wh);
                prop_assert!(planned.powers.iter().all(|power| power.0 >= 0));
            }
            let scheduled = schedule(&horizon, planned, periods);
            prop_assert!(scheduled.schedule.periods.len() <= periods);
            let profile = Profile {
                id: 1,
                purpose: Purpose::TxDefault,
                stack_level: 0,
                kind: Kind::Absolute,
                valid_from: None,
                valid_to: None,
                transaction: None,
                schedules: vec![scheduled.schedule],
            };
            let abilities = Abilities { max_periods: periods, ..Abilities::modest(Rules::Ocpp21) };
            prop_assert_eq!(check(&profile, Place::Evse(1), Sending::Alone, &abilities), []);
        }
    }
}
