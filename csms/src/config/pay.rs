//! Settings of drivers' payments.

use serde::{Deserialize, Serialize};

/// Drivers who pay without a contract.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Pay {
    /// Who sells, as drivers read it on pages and stickers; empty = the name of the site.
    pub operator: String,
    /// An offer can be paid for so long.
    pub offer_minutes: u32,
    /// Energy must flow so soon after the payment where the cable is in …
    pub start_minutes: u32,
    /// … and where it is not.
    pub plug_minutes: u32,
    /// What is held covers so much charging at full power.
    pub hold_minutes: u32,
    /// What is held at least and at most, by currency.
    pub holds: Vec<HoldLimits>,
    /// A refund is promised within so many days.
    pub refund_days: u32,
    /// A provider may take so long to answer; 30 at most.
    pub call_timeout_s: u64,
    /// Calls to one account at a time.
    pub calls_per_account: usize,
    /// Have stations that can (OCPP 2.1) show codes of their own that lead to their payment page.
    pub station_codes: bool,
    /// Codes on displays that are told what to show.
    pub display: super::Display,
    /// The account of `pay.accounts` that stations' own card terminals settle to (OCPP 2.1 direct payment); empty: such
    /// cards cannot begin a session.
    pub terminal_account: String,
    /// Which account captures what stations' terminals hold at which provider, for stations that leave it to us.
    pub terminal_providers: Vec<TerminalProvider>,
    pub accounts: Vec<PayAccount>,
    pub later: crate::pay::later::Later,
    pub balance: crate::pay::later::Balance,
    pub vouchers: crate::pay::voucher::Vouchers,
}

/// A provider of stations' own terminals.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TerminalProvider {
    /// As stations say it (`PaymentCtrlr.PaymentServiceProvider`), whatever the case.
    pub name: String,
    /// Of `pay.accounts`.
    pub account: String,
}

/// What is held in a currency.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HoldLimits {
    pub currency: tariffs::Currency,
    pub min: rust_decimal::Decimal,
    pub max: rust_decimal::Decimal,
}

/// A merchant account at a provider.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PayAccount {
    /// In URLs and in the ledger: never used for another account.
    pub name: String,
    /// It takes no payment below or above, in whole units of whatever the payment's currency.
    #[serde(default)]
    pub least: Option<rust_decimal::Decimal>,
    #[serde(default)]
    pub most: Option<rust_decimal::Decimal>,
    #[serde(flatten)]
    pub setup: payments::provider::Setup,
}

impl PayAccount {
    /// No payment below this.
    pub fn least(&self, currency: tariffs::Currency) -> Option<payments::Amount> {
        payments::Amount::of(tariffs::Money { amount: self.least?, currency }).ok()
    }

    /// No payment above this.
    pub fn most(&self, currency: tariffs::Currency) -> Option<payments::Amount> {
        payments::Amount::of(tariffs::Money { amount: self.most?, currency }).ok()
    }
}

impl Default for Pay {
    fn default() -> Self {
        let limits = [("CHF", 20, 100), ("CNY", 30, 300), ("EUR", 20, 100), ("GBP", 20, 100)]
            .into_iter()
            .chain([("JPY", 2_000, 15_000), ("USD", 20, 100)]);
        let holds = limits.filter_map(|(currency, min, max)| {
            let currency = currency.parse().ok()?;
            Some(HoldLimits { currency, min: i64::into(min), max: i64::into(max) })
        });
        Pay {
            operator: String::new(),
            offer_minutes: 5,
            start_minutes: 5,
            plug_minutes: 15,
            hold_minutes: 60,
            holds: holds.collect(),
            refund_days: 5,
            call_timeout_s: 20,
            calls_per_account: 16,
            station_codes: true,
            display: super::Display::default(),
            terminal_account: String::new(),
            terminal_providers: Vec::new(),
            accounts: Vec::new(),
            later: crate::pay::later::Later::default(),
            balance: crate::pay::later::Balance::default(),
            vouchers: crate::pay::voucher::Vouchers::default(),
        }
    }
}
