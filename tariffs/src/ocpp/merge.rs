//! From six lists of prices to one list of elements.

use std::collections::VecDeque;

use crate::model::tariff::Element;

/// Puts elements of one component each, list after list, into as few elements as keep every list's order.
///
/// Which price holds is decided for each dimension by itself, so only the order within a dimension counts. A component
/// joins the next element under the same restrictions that does not have its dimension yet; where there is none it
/// becomes an element, before that of its first successor that has one, else at the end.
pub(super) fn merge(lists: impl IntoIterator<Item = Vec<Element>>) -> Vec<Element> {
    let mut merged: Vec<Element> = Vec::new();
    for list in lists {
        let mut next = 0;
        let mut rest = VecDeque::from(list);
        loop {
            let joins = rest.iter().enumerate();
            let first =
                joins.filter_map(|(skip, element)| Some((skip, place(&merged, next, element)?))).next();
            let Some((skip, at)) = first else { break };
            merged.splice(at..at, rest.drain(..skip));
            merged[at + skip]
                .components
                .extend(rest.pop_front().into_iter().flat_map(|joins| joins.components));
            next = at + skip + 1;
        }
        merged.extend(rest);
    }
    merged
}

/// The element from `next` on that can take the component.
fn place(merged: &[Element], next: usize, element: &Element) -> Option<usize> {
    let lacks = |other: &Element| {
        let has = |dimension| other.components.iter().any(|component| component.dimension == dimension);
        !element.components.iter().any(|component| has(component.dimension))
    };
    let fits = |other: &Element| other.restrictions == element.restrictions && lacks(other);
    merged.iter().skip(next).position(fits).map(|at| next + at)
}
