//! Stations that count costs themselves, on real sockets: which tariffs they are given, what becomes of refusals, and
//! the alarm when they count otherwise.
#![allow(clippy::unwrap_used, clippy::panic)] // helpers of tests fail like tests

use chrono::{DateTime, TimeDelta, Utc};
use conformance::{Answer, Error, Fault, Options, Station};
use csms::{
    app::App,
    clock::Clock,
    config::Config,
    link::listen,
    local_tariffs,
    model::StationId,
    store::{
        assignments::{self, AssignmentRow},
        events,
        row::{SessionRow, StationRow, TokenRow},
        sessions,
        station_tariffs::{self, StationTariffRow},
        stations,
        tariffs::Change,
        testing::TestDb,
        tokens, variables, versions,
    },
};
use ocpp::Version;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::timeout;
use tokio_util::sync::{CancellationToken, DropGuard};

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(20);

fn start() -> DateTime<Utc> {
    "2026-03-02T08:00:00Z".parse().unwrap()
}

/// A server whose clock is moved by hand. The tariff `usual`, 0.40 EUR/kWh, counts everywhere.
struct House {
    app: App,
    clock: Clock,
    url: String,
    _stop: DropGuard,
    _db: TestDb,
}

impl House {
    async fn open() -> House {
        let db = TestDb::sqlite().unwrap();
        let config = Config { database: db.config.clone(), ..Config::default() };
        let clock = Clock::fixed(start());
        let app = App::open(config, clock.clone()).await.unwrap();
        let listener = listen::bind(([127, 0, 0, 1], 0).into()).unwrap();
        let url = format!("ws://{}/ocpp", listener.local_addr().unwrap());
        let stop = CancellationToken::new();
        tokio::spawn(listen::serve(app.clone(), listener, stop.clone()));
        tokio::spawn(local_tariffs::run(app.clone(), stop.clone()));
        let house = House { app, clock, url, _stop: stop.drop_guard(), _db: db };
        house.publish("usual", "0.40").await;
        house.assign(AssignmentRow { tariff_id: "usual".into(), ..AssignmentRow::default() }).await;
        house
    }

    /// A registered virtual station that has connected but not booted.
    async fn station(&self, id: &str, version: Version) -> Station {
        let row = StationRow { id: id.into(), created_at: start(), ..StationRow::default() };
        let mut tx = self.app.db.write().await.unwrap();
        stations::create(&mut tx, &row).await.unwrap();
        tx.commit().await.unwrap();
        let options = Options::new(&self.url, id, version).clock_at(start()).timeout(PATIENCE);
        Station::connect(options).await.unwrap()
    }

    /// One that has booted, told of its EVSEs and has the usual tariff.
    async fn settled(&self, id: &str) -> Station {
        let station = self.station(id, Version::V21).await;
        station.status(1, conformance::ConnectorState::Available).await.unwrap();
        station.status(2, conformance::ConnectorState::Available).await.unwrap();
        station.boot().await.unwrap();
        let set = station.expect_call("SetDefaultTariff").await.unwrap();
        assert_eq!(set["evseId"], 0);
        self.rows(id, |rows| is(rows, &[(0, "held")])).await;
        station
    }

    async fn publish(&self, id: &str, kwh: &str) {
        let price = format!(r#"{{"dimension":"energy","price":"{kwh}"}}"#);
        self.publish_json(&format!(
            r#"{{"id":"{id}","currency":"EUR","elements":[{{"components":[{price}]}}]}}"#
        ))
        .await;
    }

    async fn publish_json(&self, json: &str) {
        let tariff = tariffs::Tariff::from_json(json).unwrap();
        let mut tx = self.app.db.write().await.unwrap();
        versions::publish(&mut tx, &tariff, None, "", &self.change()).await.unwrap();
        tx.commit().await.unwrap();
        self.catalog().await;
    }

    async fn assign(&self, row: AssignmentRow) {
        let row = AssignmentRow { created_at: start(), ..row };
        let mut tx = self.app.db.write().await.unwrap();
        let assigned = assignments::assign(&mut tx, &row, true, &self.change()).await.unwrap();
        assert!(matches!(assigned, assignments::Assigned::Done { .. }), "{assigned:?}");
        tx.commit().await.unwrap();
        self.catalog().await;
    }

    fn change(&self) -> Change<'static> {
        Change { id: self.app.ids.next(), at: self.clock.now(), by: "test" }
    }

