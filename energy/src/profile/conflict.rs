//! How a profile gets along with those that are installed.

use crate::profile::check::{Abilities, Problem};
use crate::profile::model::{Installed, Place, Profile, Purpose, Rules};

/// The ids of those that `new` takes the place of, or why it may not be sent.
///
/// Same id: replaced. Same purpose, stack level and place with overlapping validity: OCPP 1.6 replaces without a word;
/// 2.x forbids it (K01.FR.06, .39). A default for the station and one for an EVSE on one stack level are a conflict in
/// 2.x (K01.FR.14, .15, .52, .53), in 1.6 the EVSE's counts there.
pub fn replaces(
    new: &Installed,
    installed: &[Installed],
    abilities: &Abilities,
) -> Result<Vec<i32>, Vec<Problem>> {
    let (mut replaced, mut problems) = (Vec::new(), Vec::new());
    for old in installed {
        if old.profile.id == new.profile.id {
            replaced.push(old.profile.id);
        } else if competes(&new.profile, &old.profile) {
            let id = old.profile.id;
            if old.place == new.place && abilities.rules == Rules::Ocpp16 {
                replaced.push(id);
            } else if old.place == new.place {
                let rule = if new.profile.purpose == Purpose::Tx { "K01.FR.39" } else { "K01.FR.06" };
                problems.push(clash(
                    rule,
                    &format!("profile {id} has this purpose, level and place at the same time"),
                ));
            } else if defaults_meet(new, old) && abilities.rules > Rules::Ocpp16 {
                let rule = if new.place == Place::Station { "K01.FR.52" } else { "K01.FR.53" };
                let message = format!(
                    "profile {id} is a default on this level too: one for the station and one for an EVSE need different levels"
                );
                problems.push(clash(rule, &message));
            }
        }
    }
    if installed.len() - replaced.len().min(installed.len()) >= abilities.max_profiles {
        let message = format!("the station holds {} profiles; clear one before", abilities.max_profiles);
        problems.push(Problem { rule: "K01", path: String::from("id"), message });
    }
    if problems.is_empty() { Ok(replaced) } else { Err(problems) }
}

fn clash(rule: &'static str, message: &str) -> Problem {
    Problem { rule, path: String::from("stack_level"), message: message.to_owned() }
}

/// Same purpose, level and transaction, at a time they share.
fn competes(new: &Profile, old: &Profile) -> bool {
    let before = |a: &Profile, b: &Profile| match (a.valid_to, b.valid_from) {
        (Some(ends), Some(starts)) => ends <= starts,
        _ => false,
    };
    new.purpose == old.purpose
        && new.stack_level == old.stack_level
        && new.transaction == old.transaction
        && !before(new, old)
        && !before(old, new)
}

fn defaults_meet(new: &Installed, old: &Installed) -> bool {
    new.profile.purpose == Purpose::TxDefault
        && (new.place == Place::Station) != (old.place == Place::Station)
}
