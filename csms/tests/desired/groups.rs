//! Templates, passwords and certificates.

use crate::house::{ALL, House, start};
use chrono::TimeDelta;
use conformance::{Answer, Station};
use csms::{
    app::App,
    clock::Clock,
    config::Config,
    desired::{self, Kind, password, template},
    link::{auth::Vault, line::Stop},
    model::StationId,
    store::{desired::DesiredRow, row::StationRow, stations, testing::TestDb},
};
use ocpp::Version;
use serde_json::json;
use std::{collections::BTreeMap, time::Duration};
#[tokio::test]
async fn templates_follow_the_stations_of_their_group() {
    for db in TestDb::all().await.unwrap() {
        let house = House::open(&db).await;
        for (id, _) in ALL {
            house.register(id, "").await;
        }
        house.wish("S201", Kind::Configuration, "HeartbeatInterval", "45").await;
        let _stations = [
            house.connect("S16", Version::V16).await,
            house.connect("S201", Version::V201).await,
            house.connect("S21", Version::V21).await,
        ];
        house
            .template("all", 0, json!({}), &[("HeartbeatInterval", "60"), ("WebSocketPingInterval", "30")])
            .await;
        let value = |rows: &[DesiredRow], key: &str| {
            let row = rows.iter().find(|row| row.key == format!("OCPPCommCtrlr.{key}"))?;
            Some((row.value.clone(), row.template.clone()))
        };
        let has = |value: &str, template: &str| Some((value.to_owned(), template.to_owned()));
        for (id, own) in [("S16", has("60", "all")), ("S201", has("45", "")), ("S21", has("60", "all"))] {
            let rows = house.until_in_step(id).await;
            assert_eq!(value(&rows, "HeartbeatInterval"), own, "{id}: the station's own wins");
            assert_eq!(value(&rows, "WebSocketPingInterval"), has("30", "all"), "{id}");
        }

        // A template that goes before it, for some; what it would change is told first.
        let choice = json!({"stations": ["S21", "LATE"]});
        let settings = BTreeMap::from([("HeartbeatInterval".to_owned(), "90".to_owned())]);
        let next =
            template::Template::new("new", 5, serde_json::from_value(choice.clone()).unwrap(), &settings);
        let (many, at, changes) =
            template::preview(&house.app.db, "new", Some(&next.unwrap())).await.unwrap();
        let first: Vec<_> = changes.iter().map(|change| (&*change.station, change.from.as_deref())).collect();
        assert_eq!((many, at, first), (1, 1, vec![("S21", Some("60"))]));
        house.template("new", 5, choice, &[("HeartbeatInterval", "90")]).await;
        assert_eq!(value(&house.until_in_step("S21").await, "HeartbeatInterval"), has("90", "new"));
        assert_eq!(value(&house.until_in_step("S16").await, "HeartbeatInterval"), has("60", "all"));

        // A new station gets them at its boot, also what is for those that speak its version; an own wish that is dropped leaves its place to the template.
        let measurands = ("SampledDataCtrlr.TxUpdatedInterval", "15");
        house.template("speaks", 0, json!({"protocol": "ocpp2.1"}), &[measurands]).await;
        house.register("LATE", "").await;
        let late = house.connect("LATE", Version::V21).await;
        house.until("LATE", "it has them", |rows| rows.len() == 3).await;
        house.until_in_step("LATE").await;
        assert_eq!(late.setting("OCPPCommCtrlr.HeartbeatInterval").as_deref(), Some("90"));
        let key = "OCPPCommCtrlr.HeartbeatInterval";
        assert!(
            desired::forget(&house.app.db, &"S201".into(), Kind::Configuration, key, start()).await.unwrap()
        );
        assert_eq!(value(&house.rows("S201").await, "HeartbeatInterval"), has("60", "all"));
        assert!(
            !desired::forget(&house.app.db, &"S201".into(), Kind::Configuration, key, start()).await.unwrap()
        );

        // Who leaves the group is no longer meant.
        assert!(template::remove(&house.app.db, "all").await.unwrap());
        template::pass(&house.app).await.unwrap();
        assert!(house.rows("S16").await.is_empty() && house.rows("S201").await.is_empty());
        assert_eq!(value(&house.rows("S21").await, "HeartbeatInterval"), has("90", "new"));
    }
}

