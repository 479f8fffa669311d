//! VAT numbers that drivers type at a station: asked of a register on a loopback port, kept, and answered in time.

use super::{house::houses_with, stations::station};
use csms::config::{Config, Unreachable, VatRegister};
use ocpp::Version;
use serde_json::{Value, json};
use std::sync::{
    Arc,
    atomic::{AtomicU8, AtomicUsize, Ordering},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

const ANSWERS: u8 = 0;
const OUT_OF_ORDER: u8 = 1;
const HANGS: u8 = 2;

/// The register: one number is in use.
struct Vies {
    url: String,
    mode: Arc<AtomicU8>,
    asked: Arc<AtomicUsize>,
    serving: tokio::task::JoinHandle<()>,
}

impl Drop for Vies {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Vies {
    async fn start() -> Vies {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/rest-api", listener.local_addr().unwrap());
        let (mode, asked) = (Arc::<AtomicU8>::default(), Arc::<AtomicUsize>::default());
        let serving = tokio::spawn({
            let (mode, asked) = (mode.clone(), asked.clone());
            async move {
                loop {
                    let Ok((stream, _)) = listener.accept().await else { continue };
                    asked.fetch_add(1, Ordering::SeqCst);
                    tokio::spawn(answer(stream, mode.load(Ordering::SeqCst)));
                }
            }
        });
        Vies { url, mode, asked, serving }
    }

    fn is(&self, mode: u8) {
        self.mode.store(mode, Ordering::SeqCst);
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

async fn answer(mut stream: TcpStream, mode: u8) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") && head.len() < 8_192 {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return,
        }
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let body = match mode {
        HANGS => return std::future::pending().await,
        OUT_OF_ORDER => json!({"isValid": false, "userError": "MS_UNAVAILABLE"}),
        _ if head.starts_with("GET /rest-api/ms/NL/vat/123456789B01 ") => json!({"isValid": true,
            "userError": "VALID", "name": "LADE B.V.", "address": "\nDAMRAK 00001\n1012AB AMSTERDAM\n"}),
        _ => json!({"isValid": false, "userError": "INVALID", "name": "---", "address": "---"}),
    };
    let body = body.to_string();
    let text = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    drop(stream.write_all(text.as_bytes()).await);
}

fn asking(url: &str, unreachable: Unreachable) -> impl Fn(&mut Config) {
    move |config| {
        config.vat.register = VatRegister::Vies;
        config.vat.base_url = url.to_owned();
        // Nobody waits for it to run out, but where the register hangs.
        config.vat.timeout_ms = 15_000;
        config.vat.unreachable = unreachable;
    }
}

fn word(answer: &Value) -> (&str, Option<&str>) {
    (answer["status"].as_str().unwrap(), answer["statusInfo"]["reasonCode"].as_str())
}

#[tokio::test]
async fn a_number_in_use_is_accepted_with_its_company_and_the_register_is_asked_once_a_day() {
    let vies = Vies::start().await;
    for (nth, house) in houses_with(asking(&vies.url, Unreachable::Reject)).await.into_iter().enumerate() {
        let (station, _serving) = station(&house, Version::V21).await;
        let before = vies.asked();
        for _ in 0..2 {
            let asked = json!({"vatNumber": "nl 123456789b01", "evseId": 1});
            let answer = station.call("VatNumberValidation", asked).await.unwrap();
            let company = json!({"name": "LADE B.V.", "address1": "DAMRAK 00001", "city": "AMSTERDAM",
                "postalCode": "1012AB", "country": "NL"});
            let expected = json!({"status": "Accepted", "vatNumber": "nl 123456789b01", "evseId": 1, "company": company});
            assert_eq!(answer, expected);
        }
        assert_eq!(vies.asked(), before + 1, "{nth}");
        house.advance(25 * 3_600);
        station.call("VatNumberValidation", json!({"vatNumber": "NL123456789B01"})).await.unwrap();
        assert_eq!(vies.asked(), before + 2, "believed for a day");
    }
}

#[tokio::test]
async fn what_is_no_number_is_not_asked_for_and_what_is_not_in_use_is_refused() {
    let vies = Vies::start().await;
    for house in houses_with(asking(&vies.url, Unreachable::Accept)).await {
        let (station, _serving) = station(&house, Version::V21).await;
        let before = vies.asked();
        let answer = station.call("VatNumberValidation", json!({"vatNumber": "NL12"})).await.unwrap();
        assert_eq!((word(&answer), vies.asked()), (("Rejected", Some("InvalidFormat")), before));
        let answer = station.call("VatNumberValidation", json!({"vatNumber": "DE999999999"})).await.unwrap();
        assert_eq!((word(&answer), &answer["company"]), (("Rejected", Some("UnknownNumber")), &Value::Null));
    }
}

#[tokio::test]
async fn a_register_that_does_not_answer_holds_the_station_up_no_longer_than_set() {
    let vies = Vies::start().await;
    for (choice, status) in [(Unreachable::Reject, "Rejected"), (Unreachable::Accept, "Accepted")] {
        let soon = |config: &mut Config| {
            asking(&vies.url, choice)(config);
            config.vat.timeout_ms = 5_000;
        };
        for house in houses_with(soon).await {
            let (station, _serving) = station(&house, Version::V21).await;
            for mode in [OUT_OF_ORDER, HANGS] {
                vies.is(mode);
                let asked = json!({"vatNumber": "NL123456789B01"});
                let answer = station.call("VatNumberValidation", asked).await.unwrap();
                assert_eq!(word(&answer), (status, Some("NotReachable")));
            }
            station.heartbeat().await.unwrap();
            vies.is(ANSWERS);
            let answer =
                station.call("VatNumberValidation", json!({"vatNumber": "NL123456789B01"})).await.unwrap();
            assert_eq!(word(&answer), ("Accepted", None), "no failure is kept");
        }
    }
}

#[tokio::test]
async fn while_a_register_is_asked_others_have_the_stations_turn() {
    let vies = Vies::start().await;
    vies.is(HANGS);
    let slow = |config: &mut Config| {
        asking(&vies.url, Unreachable::Reject)(config);
        config.vat.timeout_ms = 600_000;
    };
    for house in houses_with(slow).await {
        let desk = house.app.desk(&super::house::STATION.into());
        let inbound = csms::model::Inbound {
            received_at: house.clock.now(),
            digest: 1,
            protocol: Version::V21,
            action: "",
            asked: false,
        };
        let before = vies.asked();
        let report = csms::model::Report::Vat { number: "NL123456789B01".to_owned(), body: json!({}) };
        let asking = tokio::spawn({
            let desk = desk.clone();
            async move { desk.handle(report, inbound).await }
        });
        while vies.asked() == before {
            tokio::task::yield_now().await;
        }
        desk.give_up(None, house.clock.now()).await.unwrap();
        assert!(!asking.is_finished());
        asking.abort();
    }
}
