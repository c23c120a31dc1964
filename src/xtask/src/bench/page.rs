//! The page, against a React page that does the same: in one browser, in turn, with one tenant on another origin.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};

use super::context::Context;
use super::load::float;
use super::measurement::{Outcome, Row, Target};
use super::running::Running;
use crate::folder::files_below;
use crate::{browser, tool};

/// The longest time for the tenant to listen.
const START_LIMIT: Duration = Duration::from_mins(1);
/// The people, by how many linked logins they have.
const PEOPLE: [(&str, u32); 2] = [("few", 10), ("many", 1_000)];
const PASSWORD: &str = "peer-password-1";

/// What is taken of each visit.
#[derive(Clone, Copy)]
enum Taken {
    Shown,
    Current,
    Painted,
    Kilobytes,
}

impl Taken {
    /// The name in the results of the browser.
    fn key(self) -> &'static str {
        match self {
            Self::Shown => "shown",
            Self::Current => "current",
            Self::Painted => "painted",
            Self::Kilobytes => "kilobytes",
        }
    }
}

/// The rows of visits: what, the name of the visits, what is taken of them, the target.
const VISITS: [(&str, &str, Taken, Option<Target>); 10] = [
    ("list usable, cold, slow 4G and CPU ÷ 4", "cold-slow", Taken::Shown, Some(Target::RatioAtMost(1.0))),
    ("list usable, cold, 9 Mbit/s", "cold-fast", Taken::Shown, Some(Target::RatioAtMost(0.9))),
    (
        "list usable, warm cache, slow 4G and CPU ÷ 4",
        "warm-slow",
        Taken::Shown,
        Some(Target::RatioAtMost(0.7)),
    ),
    ("the same, with the tenant's answer, cold", "cold-slow", Taken::Current, None),
    ("the same, with the tenant's answer, warm cache", "warm-slow", Taken::Current, None),
    ("first paint, cold, slow 4G and CPU ÷ 4", "cold-slow", Taken::Painted, Some(Target::RatioAtMost(0.5))),
    ("script and WASM before the list", "cold-slow", Taken::Kilobytes, Some(Target::AtMost(195.0))),
    ("first visit, signed out, slow 4G and CPU ÷ 4", "signed-out", Taken::Shown, None),
    ("from the password to the list, slow 4G and CPU ÷ 4", "callback", Taken::Shown, None),
    ("address of a dialog, slow 4G and CPU ÷ 4", "deep-link", Taken::Shown, None),
];

/// Measures the page in a browser against the React page.
///
/// # Errors
/// When the peer cannot be built, a side does not start, or a page does something else than it should.
pub(super) fn against_react(context: &Context) -> Result<Outcome> {
    context.programs.ensure_packages()?;
    let end2end = context.workspace.root.join("end2end");
    browser::ensure_packages(&end2end, "the browser tests")?;
    let chosen = browser::find(&end2end)?;
    let folder = context.empty_folder("page")?;
    let ports = Ports { tenant: tool::free_port()?, ours: tool::free_port()?, peer: tool::free_port()? };
    let peer = build_peer(context, &folder, &ports)?;
    let tenant = start_tenant(context, &folder, &ports)?;
    let settings = json!({
        "tenant": ports.origin_of_tenant(),
        "runs": context.runs(9),
        "browser": chosen,
        "people": people(),
        "ours": { "folder": context.workspace.site(), "port": ports.ours },
        "peer": { "folder": peer, "port": ports.peer },
    });
    let (settings_file, results_file) = (folder.join("settings.json"), folder.join("results.json"));
    fs::write(&settings_file, settings.to_string())?;
    let mut node = browser::node(&context.programs.scripts, &["page.js"]);
    node.arg(&settings_file).arg(&results_file);
    if !tool::run_streaming(&mut node)?.0.success() {
        bail!("the pages could not be measured; see the message above");
    }
    drop(tenant);
    let results: Value = serde_json::from_str(&fs::read_to_string(&results_file)?)?;
    let mut rows = rows(&results)?;
    rows.push(total(&context.workspace.site())?);
    Ok(Outcome {
        rows,
        notes: vec![
            "Both pages: the same host, HTTP/1.1, brotli, the same tenant on another origin, signed in by its session. Slow 4G: \
             1.6 Mbit/s down, 150 ms; the fast line has 60 ms."
                .to_owned(),
            "A list is usable when one of its buttons can be pressed. Ours has the list of the last visit before the tenant's answer; what \
             is pressed waits for that."
                .to_owned(),
            "Clicks are measured in the page, from the click to the layout without the row, with answers that are made \
             there; every row that stays must keep its element."
                .to_owned(),
        ],
        ..Outcome::default()
    })
}

