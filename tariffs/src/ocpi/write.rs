//! A [`Tariff`] as a tariff object.

use chrono::{DateTime, Datelike, SecondsFormat, Timelike, Utc};
use serde_json::{Map, Value, json};

use super::rows::{Row, put_number};
use super::words::{self, word_for};
use super::{
    Exported, MAX_ELEMENTS, Publisher, Version, discount, read, restrictions, season, service, taxes,
};
use crate::foreign::Report;
use crate::model::check::Invalid;
use crate::model::offer::EnergyMix;
use crate::model::tariff::{PriceLimit, Tariff, TaxIncluded};

pub(super) fn tariff(tariff: &Tariff, publisher: &Publisher, version: Version) -> Result<Exported, Invalid> {
    let problems = tariff.check();
    if !problems.is_empty() {
        return Err(Invalid { problems });
    }
    let mut report = Report::default();
    let mut object = Map::new();
    put_publisher(&mut object, publisher, &mut report);
    let id = &tariff.id;
    if id.len() > 36 || !id.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
        report.refuse(
            "id",
            "has more than 36 characters or others than plain ASCII, which OCPI does not allow",
        );
    }
    object.insert("id".to_owned(), id.as_str().into());
    object.insert("currency".to_owned(), tariff.currency.code().into());
    put_offer(&mut object, tariff, &mut report);
    put_taxes(&mut object, tariff, version, &mut report);
    for (name, limit) in [("min_price", tariff.min_price), ("max_price", tariff.max_price)] {
        if let Some(limit) = limit {
            object.insert(name.to_owned(), self::limit(limit, name, version, &mut report));
        }
    }
    let from = ("start_date_time", tariff.valid_from, "valid_from");
    for (name, at, path) in [from, ("end_date_time", tariff.valid_to, "valid_to")] {
        if let Some(at) = at {
            if at.nanosecond() % 1_000_000 != 0 {
                report.refuse(path, "has parts of a millisecond, for which OCPI has no room");
            }
            object.insert(name.to_owned(), instant(at, path, &mut report).into());
        }
    }
    object.insert("elements".to_owned(), elements(tariff, version, &mut report));
    let (problems, notes) = report.into_parts();
    if problems.is_empty() {
        Ok(Exported { json: Value::Object(object), notes })
    } else {
        Err(Invalid { problems })
    }
}

fn put_publisher(object: &mut Map<String, Value>, publisher: &Publisher, report: &mut Report) {
    let (country, party) = (&publisher.country_code, &publisher.party_id);
    if country.len() != 2 || !country.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        report.refuse("publisher.country_code", "is not a code of 2 letters");
    }
    if party.len() != 3 || !party.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        report.refuse("publisher.party_id", "is not a code of 3 letters or digits");
    }
    object.insert("country_code".to_owned(), country.as_str().into());
    object.insert("party_id".to_owned(), party.as_str().into());
    object.insert(
        "last_updated".to_owned(),
        instant(publisher.last_updated, "publisher.last_updated", report).into(),
    );
}

/// At most 25 characters, which has room for milliseconds.
fn instant(at: DateTime<Utc>, path: &str, report: &mut Report) -> String {
    if !(0..=9_999).contains(&at.year()) {
        report.refuse(path, "is not in the years 0 to 9999");
    }
    let format = if at.nanosecond() == 0 { SecondsFormat::Secs } else { SecondsFormat::Millis };
    at.to_rfc3339_opts(format, true)
}

fn put_offer(object: &mut Map<String, Value>, tariff: &Tariff, report: &mut Report) {
    if let Some(kind) = &tariff.kind {
        object.insert("type".to_owned(), word_for(words::KINDS, kind).into());
    }
    for (index, text) in tariff.description.iter().enumerate() {
        if text.language.len() != 2 {
            report.refuse(
                format_args!("description[{index}].language"),
                "has not the two letters of ISO 639-1, which OCPI demands",
            );
        }
    }
    if !tariff.description.is_empty() {
        let texts = tariff.description.iter();
        let texts = texts.map(|text| json!({ "language": text.language, "text": text.text }));
        object.insert("tariff_alt_text".to_owned(), texts.collect());
    }
    if !tariff.url.is_empty() {
        object.insert("tariff_alt_url".to_owned(), tariff.url.as_str().into());
    }
    if let Some(mix) = &tariff.energy_mix {
        object.insert("energy_mix".to_owned(), energy_mix(mix, report));
    }
}

