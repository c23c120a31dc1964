//! A PostgreSQL server for tests and measurements, with a folder, a port and a password of its own.
//!
//! It is the system's program with settings of ours, and not the system's server: that one is neither used nor started. It
//! writes each commit to disk (`fsync`), because tests stop it hard and read what is left.

use std::ffi::OsStr;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::counts::Counts;
use crate::step::Stopwatch;
use crate::tool;
use crate::workspace::Workspace;

/// The variable with the address of a server, which the tests read. If it is set already, that server is taken.
const ADDRESS_VARIABLE: &str = "LINKED_ACCOUNTS_TEST_POSTGRES";

/// The longest time for the server to start, and to stop.
const LIMIT: Duration = Duration::from_secs(30);
/// Where Debian has its versions of PostgreSQL.
const DEBIANS: &str = "/usr/lib/postgresql";
/// What keeps Debian from making and starting a server of the system when the package is installed.
const NO_SYSTEM_SERVER: &str = "/etc/postgresql-common/createcluster.d/linked-accounts.conf";
/// The user and owner of everything in the server.
const USER: &str = "linked_accounts";
/// The system's user that runs the server where tests run as root, whom PostgreSQL refuses.
const SYSTEM_USER: &str = "postgres";

/// The settings of the server, besides its port. The number of connections is that of many tests at once.
const SETTINGS: &str = "listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 400
fsync = on
";

/// A server; one that was started here is stopped when this is dropped.
pub(crate) struct Server {
    /// Its address, with user, password and database.
    pub(crate) url: String,
    child: Option<Child>,
}

impl Server {
    /// Waits until the server ends, which it does on Ctrl-C.
    ///
    /// # Errors
    /// When it was not started here.
    pub(crate) fn wait(mut self) -> Result<()> {
        self.child.as_mut().context("the server was not started here")?.wait()?;
        Ok(())
    }
}

impl Drop for Server {
    /// Stops the server. Its data is nobody's any more, so that nothing is lost by not waiting for its connections.
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            // One that has ended already is no error.
            let _ = tool::output(Command::new("kill").args(["-INT", &child.id().to_string()]));
            let watch = Stopwatch::start();
            while matches!(child.try_wait(), Ok(None)) && watch.elapsed() < LIMIT {
                thread::park_timeout(Duration::from_millis(20));
            }
            tool::end(child);
        }
    }
}

/// `cargo xtask postgres`: starts a server, prints its address, and runs it until Ctrl-C. `keeps` is whether it is the one
/// that was on `folder` before, as after a crash.
///
/// # Errors
/// When PostgreSQL is missing or cannot be started.
pub(crate) fn run(folder: Option<PathBuf>, keeps: bool) -> Result<()> {
    let folder = match folder {
        Some(folder) => folder,
        None => Workspace::find()?.target.join("postgres/by-hand"),
    };
    let server = if keeps { restart(&folder)? } else { start(&folder)? };
    println!("\nexport {ADDRESS_VARIABLE}='{}'\n\nCtrl-C stops it.", server.url);
    server.wait()
}

/// Runs the tests of everything that has a database once more, on PostgreSQL, and those of several servers on one database.
///
/// # Errors
/// As [`for_tests`].
pub(crate) fn tests(workspace: &Workspace) -> Result<Counts> {
    let Some(server) = for_tests(workspace)? else {
        println!(
            "Not run on PostgreSQL: the tests store and tenant, and nodes of the test process. {ADDRESS_VARIABLE}=postgres://… \
             names a server for them"
        );
        return Ok(Counts::default());
    };
    let suites = ["test", "--workspace", "--no-fail-fast", "--test", "store", "--test", "tenant"];
    let nodes = ["test", "--workspace", "--no-fail-fast", "--test", "process", "--", "--ignored", "nodes::"];
    let mut counts = Counts::default();
    for arguments in [&suites[..], &nodes] {
        let mut tests = workspace.cargo(arguments);
        tests.env(ADDRESS_VARIABLE, &server.url).env("LINKED_ACCOUNTS_TEST_DATABASE", "postgres");
        tests.env("LINKED_ACCOUNTS_XTASK", std::env::current_exe()?);
        let (status, output) = tool::run_streaming(&mut tests)?;
        counts += Counts::of_cargo(&output).with_status(status.success());
    }
    Ok(counts)
}

/// Starts a server with an empty database for the browser tests. It is always this tool's own, because the page's tenant keeps
/// what it writes. `None` as for [`tests`].
///
/// # Errors
/// As [`for_tests`].
pub(crate) fn for_browser(workspace: &Workspace) -> Result<Option<Server>> {
    start_if_possible(&workspace.target.join("postgres/browser"))
}

