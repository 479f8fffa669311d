//! The accounts of the ledger, and how they are written.

use rust_decimal::Decimal;
use std::{fmt, str::FromStr};

/// The name of an account of the settings (`wx-main`), of a bank, is no longer.
const NAME_CHARS_MAX: usize = 64;

/// What an amount stands on. The text form (`provider:wx-main`) is what rows and proofs carry.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Account {
    /// What a provider owes us, by merchant account of the settings (asset).
    Provider(String),
    /// Money at a bank (asset).
    Bank(String),
    /// Money taken before the bill (liability).
    Deposits,
    /// The prepaid wallet of a driver (liability).
    Balance(i64),
    /// What a driver owes for an order (asset).
    Receivable(i64),
    /// What was earned.
    Revenue(Revenue),
    /// Tax on what was earned, by its rate in percent (liability).
    Tax(Decimal),
    /// What a provider charges, by merchant account (expense).
    Fees(String),
    /// What site hosts get of the revenue (expense).
    Shares(i64),
    /// What a site host is owed (liability).
    Host(i64),
    /// Money on its way back to payers.
    Refunds,
    /// Money whose place is not known yet.
    Suspense,
    /// Money that payers' banks have taken back from a merchant account, until that is decided.
    Disputes(String),
    /// What is lost.
    Expense(Expense),
}

/// What was lost, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Expense {
    /// Differences between books and statements that somebody has given up; what came of them stands here too.
    WriteOff,
    /// Disputes that payers' banks have decided against us.
    Dispute,
}

impl Expense {
    const ALL: [(Expense, &'static str); 2] =
        [(Expense::WriteOff, "write_off"), (Expense::Dispute, "dispute")];

    fn name(self) -> &'static str {
        Expense::ALL.iter().find(|(of, _)| *of == self).map_or("write_off", |(_, name)| name)
    }
}

/// What revenue is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Revenue {
    Energy,
    Service,
    Time,
    Idle,
    Flat,
    Reservation,
    Other,
}

/// The text names no account.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no account of the ledger")]
pub struct UnknownAccount(pub String);

impl Revenue {
    const ALL: [(Revenue, &'static str); 7] = [
        (Revenue::Energy, "energy"),
        (Revenue::Service, "service"),
        (Revenue::Time, "time"),
        (Revenue::Idle, "idle"),
        (Revenue::Flat, "flat"),
        (Revenue::Reservation, "reservation"),
        (Revenue::Other, "other"),
    ];

    fn name(self) -> &'static str {
        Revenue::ALL.iter().find(|(of, _)| *of == self).map_or("other", |(_, name)| name)
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Account::Provider(name) => write!(f, "provider:{name}"),
            Account::Bank(name) => write!(f, "bank:{name}"),
            Account::Deposits => f.write_str("deposits"),
            Account::Balance(driver) => write!(f, "balance:{driver}"),
            Account::Receivable(order) => write!(f, "receivable:{order}"),
            Account::Revenue(revenue) => write!(f, "revenue:{}", revenue.name()),
            Account::Tax(rate) => write!(f, "tax:{}", rate.normalize()),
            Account::Fees(name) => write!(f, "fees:{name}"),
            Account::Shares(site) => write!(f, "shares:{site}"),
            Account::Host(site) => write!(f, "host:{site}"),
            Account::Refunds => f.write_str("refunds"),
            Account::Suspense => f.write_str("suspense"),
            Account::Disputes(name) => write!(f, "disputes:{name}"),
            Account::Expense(expense) => write!(f, "expense:{}", expense.name()),
        }
    }
}

impl FromStr for Account {
    type Err = UnknownAccount;

    fn from_str(text: &str) -> Result<Account, UnknownAccount> {
        let unknown = || UnknownAccount(text.chars().take(100).collect());
        let (kind, of) = text.split_once(':').unwrap_or((text, ""));
        let name = || Some(of.to_owned()).filter(|name| is_name(name)).ok_or_else(unknown);
        let id = || of.parse::<i64>().map_err(|_| unknown());
        let account = match kind {
            "provider" => Account::Provider(name()?),
            "bank" => Account::Bank(name()?),
            "deposits" => Account::Deposits,
            "balance" => Account::Balance(id()?),
            "receivable" => Account::Receivable(id()?),
            "revenue" => {
                let found = Revenue::ALL.iter().find(|(_, name)| *name == of);
                Account::Revenue(found.ok_or_else(unknown)?.0)
            }
            "tax" => Account::Tax(of.parse().map_err(|_| unknown())?),
            "fees" => Account::Fees(name()?),
            "shares" => Account::Shares(id()?),
            "host" => Account::Host(id()?),
            "refunds" => Account::Refunds,
            "suspense" => Account::Suspense,
            "disputes" => Account::Disputes(name()?),
            "expense" => {
                let found = Expense::ALL.iter().find(|(_, name)| *name == of);
                Account::Expense(found.ok_or_else(unknown)?.0)
            }
            _ => return Err(unknown()),
        };
        // One account has one spelling.
        if account.to_string() == text { Ok(account) } else { Err(unknown()) }
    }
}

fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name.chars().count() <= NAME_CHARS_MAX
        && !name.chars().any(|c| c.is_control() || c.is_whitespace())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_account_reads_as_it_is_written() {
        for text in [
            "provider:wx-main",
            "bank:icbc",
            "deposits",
            "balance:7",
            "receivable:12",
            "revenue:energy",
            "revenue:service",
            "revenue:time",
            "revenue:idle",
            "revenue:flat",
            "revenue:reservation",
            "revenue:other",
            "tax:19",
            "tax:5.5",
            "fees:wx-main",
            "shares:3",
            "host:3",
            "refunds",
            "suspense",
            "disputes:st-main",
            "expense:write_off",
            "expense:dispute",
        ] {
            assert_eq!(text.parse::<Account>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn one_account_has_one_spelling() {
        for text in [
            "",
            "cash",
            "provider:",
            "provider:a b",
            "provider",
            "deposits:",
            "deposits:x",
            "balance:+7",
            "balance:x",
            "tax:19.0",
            "tax:",
            "disputes",
            "expense:",
            "revenue:gold",
            "revenue:",
            "Deposits",
        ] {
            assert!(text.parse::<Account>().is_err(), "{text}");
        }
        assert!(format!("bank:{}", "x".repeat(65)).parse::<Account>().is_err());
    }
}
