//! Charging profiles that last: told, read back, told again to a station that forgets, refused, taken away; and that nobody but load
//! management has what is load management's.

use crate::house::{ALL, House, start};
use chrono::TimeDelta;
use conformance::{Answer, Station};
use csms::{
    desired::{self, ABSENT, Kind, Slot, State, WishError},
    grid::{self, file::PlanFile, plan},
    store::{commands::CommandRow, desired::DesiredRow, row::StationRow, sites, stations, testing::TestDb},
};
use ocpp::Version;
use serde_json::{Value, json};

const KEY: &str = "TxDefaultProfile/1@1";
const MAX: &str = "ChargingStationMaxProfile/0@station";

fn id(key: &str) -> i64 {
    Slot::read(key).unwrap().id().into()
}

fn limit(amps: i64) -> Value {
    json!({"chargingProfileKind": "Absolute", "chargingSchedule": [{"startSchedule": "2026-03-02T00:00:00Z",
        "chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": amps}]}]})
}

async fn wish(house: &House, station: &str, key: &str, profile: &Value) {
    house.wish(station, Kind::Profile, key, &profile.to_string()).await;
}

/// As the station has it: the limit of the first period.
fn held(station: &Station, key: &str) -> Option<i64> {
    let (evse, profile) = station.profile(id(key))?;
    assert_eq!(evse, i32::from(Slot::read(key).unwrap().evse()));
    let schedule = profile["chargingSchedule"].get(0).unwrap_or(&profile["chargingSchedule"]);
    schedule["chargingSchedulePeriod"][0]["limit"].as_f64().map(|limit| limit as i64)
}

fn times(asked: &[CommandRow], kind: &str) -> usize {
    asked.iter().filter(|row| row.kind == kind).count()
}

#[tokio::test]
async fn a_profile_is_told_at_connect_and_read_back_where_the_version_can() {
    for db in TestDb::all().await.unwrap() {
        let house = House::open(&db).await;
        for (station_id, version) in ALL {
            house.register(station_id, "").await;
            let wishes = [(KEY, limit(16)), (MAX, limit(20))];
            let wishes =
                wishes.map(|(key, value)| desired::wish(Kind::Profile, key, &value.to_string()).unwrap());
            let at = house.app.clock.now();
            desired::set(&house.app.db, &station_id.into(), wishes.into(), "ada", at).await.unwrap();
            let station = Station::connect(house.options(station_id, version)).await.unwrap();
            // Whoever looks now finds a station that may boot first.
            let looked = desired::round(&house.app, &station_id.into(), false).await.unwrap();
            assert!(looked.is_some() && house.asked(station_id).await.is_empty(), "{version:?}");
            station.boot().await.unwrap();
            house.app.desires.changed(&station_id.into());
            let rows = house.until_in_step(station_id).await;
            assert_eq!((held(&station, KEY), held(&station, MAX)), (Some(16), Some(20)), "{version:?}");
            for row in &rows {
                assert_eq!(row.acknowledged.as_deref(), Some(&*row.value), "{version:?}");
                let told = (version != Version::V16).then_some(&*row.value);
                assert_eq!(row.reported.as_deref(), told, "{version:?}");
            }
            let asked = house.asked(station_id).await;
            assert_eq!(times(&asked, "set-profile"), 2, "{version:?}");
            assert_eq!(times(&asked, "read"), 1, "its limits are asked for once: {version:?}");
            let by = asked.iter().rfind(|row| row.kind == "set-profile").map(|row| row.id);
            assert_eq!(rows[1].acknowledged_by, by, "{version:?}");
        }
    }
}

