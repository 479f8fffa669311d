//! Water filling: all rise together, and whoever reaches its cap or an empty cell stays where it is. The result is
//! max-min fair (Bertsekas and Gallager, Data Networks, §6.5.2), here in whole mA.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::share::Want;

/// One that rises.
pub(super) struct Rising {
    /// Its place among the wants.
    pub at: usize,
    /// What it has.
    pub from: i64,
    /// What it may rise to.
    pub to: i64,
}

/// What happens at a level.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    /// The one at this place among the rising has its cap.
    Full(usize),
    /// The one at this place draws no more from the cell of its draw of this number, however high it rises.
    Ceases(usize, usize),
    /// The one at this place starts to draw from the cell of its draw of this number.
    Draws(usize, usize),
}

/// Raises `levels`, and takes what is given from `left`. Only cells whose number of drawers changes are looked at, so this
/// takes O(d log d) for d draws, and no time that depends on currents.
pub(super) fn fill(left: &mut [i64], wants: &[Want], rising: &[Rising], levels: &mut [i64]) {
    let mut events: Vec<(i64, Event)> = Vec::new();
    for (index, one) in rising.iter().enumerate() {
        events.push((one.to, Event::Full(index)));
        for (number, draw) in wants[one.at].draws.iter().enumerate() {
            let Some((begins, ends)) = draw.range().filter(|(_, ends)| *ends > one.from) else { continue };
            events.push((one.from.max(begins), Event::Draws(index, number)));
            if ends < one.to {
                events.push((ends, Event::Ceases(index, number)));
            }
        }
    }
    events.sort_unstable();
    let mut events = events.into_iter().peekable();
    let mut filling = Filling::new(left, wants, rising);
    while filling.running > 0 {
        let (event, empty) = (events.peek().map(|(level, _)| *level), filling.next_empty());
        match (event, empty) {
            // Of what happens at one level, cells run empty last.
            (Some(level), empty) if empty.is_none_or(|(at, _)| level <= at) => match events.next() {
                Some((_, Event::Full(index))) => filling.stop(index, level),
                Some((_, Event::Ceases(index, number))) => filling.cease(index, number, level),
                Some((_, Event::Draws(index, number))) => filling.draw(index, number, level),
                None => break,
            },
            (_, Some((level, cell))) => filling.stop_all(cell, level),
            (_, None) => break,
        }
    }
    filling.end();
    for (one, stopped) in rising.iter().zip(&filling.stopped) {
        levels[one.at] = stopped.unwrap_or(one.from).max(one.from);
    }
}

/// A cell while levels rise.
#[derive(Clone, Default)]
struct Cell {
    /// Who has begun to draw from it, and by which of its draws; some may have stopped.
    members: Vec<(usize, usize)>,
    /// How much is drawn from it for each mA that levels rise, in halves.
    drawing: i64,
    /// What is left of it at that level, in halves of mA.
    left: i64,
    /// The level at which what is left of it was last counted.
    since: i64,
    /// How often that was; what was reckoned before does not hold any more.
    version: u32,
}

struct Filling<'a> {
    wants: &'a [Want],
    rising: &'a [Rising],
    left: &'a mut [i64],
    cells: Vec<Cell>,
    /// At which level each cell cannot give one mA more to each, as it was reckoned at a version of the cell.
    empties: BinaryHeap<Reverse<(i64, usize, u32)>>,
    /// For each one that rises, from which of its cells it draws.
    drawn: Vec<Vec<bool>>,
    /// Where each one that has stopped did.
    stopped: Vec<Option<i64>>,
    running: usize,
}

impl<'a> Filling<'a> {
    fn new(left: &'a mut [i64], wants: &'a [Want], rising: &'a [Rising]) -> Filling<'a> {
        Filling {
            cells: left.iter().map(|left| Cell { left: left * 2, ..Cell::default() }).collect(),
            empties: BinaryHeap::new(),
            drawn: rising.iter().map(|one| vec![false; wants[one.at].draws.len()]).collect(),
            stopped: vec![None; rising.len()],
            running: rising.len(),
            wants,
            rising,
            left,
        }
    }

    fn draw(&mut self, index: usize, number: usize, level: i64) {
        if self.stopped[index].is_none() {
            let draw = self.wants[self.rising[index].at].draws[number];
            let cell = &mut self.cells[draw.cell];
            cell.members.push((index, number));
            // Where it begins only now, part of this mA is still set aside for it.
            let aside = draw.free.0 * 2 - i64::from(draw.halves) * level;
            cell.left += aside.max(0);
            self.drawn[index][number] = true;
            self.change(draw.cell, level, draw.halves.into());
        }
    }

    fn cease(&mut self, index: usize, number: usize, level: i64) {
        if self.stopped[index].is_none() && std::mem::take(&mut self.drawn[index][number]) {
            let draw = self.wants[self.rising[index].at].draws[number];
            // The last part of a mA.
            self.cells[draw.cell].left -= draw.most.0 * 2 - i64::from(draw.halves) * level;
            self.change(draw.cell, level, -i64::from(draw.halves));
        }
    }

    fn stop(&mut self, index: usize, level: i64) {
        if self.stopped[index].is_some() {
            return;
        }
        self.stopped[index] = Some(level);
        self.running -= 1;
        let wants = self.wants;
        for (number, draw) in wants[self.rising[index].at].draws.iter().enumerate() {
            if std::mem::take(&mut self.drawn[index][number]) {
                self.change(draw.cell, level, -i64::from(draw.halves));
            }
        }
    }

    /// Everybody stops who draws from the cell.
    fn stop_all(&mut self, cell: usize, level: i64) {
        for (index, number) in std::mem::take(&mut self.cells[cell].members) {
            if self.drawn[index][number] {
                self.stop(index, level);
            }
        }
    }

    /// Counts what was drawn up to here, and reckons anew when the cell will be empty.
    fn change(&mut self, at: usize, level: i64, by: i64) {
        let cell = &mut self.cells[at];
        cell.left -= cell.drawing * (level - cell.since);
        cell.since = level;
        cell.drawing += by;
        cell.version += 1;
        if cell.drawing > 0 {
            let empty = level + (cell.left / cell.drawing).max(0);
            self.empties.push(Reverse((empty, at, cell.version)));
        }
    }

    /// Tells what is left: everybody has stopped.
    fn end(&mut self) {
        for (left, cell) in self.left.iter_mut().zip(&self.cells) {
            *left = cell.left.div_euclid(2);
        }
    }

    /// The next level at which a cell is empty, and which.
    fn next_empty(&mut self) -> Option<(i64, usize)> {
        while let Some(Reverse((level, cell, version))) = self.empties.peek() {
            if self.cells[*cell].version == *version {
                return Some((*level, *cell));
            }
            self.empties.pop();
        }
        None
    }
}
