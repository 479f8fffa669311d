use super::super::population::{Population, Scale};
use super::*;
use crate::risk::behaviour::features::steps;

/// Payments of honest drivers of a small population, oldest first.
fn people() -> Vec<Vec<Visit>> {
    Population::make(&Scale { seed: 3, drivers: 40, days: 40, fraud: false }).visits_until(40)
}

#[test]
fn the_gradient_is_what_small_steps_show() {
    let people = people();
    let visits: Vec<&[Visit]> = people.iter().map(Vec::as_slice).collect();
    let norms = norms(&visits).unwrap();
    let long = visits.iter().max_by_key(|visits| visits.len()).unwrap();
    let stretch = Stretch {
        steps: steps(&long[..9], &norms).unwrap(),
        came: (0..9).map(|n| target(&long[..=n], &long[n + 1], &norms).unwrap()).collect(),
    };
    let batch = [stretch];
    let mut dice = Dice::new(11);
    let mut parameters = fresh(&mut dice);
    // The last layer, too, must not be nothing.
    parameters.iter_mut().for_each(|p| *p += dice.between(-0.05, 0.05));
    let found = gradient(&parameters, &batch);
    assert!(
        found.iter().map(|g| g * g).sum::<f64>().sqrt() < LENGTH_MAX,
        "not cut, or nothing could be compared"
    );
    let mut moved = 0;
    for k in (0..PARAMETERS).step_by(37).chain(PARAMETERS - OUT..PARAMETERS) {
        let at = |step: f64| {
            let mut moved = parameters.clone();
            moved[k] += step;
            surprise(&moved, &batch)
        };
        let shown = (at(1e-5) - at(-1e-5)) / 2e-5;
        assert!(
            (found[k] - shown).abs() < 1e-6 + 1e-4 * shown.abs(),
            "parameter {k}: {} is {shown}",
            found[k]
        );
        moved += usize::from(shown.abs() > 1e-6);
    }
    assert!(moved > 100, "{moved} parameters matter");
}

#[test]
fn training_lowers_the_surprise_of_drivers_it_has_not_seen_and_can_be_repeated() {
    let plan = Plan { epochs: 2, ..Plan::default() };
    let once = train(&people(), &plan).unwrap().unwrap();
    assert_eq!(once.losses.len(), 3);
    assert!(once.losses[2] < once.losses[0] - 0.05, "{:?}", once.losses);
    let again = train(&people(), &plan).unwrap().unwrap();
    assert_eq!(once.model.id(), again.model.id());
    assert!(train(&[], &plan).unwrap().is_none());
    assert!(train(&people()[..2], &plan).unwrap().is_none());
}

#[test]
fn a_model_is_known_by_its_hash() {
    let trained = train(&people(), &Plan { epochs: 0, ..Plan::default() }).unwrap().unwrap();
    let (text, id) = (trained.model.text(), trained.model.id());
    assert_eq!(Model::open(text, id).unwrap().weights, trained.model.weights);
    let changed = text.replacen("CNY", "EUR", 1);
    assert!(matches!(Model::open(&changed, id), Err(ModelFault::Hash { .. })));
    let short = r#"{"format":1,"norms":{"amounts":{},"gap":[0.0,1.0]},"weights":"AAAAAA=="}"#;
    let Err(ModelFault::Hash { found, .. }) = Model::open(short, "") else {
        panic!("an empty hash fits nothing")
    };
    assert_eq!(Model::open(short, &found).unwrap_err(), ModelFault::Weights(1));
    let other = short.replace("\"format\":1", "\"format\":9");
    let Err(ModelFault::Hash { found, .. }) = Model::open(&other, "") else {
        panic!("an empty hash fits nothing")
    };
    assert_eq!(Model::open(&other, &found).unwrap_err(), ModelFault::Format(9));
}
