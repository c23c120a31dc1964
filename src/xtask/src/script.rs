//! The script of the page: what wasm-bindgen and the splitter wrote, as one file, and smaller.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};

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

/// Returns a script without the lines that are comments, and without indentation. Neither tool writes a literal over
/// several lines.
pub(crate) fn without_remarks(script: &str) -> String {
    let mut kept = String::with_capacity(script.len());
    let mut is_remark = false;
    for line in script.lines().map(str::trim) {
        is_remark |= line.starts_with("/*");
        if !is_remark && !line.is_empty() && !line.starts_with("//") {
            kept += line;
            kept.push('\n');
        }
        is_remark &= !line.ends_with("*/");
    }
    kept
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
    fn comments_and_indentation_go_and_code_stays() {
        let script = "/**\n * @param {number} a\n */\nfunction f(a) { // b\n    // c\n\n    return a;\n}\n/* d */\nf(1);\n";
        assert_eq!(without_remarks(script), "function f(a) { // b\nreturn a;\n}\nf(1);\n");
    }
}
