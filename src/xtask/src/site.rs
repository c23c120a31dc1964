//! The static site: the compiled page, the styles, the shell and the files of `public/`, as plain files in
//! `target/site` that any static host can serve.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context, Result, bail};
use wasm_bindgen_cli_support::Bindgen;

use crate::asset::{self, Sizes};
use crate::early_start;
use crate::shell::{self, Names};
use crate::tool::Build;
use crate::workspace::{BROWSER_TARGET, Workspace};

/// The most that script and WASM together may weigh with brotli, in bytes, in the small profile: what the whole page
/// weighs (leptos and its router 102 kB, oauth2 with URLs 50, the list alone 79 more; linking, undo, fresh sign-in,
/// several at once, tabs and reading offline another 95; texts that a translating browser may replace 3; popups that are
/// cut off, bounds for every wait and answers read member by member 6; messages in patterns 3; the safety line 3, a
/// search among connections, pages of providers and the details of rows 13; dialogs before an account is deleted or locked
/// 7; what a sign-in is for 2; metadata and profiles in words, with their JSON 12; names that break at their own places, the
/// way past the header, the list as text and on paper, failures in their places 9; names for
/// logins 15) and a little room, so that a careless
/// dependency is noticed.
const BUDGET: usize = 388_000;

/// The style sheets in the order of their cascade.
const STYLES: [&str; 4] = ["tokens.css", "base.css", "layout.css", "components.css"];

/// The file with the content security policy, which servers and static hosts read.
const POLICY_FILE: &str = "csp.txt";

/// The script of a watched page: it reloads when a build has another id than the one before.
const RELOAD_SCRIPT: &str = "\
let last;
setInterval(async () => {
  const response = await fetch('/build.txt', { cache: 'no-store' }).catch(() => undefined);
  const build = response?.ok ? await response.text() : last;
  if (last !== undefined && build !== last) location.reload();
  last = build;
}, 1000);
";

/// The element that loads [`RELOAD_SCRIPT`], before the end of the page.
const RELOAD_ELEMENT: &str = "<script src=\"/reload.js\" defer></script></body>";

/// How the page is compiled.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    /// `wasm-release`: small first.
    Small,
    /// `dev`: quick to compile, with names in stack traces.
    Dev,
    /// As `Dev`, in a folder of its own, with a script that reloads the page after the next build.
    Watch,
}

impl Profile {
    fn cargo_name(self) -> &'static str {
        match self {
            Self::Small => "wasm-release",
            Self::Dev | Self::Watch => "dev",
        }
    }

    fn folder(self) -> &'static str {
        match self {
            Self::Small => "wasm-release",
            Self::Dev | Self::Watch => "debug",
        }
    }

    /// The folder of the assembled site.
    pub(crate) fn site(self, workspace: &Workspace) -> PathBuf {
        match self {
            Self::Small | Self::Dev => workspace.site(),
            Self::Watch => workspace.root.join("target/watch/site"),
        }
    }
}

/// Has Leptos render every component through one type of view, so that its machinery is compiled once. Only the small
/// profile has it: for the other, the target's flags would end what it shares with the lints and the tests.
const ERASED_COMPONENTS: &str = "target.wasm32-unknown-unknown.rustflags=['--cfg=erase_components']";

/// The cargo command that compiles the page.
pub(crate) fn compilation(workspace: &Workspace, profile: Profile) -> Build {
    let mut arguments =
        vec!["build", "-p", "app", "--target", BROWSER_TARGET, "--profile", profile.cargo_name()];
    if profile == Profile::Small {
        arguments.extend(["--config", ERASED_COMPONENTS]);
    }
    Build { what: "the page", command: workspace.cargo(&arguments) }
}

/// The assembled site.
pub(crate) struct Site {
    folder: PathBuf,
    profile: Profile,
    files: Vec<Sizes>,
}