    /// What the job does every ten seconds.
    async fn catalog(&self) {
        self.app.catalog.reload(&self.app.db, self.clock.now()).await.unwrap();
        self.app.local_tariffs.catalog_read();
    }

    /// The rows of a station, once they are as wanted.
    async fn rows(&self, id: &str, wanted: impl Fn(&[StationTariffRow]) -> bool) -> Vec<StationTariffRow> {
        let mut hints = self.app.live.watch();
        let mut rows = Vec::new();
        let seen = timeout(PATIENCE, async {
            loop {
                let mut tx = self.app.db.read().await.unwrap();
                rows = station_tariffs::of_station(&mut tx, id).await.unwrap();
                drop(tx);
                if wanted(&rows) {
                    return;
                }
                // Who has missed some looks all the same.
                let _ = hints.recv().await;
            }
        });
        if seen.await.is_err() {
            panic!("the rows stay {rows:?}");
        }
        rows
    }

    /// What was told of a station's tariffs up to this one.
    async fn told(&self, id: &str, tariff: &str) -> Vec<String> {
        let filter = events::Filter {
            station: Some(id.to_owned()),
            kind: Some("station.tariffs".into()),
            ..events::Filter::default()
        };
        let told = timeout(PATIENCE, async {
            loop {
                let mut tx = self.app.db.read().await.unwrap();
                let rows = events::since(&mut tx, &filter, 0, 100).await.unwrap();
                drop(tx);
                if rows.last().is_some_and(|row| row.body.contains(tariff)) {
                    return rows.into_iter().map(|row| row.body).collect();
                }
                tokio::task::yield_now().await;
            }
        });
        told.await.unwrap()
    }

    async fn session(&self, id: &str) -> SessionRow {
        let mut tx = self.app.db.read().await.unwrap();
        let filter = sessions::Filter { station: Some(id.to_owned()), ..Default::default() };
        sessions::list(&mut tx, &filter, None, 10).await.unwrap().remove(0)
    }
}

/// Are these the places and their states?
fn is(rows: &[StationTariffRow], wanted: &[(i64, &str)]) -> bool {
    rows.iter().map(|row| (row.evse, &*row.state)).eq(wanted.iter().copied())
}

fn at_evse(tariff: &str, station: &str, evse: i64) -> AssignmentRow {
    AssignmentRow {
        tariff_id: tariff.into(),
        station_id: Some(station.into()),
        evse: Some(evse),
        ..AssignmentRow::default()
    }
}

/// The ids of the default tariffs that a station holds, with their EVSEs.
async fn holds(house: &House, id: &str) -> Vec<(String, Vec<i64>)> {
    let station: StationId = id.into();
    let answer = house.app.hub.ask(&station, "GetTariffs", json!({"evseId": 0}), PATIENCE).await.unwrap();
    let list = answer["tariffAssignments"].as_array().cloned().unwrap_or_default();
    let evses =
        |item: &Value| item["evseIds"].as_array().unwrap().iter().map(|n| n.as_i64().unwrap()).collect();
    list.iter().map(|item| (item["tariffId"].as_str().unwrap().to_owned(), evses(item))).collect()
}

#[tokio::test]
async fn a_station_gets_its_tariff_after_it_has_booted_and_a_new_version_takes_its_place() {
    let house = House::open().await;
    let station = house.settled("CS1").await;
    let first = holds(&house, "CS1").await;
    assert_eq!(first.iter().map(|(_, evses)| evses.clone()).collect::<Vec<_>>(), [vec![1, 2]]);
    assert!(first[0].0.starts_with("usual-"), "people recognise it: {first:?}");
    let row = house.rows("CS1", |_| true).await.remove(0);
    assert_eq!((&row.wanted_id, &row.held_id, &*row.answer), (&first[0].0, &first[0].0, "Accepted"));

    // It boots again: it is asked, and nothing has to be done or told.
    station.expect_call("GetTariffs").await.unwrap();
    station.expect_call("GetTariffs").await.unwrap();
    station.boot().await.unwrap();
    station.expect_call("GetTariffs").await.unwrap();

    house.publish("usual", "0.45").await;
    let set = station.expect_call("SetDefaultTariff").await.unwrap();
    assert_eq!(
        (&set["tariff"]["energy"]["prices"][0]["priceKwh"], &set["evseId"]),
        (&json!(0.45), &json!(0))
    );
    house.rows("CS1", |rows| rows[0].wanted_id != row.wanted_id).await;
    let second = holds(&house, "CS1").await;
    assert_eq!(second.len(), 1);
    assert_ne!(second[0].0, first[0].0, "another content has another id");
    let told = house.told("CS1", &second[0].0).await;
    assert_eq!(told.len(), 2, "once for each of the two: {told:?}");
}

