//! Codes on displays, at real sockets: shown, renewed, taken away, replaced by the receipt, and never told twice.

use super::house::{House, STATION, click, house, houses_with};
use super::stations::{PATIENCE, station, until};
use chrono::TimeDelta;
use conformance::{Answer, ConnectorState, Options, Station};
use csms::{
    config::{Config, DisplayWay},
    display,
    link::listen,
    model::StationId,
    pay::{self, Agent, State},
    store::{
        displays::{self, DisplayRow, MessageRow},
        station_codes::{self, StationCodeRow},
        stations,
    },
};
use ocpp::Version;
use payments::provider::Method;
use serde_json::{Value, json};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// All displays, told at once.
fn on(config: &mut Config) {
    config.web.public_url = "https://pay.example".to_owned();
    config.pay.display.all = true;
    config.pay.display.spread_s = 0;
}

async fn look(house: &House) -> Option<TimeDelta> {
    let at = display::look(&house.app, &STATION.into()).await.unwrap();
    at.map(|at| at - house.clock.now())
}

async fn known(house: &House) -> DisplayRow {
    let mut tx = house.app.db.read().await.unwrap();
    displays::find(&mut tx, STATION).await.unwrap().unwrap()
}

async fn shown(house: &House) -> MessageRow {
    let mut tx = house.app.db.read().await.unwrap();
    displays::messages(&mut tx, STATION).await.unwrap().remove(0)
}

fn content(message: &Value) -> &str {
    message["message"]["content"].as_str().unwrap()
}

/// The calls of an action that the station has had.
async fn calls(station: &Station, action: &str) -> usize {
    let mut count = 0;
    while let Ok(Ok(_)) = timeout(std::time::Duration::from_millis(1), station.expect_call(action)).await {
        count += 1;
    }
    count
}

#[tokio::test]
async fn a_free_outlet_shows_a_code_that_leads_to_its_page_and_is_renewed_in_time() {
    for (version, format) in [(Version::V201, "URI"), (Version::V21, "QRCODE")] {
        for house in houses_with(on).await {
            let (station, _serving) = station(&house, version).await;
            let next = look(&house).await.unwrap();
            assert!((TimeDelta::minutes(4)..=TimeDelta::minutes(5)).contains(&next), "{next}");
            let first = station.displayed().remove(0);
            assert_eq!((&first["message"]["format"], &first["state"]), (&json!(format), &json!("Idle")));
            let code = content(&first).strip_prefix("https://pay.example/p/").unwrap();
            let offer = pay::offer(&house.app, code, Agent::Browser).await.unwrap();
            assert_eq!((&*offer.station, offer.evse), (STATION, 1));
            assert_eq!(known(&house).await.state, "shows");

            // Looked at again and again, it is told once.
            look(&house).await;
            assert_eq!(calls(&station, "SetDisplayMessage").await, 1);
            house.advance(300);
            station.clock().set(house.clock.now());
            let old = pay::offer(&house.app, code, Agent::Browser).await;
            assert!(old.is_ok(), "who has just scanned it has time to pay");
            look(&house).await;
            let second = station.displayed();
            assert_eq!((second.len(), &second[0]["id"]), (1, &first["id"]), "one takes the other's place");
            assert_ne!(content(&second[0]), content(&first));
            house.advance(300);
            assert!(pay::offer(&house.app, code, Agent::Browser).await.is_err());
        }
    }
}

#[tokio::test]
async fn what_a_display_refuses_is_left_out_and_remembered() {
    for house in houses_with(on).await {
        let (station, _serving) = station(&house, Version::V201).await;
        // It says nothing of itself, and takes text only, in front, whatever its state.
        station.answer_with("GetVariables", Answer::Error("NotSupported".into(), String::new()));
        station.configure("DisplayMessageCtrlr.SupportedFormats", "UTF8");
        station.configure("DisplayMessageCtrlr.SupportedPriorities", "AlwaysFront");
        station.configure("DisplayMessageCtrlr.SupportedStates", "Charging");
        look(&house).await;
        let message = station.displayed().remove(0);
        assert_eq!(message["message"]["format"], "UTF8");
        assert!(content(&message).starts_with("1: https://pay.example/p/t."));
        assert_eq!((message["priority"].as_str(), message.get("state")), (Some("AlwaysFront"), None));
        assert_eq!(calls(&station, "SetDisplayMessage").await, 5);
        house.advance(300);
        look(&house).await;
        assert_eq!(calls(&station, "SetDisplayMessage").await, 1, "it is not tried again");
    }
}

