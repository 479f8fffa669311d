//! Commands that move files, from the wish to the outcome.

use crate::house::{ALL, House, PATIENCE, about, sha256};
use conformance::{Answer, Transfers, log_piece};
use csms::{command::Until, files::firmware::About, store::testing::TestDb};
use ocpp::Version;
use serde_json::json;

#[tokio::test]
async fn logs_are_brought_by_stations_of_every_version() {
    for db in TestDb::all().await.unwrap() {
        let house = House::open(&db).await;
        for (id, version) in ["S16", "S201", "S21"].into_iter().zip(ALL) {
            let station = house.station(id, version).await;
            for (kind, form, said, kept) in [
                ("diagnostics", false, "day.log.gz", "day.log.gz"),
                ("security", true, "../../etc/passwd", "passwd"),
            ] {
                station.transfer(Transfers { form, log_name: said.into(), ..Transfers::default() });
                let row = house.done(id, json!({"command": "get-log", "kind": kind})).await;
                let told = (row.verdict.as_str(), row.outcome.as_str(), row.outcome_word.as_str());
                assert_eq!(told, ("accepted", "done", "Uploaded"), "{version:?} {kind}: {row:?}");
                let uploads = house.uploads(row.id).await;
                let [upload] = uploads.as_slice() else { panic!("{version:?} {kind}: {uploads:?}") };
                assert_eq!((upload.name.as_str(), upload.size), (kept, 10_000));
                assert_eq!(upload.sha256, sha256(&log_piece(0, 10_000)));
                let file = std::fs::read(house.app.files.storage.upload(upload.id)).unwrap();
                assert_eq!(file, log_piece(0, 10_000));
                // The secret is nowhere but with the station.
                assert!(row.calls.contains("/files/up/***/"), "{}", row.calls);
            }
        }
        assert!(house.lying("incoming").is_empty());
    }
}

#[tokio::test]
async fn firmware_that_was_cut_off_is_fetched_on_and_is_the_same_to_the_last_byte() {
    for db in TestDb::all().await.unwrap() {
        let house = House::open(&db).await;
        let image = log_piece(7, 5_000_000);
        let firmware = house.firmware(&image, about("duo 22", "5.0.0")).await;
        for (id, version) in ["S16", "S201", "S21"].into_iter().zip(ALL) {
            let station = house.station(id, version).await;
            station.transfer(Transfers { cut_after: Some(2_000_000), ..Transfers::default() });
            let wish = json!({"command": "update-firmware", "firmware": firmware.id.to_string()});
            let row = house.done(id, wish).await;
            let told = (row.verdict.as_str(), row.outcome.as_str(), row.outcome_word.as_str());
            assert_eq!(told, ("accepted", "done", "Installed"), "{version:?}: {row:?}");
            assert!(station.downloaded() == image, "{version:?}: not what was kept");
            let fetched = async {
                while house.link(row.id).await.done != 1 {
                    tokio::task::yield_now().await;
                }
            };
            tokio::time::timeout(PATIENCE, fetched).await.expect("it is known that it was fetched");
            assert_eq!(house.link(row.id).await.requests, 2, "{version:?}");
            assert!(row.calls.contains("/files/down/***/duo_22.bin"), "{}", row.calls);
        }
    }
}

#[tokio::test]
async fn signed_firmware_brings_its_certificate_and_signature() {
    let db = TestDb::sqlite().unwrap();
    let house = House::open(&db).await;
    let signed = About {
        signing_certificate: "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n".into(),
        signature: "c2lnbmVk".into(),
        ..about("duo", "6")
    };
    let firmware = house.firmware(b"signed image", signed).await;
    for (id, version, action) in
        [("S16", Version::V16, "SignedUpdateFirmware"), ("S21", Version::V21, "UpdateFirmware")]
    {
        let station = house.station(id, version).await;
        station.answer_with(action, Answer::Result(json!({"status": "Accepted"})));
        let row =
            house.ask(id, json!({"command": "update-firmware", "firmware": firmware.id.to_string()})).await;
        house.until(row.id, Until::Answer).await;
        let told = station.expect_call(action).await.unwrap();
        assert_eq!(told["firmware"]["signature"], "c2lnbmVk", "{version:?}");
        assert!(told["firmware"]["signingCertificate"].as_str().unwrap().contains("MIIB"));
    }
}

