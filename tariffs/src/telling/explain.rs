//! A bill in sentences, in local time.

use chrono::{DateTime, Offset, Timelike, Utc};
use rust_decimal::Decimal;

use crate::model::adjust::CapPeriod;
use crate::model::charge::Charge;
use crate::model::money::padded;
use crate::model::tariff::TaxIncluded;
use crate::pricing::bill::{Bill, Line, Reason, Unit};

/// The languages of [`Bill::explain`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// English.
    English,
    /// Simplified Chinese.
    Chinese,
}

impl Bill {
    /// One sentence per line, without a full stop, e.g. "18:00–19:30 peak, 12.417 kWh × 1.20 = 14.90 CNY".
    ///
    /// Times are local; dates are given where the session touches more than one, and the distance from UTC where the
    /// clocks change in between.
    pub fn explain(&self, language: Language) -> Vec<String> {
        self.lines.iter().map(|line| self.sentence(line, language)).collect()
    }

    fn sentence(&self, line: &Line, language: Language) -> String {
        let head = match (line.label.as_str(), line.reason) {
            ("", _) => self.head(line, language),
            (label, Reason::Step { .. }) => format!("{} ({label})", self.head(line, language)),
            (label, _) => format!("{} {label}", self.head(line, language)),
        };
        let comma = language.say(", ", "，");
        match line.reason {
            Reason::Price if line.unit == Unit::Session => {
                format!("{head}{comma}{}{}", self.money(self.side(line)), self.tax(line, language))
            }
            Reason::Price | Reason::Step { .. } => {
                let digits = self.currency.digits();
                let price = padded(line.unit_price, digits);
                let per = if line.unit == Unit::Second { language.say("/h", "/小时") } else { "" };
                let amount = self.money(self.side(line));
                let quantity = quantity(line, language);
                format!("{head}{comma}{quantity} × {price}{per} = {amount}{}", self.tax(line, language))
            }
            Reason::Free => {
                format!("{head}{comma}{} {}", quantity(line, language), language.say("free", "免费"))
            }
            Reason::MinPrice
            | Reason::MaxPrice
            | Reason::Rounding
            | Reason::Cap { .. }
            | Reason::Discount => {
                format!("{head}{comma}{}{}", self.money(self.side(line)), self.tax(line, language))
            }
        }
    }

    /// What comes before the numbers: when, or why.
    fn head(&self, line: &Line, language: Language) -> String {
        match line.reason {
            Reason::Price if line.unit == Unit::Session => {
                let fee = match line.dimension {
                    Some(Charge::ReservationFlat) => language.say("reservation fee", "预约费"),
                    _ => language.say("session fee", "单次费"),
                };
                format!("{} {fee}", self.clock(line.from, line.from))
            }
            Reason::Price | Reason::Free => {
                let times = format!("{}–{}", self.clock(line.from, line.to), self.clock(line.to, line.from));
                match line.dimension {
                    Some(Charge::Time) => format!("{times} {}", language.say("charging", "充电")),
                    Some(Charge::ParkingTime) => format!("{times} {}", language.say("parking", "占位")),
                    Some(Charge::Service) => format!("{times} {}", language.say("service", "服务费")),
                    Some(Charge::ReservationTime) => {
                        format!("{times} {}", language.say("reservation", "预约"))
                    }
                    _ => times,
                }
            }
            Reason::Step { size } => {
                let unit = if line.unit == Unit::Second { "s" } else { "Wh" };
                match language {
                    Language::English => format!("rounded up to a step of {size} {unit}"),
                    Language::Chinese => format!("按 {size} {unit} 的计费单位进位"),
                }
            }
            Reason::Cap { per: CapPeriod::Session } => {
                language.say("above the cap", "超出封顶部分").to_owned()
            }
            Reason::Cap { per: CapPeriod::Day } => {
                let day = line.from.with_timezone(&self.time_zone).format("%m-%d");
                format!("{day} {}", language.say("above the day's cap", "超出当日封顶部分"))
            }
            Reason::Discount => language.say("discount", "优惠").to_owned(),
            Reason::MinPrice => language.say("least price of a session", "单次最低收费").to_owned(),
            Reason::MaxPrice => language.say("highest price of a session", "单次最高收费").to_owned(),
            Reason::Rounding => language.say("rounding of the total", "合计尾差").to_owned(),
        }
    }