fn energy_mix(mix: &EnergyMix, report: &mut Report) -> Value {
    let mut object = Map::new();
    object.insert("is_green_energy".to_owned(), mix.green.into());
    let sources = mix.sources.iter().enumerate().map(|(index, share)| {
        let mut object = Map::new();
        object.insert("source".to_owned(), word_for(words::SOURCES, &share.source).into());
        let path = format!("energy_mix.sources[{index}].percent");
        put_number(&mut object, "percentage", share.percent, &path, report);
        Value::Object(object)
    });
    let sources: Vec<Value> = sources.collect();
    let impacts = mix.impacts.iter().enumerate().map(|(index, impact)| {
        let mut object = Map::new();
        object.insert("category".to_owned(), word_for(words::IMPACTS, &impact.category).into());
        let path = format!("energy_mix.impacts[{index}].amount");
        put_number(&mut object, "amount", impact.amount, &path, report);
        Value::Object(object)
    });
    let impacts: Vec<Value> = impacts.collect();
    for (name, list) in [("energy_sources", sources), ("environ_impact", impacts)] {
        if !list.is_empty() {
            object.insert(name.to_owned(), list.into());
        }
    }
    for (name, text, path) in
        [("supplier_name", &mix.supplier, "supplier"), ("energy_product_name", &mix.product, "product")]
    {
        if text.chars().count() > 64 {
            report.refuse(
                format_args!("energy_mix.{path}"),
                "has more than the 64 characters that OCPI allows",
            );
        }
        if !text.is_empty() {
            object.insert(name.to_owned(), text.as_str().into());
        }
    }
    Value::Object(object)
}

fn put_taxes(object: &mut Map<String, Value>, tariff: &Tariff, version: Version, report: &mut Report) {
    let included = tariff.tax_included;
    match (version, included) {
        (Version::V2_3_0, _) => {
            object.insert("tax_included".to_owned(), word_for(words::TAXES, &included).into());
        }
        (Version::V2_2_1, TaxIncluded::No) => {}
        (Version::V2_2_1, TaxIncluded::NotApplicable) => {
            report.note("tax_included", "is not in OCPI 2.2.1; prices without vat say the same");
        }
        (Version::V2_2_1, TaxIncluded::Yes) => report.note(
            "tax_included",
            "is not in OCPI 2.2.1; the VAT was taken out of the prices, and prices without vat are as they were",
        ),
    }
}

fn limit(limit: PriceLimit, path: &str, version: Version, report: &mut Report) -> Value {
    let (excl, incl) = read::sides(version);
    let mut object = Map::new();
    put_number(&mut object, excl, limit.excl, &format!("{path}.excl"), report);
    if let Some(value) = limit.incl {
        put_number(&mut object, incl, value, &format!("{path}.incl"), report);
    }
    Value::Object(object)
}

fn elements(tariff: &Tariff, version: Version, report: &mut Report) -> Value {
    let mut rows = Row::of(tariff);
    for row in &rows {
        restrictions::refuse_foreign(&row.restrictions, &format!("{}.restrictions", row.path), report);
    }
    discount::fold(tariff, &mut rows, report);
    let rows = season::expand(tariff, rows, report);
    let rows = service::merge(tariff, rows, report);
    if rows.len() > MAX_ELEMENTS {
        report.refuse("elements", "would be more than 1000 in OCPI, with one for each year of a season");
    } else if rows.is_empty() && report.is_sound() {
        report.refuse("elements", "never hold between valid_from and valid_to");
    }
    rows.iter().map(|row| element(row, tariff, version, report)).collect()
}

fn element(row: &Row, tariff: &Tariff, version: Version, report: &mut Report) -> Value {
    let mut object = Map::new();
    let components = row.prices.iter().map(|priced| {
        let component = &priced.component;
        let mut object = Map::new();
        object.insert("type".to_owned(), word_for(words::DIMENSIONS, &component.dimension).into());
        let (price, vat) = taxes::wire(priced, tariff.tax_included, version, report);
        put_number(&mut object, "price", price, &format!("{}.price", priced.path), report);
        if let Some(vat) = vat {
            put_number(&mut object, "vat", vat, &format!("{}.vat", priced.path), report);
        }
        object.insert("step_size".to_owned(), component.step_size.into());
        Value::Object(object)
    });
    object.insert("price_components".to_owned(), components.collect());
    let path = format!("{}.restrictions", row.path);
    if let Some(restrictions) = restrictions::write(&row.restrictions, &path, report) {
        object.insert("restrictions".to_owned(), restrictions);
    }
    Value::Object(object)
}
