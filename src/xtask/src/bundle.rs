//! The page's code for the browser: the compiled WASM, split into a first chunk and a later one, and the script that binds
//! them.
//!
//! The splitter cuts at the functions that are marked with `wasm_split` (`src/app/src/chunk.rs` says what is later), and
//! wasm-bindgen binds the first chunk. The script of the splitter, which loads the later chunk, becomes part of that of
//! wasm-bindgen, so that a browser asks for one script.

use std::convert::Infallible;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use wasm_bindgen_cli_support::Bindgen;
use wasm_encoder::reencode::{self, Reencode};
use wasmparser::{CustomSectionReader, Parser};

use crate::asset;
use crate::folder::{empty, files_below};
use crate::script::{self, Kind, ShortNames};
use crate::tool::Build;
use crate::workspace::{BROWSER_TARGET, Workspace};

/// The name of the later chunk in the sources of the page.
const LATER: &str = "later";

/// The name that the splitter's script has on its way to become part of the page's.
const LOADER: &str = "./later.js";

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
    let mut arguments = vec![
        "rustc",
        "-p",
        "app",
        "--bin",
        "app",
        "--target",
        BROWSER_TARGET,
        "--profile",
        profile.cargo_name(),
    ];
    if profile == Profile::Small {
        arguments.extend(["--config", ERASED_COMPONENTS]);
    }
    // The splitter follows what refers to what by the linker's relocations.
    arguments.extend(["--", "-Clink-arg=--emit-relocs"]);
    Build { what: "the page", command: workspace.cargo(&arguments) }
}

/// What a browser loads to run the page.
pub(crate) struct Bundle {
    /// The script, which loads the later chunk by its name.
    pub(crate) script: Vec<u8>,
    /// The first chunk.
    pub(crate) wasm: Vec<u8>,
    /// The later chunk, with its name.
    pub(crate) later: (String, Vec<u8>),
    /// Path below the site's root, and content, of script files that crates bring along.
    pub(crate) snippets: Vec<(String, String)>,
}

/// Splits and binds the compiled page.
///
/// # Errors
/// When the WASM cannot be read, or the tools write something else than expected.
pub(crate) fn bundle(workspace: &Workspace, profile: Profile) -> Result<Bundle> {
    let compiled = workspace.target.join(BROWSER_TARGET).join(profile.folder()).join("app.wasm");
    let bound = workspace.target.join("bindgen");
    empty(&bound)?;
    let split = bound.join("split");
    fs::create_dir_all(&split)?;
    let whole = fs::read(&compiled).with_context(|| format!("{} could not be read", compiled.display()))?;
    let first = split.join("app.wasm");
    let mut options = wasm_split_cli_support::Options::new(&whole);
    options.output_dir = &split;
    options.main_out_path = &first;
    options.link_name = LOADER;
    options.main_module = "./app.js";
    let chunks = wasm_split_cli_support::transform(options)
        .map_err(|error| anyhow::anyhow!("{error:#}"))
        .with_context(|| format!("{} could not be split", compiled.display()))?;
    let [later] = chunks.split_modules.as_slice() else {
        bail!("the page has {} later chunks, expected one", chunks.split_modules.len());
    };
    let small = profile == Profile::Small;
    let later = fs::read(later)?;
    let later = if small { compact(&later)? } else { later };
    let later_name = asset::name_by_content(LATER, "wasm", &later);

    let mut generator = Bindgen::new();
    generator
        .input_path(&first)
        .web(true)?
        .typescript(false)
        .omit_default_module_path(true)
        // The later chunk imports what the linker exports, by its name.
        .keep_lld_exports(true)
        .demangle(false)
        .keep_debug(!small)
        .remove_name_section(small)
        .remove_producers_section(small);
    let mut output = generator
        .generate_output()
        .with_context(|| format!("wasm-bindgen could not read {}", first.display()))?;
    let mut names = ShortNames::default();
    if small {
        for import in output.wasm_mut().imports.iter_mut() {
            import.name = names.of(&import.name);
        }
    }
    output.emit(&bound)?;
    let mut snippets = Vec::new();
    for path in files_below(&bound.join("snippets"))? {
        let name = path.strip_prefix(&bound)?.to_string_lossy().replace('\\', "/");
        snippets.push((name, fs::read_to_string(&path)?));
    }
    let loader = fs::read_to_string(split.join(LOADER))?;
    let script = fs::read_to_string(bound.join("app.js"))?;
    let script = script::with_loader(&script, &loader, LOADER, LATER, &later_name)?;
    let script = if small { script::minified(&names.in_script(&script), Kind::Module)? } else { script };
    Ok(Bundle {
        script: script.into_bytes(),
        wasm: fs::read(bound.join("app_bg.wasm"))?,
        later: (later_name, later),
        snippets,
    })
}

/// Whether a file of the site is the later chunk.
pub(crate) fn is_later(name: &str) -> bool {
    name.strip_prefix(LATER).is_some_and(|rest| rest.starts_with('-'))
}

/// Returns a WASM module with every number in its shortest form, and without its custom sections: names of functions, and who
/// produced it. The linker gives each number that it may change later the length of the longest one, and the splitter leaves it so.
fn compact(module: &[u8]) -> Result<Vec<u8>> {
    let mut shorter = wasm_encoder::Module::new();
    Compact.parse_core_module(&mut shorter, Parser::new(0), module)?;
    Ok(shorter.finish())
}

/// Encodes all of a module anew but its custom sections.
struct Compact;

impl Reencode for Compact {
    type Error = Infallible;

    fn parse_custom_section(
        &mut self,
        _module: &mut wasm_encoder::Module,
        _section: CustomSectionReader<'_>,
    ) -> Result<(), reencode::Error> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chunk_loses_its_names_and_the_length_of_its_numbers_and_nothing_else() {
        let function = |call: &[u8]| {
            let mut module = wasm_encoder::Module::new();
            let mut types = wasm_encoder::TypeSection::new();
            types.ty().function([], []);
            let mut functions = wasm_encoder::FunctionSection::new();
            functions.function(0);
            let mut code = wasm_encoder::CodeSection::new();
            let mut body = wasm_encoder::Function::new([]);
            body.raw(call.iter().copied()).instructions().end();
            code.function(&body);
            module.section(&types).section(&functions).section(&code);
            module
        };
        let short = function(&[0x10, 0]).finish();
        let mut long = function(&[0x10, 0x80, 0x80, 0x80, 0x80, 0]);
        long.section(&wasm_encoder::CustomSection { name: "name".into(), data: b"x".as_slice().into() });
        let long = long.finish();
        assert!(long.len() > short.len());
        assert_eq!(compact(&long).unwrap(), short);
    }
}
