//! Reservations of the real executable: made by the REST API, kept by stations of every version, used by who they are for and by
//! nobody else, given up, missed, and over before a station was there.

use crate::harness::{Csms, Engine, Place, eventually};
use chrono::{TimeDelta, Utc};
use conformance::{Answer, ConnectorState, Options, Start, Station};
use ocpp::Version;
use serde_json::{Value, json};

const CARD: &str = "04A1B2C3D4E5F6";
const STRANGER: &str = "04FFFFFFFFFFFF";
const ALL: [(&str, Version); 3] = [("S16", Version::V16), ("S201", Version::V201), ("S21", Version::V21)];

/// A program with a key.
struct Program {
    http: reqwest::Client,
    key: String,
    base: String,
}

impl Program {
    async fn send(&self, method: reqwest::Method, path: &str, body: Option<&Value>) -> (u16, Value) {
        let mut request = self.http.request(method, format!("{}{path}", self.base)).bearer_auth(&self.key);
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        (status, answer.json().await.unwrap())
    }

    /// Keeps an outlet for so many seconds, and gives what the API answers.
    async fn reserve(&self, station: &str, evse: i32, seconds: i64) -> (u16, Value) {
        let expires_at = Utc::now() + TimeDelta::seconds(seconds);
        let wish = json!({"station_id": station, "evse": evse, "token": CARD, "expires_at": expires_at});
        self.send(reqwest::Method::POST, "/reservations", Some(&wish)).await
    }

    /// It is kept by the station.
    async fn held(&self, station: &str, evse: i32, seconds: i64) -> String {
        let (status, told) = self.reserve(station, evse, seconds).await;
        assert_eq!((status, &told["state"]), (201, &json!("held")), "{told}");
        told["id"].as_str().unwrap().to_owned()
    }

    async fn until(&self, id: &str, state: &str) -> Value {
        eventually(&format!("reservation {id} is {state}"), async || {
            let (_, told) = self.send(reqwest::Method::GET, &format!("/reservations/{id}"), None).await;
            (told["state"] == state).then_some(told)
        })
        .await
    }
}

async fn station(csms: &Csms, id: &str, version: Version, password: &str) -> Station {
    let options = Options::new(&csms.ready.ocpp_url, id, version).password(password);
    let station = Station::connect(options).await.unwrap();
    station.boot().await.unwrap();
    for evse in 1..=2 {
        station.status(evse, ConnectorState::Available).await.unwrap();
    }
    station
}

async fn an_outlet_is_kept(engine: Engine) {
    let Some(place) = Place::new(engine).await else { return };
    let mut passwords = vec![place.furnish(ALL[0].0, CARD).await];
    place.done(&["token", "add", STRANGER, "--holder", "Eve"]).await;
    for (id, _) in &ALL[1..] {
        let told = place.done(&["station", "add", id, "--site", "harbour"]).await;
        passwords.push(told.split_whitespace().find(|word| word.len() == 40).unwrap().to_owned());
    }
    let told = place.done(&["key", "create", "test", "--scopes", "read,command"]).await;
    let csms = place.serve().await;
    let program = Program {
        http: csms.browser(),
        key: told.lines().next().unwrap().to_owned(),
        base: csms.page("/api/v1"),
    };

    // Nobody is there to be asked; what is planned waits for the station, in vain.
    let (status, told) = program.reserve("S16", 1, 600).await;
    assert_eq!((status, &told["error"]["state"]), (409, &json!("refused")), "{told}");
    assert!(told["error"]["reason"].as_str().unwrap().starts_with("Offline"), "{told}");
    let (from, until) = (Utc::now() + TimeDelta::seconds(10), Utc::now() + TimeDelta::seconds(13));
    let wish = json!({"station_id": "S16", "evse": 1, "token": CARD, "from": from, "expires_at": until});
    let (status, planned) = program.send(reqwest::Method::POST, "/reservations", Some(&wish)).await;
    assert_eq!((status, &planned["state"]), (201, &json!("planned")), "{planned}");
    program.until(planned["id"].as_str().unwrap(), "expired").await;

    let (mut missed, mut stations) = (Vec::new(), Vec::new());
    for ((id, version), password) in ALL.iter().zip(&passwords) {
        let station = station(&csms, id, *version, password).await;
        // For somebody else it is not: he is refused, and it stays.
        let mine = program.held(id, 1, 600).await;
        assert_eq!(station.connector(1), Some(ConnectorState::Reserved), "{version:?}");
        let verdict = station.start(1, STRANGER).await.unwrap().verdict.unwrap();
        let word = if *version == Version::V16 { "Blocked" } else { "NotAtThisTime" };
        assert_eq!(verdict.status, word, "{version:?}");
        let (_, told) = program.send(reqwest::Method::GET, &format!("/reservations/{mine}"), None).await;
        assert_eq!(told["state"], "held", "{version:?}: {told}");
        let (status, told) =
            program.send(reqwest::Method::DELETE, &format!("/reservations/{mine}"), None).await;
        assert_eq!((status, &told["state"]), (200, &json!("cancelled")), "{version:?}: {told}");
        let number: i64 = mine.parse().unwrap();
        assert_eq!(station.expect_call("CancelReservation").await.unwrap()["reservationId"], number);

        // For whom it is, it is used: by its number.
        let mine = program.held(id, 2, 600).await;
        let (status, told) = program.reserve(id, 2, 300).await;
        assert_eq!((status, &told["type"]), (409, &json!("urn:wattline:problem:reserved")), "{told}");
        let start = Start { reservation_id: mine.parse().ok(), ..Start::card(CARD) };
        let verdict = station.start_with(2, start).await.unwrap().verdict.unwrap();
        assert_eq!(verdict.status, "Accepted", "{version:?}");
        let used = program.until(&mine, "used").await;
        let session = used["session_id"].as_str().unwrap();
        let (_, told) = program.send(reqwest::Method::GET, &format!("/sessions/{session}"), None).await;
        assert_eq!((&told["station_id"], &told["evse"]), (&json!(id), &json!(2)), "{told}");

        // A station's own word for who has not come; 1.6 has none, so our clock says it, a minute after the end.
        for evse in 1..=2 {
            station.stop(evse, "EVDisconnected").await.unwrap();
        }
        station.answer_with("ReserveNow", Answer::Result(json!({"status": "Accepted"})));
        let late = program.held(id, 1, 15).await;
        if *version != Version::V16 {
            let told =
                json!({"reservationId": late.parse::<i64>().unwrap(), "reservationUpdateStatus": "Expired"});
            station.call("ReservationStatusUpdate", told).await.unwrap();
            assert_eq!(program.until(&late, "no-show").await["reason"], "Expired", "{version:?}");
        } else {
            missed.push(late);
        }
        // They stay connected, so that nobody can say that one was away.
        stations.push(station);
    }
    for late in missed {
        assert_eq!(program.until(&late, "no-show").await["reason"], "nobody came in time");
    }
    assert!(stations.iter().all(Station::is_online));
}

#[tokio::test]
async fn an_outlet_is_kept_for_one_and_for_nobody_else_on_sqlite() {
    an_outlet_is_kept(Engine::Sqlite).await;
}

#[tokio::test]
async fn an_outlet_is_kept_for_one_and_for_nobody_else_on_postgresql() {
    an_outlet_is_kept(Engine::Postgres).await;
}
