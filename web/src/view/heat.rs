//! The week of a tariff as a heat map: an SVG drawn by the server, and the same as a table for whoever cannot see it.
//!
//! Across runs the local clock from 0 to 24. Where the clocks go forward the hour that does not exist is left open;
//! where they go back the hour that comes twice has two halves, the earlier above. Like the curve, every plot comes in
//! two sizes, and all coordinates are whole tenths of a pixel.

use super::{chart::tenths, words::price_text};
use chrono::Offset;
use rust_decimal::Decimal;
use serde::Serialize;
use tariffs::{Currency, Measure, Rate, Segment, Week, WeekDay};

/// Minutes of a day on the clock.
const DAY: u16 = 24 * 60;
/// Words of the texts' family `day`.
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// A week, ready to be drawn.
#[derive(Debug, Clone, Serialize)]
pub struct Heat {
    /// What the colours are about; word of the texts' family `rate`.
    pub word: &'static str,
    pub currency: String,
    pub plots: Vec<HeatPlot>,
    /// The five levels, the cheapest first.
    pub key: Vec<HeatKey>,
    pub days: Vec<HeatDay>,
    /// The same in words: days in a row that are alike are told together.
    pub table: Vec<HeatSpan>,
    /// Prices that depend on more than the calendar, as sentences.
    pub notes: Vec<String>,
}

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
    /// In the order of [`Heat::days`].
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

/// A level of the legend.
#[derive(Debug, Clone, Serialize)]
pub struct HeatKey {
    pub level: u8,
    /// The prices of the week that have it, without currency; empty: none.
    pub text: String,
}

/// A day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HeatDay {
    /// Word of the texts' family `day`.
    pub word: &'static str,
    /// E.g. `2026-03-29`.
    pub date: String,
    /// E.g. `03-29` and `29`.
    pub short: String,
    pub number: String,
    /// How many hours it has, where those are not 24.
    pub hours: Option<String>,
}

/// Days in a row with the same prices at the same times.
#[derive(Debug, Clone, Serialize)]
pub struct HeatSpan {
    pub first: HeatDay,
    /// `None`: one day.
    pub last: Option<HeatDay>,
    pub slots: Vec<HeatSlot>,
}

/// A stretch of a day in the table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HeatSlot {
    /// E.g. `06:00–22:00`.
    pub time: String,
    /// The distance from UTC, on days that change it.
    pub offset: Option<String>,
    pub level: u8,
    pub prices: Vec<HeatPrice>,
}

/// One price of a stretch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HeatPrice {
    /// Word of the texts' family `rate`.
    pub word: &'static str,
    /// With tax and currency; empty: free.
    pub amount: String,
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

impl Heat {
    /// Draws a week; `None` when the tariff prices nothing that depends on the time of day.
    pub fn draw(week: &Week, currency: Currency) -> Option<Heat> {
        let measure = week.measure?;
        let days: Vec<HeatDay> = week.days.iter().zip(DAYS).map(|(day, word)| label(day, word)).collect();
        Some(Heat {
            word: word_of(measure),
            currency: currency.to_string(),
            plots: [WIDE, NARROW].iter().map(|size| plot(week, measure, currency, size)).collect(),
            key: key(week, measure, currency),
            table: table(week, &days, currency),
            days,
            notes: week.notes.clone(),
        })
    }
}

fn word_of(measure: Measure) -> &'static str {
    match measure {
        Measure::PerKwh => "per_kwh",
        Measure::ChargingPerHour => "charging_per_hour",
        Measure::IdlePerHour => "idle_per_hour",
    }
}

