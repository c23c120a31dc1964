//! The script of the page: what wasm-bindgen and the splitter wrote, as one file, and smaller.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};
use oxc_allocator::Allocator;
use oxc_codegen::{Codegen, CodegenOptions};
use oxc_mangler::Mangler;
use oxc_parser::Parser;
use oxc_span::SourceType;
use serde_json::Value;

/// Returns `script` of wasm-bindgen with `loader`, the script of the splitter, in place of the import of `loader_path`. It loads
/// the chunk of that name as `chunk_file`.
///
/// # Errors
/// When one of them is not as these versions of the tools write it.
pub(crate) fn with_loader(
    script: &str,
    loader: &str,
    loader_path: &str,
    chunk: &str,
    chunk_file: &str,
) -> Result<String> {
    let once = |text: &str, what: &str, by: &str| match text.matches(what).count() {
        1 => Ok(text.replacen(what, by, 1)),
        count => bail!("a script has `{what}` {count} times, expected once"),
    };
    let load = format!("__wasm_split_load_{chunk}");
    let loader = once(loader, "import { initSync } from \"./app.js\";\n", "")?;
    let loader = once(&loader, &format!("\"./split_{chunk}.wasm\""), &format!("\"./{chunk_file}\""))?;
    let loader = once(&loader, &format!("export const {load}"), &format!("const {load}"))?;
    let end = format!(" from \"{loader_path}\"");
    let import = script
        .lines()
        .find(|line| line.starts_with("import * as ") && line.trim_end_matches(';').ends_with(&end))
        .with_context(|| format!("the script does not import {loader_path}"))?;
    let name = import.trim_start_matches("import * as ").split(' ').next().unwrap_or_default();
    once(script, import, &format!("{loader}const {name} = {{ {load} }};"))
}

/// What the names of wasm-bindgen's functions begin with. Most of them end in a digest, which no compression shortens and
/// which stands in the script and in the WASM.
const GENERATED: &str = "__wb";

/// Short names for the functions that the WASM imports from the script.
#[derive(Default)]
pub(crate) struct ShortNames(BTreeMap<String, String>);

impl ShortNames {
    /// Returns the short name of a function, or the name itself where it was not generated.
    pub(crate) fn of(&mut self, name: &str) -> String {
        if !name.starts_with(GENERATED) {
            return name.to_owned();
        }
        let next = self.0.len();
        self.0.entry(name.to_owned()).or_insert_with(|| format!("_{next:x}")).clone()
    }

    /// Returns the script with the short names.
    pub(crate) fn in_script(&self, script: &str) -> String {
        let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '$';
        let mut short = String::with_capacity(script.len());
        let mut rest = script;
        while !rest.is_empty() {
            let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
            let (word, after) = rest.split_at(end);
            short += self.0.get(word).map_or(word, String::as_str);
            let gap = after.find(is_word).unwrap_or(after.len());
            short += &after[..gap];
            rest = &after[gap..];
        }
        short
    }
}

/// Returns a script from its source at `path`, with the constants by their names, which begin with a dollar. No name begins with
/// another one.
///
/// # Errors
/// When the source lacks a constant, or names one that there is not.
pub(crate) fn with_constants(source: &str, path: &str, constants: &[(&str, Value)]) -> Result<String> {
    let mut script = source.to_owned();
    for (name, value) in constants {
        if !script.contains(name) {
            bail!("{path} lacks the constant {name}");
        }
        script = script.replace(name, &value.to_string());
    }
    let is_name = |c: char| c.is_ascii_uppercase() || c == '_';
    if let Some(rest) = script.split('$').skip(1).find(|rest| rest.starts_with(is_name)) {
        let name: String = rest.chars().take_while(|c| is_name(*c)).collect();
        bail!("{path} names the constant ${name}, which there is not");
    }
    Ok(script)
}

/// How a browser is to read a script.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    /// A file of its own. All its names but the exported ones are its own.
    Module,
    /// The content of a `script` element. The names outside its blocks belong to the whole page, and stay.
    Inline,
}

