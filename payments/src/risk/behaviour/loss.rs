//! How far off the net was: what it says of the next payment, and the surprise at what came.

use super::features::{HOURS, PLACES, Prior, Target};
use super::net::OUT;

/// Where hours and places begin in the outputs.
const HOURS_AT: usize = 4;
const PLACES_AT: usize = HOURS_AT + HOURS;
/// Spreads lie between e^-3 and e^2 of the population's.
const SPREAD_MIDDLE: f64 = -0.5;
const SPREAD_RANGE: f64 = 2.5;

/// What is expected of the next payment, in the net's units.
#[derive(Debug, Clone)]
pub(super) struct Said {
    pub amount: (f64, f64),
    pub gap: (f64, f64),
    /// Probabilities.
    pub hours: [f64; HOURS],
    pub places: [f64; PLACES],
}

/// Outputs and plain statistics together.
pub(super) fn said(out: &[f64; OUT], prior: &Prior) -> Said {
    let mut hours = prior.hours;
    hours.iter_mut().zip(&out[HOURS_AT..]).for_each(|(log, out)| *log += out);
    let mut places = prior.places;
    places.iter_mut().zip(&out[PLACES_AT..]).for_each(|(log, out)| *log += out);
    Said {
        amount: (prior.amount + out[0], spread(out[1]).0),
        gap: (prior.gap + out[2], spread(out[3]).0),
        hours: probabilities(hours),
        places: probabilities(places),
    }
}

/// The spread, and how the logarithm of the spread changes with the output.
fn spread(out: f64) -> (f64, f64) {
    let bent = (out / SPREAD_RANGE).tanh();
    ((SPREAD_MIDDLE + SPREAD_RANGE * bent).exp(), 1.0 - bent * bent)
}

fn probabilities<const N: usize>(logs: [f64; N]) -> [f64; N] {
    let most = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let weights = logs.map(|log| (log - most).exp());
    let sum: f64 = weights.iter().sum();
    weights.map(|weight| weight / sum)
}

/// The surprise (negative logarithm of the likelihood), and how it changes with each output.
pub(super) fn loss(out: &[f64; OUT], prior: &Prior, came: &Target) -> (f64, [f64; OUT]) {
    let said = said(out, prior);
    let mut d_out = [0.0; OUT];
    let mut loss = 0.0;
    for (at, (mean, spread_is), came) in [(0, said.amount, came.amount), (2, said.gap, came.gap)] {
        let off = (came - mean) / spread_is;
        loss += 0.5 * off * off + spread_is.ln();
        d_out[at] = -off / spread_is;
        d_out[at + 1] = (1.0 - off * off) * spread(out[at + 1]).1;
    }
    loss -= said.hours[came.hour].ln() + said.places[came.place].ln();
    d_out[HOURS_AT..PLACES_AT].copy_from_slice(&said.hours);
    d_out[PLACES_AT..].copy_from_slice(&said.places);
    d_out[HOURS_AT + came.hour] -= 1.0;
    d_out[PLACES_AT + came.place] -= 1.0;
    (loss, d_out)
}
