//! Who gets what: examples one by one, and fairness for any tree of fuses.

use energy::share::{Draw, Turn, Want, share};
use energy::units::Milliamps;
use proptest::prelude::*;

fn amps(amps: i64) -> Milliamps {
    Milliamps::from_amps(amps)
}

/// All of its current flows through the cell.
fn all_of_it(cell: usize) -> Draw {
    Draw { cell, free: Milliamps::ZERO, halves: 2, most: Milliamps(i64::MAX / 4) }
}

/// A session of 6 to 32 A that draws from these cells.
fn want(cells: &[usize]) -> Want {
    Want {
        draws: cells.iter().map(|cell| all_of_it(*cell)).collect(),
        lowest: Milliamps::ZERO,
        least: amps(6),
        most: amps(32),
        needed: Milliamps::ZERO,
        step: amps(1),
        class: 1,
        urgent: false,
        turn: Turn::Waits(0),
    }
}

fn given(supply: &[i64], wants: &[Want]) -> Vec<i64> {
    let supply: Vec<Milliamps> = supply.iter().map(|cell| amps(*cell)).collect();
    share(&supply, wants).into_iter().map(|given| given.0 / 1000).collect()
}

#[test]
fn one_that_may_take_three_times_as_much_costs_that_until_it_can_take_no_more() {
    let heavy = |halves, most: i64| {
        let draw = Draw { cell: 0, free: Milliamps::ZERO, halves, most: amps(most) };
        Want { draws: vec![draw], ..want(&[0]) }
    };
    assert_eq!(given(&[40], &[heavy(6, 40), want(&[0])]), [10, 10], "30 and 10");
    assert_eq!(given(&[63], &[heavy(6, 40), want(&[0])]), [32, 23], "40 and 23");
    assert_eq!(given(&[40], &[heavy(3, 40), want(&[0])]), [16, 16], "24 and 16");
    assert_eq!(given(&[17], &[heavy(6, 40), want(&[0])]), [0, 17], "its least is 18");
    let mut aside = heavy(6, 40);
    aside.draws[0].free = amps(20);
    assert_eq!(given(&[17], &[aside, want(&[0])]), [9, 9], "27, of which 20 are set aside, and 9");
}

#[test]
fn two_of_a_kind_get_the_same_and_no_more_than_they_use() {
    assert_eq!(given(&[32], &[want(&[0]), want(&[0])]), [16, 16]);
    assert_eq!(given(&[33], &[want(&[0]), want(&[0])]), [16, 16], "down to whole steps");
    let small = Want { most: amps(10), ..want(&[0]) };
    assert_eq!(given(&[40], &[small, want(&[0]), want(&[0])]), [10, 15, 15]);
    assert_eq!(given(&[100], &[want(&[0]), want(&[0])]), [32, 32]);
}

#[test]
fn where_there_is_not_the_least_for_all_some_wait() {
    assert_eq!(given(&[11], &[want(&[0]), want(&[0])]), [11, 0]);
    let waits = Want { turn: Turn::Due(5), ..want(&[0]) };
    assert_eq!(given(&[11], &[want(&[0]), waits.clone()]), [0, 11], "longest waiting first");
    let held = Want { turn: Turn::Kept, ..want(&[0]) };
    assert_eq!(given(&[11], &[held.clone(), waits.clone()]), [11, 0], "a place is kept for a while");
    let urgent = Want { urgent: true, needed: amps(8), ..want(&[0]) };
    assert_eq!(given(&[11], &[held, urgent.clone()]), [0, 11], "but not from one with a deadline");
    let charges = |seconds: i64| Want { turn: Turn::Charges(seconds), ..want(&[0]) };
    assert_eq!(
        given(&[11], &[charges(900), waits.clone()]),
        [0, 11],
        "whose time is over gives way to who is due"
    );
    assert_eq!(given(&[11], &[want(&[0]), charges(900)]), [0, 11], "but not to who has just come");
    assert_eq!(given(&[11], &[charges(950), charges(900)]), [0, 11], "who has charged longest leaves first");
    let first = Want { class: 2, ..want(&[0]) };
    assert_eq!(given(&[11], &[urgent, first]), [0, 11], "nor from a higher class");
    assert_eq!(given(&[5], &[waits]), [0]);
    assert_eq!(given(&[-5], &[want(&[0])]), [0]);
}

#[test]
fn one_that_does_not_fit_keeps_nobody_out() {
    // Cell 0 is full; the second hangs on another phase.
    assert_eq!(given(&[3, 20], &[Want { class: 5, ..want(&[0, 1]) }, want(&[1])]), [0, 20]);
}

#[test]
fn higher_classes_are_filled_before_lower_ones_get_more_than_the_least() {
    let first = Want { class: 2, ..want(&[0]) };
    assert_eq!(given(&[40], &[want(&[0]), first.clone()]), [8, 32]);
    assert_eq!(given(&[20], &[want(&[0]), first]), [6, 14]);
}

#[test]
fn deadlines_come_before_the_rest() {
    let soon = Want { needed: amps(20), urgent: true, ..want(&[0]) };
    assert_eq!(given(&[30], &[want(&[0]), soon.clone()]), [10, 20]);
    let sooner = Want { needed: amps(30), ..soon.clone() };
    assert_eq!(given(&[30], &[soon, sooner]), [15, 15], "two that cannot both be met share evenly");
}

#[test]
fn what_is_set_aside_costs_nothing_at_the_fuse() {
    let mut one = want(&[0]);
    one.draws[0].free = amps(6);
    assert_eq!(given(&[0], &[one.clone(), one.clone()]), [6, 6]);
    assert_eq!(given(&[10], &[one.clone(), one.clone()]), [11, 11]);
    assert_eq!(given(&[10], &[one, want(&[0])]), [8, 8], "six of the other are paid from the supply");
}

