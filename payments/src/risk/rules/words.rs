//! Rules in sentences.

use super::{Hit, Measure};
use crate::Amount;

pub use tariffs::Language;

/// By a BCP 47 tag; English where it is none of ours.
pub fn language_of(tag: &str) -> Language {
    if tag.to_ascii_lowercase().starts_with("zh") { Language::Chinese } else { Language::English }
}

/// Single words.
pub mod say {
    use super::Language;
    use crate::risk::rules::Subject;

    /// Who or what.
    pub fn subject(subject: Subject, language: Language) -> &'static str {
        match (language, subject) {
            (Language::English, Subject::Address) => "network",
            (Language::English, other) => other.word(),
            (Language::Chinese, Subject::Payment) => "笔付款",
            (Language::Chinese, Subject::Driver) => "用户",
            (Language::Chinese, Subject::Device) => "设备",
            (Language::Chinese, Subject::Card) => "银行卡",
            (Language::Chinese, Subject::Address) => "网段",
            (Language::Chinese, Subject::Station) => "充电桩",
            (Language::Chinese, Subject::Phone) => "手机号",
            (Language::Chinese, Subject::Wallet) => "钱包账户",
        }
    }

    /// A window.
    pub fn span(minutes: u32, language: Language) -> String {
        let (number, english, chinese) = match minutes {
            m if m % 1_440 == 0 && m > 1_440 => (m / 1_440, "days", "天"),
            m if m % 60 == 0 => (m / 60, "h", "小时"),
            m => (m, "min", "分钟"),
        };
        match language {
            Language::English => format!("{number} {english}"),
            Language::Chinese => format!("{number}{chinese}"),
        }
    }
}

impl Hit {
    /// What was counted, how much of it, and how much would have been in order.
    pub fn words(&self, language: Language) -> String {
        let shown = |value: i64| match self.currency {
            Some(currency) => Amount::new(value, currency).to_string(),
            None => value.to_string(),
        };
        let (value, limit) = (shown(self.value), shown(self.limit));
        let (subject, span) =
            (say::subject(self.subject, language), say::span(self.within_minutes, language));
        match (language, self.count) {
            (Language::English, Measure::Amount) => format!("this payment is {value}, more than {limit}"),
            (Language::Chinese, Measure::Amount) => format!("本笔付款{value}，超过{limit}"),
            (Language::English, Measure::Sum) => {
                format!("{value} in {span} by this {subject}, more than {limit}")
            }
            (Language::Chinese, Measure::Sum) => format!("该{subject}{span}内合计{value}，超过{limit}"),
            (Language::English, count) => {
                format!("{value} {} in {span} by this {subject}, more than {limit}", english(count))
            }
            (Language::Chinese, count) => {
                format!("该{subject}{span}内{}{value}，超过{limit}", chinese(count))
            }
        }
    }
}

fn english(count: Measure) -> &'static str {
    match count {
        Measure::Attempts => "attempts to pay",
        Measure::Charges => "payments",
        Measure::Refusals => "refused payments",
        Measure::Refunds => "refunds",
        Measure::Cards => "different cards",
        Measure::Drivers => "different drivers",
        Measure::Sum | Measure::Amount => "",
    }
}

fn chinese(count: Measure) -> &'static str {
    match count {
        Measure::Attempts => "付款尝试次数",
        Measure::Charges => "付款次数",
        Measure::Refusals => "被拒付款次数",
        Measure::Refunds => "退款次数",
        Measure::Cards => "使用的银行卡数",
        Measure::Drivers => "使用的用户数",
        Measure::Sum | Measure::Amount => "",
    }
}

#[cfg(test)]
mod tests {
    use super::super::Subject;
    use super::*;
    use crate::risk::Outcome;

    #[test]
    fn a_hit_says_value_and_limit_in_both_languages() {
        let hit = Hit {
            rule: "charges-a-day".into(),
            subject: Subject::Driver,
            count: Measure::Charges,
            value: 6,
            limit: 5,
            currency: None,
            within_minutes: 1_440,
            outcome: Outcome::StepUp,
            live: true,
        };
        assert_eq!(hit.words(Language::English), "6 payments in 24 h by this driver, more than 5");
        assert_eq!(hit.words(language_of("zh-CN")), "该用户24小时内付款次数6，超过5");
        let currency = Some("CNY".parse().unwrap());
        let hit = Hit { count: Measure::Amount, value: 100_001, limit: 100_000, currency, ..hit };
        assert_eq!(hit.words(Language::English), "this payment is 1000.01 CNY, more than 1000.00 CNY");
        assert_eq!(hit.words(Language::Chinese), "本笔付款1000.01 CNY，超过1000.00 CNY");
        let hit = Hit { count: Measure::Sum, within_minutes: 10_080, ..hit };
        assert_eq!(
            hit.words(Language::English),
            "1000.01 CNY in 7 days by this driver, more than 1000.00 CNY"
        );
    }
}