#[tokio::test]
async fn a_session_takes_the_code_away_and_its_receipt_comes_before_the_next_code() {
    for house in houses_with(on).await {
        let (station, _serving) = station(&house, Version::V201).await;
        look(&house).await;
        assert_eq!(station.displayed().len(), 1);
        let order = pay::open(&house.app, &house.wish("a")).await.unwrap();
        pay::click(&house.app, &order.number, &click(order.version, Method::Hosted)).await.unwrap();
        house.pay(&order).await;
        look(&house).await;
        assert_eq!(station.displayed(), Vec::<Value>::new(), "paid: the place is taken");
        until(&house, order.id, State::Charging).await;
        look(&house).await;
        assert_eq!(calls(&station, "ClearDisplayMessage").await, 1);
        station.charge_wh(1, 5_000).unwrap();
        station.meter(1).await.unwrap();
        pay::stop(&house.app, &order.number, "driver").await.unwrap();
        until(&house, order.id, State::Captured).await;
        station.status(1, ConnectorState::Available).await.unwrap();
        let next = look(&house).await.unwrap();
        station.clock().set(house.clock.now());
        let row = shown(&house).await;
        assert_eq!((&*row.stands, &*row.answer), ("receipt", "Accepted"));
        assert_eq!(content(&station.displayed()[0]), format!("https://pay.example/o/{}", order.number));
        assert!(next <= TimeDelta::minutes(2));
        house.advance(120);
        station.clock().set(house.clock.now());
        look(&house).await;
        assert!(content(&station.displayed()[0]).contains("/p/t."));
    }
}

#[tokio::test]
async fn an_outlet_out_of_order_shows_no_code() {
    for house in houses_with(on).await {
        let (station, _serving) = station(&house, Version::V21).await;
        look(&house).await;
        station.status(1, ConnectorState::Faulted).await.unwrap();
        look(&house).await;
        assert_eq!(station.displayed(), Vec::<Value>::new());
        station.status(1, ConnectorState::Available).await.unwrap();
        look(&house).await;
        assert_eq!(station.displayed().len(), 1);
    }
}

#[tokio::test]
async fn another_process_does_not_tell_again_what_still_stands() {
    for mut house in houses_with(on).await {
        let (before, serving) = station(&house, Version::V201).await;
        look(&house).await;
        assert_eq!(calls(&before, "SetDisplayMessage").await, 1);
        before.close().await;
        drop(serving);
        house.restart().await;
        let (after, _serving) = super::stations::connected(&house, Version::V201).await;
        assert!(look(&house).await.is_some());
        assert_eq!(calls(&after, "SetDisplayMessage").await, 0);
        // One that has booted may have lost it.
        house.advance(1);
        after.boot().await.unwrap();
        look(&house).await;
        assert_eq!(calls(&after, "SetDisplayMessage").await, 1);
    }
}

#[tokio::test]
async fn a_station_that_refuses_is_asked_ever_less_often_and_one_without_a_display_tomorrow() {
    for house in houses_with(on).await {
        let (station, _serving) = station(&house, Version::V201).await;
        let no = json!({"status": "Rejected", "statusInfo": {"reasonCode": "NoSpace"}});
        station.answer_with("SetDisplayMessage", Answer::Result(no));
        for minutes in [1, 2, 4] {
            assert_eq!(look(&house).await, Some(TimeDelta::minutes(minutes)));
            look(&house).await;
            assert_eq!(calls(&station, "SetDisplayMessage").await, 1);
            house.advance(minutes * 60);
        }
        let row = known(&house).await;
        assert_eq!((&*row.state, &*row.detail), ("refused", "Rejected NoSpace"));
        station.answer_with("SetDisplayMessage", Answer::Error("NotSupported".into(), "no display".into()));
        look(&house).await;
        assert_eq!(known(&house).await.state, "unsupported");
        house.advance(12 * 3_600);
        look(&house).await;
        assert_eq!(calls(&station, "SetDisplayMessage").await, 1);
        station.answer_normally("SetDisplayMessage");
        house.advance(12 * 3_600);
        look(&house).await;
        assert_eq!(known(&house).await.state, "shows");
    }
}