#[tokio::test]
async fn a_password_that_is_written_by_hand_is_the_one_to_connect_with() {
    let (old, new, other) = ("the-old-one-0123456789", "the-new-one-0123456789", "another-one-0123456789");
    for db in TestDb::all().await.unwrap() {
        let house = House::open(&db).await;
        for (id, version) in ALL {
            house.register(id, &Vault::seal_chosen(old).unwrap()).await;
            let station = Station::connect(house.options(id, version).password(old)).await.unwrap();
            station.boot().await.unwrap();
            let (name, variable) = match version {
                Version::V16 => ("ChangeConfiguration", json!({"name": "AuthorizationKey"})),
                _ => ("SetVariables", json!({"component": "SecurityCtrlr", "name": "BasicAuthPassword"})),
            };
            let answer = |status: &str| match version {
                Version::V16 => Answer::Result(json!({"status": status})),
                _ => Answer::Result(json!({"setVariableResult": [{"attributeStatus": status,
                    "component": {"name": "SecurityCtrlr"}, "variable": {"name": "BasicAuthPassword"}}]})),
            };
            let write = |value: &str| json!({"command": "write", "variables": [{"variable": variable, "value": value}]});
            let opens = async |password: &str| {
                Station::connect(house.options(id, version).password(password)).await.is_ok()
            };
            station.answer_with(name, answer("Rejected"));
            house.ask(id, write(other)).await;
            assert!(!opens(other).await && opens(old).await, "a refused password opens nothing");

            let station = Station::connect(house.options(id, version).password(old)).await.unwrap();
            station.boot().await.unwrap();
            station.answer_with(name, answer("Accepted"));
            let row = house.ask(id, write(new)).await;
            assert!(!row.body.contains(new) && !row.calls.contains(new), "{row:?}");
            assert!(!opens(old).await && opens(new).await, "{version:?}: what it has accepted counts");

            // Its answer is lost, or it wants a restart: both are right, until the newer one is used.
            for lost in [true, false] {
                let (before, after) = if lost { (new, other) } else { (other, new) };
                let station = Station::connect(house.options(id, version).password(before)).await.unwrap();
                station.boot().await.unwrap();
                let said = if lost { Answer::Silence } else { answer("RebootRequired") };
                station.answer_with(name, said);
                let loses = async {
                    if lost {
                        station.expect_call(name).await.unwrap();
                        house.app.hub.close(&id.into(), Stop::Operator);
                    }
                };
                let (row, ()) = tokio::join!(house.ask(id, write(after)), loses);
                assert_eq!(row.state, if lost { "unknown" } else { "answered" });
                assert!(!row.body.contains(after), "{row:?}");
                assert!(opens(before).await && opens(before).await && opens(after).await, "{version:?}");
                assert!(!opens(before).await && opens(after).await, "{version:?}");
            }
        }
    }
}

/// How a station of a version is told a password by hand, and how it answers with a status.
fn of_password(version: Version) -> (&'static str, serde_json::Value, impl Fn(&str) -> Answer) {
    let (name, variable) = match version {
        Version::V16 => ("ChangeConfiguration", json!({"name": "AuthorizationKey"})),
        _ => ("SetVariables", json!({"component": "SecurityCtrlr", "name": "BasicAuthPassword"})),
    };
    let answer = move |status: &str| match version {
        Version::V16 => Answer::Result(json!({"status": status})),
        _ => Answer::Result(json!({"setVariableResult": [{"attributeStatus": status,
            "component": {"name": "SecurityCtrlr"}, "variable": {"name": "BasicAuthPassword"}}]})),
    };
    (name, variable, answer)
}

