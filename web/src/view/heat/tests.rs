//! Weeks of every sort: ordinary ones, and those in which the clocks change.

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
    assert_eq!((heat.days[2].word, &*heat.days[2].date, &heat.days[2].hours), ("wed", "2026-05-06", &None));
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