#[tokio::test]
async fn a_station_that_has_it_already_is_not_told() {
    let db = TestDb::sqlite().unwrap();
    let house = House::open(&db).await;
    for (station_id, version) in &ALL[1..] {
        house.register(station_id, "").await;
        let station = house.connect(station_id, *version).await;
        let mut there = limit(16);
        there["id"] = json!(id(KEY));
        there["stackLevel"] = json!(1);
        there["chargingProfilePurpose"] = json!("TxDefaultProfile");
        let schedule = &mut there["chargingSchedule"][0];
        schedule["id"] = json!(9);
        schedule["startSchedule"] = json!("2026-03-02T01:00:00.000+01:00");
        schedule["chargingSchedulePeriod"][0]["limit"] = json!(16.0);
        schedule["chargingSchedulePeriod"][0]["numberPhases"] = json!(3);
        station.install_profile(1, &there).unwrap();
        wish(&house, station_id, KEY, &limit(16)).await;
        house.until_in_step(station_id).await;
        assert_eq!(house.kinds(station_id).await, ["read", "call"], "{version:?}");
    }
}

#[tokio::test]
async fn a_station_that_forgets_when_it_restarts_is_told_again() {
    for db in TestDb::all().await.unwrap() {
        let house = House::open(&db).await;
        for (station_id, version) in ALL {
            house.register(station_id, "").await;
            wish(&house, station_id, KEY, &limit(16)).await;
            let station = house.connect(station_id, version).await;
            house.until_in_step(station_id).await;
            station.forget_profiles();
            house.clock.advance(TimeDelta::minutes(1));
            station.boot().await.unwrap();
            let again = |rows: &[DesiredRow]| {
                rows[0].acknowledged_at > Some(start())
                    && rows[0].due_at.is_none()
                    && desired::state(&rows[0], true) == State::InStep
            };
            let rows = house.until(station_id, "it has it again", again).await;
            assert_eq!(held(&station, KEY), Some(16), "{version:?}");
            assert_eq!(rows[0].acknowledged.as_deref(), Some(&*rows[0].value));
            assert_eq!(times(&house.asked(station_id).await, "set-profile"), 2, "{version:?}");
            house.clock.advance(TimeDelta::minutes(-1));
        }
    }
}

#[tokio::test]
async fn what_somebody_takes_away_or_changes_by_hand_is_put_right() {
    let db = TestDb::sqlite().unwrap();
    let house = House::open(&db).await;
    for (station_id, version) in ALL {
        house.register(station_id, "").await;
        wish(&house, station_id, KEY, &limit(16)).await;
        let station = house.connect(station_id, version).await;
        house.until_in_step(station_id).await;
        house.ask(station_id, json!({"command": "clear-profile", "id": id(KEY)})).await;
        house.until_in_step(station_id).await;
        assert_eq!(held(&station, KEY), Some(16), "{version:?}");
        let mut other = limit(32);
        other["id"] = json!(7);
        other["stackLevel"] = json!(1);
        other["chargingProfilePurpose"] = json!("TxDefaultProfile");
        other["chargingSchedule"][0]["id"] = json!(7);
        house.ask(station_id, json!({"command": "set-profile", "evse": 1, "profile": other})).await;
        house.until_in_step(station_id).await;
        assert_eq!(station.profiles(), [id(KEY)], "the slot is the wish's: {version:?}");
        assert_eq!(held(&station, KEY), Some(16), "{version:?}");
    }
}

#[tokio::test]
async fn what_shall_be_absent_is_cleared_by_its_number_and_looked_for_again() {
    for db in TestDb::all().await.unwrap() {
        let house = House::open(&db).await;
        for (station_id, version) in ALL {
            house.register(station_id, "").await;
            wish(&house, station_id, KEY, &limit(16)).await;
            wish(&house, station_id, MAX, &limit(20)).await;
            let station = house.connect(station_id, version).await;
            house.until_in_step(station_id).await;
            house.wish(station_id, Kind::Profile, KEY, ABSENT).await;
            let gone = |rows: &[DesiredRow]| {
                rows[1].acknowledged.as_deref() == Some(ABSENT) && rows[1].due_at.is_none()
            };
            let rows = house.until(station_id, "it is gone", gone).await;
            assert_eq!(station.profiles(), [id(MAX)], "{version:?}");
            assert_eq!(desired::state(&rows[1], true), State::InStep);
            let told = (version != Version::V16).then_some(ABSENT);
            assert_eq!(rows[1].reported.as_deref(), told, "{version:?}");
            let asked = house.asked(station_id).await;
            let clear = asked.iter().find(|row| row.kind == "clear-profile").unwrap();
            assert!(clear.body.contains(&id(KEY).to_string()) && !clear.body.contains("stack_level"));

            // Who has none where none shall be is in step, whoever says so.
            house.wish(station_id, Kind::Profile, "TxDefaultProfile/0@1", ABSENT).await;
            let none =
                |rows: &[DesiredRow]| rows[1].reported.as_deref() == Some(ABSENT) && rows[1].due_at.is_none();
            house.until(station_id, "there was none", none).await;
        }
    }
}

