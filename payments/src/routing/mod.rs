//! Which account takes a payment: by what it can do, what it costs and how well it has worked lately. The payer has
//! chosen the wallet; only the merchant account behind it is chosen here. Every decision tells how it came about.

mod rule;

pub use rule::{Fallback, Fee, Rule, RuleError};

use crate::Amount;
use crate::provider::{Abilities, Method};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// An account that might take the payment, as it is now.
#[derive(Debug, Clone)]
pub struct Candidate<'a> {
    /// Its name in the settings.
    pub name: &'a str,
    pub abilities: &'a Abilities,
    /// What it costs: learnt from statements where there are enough of them, else the contract's.
    pub fee: Fee,
    /// Was `fee` learnt?
    pub learnt: bool,
    /// Payments of the window that reached the provider and did not fail through the payer.
    pub tried: u64,
    /// Of those, the ones that succeeded.
    pub succeeded: u64,
    /// An operator has switched it off.
    pub disabled: bool,
    /// Too many calls in a row have failed: it rests.
    pub resting: bool,
    /// It takes no payment below or above, in the payment's currency.
    pub least: Option<Amount>,
    pub most: Option<Amount>,
}

/// What is to be paid.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    pub method: &'a Method,
    pub amount: Amount,
    /// Must be held, not taken at once.
    pub hold: bool,
    /// An operator wants this account, if it can.
    pub wanted: Option<&'a str>,
    /// Decides between equals, the same way each time: the order's number.
    pub tie: &'a str,
}

/// The choice, with all that was considered. Kept with the attempt as JSON.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    pub chosen: Option<String>,
    pub how: How,
    /// Of the rule that decided.
    pub rule_version: i64,
    pub considered: Vec<Considered>,
}

/// How a decision came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// It passed the rule and was cheapest.
    ByRule,
    /// An operator wants it.
    Wanted,
    /// None passed the rule; the best of those that can was taken.
    Fallback,
    /// None passed the rule, and the rule wants none then.
    Refused,
    /// No account can take such a payment now.
    Unable,
}

/// One account, and what spoke for or against it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Considered {
    pub account: String,
    pub verdict: Verdict,
    /// Of this amount, in percent: a fixed part weighs more on small amounts.
    #[serde(with = "rust_decimal::serde::str")]
    pub fee_percent: Decimal,
    pub fee_learnt: bool,
    pub tried: u64,
    pub succeeded: u64,
    /// With the rule's prior, in percent: what few payments can tell.
    #[serde(with = "rust_decimal::serde::str")]
    pub success_percent: Decimal,
}

/// Why an account was or was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Chosen,
    /// It would do; another is cheaper.
    Good,
    /// It cannot be paid this way.
    Method,
    /// It cannot hold an amount of this method.
    CannotHold,
    Currency,
    /// Outside its limits.
    Amount,
    Disabled,
    Resting,
    /// Not below the rule's fee.
    TooExpensive,
    /// Not above the rule's success rate.
    TooUnreliable,
}

impl Verdict {
    /// It can take the payment, whatever the rule says.
    fn is_able(self) -> bool {
        matches!(self, Verdict::Chosen | Verdict::Good | Verdict::TooExpensive | Verdict::TooUnreliable)
    }
}

