//! Accepted, pending, rejected (2.0.1 B01–B03).

use crate::harness::*;
use csms::{
    error::Error,
    model::{Registration, Reply, Report},
};
use ocpp::fault::ErrorCode;

#[tokio::test]
async fn a_station_that_was_told_to_wait_may_only_do_what_it_is_asked() {
    for mut desk in desks().await {
        desk.set_registration("pending").await;
        assert_eq!(desk.boot().await, Registration::Pending);
        let refused = desk.handle(Report::Heartbeat).await;
        assert!(matches!(refused, Err(Error::Fault(f)) if f.code == ErrorCode::SecurityError));
        assert!(matches!(desk.handle_asked(Report::Heartbeat).await, Ok(Reply::Heartbeat { .. })));
        desk.restart().await;
        assert!(desk.handle(Report::Heartbeat).await.is_err(), "the answer is remembered");
        desk.set_registration("accepted").await;
        assert_eq!(desk.boot().await, Registration::Accepted);
        assert!(desk.handle(Report::Heartbeat).await.is_ok());
    }
}

#[tokio::test]
async fn a_rejected_station_may_not_even_answer_what_it_is_asked() {
    for mut desk in desks().await {
        desk.set_registration("rejected").await;
        assert_eq!(desk.boot().await, Registration::Rejected);
        assert!(desk.handle_asked(Report::Heartbeat).await.is_err());
    }
}

#[tokio::test]
async fn a_reconnect_without_a_boot_carries_on() {
    for mut desk in desks().await {
        desk.boot().await;
        desk.restart().await;
        let id = desk.start16(1, "TAG", 0, 0).await;
        assert!(id > 0);
    }
}
