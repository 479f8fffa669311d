//! Readers of statements. Each turns a file's bytes into [`Line`]s, or says where and why it cannot: a file is taken
//! whole or not at all, and only if its own totals agree with its lines.

mod alipay;
mod camt;
mod cells;
mod mt940;
mod plain;
mod stripe;
mod wechat;

use super::{Fault, Line};
use chrono_tz::Tz;
use tariffs::Currency;

pub use plain::Columns;

/// Bytes of a file, after inflation, at most.
pub const FILE_BYTES_MAX: usize = 256 * 1024 * 1024;
/// Lines of a statement at most.
pub const LINES_MAX: usize = 1_000_000;

/// How a statement is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// WeChat's trade bill, of API v3 (tradebill) or v2 (downloadbill).
    WechatTrades,
    /// WeChat's bill of the account's movements (fundflowbill).
    WechatFunds,
    /// Alipay's bill of trades (业务明细).
    AlipayTrades,
    /// Alipay's bill of the account's movements (账务明细).
    AlipayFunds,
    /// Stripe's balance transactions as CSV.
    StripeCsv,
    /// Stripe's balance transactions as the API lists them.
    StripeJson,
    /// A CSV of payments in our own words: the sandbox, or a provider whose file was translated.
    Wattline,
    /// A bank's statement, ISO 20022 camt.053.
    Camt053,
    /// A bank's statement, SWIFT MT940.
    Mt940,
    /// A bank's statement as CSV, its columns by settings.
    BankCsv,
}

impl Format {
    /// All of them.
    pub const ALL: [Format; 10] = [
        Format::WechatTrades,
        Format::WechatFunds,
        Format::AlipayTrades,
        Format::AlipayFunds,
        Format::StripeCsv,
        Format::StripeJson,
        Format::Wattline,
        Format::Camt053,
        Format::Mt940,
        Format::BankCsv,
    ];

    /// The word in settings and databases.
    pub fn word(self) -> &'static str {
        match self {
            Format::WechatTrades => "wechat_trades",
            Format::WechatFunds => "wechat_funds",
            Format::AlipayTrades => "alipay_trades",
            Format::AlipayFunds => "alipay_funds",
            Format::StripeCsv => "stripe_csv",
            Format::StripeJson => "stripe_json",
            Format::Wattline => "wattline",
            Format::Camt053 => "camt053",
            Format::Mt940 => "mt940",
            Format::BankCsv => "bank_csv",
        }
    }

    /// The format of a word.
    pub fn of(word: &str) -> Option<Format> {
        Format::ALL.into_iter().find(|format| format.word() == word)
    }

    /// A bank's, whose credits are payouts of providers.
    pub fn is_bank(self) -> bool {
        matches!(self, Format::Camt053 | Format::Mt940 | Format::BankCsv)
    }

    /// What a file looks like by its first bytes. A bank's CSV looks like nothing.
    pub fn guess(bytes: &[u8]) -> Option<Format> {
        let head = &bytes[..bytes.len().min(4096)];
        let text = String::from_utf8_lossy(head);
        let text = text.trim_start_matches('\u{feff}').trim_start();
        if head.starts_with(b"PK\x03\x04") || text.starts_with('#') {
            return alipay::which(bytes);
        }
        if text.starts_with('<') {
            return text.contains("camt.053").then_some(Format::Camt053);
        }
        if text.starts_with('{') || text.starts_with('[') {
            return text.contains("\"balance_transaction\"").then_some(Format::StripeJson);
        }
        let first = text.lines().next().unwrap_or_default();
        if text.contains(":60F:") || text.starts_with(":20:") || text.starts_with("{1:") {
            Some(Format::Mt940)
        } else if first.contains("资金流水单号") {
            Some(Format::WechatFunds)
        } else if first.contains("微信订单号") {
            Some(Format::WechatTrades)
        } else if stripe::is_head(first) {
            Some(Format::StripeCsv)
        } else {
            plain::is_head(first).then_some(Format::Wattline)
        }
    }
}

/// A file to read.
#[derive(Debug, Clone, Copy)]
pub struct File<'a> {
    /// For errors.
    pub name: &'a str,
    pub bytes: &'a [u8],
    pub format: Format,
    /// In which its times are told where they say nothing about it.
    pub zone: Tz,
    /// Of amounts where the file says nothing about it.
    pub currency: Option<Currency>,
    /// Of a bank's CSV.
    pub columns: Option<&'a Columns>,
}

/// The file's lines, in its order.
///
/// # Errors
/// [`Fault`]: where something is not as it should be, or the file's own totals differ from its lines.
pub fn read(file: &File<'_>) -> Result<Vec<Line>, Fault> {
    if file.bytes.len() > FILE_BYTES_MAX {
        return Err(file.fault(format!("{} bytes", file.bytes.len()), format!("at most {FILE_BYTES_MAX}")));
    }
    match file.format {
        Format::WechatTrades => wechat::trades(file),
        Format::WechatFunds => wechat::funds(file),
        Format::AlipayTrades => alipay::trades(file),
        Format::AlipayFunds => alipay::funds(file),
        Format::StripeCsv => stripe::csv(file),
        Format::StripeJson => stripe::json(file),
        Format::Wattline => plain::wattline(file),
        Format::Camt053 => camt::read(file),
        Format::Mt940 => mt940::read(file),
        Format::BankCsv => plain::bank(file),
    }
}

impl File<'_> {
    fn fault(&self, found: impl std::fmt::Display, expected: impl std::fmt::Display) -> Fault {
        Fault::of(self.name, found, expected)
    }

    /// The file as text, without a byte order mark.
    fn text(&self) -> Result<&str, Fault> {
        match std::str::from_utf8(self.bytes) {
            Ok(text) => Ok(text.strip_prefix('\u{feff}').unwrap_or(text)),
            Err(error) => {
                let lines = self.bytes[..error.valid_up_to()].iter().filter(|byte| **byte == b'\n').count();
                Err(self.fault("bytes that are no UTF-8", "a text in UTF-8").at(lines as u64 + 1))
            }
        }
    }

    fn more(&self, lines: &mut Vec<Line>, line: Line) -> Result<(), Fault> {
        if lines.len() >= LINES_MAX {
            return Err(self
                .fault("more lines", format!("at most {LINES_MAX} lines in one file"))
                .at(line.row));
        }
        lines.push(line);
        Ok(())
    }
}