/// Chooses. Deterministic: the same input, the same choice.
pub fn choose(candidates: &[Candidate<'_>], rule: &Rule, asked: &Asked<'_>) -> Decision {
    let considered = candidates.iter().map(|candidate| consider(candidate, rule, asked)).collect();
    decide(considered, rule, asked.wanted, asked.tie)
}

impl Decision {
    /// What another rule would have chosen from the same accounts, as they were then.
    pub fn under(&self, rule: &Rule, tie: &str) -> Decision {
        let considered = self.considered.iter().cloned().map(|mut one| {
            if one.verdict.is_able() {
                let success = rule.success_percent(one.tried, one.succeeded);
                one.success_percent = success.round_dp(2);
                one.verdict = judge(rule, one.fee_percent, success);
            }
            one
        });
        let wanted = self.chosen.as_deref().filter(|_| self.how == How::Wanted);
        decide(considered.collect(), rule, wanted, tie)
    }
}

fn decide(mut considered: Vec<Considered>, rule: &Rule, wanted: Option<&str>, tie: &str) -> Decision {
    let able = |one: &&Considered| one.verdict.is_able();
    let wanted = considered.iter().filter(able).find(|one| Some(one.account.as_str()) == wanted);
    let by_rule = best(considered.iter().filter(|one| one.verdict == Verdict::Good), tie);
    let able_at_all = best_by_success(considered.iter().filter(able), tie);
    let (chosen, how) = match (wanted, by_rule, able_at_all) {
        (Some(wanted), ..) => (Some(wanted), How::Wanted),
        (None, Some(best), _) => (Some(best), How::ByRule),
        (None, None, Some(best)) => match rule.fallback {
            Fallback::BestAvailable => (Some(best), How::Fallback),
            Fallback::Refuse => (None, How::Refused),
        },
        (None, None, None) => (None, How::Unable),
    };
    let chosen = chosen.map(|one| one.account.clone());
    for one in &mut considered {
        if Some(&one.account) == chosen.as_ref() {
            one.verdict = Verdict::Chosen;
        }
    }
    Decision { chosen, how, rule_version: rule.version, considered }
}

fn consider(candidate: &Candidate<'_>, rule: &Rule, asked: &Asked<'_>) -> Considered {
    let fee_percent = candidate.fee.percent_of(asked.amount);
    let success_percent = rule.success_percent(candidate.tried, candidate.succeeded);
    let outside = candidate.least.is_some_and(|least| asked.amount.minor < least.minor)
        || candidate.most.is_some_and(|most| asked.amount.minor > most.minor);
    let currencies = &candidate.abilities.currencies;
    let verdict = if candidate.disabled {
        Verdict::Disabled
    } else if !candidate.abilities.takes(asked.method) {
        Verdict::Method
    } else if asked.hold && !candidate.abilities.can_hold(asked.method) {
        Verdict::CannotHold
    } else if !currencies.is_empty() && !currencies.contains(&asked.amount.currency) {
        Verdict::Currency
    } else if outside {
        Verdict::Amount
    } else if candidate.resting {
        Verdict::Resting
    } else {
        judge(rule, fee_percent, success_percent)
    };
    Considered {
        account: candidate.name.to_owned(),
        verdict,
        fee_percent: fee_percent.round_dp(4),
        fee_learnt: candidate.learnt,
        tried: candidate.tried,
        succeeded: candidate.succeeded,
        success_percent: success_percent.round_dp(2),
    }
}

fn judge(rule: &Rule, fee_percent: Decimal, success_percent: Decimal) -> Verdict {
    if rule.fee_below_percent.is_some_and(|limit| fee_percent >= limit) {
        Verdict::TooExpensive
    } else if success_percent <= rule.success_above_percent {
        Verdict::TooUnreliable
    } else {
        Verdict::Good
    }
}

/// The cheapest, then the most reliable, then by the order's number.
fn best<'a>(among: impl Iterator<Item = &'a Considered>, tie: &str) -> Option<&'a Considered> {
    among.min_by(|a, b| {
        a.fee_percent
            .cmp(&b.fee_percent)
            .then(b.success_percent.cmp(&a.success_percent))
            .then_with(|| draw(tie, &a.account).cmp(&draw(tie, &b.account)))
    })
}

/// Where none is good enough, what works matters more than what it costs.
fn best_by_success<'a>(among: impl Iterator<Item = &'a Considered>, tie: &str) -> Option<&'a Considered> {
    among.min_by(|a, b| {
        b.success_percent
            .cmp(&a.success_percent)
            .then(a.fee_percent.cmp(&b.fee_percent))
            .then_with(|| draw(tie, &a.account).cmp(&draw(tie, &b.account)))
    })
}

