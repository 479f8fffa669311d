use super::*;
use crate::desired::look::tests::{at, row};

const KEY: &str = "TxDefaultProfile/3@2";

fn night() -> Value {
    json!({"chargingProfileKind": "Recurring", "recurrencyKind": "Daily", "chargingSchedule": [{
        "startSchedule": "2026-03-02T22:00:00Z", "duration": 28_800, "chargingRateUnit": "A",
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 16}]}]})
}

fn wish(key: &str, value: &str) -> DesiredRow {
    DesiredRow { kind: "profile".into(), key: key.into(), ..row(&keep(key, value).unwrap()) }
}

/// As a station would report it, in the slot of [`KEY`].
fn held(id: i32) -> Value {
    let mut profile = night();
    profile["id"] = json!(id);
    profile["stackLevel"] = json!(3);
    profile["chargingProfilePurpose"] = json!("TxDefaultProfile");
    profile["chargingSchedule"][0]["id"] = json!(1);
    profile["chargingSchedule"][0]["chargingSchedulePeriod"][0]["limit"] = json!(16.0);
    profile
}

fn with(mut profile: Value, name: &str, value: Value) -> Value {
    profile[name] = value;
    profile
}

fn part(evse: u32, profile: Value) -> Value {
    json!({"evseId": evse, "chargingLimitSource": "CSO", "chargingProfile": [profile]})
}

#[test]
fn a_profile_is_found_in_its_slot_and_by_what_it_means() {
    let wish = wish(KEY, &night().to_string());
    let id = Slot::read(KEY).unwrap().id();
    let says = |parts: &[Value]| told(&wish, parts, at(0)).unwrap();
    assert_eq!(says(&[part(1, held(7)), part(2, held(id))]), wish.value);
    for gone in [
        part(1, held(id)),
        part(2, with(held(id), "stackLevel", json!(2))),
        part(2, with(held(id), "chargingProfilePurpose", json!("ChargingStationMaxProfile"))),
        part(2, with(held(id), "validTo", json!("1970-01-01T00:00:00Z"))),
        with(part(2, held(7)), "chargingLimitSource", json!("EMS")),
    ] {
        assert_eq!(says(std::slice::from_ref(&gone)), ABSENT, "{gone}");
    }
    let other = says(&[part(2, with(held(id), "validTo", json!("2026-09-01T00:00:00Z")))]);
    assert!(other != wish.value && other.contains("2026-09-01") && !is_strange(&other), "{other}");
    let more = says(&[part(2, with(held(id), "maxOfflineDuration", json!(60)))]);
    assert!(more != wish.value && more.contains("maxOfflineDuration"), "{more}");
    let stranger = says(&[part(2, held(id)), part(2, held(7))]);
    assert!(is_strange(&stranger) && !is_strange(&wish.value) && !is_strange(ABSENT));
}

#[test]
fn what_is_over_is_neither_told_nor_missed() {
    let ending = with(night(), "validTo", json!("1970-01-01T00:01:00Z")).to_string();
    let wish = wish(KEY, &ending);
    assert!(told(&wish, &[], at(59)).as_deref() == Some(ABSENT) && told(&wish, &[], at(60)).is_none());
    let slot = Slot::read(KEY).unwrap();
    let any = grid_hopeful(Rules::Ocpp201);
    assert_eq!(misfit(&slot, &wish, &[], &any, at(59)), None);
    assert!(misfit(&slot, &wish, &[], &any, at(60)).unwrap().contains("validity was over"));
    // A station that has it is not blamed.
    let there = DesiredRow { acknowledged: Some(wish.value.clone()), ..wish };
    assert_eq!(misfit(&slot, &there, &[], &any, at(60)), None);
}

fn grid_hopeful(rules: Rules) -> Abilities {
    crate::grid::Said::default().hopeful(rules)
}