#[tokio::test]
async fn stations_that_make_their_codes_show_none_of_ours() {
    let house = houses_with(on).await.remove(0);
    let (station, _serving) = station(&house, Version::V21).await;
    let row = StationCodeRow {
        station_id: STATION.to_owned(),
        state: "set".to_owned(),
        digest: "d".to_owned(),
        detail: String::new(),
        changed_at: house.clock.now(),
    };
    let mut tx = house.app.db.write().await.unwrap();
    station_codes::keep(&mut tx, &row).await.unwrap();
    tx.commit().await.unwrap();
    look(&house).await;
    assert_eq!(station.displayed(), Vec::<Value>::new());
    assert_eq!(known(&house).await.state, "own_codes");
}

fn way() -> DisplayWay {
    DisplayWay {
        vendor: "Hafenwerk".to_owned(),
        model: "Duo".to_owned(),
        show: r#"{"outlet":{evse},"qr":"{url}","until":"{expires}"}"#.to_owned(),
        clear: r#"{"outlet":{evse}}"#.to_owned(),
        ..DisplayWay::default()
    }
}

#[tokio::test]
async fn a_1_6_station_is_told_by_a_message_of_its_vendor() {
    let with_way = |config: &mut Config| {
        on(config);
        let (vendor_id, message_id) = ("de.hafenwerk".to_owned(), "ShowQr".to_owned());
        config.pay.display.ways = vec![DisplayWay { vendor_id, message_id, ..way() }];
    };
    for house in houses_with(with_way).await {
        let (station, _serving) = station(&house, Version::V16).await;
        station.answer_with("DataTransfer", Answer::Result(json!({"status": "Accepted"})));
        look(&house).await;
        let call = timeout(PATIENCE, station.expect_call("DataTransfer")).await.unwrap().unwrap();
        assert_eq!((&call["vendorId"], &call["messageId"]), (&json!("de.hafenwerk"), &json!("ShowQr")));
        let data: Value = serde_json::from_str(call["data"].as_str().unwrap()).unwrap();
        assert_eq!((&data["outlet"], &data["until"]), (&json!(1), &json!("2026-03-02T08:10:00Z")));
        assert!(data["qr"].as_str().unwrap().starts_with("https://pay.example/p/t."));
        station.status(1, ConnectorState::Faulted).await.unwrap();
        look(&house).await;
        let call = timeout(PATIENCE, station.expect_call("DataTransfer")).await.unwrap().unwrap();
        assert_eq!(call["data"], r#"{"outlet":1}"#);
        station.status(1, ConnectorState::Available).await.unwrap();
        station.answer_normally("DataTransfer");
        look(&house).await;
        let row = known(&house).await;
        assert_eq!((&*row.state, &*row.detail), ("unsupported", "UnknownVendorId"));
    }
}

#[tokio::test]
async fn a_1_6_station_is_told_by_a_configuration_key_and_one_of_another_make_not_at_all() {
    let with_way = |model: &str| {
        let model = model.to_owned();
        move |config: &mut Config| {
            on(config);
            let way = DisplayWay { configuration: "QrCode{evse}".into(), show: "{url}".into(), ..way() };
            config.pay.display.ways = vec![DisplayWay { model: model.clone(), ..way }];
        }
    };
    for house in houses_with(with_way("Duo 22")).await {
        let (station, _serving) = station(&house, Version::V16).await;
        station.configure("QrCode1", "");
        look(&house).await;
        assert!(station.setting("QrCode1").unwrap().starts_with("https://pay.example/p/t."));
        assert_eq!(shown(&house).await.answer, "Accepted");
    }
    for house in houses_with(with_way("Solo")).await {
        let (_station, _serving) = station(&house, Version::V16).await;
        look(&house).await;
        assert_eq!(known(&house).await.state, "no_way");
    }
}

#[tokio::test]
async fn an_operator_turns_a_display_off_and_what_stands_there_is_taken_away() {
    for house in houses_with(on).await {
        let (station, _serving) = station(&house, Version::V201).await;
        look(&house).await;
        let mut tx = house.app.db.write().await.unwrap();
        displays::choose(&mut tx, STATION, "off", house.clock.now()).await.unwrap();
        tx.commit().await.unwrap();
        look(&house).await;
        assert_eq!(station.displayed(), Vec::<Value>::new());
        look(&house).await;
        assert_eq!(calls(&station, "ClearDisplayMessage").await, 1);
    }
}

#[tokio::test]
async fn the_job_follows_what_happens_at_the_station() {
    let house = houses_with(on).await.remove(0);
    let stop = CancellationToken::new();
    let _stop = stop.clone().drop_guard();
    tokio::spawn(display::run(house.app.clone(), stop));
    let (station, _serving) = station(&house, Version::V201).await;
    let call = timeout(PATIENCE, station.expect_call("SetDisplayMessage")).await.unwrap().unwrap();
    assert!(content(&call["message"]).contains("/p/t."));
    station.status(1, ConnectorState::Faulted).await.unwrap();
    timeout(PATIENCE, station.expect_call("ClearDisplayMessage")).await.unwrap().unwrap();
    // One that its operator turns off shows none when it is mended.
    let id: StationId = STATION.into();
    let mut tx = house.app.db.write().await.unwrap();
    displays::choose(&mut tx, STATION, "off", house.clock.now()).await.unwrap();
    tx.commit().await.unwrap();
    display::chosen(&house.app, &id, "off");
    station.status(1, ConnectorState::Available).await.unwrap();
    assert_eq!(display::look(&house.app, &id).await.unwrap(), None);
    assert_eq!(calls(&station, "SetDisplayMessage").await, 0);
}

#[tokio::test]
async fn however_many_stations_come_back_a_few_are_told_at_a_time() {
    const STATIONS: usize = 24;
    let patient = |config: &mut Config| {
        on(config);
        config.ocpp.call_timeout_s = 600;
    };
    let house = houses_with(patient).await.remove(0);
    let listener = listen::bind(([127, 0, 0, 1], 0).into()).unwrap();
    let url = format!("ws://{}/ocpp", listener.local_addr().unwrap());
    let stop = CancellationToken::new();
    let _stop = stop.clone().drop_guard();
    tokio::spawn(listen::serve(house.app.clone(), listener, stop.clone()));
    let mut waiting = Vec::new();
    for number in 0..STATIONS {
        let id = format!("S{number}");
        let mut tx = house.app.db.write().await.unwrap();
        stations::create_if_absent(&mut tx, &id, house.clock.now()).await.unwrap();
        tx.commit().await.unwrap();
        let options = Options::new(&url, &id, Version::V201).clock_at(house.clock.now()).timeout(PATIENCE);
        let station = Station::connect(options).await.unwrap();
        station.boot().await.unwrap();
        station.status(1, ConnectorState::Available).await.unwrap();
        // It keeps its place until it goes away.
        station.answer_with("SetDisplayMessage", Answer::Silence);
        waiting.push(station);
    }
    tokio::spawn(display::run(house.app.clone(), stop.clone()));
    let mut told = Vec::new();
    let served = timeout(PATIENCE, async {
        while !waiting.is_empty() {
            for station in std::mem::take(&mut waiting) {
                if calls(&station, "SetDisplayMessage").await > 0 {
                    told.push(station);
                } else {
                    waiting.push(station);
                }
            }
            assert!(told.len() <= 16, "{} are told at a time", told.len());
            if told.len() == 16 || told.len() == waiting.len() + told.len() {
                for station in told.drain(..) {
                    station.close().await;
                }
            }
        }
    });
    served.await.unwrap();
}

#[tokio::test]
async fn displays_are_left_alone_where_nobody_turned_them_on() {
    let house = house().await;
    let (station, _serving) = station(&house, Version::V21).await;
    assert_eq!(look(&house).await, None);
    assert_eq!(calls(&station, "SetDisplayMessage").await, 0);
}
