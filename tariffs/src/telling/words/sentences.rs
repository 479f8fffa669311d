//! A tariff in sentences.

use crate::model::tariff::{Dimension, Tariff, TaxIncluded};
use crate::telling::explain::Language;
use crate::telling::ladder::{Ladder, Subject};
use crate::telling::words::amounts;
use crate::telling::words::steps::{Step, steps};
use crate::telling::words::{rules, subject};

impl Tariff {
    /// What a driver must know before paying, one sentence each, without a full stop: every price with its unit and when
    /// it holds, read from the top; then fees of reservations, limits, discounts, taxes, validity and the energy.
    ///
    /// Prices that can never hold are left out. The tariff must be one that [`Tariff::check`] has nothing against.
    pub fn sentences(&self, language: Language) -> Vec<String> {
        let mut sentences: Vec<String> =
            self.kind.map(|kind| rules::kind(kind, language)).into_iter().collect();
        let uniform = self.tax_sets().len() <= 1;
        let apart = self.prices(Dimension::Service);
        for what in Subject::ALL {
            let ladder = Ladder::of(self, what);
            let name = subject(what, apart, language);
            for step in steps(&ladder, self, language) {
                sentences.push(self.sentence(name, &step, uniform, language));
            }
            sentences.extend(rules::step_size(&ladder, name, language));
        }
        sentences.extend(rules::limits(self, language));
        sentences.extend(self.caps.iter().map(|cap| rules::cap(self, cap, language)));
        sentences.extend(self.discounts.iter().map(|discount| rules::discount(self, discount, language)));
        sentences.extend(rules::taxes(self, language));
        sentences.extend(rules::validity(self, language));
        sentences.extend(self.energy_mix.as_ref().map(|mix| rules::energy_mix(mix, language)));
        sentences
    }

    /// "Energy: otherwise 0.39 EUR per kWh plus 19 % VAT (0.4641 EUR), 22:00–06:00 (night)".
    pub(crate) fn sentence(&self, name: &str, step: &Step, uniform: bool, language: Language) -> String {
        let title = match step.name.as_str() {
            "" => String::new(),
            title if language == Language::English => format!(" ({title})"),
            title => format!("（{title}）"),
        };
        let price = self.price_words(step, uniform, language);
        match language {
            Language::English => {
                let otherwise = if step.otherwise { "otherwise " } else { "" };
                let when = if step.when.is_empty() { String::new() } else { format!(", {}", step.when) };
                format!("{name}: {otherwise}{price}{when}{title}")
            }
            Language::Chinese => {
                let when = step.when(language);
                let gap = if when.is_empty() { "" } else { "，" };
                format!("{name}：{when}{gap}{price}{title}")
            }
        }
    }

    fn price_words(&self, step: &Step, uniform: bool, language: Language) -> String {
        if step.amount.gross.is_zero() {
            return language.say("free", "免费").to_owned();
        }
        let given = if self.tax_included == TaxIncluded::Yes { step.amount.gross } else { step.amount.net };
        let unit = step.per.words(language);
        let gap = if language == Language::English && !unit.is_empty() { " " } else { "" };
        let price = format!("{}{gap}{unit}", amounts::money(given, self.currency, language));
        let tax = amounts::tax(&step.taxes, language);
        match (self.tax_included, language) {
            _ if tax.is_empty() => price,
            (TaxIncluded::Yes, _) if uniform => price,
            (TaxIncluded::Yes, Language::English) => format!("{price} incl. {tax}"),
            (TaxIncluded::Yes, Language::Chinese) => format!("{price}（含 {tax}）"),
            (_, Language::English) => {
                format!("{price} plus {tax} ({})", amounts::money(step.amount.gross, self.currency, language))
            }
            (_, Language::Chinese) => {
                let gross = amounts::money(step.amount.gross, self.currency, language);
                format!("{price}，另加 {tax}（合 {gross}）")
            }
        }
    }

    /// Is there a component of the dimension?
    pub(crate) fn prices(&self, dimension: Dimension) -> bool {
        let mut components = self.elements.iter().flat_map(|element| &element.components);
        components.any(|component| component.dimension == dimension)
    }
}
