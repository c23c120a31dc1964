//! The configurations of static hosts, tried: Nginx and Caddy serve a small site by them, and the doctor and a few requests look at
//! what comes.

use std::fmt::Write as _;
use std::fs;
use std::io::{Read, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use model::route;
use sha2::{Digest, Sha256};

use crate::counts::Counts;
use crate::folder::empty;
use crate::step::Stopwatch;
use crate::workspace::Workspace;
use crate::{hosting, tool};

/// The longest time for a host to listen.
const START_LIMIT: Duration = Duration::from_secs(20);
/// Nginx' list of types, where Debian has it.
const TYPES: &str = "/etc/nginx/mime.types";
/// The script of the small site, and a file with a hash in its name.
const SCRIPT: &str = "start()";
const WASM: &str = "/app_bg-0123456789abcdef.wasm";

/// A host that is tried.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Host {
    Nginx,
    Caddy,
}

impl Host {
    fn program(self) -> &'static str {
        match self {
            Self::Nginx => "nginx",
            Self::Caddy => "caddy",
        }
    }

    fn is_installed(self) -> bool {
        let argument = if self == Self::Nginx { "-v" } else { "version" };
        let runs = tool::output(Command::new(self.program()).arg(argument)).is_ok();
        runs && (self == Self::Caddy || Path::new(TYPES).is_file())
    }
}

/// Starts each host that is installed, or can be, and checks what it serves.
///
/// # Errors
/// When something cannot be compiled, written or started.
pub(crate) fn tests(workspace: &Workspace) -> Result<Counts> {
    if !tool::run_streaming(&mut workspace.program("linked-accounts"))?.0.success() {
        bail!("the server does not compile; see the message above");
    }
    let folder = workspace.target.join("static-hosts");
    empty(&folder)?;
    write_site(&folder.join("site"))?;
    hosting::write(&workspace.root, &folder.join("site"), &folder.join("hosting"))?;
    let mut counts = Counts::default();
    for host in [Host::Nginx, Host::Caddy] {
        if !host.is_installed() {
            tool::install_debians(&[host.program()])?;
        }
        if host.is_installed() {
            counts += try_host(workspace, &folder, host)?;
        } else {
            println!("Not tried: {} is not installed here", host.program());
        }
    }
    Ok(counts)
}

/// Writes a site with the parts of the real one that a host must serve in its own way each.
fn write_site(site: &Path) -> Result<()> {
    fs::create_dir_all(site)?;
    let hash = STANDARD.encode(Sha256::digest(SCRIPT));
    let policy = format!(
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval' 'sha256-{hash}'; img-src 'self' https://TENANT; \
         connect-src 'self' https://TENANT; frame-src 'self' https://TENANT; frame-ancestors 'none'\n"
    );
    let index = format!(
        "<!doctype html><link rel=\"preload\" href=\"{WASM}\"><script type=\"module\">{SCRIPT}</script>"
    );
    fs::write(site.join("csp.txt"), policy)?;
    fs::write(site.join("index.html"), index)?;
    fs::write(site.join(&route::SERVICE_WORKER[1..]), "listen()")?;
    Ok(fs::write(site.join(&WASM[1..]), "\0asm")?)
}

/// A process that is ended when it is dropped.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        tool::end(&mut self.0);
    }
}

fn try_host(workspace: &Workspace, folder: &Path, host: Host) -> Result<Counts> {
    let (tenant_port, port) = (tool::free_port()?, tool::free_port()?);
    let (tenant, page) = (format!("http://localhost:{tenant_port}"), format!("http://localhost:{port}"));
    let work = folder.join(host.program());
    fs::create_dir_all(&work)?;
    let settings = format!("{{ \"domain\": \"{tenant}\", \"clientId\": \"page\" }}");
    fs::write(folder.join("site/config.json"), settings)?;
    fs::write(work.join("tenant.yaml"), tenant_file(&page))?;
    let mut server = Command::new(workspace.server());
    server.current_dir(&work).args(["serve", "--tenant", "tenant.yaml", "--database", "sqlite:tenant.db"]);
    server.args(["--listen", &format!("127.0.0.1:{tenant_port}")]).arg("--site").arg(folder.join("site"));
    let _server = start(server, &work.join("tenant.log"), tenant_port)?;
    let configuration = configuration(folder, &work, host, &tenant, port)?;
    let mut command = Command::new(host.program());
    match host {
        Host::Nginx => command.args(["-e", "stderr", "-p"]).arg(&work).arg("-c").arg(configuration),
        Host::Caddy => command.args(["run", "--adapter", "caddyfile", "--config"]).arg(configuration),
    };
    command.env("HOME", &work);
    let _host = start(command, &work.join("host.log"), port)?;

    let mut counts = Counts::default();
    let mut check = |promise: &str, result: Result<(), String>| {
        match &result {
            Ok(()) => println!("ok      {}: {promise}", host.program()),
            Err(shown) => println!("FAILED  {}: {promise}\n{shown}", host.program()),
        }
        counts += Counts::single(result.is_ok());
    };
    check("the doctor finds nothing", examine(workspace, &tenant, &page));
    for (promise, path, wanted) in PROMISES {
        check(promise, expect(port, path, wanted));
    }
    Ok(counts)
}

