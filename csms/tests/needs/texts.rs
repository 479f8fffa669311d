//! Texts on displays.

use crate::house::{House, ID, PATIENCE};
use conformance::{Answer, Station};
use csms::{
    command::{self, Ask, Until},
    store::{
        testing::TestDb,
        texts::{self, TextRow},
    },
};
use ocpp::Version;
use serde_json::json;

async fn connect(house: &House, version: Version) -> Station {
    let station = house.connect(version).await;
    station.configure("DisplayMessageCtrlr.SupportedFormats", "ASCII,UTF8");
    station.configure("DisplayMessageCtrlr.SupportedPriorities", "NormalCycle,InFront");
    station
}

fn shown(station: &Station) -> Vec<(String, String)> {
    let text = |message: &serde_json::Value, field: &str| {
        message.pointer(field).and_then(serde_json::Value::as_str).unwrap_or_default().to_owned()
    };
    let mut all: Vec<_> = station
        .displayed()
        .iter()
        .map(|message| (text(message, "/state"), text(message, "/message/content")))
        .collect();
    all.sort();
    all
}

#[tokio::test]
async fn texts_stand_on_displays_change_with_the_price_and_go_when_they_are_removed() {
    for db in TestDb::all().await.unwrap() {
        let house = House::open(&db).await;
        let price = |kwh: &str| {
            format!(
                r#"{{"id":"plain","currency":"EUR","elements":[{{"components":[{{"dimension":"energy","price":"{kwh}"}}]}}]}}"#
            )
        };
        house.tariff(&price("0.40")).await;
        for version in [Version::V201, Version::V21] {
            let station = connect(&house, version).await;
            house.text("idle", "en", "{station}: {price}").await;
            house.text("faulted", "zh", "故障").await;
            let now = shown(&station);
            assert_eq!(now[0], ("Faulted".into(), "故障".into()), "{version:?}");
            assert!(
                now[1].0 == "Idle" && now[1].1.starts_with("HALL-7: ") && now[1].1.contains("0.4"),
                "{now:?}"
            );
            // Nothing has changed: nothing is told.
            let before = texts::told(&mut house.app.db.read().await.unwrap(), ID).await.unwrap();
            house.show().await;
            assert_eq!(texts::told(&mut house.app.db.read().await.unwrap(), ID).await.unwrap(), before);

            house.text("idle", "en", "Free").await;
            assert_eq!(shown(&station)[1].1, "Free");
            let mut tx = house.app.db.write().await.unwrap();
            for name in ["idle-en", "faulted-zh"] {
                assert!(texts::remove(&mut tx, name).await.unwrap());
            }
            tx.commit().await.unwrap();
            house.show().await;
            assert_eq!(shown(&station), []);
            assert_eq!(texts::told(&mut house.app.db.read().await.unwrap(), ID).await.unwrap(), []);
            station.close().await;
        }
    }
}

#[tokio::test]
async fn a_station_is_given_what_it_takes_and_told_again_after_a_boot() {
    let db = TestDb::sqlite().unwrap();
    let house = House::open(&db).await;
    house.says("DisplayMessageCtrlr", "SupportedFormats", "", "ASCII").await;
    house.says("DisplayMessageCtrlr", "Language", "", "en,de").await;
    let station = connect(&house, Version::V21).await;
    house.text("idle", "en", "Free").await;
    house.text("charging", "de", "Lädt").await;
    house.text("faulted", "zh", "Broken").await;
    let all = shown(&station);
    assert_eq!(all, [("Idle".to_owned(), "Free".to_owned())], "no umlauts, no Chinese");
    house.pass(&station, 60);
    station.boot().await.unwrap();
    house.show().await;
    let told = texts::told(&mut house.app.db.read().await.unwrap(), ID).await.unwrap();
    assert_eq!((told.len(), told[0].at), (1, house.clock.now()), "it may have forgotten it");
}

