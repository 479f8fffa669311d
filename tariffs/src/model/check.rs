//! What makes a tariff nonsense: each finding names its field.

use std::fmt;

use rust_decimal::Decimal;
use serde::Serialize;

use crate::model::adjust::{Cap, CapPeriod, Discount};
use crate::model::offer::EnergyMix;
use crate::model::policy::{EqualTimes, Policy};
use crate::model::tariff::{Component, Dimension, Element, PriceLimit, Restrictions, Tariff, TaxIncluded};
use crate::model::tax::TaxSet;

/// One thing wrong with a tariff.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The field, e.g. `elements[2].restrictions.end_time`; empty for the tariff as a whole.
    pub path: String,
    /// What is wrong with it, as a sentence without a full stop.
    pub message: String,
}

/// A tariff that cannot be used, with all that is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", problems.iter().map(Problem::to_string).collect::<Vec<_>>().join("; "))]
pub struct Invalid {
    /// At least one.
    pub problems: Vec<Problem>,
}

impl Problem {
    pub(crate) fn new(path: String, message: &dyn fmt::Display) -> Problem {
        Problem { path, message: message.to_string() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() {
            f.write_str(&self.message)
        } else {
            write!(f, "{}: {}", self.path, self.message)
        }
    }
}

impl From<Problem> for Invalid {
    fn from(problem: Problem) -> Invalid {
        Invalid { problems: vec![problem] }
    }
}

/// Bounds that no honest tariff reaches; within them no sum can overflow.
const MAX_ELEMENTS: usize = 1_000;
const MAX_CAPS: usize = 8;
const MAX_DISCOUNTS: usize = 16;
const MAX_TAXES: usize = 8;
const MAX_TEXTS: usize = 50;
const MAX_TEXT_CHARS: usize = 512;
const MAX_MIX: usize = 20;
const MAX_TEXT: usize = 255;
const MAX_PRICE: Decimal = Decimal::from_parts(1_000_000_000, 0, 0, false, 0);
const MAX_DECIMALS: u32 = 6;
const MAX_ENERGY_STEP_WH: u32 = 1_000_000;
const MAX_TIME_STEP_S: u32 = 7 * 86_400;
const MAX_QUANTITY: Decimal = Decimal::from_parts(1_000_000_000, 0, 0, false, 0);

impl Tariff {
    /// What is wrong with the tariff; empty if it can be published and price sessions.
    pub fn check(&self) -> Vec<Problem> {
        self.findings(true, EqualTimes::Refused)
    }

    /// What makes it impossible to price by somebody else's tariff. It may leave open what ours may not, and have elements
    /// and dates that never hold.
    pub(crate) fn check_foreign(&self, policy: &Policy) -> Vec<Problem> {
        self.findings(false, policy.equal_times)
    }

    fn findings(&self, own: bool, equal_times: EqualTimes) -> Vec<Problem> {
        let mut found = Findings { own, equal_times, problems: Vec::new() };
        found.must(!self.id.is_empty(), format_args!("id"), "must not be empty");
        found.text(format_args!("id"), &self.id);
        found.text(format_args!("name"), &self.name);
        found.must(!self.elements.is_empty(), format_args!("elements"), "needs at least one element");
        found.must(
            self.elements.len() <= MAX_ELEMENTS,
            format_args!("elements"),
            "has more than 1000 elements",
        );
        for (index, element) in self.elements.iter().take(MAX_ELEMENTS).enumerate() {
            found.element(format_args!("elements[{index}]"), element);
        }
        found.offer(self);
        found.caps(self);
        for (index, discount) in self.discounts.iter().take(MAX_DISCOUNTS).enumerate() {
            found.discount(format_args!("discounts[{index}]"), discount);
        }
        found.must(
            self.discounts.len() <= MAX_DISCOUNTS,
            format_args!("discounts"),
            "has more than 16 discounts",
        );
        let rates = self.tax_sets();
        for (path, limit) in [("min_price", self.min_price), ("max_price", self.max_price)] {
            if let Some(limit) = limit {
                found.limit(path, limit, rates.len() > 1);
            }
        }
        if let (Some(min), Some(max)) = (self.min_price, self.max_price) {
            found.must(min.excl <= max.excl, format_args!("max_price.excl"), "is below min_price.excl");
            if let (Some(min), Some(max)) = (min.incl, max.incl) {
                found.must(min <= max, format_args!("max_price.incl"), "is below min_price.incl");
            }
        }
        if let (Some(from), Some(to)) = (self.valid_from, self.valid_to) {
            found.ours(from < to, format_args!("valid_to"), "is not after valid_from");
        }
        found.problems
    }

