//! What others want: limits from outside, deadlines, boxes on site; and an operator who has had enough.

use crate::hall::{Hall, NAMES, SITE, limits, of, plan_of};
use chrono::{SecondsFormat, TimeDelta};
use csms::{
    grid::{
        limit::{self, LimitWish},
        plan, said,
        switch::Mode,
    },
    store::{
        grid::{self, LimitRow},
        row::{EventRow, Write},
        testing::TestDb,
    },
};
use serde_json::json;

#[tokio::test]
async fn a_limit_from_outside_is_kept_from_its_first_second() {
    for db in TestDb::all().await.unwrap() {
        let mut hall = Hall::open(&db, 60, &plan_of(60)).await;
        hall.all_share().await;
        let (from, until) =
            (hall.clock.now() + TimeDelta::minutes(5), hall.clock.now() + TimeDelta::minutes(12));
        let row = LimitRow {
            id: hall.app.ids.next(),
            site_id: SITE,
            node_id: Some(1),
            station_id: String::new(),
            evse: 0,
            source: "grid_operator".into(),
            most: r#"{"current":[24000,24000,24000]}"#.into(),
            from_at: from,
            until_at: Some(until),
            told_by: "the grid operator".into(),
            event_id: 0,
        };
        let mut tx = hall.app.db.write().await.unwrap();
        grid::add_limit(&mut tx, &row).await.unwrap();
        tx.commit().await.unwrap();
        hall.limit = Some((from, 24));
        hall.pass(TimeDelta::minutes(11)).await;
        let look = hall.look().await;
        assert_eq!(limits(&look), [8, 8, 8]);
        assert_eq!((look.limits[0].place.as_str(), look.limits[0].holds), ("connection", true));
        hall.limit = None;
        hall.until("it is over", |_, look| limits(look) == [20, 20, 20]).await;
    }
}

#[tokio::test]
async fn a_vehicle_that_leaves_soon_gets_what_it_needs_first() {
    for db in TestDb::all().await.unwrap() {
        let mut hall = Hall::open(&db, 30, &plan_of(30)).await;
        hall.all_share().await;
        let departure =
            (hall.clock.now() + TimeDelta::minutes(70)).to_rfc3339_opts(SecondsFormat::Secs, true);
        let needs = json!({"evseId": 1, "chargingNeeds": {"requestedEnergyTransfer": "AC_three_phase",
            "departureTime": departure,
            "acChargingParameters": {"energyAmount": 11_000, "evMinCurrent": 6, "evMaxCurrent": 32, "evMaxVoltage": 400}}});
        hall.stations[1].call("NotifyEVChargingNeeds", needs).await.unwrap();
        let look = hall.until("it gets more", |_, look| limits(look)[1] >= 15).await;
        assert!(of(&look, NAMES[1]).deadline.is_some());
        assert!(limits(&look)[0] >= 6 && limits(&look)[2] >= 6, "nobody is sent away: {look:#?}");
    }
}

#[tokio::test]
async fn what_a_vehicle_needed_is_not_given_to_the_next_one() {
    for db in TestDb::all().await.unwrap() {
        let mut hall = Hall::open(&db, 60, &plan_of(60)).await;
        hall.connect().await;
        hall.charge(1).await;
        let departure = (hall.clock.now() + TimeDelta::hours(2)).to_rfc3339_opts(SecondsFormat::Secs, true);
        let needs = json!({"evseId": 1, "chargingNeeds": {"requestedEnergyTransfer": "AC_single_phase",
            "departureTime": departure,
            "acChargingParameters": {"energyAmount": 11_000, "evMinCurrent": 6, "evMaxCurrent": 16, "evMaxVoltage": 230}}});
        hall.stations[1].call("NotifyEVChargingNeeds", needs).await.unwrap();
        hall.until("it is taken over", |_, look| of(look, NAMES[1]).deadline.is_some()).await;
        hall.stations[1].stop(1, "Local").await.unwrap();
        hall.stations[1].unplug(1).await.unwrap();
        hall.until("it has left", |_, look| !of(look, NAMES[1]).charges).await;
        hall.charge(1).await;
        hall.until("another one charges", |_, look| limits(look)[1] > 6).await;
        hall.restart().await;
        for station in &hall.stations {
            station.reconnect().await.unwrap();
        }
        let look = hall.until("it goes on", |_, look| limits(look)[1] > 16).await;
        assert_eq!(of(&look, NAMES[1]).deadline, None);
        let session = grid::stations_sessions(&mut hall.app.db.read().await.unwrap(), SITE).await.unwrap();
        let need = grid::need(&mut hall.app.db.read().await.unwrap(), session[0].id).await.unwrap();
        assert_eq!(need, None);
    }
}

