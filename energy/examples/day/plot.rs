//! The day as a picture: for each fuse what flows through it, and below how many stations were offline.

use std::fmt::Write;

use energy::units::Milliamps;

use crate::building::{NODES, limits, site, start};
use crate::world::Day;

const WIDTH: i64 = 960;
const LEFT: i64 = 60;
const CHART: i64 = 130;
const GAP: i64 = 42;
const TOP: i64 = 40;

/// An SVG that needs nothing else.
pub fn svg(day: &Day) -> String {
    let fuses: Vec<i64> = site(Milliamps::ZERO).nodes().iter().map(|node| node.fuse.largest().0).collect();
    let height = TOP + 5 * (CHART + GAP);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {} {height}\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n",
        WIDTH + LEFT + 20
    );
    text(&mut out, LEFT, 20, "start", "Most loaded phase of each fuse, worst second of each minute, in A");
    for (at, name) in NODES.iter().enumerate() {
        let top = TOP + at as i64 * (CHART + GAP);
        let most = fuses[at] * 11 / 10;
        frame(&mut out, top, &format!("{name}: fuse {} A", fuses[at] / 1000), most / 1000);
        area(&mut out, day, top, most, "#4a90d9", |row| row.nodes[at].1);
        area(&mut out, day, top, most, "#9aa5b1", |row| row.nodes[at].0);
        level(&mut out, top, most, fuses[at], (0, 1440), "#c0392b");
        if at == 0 {
            let limit = limits()[0];
            let minute = |instant: chrono::DateTime<chrono::Utc>| (instant - start()).num_minutes();
            let span = (minute(limit.from), limit.until.map_or(1440, minute));
            let allowed = limit.per_phase(site(Milliamps::ZERO).voltage()).largest().0;
            level(&mut out, top, most, allowed, span, "#e67e22");
        }
    }
    let top = TOP + 4 * (CHART + GAP);
    frame(&mut out, top, "EVSEs: charging (blue), waiting (yellow), stations offline (red)", 40);
    area(&mut out, day, top, 40, "#4a90d9", |row| row.charging as i64);
    area(&mut out, day, top, 40, "#f1c40f", |row| row.waiting as i64);
    area(&mut out, day, top, 40, "#c0392b", |row| row.offline as i64);
    legend(&mut out);
    out.push_str("</svg>\n");
    out
}

fn legend(out: &mut String) {
    for (at, (colour, name)) in [
        ("#4a90d9", "vehicles"),
        ("#9aa5b1", "other loads"),
        ("#c0392b", "fuse"),
        ("#e67e22", "grid operator"),
    ]
    .iter()
    .enumerate()
    {
        let x = LEFT + 520 + at as i64 * 115;
        writeln!(out, "<rect x=\"{x}\" y=\"10\" width=\"12\" height=\"12\" fill=\"{colour}\"/>")
            .unwrap_or_default();
        text(out, x + 17, 20, "start", name);
    }
}

fn x(minute: i64) -> i64 {
    LEFT + minute * WIDTH / 1440
}

fn y(top: i64, most: i64, value: i64) -> i64 {
    top + CHART - value.clamp(0, most) * CHART / most
}

fn text(out: &mut String, x: i64, y: i64, anchor: &str, words: &str) {
    writeln!(out, "<text x=\"{x}\" y=\"{y}\" text-anchor=\"{anchor}\">{words}</text>").unwrap_or_default();
}

fn frame(out: &mut String, top: i64, title: &str, most: i64) {
    text(out, LEFT, top - 5, "start", title);
    text(out, LEFT - 6, top + 10, "end", &most.to_string());
    text(out, LEFT - 6, top + CHART, "end", "0");
    let path = format!("M{LEFT} {top}V{}H{}", top + CHART, LEFT + WIDTH);
    writeln!(out, "<path d=\"{path}\" fill=\"none\" stroke=\"#333\"/>").unwrap_or_default();
    for hour in (0..=24).step_by(3) {
        text(out, x(hour * 60), top + CHART + 14, "middle", &format!("{hour}:00"));
    }
}

fn area(
    out: &mut String,
    day: &Day,
    top: i64,
    most: i64,
    colour: &str,
    value: impl Fn(&crate::world::Row) -> i64,
) {
    let mut path = format!("M{} {}", x(0), top + CHART);
    // Two minutes are closer together than two pixels.
    for pair in day.rows.chunks(2) {
        let worst = pair.iter().map(&value).max().unwrap_or(0);
        write!(path, "L{} {}", x(pair[0].minute), y(top, most, worst)).unwrap_or_default();
    }
    write!(path, "L{} {}Z", x(1440), top + CHART).unwrap_or_default();
    writeln!(out, "<path d=\"{path}\" fill=\"{colour}\" fill-opacity=\"0.85\"/>").unwrap_or_default();
}

fn level(out: &mut String, top: i64, most: i64, value: i64, (from, to): (i64, i64), colour: &str) {
    let path = format!("M{} {}H{}", x(from), y(top, most, value), x(to));
    writeln!(out, "<path d=\"{path}\" stroke=\"{colour}\" stroke-width=\"2\"/>").unwrap_or_default();
}