    /// The different taxes of the components, in order of appearance; those of reservations come last.
    pub(crate) fn tax_sets(&self) -> Vec<TaxSet> {
        let mut sets = Vec::new();
        let (charging, reserving): (Vec<&Element>, Vec<&Element>) =
            self.elements.iter().partition(|element| element.restrictions.reservation.is_none());
        for component in charging.into_iter().chain(reserving).flat_map(|element| &element.components) {
            let set = self.taxes_of(component);
            if !sets.contains(&set) {
                sets.push(set);
            }
        }
        sets
    }

    /// The taxes that count for a component.
    pub(crate) fn taxes_of(&self, component: &Component) -> TaxSet {
        match self.tax_included {
            TaxIncluded::NotApplicable => TaxSet::none(),
            TaxIncluded::No | TaxIncluded::Yes => TaxSet::new(component.vat, &component.taxes),
        }
    }
}

struct Findings {
    /// Is the tariff ours to publish?
    own: bool,
    equal_times: EqualTimes,
    problems: Vec<Problem>,
}

/// A path that is only written out where something is wrong.
type Path<'a> = fmt::Arguments<'a>;

impl Findings {
    fn must(&mut self, holds: bool, path: Path<'_>, message: &str) {
        if !holds {
            self.problems.push(Problem::new(path.to_string(), &message));
        }
    }

    /// The same for what only a tariff to publish must hold to: it is clumsy, but it can be priced by.
    fn ours(&mut self, holds: bool, path: Path<'_>, message: &str) {
        self.must(holds || !self.own, path, message);
    }

    fn number(&mut self, path: Path<'_>, value: Decimal, most: Decimal) {
        self.must(value >= Decimal::ZERO, path, "is negative");
        self.must(value <= most, path, "is absurdly large");
        let fine = value.scale() <= MAX_DECIMALS || value.normalize().scale() <= MAX_DECIMALS;
        self.must(fine, path, "has more than 6 decimals");
    }

    fn text(&mut self, path: Path<'_>, text: &str) {
        let fits = text.len() <= MAX_TEXT || text.chars().count() <= MAX_TEXT;
        self.must(fits, path, "has more than 255 characters");
    }

    fn element(&mut self, path: Path<'_>, element: &Element) {
        self.text(format_args!("{path}.name"), &element.name);
        let filled = !element.components.is_empty();
        self.ours(filled, format_args!("{path}.components"), "needs at least one component");
        for (index, component) in element.components.iter().enumerate() {
            let repeated =
                element.components[..index].iter().any(|other| other.dimension == component.dimension);
            let dimension = format_args!("{path}.components[{index}].dimension");
            self.ours(!repeated, dimension, "occurs twice in the element");
            let fits = element.restrictions.reservation.is_none()
                || matches!(component.dimension, Dimension::Time | Dimension::Flat);
            self.must(fits, dimension, "cannot price a reservation; only time and flat can");
            self.component(format_args!("{path}.components[{index}]"), component);
        }
        self.restrictions(format_args!("{path}.restrictions"), &element.restrictions);
    }

    fn component(&mut self, path: Path<'_>, component: &Component) {
        self.number(format_args!("{path}.price"), component.price.0, MAX_PRICE);
        if let Some(vat) = component.vat {
            self.number(format_args!("{path}.vat"), vat, Decimal::ONE_HUNDRED);
            self.must(
                component.taxes.is_empty(),
                format_args!("{path}.taxes"),
                "stands beside vat: give one",
            );
        }
        let few = component.taxes.len() <= MAX_TAXES;
        self.must(few, format_args!("{path}.taxes"), "has more than 8 taxes");
        for (index, tax) in component.taxes.iter().take(MAX_TAXES).enumerate() {
            let path = format_args!("{path}.taxes[{index}]");
            self.number(format_args!("{path}.percent"), tax.percent, Decimal::ONE_HUNDRED);
            self.text(format_args!("{path}.name"), &tax.name);
            self.must(!tax.name.is_empty(), format_args!("{path}.name"), "must not be empty");
            self.must(usize::from(tax.stack) < MAX_TAXES, format_args!("{path}.stack"), "is above 7");
        }
        let most = match component.dimension {
            Dimension::Energy | Dimension::Service => MAX_ENERGY_STEP_WH,
            Dimension::Time | Dimension::ParkingTime => MAX_TIME_STEP_S,
            // A step makes no sense for a flat fee, but OCPI demands one and says that it is not looked at.
            Dimension::Flat => u32::MAX,
        };
        self.must(component.step_size <= most, format_args!("{path}.step_size"), "is absurdly large");
    }

