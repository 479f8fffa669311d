//! Plans that vehicles have of their own, and load management beside them.

use crate::hall::{Hall, NAMES, SITE, limits, of, plan_of};
use chrono::TimeDelta;
use conformance::Answer;
use csms::{
    grid::switch::Mode,
    needs,
    store::{needs as rows, testing::TestDb},
};
use energy::control::Standing;
use serde_json::json;

#[tokio::test]
async fn a_vehicles_own_plan_gives_way_when_load_management_begins() {
    for db in TestDb::all().await.unwrap() {
        let mut hall = Hall::open(&db, 60, &plan_of(60)).await;
        hall.connect().await;
        hall.switch(Mode::Off).await.unwrap();
        hall.when("nobody steps it", async || hall.app.grid.last(SITE).is_none()).await;
        hall.charge(2).await;
        let tells = json!({"evseId": 1, "maxScheduleTuples": 3, "chargingNeeds": {
            "requestedEnergyTransfer": "AC_three_phase", "departureTime": "2026-03-02T20:00:00Z",
            "acChargingParameters": {"energyAmount": 20_000, "evMinCurrent": 6, "evMaxCurrent": 16, "evMaxVoltage": 400}}});
        let answer = hall.stations[2].call("NotifyEVChargingNeeds", tells).await.unwrap();
        assert_eq!(answer["status"], "Accepted");
        let station = NAMES[2].into();
        needs::turn(&hall.app, &station).await.unwrap();
        let open = rows::open(&mut hall.app.db.read().await.unwrap(), NAMES[2]).await.unwrap();
        let session = open[0].session_id;
        let plan =
            async || rows::plan(&mut hall.app.db.read().await.unwrap(), session).await.unwrap().unwrap();
        assert_eq!(plan().await.state, "set");
        assert!(hall.stations[2].profiles().iter().any(|id| *id >= 1_600_000_000));

        // As long as the station has it, it may be what holds, beside a default that was acknowledged.
        hall.switch(Mode::On).await.unwrap();
        hall.when("it is stepped", async || hall.app.grid.last(SITE).is_some()).await;
        hall.pass(TimeDelta::minutes(1)).await;
        let look = hall.look().await;
        let [one, other] = [of(&look, NAMES[0]), of(&look, NAMES[2])];
        assert_eq!((one.standing, one.counted.0), (Standing::Default, 6_000));
        assert_eq!((other.counted.0, &*other.checked), (32_000, "holds"), "nor is it read back beside it");

        // A station that does not answer is asked again.
        hall.stations[2].answer_with("ClearChargingProfile", Answer::Result(json!({"odd": true})));
        needs::turn(&hall.app, &station).await.unwrap();
        assert_eq!(plan().await.state, "lost");
        hall.stations[2].answer_normally("ClearChargingProfile");
        hall.clock.advance(TimeDelta::seconds(1));
        needs::turn(&hall.app, &station).await.unwrap();
        let plan = plan().await;
        assert_eq!(
            (plan.state.as_str(), plan.reason.as_str()),
            ("none", "load management plans for this EVSE")
        );
        assert!(!hall.stations[2].profiles().iter().any(|id| *id >= 1_600_000_000));
        let gone = hall.clock.now();
        hall.until("it has its limit", |_, look| limits(look)[2] > 6).await;
        hall.stations[2].stop(1, "Local").await.unwrap();
        hall.stations[2].unplug(1).await.unwrap();
        hall.until("its default counts", |_, look| of(look, NAMES[2]).counted.0 == 6_000).await;
        assert!(hall.clock.now() - gone < TimeDelta::minutes(3), "as soon as the plan has gone");
    }
}
