//! What must not work: floods, bombs, drips, and frames against the rules.

use crate::{
    client::{Client, Seen, frame},
    house::{House, until, within},
};
use serde_json::json;
use std::time::{Duration, Instant};
use tokio::net::TcpSocket;

const HEARTBEAT: &str = r#"[2,"1","Heartbeat",{}]"#;

#[tokio::test]
async fn frames_against_the_rules_end_the_link_with_the_fitting_code() {
    let house = House::open(|_| {}).await;
    house.station("CP1", "").await;
    let unmasked = [&[0x81, 5][..], b"hello"].concat();
    let huge = [&[0x81, 0x80 | 127][..], &(1_u64 << 62).to_be_bytes(), &[0; 4]].concat();
    let announced = [&[0x81, 0x80 | 127][..], &(64_u64 << 20).to_be_bytes(), &[0; 4]].concat();
    let fragments: Vec<u8> = std::iter::once(frame(0x01, &[b' '; 1000]))
        .chain((0..300).map(|_| frame(0x00, &[b' '; 1000])))
        .flatten()
        .collect();
    for (what, bytes, codes) in [
        ("no mask", unmasked, &[1002][..]),
        ("a frame of 2^62 bytes", huge, &[1009]),
        ("a frame of 64 MiB", announced, &[1009]),
        ("fragments that add up", fragments, &[1009]),
        ("reserved bits", frame(0xb1, b"x"), &[1002]),
        ("a reserved opcode", frame(0x83, b"x"), &[1002, 1003]),
        ("a long ping", frame(0x89, &[0; 126]), &[1002]),
        ("a long pong", frame(0x8a, &[0; 126]), &[1002]),
        ("a fragmented ping", frame(0x09, b"x"), &[1002]),
        ("a continuation of nothing", frame(0x80, b"x"), &[1002]),
        ("a text within a fragmented text", [frame(0x01, b"x"), frame(0x81, b"x")].concat(), &[1002]),
        ("a close frame of one byte", frame(0x88, b"x"), &[1002]),
        ("a close code that nobody may send", frame(0x88, &[0x03, 0xed]), &[1002]),
        ("text that is no UTF-8", frame(0x81, b"[2,\"\xff\xfe\"]"), &[1007]),
        ("binary", frame(0x82, b"[2]"), &[1003]),
        ("deflate that was not agreed", frame(0xc1, b"x"), &[1002]),
    ] {
        let mut client = house.again("CP1", "ocpp1.6").await;
        client.write(&bytes).await;
        let code = client.closed().await;
        assert!(code.is_some_and(|code| codes.contains(&code)), "{what}: {code:?}");
    }
    let mut client = house.again("CP1", "ocpp1.6").await;
    assert_eq!(client.call(HEARTBEAT).await[0], 3);
}

#[tokio::test]
async fn a_flood_of_empty_fragments_and_a_whole_message_after_it() {
    let house = House::open(|_| {}).await;
    let mut client = house.link("CP1").await;
    let flood: Vec<u8> =
        std::iter::once(frame(0x01, b"")).chain((0..50_000).map(|_| frame(0x00, b""))).flatten().collect();
    client.write(&flood).await;
    client.write(&frame(0x80, HEARTBEAT.as_bytes())).await;
    assert_eq!(client.message().await[0], 3);
}

#[tokio::test]
async fn a_deflate_bomb_stops_at_the_message_limit() {
    let house = House::open(|_| {}).await;
    house.station("CP1", "").await;
    // 64 MiB of blanks are 64 KiB deflated.
    let mut deflate = flate2::Compress::new(flate2::Compression::best(), false);
    let mut bomb = Vec::with_capacity(1 << 20);
    deflate.compress_vec(&vec![b' '; 64 << 20], &mut bomb, flate2::FlushCompress::Sync).unwrap();
    assert!(bomb.len() < 100_000);
    for _ in 0..3 {
        let mut client = Client::connect(house.address).await;
        let headers =
            [("Sec-WebSocket-Protocol", "ocpp1.6"), ("Sec-WebSocket-Extensions", "permessage-deflate")];
        assert_eq!(client.upgrade("/ocpp/CP1", &headers).await.status, 101);
        client.write(&frame(0xc1, &bomb)).await;
        assert_eq!(client.closed().await, Some(1009));
    }
}