    fn restrictions(&mut self, path: Path<'_>, given: &Restrictions) {
        if let (Some(start), Some(end)) = (given.start_time, given.end_time) {
            let refused = self.equal_times == EqualTimes::Refused;
            let empty = start == end && start.minutes() != 0 && refused;
            self.must(!empty, format_args!("{path}.end_time"), "is the same as start_time");
        }
        if let (Some(start), Some(end)) = (given.start_date, given.end_date) {
            self.ours(start < end, format_args!("{path}.end_date"), "is not after start_date");
        }
        self.range(path, "kwh", given.min_kwh, given.max_kwh);
        self.range(path, "current", given.min_current, given.max_current);
        self.range(path, "power", given.min_power, given.max_power);
        let both = given.start_day.is_some() == given.end_day.is_some();
        self.must(both, format_args!("{path}.end_day"), "and start_day need each other");
        let apart = given.start_day.is_none() || given.start_day != given.end_day;
        self.must(apart, format_args!("{path}.end_day"), "is the same as start_day");
        let seconds = |value: Option<u32>| value.map(Decimal::from);
        self.range(path, "duration", seconds(given.min_duration), seconds(given.max_duration));
        let charging = (seconds(given.min_charging_time), seconds(given.max_charging_time));
        self.range(path, "charging_time", charging.0, charging.1);
        self.range(path, "idle_time", seconds(given.min_idle_time), seconds(given.max_idle_time));
        self.text(format_args!("{path}.payment_brand"), &given.payment_brand);
        self.text(format_args!("{path}.payment_recognition"), &given.payment_recognition);
        let days = &given.day_of_week;
        let repeated = (1..days.len()).any(|index| days[..index].contains(&days[index]));
        self.must(!repeated, format_args!("{path}.day_of_week"), "names a day twice");
    }

    fn range(&mut self, path: Path<'_>, what: &str, min: Option<Decimal>, max: Option<Decimal>) {
        if let Some(min) = min {
            self.number(format_args!("{path}.min_{what}"), min, MAX_QUANTITY);
        }
        if let Some(max) = max {
            let path = format_args!("{path}.max_{what}");
            self.number(path, max, MAX_QUANTITY);
            if min.unwrap_or(Decimal::ZERO) >= max {
                self.ours(false, path, &format!("leaves nothing between it and min_{what}"));
            }
        }
    }

    /// What a tariff tells of itself.
    fn offer(&mut self, tariff: &Tariff) {
        self.must(
            tariff.description.len() <= MAX_TEXTS,
            format_args!("description"),
            "has more than 50 texts",
        );
        for (index, text) in tariff.description.iter().take(MAX_TEXTS).enumerate() {
            let path = format_args!("description[{index}]");
            let language = (2..=8).contains(&text.language.len()) && text.language.is_ascii();
            self.must(language, format_args!("{path}.language"), "is not a language code like \"en\"");
            let fits = text.text.chars().count() <= MAX_TEXT_CHARS;
            self.must(fits, format_args!("{path}.text"), "has more than 512 characters");
            let plain = !text.text.is_empty() && !text.text.chars().any(|c| c.is_control() && c != '\n');
            self.must(plain, format_args!("{path}.text"), "is empty or has control characters");
        }
        self.text(format_args!("url"), &tariff.url);
        let web = ["http://", "https://"].iter().any(|scheme| tariff.url.starts_with(scheme));
        self.must(
            tariff.url.is_empty() || web,
            format_args!("url"),
            "does not begin with http:// or https://",
        );
        if let Some(mix) = &tariff.energy_mix {
            self.energy_mix(mix);
        }
    }

