//! From what a station holds to what it shall hold.

use super::wish::Place;
use std::collections::BTreeSet;
use tariffs::ocpp::messages::{Assignment, AssignmentKind};

/// What has to be done at a station.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Plan {
    /// At these places is what is wished.
    pub there: Vec<Place>,
    /// These ids go first.
    pub clear: Vec<String>,
    /// The wishes of these places are set then.
    pub set: Vec<Place>,
    /// These ids are taken over by what is set, and have to go if it is not.
    pub replaced: Vec<String>,
}

/// Compares the wished ids with what the station says it holds. `may_set`: whether a wish may be tried now.
pub(super) fn plan(
    wishes: &[(Place, Option<&str>)],
    held: &[Assignment],
    evses: &[i64],
    may_set: impl Fn(Place) -> bool,
) -> Plan {
    let defaults: Vec<&Assignment> = held.iter().filter(|a| a.kind == AssignmentKind::Default).collect();
    let mut plan = Plan::default();
    for (place, id) in wishes {
        let Some(id) = id else { continue };
        if defaults.iter().any(|a| satisfies(a, *place, id, evses)) {
            plan.there.push(*place);
        } else if may_set(*place) {
            plan.set.push(*place);
        }
    }
    let mut seen = BTreeSet::new();
    for assignment in defaults {
        let wished = wishes.iter().find(|(_, id)| *id == Some(assignment.tariff_id.as_str()));
        if wished.is_some_and(|(place, id)| id.is_some_and(|id| satisfies(assignment, *place, id, evses)))
            || !seen.insert(assignment.tariff_id.as_str())
        {
            continue;
        }
        // What is at the wrong EVSEs under the right id has to go before that id can come again.
        let id = assignment.tariff_id.clone();
        if wished.is_none() && gives_way(assignment, &plan.set) {
            plan.replaced.push(id)
        } else {
            plan.clear.push(id)
        }
    }
    plan
}

fn satisfies(held: &Assignment, place: Place, id: &str, evses: &[i64]) -> bool {
    let at = |evse: i64| held.evse_ids.iter().any(|n| i64::from(*n) == evse);
    let everywhere = held.evse_ids.is_empty() || at(0);
    let there = everywhere || if place == 0 { evses.iter().all(|evse| at(*evse)) } else { at(place) };
    held.tariff_id == id && held.valid_from.is_none() && there
}

/// A tariff that counts at once takes the place of one that counts already (I07.FR.22), not of one that is to come.
fn gives_way(held: &Assignment, set: &[Place]) -> bool {
    let comes = |evse: &u32| set.contains(&i64::from(*evse));
    held.valid_from.is_none()
        && (set.contains(&0) || !held.evse_ids.is_empty() && held.evse_ids.iter().all(comes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(id: &str, evses: &[u32]) -> Assignment {
        Assignment {
            tariff_id: id.to_owned(),
            kind: AssignmentKind::Default,
            valid_from: None,
            evse_ids: evses.to_vec(),
            id_tokens: Vec::new(),
        }
    }

    fn planned(
        wishes: &[(Place, Option<&str>)],
        held: &[Assignment],
    ) -> (Vec<String>, Vec<Place>, Vec<String>) {
        let Plan { clear, set, replaced, .. } = plan(wishes, held, &[1, 2], |_| true);
        (clear, set, replaced)
    }

    fn ids(ids: &[&str]) -> Vec<String> {
        ids.iter().map(|&id| id.to_owned()).collect()
    }

    #[test]
    fn what_is_there_already_is_left_alone() {
        for place in [&[1, 2][..], &[], &[0]] {
            assert_eq!(
                planned(&[(0, Some("a"))], &[held("a", place)]),
                (ids(&[]), vec![], ids(&[])),
                "{place:?}"
            );
        }
        let two = [held("a-e1", &[1]), held("b-e2", &[2])];
        assert_eq!(planned(&[(1, Some("a-e1")), (2, Some("b-e2"))], &two), (ids(&[]), vec![], ids(&[])));
        assert_eq!(planned(&[(0, None)], &[]), (ids(&[]), vec![], ids(&[])));
    }

    #[test]
    fn a_new_tariff_takes_the_place_of_the_old_one() {
        assert_eq!(planned(&[(0, Some("b"))], &[held("a", &[1, 2])]), (ids(&[]), vec![0], ids(&["a"])));
        assert_eq!(
            planned(&[(1, Some("b")), (2, None)], &[held("a", &[1])]),
            (ids(&[]), vec![1], ids(&["a"]))
        );
    }

    #[test]
    fn what_nothing_takes_the_place_of_is_cleared() {
        assert_eq!(planned(&[(0, None)], &[held("a", &[1, 2])]), (ids(&["a"]), vec![], ids(&[])));
        // It is at EVSE 2 too, where nothing comes.
        assert_eq!(
            planned(&[(1, Some("b")), (2, None)], &[held("a", &[1, 2])]),
            (ids(&["a"]), vec![1], ids(&[]))
        );
        let to_come = Assignment { valid_from: Some(chrono::DateTime::UNIX_EPOCH), ..held("c", &[1, 2]) };
        assert_eq!(planned(&[(0, Some("b"))], &[to_come]), (ids(&["c"]), vec![0], ids(&[])));
    }

    #[test]
    fn the_right_tariff_at_too_few_evses_is_cleared_and_set_again() {
        assert_eq!(planned(&[(0, Some("a"))], &[held("a", &[1])]), (ids(&["a"]), vec![0], ids(&[])));
    }

    #[test]
    fn tariffs_of_drivers_are_not_touched() {
        let driver = Assignment { kind: AssignmentKind::Driver, ..held("d", &[1]) };
        assert_eq!(planned(&[(0, None)], &[driver]), (ids(&[]), vec![], ids(&[])));
    }

    #[test]
    fn what_was_refused_is_not_tried_again_too_soon_but_leaves_nothing_wrong_behind() {
        let plan = plan(&[(0, Some("b"))], &[held("a", &[1, 2])], &[1, 2], |_| false);
        assert_eq!((plan.clear, plan.set, plan.there), (ids(&["a"]), vec![], vec![]));
    }
}