#[tokio::test]
async fn what_a_station_refuses_or_cannot_take_is_told_with_the_reason() {
    for db in TestDb::all().await.unwrap() {
        let house = House::open(&db).await;
        for (station_id, version) in ALL {
            house.register(station_id, "").await;
            wish(&house, station_id, "TxDefaultProfile/3@1", &limit(16)).await;
            wish(&house, station_id, "PriorityCharging/0@1", &limit(16)).await;
            wish(&house, station_id, KEY, &limit(16)).await;
            let station = Station::connect(house.options(station_id, version)).await.unwrap();
            let most = match version {
                Version::V16 => "ChargeProfileMaxStackLevel",
                _ => "SmartChargingCtrlr.ProfileStackLevel",
            };
            station.configure(most, "2");
            station.answer_with("SetChargingProfile", Answer::Result(json!({"status": "Rejected"})));
            station.boot().await.unwrap();
            let find =
                |rows: &[DesiredRow], key: &str| rows.iter().find(|row| row.key == key).unwrap().clone();
            let settled = |rows: &[DesiredRow]| rows.iter().all(|row| row.tries == 1 && row.asked == 0);
            let rows = house.until(station_id, "each has its answer", settled).await;
            let high = find(&rows, "TxDefaultProfile/3@1");
            assert!(high.trouble.contains("highest stack level is 2"), "{version:?}: {}", high.trouble);
            assert_eq!((desired::state(&high, true), high.needs.as_str()), (State::Refused, "person"));
            let priority = find(&rows, "PriorityCharging/0@1");
            match version {
                // There the station itself does not want it.
                Version::V21 => assert_eq!(priority.trouble, "Rejected"),
                _ => assert!(priority.trouble.contains("only stations of OCPP 2.1"), "{}", priority.trouble),
            }
            let own = find(&rows, KEY);
            assert_eq!((&*own.trouble, desired::state(&own, true)), ("Rejected", State::OnItsWay));
            assert!(own.due_at > Some(house.app.clock.now()), "it is tried again, later");
            let sent = times(&house.asked(station_id).await, "set-profile");
            assert_eq!(sent, if version == Version::V21 { 2 } else { 1 }, "{version:?}");

            station.answer_normally("SetChargingProfile");
            let now = house.app.clock.now();
            let only = Some((Kind::Profile, KEY));
            desired::hurry(&house.app.db, &station_id.into(), only, now).await.unwrap();
            house.app.desires.changed(&station_id.into());
            let there = |rows: &[DesiredRow]| desired::state(&find(rows, KEY), true) == State::InStep;
            house.until(station_id, "it is there after all", there).await;
            assert_eq!(held(&station, KEY), Some(16));
        }
    }
}