#[tokio::test]
async fn every_password_that_may_have_been_taken_is_open_until_a_later_one_is_used() {
    let [old, first, second, third] =
        ["the-old-one-0123456789", "the-first-0123456789", "the-second-0123456789", "the-third-0123456789"];
    for db in TestDb::all().await.unwrap() {
        let house = House::open(&db).await;
        for (id, version) in ALL {
            house.register(id, &Vault::seal_chosen(old).unwrap()).await;
            let (name, variable, answer) = of_password(version);
            let write = |value: &str| json!({"command": "write", "variables": [{"variable": variable, "value": value}]});
            let comes = async |password: &str| {
                let came = Station::connect(house.options(id, version).password(password)).await;
                if let Ok(station) = &came {
                    station.boot().await.unwrap();
                }
                came.ok()
            };
            // It takes the first after its next start; nobody knows the second that it does not want.
            let station = comes(old).await.unwrap();
            station.answer_with(name, answer("RebootRequired"));
            house.ask(id, write(first)).await;
            station.answer_with(name, answer("Rejected"));
            // It has taken the first by now, and does not want it again.
            house.ask(id, write(first)).await;
            house.ask(id, write(second)).await;
            assert!(comes(second).await.is_none(), "{version:?}: a refused password opens nothing");
            assert!(comes(old).await.is_some(), "{version:?}");
            let station = comes(first).await.expect("the first is still open");

            // It has taken the second, which nobody knows, and takes the third after its next start.
            station.answer_with(name, Answer::Silence);
            let loses = async {
                station.expect_call(name).await.unwrap();
                house.app.hub.close(&id.into(), Stop::Operator);
            };
            let (row, ()) = tokio::join!(house.ask(id, write(second)), loses);
            assert_eq!(row.state, "unknown");
            let station = comes(first).await.unwrap();
            station.answer_with(name, answer("RebootRequired"));
            house.ask(id, write(third)).await;
            assert!(comes(second).await.is_some() && comes(first).await.is_none(), "{version:?}");
            let station = comes(third).await.expect("the third is still open");
            assert!(comes(second).await.is_none(), "{version:?}: the newest alone counts");

            // An answer that nobody can read says neither yes nor no.
            drop(station);
            let station = comes(third).await.unwrap();
            station.answer_with(name, Answer::Result(json!({"odd": true})));
            let row = house.ask(id, write(first)).await;
            assert_eq!((row.state.as_str(), row.verdict.as_str()), ("unknown", "invalid"));
            assert!(comes(third).await.is_some() && comes(first).await.is_some(), "{version:?}");
        }
    }
}

#[tokio::test]
async fn a_station_is_not_told_more_passwords_than_are_kept_open() {
    let db = TestDb::sqlite().unwrap();
    let house = House::open(&db).await;
    let version = Version::V201;
    house.register("S", &Vault::seal_chosen("the-old-one-0123456789").unwrap()).await;
    let station =
        Station::connect(house.options("S", version).password("the-old-one-0123456789")).await.unwrap();
    station.boot().await.unwrap();
    let (name, variable, answer) = of_password(version);
    station.answer_with(name, answer("RebootRequired"));
    let told = async |nth: usize| {
        let value = format!("number-{nth}-0123456789");
        let write = json!({"command": "write", "variables": [{"variable": variable, "value": value}]});
        house.ask("S", write).await
    };
    for nth in 0..4 {
        assert_eq!(told(nth).await.verdict, "accepted");
    }
    assert_eq!(told(2).await.verdict, "accepted", "it is open already");
    let row = told(4).await;
    assert_eq!((row.verdict.as_str(), row.calls.as_str()), ("refused", "[]"));
    assert!(row.reason.contains("restart the station"), "{}", row.reason);
    assert!(Station::connect(house.options("S", version).password("number-0-0123456789")).await.is_ok());
}