fn draw(tie: &str, account: &str) -> [u8; 32] {
    Sha256::new().chain_update(tie).chain_update([0]).chain_update(account).finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rust_decimal_macros::dec;

    fn yuan(minor: i64) -> Amount {
        Amount::new(minor, "CNY".parse().unwrap())
    }

    fn abilities() -> Abilities {
        Abilities {
            methods: vec![Method::InWallet, Method::Hosted],
            holds: vec![Method::Hosted],
            currencies: vec!["CNY".parse().unwrap()],
            ..Abilities::default()
        }
    }

    fn candidate<'a>(name: &'a str, percent: Decimal, abilities: &'a Abilities) -> Candidate<'a> {
        Candidate {
            name,
            abilities,
            fee: Fee { percent, fixed_minor: 0 },
            learnt: false,
            tried: 1_000,
            succeeded: 999,
            disabled: false,
            resting: false,
            least: None,
            most: None,
        }
    }

    fn asked(method: &Method) -> Asked<'_> {
        Asked { method, amount: yuan(5_000), hold: false, wanted: None, tie: "A1" }
    }

    fn verdicts(decision: &Decision) -> Vec<Verdict> {
        decision.considered.iter().map(|one| one.verdict).collect()
    }

    #[test]
    fn the_cheapest_that_passes_is_taken() {
        let can = abilities();
        let accounts = [
            candidate("a", dec!(0.54), &can),
            candidate("b", dec!(0.38), &can),
            candidate("c", dec!(0.6), &can),
        ];
        let decision = choose(&accounts, &Rule::default(), &asked(&Method::InWallet));
        assert_eq!((decision.chosen.as_deref(), decision.how), (Some("b"), How::ByRule));
        assert_eq!(verdicts(&decision), [Verdict::Good, Verdict::Chosen, Verdict::TooExpensive]);
    }

    #[test]
    fn a_list_rate_of_exactly_the_limit_is_taken_only_where_nothing_is_better() {
        let can = abilities();
        let accounts = [candidate("a", dec!(0.6), &can)];
        let decision = choose(&accounts, &Rule::default(), &asked(&Method::InWallet));
        assert_eq!((decision.chosen.as_deref(), decision.how), (Some("a"), How::Fallback));
        let strict = Rule { fallback: Fallback::Refuse, ..Rule::default() };
        let decision = choose(&accounts, &strict, &asked(&Method::InWallet));
        assert_eq!((decision.chosen, decision.how), (None, How::Refused));
    }

    #[test]
    fn a_fixed_fee_weighs_on_a_small_payment() {
        let can = abilities();
        let mut fixed = candidate("a", dec!(0.1), &can);
        fixed.fee.fixed_minor = 25;
        let plain = candidate("b", dec!(0.59), &can);
        let small = Asked { amount: yuan(300), ..asked(&Method::InWallet) };
        assert_eq!(
            choose(&[fixed.clone(), plain.clone()], &Rule::default(), &small).chosen.as_deref(),
            Some("b")
        );
        let large = Asked { amount: yuan(100_000), ..asked(&Method::InWallet) };
        assert_eq!(choose(&[fixed, plain], &Rule::default(), &large).chosen.as_deref(), Some("a"));
    }

    #[test]
    fn what_cannot_take_the_payment_is_out_and_says_why() {
        let can = abilities();
        let nothing = Abilities::default();
        let mut off = candidate("off", dec!(0.1), &can);
        off.disabled = true;
        let mut tired = candidate("tired", dec!(0.1), &can);
        tired.resting = true;
        let mut small = candidate("small", dec!(0.1), &can);
        small.most = Some(yuan(100));
        let accounts = [off, tired, small, candidate("none", dec!(0.1), &nothing)];
        let decision = choose(&accounts, &Rule::default(), &asked(&Method::InWallet));
        assert_eq!((decision.chosen.clone(), decision.how), (None, How::Unable));
        let expected = [Verdict::Disabled, Verdict::Resting, Verdict::Amount, Verdict::Method];
        assert_eq!(verdicts(&decision), expected);
        let held = Asked { hold: true, ..asked(&Method::InWallet) };
        let decision = choose(&[candidate("a", dec!(0.1), &can)], &Rule::default(), &held);
        assert_eq!(verdicts(&decision), [Verdict::CannotHold]);
        let euros = Amount::new(5_000, "EUR".parse().unwrap());
        let foreign = Asked { amount: euros, ..asked(&Method::Hosted) };
        let decision = choose(&[candidate("a", dec!(0.1), &can)], &Rule::default(), &foreign);
        assert_eq!(verdicts(&decision), [Verdict::Currency]);
    }

    #[test]
    fn a_new_account_is_tried_and_one_early_failure_weighs_much() {
        let can = abilities();
        let mut new = candidate("new", dec!(0.3), &can);
        (new.tried, new.succeeded) = (0, 0);
        let old = candidate("old", dec!(0.5), &can);
        let decision = choose(&[new.clone(), old.clone()], &Rule::default(), &asked(&Method::InWallet));
        assert_eq!(decision.chosen.as_deref(), Some("new"));
        (new.tried, new.succeeded) = (3, 2);
        let decision = choose(&[new.clone(), old.clone()], &Rule::default(), &asked(&Method::InWallet));
        assert_eq!(verdicts(&decision), [Verdict::TooUnreliable, Verdict::Chosen]);
        (new.tried, new.succeeded) = (300, 299);
        let decision = choose(&[new, old], &Rule::default(), &asked(&Method::InWallet));
        assert_eq!(decision.chosen.as_deref(), Some("new"), "the same failure among many");
    }

    #[test]
    fn where_none_passes_the_most_reliable_is_the_fallback() {
        let can = abilities();
        let mut cheap = candidate("cheap", dec!(0.2), &can);
        cheap.succeeded = 500;
        let mut dear = candidate("dear", dec!(0.9), &can);
        dear.succeeded = 980;
        let decision = choose(&[cheap, dear], &Rule::default(), &asked(&Method::InWallet));
        assert_eq!((decision.chosen.as_deref(), decision.how), (Some("dear"), How::Fallback));
    }

    #[test]
    fn an_operator_gets_the_account_wanted_unless_it_cannot() {
        let can = abilities();
        let accounts = [candidate("a", dec!(0.1), &can), candidate("b", dec!(2), &can)];
        let wanted = Asked { wanted: Some("b"), ..asked(&Method::InWallet) };
        let decision = choose(&accounts, &Rule::default(), &wanted);
        assert_eq!((decision.chosen.as_deref(), decision.how), (Some("b"), How::Wanted));
        let absent = Asked { wanted: Some("z"), ..asked(&Method::InWallet) };
        assert_eq!(choose(&accounts, &Rule::default(), &absent).chosen.as_deref(), Some("a"));
    }

    #[test]
    fn another_rule_is_tried_on_what_was_considered_then() {
        let can = abilities();
        let mut off = candidate("off", dec!(0.1), &can);
        off.disabled = true;
        let accounts = [candidate("a", dec!(0.54), &can), candidate("b", dec!(0.7), &can), off];
        let decision = choose(&accounts, &Rule::default(), &asked(&Method::InWallet));
        assert_eq!(decision.under(&Rule::default(), "A1"), decision);
        let cheap =
            Rule { fee_below_percent: Some(dec!(0.5)), fallback: Fallback::Refuse, ..Rule::default() };
        let other = decision.under(&cheap, "A1");
        assert_eq!((other.chosen.clone(), other.how), (None, How::Refused));
        assert_eq!(verdicts(&other), [Verdict::TooExpensive, Verdict::TooExpensive, Verdict::Disabled]);
    }

    proptest! {
        #[test]
        fn the_chosen_one_can_and_the_order_of_accounts_does_not_matter(
            facts in prop::collection::vec((0_u32..200, 0_u64..500, 0_u64..500, any::<bool>(), any::<bool>()), 1..8),
            hold: bool,
        ) {
            let can = abilities();
            let names: Vec<String> = (0..facts.len()).map(|n| format!("a{n}")).collect();
            let mut accounts: Vec<Candidate<'_>> = facts.iter().zip(&names).map(|(fact, name)| {
                let (cents, tried, succeeded, disabled, resting) = *fact;
                Candidate {
                    tried,
                    succeeded: succeeded.min(tried),
                    disabled,
                    resting,
                    ..candidate(name, Decimal::new(i64::from(cents), 2), &can)
                }
            }).collect();
            let method = if hold { Method::Hosted } else { Method::InWallet };
            let asked = Asked { hold, ..asked(&method) };
            let decision = choose(&accounts, &Rule::default(), &asked);
            if let Some(chosen) = &decision.chosen {
                let chosen = accounts.iter().find(|one| one.name == chosen).unwrap();
                prop_assert!(!chosen.disabled && !chosen.resting);
            } else {
                prop_assert!(accounts.iter().all(|one| one.disabled || one.resting));
            }
            accounts.reverse();
            prop_assert_eq!(choose(&accounts, &Rule::default(), &asked).chosen, decision.chosen);
        }
    }
}
