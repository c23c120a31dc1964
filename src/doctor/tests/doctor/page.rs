//! Hosts of the page that are broken in one way.

use doctor::answer::Failure;
use doctor::finding::{Id, Severity};
use doctor::report::Report;
use serde_json::json;

use crate::stub::CLIENT;
use crate::{PageHost, Setup, diagnose, ids, observe, only, skipped};

/// Returns a set-up with a change of the page's host.
fn with(change: impl FnOnce(&mut PageHost)) -> Setup {
    let mut setup = Setup::default();
    change(&mut setup.page);
    setup
}

/// Returns a set-up with these settings of the page.
fn with_settings(settings: &str) -> Setup {
    with(|page| page.settings = Some(settings.to_owned()))
}

#[tokio::test]
async fn a_host_without_the_fallback_is_told() {
    let finding = only(diagnose(with(|page| page.serves_fallback = false)).await);
    assert_eq!((finding.id, finding.severity), (Id::FallbackMissing, Severity::Error));
    assert!(finding.problem.ends_with("/callback answers 404."), "{}", finding.problem);
    assert_eq!(finding.value.as_deref(), Some("try_files $uri /index.html;"));
}

#[tokio::test]
async fn what_a_host_adds_to_each_page_is_no_fault_of_the_page() {
    let mut seen = observe(Setup::default()).await;
    let page = seen.page.as_mut().unwrap();
    let files = page.files.as_mut().unwrap();
    let start = "<script type=\"module\">import(\"/app_bg-0123.wasm\")</script>";
    let answers = [&mut page.index, &mut files.callback, &mut files.deep_link];
    for (number, answer) in answers.into_iter().enumerate() {
        let answer = answer.as_mut().unwrap();
        answer.body = format!("{start}<script>beacon({number})</script><link href=\"/app_bg-0123.wasm\">");
        answer.headers.retain(|(name, _)| name != "content-security-policy");
        let policy = "script-src 'self' 'wasm-unsafe-eval' 'sha256-cLmIFz3kLliZEaVicWn0JEQFfUsDiw0N7WdYOuQ2ryM='; frame-ancestors 'none'";
        answer.headers.push(("content-security-policy".to_owned(), policy.to_owned()));
    }
    assert_eq!(Report::of(&seen).findings, []);
}

#[tokio::test]
async fn a_page_without_settings_is_told_what_they_need() {
    // The fallback answers for the missing file.
    let report = diagnose(with(|page| page.settings = None)).await;
    assert_eq!(skipped(&report, "offered connections"), Some("config.json must be readable first"));
    let finding = only(report);
    assert_eq!(finding.id, Id::SettingsMissing);
    assert!(finding.problem.ends_with("is answered with index.html, because there is no such file."));
    assert!(finding.value.unwrap().contains("\"clientId\": \"q7oV3xkT\""));
}

#[tokio::test]
async fn settings_that_the_page_cannot_use_are_told() {
    let finding = only(diagnose(with_settings("{ \"domain\": \"TENANT\", }")).await);
    assert_eq!(finding.id, Id::SettingsInvalid);
    assert!(finding.problem.contains("trailing comma"), "{}", finding.problem);
    let finding = only(diagnose(with_settings("{ \"domain\": \"TENANT/path\", \"clientId\": \"a\" }")).await);
    assert_eq!(finding.id, Id::SettingsInvalid);
    assert!(finding.problem.contains("\"domain\" must be a host"), "{}", finding.problem);
}

#[tokio::test]
async fn settings_of_another_tenant_or_client_and_misspelt_keys_are_told() {
    let finding = only(
        diagnose(with_settings(&json!({ "domain": "other.example", "clientId": CLIENT }).to_string())).await,
    );
    assert_eq!((finding.id, finding.field), (Id::SettingsDomain, Some("domain")));
    let finding =
        only(diagnose(with_settings(&json!({ "domain": "TENANT", "clientId": "other" }).to_string())).await);
    assert_eq!((finding.id, finding.value.as_deref()), (Id::SettingsClient, Some(CLIENT)));
    let misspelt = json!({ "domain": "TENANT", "clientId": CLIENT, "returnto": [],
        "connections": [{ "name": "github", "strategy": "github", "displayname": "GitHub" }] });
    let finding = only(diagnose(with_settings(&misspelt.to_string())).await);
    assert_eq!(finding.id, Id::SettingsUnknownKey);
    assert!(finding.problem.ends_with(": returnto, displayname."), "{}", finding.problem);
}

#[tokio::test]
async fn a_policy_that_was_not_filled_in_is_told() {
    // The stub fills in TENANT only where it stands alone.
    let mut seen = observe(Setup::default()).await;
    let index = seen.page.as_mut().unwrap().index.as_mut().unwrap();
    for (name, value) in &mut index.headers {
        if name == "content-security-policy" {
            *value = "default-src 'none'; connect-src 'self' https://TENANT".to_owned();
        }
    }
    let finding = only(Report::of(&seen));
    assert_eq!(finding.id, Id::PolicyPlaceholder);
    assert_eq!(finding.value.unwrap(), seen.target.tenant);
}

#[tokio::test]
async fn a_policy_that_keeps_the_page_from_its_tenant_is_told() {
    let report =
        diagnose(with(|page| page.policy = page.policy.take().map(|policy| policy.replace(" TENANT", ""))))
            .await;
    let finding = only(report);
    assert_eq!(finding.id, Id::PolicyBlocksTenant);
    assert!(finding.problem.contains("(connect-src, frame-src): nobody can sign in"));
    assert!(finding.value.unwrap().starts_with("http://localhost:"));
}

