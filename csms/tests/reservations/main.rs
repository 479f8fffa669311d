//! Reservations at stations of every version, on real sockets and on both databases.
#![allow(clippy::unwrap_used, clippy::panic)] // helpers of tests fail like tests

mod house;

use conformance::{Answer, ConnectorState, Start};
use csms::{
    pay::{Agent, offer_at},
    reservation::{self, ReserveError, Wish},
    store::{reservations::ReservationRow, testing::TestDb},
};
use house::{ALL, House, at, start, wish};
use ocpp::Version;
use serde_json::json;

fn stands(row: &ReservationRow) -> (&str, &str) {
    (&row.state, &row.reason)
}

#[tokio::test]
async fn a_reservation_is_held_and_used_with_its_number() {
    for db in TestDb::all().await.unwrap() {
        let house = House::open(&db).await;
        for (id, version) in ALL {
            let station = house.station(id, version).await;
            let row = house.reserve(id, 1).await;
            assert_eq!(
                (row.state.as_str(), row.group_uid.as_deref()),
                ("held", Some("FLEET")),
                "{version:?}"
            );
            assert_eq!(station.connector(1), Some(ConnectorState::Reserved));
            station
                .start_with(1, Start { reservation_id: Some(row.id), ..Start::card("ANNA") })
                .await
                .unwrap();
            let row = house.find(row.id).await;
            assert_eq!(row.state, "used", "{version:?}");
            assert!(row.session_id.is_some() && row.ended_at == Some(start()));
            assert_eq!(house.sessions(id).await, [("Accepted".to_owned(), Some(row.id))]);
        }
    }
}

#[tokio::test]
async fn it_is_used_by_its_identifier_and_by_its_group_where_the_station_tells_no_number() {
    for db in TestDb::all().await.unwrap() {
        let house = House::open(&db).await;
        for (id, version) in ALL {
            let station = house.station(id, version).await;
            for (evse, card) in [(1, "anna"), (2, "BEN")] {
                let row = house.reserve(id, evse).await;
                station.start(i32::try_from(evse).unwrap(), card).await.unwrap();
                assert_eq!(house.find(row.id).await.state, "used", "{version:?} {card}");
            }
            assert!(house.sessions(id).await.iter().all(|(_, reservation)| reservation.is_some()));
        }
    }
}

#[tokio::test]
async fn a_stranger_is_told_that_it_is_not_his_turn_as_often_as_he_asks() {
    for db in TestDb::all().await.unwrap() {
        let house = House::open(&db).await;
        for (id, version) in ALL {
            let station = house.station(id, version).await;
            let row = house.reserve(id, 1).await;
            assert_eq!(station.authorize("CARA").await.unwrap().status, "Accepted", "his card is good");
            let told = station.start(1, "CARA").await.unwrap().verdict.unwrap();
            let word = if version == Version::V16 { "Blocked" } else { "NotAtThisTime" };
            assert_eq!(told.status, word, "{version:?}");
            assert_eq!(house.find(row.id).await.state, "held", "it is still ANNA's");
            assert_eq!(house.sessions(id).await, [("NotAtThisTime".to_owned(), None)]);
            // At the other outlet he is welcome.
            assert_eq!(station.start(2, "CARA").await.unwrap().verdict.unwrap().status, "Accepted");
        }
    }
}

#[tokio::test]
async fn what_a_station_refuses_is_told_in_its_word() {
    for db in TestDb::all().await.unwrap() {
        let house = House::open(&db).await;
        for (id, version) in ALL {
            let station = house.station(id, version).await;
            for word in ["Faulted", "Occupied", "Unavailable", "Rejected"] {
                station.answer_with("ReserveNow", Answer::Result(json!({"status": word})));
                assert_eq!(stands(&house.reserve(id, 1).await), ("refused", word), "{version:?}");
            }
            station.answer_with("ReserveNow", Answer::Error("NotImplemented".into(), "no".into()));
            assert_eq!(stands(&house.reserve(id, 1).await), ("refused", "NotImplemented no"));
            // What was refused is in nobody's way.
            station.answer_normally("ReserveNow");
            assert_eq!(house.reserve(id, 1).await.state, "held");
        }
    }
}

