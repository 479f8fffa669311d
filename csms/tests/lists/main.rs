//! Local lists at stations of every version, on real sockets and on both databases: rules become lists, and lists are brought
//! to stations whatever they answer.
#![allow(clippy::unwrap_used, clippy::panic)] // helpers of tests fail like tests

mod house;

use conformance::Answer;
use csms::{
    desired::Kind,
    locallist::{self, Rule, Scope},
    store::{
        desired::{self, NewRow},
        lists::{self, VersionRow},
        stations,
    },
};
use house::{ALL, House, Sent};
use ocpp::Version;
use serde_json::json;
use std::time::Duration;

#[tokio::test]
async fn a_list_is_sent_in_full_verified_and_then_changed_by_what_differs() {
    for db in house::databases().await {
        let house = House::open(&db).await;
        house.tokens(&["ANNA", "BEN", "CARA"]).await;
        house.rule(Scope::Fleet, Some(Rule::All)).await;
        let mut stations = Vec::new();
        for (id, version) in ALL {
            stations.push(house.station(id, version).await);
            house.settle(id).await;
            let first = house.sent(id).await;
            assert_eq!(first.len(), 1, "{version:?}");
            assert_eq!((first[0].full, first[0].names()), (true, vec!["ANNA", "BEN", "CARA"]));
            assert_eq!(house.told_version(id).await, i64::from(first[0].version), "{version:?}");
        }
        // One is blocked, one is new: of three, two differ.
        house.block("BEN").await;
        house.tokens(&["DORA", "EMIL", "FRED"]).await;
        house.pass().await;
        for (id, version) in ALL {
            house.settle(id).await;
            let sent = house.sent(id).await;
            let change = sent.last().unwrap();
            assert_eq!((sent.len(), change.full), (2, false), "{version:?}");
            assert_eq!(change.names(), ["BEN", "DORA", "EMIL", "FRED"], "who is blocked goes first");
            assert_eq!(change.entries[0].status.as_deref(), Some("Blocked"));
            assert!(change.version > sent[0].version);
        }
        house.forget("ANNA").await;
        house.pass().await;
        for (id, _) in ALL {
            house.settle(id).await;
            let change = house.sent(id).await.pop().unwrap();
            assert_eq!((change.names(), change.entries[0].status.clone()), (vec!["ANNA"], None), "taken off");
        }
    }
}

#[tokio::test]
async fn the_narrower_rule_counts_and_nobody_is_an_empty_list() {
    for db in house::databases().await {
        let house = House::open(&db).await;
        house.tokens(&["ANNA", "BEN"]).await;
        house.mark("BEN").await;
        house.rule(Scope::Fleet, Some(Rule::All)).await;
        for (id, version) in ALL {
            let _station = house.station(id, version).await;
            house.rule(Scope::Station(id.into()), Some(Rule::Marked)).await;
            house.settle(id).await;
            assert_eq!(house.sent(id).await.pop().unwrap().names(), ["BEN"], "{version:?}");
            house.rule(Scope::Station(id.into()), Some(Rule::Nobody)).await;
            house.settle(id).await;
            let emptied = house.sent(id).await.pop().unwrap();
            assert!(emptied.full && emptied.entries.is_empty() && emptied.version > 0, "{version:?}");
            // Without a rule of its own the fleet's counts again.
            house.rule(Scope::Station(id.into()), None).await;
            house.settle(id).await;
            assert_eq!(house.sent(id).await.pop().unwrap().names(), ["ANNA", "BEN"]);
            let many = house.sent(id).await.len();
            house.rule(Scope::Fleet, None).await;
            house.settle(id).await;
            assert!(
                house.wish(id).await.is_none() && house.sent(id).await.len() == many,
                "it keeps what it has"
            );
            house.rule(Scope::Fleet, Some(Rule::All)).await;
        }
    }
}

