//! Our server for a benchmark: the release program with a tenant of two connections and a machine's token.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::http;
use super::load::{Answered, Load, Script};
use super::population::Population;
use super::running::Running;
use crate::step::Stopwatch;
use crate::tool;

/// The longest time for the first start, which writes all users.
const SEEDING_LIMIT: Duration = Duration::from_mins(30);

/// The name of the database file in the folder of a tenant, and its address there.
const DATABASE: &str = "tenant.db";
const ADDRESS: &str = "sqlite:tenant.db";

/// The path of a user, for [`Tenant::read`].
pub(super) const USER: &str = "/api/v2/users/auth0%7Cu{}";

/// The client's id and its secret, which opens a tenant on loopback that ends with the benchmark.
const CLIENT: &str = "bench";
const SECRET: &str = "bench-secret-0123456789abcdef0123456789abcdef";

const TENANT_FILE: &str = "\
clients:
  - name: bench
    client_id: bench
    app_type: non_interactive
    token_endpoint_auth_method: client_secret_post
    grant_types: [client_credentials]
clientGrants:
  - { client_id: bench, audience: '##LINKED_ACCOUNTS_ISSUER##api/v2/', scope: [read:users, update:users] }
databases:
  - { name: Username-Password-Authentication, strategy: auth0 }
connections:
  - { name: github, strategy: github }
";

/// A running server.
pub(super) struct Tenant {
    running: Running,
    folder: PathBuf,
    token: String,
}

impl Tenant {
    /// Starts `program` in `folder` on a database, and adds the users of a file.
    ///
    /// # Errors
    /// When it does not start, with its log.
    pub(super) fn start(program: &Path, folder: &Path, database: &str, users: Option<&Path>) -> Result<Self> {
        fs::create_dir_all(folder)?;
        fs::write(folder.join("tenant.yaml"), TENANT_FILE)?;
        let port = tool::free_port()?;
        let mut command = Command::new(program);
        command.current_dir(folder).args(["serve", "--no-rate-limit", "--tenant", "tenant.yaml"]);
        command.args(["--listen", &format!("127.0.0.1:{port}"), "--database", database]);
        command.args(["--client-secret", &format!("{CLIENT}={SECRET}")]);
        if let Some(users) = users {
            command.arg("--users").arg(users);
        }
        let running = Running::start(command, port, &folder.join("log.txt"), SEEDING_LIMIT)?;
        let (kind, body) = token_request(port);
        let answer = http::json(port, "POST /oauth/token", &[("Content-Type", kind)], &body)?;
        let token = answer["access_token"].as_str().context("the tenant gave no token")?.to_owned();
        Ok(Self { running, folder: folder.to_owned(), token })
    }

    /// Unlinks logins, and checks in the database that so many were. `place` is that of the first one in the order of all
    /// logins, and becomes that of the next one.
    ///
    /// # Errors
    /// When a request fails, when there are too few logins, or when fewer or more accounts were made than requests answered.
    pub(super) fn unlink(&self, load: Load, population: Population, place: &mut u64) -> Result<Answered> {
        let before = self.users()?;
        let numbers = [population.people(), population.distance, *place].map(|number| number.to_string());
        let arguments = [&self.token, &numbers[0], &numbers[1], &numbers[2]].map(String::as_str);
        let answered = load.run(Script::Unlink, &arguments, self.running.port, &self.folder)?;
        *place += answered.sent;
        if *place > population.unlinkable() {
            bail!("the server unlinks faster than this benchmark has logins to unlink; raise their number");
        }
        let made = self.users()? - before;
        if made < answered.requests || made > answered.sent {
            bail!("{} requests were answered, but {made} accounts were made", answered.requests);
        }
        Ok(answered)
    }

    /// Reads users, by paths with their number in place of `{}`.
    ///
    /// # Errors
    /// When a request fails, or the answers are shorter than the first one, which names its user.
    pub(super) fn read(&self, load: Load, population: Population, path: &str) -> Result<Answered> {
        let head = format!("GET {}", path.replace("{}", "0"));
        let first = http::text(self.running.port, &head, &[("Authorization", &self.authorization())], "")?;
        if !first.contains("auth0|u0") {
            bail!("another user was answered: {first}");
        }
        let numbers = [population.people(), population.distance].map(|number| number.to_string());
        let arguments = [&self.token, &numbers[0], &numbers[1], path].map(AsRef::as_ref);
        let answered = load.run(Script::User, &arguments, self.running.port, &self.folder)?;
        let least = u64::try_from(first.len())? * 9 / 10;
        if answered.bytes < least {
            bail!("the answers have {} bytes, that to the first request {least} or more", answered.bytes);
        }
        Ok(answered)
    }

    /// Requests machine tokens.
    ///
    /// # Errors
    /// When a request fails.
    pub(super) fn request_tokens(&self, load: Load) -> Result<Answered> {
        let (kind, body) = token_request(self.running.port);
        load.run(Script::Same, &["POST", "/oauth/token", kind, &body], self.running.port, &self.folder)
    }

    /// The number of users in the database.
    fn users(&self) -> Result<u64> {
        let path = "GET /api/v2/users?include_totals=true&per_page=1&fields=user_id";
        let answer = http::json(self.running.port, path, &[("Authorization", &self.authorization())], "")?;
        answer["total"].as_u64().context("the tenant counts no users")
    }

    fn authorization(&self) -> String {
        format!("Bearer {}", self.token)
    }

    fn stop(self) -> Result<()> {
        self.running.stop()
    }
}

/// The type and the content of a request for a machine token.
fn token_request(port: u16) -> (&'static str, String) {
    let audience = format!("http://localhost:{port}/api/v2/");
    let body = serde_json::json!({
        "grant_type": "client_credentials", "client_id": CLIENT, "client_secret": SECRET, "audience": audience
    });
    ("application/json", body.to_string())
}

/// Databases with many users, which take minutes to write: each is made once, and copied for each use.
pub(super) struct Databases {
    program: PathBuf,
    /// The folder of the databases that are copied. They stay for later benchmarks.
    folder: PathBuf,
}

impl Databases {
    pub(super) fn new(program: &Path, folder: &Path) -> Self {
        Self { program: program.to_owned(), folder: folder.to_owned() }
    }

    /// Starts a server in `folder`, which is emptied, on a copy of the database with this population.
    ///
    /// # Errors
    /// When it does not start.
    pub(super) fn start(&self, population: Population, folder: &Path) -> Result<Tenant> {
        let database = self.database(population)?;
        crate::folder::empty(folder)?;
        fs::create_dir_all(folder)?;
        fs::copy(database, folder.join(DATABASE))?;
        Tenant::start(&self.program, folder, ADDRESS, None)
    }

    /// Returns the database with this population, which is made if it is not there.
    fn database(&self, population: Population) -> Result<PathBuf> {
        let kept = self.folder.join(format!("{}.db", population.name()));
        if kept.is_file() {
            return Ok(kept);
        }
        let work = self.folder.join("new");
        crate::folder::empty(&work)?;
        fs::create_dir_all(&work)?;
        let users = work.join("users.json");
        population.write(&users)?;
        let watch = Stopwatch::start();
        Tenant::start(&self.program, &work, ADDRESS, Some(&users))?.stop()?;
        println!("    {} users were written in {watch}", population.users);
        if work.join(format!("{DATABASE}-wal")).exists() {
            bail!("the server has ended and left a part of its database beside it");
        }
        fs::rename(work.join(DATABASE), &kept)?;
        crate::folder::empty(&work)?;
        Ok(kept)
    }
}