#[tokio::test]
async fn a_stations_own_wish_stands_in_whatever_order_the_database_has_its_letters() {
    let mut databases = vec![TestDb::sqlite().unwrap()];
    databases.extend(TestDb::in_words().await.unwrap());
    for db in databases {
        let house = House::open(&db).await;
        let stations = ["CSA", "a1", "CS-10", "B1", "cs_2", "A1"];
        for id in stations {
            house.register(id, "").await;
        }
        for id in ["B1", "CS-10", "a1"] {
            house.wish(id, Kind::Configuration, "HeartbeatInterval", "60").await;
        }
        let value = async |id: &str| {
            let rows = house.rows(id).await;
            rows.first().map(|row| (row.value.clone(), row.template.clone()))
        };
        let has = |value: &str, template: &str| Some((value.to_owned(), template.to_owned()));
        let choice = serde_json::from_value(json!({})).unwrap();
        let settings = BTreeMap::from([("HeartbeatInterval".to_owned(), "3600".to_owned())]);
        let all = template::Template::new("all", 0, choice, &settings).unwrap();
        let (many, at, _) = template::preview(&house.app.db, "all", Some(&all)).await.unwrap();
        assert_eq!((many, at), (3, 3));
        house.template("all", 0, json!({}), &[("HeartbeatInterval", "3600")]).await;
        for id in stations {
            let own = ["B1", "CS-10", "a1"].contains(&id);
            let expected = if own { has("60", "") } else { has("3600", "all") };
            assert_eq!(value(id).await, expected, "{id}");
        }
        assert!(template::remove(&house.app.db, "all").await.unwrap());
        template::pass(&house.app).await.unwrap();
        for id in stations {
            let own = ["B1", "CS-10", "a1"].contains(&id);
            assert_eq!(value(id).await, has("60", "").filter(|_| own), "{id}");
        }
    }
}

#[tokio::test]
async fn a_password_that_is_wished_is_told_once_and_then_forgotten() {
    for db in TestDb::all().await.unwrap() {
        let house = House::open(&db).await;
        for (id, version) in ALL {
            let old = Vault::generate().unwrap();
            house.register(id, &house.app.vault.seal_generated(&old).unwrap()).await;
            password::rotate(&house.app.db, &house.app.vault, &id.into(), "ada", start()).await.unwrap();
            house.app.desires.changed(&id.into());
            let waits = house.rows(id).await.remove(0);
            let new = waits.value.clone();
            assert_eq!(new.len(), 40);
            let station = Station::connect(house.options(id, version).password(&old)).await.unwrap();
            let (name, answer) = match version {
                Version::V16 => ("ChangeConfiguration", json!({"status": "Accepted"})),
                _ => (
                    "SetVariables",
                    json!({"setVariableResult": [{"attributeStatus": "Accepted",
                    "component": {"name": "SecurityCtrlr"}, "variable": {"name": "BasicAuthPassword"}}]}),
                ),
            };
            station.answer_with(name, Answer::Result(answer));
            station.boot().await.unwrap();
            let rows = house.until_in_step(id).await;
            assert_eq!((&*rows[0].value, &*rows[0].sealed), ("***", ""));
            let kept = format!("{:?}{:?}", rows, house.asked(id).await);
            assert!(!kept.contains(&new), "it is kept nowhere in clear");
            let again = Station::connect(house.options(id, version).password(&new)).await;
            assert!(again.is_ok(), "{version:?}");
            let row = stations::find(&mut house.app.db.read().await.unwrap(), id).await.unwrap().unwrap();
            assert!(row.secret.starts_with("hmac$") && row.next_secret.is_empty());
            assert!(Station::connect(house.options(id, version).password(&old)).await.is_err());
        }
    }
}