    fn energy_mix(&mut self, mix: &EnergyMix) {
        self.text(format_args!("energy_mix.supplier"), &mix.supplier);
        self.text(format_args!("energy_mix.product"), &mix.product);
        let few = mix.sources.len() <= MAX_MIX && mix.impacts.len() <= MAX_MIX;
        self.must(few, format_args!("energy_mix"), "has more than 20 sources or impacts");
        for (index, source) in mix.sources.iter().take(MAX_MIX).enumerate() {
            let path = format_args!("energy_mix.sources[{index}]");
            self.number(format_args!("{path}.percent"), source.percent, Decimal::ONE_HUNDRED);
            let repeated = mix.sources[..index].iter().any(|other| other.source == source.source);
            self.must(!repeated, format_args!("{path}.source"), "occurs twice");
        }
        let sum: Decimal = mix.sources.iter().take(MAX_MIX).map(|source| source.percent).sum();
        self.must(
            sum <= Decimal::ONE_HUNDRED,
            format_args!("energy_mix.sources"),
            "are more than 100 % together",
        );
        for (index, impact) in mix.impacts.iter().take(MAX_MIX).enumerate() {
            self.number(format_args!("energy_mix.impacts[{index}].amount"), impact.amount, MAX_QUANTITY);
        }
    }

    fn caps(&mut self, tariff: &Tariff) {
        self.must(tariff.caps.len() <= MAX_CAPS, format_args!("caps"), "has more than 8 caps");
        let mut seen: Vec<(Dimension, CapPeriod)> = Vec::new();
        for (index, cap) in tariff.caps.iter().take(MAX_CAPS).enumerate() {
            let path = format_args!("caps[{index}]");
            self.cap(path, cap, tariff);
            for dimension in &cap.dimensions {
                let new = !seen.iter().any(|(other, _)| other == dimension);
                self.must(
                    new,
                    format_args!("{path}.dimensions"),
                    "names a dimension that is in a cap already",
                );
                seen.push((*dimension, cap.per));
            }
        }
    }

    fn cap(&mut self, path: Path<'_>, cap: &Cap, tariff: &Tariff) {
        self.text(format_args!("{path}.name"), &cap.name);
        self.number(format_args!("{path}.amount"), cap.amount, MAX_PRICE);
        let dimensions = format_args!("{path}.dimensions");
        self.must(!cap.dimensions.is_empty(), dimensions, "needs at least one dimension");
        self.must(
            !cap.dimensions.contains(&Dimension::Flat),
            dimensions,
            "cannot name flat: it is due once anyway",
        );
        let charging = tariff.elements.iter().filter(|element| element.restrictions.reservation.is_none());
        let mut capped = charging
            .flat_map(|element| &element.components)
            .filter(|component| cap.dimensions.contains(&component.dimension))
            .map(|component| tariff.taxes_of(component));
        let first = capped.next();
        self.must(first.is_some(), dimensions, "names nothing that the tariff prices");
        let same = capped.all(|taxes| first.as_ref() == Some(&taxes));
        self.must(same, dimensions, "has components with different taxes; make a cap for each dimension");
    }

    fn discount(&mut self, path: Path<'_>, discount: &Discount) {
        self.text(format_args!("{path}.name"), &discount.name);
        self.must(!discount.name.is_empty(), format_args!("{path}.name"), "must not be empty");
        let given = [
            discount.percent.is_some(),
            discount.amount.is_some(),
            discount.free_kwh.is_some(),
            discount.free_seconds.is_some(),
        ];
        let one = given.iter().filter(|given| **given).count() == 1;
        self.must(one, path, "needs exactly one of percent, amount, free_kwh and free_seconds");
        if let Some(percent) = discount.percent {
            self.number(format_args!("{path}.percent"), percent, Decimal::ONE_HUNDRED);
        }
        if let Some(amount) = discount.amount {
            self.number(format_args!("{path}.amount"), amount, MAX_PRICE);
        }
        if let Some(free) = discount.free_kwh {
            self.number(format_args!("{path}.free_kwh"), free, MAX_QUANTITY);
        }
        let fits = discount.dimensions.is_empty() || discount.percent.is_some();
        self.must(fits, format_args!("{path}.dimensions"), "goes with percent only");
    }

    fn limit(&mut self, path: &str, limit: PriceLimit, several_rates: bool) {
        self.number(format_args!("{path}.excl"), limit.excl, MAX_PRICE);
        let incl_path = format_args!("{path}.incl");
        match limit.incl {
            Some(incl) => {
                self.number(incl_path, incl, MAX_PRICE);
                self.ours(incl >= limit.excl, incl_path, "is below excl");
            }
            None => {
                self.ours(!several_rates, incl_path, "is needed, because the components have different taxes")
            }
        }
    }
}
