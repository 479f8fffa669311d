//! What a version of a tariff says: words, week, advice and files.

use super::{files, page_href};
use crate::{
    i18n::Lang,
    view::{AdviceLine, Heat, NextVersion, SiteChoice, TariffContent, TariffWords, WeekView, zone_of},
};
use ::tariffs::{AdviceLevel, Profile, Tariff};
use chrono::{DateTime, Datelike, Days, NaiveDate, Utc};
use chrono_tz::Tz;
use csms::store::{sites::SiteRow, versions::VersionRow};
use rust_decimal::Decimal;

/// Members of the European Union (ISO 3166-1 alpha-3).
const EUROPEAN_UNION: [&str; 27] = [
    "AUT", "BEL", "BGR", "CYP", "CZE", "DEU", "DNK", "ESP", "EST", "FIN", "FRA", "GRC", "HRV", "HUN", "IRL",
    "ITA", "LTU", "LUX", "LVA", "MLT", "NLD", "POL", "PRT", "ROU", "SVK", "SVN", "SWE",
];
/// Weeks of other years are not shown: no rule of any time zone is known there.
const YEARS: std::ops::RangeInclusive<i32> = 1970..=2199;

/// What the reader asks for.
pub struct Asked<'a> {
    /// Address of the page.
    pub href: &'a str,
    /// `None`: the one that is active.
    pub version: Option<i64>,
    /// The version that follows the active one.
    pub next: Option<&'a VersionRow>,
    /// A day; one that cannot be read is today.
    pub week: &'a str,
    /// One of `sites`; else the first of them.
    pub site: &'a str,
    pub sites: &'a [SiteRow],
    pub now: DateTime<Utc>,
    pub lang: Lang,
}

impl<'a> Asked<'a> {
    fn site(&self) -> Option<&'a SiteRow> {
        let named = self.sites.iter().find(|site| site.id.to_string() == self.site);
        named.or(self.sites.first())
    }
}

/// Everything that the page tells of a version.
pub fn of(tariff: &Tariff, row: &VersionRow, asked: &Asked<'_>) -> TariffContent {
    let site = asked.site();
    let zone = site.map_or(Tz::UTC, |site| zone_of(&site.time_zone));
    TariffContent {
        words: TariffWords::of(tariff, asked.lang),
        week: week(tariff, zone, site, asked),
        advice: advice(tariff, zone, site, asked.now),
        files: files::of(tariff, row, asked.href),
    }
}

fn week(tariff: &Tariff, zone: Tz, site: Option<&SiteRow>, asked: &Asked<'_>) -> WeekView {
    let today = monday_of(asked.now.with_timezone(&zone).date_naive());
    let day = asked.week.parse().ok().filter(|day: &NaiveDate| YEARS.contains(&day.year()));
    let monday = day.map_or(today, monday_of);
    let week = tariff.week(monday, zone, None, asked.lang.of_tariffs());
    let chosen = site.map(|site| site.id.to_string()).filter(|id| id == asked.site).unwrap_or_default();
    let link = |day: Option<NaiveDate>| {
        let day = day.filter(|day| YEARS.contains(&day.year()))?;
        Some(format!("{}#week", page_href(asked.href, asked.version, &chosen, &day.to_string())))
    };
    let sunday = monday.checked_add_days(Days::new(6)).unwrap_or(monday);
    let next = asked.next.filter(|_| asked.version.is_none());
    WeekView {
        monday: monday.to_string(),
        sunday: sunday.to_string(),
        superseded: next
            .filter(|next| next.active_from.with_timezone(&zone).date_naive() <= sunday)
            .map(|next| NextVersion { version: next.version, at: next.active_from }),
        heat: Heat::draw(&week, tariff.currency),
        before: link(monday.checked_sub_days(Days::new(7))),
        after: link(monday.checked_add_days(Days::new(7))),
        present: (monday != today)
            .then(|| format!("{}#week", page_href(asked.href, asked.version, &chosen, ""))),
        sites: asked
            .sites
            .iter()
            .map(|one| SiteChoice {
                id: one.id.to_string(),
                name: one.name.clone(),
                chosen: site.is_some_and(|site| site.id == one.id),
            })
            .collect(),
        zone: zone.name().to_owned(),
        version: asked.version,
    }
}

fn monday_of(day: NaiveDate) -> NaiveDate {
    day.checked_sub_days(Days::new(day.weekday().num_days_from_monday().into())).unwrap_or(day)
}

/// With the rules of the country of the site. What the points there deliver is not known here, so of the European rules
/// only those for all points are looked at.
fn advice(tariff: &Tariff, zone: Tz, site: Option<&SiteRow>, now: DateTime<Utc>) -> Vec<AdviceLine> {
    let mut profiles = Vec::new();
    if let Some(site) = site {
        profiles.push(Profile::Site { time_zone: zone, from: now.with_timezone(&zone).date_naive() });
        match site.country.as_str() {
            "CHN" => profiles.push(Profile::China),
            country if EUROPEAN_UNION.contains(&country) => {
                profiles.push(Profile::Afir { max_power_kw: Decimal::ZERO });
                profiles.extend((country == "DEU").then_some(Profile::Pangv));
            }
            _ => {}
        }
    }
    let line = |advice: ::tariffs::Advice| AdviceLine {
        warning: advice.level == AdviceLevel::Warning,
        path: advice.path,
        message: advice.message,
    };
    tariff.lint(&profiles).into_iter().map(line).collect()
}
