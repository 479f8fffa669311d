//! What makes a tariff nonsense: each finding names its field.

use std::fmt;

use rust_decimal::Decimal;
use serde::Serialize;

use crate::tariff::{Component, Dimension, Element, PriceLimit, Restrictions, Tariff, TaxIncluded};

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
const MAX_TEXT: usize = 255;
const MAX_PRICE: Decimal = Decimal::from_parts(1_000_000_000, 0, 0, false, 0);
const MAX_DECIMALS: u32 = 6;
const MAX_ENERGY_STEP_WH: u32 = 1_000_000;
const MAX_TIME_STEP_S: u32 = 7 * 86_400;
const MAX_QUANTITY: Decimal = Decimal::from_parts(1_000_000_000, 0, 0, false, 0);

impl Tariff {
    /// What is wrong with the tariff; empty if it can price sessions.
    pub fn check(&self) -> Vec<Problem> {
        let mut found = Findings::default();
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
        let rates = self.vat_rates();
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
            found.must(from < to, format_args!("valid_to"), "is not after valid_from");
        }
        found.0
    }

    /// The different VAT rates of the components that price charging, in order of appearance.
    pub(crate) fn vat_rates(&self) -> Vec<Option<Decimal>> {
        let mut rates = Vec::new();
        let charging = self.elements.iter().filter(|element| element.restrictions.reservation.is_none());
        for component in charging.flat_map(|element| &element.components) {
            let vat = self.vat_of(component);
            if !rates.contains(&vat) {
                rates.push(vat);
            }
        }
        rates
    }

    /// The VAT rate that counts for a component, percent.
    pub(crate) fn vat_of(&self, component: &Component) -> Option<Decimal> {
        component.vat.filter(|_| self.tax_included != TaxIncluded::NotApplicable)
    }
}

#[derive(Default)]
struct Findings(Vec<Problem>);

/// A path that is only written out where something is wrong.
type Path<'a> = fmt::Arguments<'a>;

impl Findings {
    fn must(&mut self, holds: bool, path: Path<'_>, message: &str) {
        if !holds {
            self.0.push(Problem::new(path.to_string(), &message));
        }
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
        self.must(filled, format_args!("{path}.components"), "needs at least one component");
        for (index, component) in element.components.iter().enumerate() {
            let repeated =
                element.components[..index].iter().any(|other| other.dimension == component.dimension);
            let dimension = format_args!("{path}.components[{index}].dimension");
            self.must(!repeated, dimension, "occurs twice in the element");
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
        }
        let most = match component.dimension {
            Dimension::Energy => MAX_ENERGY_STEP_WH,
            Dimension::Time | Dimension::ParkingTime => MAX_TIME_STEP_S,
            // A step makes no sense for a flat fee, but OCPI demands one and says that it is not looked at.
            Dimension::Flat => u32::MAX,
        };
        self.must(component.step_size <= most, format_args!("{path}.step_size"), "is absurdly large");
    }

    fn restrictions(&mut self, path: Path<'_>, given: &Restrictions) {
        if let (Some(start), Some(end)) = (given.start_time, given.end_time) {
            let empty = start == end && start.minutes() != 0;
            self.must(!empty, format_args!("{path}.end_time"), "is the same as start_time");
        }
        if let (Some(start), Some(end)) = (given.start_date, given.end_date) {
            self.must(start < end, format_args!("{path}.end_date"), "is not after start_date");
        }
        self.range(path, "kwh", given.min_kwh, given.max_kwh);
        self.range(path, "current", given.min_current, given.max_current);
        self.range(path, "power", given.min_power, given.max_power);
        let seconds = |value: Option<u32>| value.map(Decimal::from);
        self.range(path, "duration", seconds(given.min_duration), seconds(given.max_duration));
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
                self.must(false, path, &format!("leaves nothing between it and min_{what}"));
            }
        }
    }

    fn limit(&mut self, path: &str, limit: PriceLimit, several_rates: bool) {
        self.number(format_args!("{path}.excl"), limit.excl, MAX_PRICE);
        let incl_path = format_args!("{path}.incl");
        match limit.incl {
            Some(incl) => {
                self.number(incl_path, incl, MAX_PRICE);
                self.must(incl >= limit.excl, incl_path, "is below excl");
            }
            None => self.must(
                !several_rates,
                incl_path,
                "is needed, because the components have different VAT rates",
            ),
        }
    }
}
