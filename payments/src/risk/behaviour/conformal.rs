//! Regions that hold what they promise, whatever the net is worth.
//!
//! A score says how far a payment is from what was expected. The scores of honest payments that the net was not trained
//! on tell how large scores are: a region that leaves out the largest 5 of 100 of them leaves out about 5 of 100 payments
//! to come (split conformal prediction). When people change, that is true no longer; so after each payment the share that
//! is left out is corrected a little against what really happened (adaptive conformal inference, Gibbs and Candès 2021),
//! and the newest scores take the place of the oldest.

use super::features::{HOURS, PLACES, Target};
use super::loss::Said;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// So many honest payments of a hundred may be outside.
const MISS: f64 = 0.05;
/// How fast the share follows what happened.
const STEP: f64 = 0.005;
/// Newest scores that are kept.
const KEPT: usize = 2_000;

/// How far a payment is from what was expected, in each respect.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Scores {
    /// In spreads; above 0 is more than expected.
    pub amount: f64,
    /// In spreads; below 0 is sooner than expected.
    pub gap: f64,
    /// The probability of all hours that are likelier than this one.
    pub hour: f64,
    /// The probability of all kinds of places that are likelier.
    pub place: f64,
}

impl Scores {
    pub(super) fn of(said: &Said, came: &Target) -> Scores {
        Scores {
            amount: (came.amount - said.amount.0) / said.amount.1,
            gap: (came.gap - said.gap.0) / said.gap.1,
            hour: likelier(&said.hours, came.hour),
            place: likelier(&said.places, came.place),
        }
    }
}

fn likelier(probabilities: &[f64], came: usize) -> f64 {
    probabilities.iter().filter(|one| **one > probabilities[came]).sum()
}

/// The newest scores of one kind, and the share that is left out now.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(from = "Stored", into = "Stored")]
struct Window {
    newest: VecDeque<f64>,
    sorted: Vec<f64>,
    share: f64,
}

#[derive(Serialize, Deserialize)]
struct Stored {
    newest: VecDeque<f64>,
    share: f64,
}

impl From<Stored> for Window {
    fn from(stored: Stored) -> Window {
        let mut window =
            Window { newest: VecDeque::new(), sorted: Vec::new(), share: stored.share.clamp(0.0, 1.0) };
        stored.newest.into_iter().filter(|score| score.is_finite()).for_each(|score| window.keep(score));
        window
    }
}

impl From<Window> for Stored {
    fn from(window: Window) -> Stored {
        Stored { newest: window.newest, share: window.share }
    }
}

impl Window {
    fn new(scores: impl IntoIterator<Item = f64>) -> Window {
        Window::from(Stored { newest: scores.into_iter().collect(), share: MISS })
    }

    fn keep(&mut self, score: f64) {
        if self.newest.len() == KEPT
            && let Some(oldest) = self.newest.pop_front()
        {
            let at = self.sorted.partition_point(|one| *one < oldest);
            self.sorted.remove(at);
        }
        self.newest.push_back(score);
        self.sorted.insert(self.sorted.partition_point(|one| *one < score), score);
    }

    /// The score that at most this share of payments to come is above.
    fn above(&self, share: f64) -> f64 {
        let count = self.sorted.len() as f64 + 1.0;
        let place = (count * (1.0 - share)).ceil();
        // Too few are known to promise so much, or everything is left out.
        if place > self.sorted.len() as f64 {
            return f64::INFINITY;
        }
        if place < 1.0 { f64::NEG_INFINITY } else { self.sorted[place as usize - 1] }
    }

    /// The score that at most this share is below.
    fn below(&self, share: f64) -> f64 {
        let place = ((self.sorted.len() as f64 + 1.0) * share).floor();
        if place < 1.0 {
            return f64::NEG_INFINITY;
        }
        self.sorted.get(place as usize - 1).copied().unwrap_or(f64::INFINITY)
    }

    /// The share of known scores that are smaller.
    fn rank(&self, score: f64) -> f64 {
        self.sorted.partition_point(|one| *one < score) as f64 / (self.sorted.len() as f64 + 1.0)
    }

    fn learn(&mut self, score: f64, missed: bool) {
        // As it was published the share may leave 0..1 for a while: then everything is inside, or nothing. Bounded here,
        // so that a bad night is forgotten.
        self.share = (self.share + STEP * (MISS - f64::from(u8::from(missed)))).clamp(0.001, 0.5);
        if score.is_finite() {
            self.keep(score);
        }
    }
}

/// What scores mean: the honest payments of late.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Calibration {
    amount: Window,
    gap: Window,
    hour: Window,
    place: Window,
    /// Of all four together.
    joint: Window,
}

/// Which parts of a payment were outside their region.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Missed {
    pub amount: bool,
    pub gap: bool,
    pub hour: bool,
    pub place: bool,
    /// All together: more, sooner, at a stranger hour and place than is usual.
    pub joint: bool,
}

impl Calibration {
    /// From the scores of honest payments that the net was not trained on. One half tells what single scores mean, the
    /// other what they mean together.
    pub fn new(scores: &[Scores]) -> Calibration {
        let half =
            |odd: usize| scores.iter().enumerate().filter(move |(n, _)| n % 2 == odd).map(|(_, score)| score);
        let window = |part: fn(&Scores) -> f64| Window::new(half(0).map(part));
        let mut calibration = Calibration {
            amount: window(|score| score.amount),
            gap: window(|score| score.gap),
            hour: window(|score| score.hour),
            place: window(|score| score.place),
            joint: Window::new([]),
        };
        calibration.joint = Window::new(half(1).map(|score| calibration.joint(score)));
        calibration
    }

