//! Some stations take all messages and ignore them. Meter values tell; others give way to them for good.

use energy::units::{Milliamps, PerPhase, Phase};

use super::action::Action;
use super::world::World;

/// Longer than it takes from the first step with too little for all until a reading tells, and others have answered.
const NOTICED_WITHIN: usize = 13;

impl World {
    /// Everybody charges, and those that `ignore` says do not listen. An hour with a reading each minute and all answered within ten
    /// seconds. Somebody who does not listen may overload a fuse until that is measured, and never again.
    pub fn defy(&mut self, ignore: &[bool]) -> Result<(), String> {
        let count = self.site.evses().len();
        for (who, ignores) in ignore.iter().take(count).enumerate() {
            self.stations[who].ignores = *ignores;
            self.act(Action::Connect(who));
            self.act(Action::Plug(who, None, 1 + (who % 3) as u8));
        }
        let (mut over, mut last) = (0, String::new());
        for tick in 0..360 {
            if tick % 6 == 0 {
                (0..count).for_each(|who| self.act(Action::Draw(who, 100)));
            }
            self.act(Action::Wait(10));
            self.act(Action::DeliverAll);
            if let Some(broken) = self.given_way() {
                (over, last) = (over + 1, broken);
            }
        }
        let most = NOTICED_WITHIN * ignore.iter().take(count).filter(|ignores| **ignores).count();
        if over > most { Err(format!("{over} times, {most} would do: {last}")) } else { Ok(()) }
    }

    /// Does each fuse carry no more than it can, but for what others cannot give up and what meters do not tell?
    fn given_way(&self) -> Option<String> {
        let mut floor = self.others();
        let mut blur = vec![Milliamps::ZERO; floor.len()];
        for (who, evse) in self.site.evses().iter().enumerate() {
            let ignores = self.stations[who].ignores;
            let rest = match self.state.track(evse.id) {
                Some(track) if !ignores => track.promise().floor(evse),
                _ => evse.wiring.load(evse.rated, self.used(who)),
            };
            for node in self.site.path(who) {
                floor[*node] += rest;
                if ignores {
                    blur[*node] += Milliamps(1000 + evse.rated.0 / 20);
                }
            }
        }
        for (at, flow) in self.drawn().into_iter().enumerate() {
            let most = self.site.nodes()[at].fuse.max(floor[at]) + PerPhase::all(blur[at]);
            if Phase::ALL.iter().any(|phase| flow[*phase] > most[*phase]) {
                return Some(format!("node {at} carries {flow}, and has to carry {most} at the most"));
            }
        }
        None
    }
}
