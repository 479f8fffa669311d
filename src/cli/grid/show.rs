//! How a site stands.

use super::planned;
use crate::cli::{out, registry::Registry};
use csms::grid::look::{EvseLook, LimitLook, Look, NodeLook, look};

/// Prints how a site stands.
pub async fn show(registry: &Registry, wanted: &str, json: bool) -> anyhow::Result<()> {
    let mut tx = registry.read().await?;
    let (site, _, _) = planned(&mut tx, wanted).await?;
    let Some(look) = look(&mut tx, site.id, registry.now()).await? else {
        return out::print("It has no plan any more.\n");
    };
    if json { out::json(&look) } else { out::print(&text(&site.name, &look)) }
}

fn text(site: &str, look: &Look) -> String {
    let decided =
        look.stepped_at.map_or("nothing was decided yet".to_owned(), |at| format!("decided last at {at}"));
    let nodes: Vec<Vec<String>> = look.nodes.iter().map(node).collect();
    let evses: Vec<Vec<String>> = look.evses.iter().map(evse).collect();
    let mut text = format!("{site}: load management is {}; {decided}.\nL1/L2/L3 in A.\n\n", look.mode);
    text += &out::table(
        &["NODE", "FUSE", "LIMIT", "OTHERS", "TAKEN", "PROMISED", "HEADROOM", "EXPORT LEFT"],
        &nodes,
    );
    text += "\n";
    let head = ["STATION", "EVSE", "NODE", "STANDING", "LIMIT", "UNTIL", "COUNTS", "TAKES", "TOLD", "ANSWER"];
    text += &out::table(&head, &evses);
    if !look.limits.is_empty() {
        text += "\n";
        text += &limits(&look.limits);
    }
    text
}

fn node(node: &NodeLook) -> Vec<String> {
    let others = node.others.to_string() + if node.measured { "" } else { " (reserve)" };
    vec![
        "  ".repeat(node.depth) + &node.name,
        node.fuse.to_string(),
        node.limit.map(|limit| limit.to_string()).unwrap_or_default(),
        others,
        node.used.to_string(),
        node.promised.to_string(),
        node.headroom.to_string(),
        if node.export.0.iter().any(|phase| phase.0 > 0) {
            format!("{} of {}", node.export_left, node.export)
        } else {
            String::new()
        },
    ]
}

fn evse(evse: &EvseLook) -> Vec<String> {
    let word = serde_json::to_value(evse.standing).ok();
    let checked =
        if evse.checked == "differs" { format!(" ({})", evse.checked_words) } else { String::new() };
    let answer = match (evse.outcome.as_str(), evse.words.as_str()) {
        ("", _) if evse.told.is_empty() => String::new(),
        ("", _) => "waiting".to_owned(),
        (outcome, "") => outcome.to_owned(),
        (outcome, words) => format!("{outcome}: {words}"),
    };
    vec![
        evse.station.clone(),
        evse.evse.to_string(),
        evse.node.clone(),
        word.as_ref().and_then(|word| word.as_str()).unwrap_or_default().to_owned() + &checked,
        evse.limit.unwrap_or(evse.default).to_string(),
        evse.until.map(|until| until.format("%H:%M:%S").to_string()).unwrap_or_default(),
        evse.counted.to_string(),
        evse.drawn.map(|drawn| drawn.to_string()).unwrap_or_default(),
        evse.told.clone(),
        answer,
    ]
}

/// Limits as a table.
pub fn limits(limits: &[LimitLook]) -> String {
    let row = |limit: &LimitLook| {
        vec![
            limit.id.to_string(),
            limit.place.clone(),
            limit.most.clone(),
            limit.from.to_rfc3339(),
            limit.until.map(|until| until.to_rfc3339()).unwrap_or_default(),
            limit.source.clone(),
            limit.told_by.clone(),
        ]
    };
    let rows: Vec<Vec<String>> = limits.iter().map(row).collect();
    out::table(&["LIMIT", "PLACE", "MOST", "FROM", "UNTIL", "SOURCE", "SAYS"], &rows)
}
