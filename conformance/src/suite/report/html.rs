//! The report for browsers: one file, nothing from elsewhere, light and dark. Without scripts it is the whole list; with
//! them it can be filtered by verdict, block and words.

use super::junit::escape;
use super::{blocks, profiles};
use crate::suite::case::Verdict;
use crate::suite::run::{Outcome, Summary};
use crate::suite::trace::{Line, Speaker};

const STYLE: &str = include_str!("report.css");
const SCRIPT: &str = include_str!("report.js");

/// A page with totals, a table of the blocks, and each case with its trace to unfold.
pub fn html(summary: &Summary) -> String {
    let title = format!("Conformance of {}", escape(&summary.subject));
    let totals: String = Verdict::ALL
        .iter()
        .map(|verdict| {
            let (class, word) = (class(*verdict), verdict.word());
            let count = summary.count(*verdict);
            format!(
                "<button type=\"button\" class=\"{class}\" data-verdict=\"{class}\" aria-pressed=\"false\">\
                 <b>{count}</b> {word}</button>\n"
            )
        })
        .collect();
    let names = blocks(&summary.outcomes);
    let rows: String = names
        .iter()
        .map(|(name, counts)| {
            let cells: String = counts
                .iter()
                .zip(Verdict::ALL)
                .map(|(count, verdict)| match count {
                    0 => "<td class=\"none\">0</td>".to_owned(),
                    _ => format!("<td class=\"{}\">{count}</td>", class(verdict)),
                })
                .collect();
            format!("<tr><th scope=\"row\">{}</th>{cells}</tr>\n", escape(name))
        })
        .collect();
    let options: String =
        names.iter().map(|(name, _)| format!("<option>{}</option>\n", escape(name))).collect();
    let cases: String = summary.outcomes.iter().map(case).collect();
    let at = summary.at.format("%Y-%m-%d %H:%M UTC");
    let count = summary.outcomes.len();
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title}</title>\n<style>\n{STYLE}</style></head>\n<body>\n<h1>{title}</h1>\n\
         <p class=\"dim\">{at}, {:.1} s, {count} cases</p>\n\
         <div class=\"bar\" id=\"bar\"><div class=\"totals\" role=\"group\" aria-label=\"Verdicts\">\n{totals}</div>\n\
         <form class=\"filters\" role=\"search\" hidden>\n\
         <label>Block <select id=\"block\"><option value=\"\">all</option>\n{options}</select></label>\n\
         <label>Words <input id=\"words\" type=\"search\" placeholder=\"id, title, reason\" autocomplete=\"off\"></label>\n\
         <button type=\"button\" id=\"next\">Next failure</button>\n\
         <button type=\"button\" id=\"fold\" aria-pressed=\"false\">Open all</button>\n\
         <button type=\"reset\">Show all</button>\n\
         <output id=\"shown\" aria-live=\"polite\"></output></form></div>\n\
         <details class=\"blocks\" open><summary>Blocks</summary><div class=\"scroll\"><table><thead><tr>\
         <th scope=\"col\">Block</th><th scope=\"col\">Pass</th><th scope=\"col\">Fail</th>\
         <th scope=\"col\"><abbr title=\"Not applicable\">N/A</abbr></th>\
         <th scope=\"col\"><abbr title=\"Inconclusive\">Inc.</abbr></th></tr></thead>\n\
         <tbody>\n{rows}</tbody></table></div></details>\n<h2>Cases</h2>\n\
         <p class=\"dim keys\" hidden>Keys: <kbd>/</kbd> words, <kbd>n</kbd> and <kbd>p</kbd> next and previous failure</p>\n\
         <main>\n{cases}</main>\n<script>\n{SCRIPT}</script></body></html>\n",
        summary.took.as_secs_f64(),
    )
}

fn case(outcome: &Outcome) -> String {
    let open = if outcome.verdict == Verdict::Fail { " open" } else { "" };
    let trace: String = outcome.trace.iter().map(line).collect();
    let mut facts = Vec::new();
    if !outcome.reason.is_empty() {
        facts.push(("Reason", outcome.reason.clone()));
    }
    facts.push(("Requirements", outcome.case.requirements.join(", ")));
    let profiles = profiles(outcome);
    if !profiles.is_empty() {
        facts.push(("Profiles", profiles));
    }
    facts.push(("Took", format!("{:.1} s", outcome.took.as_secs_f64())));
    let facts: String =
        facts.iter().map(|(name, value)| format!("<dt>{name}</dt><dd>{}</dd>", escape(value))).collect();
    let (class, version) = (class(outcome.verdict), outcome.version.subprotocol());
    format!(
        "<details class=\"case\" data-verdict=\"{class}\" data-block=\"{version} {}\"{open}><summary>\
         <span class=\"{class}\">{}</span> <code>{}</code> <small>{version}</small> {}</summary>\n\
         <dl>{facts}</dl><pre tabindex=\"0\">{trace}</pre></details>\n",
        escape(outcome.case.block),
        outcome.verdict.word(),
        escape(outcome.case.id),
        escape(outcome.case.title)
    )
}

/// A line of a trace, told apart by who spoke.
fn line(line: &Line) -> String {
    let who = match line.by {
        Speaker::Station => "station",
        Speaker::Csms => "csms",
        Speaker::Operator => "operator",
        Speaker::Note => "note",
    };
    format!("<span class=\"{who}\">{}</span>\n", escape(&line.to_string()))
}

fn class(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "pass",
        Verdict::Fail => "fail",
        Verdict::NotApplicable => "not",
        Verdict::Inconclusive => "unsure",
    }
}
