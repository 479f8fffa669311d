//! The meter curve of a session as an SVG drawn by the server: power on the left axis, energy on the right one.
//!
//! Every plot comes in two sizes, since the text of a scaled SVG would be too small on a phone; the style sheet shows
//! one of them. All coordinates are whole tenths of a pixel.

use super::format::{energy_text, power_text};
use chrono::{DateTime, Offset, Utc};
use chrono_tz::Tz;
use serde::Serialize;

/// More points than this are thinned out: more than a screen can show.
const POINTS_MAX: usize = 360;

/// One instant of the curve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Point {
    pub at: DateTime<Utc>,
    pub power_w: Option<i64>,
    /// Since the start of the session.
    pub energy_mwh: Option<i64>,
    pub soc_percent: Option<i64>,
}

/// A curve, ready to be drawn.
#[derive(Debug, Clone, Serialize)]
pub struct Chart {
    pub plots: Vec<Plot>,
    /// Power was not reported but computed from the energy register.
    pub derived: bool,
    pub peak_w: i64,
    /// For the pointer: `[[x in ‰ of the plot's width, clock, kW, kWh, %], …]` as JSON.
    pub hover: String,
}

/// The curve in one size.
#[derive(Debug, Clone, Serialize)]
pub struct Plot {
    /// `wide` or `narrow`.
    pub size: &'static str,
    pub width: i64,
    pub height: i64,
    pub left: i64,
    pub right: i64,
    pub top: i64,
    pub bottom: i64,
    pub x_ticks: Vec<Tick>,
    pub power_ticks: Vec<Tick>,
    pub energy_ticks: Vec<Tick>,
    pub power_line: String,
    pub power_area: String,
    pub energy_line: String,
    pub soc_line: String,
}

/// A label at a place of an axis.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Tick {
    /// Pixels.
    pub at: String,
    pub label: String,
}

impl Chart {
    /// Draws points (in order of time) between two instants; `None` when there is nothing to draw a line with.
    pub fn draw(points: &[Point], from: DateTime<Utc>, to: DateTime<Utc>, zone: Tz) -> Option<Chart> {
        let mut points: Vec<Point> =
            points.iter().copied().filter(|p| p.at >= from && p.at <= to).map(tamed).collect();
        points.sort_by_key(|p| p.at);
        let derived = points.iter().all(|p| p.power_w.is_none());
        if derived {
            derive_power(&mut points);
        }
        let points = thin(points);
        let (first, last) = (points.first()?.at, points.last()?.at);
        if first == last {
            return None;
        }
        let peak_w = points.iter().filter_map(|p| p.power_w).max().unwrap_or(0).max(0);
        let energy_mwh = points.iter().filter_map(|p| p.energy_mwh).max().unwrap_or(0).max(0);
        let scale = Scale {
            from: first,
            to: last,
            power: Axis::over(peak_w, 1_000),
            energy: Axis::over(energy_mwh, 1_000_000),
        };
        Some(Chart {
            plots: vec![scale.plot(&points, zone, WIDE), scale.plot(&points, zone, NARROW)],
            derived,
            peak_w,
            hover: hover(&points, &scale, zone),
        })
    }
}

/// Size, margins and how many labels fit below.
struct Size {
    name: &'static str,
    width: i64,
    height: i64,
    side: i64,
    labels: i64,
}

const WIDE: Size = Size { name: "wide", width: 920, height: 280, side: 46, labels: 8 };
const NARROW: Size = Size { name: "narrow", width: 360, height: 240, side: 34, labels: 4 };

/// From zero to a round number, in round steps.
struct Axis {
    top: i64,
    step: i64,
    unit: i64,
}

impl Axis {
    /// An axis that holds `max`; labels are in multiples of `unit`.
    fn over(max: i64, unit: i64) -> Axis {
        let max = max.max(unit / 10);
        let mut step = 1;
        while max > step * 5 {
            // 1, 2, 5, 10, 20, …
            step = if step.to_string().starts_with('2') { step / 2 * 5 } else { step * 2 };
        }
        Axis { top: (max + step - 1) / step * step, step, unit }
    }

    fn label(&self, value: i64) -> String {
        let places = match self.step {
            step if step >= self.unit => 0,
            step if step >= self.unit / 10 => 1,
            _ => 2,
        };
        rust_decimal::Decimal::new(value, self.unit.ilog10()).round_dp(places).to_string()
    }

    fn ticks(&self, y: impl Fn(i64) -> i64) -> Vec<Tick> {
        (0..=self.top / self.step)
            .map(|n| Tick { at: tenths(y(n * self.step)), label: self.label(n * self.step) })
            .collect()
    }
}

struct Scale {
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    power: Axis,
    energy: Axis,
}