/// Assembles the site from the compiled page. Replaces the folder as a whole, so that a failed build leaves the
/// previous site as it was.
///
/// # Errors
/// When a part of the site is missing, or its shell lacks a placeholder.
pub(crate) fn assemble(workspace: &Workspace, profile: Profile) -> Result<Site> {
    let site = profile.site(workspace);
    let (fresh, replaced) = (site.with_extension("new"), site.with_extension("old"));
    fs::create_dir_all(site.parent().context("the site has no parent folder")?)?;
    let lock = File::create(site.with_extension("lock"))?;
    lock.lock().context("another build of the site is under way and its lock cannot be waited for")?;
    empty(&fresh)?;
    empty(&replaced)?;

    let mut site_files = Files { folder: &fresh, earlier: &site, profile, written: Vec::new() };
    let glue = bind(workspace, profile)?;
    let styles = style_sheets(&workspace.root.join("style"))?;
    let names = Names {
        script: asset::name_by_content("app", "js", &glue.script),
        wasm: asset::name_by_content("app_bg", "wasm", &glue.wasm),
        styles: asset::name_by_content("site", "css", styles.as_bytes()),
    };
    let shell = workspace.root.join("src/app/index.html");
    let shell =
        fs::read_to_string(&shell).with_context(|| format!("{} could not be read", shell.display()))?;
    let early_start = early_start::script(&fs::read_to_string(workspace.root.join(early_start::SOURCE))?)?;
    let mut page = shell::filled(&shell, &names, &early_start)?;
    if profile == Profile::Watch {
        page = page.replacen("</body>", RELOAD_ELEMENT, 1);
        site_files.add("reload.js", RELOAD_SCRIPT.as_bytes())?;
        site_files.add("build.txt", build_id().as_bytes())?;
    }
    site_files.add("index.html", page.as_bytes())?;
    site_files.add(POLICY_FILE, shell::content_security_policy(&names, &early_start).as_bytes())?;
    site_files.add(&names.script, &glue.script)?;
    site_files.add(&names.wasm, &glue.wasm)?;
    for (name, content) in &glue.snippets {
        site_files.add(name, content.as_bytes())?;
    }
    site_files.add(&names.styles, styles.as_bytes())?;
    let public = workspace.root.join("public");
    for path in files_below(&public)? {
        let name = path.strip_prefix(&public)?.to_string_lossy().replace('\\', "/");
        let content = fs::read(&path).with_context(|| format!("{} could not be read", path.display()))?;
        site_files.add(&name, &content)?;
    }

    let built = Site { folder: site.clone(), profile, files: site_files.written };
    if site.exists() {
        fs::rename(&site, &replaced)?;
    }
    fs::rename(&fresh, &site)?;
    empty(&replaced)?;
    Ok(built)
}

impl Site {
    /// Returns the bytes of script and WASM that a browser transfers.
    pub(crate) fn weight(&self) -> usize {
        let is_code =
            |name: &str| Path::new(name).extension().is_some_and(|kind| kind == "js" || kind == "wasm");
        self.files.iter().filter(|file| is_code(&file.name)).map(Sizes::least).sum()
    }

    /// Checks the page against its budget; a development build has none.
    ///
    /// # Errors
    /// When it is over the budget, with what to do.
    pub(crate) fn check_budget(&self) -> Result<()> {
        if self.profile == Profile::Small && self.weight() > BUDGET {
            bail!(
                "the page weighs {} with brotli, more than its budget of {}. Look at what the last change brought in \
                 (`cargo tree -p app --target {BROWSER_TARGET}`), or raise BUDGET in src/xtask/src/site.rs with a reason",
                kilobytes(self.weight()),
                kilobytes(BUDGET)
            );
        }
        Ok(())
    }

    /// Returns one line with the folder and the size of the site.
    pub(crate) fn summary(&self) -> String {
        format!("{}: script and WASM weigh {} with brotli", self.folder.display(), kilobytes(self.weight()))
    }

    /// Returns the sizes of all files, their total, the budget, and the file with the policy for a static host.
    pub(crate) fn table(&self) -> String {
        let shown = |size: Option<usize>| size.map_or_else(|| "-".to_owned(), kilobytes);
        let row = |name: &str, raw: usize, gzip: Option<usize>, brotli: Option<usize>| {
            format!("{name:<44}{:>11}{:>11}{:>11}\n", kilobytes(raw), shown(gzip), shown(brotli))
        };
        let mut table = format!("{:<44}{:>11}{:>11}{:>11}\n", self.folder.display(), "raw", "gzip", "brotli");
        for file in &self.files {
            table += &row(&file.name, file.raw, file.gzip, file.brotli);
        }
        let gzip = self.files.iter().map(|file| file.gzip.unwrap_or(file.raw)).sum();
        let (raw, least) =
            (self.files.iter().map(|file| file.raw).sum(), self.files.iter().map(Sizes::least).sum());
        table += &row("total, each file at its size in that column", raw, Some(gzip), Some(least));
        let _ = write!(
            table,
            "script and WASM with brotli: {} (budget {})\ncontent security policy for a static host: {POLICY_FILE}",
            kilobytes(self.weight()),
            kilobytes(BUDGET)
        );
        table
    }
}

