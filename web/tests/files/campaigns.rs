//! Campaigns: who is asked when, what halts them, and what an operator sees and does.

use crate::house::{House, PATIENCE, about};
use conformance::{Station, Transfers};
use csms::{
    campaign::{self, Act, CampaignError, Choice, Wish},
    command::{self, Until},
    store::{
        campaigns::{self, CampaignRow, MemberRow},
        testing::TestDb,
    },
};
use ocpp::Version;

fn wish(firmware: i64) -> Wish {
    Wish {
        name: "Autumn".into(),
        firmware,
        choice: Choice::default(),
        canaries: 1,
        at_once: 2,
        halt_percent: 30,
        idle_only: false,
    }
}

/// Stations of all versions, by turns, that install firmware in this way.
async fn stations(house: &House, how: &[&str]) -> Vec<Station> {
    let mut stations = Vec::new();
    for (n, installs) in how.iter().enumerate() {
        let version = [Version::V16, Version::V201, Version::V21][n % 3];
        let station = house.station(&format!("S{n}"), version).await;
        station.transfer(Transfers { installs: (*installs).into(), ..Transfers::default() });
        stations.push(station);
    }
    stations
}

async fn members(house: &House, id: i64) -> Vec<MemberRow> {
    campaigns::members(&mut house.app.db.read().await.unwrap(), id, None, None, 100).await.unwrap()
}

async fn now(house: &House, id: i64) -> CampaignRow {
    campaigns::find(&mut house.app.db.read().await.unwrap(), id).await.unwrap().unwrap()
}

/// A turn, and then all that it has asked for.
async fn turn(house: &House, id: i64) -> Vec<String> {
    campaign::turn(&house.app).await.unwrap();
    let mut asked = Vec::new();
    for member in members(house, id).await.into_iter().filter(|member| member.state == "asked") {
        let row = command::wait(&house.app, member.command_id.unwrap(), Until::Outcome, PATIENCE).await;
        assert!(row.unwrap().unwrap().is_over());
        asked.push(member.station_id);
    }
    asked
}