#[tokio::test]
async fn a_restart_in_the_middle_neither_loses_a_profile_nor_doubles_it() {
    for db in TestDb::all().await.unwrap() {
        // Numbers that were given before a restart are not given again: time has gone by.
        let mut seconds = 0;
        let mut open = async || {
            seconds += 1;
            let house = House::open(&db).await;
            house.clock.advance(TimeDelta::seconds(seconds));
            house
        };
        for (station_id, version) in ALL {
            {
                let house = open().await;
                house.register(station_id, "").await;
                let station = house.connect(station_id, version).await;
                station.answer_with("SetChargingProfile", Answer::Silence);
                wish(&house, station_id, KEY, &limit(16)).await;
                station.expect_call("SetChargingProfile").await.unwrap();
                house.app.hub.close(&station_id.into(), csms::link::line::Stop::Shutdown);
            }
            let house = open().await;
            let station = Station::offline(house.options(station_id, version));
            // It had done it, and nobody heard.
            let mut there = limit(16);
            let name = if version == Version::V16 { "chargingProfileId" } else { "id" };
            there[name] = json!(id(KEY));
            there["stackLevel"] = json!(1);
            there["chargingProfilePurpose"] = json!("TxDefaultProfile");
            there["chargingSchedule"][0]["id"] = json!(1);
            station.install_profile(1, &there).unwrap();
            station.reconnect().await.unwrap();
            station.boot().await.unwrap();
            house.until_in_step(station_id).await;
            assert_eq!(station.profiles(), [id(KEY)], "{version:?}");
            // Who cannot tell is told again: the same number takes its own place.
            let sent = times(&house.asked(station_id).await, "set-profile");
            assert_eq!(sent, if version == Version::V16 { 2 } else { 1 }, "{version:?}");
        }
    }
}

#[tokio::test]
async fn a_report_that_does_not_come_holds_up_nothing_else() {
    let db = TestDb::sqlite().unwrap();
    let house = House::open(&db).await;
    house.register("S", "").await;
    let station = house.connect("S", Version::V201).await;
    station.answer_with("GetChargingProfiles", Answer::Result(json!({"status": "Accepted"})));
    wish(&house, "S", KEY, &limit(16)).await;
    station.expect_call("GetChargingProfiles").await.unwrap();
    house.wish("S", Kind::Configuration, "HeartbeatInterval", "60").await;
    let other = |rows: &[DesiredRow]| rows[0].reported.as_deref() == Some("60");
    house.until("S", "the setting is there", other).await;
    assert_eq!(held(&station, KEY), None);
    // It is asked once more, and then its word counts.
    for times in 1..=2 {
        house.until_answered("S", "call", times).await;
        house.clock.advance(TimeDelta::seconds(31));
        house.app.desires.changed(&"S".into());
    }
    house.until_answered("S", "set-profile", 1).await;
    house.until_answered("S", "call", 3).await;
    house.clock.advance(TimeDelta::seconds(31));
    house.app.desires.changed(&"S".into());
    let there =
        |rows: &[DesiredRow]| desired::state(&rows[1], true) == State::InStep && rows[1].due_at.is_none();
    house.until("S", "its word counts", there).await;
    assert_eq!(held(&station, KEY), Some(16));
}

#[tokio::test]
async fn what_is_over_is_missed_by_nobody() {
    let db = TestDb::sqlite().unwrap();
    let house = House::open(&db).await;
    for (station_id, version) in ALL {
        house.register(station_id, "").await;
        let mut ending = limit(16);
        ending["validTo"] = json!("2026-03-02T08:30:00Z");
        wish(&house, station_id, KEY, &ending).await;
        let station = house.connect(station_id, version).await;
        house.until_in_step(station_id).await;
        house.clock.advance(TimeDelta::hours(1));
        station.forget_profiles();
        station.boot().await.unwrap();
        let seen = |rows: &[DesiredRow]| rows[0].due_at.is_none() && rows[0].reported_at > Some(start());
        let rows = house.until(station_id, "it is looked at", seen).await;
        assert_eq!((desired::state(&rows[0], true), rows[0].drifts), (State::InStep, 0), "{version:?}");
        assert_eq!(times(&house.asked(station_id).await, "set-profile"), 1, "{version:?}");
        let wish = desired::wish(Kind::Profile, KEY, &ending.to_string()).unwrap();
        let now = house.app.clock.now();
        let late = desired::set(&house.app.db, &station_id.into(), vec![wish], "bob", now).await;
        assert!(late.is_err_and(|why| why.to_string().contains("validity (validTo) is over")));
        house.clock.advance(TimeDelta::hours(-1));
    }
}

