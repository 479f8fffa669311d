//! Training: Adam over windows of drivers' payments, and the calibration from drivers that were held out.

use super::conformal::{Calibration, Scores};
use super::dice::Dice;
use super::features::{SEEN, Step, Target, Visit, steps, target};
use super::loss::loss;
use super::model::{Model, ModelFault, Norms, hours, logarithm};
use super::net::{OUT, PARAMETERS, backward, forward, fresh};
use std::collections::BTreeMap;
use tariffs::Currency;

/// One driver of so many is held out to calibrate with.
const HELD_OUT: usize = 4;
/// The first payments of a driver teach nothing about what is usual.
const FROM: usize = 2;
const BATCH: usize = 16;
/// Gradients longer than this are cut.
const LENGTH_MAX: f64 = 5.0;

/// How to train.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    pub seed: u64,
    pub epochs: usize,
    /// Steps of training in all, at most: the job must end.
    pub steps_max: usize,
    /// Payments a driver must have made before one of theirs tells how large scores are: as at the gate.
    pub payments_min: usize,
}

impl Default for Plan {
    fn default() -> Self {
        Plan { seed: 1, epochs: 6, steps_max: 2_000_000, payments_min: 8 }
    }
}

/// What training made.
#[derive(Debug, Clone)]
pub struct Trained {
    pub model: Model,
    pub calibration: Calibration,
    /// Drivers trained on, drivers held out, payments of the former.
    pub drivers: usize,
    pub held_out: usize,
    pub payments: usize,
    /// Surprise per payment, after each epoch, of the drivers that were held out; the first is before any training.
    pub losses: Vec<f64>,
}

/// A stretch of a driver's payments, with what came after each.
struct Stretch {
    steps: Vec<Step>,
    came: Vec<Target>,
}

/// Trains a model on the payments of drivers (each oldest first). `None`: there is too little to learn from.
///
/// # Errors
/// The training went astray (a weight is no number).
pub fn train(drivers: &[Vec<Visit>], plan: &Plan) -> Result<Option<Trained>, ModelFault> {
    let mut dice = Dice::new(plan.seed);
    let mut useful: Vec<&[Visit]> =
        drivers.iter().filter(|visits| visits.len() > FROM + 1).map(Vec::as_slice).collect();
    dice.shuffle(&mut useful);
    let (held_out, learnt) = useful.split_at(useful.len() / HELD_OUT);
    let Some(norms) = norms(learnt).filter(|_| !held_out.is_empty()) else { return Ok(None) };
    let mut stretches: Vec<Stretch> = learnt.iter().flat_map(|visits| cut(visits, &norms)).collect();
    let watched: Vec<Stretch> = held_out.iter().flat_map(|visits| cut(visits, &norms)).collect();
    if stretches.is_empty() || watched.is_empty() {
        return Ok(None);
    }
    let mut parameters = fresh(&mut dice);
    let mut adam = Adam::new();
    let mut losses = vec![surprise(&parameters, &watched)];
    let mut best = (losses[0], parameters.clone());
    let mut spent = 0;
    for epoch in 0..plan.epochs {
        dice.shuffle(&mut stretches);
        // Smaller steps towards the end.
        let rate = 0.003 * (1.0 - 0.8 * epoch as f64 / plan.epochs.max(1) as f64);
        for batch in stretches.chunks(BATCH) {
            if spent >= plan.steps_max {
                break;
            }
            spent += batch.iter().map(|stretch| stretch.steps.len()).sum::<usize>();
            let gradient = gradient(&parameters, batch);
            adam.step(&mut parameters, &gradient, rate);
        }
        let now = surprise(&parameters, &watched);
        losses.push(now);
        if now < best.0 {
            best = (now, parameters.clone());
        }
    }
    let model = Model::seal(norms, &best.1)?;
    let scores: Vec<Scores> =
        held_out.iter().flat_map(|visits| scores(&model, visits, plan.payments_min)).collect();
    Ok(Some(Trained {
        calibration: Calibration::new(&scores),
        drivers: learnt.len(),
        held_out: held_out.len(),
        payments: learnt.iter().map(|visits| visits.len()).sum(),
        losses,
        model,
    }))
}

/// The scores of a driver's payments, each after those before it.
pub(super) fn scores(model: &Model, visits: &[Visit], payments_min: usize) -> Vec<Scores> {
    let scored = |n: usize| {
        let before = &visits[n.saturating_sub(SEEN)..n];
        model.scores(&model.expect(before)?, before, &visits[n])
    };
    (payments_min.max(1)..visits.len()).filter_map(scored).collect()
}

