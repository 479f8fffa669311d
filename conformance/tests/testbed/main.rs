//! The testbed for stations against a station that does everything right, and against the same with planted defects.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

mod clean;
mod defects;

use std::sync::Arc;
use std::time::Duration;

use conformance::suite::{Case, Pace, Rig, Summary};
use conformance::testbed::{self, Door, Terms};
use conformance::{Options, Station, Transfers, Wallbox};
use ocpp::Version;

/// What the stations of the tests prove themselves with.
const PASSWORD: &str = "a-password-of-a-station";

/// Quick, but not so that a busy machine fails a test.
fn pace() -> Pace {
    Pace {
        answer: Duration::from_secs(20),
        follow_up: Duration::from_secs(20),
        back: Duration::from_secs(30),
        plan: Duration::from_secs(20),
        quiet: Duration::from_millis(600),
        operator: Duration::from_secs(20),
        case: Duration::from_secs(120),
    }
}

/// Plays cases against a wallbox, after `spoil` has done something to it.
pub async fn play(version: Version, cases: Vec<&'static Case>, spoil: impl FnOnce(&Station)) -> Summary {
    play_as(version, cases, pace(), true, spoil).await
}

/// The same, at a pace, with or without hands at the station.
pub async fn play_as(
    version: Version,
    cases: Vec<&'static Case>,
    pace: Pace,
    hands: bool,
    spoil: impl FnOnce(&Station),
) -> Summary {
    let terms = Terms { password: Some(PASSWORD.into()), version: Some(version), ..Terms::default() };
    let door = Door::open("127.0.0.1:0", terms).await.unwrap();
    let options = Options::new(&door.url(), "WALL-1", version).password(PASSWORD);
    let wallbox = Wallbox::hang(options.timeout(Duration::from_secs(10)));
    wallbox.station().transfer(Transfers::default());
    spoil(wallbox.station());
    let mut rig = Rig::new(door.url());
    if hands {
        rig = rig.operator(Arc::new(wallbox.clone()));
    }
    rig.pace = pace;
    rig.rules.values.insert("evses".to_owned(), "2".to_owned());
    let wait = Duration::from_secs(20);
    testbed::run(rig, door, wait, |_| cases, |_, _, _| {}, |_| {}).await.unwrap()
}

/// Cases by their ids.
pub fn cases(version: Version, ids: &[&str]) -> Vec<&'static Case> {
    let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
    let found = testbed::select(version, &[], &ids);
    assert_eq!(found.len(), ids.len(), "{ids:?}");
    found
}