#[tokio::test]
async fn who_does_not_come_is_counted_and_priced_and_who_comes_late_by_the_stations_clock_is_not() {
    for db in TestDb::all().await.unwrap() {
        let house = House::open(&db).await;
        house
            .tariff(
                r#"{"id":"t","currency":"EUR","elements":[
                    {"components":[{"dimension":"flat","price":"4","vat":"25"}],"restrictions":{"reservation":"reservation_expires"}},
                    {"components":[{"dimension":"flat","price":"2","vat":"25"},{"dimension":"time","price":"6","vat":"25"}],
                     "restrictions":{"reservation":"reservation"}},
                    {"components":[{"dimension":"energy","price":"0.4","vat":"25"},{"dimension":"flat","price":"1"}]}]}"#,
            )
            .await;
        let _station = house.station("S", Version::V201).await;
        let missed = house.reserve("S", 1).await;
        let given_up = house.reserve("S", 2).await;
        house.clock.advance(chrono::TimeDelta::minutes(10));
        assert_eq!(stands(&house.cancel(given_up.id).await), ("cancelled", "given up by ben"));
        house.clock.advance(chrono::TimeDelta::minutes(20));
        house.turn().await;
        assert_eq!(house.find(missed.id).await.state, "held", "the station may still tell");
        house.clock.advance(chrono::TimeDelta::minutes(2));
        house.turn().await;
        let missed = house.find(missed.id).await;
        assert_eq!(stands(&missed), ("no-show", "nobody came in time"));
        // 4.00 for missing it instead of 2.00, half an hour at 6.00; 25 % VAT.
        assert_eq!((&*missed.currency, &*missed.total_excl, &*missed.total_incl), ("EUR", "7.00", "8.75"));
        // 2.00 and ten minutes at 6.00.
        let given_up = house.find(given_up.id).await;
        assert_eq!((&*given_up.total_excl, &*given_up.total_incl), ("3.00", "3.75"));

        // The station was not reached: its clock has told the session in time.
        let late = Start { reservation_id: Some(missed.id), ..Start::card("ANNA") };
        _station.start_with(1, late).await.unwrap();
        house.turn().await;
        let used = house.find(missed.id).await;
        assert_eq!((&*used.state, &*used.total_excl), ("used", "2.00"), "begun at once: no time, no missing");
    }
}

#[tokio::test]
async fn a_station_that_is_away_when_the_time_is_over_makes_no_no_show() {
    for db in TestDb::all().await.unwrap() {
        let house = House::open(&db).await;
        let station = house.station("S", Version::V21).await;
        let row = house.reserve("S", 1).await;
        station.close().await;
        let gone = async || {
            while house.app.hub.online(&"S".into()) {
                tokio::task::yield_now().await
            }
        };
        tokio::time::timeout(house::PATIENCE, gone()).await.unwrap();
        house.clock.advance(chrono::TimeDelta::minutes(32));
        house.turn().await;
        let row = house.find(row.id).await;
        assert_eq!((row.state.as_str(), row.total_excl.as_str()), ("expired", ""));
    }
}

#[tokio::test]
async fn a_station_tells_that_it_has_let_a_reservation_go() {
    for db in TestDb::all().await.unwrap() {
        let house = House::open(&db).await;
        for (id, version) in ALL {
            let station = house.station(id, version).await;
            if version == Version::V16 {
                // It has no message for it: the connector is out of order.
                let row = house.reserve(id, 1).await;
                station.status(1, ConnectorState::Faulted).await.unwrap();
                assert_eq!(stands(&house.find(row.id).await), ("removed", "Faulted"));
                continue;
            }
            let words: &[_] = if version == Version::V21 {
                &[("Expired", "no-show"), ("Removed", "removed"), ("NoTransaction", "removed")]
            } else {
                &[("Expired", "no-show"), ("Removed", "removed")]
            };
            // What it tells is played here; it does not know of it, and would say that the outlet is still kept.
            station.answer_with("ReserveNow", Answer::Result(json!({"status": "Accepted"})));
            for (word, state) in words {
                let row = house.reserve(id, 2).await;
                let told = json!({"reservationId": row.id, "reservationUpdateStatus": word});
                station.call("ReservationStatusUpdate", told).await.unwrap();
                assert_eq!(stands(&house.find(row.id).await), (*state, *word), "{version:?}");
            }
        }
    }
}

