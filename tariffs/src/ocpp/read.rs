//! From OCPP's TariffType to a tariff.

use rust_decimal::Decimal;
use serde_json::Value;

use super::conditions::{self, NAMES};
use super::fields::{UNKNOWN, open, parse};
use super::group::Group;
use super::merge::merge;
use super::numbers::fits;
use super::{Imported, MAX_ID};
use crate::foreign::{Object, Report, strict};
use crate::model::check::{Invalid, Problem};
use crate::model::currency::Currency;
use crate::model::money::Price;
use crate::model::offer::Text;
use crate::model::tariff::{
    Component, Dimension, Element, PriceLimit, Reservation, Restrictions, Tariff, TaxIncluded,
};
use crate::model::tax::{Tax, TaxSet, VAT};

const MAX_TAXES: usize = 5;
const MAX_STACK: u8 = 7;
const MAX_TEXTS: usize = 10;
/// Of a text we keep so much.
const MAX_CONTENT: usize = 512;
const DECIMALS: u32 = 6;
/// The language of a text that names none (ISO 639: undetermined).
pub(super) const NO_LANGUAGE: &str = "und";

/// Reads OCPP 2.1's TariffType. Every problem names its field as OCPP does, e.g.
/// `energy.prices[1].conditions.endTimeOfDay`; all are told at once. Fields that OCPP does not have are noted, customData
/// is not looked at.
pub fn read_tariff(json: &str) -> Result<Imported, Invalid> {
    read_value(&parse(json)?)
}

pub(super) fn read_value(json: &Value) -> Result<Imported, Invalid> {
    let mut findings = Report::default();
    let tariff = whole(json, &mut findings);
    let notes = findings.end()?;
    match tariff {
        Some(tariff) => Ok(Imported { tariff, notes }),
        None => Err(Problem::new(String::new(), &"is not a tariff").into()),
    }
}

fn whole(json: &Value, findings: &mut Report) -> Option<Tariff> {
    let mut object = open(json, "", findings)?;
    let id = object.must("tariffId", findings, strict::text(MAX_ID));
    if id == Some("") {
        findings.refuse("tariffId", "must not be empty");
    }
    let currency =
        object.must("currency", findings, strict::text(3)).and_then(|code| match code.parse::<Currency>() {
            Ok(currency) => Some(currency),
            Err(error) => {
                findings.refuse("currency", &error);
                None
            }
        });
    let valid_from = object.may("validFrom", findings, strict::instant);
    let texts = strict::members(&mut object, "description", MAX_TEXTS, findings);
    let description: Vec<Text> =
        texts.into_iter().filter_map(|(path, value)| text(value, &path, findings)).collect();
    let lists: Vec<Vec<Found>> =
        Group::ALL.iter().map(|group| prices(&mut object, group, findings)).collect();
    let limits = [("minCost"), ("maxCost")].map(|name| (name, object.get(name)));
    let mut tariff = Tariff {
        id: id.unwrap_or_default().to_owned(),
        name: String::new(),
        // Any, where there is none that could be read: the rest is looked at before all is refused.
        currency: currency.or_else(|| "EUR".parse().ok())?,
        tax_included: TaxIncluded::No,
        kind: None,
        description,
        url: String::new(),
        elements: lists.iter().flatten().map(|found| found.element.clone()).collect(),
        min_price: None,
        max_price: None,
        caps: Vec::new(),
        discounts: Vec::new(),
        energy_mix: None,
        valid_from,
        valid_to: None,
    };
    let free = tariff.elements.is_empty();
    if free {
        findings.note("", "has no prices: all is free, kept as energy at 0");
        tariff.elements.push(element(Dimension::Energy, Decimal::ZERO));
    }
    let sets = tariff.tax_sets();
    let mut limits = limits.into_iter().map(|(name, value)| limit(value?, name, &sets, findings));
    tariff.min_price = limits.next().flatten();
    tariff.max_price = limits.next().flatten();
    object.close(findings, UNKNOWN);
    let paths: Vec<&Found> = lists.iter().flatten().collect();
    let refused: Vec<String> = findings.problems().iter().map(|problem| problem.path.clone()).collect();
    for problem in tariff.check() {
        let (path, message) = translated(&problem, &paths);
        // What could not be read is not also told to be missing.
        if !refused.iter().any(|refused| refused.starts_with(&path) || path.starts_with(refused)) {
            findings.refuse(path, &message);
        }
    }
    if !free {
        let lists = lists.into_iter().map(|list| list.into_iter().map(|found| found.element).collect());
        tariff.elements = merge(lists);
    }
    Some(tariff)
}

