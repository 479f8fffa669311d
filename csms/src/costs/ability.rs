//! Does a station show costs? Only what it says of itself counts; whoever has not said so is told nothing.

use crate::{
    local_tariffs::capability::{self, Counts},
    store::{StoreError, Tx, row::VariableRow, variables},
};
use ocpp::Version;

/// How a station's display is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ability {
    /// CostUpdated.
    Updates,
    /// The messages of the paper on California's requirements.
    California {
        /// What it speaks (RFC 5646).
        language: String,
        /// It takes a text in several.
        several: bool,
    },
}

/// What a station says. `None`: it shows no costs, or has not said so.
pub(super) async fn of(tx: &mut Tx, station: &str, version: Version) -> Result<Option<Ability>, StoreError> {
    if !version.takes_messages() {
        let mut said = Vec::with_capacity(3);
        for name in ["CustomDisplayCostAndPrice", "CustomMultiLanguageMessages", "Language"] {
            let rows = variables::named(tx, station, "", name).await?;
            said.push(rows.into_iter().find_map(|row| row.value).unwrap_or_default());
        }
        let language = if said[2].trim().is_empty() { "en" } else { said[2].trim() };
        let ability = Ability::California { language: language.to_owned(), several: is_on(&said[1]) };
        return Ok(Some(ability).filter(|_| is_on(&said[0])));
    }
    let rows = variables::named(tx, station, capability::COMPONENT, capability::VARIABLE).await?;
    // Who counts costs itself, by our tariff, shows its own.
    let shows = shows(&rows) && capability::told(&rows) != Counts::Yes;
    Ok(shows.then_some(Ability::Updates))
}

fn is_on(value: &str) -> bool {
    value.trim().eq_ignore_ascii_case("true")
}

/// TariffCostCtrlr.Enabled, instance Cost (I02.FR.01).
fn shows(rows: &[VariableRow]) -> bool {
    let cost = |row: &&VariableRow| row.instance.eq_ignore_ascii_case("Cost") && row.attribute == "Actual";
    rows.iter().find(cost).and_then(|row| row.value.as_deref()).is_some_and(is_on)
}
