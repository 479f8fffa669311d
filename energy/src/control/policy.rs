//! What a policy may say.

use crate::control::Policy;
use crate::units::Milliamps;

impl Policy {
    /// What is wrong with it, all at once; empty if nothing is. Each names its field.
    pub fn problems(&self) -> Vec<String> {
        let mut found = Vec::new();
        let mut within = |field: &str, value: u32, least: u32, most: u32| {
            if !(least..=most).contains(&value) {
                found.push(format!("{field} is {value}, and has to be {least} to {most}"));
            }
        };
        within("hold_limit_s", self.hold_limit_s, 60, 3_600);
        within("clock_skew_s", self.clock_skew_s, 0, 300);
        within("answer_within_s", self.answer_within_s, 5, 120);
        within("lead_s", self.lead_s, 0, 900);
        within("keep_place_s", self.keep_place_s, 0, 86_400);
        within("settle_s", self.settle_s, 0, 600);
        within("draw_max_age_s", self.draw_max_age_s, 10, 3_600);
        within("spare_s", self.spare_s, 0, 86_400);
        for (field, current) in [("worth", self.worth), ("headroom", self.headroom)] {
            if current < Milliamps::ZERO || current > Milliamps::from_amps(100) {
                found.push(format!("{field} is {current}, and has to be 0 to 100 A"));
            }
        }
        // A limit is renewed at half of its time: what is renewed has to arrive before it ends at a clock that is ahead.
        if u64::from(self.answer_within_s) + u64::from(self.clock_skew_s) >= u64::from(self.hold_limit_s / 2)
        {
            found.push(String::from(
                "answer_within_s and clock_skew_s together have to be less than half of hold_limit_s, or limits end before they are renewed",
            ));
        }
        found
    }
}
