//! What a benchmark measured: rows that compare two sides, run by run, and curves.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One comparison, or one value with a limit.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub(super) struct Row {
    /// What was measured.
    pub(super) what: String,
    /// The unit of the values, such as `unlinks/s`.
    pub(super) unit: String,
    /// Our values, one for each run.
    pub(super) ours: Vec<f64>,
    /// What it is compared with.
    pub(super) against: String,
    /// The values of the other side, in the same runs; none where a value has a limit of its own.
    pub(super) theirs: Vec<f64>,
    /// What it must reach.
    pub(super) target: Option<Target>,
}

/// What a row must reach, by the median of all runs.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Target {
    /// Ours divided by theirs is this or more.
    RatioAtLeast(f64),
    /// Ours divided by theirs is this or less.
    RatioAtMost(f64),
    /// Ours is this or less, in the unit of the row.
    AtMost(f64),
}

impl fmt::Display for Target {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RatioAtLeast(limit) => write!(formatter, "≥ {limit} ×"),
            Self::RatioAtMost(limit) => write!(formatter, "≤ {limit} ×"),
            Self::AtMost(limit) => write!(formatter, "≤ {limit}"),
        }
    }
}

impl Row {
    /// Whether a value of ours is judged, not a ratio: it has a limit of its own, or nothing is compared.
    pub(super) fn is_of_values(&self) -> bool {
        self.theirs.is_empty() || matches!(self.target, Some(Target::AtMost(_)))
    }

    /// The values that are judged: ours divided by theirs of the same run, or ours.
    pub(super) fn judged(&self) -> Vec<f64> {
        if self.is_of_values() {
            return self.ours.clone();
        }
        self.ours.iter().zip(&self.theirs).map(|(ours, theirs)| ours / theirs).collect()
    }

    /// Whether the target is met; `None` without a target.
    pub(super) fn is_met(&self) -> Option<bool> {
        let reached = Summary::of(&self.judged()).median;
        self.target.map(|target| match target {
            Target::RatioAtLeast(limit) => reached >= limit,
            Target::RatioAtMost(limit) | Target::AtMost(limit) => reached <= limit,
        })
    }
}

/// The middle and the ends of the values of several runs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Summary {
    pub(super) least: f64,
    pub(super) median: f64,
    pub(super) most: f64,
}

impl Summary {
    /// Not a number where there are no values.
    pub(super) fn of(values: &[f64]) -> Self {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let middle = sorted.len() / 2;
        let median = match sorted.len() {
            0 => f64::NAN,
            count if count % 2 == 0 => f64::midpoint(sorted[middle - 1], sorted[middle]),
            _ => sorted[middle],
        };
        let end = |value: Option<&f64>| value.copied().unwrap_or(f64::NAN);
        Self { least: end(sorted.first()), median, most: end(sorted.last()) }
    }
}

/// Lines over a size that grows; both axes are logarithmic.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub(super) struct Plot {
    pub(super) title: String,
    /// What grows.
    pub(super) size: String,
    /// What is measured, with its unit.
    pub(super) value: String,
    /// The lines: a name, and points of size and value.
    pub(super) lines: Vec<(String, Vec<(f64, f64)>)>,
}

/// The results of one benchmark.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub(super) struct Outcome {
    pub(super) rows: Vec<Row>,
    pub(super) plots: Vec<Plot>,
    /// What a reader must know of how it was measured, a sentence each.
    pub(super) notes: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(ours: &[f64], theirs: &[f64], target: Target) -> Row {
        Row {
            what: "reads".to_owned(),
            unit: "1/s".to_owned(),
            ours: ours.to_vec(),
            against: "a peer".to_owned(),
            theirs: theirs.to_vec(),
            target: Some(target),
        }
    }

    #[test]
    fn the_median_is_the_middle_or_between_the_two_middle_ones() {
        let odd = Summary::of(&[3.0, 1.0, 2.0]);
        assert_eq!(odd, Summary { least: 1.0, median: 2.0, most: 3.0 });
        let even = Summary::of(&[4.0, 1.0, 2.0, 3.0]);
        assert_eq!(even, Summary { least: 1.0, median: 2.5, most: 4.0 });
        assert!(Summary::of(&[]).median.is_nan());
    }

    #[test]
    fn a_target_is_met_by_the_median_of_the_ratios_of_each_run() {
        // The ratio of the medians would be 2.
        let ours = [10.0, 20.0, 90.0];
        assert_eq!(row(&ours, &[10.0, 5.0, 30.0], Target::RatioAtLeast(3.0)).is_met(), Some(true));
        assert_eq!(row(&ours, &[10.0, 5.0, 30.0], Target::RatioAtMost(2.9)).is_met(), Some(false));
        assert_eq!(row(&ours, &[], Target::AtMost(20.0)).is_met(), Some(true));
        assert_eq!(row(&[], &[], Target::AtMost(20.0)).is_met(), Some(false));
    }
}
