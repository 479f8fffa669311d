//! Discounts: what may be taken off the tariff of some sessions.

use tariffs::{Currency, Discount, Tariff};

/// A discount is checked as part of a tariff: here, of one that has a price for everything.
const PRICED: &str = r#"{"id":"priced","currency":"EUR","elements":[{"components":[
    {"dimension":"energy","price":"1"},{"dimension":"service","price":"1"},{"dimension":"time","price":"1"},
    {"dimension":"parking_time","price":"1"},{"dimension":"flat","price":"1"}]}]}"#;

/// Can it be used?
///
/// # Errors
/// All that is wrong with it.
pub fn checked(discount: Discount) -> Result<Discount, Vec<String>> {
    let priced = Tariff::from_json(PRICED).map_err(|error| vec![error.to_string()])?;
    let problems = Tariff { discounts: vec![discount.clone()], ..priced }.check();
    if problems.is_empty() {
        return Ok(discount);
    }
    let plain = |problem: &tariffs::Problem| {
        problem.to_string().replace("discounts[0].", "").replace("discounts[0]", "it")
    };
    Err(problems.iter().map(plain).collect())
}

/// The currency that it is kept with; empty: that of whichever tariff.
///
/// # Errors
/// It is none, or an amount has none.
pub fn currency(discount: &Discount, code: Option<&str>) -> Result<&'static str, String> {
    match code {
        Some(code) => code
            .to_uppercase()
            .parse::<Currency>()
            .map(|known| known.code())
            .map_err(|error| error.to_string()),
        None if discount.amount.is_some() => {
            Err("an amount is in a currency: that of another tariff would make it worth something else"
                .to_owned())
        }
        None => Ok(""),
    }
}