#[tokio::test]
async fn nonsense_is_answered_or_ignored_and_the_link_lives_on() {
    let house = House::open(|_| {}).await;
    let mut client = house.link("CP1").await;
    let deep = format!(
        r#"[2,"1","DataTransfer",{{"vendorId":"x","data":{}1{}}}]"#,
        "[".repeat(50_000),
        "]".repeat(50_000)
    );
    let wide = format!(r#"[2,"1","DataTransfer",[{}0]]"#, "0,".repeat(100_000));
    for text in [
        &deep,
        &wide,
        "",
        "[2]",
        "{}",
        "[]",
        "null",
        "[2,\"1\",\"Heartbeat\",{\"a\":1e99999}]",
        "[2,\"1\",\"Heartbeat\",{\"a\":\"\\ud800\"}]",
        "\u{feff}\0",
        "[9,\"1\",\"Heartbeat\",{}]",
        "[3,\"1\",{}]",
        "[4,\"1\",\"GenericError\",\"\",{}]",
        &format!(r#"[2,"{}","Heartbeat",{{}}]"#, "i".repeat(5_000)),
    ] {
        client.say(text).await;
    }
    // Some were answered CALLERROR, none with more than that.
    client.say(r#"[2,"the end","Heartbeat",{}]"#).await;
    loop {
        let answer = client.message().await;
        if answer[1] == "the end" {
            assert_eq!(answer[0], 3);
            break;
        }
        assert!(answer[0] == 4 || answer[2].get("currentTime").is_some(), "{answer}");
    }
}

#[tokio::test]
async fn who_says_too_much_is_slowed_down_and_loses_nothing() {
    let house = House::open(|config| {
        config.ocpp.limits.messages_per_station_burst = 5;
        config.ocpp.limits.messages_per_station_s = 20;
    })
    .await;
    let mut client = house.link("CP1").await;
    let from = Instant::now();
    for n in 0..25 {
        client.say(&format!(r#"[2,"{n}","Heartbeat",{{}}]"#)).await;
    }
    for n in 0..25 {
        assert_eq!(client.message().await[1], n.to_string());
    }
    assert!(
        from.elapsed() >= Duration::from_millis(800),
        "20 a second after the first 5: {:?}",
        from.elapsed()
    );
}

#[tokio::test]
async fn who_takes_no_bytes_is_closed() {
    let house = House::open(|config| {
        config.ocpp.write_timeout_s = 1;
        config.ocpp.limits.messages_per_station_burst = u32::MAX;
        config.ocpp.limits.messages_per_station_s = u32::MAX;
        config.ocpp.limits.messages_s = u32::MAX;
    })
    .await;
    house.station("CP1", "").await;
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut client = Client::connect(house.address).await;
    client.io = socket.connect(house.address).await.unwrap();
    assert_eq!(client.upgrade("/ocpp/CP1", &[("Sec-WebSocket-Protocol", "ocpp1.6")]).await.status, 101);
    until(|| house.app.hub.online(&"CP1".into())).await;
    // Pings, whose pongs are never read.
    let pings: Vec<u8> = (0..100).flat_map(|_| frame(0x89, &[b'x'; 125])).collect();
    let flood = tokio::spawn(async move {
        loop {
            client.write(&pings).await;
            if client.io.take_error().is_ok_and(|error| error.is_some()) {
                return client;
            }
        }
    });
    until(|| !house.app.hub.online(&"CP1".into())).await;
    flood.abort();
}

#[tokio::test]
async fn drips_are_ended_and_disturb_nobody() {
    let house = House::open(|config| config.ocpp.handshake_timeout_s = 10).await;
    house.station("CP1", "").await;
    let mut drips = Vec::new();
    for n in 0..200 {
        let mut client = Client::connect(house.address).await;
        match n % 3 {
            0 => {}
            1 => client.write(b"GET /ocpp/CP1 HTTP/1.1\r\nX: ").await,
            _ => client.write(b"\x16").await,
        }
        drips.push(client);
    }
    let mut client = house.again("CP1", "ocpp1.6").await;
    assert_eq!(client.call(HEARTBEAT).await[0], 3);
    let undecided = drips.iter().filter(|drip| is_silent(&drip.io)).count();
    assert!(undecided > 0, "others are served before the drips are ended");
    for mut drip in drips {
        drip.write(b"x").await;
        assert_eq!(drip.answer().await.status, 408);
        assert_eq!(drip.closed().await, None);
    }
}

/// Nothing has come, and it is not closed.
fn is_silent(io: &tokio::net::TcpStream) -> bool {
    io.try_read(&mut [0; 1]).is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock)
}

#[tokio::test]
async fn a_storm_from_one_address_leaves_the_others_in_peace() {
    let house = House::open(|config| {
        config.ocpp.limits.connects_per_address_burst = 20;
        config.ocpp.limits.connects_per_address_s = 1;
        config.ocpp.limits.connections_per_address = 10;
    })
    .await;
    house.station("CP1", "").await;
    let mut refused = 0;
    let mut held = Vec::new();
    for _ in 0..60 {
        let mut client = Client::connect(house.address).await;
        if held.len() < 10 {
            held.push(client);
            continue;
        }
        let answer = client.answer().await;
        assert_eq!(answer.status, 429);
        assert!(answer.header("Retry-After").is_some());
        refused += 1;
    }
    assert_eq!(refused, 50);
    let mut client = Client::connect_from([127, 0, 0, 2], house.address).await;
    assert_eq!(client.upgrade("/ocpp/CP1", &[("Sec-WebSocket-Protocol", "ocpp1.6")]).await.status, 101);
    let (app, _db) = house.close().await;
    let mut tx = app.db.read().await.unwrap();
    let rows = csms::store::attempts::list(&mut tx, "127.0.0.1", None, 100).await.unwrap();
    assert_eq!(rows.iter().map(|row| row.count).sum::<i64>() - 10, 50, "counted in few rows: {rows:?}");
    assert!(rows.len() <= 3);
}

#[tokio::test]
async fn a_call_that_was_received_is_handled_even_if_the_station_is_gone() {
    let house = House::open(|_| {}).await;
    let mut client = house.link("CP1").await;
    let boot = json!([2, "1", "BootNotification", {"chargePointVendor": "V", "chargePointModel": "M"}]);
    client.write(&[frame(0x81, boot.to_string().as_bytes()), frame(0x88, &[0x03, 0xe8])].concat()).await;
    loop {
        match client.see().await {
            Seen::Text(_) => {}
            Seen::Close(code) => assert_eq!(code, 1000),
            Seen::End => break,
            other => panic!("{other:?}"),
        }
    }
    until(|| !house.app.hub.online(&"CP1".into())).await;
    let (app, _db) = house.close().await;
    let row = within(app.loads.station(&"CP1".into())).await.unwrap().unwrap();
    assert_eq!((row.vendor.as_str(), row.boot_answer.as_str()), ("V", "accepted"));
}