/// A price that was read: one element with one component.
struct Found {
    element: Element,
    /// E.g. `energy.prices[1]`.
    path: String,
    group: &'static Group,
}

fn element(dimension: Dimension, price: Decimal) -> Element {
    let component = Component { dimension, price: Price(price), vat: None, taxes: Vec::new(), step_size: 0 };
    Element { name: String::new(), components: vec![component], restrictions: Restrictions::default() }
}

fn prices(tariff: &mut Object<'_>, group: &'static Group, findings: &mut Report) -> Vec<Found> {
    let Some(value) = tariff.get(group.name) else { return Vec::new() };
    let Some(mut object) = open(value, group.name, findings) else { return Vec::new() };
    let taxes = taxes(&mut object, findings);
    object.need("prices", findings);
    let mut found = Vec::new();
    for (path, value) in strict::members(&mut object, "prices", strict::MAX_LIST, findings) {
        let Some(mut price) = open(value, &path, findings) else { continue };
        let amount = price.must(group.price, findings, strict::decimal).filter(|amount| {
            let fine = amount.is_sign_positive() || amount.is_zero();
            if !fine {
                findings.refuse(price.place(group.price), "is negative");
            } else if !fits(*amount, DECIMALS) {
                findings.refuse(price.place(group.price), "has more than 6 decimals");
            }
            fine && fits(*amount, DECIMALS)
        });
        let amount = amount.unwrap_or_default() * Decimal::from(if group.per_minute() { 60 } else { 1 });
        let mut element = element(group.dimension, amount.normalize());
        if let Some(value) = price.get("conditions") {
            element.restrictions =
                conditions::read(value, &price.place("conditions"), group.fixed(), findings);
        }
        if group.fixed() && !group.reservation && depends_on_time(&element.restrictions) {
            findings.note(
                price.place("conditions"),
                "OCPP looks at the time once, at the start; here the fee is also due \
                     when its time comes later in the session",
            );
        }
        element.restrictions.reservation = group.reservation.then_some(Reservation::Reservation);
        match taxes.as_slice() {
            [only] if only.stack == 0 && only.name.eq_ignore_ascii_case(VAT) => {
                element.components[0].vat = Some(only.percent);
            }
            several => element.components[0].taxes = several.to_vec(),
        }
        price.close(findings, UNKNOWN);
        found.push(Found { element, path, group });
    }
    object.close(findings, UNKNOWN);
    found
}

/// Does the time of day or the date decide?
pub(super) fn depends_on_time(given: &Restrictions) -> bool {
    given.start_time.is_some()
        || given.end_time.is_some()
        || given.start_date.is_some()
        || given.end_date.is_some()
        || given.start_day.is_some()
        || !given.day_of_week.is_empty()
}

fn taxes(object: &mut Object<'_>, findings: &mut Report) -> Vec<Tax> {
    let mut taxes = Vec::new();
    for (path, value) in strict::members(object, "taxRates", MAX_TAXES, findings) {
        let Some(mut tax) = open(value, &path, findings) else { continue };
        let name = tax.must("type", findings, strict::text(20));
        let percent = tax.must("tax", findings, strict::decimal).filter(|percent| {
            let sane = (Decimal::ZERO..=Decimal::ONE_HUNDRED).contains(percent);
            if !sane || !fits(*percent, DECIMALS) {
                findings.refuse(tax.place("tax"), "is not from 0 to 100 percent with up to 6 decimals");
            }
            sane && fits(*percent, DECIMALS)
        });
        let stack = tax.may("stack", findings, strict::whole).unwrap_or(0);
        match (name, percent, u8::try_from(stack).ok().filter(|stack| *stack <= MAX_STACK)) {
            (Some(name), Some(percent), Some(stack)) => {
                taxes.push(Tax { name: name.to_owned(), percent: percent.normalize(), stack });
            }
            (_, _, None) => findings.refuse(tax.place("stack"), "is above 7"),
            _ => {}
        }
        tax.close(findings, UNKNOWN);
    }
    taxes
}

