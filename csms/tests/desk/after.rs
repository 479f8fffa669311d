//! What comes after the end of a session, or never: one session and one bill all the same.

use crate::harness::*;
use csms::{flags::Flag, model::AuthStatus};

#[tokio::test]
async fn a_stop_with_a_strange_id_ends_its_session_whatever_had_that_id_before() {
    for mut desk in desks().await {
        for (id, t) in [(-1, 0), (0, 300), (4711, 600)] {
            desk.stop16(id, 900, t).await;
            let lone = desk.session(&id.to_string()).await;
            assert_eq!(lone.flags, format!("{},{}", Flag::StartMissing.key(), Flag::PlaceUnknown.key()));
            for n in [1, 3] {
                let real = desk.start16(1, "TAG", 1_000 * n, t + 60 * n).await;
                desk.stop16(id, 1_000 * n + 700, t + 60 * n + 30).await;
                let session = desk.session(&real.to_string()).await;
                assert_eq!((session.state.as_str(), session.energy_mwh), ("ended", 700_000));
                assert_eq!(session.flags, Flag::StopMatched.key());
            }
            assert_eq!(desk.session(&id.to_string()).await.flags, lone.flags, "the old one stays as it was");
        }
        assert_eq!(desk.count().await, 9);
        desk.assert_sound().await;
    }
}

#[tokio::test]
async fn a_stop_with_a_strange_id_that_is_sent_again_ends_nothing_else() {
    for mut desk in desks().await {
        desk.start16(1, "TAG", 1_000, 0).await;
        desk.stop16(-1, 2_000, 30).await;
        let next = desk.start16(1, "OTHER", 2_000, 20).await;
        assert_eq!(desk.stop16(-1, 2_000, 30).await, dec("0.40"), "the answer was lost");
        desk.restart().await;
        assert_eq!(desk.stop16(-1, 2_000, 30).await, dec("0.40"));
        assert_eq!(desk.session(&next.to_string()).await.state, "open");
        assert_eq!(desk.count().await, 2);
        desk.assert_sound().await;
    }
}

#[tokio::test]
async fn a_transaction_sent_again_after_its_end_is_the_same_session() {
    for mut desk in desks().await {
        for round in 0..3 {
            // As usual, the sample of the start is a moment older than the start.
            desk.start_sampled("tx", "TAG", 1_000, 0, 4).await;
            desk.event("tx", Updated, 1, None, Some(5_000), 30).await;
            desk.event("tx", Ended, 2, None, Some(11_000), 60).await;
            assert_eq!(desk.count().await, 1, "round {round}");
            if round == 1 {
                desk.restart().await;
            }
        }
        let session = desk.session("tx").await;
        assert_eq!((session.cost.as_str(), session.flags.as_str()), ("4.00", ""));
        assert_eq!(desk.bill(session.id).await.revision, 0);
        assert_eq!(desk.readings(session.id).await.len(), 3);
        desk.assert_sound().await;
    }
}

#[tokio::test]
async fn a_transaction_whose_id_is_used_again_stays_as_it_is_when_it_is_sent_again() {
    for mut desk in desks().await {
        for round in 0..2 {
            if round == 1 {
                desk.event("0", Started, 0, Some("TAG"), Some(11_000), 100).await;
            }
            desk.start_sampled("0", "TAG", 1_000, 0, 4).await;
            desk.event("0", Updated, 1, None, Some(5_000), 30).await;
            desk.event("0", Ended, 2, None, Some(11_000), 60).await;
        }
        let running = desk.session("0").await;
        assert_eq!((running.state.as_str(), running.started_at), ("open", at(100)));
        desk.event("0", Ended, 1, None, Some(12_000), 130).await;
        let costs: Vec<_> = desk.sessions().await.into_iter().map(|s| s.cost).collect();
        assert_eq!(costs, ["0.40", "4.00"]);
        desk.assert_sound().await;
    }
}

#[tokio::test]
async fn a_session_that_a_person_ended_too_early_goes_on_as_one() {
    for mut desk in desks().await {
        desk.event("tx", Started, 0, Some("TAG"), Some(1_000), 0).await;
        desk.event("tx", Updated, 1, None, Some(2_000), 10).await;
        assert_eq!(desk.end_by_hand().await, 1);
        // The station was out of reach, and has all of it in its memory.
        desk.restart().await;
        desk.event("tx", Updated, 2, None, Some(5_000), 30).await;
        let session = desk.session("tx").await;
        assert_eq!((session.energy_mwh, session.ended_at), (4_000_000, Some(at(30))), "as far as is known");
        assert_eq!(
            (desk.bill(session.id).await.total_incl.as_str(), session.token_uid.as_str()),
            ("1.60", "TAG")
        );
        desk.event("tx", Updated, 3, None, Some(8_000), 45).await;
        desk.event("tx", Updated, 2, None, Some(5_000), 30).await;
        desk.assert_sound().await;
        assert_eq!(desk.event("tx", Ended, 4, None, Some(11_000), 60).await.total_cost, dec("4.00"));
        let session = desk.session("tx").await;
        assert_eq!((session.energy_mwh, session.ended_at), (10_000_000, Some(at(60))));
        assert_eq!((session.flags.as_str(), session.seqs.as_str()), (Flag::LateMessage.key(), "0-4"));
        assert_eq!(desk.count().await, 1);
        desk.assert_sound().await;
    }
}

