//! What holds for the words, the week and the advice of every tariff.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use rust_decimal::Decimal;
use tariffs::{
    Charge, Context, Energy, EvseKind, Language, Plan, Pricer, Profile, Rate, Reading, Segment, Tariff,
};

/// What the calendar decides, and bounds that a session meets, or not, when it begins.
const AT_START: [&str; 18] = [
    r#""start_time":"02:15","end_time":"02:45""#,
    r#""start_time":"23:00","end_time":"03:10""#,
    r#""end_time":"00:00""#,
    r#""start_time":"01:40""#,
    r#""day_of_week":["sunday","monday"]"#,
    r#""day_of_week":["tuesday","saturday"]"#,
    r#""start_date":"2026-03-28""#,
    r#""end_date":"2026-10-25""#,
    r#""max_kwh":"3.333333""#,
    r#""min_duration":777"#,
    r#""start_day":"10-25","end_day":"03-29""#,
    r#""start_day":"02-29","end_day":"10-26""#,
    r#""evse_kind":"dc""#,
    r#""evse_kind":"ac""#,
    r#""min_charging_time":60"#,
    r#""max_charging_time":7200"#,
    r#""min_idle_time":900"#,
    r#""max_idle_time":901"#,
];

/// All others.
const BEYOND: [&str; 9] = [
    r#""start_date":"2026-03-28","end_date":"2026-03-30","day_of_week":["monday"]"#,
    r#""min_kwh":"1.000001","max_kwh":"40""#,
    r#""max_duration":5555"#,
    r#""min_charging_time":60,"max_charging_time":7200"#,
    r#""min_power":11"#,
    r#""max_power":"7.4","min_current":"6""#,
    r#""max_current":16"#,
    r#""payment_brand":"VISA""#,
    r#""payment_recognition":"Debit","evse_kind":"ac""#,
];

