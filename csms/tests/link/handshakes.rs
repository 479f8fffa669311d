//! Which request becomes a link, and what the others are told.

use crate::{
    client::{Client, Seen, frame, request},
    house::House,
};
use csms::store::row::StationRow;

const NAMED: (&str, &str) = ("Sec-WebSocket-Protocol", "ocpp1.6");
const HEARTBEAT: &str = r#"[2,"1","Heartbeat",{}]"#;

#[tokio::test]
async fn a_table_of_requests() {
    let house = House::open(|_| {}).await;
    house.station("CP1", "").await;
    house.station("Säule 1", "").await;
    for (path, headers, status, protocol) in [
        ("/ocpp/CP1", vec![NAMED], 101, Some("ocpp1.6")),
        ("/ocpp/CP1", vec![("Sec-WebSocket-Protocol", "ocpp2.1, ocpp1.6")], 101, Some("ocpp2.1")),
        ("/ocpp/CP1", vec![("Sec-WebSocket-Protocol", "x, ocpp2.0.1")], 101, Some("ocpp2.0.1")),
        ("//ocpp//CP1/?a=b", vec![NAMED], 101, Some("ocpp1.6")),
        ("/ocpp/S%C3%A4ule%201", vec![NAMED], 101, Some("ocpp1.6")),
        ("/ocpp/CP1", vec![], 400, None),
        ("/ocpp/CP1", vec![("Sec-WebSocket-Protocol", "ocpp2.0")], 400, None),
        ("/ocpp/cp1", vec![NAMED], 404, None),
        ("/ocpp/", vec![NAMED], 404, None),
        ("/CP1", vec![NAMED], 404, None),
        ("/ocpp/..%2fCP1", vec![NAMED], 404, None),
    ] {
        let mut client = Client::connect(house.address).await;
        let answer = client.upgrade(path, &headers).await;
        assert_eq!((answer.status, answer.header("Sec-WebSocket-Protocol")), (status, protocol), "{path}");
        assert_eq!(answer.body.is_empty(), status == 101);
        if status == 101 {
            assert_eq!(answer.header("Sec-WebSocket-Accept"), Some("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
            assert_eq!(client.call(HEARTBEAT).await[0], 3);
        } else {
            assert_eq!(client.closed().await, None, "the socket is closed after the answer");
        }
    }
    let (app, _db) = house.close().await;
    let mut tx = app.db.read().await.unwrap();
    let attempts = csms::store::attempts::list(&mut tx, "", None, 100).await.unwrap();
    let count = |cause: &str, identity: &str| {
        attempts
            .iter()
            .filter(|row| row.cause == cause && row.identity == identity)
            .map(|row| row.count)
            .sum::<i64>()
    };
    assert_eq!(
        [count("subprotocol", "CP1"), count("unknown-station", "cp1"), count("path", "")],
        [2, 1, 3],
        "{attempts:?}"
    );
}

#[tokio::test]
async fn the_allow_list_of_a_station_decides() {
    let house = House::open(|_| {}).await;
    let row = |id: &str, protocols: &str| StationRow {
        id: id.into(),
        protocols: protocols.into(),
        ..StationRow::default()
    };
    house.register(row("NEW", "ocpp2.0.1")).await;
    house.register(row("OLD", "ocpp1.6,none")).await;
    let mut client = Client::connect(house.address).await;
    assert_eq!(client.upgrade("/ocpp/NEW", &[NAMED]).await.status, 400);
    let mut client = Client::connect(house.address).await;
    let answer = client.upgrade("/ocpp/NEW", &[("Sec-WebSocket-Protocol", "ocpp2.1,ocpp2.0.1")]).await;
    assert_eq!(answer.header("Sec-WebSocket-Protocol"), Some("ocpp2.0.1"));
    let mut client = Client::connect(house.address).await;
    let answer = client.upgrade("/ocpp/OLD", &[]).await;
    assert_eq!((answer.status, answer.header("Sec-WebSocket-Protocol")), (101, None));
    assert_eq!(client.call(HEARTBEAT).await[0], 3, "spoken to in 1.6");
}

#[tokio::test]
async fn a_server_may_be_more_tolerant() {
    let house = House::open(|config| {
        config.ocpp.missing_subprotocol_is_16 = true;
        config.ocpp.refuse_unknown_subprotocol = false;
        config.ocpp.open_registration = true;
        config.ocpp.path_prefix = "/a/b/".into();
    })
    .await;
    let mut client = Client::connect(house.address).await;
    let answer = client.upgrade("/a/b/NEW", &[]).await;
    assert_eq!(answer.status, 101, "a stranger registers itself: {}", answer.body);
    assert_eq!(client.call(HEARTBEAT).await[0], 3);
    assert_eq!(house.row("NEW").await.secret, "");
    let mut client = Client::connect(house.address).await;
    let answer = client.upgrade("/a/b/NEW", &[("Sec-WebSocket-Protocol", "soap")]).await;
    assert_eq!((answer.status, answer.header("Sec-WebSocket-Protocol")), (101, None));
    assert_eq!(client.closed().await, Some(1002));
    let mut client = Client::connect(house.address).await;
    assert_eq!(client.upgrade("/a/b/N%20W", &[NAMED]).await.status, 404, "odd identities need an operator");
}

#[tokio::test]
async fn what_is_no_websocket_request_is_told_so() {
    let house = House::open(|config| config.ocpp.handshake_timeout_s = 1).await;
    house.station("CP1", "").await;
    let good = request("/ocpp/CP1", &[NAMED]);
    let bytes = |text: String| text.into_bytes();
    for (bytes, status, cause) in [
        (bytes(good.replace("GET", "POST")), 405, "not-websocket"),
        (bytes("GET / HTTP/1.1\r\nHost: x\r\n\r\n".into()), 426, "not-websocket"),
        (bytes(good.replace("HTTP/1.1", "HTTP/1.0")), 400, "bad-request"),
        (
            bytes(good.replace("Host: localhost", "Content-Length: 4\r\nTransfer-Encoding: chunked")),
            400,
            "bad-request",
        ),
        (bytes(good.replace("localhost", &"x".repeat(9000))), 431, "header-too-large"),
        (bytes(good.replace("Host: localhost", &"a: b\r\n".repeat(100))), 431, "header-too-large"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec(), 400, "tls-on-plain-port"),
        (bytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".into()), 400, "http2"),
        (bytes("GET /ocpp/CP1 HTTP/1.1\r\nHost:".into()), 408, "timeout"),
        (Vec::new(), 408, "timeout"),
    ] {
        let mut client = Client::connect(house.address).await;
        client.write(&bytes).await;
        let answer = client.answer().await;
        assert_eq!(answer.status, status, "{cause}");
        assert!(answer.body.len() > 10 && answer.header("Connection") == Some("close"));
    }
    let (app, _db) = house.close().await;
    let mut tx = app.db.read().await.unwrap();
    let attempts = csms::store::attempts::list(&mut tx, "", None, 100).await.unwrap();
    for cause in ["not-websocket", "bad-request", "header-too-large", "tls-on-plain-port", "http2", "timeout"]
    {
        assert!(attempts.iter().any(|row| row.cause == cause), "{cause} is in the inbox");
    }
}

#[tokio::test]
async fn what_is_sent_right_behind_the_request_is_not_lost() {
    let house = House::open(|_| {}).await;
    house.station("CP1", "").await;
    let mut client = Client::connect(house.address).await;
    let request = request("/ocpp/CP1", &[NAMED]);
    client.write(&[request.as_bytes(), &frame(0x81, HEARTBEAT.as_bytes())].concat()).await;
    assert_eq!(client.answer().await.status, 101);
    assert_eq!(client.message().await[0], 3);
}

#[tokio::test]
async fn going_down_closes_links_properly_and_takes_no_new_ones() {
    let house = House::open(|_| {}).await;
    let mut one = house.link("CP1").await;
    let mut other = house.link("CP2").await;
    let mut visitor = Client::connect(house.address).await;
    visitor.write(b"GET /ocpp/CP1 HTTP/1.1\r\n").await;
    assert_eq!(one.call(HEARTBEAT).await[0], 3);
    house.stop();
    assert_eq!((one.see().await, other.see().await), (Seen::Close(1001), Seen::Close(1001)));
    let answer = visitor.answer().await;
    assert_eq!((answer.status, answer.header("Retry-After")), (503, Some("5")));
    let (app, _db) = house.close().await;
    assert_eq!(app.hub.count(), 0);
}
