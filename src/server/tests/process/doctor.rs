//! The command `doctor` against the embedded tenant and its page, each broken in one way on purpose.

use std::fs;
use std::path::Path;
use std::process::Output;

use serde_json::Value;
use tempfile::TempDir;

use crate::{SCRIPT_HASH, Server, program_as, work_dir};

/// A right tenant file. The reader may read what the doctor asks the Management API.
const TENANT: &str = "
clients:
  - name: Page
    client_id: page
    app_type: spa
    token_endpoint_auth_method: none
    grant_types: [authorization_code]
    callbacks: ['##LINKED_ACCOUNTS_ORIGIN##/callback']
    allowed_logout_urls: ['##LINKED_ACCOUNTS_ORIGIN##/']
    web_origins: ['##LINKED_ACCOUNTS_ORIGIN##']
  - name: Reader
    client_id: reader
    app_type: non_interactive
    token_endpoint_auth_method: client_secret_post
    grant_types: [client_credentials]
    client_secret: a secret of the reader
clientGrants:
  - client_id: Reader
    audience: '##LINKED_ACCOUNTS_ISSUER##api/v2/'
    scope: [read:clients, read:client_grants, read:connections, read:resource_servers]
databases:
  - { name: Username-Password-Authentication, strategy: auth0, enabled_clients: [Page] }
connections:
  - { name: github, strategy: github, enabled_clients: [Page] }
";

/// A set-up that is served, and what the doctor says about it.
struct Setup {
    work_dir: TempDir,
    server: Server,
}

/// Serves the tenant file with one text in place of another.
fn serve(change: (&str, &str), arguments: &[&str]) -> Setup {
    let work_dir = work_dir();
    assert!(TENANT.contains(change.0), "{}", change.0);
    fs::write(work_dir.path().join("tenant.yaml"), TENANT.replacen(change.0, change.1, 1)).unwrap();
    let policy = format!(
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval' {SCRIPT_HASH}; connect-src 'self' https://TENANT; \
         frame-src 'self' https://TENANT; frame-ancestors 'none'\n"
    );
    fs::write(work_dir.path().join("site/csp.txt"), policy).unwrap();
    let server = Server::start(work_dir.path(), &[&["--tenant", "tenant.yaml"], arguments].concat());
    Setup { work_dir, server }
}

/// Serves the tenant file as it is.
fn right() -> Setup {
    serve(("", ""), &[])
}

impl Setup {
    /// Runs the doctor, with the reader's credentials, and returns its exit code and its report.
    fn examine(&self, arguments: &[&str]) -> (Option<i32>, Value) {
        let output = self.run(&[&["--management-client-id", "reader", "--json"], arguments].concat());
        let report = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
        (output.status.code(), report)
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = program_as(self.work_dir.path(), "doctor", arguments);
        let defaults =
            [("--domain", self.server.base.as_str()), ("--client-id", "page"), ("--page", &self.server.base)];
        for (option, value) in defaults.into_iter().filter(|(option, _)| !arguments.contains(option)) {
            command.args([option, value]);
        }
        command.env("LINKED_ACCOUNTS_MANAGEMENT_CLIENT_SECRET", "a secret of the reader").output().unwrap()
    }

    /// Returns the ids of what the doctor finds.
    fn ids(&self, arguments: &[&str]) -> Vec<String> {
        ids(&self.examine(arguments).1)
    }
}