#[tokio::test]
async fn a_policy_of_another_build_is_told_with_the_hash_that_is_missing() {
    let finding = only(diagnose(with(|page| page.script = "abc")).await);
    assert_eq!(finding.id, Id::PolicyBlocksScript);
    // FIPS 180-2, appendix B.1.
    assert_eq!(finding.value.as_deref(), Some("'sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0='"));
    let without_wasm = |page: &mut PageHost| {
        page.policy = page.policy.take().map(|policy| policy.replace("'wasm-unsafe-eval' ", ""));
    };
    let finding = only(diagnose(with(without_wasm)).await);
    assert_eq!(finding.value.as_deref(), Some("'wasm-unsafe-eval'"));
}

#[tokio::test]
async fn a_policy_that_blocks_the_early_start_alone_is_a_warning() {
    let mut seen = observe(Setup::default()).await;
    let index = seen.page.as_mut().unwrap().index.as_mut().unwrap();
    let early_start = "<script>take(Symbol.for('linked-accounts.early-start'))</script>";
    index.body = index.body.replacen("<script", &format!("{early_start}<script"), 1);
    let finding = only(Report::of(&seen));
    assert_eq!((finding.id, finding.severity), (Id::PolicyBlocksScript, Severity::Warning));
    assert!(finding.problem.ends_with("the list comes later."), "{}", finding.problem);
}

#[tokio::test]
async fn a_missing_or_worthless_policy_is_a_warning() {
    let finding = only(diagnose(with(|page| page.policy = None)).await);
    assert_eq!((finding.id, finding.severity), (Id::PolicyMissing, Severity::Warning));
    let open =
        "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; connect-src *; frame-src *";
    let finding = only(diagnose(with(|page| page.policy = Some(open.to_owned()))).await);
    assert_eq!((finding.id, finding.severity), (Id::PolicyUnsafe, Severity::Warning));
    assert!(finding.problem.contains("'unsafe-inline'"));
}

#[tokio::test]
async fn headers_that_break_windows_caches_and_types_are_told() {
    let finding = only(diagnose(with(|page| page.opener_policy = Some("same-origin"))).await);
    assert_eq!(finding.id, Id::OpenerPolicy);
    assert_eq!(finding.value.as_deref(), Some("Cross-Origin-Opener-Policy: same-origin-allow-popups"));
    let finding = only(diagnose(with(|page| page.cache_control = "public, max-age=86400")).await);
    assert_eq!((finding.id, finding.value.as_deref()), (Id::PageCached, Some("Cache-Control: no-cache")));
    let finding = only(diagnose(with(|page| page.wasm_type = "application/octet-stream")).await);
    assert_eq!(
        (finding.id, finding.value.as_deref()),
        (Id::WasmType, Some("Content-Type: application/wasm"))
    );
    let finding = only(diagnose(with(|page| page.nosniff = false)).await);
    assert_eq!((finding.id, finding.severity), (Id::HeaderMissing, Severity::Hint));
}

#[tokio::test]
async fn a_page_that_is_elsewhere_or_none_is_told() {
    let report = diagnose(with(|page| page.redirect = Some("https://www.logins.example/"))).await;
    assert_eq!(skipped(&report, "fallback"), Some("the page must answer first"));
    let finding = only(report);
    assert_eq!(
        (finding.id, finding.value.as_deref()),
        (Id::PageRedirects, Some("https://www.logins.example"))
    );
    assert_eq!(only(diagnose(with(|page| page.redirect = Some("/app/"))).await).id, Id::PageMissing);
    let finding = only(diagnose(with(|page| page.content_type = "application/octet-stream")).await);
    assert_eq!(finding.id, Id::PageMissing);
    assert!(finding.problem.ends_with("it answers 200 with the type application/octet-stream."));

    let mut seen = observe(Setup::default()).await;
    let page = seen.page.as_mut().unwrap();
    page.index = Err(Failure::Unreachable("connection refused".to_owned()));
    assert_eq!(only(Report::of(&seen)).id, Id::PageUnreachable);
    seen.page.as_mut().unwrap().index = Err(Failure::Certificate("expired".to_owned()));
    assert_eq!(only(Report::of(&seen)).id, Id::PageCertificate);
}

#[tokio::test]
async fn pages_and_tenants_by_http_are_told() {
    let mut seen = observe(Setup::default()).await;
    seen.target.page = Some("http://logins.example".to_owned());
    let report = Report::of(&seen);
    let finding = report.findings.iter().find(|finding| finding.id == Id::PageInsecure).unwrap();
    assert_eq!(finding.value.as_deref(), Some("https://logins.example"));

    seen.target.page = Some("https://logins.example".to_owned());
    let report = Report::of(&seen);
    assert!(ids(&report).contains(&Id::MixedContent));
    assert!(report.findings.iter().any(|finding| finding.problem.contains("no Strict-Transport-Security")));
    seen.target.tenant = "http://login.example".to_owned();
    assert!(ids(&Report::of(&seen)).contains(&Id::TenantInsecure));
}

#[tokio::test]
async fn consent_on_this_machine_is_a_hint_for_tenants_elsewhere() {
    let mut seen = observe(Setup::default()).await;
    seen.target.tenant = "https://example.eu.auth0.com".to_owned();
    let report = Report::of(&seen);
    let finding = report.findings.iter().find(|finding| finding.id == Id::ConsentAsked).unwrap();
    assert_eq!(finding.severity, Severity::Hint);
    assert!(finding.problem.contains("consent_required"));
}