    /// How odd a payment is altogether. More than expected counts, less does not; sooner counts, later does not.
    pub fn joint(&self, scores: &Scores) -> f64 {
        let (sooner, likelier) = (1.0 - self.gap.rank(scores.gap), f64::EPSILON);
        let ranks = [
            self.amount.rank(scores.amount),
            sooner,
            self.hour.rank(scores.hour),
            self.place.rank(scores.place),
        ];
        ranks.iter().map(|rank| -(1.0 - rank).max(likelier).ln()).sum()
    }

    /// Where the region of all four ends.
    pub fn limit(&self) -> f64 {
        self.joint.above(self.joint.share)
    }

    /// How many spreads around the expected amount are inside.
    pub(super) fn amount_bounds(&self) -> (f64, f64) {
        let half = self.amount.share / 2.0;
        (self.amount.below(half), self.amount.above(half))
    }

    /// Which hours are inside, by their probabilities.
    pub(super) fn hours(&self, said: &Said) -> [bool; HOURS] {
        let limit = self.hour.above(self.hour.share);
        std::array::from_fn(|hour| likelier(&said.hours, hour) <= limit)
    }

    /// Which kinds of places are inside.
    pub(super) fn places(&self, said: &Said) -> [bool; PLACES] {
        let limit = self.place.above(self.place.share);
        std::array::from_fn(|place| likelier(&said.places, place) <= limit)
    }

    /// Which parts are outside.
    pub fn missed(&self, scores: &Scores) -> Missed {
        let outside = |window: &Window, score: f64| {
            score < window.below(window.share / 2.0) || score > window.above(window.share / 2.0)
        };
        Missed {
            amount: outside(&self.amount, scores.amount),
            gap: outside(&self.gap, scores.gap),
            hour: scores.hour > self.hour.above(self.hour.share),
            place: scores.place > self.place.above(self.place.share),
            joint: self.joint(scores) > self.limit(),
        }
    }

    /// An honest payment has come: the shares follow, and its scores are kept.
    pub fn learn(&mut self, scores: &Scores) {
        let missed = self.missed(scores);
        let joint = self.joint(scores);
        self.amount.learn(scores.amount, missed.amount);
        self.gap.learn(scores.gap, missed.gap);
        self.hour.learn(scores.hour, missed.hour);
        self.place.learn(scores.place, missed.place);
        self.joint.learn(joint, missed.joint);
    }

    /// How many scores it stands on.
    pub fn len(&self) -> usize {
        self.joint.newest.len()
    }

    /// It stands on nothing.
    pub fn is_empty(&self) -> bool {
        self.joint.newest.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::super::dice::Dice;
    use super::*;

    fn scores(dice: &mut Dice, spread: f64) -> Scores {
        Scores {
            amount: dice.normal(0.0, spread),
            gap: dice.normal(0.0, 1.0),
            hour: dice.unit(),
            place: dice.unit(),
        }
    }

    /// Of so many payments, the share whose amount, and the share that altogether, was outside.
    fn missed(calibration: &mut Calibration, dice: &mut Dice, spread: f64, learns: bool) -> (f64, f64) {
        const COUNT: usize = 4_000;
        let (mut amount, mut joint) = (0, 0);
        for _ in 0..COUNT {
            let one = scores(dice, spread);
            let missed = calibration.missed(&one);
            amount += usize::from(missed.amount);
            joint += usize::from(missed.joint);
            if learns {
                calibration.learn(&one);
            }
        }
        (amount as f64 / COUNT as f64, joint as f64 / COUNT as f64)
    }

    #[test]
    fn five_of_a_hundred_are_outside_and_stay_so_when_people_change() {
        let mut dice = Dice::new(7);
        let known: Vec<Scores> = (0..4_000).map(|_| scores(&mut dice, 1.0)).collect();
        let calibration = Calibration::new(&known);
        let near = |share: f64| (share - MISS).abs() < 0.013;
        let (amount, joint) = missed(&mut calibration.clone(), &mut dice, 1.0, false);
        assert!(near(amount) && near(joint), "{amount} {joint}");
        // Amounts spread twice as far: what does not learn misses often …
        let (amount, _) = missed(&mut calibration.clone(), &mut dice, 2.0, false);
        assert!(amount > 0.2, "{amount}");
        // … and what learns soon does not.
        let mut learns = calibration;
        missed(&mut learns, &mut dice, 2.0, true);
        let (amount, joint) = missed(&mut learns, &mut dice, 2.0, true);
        assert!(near(amount) && near(joint), "{amount} {joint}");
    }

    #[test]
    fn too_few_scores_promise_nothing() {
        let mut dice = Dice::new(7);
        let calibration = Calibration::new(&[scores(&mut dice, 1.0)]);
        let odd = Scores { amount: 99.0, gap: -99.0, hour: 1.0, place: 1.0 };
        let missed = calibration.missed(&odd);
        assert!(!missed.amount && !missed.joint, "{missed:?}");
    }

    #[test]
    fn a_calibration_is_the_same_after_it_was_stored() {
        let mut dice = Dice::new(7);
        let known: Vec<Scores> = (0..500).map(|_| scores(&mut dice, 1.0)).collect();
        let calibration = Calibration::new(&known);
        let again: Calibration = serde_json::from_str(&serde_json::to_string(&calibration).unwrap()).unwrap();
        assert_eq!(
            (again.limit(), again.amount_bounds()),
            (calibration.limit(), calibration.amount_bounds())
        );
    }
}
