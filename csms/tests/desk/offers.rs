//! What the operator of these tests offers: tariffs and their versions, assignments, discounts, EVSEs, sites.

use crate::harness::*;
use csms::store::{
    Tx,
    assignments::{self, AssignmentRow},
    benefits::{self, BenefitRow},
    sites,
    stations::{self, EvseRow},
    tariffs::Change,
    versions,
};

impl TestDesk {
    /// Makes a tariff of so much for a kWh the one that counts everywhere, for whatever starts from now on.
    pub async fn set_tariff(&mut self, kwh: &str) {
        let component = format!(r#"{{"dimension":"energy","price":"{kwh}"}}"#);
        let elements = format!(r#"[{{"components":[{component}]}}]"#);
        self.set_tariff_of(
            &format!("t{kwh}"),
            format!(r#"{{"id":"t{kwh}","currency":"EUR","elements":{elements}}}"#),
        )
        .await;
    }

    /// Makes this tariff the one that counts everywhere, for whatever starts from now on.
    pub async fn set_tariff_of(&mut self, id: &str, json: String) {
        self.publish_json(&json, None).await;
        let begins = if self.clock.now() == at(0) { at(-60) } else { self.clock.now() };
        self.assign(AssignmentRow { valid_from: Some(begins), ..assignment(id) }).await;
    }

    /// Publishes a version of a tariff: so much for a kWh, from that minute on.
    pub async fn publish(&self, id: &str, kwh: &str, from: Option<i64>) {
        self.publish_tariff(id, kwh, "null", from).await;
    }

    /// A tariff for one kind of session, as OCPI's TariffType names it.
    pub async fn publish_kind(&self, id: &str, kwh: &str, kind: &str) {
        self.publish_tariff(id, kwh, &format!("{kind:?}"), None).await;
    }

    async fn publish_tariff(&self, id: &str, kwh: &str, kind: &str, from: Option<i64>) {
        let component = format!(r#"{{"dimension":"energy","price":"{kwh}"}}"#);
        let elements = format!(r#"[{{"components":[{component}]}}]"#);
        self.publish_json(
            &format!(r#"{{"id":"{id}","currency":"EUR","kind":{kind},"elements":{elements}}}"#),
            from,
        )
        .await;
    }

    /// A tariff in full.
    pub async fn publish_json(&self, json: &str, from: Option<i64>) {
        let tariff = tariffs::Tariff::from_json(json).unwrap();
        let change = self.change();
        let published = self
            .write(async |tx| versions::publish(tx, &tariff, from.map(at), "", &change).await.unwrap())
            .await;
        assert!(matches!(published, versions::Published::Added { .. }), "{published:?}");
    }

    /// Assigns a tariff, in place of what would tie.
    pub async fn assign(&self, row: AssignmentRow) -> i64 {
        let change = self.change();
        let assigned =
            self.write(async |tx| assignments::assign(tx, &row, true, &change).await.unwrap()).await;
        let assignments::Assigned::Done { id, .. } = assigned else { panic!("{assigned:?}") };
        id
    }

    /// Says what an EVSE of the station delivers.
    pub async fn set_evse_kind(&self, evse: i64, kind: &str) {
        let row = EvseRow { station_id: "CP1".into(), evse, max_power_w: None, kind: kind.into() };
        self.write(async |tx| stations::set_evse(tx, &row).await.unwrap()).await;
    }

    /// Gives a discount.
    pub async fn add_benefit(&self, row: BenefitRow) {
        let change = self.change();
        self.write(async |tx| benefits::add(tx, &row, &change).await.unwrap()).await;
    }

    fn change(&self) -> Change<'static> {
        Change { id: self.app.ids.next(), at: self.clock.now(), by: "test" }
    }

    /// A change that the running system knows at once.
    async fn write<T>(&self, work: impl AsyncFnOnce(&mut Tx) -> T) -> T {
        let mut tx = self.app.db.write().await.unwrap();
        let outcome = work(&mut tx).await;
        tx.commit().await.unwrap();
        self.reload().await;
        outcome
    }

    /// Puts the station on a site of this time zone; gives the site's number.
    pub async fn set_site(&self, time_zone: &str) -> i64 {
        let id = self.app.ids.next();
        let site = sites::SiteRow {
            id,
            name: time_zone.to_owned(),
            address: String::new(),
            city: String::new(),
            country: String::new(),
            latitude: None,
            longitude: None,
            time_zone: time_zone.to_owned(),
            created_at: at(-60),
        };
        let mut tx = self.app.db.write().await.unwrap();
        sites::create(&mut tx, &site).await.unwrap();
        let row = stations::find(&mut tx, &self.station).await.unwrap().unwrap();
        let settings = stations::Settings {
            name: row.name,
            site_id: Some(id),
            protocols: row.protocols,
            validation: row.validation,
            registration: row.registration,
        };
        stations::update(&mut tx, &self.station, &settings).await.unwrap();
        tx.commit().await.unwrap();
        self.app.catalog.reload(&self.app.db, self.clock.now()).await.unwrap();
        // The desk sees it within a minute.
        self.advance(2);
        id
    }
}