#[tokio::test]
async fn a_station_that_refuses_leaves_an_address_that_is_worth_nothing() {
    for db in TestDb::all().await.unwrap() {
        let house = House::open(&db).await;
        let firmware = house.firmware(b"image", about("duo", "6")).await;
        let station = house.station("S", Version::V201).await;
        station.answer_with("UpdateFirmware", Answer::Result(json!({"status": "Rejected"})));
        let row =
            house.ask("S", json!({"command": "update-firmware", "firmware": firmware.id.to_string()})).await;
        let row = house.until(row.id, Until::Answer).await;
        assert_eq!((row.verdict.as_str(), row.outcome.as_str()), ("refused", ""));
        let told = station.expect_call("UpdateFirmware").await.unwrap();
        let answer = reqwest::get(told["firmware"]["location"].as_str().unwrap()).await.unwrap();
        assert_eq!(answer.status(), 410);
    }
}

#[tokio::test]
async fn what_cannot_be_sent_is_said_before_the_station_is_asked() {
    let db = TestDb::sqlite().unwrap();
    let house = House::open(&db).await;
    let _station = house.station("S", Version::V201).await;
    for (command, why) in [
        (json!({"command": "update-firmware"}), "either url or firmware"),
        (
            json!({"command": "update-firmware", "url": "http://f/d", "firmware": "1"}),
            "either url or firmware",
        ),
        (json!({"command": "update-firmware", "firmware": "1"}), "there is no firmware 1"),
        (json!({"command": "update-firmware", "firmware": "../x"}), "there is no firmware ../x"),
    ] {
        let row = house.ask("S", command).await;
        let row = house.until(row.id, Until::Answer).await;
        assert_eq!((row.verdict.as_str(), row.calls.as_str()), ("invalid", "[]"));
        assert!(row.reason.contains(why), "{}", row.reason);
    }
    let other = TestDb::sqlite().unwrap();
    let nowhere = House::open_with(&other, |config| config.web.listen = ([0, 0, 0, 0], 80).into()).await;
    let _station = nowhere.station("S", Version::V201).await;
    let row = nowhere.ask("S", json!({"command": "get-log"})).await;
    let row = nowhere.until(row.id, Until::Answer).await;
    assert!(row.reason.contains("files.public_url is not set"), "{}", row.reason);
}

#[tokio::test]
async fn other_targets_are_sent_as_they_are() {
    let db = TestDb::sqlite().unwrap();
    let house = House::open(&db).await;
    let station = house.station("S", Version::V16).await;
    let row = house.done("S", json!({"command": "get-log", "url": "sftp://logs.example/in"})).await;
    assert_eq!(row.outcome, "done");
    assert_eq!(station.expect_call("GetDiagnostics").await.unwrap()["location"], "sftp://logs.example/in");
}

/// The most memory that this process has had, bytes.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
}

#[tokio::test]
async fn a_log_of_100_mb_is_kept_in_little_memory() {
    let db = TestDb::sqlite().unwrap();
    let house = House::open(&db).await;
    let station = house.station("S", Version::V201).await;
    station.transfer(Transfers { log_bytes: 100_000_000, ..Transfers::default() });
    let before = peak();
    let row = house.done("S", json!({"command": "get-log"})).await;
    assert_eq!(row.outcome, "done", "{row:?}");
    let grown = peak() - before;
    let [upload] = &*house.uploads(row.id).await else { panic!("one upload") };
    assert_eq!(upload.size, 100_000_000);
    assert_eq!(std::fs::metadata(house.app.files.storage.upload(upload.id)).unwrap().len(), 100_000_000);
    assert!(grown < 32_000_000, "station and server together took {grown} bytes more");
}