/// Means and spreads. Currencies with few payments are left out: their drivers keep to the rules.
fn norms(drivers: &[&[Visit]]) -> Option<Norms> {
    const PAYMENTS_MIN: usize = 50;
    let mut amounts: BTreeMap<Currency, Vec<f64>> = BTreeMap::new();
    let mut gaps = Vec::new();
    for visits in drivers {
        for visit in *visits {
            amounts.entry(visit.amount.currency).or_default().push(logarithm(visit.amount));
        }
        gaps.extend(visits.windows(2).map(|two| hours(&two[0], &two[1])));
    }
    amounts.retain(|_, known| known.len() >= PAYMENTS_MIN);
    let amounts: BTreeMap<_, _> =
        amounts.into_iter().map(|(currency, known)| (currency, moments(&known))).collect();
    (!amounts.is_empty() && !gaps.is_empty()).then(|| Norms { amounts, gap: moments(&gaps) })
}

fn moments(values: &[f64]) -> (f64, f64) {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let square = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / count;
    // Where everybody pays the same a spread of a fiftieth stands in, or nothing could ever differ from it.
    (mean, square.sqrt().max(0.02))
}

/// Stretches as long as the net looks back, each begun half a stretch after the one before.
fn cut(visits: &[Visit], norms: &Norms) -> Vec<Stretch> {
    let last = visits.len().saturating_sub(1);
    let begins = (0..last).step_by(SEEN / 2).filter(|begin| *begin == 0 || begin + SEEN / 2 < last);
    let stretch = |begin: usize| {
        let end = (begin + SEEN).min(last);
        let came: Option<Vec<Target>> =
            (begin..end).map(|n| target(&visits[begin..=n], &visits[n + 1], norms)).collect();
        Some(Stretch { steps: steps(&visits[begin..end], norms)?, came: came? })
    };
    begins.filter_map(stretch).collect()
}

/// How the mean surprise of a batch changes with each parameter.
fn gradient(parameters: &[f64], batch: &[Stretch]) -> Vec<f64> {
    let mut gradient = vec![0.0; PARAMETERS];
    let counted: usize = batch.iter().map(|stretch| stretch.steps.len().saturating_sub(FROM)).sum();
    let weight = 1.0 / counted.max(1) as f64;
    for stretch in batch {
        let cells = forward(parameters, &stretch.steps);
        let mut d_outs = vec![[0.0; OUT]; cells.len()];
        for (n, cell) in cells.iter().enumerate().skip(FROM) {
            let (_, d_out) = loss(&cell.out, &stretch.steps[n].prior, &stretch.came[n]);
            d_outs[n] = d_out.map(|d| d * weight);
        }
        backward(parameters, &cells, &d_outs, &mut gradient);
    }
    let length = gradient.iter().map(|g| g * g).sum::<f64>().sqrt();
    if length > LENGTH_MAX {
        gradient.iter_mut().for_each(|g| *g *= LENGTH_MAX / length);
    }
    gradient
}

/// The mean surprise per payment.
fn surprise(parameters: &[f64], stretches: &[Stretch]) -> f64 {
    let (mut sum, mut count) = (0.0, 0_usize);
    for stretch in stretches {
        let cells = forward(parameters, &stretch.steps);
        for (n, cell) in cells.iter().enumerate().skip(FROM) {
            sum += loss(&cell.out, &stretch.steps[n].prior, &stretch.came[n]).0;
            count += 1;
        }
    }
    sum / count.max(1) as f64
}

/// Adam (Kingma and Ba 2015): a step per parameter, as long as its gradients agree.
struct Adam {
    mean: Vec<f64>,
    square: Vec<f64>,
    steps: i32,
}

impl Adam {
    fn new() -> Adam {
        Adam { mean: vec![0.0; PARAMETERS], square: vec![0.0; PARAMETERS], steps: 0 }
    }

    fn step(&mut self, parameters: &mut [f64], gradient: &[f64], rate: f64) {
        const MEAN: f64 = 0.9;
        const SQUARE: f64 = 0.999;
        self.steps += 1;
        let (mean_part, square_part) = (1.0 - MEAN.powi(self.steps), 1.0 - SQUARE.powi(self.steps));
        for (k, g) in gradient.iter().enumerate() {
            self.mean[k] = MEAN * self.mean[k] + (1.0 - MEAN) * g;
            self.square[k] = SQUARE * self.square[k] + (1.0 - SQUARE) * g * g;
            parameters[k] -=
                rate * (self.mean[k] / mean_part) / ((self.square[k] / square_part).sqrt() + 1e-8);
        }
    }
}

#[cfg(test)]
#[path = "train_tests.rs"]
mod tests;
