//! Seen from real stations: what is odd is flagged, kept, and billed sensibly.

use crate::harness::*;
use csms::{
    error::Error,
    flags::Flag,
    model::{Place, Report, Stamp, Status},
    store::stations,
};

fn flags(keys: &[Flag]) -> String {
    keys.iter().map(|f| f.key()).collect::<Vec<_>>().join(",")
}

#[tokio::test]
async fn a_start_sent_again_gets_the_same_transaction_id() {
    for mut desk in desks().await {
        let first = desk.start16(1, "TAG", 1_000, 0).await;
        assert_eq!(desk.start16(1, "TAG", 1_000, 0).await, first, "retry under a new message id");
        desk.restart().await;
        assert_eq!(desk.start16(1, "TAG", 1_000, 0).await, first, "retry after our restart");
        desk.stop16(first, 2_000, 30).await;
        assert_eq!(desk.start16(1, "TAG", 1_000, 0).await, first, "retry after the stop");
        assert_eq!(desk.count().await, 1);
        assert_ne!(desk.start16(1, "TAG", 2_000, 40).await, first, "the next session");
        assert_eq!(desk.count().await, 2);
        desk.assert_sound().await;
    }
}

#[tokio::test]
async fn a_start_sent_again_with_a_new_timestamp_is_the_same_start() {
    for mut desk in desks().await {
        let first = desk.start16(1, "TAG", 1_000, 0).await;
        assert_eq!(desk.start16(1, "TAG", 1_000, 2).await, first);
        assert_eq!(desk.session(&first.to_string()).await.flags, flags(&[Flag::StartRepeated]));
        desk.assert_sound().await;
    }
}

#[tokio::test]
async fn a_lost_stop_is_found_by_the_next_start() {
    for mut desk in desks().await {
        let lost = desk.start16(1, "TAG", 1_000, 0).await;
        desk.meter16(1, lost, 5_000, 30).await;
        let next = desk.start16(1, "OTHER", 9_000, 120).await;
        assert_ne!(lost, next);
        let session = desk.session(&lost.to_string()).await;
        assert_eq!((session.state.as_str(), session.energy_mwh), ("ended", 8_000_000));
        assert_eq!(session.flags, flags(&[Flag::StopMissing]));
        assert_eq!(session.ended_at, Some(at(30)), "no time is billed that nobody saw");
        assert_eq!(desk.session(&next.to_string()).await.energy_mwh, 0);
        desk.assert_sound().await;
    }
}

#[tokio::test]
async fn a_stop_that_comes_after_all_makes_the_bill_anew() {
    for mut desk in desks().await {
        let lost = desk.start16(1, "TAG", 1_000, 0).await;
        desk.start16(1, "OTHER", 9_000, 120).await;
        assert_eq!(desk.stop16(lost, 8_500, 60).await, dec("3.00"));
        let session = desk.session(&lost.to_string()).await;
        assert_eq!((session.ended_at, session.energy_mwh), (Some(at(60)), 7_500_000));
        assert_eq!(session.flags, flags(&[Flag::LateMessage]));
        assert_eq!(desk.bill(session.id).await.revision, 1);
        desk.assert_sound().await;
    }
}

#[tokio::test]
async fn a_second_stop_changes_nothing() {
    for mut desk in desks().await {
        let id = desk.start16(1, "TAG", 1_000, 0).await;
        assert_eq!(desk.stop16(id, 2_000, 30).await, dec("0.40"));
        assert_eq!(desk.stop16(id, 2_000, 30).await, dec("0.40"), "the same again");
        assert_eq!(desk.session(&id.to_string()).await.flags, "");
        assert_eq!(desk.stop16(id, 9_000, 40).await, dec("0.40"), "another one");
        let session = desk.session(&id.to_string()).await;
        assert_eq!((session.energy_mwh, session.flags), (1_000_000, flags(&[Flag::StopRepeated])));
        desk.assert_sound().await;
    }
}