const RESERVED: [&str; 2] = [r#""reservation":"reservation""#, r#""reservation":"reservation_expires""#];

fn element(
    restrictions: Vec<&'static str>,
    dimensions: &'static [&'static str],
) -> impl Strategy<Value = String> {
    let tax = select(vec![
        "",
        r#","vat":"19""#,
        r#","vat":"0""#,
        r#","taxes":[{"name":"A","percent":"5"},{"name":"B","percent":"3","stack":1}]"#,
    ]);
    let component = (select(dimensions), 0_i64..9_999, tax, select(vec![0, 1, 300, 1_000])).prop_map(
        |(dimension, price, tax, step)| {
            let price = Decimal::new(price, 3);
            format!(r#"{{"dimension":"{dimension}","price":"{price}","step_size":{step}{tax}}}"#)
        },
    );
    let name = select(vec!["", r#""name":"peak","#]);
    (name, component, subsequence(restrictions, 0..3)).prop_map(|(name, component, restrictions)| {
        format!(r#"{{{name}"components":[{component}],"restrictions":{{{}}}}}"#, restrictions.join(","))
    })
}

/// Tariffs that may say anything; those that are refused are thrown away.
fn any_tariff() -> impl Strategy<Value = Tariff> {
    let all = [&AT_START[..], &BEYOND].concat();
    let charging = element(all, &["energy", "service", "time", "parking_time", "flat"]);
    let reserving = select(&RESERVED[..]).prop_flat_map(|kind| {
        element(AT_START.to_vec(), &["time", "flat"]).prop_map(move |one| {
            one.replace(r#""restrictions":{"#, &format!(r#""restrictions":{{{kind},"#)).replace(",}", "}")
        })
    });
    let elements = proptest::collection::vec(prop_oneof![6 => charging, 1 => reserving], 1..9);
    let fields = subsequence(
        vec![
            r#""min_price":{"excl":"0.5","incl":"0.6"},"#,
            r#""max_price":{"excl":"20","incl":"24"},"#,
            r#""caps":[{"dimensions":["parking_time"],"per":"day","amount":"9"}],"#,
            r#""discounts":[{"name":"Member","percent":"7.5"},{"name":"Shop","free_seconds":61}],"#,
            r#""energy_mix":{"green":true},"#,
            r#""valid_from":"2026-03-01T00:00:00Z","#,
            r#""valid_to":"2027-03-01T00:00:00Z","#,
            r#""kind":"profile_green","#,
        ],
        0..6,
    );
    let tax = select(vec!["no", "yes", "not_applicable"]);
    (elements, fields, tax, select(vec!["EUR", "JPY", "KWD", "CNY"])).prop_filter_map(
        "refused",
        |(elements, fields, tax, currency)| {
            let (elements, fields) = (elements.join(","), fields.concat());
            let json = format!(
                r#"{{"id":"p","currency":"{currency}","tax_included":"{tax}",{fields}"elements":[{elements}]}}"#
            );
            Tariff::from_json(&json).ok()
        },
    )
}

/// What costs something from a session's first instant on, under restrictions which that instant decides.
fn starting_tariff() -> impl Strategy<Value = Tariff> {
    let elements =
        proptest::collection::vec(element(AT_START.to_vec(), &["energy", "service", "time"]), 1..10);
    elements.prop_filter_map("refused", |elements| {
        Tariff::from_json(&format!(r#"{{"id":"p","currency":"EUR","elements":[{}]}}"#, elements.join(",")))
            .ok()
    })
}

/// Weeks in which the clocks change, and one in which they do not.
fn any_week() -> impl Strategy<Value = (Tz, NaiveDate)> {
    let weeks = [
        (chrono_tz::Europe::Amsterdam, "2026-03-23"),
        (chrono_tz::Europe::Amsterdam, "2026-10-19"),
        (chrono_tz::Australia::Lord_Howe, "2026-03-30"),
        (chrono_tz::Australia::Lord_Howe, "2026-09-28"),
        (chrono_tz::America::St_Johns, "2026-03-02"),
        (chrono_tz::America::St_Johns, "2026-10-26"),
        (chrono_tz::America::St_Johns, "2010-11-01"),
        (chrono_tz::Asia::Shanghai, "2026-06-01"),
    ];
    select(weeks.map(|(tz, monday)| (tz, monday.parse().unwrap())).to_vec())
}

/// The prices per kWh and per hour that a session beginning then is billed at first.
fn billed(tariff: &Tariff, tz: Tz, evse_kind: Option<EvseKind>, at: DateTime<Utc>) -> (Decimal, Decimal) {
    let end = at + TimeDelta::seconds(1);
    let here = tariff.at(&Context { evse_kind, ..Context::default() });
    let mut pricer = Pricer::with_plan(Arc::new(Plan::new(Arc::new(here)).unwrap()), tz, at);
    pricer.push(Reading::at(at).register(Energy::ZERO)).unwrap();
    pricer.push(Reading::at(end).register(Energy::from_mwh(1_000))).unwrap();
    let bill = pricer.bill(end);
    let first = |charge: Charge| {
        let line = bill.lines.iter().find(|line| line.dimension == Some(charge));
        line.map(|line| line.unit_price).unwrap_or_default()
    };
    (first(Charge::Energy) + first(Charge::Service), first(Charge::Time))
}

proptest! {
    #[test]
    fn every_tariff_can_be_told(tariff in any_tariff(), (tz, monday) in any_week(), kw in 0_i64..400) {
        for language in [Language::English, Language::Chinese] {
            for sentence in tariff.sentences(language) {
                prop_assert!(!sentence.contains("{}") && !sentence.ends_with(['.', '。', ' ']), "{sentence}");
            }
            let rows = tariff.price_list(language);
            prop_assert!(rows.is_sorted_by_key(|row| row.group));
            // A cap or limit may be rounded; a price never has more tax than the price with it.
            prop_assert!(rows.iter().all(|row| row.net <= row.gross));
        }
        let profiles = [
            Profile::Afir { max_power_kw: Decimal::from(kw) },
            Profile::Pangv,
            Profile::China,
            Profile::Site { time_zone: tz, from: monday },
        ];
        let advice = tariff.lint(&profiles);
        prop_assert!(advice.is_sorted_by_key(|advice| advice.level));
    }

    #[test]
    fn a_week_is_whole(tariff in any_tariff(), (tz, monday) in any_week(), kind in select(vec![None, Some(EvseKind::Ac), Some(EvseKind::Dc)])) {
        let week = tariff.week(monday, tz, kind, Language::English);
        let mut segments: Vec<Segment> = week.days.iter().flat_map(|day| day.segments.clone()).collect();
        segments.sort_by_key(|segment| segment.from);
        prop_assert!(segments.windows(2).all(|pair| pair[0].to == pair[1].from));
        for segment in &segments {
            prop_assert!(segment.level <= 4 && segment.from < segment.to && segment.from_minute < segment.to_minute);
            let minutes = i64::from(segment.to_minute - segment.from_minute);
            prop_assert_eq!((segment.to - segment.from).num_minutes(), minutes);
        }
        let first = segments[0].from.with_timezone(&tz).date_naive();
        let last = (segments[segments.len() - 1].to - TimeDelta::seconds(1)).with_timezone(&tz).date_naive();
        prop_assert_eq!((first, last), (monday, monday + TimeDelta::days(6)));
    }

    #[test]
    fn a_week_shows_what_is_billed(
        tariff in starting_tariff(),
        (tz, monday) in any_week(),
        kind in select(vec![None, Some(EvseKind::Ac), Some(EvseKind::Dc)]),
        pick in any::<prop::sample::Index>(),
    ) {
        let week = tariff.week(monday, tz, kind, Language::English);
        let segments: Vec<Segment> = week.days.iter().flat_map(|day| day.segments.clone()).collect();
        let segment = segments[pick.index(segments.len())];
        let net = |rate: Rate| match rate {
            Rate::Price { net, .. } => net,
            Rate::Free | Rate::NotPriced => Decimal::ZERO,
        };
        for at in [segment.from, segment.to - TimeDelta::seconds(1)] {
            let shown = (net(segment.per_kwh), net(segment.charging_per_hour));
            prop_assert_eq!(billed(&tariff, tz, kind, at), shown, "{} in {:?}", at, segment);
        }
    }
}
