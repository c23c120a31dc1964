//! The report that a person reads: every benchmark with its table and pictures, in one page without scripts.

use std::fmt::Write as _;

use anyhow::Result;

use super::measurement::Summary;
use super::plot;
use super::results::{Recorded, Results, number, with_unit};

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}\
table{border-collapse:collapse;width:100%;font-size:.9rem}td,th{border-bottom:1px solid #ccc;padding:.3rem .5rem;\
text-align:left}td.n,th.n{text-align:right;white-space:nowrap}.met{color:#176f3d}.missed{color:#b3141f;font-weight:600}\
svg{max-width:100%;height:auto}";

/// Returns the page with these benchmarks, in this order.
///
/// # Errors
/// When a picture cannot be drawn.
pub(super) fn page(results: &Results, names: &[String]) -> Result<String> {
    let mut page = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width\"><title>Benchmarks of Linked Accounts</title><style>{STYLE}</style>\n\
         <h1>Benchmarks of Linked Accounts</h1>\n<p>Medians of all runs, with the least and the most. A red line in a \
         picture is a target, a dot is one run.</p>\n"
    );
    for (name, recorded) in names.iter().filter_map(|name| Some((name, results.benchmarks.get(name)?))) {
        page += &section(name, recorded)?;
    }
    Ok(page + "</html>\n")
}

fn section(name: &str, recorded: &Recorded) -> Result<String> {
    let outcome = &recorded.outcome;
    let mut section = format!("<h2 id=\"{name}\">{}</h2>\n", escaped(&recorded.title));
    section += "<table><tr><th>What<th class=\"n\">Ours<th>Against<th class=\"n\">Theirs<th class=\"n\">Ratio or \
                value<th>Target\n";
    for row in &outcome.rows {
        let judged = Summary::of(&row.judged());
        let (class, word) = match row.is_met() {
            None => ("", "none"),
            Some(true) => ("met", "met"),
            Some(false) => ("missed", "not met"),
        };
        let target = row.target.map_or_else(String::new, |target| escaped(&format!("{target}: ")));
        let _ = writeln!(
            section,
            "<tr><td>{}<td class=\"n\">{}<td>{}<td class=\"n\">{}<td class=\"n\">{} ({}–{})<td class=\"{class}\">\
             {target}{word}",
            escaped(&row.what),
            escaped(&with_unit(Summary::of(&row.ours).median, &row.unit)),
            escaped(&row.against),
            escaped(&with_unit(Summary::of(&row.theirs).median, &row.unit)),
            number(judged.median),
            number(judged.least),
            number(judged.most),
        );
    }
    section += "</table>\n";
    for note in &outcome.notes {
        let _ = writeln!(section, "<p>{}</p>", escaped(note));
    }
    section += &plot::ratios(&outcome.rows)?.unwrap_or_default();
    for plot in &outcome.plots {
        section += &plot::lines(plot)?;
    }
    let versions: Vec<_> =
        recorded.versions.iter().map(|(name, version)| format!("{name} {version}")).collect();
    let _ = writeln!(
        section,
        "<p>{}, in {}; {}; load before {}. {}</p>",
        recorded.date,
        recorded.took,
        escaped(&recorded.machine),
        recorded.load_before,
        escaped(&versions.join(", "))
    );
    Ok(section)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