struct Ports {
    tenant: u16,
    ours: u16,
    peer: u16,
}

impl Ports {
    fn origin_of_tenant(&self) -> String {
        format!("http://localhost:{}", self.tenant)
    }
}

/// Builds the React page for this tenant. Returns its folder.
fn build_peer(context: &Context, folder: &Path, ports: &Ports) -> Result<PathBuf> {
    let built = folder.join("react");
    let mut vite =
        browser::node(&context.programs.scripts, &["node_modules/vite/bin/vite.js", "build", "react"]);
    vite.arg("--emptyOutDir").arg("--outDir").arg(&built);
    vite.env("TENANT", ports.origin_of_tenant()).env("CLIENT_ID", "peer");
    tool::output(&mut vite)?;
    Ok(built)
}

fn start_tenant(context: &Context, folder: &Path, ports: &Ports) -> Result<Running> {
    let client = |name: &str, port: u16| {
        let origin = format!("http://localhost:{port}");
        format!(
            "  - {{ name: {name}, client_id: {name}, app_type: spa, token_endpoint_auth_method: none, \
             grant_types: [authorization_code, refresh_token], callbacks: ['{origin}', '{origin}/callback'], \
             allowed_logout_urls: ['{origin}', '{origin}/'], web_origins: ['{origin}'] }}\n"
        )
    };
    let file = format!(
        "clients:\n{}{}databases:\n  - {{ name: Username-Password-Authentication, strategy: auth0, enabled_clients: [ours, \
         peer] }}\nconnections:\n  - {{ name: github, strategy: github, enabled_clients: [ours, peer] }}\n",
        client("ours", ports.ours),
        client("peer", ports.peer)
    );
    fs::write(folder.join("tenant.yaml"), file)?;
    let users: Vec<_> = PEOPLE
        .map(|(name, linked)| {
            let mut user = user(name, linked);
            user["password"] = PASSWORD.into();
            user
        })
        .into();
    fs::write(folder.join("users.json"), Value::from(users).to_string())?;
    let mut command = Command::new(&context.programs.server);
    command.current_dir(folder).args(["serve", "--database", "sqlite:page.db", "--no-rate-limit"]);
    command.args(["--tenant", "tenant.yaml", "--users", "users.json"]);
    command.args(["--listen", &format!("127.0.0.1:{}", ports.tenant)]);
    Running::start(command, ports.tenant, &folder.join("tenant.log"), START_LIMIT)
}

/// A person as the API answers, without the password.
fn user(name: &str, linked: u32) -> Value {
    let main = json!({
        "provider": "auth0", "user_id": name, "connection": "Username-Password-Authentication", "isSocial": false
    });
    let login = |number: u32| {
        json!({
            "provider": "github", "user_id": format!("{name}-{number}"), "connection": "github", "isSocial": true,
            "profileData": { "name": format!("Login {number}"), "email": format!("{name}.{number}@example.com") }
        })
    };
    let identities: Vec<_> = std::iter::once(main).chain((0..linked).map(login)).collect();
    json!({
        "user_id": format!("auth0|{name}"), "email": format!("{name}@example.com"), "email_verified": true, "name": name,
        "identities": identities
    })
}