    /// The amount that follows from quantity and price: gross if prices contain VAT.
    fn side(&self, line: &Line) -> Decimal {
        if self.tax_included == TaxIncluded::Yes { line.gross } else { line.net }
    }

    fn money(&self, amount: Decimal) -> String {
        format!("{} {}", padded(amount, self.currency.digits()), self.currency)
    }

    fn tax(&self, line: &Line, language: Language) -> String {
        let taxes = self.taxes(line, language);
        if taxes.is_empty() {
            return taxes;
        }
        let gross = self.money(line.gross);
        match (self.tax_included, language) {
            (TaxIncluded::Yes, Language::English) => format!(" (with {taxes})"),
            (TaxIncluded::Yes, Language::Chinese) => format!("（含 {taxes}）"),
            (_, Language::English) => format!(", with {taxes}: {gross}"),
            (_, Language::Chinese) => format!("，加 {taxes}，共 {gross}"),
        }
    }

    /// Each tax of the line with its rate and amount; empty if there is none.
    fn taxes(&self, line: &Line, language: Language) -> String {
        let one = |name: &str, percent: Decimal, amount: Decimal| {
            let (percent, amount) = (percent.normalize(), padded(amount, self.currency.digits()));
            match (self.tax_included, language) {
                (TaxIncluded::Yes, Language::English) => format!("{percent} % {name}: {amount}"),
                (_, Language::English) => format!("{percent} % {name} {amount}"),
                (_, Language::Chinese) => format!("{percent}% {name} {amount}"),
            }
        };
        let vat = line.vat.map(|rate| one(language.say("VAT", "增值税"), rate, line.tax));
        let others = line.taxes.iter().map(|part| one(&part.name, part.percent, part.amount));
        vat.into_iter().chain(others).collect::<Vec<_>>().join(language.say(", ", "、"))
    }

    /// A local time; `other` is the other end of the line.
    fn clock(&self, at: DateTime<Utc>, other: DateTime<Utc>) -> String {
        let local = at.with_timezone(&self.time_zone);
        let other = other.with_timezone(&self.time_zone);
        let days = [self.from, self.to].map(|at| at.with_timezone(&self.time_zone).date_naive());
        let mut text = String::new();
        if days[0] != days[1] {
            text.push_str(&local.format("%m-%d ").to_string());
        }
        let whole = |at: &DateTime<_>| at.second() == 0 && at.nanosecond() == 0;
        let format = if whole(&local) && whole(&other) { "%H:%M" } else { "%H:%M:%S" };
        text.push_str(&local.format(format).to_string());
        if local.offset().fix() != other.offset().fix() {
            text.push_str(&format!(" (UTC{})", local.offset().fix()));
        }
        text
    }
}

impl Language {
    pub(crate) fn say(self, english: &'static str, chinese: &'static str) -> &'static str {
        match self {
            Language::English => english,
            Language::Chinese => chinese,
        }
    }
}

fn quantity(line: &Line, language: Language) -> String {
    match line.unit {
        Unit::Second => duration(line.quantity, language),
        Unit::Kwh => format!("{} kWh", padded(line.quantity, 3)),
        Unit::Session => line.quantity.to_string(),
    }
}

fn duration(seconds: Decimal, language: Language) -> String {
    let minute = Decimal::from(60);
    let whole_minutes = (seconds / minute).trunc();
    let hours = (whole_minutes / minute).trunc();
    let parts = [
        (hours, language.say("h", "小时")),
        (whole_minutes - hours * minute, language.say("min", "分钟")),
        (seconds - whole_minutes * minute, language.say("s", "秒")),
    ];
    let named: Vec<String> = parts
        .iter()
        .filter(|(count, _)| !count.is_zero())
        .map(|(count, unit)| format!("{} {unit}", count.normalize()))
        .collect();
    if named.is_empty() { format!("0 {}", language.say("s", "秒")) } else { named.join(" ") }
}
