//! What operators in China bill: electricity fee and service fee by periods of the day and the season, occupancy fees.

mod common;

use chrono_tz::Asia::Shanghai;
use common::*;
use rust_decimal_macros::dec;
use tariffs::{Charge, Language};

/// Four periods; in summer a sharp peak. The service fee has two steps of its own. Idle time costs after 15 minutes.
const TARIFF: &str = r#"{"id":"sh","name":"上海","currency":"CNY","tax_included":"yes","elements":[
  {"name":"尖","components":[{"dimension":"energy","price":"1.6","vat":13}],
   "restrictions":{"start_time":"12:00","end_time":"14:00","start_day":"07-01","end_day":"09-01"}},
  {"name":"峰","components":[{"dimension":"energy","price":"1.2","vat":13}],"restrictions":{"start_time":"08:00","end_time":"15:00"}},
  {"name":"峰","components":[{"dimension":"energy","price":"1.2","vat":13}],"restrictions":{"start_time":"18:00","end_time":"21:00"}},
  {"name":"谷","components":[{"dimension":"energy","price":"0.4","vat":13}],"restrictions":{"start_time":"22:00","end_time":"06:00"}},
  {"name":"平","components":[{"dimension":"energy","price":"0.8","vat":13}]},
  {"name":"夜间","components":[{"dimension":"service","price":"0.3","vat":6}],"restrictions":{"start_time":"23:00","end_time":"07:00"}},
  {"components":[{"dimension":"service","price":"0.6","vat":6}]},
  {"name":"占位","components":[{"dimension":"parking_time","price":"30","vat":6,"step_size":60}],"restrictions":{"min_idle_time":900}}],
  "caps":[{"name":"占位封顶","dimensions":["parking_time"],"per":"day","amount":"50"}]}"#;

#[test]
fn electricity_and_service_are_kept_apart() {
    // 17:30 to 19:30 in Shanghai at 60 kW, then idle until 20:00.
    let readings = [read("09:30", 0), read("11:30", 120_000), parks("11:30")];
    let bill = replay(&full(TARIFF), Shanghai, "09:30", &readings, "12:00");
    assert_adds_up(&bill);
    let of = |charge| bill.totals.iter().find(|total| total.dimension == charge).unwrap().gross;
    // 30 kWh × 0.8 + 90 kWh × 1.2; 120 kWh × 0.6; 15 min at 30 an hour.
    assert_eq!(
        (of(Charge::Energy), of(Charge::Service), of(Charge::ParkingTime)),
        (dec!(132), dec!(72), dec!(7.5))
    );
    assert_eq!(bill.total_incl, dec!(211.50));
    insta::assert_json_snapshot!(bill.explain(Language::Chinese));
}

#[test]
fn seasons_are_those_of_every_year() {
    // 12:00 to 13:00 in Shanghai, 10 kWh.
    for (day, electricity) in [
        ("2026-06-30", dec!(12)),
        ("2026-07-01", dec!(16)),
        ("2031-08-31", dec!(16)),
        ("2031-09-01", dec!(12)),
    ] {
        let (from, to) = (format!("{day}T04:00:00Z"), format!("{day}T05:00:00Z"));
        let bill = replay(&full(TARIFF), Shanghai, &from, &[read(&from, 0), read(&to, 10_000)], &to);
        assert_eq!(bill.totals[0].gross, electricity, "{day}");
    }
}
