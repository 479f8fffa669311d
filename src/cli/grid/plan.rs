//! Plans: in from a file, out to one.

use super::planned;
use crate::cli::{out, registry::Registry, site, trouble::Trouble};
use csms::{
    grid::{
        change::{Change, ChangeError},
        file::PlanFile,
        switch::Mode,
    },
    store::grid,
};
use std::{io::Read, path::Path};

/// No plan is larger: 10,000 EVSEs of 400 bytes.
const FILE_BYTES_MAX: u64 = 8 << 20;

/// Takes a plan over, or says all that is wrong with it.
pub async fn import(
    registry: &Registry,
    wanted: &str,
    file: &Path,
    check: bool,
    off: bool,
) -> anyhow::Result<()> {
    let read = read(file)?;
    let mut tx = registry.write().await?;
    let site = site::find(&mut tx, wanted).await?;
    let refused = || Trouble::new(format!("The plan in {} is not taken over.", file.display()));
    let change = Change::new(&mut tx, site.id, &read, None, None).await;
    let change = change.map_err(|error| match error {
        ChangeError::Refused(problems) => problems.iter().fold(refused(), Trouble::why),
        error => refused().why(error),
    })?;
    let made = &change.plan;
    let (nodes, evses) = (made.site.nodes().len(), made.site.evses().len());
    let without = change.without_default().len();
    let note = match without {
        0 => String::new(),
        some => format!("{some} of them have a default of 0: they do not charge while they are offline.\n"),
    };
    if check {
        return out::print(&format!("The plan is sound: {nodes} nodes, {evses} EVSEs.\n{note}"));
    }
    change
        .keep(&mut tx, off.then_some(Mode::Off), registry.now())
        .await
        .map_err(|error| refused().why(error))?;
    let is_on = grid::find(&mut tx, site.id).await?.is_some_and(|row| row.mode == "on");
    tx.commit().await?;
    let now = match is_on {
        true => "Stations are told within seconds, if csms serve runs.",
        false => "Nothing is told yet: csms grid on.",
    };
    out::print(&format!("{}: {nodes} nodes, {evses} EVSEs. {now}\n{note}", site.name))
}

/// Prints a plan.
pub async fn export(registry: &Registry, wanted: &str, json: bool) -> anyhow::Result<()> {
    let (_, _, plan) = planned(&mut registry.read().await?, wanted).await?;
    let file = PlanFile::of(&plan);
    if json { out::json(&file) } else { out::print(&toml::to_string(&file)?) }
}

fn read(file: &Path) -> Result<PlanFile, Trouble> {
    let refused = || Trouble::new(format!("{} cannot be read as a plan.", file.display()));
    let mut text = String::new();
    let read = if file.as_os_str() == "-" {
        std::io::stdin().lock().take(FILE_BYTES_MAX + 1).read_to_string(&mut text)
    } else {
        std::fs::File::open(file).and_then(|open| open.take(FILE_BYTES_MAX + 1).read_to_string(&mut text))
    };
    read.map_err(|error| refused().why(error))?;
    if text.len() as u64 > FILE_BYTES_MAX {
        return Err(refused().why("it is larger than 8 MB"));
    }
    if file.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("json")) {
        serde_json::from_str(&text).map_err(|error| refused().why(error))
    } else {
        toml::from_str(&text).map_err(|error| refused().why(error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_is_written_and_read_again_in_toml() {
        let text = r#"
            [[node]]
            name = "connection"
            fuse = [63, 63, "50.5"]
            others = { reserve = 20, margin = 5, max_age_s = 60 }

            [[evse]]
            station = "HALL-7"
            evse = 1
            node = "connection"
            phases = ["l2", "l3", "l1"]
            rated = 32
        "#;
        let plan = toml::from_str::<PlanFile>(text).unwrap().plan(None).unwrap();
        let full = toml::to_string(&PlanFile::of(&plan)).unwrap();
        let again = toml::from_str::<PlanFile>(&full).unwrap();
        assert_eq!(again, PlanFile::of(&plan), "{full}");
        assert!(full.contains("fuse = [63, 63, \"50.5\"]"), "{full}");
    }

    #[test]
    fn a_fraction_is_written_as_text() {
        let wrong = "[[node]]\nname = \"a\"\nfuse = 62.5\n";
        let error = toml::from_str::<PlanFile>(wrong).unwrap_err().to_string();
        assert!(error.contains("a current for all phases (63)"), "{error}");
    }
}
