//! The results of all benchmarks as one file, and as a table: a benchmark that runs again replaces its own part.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use super::measurement::{Outcome, Row, Summary};

/// The results of all benchmarks that ran on this machine, by name.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub(super) struct Results {
    pub(super) benchmarks: BTreeMap<String, Recorded>,
}

/// The results of one benchmark, and when and where it ran.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub(super) struct Recorded {
    pub(super) title: String,
    pub(super) date: String,
    pub(super) machine: String,
    /// How busy the machine was before.
    pub(super) load_before: String,
    pub(super) versions: BTreeMap<String, String>,
    /// How long the whole benchmark took.
    pub(super) took: String,
    pub(super) outcome: Outcome,
}

impl Results {
    /// Reads the file; a missing one is empty.
    ///
    /// # Errors
    /// When it has another form.
    pub(super) fn read(path: &Path) -> Result<Self> {
        let Ok(text) = fs::read_to_string(path) else { return Ok(Self::default()) };
        serde_json::from_str(&text).with_context(|| {
            format!("{} has another form than today; delete it and measure again", path.display())
        })
    }

    /// Writes the file.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(super) fn write(&self, path: &Path) -> Result<()> {
        Ok(fs::write(path, serde_json::to_string_pretty(self)? + "\n")?)
    }

    /// The table of these benchmarks in Markdown, and a line for each date, machine and versions.
    pub(super) fn table(&self, names: &[String]) -> String {
        let mut table = "| What | Ours | Against | Theirs | Ratio (spread) | Target |\n".to_owned()
            + "|---|---:|---|---:|---:|---|\n";
        let recorded: Vec<_> = names.iter().filter_map(|name| self.benchmarks.get(name)).collect();
        for row in recorded.iter().flat_map(|recorded| &recorded.outcome.rows) {
            table += &line(row);
        }
        let mut occasions: Vec<String> = recorded.iter().map(|recorded| recorded.occasion()).collect();
        occasions.dedup();
        for occasion in occasions {
            let _ = write!(table, "\n{occasion}\n");
        }
        table
    }
}

impl Recorded {
    fn occasion(&self) -> String {
        let versions: Vec<_> =
            self.versions.iter().map(|(name, version)| format!("{name} {version}")).collect();
        format!("{}; {}; {}.", self.date, self.machine, versions.join(", "))
    }
}

fn line(row: &Row) -> String {
    let value = |values: &[f64]| match Summary::of(values).median {
        none if none.is_nan() => "–".to_owned(),
        median => with_unit(median, &row.unit),
    };
    let Summary { least, median, most } = Summary::of(&row.judged());
    let ratio = if row.is_of_values() {
        format!("({}–{})", number(least), number(most))
    } else {
        format!("{} × ({}–{})", number(median), number(least), number(most))
    };
    let target = row.target.map_or_else(|| "–".to_owned(), |target| target.to_string());
    let met = match row.is_met() {
        None => "",
        Some(true) => ": met",
        Some(false) => ": **not met**",
    };
    format!(
        "| {} | {} | {} | {} | {ratio} | {target}{met} |\n",
        row.what,
        value(&row.ours),
        row.against,
        value(&row.theirs)
    )
}

/// Formats a number with its unit, such as `12 ms` and `12/s`.
pub(super) fn with_unit(value: f64, unit: &str) -> String {
    let space = if unit.starts_with('/') { "" } else { " " };
    format!("{}{space}{unit}", number(value))
}

/// Formats a number by three digits that matter, with groups of thousands.
pub(super) fn number(value: f64) -> String {
    if !value.is_finite() {
        return "–".to_owned();
    }
    let digits = match value.abs() {
        value if value >= 100.0 || value.fract() == 0.0 => 0,
        10.0.. => 1,
        _ => 2,
    };
    let text = format!("{value:.digits$}");
    let (whole, rest) = text.split_once('.').map_or((text.as_str(), ""), |(whole, rest)| (whole, rest));
    let mut grouped = String::new();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) && !grouped.ends_with('-') {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    if rest.is_empty() { grouped } else { format!("{grouped}.{rest}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::measurement::Target;

    fn results() -> Results {
        let row = |ours: &[f64], theirs: &[f64], target| Row {
            what: "reads".to_owned(),
            unit: "/s".to_owned(),
            ours: ours.to_vec(),
            against: "a peer".to_owned(),
            theirs: theirs.to_vec(),
            target,
        };
        let rows = vec![
            row(&[12_345.0, 10_000.0], &[1_000.0, 1_000.0], Some(Target::RatioAtLeast(25.0))),
            row(&[0.5], &[], Some(Target::AtMost(1.0))),
            row(&[7.0], &[], None),
        ];
        let recorded = Recorded {
            date: "2026-11-26".to_owned(),
            machine: "a machine".to_owned(),
            outcome: Outcome { rows, ..Outcome::default() },
            ..Recorded::default()
        };
        Results { benchmarks: BTreeMap::from([("user".to_owned(), recorded)]) }
    }

    #[test]
    fn the_table_has_medians_ratios_their_spread_and_whether_targets_are_met() {
        let table = results().table(&["user".to_owned(), "other".to_owned()]);
        let lines: Vec<_> = table.lines().skip(2).collect();
        assert_eq!(
            lines,
            [
                "| reads | 11,172/s | a peer | 1,000/s | 11.2 × (10–12.3) | ≥ 25 ×: **not met** |",
                "| reads | 0.50/s | a peer | – | (0.50–0.50) | ≤ 1: met |",
                "| reads | 7/s | a peer | – | (7–7) | – |",
                "",
                "2026-11-26; a machine; .",
            ]
        );
    }

    #[test]
    fn results_are_read_as_they_were_written() {
        let file = std::env::temp_dir().join(format!("results-{}.json", std::process::id()));
        results().write(&file).unwrap();
        let read = Results::read(&file).unwrap();
        std::fs::remove_file(&file).unwrap();
        assert_eq!(read, results());
        assert_eq!(Results::read(&file).unwrap(), Results::default());
    }

    #[test]
    fn numbers_have_the_digits_that_matter() {
        let shown = [0.123, 1.0, 25.04, 1_234_567.8, -1_234.0].map(number);
        assert_eq!(shown, ["0.12", "1", "25.0", "1,234,568", "-1,234"]);
    }
}
