//! The default tariffs at stations.

use crate::common::*;
use csms::store::{
    station_tariffs::{StationTariffRow, of_station, replace},
    stations,
};

fn row(evse: i64, state: &str) -> StationTariffRow {
    StationTariffRow {
        station_id: "CS1".into(),
        evse,
        wanted_id: format!("t-{evse}"),
        held_id: String::new(),
        state: state.into(),
        answer: "Rejected".into(),
        detail: "InvalidValue\0".into(),
        tries: 3,
        tried_at: Some(at(1)),
        next_at: Some(at(2)),
    }
}

on_both! {
    async fn what_a_station_holds_is_replaced_whole_and_goes_with_it(db) {
        station(&db, "CS1").await;
        station(&db, "CS2").await;
        let mut tx = db.write().await.unwrap();
        replace(&mut tx, "CS1", &[row(2, "refused"), row(1, "held")]).await.unwrap();
        let other = StationTariffRow { station_id: "CS2".into(), ..row(0, "held") };
        replace(&mut tx, "CS2", std::slice::from_ref(&other)).await.unwrap();
        replace(&mut tx, "CS9", &[row(0, "held")]).await.unwrap();
        tx.commit().await.unwrap();
        let mut tx = db.write().await.unwrap();
        let told = |row: StationTariffRow| StationTariffRow { detail: "InvalidValue\u{fffd}".into(), ..row };
        let rows = of_station(&mut tx, "CS1").await.unwrap();
        assert_eq!(rows, [told(row(1, "held")), told(row(2, "refused"))], "by EVSE");
        assert!(of_station(&mut tx, "CS9").await.unwrap().is_empty(), "a station that is not there");
        replace(&mut tx, "CS1", &[row(0, "none")]).await.unwrap();
        assert_eq!(of_station(&mut tx, "CS1").await.unwrap(), [told(row(0, "none"))]);
        stations::delete(&mut tx, "CS1").await.unwrap();
        assert!(of_station(&mut tx, "CS1").await.unwrap().is_empty());
        assert_eq!(of_station(&mut tx, "CS2").await.unwrap(), [told(other)]);
        tx.commit().await.unwrap();
    }
}