/// An id that no other build has: this process, and the count of its builds.
fn build_id() -> String {
    static BUILDS: AtomicU32 = AtomicU32::new(0);
    format!("{}-{}", std::process::id(), BUILDS.fetch_add(1, Ordering::Relaxed))
}

/// Formats `12345` as `12.3 kB`.
pub(crate) fn kilobytes(bytes: usize) -> String {
    format!("{}.{} kB", bytes / 1000, bytes % 1000 / 100)
}

struct Files<'a> {
    folder: &'a Path,
    earlier: &'a Path,
    profile: Profile,
    written: Vec<Sizes>,
}

impl Files<'_> {
    fn add(&mut self, name: &str, content: &[u8]) -> Result<()> {
        if self.written.iter().any(|file| file.name == name) {
            bail!("public/{name} has the name of a file that the build writes; rename it");
        }
        self.written.push(match self.profile {
            Profile::Small => asset::write_compressed(self.folder, self.earlier, name, content)?,
            // The best quality of brotli takes a minute for the megabytes of a development build.
            Profile::Dev | Profile::Watch => asset::write(self.folder, name, content)?,
        });
        Ok(())
    }
}

/// The output of wasm-bindgen.
struct Glue {
    script: Vec<u8>,
    wasm: Vec<u8>,
    /// Path below the site's root, and content, of script files that crates bring along.
    snippets: Vec<(String, String)>,
}

fn bind(workspace: &Workspace, profile: Profile) -> Result<Glue> {
    let compiled = workspace.target.join(BROWSER_TARGET).join(profile.folder()).join("app.wasm");
    let bound = workspace.target.join("bindgen");
    empty(&bound)?;
    let small = profile == Profile::Small;
    Bindgen::new()
        .input_path(&compiled)
        .web(true)?
        .typescript(false)
        .omit_default_module_path(true)
        .keep_debug(!small)
        .remove_name_section(small)
        .remove_producers_section(small)
        .generate(&bound)
        .with_context(|| format!("wasm-bindgen could not read {}", compiled.display()))?;
    let mut snippets = Vec::new();
    for path in files_below(&bound.join("snippets"))? {
        let name = path.strip_prefix(&bound)?.to_string_lossy().replace('\\', "/");
        snippets.push((name, fs::read_to_string(&path)?));
    }
    Ok(Glue { script: fs::read(bound.join("app.js"))?, wasm: fs::read(bound.join("app_bg.wasm"))?, snippets })
}

fn style_sheets(folder: &Path) -> Result<String> {
    let mut styles = String::new();
    for name in STYLES {
        let path = folder.join(name);
        styles +=
            &fs::read_to_string(&path).with_context(|| format!("{} could not be read", path.display()))?;
        styles.push('\n');
    }
    Ok(styles)
}

/// Returns all files in a folder and its subfolders, sorted; none when the folder does not exist.
pub(crate) fn files_below(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    if folder.is_dir() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                files.extend(files_below(&path)?);
            } else {
                files.push(path);
            }
        }
        files.sort();
    }
    Ok(files)
}

/// Removes a folder with its content, if it exists.
pub(crate) fn empty(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("{} could not be removed", folder.display()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, raw: usize, brotli: Option<usize>) -> Sizes {
        Sizes { name: name.to_owned(), raw, gzip: None, brotli }
    }

    fn site(profile: Profile, files: Vec<Sizes>) -> Site {
        Site { folder: PathBuf::new(), profile, files }
    }

    #[test]
    fn a_page_over_its_budget_is_refused_but_in_development() {
        let heavy = || vec![file("app_bg-2.wasm", 900_000, Some(BUDGET + 1))];
        assert!(site(Profile::Small, heavy()).check_budget().is_err());
        assert!(site(Profile::Dev, heavy()).check_budget().is_ok());
        assert!(
            site(Profile::Small, vec![file("app_bg-2.wasm", 900_000, Some(BUDGET))]).check_budget().is_ok()
        );
    }

    #[test]
    fn only_script_and_wasm_count_towards_the_budget() {
        let files = vec![
            file("index.html", 900, None),
            file("app-1.js", 500, Some(100)),
            file("app_bg-2.wasm", 7, None),
        ];
        assert_eq!(site(Profile::Small, files).weight(), 107);
    }

    #[test]
    fn sizes_are_shown_in_kilobytes_of_a_thousand() {
        assert_eq!(kilobytes(219_987), "219.9 kB");
    }
}
