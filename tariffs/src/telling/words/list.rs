//! The list of prices in the order of Regulation (EU) 2023/1804 (AFIR), Article 5: per kWh, per minute, per session, other.

use rust_decimal::Decimal;
use serde::Serialize;

use crate::model::exact;
use crate::model::tariff::{Dimension, Tariff};
use crate::telling::explain::Language;
use crate::telling::ladder::{Ladder, Subject};
use crate::telling::words::amounts::{Amount, Per};
use crate::telling::words::steps::steps;
use crate::telling::words::{rules, subject};

/// The groups of prices, in the order in which they are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PriceGroup {
    /// Energy and service.
    PerKwh,
    /// Charging and idle time.
    PerMinute,
    /// Due once.
    PerSession,
    /// Reservations, limits and caps.
    Other,
}

/// One price.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PriceRow {
    /// Where it stands; rows are in order of their groups.
    pub group: PriceGroup,
    /// What is priced, e.g. "Energy", with the operator's name for the price.
    pub what: String,
    /// With taxes, as consumers are told.
    #[serde(with = "exact")]
    pub gross: Decimal,
    /// Without taxes.
    #[serde(with = "exact")]
    pub net: Decimal,
    /// E.g. "per kWh"; per hour where a minute's price would not be exact in four decimals.
    pub unit: String,
    /// When it holds, e.g. "otherwise 22:00–06:00"; empty: always. Rows of one thing are read from the top.
    pub when: String,
}

impl Tariff {
    /// All prices, in the order per kWh, per minute, per session, other. The amounts are in the tariff's currency; the
    /// side that the tariff gives is exact, the other is rounded to two decimals more than the currency has, or to as many as the tariff gives.
    ///
    /// Prices that can never hold are left out; where the tariff leaves a gap, a row with 0 says so.
    pub fn price_list(&self, language: Language) -> Vec<PriceRow> {
        let apart = self.prices(Dimension::Service);
        let mut rows = Vec::new();
        for priced in Subject::ALL {
            let name = subject(priced, apart, language);
            for step in steps(&Ladder::of(self, priced), self, language) {
                rows.push(PriceRow {
                    group: group(priced),
                    what: titled(name, &step.name, language),
                    gross: step.amount.gross,
                    net: step.amount.net,
                    unit: unit(priced, step.per, language).to_owned(),
                    when: step.when(language),
                });
            }
        }
        rows.extend(self.limit_rows(language));
        rows.sort_by_key(|row| row.group);
        rows
    }

    fn limit_rows(&self, language: Language) -> Vec<PriceRow> {
        let row = |what: String, amount: Amount, unit: &str| PriceRow {
            group: PriceGroup::Other,
            what,
            gross: amount.gross,
            net: amount.net,
            unit: unit.to_owned(),
            when: String::new(),
        };
        let limits = [
            (self.min_price, language.say("Least price of a session", "单次最低收费")),
            (self.max_price, language.say("Highest price of a session", "单次最高收费")),
        ];
        let session = language.say("per session", "每次");
        let limits = limits
            .into_iter()
            .filter_map(|(limit, what)| Some(row(what.to_owned(), Amount::of_limit(limit?, self), session)));
        let caps = self.caps.iter().map(|cap| {
            let what = rules::dimensions(self, &cap.dimensions, language);
            let what = format!("{}{what}", language.say("At most for ", "封顶："));
            let unit = rules::cap_period(cap.per, language);
            row(titled(&what, &cap.name, language), rules::cap_amount(self, cap), unit)
        });
        limits.chain(caps).collect()
    }
}

fn group(subject: Subject) -> PriceGroup {
    match subject {
        Subject::Energy | Subject::Service => PriceGroup::PerKwh,
        Subject::Charging | Subject::Idle => PriceGroup::PerMinute,
        Subject::Session => PriceGroup::PerSession,
        Subject::ReservedTime | Subject::Reservation | Subject::ExpiredTime | Subject::Expired => {
            PriceGroup::Other
        }
    }
}

fn unit(subject: Subject, per: Per, language: Language) -> &'static str {
    match (per, subject) {
        (Per::Kwh, _) => language.say("per kWh", "每 kWh"),
        (Per::Minute, _) => language.say("per minute", "每分钟"),
        (Per::Hour, _) => language.say("per hour", "每小时"),
        (Per::Once, Subject::Session) => language.say("per session", "每次"),
        (Per::Once, _) => language.say("per reservation", "每次预约"),
    }
}

fn titled(what: &str, name: &str, language: Language) -> String {
    match language {
        _ if name.is_empty() => what.to_owned(),
        Language::English => format!("{what} ({name})"),
        Language::Chinese => format!("{what}（{name}）"),
    }
}
