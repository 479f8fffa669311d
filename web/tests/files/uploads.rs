//! One-time addresses of uploads, as stations use them, and as others would.

use crate::house::{House, sha256};
use chrono::TimeDelta;
use conformance::{Transfers, log_piece};
use csms::{files::sweep, store::testing::TestDb};
use ocpp::Version;
use reqwest::Client;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// Host and path of an address.
fn place(url: &str) -> (String, String) {
    let (host, path) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
    (host.to_owned(), format!("/{path}"))
}

#[tokio::test]
async fn hostile_names_are_kept_as_text_and_nowhere_else() {
    for db in TestDb::all().await.unwrap() {
        let house = House::open(&db).await;
        let client = Client::new();
        for (n, (said, kept)) in [
            ("..%2F..%2Fetc%2Fpasswd", "passwd"),
            ("..%5C..%5Cboot.ini", "boot.ini"),
            ("a%00b", "a\u{fffd}b"),
            ("CON", "CON"),
            ("%ff%fe.log", "\u{fffd}\u{fffd}.log"),
            (&*"x".repeat(300), &*"x".repeat(200)),
            ("", ""),
        ]
        .into_iter()
        .enumerate()
        {
            let (_station, row, url) = house.upload_address(&format!("S{n}")).await;
            let answer = client.put(format!("{url}{said}")).body("log").send().await.unwrap();
            assert_eq!(answer.status(), 201, "{said}");
            let uploads = house.uploads(row.id).await;
            assert_eq!(uploads[0].name, kept, "{said}");
            assert_eq!(std::fs::read(house.app.files.storage.upload(uploads[0].id)).unwrap(), b"log");
        }
        let outside: Vec<_> =
            std::fs::read_dir(house.folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(outside, ["files"], "nothing lies elsewhere");
        assert!(house.lying("uploads").iter().all(|name| name.parse::<i64>().is_ok()));
    }
}

#[tokio::test]
async fn an_endless_upload_is_cut_off_and_leaves_nothing() {
    let db = TestDb::sqlite().unwrap();
    let house = House::open_with(&db, |config| config.files.upload_mib_max = 1).await;
    let (_station, row, url) = house.upload_address("S").await;
    // Chunked, so that nobody knows how much is to come; and it does not end.
    for head in ["PUT", "POST"] {
        let (kind, first) = match head {
            "PUT" => ("text/plain", String::new()),
            _ => {
                let part = "--b\r\ncontent-disposition: form-data; name=f; filename=f\r\n\r\n";
                ("multipart/form-data; boundary=b", format!("{:x}\r\n{part}\r\n", part.len()))
            }
        };
        let (host, path) = place(&url);
        let mut stream = TcpStream::connect(&host).await.unwrap();
        let begin = format!(
            "{head} {path} HTTP/1.1\r\nhost: {host}\r\ncontent-type: {kind}\r\ntransfer-encoding: chunked\r\n\r\n{first}"
        );
        stream.write_all(begin.as_bytes()).await.unwrap();
        let piece = format!("{:x}\r\n{}\r\n", 64 * 1024, "x".repeat(64 * 1024));
        let mut sent = 0;
        while sent < 1_000 && stream.write_all(piece.as_bytes()).await.is_ok() {
            sent += 1;
        }
        assert!(sent < 1_000, "{head}: 64 MiB were taken");
        assert!(house.lying("incoming").is_empty() && house.uploads(row.id).await.is_empty(), "{head}");
    }
    let client = Client::new();
    let told = client.put(&url).body(vec![0; 1024 * 1024 + 1]).send().await;
    assert!(told.is_err() || told.unwrap().status() == 413);
    // What fits is still welcome.
    assert_eq!(client.put(&url).body(vec![0; 1024 * 1024]).send().await.unwrap().status(), 201);
}

#[tokio::test]
async fn an_endless_upload_is_told_413() {
    let db = TestDb::sqlite().unwrap();
    let house = House::open_with(&db, |config| config.files.upload_mib_max = 1).await;
    let (_station, _, url) = house.upload_address("S").await;
    let (host, path) = place(&url);
    let mut stream = TcpStream::connect(&host).await.unwrap();
    let head = format!("PUT {path} HTTP/1.1\r\nhost: {host}\r\ntransfer-encoding: chunked\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    // One byte more than is taken, and then silence: the answer does not wait for an end.
    let body = format!("{:x}\r\n{}\r\n", 1024 * 1024 + 1, "x".repeat(1024 * 1024 + 1));
    stream.write_all(body.as_bytes()).await.unwrap();
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 413");
    assert!(house.lying("incoming").is_empty());
}

#[tokio::test]
async fn an_address_takes_one_upload() {
    for db in TestDb::all().await.unwrap() {
        let house = House::open(&db).await;
        let (_station, row, url) = house.upload_address("S").await;
        let client = Client::new();
        let put = |url: &str| client.put(url).body("log").send();
        assert_eq!(
            client.put(&url).basic_auth("T", Some("")).body("log").send().await.unwrap().status(),
            403
        );
        assert_eq!(client.put(&url).body("").send().await.unwrap().status(), 400, "nothing is no log");
        assert_eq!(client.get(&url).send().await.unwrap().status(), 405);
        assert_eq!(put(&url).await.unwrap().status(), 201);
        assert_eq!(put(&url).await.unwrap().status(), 410);
        assert_eq!(house.uploads(row.id).await.len(), 1);
        let (_station, _, late) = house.upload_address("T").await;
        house.clock.advance(TimeDelta::days(2));
        assert_eq!(put(&late).await.unwrap().status(), 410, "it has expired");
    }
}

#[tokio::test]
async fn an_upload_goes_on_where_it_was_if_the_station_can() {
    for db in TestDb::all().await.unwrap() {
        let house = House::open(&db).await;
        let (_station, row, url) = house.upload_address("S").await;
        let client = Client::new();
        let log = log_piece(0, 1_000);
        let part = |from: usize, to: usize| {
            let range = format!("bytes {from}-{}/1000", to - 1);
            client.put(&url).header("content-range", range).body(log[from..to].to_vec()).send()
        };
        let first = part(0, 400).await.unwrap();
        assert_eq!(
            (first.status().as_u16(), first.headers()["range"].to_str().unwrap()),
            (308, "bytes=0-399")
        );
        let asked = client.put(&url).header("content-range", "bytes */1000").send().await.unwrap();
        assert_eq!(
            (asked.status().as_u16(), asked.headers()["range"].to_str().unwrap()),
            (308, "bytes=0-399")
        );
        let gap = part(500, 1_000).await.unwrap();
        assert_eq!((gap.status().as_u16(), gap.headers()["range"].to_str().unwrap()), (416, "bytes=0-399"));
        assert_eq!(part(400, 1_000).await.unwrap().status(), 201);
        let uploads = house.uploads(row.id).await;
        assert_eq!((uploads[0].size, uploads[0].sha256.as_str()), (1_000, sha256(&log).as_str()));
        assert!(house.lying("incoming").is_empty());
    }
}

#[tokio::test]
async fn whoever_stands_still_is_cut_off() {
    let db = TestDb::sqlite().unwrap();
    let house = House::open_with(&db, |config| config.files.idle_timeout_s = 1).await;
    let (_station, row, url) = house.upload_address("S").await;
    let (host, path) = place(&url);
    let mut stream = TcpStream::connect(&host).await.unwrap();
    let head = format!("PUT {path} HTTP/1.1\r\nhost: {host}\r\ncontent-length: 1000\r\n\r\nabc");
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert!(house.uploads(row.id).await.is_empty());
    assert_eq!(
        Client::new().put(&url).body("whole").send().await.unwrap().status(),
        201,
        "it may begin anew"
    );
}

#[tokio::test]
async fn the_oldest_uploads_make_room_and_old_ones_go() {
    for db in TestDb::all().await.unwrap() {
        let house = House::open_with(&db, |config| {
            config.files.uploads_mib_max = 3;
            config.files.upload_days = 10;
        })
        .await;
        let station = house.station("S", Version::V21).await;
        station.transfer(Transfers { log_bytes: 1024 * 1024, ..Transfers::default() });
        let mut rows = Vec::new();
        for _ in 0..5 {
            let row = house.done("S", json!({"command": "get-log"})).await;
            assert_eq!(row.outcome, "done");
            rows.push(house.uploads(row.id).await.remove(0));
        }
        let mut lying = house.lying("uploads");
        lying.sort();
        let newest: Vec<String> = rows[2..].iter().map(|row| row.id.to_string()).collect();
        assert_eq!(lying, newest);
        assert!(house.uploads(rows[0].command_id).await[0].removed_at.is_some(), "it is said to be gone");
        house.clock.advance(TimeDelta::days(11));
        sweep::turn(&house.app).await.unwrap();
        assert!(house.lying("uploads").is_empty());
    }
}