/// Returns a script without comments and white space, and with short names in place of its own ones. Its statements stay as they are:
/// what a minifier could leave out beyond that is 0.2 kB, for half as much again to compile.
///
/// # Errors
/// When it is no JavaScript, with the first reason and its place.
pub(crate) fn minified(script: &str, kind: Kind) -> Result<String> {
    let source_type = match kind {
        Kind::Module => SourceType::mjs(),
        Kind::Inline => SourceType::script(),
    };
    let allocator = Allocator::default();
    let parsed = Parser::new(&allocator, script, source_type).parse();
    if let Some(reason) = parsed.diagnostics.into_vec().into_iter().next() {
        bail!("a script is no JavaScript: {}", reason.render_with_source_code(script.to_owned()));
    }
    let names = Mangler::new().build(&parsed.program);
    let code = Codegen::new()
        .with_options(CodegenOptions::minify())
        .with_scoping(Some(names.scoping))
        .with_private_member_mappings(Some(names.class_private_mappings))
        .build(&parsed.program)
        .code;
    Ok(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCRIPT: &str = "import * as import1 from \"./later.js\"\nfetch(\"./x\");\n";
    const LOADER_SCRIPT: &str = "import { initSync } from \"./app.js\";\n\nconst src = fetch(\"./split_later.wasm\");\n\
                                 export const __wasm_split_load_later = 1;\n";

    #[test]
    fn the_loader_becomes_part_of_the_script_and_loads_the_chunk_by_its_name() {
        let script = merged(SCRIPT, LOADER_SCRIPT).unwrap();
        assert!(script.contains("fetch(\"./later-1.wasm\")"), "{script}");
        assert!(
            script.contains("const import1 = { __wasm_split_load_later };\nfetch(\"./x\");\n"),
            "{script}"
        );
        assert!(!script.contains("import ") && !script.contains("export "), "{script}");
    }

    #[test]
    fn a_script_of_another_shape_fails_the_build() {
        assert!(merged("", LOADER_SCRIPT).is_err());
        assert!(merged(SCRIPT, "export const other = 1;").is_err());
    }

    fn merged(script: &str, loader: &str) -> Result<String> {
        with_loader(script, loader, "./later.js", "later", "later-1.wasm")
    }

    #[test]
    fn generated_names_become_short_ones_and_others_stay() {
        let mut names = ShortNames::default();
        assert_eq!(names.of("__wbg_get_0123456789abcdef"), "_0");
        assert_eq!(names.of("__wbg_get_0123456789abcdef2"), "_1");
        assert_eq!(names.of("__wbg_get_0123456789abcdef"), "_0");
        assert_eq!(names.of("memory"), "memory");
        let script = "{ __wbg_get_0123456789abcdef: x, __wbg_get_0123456789abcdef2: __wbg_other(memory) }";
        assert_eq!(names.in_script(script), "{ _0: x, _1: __wbg_other(memory) }");
    }

    #[test]
    fn a_minified_script_has_short_names_but_where_others_know_them() {
        let script = "/* a */\nconst width = 2;\nexport function area(height) {\n    // b\n    return width * height;\n}\n";
        assert_eq!(minified(script, Kind::Module).unwrap(), "const e=2;export function area(t){return e*t}");
        let script = "const width = 2;\nif (width) {\n  const height = other(width);\n  listen('x', () => height.top);\n}\n";
        assert_eq!(
            minified(script, Kind::Inline).unwrap(),
            "const width=2;if(width){const e=other(width);listen(`x`,()=>e.top)}"
        );
    }

    #[test]
    fn what_is_no_script_fails_the_build_with_the_reason() {
        let error = minified("f();\nconst = 1;", Kind::Module).unwrap_err().to_string();
        assert!(error.starts_with("a script is no JavaScript: ") && error.contains("2:7"), "{error}");
    }
}
