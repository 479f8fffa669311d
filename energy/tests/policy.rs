//! What a policy may say.

use energy::control::Policy;
use energy::units::Milliamps;

#[test]
fn the_usual_policy_is_sound() {
    assert_eq!(Policy::default().problems(), Vec::<String>::new());
}

#[test]
fn each_value_out_of_bounds_is_named() {
    let policy = Policy { hold_limit_s: 10, worth: Milliamps(-1), draw_max_age_s: 0, ..Policy::default() };
    let problems = policy.problems().join("\n");
    for part in ["hold_limit_s is 10", "worth is -0.001 A", "draw_max_age_s is 0", "half of hold_limit_s"] {
        assert!(problems.contains(part), "{part} in {problems}");
    }
}

#[test]
fn limits_have_to_be_renewed_before_they_end() {
    let policy = Policy { hold_limit_s: 120, ..Policy::default() };
    assert_eq!(policy.problems().len(), 1, "30 s to answer and 30 s of skew are half of it");
}
