//! A tariff object as a [`Tariff`].

use serde_json::Value;

use super::{MAX_ELEMENTS, Publisher, Signed, Version, restrictions, translate, words};
use crate::foreign::lenient::{boolean, instant, list, number, text, whole, word};
use crate::foreign::{Object, Path, Report};
use crate::model::currency::Currency;
use crate::model::money::Price;
use crate::model::offer::{EnergyMix, EnergySource, EnvironmentalImpact, Text};
use crate::model::tariff::{Component, Dimension, Element, PriceLimit, Tariff, TaxIncluded};

/// What happens to a field that no version of OCPI knows, or another one.
const UNKNOWN: &str = "is unknown and was left out";

/// An element, and where its components stand in the object.
type Placed = (Element, Vec<usize>);

/// Reads what it can, so that all problems are found at once; `None` only where something is refused.
pub(super) fn tariff(
    value: &Value,
    path: &Path<'_>,
    version: Version,
    signed: Signed,
    report: &mut Report,
) -> Option<(Tariff, Option<Publisher>)> {
    let mut object = Object::open(value, path, report)?;
    let publisher = publisher(&mut object, signed, report);
    let id = object.must("id", report, id);
    let currency = object.must("currency", report, currency);
    let limit = |value: &Value, path: &Path<'_>, report: &mut Report| limit(value, path, version, report);
    let elements = object.must("elements", report, elements).unwrap_or_default();
    let (elements, places): (Vec<Element>, Vec<Vec<usize>>) = elements.into_iter().unzip();
    let mut tariff = Tariff {
        id: id.unwrap_or_default(),
        name: String::new(),
        // Any will do where it is refused: no amount depends on it here.
        currency: currency.or_else(|| "EUR".parse().ok())?,
        tax_included: tax_included(&mut object, version, report),
        kind: object.may("type", report, word(words::KINDS)),
        description: object.may("tariff_alt_text", report, texts).unwrap_or_default(),
        url: object.may("tariff_alt_url", report, text(255)).unwrap_or_default(),
        elements,
        min_price: object.may("min_price", report, limit),
        max_price: object.may("max_price", report, limit),
        caps: Vec::new(),
        discounts: Vec::new(),
        energy_mix: object.may("energy_mix", report, energy_mix),
        valid_from: object.may("start_date_time", report, instant),
        valid_to: object.may("end_date_time", report, instant),
    };
    if object.get("preauthorize_amount").is_some() {
        report.note(path.field("preauthorize_amount"), "is for payment terminals and was left out");
    }
    object.close(report, UNKNOWN);
    translate::findings(&mut tariff, &places, path, version, report);
    Some((tariff, publisher))
}

/// `None` where something is wrong with it, which is refused only if it must be there.
fn publisher(object: &mut Object<'_>, signed: Signed, report: &mut Report) -> Option<Publisher> {
    let mut found = Report::default();
    let publisher = sound_publisher(object, if signed == Signed::Must { report } else { &mut found });
    let (problems, notes) = found.into_parts();
    for problem in problems {
        report.note(problem.path, format_args!("{}; no price depends on it", problem.message));
    }
    for note in notes {
        report.note(note.path, note.message);
    }
    publisher
}

fn sound_publisher(object: &mut Object<'_>, report: &mut Report) -> Option<Publisher> {
    let code = |length: usize, letters_only: bool| {
        move |value: &Value, path: &Path<'_>, report: &mut Report| {
            let fits = |code: &&str| {
                code.len() == length
                    && code
                        .bytes()
                        .all(|byte| byte.is_ascii_alphabetic() || (byte.is_ascii_digit() && !letters_only))
            };
            let code = value.as_str().filter(fits);
            if code.is_none() {
                let what = if letters_only { "letters" } else { "letters or digits" };
                report.refuse(path, format_args!("is not a code of {length} {what}"));
            }
            code.map(str::to_owned)
        }
    };
    let country_code = object.must("country_code", report, code(2, true));
    let party_id = object.must("party_id", report, code(3, false));
    let last_updated = object.must("last_updated", report, instant);
    Some(Publisher { country_code: country_code?, party_id: party_id?, last_updated: last_updated? })
}

fn id(value: &Value, path: &Path<'_>, report: &mut Report) -> Option<String> {
    let id = text(36)(value, path, report)?;
    if !id.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
        report.note(path, "has characters that OCPI does not allow");
    }
    Some(id)
}

fn currency(value: &Value, path: &Path<'_>, report: &mut Report) -> Option<Currency> {
    let written = value.as_str().filter(|text| text.len() == 3).unwrap_or_default();
    let currency: Option<Currency> = written.to_ascii_uppercase().parse().ok();
    match currency {
        None => report.refuse(path, "is not a currency code of ISO 4217"),
        Some(currency) if currency.code() != written => {
            report.note(path, format_args!("is read as {currency}"));
        }
        Some(_) => {}
    }
    currency
}

fn tax_included(object: &mut Object<'_>, version: Version, report: &mut Report) -> TaxIncluded {
    let given = object.may("tax_included", report, |value, path, report| {
        let read = word(words::TAXES)(value, path, report)?;
        Some((read, path.to_string()))
    });
    match (version, given) {
        (Version::V2_3_0, Some((given, _))) => given,
        // Examples of the standard leave it out in tariffs of CDRs.
        (Version::V2_3_0, None) => {
            if object.get("tax_included").is_none() {
                report.note(object.place("tax_included"), "is missing and is read as NO");
            }
            TaxIncluded::No
        }
        (Version::V2_2_1, None) => TaxIncluded::No,
        (Version::V2_2_1, Some((TaxIncluded::No, path))) => {
            report.note(path, UNKNOWN);
            TaxIncluded::No
        }
        (Version::V2_2_1, Some((_, path))) => {
            report.refuse(path, "is of OCPI 2.3.0; the prices of 2.2.1 are without VAT. Read it as 2.3.0");
            TaxIncluded::No
        }
    }
}

