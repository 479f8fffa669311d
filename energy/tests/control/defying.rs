//! Stations that acknowledge what they are told, and take what they like.

use energy::control::{Drawn, Standing};
use energy::grid::{Evse, EvseId, Wiring};
use energy::units::{Milliamps, PerPhase, Phase};

use super::{Room, amps, evse, site};

impl Room {
    /// The first takes `takes` whatever it is told; a reading each minute. What the other one held, one after the other.
    fn defied(&mut self, takes: i64, minutes: i64) -> Vec<Milliamps> {
        let mut held = Vec::new();
        for _ in 0..minutes {
            self.inputs.sessions[0].drawn =
                Some(Drawn { current: PerPhase::amps(takes), each: true, at: self.now });
            for _ in 0..6 {
                self.run(10);
                held.push(self.held(2).unwrap_or_default());
            }
        }
        held.dedup();
        held
    }

    pub fn standing(&self, id: u64) -> Standing {
        let evse = self.site.evse(EvseId(id)).expect("known");
        self.state.track(EvseId(id)).expect("known").standing(evse)
    }
}

#[test]
fn others_give_way_to_one_that_ignores_its_limit_and_do_not_come_back_until_it_follows() {
    let mut room = Room::new(site(40, vec![evse(1), evse(2)]));
    room.plug(1);
    room.plug(2);
    room.run(60);
    assert_eq!((room.held(1), room.held(2)), (Some(amps(20)), Some(amps(20))));
    assert_eq!(room.defied(32, 60), [amps(20), amps(8)], "it gives way once and for all");
    assert_eq!(room.standing(1), Standing::Disobeys);
    assert_eq!(room.held(1), Some(amps(20)), "it is told its part as if it followed");
    // No news for an hour.
    room.run(3600);
    assert_eq!((room.held(2), room.standing(1)), (Some(amps(8)), Standing::Disobeys));
    // It follows at last.
    assert_eq!(room.defied(20, 2).last(), Some(&amps(20)));
    assert_eq!(room.standing(1), Standing::Limited);
}

#[test]
fn who_does_not_fit_beside_one_that_ignores_its_limit_waits() {
    let mut room = Room::new(site(36, vec![evse(1), evse(2)]));
    room.plug(1);
    room.plug(2);
    room.run(60);
    assert_eq!(room.defied(32, 60), [amps(18), Milliamps::ZERO]);
    // Alone it is told all that it takes; that is no sign that it would follow if there was less.
    let other = room.inputs.sessions.remove(1);
    room.defied(32, 10);
    assert_eq!((room.held(1), room.standing(1)), (Some(amps(32)), Standing::Limited));
    room.inputs.sessions.push(other);
    assert_eq!(room.defied(32, 60), [Milliamps::ZERO]);
    assert_eq!(room.standing(1), Standing::Disobeys);
}

#[test]
fn the_next_vehicle_is_not_held_to_what_the_last_one_took() {
    let other = Evse { wiring: Wiring::single(Phase::L2), ..evse(2) };
    let mut room = Room::new(site(40, vec![evse(1), other]));
    room.plug(1);
    room.plug(2);
    room.run(60);
    assert_eq!(room.defied(32, 5).last(), Some(&amps(8)));
    room.inputs.sessions[0].transaction = "next".to_owned();
    room.inputs.sessions[0].drawn = None;
    room.run(60);
    assert_eq!((room.held(1), room.held(2)), (Some(amps(20)), Some(amps(20))));
}
