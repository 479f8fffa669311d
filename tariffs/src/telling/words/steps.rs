//! The prices of a subject as steps of "if … else …", for reading from the top.

use crate::model::tariff::{Dimension, Tariff};
use crate::model::tax::TaxSet;
use crate::telling::explain::Language;
use crate::telling::ladder::{Ladder, Rung};
use crate::telling::space::Region;
use crate::telling::words::amounts::{self, Amount, Per};
use crate::telling::words::conditions::Conditions;

/// One price and when it holds.
pub(crate) struct Step {
    /// What the operator calls it; may be empty.
    pub name: String,
    pub amount: Amount,
    pub per: Per,
    pub taxes: TaxSet,
    /// Does a step above come first in a situation in which this one is met too?
    pub otherwise: bool,
    /// In words; empty: always.
    pub when: String,
    /// Does more than the calendar decide whether it holds?
    pub beyond_calendar: bool,
}

impl Step {
    /// When it holds, with what comes before.
    pub fn when(&self, language: Language) -> String {
        let otherwise = if self.otherwise { language.say("otherwise", "其他情况") } else { "" };
        let parts = [otherwise, self.when.as_str()];
        let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        parts.join(language.say(" ", "，"))
    }
}

/// The steps of a subject: rungs in a row that say the same are one, and what is left is free. Empty where the subject
/// has no price at all.
pub(crate) fn steps(ladder: &Ladder<'_>, tariff: &Tariff, language: Language) -> Vec<Step> {
    let live: Vec<&Rung<'_>> = ladder.live().collect();
    let same = |one: &&Rung<'_>, other: &&Rung<'_>| {
        one.component.price == other.component.price
            && one.element.name == other.element.name
            && tariff.taxes_of(one.component) == tariff.taxes_of(other.component)
    };
    let mut above: Vec<&Region> = Vec::new();
    let mut steps = Vec::new();
    for group in live.chunk_by(same) {
        let first = group[0];
        let conditions: Vec<Conditions> =
            group.iter().map(|rung| Conditions::of(&rung.element.restrictions, language)).collect();
        let meets = |rung: &&Rung<'_>| above.iter().any(|region| region.common(&rung.region).is_some());
        let otherwise = group.iter().any(meets);
        above.extend(group.iter().map(|rung| &rung.region));
        let (amount, per) = amounts::price(first.component, tariff);
        steps.push(Step {
            name: first.element.name.clone(),
            amount,
            per,
            taxes: tariff.taxes_of(first.component),
            otherwise,
            when: Conditions::either(&conditions, language),
            beyond_calendar: group.iter().any(|rung| rung.region.beyond_calendar()),
        });
    }
    let once = ladder.subject.dimension() == Dimension::Flat;
    if let (Some(last), false, false, true) = (steps.last(), once, ladder.rest.is_empty(), ladder.rest.exact)
    {
        let per = last.per;
        steps.push(Step {
            name: String::new(),
            amount: Amount::ZERO,
            per,
            taxes: TaxSet::none(),
            otherwise: true,
            when: String::new(),
            beyond_calendar: false,
        });
    }
    steps
}
