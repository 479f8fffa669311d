//! What each session gets of what there is. Two questions, in this order: who charges at all (`admit`), and how much
//! more than the least each of those gets (`fill`).
//!
//! The supply is a list of cells, one for each phase of each fuse. Whoever takes current takes it from all cells above.
//! Nothing here knows of stations, time or profiles; equal input gives equal output.

mod admit;
mod fill;

use crate::units::Milliamps;

/// A cell that a session draws from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Draw {
    /// The cell.
    pub cell: usize,
    /// So much is set aside for this session already; only what is above counts against the cell.
    pub free: Milliamps,
    /// So many halves of its current flow here: 2, unless all of its phases may flow through one.
    pub halves: u8,
    /// More than this never flows.
    pub most: Milliamps,
}

impl Draw {
    /// What a current takes from the cell.
    fn cost(&self, level: i64) -> i64 {
        let flows = (level.saturating_mul(self.halves.into()) + 1).div_euclid(2);
        (flows.min(self.most.0) - self.free.0).max(0)
    }

    /// Between which currents it takes from the cell the more the higher it rises, in whole mA, each rounded down; `None`: never.
    fn range(&self) -> Option<(i64, i64)> {
        let halves = i64::from(self.halves.max(1));
        (self.free < self.most).then_some((self.free.0 * 2 / halves, self.most.0 * 2 / halves))
    }
}

/// What a session wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Want {
    /// Cells above it.
    pub draws: Vec<Draw>,
    /// Its current if it is paused: 0, unless it cannot be.
    pub lowest: Milliamps,
    /// Below this it does not charge.
    pub least: Milliamps,
    /// More than this is of no use to it.
    pub most: Milliamps,
    /// So much makes its deadline; 0 if it has none.
    pub needed: Milliamps,
    /// Rounded down to a multiple of this.
    pub step: Milliamps,
    /// Higher ones are served before.
    pub class: u8,
    /// It would miss its deadline by waiting.
    pub urgent: bool,
    /// Whose turn it is, where not all fit.
    pub turn: Turn,
}

/// Whose turn it is, where there is not the least for all; seconds each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// It was let in a short time ago and keeps its place.
    Kept,
    /// It has waited long enough to take a place from another.
    Due(i64),
    /// It has charged for so long, and may go on until somebody is due; who has charged longest leaves first.
    Charges(i64),
    /// It waits, not yet for long.
    Waits(i64),
}

impl Turn {
    /// Smaller ones go first.
    fn rank(self) -> (u8, i64) {
        match self {
            Turn::Kept => (0, 0),
            Turn::Due(waited) => (1, -waited),
            Turn::Charges(charged) => (2, charged),
            Turn::Waits(waited) => (3, -waited),
        }
    }
}

/// A current for each want, in their order; `supply` has one entry for each cell, and may be below zero.
///
/// 1. By class, urgency, turn and order, whoever fits is let in with its least.
/// 2. Class by class, what deadlines need, evenly.
/// 3. Class by class, the rest, evenly: nobody can get more unless somebody of the class gets less who has no more.
pub fn share(supply: &[Milliamps], wants: &[Want]) -> Vec<Milliamps> {
    let mut left: Vec<i64> = supply.iter().map(|cell| cell.0).collect();
    let admitted = admit::admit(&mut left, wants);
    let mut levels: Vec<i64> = wants
        .iter()
        .zip(&admitted)
        .map(|(want, in_)| if *in_ { want.least.0.min(want.most.0) } else { want.lowest.0 })
        .collect();
    let mut classes: Vec<u8> = wants.iter().map(|want| want.class).collect();
    classes.sort_unstable();
    classes.dedup();
    for needed_only in [true, false] {
        for class in classes.iter().rev() {
            let rising: Vec<fill::Rising> = wants
                .iter()
                .enumerate()
                .filter(|(at, want)| admitted[*at] && want.class == *class)
                .map(|(at, want)| {
                    let cap = if needed_only { want.needed.0.min(want.most.0) } else { want.most.0 };
                    fill::Rising { at, from: levels[at], to: cap }
                })
                .filter(|rising| rising.to > rising.from)
                .collect();
            fill::fill(&mut left, wants, &rising, &mut levels);
        }
    }
    wants.iter().zip(levels).map(|(want, level)| rounded(want, level)).collect()
}

/// Down to a whole step, but never below what it is let in with.
fn rounded(want: &Want, level: i64) -> Milliamps {
    let down = Milliamps(level).down_to(want.step);
    if level >= want.least.0 { down.max(want.least) } else { down.max(want.lowest) }
}