#[tokio::test]
async fn a_stop_with_a_strange_id_is_matched_to_the_one_session_it_can_mean() {
    for mut desk in desks().await {
        let id = desk.start16(1, "TAG", 1_000, 0).await;
        desk.stop16(-1, 2_000, 30).await;
        let session = desk.session(&id.to_string()).await;
        assert_eq!((session.state.as_str(), session.energy_mwh), ("ended", 1_000_000));
        assert_eq!(session.flags, flags(&[Flag::StopMatched]));
        desk.assert_sound().await;
    }
}

#[tokio::test]
async fn a_stop_of_nothing_is_kept_and_costs_nothing() {
    for mut desk in desks().await {
        assert_eq!(desk.stop16(4711, 9_000, 30).await, dec("0.00"));
        let session = desk.session("4711").await;
        assert_eq!((session.state.as_str(), session.energy_mwh), ("ended", 0));
        assert_eq!(session.flags, flags(&[Flag::StartMissing, Flag::PlaceUnknown]));
        assert_eq!(desk.stop16(4711, 9_000, 30).await, dec("0.00"), "sent again");
        assert_eq!(desk.count().await, 1);
        desk.assert_sound().await;
    }
}

#[tokio::test]
async fn events_without_a_start_make_a_session() {
    for mut desk in desks().await {
        desk.event("tx", Updated, 3, None, Some(1_000), 10).await;
        desk.event("tx", Ended, 4, None, Some(3_000), 20).await;
        let session = desk.session("tx").await;
        assert_eq!(session.energy_mwh, 2_000_000);
        assert_eq!(session.flags, flags(&[Flag::StartMissing, Flag::SequenceGap]));
        desk.assert_sound().await;
    }
}

#[tokio::test]
async fn a_start_that_arrives_after_its_updates_is_taken_in() {
    for mut desk in desks().await {
        desk.event("tx", Updated, 1, None, Some(5_000), 30).await;
        desk.event("tx", Started, 0, Some("TAG"), Some(1_000), 0).await;
        desk.event("tx", Ended, 2, None, Some(11_000), 60).await;
        let session = desk.session("tx").await;
        assert_eq!(
            (session.started_at, session.energy_mwh, session.token_uid.as_str()),
            (at(0), 10_000_000, "TAG")
        );
        assert_eq!((session.cost.as_str(), session.seqs.as_str()), ("4.00", "0-2"));
        assert_eq!(session.flags, flags(&[Flag::OutOfOrder]));
        desk.assert_sound().await;
    }
}

#[tokio::test]
async fn an_end_before_its_updates_is_rated_again() {
    for mut desk in desks().await {
        desk.event("tx", Started, 0, Some("TAG"), Some(1_000), 0).await;
        desk.event("tx", Ended, 3, None, Some(11_000), 60).await;
        assert_eq!(desk.session("tx").await.flags, flags(&[Flag::SequenceGap]));
        desk.event("tx", Updated, 1, None, Some(4_000), 20).await;
        desk.event("tx", Updated, 2, None, Some(8_000), 40).await;
        let session = desk.session("tx").await;
        assert_eq!(
            (session.energy_mwh, session.cost.as_str(), session.seqs.as_str()),
            (10_000_000, "4.00", "0-3")
        );
        assert_eq!(session.flags, flags(&[Flag::LateMessage]));
        desk.event("tx", Updated, 2, None, Some(8_000), 40).await;
        assert_eq!(desk.readings(session.id).await.len(), 4, "a duplicate is one row");
        desk.assert_sound().await;
    }
}

#[tokio::test]
async fn transaction_ids_that_repeat_are_different_sessions() {
    for mut desk in desks().await {
        for n in 0..3 {
            let t = n * 100;
            desk.event("0", Started, 0, Some("TAG"), Some(1_000), t).await;
            desk.event("0", Updated, 0, None, Some(2_000), t + 10).await;
            desk.event("0", Ended, 0, None, Some(3_000), t + 20).await;
        }
        assert_eq!(desk.count().await, 3);
        for session in desk.sessions().await {
            assert_eq!((session.state.as_str(), session.energy_mwh), ("ended", 2_000_000));
            assert!(session.flags.contains(Flag::SequenceRepeats.key()), "seqNo always 0");
        }
        desk.assert_sound().await;
    }
}

