//! Who may charge, and what happens to a session of one who may not.

use crate::harness::*;
use csms::{flags::Flag, model::AuthStatus};

#[tokio::test]
async fn every_standing_has_its_own_word() {
    for desk in desks().await {
        for (uid, status) in [
            ("TAG", AuthStatus::Accepted),
            ("tag", AuthStatus::Accepted),
            ("BLOCKED", AuthStatus::Blocked),
            ("EXPIRED", AuthStatus::Expired),
            ("NOBODY", AuthStatus::Unknown),
        ] {
            assert_eq!(desk.authorize(uid, "").await.status, status, "{uid}");
        }
        assert_eq!(desk.authorize("TAG", "").await.group.map(|g| g.uid), Some("FAMILY".to_owned()));
        assert_eq!(desk.authorize("", "NoAuthorization").await.status, AuthStatus::Accepted);
    }
}

#[tokio::test]
async fn readers_mix_up_cards_but_a_typed_code_is_no_card() {
    for desk in desks().await {
        assert_eq!(desk.authorize("TAG", "ISO15693").await.status, AuthStatus::Accepted);
        assert_eq!(desk.authorize("TAG", "KeyCode").await.status, AuthStatus::Unknown);
        assert_eq!(desk.authorize("4711", "KeyCode").await.status, AuthStatus::Accepted);
        assert_eq!(desk.authorize("4711", "ISO14443").await.status, AuthStatus::Unknown);
        assert_eq!(desk.authorize("4711", "").await.status, AuthStatus::Unknown, "1.6 tells no kind");
    }
}

#[tokio::test]
async fn a_refused_start_still_gets_an_id_and_is_billed() {
    for mut desk in desks().await {
        let reply = desk.start16_reply(1, "NOBODY", 1_000, 0).await;
        assert_eq!(reply.verdict.unwrap().status, AuthStatus::Unknown);
        let id = reply.transaction.unwrap();
        assert_eq!(desk.stop16(id, 2_000, 30).await, dec("0.40"));
        assert_eq!(desk.session(&id.to_string()).await.flags, Flag::Unauthorized.key());
    }
}

#[tokio::test]
async fn one_identifier_runs_one_session_unless_it_may_run_more() {
    for mut desk in desks().await {
        let mut other = desk.neighbour().await;
        let first = desk.start16_reply(1, "TAG", 0, 0).await;
        assert_eq!(first.verdict.unwrap().status, AuthStatus::Accepted);
        let again = desk.start16_reply(1, "TAG", 0, 0).await;
        assert_eq!(again.verdict.unwrap().status, AuthStatus::Accepted, "a retry is the same session");
        let second = other.start16_reply(1, "TAG", 0, 1).await;
        assert_eq!(second.verdict.unwrap().status, AuthStatus::ConcurrentTx);
        assert_eq!(desk.authorize("TAG", "").await.status, AuthStatus::Accepted, "only starts are refused");
        for (desk, n) in [(&mut desk, 2), (&mut other, 2)] {
            let reply = desk.start16_reply(n, "FLEET", 0, 5).await;
            assert_eq!(reply.verdict.unwrap().status, AuthStatus::Accepted);
        }
    }
}

#[tokio::test]
async fn a_session_whose_stop_was_lost_is_no_reason_to_refuse_the_next() {
    for mut desk in desks().await {
        desk.start16(1, "TAG", 1_000, 0).await;
        let next = desk.start16_reply(1, "TAG", 3_000, 1).await;
        assert_eq!(
            next.verdict.unwrap().status,
            AuthStatus::Accepted,
            "its connector shows that the first is over"
        );
        let elsewhere = desk.start16_reply(2, "TAG", 0, 2).await;
        assert_eq!(elsewhere.verdict.unwrap().status, AuthStatus::ConcurrentTx);
    }
}

#[tokio::test]
async fn a_start_of_the_past_collides_with_nobody() {
    for mut desk in desks().await {
        let mut other = desk.neighbour().await;
        desk.advance(120);
        desk.start16(1, "TAG", 0, 115).await;
        let told_late = other.start16_reply(1, "TAG", 0, 10).await;
        assert_eq!(
            told_late.verdict.unwrap().status,
            AuthStatus::Accepted,
            "two hours ago the card was free"
        );
        let now = other.start16_reply(2, "TAG", 0, 119).await;
        assert_eq!(now.verdict.unwrap().status, AuthStatus::ConcurrentTx);
    }
}