/// Returns the server that [`ADDRESS_VARIABLE`] names, else starts one below `target/postgres`. `None` when PostgreSQL is
/// neither here nor can be installed, which is said.
///
/// # Errors
/// When it cannot be started; in CI, where the variable `CI` is set, also when it is missing.
fn for_tests(workspace: &Workspace) -> Result<Option<Server>> {
    if let Some(url) = std::env::var_os(ADDRESS_VARIABLE).filter(|url| !url.is_empty()) {
        let url = url.into_string().ok().with_context(|| format!("{ADDRESS_VARIABLE} is not UTF-8"))?;
        println!("Testing on the PostgreSQL of {ADDRESS_VARIABLE}");
        return Ok(Some(Server { url, child: None }));
    }
    start_if_possible(&workspace.target.join("postgres/tests"))
}

/// Starts a server on `folder`, if PostgreSQL is here or can be installed; in CI it must.
fn start_if_possible(folder: &Path) -> Result<Option<Server>> {
    let is_ci = std::env::var_os("CI").is_some_and(|value| !value.is_empty() && value != "false");
    if programs()?.is_none() && !is_ci {
        println!("PostgreSQL is missing; install it (Debian: postgresql)");
        return Ok(None);
    }
    start(folder).map(Some)
}

/// Starts a new server on `folder`, which is emptied before. A server that an earlier run has left there is stopped first.
///
/// # Errors
/// When PostgreSQL is missing and cannot be installed, or does not start; the error has what it wrote.
pub(crate) fn start(folder: &Path) -> Result<Server> {
    let watch = Stopwatch::start();
    let cluster = Cluster::create(required_programs()?, folder)?;
    let server = cluster.start()?;
    println!("Started PostgreSQL in {} ({watch})", cluster.folder.display());
    Ok(server)
}

/// Starts the server whose files are on `folder`, with its data, port and password.
fn restart(folder: &Path) -> Result<Server> {
    stop_left_over(folder);
    Cluster::open(required_programs()?, folder)?.start()
}

fn required_programs() -> Result<PathBuf> {
    programs()?.with_context(|| {
        format!("PostgreSQL was not found; install it (Debian: postgresql), or set {ADDRESS_VARIABLE}")
    })
}

/// Returns the folder with PostgreSQL's programs, which are installed on Debian if they are missing.
fn programs() -> Result<Option<PathBuf>> {
    if let Some(found) = installed_programs() {
        return Ok(Some(found));
    }
    // What PostgreSQL's packages share has the settings that the others obey when they are installed.
    if !tool::install_debians(&["postgresql-common"])? {
        return Ok(None);
    }
    fs::write(NO_SYSTEM_SERVER, "create_main_cluster = false\n")?;
    let installed = tool::install_debians(&["postgresql"]);
    fs::remove_file(NO_SYSTEM_SERVER)?;
    installed?;
    Ok(installed_programs())
}

fn installed_programs() -> Option<PathBuf> {
    let versions = fs::read_dir(DEBIANS).into_iter().flatten().flatten();
    let numbered = versions.filter_map(|version| {
        let number: u32 = version.file_name().to_str()?.parse().ok()?;
        Some((number, version.path().join("bin")))
    });
    let has_programs = |folder: &Path| folder.join("initdb").is_file() && folder.join("postgres").is_file();
    let newest = numbered.filter(|(_, folder)| has_programs(folder)).max().map(|(_, folder)| folder);
    newest.or_else(|| {
        let configured = tool::output(Command::new("pg_config").arg("--bindir")).ok()?;
        Some(PathBuf::from(configured.trim())).filter(|folder| has_programs(folder))
    })
}

/// The files of a server.
struct Cluster {
    programs: PathBuf,
    folder: PathBuf,
    /// What starts a program as the owner of the files, and ends it when this process ends.
    launcher: Vec<String>,
    port: u16,
    password: String,
}

impl Cluster {
    /// Writes the files of a new server into `folder`.
    fn create(programs: PathBuf, folder: &Path) -> Result<Self> {
        stop_left_over(folder);
        if folder.exists() {
            fs::remove_dir_all(folder)?;
        }
        fs::create_dir_all(folder)?;
        let launcher = launcher(folder)?;
        let password = password()?;
        let cluster = Self {
            programs,
            folder: fs::canonicalize(folder)?,
            launcher,
            port: tool::free_port()?,
            password,
        };
        let password_file = cluster.folder.join("password");
        fs::write(&password_file, &cluster.password)?;
        cluster.give_to_owner()?;
        let mut initdb = cluster.command("initdb");
        initdb.arg("--pwfile").arg(&password_file).arg("--pgdata").arg(cluster.data());
        initdb.args(["--username", USER, "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C"]);
        tool::output(initdb.args(["--no-sync", "--no-instructions"]))?;
        let settings = cluster.data().join("postgresql.conf");
        let defaults = fs::read_to_string(&settings)?;
        fs::write(&settings, format!("{defaults}\n{SETTINGS}port = {}\n", cluster.port))?;
        Ok(cluster)
    }

