//! The static site: the compiled page, the styles, the shell and the files of `public/`, as plain files in
//! `target/site` that any static host can serve.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::iter;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context, Result, bail};

use crate::asset::{self, Sizes};
use crate::bundle::{self, Profile};
use crate::early_start;
use crate::folder::{empty, files_below};
use crate::service_worker;
use crate::shell::{self, Inline, Names};
use crate::workspace::{BROWSER_TARGET, Workspace};

/// What the first load and the later chunk weighed with brotli when somebody last looked, in bytes, in the small profile. The
/// first load is what comes before the list: the script and the first chunk of the WASM.
const FIRST_LOAD: usize = 182_700;
/// See [`FIRST_LOAD`].
const LATER_CHUNK: usize = 226_600;

/// How much more they may weigh before the build fails, in percent, so that a careless dependency is noticed.
const TOLERANCE: usize = 2;

/// The style sheets in the order of their cascade.
const STYLES: [&str; 4] = ["tokens.css", "base.css", "layout.css", "components.css"];

/// The marks of providers and the icons, in `public`.
const MARKS: &str = "providers.svg";

/// The icon of the page in a tab, in `public`.
const ICON: &str = "icon.svg";

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
    let bundle = bundle::bundle(workspace, profile)?;
    let styles = style_sheets(&workspace.root.join("style"))?;
    let public = workspace.root.join("public");
    let (marks, icon) = (read(&public.join(MARKS))?, read(&public.join(ICON))?);
    let names = Names {
        script: asset::name_by_content("app", "js", &bundle.script),
        wasm: asset::name_by_content("app_bg", "wasm", &bundle.wasm),
        marks: asset::name_by_content("providers", "svg", &marks),
        icon: asset::name_by_content("icon", "svg", &icon),
        others: iter::once(&bundle.later.0)
            .chain(bundle.snippets.iter().map(|(name, _)| name))
            .cloned()
            .collect(),
    };
    let shell = read_text(&workspace.root.join("src/app/index.html"))?;
    let early_start = early_start::script(&read_text(&workspace.root.join(early_start::SOURCE))?)?;
    let inline = Inline { early_start, styles };
    let mut page = shell::filled(&shell, &names, &inline)?;
    if profile == Profile::Watch {
        page = page.replacen("</body>", RELOAD_ELEMENT, 1);
        site_files.add("reload.js", RELOAD_SCRIPT.as_bytes())?;
        site_files.add("build.txt", build_id().as_bytes())?;
    }
    site_files.add("index.html", page.as_bytes())?;
    site_files.add(POLICY_FILE, shell::content_security_policy(&names, &inline).as_bytes())?;
    site_files.add(&names.script, &bundle.script)?;
    site_files.add(&names.wasm, &bundle.wasm)?;
    let (later, content) = &bundle.later;
    site_files.add(later, content)?;
    for (name, content) in &bundle.snippets {
        site_files.add(name, content.as_bytes())?;
    }
    // A build for development has no worker, so that each visit shows the newest.
    if profile == Profile::Small {
        let worker = service_worker::script(&read_text(&workspace.root.join(service_worker::SOURCE))?)?;
        site_files.add(service_worker::file_name(), worker.as_bytes())?;
    }
    for path in files_below(&public)? {
        let name = path.strip_prefix(&public)?.to_string_lossy().replace('\\', "/");
        // The page asks for these by the names that they have by their content, and so once.
        let name = match &*name {
            MARKS => &names.marks,
            ICON => &names.icon,
            _ => &name,
        };
        site_files.add(name, &read(&path)?)?;
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
    /// Returns the bytes that a browser transfers: of script and WASM in the first load, and of the later chunk. The service worker
    /// is registered after both.
    pub(crate) fn weights(&self) -> (usize, usize) {
        let is_code =
            |name: &str| Path::new(name).extension().is_some_and(|kind| kind == "js" || kind == "wasm");
        let code =
            self.files.iter().filter(|file| is_code(&file.name) && file.name != service_worker::file_name());
        let (later, first): (Vec<_>, Vec<_>) = code.partition(|file| bundle::is_later(&file.name));
        let sum = |files: Vec<&Sizes>| files.into_iter().map(Sizes::least).sum();
        (sum(first), sum(later))
    }

    /// Checks the page against its budget; a development build has none.
    ///
    /// # Errors
    /// When a part of it is over the budget, with what to do.
    pub(crate) fn check_budget(&self) -> Result<()> {
        let (first, later) = self.weights();
        for (what, weight, figure, name) in [
            ("the first load", first, FIRST_LOAD, "FIRST_LOAD"),
            ("the later chunk", later, LATER_CHUNK, "LATER_CHUNK"),
        ] {
            if self.profile == Profile::Small && weight * 100 > figure * (100 + TOLERANCE) {
                bail!(
                    "{what} weighs {} with brotli, over {TOLERANCE} % more than the {} that it did. Look at what the last \
                     change brought in (`cargo tree -p app --target {BROWSER_TARGET}`), or raise {name} in \
                     src/xtask/src/site.rs with a reason",
                    kilobytes(weight),
                    kilobytes(figure)
                );
            }
        }
        Ok(())
    }

    /// Returns one line with the folder and the size of the site.
    pub(crate) fn summary(&self) -> String {
        let (first, later) = self.weights();
        format!(
            "{}: the first load weighs {} with brotli, the later chunk {}",
            self.folder.display(),
            kilobytes(first),
            kilobytes(later)
        )
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
        let (first, later) = self.weights();
        let _ = write!(
            table,
            "script and WASM with brotli: first load {} (noted {}), later chunk {} (noted {})\n\
             content security policy for a static host: {POLICY_FILE}",
            kilobytes(first),
            kilobytes(FIRST_LOAD),
            kilobytes(later),
            kilobytes(LATER_CHUNK)
        );
        table
    }
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("{} could not be read", path.display()))
}

