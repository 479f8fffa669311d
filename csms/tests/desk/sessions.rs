//! Plain sessions, priced to the cent, the same in every protocol.

use crate::harness::*;
use csms::flags::Flag;

#[tokio::test]
async fn a_16_session_is_metered_priced_and_stored() {
    for mut desk in desks().await {
        let id = desk.start16(1, "TAG", 1_000, 0).await;
        desk.meter16(1, id, 5_000, 30).await;
        let running = desk.session(&id.to_string()).await;
        assert_eq!(
            (running.state.as_str(), running.energy_mwh, running.cost.as_str()),
            ("open", 4_000_000, "1.60")
        );
        assert_eq!(desk.stop16(id, 11_000, 60).await, dec("4.00"));
        let session = desk.session(&id.to_string()).await;
        assert_eq!(session.state, "ended");
        assert_eq!((session.start_mwh, session.stop_mwh), (Some(1_000_000), Some(11_000_000)));
        assert_eq!((session.energy_mwh, session.cost.as_str()), (10_000_000, "4.00"));
        assert_eq!(session.flags, "");
        let bill = desk.bill(session.id).await;
        assert_eq!((bill.revision, bill.total_incl.as_str(), bill.currency.as_str()), (0, "4.00", "EUR"));
        assert_eq!(desk.readings(session.id).await.len(), 3);
        desk.assert_sound().await;
    }
}

#[tokio::test]
async fn a_2x_session_gives_the_same_numbers() {
    for mut desk in desks().await {
        desk.event("tx-1", Started, 0, Some("TAG"), Some(1_000), 0).await;
        desk.event("tx-1", Updated, 1, None, Some(5_000), 30).await;
        let reply = desk.event("tx-1", Ended, 2, None, Some(11_000), 60).await;
        assert_eq!(reply.total_cost, dec("4.00"));
        let session = desk.session("tx-1").await;
        assert_eq!(
            (session.energy_mwh, session.cost.as_str(), session.flags.as_str()),
            (10_000_000, "4.00", "")
        );
        assert_eq!((session.seqs.as_str(), session.token_uid.as_str()), ("0-2", "TAG"));
        desk.assert_sound().await;
    }
}

#[tokio::test]
async fn a_session_survives_the_process() {
    for mut desk in desks().await {
        let id = desk.start16(1, "TAG", 1_000, 0).await;
        desk.meter16(1, id, 5_000, 30).await;
        desk.restart().await;
        desk.meter16(1, id, 8_000, 45).await;
        desk.restart().await;
        assert_eq!(desk.stop16(id, 11_000, 60).await, dec("4.00"));
        let session = desk.session(&id.to_string()).await;
        assert_eq!((session.energy_mwh, session.messages, session.flags.as_str()), (10_000_000, 4, ""));
        desk.assert_sound().await;
    }
}

#[tokio::test]
async fn a_session_without_a_tariff_has_no_price_but_all_energy() {
    for mut desk in desks_without_tariff().await {
        let id = desk.start16(1, "TAG", 1_000, 0).await;
        assert_eq!(desk.stop16(id, 11_000, 60).await, None);
        let session = desk.session(&id.to_string()).await;
        assert_eq!((session.energy_mwh, session.cost.as_str()), (10_000_000, ""));
        assert_eq!(session.flags, Flag::NoTariff.key());
        desk.assert_sound().await;
    }
}

#[tokio::test]
async fn the_tariff_of_the_start_counts_to_the_end() {
    for mut desk in desks().await {
        let id = desk.start16(1, "TAG", 0, 0).await;
        desk.set_tariff("0.99").await;
        assert_eq!(desk.stop16(id, 10_000, 60).await, dec("4.00"));
        let next = desk.start16(1, "TAG", 10_000, 70).await;
        assert_eq!(desk.stop16(next, 20_000, 90).await, dec("9.90"));
        desk.assert_sound().await;
    }
}

#[tokio::test]
async fn two_connectors_of_a_16_station_have_two_sessions() {
    for mut desk in desks().await {
        let one = desk.start16(1, "TAG", 0, 0).await;
        let two = desk.start16(2, "OTHER", 0, 1).await;
        assert_ne!(one, two);
        desk.stop16(one, 1_000, 30).await;
        desk.stop16(two, 3_000, 40).await;
        assert_eq!(desk.session(&one.to_string()).await.energy_mwh, 1_000_000);
        assert_eq!(desk.session(&two.to_string()).await.energy_mwh, 3_000_000);
        desk.assert_sound().await;
    }
}
