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
      Acme SAML: samlp acme-saml|eng/ada  connection acme-saml  ada.lovelace@acme.example
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

#[tokio::test]
async fn find_suggests_what_is_verified_and_link_brings_it_together() {
    let demo = demo();
    assert_snapshot!(run(&demo, "unlink", &[GRACE, "github", "19061209"]).shown(), @"auth0|65a000000000000000000002  github 19061209  unlinked");
    assert_snapshot!(run(&demo, "find", &["--email", "Grace@Users.github.example"]).shown(), @r"
    The address is verified in:
      github|19061209  Grace Hopper  grace@users.github.example: GitHub
    ");
    assert_snapshot!(run(&demo, "find", &["--email", "grace@example.com"]).shown(), @r"
    The address is verified in:
      auth0|65a000000000000000000002  Grace Hopper  grace@example.com: Password, Google, GitHub, Facebook, Apple, Microsoft, Twitter, LinkedIn, Acme SAML, E-mail code, Text message
    ");
    assert_snapshot!(run(&demo, "find", &["--email", "none@nowhere.example"]).shown(), @r"
    No account has the address none@nowhere.example.
    exit code 1
    ");
    let link = |options: &[&'static str]| {
        run(&demo, "link", &[&[ADA, "github|19061209"][..], options].concat()).shown()
    };
    assert_snapshot!(link(&["--dry-run"]), @r"
    auth0|65a000000000000000000001 would have these logins:
      Password: auth0 65a000000000000000000001  connection Username-Password-Authentication
      Google: google-oauth2 115015401343387192604  ada.lovelace@gmail.example
      Google: google-oauth2 104388216570921137785  ada@analytical-engine.example
      GitHub: github 18151210  ada@users.github.example
      Acme SAML: samlp acme-saml|eng/ada  connection acme-saml  ada.lovelace@acme.example
      GitHub: github 19061209
    github|19061209 would no longer be a user of its own.
    ");
    assert_snapshot!(link(&[]), @r"
    auth0|65a000000000000000000001 has these logins:
      Password: auth0 65a000000000000000000001  connection Username-Password-Authentication  ada@example.com
      Google: google-oauth2 115015401343387192604  ada.lovelace@gmail.example
      Google: google-oauth2 104388216570921137785  ada@analytical-engine.example
      GitHub: github 18151210  ada@users.github.example
      Acme SAML: samlp acme-saml|eng/ada  connection acme-saml  ada.lovelace@acme.example
      GitHub: github 19061209  grace@users.github.example
    github|19061209 is no longer a user of its own.
    ");
    assert_snapshot!(link(&[]), @r"
    linked-accounts: there is no user github|19061209
    exit code 1
    ");
    assert_snapshot!(run(&demo, "link", &[ADA, GRACE]).shown(), @r"
    linked-accounts: auth0|65a000000000000000000002 has user_metadata, which linking discards; --discard-metadata links it nevertheless
    exit code 1
    ");
    assert_snapshot!(run(&demo, "link", &[ADA, ADA]).shown(), @r"
    linked-accounts: both are the same user
    exit code 1
    ");
}

#[tokio::test]
async fn impact_forecasts_who_is_locked_out_when_a_connection_is_closed() {
    let demo = demo();
    assert_snapshot!(run(&demo, "impact", &["--connection", "Username-Password-Authentication"]).shown(), @r"
    Users with a login of Username-Password-Authentication: 10
    Locked out if it is closed, because nothing else opens the account: 1
      auth0|65a000000000000000000003  Alan Turing  alan@example.com
    Keep another way in, but it is their main login, which cannot be unlinked: 8
      auth0|65a000000000000000000001  Ada Lovelace  ada@example.com
      auth0|65a000000000000000000002  Grace Hopper  grace@example.com
      auth0|65a000000000000000000005  ليلى الخوارزمي  layla@example.net
      auth0|65a000000000000000000006  עדינה שמיר  adina@example.org
      auth0|65a000000000000000000007  Linus Bergström  linus@example.org (not verified)
      auth0|65a000000000000000000008  Hubert Blaine Adolph Bartholomew Cornelius Desmond Everard Ferdinand Wolfeschlegelsteinhausenbergerdorff-Featherstonehaugh the Younger of Nether Wallop  hubert@example.com
      auth0|65a000000000000000000009  nobody@example.com
      auth0|65a000000000000000000010  Mary Jackson  mary@example.com
    ");
    assert_snapshot!(run(&demo, "impact", &["--connection", "github"]).shown(), @r"
    Users with a login of github: 4
    Locked out if it is closed, because nothing else opens the account: 0
    Keep another way in, but it is their main login, which cannot be unlinked: 1
      github|5121951  Radia Perlman  radia@users.github.example (not verified)
    ");
    assert_snapshot!(run(&demo, "impact", &["--connection", "github", "--json"]).shown(), @r#"{"connection":"github","locked_out":[],"locked_out_already":0,"main_login":["github|5121951"],"unreadable":0,"users":4}"#);
    assert_snapshot!(run(&demo, "impact", &["--connection", "gihtub"]).shown(), @r#"
    linked-accounts: the tenant has no connection "gihtub"
    exit code 2
    "#);
}

#[tokio::test]
async fn export_writes_each_user_with_its_identities_on_a_line() {
    let demo = demo();
    let ids = |text: &str| {
        let user = |line: &str| serde_json::from_str::<Value>(line).unwrap();
        text.lines().map(|line| user(line)["user_id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let all = run(&demo, "export", &[]).stdout;
    let one: Value = serde_json::from_str(all.lines().next().unwrap()).unwrap();
    assert_eq!((&one["user_id"], one["identities"].as_array().unwrap().len()), (&Value::from(ADA), 5));
    assert!(ids(&all).len() > 2);
    let github =
        run(&demo, "export", &["--query", "identities.connection:github", "--output", "users.jsonl"]);
    assert_eq!(github.shown(), "");
    let written = fs::read_to_string(demo.0.path().join("users.jsonl")).unwrap();
    assert_eq!(ids(&written)[..2], [ADA, GRACE]);
    assert_snapshot!(run(&demo, "export", &["--query", "a:[", "--output", "none.jsonl"]).shown(), @r"
    linked-accounts: the tenant answered 400: Query validation error: 'A range is written [a TO b]' on property q.
    exit code 1
    ");
    assert!(!demo.0.path().join("none.jsonl").exists(), "an export that failed leaves no file");
}

#[test]
fn each_command_explains_itself() {
    let folder = work_dir();
    for (task, expected) in [
        ("identities", "List the identities of a user"),
        ("unlink", "Unlink identities of users"),
        ("link", "Link an account to another one"),
        ("find", "Find the accounts with an e-mail address"),
        ("export", "Write every user with its identities"),
        ("impact", "Forecast who is locked out"),
    ] {
        let help = crate::program_as(folder.path(), task, &["--help"]).output().unwrap();
        let help = String::from_utf8(help.stdout).unwrap();
        assert!(help.starts_with(expected), "{help}");
        assert!(help.contains("LINKED_ACCOUNTS_MANAGEMENT_CLIENT_SECRET`"), "{help}");
    }
}

/// Writes a list of one identity of Grace. Returns its name.
fn list_of_one(demo: &(TempDir, Server)) -> &'static str {
    fs::write(
        demo.0.path().join("one.csv"),
        format!("user_id,provider,identity_id\n{GRACE},github,19061209\n"),
    )
    .unwrap();
    "one.csv"
}

// attack: accounts
#[tokio::test]
async fn only_a_user_that_a_run_with_this_journal_made_is_deleted_and_only_while_it_is_nothing_else() {
    let demo = demo();
    let list = list_of_one(&demo);
    let unlink = || run(&demo, "unlink", &["--from", list, "--delete"]).shown();
    let exists = |id: &str| run(&demo, "identities", &[id]).code == Some(0);
    // Somebody else unlinked it.
    run(&demo, "unlink", &[GRACE, "github", "19061209", "19440501"]);
    assert!(
        unlink().starts_with(
            "line 2: auth0|65a000000000000000000002  github 19061209  not linked to this user\n"
        )
    );
    assert!(exists("github|19061209"));
    // A run announced that it would unlink it, and was stopped before it heard the answer, in the middle of a line. The
    // person then linked another login to what it became.
    let journal = demo.0.path().join("one.csv.journal");
    let begun = fs::read_to_string(&journal).unwrap().lines().next().unwrap().to_owned();
    let announced =
        r#"{"state":"unlinking","line":2,"user_id":"github|19061209","linked_at":"2026-01-01T00:00:00Z"}"#;
    fs::write(&journal, format!("{begun}\n{announced}\n{{\"state\":\"unl")).unwrap();
    assert_eq!(run(&demo, "link", &["github|19061209", "github|19440501"]).code, Some(0));
    assert_snapshot!(unlink(), @r"
    line 2: auth0|65a000000000000000000002  github 19061209  unlinked; the user that it became has other logins by now and is kept
    1 identity: 1 unlinked but not deleted
    Results: one.csv.results.jsonl
    exit code 1
    ");
    assert!(exists("github|19061209"));
    // It is left alone also later: the row is finished.
    run(&demo, "unlink", &["github|19061209", "github", "19440501"]);
    unlink();
    assert!(exists("github|19061209"));
    // Without the other login the run that goes on deletes it.
    fs::write(&journal, format!("{begun}\n{announced}\n")).unwrap();
    assert_snapshot!(unlink(), @r"
    1 identity: 1 unlinked and deleted
    Results: one.csv.results.jsonl
    ");
    assert!(!exists("github|19061209"));
    assert!(exists("github|19440501"));
}

#[tokio::test]
async fn a_second_run_at_the_same_time_is_refused_and_so_is_a_damaged_journal() {
    let demo = demo();
    let list = list_of_one(&demo);
    let path = demo.0.path().join("one.csv.journal");
    let journal = fs::File::create(&path).unwrap();
    journal.lock().unwrap();
    assert_snapshot!(run(&demo, "unlink", &["--from", list]).shown(), @r"
    linked-accounts: another run uses the journal one.csv.journal
    exit code 2
    ");
    drop(journal);
    fs::write(&path, "{\"state\":\"unlinked\",\"line\":2}\n").unwrap();
    assert_snapshot!(run(&demo, "unlink", &["--from", list]).shown(), @r"
    linked-accounts: the journal one.csv.journal is damaged at line 1
    exit code 2
    ");
    assert_eq!(
        run(&demo, "identities", &[GRACE]).stdout.matches("github 19061209").count(),
        1,
        "nothing was done"
    );
}