/// The names of the two sides of a limit.
pub(super) fn sides(version: Version) -> (&'static str, &'static str) {
    match version {
        Version::V2_2_1 => ("excl_vat", "incl_vat"),
        Version::V2_3_0 => ("before_taxes", "after_taxes"),
    }
}

fn limit(value: &Value, path: &Path<'_>, version: Version, report: &mut Report) -> Option<PriceLimit> {
    let (excl, incl) = sides(version);
    // In 2.3.0 it would be open which side is meant.
    if value.is_number() && version == Version::V2_2_1 {
        report.note(path, format_args!("is a number and is read as its {excl}"));
        return number(value, path, report).map(|excl| PriceLimit { excl, incl: None });
    }
    let mut object = Object::open(value, path, report)?;
    let limit = PriceLimit {
        excl: object.must(excl, report, number).unwrap_or_default(),
        incl: object.may(incl, report, number),
    };
    object.close(report, UNKNOWN);
    Some(limit)
}

fn texts(value: &Value, path: &Path<'_>, report: &mut Report) -> Option<Vec<Text>> {
    list(value, path, report, |value, path, report| {
        let mut object = Object::open(value, path, report)?;
        let language = object.must("language", report, text(2));
        let content = object.must("text", report, text(512));
        object.close(report, UNKNOWN);
        Some(Text { language: language?, text: content? })
    })
}

fn elements(value: &Value, path: &Path<'_>, report: &mut Report) -> Option<Vec<Placed>> {
    if value.as_array().is_some_and(|list| list.len() > MAX_ELEMENTS) {
        report.refuse(path, "has more than 1000 elements");
        return None;
    }
    let empty =
        || (Element { name: String::new(), components: vec![], restrictions: Default::default() }, vec![]);
    // An element that is refused keeps its place, so that the others keep their number.
    list(value, path, report, |value, path, report| Some(element(value, path, report).unwrap_or_else(empty)))
}

fn element(value: &Value, path: &Path<'_>, report: &mut Report) -> Option<Placed> {
    if value.is_null() {
        // It keeps its place, and the note that it prices nothing comes later.
        return None;
    }
    let mut object = Object::open(value, path, report)?;
    let restrictions = object.may("restrictions", report, restrictions::read).unwrap_or_default();
    let read = object.must("price_components", report, |value, path, report| {
        let mut place = 0;
        list(value, path, report, |value, path, report| {
            place += 1;
            Some((component(value, path, report)?, place - 1))
        })
    });
    object.close(report, UNKNOWN);
    let (mut components, mut places): (Vec<Component>, _) = (Vec::new(), Vec::new());
    for (component, place) in read.unwrap_or_default() {
        // Only the first component of a dimension can ever be found.
        if components.iter().any(|other| other.dimension == component.dimension) {
            let path = path.field("price_components");
            report.note(
                path.index(place),
                "never counts beside the one of its type before it and was left out",
            );
        } else {
            components.push(component);
            places.push(place);
        }
    }
    Some((Element { name: String::new(), components, restrictions }, places))
}

fn component(value: &Value, path: &Path<'_>, report: &mut Report) -> Option<Component> {
    let mut object = Object::open(value, path, report)?;
    let dimension = object.must("type", report, word(words::DIMENSIONS));
    let price = object.must("price", report, number);
    let vat = object.may("vat", report, number);
    let step_size = match dimension {
        // Nobody looks at it.
        Some(Dimension::Flat) => object.may("step_size", report, whole),
        _ => object.must("step_size", report, whole),
    };
    object.close(report, UNKNOWN);
    Some(Component {
        dimension: dimension?,
        price: Price(price.unwrap_or_default()),
        vat,
        taxes: Vec::new(),
        step_size: step_size.unwrap_or_default(),
    })
}

fn energy_mix(value: &Value, path: &Path<'_>, report: &mut Report) -> Option<EnergyMix> {
    let mut object = Object::open(value, path, report)?;
    let green = object.must("is_green_energy", report, boolean);
    let sources = object.may("energy_sources", report, |value, path, report| {
        list(value, path, report, |value, path, report| {
            let mut object = Object::open(value, path, report)?;
            let source = object.must("source", report, word(words::SOURCES));
            let percent = object.must("percentage", report, number);
            object.close(report, UNKNOWN);
            Some(EnergySource { source: source?, percent: percent? })
        })
    });
    let impacts = object.may("environ_impact", report, |value, path, report| {
        list(value, path, report, |value, path, report| {
            let mut object = Object::open(value, path, report)?;
            let category = object.must("category", report, word(words::IMPACTS));
            let amount = object.must("amount", report, number);
            object.close(report, UNKNOWN);
            Some(EnvironmentalImpact { category: category?, amount: amount? })
        })
    });
    let supplier = object.may("supplier_name", report, text(64));
    let product = object.may("energy_product_name", report, text(64));
    object.close(report, UNKNOWN);
    Some(EnergyMix {
        green: green?,
        sources: sources.unwrap_or_default(),
        impacts: impacts.unwrap_or_default(),
        supplier: supplier.unwrap_or_default(),
        product: product.unwrap_or_default(),
    })
}
