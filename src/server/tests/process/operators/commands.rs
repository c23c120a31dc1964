//! Each command once, with its output.

use std::fs;

use insta::assert_snapshot;
use serde_json::Value;
use tempfile::TempDir;

use super::{Ran, operator, operator_at, ran};
use crate::{Server, WITH_MACHINE_SECRET, work_dir};

const ADA: &str = "auth0|65a000000000000000000001";
const GRACE: &str = "auth0|65a000000000000000000002";

fn demo() -> (TempDir, Server) {
    let folder = work_dir();
    let server = Server::start(folder.path(), &WITH_MACHINE_SECRET);
    (folder, server)
}

/// Runs a command against the demo.
fn run((folder, server): &(TempDir, Server), task: &str, arguments: &[&str]) -> Ran {
    ran(operator(folder.path(), server, task, arguments), server)
}

#[tokio::test]
async fn identities_lists_the_main_login_and_the_linked_ones() {
    let demo = demo();
    assert_snapshot!(run(&demo, "identities", &[ADA]).shown(), @r"
    auth0|65a000000000000000000001  Ada Lovelace  ada@example.com
      Password: auth0 65a000000000000000000001  connection Username-Password-Authentication  main login
      Google: google-oauth2 115015401343387192604  ada.lovelace@gmail.example
      Google: google-oauth2 104388216570921137785  ada@analytical-engine.example
      GitHub: github 18151210  ada@users.github.example
      Company login: samlp acme-saml|eng/ada  connection acme-saml  ada.lovelace@acme.example
    ");
    let json = run(&demo, "identities", &[ADA, "--json"]).stdout;
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json[0]["provider"], "auth0");
    assert_snapshot!(run(&demo, "identities", &["auth0|nobody"]).shown(), @r"
    linked-accounts: there is no user auth0|nobody
    exit code 1
    ");
}

#[tokio::test]
async fn unlink_says_what_it_did_and_a_dry_run_what_it_would_do() {
    let demo = demo();
    let github = [GRACE, "github", "19061209", "19440501", "5"];
    let with = |options: &[&'static str]| run(&demo, "unlink", &[&github[..], options].concat()).shown();
    assert_snapshot!(with(&["--delete", "--dry-run"]), @r"
    auth0|65a000000000000000000002  github 19061209  would be unlinked, and the user that it becomes deleted
    auth0|65a000000000000000000002  github 19440501  would be unlinked, and the user that it becomes deleted
    auth0|65a000000000000000000002  github 5  not linked to this user
    exit code 3
    ");
    assert_snapshot!(with(&["--delete"]), @r"
    auth0|65a000000000000000000002  github 19061209  unlinked, and the user that it became deleted
    auth0|65a000000000000000000002  github 19440501  unlinked, and the user that it became deleted
    auth0|65a000000000000000000002  github 5  not linked to this user
    exit code 3
    ");
    // What is not there any more is not unlinked once more.
    assert_snapshot!(with(&["--json"]), @r#"
    {"user_id":"auth0|65a000000000000000000002","provider":"github","identity_id":"19061209","outcome":"not_linked"}
    {"user_id":"auth0|65a000000000000000000002","provider":"github","identity_id":"19440501","outcome":"not_linked"}
    {"user_id":"auth0|65a000000000000000000002","provider":"github","identity_id":"5","outcome":"not_linked"}
    exit code 1
    "#);
    assert_snapshot!(run(&demo, "identities", &["github|19061209"]).shown(), @r"
    linked-accounts: there is no user github|19061209
    exit code 1
    ");
}

#[tokio::test]
async fn the_rules_of_the_page_are_kept_unless_they_are_overridden() {
    let demo = demo();
    let unlink = |arguments: &[&str]| run(&demo, "unlink", arguments).shown();
    let main = &GRACE[6..];
    assert_snapshot!(unlink(&[GRACE, "auth0", main]), @r"
    auth0|65a000000000000000000002  auth0 65a000000000000000000002  stays: it is the main login, which holds the account
    exit code 1
    ");
    assert_snapshot!(unlink(&[GRACE, "samlp", "acme-saml|navy/ghopper", "--pinned", "acme-saml"]), @r"
    auth0|65a000000000000000000002  samlp acme-saml|navy/ghopper  stays: its connection is pinned (--override pinned unlinks it)
    exit code 1
    ");
    assert_snapshot!(unlink(&[GRACE, "samlp", "acme-saml|navy/ghopper", "--pinned", "acme"]), @r#"
    linked-accounts: --pinned: the tenant has no connection "acme"
    exit code 2
    "#);
    let closed = r#"{ "connections": [{ "name": "Username-Password-Authentication", "strategy": "auth0", "closed": true }] }"#;
    fs::write(demo.0.path().join("config.json"), closed).unwrap();
    let settings = ["--page-settings", "config.json"];
    let all = |rest: &[&'static str]| {
        let github = [GRACE, "github", "19061209", "19440501"];
        unlink(&[&github[..], &settings, rest].concat())
    };
    assert_snapshot!(all(&["--dry-run"]), @r"
    auth0|65a000000000000000000002  github 19061209  would be unlinked
    auth0|65a000000000000000000002  github 19440501  would be unlinked
    ");
    assert_snapshot!(unlink(&[GRACE, "samlp", "acme-saml|navy/ghopper", "--pinned", "acme-saml", "--override", "pinned"]), @"auth0|65a000000000000000000002  samlp acme-saml|navy/ghopper  unlinked");
}

#[tokio::test]
async fn a_list_is_done_by_row_and_its_journal_lets_the_next_run_do_the_rest() {
    let demo = demo();
    let folder = demo.0.path();
    let list = format!(
        "user_id,provider,identity_id\n{GRACE},github,19061209\n{GRACE},auth0,{}\nauth0|nobody,github,7\n",
        &GRACE[6..]
    );
    fs::write(folder.join("list.csv"), list).unwrap();
    assert_snapshot!(run(&demo, "unlink", &["--from", "list.csv", "--dry-run"]).shown(), @r"
    line 2: auth0|65a000000000000000000002  github 19061209  would be unlinked
    line 3: auth0|65a000000000000000000002  auth0 65a000000000000000000002  stays: it is the main login, which holds the account
    line 4: auth0|nobody  github 7  there is no such user
    Nothing was changed. 3 identities: 1 of unknown users, 1 refused, 1 unlinked
    exit code 3
    ");
    assert!(!folder.join("list.csv.journal").exists(), "a dry run leaves nothing");
    assert_snapshot!(run(&demo, "unlink", &["--from", "list.csv"]).shown(), @r"
    line 3: auth0|65a000000000000000000002  auth0 65a000000000000000000002  stays: it is the main login, which holds the account
    line 4: auth0|nobody  github 7  there is no such user
    3 identities: 1 of unknown users, 1 refused, 1 unlinked
    Results: list.csv.results.jsonl
    exit code 3
    ");
    assert_snapshot!(fs::read_to_string(folder.join("list.csv.results.jsonl")).unwrap(), @r#"
    {"line":2,"user_id":"auth0|65a000000000000000000002","provider":"github","identity_id":"19061209","outcome":"unlinked"}
    {"line":3,"user_id":"auth0|65a000000000000000000002","provider":"auth0","identity_id":"65a000000000000000000002","outcome":"refused","reason":"main_login"}
    {"line":4,"user_id":"auth0|nobody","provider":"github","identity_id":"7","outcome":"unknown_user"}
    "#);
    // The row that is done is not asked about again; the others are.
    assert_snapshot!(run(&demo, "unlink", &["--from", "list.csv", "--json", "--concurrency", "1"]).stdout, @r#"
    {"line":2,"user_id":"auth0|65a000000000000000000002","provider":"github","identity_id":"19061209","outcome":"unlinked"}
    {"line":3,"user_id":"auth0|65a000000000000000000002","provider":"auth0","identity_id":"65a000000000000000000002","outcome":"refused","reason":"main_login"}
    {"line":4,"user_id":"auth0|nobody","provider":"github","identity_id":"7","outcome":"unknown_user"}
    "#);
    assert_snapshot!(run(&demo, "unlink", &["--from", "list.csv", "--delete"]).shown(), @r"
    linked-accounts: the journal list.csv.journal belongs to a run without --delete; rename or remove it to begin anew
    exit code 2
    ");
    fs::write(folder.join("list.csv"), format!("user_id,provider,identity_id\n{GRACE},github,19440501\n"))
        .unwrap();
    assert_snapshot!(run(&demo, "unlink", &["--from", "list.csv"]).shown(), @r"
    linked-accounts: the journal list.csv.journal belongs to another list, or to this one before it was changed; rename or remove it to begin anew
    exit code 2
    ");
}

#[tokio::test]
async fn what_is_wrong_is_said_with_what_to_do() {
    let demo = demo();
    let folder = demo.0.path();
    let mut without_secret = operator(folder, &demo.1, "identities", &[ADA]);
    without_secret.env_remove("LINKED_ACCOUNTS_MANAGEMENT_CLIENT_SECRET");
    assert_snapshot!(ran(without_secret, &demo.1).shown(), @r"
    linked-accounts: the secret of the application is missing: set LINKED_ACCOUNTS_MANAGEMENT_CLIENT_SECRET, or name a file by --client-secret-file
    exit code 2
    ");
    let mut wrong_secret = operator(folder, &demo.1, "identities", &[ADA]);
    wrong_secret.env("LINKED_ACCOUNTS_MANAGEMENT_CLIENT_SECRET", "guess");
    assert_snapshot!(ran(wrong_secret, &demo.1).shown(), @r"
    linked-accounts: no token for the Management API: Unauthorized (access_denied); the client id or the secret is wrong, or the application's authentication method is not a secret in the body
    exit code 1
    ");
    let audience = ["--audience", "https://elsewhere.example/api/v2/"];
    assert_snapshot!(run(&demo, "identities", &[&[ADA][..], &audience].concat()).shown(), @r"
    linked-accounts: no token for the Management API: Service not found: https://elsewhere.example/api/v2/ (access_denied); --audience is the identifier of the tenant's Management API, also behind a custom domain
    exit code 1
    ");
    let unencrypted = operator_at(folder, "http://tenant.example", "identities", &[ADA]);
    assert_snapshot!(ran(unencrypted, &demo.1).shown(), @r"
    linked-accounts: --domain: tenant.example is not on this machine: https is needed, because the secret is sent there
    exit code 2
    ");
    fs::write(folder.join("list.jsonl"), "{\"user_id\":\"auth0|1\",\"provider\":\"..\",\"identity_id\":1}\n")
        .unwrap();
    assert_snapshot!(run(&demo, "unlink", &["--from", "list.jsonl"]).shown(), @r#"
    linked-accounts: list.jsonl: line 1: provider is "..", which names nothing
    exit code 2
    "#);
    assert_snapshot!(run(&demo, "unlink", &["--from", "nowhere.csv"]).shown(), @r"
    linked-accounts: nowhere.csv: No such file or directory (os error 2)
    exit code 2
    ");
    assert_snapshot!(run(&demo, "unlink", &[ADA, "github", ".."]).shown(), @r#"
    linked-accounts: "github|.." names no identity
    exit code 2
    "#);
}

// attack: files
#[tokio::test]
async fn the_secret_of_the_application_is_no_option_of_the_command_line() {
    let demo = demo();
    let refused = run(&demo, "identities", &[ADA, "--client-secret", "x"]);
    assert_eq!(refused.code, Some(2));
    fs::write(demo.0.path().join("secret.txt"), format!("{}\n", crate::MACHINE_SECRET)).unwrap();
    let mut from_file =
        operator(demo.0.path(), &demo.1, "identities", &[ADA, "--client-secret-file", "secret.txt"]);
    from_file.env_remove("LINKED_ACCOUNTS_MANAGEMENT_CLIENT_SECRET");
    assert_eq!(ran(from_file, &demo.1).code, Some(0));
}
