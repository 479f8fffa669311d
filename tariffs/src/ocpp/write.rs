//! From a tariff to OCPP's TariffType.

use chrono::SecondsFormat;
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

use super::fold::{self, exact_quotient, near_quotient};
use super::group::Group;
use super::numbers::number;
use super::priced::{self, Priced};
use super::read::{NO_LANGUAGE, depends_on_time};
use super::{Exported, MAX_ID, conditions};
use crate::foreign::Report;
use crate::model::check::Invalid;
use crate::model::tariff::{PriceLimit, Tariff, TaxIncluded};
use crate::model::tax::{Tax, TaxSet, VAT};

const MAX_TAXES: usize = 5;
const MAX_TAX_NAME: usize = 20;
const MAX_TEXTS: usize = 10;
const MAX_PRICES: usize = 1_000;
const NO_DIGITS: &str = "has more digits than OCPP's numbers keep";

/// Writes a tariff as OCPP 2.1's TariffType, so that a station bills what we would bill. Refuses, with our paths and all
/// at once, what OCPP cannot say; what no price depends on is left out and noted.
///
/// The id is the tariff's own. Stations keep tariffs by id and refuse another content under a known one: see
/// [`super::content_id`].
pub fn write_tariff(tariff: &Tariff) -> Result<Exported, Invalid> {
    let problems = tariff.check();
    if !problems.is_empty() {
        return Err(Invalid { problems });
    }
    let mut findings = Report::default();
    let mut map = Map::new();
    if tariff.id.chars().count() > MAX_ID {
        findings.refuse("id", "has more than OCPP's 60 characters");
    }
    map.insert("tariffId".into(), json!(tariff.id));
    map.insert("currency".into(), json!(tariff.currency.code()));
    if let Some(from) = tariff.valid_from {
        let digits =
            if from.timestamp_subsec_millis() == 0 { SecondsFormat::Secs } else { SecondsFormat::Millis };
        map.insert("validFrom".into(), json!(from.to_rfc3339_opts(digits, true)));
    }
    let texts: Vec<Value> = tariff.description.iter().take(MAX_TEXTS).map(text).collect();
    if !texts.is_empty() {
        map.insert("description".into(), json!(texts));
    }
    left_out(tariff, &mut findings);
    let priced = priced::of(tariff, &mut findings);
    for group in Group::ALL {
        if let Some(value) = prices(tariff, group, &priced, &mut findings) {
            map.insert(group.name.into(), value);
        }
    }
    let sets = tariff.tax_sets();
    for (ours, theirs, limit) in
        [("min_price", "minCost", tariff.min_price), ("max_price", "maxCost", tariff.max_price)]
    {
        if let Some(limit) = limit {
            map.insert(theirs.into(), bound(limit, ours, &sets, &mut findings));
        }
    }
    Ok(Exported { notes: findings.end()?, json: Value::Object(map) })
}

fn text(text: &crate::model::offer::Text) -> Value {
    if text.language == NO_LANGUAGE {
        json!({"format": "UTF8", "content": text.text})
    } else {
        json!({"format": "UTF8", "language": text.language, "content": text.text})
    }
}

/// Tells what OCPP has no field for, and refuses it where it changes the price.
fn left_out(tariff: &Tariff, findings: &mut Report) {
    for (index, _) in tariff.caps.iter().enumerate() {
        findings.refuse(
            format!("caps[{index}]"),
            "OCPP has no caps, only max_price for the session as a whole; let the \
                 CSMS bill and send the running cost",
        );
    }
    let silent = "is left out: OCPP has no field for it";
    for (path, given) in [
        ("name", !tariff.name.is_empty()),
        ("kind", tariff.kind.is_some()),
        ("url", !tariff.url.is_empty()),
        ("energy_mix", tariff.energy_mix.is_some()),
    ] {
        if given {
            findings.note(path, silent);
        }
    }
    if tariff.valid_to.is_some() {
        findings.note("valid_to", "is left out: take the tariff from the stations then");
    }
    if tariff.description.len() > MAX_TEXTS {
        findings.note("description", "has more than OCPP's 10 texts; the others are left out");
    }
    if tariff.tax_included == TaxIncluded::NotApplicable {
        findings.note("tax_included", "is written as prices without taxes");
    }
}