#[tokio::test]
async fn a_version_goes_out_at_its_instant() {
    let house = House::open().await;
    let station = house.settled("CS1").await;
    let tariff = tariffs::Tariff::from_json(
        r#"{"id":"usual","currency":"EUR","elements":[{"components":[{"dimension":"energy","price":"0.5"}]}]}"#,
    )
    .unwrap();
    let mut tx = house.app.db.write().await.unwrap();
    let from = Some(start() + TimeDelta::hours(1));
    versions::publish(&mut tx, &tariff, from, "", &house.change()).await.unwrap();
    tx.commit().await.unwrap();
    house.catalog().await;
    house.clock.advance(TimeDelta::minutes(61));
    // Nothing is read again: the catalog knew it before.
    house.app.local_tariffs.catalog_read();
    let set = station.expect_call("SetDefaultTariff").await.unwrap();
    assert_eq!(set["tariff"]["energy"]["prices"][0]["priceKwh"], 0.5);
    assert_eq!(set["tariff"].get("validFrom"), None, "it counts now");
}

#[tokio::test]
async fn each_evse_gets_its_own_tariff_under_its_own_id() {
    let house = House::open().await;
    house.publish("fast", "0.60").await;
    let station = house.station("CS1", Version::V21).await;
    house.assign(at_evse("fast", "CS1", 2)).await;
    station.status(1, conformance::ConnectorState::Available).await.unwrap();
    station.status(2, conformance::ConnectorState::Available).await.unwrap();
    station.boot().await.unwrap();
    house.rows("CS1", |rows| is(rows, &[(1, "held"), (2, "held")])).await;
    let mut held = holds(&house, "CS1").await;
    held.sort_by_key(|(_, evses)| evses[0]);
    assert!(held[0].0.starts_with("usual-") && held[0].0.ends_with("-e1") && held[0].1 == [1], "{held:?}");
    assert!(held[1].0.starts_with("fast-") && held[1].0.ends_with("-e2") && held[1].1 == [2], "{held:?}");

    // The same again at both: one tariff for all.
    house.assign(AssignmentRow { priority: 1, ..at_evse("usual", "CS1", 2) }).await;
    house.rows("CS1", |rows| is(rows, &[(0, "held")])).await;
    let held = holds(&house, "CS1").await;
    assert_eq!(held.iter().map(|(_, evses)| evses.clone()).collect::<Vec<_>>(), [vec![1, 2]]);
}

#[tokio::test]
async fn what_others_left_at_a_station_goes() {
    let house = House::open().await;
    let station = house.station("CS1", Version::V21).await;
    let cs1: StationId = "CS1".into();
    let foreign = json!({"evseId": 1, "tariff": {"tariffId": "old", "currency": "EUR", "validFrom": "2030-01-01T00:00:00Z"}});
    let answer = house.app.hub.ask(&cs1, "SetDefaultTariff", foreign, PATIENCE).await.unwrap();
    assert_eq!(answer["status"], "Accepted");
    station.expect_call("SetDefaultTariff").await.unwrap();
    station.boot().await.unwrap();
    assert_eq!(station.expect_call("ClearTariffs").await.unwrap(), json!({"tariffIds": ["old"]}));
    house.rows("CS1", |rows| is(rows, &[(0, "held")])).await;
    assert_eq!(holds(&house, "CS1").await.len(), 1);
}

