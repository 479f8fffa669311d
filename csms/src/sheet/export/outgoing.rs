//! Pages of the sheets that go out only.

use super::{
    super::outgoing::{
        AssignmentRecord, DiscountRecord, EventRecord, EvseRecord, OrderRecord, ReceiptRecord, SiteRecord,
    },
    Export,
};
use crate::{
    event::Wish,
    store::{
        StoreError, Tx, assignments, benefits, documents,
        events::{self, Side},
        pay::orders,
        query::PAGE_MAX,
        sites, stations,
    },
};

/// Rows that go out and do not come back.
#[derive(Debug, Clone)]
pub enum Outgoing {
    /// With this text in name or city.
    Sites(String),
    /// Of this station.
    Evses(Option<String>),
    /// Of this tariff; with those that have ended.
    Assignments {
        tariff: Option<String>,
        past: bool,
    },
    /// With those that have ended.
    Discounts {
        past: bool,
    },
    Orders(orders::Filter),
    /// `receipt`, `invoice` or `correction`.
    Receipts(Option<String>),
    /// In the order of their numbers.
    Events(Wish),
}

impl Export {
    /// Writes a page; says how many rows were read for it.
    pub(super) async fn outgoing(
        &mut self,
        tx: &mut Tx,
        out: &mut Vec<u8>,
        wanted: Outgoing,
    ) -> Result<usize, StoreError> {
        let number = self.after.as_deref().and_then(|after| after.parse().ok());
        let until = |past: bool| (!past).then_some(self.now);
        match wanted {
            Outgoing::Sites(text) => {
                let page = sites::list(tx, &text, number, PAGE_MAX).await?;
                let found = page.len();
                for row in page {
                    self.after = Some(row.id.to_string());
                    self.write(out, &SiteRecord::of(row));
                }
                Ok(found)
            }
            Outgoing::Evses(station) => {
                let after = self.after.as_deref().and_then(|after| after.split_once('_'));
                let after = after.and_then(|(evse, station)| Some((station.to_owned(), evse.parse().ok()?)));
                let page = stations::all_evses(tx, station.as_deref(), after, PAGE_MAX).await?;
                let found = page.len();
                for row in page {
                    self.after = Some(format!("{}_{}", row.evse, row.station_id));
                    self.write(out, &EvseRecord::of(row));
                }
                Ok(found)
            }
            Outgoing::Assignments { tariff, past } => {
                let filter = assignments::Filter { tariff: tariff.as_deref(), until: until(past) };
                let page = assignments::list(tx, &filter, number, PAGE_MAX).await?;
                let found = page.len();
                for row in page {
                    self.after = Some(row.id.to_string());
                    let site = self.site(tx, row.site_id).await?;
                    self.write(out, &AssignmentRecord::of(row, site));
                }
                Ok(found)
            }
            Outgoing::Discounts { past } => {
                let page = benefits::list(tx, until(past), number, PAGE_MAX).await?;
                let found = page.len();
                for row in page {
                    self.after = Some(row.id.to_string());
                    let site = self.site(tx, row.site_id).await?;
                    self.write(out, &DiscountRecord::of(row, site));
                }
                Ok(found)
            }
            Outgoing::Orders(filter) => {
                let page = orders::list(tx, &filter, number, PAGE_MAX).await?;
                let found = page.len();
                for row in page {
                    self.after = Some(row.id.to_string());
                    let site = self.site(tx, row.site_id).await?;
                    self.write(out, &OrderRecord::of(row, site));
                }
                Ok(found)
            }
            Outgoing::Receipts(kind) => {
                let page = documents::list(tx, kind.as_deref(), number, PAGE_MAX).await?;
                let found = page.len();
                for row in page {
                    self.after = Some(row.id.to_string());
                    self.write(out, &ReceiptRecord::of(row));
                }
                Ok(found)
            }
            Outgoing::Events(wish) => {
                let of = (wish.station.as_deref(), wish.session);
                let page = events::told(tx, of, Side::After(number.unwrap_or(0)), PAGE_MAX).await?;
                let found = page.len();
                for row in page {
                    self.after = Some(row.seq.to_string());
                    if wish.wants(&row.event) {
                        self.write(out, &EventRecord::of(row));
                    }
                }
                Ok(found)
            }
        }
    }
}