#[tokio::test]
async fn giving_up_reaches_the_station_or_waits_for_it() {
    for db in TestDb::all().await.unwrap() {
        let house = House::open(&db).await;
        for (id, version) in ALL {
            let station = house.station(id, version).await;
            let row = house.cancel(house.reserve(id, 1).await.id).await;
            assert_eq!(stands(&row), ("cancelled", "given up by ben"), "{version:?}");
            assert_eq!(station.connector(1), Some(ConnectorState::Available));
            assert!(!reservation::cancel(&house.app, row.id, "ben").await.unwrap(), "it is over");
            // A station that has forgotten it keeps nothing either.
            let row = house.reserve(id, 1).await;
            station.answer_with("CancelReservation", Answer::Result(json!({"status": "Rejected"})));
            assert_eq!(house.cancel(row.id).await.state, "cancelled");
        }
    }
}

#[tokio::test]
async fn nobody_is_promised_what_somebody_has() {
    for db in TestDb::all().await.unwrap() {
        let house = House::open(&db).await;
        let station = house.station("S", Version::V201).await;
        let first = house.reserve("S", 1).await;
        let later = Wish { from: Some(at(20)), expires_at: at(40), ..wish("S", Some(1)) };
        let error = house.wish(later.clone()).await.unwrap_err();
        assert!(matches!(error, ReserveError::Taken { evse: 1, by, .. } if by == first.id), "{error}");
        // After it, and of the other outlet; then both are gone.
        house.wish(Wish { from: Some(at(30)), expires_at: at(50), ..later.clone() }).await.unwrap();
        house.wish(wish("S", None)).await.unwrap();
        assert!(matches!(house.wish(wish("S", Some(2))).await, Err(ReserveError::Full { outlets: 2 })));
        station.start_with(2, Start::card("CARA")).await.unwrap();
        let used = house.wish(Wish { expires_at: at(10), ..wish("S", Some(2)) }).await;
        assert!(matches!(used, Err(ReserveError::InUse(2) | ReserveError::Full { .. })), "{used:?}");

        for (bad, why) in [
            (Wish { token: "NOBODY".into(), ..later.clone() }, "no identifier"),
            (Wish { token: "DORA".into(), ..later.clone() }, "blocked"),
            (Wish { expires_at: at(0), ..later.clone() }, "in the future"),
            (Wish { expires_at: at(30_000), ..later.clone() }, "7 days"),
            (Wish { station: "X".into(), ..later.clone() }, "no station X"),
            (Wish { evse: Some(9), ..later.clone() }, "no EVSE 9"),
            (Wish { connector_type: Some("a b".into()), ..later }, "letters and digits"),
        ] {
            let told = house.wish(bad).await.unwrap_err().to_string();
            assert!(told.contains(why), "{told}");
        }
    }
}

#[tokio::test]
async fn of_two_who_want_the_same_outlet_at_once_one_has_it() {
    for db in TestDb::all().await.unwrap() {
        let house = House::open(&db).await;
        house.register("S").await;
        let wishes = (0..6).map(|_| house.wish(Wish { from: Some(at(5)), ..wish("S", Some(1)) }));
        let made = futures::future::join_all(wishes).await;
        assert_eq!(made.iter().filter(|made| made.is_ok()).count(), 1);
    }
}

#[tokio::test]
async fn a_station_is_asked_only_for_what_it_says_it_can_keep() {
    for db in TestDb::all().await.unwrap() {
        let house = House::open(&db).await;
        for (id, version) in ALL {
            let _station = house.station(id, version).await;
            let by_type = Wish { connector_type: Some("cCCS2".into()), ..wish(id, None) };
            if version == Version::V16 {
                let told = house.wish(wish(id, None)).await.unwrap_err().to_string();
                assert!(told.contains("ReserveConnectorZeroSupported"), "{told}");
                house.says(id, "", "ReserveConnectorZeroSupported", "true").await;
                assert!(house.wish(by_type).await.unwrap_err().to_string().contains("1.6"));
                house.wish(wish(id, None)).await.unwrap();
                house.says(id, "", "SupportedFeatureProfiles", "Core,RemoteTrigger").await;
            } else {
                let row = house.wish(by_type.clone()).await.unwrap();
                assert_eq!(house.ask(row.id).await.state, "held");
                house.says(id, "ReservationCtrlr", "NonEvseSpecific", "false").await;
                assert!(house.wish(by_type).await.unwrap_err().to_string().contains("NonEvseSpecific"));
                house.says(id, "ReservationCtrlr", "Enabled", "false").await;
            }
            let told = house.wish(wish(id, Some(2))).await.unwrap_err().to_string();
            assert!(told.contains("keeps no reservations"), "{told}");
        }
    }
}

