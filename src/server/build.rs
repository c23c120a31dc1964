//! Tells Cargo which files the binary embeds.

fn main() {
    // `include_dir!` reads the folder without telling Cargo, which would then miss files that are new or
    // changed.
    println!(
        "cargo:rerun-if-changed={}",
        if cfg!(feature = "embedded-site") { "../../target/site" } else { "build.rs" }
    );
}