#[tokio::test]
async fn a_stop_counts_though_another_process_has_given_its_session_up() {
    let Some(mut desk) = desk_postgres().await else { return };
    let mut elsewhere = desk.beside().await;
    desk.event("tx", Started, 0, Some("TAG"), Some(1_000), 0).await;
    desk.event("tx", Updated, 1, None, Some(4_000), 20).await;
    desk.advance(60);
    assert_eq!(elsewhere.end_by_hand().await, 1);
    let id = desk.session("tx").await.id;
    assert_eq!((desk.bill(id).await.revision, &*desk.bill(id).await.total_incl), (0, "1.20"));
    desk.event("tx", Updated, 2, None, Some(9_000), 50).await;
    assert_eq!(desk.event("tx", Ended, 3, None, Some(11_000), 60).await.total_cost, dec("4.00"));
    let (session, bill) = (desk.session("tx").await, desk.bill(id).await);
    assert_eq!((session.state.as_str(), session.energy_mwh), ("ended", 10_000_000));
    assert_eq!((bill.revision, &*bill.total_incl, &*session.cost), (1, "4.00", "4.00"));
    // Nor does what one process remembers undo what another one knows.
    elsewhere.event("next", Started, 0, Some("TAG"), Some(11_000), 70).await;
    desk.event("next", Ended, 1, None, Some(13_000), 75).await;
    let (session, bill) = (desk.session("next").await, desk.bill(desk.session("next").await.id).await);
    assert_eq!((bill.revision, &*bill.total_incl), (0, "0.80"));
    let there = elsewhere.app.desk(&elsewhere.station);
    assert_eq!(there.give_up(Some(session.id), elsewhere.clock.now()).await.unwrap(), 0);
    assert_eq!((desk.session("next").await, desk.bill(session.id).await), (session, bill));
    desk.assert_sound().await;
    elsewhere.app.close().await;
}

#[tokio::test]
async fn what_counts_from_the_beginning_is_not_of_a_session_that_was_presumed_to_have_ended() {
    for mut desk in desks().await {
        desk.event("1", Started, 0, Some("TAG"), Some(1_000), 0).await;
        desk.event("1", Updated, 1, None, Some(2_000), 10).await;
        desk.end_by_hand().await;
        // A station that lost its memory begins with the same numbers; its start was lost.
        desk.event("1", Updated, 1, None, Some(7_000), 300).await;
        let costs: Vec<_> = desk.sessions().await.into_iter().map(|s| (s.cost, s.token_uid)).collect();
        assert_eq!(costs, [("0.00".to_owned(), String::new()), ("0.40".to_owned(), "TAG".to_owned())]);
        desk.assert_sound().await;
    }
}

#[tokio::test]
async fn a_free_connector_and_silence_end_a_2x_session_whose_end_never_comes() {
    for mut desk in desks().await {
        desk.status2(1, "Occupied", -1).await;
        desk.event("tx", Started, 0, Some("TAG"), Some(1_000), 0).await;
        desk.event("tx", Updated, 1, None, Some(4_000), 20).await;
        desk.advance(30);
        desk.status2(1, "Available", 30).await;
        assert_eq!(desk.session("tx").await.flags, Flag::StopAwaited.key());
        // Out of the station's memory: older than the news of its connector.
        desk.event("tx", Updated, 2, None, Some(5_000), 25).await;
        assert_eq!(desk.session("tx").await.flags, Flag::StopAwaited.key());
        desk.advance(50);
        desk.jobs().await;
        assert_eq!(desk.session("tx").await.state, "open", "the end may still come");
        desk.advance(20);
        desk.restart().await;
        desk.jobs().await;
        let session = desk.session("tx").await;
        assert_eq!((session.state.as_str(), session.ended_at), ("ended", Some(at(25))));
        assert_eq!((session.energy_mwh, session.flags.as_str()), (4_000_000, Flag::StopMissing.key()));
        desk.event("tx", Updated, 3, None, Some(5_500), 28).await;
        desk.event("tx", Ended, 4, None, Some(6_000), 29).await;
        let session = desk.session("tx").await;
        assert_eq!((session.cost.as_str(), session.flags.as_str()), ("2.00", Flag::LateMessage.key()));
        assert_eq!(desk.count().await, 1);
        desk.assert_sound().await;
    }
}

