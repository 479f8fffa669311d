//! Who charges at all, where there is not the least for everybody.

use std::cmp::Reverse;

use crate::share::Want;

/// Takes the least of everybody who is let in from what is left, and tells who is.
///
/// Whoever fits is let in, in the order of class, urgency and turn. One that does not fit does not keep
/// others out that need less, or that hang on another phase. A session that cannot be paused is let in whatever is left.
/// One that wants less than its least, e.g. because its plan says so, waits.
pub(super) fn admit(left: &mut [i64], wants: &[Want]) -> Vec<bool> {
    let mut order: Vec<usize> = (0..wants.len()).collect();
    order.sort_by_key(|at| {
        let want = &wants[*at];
        let forced = want.lowest >= want.least;
        (Reverse(forced), Reverse(want.class), Reverse(want.urgent), want.turn.rank(), *at)
    });
    let mut admitted = vec![false; wants.len()];
    for at in order {
        let want = &wants[at];
        let forced = want.lowest >= want.least;
        // What costs nothing is given also where nothing is left: it is set aside for this session anyway.
        let fits = want
            .draws
            .iter()
            .map(|draw| (draw.cost(want.least.0), left[draw.cell]))
            .all(|(cost, left)| cost == 0 || cost <= left);
        if forced || fits && want.most >= want.least {
            admitted[at] = true;
            for draw in &want.draws {
                left[draw.cell] -= draw.cost(want.least.0);
            }
        }
    }
    admitted
}