#[tokio::test]
async fn a_station_that_is_not_there_is_told_at_once_and_asked_later_if_it_was_planned() {
    for db in TestDb::all().await.unwrap() {
        let house = House::open(&db).await;
        house.register("S").await;
        let row = house.reserve("S", 1).await;
        assert_eq!(stands(&row), ("refused", "Offline: the station is not connected"));
        let planned = house.wish(Wish { from: Some(at(10)), ..wish("S", Some(1)) }).await.unwrap();
        house.turn().await;
        assert_eq!(house.find(planned.id).await.state, "planned", "its time has not come");
        house.clock.advance(chrono::TimeDelta::minutes(10));
        house.turn().await;
        assert_eq!(house.find(planned.id).await.state, "asked");
        let _station = house.connect("S", Version::V16).await;
        assert_eq!(house.ask(planned.id).await.state, "held", "it was asked when it came");
    }
}

#[tokio::test]
async fn a_restart_in_between_forgets_nothing_and_a_station_that_boots_is_asked_again() {
    for db in TestDb::all().await.unwrap() {
        let house = House::open(&db).await;
        house.register("S").await;
        let wished = house.wish(wish("S", Some(1))).await.unwrap();
        let station = house.connect("S", Version::V201).await;
        house.turn().await;
        let held = house.ask(wished.id).await;
        assert_eq!((held.state.as_str(), held.tries), ("held", 1));
        drop((station, house));

        let house = House::reopen(&db).await;
        house.clock.advance(chrono::TimeDelta::minutes(5));
        let station = house.connect("S", Version::V201).await;
        house.turn().await;
        assert_eq!(
            house.ask(wished.id).await.tries,
            2,
            "it may have forgotten: told again with the same number"
        );
        assert_eq!(station.connector(1), Some(ConnectorState::Reserved));
        station.start(1, "BEN").await.unwrap();
        assert_eq!(house.find(wished.id).await.state, "used");
    }
}