#[tokio::test]
async fn a_refused_tariff_leaves_no_old_price_behind_and_is_tried_again_in_its_time() {
    let house = House::open().await;
    let station = house.settled("CS1").await;
    station.configure("TariffCostCtrlr.MaxElements[Tariff]", "0");
    house.publish("usual", "0.45").await;
    let rows = house.rows("CS1", |rows| is(rows, &[(0, "refused")])).await;
    assert_eq!((&*rows[0].answer, &*rows[0].held_id, rows[0].tries), ("TooManyElements", "", 1));
    assert!(holds(&house, "CS1").await.is_empty(), "the central cost holds, not the old price");
    station.expect_call("SetDefaultTariff").await.unwrap();

    // It boots again: asked what it holds, but not bothered with what it has refused.
    while station.expect_call("GetTariffs").await.unwrap() != json!({"evseId": 0}) {}
    station.boot().await.unwrap();
    station.expect_call("GetTariffs").await.unwrap();
    station.configure("TariffCostCtrlr.MaxElements[Tariff]", "20");
    house.clock.advance(TimeDelta::hours(25));
    house.catalog().await;
    station.expect_call("SetDefaultTariff").await.unwrap();
    let rows = house.rows("CS1", |rows| is(rows, &[(0, "held")])).await;
    assert_eq!((rows[0].tries, rows[0].next_at), (0, None));
}

#[tokio::test]
async fn a_tariff_that_a_station_cannot_be_told_is_counted_centrally() {
    let house = House::open().await;
    let _station = house.settled("CS1").await;
    house
        .publish_json(
            r#"{"id":"usual","currency":"EUR","caps":[{"dimensions":["energy"],"per":"day","amount":"5"}],
                "elements":[{"components":[{"dimension":"energy","price":"0.5"}]}]}"#,
        )
        .await;
    let rows = house.rows("CS1", |rows| is(rows, &[(0, "not_representable")])).await;
    assert!(rows[0].detail.contains("caps[0]"), "{rows:?}");
    assert!(holds(&house, "CS1").await.is_empty());
}

#[tokio::test]
async fn a_station_that_does_not_count_is_asked_once_and_left_alone() {
    let house = House::open().await;
    let station = house.station("CS1", Version::V21).await;
    station.configure("TariffCostCtrlr.Enabled[Tariff]", "false");
    station.boot().await.unwrap();
    station.expect_call("GetVariables").await.unwrap();
    let rows = house.rows("CS1", |rows| is(rows, &[(0, "unsupported")])).await;
    assert_eq!(rows[0].detail, "TariffCostCtrlr.Enabled[Tariff] is false");
    station.boot().await.unwrap();
    // The neighbour's turn is over when this one's is.
    let neighbour = house.settled("CS2").await;
    let old = house.station("CS3", Version::V201).await;
    old.boot().await.unwrap();
    neighbour.boot().await.unwrap();
    neighbour.expect_call("GetTariffs").await.unwrap();
    neighbour.expect_call("GetTariffs").await.unwrap();
    for quiet in [&station, &old] {
        for action in ["GetVariables", "GetTariffs", "SetDefaultTariff"] {
            let asked = timeout(Duration::from_millis(1), quiet.expect_call(action)).await;
            assert!(asked.is_err(), "{action} of {}", quiet.id());
        }
    }
    let mut tx = house.app.db.read().await.unwrap();
    let kept = variables::named(&mut tx, "CS1", "TariffCostCtrlr", "Enabled").await.unwrap();
    assert_eq!(kept[0].value.as_deref(), Some("false"), "the answer is kept with the device model");
}

#[tokio::test]
async fn a_station_without_the_function_says_so() {
    let house = House::open().await;
    let station = house.station("CS1", Version::V21).await;
    station.answer_with("GetTariffs", Answer::Error("NotSupported".into(), "no tariffs here".into()));
    station.boot().await.unwrap();
    let rows = house.rows("CS1", |rows| is(rows, &[(0, "unsupported")])).await;
    assert_eq!((&*rows[0].answer, &*rows[0].detail), ("NotSupported", "no tariffs here"));
}

#[tokio::test]
async fn a_station_that_refuses_to_say_whether_it_counts_does_not() {
    let house = House::open().await;
    let station = house.station("CS1", Version::V21).await;
    station.answer_with("GetVariables", Answer::Error("InternalError".into(), "not today".into()));
    station.boot().await.unwrap();
    let rows = house.rows("CS1", |rows| is(rows, &[(0, "unsupported")])).await;
    assert_eq!((&*rows[0].answer, &*rows[0].detail), ("InternalError", "not today"));
    assert!(rows[0].next_at.is_some(), "some day it is asked again");
}

