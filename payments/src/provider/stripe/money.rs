//! Amounts as Stripe counts them: mostly as ISO 4217 does, but not always.

use crate::{
    Amount,
    provider::{Refusal, RefusalKind},
};
use tariffs::Currency;

/// Counted in whole units, whatever ISO 4217 says.
const WHOLE: [&str; 15] =
    ["BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF"];
/// Without a smaller unit, but counted in hundredths that must be 0.
const HUNDREDTHS_OF_NOTHING: [&str; 2] = ["ISK", "UGX"];
/// With three decimals, of which the last must be 0.
const THOUSANDTHS: [&str; 5] = ["BHD", "JOD", "KWD", "OMR", "TND"];

/// Decimals that Stripe counts.
fn digits(currency: Currency) -> u32 {
    let code = currency.code();
    if WHOLE.contains(&code) {
        0
    } else if THOUSANDTHS.contains(&code) {
        3
    } else if HUNDREDTHS_OF_NOTHING.contains(&code) {
        2
    } else {
        currency.digits()
    }
}

/// The number for Stripe.
pub(super) fn to_wire(amount: Amount) -> Result<i64, Refusal> {
    let cannot = |why: &str| {
        let text = format!("Stripe cannot move {amount}: {why}");
        Refusal::new(RefusalKind::Setup, "amount", &text)
    };
    if !amount.is_positive() {
        return Err(cannot("it is not more than nothing"));
    }
    let (ours, theirs) = (amount.currency.digits(), digits(amount.currency));
    let wire = if theirs >= ours {
        amount.minor.checked_mul(10_i64.pow(theirs - ours))
    } else {
        let factor = 10_i64.pow(ours - theirs);
        (amount.minor % factor == 0).then_some(amount.minor / factor)
    };
    let wire = wire.ok_or_else(|| cannot("it has decimals that Stripe does not count, or is too large"))?;
    if THOUSANDTHS.contains(&amount.currency.code()) && wire % 10 != 0 {
        return Err(cannot("its last decimal must be 0; round prices and holds to two decimals"));
    }
    Ok(wire)
}

/// The amount that Stripe means.
pub(super) fn from_wire(wire: i64, currency: &str) -> Result<Amount, String> {
    let currency: Currency = currency
        .to_ascii_uppercase()
        .parse()
        .map_err(|_| format!("Stripe speaks of the unknown currency {:?}", clip(currency)))?;
    let (ours, theirs) = (currency.digits(), digits(currency));
    let minor = if ours >= theirs {
        wire.checked_mul(10_i64.pow(ours - theirs))
    } else {
        let factor = 10_i64.pow(theirs - ours);
        (wire % factor == 0).then_some(wire / factor)
    };
    let minor = minor.ok_or_else(|| format!("{wire} is no amount of {currency}"))?;
    Ok(Amount::new(minor, currency))
}

/// At most what fits into a sentence.
pub(super) fn clip(text: &str) -> String {
    text.chars().take(80).collect()
}