fn read_text(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("{} could not be read", path.display()))
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

/// Returns all styles, without comments and indentation.
fn style_sheets(folder: &Path) -> Result<String> {
    let mut styles = String::new();
    for name in STYLES {
        let sheet = read_text(&folder.join(name))?;
        let mut rest = sheet.as_str();
        let mut kept = String::with_capacity(rest.len());
        while let Some((before, comment)) = rest.split_once("/*") {
            kept += before;
            rest = comment.split_once("*/").with_context(|| format!("a comment in {name} has no end"))?.1;
        }
        kept += rest;
        kept.lines().map(str::trim).filter(|line| !line.is_empty()).for_each(|line| {
            styles += line;
            styles.push('\n');
        });
    }
    Ok(styles)
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
    fn a_part_of_the_page_that_grew_by_more_than_the_tolerance_fails_the_build_but_in_development() {
        let grown = |figure: usize, more: usize| Some(figure * (100 + TOLERANCE) / 100 + more);
        let of =
            |first, later| vec![file("app_bg-2.wasm", 900_000, first), file("later-3.wasm", 900_000, later)];
        let check = |profile, first, later| site(profile, of(first, later)).check_budget();
        assert!(check(Profile::Small, grown(FIRST_LOAD, 0), grown(LATER_CHUNK, 0)).is_ok());
        let error = check(Profile::Small, grown(FIRST_LOAD, 1), Some(1)).unwrap_err().to_string();
        assert!(error.starts_with("the first load weighs "), "{error}");
        let error = check(Profile::Small, Some(1), grown(LATER_CHUNK, 1)).unwrap_err().to_string();
        assert!(error.starts_with("the later chunk weighs "), "{error}");
        assert!(check(Profile::Dev, grown(FIRST_LOAD, 1), grown(LATER_CHUNK, 1)).is_ok());
    }

    #[test]
    fn only_script_and_wasm_of_the_page_count_towards_the_budget() {
        let files = vec![
            file("index.html", 900, None),
            file("app-1.js", 500, Some(100)),
            file("app_bg-2.wasm", 7, None),
            file("later-3.wasm", 900, Some(30)),
            file("service-worker.js", 60, Some(8)),
        ];
        assert_eq!(site(Profile::Small, files).weights(), (107, 30));
    }

    #[test]
    fn sizes_are_shown_in_kilobytes_of_a_thousand() {
        assert_eq!(kilobytes(219_987), "219.9 kB");
    }
}
