//! Counts of passed and failed tests, read from the output of the test runners.

use std::ops::AddAssign;

use anyhow::{Context, Result};
use serde_json::Value;

/// A count of tests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Tests that passed.
    pub(crate) passed: u64,
    /// Tests that failed, and steps that could not be run.
    pub(crate) failed: u64,
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

impl Counts {
    /// Counts one step that is a test by itself.
    pub(crate) fn single(passed: bool) -> Self {
        Self { passed: u64::from(passed), failed: u64::from(!passed) }
    }

    /// Sums the `test result:` lines of `cargo test`.
    pub(crate) fn of_cargo(output: &str) -> Self {
        let mut counts = Self::default();
        for line in output.lines().filter(|line| line.starts_with("test result:")) {
            let before = |word: &str| {
                let words: Vec<_> = line.split([' ', ';']).collect();
                words
                    .windows(2)
                    .find(|pair| pair[1] == word)
                    .and_then(|pair| pair[0].parse().ok())
                    .unwrap_or(0)
            };
            counts += Self { passed: before("passed"), failed: before("failed") };
        }
        counts
    }

    /// Reads Playwright's JSON report. A test that passed only when run again counts as failed.
    ///
    /// # Errors
    /// When the text is not such a report.
    pub(crate) fn of_playwright(report: &str) -> Result<Self> {
        let report: Value = serde_json::from_str(report).context("Playwright's report is no JSON")?;
        let count = |name: &str| {
            report["stats"][name].as_u64().with_context(|| format!("Playwright's report counts no {name}"))
        };
        Ok(Self { passed: count("expected")?, failed: count("unexpected")? + count("flaky")? })
    }

    /// Adds a failure when the runner failed without counting one, because it stopped before its tests.
    pub(crate) fn with_status(self, succeeded: bool) -> Self {
        Self { failed: if succeeded { self.failed } else { self.failed.max(1) }, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cargo_tests_are_summed_over_all_binaries() {
        let output = "running 2 tests\ntest result: ok. 2 passed; 0 failed; 1 ignored; 0 measured\n\
                    test result: FAILED. 3 passed; 4 failed; 0 ignored; 0 measured\n";
        assert_eq!(Counts::of_cargo(output), Counts { passed: 5, failed: 4 });
    }

    #[test]
    fn a_browser_test_that_needed_a_second_run_counts_as_failed() {
        let report = r#"{"stats":{"expected":7,"unexpected":1,"flaky":1,"skipped":2}}"#;
        assert_eq!(Counts::of_playwright(report).unwrap(), Counts { passed: 7, failed: 2 });
    }

    #[test]
    fn a_report_without_numbers_is_refused() {
        assert!(Counts::of_playwright("{}").is_err());
    }

    #[test]
    fn a_runner_that_failed_before_its_tests_counts_as_one_failure() {
        assert_eq!(Counts::default().with_status(false), Counts { passed: 0, failed: 1 });
        assert_eq!(Counts { passed: 1, failed: 2 }.with_status(false), Counts { passed: 1, failed: 2 });
    }
}