#[tokio::test]
async fn a_station_that_refuses_a_text_is_asked_again_only_after_a_while() {
    let db = TestDb::sqlite().unwrap();
    let house = House::open(&db).await;
    let station = house.connect(Version::V201).await;
    station.answer_with("SetDisplayMessage", Answer::Result(json!({"status": "Rejected"})));
    house.text("idle", "en", "Free").await;
    let told = async || texts::told(&mut house.app.db.read().await.unwrap(), ID).await.unwrap().remove(0);
    let first = told().await;
    assert!(first.tries == 1 && first.answer != "Accepted", "{first:?}");
    house.show().await;
    assert_eq!(told().await, first);
    house.pass(&station, 61);
    house.show().await;
    assert_eq!(told().await.tries, 2);
}

#[tokio::test]
async fn a_station_that_does_not_answer_is_told_one_text_at_a_time() {
    let db = TestDb::sqlite().unwrap();
    let house = House::open_with(&db, |config| config.ocpp.call_timeout_s = 5).await;
    let station = house.connect(Version::V201).await;
    station.answer_with("SetDisplayMessage", Answer::Silence);
    let mut tx = house.app.db.write().await.unwrap();
    for state in ["idle", "charging", "faulted"] {
        let row = TextRow {
            name: state.into(),
            state: state.into(),
            language: "en".into(),
            body: "Free".into(),
            priority: "NormalCycle".into(),
            changed_at: house.clock.now(),
            ..TextRow::default()
        };
        assert!(texts::put(&mut tx, &row).await.unwrap());
    }
    tx.commit().await.unwrap();
    house.show().await;
    let told = texts::told(&mut house.app.db.read().await.unwrap(), ID).await.unwrap();
    assert_eq!(told.len(), 1, "{told:?}");
    station.answer_normally("SetDisplayMessage");
    house.pass(&station, 61);
    house.show().await;
    assert_eq!(shown(&station).len(), 3);
}

#[tokio::test]
async fn a_text_that_a_display_has_lost_is_told_anew_and_other_messages_are_left_alone() {
    for db in TestDb::all().await.unwrap() {
        let house = House::open(&db).await;
        let station = connect(&house, Version::V201).await;
        house.text("idle", "en", "Free").await;
        let call = async |action: &str, payload: serde_json::Value| {
            let call = json!({"command": "call", "action": action, "payload": payload});
            let ask = Ask::new(&ID.into(), serde_json::from_value(call).unwrap(), "ada");
            let row = command::issue(&house.app, ask).await.unwrap();
            let row = command::wait(&house.app, row.id, Until::Answer, PATIENCE).await.unwrap().unwrap();
            assert_eq!(row.verdict, "accepted");
        };
        let foreign = json!({"message": {"id": 7, "priority": "InFront", "message": {"format": "UTF8", "content": "Hi"}}});
        call("SetDisplayMessage", foreign).await;
        let number = texts::told(&mut house.app.db.read().await.unwrap(), ID).await.unwrap()[0].number;
        call("ClearDisplayMessage", json!({"id": number})).await;
        let texts_there = || shown(&station).into_iter().map(|(_, text)| text).collect::<Vec<_>>();
        house.show().await;
        assert_eq!(texts_there(), ["Hi"], "it was looked at a moment ago");

        house.pass(&station, 24 * 3600);
        house.show().await;
        assert_eq!(texts_there(), ["Hi", "Free"]);
        let check = texts::checked(&mut house.app.db.read().await.unwrap(), ID).await.unwrap().unwrap();
        assert_eq!((&*check.answer, check.missing), ("Accepted", 1));

        // One that cannot say is asked again the day after, and shows what it was told.
        station.answer_with("GetDisplayMessages", Answer::Error("NotImplemented".into(), String::new()));
        house.pass(&station, 24 * 3600);
        house.show().await;
        let check = texts::checked(&mut house.app.db.read().await.unwrap(), ID).await.unwrap().unwrap();
        assert_eq!((&*check.answer, check.missing), ("unsupported NotImplemented", 0));
    }
}
