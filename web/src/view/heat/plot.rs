//! The map itself. Across runs the local clock from 0 to 24. Where the clocks go forward the hour that does not exist
//! is left open; where they go back the hour that comes twice has two halves, the earlier above. Like the curve, every
//! plot comes in two sizes, and all coordinates are whole tenths of a pixel.

use super::{DAY, offset, rate, span};
use crate::view::{chart::tenths, words::price_text};
use serde::Serialize;
use tariffs::{Currency, Measure, Segment, Week, WeekDay};

/// The map in one size.
#[derive(Debug, Clone, Serialize)]
pub struct HeatPlot {
    /// `wide` or `narrow`.
    pub size: &'static str,
    pub width: i64,
    pub height: i64,
    /// Of the labels of the rows.
    pub label_x: i64,
    /// Of the labels of the hours.
    pub label_y: i64,
    pub hours: Vec<HeatHour>,
    /// In the order of [`super::Heat::days`].
    pub rows: Vec<HeatRow>,
}

/// A label of the clock.
#[derive(Debug, Clone, Serialize)]
pub struct HeatHour {
    pub x: String,
    pub label: u16,
}

/// A day in one size.
#[derive(Debug, Clone, Serialize)]
pub struct HeatRow {
    /// Of the middle.
    pub y: i64,
    pub cells: Vec<HeatCell>,
}

/// A stretch of a day with one price.
#[derive(Debug, Clone, Serialize)]
pub struct HeatCell {
    pub x: String,
    pub y: i64,
    pub width: String,
    pub height: i64,
    /// 0 (cheapest) to 4; `None`: the clocks leave this out.
    pub level: Option<u8>,
    /// Of the text, where there is room for one.
    pub middle: String,
    pub text: String,
    /// What the pointer reads.
    pub title: String,
}

struct Size {
    name: &'static str,
    width: i64,
    left: i64,
    right: i64,
    row: i64,
    /// Hours from one label to the next.
    step: u16,
    /// Of a digit.
    letter: i64,
}

const WIDE: Size = Size { name: "wide", width: 920, left: 96, right: 906, row: 30, step: 2, letter: 8 };
const NARROW: Size = Size { name: "narrow", width: 360, left: 50, right: 352, row: 34, step: 6, letter: 7 };
/// For the labels of the hours.
const TOP: i64 = 24;
/// Between two rows.
const GAP: i64 = 4;

/// The map in both sizes.
pub(super) fn plots(week: &Week, measure: Measure, currency: Currency) -> Vec<HeatPlot> {
    [WIDE, NARROW].iter().map(|size| plot(week, measure, currency, size)).collect()
}

fn plot(week: &Week, measure: Measure, currency: Currency, size: &Size) -> HeatPlot {
    let pitch = size.row + GAP;
    let rows = (0..).zip(&week.days).map(|(n, day)| {
        let y = TOP + n * pitch;
        let cells = pieces(day).into_iter().map(|piece| cell(&piece, y, week, measure, currency, size));
        HeatRow { y: y + size.row / 2, cells: cells.collect() }
    });
    let hours = (0..=24).step_by(size.step.into());
    HeatPlot {
        size: size.name,
        width: size.width,
        height: TOP + pitch * i64::try_from(week.days.len()).unwrap_or(7),
        label_x: size.left - 8,
        label_y: TOP - 11,
        hours: hours.map(|hour| HeatHour { x: tenths(size.x(hour * 60)), label: hour }).collect(),
        rows: rows.collect(),
    }
}

impl Size {
    fn x(&self, minute: u16) -> i64 {
        self.left * 10 + i64::from(minute) * (self.right - self.left) * 10 / i64::from(DAY)
    }
}

/// A part of a day on the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Piece<'a> {
    from: u16,
    to: u16,
    /// `None`: the clocks leave it out.
    segment: Option<&'a Segment>,
    /// Where the clocks go through it twice: the first or the second time.
    pass: Option<u8>,
}

/// A day cut so that what comes twice, and what does not come, stands by itself.
fn pieces(day: &WeekDay) -> Vec<Piece<'_>> {
    let ends = day.segments.iter().flat_map(|segment| [segment.from_minute, segment.to_minute]);
    let mut edges: Vec<u16> = ends.chain([0, DAY]).collect();
    edges.sort_unstable();
    edges.dedup();
    let mut pieces: Vec<Piece<'_>> = Vec::new();
    for (&from, &to) in edges.iter().zip(edges.iter().skip(1)) {
        let holds = |segment: &&Segment| segment.from_minute <= from && to <= segment.to_minute;
        let mut holding = day.segments.iter().filter(holds);
        let (first, second) = (holding.next(), holding.next());
        if second.is_some() {
            pieces.push(Piece { from, to, segment: first, pass: Some(0) });
            pieces.push(Piece { from, to, segment: second, pass: Some(1) });
            continue;
        }
        match pieces.last_mut() {
            Some(last) if last.segment == first && last.pass.is_none() => last.to = to,
            _ => pieces.push(Piece { from, to, segment: first, pass: None }),
        }
    }
    pieces
}

fn cell(
    piece: &Piece<'_>,
    y: i64,
    week: &Week,
    measure: Measure,
    currency: Currency,
    size: &Size,
) -> HeatCell {
    let (left, right) = (size.x(piece.from), size.x(piece.to));
    let half = size.row / 2;
    let (y, height) = match piece.pass {
        None => (y, size.row),
        Some(0) => (y, half),
        Some(_) => (y + half, size.row - half),
    };
    let mut cell = HeatCell {
        x: tenths(left),
        y,
        width: tenths(right - left),
        height,
        level: None,
        middle: tenths((left + right) / 2),
        text: String::new(),
        title: span(piece.from, piece.to),
    };
    if let Some(segment) = piece.segment {
        let gross = rate(segment, measure).gross();
        let price = price_text(gross, currency);
        let number = price.split('\u{a0}').next().unwrap_or_default();
        let letters = i64::try_from(number.chars().count()).unwrap_or(i64::MAX / size.letter);
        if piece.pass.is_none() && right - left >= letters * size.letter * 10 {
            cell.text = number.to_owned();
        }
        let offset = piece.pass.map(|_| format!(" ({})", offset(segment, week))).unwrap_or_default();
        cell.title = format!("{}{offset}: {price}", cell.title);
        cell.level = Some(segment.level);
    }
    cell
}