fn states(members: &[MemberRow]) -> String {
    members.iter().map(|member| member.state.as_str()).collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn the_first_come_alone_and_the_others_so_many_at_once() {
    for db in TestDb::all().await.unwrap() {
        let house = House::open(&db).await;
        let _stations = stations(&house, &["Installed"; 6]).await;
        let firmware = house.firmware(b"new", about("duo", "5.0.0")).await;
        let row = campaign::begin(&house.app, wish(firmware.id), "ada").await.unwrap();
        for asked in [&["S0"][..], &["S1", "S2"], &["S3", "S4"], &["S5"], &[]] {
            assert_eq!(turn(&house, row.id).await, asked);
        }
        assert_eq!(states(&members(&house, row.id).await), "done done done done done done");
        let ended = now(&house, row.id).await;
        assert_eq!((ended.state.as_str(), ended.ended_at.is_some()), ("done", true));
        assert!(!campaign::act(&house.app, row.id, Act::Cancel, "ada").await.unwrap(), "it has ended");
    }
}

#[tokio::test]
async fn a_pause_stops_the_turn_that_is_under_way() {
    let db = TestDb::sqlite().unwrap();
    let house = House::open(&db).await;
    let stations = stations(&house, &["Installed"; 8]).await;
    let firmware = house.firmware(b"new", about("duo", "5.0.0")).await;
    let wish = Wish { canaries: 0, at_once: 8, ..wish(firmware.id) };
    let row = campaign::begin(&house.app, wish, "ada").await.unwrap();
    // Somebody sees what the first one is told, and stops it.
    let pause = async {
        stations[0].expect_call("UpdateFirmware").await.unwrap();
        assert!(campaign::act(&house.app, row.id, Act::Pause, "ada").await.unwrap());
    };
    let (turn, ()) = tokio::join!(campaign::turn(&house.app), pause);
    turn.unwrap();
    let asked = members(&house, row.id).await.iter().filter(|member| member.state != "waiting").count();
    assert!((1..8).contains(&asked), "{asked} of 8 were asked");
    assert_eq!(now(&house, row.id).await.state, "paused");
}

#[tokio::test]
async fn a_campaign_halts_when_one_of_the_first_fails() {
    for db in TestDb::all().await.unwrap() {
        let house = House::open(&db).await;
        let _stations = stations(&house, &["InstallationFailed", "Installed", "Installed"]).await;
        let firmware = house.firmware(b"new", about("duo", "5.0.0")).await;
        let wish = Wish { halt_percent: 100, ..wish(firmware.id) };
        let row = campaign::begin(&house.app, wish, "ada").await.unwrap();
        assert_eq!(turn(&house, row.id).await, ["S0"]);
        assert!(turn(&house, row.id).await.is_empty());
        let halted = now(&house, row.id).await;
        assert_eq!((&*halted.state, &*halted.reason), ("halted", "1 of the first 1 stations have failed"));
        let rows = members(&house, row.id).await;
        assert_eq!(states(&rows), "failed waiting waiting");
        assert_eq!(rows[0].reason, "InstallationFailed");
        // Somebody has looked at it: what had failed is not counted again.
        assert!(campaign::act(&house.app, row.id, Act::Resume, "ada").await.unwrap());
        assert_eq!(turn(&house, row.id).await, ["S1", "S2"]);
        turn(&house, row.id).await;
        assert_eq!(now(&house, row.id).await.state, "done");
    }
}

#[tokio::test]
async fn a_pause_does_not_hide_that_one_of_the_first_has_failed() {
    for db in TestDb::all().await.unwrap() {
        let house = House::open(&db).await;
        let _stations = stations(&house, &["InstallationFailed", "Installed", "Installed"]).await;
        let firmware = house.firmware(b"new", about("duo", "5.0.0")).await;
        let row = campaign::begin(&house.app, wish(firmware.id), "ada").await.unwrap();
        assert_eq!(turn(&house, row.id).await, ["S0"]);
        assert!(campaign::act(&house.app, row.id, Act::Pause, "ada").await.unwrap());
        assert!(turn(&house, row.id).await.is_empty());
        assert_eq!(states(&members(&house, row.id).await), "failed waiting waiting");
        assert!(campaign::act(&house.app, row.id, Act::Resume, "ada").await.unwrap());
        assert!(turn(&house, row.id).await.is_empty(), "nobody has looked at the failure");
        let halted = now(&house, row.id).await;
        assert_eq!((&*halted.state, &*halted.reason), ("halted", "1 of the first 1 stations have failed"));
    }
}

#[tokio::test]
async fn stations_that_were_asked_are_followed_after_their_campaign_was_cancelled() {
    let db = TestDb::sqlite().unwrap();
    let house = House::open(&db).await;
    let _stations = stations(&house, &["Installed", "Installed"]).await;
    let firmware = house.firmware(b"new", about("duo", "5.0.0")).await;
    let row = campaign::begin(&house.app, wish(firmware.id), "ada").await.unwrap();
    assert_eq!(turn(&house, row.id).await, ["S0"]);
    assert!(campaign::act(&house.app, row.id, Act::Cancel, "ada").await.unwrap());
    campaign::turn(&house.app).await.unwrap();
    assert_eq!(states(&members(&house, row.id).await), "done skipped");
    assert_eq!(now(&house, row.id).await.state, "cancelled");
}

#[tokio::test]
async fn a_campaign_halts_when_too_many_of_those_that_have_ended_have_failed() {
    for db in TestDb::all().await.unwrap() {
        let house = House::open(&db).await;
        let how =
            ["Installed", "Installed", "Installed", "InvalidSignature", "InstallationFailed", "Installed"];
        let _stations = stations(&house, &how).await;
        let firmware = house.firmware(b"new", about("duo", "5.0.0")).await;
        let row = campaign::begin(&house.app, wish(firmware.id), "ada").await.unwrap();
        assert_eq!(turn(&house, row.id).await, ["S0"]);
        assert_eq!(turn(&house, row.id).await, ["S1", "S2"]);
        assert_eq!(turn(&house, row.id).await, ["S3", "S4"]);
        assert!(turn(&house, row.id).await.is_empty());
        let halted = now(&house, row.id).await;
        assert_eq!(halted.reason, "2 of 5 stations have failed, more than 30 %");
        assert!(campaign::act(&house.app, row.id, Act::Cancel, "ada").await.unwrap());
        let rows = members(&house, row.id).await;
        assert_eq!(states(&rows), "done done done failed failed skipped");
        assert_eq!(rows[5].reason, "cancelled by ada");
    }
}

#[tokio::test]
async fn stations_that_are_away_or_busy_wait_and_new_firmware_counts_by_its_boot() {
    for db in TestDb::all().await.unwrap() {
        let house = House::open(&db).await;
        let stations = stations(&house, &["Installed"; 3]).await;
        // It never says Installed; it is seen to have it.
        stations[0].transfer(Transfers {
            installs: "InstallRebooting".into(),
            boots_with: "5.0.0".into(),
            ..Transfers::default()
        });
        stations[1].plug_in(1).await.unwrap();
        stations[1].start(1, "TAG").await.unwrap();
        stations[2].close().await;
        let firmware = house.firmware(b"new", about("duo", "5.0.0")).await;
        let wish = Wish { canaries: 0, at_once: 10, idle_only: true, ..wish(firmware.id) };
        let row = campaign::begin(&house.app, wish.clone(), "ada").await.unwrap();
        assert_eq!(turn(&house, row.id).await, ["S0"]);
        assert!(campaign::act(&house.app, row.id, Act::Pause, "ada").await.unwrap());
        assert!(turn(&house, row.id).await.is_empty());
        let rows = members(&house, row.id).await;
        assert_eq!(
            (states(&rows).as_str(), rows[0].reason.as_str()),
            ("done waiting waiting", "it has 5.0.0")
        );
        stations[1].stop(1, "Local").await.unwrap();
        assert!(turn(&house, row.id).await.is_empty(), "it is paused");
        // All of it is in the rows: whoever opens them next goes on.
        drop(house);
        let house = House::open(&db).await;
        assert_eq!(now(&house, row.id).await.state, "paused");
        let again = campaign::begin(
            &house.app,
            Wish { choice: Choice { vendor: "nobody".into(), ..Choice::default() }, ..wish },
            "ada",
        )
        .await;
        assert!(
            matches!(again, Err(CampaignError::Unfit(why)) if why.contains("there is no firmware") || why.contains("no station fits"))
        );
    }
}

#[tokio::test]
async fn a_station_that_refuses_is_told_of_in_its_words() {
    let db = TestDb::sqlite().unwrap();
    let house = House::open(&db).await;
    let stations = stations(&house, &["Installed", "Installed"]).await;
    let no = serde_json::json!({"status": "Rejected", "statusInfo": {"reasonCode": "OutOfMemory"}});
    stations[1].answer_with("UpdateFirmware", conformance::Answer::Result(no));
    let firmware = house.firmware(b"new", about("duo", "5.0.0")).await;
    let wish = Wish { halt_percent: 100, ..wish(firmware.id) };
    let row = campaign::begin(&house.app, wish, "ada").await.unwrap();
    for _ in 0..4 {
        turn(&house, row.id).await;
    }
    let rows = members(&house, row.id).await;
    assert_eq!((states(&rows).as_str(), rows[1].reason.as_str()), ("done failed", "Rejected OutOfMemory"));
    assert_eq!(now(&house, row.id).await.state, "done");
}
