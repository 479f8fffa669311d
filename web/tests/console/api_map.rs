//! No entity is forgotten: every table of the database is reached by the API, or the map says why not.

use crate::{Console, api_v1::json_of};
use csms::store::testing::tables;
use std::collections::{BTreeMap, BTreeSet};

#[tokio::test]
async fn every_table_is_reached_by_an_operation_or_the_map_says_why_not() {
    let map: BTreeMap<String, String> = toml::from_str(include_str!("../reach.toml")).unwrap();
    let told: BTreeSet<&str> = map.keys().map(String::as_str).collect();
    assert_eq!(tables(), told, "the migrations (left) and web/tests/reach.toml (right) differ");

    let console = Console::start().await;
    let document = json_of(console.browser().get("/api/v1/openapi.json"), 200).await;
    let paths = document["paths"].as_object().unwrap().values().flat_map(|path| path.as_object().unwrap());
    let ops: BTreeSet<&str> =
        paths.map(|(_, operation)| operation["operationId"].as_str().unwrap()).collect();
    for (table, way) in &map {
        match way.split_once(": ") {
            Some(("none", why)) => assert!(!why.trim().is_empty(), "{table}: say why"),
            Some(("pending", op)) => {
                assert!(!ops.contains(op), "{table}: {op} is there now; say so in the map")
            }
            _ => assert!(ops.contains(way.as_str()), "{table}: there is no operation {way}"),
        }
    }
}
