//! Who gets which part of a site's revenue.

use super::{Clearing, ClearingError};
use crate::store::{
    Tx,
    clearing::shares::{self, RuleRow},
    events,
    row::EventRow,
    sites,
};
use chrono::NaiveDate;
use payments::clearing::Rate;
use serde_json::{Value, json};

/// What revenue can be for.
pub const REVENUE: [&str; 8] = ["all", "energy", "service", "time", "idle", "flat", "reservation", "other"];
/// Characters of a host's name at most.
const HOST_MAX: usize = 120;
/// All of it, in millionths.
const ALL: i64 = 1_000_000;

/// A host gets a part of a site's revenue.
#[derive(Debug, Clone)]
pub struct Share<'a> {
    pub site: i64,
    pub host: &'a str,
    pub rate: Rate,
    /// Of what; words of [`REVENUE`].
    pub of: &'a [String],
    /// `None`: from today, UTC.
    pub from: Option<NaiveDate>,
    /// The last day; `None`: until further notice.
    pub to: Option<NaiveDate>,
}

impl Clearing<'_> {
    /// Adds a rule. The same rule again is the one that is there.
    ///
    /// # Errors
    /// [`ClearingError::Refused`]: there is no such site or revenue, or its hosts would get more than everything.
    pub async fn add_share(&self, new: &Share<'_>) -> Result<RuleRow, ClearingError> {
        let host = new.host.trim();
        if host.is_empty() || host.chars().count() > HOST_MAX {
            return Err(ClearingError::refused(format!("A host has a name of 1 to {HOST_MAX} characters.")));
        }
        if new.of.is_empty() || new.of.iter().any(|of| !REVENUE.contains(&of.as_str())) {
            return Err(ClearingError::refused(format!("Revenue is one of {}.", REVENUE.join(", "))));
        }
        let now = self.clock.now();
        let from = new.from.unwrap_or_else(|| now.date_naive());
        if new.to.is_some_and(|to| to < from) {
            return Err(ClearingError::refused("The last day is not before the first."));
        }
        let row = RuleRow {
            id: self.ids.next(),
            site_id: new.site,
            host: host.to_owned(),
            rate_millionths: i64::from(new.rate.as_millionths()),
            revenue: new.of.join(","),
            from_day: from.to_string(),
            to_day: new.to.map(|day| day.to_string()),
            created_at: now,
        };
        let mut tx = self.db.write().await?;
        // Whoever else changes the rules waits here for our end, so that two do not give away one part.
        crate::store::counter::take(&mut tx, "clearing.share_rule", 1).await?;
        if sites::find(&mut tx, new.site).await?.is_none() {
            return Err(ClearingError::refused(format!("There is no site {}.", new.site)));
        }
        let rules = shares::list(&mut tx, Some(new.site)).await?;
        let same =
            |other: &&RuleRow| RuleRow { id: row.id, created_at: row.created_at, ..(*other).clone() } == row;
        if let Some(known) = rules.iter().find(same) {
            return Ok(known.clone());
        }
        // The hosts of a site together get at most all of it.
        let overlaps = |other: &&RuleRow| {
            other.to_day.as_ref().is_none_or(|to| *to >= row.from_day)
                && row.to_day.as_ref().is_none_or(|to| *to >= other.from_day)
        };
        let sum: i64 = rules.iter().filter(overlaps).map(|other| other.rate_millionths).sum();
        if sum + row.rate_millionths > ALL {
            let given = Rate::millionths(u32::try_from(sum).unwrap_or(u32::MAX));
            return Err(ClearingError::refused(format!(
                "The hosts of the site would get more than everything: other rules of these days give {given}. End one of them."
            )));
        }
        shares::add(&mut tx, &row).await?;
        let told = json!({"rule": row.id, "site": row.site_id, "host": row.host, "rate": new.rate.to_string(),
                          "of": row.revenue, "from": row.from_day, "to": row.to_day});
        self.note(&mut tx, "clearing.share_added", &told).await?;
        tx.commit().await?;
        Ok(row)
    }

    /// Says which day is a rule's last. False: there is no such rule.
    ///
    /// # Errors
    /// [`ClearingError::Refused`]: the day is before the rule's first.
    pub async fn end_share(&self, rule: i64, day: NaiveDate) -> Result<bool, ClearingError> {
        let day = day.to_string();
        let mut tx = self.db.write().await?;
        let Some(row) = shares::find(&mut tx, rule).await? else { return Ok(false) };
        if day < row.from_day {
            return Err(ClearingError::refused(format!("The rule begins on {}.", row.from_day)));
        }
        if row.to_day.as_deref() != Some(day.as_str()) {
            shares::end(&mut tx, rule, &day).await?;
            self.note(&mut tx, "clearing.share_ended", &json!({"rule": rule, "to": day})).await?;
        }
        tx.commit().await?;
        Ok(true)
    }

    async fn note(&self, tx: &mut Tx, kind: &str, body: &Value) -> Result<(), ClearingError> {
        let event = EventRow {
            id: self.ids.next(),
            at: self.clock.now(),
            station_id: None,
            session_id: None,
            kind: kind.to_owned(),
            body: body.to_string(),
        };
        Ok(events::add(tx, &event).await?)
    }
}