fn people() -> Value {
    let people = PEOPLE.map(|(name, linked)| {
        let user = user(name, linked);
        let person =
            json!({ "email": user["email"], "password": PASSWORD, "login": format!("{name}-5"), "user": user });
        (name.to_owned(), person)
    });
    Value::Object(people.into_iter().collect())
}

/// Reads what the browser measured.
fn rows(results: &Value) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for (what, visits, taken, target) in VISITS {
        let of = |side: &str| numbers(&results[visits][side], Some(taken.key()));
        let unit = if matches!(taken, Taken::Kilobytes) { "kB" } else { "ms" };
        rows.push(row(what, unit, of("ours")?, of("peer")?, target));
    }
    for (name, linked) in PEOPLE {
        let of = |side: &str| numbers(&results[format!("click-{name}")][side], None);
        let limit = if linked > 100 { 50.0 } else { 16.7 };
        let what = format!("from the click to the list without the login, {linked} logins");
        rows.push(row(&what, "ms", of("ours")?, of("peer")?, Some(Target::AtMost(limit))));
    }
    for memory in ["heap", "wasm"] {
        let of = |when: &str| numbers(&json!([results["rounds"][when]]), Some(memory));
        let mut after = row(
            &format!("memory after 200 rounds of unlinking and linking, {memory}"),
            "MB",
            of("after")?,
            of("before")?,
            Some(Target::RatioAtMost(1.02)),
        );
        "after 20 rounds".clone_into(&mut after.against);
        for value in after.ours.iter_mut().chain(&mut after.theirs) {
            *value /= 1e6;
        }
        rows.push(after);
    }
    Ok(rows)
}

fn row(what: &str, unit: &str, ours: Vec<f64>, theirs: Vec<f64>, target: Option<Target>) -> Row {
    let against = if theirs.is_empty() { "–" } else { "React" };
    Row { what: what.to_owned(), unit: unit.to_owned(), ours, against: against.to_owned(), theirs, target }
}

/// The numbers of a list, or of a member of each of its objects.
fn numbers(list: &Value, member: Option<&str>) -> Result<Vec<f64>> {
    let list = list.as_array().context("the browser measured less than it should")?;
    let number = |value: &Value| member.map_or(value, |member| &value[member]).as_f64();
    let numbers: Option<Vec<_>> = list.iter().map(number).collect();
    numbers.context("the browser measured something that is no number")
}

/// The weight of all script and WASM of the site, whenever it is loaded.
fn total(site: &Path) -> Result<Row> {
    let mut bytes = 0;
    for file in files_below(site)? {
        let name = file.to_string_lossy().into_owned();
        if name.ends_with(".js.br") || name.ends_with(".wasm.br") {
            bytes += fs::metadata(&file)?.len();
        }
    }
    let kilobytes = vec![float(bytes) / 1e3];
    Ok(row("all script and WASM", "kB", kilobytes, Vec::new(), Some(Target::AtMost(300.0))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rows_are_what_the_browser_measured() {
        let visit = |shown: f64| json!({ "shown": shown, "current": shown, "painted": shown / 4.0, "kilobytes": 180.0 });
        let both = json!({ "ours": [visit(100.0)], "peer": [visit(200.0)] });
        let mut results = json!({
            "click-few": { "ours": [9.0], "peer": [2.0] }, "click-many": { "ours": [60.0], "peer": [50.0] },
            "rounds": { "before": { "heap": 4_000_000, "wasm": 2_000_000 }, "after": { "heap": 4_100_000, "wasm": 2_000_000 } }
        });
        for (_, visits, ..) in VISITS {
            results[visits] = both.clone();
        }
        let rows = rows(&results).unwrap();
        let met: Vec<_> = rows.iter().map(Row::is_met).collect();
        let (yes, no) = (Some(true), Some(false));
        assert_eq!(met, [yes, yes, yes, None, None, yes, yes, None, None, None, yes, no, no, yes]);
        assert_eq!((rows[0].judged(), rows[6].judged()), (vec![0.5], vec![180.0]));
        results["click-few"] = json!({});
        assert!(super::rows(&results).is_err());
    }
}