impl Scale {
    /// Where an instant lies, from 0 to `width`.
    fn x(&self, at: DateTime<Utc>, width: i64) -> i64 {
        let whole = (self.to - self.from).num_milliseconds().max(1);
        (at - self.from).num_milliseconds().clamp(0, whole) * width / whole
    }

    fn plot(&self, points: &[Point], zone: Tz, size: Size) -> Plot {
        let (left, right, top, bottom) = (size.side, size.width - size.side, 14, size.height - 26);
        let x = |at| left * 10 + self.x(at, (right - left) * 10);
        let y =
            |value: i64, most: i64| bottom * 10 - value.clamp(0, most) * (bottom - top) * 10 / most.max(1);
        let power: Vec<_> =
            points.iter().filter_map(|p| Some((x(p.at), y(p.power_w?, self.power.top)))).collect();
        let energy: Vec<_> =
            points.iter().filter_map(|p| Some((x(p.at), y(p.energy_mwh?, self.energy.top)))).collect();
        let soc: Vec<_> = points.iter().filter_map(|p| Some((x(p.at), y(p.soc_percent?, 100)))).collect();
        let power_line = line(&power);
        let power_area = match (power.first(), power.last()) {
            (Some(a), Some(b)) if power.len() > 1 => {
                format!("{power_line}L{} {bottom}L{} {bottom}Z", tenths(b.0), tenths(a.0))
            }
            _ => String::new(),
        };
        Plot {
            size: size.name,
            width: size.width,
            height: size.height,
            left,
            right,
            top,
            bottom,
            x_ticks: self.time_ticks(zone, size.labels, x),
            power_ticks: self.power.ticks(|value| y(value, self.power.top)),
            energy_ticks: self.energy.ticks(|value| y(value, self.energy.top)),
            power_line,
            power_area,
            energy_line: line(&energy),
            soc_line: line(&soc),
        }
    }

    /// Labels at round local times.
    fn time_ticks(&self, zone: Tz, most: i64, x: impl Fn(DateTime<Utc>) -> i64) -> Vec<Tick> {
        const STEPS_S: [i64; 17] =
            [1, 5, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 604_800];
        let span = (self.to - self.from).num_seconds().max(1);
        let step = STEPS_S.into_iter().find(|step| span / step <= most).unwrap_or(span / most + 1);
        let format = match step {
            ..60 => "%H:%M:%S",
            60..86_400 => "%H:%M",
            _ => "%m-%d",
        };
        let offset = i64::from(self.from.with_timezone(&zone).offset().fix().local_minus_utc());
        let first = self.from.timestamp() + offset;
        let first = first + (step - first.rem_euclid(step)) % step - offset;
        (0..=most)
            .filter_map(|n| DateTime::from_timestamp(first + n * step, 0))
            .take_while(|at| *at <= self.to)
            .map(|at| Tick { at: tenths(x(at)), label: at.with_timezone(&zone).format(format).to_string() })
            .collect()
    }
}

/// Values that no charger has would overflow the arithmetic below.
fn tamed(point: Point) -> Point {
    Point {
        power_w: point.power_w.map(|w| w.clamp(-1_000_000_000, 1_000_000_000)),
        energy_mwh: point.energy_mwh.map(|mwh| mwh.clamp(0, 1_000_000_000_000_000)),
        ..point
    }
}

/// The mean power between two readings of the register, told at the later one.
fn derive_power(points: &mut [Point]) {
    let mut earlier: Option<(DateTime<Utc>, i64)> = None;
    for point in points {
        let Some(energy) = point.energy_mwh else { continue };
        if let Some((at, before)) = earlier {
            let ms = (point.at - at).num_milliseconds();
            if ms > 0 {
                // mWh per ms are 3,600 W (1 mWh = 3.6 J).
                point.power_w = Some((energy - before).max(0) * 3_600 / ms);
            }
        }
        earlier = Some((point.at, energy));
    }
}

/// Keeps the ends and, of every stretch of time, the lowest and the highest power.
fn thin(points: Vec<Point>) -> Vec<Point> {
    if points.len() <= POINTS_MAX {
        return points;
    }
    let stretch = points.len().div_ceil(POINTS_MAX / 2);
    let mut kept = Vec::with_capacity(POINTS_MAX + 2);
    kept.extend(points.first().copied());
    for part in points.chunks(stretch) {
        let low = part.iter().min_by_key(|p| p.power_w.unwrap_or(0));
        let high = part.iter().max_by_key(|p| p.power_w.unwrap_or(0));
        let mut pair: Vec<Point> = low.into_iter().chain(high).copied().collect();
        pair.sort_by_key(|p| p.at);
        kept.extend(pair);
    }
    kept.extend(points.last().copied());
    kept.dedup();
    kept
}

