//! Service fees, which OCPI does not have: both are per kWh, so that the price of energy can contain them.

use rust_decimal::Decimal;

use super::rows::{Priced, Row};
use super::window;
use crate::foreign::Report;
use crate::model::tariff::{Dimension, Tariff};

/// Longer tariffs would become unreadable.
const MAX_ROWS: usize = 200;

/// Puts the service fee into the price of energy.
pub(super) fn merge(tariff: &Tariff, mut rows: Vec<Row>, report: &mut Report) -> Vec<Row> {
    let Some(first) = rows.iter().find_map(|row| row.price(Dimension::Service)) else { return rows };
    report.note(&first.path, "is written as a part of the price of energy, like all service fees");
    let together =
        |row: &Row| row.price(Dimension::Energy).is_some() == row.price(Dimension::Service).is_some();
    if rows.iter().all(together) {
        for row in &mut rows {
            if let Some(sum) = sum_in(tariff, row, report) {
                row.prices.retain(|priced| priced.component.dimension != Dimension::Service);
                for priced in &mut row.prices {
                    if priced.component.dimension == Dimension::Energy {
                        priced.component.price.0 = sum;
                    }
                }
            }
        }
        return rows;
    }
    apart(tariff, rows, report)
}

fn sum_in(tariff: &Tariff, row: &Row, report: &mut Report) -> Option<Decimal> {
    sum(tariff, row.price(Dimension::Service)?, row.price(Dimension::Energy)?, report)
}

/// Where they are in different elements: one element for each pair that can hold together, in the order in which each
/// of the two is looked up, then those that hold alone.
fn apart(tariff: &Tariff, mut rows: Vec<Row>, report: &mut Report) -> Vec<Row> {
    let (services, energies) = (take(&mut rows, Dimension::Service), take(&mut rows, Dimension::Energy));
    let always = |list: &[(Row, Priced)]| list.iter().any(|(row, _)| row.unrestricted());
    let (service_always, energy_always) = (always(&services), always(&energies));
    let stepped = services.iter().chain(&energies).find(|(_, priced)| priced.component.step_size > 0);
    if let Some((_, priced)) = stepped
        && !(service_always && energy_always)
    {
        report.refuse(
            format_args!("{}.step_size", priced.path),
            "rounds service and energy by themselves where one of them is free; put both into the same elements",
        );
    }
    let mut merged = Vec::new();
    for (service_row, service) in &services {
        for (energy_row, energy) in &energies {
            for restrictions in window::both(&service_row.restrictions, &energy_row.restrictions) {
                let Some(price) = sum(tariff, service, energy, report) else { break };
                let mut priced = energy.clone();
                priced.component.price.0 = price;
                add(&mut merged, Row { path: energy_row.path.clone(), restrictions, prices: vec![priced] });
            }
            if merged.len() > MAX_ROWS {
                report.refuse(
                    "elements",
                    "would be more than 200 in OCPI, which has one price per kWh: let service and energy have the \
                     same restrictions",
                );
                return rows;
            }
        }
    }
    let alone = services.iter().filter(|_| !energy_always).chain(energies.iter().filter(|_| !service_always));
    for (row, priced) in alone {
        let mut priced = priced.clone();
        priced.component.dimension = Dimension::Energy;
        add(&mut merged, Row { prices: vec![priced], ..row.clone() });
    }
    rows.retain(|row| !row.prices.is_empty());
    rows.extend(merged);
    rows
}

/// Takes a dimension out of the rows.
fn take(rows: &mut [Row], dimension: Dimension) -> Vec<(Row, Priced)> {
    let mut taken = Vec::new();
    for row in rows {
        if let Some(index) = row.prices.iter().position(|priced| priced.component.dimension == dimension) {
            let priced = row.prices.remove(index);
            taken.push((Row { prices: Vec::new(), ..row.clone() }, priced));
        }
    }
    taken
}

/// Adds a row, unless one before it holds whenever it does.
fn add(rows: &mut Vec<Row>, row: Row) {
    let hidden = rows.iter().any(|before| before.unrestricted() || before.restrictions == row.restrictions);
    if !hidden {
        rows.push(row);
    }
}

/// What a kWh costs where both hold.
fn sum(tariff: &Tariff, service: &Priced, energy: &Priced, report: &mut Report) -> Option<Decimal> {
    let (one, other) = (&service.component, &energy.component);
    let problem = if tariff.taxes_of(one) != tariff.taxes_of(other) {
        ("", "has other taxes than")
    } else if one.step_size != other.step_size {
        (".step_size", "is another than that of")
    } else {
        return one.price.0.checked_add(other.price.0);
    };
    let path = format!("{}{}", service.path, problem.0);
    if !report.refuses(&path) {
        report.refuse(
            path,
            format_args!("{} {}, and OCPI has one price per kWh for both", problem.1, energy.path),
        );
    }
    None
}