#[tokio::test]
async fn an_outlet_that_is_kept_is_not_sold_to_a_passer_by() {
    for db in TestDb::all().await.unwrap() {
        let house = House::open(&db).await;
        house
            .tariff(r#"{"id":"t","currency":"EUR","elements":[{"components":[{"dimension":"energy","price":"0.4"}]}]}"#)
            .await;
        let station = house.station("S", Version::V201).await;
        // It does not show on its connectors what it keeps.
        for action in ["ReserveNow", "CancelReservation"] {
            station.answer_with(action, Answer::Result(json!({"status": "Accepted"})));
        }
        let ready = async |evse| {
            offer_at(&house.app, &"S".into(), evse, Agent::Browser).await.unwrap().readiness.word()
        };
        assert_eq!((ready(1).await, ready(2).await), ("ready", "ready"));
        let any = house.wish(wish("S", None)).await.unwrap();
        assert_eq!(house.ask(any.id).await.state, "held");
        assert_eq!((ready(1).await, ready(2).await), ("ready", "ready"), "one of two is left");
        house.reserve("S", 1).await;
        assert_eq!((ready(1).await, ready(2).await), ("reserved", "reserved"));
        house.cancel(any.id).await;
        assert_eq!((ready(1).await, ready(2).await), ("reserved", "ready"));
    }
}

#[tokio::test]
async fn a_station_ends_no_reservation_of_another_one_and_none_twice() {
    for db in TestDb::all().await.unwrap() {
        let house = House::open(&db).await;
        let _ours = house.station("S", Version::V201).await;
        let other = house.station("T", Version::V21).await;
        let row = house.reserve("S", 1).await;
        let expired = |id: i64| json!({"reservationId": id, "reservationUpdateStatus": "Expired"});
        other.call("ReservationStatusUpdate", expired(row.id)).await.unwrap();
        assert_eq!(house.find(row.id).await.state, "held", "it has an old one of this number");
        let ends = async || {
            let rows = house.events().await;
            rows.into_iter().filter(|kind| kind.starts_with("reservation.no-show")).count()
        };
        assert_eq!(ends().await, 0);

        // What is over is over, whatever is told late.
        let theirs = house.reserve("T", 1).await;
        house.cancel(theirs.id).await;
        other.call("ReservationStatusUpdate", expired(theirs.id)).await.unwrap();
        assert_eq!((house.find(theirs.id).await.state.as_str(), ends().await), ("cancelled", 0));
    }
}

#[tokio::test]
async fn giving_up_does_not_overtake_the_wish() {
    for db in TestDb::all().await.unwrap() {
        let house = House::open(&db).await;
        for (id, version) in ALL {
            let station = house.station(id, version).await;
            station.answer_with("ReserveNow", Answer::Silence);
            let row = house.wish(wish(id, Some(1))).await.unwrap();
            house.turn().await;
            station.expect_call("ReserveNow").await.unwrap();
            station.cut().await;
            house.gone(id).await;
            // It may have heard of it; it is asked again when it comes.
            house.until_asked(row.id, 2).await;
            assert!(reservation::cancel(&house.app, row.id, "ben").await.unwrap());
            house.turn().await;
            station.answer_normally("ReserveNow");
            station.reconnect().await.unwrap();
            let row = house.ask(row.id).await;
            assert_eq!(row.state, "cancelled", "{version:?}");
            assert_ne!(station.connector(1), Some(ConnectorState::Reserved), "{version:?}: nobody keeps it");
        }
        // Nor do those that are asked by hand.
        let station = house.station("HAND", Version::V201).await;
        station.cut().await;
        house.gone("HAND").await;
        let reserve = json!({"command": "reserve", "number": 4711, "evse": 1, "token": {"uid": "ANNA"}, "expires_at": at(60)});
        let cancel = json!({"command": "cancel-reservation", "number": 4711});
        let reserve = house.later("HAND", reserve).await;
        let cancel = house.later("HAND", cancel).await;
        station.reconnect().await.unwrap();
        let (reserve, cancel) = (house.answered(reserve).await, house.answered(cancel).await);
        assert_eq!((reserve.verdict.as_str(), cancel.verdict.as_str()), ("accepted", "accepted"));
        assert_ne!(station.connector(1), Some(ConnectorState::Reserved));
    }
}

#[tokio::test]
async fn what_was_given_up_and_not_let_go_is_no_no_show() {
    for db in TestDb::all().await.unwrap() {
        let house = House::open(&db).await;
        let station = house.station("S", Version::V201).await;
        let row = house.reserve("S", 1).await;
        station.answer_with("CancelReservation", Answer::Error("NotImplemented".into(), "no".into()));
        assert!(reservation::cancel(&house.app, row.id, "ben").await.unwrap());
        house.turn().await;
        station.expect_call("CancelReservation").await.unwrap();
        house.clock.advance(chrono::TimeDelta::minutes(32));
        house.turn().await;
        let row = house.find(row.id).await;
        assert_eq!((row.state.as_str(), row.reason.starts_with("given up by ben")), ("cancelled", true));
    }
}

#[tokio::test]
async fn a_free_outlet_is_left_beside_reservations_that_follow_each_other() {
    for db in TestDb::all().await.unwrap() {
        let house = House::open(&db).await;
        let _station = house.station("S", Version::V201).await;
        let between = |evse: Option<u32>, from: i64, until: i64| Wish {
            from: Some(at(from)),
            expires_at: at(until),
            ..wish("S", evse)
        };
        house.wish(between(Some(1), 60, 120)).await.unwrap();
        house.wish(between(Some(1), 120, 180)).await.unwrap();
        house.wish(between(Some(2), 60, 180)).await.unwrap();
        let full = house.wish(between(None, 90, 100)).await;
        assert!(matches!(full, Err(ReserveError::Full { outlets: 2 })), "{full:?}");
        house.wish(between(None, 180, 240)).await.unwrap();
    }
}

#[tokio::test]
async fn of_several_processes_the_one_that_has_the_station_asks_it() {
    let Some(db) = TestDb::postgres().await.unwrap() else { return };
    let one = House::open(&db).await;
    let two = House::beside(&db, 2).await;
    one.at_work().await;
    two.at_work().await;
    let _station = one.station("S", Version::V201).await;
    let row = two.wish(wish("S", Some(1))).await.unwrap();
    two.turn().await;
    assert_eq!(one.find(row.id).await.state, "planned", "it is connected elsewhere");
    assert_eq!(one.ask(row.id).await.state, "held");
    assert!(reservation::cancel(&two.app, row.id, "ben").await.unwrap());
    two.turn().await;
    assert_eq!(one.find(row.id).await.cancel_id, None);
    assert_eq!(one.ask(row.id).await.state, "cancelled");

    // A station that is nowhere is told so, a moment later.
    one.register("AWAY").await;
    let row = two.wish(wish("AWAY", Some(1))).await.unwrap();
    two.clock.advance(chrono::TimeDelta::seconds(40));
    two.turn().await;
    two.turn().await;
    assert_eq!(stands(&one.find(row.id).await), ("refused", "Offline: the station is not connected"));
}