#[tokio::test]
async fn a_root_certificate_is_installed_and_removed_by_the_names_of_the_station() {
    let pem = include_str!("../../../conformance/src/suite/data/root.pem");
    let hashes = json!({
        "hashAlgorithm": "SHA256",
        "issuerNameHash": "AA62A7134D7C960903D511AEDB503D4B2D21ACCBDE3AF1DEE69EACCE26C1A6AF",
        "issuerKeyHash": "ab12",
        "serialNumber": "614349A4DC4F36CB868ACED3CF46B2BEB2D45700",
    });
    for db in TestDb::all().await.unwrap() {
        let house = House::open(&db).await;
        for (id, version) in ALL {
            house.register(id, "").await;
            let status = |word: &str| Answer::Result(json!({"status": word}));
            let has = |yes: bool| match (yes, version) {
                (false, _) => status("NotFound"),
                (true, Version::V16) => {
                    Answer::Result(json!({"status": "Accepted", "certificateHashData": [hashes]}))
                }
                (true, _) => Answer::Result(json!({"status": "Accepted", "certificateHashDataChain":
                    [{"certificateType": "CSMSRootCertificate", "certificateHashData": hashes}]})),
            };
            let wish = async |value: &str| {
                let wish = desired::certificate_wish("CSMSRootCertificate/ours", value, pem).unwrap();
                let now = house.app.clock.now();
                desired::set(&house.app.db, &id.into(), vec![wish], "ada", now).await.unwrap();
                house.app.desires.changed(&id.into());
            };
            let station = house.connect(id, version).await;
            station.answer_with("GetInstalledCertificateIds", has(false));
            station.answer_with("InstallCertificate", status("Failed"));
            wish("installed").await;
            house.until(id, "it was refused", |rows| rows.first().is_some_and(|row| row.tries == 1)).await;
            station.expect_call("InstallCertificate").await.unwrap();
            station.answer_with("InstallCertificate", status("Accepted"));
            desired::hurry(&house.app.db, &id.into(), None, house.app.clock.now()).await.unwrap();
            house.app.desires.changed(&id.into());
            station.expect_call("InstallCertificate").await.unwrap();
            station.answer_with("GetInstalledCertificateIds", has(true));
            station.boot().await.unwrap();
            house.until_in_step(id).await;

            station.answer_with("DeleteCertificate", status("Accepted"));
            house.clock.advance(TimeDelta::seconds(1));
            wish("absent").await;
            let gone = station.expect_call("DeleteCertificate").await.unwrap();
            assert_eq!(gone["certificateHashData"], hashes, "{version:?}");
            station.answer_with("GetInstalledCertificateIds", has(false));
            station.boot().await.unwrap();
            house.until_in_step(id).await;
        }
    }
}

#[test]
fn a_password_of_a_group_or_a_weak_one_is_not_taken() {
    let settings = BTreeMap::from([("AuthorizationKey".to_owned(), "0123456789abcdef".to_owned())]);
    let error = template::Template::new("t", 0, template::Choice::default(), &settings).unwrap_err();
    assert!(error.to_string().contains("every station has its own"), "{error}");
    assert!(desired::wish(Kind::Configuration, "AuthorizationKey", "short").is_err());
}

#[tokio::test]
async fn what_a_station_gets_of_its_own_at_the_same_time_is_not_the_templates() {
    for db in TestDb::all().await.unwrap() {
        // Nobody but this test makes a pass.
        let config = Config { database: db.config.clone(), ..Config::default() };
        let app = App::open(config, Clock::fixed(start())).await.unwrap();
        let station: StationId = "S201".into();
        let row = StationRow { id: "S201".into(), created_at: start(), ..StationRow::default() };
        let mut tx = app.db.write().await.unwrap();
        stations::create(&mut tx, &row).await.unwrap();
        tx.commit().await.unwrap();
        let has = async || {
            let mut tx = app.db.read().await.unwrap();
            let row = csms::store::desired::of_station(&mut tx, &station).await.unwrap().pop().unwrap();
            (row.value, row.template)
        };
        let own_while_passing = async |value: &str| {
            let wish = desired::wish(Kind::Configuration, "HeartbeatInterval", value).unwrap();
            let prepared = desired::prepare(vec![wish]).await.unwrap();
            let mut tx = app.db.write().await.unwrap();
            desired::set_in(&mut tx, &station, prepared, "ada", start()).await.unwrap();
            let other = app.clone();
            let mut pass = tokio::spawn(async move { template::pass(&other).await });
            let waits = tokio::time::timeout(Duration::from_millis(300), &mut pass).await;
            assert!(waits.is_err(), "{waits:?}");
            tx.commit().await.unwrap();
            pass.await.unwrap().unwrap();
        };

        let interval = BTreeMap::from([("HeartbeatInterval".to_owned(), "60".to_owned())]);
        let all = template::Template::new("all", 0, template::Choice::default(), &interval).unwrap();
        template::put(&app.db, &all, "ada", start()).await.unwrap();
        own_while_passing("45").await;
        assert_eq!(has().await, ("45".to_owned(), String::new()), "the template wants it otherwise");

        let key = "OCPPCommCtrlr.HeartbeatInterval";
        assert!(desired::forget(&app.db, &station, Kind::Configuration, key, start()).await.unwrap());
        assert_eq!(has().await, ("60".to_owned(), "all".to_owned()));
        template::remove(&app.db, "all").await.unwrap();
        own_while_passing("30").await;
        assert_eq!(has().await, ("30".to_owned(), String::new()), "the template wants it no longer");
    }
}