#[tokio::test]
async fn what_a_box_on_site_limits_is_left_to_others() {
    let db = TestDb::sqlite().unwrap();
    let mut hall = Hall::open(&db, 40, &plan_of(40)).await;
    hall.all_share().await;
    let told = json!({"evseId": 1, "chargingLimit": {"chargingLimitSource": "EMS"}, "chargingSchedule": [{"id": 1,
        "chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 8}]}]});
    hall.stations[1].call("NotifyChargingLimit", told).await.unwrap();
    let look = hall.until("others have it", |_, look| limits(look) == [16, 8, 16]).await;
    assert_eq!(look.limits[0].place, "1 of S201");
    let cleared = json!({"evseId": 1, "chargingLimitSource": "EMS"});
    hall.stations[1].call("ClearedChargingLimit", cleared).await.unwrap();
    hall.until("all share again", |_, look| limits(look) == [13, 13, 13]).await;
}

#[tokio::test]
async fn limits_that_stations_tell_take_no_room_from_those_on_nodes() {
    for db in TestDb::all().await.unwrap() {
        let hall = Hall::open(&db, 60, &plan_of(60)).await;
        let now = hall.clock.now();
        let mut tx = hall.app.db.write().await.unwrap();
        let mut left_out = 0;
        for station in 0..6 {
            for source in 0..10 {
                let event = hall.app.ids.next();
                let told = (0..24).map(|hour| LimitRow {
                    id: hall.app.ids.next(),
                    site_id: SITE,
                    node_id: None,
                    station_id: format!("S{station}"),
                    evse: 1,
                    source: "on_site".into(),
                    most: r#"{"current":[10000,10000,10000]}"#.into(),
                    from_at: now + TimeDelta::hours(hour),
                    until_at: Some(now + TimeDelta::hours(hour + 1)),
                    told_by: format!("station: {source}"),
                    event_id: event,
                });
                let told: Vec<LimitRow> = told.collect();
                let place = (&*format!("S{station}"), 1, &*format!("station: {source}"));
                left_out += grid::replace_said(&mut tx, place, event, &told).await.unwrap();
            }
        }
        assert_eq!(left_out, 6 * 40, "of one station 200 are kept");
        let (_, plan) = plan::load(&mut tx, SITE).await.unwrap().unwrap();
        let wish = LimitWish {
            node: "connection".into(),
            most: limit::power(20_000),
            from: now + TimeDelta::days(2),
            until: None,
            source: "grid_operator".into(),
            note: String::new(),
        };
        let kept = limit::add(&mut tx, (SITE, &plan), hall.app.ids.next(), wish, now).await.unwrap();
        let all = grid::limits(&mut tx, SITE, now).await.unwrap();
        assert_eq!((all.len(), all.last().map(|row| row.id)), (1_201, Some(kept.id)));
        let newest = all.iter().filter(|row| row.station_id == "S0" && row.told_by == "station: 9").count();
        assert_eq!(newest, 24, "what was told last is there");
    }
}

#[tokio::test]
async fn profiles_are_taken_back_when_load_management_ends() {
    let db = TestDb::sqlite().unwrap();
    let mut hall = Hall::open(&db, 40, &plan_of(40)).await;
    hall.connect().await;
    hall.charge(0).await;
    hall.until("it has a limit", |_, look| limits(look)[0] > 6).await;
    assert!(hall.switch(Mode::Clear).await.unwrap());
    let gone = async || {
        hall.stations.iter().all(|station| station.profiles().is_empty()) && hall.look().await.mode == "off"
    };
    hall.when("profiles go", gone).await;
    assert_eq!(hall.stations[0].power_w(1), 22_000, "nothing limits it any more");
}

#[tokio::test]
async fn what_a_vehicle_has_said_counts_beside_what_an_operator_says_before_it_is_heard() {
    for db in TestDb::all().await.unwrap() {
        let mut hall = Hall::open(&db, 60, &plan_of(60)).await;
        hall.connect().await;
        hall.charge(1).await;
        hall.until("it charges", |_, look| limits(look)[1] > 6).await;
        hall.switch(Mode::Off).await.unwrap();
        hall.when("nobody hears what is said", async || hall.app.grid.last(SITE).is_none()).await;
        for hours in [3, 2] {
            let departure =
                (hall.clock.now() + TimeDelta::hours(hours)).to_rfc3339_opts(SecondsFormat::Secs, true);
            let needs = json!({"evseId": 1, "chargingNeeds": {"requestedEnergyTransfer": "AC_three_phase",
                "departureTime": departure,
                "acChargingParameters": {"energyAmount": 11_000, "evMinCurrent": 6, "evMaxCurrent": 32, "evMaxVoltage": 400}}});
            hall.stations[1].call("NotifyEVChargingNeeds", needs).await.unwrap();
        }
        let mut tx = hall.app.db.write().await.unwrap();
        let session = grid::stations_sessions(&mut tx, SITE).await.unwrap()[0].id;
        let need = said::Need { class: Some(2), ..said::Need::default() };
        said::set_need(&mut tx, &hall.app.ids, session, &need).await.unwrap();
        tx.commit().await.unwrap();
        let latest = hall.clock.now() + TimeDelta::hours(2);
        hall.switch(Mode::On).await.unwrap();
        hall.until("it is heard", |_, look| of(look, NAMES[1]).deadline.is_some()).await;
        let need = grid::need(&mut hall.app.db.read().await.unwrap(), session).await.unwrap().unwrap();
        assert_eq!((need.class, need.phases, &*need.told_by), (Some(2), Some(3), "operator"));
        assert_eq!(need.deadline, Some(latest), "what it has said last");
    }
}

#[tokio::test]
async fn a_limit_that_was_cleared_stays_so_after_a_restart_however_much_is_told() {
    for db in TestDb::all().await.unwrap() {
        let mut hall = Hall::open(&db, 60, &plan_of(60)).await;
        hall.connect().await;
        let now = hall.clock.now();
        let told = |kind: &str, hours: i64, body: serde_json::Value| {
            Write::Event(EventRow {
                id: hall.app.ids.next(),
                at: now - TimeDelta::hours(hours),
                station_id: Some(NAMES[1].into()),
                session_id: None,
                kind: kind.into(),
                body: body.to_string(),
            })
        };
        let limit = json!({"evseId": 1, "chargingLimit": {"chargingLimitSource": "EMS"}, "chargingSchedule": [{"id": 1,
            "chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 8}]}]});
        let mut writes = vec![told("station.limit", 20, limit)];
        writes.extend((0..5_000).map(|_| told("station.charging.needs", 10, json!({}))));
        writes.push(told("station.limit.cleared", 1, json!({"evseId": 1, "chargingLimitSource": "EMS"})));
        hall.app.writer.commit(writes).await.unwrap();
        hall.restart().await;
        hall.when("it is stepped", async || hall.app.grid.last(SITE).is_some()).await;
        let limits = grid::limits(&mut hall.app.db.read().await.unwrap(), SITE, now).await.unwrap();
        assert_eq!(limits, []);
    }
}
