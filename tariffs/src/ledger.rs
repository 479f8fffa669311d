//! What a session has used so far, by component, in whole mWh and µs.

use crate::tariff::Dimension;

/// Beyond this many stretches those of the same price become one: a bill stays readable and memory bounded.
const MAX_SPANS: usize = 500;

/// A stretch in which a dimension had one price.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    pub dimension: Dimension,
    /// `None`: free, no element held.
    pub component: Option<usize>,
    /// µs since 1970.
    pub from: i64,
    pub to: i64,
    /// mWh or µs.
    pub quantity: i64,
}

/// Quantities by component, and the stretches they were used in.
#[derive(Debug, Clone)]
pub(crate) struct Ledger {
    /// Per component, mWh or µs.
    sums: Vec<i64>,
    /// Per metered dimension the stretch that goes on.
    open: [Option<Span>; 4],
    closed: Vec<Span>,
    folded: bool,
    /// Per metered dimension the component that priced it last.
    last: [Option<usize>; 4],
    /// The flat component that was charged, and when.
    pub flat: Option<(usize, i64)>,
}

impl Ledger {
    pub fn new(components: usize) -> Ledger {
        Ledger {
            sums: vec![0; components],
            open: [None; 4],
            closed: Vec::new(),
            folded: false,
            last: [None; 4],
            flat: None,
        }
    }

    /// Takes note of a use. A use of nothing leaves no trace. `used.dimension` is a metered one.
    pub fn add(&mut self, used: Span) {
        if used.quantity == 0 {
            return;
        }
        let slot = used.dimension as usize;
        if let Some(component) = used.component {
            self.sums[component] = self.sums[component].saturating_add(used.quantity);
            self.last[slot] = Some(component);
        }
        match &mut self.open[slot] {
            Some(open) if open.component == used.component => extend(open, used),
            open => {
                if let Some(done) = open.replace(used) {
                    self.close(done);
                }
            }
        }
    }

    /// What a component has priced, mWh or µs.
    pub fn sum(&self, component: usize) -> i64 {
        self.sums[component]
    }

    /// The component that priced a metered dimension last.
    pub fn last(&self, dimension: Dimension) -> Option<usize> {
        self.last[dimension as usize]
    }

    /// All stretches, by their beginning.
    pub fn spans(&self) -> Vec<Span> {
        let mut spans = self.closed.clone();
        for open in self.open.iter().flatten() {
            match spans.iter_mut().find(|span| self.folded && same_price(span, open)) {
                Some(span) => extend(span, *open),
                None => spans.push(*open),
            }
        }
        spans.sort_by_key(|span| (span.from, span.dimension));
        spans
    }

    fn close(&mut self, span: Span) {
        if self.folded
            && let Some(earlier) = self.closed.iter_mut().find(|earlier| same_price(earlier, &span))
        {
            extend(earlier, span);
            return;
        }
        self.closed.push(span);
        if self.closed.len() > MAX_SPANS && !self.folded {
            self.fold();
        }
    }

    fn fold(&mut self) {
        self.folded = true;
        for span in std::mem::take(&mut self.closed) {
            self.close(span);
        }
    }
}

fn same_price(a: &Span, b: &Span) -> bool {
    a.dimension == b.dimension && a.component == b.component
}

fn extend(span: &mut Span, by: Span) {
    span.to = by.to;
    span.quantity = span.quantity.saturating_add(by.quantity);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn used(component: usize, from: i64) -> Span {
        Span { dimension: Dimension::Time, component: Some(component), from, to: from + 1, quantity: 1 }
    }

    #[test]
    fn uses_at_one_price_become_one_stretch() {
        let mut ledger = Ledger::new(2);
        for at in 0..10 {
            ledger.add(used(at / 5, i64::try_from(at).unwrap()));
        }
        let spans = ledger.spans();
        assert_eq!(spans.len(), 2);
        assert_eq!((spans[1].from, spans[1].to, spans[1].quantity), (5, 10, 5));
        assert_eq!((ledger.sum(0), ledger.sum(1), ledger.last(Dimension::Time)), (5, 5, Some(1)));
    }

    #[test]
    fn stretches_that_alternate_without_end_are_folded() {
        let mut ledger = Ledger::new(2);
        for at in 0..10_000 {
            ledger.add(used(at % 2, i64::try_from(at).unwrap()));
            assert!(ledger.closed.len() <= MAX_SPANS + 1);
        }
        let spans = ledger.spans();
        assert_eq!(spans.len(), 2);
        assert_eq!((spans[0].from, spans[0].to, spans[0].quantity), (0, 9_999, 5_000));
        assert_eq!(ledger.sum(1), 5_000);
    }
}
