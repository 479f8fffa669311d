//! A trained model as a document: format, scales, weights; known by the hash of its text.

use super::features::{SEEN, Visit, class, steps, target};
use super::loss::{Said, said};
use super::net::{PARAMETERS, forward};
use crate::Amount;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use tariffs::Currency;

/// Changes when the net, its features or the document do.
const FORMAT: u32 = 1;
/// A document is about 40 kB; this is bounded before it is read.
const BYTES_MAX: usize = 1 << 20;

/// A document cannot be used as a model.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ModelFault {
    #[error("the model is larger than {BYTES_MAX} bytes")]
    Size,
    #[error("the model is {found}, not {wanted}: it was changed after it was made")]
    Hash { found: String, wanted: String },
    #[error("the model cannot be read: {0}")]
    Read(String),
    #[error("the model has format {0}, this version knows {FORMAT}: train a new one")]
    Format(u32),
    #[error("the model has {0} weights instead of {PARAMETERS}")]
    Weights(usize),
    #[error("the model has a weight or a scale that is no usable number")]
    Number,
}

/// Mean and spread of amounts and gaps in the population that a model was trained on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Norms {
    /// Of the logarithm of whole units.
    pub amounts: BTreeMap<Currency, (f64, f64)>,
    /// Of the logarithm of hours.
    pub gap: (f64, f64),
}

impl Norms {
    /// In the net's units; `None`: nothing was known of the currency.
    pub(super) fn amount(&self, amount: Amount) -> Option<f64> {
        let (mean, spread) = self.amounts.get(&amount.currency)?;
        Some((logarithm(amount) - mean) / spread)
    }

    /// The time between two payments in the net's units.
    pub(super) fn gap(&self, last: &Visit, visit: &Visit) -> f64 {
        (hours(last, visit) - self.gap.0) / self.gap.1
    }

    /// Back to an amount.
    fn back(&self, value: f64, currency: Currency) -> Amount {
        let (mean, spread) = self.amounts.get(&currency).copied().unwrap_or((0.0, 1.0));
        let units = (value * spread + mean).clamp(-20.0, 30.0).exp();
        // Rounded for people; `as` keeps what is too large at the largest.
        Amount::new((units * scale(currency)).round() as i64, currency)
    }
}

/// Of an amount in whole units; what is nothing counts as the smallest unit.
pub(super) fn logarithm(amount: Amount) -> f64 {
    (amount.minor.max(1) as f64 / scale(amount.currency)).ln()
}

/// Of the hours between two payments, one more so that nothing at all is 0.
pub(super) fn hours(last: &Visit, visit: &Visit) -> f64 {
    (((visit.at - last.at).num_seconds().max(0)) as f64 / 3_600.0).ln_1p()
}

fn scale(currency: Currency) -> f64 {
    10_f64.powi(currency.digits() as i32)
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    format: u32,
    norms: Norms,
    /// 32-bit little-endian floats, Base64.
    weights: String,
}

/// A trained net.
#[derive(Debug, Clone)]
pub struct Model {
    id: String,
    text: String,
    pub(super) norms: Norms,
    pub(super) weights: Vec<f64>,
}

/// What a model expects of a driver's next payment.
#[derive(Debug, Clone)]
pub struct Expected {
    pub(super) said: Said,
    /// The features of the newest payment that it looked at.
    pub features: Vec<f32>,
}

impl Model {
    /// Puts a trained net into its document. Weights are kept with 32 bits, and used so.
    pub(super) fn seal(norms: Norms, weights: &[f64]) -> Result<Model, ModelFault> {
        let bytes: Vec<u8> = weights.iter().flat_map(|weight| (*weight as f32).to_le_bytes()).collect();
        let document = Document { format: FORMAT, norms, weights: STANDARD.encode(bytes) };
        let text = serde_json::to_string(&document).map_err(|error| ModelFault::Read(error.to_string()))?;
        Model::open(&text, &id(&text))
    }

    /// Reads a document and checks everything about it, its hash first.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn open(text: &str, wanted: &str) -> Result<Model, ModelFault> {
        if text.len() > BYTES_MAX {
            return Err(ModelFault::Size);
        }
        let found = id(text);
        if found != wanted {
            return Err(ModelFault::Hash { found, wanted: wanted.to_owned() });
        }
        let read = |error: &dyn std::fmt::Display| ModelFault::Read(error.to_string());
        let document: Document = serde_json::from_str(text).map_err(|error| read(&error))?;
        if document.format != FORMAT {
            return Err(ModelFault::Format(document.format));
        }
        let bytes = STANDARD.decode(&document.weights).map_err(|error| read(&error))?;
        let weights: Vec<f64> =
            bytes.as_chunks::<4>().0.iter().map(|four| f64::from(f32::from_le_bytes(*four))).collect();
        if weights.len() != PARAMETERS || bytes.len() != 4 * PARAMETERS {
            return Err(ModelFault::Weights(weights.len()));
        }
        let norms = &document.norms;
        let good = |(mean, spread): &(f64, f64)| mean.is_finite() && spread.is_finite() && *spread > 0.0;
        if !weights.iter().all(|weight| weight.is_finite())
            || !norms.amounts.values().chain([&norms.gap]).all(good)
        {
            return Err(ModelFault::Number);
        }
        Ok(Model { id: found, text: text.to_owned(), norms: document.norms, weights })
    }

    /// The first 16 digits of its hash.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The document.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What is to be expected after these payments, oldest first; only the last [`SEEN`] count. `None`: there are none,
    /// or one has a currency that the model does not know.
    pub fn expect(&self, visits: &[Visit]) -> Option<Expected> {
        let visits = &visits[visits.len().saturating_sub(SEEN)..];
        let steps = steps(visits, &self.norms)?;
        let cells = forward(&self.weights, &steps);
        let (step, cell) = (steps.last()?, cells.last()?);
        let features = step.plain.iter().map(|value| *value as f32).collect();
        Some(Expected { said: said(&cell.out, &step.prior), features })
    }

    /// How far a payment is from what was expected after these; `None` as for [`Model::expect`].
    pub fn scores(&self, expected: &Expected, visits: &[Visit], visit: &Visit) -> Option<super::Scores> {
        let visits = &visits[visits.len().saturating_sub(SEEN)..];
        let came = target(visits, visit, &self.norms)?;
        Some(super::Scores::of(&expected.said, &came))
    }

    /// The amount so many spreads above what is expected.
    pub(super) fn amount_at(&self, expected: &Expected, spreads: f64, currency: Currency) -> Amount {
        let (mean, spread) = expected.said.amount;
        self.norms.back(mean + spreads * spread, currency)
    }

    /// Is it a new place for somebody who has made these payments?
    pub fn is_new(visits: &[Visit], place: &str) -> bool {
        class(&visits[visits.len().saturating_sub(SEEN)..], place) == 2
    }
}

fn id(text: &str) -> String {
    hex::encode(&Sha256::digest(text.as_bytes())[..8])
}