fn hover(points: &[Point], scale: &Scale, zone: Tz) -> String {
    let rows: Vec<_> = points
        .iter()
        .map(|p| {
            (
                scale.x(p.at, 1000),
                p.at.with_timezone(&zone).format("%H:%M:%S").to_string(),
                p.power_w.map(power_text),
                p.energy_mwh.map(energy_text),
                p.soc_percent,
            )
        })
        .collect();
    serde_json::to_string(&rows).unwrap_or_default()
}

fn line(points: &[(i64, i64)]) -> String {
    let mut path = String::with_capacity(points.len() * 12);
    for (n, (x, y)) in points.iter().enumerate() {
        path.push(if n == 0 { 'M' } else { 'L' });
        path.push_str(&tenths(*x));
        path.push(' ');
        path.push_str(&tenths(*y));
    }
    path
}

pub(super) fn tenths(value: i64) -> String {
    if value % 10 == 0 { (value / 10).to_string() } else { format!("{}.{}", value / 10, value % 10) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_780_000_000 + seconds, 0).unwrap()
    }

    fn point(seconds: i64, power_w: Option<i64>, energy_mwh: Option<i64>) -> Point {
        Point { at: at(seconds), power_w, energy_mwh, soc_percent: None }
    }

    #[test]
    fn axes_are_round_and_hold_the_highest_value() {
        for (max, unit, top, step) in [
            (0, 1_000, 100, 20),
            (11_040, 1_000, 15_000, 5_000),
            (10_000, 1_000, 10_000, 2_000),
            (149_000, 1_000, 150_000, 50_000),
            (12_345_678, 1_000_000, 15_000_000, 5_000_000),
        ] {
            let axis = Axis::over(max, unit);
            assert_eq!((axis.top, axis.step), (top, step), "{max}");
        }
        assert_eq!(Axis::over(11_040, 1_000).label(15_000), "15");
        assert_eq!(Axis::over(800, 1_000).label(200), "0.2");
    }

    #[test]
    fn times_are_round_in_the_zone_of_the_session() {
        // Kathmandu is 5 h 45 min ahead.
        let zone = zone_of_test("Asia/Kathmandu");
        let points = [point(0, Some(1), None), point(3 * 3600, Some(1), None)];
        let chart = Chart::draw(&points, at(0), at(10_800), zone).unwrap();
        let labels: Vec<_> = chart.plots[0].x_ticks.iter().map(|t| t.label.as_str()).collect();
        assert!(
            !labels.is_empty() && labels.iter().all(|l| l.ends_with(":00") || l.ends_with(":30")),
            "{labels:?}"
        );
    }

    fn zone_of_test(name: &str) -> Tz {
        super::super::format::zone_of(name)
    }

    #[test]
    fn power_is_derived_from_the_register_where_it_was_not_told() {
        let points =
            [point(0, None, Some(0)), point(60, None, Some(100_000)), point(120, None, Some(50_000))];
        let chart = Chart::draw(&points, at(0), at(120), Tz::UTC).unwrap();
        assert!(chart.derived);
        // 100 Wh in a minute are 6 kW; a shrinking register is no negative power.
        assert_eq!(chart.peak_w, 6_000);
        assert!(!chart.plots[0].energy_line.is_empty());
    }

    #[test]
    fn a_long_session_is_thinned_but_keeps_its_peak_and_its_ends() {
        let points: Vec<_> = (0..5_000)
            .map(|n| point(n, Some(if n == 2_345 { 99_000 } else { 7_000 }), Some(n * 1_000)))
            .collect();
        let kept = thin(points.clone());
        assert!(kept.len() <= POINTS_MAX + 2, "{}", kept.len());
        assert!(kept.iter().any(|p| p.power_w == Some(99_000)));
        assert_eq!((kept.first(), kept.last()), (points.first(), points.last()));
    }

    #[test]
    fn nothing_is_drawn_from_nothing() {
        assert!(Chart::draw(&[], at(0), at(9), Tz::UTC).is_none());
        assert!(Chart::draw(&[point(1, Some(5), None)], at(0), at(9), Tz::UTC).is_none());
    }

    #[test]
    fn a_wild_value_cannot_leave_the_plot() {
        let points = [point(0, Some(i64::MAX), Some(i64::MAX)), point(60, Some(-5_000), Some(-1))];
        let chart = Chart::draw(&points, at(0), at(60), Tz::UTC).unwrap();
        for plot in &chart.plots {
            for pair in plot.power_line.split(['M', 'L']).filter(|p| !p.is_empty()) {
                let y: f64 = pair.split(' ').nth(1).unwrap().parse().unwrap();
                assert!(y >= plot.top as f64 && y <= plot.bottom as f64, "{pair}");
            }
        }
    }
}