#[tokio::test]
async fn an_id_used_again_while_its_session_is_open_ends_that_one() {
    for mut desk in desks().await {
        desk.event("1", Started, 0, Some("TAG"), Some(1_000), 0).await;
        desk.event("1", Updated, 1, None, Some(2_000), 10).await;
        desk.event("1", Started, 0, Some("TAG"), Some(2_500), 500).await;
        let sessions = desk.sessions().await;
        assert_eq!(sessions.len(), 2);
        let old = sessions.iter().find(|s| s.state == "ended").unwrap();
        assert_eq!((old.energy_mwh, old.flags.clone()), (1_000_000, flags(&[Flag::StopMissing])));
        desk.assert_sound().await;
    }
}

#[tokio::test]
async fn a_station_without_a_clock_is_billed_by_times_of_receipt() {
    for mut desk in desks().await {
        desk.clock_unset = true;
        let id = desk.start16(1, "TAG", 1_000, 0).await;
        desk.advance(60);
        assert_eq!(desk.stop16(id, 11_000, 60).await, dec("4.00"));
        let session = desk.session(&id.to_string()).await;
        assert_eq!(session.flags, flags(&[Flag::ClockWrong]));
        assert_eq!(session.ended_at.unwrap() - session.started_at, chrono::TimeDelta::minutes(60));
        desk.assert_sound().await;
    }
}

#[tokio::test]
async fn without_a_clock_a_start_sent_again_is_still_the_same_start() {
    for mut desk in desks().await {
        desk.clock_unset = true;
        let id = desk.start16(1, "TAG", 1_000, 0).await;
        desk.advance(5);
        desk.stop16(id, 2_000, 5).await;
        desk.advance(1);
        assert_eq!(desk.start16(1, "TAG", 1_000, 0).await, id, "its answer was lost");
        assert_eq!(desk.count().await, 1);
        desk.advance(1);
        assert_ne!(desk.start16(1, "TAG", 2_000, 7).await, id, "the next session");
        desk.advance(120);
        assert_ne!(
            desk.start16(1, "TAG", 1_000, 0).await,
            id,
            "alike to the letter, a reboot and two hours later"
        );
        desk.assert_sound().await;
    }
}

#[tokio::test]
async fn without_a_clock_and_with_one_id_sessions_are_still_told_apart() {
    for mut desk in desks().await {
        desk.clock_unset = true;
        for _ in 0..2 {
            for _ in 0..2 {
                desk.event("0", Started, 0, Some("TAG"), Some(1_000), 0).await;
            }
            desk.advance(1);
            desk.event("0", Ended, 1, None, Some(2_000), 1).await;
            desk.event("0", Started, 0, Some("TAG"), Some(1_000), 0).await;
            desk.advance(60);
        }
        assert_eq!(desk.count().await, 2);
        desk.assert_sound().await;
    }
}

#[tokio::test]
async fn the_order_of_open_sessions_is_kept_when_one_ends() {
    for mut desk in desks().await {
        let ids = [
            desk.start16(1, "TAG", 0, 0).await,
            desk.start16(2, "OTHER", 0, 1).await,
            desk.start16(3, "FLEET", 0, 2).await,
        ];
        desk.stop16(ids[0], 100, 3).await;
        // Named by an id that is not ours: two sessions could be meant, so none is ended.
        desk.stop16(-1, 500, 4).await;
        for id in &ids[1..] {
            assert_eq!(desk.session(&id.to_string()).await.state, "open");
        }
        desk.assert_sound().await;
    }
}

#[tokio::test]
async fn a_register_that_begins_anew_is_no_gift_and_no_robbery() {
    for mut desk in desks().await {
        let id = desk.start16(1, "TAG", 50_000, 0).await;
        for (wh, minute) in [(52_000, 10), (0, 20), (1_000, 30), (2_000, 40)] {
            desk.meter16(1, id, wh, minute).await;
        }
        desk.stop16(id, 3_000, 50).await;
        let session = desk.session(&id.to_string()).await;
        assert_eq!((session.energy_mwh, session.flags), (5_000_000, flags(&[Flag::RegisterShrank])));
        desk.assert_sound().await;
    }
}

