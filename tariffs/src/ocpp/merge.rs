//! From six lists of prices to one list of elements.

use crate::tariff::Element;

/// Puts elements of one component each, list after list, into as few elements as keep every list's order.
///
/// Which price holds is decided for each dimension by itself, so only the order within a dimension counts. A component
/// joins the next element under the same restrictions that does not have its dimension yet; where there is none it
/// becomes an element right after its predecessor.
pub(super) fn merge(lists: impl IntoIterator<Item = Vec<Element>>) -> Vec<Element> {
    let mut merged: Vec<Element> = Vec::new();
    for list in lists {
        let mut next = 0;
        for element in list {
            let lacks = |other: &Element| {
                element.components.iter().all(|mine| {
                    other.components.iter().all(|component| component.dimension != mine.dimension)
                })
            };
            let found = merged
                .iter()
                .enumerate()
                .skip(next)
                .find(|(_, other)| other.restrictions == element.restrictions && lacks(other));
            match found.map(|(at, _)| at) {
                Some(at) => {
                    merged[at].components.extend(element.components);
                    next = at + 1;
                }
                None => {
                    merged.insert(next, element);
                    next += 1;
                }
            }
        }
    }
    merged
}