fn text(value: &Value, path: &str, findings: &mut Report) -> Option<Text> {
    let mut object = open(value, path, findings)?;
    let format = object.must("format", findings, strict::text(20));
    let language = object.may("language", findings, strict::text(8)).unwrap_or(NO_LANGUAGE);
    let plain = matches!(format, Some("ASCII" | "UTF8"));
    let most = if plain { MAX_CONTENT } else { 1_024 };
    let content = object.must("content", findings, strict::text(most));
    object.close(findings, UNKNOWN);
    match (format?, plain) {
        (_, true) => {
            let text = content?;
            if text.is_empty() || text.chars().any(|c| c.is_control() && c != '\n') {
                findings.refuse(format!("{path}.content"), "is empty or has control characters");
            }
            if language.len() < 2 || !language.is_ascii() {
                findings.refuse(format!("{path}.language"), "is not a language code like \"en\"");
            }
            Some(Text { language: language.to_owned(), text: text.to_owned() })
        }
        ("HTML" | "URI" | "QRCODE", false) => {
            findings.note(path, "is not plain text and is left out");
            None
        }
        _ => {
            findings.refuse(format!("{path}.format"), "is none of ASCII, HTML, URI, UTF8 and QRCODE");
            None
        }
    }
}

fn limit(value: &Value, name: &str, sets: &[TaxSet], findings: &mut Report) -> Option<PriceLimit> {
    let mut object = open(value, name, findings)?;
    let excl = object.may("exclTax", findings, strict::decimal).map(|amount| amount.normalize());
    let incl = object.may("inclTax", findings, strict::decimal).map(|amount| amount.normalize());
    let taxes = taxes(&mut object, findings);
    object.close(findings, UNKNOWN);
    let named = match taxes.as_slice() {
        [] => None,
        [only] if only.stack == 0 && only.name.eq_ignore_ascii_case(VAT) => {
            Some(TaxSet::new(Some(only.percent), &[]))
        }
        several => Some(TaxSet::new(None, several)),
    };
    let only = if let [set] = sets { Some(set) } else { None };
    match (excl, incl, named) {
        (Some(excl), Some(incl), _) => Some(PriceLimit { excl, incl: Some(incl) }),
        (Some(excl), None, named) if named.is_none() || named.as_ref() == only => {
            Some(PriceLimit { excl, incl: None })
        }
        (Some(excl), None, named) => {
            let incl = excl.checked_mul(named.map_or(Decimal::ONE, |set| set.factor()));
            let incl = incl.filter(|incl| fits(*incl, DECIMALS));
            if incl.is_none() {
                findings.refuse(
                    format!("{name}.inclTax"),
                    "is needed: exclTax with its taxRates has more than 6 decimals",
                );
            }
            Some(PriceLimit { excl, incl: Some(incl?.normalize()) })
        }
        (None, Some(incl), named) => {
            let factor = named.as_ref().or(only).map(TaxSet::factor);
            let excl = factor.and_then(|factor| super::fold::exact_quotient(incl, factor));
            if excl.is_none() {
                findings
                    .refuse(format!("{name}.exclTax"), "is needed: it does not follow exactly from inclTax");
            }
            Some(PriceLimit { excl: excl?, incl: Some(incl) })
        }
        (None, None, _) => {
            findings.refuse(name, "needs exclTax, inclTax or both");
            None
        }
    }
}

/// What the check of our tariff says, in the words of OCPP.
fn translated(problem: &Problem, found: &[&Found]) -> (String, String) {
    let (index, rest) = match problem.path.strip_prefix("elements[").and_then(|rest| rest.split_once(']')) {
        Some((index, rest)) => (index.parse::<usize>().ok(), rest),
        None => (None, problem.path.as_str()),
    };
    let mut message = problem.message.clone();
    for (ours, theirs) in NAMES.iter().take_while(|(ours, _)| *ours != "percent") {
        message = message.replace(ours, theirs);
    }
    let path = match index.and_then(|index| found.get(index)) {
        None => renamed(rest),
        Some(found) => match rest.strip_prefix(".components[0]") {
            Some(".price") => format!("{}.{}", found.path, found.group.price),
            Some(".vat") => format!("{}.taxRates[0].tax", found.group.name),
            Some(tax) if tax.starts_with(".taxes") => {
                format!("{}{}", found.group.name, renamed(&tax.replacen(".taxes", ".taxRates", 1)))
            }
            Some(_) => found.path.clone(),
            None => format!("{}{}", found.path, renamed(rest)),
        },
    };
    (path, message)
}

/// A path with each of its names as OCPP has it.
fn renamed(path: &str) -> String {
    let parts = path.split('.').map(|part| {
        let (name, index) = part.split_at(part.find('[').unwrap_or(part.len()));
        let theirs = NAMES.iter().find(|(ours, _)| *ours == name).map_or(name, |(_, theirs)| theirs);
        format!("{theirs}{index}")
    });
    parts.collect::<Vec<_>>().join(".")
}
