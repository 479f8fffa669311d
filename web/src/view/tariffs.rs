//! The list of tariffs.

use super::{Page, Pager};
use chrono::{DateTime, Utc};
use serde::Serialize;

/// Tariffs in the order of their ids.
#[derive(Debug, Clone, Serialize)]
pub struct TariffsPage {
    pub rows: Vec<TariffLine>,
    pub pager: Pager,
}

/// One tariff.
#[derive(Debug, Clone, Serialize)]
pub struct TariffLine {
    pub id: String,
    pub href: String,
    pub name: String,
    pub currency: String,
    /// Word of the texts' family `kind`; empty = for all.
    pub kind: String,
    /// `None`: no version is active, or the one that is cannot be read.
    pub glance: Option<Glance>,
    /// The active version cannot be read.
    pub broken: bool,
    pub active: Option<i64>,
    pub next: Option<NextVersion>,
    /// Where it counts: the first few assignments.
    pub places: Vec<PlaceView>,
    /// There are further assignments.
    pub more: bool,
}

/// What a tariff costs this week.
#[derive(Debug, Clone, Serialize)]
pub struct Glance {
    /// With tax and currency, e.g. `0.39–0.52 EUR`; empty = free.
    pub price: String,
    /// Word of the texts' family `rate`: what the price is for.
    pub word: &'static str,
    /// Some prices depend on more than the time of day.
    pub conditions: bool,
}

/// A version that is to come.
#[derive(Debug, Clone, Serialize)]
pub struct NextVersion {
    pub version: i64,
    pub at: DateTime<Utc>,
}

/// Where a tariff is assigned. Nothing said: everywhere, to anyone.
#[derive(Debug, Clone, Default, Serialize)]
pub struct PlaceView {
    pub site: String,
    pub station: String,
    pub station_href: String,
    pub evse: Option<i64>,
    pub group: String,
    pub token: String,
    /// It counts from then on.
    pub from: Option<DateTime<Utc>>,
}

#[cfg(test)]
pub(super) fn sample_places() -> Vec<PlaceView> {
    let station = || ("HARBOUR-001".to_owned(), "/stations/HARBOUR-001".to_owned());
    let (name, href) = station();
    vec![
        PlaceView::default(),
        PlaceView { site: "Harbour <West>".into(), group: "HARBOUR-TAXI".into(), ..PlaceView::default() },
        PlaceView {
            site: "Harbour <West>".into(),
            station: name,
            station_href: href,
            evse: Some(2),
            token: "04A1B2C3D4E5".into(),
            from: Some(super::shell::sample_ago(-90_000)),
            ..PlaceView::default()
        },
    ]
}

impl Page for TariffsPage {
    const TEMPLATE: &'static str = "tariffs.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        let city = TariffLine {
            id: "city".into(),
            href: "/tariffs/city".into(),
            name: "City, day and night".into(),
            currency: "EUR".into(),
            kind: String::new(),
            glance: Some(Glance { price: "0.39–0.52\u{a0}EUR".into(), word: "per_kwh", conditions: true }),
            broken: false,
            active: Some(1),
            next: Some(NextVersion { version: 2, at: super::shell::sample_ago(-900_000) }),
            places: sample_places(),
            more: true,
        };
        let free = TariffLine {
            id: "free".into(),
            name: String::new(),
            kind: "ad_hoc_payment".into(),
            glance: Some(Glance { price: String::new(), word: "idle_per_hour", conditions: false }),
            next: None,
            places: Vec::new(),
            more: false,
            ..city.clone()
        };
        let none = TariffLine { glance: None, active: None, ..city.clone() };
        let broken = TariffLine { glance: None, broken: true, next: None, ..city.clone() };
        vec![
            TariffsPage {
                rows: vec![city, free, none, broken],
                pager: Pager { first: None, next: Some("/tariffs?after=free".into()) },
            },
            TariffsPage { rows: Vec::new(), pager: Pager::default() },
        ]
    }
}