fn rate(segment: &Segment, measure: Measure) -> Rate {
    match measure {
        Measure::PerKwh => segment.per_kwh,
        Measure::ChargingPerHour => segment.charging_per_hour,
        Measure::IdlePerHour => segment.idle_per_hour,
    }
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

fn key(week: &Week, measure: Measure, currency: Currency) -> Vec<HeatKey> {
    let prices = |level: u8| {
        let segments = week.days.iter().flat_map(|day| &day.segments).filter(move |one| one.level == level);
        segments.map(|segment| rate(segment, measure).gross())
    };
    let text = |level: u8| {
        let (Some(least), Some(most)) = (prices(level).min(), prices(level).max()) else {
            return String::new();
        };
        let text = ranged(least, most, currency);
        text.split('\u{a0}').next().unwrap_or_default().to_owned()
    };
    (0..5).map(|level| HeatKey { level, text: text(level) }).collect()
}

/// `0.39 EUR`, or `0.39–0.52 EUR`.
pub fn ranged(least: Decimal, most: Decimal, currency: Currency) -> String {
    let most_text = price_text(most, currency);
    if least == most {
        return most_text;
    }
    let least = price_text(least, currency);
    format!("{}–{most_text}", least.split('\u{a0}').next().unwrap_or_default())
}

fn label(day: &WeekDay, word: &'static str) -> HeatDay {
    let minutes: i64 = day.segments.iter().map(|segment| (segment.to - segment.from).num_minutes()).sum();
    let odd = minutes != i64::from(DAY);
    HeatDay {
        word,
        date: day.date.format("%Y-%m-%d").to_string(),
        short: day.date.format("%m-%d").to_string(),
        number: day.date.format("%-d").to_string(),
        hours: odd.then(|| Decimal::new(minutes * 100 / 60, 2).normalize().to_string()),
    }
}

fn table(week: &Week, days: &[HeatDay], currency: Currency) -> Vec<HeatSpan> {
    let mut spans: Vec<HeatSpan> = Vec::new();
    for (day, label) in week.days.iter().zip(days) {
        let slots = day.segments.iter().map(|segment| HeatSlot {
            time: span(segment.from_minute, segment.to_minute),
            offset: label.hours.as_ref().map(|_| offset(segment, week)),
            level: segment.level,
            prices: prices(segment, currency),
        });
        let slots: Vec<HeatSlot> = slots.collect();
        match spans.last_mut() {
            Some(last) if last.slots == slots => last.last = Some(label.clone()),
            _ => spans.push(HeatSpan { first: label.clone(), last: None, slots }),
        }
    }
    spans
}

fn prices(segment: &Segment, currency: Currency) -> Vec<HeatPrice> {
    let all = [Measure::PerKwh, Measure::ChargingPerHour, Measure::IdlePerHour];
    let priced = all.into_iter().filter_map(|measure| {
        let amount = match rate(segment, measure) {
            Rate::NotPriced => return None,
            Rate::Free => String::new(),
            Rate::Price { gross, .. } => price_text(gross, currency),
        };
        Some(HeatPrice { word: word_of(measure), amount })
    });
    priced.collect()
}

fn span(from: u16, to: u16) -> String {
    format!("{:02}:{:02}–{:02}:{:02}", from / 60, from % 60, to / 60, to % 60)
}

/// `UTC+2`, `UTC+5:30`.
fn offset(segment: &Segment, week: &Week) -> String {
    let minutes = segment.from.with_timezone(&week.time_zone).offset().fix().local_minus_utc() / 60;
    let sign = if minutes < 0 { '−' } else { '+' };
    let (hours, rest) = (minutes.abs() / 60, minutes.abs() % 60);
    if rest == 0 { format!("UTC{sign}{hours}") } else { format!("UTC{sign}{hours}:{rest:02}") }
}

#[cfg(test)]
pub(super) fn sample(name: &str, day: &str, zone: &str, lang: crate::i18n::Lang) -> Heat {
    let tariff = super::words::sample_tariff(name);
    let zone = super::format::zone_of(zone);
    let week = tariff.week(day.parse().unwrap(), zone, None, lang.of_tariffs());
    Heat::draw(&week, tariff.currency).unwrap()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::Lang;

    fn heat(day: &str) -> Heat {
        sample("city", day, "Europe/Berlin", Lang::En)
    }

    /// From, to (in tenths of a pixel, as text), level and text of a row in the wide plot.
    fn row(heat: &Heat, day: usize) -> Vec<(&str, &str, Option<u8>, &str, i64)> {
        let cells = heat.plots[0].rows[day].cells.iter();
        cells.map(|c| (&*c.x, &*c.width, c.level, &*c.text, c.height)).collect()
    }

    #[test]
    fn an_ordinary_day_is_drawn_from_midnight_to_midnight() {
        let heat = heat("2026-05-06");
        let expected = [
            ("96", "202.5", Some(0), "0.39", 30),
            ("298.5", "540", Some(4), "0.52", 30),
            ("838.5", "67.5", Some(0), "0.39", 30),
        ];
        assert_eq!(row(&heat, 2), expected);
        assert_eq!(heat.plots[0].rows[2].cells[1].title, "06:00–22:00: 0.52\u{a0}EUR");
        assert_eq!(
            (heat.days[2].word, &*heat.days[2].date, &heat.days[2].hours),
            ("wed", "2026-05-06", &None)
        );
    }

    #[test]
    fn the_hour_that_the_clocks_leave_out_is_left_open() {
        let heat = heat("2026-03-29");
        let cells: Vec<_> = row(&heat, 6).into_iter().map(|cell| (cell.2, cell.4)).collect();
        assert_eq!(cells, [(Some(0), 30), (None, 30), (Some(0), 30), (Some(4), 30), (Some(0), 30)]);
        assert_eq!(heat.plots[0].rows[6].cells[1].title, "02:00–03:00");
        assert_eq!(heat.days[6].hours.as_deref(), Some("23"));
        let times: Vec<_> =
            heat.table[1].slots.iter().map(|slot| (&*slot.time, slot.offset.as_deref())).collect();
        assert_eq!(times[..2], [("00:00–02:00", Some("UTC+1")), ("03:00–06:00", Some("UTC+2"))]);
    }

    #[test]
    fn the_hour_that_comes_twice_has_two_halves() {
        let heat = heat("2026-10-25");
        let titles: Vec<_> =
            heat.plots[1].rows[6].cells.iter().map(|cell| (&*cell.title, cell.y, cell.height)).collect();
        let y = titles[0].1;
        let expected = [
            ("00:00–02:00: 0.39\u{a0}EUR", y, 34),
            ("02:00–03:00 (UTC+2): 0.39\u{a0}EUR", y, 17),
            ("02:00–03:00 (UTC+1): 0.39\u{a0}EUR", y + 17, 17),
            ("03:00–06:00: 0.39\u{a0}EUR", y, 34),
        ];
        assert_eq!(titles[..4], expected);
        assert_eq!(heat.days[6].hours.as_deref(), Some("25"));
    }

    #[test]
    fn the_legend_tells_the_prices_of_each_level() {
        let shanghai = sample("shanghai", "2026-05-06", "Asia/Shanghai", Lang::Zh);
        let texts: Vec<_> = shanghai.key.iter().map(|key| &*key.text).collect();
        // Electricity and service together.
        let (valley, flat, peak) = ("0.92", "1.38", "1.85");
        assert_eq!(texts, [valley, "", flat, "", peak]);
        let idle = shanghai.table[0].slots[0].prices.last().unwrap();
        assert_eq!((idle.word, &*idle.amount), ("idle_per_hour", ""));
        assert!(shanghai.notes.len() == 1 && shanghai.notes[0].contains("占位"), "{:?}", shanghai.notes);
    }

    #[test]
    fn days_that_are_alike_are_told_together() {
        let shanghai = sample("shanghai", "2026-05-06", "Asia/Shanghai", Lang::En);
        let last = |span: &HeatSpan| span.last.as_ref().map(|last| last.word);
        let spans: Vec<_> = shanghai.table.iter().map(|span| (span.first.word, last(span))).collect();
        assert_eq!(spans, [("mon", Some("fri")), ("sat", Some("sun"))]);
        let heat = heat("2026-10-25");
        let spans: Vec<_> = heat.table.iter().map(|span| (span.first.word, last(span))).collect();
        assert_eq!(spans, [("mon", Some("sat")), ("sun", None)]);
    }

    #[test]
    fn half_hours_and_far_west_offsets_are_written_out() {
        let heat = sample("city", "2026-04-05", "Australia/Lord_Howe", Lang::En);
        assert_eq!(heat.days[6].hours.as_deref(), Some("24.5"));
        assert_eq!(heat.table[1].slots[0].offset.as_deref(), Some("UTC+11"));
        let heat = sample("city", "2026-03-08", "America/St_Johns", Lang::En);
        assert_eq!(heat.table[1].slots[0].offset.as_deref(), Some("UTC−3:30"));
    }

    #[test]
    fn every_cell_lies_in_its_plot() {
        for (day, zone) in [("2026-03-29", "Europe/Berlin"), ("2010-11-07", "America/St_Johns")] {
            for plot in sample("shanghai", day, zone, Lang::En).plots {
                let number = |text: &str| text.parse::<Decimal>().unwrap();
                for cell in plot.rows.iter().flat_map(|row| &row.cells) {
                    assert!(number(&cell.x) + number(&cell.width) <= Decimal::from(plot.width));
                    assert!(cell.y + cell.height <= plot.height && number(&cell.width) > Decimal::ZERO);
                }
            }
        }
    }
}
