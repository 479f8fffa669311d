//! One-time addresses of firmware, as whoever has one may use them, and whoever has not.

use crate::house::{House, about, sha256};
use chrono::TimeDelta;
use csms::store::testing::TestDb;
use reqwest::{Client, header::HeaderMap};

fn header<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).map_or("", |value| value.to_str().unwrap())
}

#[tokio::test]
async fn parts_of_a_file_are_served_as_http_wants_it() {
    let db = TestDb::sqlite().unwrap();
    let house = House::open(&db).await;
    let image: Vec<u8> = (0..=255).collect();
    let firmware = house.firmware(&image, about("duo", "5")).await;
    let (_station, row, url) = house.download_address("S", &firmware).await;
    let client = Client::new();
    let head = client.head(&url).send().await.unwrap();
    let etag = format!("\"{}\"", sha256(&image));
    assert_eq!((head.status().as_u16(), header(head.headers(), "content-length")), (200, "256"));
    assert_eq!(header(head.headers(), "etag"), etag);
    assert_eq!(header(head.headers(), "accept-ranges"), "bytes");
    assert_eq!(header(head.headers(), "x-content-type-options"), "nosniff");

    for (range, if_range, status, content_range, length) in [
        ("bytes=10-19", "", 206, "bytes 10-19/256", 10),
        ("bytes=250-", etag.as_str(), 206, "bytes 250-255/256", 6),
        ("bytes=-6", "", 206, "bytes 250-255/256", 6),
        ("bytes=256-", "", 416, "bytes */256", 0),
        // Of another file it may not go on: all of it, which is the one transfer that is allowed.
        ("bytes=250-", "\"other\"", 200, "", 256),
    ] {
        let mut request = client.get(&url).header("range", range);
        if !if_range.is_empty() {
            request = request.header("if-range", if_range);
        }
        let answer = request.send().await.unwrap();
        let told = (answer.status().as_u16(), header(answer.headers(), "content-range").to_owned());
        assert_eq!(told, (status, content_range.to_owned()), "{range} {if_range}");
        let body = answer.bytes().await.unwrap();
        assert_eq!(body.len(), length, "{range}");
    }
    assert_eq!(house.link(row.id).await.done, 1);
    let again = client.get(&url).send().await.unwrap();
    assert_eq!(again.status(), 410, "{}", again.text().await.unwrap());
    // Its end may not have come through.
    let tail = client.get(&url).header("range", "bytes=200-").send().await.unwrap();
    assert_eq!(tail.status(), 206);
    house.clock.advance(TimeDelta::minutes(11));
    let tail = client.get(&url).header("range", "bytes=200-").send().await.unwrap();
    assert_eq!(tail.status(), 410);
}

#[tokio::test]
async fn an_address_is_for_one_station_one_way_and_a_while() {
    for db in TestDb::all().await.unwrap() {
        let house = House::open(&db).await;
        let firmware = house.firmware(b"image", about("duo", "5")).await;
        let (_station, _, url) = house.download_address("S", &firmware).await;
        let client = Client::new();
        let foreign = client.get(&url).basic_auth("OTHER", Some("x")).send().await.unwrap();
        assert_eq!(foreign.status(), 403);
        let upload = client.put(url.replace("/down/", "/up/")).body("x").send().await.unwrap();
        assert_eq!(upload.status(), 404, "an address to fetch is none to bring");
        assert_eq!(client.put(&url).body("x").send().await.unwrap().status(), 405);
        let secret = url.split("/files/down/").nth(1).unwrap().split('/').next().unwrap();
        assert!(secret.len() == 43, "256 bits: {secret}");
        for wrong in [
            "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
            "x",
            "..%2F..%2Fetc%2Fpasswd",
            "%00",
            "../../etc/passwd",
            &"a".repeat(3_000),
        ] {
            let answer = client.get(url.replace(secret, wrong)).send().await.unwrap();
            assert_eq!(answer.status(), 404, "{wrong}");
        }
        let own = client.get(&url).basic_auth("S", Some("x")).send().await.unwrap();
        assert_eq!(own.status(), 200);
        assert_eq!(own.bytes().await.unwrap(), "image");

        let (_station, _, url) = house.download_address("T", &firmware).await;
        house.clock.advance(TimeDelta::days(8));
        assert_eq!(client.get(&url).send().await.unwrap().status(), 410, "it has expired");
    }
}

#[tokio::test]
async fn if_wanted_only_the_stations_own_address_may_come() {
    let db = TestDb::sqlite().unwrap();
    let house = House::open_with(&db, |config| config.files.same_address = true).await;
    let firmware = house.firmware(b"image", about("duo", "5")).await;
    let (_station, _, url) = house.download_address("S", &firmware).await;
    let other = Client::builder().local_address(Some([127, 0, 0, 2].into())).build().unwrap();
    assert_eq!(other.get(&url).send().await.unwrap().status(), 403);
    assert_eq!(reqwest::get(&url).await.unwrap().status(), 200);
}

#[tokio::test]
async fn firmware_is_kept_once_and_gone_when_nobody_offers_it() {
    for db in TestDb::all().await.unwrap() {
        let house = House::open(&db).await;
        let first = house.firmware(b"the same", about("duo", "5")).await;
        let second = house.firmware(b"the same", about("duo", "5-again")).await;
        assert_eq!(house.lying("firmware"), std::slice::from_ref(&first.sha256));
        let path = house.folder.path().join("image");
        let twice = csms::files::firmware::add(&house.app, &path, about("duo", "5"), "ada").await;
        assert!(twice.unwrap_err().to_string().contains("already"));
        let (_station, _, url) = house.download_address("S", &second).await;
        assert!(csms::files::firmware::remove(&house.app, first.id, "ada").await.unwrap());
        assert_eq!(house.lying("firmware").len(), 1, "the other has the same content");
        assert!(csms::files::firmware::remove(&house.app, second.id, "ada").await.unwrap());
        assert!(house.lying("firmware").is_empty() && house.lying("incoming").is_empty());
        assert_eq!(reqwest::get(&url).await.unwrap().status(), 410);
    }
}

#[tokio::test]
async fn files_may_have_a_listener_of_their_own() {
    let db = TestDb::sqlite().unwrap();
    let house = House::open_with(&db, |config| config.files.listen = "127.0.0.1:0".into()).await;
    let firmware = house.firmware(b"image", about("duo", "5")).await;
    let (_station, _, url) = house.download_address("S", &firmware).await;
    let (files, web) = (&house.app.config.files.listen, house.app.config.web.listen.to_string());
    assert!(url.starts_with(&format!("http://{files}/files/down/")), "{url}");
    assert_eq!(
        reqwest::get(url.replace(&**files, &web)).await.unwrap().status(),
        404,
        "people's listener has none"
    );
    assert_eq!(
        reqwest::get(format!("http://{files}/login")).await.unwrap().status(),
        404,
        "and this one no pages"
    );
    assert_eq!(reqwest::get(&url).await.unwrap().bytes().await.unwrap(), "image");
}
