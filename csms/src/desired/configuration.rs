//! Configuration: what the station has is read before it is written, and again afterwards.

use super::{Heard, Step, View, key, look};
use crate::{
    command::{Command, Name, Read, Setting, Write},
    link::{
        dialect::ask::{self, Verdict},
        mask::MASK,
    },
    store::{commands::CommandRow, desired::DesiredRow},
};
use chrono::TimeDelta;
use serde_json::Value;

/// Settings of one question; the station's own limits split it further.
const READ: usize = 100;
const WRITE: usize = 20;

/// What is unheard of is asked for; then what differs is written.
pub(super) fn step(view: &View<'_>, wishes: &[DesiredRow]) -> Option<Step> {
    let (mut unheard, mut wanted) = (Vec::new(), Vec::new());
    let (mut variables, mut settings): (Vec<Name>, Vec<Setting>) = (Vec::new(), Vec::new());
    for wish in wishes {
        let asks = look::is_unheard(wish, view.now);
        if !asks && !look::is_askable(wish, view.now) {
            continue;
        }
        let unfit = |why: String| Some(Step::Unfit { wish: Box::new(wish.clone()), why });
        let variable = match key::read(&wish.key) {
            Ok(variable) => variable,
            Err(why) => return unfit(why),
        };
        let setting = Setting { variable: variable.clone(), value: wish.value.clone() };
        let alone = Command::Write(Write { variables: vec![setting.clone()] });
        if let Err(why) = ask::fits(view.protocol, &alone) {
            return unfit(why.to_string());
        }
        if asks && unheard.len() < READ {
            unheard.push(wish.clone());
            variables.push(variable);
        } else if !asks && wanted.len() < WRITE {
            wanted.push(wish.clone());
            settings.push(setting);
        }
    }
    if !unheard.is_empty() {
        return Some(Step::ask(Command::Read(Read { variables }), unheard));
    }
    (!wanted.is_empty()).then(|| Step::ask(Command::Write(Write { variables: settings }), wanted))
}

/// What a command's end says of one wish. What was read is in the wish already: it was kept with the answer.
pub(super) fn heard(wish: &DesiredRow, command: &Command, row: &CommandRow) -> Heard {
    match command {
        Command::Read(_) => {
            let record: Vec<Value> = serde_json::from_str(&row.calls).unwrap_or_default();
            let asked = ask::asked_for(&record).filter(|asked| !asked.is_empty());
            if asked.is_some_and(|asked| asked.iter().all(|name| key::write(name) != wish.key)) {
                return Heard::NotAsked;
            }
            let since = row.sent_at.unwrap_or(row.created_at);
            let told = wish.reported_at.is_some_and(|at| at >= since);
            Heard::Told(wish.reported.clone().filter(|_| told))
        }
        Command::Write(write) => written(wish, write, row),
        _ => Heard::NotAsked,
    }
}

fn written(wish: &DesiredRow, write: &Write, row: &CommandRow) -> Heard {
    let record: Vec<Value> = serde_json::from_str(&row.calls).unwrap_or_default();
    let all = ask::settings(&record);
    let Some(taken) = all.into_iter().find(|taken| key::write(&taken.name) == wish.key) else {
        let for_good = row.verdict == Verdict::Invalid.word() || row.verdict == Verdict::Unsupported.word();
        // All was accepted, or nothing was sent at all; else the station had refused another before it came to this.
        return match row.verdict == Verdict::Accepted.word() || record.is_empty() {
            true => Heard::Refused { why: format!("not answered: {}", row.reason), for_good },
            false => Heard::NotAsked,
        };
    };
    let asked = write.variables.iter().find(|setting| key::write(&setting.variable) == wish.key);
    let value = asked.map_or_else(|| MASK.to_owned(), |setting| setting.value.clone());
    match taken.verdict {
        Verdict::Accepted if taken.after_boot => Heard::AfterBoot { value },
        Verdict::Accepted => Heard::Accepted { value, check: Some(TimeDelta::zero()) },
        Verdict::Refused => Heard::Refused { why: taken.reason, for_good: taken.read_only },
        Verdict::Unsupported | Verdict::Invalid => Heard::Refused { why: taken.reason, for_good: true },
    }
}