#[test]
fn what_a_station_cannot_take_is_refused_before_it_is_sent() {
    let why = |key: &str, profile: &Value, abilities: &Abilities| {
        let wish = wish(key, &profile.to_string());
        misfit(&Slot::read(key).unwrap(), &wish, &[], abilities, at(0)).unwrap_or_default()
    };
    let any = grid_hopeful(Rules::Ocpp16);
    assert_eq!(why(KEY, &night(), &any), "");
    let low = Abilities { max_stack_level: 2, ..any.clone() };
    assert!(why(KEY, &night(), &low).contains("highest stack level is 2"));
    let watts = Abilities { amps: false, ..any.clone() };
    assert!(why(KEY, &night(), &watts).contains("does not take limits in A"));
    let mut many = night();
    many["chargingSchedule"][0]["chargingSchedulePeriod"] =
        json!([{"startPeriod": 0, "limit": 16}, {"startPeriod": 60, "limit": 6}]);
    let short = Abilities { max_periods: 1, ..any.clone() };
    assert!(why(KEY, &many, &short).contains("the station takes 1"));
    let mut phase = night();
    phase["chargingSchedule"][0]["chargingSchedulePeriod"] =
        json!([{"startPeriod": 0, "limit": 16, "numberPhases": 1, "phaseToUse": 2}]);
    assert!(why(KEY, &phase, &any).contains("cannot choose its phase"));
    let fine = json!({"chargingProfileKind": "Relative", "chargingSchedule": [{"chargingRateUnit": "A",
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 10.25}]}]});
    assert!(why(KEY, &fine, &any).contains("one decimal only"));
    assert!(why("PriorityCharging/0@1", &fine, &any).contains("only stations of OCPP 2.1"));
    assert_eq!(why("PriorityCharging/0@1", &fine, &grid_hopeful(Rules::Ocpp21)), "");
    let absent = wish("LocalGeneration/0@station", ABSENT);
    let slot = Slot::read(&absent.key).unwrap();
    let told = misfit(&slot, &absent, &[], &grid_hopeful(Rules::Ocpp201), at(0));
    assert!(told.unwrap().contains("only stations of OCPP 2.1"));
}

#[test]
fn of_two_wishes_that_clash_the_later_is_refused() {
    let wide = wish("TxDefaultProfile/3@station", &night().to_string());
    let own = DesiredRow { wanted_at: at(1), ..wish(KEY, &night().to_string()) };
    let all = [wide.clone(), own.clone()];
    let clash = |wish: &DesiredRow, rules| {
        misfit(&Slot::read(&wish.key).unwrap(), wish, &all, &grid_hopeful(rules), at(2))
    };
    assert_eq!((clash(&wide, Rules::Ocpp201), clash(&own, Rules::Ocpp16)), (None, None));
    assert!(clash(&own, Rules::Ocpp201).unwrap().contains("K01.FR.53"));
}

#[test]
fn a_wish_is_kept_in_one_form_or_refused_with_the_reason() {
    let kept = keep(KEY, &night().to_string()).unwrap();
    assert_eq!(keep(KEY, &kept).as_deref(), Ok(&*kept));
    assert_eq!(keep(KEY, &held(7).to_string()).as_deref(), Ok(&*kept), "the number is ours");
    let mut late = night();
    late["chargingSchedule"][0]["chargingSchedulePeriod"][0]["startPeriod"] = json!(5);
    for (text, why) in [
        ("{}".to_owned(), "chargingProfileKind"),
        ("16 A".to_owned(), "say absent, or a charging profile in JSON"),
        (with(night(), "dynUpdateInterval", json!(5)).to_string(), "dynUpdateInterval: a profile that lasts"),
        (late.to_string(), "the first period starts at 0 (K01.FR.31)"),
        (" ".repeat(20_001), "at most 20000 characters"),
    ] {
        let told = keep(KEY, &text).unwrap_err();
        assert!(told.contains(why), "{text}: {told}");
    }
}

#[test]
fn who_does_not_tell_is_told_again_after_a_boot_and_not_before() {
    let value = keep(KEY, &night().to_string()).unwrap();
    let fresh = wish(KEY, &value);
    let station = StationRow { booted_at: Some(at(10)), ..StationRow::default() };
    let first = noted(&fresh, &station, false, at(11));
    assert!(first.reported.is_none() && look::is_askable(&first, at(11)));
    let accepted = DesiredRow {
        acknowledged: Some(value),
        acknowledged_at: Some(at(12)),
        reported_at: None,
        needs: "check".into(),
        due_at: Some(at(12)),
        ..first
    };
    let quiet = noted(&accepted, &station, false, at(12));
    assert!(look::state(&quiet, true) == look::State::InStep && quiet.needs.is_empty());
    // On 2.x it is asked.
    assert_eq!(noted(&accepted, &station, true, at(12)), accepted);
    let again = StationRow { booted_at: Some(at(20)), ..station };
    let booted = DesiredRow { reported_at: None, due_at: Some(at(20)), ..quiet.clone() };
    let next = noted(&booted, &again, false, at(21));
    assert!(next.acknowledged.is_none() && look::is_askable(&next, at(21)));
    let mute = DesiredRow { reported_at: Some(at(21)), ..quiet };
    assert!(noted(&mute, &again, true, at(21)).acknowledged.is_none(), "nor who does not answer");
}
