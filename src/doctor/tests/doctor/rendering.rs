//! The report for people and for programs.

use doctor::report::Report;
use doctor::text::text;

use crate::{Setup, diagnose, observe};

#[tokio::test]
async fn the_text_has_the_fix_and_the_value_on_a_line_of_its_own() {
    let mut setup = Setup::default();
    setup.tenant.callbacks.clear();
    let seen = observe(setup).await;
    let report = Report::of(&seen);
    let plain = text(&seen, &report, false);
    let page = seen.target.page.clone().unwrap();
    assert!(plain.contains("\n1. error callback-missing\n   Nobody gets back to the page"), "{plain}");
    assert!(plain.contains("\n   Do     Auth0 Dashboard > Applications"), "{plain}");
    assert!(
        plain.contains(&format!("\n   Value  {page}/callback\n   Key    clients[].callbacks\n")),
        "{plain}"
    );
    assert!(
        plain.contains("\n  the callback must be allowed first:\n    sign-in request, audience, "),
        "{plain}"
    );
    assert!(plain.contains("\n1 error, 0 warnings, 0 hints; "), "{plain}");
    assert!(!plain.contains('\x1b'));
    assert!(plain.lines().all(|line| line.chars().count() <= 120), "{plain}");
    assert!(text(&seen, &report, true).contains("\x1b[31merror\x1b[0m"));
}

#[tokio::test]
async fn the_json_names_findings_by_their_ids() {
    let mut setup = Setup::default();
    setup.tenant.needs_secret = true;
    let json = serde_json::to_value(diagnose(setup).await).unwrap();
    assert_eq!(json["findings"][0]["id"], "client-needs-secret");
    assert_eq!(json["findings"][0]["severity"], "error");
    assert_eq!(json["findings"][0]["value"], "none");
    assert!(json["skipped"][0]["because"].is_string());
    assert!(json["passed"].as_array().unwrap().contains(&"callback".into()));
}

#[test]
fn a_secret_is_not_shown_by_debug() {
    let credentials =
        doctor::probe::Credentials { client_id: "reader".to_owned(), client_secret: "hidden".to_owned() };
    assert!(!format!("{credentials:?}").contains("hidden"));
}