#[test]
fn one_that_cannot_be_paused_is_never_below_its_least() {
    let stubborn = Want { lowest: amps(6), ..want(&[0]) };
    assert_eq!(given(&[0], std::slice::from_ref(&stubborn)), [6]);
    assert_eq!(given(&[7], &[want(&[0]), stubborn]), [0, 7], "so it is served first");
}

/// A site with panels, each phase a cell: root 0..3, panel p at 3 + 3p.
fn tree(panels: usize, single: &[(usize, usize)], three: &[usize]) -> Vec<Want> {
    let cells = |panel: usize, phase: usize| [phase, 3 + 3 * (panel % panels) + phase];
    let one = single.iter().map(|(panel, phase)| want(&cells(*panel, phase % 3)));
    let all =
        three.iter().map(|panel| want(&(0..3).flat_map(|phase| cells(*panel, phase)).collect::<Vec<_>>()));
    one.chain(all).map(|want| Want { step: Milliamps(1), ..want }).collect()
}

prop_compose! {
    fn wants()(
        panels in 1..4_usize,
        single in proptest::collection::vec((0..4_usize, 0..3_usize), 0..12),
        three in proptest::collection::vec(0..4_usize, 0..8),
    ) -> Vec<Want> {
        tree(panels, &single, &three)
    }
}

fn used(cells: usize, wants: &[Want], given: &[Milliamps]) -> Vec<i64> {
    let mut used = vec![0; cells];
    for (want, given) in wants.iter().zip(given) {
        for draw in &want.draws {
            used[draw.cell] += (given.0 - draw.free.0).max(0);
        }
    }
    used
}

const CELLS: usize = 15;

fn supply(low: i64, high: i64) -> impl Strategy<Value = Vec<Milliamps>> {
    proptest::collection::vec((low..high).prop_map(Milliamps), CELLS)
}

proptest! {
    #[test]
    fn no_cell_gives_more_than_it_has(
        mut wants in wants(),
        supply in supply(0, 150_000),
        extras in proptest::collection::vec((0..4_u8, 0..40_i64, 6..40_i64, 0..3_i64), 20),
    ) {
        for (want, (class, needed, most, step)) in wants.iter_mut().zip(extras) {
            (want.class, want.needed, want.most) = (class, amps(needed), amps(most));
            want.step = amps(step);
            for draw in &mut want.draws {
                draw.free = amps(if class == 3 { 6 } else { 0 });
            }
        }
        let given = share(&supply, &wants);
        for (cell, used) in used(CELLS, &wants, &given).into_iter().enumerate() {
            prop_assert!(used <= supply[cell].0, "cell {cell}: {used} of {}", supply[cell].0);
        }
        for (want, given) in wants.iter().zip(&given) {
            prop_assert!(*given == want.lowest || want.least <= *given && *given <= want.most);
        }
    }

    /// Max-min: whoever has less than it can use hangs on a cell that is used up, where nobody of its class has more.
    #[test]
    fn within_a_class_it_is_max_min_fair(
        mut wants in wants(),
        supply in supply(0, 200_000),
        classes in proptest::collection::vec(0..2_u8, 20),
    ) {
        wants.iter_mut().zip(classes).for_each(|(want, class)| want.class = class);
        let given = share(&supply, &wants);
        let used = used(CELLS, &wants, &given);
        for (at, want) in wants.iter().enumerate() {
            if given[at] < want.least || given[at] == want.most {
                continue;
            }
            let bottleneck = want.draws.iter().any(|draw| {
                let there = |at: &usize| wants[*at].draws.iter().any(|other| other.cell == draw.cell);
                let members: Vec<usize> = (0..wants.len()).filter(there).collect();
                let full = supply[draw.cell].0 - used[draw.cell] < members.len() as i64;
                full && members.iter().all(|other| wants[*other].class != want.class || given[*other] <= given[at])
            });
            prop_assert!(bottleneck, "{at} could have more than {}: {given:?}", given[at]);
        }
    }

    /// In a tree, more at one fuse can mean less for somebody: those below it take more at the fuse above. The one who has
    /// least never loses, as long as the same sessions charge.
    #[test]
    fn more_supply_never_hurts_the_one_who_has_least(
        wants in wants(),
        supply in supply(150_000, 300_000),
        more in supply(0, 50_000),
    ) {
        let bigger: Vec<Milliamps> = supply.iter().zip(&more).map(|(a, b)| *a + *b).collect();
        let (before, after) = (share(&supply, &wants), share(&bigger, &wants));
        prop_assert!(before.iter().all(|given| *given >= amps(6)), "everybody charges");
        prop_assert!(after.iter().min() >= before.iter().min());
    }

    /// Where one fuse limits all, and all use the same phases, nobody ever loses more than what cannot be divided: less
    /// than a mA for each of them.
    #[test]
    fn behind_one_fuse_more_supply_hurts_nobody(
        mosts in proptest::collection::vec((0..3_u8, 6..40_i64, 0..30_i64), 1..12),
        supply in 72_000..300_000_i64,
        more in 0..50_000_i64,
    ) {
        let wants: Vec<Want> = mosts
            .iter()
            .map(|(class, most, needed)| Want {
                class: *class,
                most: amps(*most),
                needed: amps(*needed),
                step: Milliamps(1),
                ..want(&[0, 1, 2])
            })
            .collect();
        let before = share(&[Milliamps(supply); 3], &wants);
        let after = share(&[Milliamps(supply + more); 3], &wants);
        let indivisible = Milliamps(wants.len() as i64);
        let lose = before.iter().zip(&after).any(|(before, after)| *after + indivisible < *before);
        prop_assert!(!lose, "{before:?} {after:?}");
    }
}