/// What a host promises: a sentence, a path, and what is, or with `!` is not, in the head of the answer.
const PROMISES: [(&str, &str, &[&str]); 7] = [
    (
        "an address of the page is answered with it",
        "/unlink/github/1",
        &[
            "200 ok",
            "content-type: text/html",
            "cache-control: no-cache",
            "content-security-policy: default-src 'none'",
        ],
    ),
    (
        "the callback keeps the opener of a popup",
        "/callback?code=a&state=b",
        &["200 ok", "!cross-origin-opener-policy"],
    ),
    (
        "any other address keeps its windows",
        "/",
        &["200 ok", "cross-origin-opener-policy: same-origin-allow-popups"],
    ),
    (
        "a file with a hash is kept for a year",
        WASM,
        &["200 ok", "content-type: application/wasm", "cache-control: public, max-age=31536000, immutable"],
    ),
    (
        "a file that is not there is no page, and is not kept",
        "/app-fedcba9876543210.js",
        &["404 not found", "!immutable"],
    ),
    (
        "the service worker is asked for anew each time, and may fetch from the site",
        route::SERVICE_WORKER,
        &["200 ok", "javascript", "cache-control: no-cache", "connect-src 'self'"],
    ),
    (
        "the settings are asked for anew each time",
        "/config.json",
        &["200 ok", "content-type: application/json", "cache-control: no-cache"],
    ),
];

/// A tenant file for a page at this origin.
fn tenant_file(page: &str) -> String {
    format!(
        "clients:\n  - name: Page\n    client_id: page\n    app_type: spa\n    callbacks: ['{page}/callback']\n    \
         allowed_logout_urls: ['{page}/']\n    web_origins: ['{page}']\ndatabases:\n  \
         - {{ name: Username-Password-Authentication, strategy: auth0, enabled_clients: [Page] }}\n"
    )
}

/// Writes the configuration that a team would deploy, with what is theirs set: the tenant, the folder, the name; and on this
/// machine without TLS. Returns its path.
fn configuration(
    folder: &Path,
    work: &Path,
    host: Host,
    tenant: &str,
    port: u16,
) -> Result<std::path::PathBuf> {
    let name = if host == Host::Nginx { "nginx.conf" } else { "Caddyfile" };
    let deployed = fs::read_to_string(folder.join("hosting").join(name))?;
    let site = folder.join("site").display().to_string();
    let mut text = deployed.replace("https://TENANT", tenant).replace("/srv/linked-accounts/site", &site);
    match host {
        Host::Nginx => {
            text = text.replace("listen 443 ssl;", &format!("listen 127.0.0.1:{port};"));
            text = text.replace("listen 80;", &format!("listen 127.0.0.1:{};", tool::free_port()?));
            text = text.replace("server_name logins.example.com;", "server_name localhost;");
            let lines: Vec<&str> = text.lines().filter(|line| !line.contains("ssl_certificate")).collect();
            // One process, so that ending it ends all of it.
            let mut whole =
                "user root;\ndaemon off;\nmaster_process off;\npid nginx.pid;\nevents {}\nhttp {\naccess_log off;\n".to_owned();
            for kind in ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"] {
                let _ = writeln!(whole, "{kind}_temp_path {kind};");
            }
            text = format!("{whole}include {TYPES};\n{}\n}}\n", lines.join("\n"));
        }
        Host::Caddy => {
            let address = format!("http://localhost:{port} {{\n\tbind 127.0.0.1");
            text = text.replace("logins.example.com {", &address);
            text = format!("{{\n\tadmin off\n\tauto_https off\n}}\n{text}");
        }
    }
    let path = work.join(name);
    fs::write(&path, text)?;
    Ok(path)
}

/// Starts a program and waits until it listens.
fn start(mut command: Command, log: &Path, port: u16) -> Result<Running> {
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("LINKED_ACCOUNTS_") {
            command.env_remove(name);
        }
    }
    let output = fs::File::create(log)?;
    command.stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output);
    let mut running = Running(command.spawn().context("a program could not be started")?);
    let watch = Stopwatch::start();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        if watch.elapsed() > START_LIMIT || running.0.try_wait()?.is_some() {
            bail!("a program does not listen: {}", fs::read_to_string(log)?);
        }
        thread::park_timeout(Duration::from_millis(50));
    }
    Ok(running)
}

/// Runs the doctor. Returns what it says if it finds anything.
fn examine(workspace: &Workspace, tenant: &str, page: &str) -> Result<(), String> {
    let mut doctor = Command::new(workspace.server());
    doctor.args(["doctor", "--domain", tenant, "--client-id", "page", "--page", page, "--fail-on-warnings"]);
    let output = doctor.env("NO_PROXY", "localhost").output().map_err(|error| error.to_string())?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let is_fine = output.status.success() && said.contains("0 errors, 0 warnings, 0 hints");
    if is_fine { Ok(()) } else { Err(said + &String::from_utf8_lossy(&output.stderr)) }
}

/// Requests a path. Returns the head of the answer if it is not as expected.
fn expect(port: u16, path: &str, wanted: &[&str]) -> Result<(), String> {
    let head = request(port, path).map_err(|error| error.to_string())?;
    let holds = |wish: &str| match wish.strip_prefix('!') {
        Some(absent) => !head.contains(absent),
        None => head.contains(wish),
    };
    if wanted.iter().all(|wish| holds(wish)) { Ok(()) } else { Err(head) }
}

/// Returns the head of the answer to a browser's navigation, in lower case.
fn request(port: u16, path: &str) -> Result<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(START_LIMIT))?;
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: localhost:{port}\r\nAccept: text/html\r\nConnection: close\r\n\r\n"
    )?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let answer = String::from_utf8_lossy(&answer).to_lowercase();
    Ok(answer.split("\r\n\r\n").next().unwrap_or_default().to_owned())
}
