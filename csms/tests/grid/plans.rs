//! Plans as operators write them.

use crate::hall::plan_of;
use csms::grid::file::PlanFile;
use serde_json::{Value, json};

fn problems(plan: Value) -> Vec<String> {
    serde_json::from_value::<PlanFile>(plan).unwrap().plan(None).unwrap_err()
}

#[test]
fn what_is_left_out_is_filled_in_and_can_be_exported() {
    let file: PlanFile = serde_json::from_value(plan_of(15)).unwrap();
    let plan = file.plan(None).unwrap();
    let defaults: Vec<i64> = plan.site.evses().iter().map(|evse| evse.default.0).collect();
    assert_eq!(defaults, [6_000, 6_000, 0], "as many as fit");
    let full = PlanFile::of(&plan);
    let again = full.plan(Some(&plan)).unwrap();
    assert_eq!(PlanFile::of(&again), full);
    assert_eq!(again.names, plan.names);
}

#[test]
fn numbers_stay_with_what_has_them() {
    let file: PlanFile = serde_json::from_value(plan_of(60)).unwrap();
    let plan = file.plan(None).unwrap();
    let mut fewer = file.clone();
    let gone = fewer.evse.remove(0);
    let without = fewer.plan(Some(&plan)).unwrap();
    assert_eq!(without.names.evse("S21", 1), plan.names.evse("S21", 1));
    fewer.evse.push(gone);
    let back = fewer.plan(Some(&without)).unwrap();
    assert_ne!(back.names.evse("S16", 1), back.names.evse("S21", 1));
}

#[test]
fn each_problem_names_its_part() {
    let mut plan = plan_of(60);
    plan["node"][0]["parent"] = json!("street");
    plan["evse"][0]["node"] = json!("cellar");
    plan["policy"] = json!({"hold_limit_s": 5});
    assert_eq!(
        problems(plan),
        [
            "node connection: there is no node street to feed it",
            "EVSE 1 of S16: there is no node cellar for it to hang on",
            "policy: hold_limit_s is 5, and has to be 60 to 3600",
            "policy: answer_within_s and clock_skew_s together have to be less than half of hold_limit_s, or limits end \
             before they are renewed",
        ]
    );
    let mut plan = plan_of(60);
    plan["evse"][1]["least"] = json!(40);
    assert_eq!(problems(plan), ["EVSE 1 of S201: needs 0 < least <= rated <= 100 kA"]);
    let mut plan = plan_of(20);
    for evse in 0..3 {
        plan["evse"][evse]["default"] = json!(7);
    }
    let told = problems(plan).join("\n");
    assert!(
        told.starts_with("node connection: with all stations offline its fuse of 20 A on L1 carries 21 A"),
        "{told}"
    );
}