    /// Reads the files that [`Cluster::create`] wrote.
    fn open(programs: PathBuf, folder: &Path) -> Result<Self> {
        let password = fs::read_to_string(folder.join("password")).context("there is no server to keep")?;
        let settings = fs::read_to_string(folder.join("data/postgresql.conf"))?;
        let port = settings.lines().rev().find_map(|line| line.strip_prefix("port = ")?.parse().ok());
        let port = port.context("the settings of the server have no port")?;
        Ok(Self { programs, folder: fs::canonicalize(folder)?, launcher: launcher(folder)?, port, password })
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// A command of one of PostgreSQL's programs, without the settings that the environment may have for another server.
    fn command(&self, program: &str) -> Command {
        let program = self.programs.join(program);
        let mut words = self.launcher.iter().map(OsStr::new).chain([program.as_os_str()]);
        let mut command = Command::new(words.next().unwrap_or_default());
        command.args(words).current_dir(&self.folder).stdin(Stdio::null());
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("PG") {
                command.env_remove(name);
            }
        }
        command
    }

    fn give_to_owner(&self) -> Result<()> {
        if is_root() {
            let owner = format!("{SYSTEM_USER}:");
            tool::output(Command::new("chown").args(["--recursive", &owner]).arg(&self.folder))?;
        }
        Ok(())
    }

    /// Starts the server and waits until it takes connections.
    fn start(&self) -> Result<Server> {
        let log = self.folder.join("log");
        let output = fs::File::create(&log)?;
        let mut postgres = self.command("postgres");
        postgres.arg("-D").arg(self.data()).stdout(output.try_clone()?).stderr(output);
        let child = postgres.spawn().context("PostgreSQL could not be started")?;
        let url = format!("postgres://{USER}:{}@127.0.0.1:{}/postgres", self.password, self.port);
        let mut server = Server { url, child: Some(child) };
        let port = self.port.to_string();
        let watch = Stopwatch::start();
        while tool::output(self.command("pg_isready").args(["-h", "127.0.0.1", "-p", &port])).is_err() {
            let has_ended = server.child.as_mut().is_none_or(|child| !matches!(child.try_wait(), Ok(None)));
            if has_ended || watch.elapsed() > LIMIT {
                bail!("PostgreSQL does not start: {}", fs::read_to_string(log)?);
            }
            thread::park_timeout(Duration::from_millis(50));
        }
        Ok(server)
    }
}

/// Returns what starts a program as the owner of `folder`.
///
/// On Linux that is `setpriv`, and the program is told to stop when this process ends in any way, also by SIGKILL.
/// Elsewhere Ctrl-C reaches the program by itself.
fn launcher(folder: &Path) -> Result<Vec<String>> {
    if !cfg!(target_os = "linux") || tool::output(Command::new("setpriv").arg("--version")).is_err() {
        return Ok(Vec::new());
    }
    let words = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
    let mut launcher = words(&["setpriv", "--pdeathsig=INT"]);
    if is_root() {
        let groups = format!("--regid={SYSTEM_USER}");
        launcher.extend(words(&[&format!("--reuid={SYSTEM_USER}"), &groups, "--init-groups"]));
        // A folder below one that is only root's, such as a checkout in root's home.
        if !runs(&launcher, &["test", "-x", &folder.display().to_string()]) {
            launcher.extend(words(&["--inh-caps=+dac_override", "--ambient-caps=+dac_override"]));
        }
    }
    launcher.push("--".to_owned());
    if !runs(&launcher, &["true"]) {
        bail!("`{}` failed, so PostgreSQL cannot be started as another user than root", launcher.join(" "));
    }
    Ok(launcher)
}

fn runs(launcher: &[String], program: &[&str]) -> bool {
    let words: Vec<&str> = launcher.iter().map(String::as_str).chain(program.iter().copied()).collect();
    Command::new(words[0])
        .args(&words[1..])
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

fn is_root() -> bool {
    tool::output(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0")
}

/// A password that nobody can guess: other users of this machine reach the port, too.
fn password() -> Result<String> {
    let mut bytes = [0; 24];
    fs::File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// Stops the server on `folder` that a killed run has left, if it still runs. The file with its process id may be older than
/// the process that has the number now, so the process must name the folder in its command line.
fn stop_left_over(folder: &Path) {
    let data = folder.join("data");
    let Ok(file) = fs::read_to_string(data.join("postmaster.pid")) else { return };
    let pid = file.lines().next().unwrap_or_default();
    let names_folder = || {
        let command_line = fs::read(format!("/proc/{pid}/cmdline")).or_else(|_| {
            tool::output(Command::new("ps").args(["-o", "command=", "-p", pid])).map(String::into_bytes)
        });
        let path = fs::canonicalize(&data).unwrap_or_else(|_| data.clone());
        command_line.is_ok_and(|line| String::from_utf8_lossy(&line).contains(&*path.to_string_lossy()))
    };
    if !names_folder() {
        return;
    }
    println!("Stopping the PostgreSQL that an earlier run has left (process {pid})");
    let _ = Command::new("kill").args(["-QUIT", pid]).status();
    let watch = Stopwatch::start();
    while names_folder() && watch.elapsed() < LIMIT {
        thread::park_timeout(Duration::from_millis(20));
    }
}