#[tokio::test]
async fn a_stop_below_its_start_costs_nothing() {
    for mut desk in desks().await {
        let id = desk.start16(1, "TAG", 50_000, 0).await;
        assert_eq!(desk.stop16(id, 49_000, 30).await, dec("0.00"));
        assert_eq!(desk.session(&id.to_string()).await.flags, flags(&[Flag::RegisterShrank]));
        desk.assert_sound().await;
    }
}

#[tokio::test]
async fn a_reboot_in_the_middle_ends_nothing() {
    for mut desk in desks().await {
        let id = desk.start16(1, "TAG", 1_000, 0).await;
        desk.boot().await;
        assert_eq!(desk.session(&id.to_string()).await.state, "open");
        desk.stop16(id, 2_000, 30).await;
        assert_eq!(desk.session(&id.to_string()).await.flags, flags(&[Flag::Rebooted]));
        desk.assert_sound().await;
    }
}

#[tokio::test]
async fn a_free_connector_and_silence_end_a_session_whose_stop_never_comes() {
    for mut desk in desks().await {
        let id = desk.start16(1, "TAG", 1_000, 0).await;
        desk.meter16(1, id, 4_000, 20).await;
        desk.status16(1, "Available", 30).await;
        assert_eq!(desk.give_up_before(0).await, 0, "the stop may still come");
        desk.advance(120);
        assert_eq!(desk.give_up_before(60).await, 1);
        let session = desk.session(&id.to_string()).await;
        assert_eq!((session.state.as_str(), session.energy_mwh), ("ended", 3_000_000));
        assert_eq!(session.flags, flags(&[Flag::StopMissing]));
        desk.assert_sound().await;
    }
}

#[tokio::test]
async fn meter_values_without_a_transaction_find_the_session_of_their_connector() {
    for mut desk in desks().await {
        let id = desk.start16(1, "TAG", 1_000, 0).await;
        desk.meter_without_transaction(1, 4_000, 20).await;
        desk.meter_without_transaction(2, 7_000, 20).await;
        let session = desk.session(&id.to_string()).await;
        assert_eq!((session.energy_mwh, session.flags), (3_000_000, flags(&[Flag::ReadingMatched])));
        desk.assert_sound().await;
    }
}

#[tokio::test]
async fn meter_values_of_another_time_and_of_nobody_are_kept_apart() {
    for mut desk in desks().await {
        desk.meter16(1, 999, 4_000, 20).await;
        assert_eq!(desk.count().await, 0);
        desk.assert_sound().await;
    }
}

#[tokio::test]
async fn another_stations_transaction_is_out_of_reach() {
    for mut desk in desks().await {
        let id = desk.start16(1, "TAG", 1_000, 0).await;
        let mut other = desk.neighbour().await;
        other.stop16(id, 90_000, 10).await;
        let session = desk.session(&id.to_string()).await;
        assert_eq!((session.state.as_str(), session.energy_mwh), ("open", 0));
        desk.assert_sound().await;
    }
}

fn available(minute: i64) -> Report {
    Report::Status(Status {
        place: Place { evse: 1, connector: 1 },
        status: "Available".to_owned(),
        error_code: "NoError".to_owned(),
        info: String::new(),
        at: Some(Stamp { at: at(minute) }),
    })
}

#[tokio::test]
async fn a_commit_that_failed_is_over_for_who_comes_next() {
    for desk in desks().await {
        desk.handle(available(0)).await.unwrap();
        let mut tx = desk.app.db.write().await.unwrap();
        stations::delete(&mut tx, "CP1").await.unwrap();
        tx.commit().await.unwrap();
        let failed = desk.handle(available(1)).await;
        assert!(matches!(failed, Err(Error::Store(_))), "{failed:?}");
        let next = desk.handle(available(2)).await;
        assert!(matches!(next, Err(Error::UnknownStation(_))), "{next:?}");
    }
}

#[tokio::test]
async fn a_clock_that_ran_ahead_makes_nothing_old_that_is_told_once_it_is_right() {
    for mut desk in desks().await {
        desk.status16(1, "Faulted", 8 * 60).await;
        desk.advance(1);
        desk.status16(1, "Available", 1).await;
        let mut tx = desk.app.db.read().await.unwrap();
        let told = stations::connectors(&mut tx, "CP1").await.unwrap();
        assert_eq!((&*told[0].status, told[0].status_at), ("Available", at(1)));
    }
}
