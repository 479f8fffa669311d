//! What [`Tariff::check`] finds in a tariff that was read, in the words of OCPI.

use super::{Version, read};
use crate::foreign::{Path, Report};
use crate::model::check::Problem;
use crate::model::policy::{EqualTimes, Policy};
use crate::model::tariff::{PriceLimit, Tariff};

/// A tariff holds no more.
const MAX_TEXTS: usize = 50;

const OPEN_LIMIT: &str = "is not given, and the components have different taxes: how it binds is open";

/// Adds the findings of `check`. What is legal in OCPI becomes a note, and what only tells of the tariff is left out with
/// one: it must not keep a partner's bill from being checked.
///
/// `places`: for each element, where its components stand in the object.
pub(super) fn findings(
    tariff: &mut Tariff,
    places: &[Vec<usize>],
    root: &Path<'_>,
    version: Version,
    report: &mut Report,
) {
    let mut left_out = Vec::new();
    // Some policy can price by it.
    let impossible = tariff.check_foreign(&Policy { equal_times: EqualTimes::Never, ..Policy::default() });
    for problem in tariff.check() {
        let mut path = root.to_string();
        for segment in problem.path.split('.') {
            let segment = ocpi_segment(segment, &path, places, version);
            if !path.is_empty() {
                path.push('.');
            }
            path.push_str(&segment);
        }
        if report.refuses_near(&path) {
            continue;
        }
        let message = ocpi_message(&problem.message, version);
        if !impossible.contains(&problem) {
            report.note(path, legal(tariff, &problem, &message));
        } else if ["description", "url", "energy_mix"].iter().any(|part| problem.path.starts_with(part)) {
            report.note(path, format_args!("{message}, and was left out"));
            left_out.push(problem.path);
        } else {
            report.refuse(path, message);
        }
    }
    leave_out(tariff, &left_out);
}

/// What it means that a partner's tariff has something that ours must not have.
fn legal(tariff: &Tariff, problem: &Problem, message: &str) -> String {
    let open = |limit: Option<PriceLimit>| limit.is_some_and(|limit| limit.incl.is_none());
    let field = problem.path.rsplit('.').next().unwrap_or_default();
    match (problem.path.as_str(), field) {
        ("min_price.incl", _) if open(tariff.min_price) => OPEN_LIMIT.to_owned(),
        ("max_price.incl", _) if open(tariff.max_price) => OPEN_LIMIT.to_owned(),
        ("valid_to", _) => format!("{message}: no session ever starts within"),
        (_, "end_time") => format!("{message}; OCPI does not say what that means"),
        (_, "end_date") => format!("{message}: the element never holds"),
        (_, "components") => format!("{message}: this one prices nothing"),
        // By the text a highest value of 0 is one that nothing is below.
        (_, field) if field.starts_with("max_") => {
            format!("{message}: the element never holds. Leave it out where no limit is meant")
        }
        _ => message.to_owned(),
    }
}

/// Takes out of the tariff what these paths are in.
fn leave_out(tariff: &mut Tariff, paths: &[String]) {
    let there = |part: &str| paths.iter().any(|path| path.starts_with(part));
    if there("url") {
        tariff.url.clear();
    }
    if there("energy_mix") {
        tariff.energy_mix = None;
    }
    let mut index = 0;
    tariff.description.retain(|_| {
        index += 1;
        index <= MAX_TEXTS && !there(&format!("description[{}].", index - 1))
    });
}

/// A segment of a path, e.g. `components[1]`, as OCPI has it.
fn ocpi_segment(segment: &str, before: &str, places: &[Vec<usize>], version: Version) -> String {
    let (name, index) = match segment.split_once('[') {
        Some((name, index)) => (name, index.trim_end_matches(']').parse::<usize>().ok()),
        None => (segment, None),
    };
    let translated = match name {
        "components" => "price_components",
        "dimension" => "type",
        "description" => "tariff_alt_text",
        "url" => "tariff_alt_url",
        "valid_from" => "start_date_time",
        "valid_to" => "end_date_time",
        "sources" => "energy_sources",
        "impacts" => "environ_impact",
        "percent" => "percentage",
        "supplier" => "supplier_name",
        "product" => "energy_product_name",
        "excl" => read::sides(version).0,
        "incl" => read::sides(version).1,
        same => same,
    };
    match index {
        Some(index) if name == "components" => {
            let element =
                before.rsplit_once('[').and_then(|(_, index)| index.trim_end_matches(']').parse().ok());
            let place = element.and_then(|element: usize| places.get(element)?.get(index));
            format!("{translated}[{}]", place.unwrap_or(&index))
        }
        Some(index) => format!("{translated}[{index}]"),
        None => translated.to_owned(),
    }
}

/// The message, with the names of its fields as OCPI has them.
fn ocpi_message(message: &str, version: Version) -> String {
    let words = message.split(' ').map(|word| match word {
        "valid_from" => "start_date_time".to_owned(),
        "excl" => read::sides(version).0.to_owned(),
        "min_price.excl" => format!("min_price.{}", read::sides(version).0),
        "min_price.incl" => format!("min_price.{}", read::sides(version).1),
        word => word.to_owned(),
    });
    words.collect::<Vec<_>>().join(" ")
}