#[tokio::test]
async fn a_station_is_sent_no_more_than_it_takes() {
    for db in house::databases().await {
        let house = House::open(&db).await;
        let names: Vec<String> = (0..7).map(|nth| format!("TAG-{nth}")).collect();
        house.tokens(&names.iter().map(String::as_str).collect::<Vec<_>>()).await;
        let reader = house.station("READER", Version::V201).await;
        reader.start(1, "TAG-2").await.unwrap();
        for (id, version) in ALL {
            let _station = house.station(id, version).await;
            if version == Version::V16 {
                house.says(id, "", "SendLocalListMaxLength", "2", "").await;
                house.says(id, "", "LocalAuthListMaxLength", "5", "").await;
            } else {
                house.says(id, "LocalAuthListCtrlr", "ItemsPerMessage", "2", "").await;
                house.says(id, "LocalAuthListCtrlr", "Entries", "0", r#"{"maxLimit":5}"#).await;
            }
            house.rule(Scope::Station(id.into()), Some(Rule::All)).await;
            house.settle(id).await;
            let list = house.sent(id).await.pop().unwrap();
            // The one that was used of late, and the newest of the others.
            assert_eq!(list.names(), ["TAG-2", "TAG-3", "TAG-4", "TAG-5", "TAG-6"], "{version:?}");
            let parts = house.parts(id).await;
            assert_eq!(parts, [("Full".into(), 2), ("Differential".into(), 2), ("Differential".into(), 1)]);
            assert_eq!(house.standing(id).await.wanted.unwrap().left_out, 2);
            assert_eq!(house.told_version(id).await, i64::from(list.version));
            if version == Version::V21 {
                // Another charges: the list stays true, and is left alone for a while.
                reader.start(2, "TAG-0").await.unwrap();
                house.settle(id).await;
                assert_eq!(house.sent(id).await.len(), 1);
                house.later(61).await;
                house.settle(id).await;
                let change = house.sent(id).await.pop().unwrap();
                assert_eq!((change.full, change.names()), (false, vec!["TAG-3", "TAG-0"]));
            }
        }
        let bytes = house.station("BYTES", Version::V21).await;
        house.says("BYTES", "LocalAuthListCtrlr", "BytesPerMessage", "500", "").await;
        house.rule(Scope::Station("BYTES".into()), Some(Rule::All)).await;
        house.settle("BYTES").await;
        let parts = house.parts("BYTES").await;
        assert!(parts.len() > 2 && parts.iter().map(|part| part.1).sum::<usize>() == 7, "{parts:?}");
        drop(bytes);
    }
}

#[tokio::test]
async fn a_mismatch_and_a_failure_are_mended_by_the_whole_list() {
    for db in house::databases().await {
        let house = House::open(&db).await;
        house.tokens(&["ANNA", "BEN", "CARA"]).await;
        house.rule(Scope::Fleet, Some(Rule::All)).await;
        for (id, version) in ALL {
            let station = house.station(id, version).await;
            house.settle(id).await;
            for word in ["VersionMismatch", "Failed"] {
                let before = house.sent(id).await.len();
                station.answer_with("SendLocalList", Answer::Result(json!({"status": word})));
                house.tokens(&[&format!("{id}-{word}")]).await;
                house.pass().await;
                house.settle(id).await;
                // A mismatch is followed by the whole list at once, a failure after a while.
                assert!(!house.sent(id).await[before].full, "{version:?} {word}");
                assert!(house.wish(id).await.unwrap().trouble.contains(word));
                station.answer_normally("SendLocalList");
                house.later(3).await;
                house.settle(id).await;
                let mended = house.sent(id).await.pop().unwrap();
                assert!(mended.full, "{version:?} {word}");
                assert_eq!(house.told_version(id).await, i64::from(mended.version));
            }
        }
    }
}

#[tokio::test]
async fn after_a_failure_the_whole_list_is_sent_whoever_hurries() {
    for db in house::databases().await {
        let house = House::open(&db).await;
        house.tokens(&["ANNA", "BEN", "CARA"]).await;
        house.rule(Scope::Fleet, Some(Rule::All)).await;
        for (id, version) in ALL {
            let station = house.station(id, version).await;
            house.settle(id).await;
            for boots in [false, true] {
                station.answer_with("SendLocalList", Answer::Result(json!({"status": "Failed"})));
                house.tokens(&[&format!("{id}-{boots}")]).await;
                house.pass().await;
                house.settle(id).await;
                assert!(house.wish(id).await.unwrap().trouble.contains("Failed"), "{version:?}");
                station.answer_normally("SendLocalList");
                let before = house.sent(id).await.len();
                if boots {
                    station.boot().await.unwrap();
                } else {
                    house.hurry(id).await;
                }
                house.later(1).await;
                house.settle(id).await;
                assert!(
                    house.sent(id).await[before].full,
                    "{version:?}, boots {boots}: nobody knows what it has"
                );
                house.later(10).await;
                house.settle(id).await;
                house.told_version(id).await;
            }
        }
    }
}

#[tokio::test]
async fn a_list_that_somebody_else_has_sent_is_replaced() {
    for db in house::databases().await {
        let house = House::open(&db).await;
        house.tokens(&["ANNA", "BEN"]).await;
        house.rule(Scope::Fleet, Some(Rule::All)).await;
        for (id, version) in ALL {
            let station = house.station(id, version).await;
            house.settle(id).await;
            let field = if version == Version::V16 { "listVersion" } else { "versionNumber" };
            station.answer_with("GetLocalListVersion", Answer::Result(json!({field: 700})));
            house.tokens(&[&format!("{id}-NEW")]).await;
            house.later(1).await;
            house.settle(id).await;
            let sent = house.sent(id).await.remove(1);
            assert!(sent.full, "{version:?}: its 700 is none of ours");
        }
    }
}

#[tokio::test]
async fn a_station_without_lists_is_asked_once_and_again_after_it_has_booted() {
    for db in house::databases().await {
        let house = House::open(&db).await;
        house.tokens(&["ANNA"]).await;
        house.rule(Scope::Fleet, Some(Rule::All)).await;
        for (id, version) in ALL {
            let station = house.station_with(id, version, |station| {
                let answer = match version {
                    Version::V16 => Answer::Result(json!({"listVersion": -1})),
                    _ => Answer::Error("NotImplemented".into(), "no lists".into()),
                };
                station.answer_with("GetLocalListVersion", answer);
            });
            let station = station.await;
            house.settle(id).await;
            let wish = house.wish(id).await.unwrap();
            assert_eq!(wish.needs, "person", "{version:?}");
            assert!(wish.trouble.contains("no list"), "{}", wish.trouble);
            let asked = house.questions(id).await;
            house.later(120).await;
            house.settle(id).await;
            assert_eq!(house.questions(id).await, asked, "{version:?}: nobody asks it again");
            // With other firmware it may.
            station.answer_normally("GetLocalListVersion");
            station.boot().await.unwrap();
            house.later(1).await;
            house.settle(id).await;
            assert_eq!(house.sent(id).await.pop().unwrap().names(), ["ANNA"], "{version:?}");
        }
    }
}

#[tokio::test]
async fn a_version_has_one_content_whichever_process_is_faster() {
    for db in house::databases().await {
        let house = House::open(&db).await;
        house.tokens(&["ANNA", "BEN"]).await;
        house.rule(Scope::Fleet, Some(Rule::All)).await;
        let _station = house.station("S201", Version::V201).await;
        house.settle("S201").await;
        let first = house.told_version("S201").await;

        // Another process is about to keep the next version, of what it has read.
        house.tokens(&["CARA"]).await;
        let next = VersionRow {
            station_id: "S201".into(),
            version: first + 3,
            hash: "of another process".into(),
            listed: 3,
            left_out: 0,
            made_at: house.app.clock.now(),
        };
        let wish = NewRow {
            station_id: "S201",
            kind: Kind::List.word(),
            key: locallist::KEY,
            value: &next.version.to_string(),
            body: "",
            sealed: "",
            template: "",
            wanted_by: "rule",
            wanted_at: house.app.clock.now(),
        };
        let mut tx = house.app.db.write().await.unwrap();
        assert!(stations::lock(&mut tx, "S201").await.unwrap());
        lists::keep(&mut tx, &next, "[]", Some(first)).await.unwrap();
        desired::put(&mut tx, &wish).await.unwrap();
        let app = house.app.clone();
        let mut pass = tokio::spawn(async move { locallist::pass(&app).await });
        let waits = tokio::time::timeout(Duration::from_millis(300), &mut pass).await;
        assert!(waits.is_err(), "{waits:?}");
        tx.commit().await.unwrap();
        pass.await.unwrap().unwrap();
        let kept = lists::version(&mut house.app.db.read().await.unwrap(), "S201", next.version).await;
        assert!(kept.as_ref().unwrap().as_ref().is_none_or(|kept| kept.hash == next.hash), "{kept:?}");

        house.settle("S201").await;
        assert!(house.told_version("S201").await > next.version, "the next pass sees that it is out of date");
        assert_eq!(house.sent("S201").await.pop().unwrap().names().last(), Some(&"CARA"));
    }
}
