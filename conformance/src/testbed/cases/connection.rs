//! How a station connects, and how often it tries.

use std::time::{Duration, Instant};

use ocpp::Version;
use serde_json::json;

use crate::suite::case::{Broken, ensure};
use crate::testbed::Mood;
use crate::testbed::bed::Event;
use crate::testbed::settings::{BACK_OFF, BACK_OFF_DOUBLINGS, BACK_OFF_RANDOM};

/// So many tries in a row are no hammering.
const TRIES: usize = 5;

pub(super) mod ours {
    use super::{Broken, Duration, Event, Instant, Mood, TRIES, Version, ensure, json};
    crate::suite::case::cases! {
        Station; "Connection" in &[Version::V16, Version::V201, Version::V21];
        "WL_CS_CONN_01" "The identity is the last segment of the path, and the version is offered" ["J3.1.1", "J3.1.2"] => |b| {
            let entry = b.door.last_entry().ok_or_else(|| Broken::inconclusive("nobody was let in"))?;
            let plain = |c: char| c.is_ascii_alphanumeric() || "*-_=:+|@.".contains(c);
            let fits = !entry.identity.is_empty() && entry.identity.chars().count() <= 48 && entry.identity.chars().all(plain);
            ensure(fits, || format!("{:?} is no identity", entry.identity))?;
            let wanted = b.version.subprotocol();
            ensure(entry.offered.iter().any(|name| name == wanted), || format!("{wanted} is not offered: {:?}", entry.offered))?;
        }
        "WL_CS_CONN_02" "HTTP Basic names the identity as the user" ["A00"] => |b| {
            if !b.door.asks_for_a_password() {
                return Err(Broken::NotApplicable("no password is asked for (--password)".to_owned()));
            }
            let entry = b.door.last_entry().ok_or_else(|| Broken::inconclusive("nobody was let in"))?;
            let user = entry.basic.map(|(user, _)| user).unwrap_or_default();
            ensure(user == entry.identity, || format!("the user of HTTP Basic is {user:?}, not {:?}", entry.identity))?;
        }
        "WL_CS_CONN_03" "A station that is refused tries again, and does not hammer" ["J5.4", "§3.1"] => |b| {
            let began = Instant::now();
            b.leaving = true;
            b.door.set(Mood::Refuses(503));
            b.drop_connection();
            let quiet = b.pace().quiet.max(Duration::from_secs(1));
            b.listen(quiet).await?;
            let tries = b.door.knocks_since(began).len();
            let most = TRIES * usize::try_from(quiet.as_secs()).unwrap_or(1).max(1);
            ensure(tries <= most, || format!("it knocked {tries} times within {quiet:?}"))?;
            b.mend();
            b.back("after it was refused").await?;
        }
        "WL_CS_CONN_04" "A subprotocol that the station did not offer: it says nothing, and leaves" ["J3.1.2", "J3.3"] => |b| {
            b.leaving = true;
            b.forget();
            b.door.set(Mood::NamesWrong);
            b.drop_connection();
            let before = b.connections;
            let back = b.pace().back;
            let came = tokio::time::timeout(back, async {
                while b.connections == before {
                    b.event().await?;
                }
                Ok(())
            });
            came.await.map_err(|_| Broken::fail(format!("the station did not come back within {back:?}")))??;
            let patience = b.pace().answer;
            let left = tokio::time::timeout(patience, async {
                while b.is_online() {
                    match b.event().await? {
                        Event::Call => return Err(Broken::fail("the station speaks by a subprotocol that it did not offer")),
                        Event::Answer(..) | Event::Came | Event::Closed => {}
                    }
                }
                Ok(())
            }).await;
            left.map_err(|_| Broken::fail("the station stays on a connection whose subprotocol it did not offer"))??;
            b.mend();
            b.back("once the door names its subprotocol again").await?;
        }
        "WL_CS_CONN_05" "The station comes back after the network was cut, and is at work at once" ["J5.4", "B01"] => |b| {
            b.cut();
            let quiet = b.pace().quiet;
            b.listen(quiet).await?;
            b.mend();
            b.back("after the network came back").await?;
            b.leaving = false;
            b.ask("DataTransfer", json!({ "vendorId": "org.example.nobody" })).await?;
        }
    }
}

pub(super) mod new {
    use super::{BACK_OFF, BACK_OFF_DOUBLINGS, BACK_OFF_RANDOM, Duration, Instant, Version, ensure};
    crate::suite::case::cases! {
        Station; "B" in &[Version::V201, Version::V21];
        "TC_B_57_CS" "The waits between tries to connect double, and are never shorter than told" ["J5.4"] => |b| {
            b.need(&BACK_OFF, "1").await?;
            b.need(&BACK_OFF_RANDOM, "1").await?;
            b.need(&BACK_OFF_DOUBLINGS, "2").await?;
            let began = Instant::now();
            b.cut();
            let patience = b.pace().follow_up;
            while b.door.knocks_since(began).len() < 3 && began.elapsed() < patience {
                let step = b.pace().quiet / 4;
                b.listen(step).await?;
            }
            let knocks = b.door.knocks_since(began);
            ensure(knocks.len() >= 3, || format!("only {} tries within {patience:?}", knocks.len()))?;
            let slack = Duration::from_millis(200);
            let waits: Vec<Duration> = knocks.windows(2).map(|pair| pair[1].at - pair[0].at).collect();
            ensure(waits[0] + slack >= Duration::from_secs(1), || format!("the second try came after {:?}", waits[0]))?;
            ensure(waits[1] + slack >= Duration::from_secs(2), || format!("the third try came after {:?}: the wait was not doubled", waits[1]))?;
            b.mend();
            b.back("after the network came back").await?;
        }
    }
}