fn ids(report: &Value) -> Vec<String> {
    let findings = report["findings"].as_array().unwrap().iter();
    findings.map(|finding| finding["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn the_doctor_finds_nothing_in_a_right_set_up() {
    let setup = right();
    let (code, report) = setup.examine(&[]);
    assert_eq!(ids(&report), [""; 0], "{report:#}");
    assert_eq!(code, Some(0));
    assert_eq!(report["skipped"].as_array().unwrap().len(), 0, "{report:#}");
}

#[tokio::test]
async fn the_doctor_names_what_the_lists_of_the_client_lack() {
    for (change, expected) in [
        (
            (
                "callbacks: ['##LINKED_ACCOUNTS_ORIGIN##/callback']",
                "callbacks: ['##LINKED_ACCOUNTS_ORIGIN##/']",
            ),
            "callback-missing",
        ),
        (("web_origins: ['##LINKED_ACCOUNTS_ORIGIN##']", "web_origins: []"), "web-origin-missing"),
        (
            ("allowed_logout_urls: ['##LINKED_ACCOUNTS_ORIGIN##/']", "allowed_logout_urls: []"),
            "logout-missing",
        ),
    ] {
        let setup = serve(change, &[]);
        let (code, report) = setup.examine(&[]);
        assert_eq!(ids(&report), [expected], "{report:#}");
        assert_eq!(code, Some(1));
        let value = report["findings"][0]["value"].as_str().unwrap();
        assert!(value.starts_with(&setup.server.base), "{value}");
    }
}

#[tokio::test]
async fn the_doctor_names_a_client_that_is_unknown_or_has_a_secret() {
    let setup = right();
    assert_eq!(setup.ids(&["--client-id", "other"])[0], "client-unknown");
    let setup = serve(
        (
            "app_type: spa\n    token_endpoint_auth_method: none",
            "app_type: regular_web\n    token_endpoint_auth_method: client_secret_post",
        ),
        &[],
    );
    let (_, report) = setup.examine(&[]);
    assert_eq!(ids(&report)[0], "client-needs-secret", "{report:#}");
    assert!(ids(&report).contains(&"application-type".to_owned()), "{report:#}");
    assert!(ids(&report).contains(&"scope-missing".to_owned()), "{report:#}");
}

#[tokio::test]
async fn the_doctor_names_requests_and_grants_that_the_client_may_not_have() {
    let grants = "grant_types: [authorization_code]\n    callbacks";
    let setup = serve((grants, "grant_types: [implicit]\n    callbacks"), &[]);
    assert_eq!(setup.ids(&[]), ["grant-type-missing"]);
    let pushed =
        "grant_types: [authorization_code]\n    require_pushed_authorization_requests: true\n    callbacks";
    assert_eq!(serve((grants, pushed), &[]).ids(&[]), ["pushed-requests-required"]);
    let stolen = "grant_types: [authorization_code, refresh_token]\n    refresh_token: { rotation_type: non-rotating, \
                  expiration_type: non-expiring }\n    callbacks";
    let setup = serve((grants, stolen), &[]);
    let (code, report) = setup.examine(&[]);
    assert_eq!((ids(&report), code), (vec!["rotation-off".to_owned()], Some(0)), "{report:#}");
    assert_eq!(setup.examine(&["--fail-on-warnings"]).0, Some(1));
    let others = "grant_types: [authorization_code]\n    is_first_party: false\n    callbacks";
    assert_eq!(serve((grants, others), &[]).ids(&[]), ["scope-missing", "consent-asked"]);
}

#[tokio::test]
async fn the_doctor_names_an_audience_that_no_api_has() {
    let setup = right();
    let wrong = format!("{}/api/v2", setup.server.base);
    let (_, report) = setup.examine(&["--audience", &wrong]);
    assert_eq!(report["findings"][0]["id"], "audience-unknown", "{report:#}");
    assert_eq!(report["findings"][0]["value"], format!("{wrong}/"));
}

#[tokio::test]
async fn the_doctor_names_a_tenant_in_which_nobody_can_sign_in() {
    let setup = serve(
        (
            "enabled_clients: [Page] }\nconnections:\n  - { name: github, strategy: github, enabled_clients: [Page] }",
            "enabled_clients: [] }",
        ),
        &[],
    );
    assert_eq!(setup.ids(&[]), ["no-connection"]);
}

#[tokio::test]
async fn the_doctor_names_an_issuer_of_another_domain() {
    let setup = serve(("", ""), &["--issuer", "https://login.example.com", "--allow-demo-on-network"]);
    let (_, report) = setup.examine(&[]);
    let finding = &report["findings"][0];
    assert_eq!(
        (&finding["id"], &finding["value"]),
        (&"issuer-differs".into(), &"login.example.com".into()),
        "{report:#}"
    );
}

#[tokio::test]
async fn the_doctor_names_a_policy_of_another_build_and_a_page_that_is_not_built() {
    let setup = right();
    fs::write(
        setup.work_dir.path().join("site/csp.txt"),
        "default-src 'none'; script-src 'self' 'sha256-x='; frame-ancestors 'none'",
    )
    .unwrap();
    let other = |database| ["--tenant", "tenant.yaml", "--database", database];
    let server = Server::start(setup.work_dir.path(), &other("sqlite:second.db"));
    let moved = Setup { server, ..setup };
    let (_, report) = moved.examine(&[]);
    assert_eq!(ids(&report), ["policy-blocks-tenant", "policy-blocks-script"], "{report:#}");
    assert_eq!(report["findings"][1]["value"], SCRIPT_HASH);

    fs::remove_file(moved.work_dir.path().join("site/index.html")).unwrap();
    let server = Server::start(moved.work_dir.path(), &other("sqlite:third.db"));
    let empty = Setup { server, ..moved };
    let (_, report) = empty.examine(&[]);
    assert_eq!(ids(&report), ["page-missing"], "{report:#}");
}

#[tokio::test]
async fn the_doctor_trusts_the_authorities_that_it_is_given() {
    let work_dir = work_dir();
    let authority = work_dir.path().join("tls/authority.pem");
    let server = Server::start_trusting(Some(&authority), work_dir.path(), &["--tls-self-signed", "tls"]);
    let setup = Setup { work_dir, server };
    let (code, report) = setup.examine(&[]);
    assert_eq!(
        (ids(&report), code),
        (vec!["tenant-certificate".to_owned(), "page-certificate".to_owned()], Some(1))
    );
    assert!(
        !ids(&setup.examine(&["--ca", "tls/authority.pem"]).1).iter().any(|id| id.ends_with("-certificate"))
    );
}

// attack: network
#[tokio::test]
async fn the_secret_of_the_doctor_is_not_on_the_command_line_and_not_in_the_report() {
    let setup = right();
    let output = setup.run(&["--management-client-id", "reader", "--management-client-secret", "x"]);
    assert_eq!(output.status.code(), Some(2));
    fs::write(setup.work_dir.path().join("secret"), "a guess\n").unwrap();
    let output =
        setup.run(&["--management-client-id", "reader", "--management-client-secret-file", "secret"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("warning management-refused"), "{text}");
    assert!(!text.contains("a guess"), "{text}");
}

#[test]
fn wrong_options_of_the_doctor_are_refused_by_name() {
    let refusal = |arguments: &[&str]| {
        let output = program_as(Path::new("."), "doctor", arguments).output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let (code, error) =
        refusal(&["--domain", "a.example", "--client-id", "a", "--page", "https://a.example/path"]);
    assert_eq!(code, Some(2));
    assert!(error.contains("the page must be an http(s) origin"), "{error}");
    let (code, error) =
        refusal(&["--domain", "a.example", "--client-id", "a", "--management-client-id", "reader"]);
    assert_eq!(code, Some(2));
    assert!(error.contains("set LINKED_ACCOUNTS_MANAGEMENT_CLIENT_SECRET"), "{error}");
}