#[tokio::test]
async fn a_session_that_goes_on_waits_for_no_stop() {
    for mut desk in desks().await {
        desk.status2(1, "Occupied", -1).await;
        desk.event("tx", Started, 0, Some("TAG"), Some(1_000), 0).await;
        desk.status2(1, "Available", 10).await;
        assert_eq!(desk.session("tx").await.flags, Flag::StopAwaited.key());
        desk.status2(1, "Occupied", 12).await;
        desk.event("tx", Updated, 1, None, Some(2_000), 15).await;
        assert_eq!(desk.session("tx").await.flags, "");
        desk.event("tx", Ended, 2, None, Some(3_000), 20).await;
        assert_eq!(desk.session("tx").await.flags, "");
        desk.assert_sound().await;
    }
}

#[tokio::test]
async fn the_next_session_of_an_evse_tells_that_the_one_before_is_over() {
    for mut desk in desks().await {
        desk.event("old", Started, 0, Some("TAG"), Some(1_000), 0).await;
        desk.event("old", Updated, 1, None, Some(4_000), 20).await;
        desk.advance(60);
        let next = desk.event("new", Started, 0, Some("TAG"), Some(6_000), 60).await;
        assert_eq!(next.verdict.unwrap().status, AuthStatus::Accepted, "the card is free again");
        assert_eq!(desk.session("old").await.flags, Flag::StopAwaited.key());
        let mut other = desk.neighbour().await;
        let elsewhere = other.event("else", Started, 0, Some("TAG"), Some(0), 60).await;
        assert_eq!(elsewhere.verdict.unwrap().status, AuthStatus::ConcurrentTx, "the new one has it");
        // The queue of the station comes in any order.
        desk.event("old", Updated, 2, None, Some(5_000), 40).await;
        desk.event("new", Updated, 1, None, Some(7_000), 70).await;
        assert_eq!(desk.session("old").await.flags, Flag::StopAwaited.key());
        assert_eq!((desk.count().await, desk.session("new").await.flags.as_str()), (2, ""));
        desk.advance(61);
        desk.event("new", Updated, 2, None, Some(8_000), 121).await;
        desk.jobs().await;
        let old = desk.session("old").await;
        assert_eq!((old.ended_at, old.energy_mwh), (Some(at(40)), 4_000_000));
        assert_eq!(
            (old.flags.as_str(), desk.session("new").await.state.as_str()),
            (Flag::StopMissing.key(), "open")
        );
        desk.event("old", Ended, 3, None, Some(5_500), 50).await;
        assert_eq!(desk.session("old").await.cost, "1.80");
        desk.assert_sound().await;
    }
}

#[tokio::test]
async fn a_session_that_begins_late_behind_another_waits_for_its_stop() {
    for mut desk in desks().await {
        desk.advance(120);
        desk.event("new", Started, 0, Some("TAG"), Some(6_000), 100).await;
        desk.event("old", Started, 0, Some("OTHER"), Some(1_000), 0).await;
        assert_eq!(desk.session("old").await.flags, Flag::StopAwaited.key());
        desk.event("old", Ended, 1, None, Some(6_000), 90).await;
        assert_eq!(
            (desk.session("old").await.cost.as_str(), desk.session("new").await.flags.as_str()),
            ("2.00", "")
        );
        desk.assert_sound().await;
    }
}

#[tokio::test]
async fn a_session_that_is_silent_for_days_is_given_up_and_its_end_is_still_taken() {
    for mut desk in desks().await {
        let lost = desk.start16(2, "OTHER", 1_000, 0).await;
        desk.event("tx", Started, 0, Some("TAG"), Some(1_000), 0).await;
        desk.advance(7 * 24 * 60);
        desk.jobs().await;
        assert_eq!(desk.session("tx").await.state, "open");
        desk.advance(1);
        desk.jobs().await;
        assert_eq!(desk.session(&lost.to_string()).await.flags, Flag::StopMissing.key());
        let session = desk.session("tx").await;
        assert_eq!((session.state.as_str(), session.flags.as_str()), ("ended", Flag::StopMissing.key()));
        desk.event("tx", Updated, 1, None, Some(3_000), 60).await;
        desk.event("tx", Ended, 2, None, Some(11_000), 9_000).await;
        let session = desk.session("tx").await;
        assert_eq!((session.cost.as_str(), session.ended_at), ("4.00", Some(at(9_000))));
        assert_eq!((desk.count().await, session.flags.as_str()), (2, Flag::LateMessage.key()));
        desk.assert_sound().await;
    }
}
