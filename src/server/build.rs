//! Writes which files of the site the program embeds: of each one its smallest form.

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    if env::var_os("CARGO_FEATURE_EMBEDDED_SITE").is_none() {
        println!("cargo:rerun-if-changed=build.rs");
        return Ok(());
    }
    let site = fs::canonicalize("../../target/site")?;
    // The compiler does not tell Cargo of files that are new.
    println!("cargo:rerun-if-changed={}", site.display());
    let mut paths = Vec::new();
    add_files(&site, &mut paths)?;
    paths.sort();
    let mut list = String::from("[\n");
    for path in &paths {
        let with = |ending: &str| PathBuf::from(format!("{}.{ending}", path.display()));
        // What else there is of a file is made of its form with brotli.
        let is_form = |ending: &str| {
            path.extension().is_some_and(|own| own == ending) && path.with_extension("").is_file()
        };
        if is_form("br") || is_form("gz") {
            continue;
        }
        let (form, from) = match with("br") {
            brotli if brotli.is_file() => ("Brotli", brotli),
            _ => ("Plain", path.clone()),
        };
        let name = path.strip_prefix(&site)?.display();
        writeln!(list, "    (\"/{name}\", Form::{form}(include_bytes!({:?}))),", from.display().to_string())?;
    }
    list.push_str("]\n");
    let out = env::var_os("OUT_DIR").ok_or("there is no folder for what is built")?;
    fs::write(Path::new(&out).join("embedded_site.rs"), list)?;
    Ok(())
}

fn add_files(folder: &Path, paths: &mut Vec<PathBuf>) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() { add_files(&path, paths)? } else { paths.push(path) }
    }
    Ok(())
}
