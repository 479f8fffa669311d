//! The day of `examples/day`, lived through: no fuse is exceeded for a second, and deadlines are met.

#[path = "../examples/day/building.rs"]
mod building;
#[path = "../examples/day/cars.rs"]
mod cars;
#[path = "../examples/day/chance.rs"]
mod chance;
#[path = "../examples/day/world.rs"]
mod world;

use world::Way;

#[test]
fn a_day_with_outages_exceeds_no_fuse_and_meets_deadlines() {
    let day = world::live(1, Way::Managed);
    assert_eq!(day.over_fuse_s, [0; building::NODES.len()], "peaks {:?}", day.peak_permille);
    assert!(day.over_limit_s == 0, "{} s", day.over_limit_s);
    let minutes = day.rows.iter().map(|row| row.minute);
    assert!(
        minutes.eq(0..1440) && day.rows.iter().all(|row| row.nodes.iter().all(|(others, all)| others <= all))
    );
    assert!(day.rows.iter().any(|row| row.offline >= 20), "half of the stations drop out at once");
    // The day is a hard one: stations drop out, refuse, lose answers, and some vehicles charge on the side.
    assert!(day.offline_s > 20 * 3600 && day.refused > 50 && day.unanswered > 50, "{day:?}");
    assert!(day.told > day.refused + day.unanswered && day.steps == 8_645);
    assert!(day.rows.iter().any(|row| row.charging >= 30 && row.waiting == 0));
    let fixed = world::live(1, Way::Static);
    assert_eq!(fixed.deadlines, day.deadlines, "the same day");
    assert!(day.needed_wh == fixed.needed_wh && day.wh > fixed.wh);
    eprintln!(
        "met {} (nearly {}) of {}; with fixed limits {}",
        day.met, day.nearly, day.deadlines, fixed.met
    );
    assert!(day.met * 100 >= day.deadlines * 85, "met {} of {}", day.met, day.deadlines);
    assert!(day.met > fixed.met, "{} and with fixed limits {}", day.met, fixed.met);
}
