//! What is wrong with a document of rules, in words.

use super::{Measure, Override, Rule, RuleSet, SEEN_MAX, Subject, WINDOW_MINUTES_MAX};
use rust_decimal::Decimal;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use tariffs::Currency;

/// More rules than this nobody understands, and each costs time at every payment.
const RULES_MAX: usize = 100;
const SEGMENTS_MAX: usize = 50;
const MEMBERS_MAX: usize = 10_000;
const NAME_MAX: usize = 40;

/// Something that keeps a document from being used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where it stands, e.g. `rule[2] single-amount`.
    pub place: String,
    pub why: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.why)
    }
}

impl RuleSet {
    /// Everything that keeps it from being used; empty = it can be.
    pub fn check(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut ids = BTreeSet::new();
        let names: BTreeSet<&str> = self.segments.iter().map(|segment| segment.name.as_str()).collect();
        if self.rules.len() > RULES_MAX {
            problems.push(problem("rule", format!("there are more than {RULES_MAX} rules")));
        }
        for (n, rule) in self.rules.iter().take(RULES_MAX).enumerate() {
            let place = format!("rule[{n}] {}", rule.id);
            if !ids.insert(rule.id.as_str()) {
                problems.push(problem(&place, "another rule has the same id"));
            }
            problems.extend(rule.problems(&names).into_iter().map(|why| problem(&place, why)));
        }
        if self.segments.len() > SEGMENTS_MAX || names.len() != self.segments.len() {
            let why = format!("there may be {SEGMENTS_MAX} segments with different names");
            problems.push(problem("segment", why));
        }
        for segment in &self.segments {
            let place = format!("segment {}", segment.name);
            if !plain(&segment.name) {
                problems.push(problem(&place, NAME));
            }
            let members = segment.groups.len() + segment.sites.len() + segment.stations.len();
            if members > MEMBERS_MAX {
                problems.push(problem(&place, format!("it has more than {MEMBERS_MAX} members")));
            }
        }
        problems.extend(amounts(&self.behaviour.floor).map(|why| problem("behaviour.floor", why)));
        if self.behaviour.payments_min < 3 {
            problems.push(problem("behaviour.payments_min", "nothing is usual before the third payment"));
        }
        problems
    }
}

const NAME: &str = "names have 1 to 40 of a-z, 0-9, - and _";

fn problem(place: &str, why: impl Into<String>) -> Problem {
    Problem { place: place.to_owned(), why: why.into() }
}

fn plain(name: &str) -> bool {
    let known = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_');
    !name.is_empty() && name.len() <= NAME_MAX && name.chars().all(known)
}

fn amounts(limits: &BTreeMap<Currency, Decimal>) -> Option<String> {
    let wrong = |(currency, limit): &(&Currency, &Decimal)| {
        limit.is_sign_negative() || crate::Amount::exact(**limit, **currency).is_err()
    };
    limits
        .iter()
        .find(wrong)
        .map(|(currency, limit)| format!("{limit} {currency} is no amount that can be paid"))
}

impl Rule {
    fn problems(&self, segments: &BTreeSet<&str>) -> Vec<String> {
        let mut found = Vec::new();
        if !plain(&self.id) {
            found.push(NAME.to_owned());
        }
        let alone = self.subject == Subject::Payment;
        if alone != (self.count == Measure::Amount) {
            found.push("the subject \"payment\" has an \"amount\", and nothing else has".to_owned());
        }
        if alone != (self.within_minutes == 0) {
            found.push("a single amount has no window, everything else needs within_minutes".to_owned());
        }
        if self.within_minutes > WINDOW_MINUTES_MAX {
            found.push(format!("within_minutes is at most {WINDOW_MINUTES_MAX}"));
        }
        match (self.count.is_money(), self.above, self.above_amount.is_empty()) {
            (true, None, false) | (false, Some(_), true) => {}
            (true, ..) => {
                found.push("the limit of money is above_amount, e.g. { CNY = \"1000\" }".to_owned())
            }
            (false, ..) => found.push("the limit of a count is above, e.g. above = 5".to_owned()),
        }
        if (self.count == Measure::Cards && self.subject == Subject::Card)
            || (self.count == Measure::Drivers && self.subject == Subject::Driver)
        {
            found.push("there is never more than one of it".to_owned());
        }
        found.extend(self.limits(self.above, &self.above_amount));
        for (name, other) in &self.segments {
            if !segments.contains(name.as_str()) {
                found.push(format!("there is no segment {name:?}"));
            }
            found.extend(self.other(other).into_iter().map(|why| format!("segment {name}: {why}")));
        }
        found
    }

    fn other(&self, other: &Override) -> Vec<String> {
        let mut found: Vec<String> = self.limits(other.above, &other.above_amount).collect();
        if self.count.is_money() && other.above.is_some()
            || !self.count.is_money() && !other.above_amount.is_empty()
        {
            found.push("its limit must be of the same kind as the rule's".to_owned());
        }
        found
    }

    fn limits(
        &self,
        above: Option<u32>,
        money: &BTreeMap<Currency, Decimal>,
    ) -> impl Iterator<Item = String> {
        let high = above.filter(|limit| *limit as usize >= SEEN_MAX);
        high.map(|_| format!("above is less than {SEEN_MAX}")).into_iter().chain(amounts(money))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_can_be_used() {
        let defaults = RuleSet::defaults();
        assert_eq!(defaults.check(), vec![]);
        assert!(defaults.rules.len() > 10, "the document is read");
        let again = RuleSet::from_json(&serde_json::to_string(&defaults).unwrap()).unwrap();
        assert_eq!(again, defaults);
    }

    #[test]
    fn what_cannot_work_is_told_with_its_place() {
        let told = RuleSet::from_json(
            r#"{"rule":[
                {"id":"a","subject":"driver","count":"amount","above":5,"outcome":"deny"},
                {"id":"a","subject":"card","count":"cards","within_minutes":99999,"above":2000,"outcome":"allow"},
                {"id":"B","subject":"device","count":"attempts","within_minutes":5,"above":1,"outcome":"deny",
                 "segment":{"gone":{"above_amount":{"EUR":"0.001"}}}}],
               "behaviour":{"payments_min":1}}"#,
        )
        .unwrap_err();
        let expected = [
            "rule[0] a: the subject \"payment\" has an \"amount\", and nothing else has",
            "rule[0] a: a single amount has no window, everything else needs within_minutes",
            "rule[0] a: the limit of money is above_amount, e.g. { CNY = \"1000\" }",
            "rule[1] a: another rule has the same id",
            "rule[1] a: within_minutes is at most 44640",
            "rule[1] a: there is never more than one of it",
            "rule[1] a: above is less than 2000",
            "rule[2] B: names have 1 to 40 of a-z, 0-9, - and _",
            "rule[2] B: there is no segment \"gone\"",
            "rule[2] B: segment gone: 0.001 EUR is no amount that can be paid",
            "rule[2] B: segment gone: its limit must be of the same kind as the rule's",
            "behaviour.payments_min: nothing is usual before the third payment",
        ];
        assert_eq!(told, expected);
        assert!(RuleSet::from_json(r#"{"rule":[],"colour":1}"#).unwrap_err()[0].contains("colour"));
    }
}