/// A site with station S, and a plan by which load management would tell its EVSE 1.
async fn plan_of_hall(house: &House) -> plan::Plan {
    let site = sites::SiteRow {
        id: 5,
        name: "Hall".into(),
        address: String::new(),
        city: String::new(),
        country: String::new(),
        latitude: None,
        longitude: None,
        time_zone: "UTC".into(),
        created_at: start(),
    };
    let file: PlanFile = serde_json::from_value(json!({"node": [{"name": "connection", "fuse": 32}],
        "evse": [{"station": "S", "evse": 1, "node": "connection", "rated": 32}]}))
    .unwrap();
    let plan = file.plan(None).unwrap();
    let mut tx = house.app.db.write().await.unwrap();
    sites::create(&mut tx, &site).await.unwrap();
    let row = StationRow { id: "S".into(), site_id: Some(5), created_at: start(), ..StationRow::default() };
    stations::create(&mut tx, &row).await.unwrap();
    tx.commit().await.unwrap();
    plan
}

#[tokio::test]
async fn what_load_management_tells_nobody_else_can_wish() {
    for db in TestDb::all().await.unwrap() {
        let house = House::open(&db).await;
        let plan = plan_of_hall(&house).await;
        wish(&house, "S", KEY, &limit(16)).await;
        let station = house.connect("S", Version::V201).await;
        house.until_in_step("S").await;
        // The plan is not taken over while somebody wishes what it would tell.
        let mut tx = house.app.db.write().await.unwrap();
        let against = plan::strangers(&mut tx, 5, &plan).await.unwrap();
        assert!(against.len() == 1 && against[0].contains("want it absent first"), "{against:?}");
        drop(tx);
        house.wish("S", Kind::Profile, KEY, ABSENT).await;
        house.until("S", "it is gone", |rows| rows[0].acknowledged.as_deref() == Some(ABSENT)).await;
        let mut tx = house.app.db.write().await.unwrap();
        assert_eq!(plan::strangers(&mut tx, 5, &plan).await.unwrap(), Vec::<String>::new());
        plan::keep(&mut tx, 5, &plan, "on", 0, start()).await.unwrap();
        tx.commit().await.unwrap();

        let now = house.app.clock.now();
        let kept = async |key: &str, value: &Value| {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let wish = desired::wish(Kind::Profile, key, &value).unwrap();
            desired::set(&house.app.db, &"S".into(), vec![wish], "bob", now).await
        };
        for key in [KEY, "TxDefaultProfile/0@1", "TxDefaultProfile/9@station"] {
            for value in [limit(32), json!(ABSENT)] {
                let Err(WishError::Unfit(why)) = kept(key, &value).await else { panic!("{key} {value}") };
                assert!(why.contains("load management of Hall tells EVSE 1"), "{why}");
            }
        }
        kept(MAX, &limit(10)).await.unwrap();
        kept("TxDefaultProfile/0@2", &limit(10)).await.unwrap();
        house.app.desires.changed(&"S".into());
        house
            .until("S", "the maximum is there", |rows| {
                rows.iter().any(|row| row.key == MAX && row.reported.as_deref() == Some(&*row.value))
            })
            .await;
        assert_eq!(held(&station, MAX), Some(10));

        // What was wished before is not touched any more, not even to be looked for.
        house.clock.advance(TimeDelta::minutes(1));
        station.boot().await.unwrap();
        let refused = |rows: &[DesiredRow]| rows.iter().any(|row| row.key == KEY && row.needs == "person");
        let rows = house.until("S", "it is refused", refused).await;
        let own = rows.iter().find(|row| row.key == KEY).unwrap();
        assert!(own.trouble.contains("load management of Hall"), "{}", own.trouble);

        // Load management's own default stands beside the wishes.
        let mut tx = house.app.db.read().await.unwrap();
        let fallbacks = grid::fallbacks(&mut tx, "S").await.unwrap();
        let shown: Vec<_> = fallbacks.iter().map(|one| (&*one.key, &*one.site, one.acknowledged)).collect();
        assert_eq!(shown, [("TxDefaultProfile/0@1", "Hall", None)]);
    }
}