#[tokio::test]
async fn a_silent_station_is_given_time_and_holds_up_nobody() {
    let house = House::open().await;
    let silent = house.station("CS1", Version::V21).await;
    silent.answer_with("GetTariffs", Answer::Silence);
    silent.boot().await.unwrap();
    silent.expect_call("GetTariffs").await.unwrap();
    house.settled("CS2").await;
    silent.answer_normally("GetTariffs");
    // It comes back: that is a reason to ask again at once.
    silent.cut().await;
    silent.reconnect().await.unwrap();
    silent.boot().await.unwrap();
    silent.expect_call("SetDefaultTariff").await.unwrap();
    house.rows("CS1", |rows| is(rows, &[(0, "held")])).await;
}

async fn driver(house: &House) -> Station {
    let mut tx = house.app.db.write().await.unwrap();
    let token = TokenRow {
        id: 1,
        uid: "04AB".into(),
        kind: "ISO14443".into(),
        group_uid: None,
        holder: String::new(),
        language: String::new(),
        blocked: false,
        expires_at: None,
        concurrent: false,
        created_at: start(),
        max_cost: String::new(),
        max_energy_wh: None,
        max_time_s: None,
    };
    tokens::create(&mut tx, &token).await.unwrap();
    tx.commit().await.unwrap();
    house.settled("CS1").await
}

/// 10 kWh; the flags of the session, and what it costs.
async fn charge(house: &House, station: &Station) -> Result<(String, String), Error> {
    station.start(1, "04AB").await?;
    let took = station.charge_wh(1, 10_000)?;
    house.clock.advance(TimeDelta::from_std(took).unwrap());
    station.stop(1, "Local").await?;
    let session = house.session("CS1").await;
    Ok((session.flags, session.cost))
}

#[tokio::test]
async fn a_driver_with_a_tariff_of_their_own_brings_it_along() {
    let house = House::open().await;
    let station = driver(&house).await;
    let answer = |station: &Station| {
        station.acknowledged().iter().rfind(|a| a.action == "Authorize").unwrap().answer.clone()
    };
    station.authorize("04AB").await.unwrap();
    assert_eq!(answer(&station).get("tariff"), None, "the usual one is there already");
    house.publish("member", "0.30").await;
    let row = AssignmentRow {
        tariff_id: "member".into(),
        token_uid: Some("04AB".into()),
        token_kind: "ISO14443".into(),
        ..AssignmentRow::default()
    };
    house.assign(row).await;
    station.authorize("04AB").await.unwrap();
    let told = answer(&station);
    assert_eq!(told["tariff"]["energy"]["prices"][0]["priceKwh"], 0.3, "{told}");
    let charged = charge(&house, &station).await.unwrap();
    assert_eq!(charged, (String::new(), "3.00".into()), "both count with it");
}

#[tokio::test]
async fn a_driver_whose_tariff_depends_on_the_evse_cannot_be_told_it_beforehand() {
    let house = House::open().await;
    let station = driver(&house).await;
    house.publish("member", "0.30").await;
    let row = AssignmentRow {
        token_uid: Some("04AB".into()),
        token_kind: "ISO14443".into(),
        ..at_evse("member", "CS1", 2)
    };
    house.assign(row).await;
    station.authorize("04AB").await.unwrap();
    let told = station.acknowledged().iter().rfind(|a| a.action == "Authorize").unwrap().answer.clone();
    assert_eq!(told, json!({"idTokenInfo": {"status": "Accepted"}}));
}

#[tokio::test]
async fn costs_that_agree_are_quiet_and_wrong_ones_are_an_alarm() {
    let house = House::open().await;
    let station = driver(&house).await;
    assert_eq!(charge(&house, &station).await.unwrap(), (String::new(), "4.00".into()));
    let ended = station.acknowledged().iter().rfind(|a| a.action == "TransactionEvent").unwrap().clone();
    assert_eq!(ended.payload["costDetails"]["totalCost"]["total"]["inclTax"], 4.0);
    assert_eq!(ended.answer["totalCost"], 4.0);
    house.clock.advance(TimeDelta::minutes(5));
    station.clock().advance(Duration::from_secs(300));
    station.inject(Fault::WrongCosts);
    assert_eq!(charge(&house, &station).await.unwrap(), ("cost-differs".into(), "4.00".into()));
}
