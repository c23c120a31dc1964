//! The report for people.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::finding::{Finding, Severity};
use crate::observations::Observations;
use crate::report::Report;

/// The width of a line.
const WIDTH: usize = 110;

/// Terminal styles; empty where there is no terminal.
#[derive(Clone, Copy, Default)]
struct Styles {
    strong: &'static str,
    faint: &'static str,
    error: &'static str,
    warning: &'static str,
    plain: &'static str,
}

/// Returns the report in words, with terminal styles if `is_terminal`.
#[must_use]
pub fn text(seen: &Observations, report: &Report, is_terminal: bool) -> String {
    let styles = if is_terminal {
        Styles {
            strong: "\x1b[1m",
            faint: "\x1b[2m",
            error: "\x1b[31m",
            warning: "\x1b[33m",
            plain: "\x1b[0m",
        }
    } else {
        Styles::default()
    };
    let Styles { strong, plain, .. } = styles;
    let mut text = String::new();
    let page = seen.target.page.as_deref().unwrap_or("not looked at");
    let _ = writeln!(text, "Tenant  {strong}{}{plain}", seen.target.tenant);
    let _ = writeln!(text, "Client  {}", seen.target.client_id);
    let _ = writeln!(text, "Page    {page}");
    for (number, finding) in report.findings.iter().enumerate() {
        describe(&mut text, number + 1, finding, styles);
    }
    list_skipped(&mut text, report, styles);
    if !report.passed.is_empty() {
        let _ = writeln!(text, "\n{strong}Fine{plain}");
        write_wrapped(&mut text, "  ", &report.passed.join(", "));
    }
    let count = |severity, one: &str| {
        let count = report.count(severity);
        format!("{count} {one}{}", if count == 1 { "" } else { "s" })
    };
    let _ = writeln!(
        text,
        "\n{}, {}, {}; {} not checked.",
        count(Severity::Error, "error"),
        count(Severity::Warning, "warning"),
        count(Severity::Hint, "hint"),
        report.skipped.len()
    );
    text
}

fn describe(text: &mut String, number: usize, finding: &Finding, styles: Styles) {
    let Styles { strong, faint, plain, .. } = styles;
    let (word, style) = match finding.severity {
        Severity::Error => ("error", styles.error),
        Severity::Warning => ("warning", styles.warning),
        Severity::Hint => ("hint", faint),
    };
    let _ = writeln!(text, "\n{number}. {style}{word}{plain} {strong}{}{plain}", finding.id.name());
    write_wrapped(text, "   ", &finding.problem);
    write_labelled(text, "Do", &finding.fix, styles);
    if let Some(value) = &finding.value {
        // On one line, to be copied.
        let _ = writeln!(text, "   {faint}Value{plain}  {strong}{value}{plain}");
    }
    if let Some(field) = finding.field {
        let _ = writeln!(text, "   {faint}Key{plain}    {field}");
    }
}

fn list_skipped(text: &mut String, report: &Report, Styles { strong, plain, .. }: Styles) {
    if report.skipped.is_empty() {
        return;
    }
    let mut reasons: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for skipped in &report.skipped {
        reasons.entry(skipped.because).or_default().push(skipped.check);
    }
    let _ = writeln!(text, "\n{strong}Not checked{plain}");
    for (because, checks) in reasons {
        let _ = writeln!(text, "  {because}:");
        write_wrapped(text, "    ", &checks.join(", "));
    }
}

fn write_labelled(text: &mut String, label: &str, content: &str, Styles { faint, plain, .. }: Styles) {
    let start = text.len();
    write_wrapped(text, "          ", content);
    text.replace_range(
        start..start + 10,
        &format!("   {faint}{label}{plain}{}", " ".repeat(7 - label.len())),
    );
}

/// Writes a text in lines that begin with `indent`. Words are not broken.
fn write_wrapped(text: &mut String, indent: &str, content: &str) {
    let mut line = String::new();
    for word in content.split(' ') {
        if !line.is_empty() && indent.len() + line.chars().count() + 1 + word.chars().count() > WIDTH {
            let _ = writeln!(text, "{indent}{line}");
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    let _ = writeln!(text, "{indent}{line}");
}