/// The list of prices of a group, with its taxes; `None` if it has none.
fn prices(tariff: &Tariff, group: Group, priced: &[Priced], findings: &mut Report) -> Option<Value> {
    let mine = |price: &&Priced| price.dimension == group.dimension && price.reservation == group.reservation;
    let mut list = Vec::new();
    let mut first: Option<&Priced> = None;
    for price in priced.iter().filter(mine) {
        let reference = *first.get_or_insert(price);
        if reference.taxes != price.taxes {
            findings.refuse(
                format!("{}.{}", price.path, if price.taxes.taxes.is_empty() { "vat" } else { "taxes" }),
                format_args!(
                    "differs from that of {}; OCPP has one list of taxes for all of {}",
                    reference.path, group.name
                ),
            );
        }
        let Some(amount) = unit_price(tariff, group, price, findings) else { continue };
        for when in &price.when {
            let conditions = conditions::write(when, &price.when_path, group.fixed(), findings);
            let mut value = Map::new();
            value.insert(group.price.into(), amount.clone());
            if !conditions.is_empty() {
                value.insert("conditions".into(), Value::Object(conditions));
            }
            list.push(Value::Object(value));
        }
        if group.fixed() && !group.reservation && price.when.iter().any(depends_on_time) {
            findings.note(
                price.when_path.as_str(),
                "OCPP looks at the time once, at the start: a session that begins \
                     before it does not pay this fee",
            );
        }
    }
    let first = first?;
    if list.len() > MAX_PRICES {
        findings.refuse("elements", format_args!("are more than 1000 prices of {} in OCPP", group.name));
    }
    if list.is_empty() {
        return None;
    }
    let mut value = Map::new();
    value.insert("prices".into(), Value::Array(list));
    let taxes = taxes(&first.taxes, &first.path, findings);
    if !taxes.is_empty() {
        value.insert("taxRates".into(), Value::Array(taxes));
    }
    Some(Value::Object(value))
}

/// The price before tax, per minute where OCPP wants that.
fn unit_price(tariff: &Tariff, group: Group, price: &Priced, findings: &mut Report) -> Option<Value> {
    let minutes = Decimal::from(if group.per_minute() { 60 } else { 1 });
    let gross = tariff.tax_included == TaxIncluded::Yes;
    let path = format!("{}.price", price.path);
    let parts = if gross { fold::whole_product(price.taxes.factor(), minutes) } else { Some(minutes) };
    let exact = parts.and_then(|parts| exact_quotient(price.price, parts));
    if let Some(exact) = exact {
        let number = number(exact);
        if number.is_none() {
            findings.refuse(path, NO_DIGITS);
        }
        return number;
    }
    let near = parts.and_then(|parts| near_quotient(price.price, parts)).unwrap_or_default();
    let unit = if group.per_minute() { " per minute" } else { "" };
    if gross {
        findings.refuse(
            path,
            format_args!(
                "is {near}{unit} before tax only after rounding; OCPP has prices before \
                 tax only: set tax_included to no and give those"
            ),
        );
    } else {
        let hour = (near * minutes).normalize();
        findings.refuse(
            path,
            format_args!(
                "is no price per minute with 6 decimals, which OCPP has; the nearest that \
                 is one is {hour} ({near} per minute)"
            ),
        );
    }
    None
}

fn taxes(set: &TaxSet, path: &str, findings: &mut Report) -> Vec<Value> {
    if let Some(percent) = set.vat {
        return number(percent).map(|tax| json!({"type": VAT, "tax": tax})).into_iter().collect();
    }
    if set.taxes.len() > MAX_TAXES {
        findings.refuse(format!("{path}.taxes"), "are more than OCPP's 5");
    }
    let write = |Tax { name, percent, stack }: &Tax| {
        if name.chars().count() > MAX_TAX_NAME {
            findings.refuse(
                format!("{path}.taxes"),
                format_args!("\"{name}\" has more than OCPP's 20 characters"),
            );
        }
        let tax = number(*percent)?;
        Some(if *stack == 0 {
            json!({"type": name, "tax": tax})
        } else {
            json!({"type": name, "tax": tax, "stack": stack})
        })
    };
    set.taxes.iter().filter_map(write).collect()
}

fn bound(limit: PriceLimit, path: &str, sets: &[TaxSet], findings: &mut Report) -> Value {
    let mut map = Map::new();
    for (ours, theirs, amount) in [("excl", "exclTax", Some(limit.excl)), ("incl", "inclTax", limit.incl)] {
        let Some(amount) = amount else { continue };
        match number(amount) {
            Some(amount) => {
                map.insert(theirs.into(), amount);
            }
            None => findings.refuse(format!("{path}.{ours}"), NO_DIGITS),
        }
    }
    // Without the amount after tax a station needs the taxes to know it.
    if let (None, [set]) = (limit.incl, sets) {
        let taxes = taxes(set, path, findings);
        if !taxes.is_empty() {
            map.insert("taxRates".into(), Value::Array(taxes));
        }
    }
    Value::Object(map)
}
