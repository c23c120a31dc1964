//! Whether the host serves the page as it must: the fallback, types, caching and headers.

use super::needs::{self, Verdict};
use crate::answer::{Answer, Observed};
use crate::finding::{Finding, Id};
use crate::observations::Observations;
use crate::probe::wasm_path;
use crate::target::is_local;

/// A year, in seconds.
const YEAR: u64 = 31_536_000;

/// Whether unknown addresses are answered with the page.
pub(crate) fn fallback(seen: &Observations) -> Verdict {
    let (page, index, files) = needs::page(seen)?;
    let what = |path: &str, answer: &Observed| {
        let Ok(answer) = answer else { return Some(format!("{page}{path} does not answer")) };
        if let Some(location) = answer.location() {
            return Some(format!("{page}{path} leads to {location}"));
        }
        // Some hosts add to each page what is never the same twice.
        let is_same = match wasm_path(&index.body) {
            Some(wasm) => wasm_path(&answer.body) == Some(wasm),
            None => answer.body == index.body,
        };
        let is_page = answer.status == 200 && answer.is_html() && is_same;
        (!is_page).then(|| format!("{page}{path} answers {}", answer.status))
    };
    let wrong = what("/callback", &files.callback).or_else(|| what("/link/doctor", &files.deep_link));
    let Some(wrong) = wrong else { return Ok(Vec::new()) };
    Ok(vec![Finding::error(
        Id::FallbackMissing,
        format!("The host does not answer every address with the page, so that nobody gets through the callback: {wrong}."),
        "Have the host answer unknown paths with index.html and status 200, without a redirect. Ready-made files for Nginx, Caddy, \
         Netlify and Cloudflare Pages are in target/dist/hosting.",
    )
    .value("try_files $uri /index.html;")])
}

/// Whether windows of the page keep their way back, and files their types and lifetimes.
pub(crate) fn headers(seen: &Observations) -> Verdict {
    let (page, index, files) = needs::page(seen)?;
    let mut found = Vec::new();
    if index.header("cross-origin-opener-policy").is_some_and(|policy| policy.trim() == "same-origin") {
        found.push(
            Finding::error(
                Id::OpenerPolicy,
                "Windows of the page lose it: linking and fresh sign-ins never come back (Cross-Origin-Opener-Policy: same-origin).",
                "Have the host send this with index.html.",
            )
            .value("Cross-Origin-Opener-Policy: same-origin-allow-popups"),
        );
    }
    if kept_for(index).is_some_and(|seconds| seconds > 0) {
        found.push(
            Finding::warning(
                Id::PageCached,
                format!(
                    "Browsers keep index.html for {} seconds without asking: after a deployment they look for files that are gone.",
                    kept_for(index).unwrap_or_default()
                ),
                "Have the host send this with index.html and config.json.",
            )
            .value("Cache-Control: no-cache"),
        );
    }
    let wasm = files.wasm.as_ref().and_then(|wasm| wasm.as_ref().ok());
    if let Some(wasm) = wasm {
        let kind = wasm.header("content-type").unwrap_or("none");
        if wasm.status == 200 && kind != "application/wasm" {
            found.push(
                Finding::warning(
                    Id::WasmType,
                    format!("The page starts more slowly than it could: its WASM file has the type {kind}."),
                    "Have the host send files that end in .wasm with this type.",
                )
                .value("Content-Type: application/wasm"),
            );
        } else if wasm.status != 200 {
            found.push(Finding::error(
                Id::PageMissing,
                format!("A file of the page is missing: the WASM file is answered by {}.", wasm.status),
                "Copy all files of target/dist/site to the host, those of one build together.",
            ));
        }
    }
    if index.header("x-content-type-options").is_none_or(|value| !value.eq_ignore_ascii_case("nosniff")) {
        found.push(
            Finding::hint(
                Id::HeaderMissing,
                "Browsers may guess types of files (no X-Content-Type-Options).",
                "Have the host send this with every response.",
            )
            .value("X-Content-Type-Options: nosniff"),
        );
    }
    // A browser applies it to all ports of the host: on this machine it would affect other programs.
    let is_public = page.starts_with("https://") && !is_local(page);
    if is_public && index.header("strict-transport-security").is_none() {
        found.push(
            Finding::hint(
                Id::HeaderMissing,
                "A first visit by http can be led elsewhere (no Strict-Transport-Security).",
                "Have the host send this with every response, once all of the host is reached by https.",
            )
            .value(format!("Strict-Transport-Security: max-age={YEAR}")),
        );
    }
    Ok(found)
}

/// Returns the seconds for which a cache may use an answer without asking.
fn kept_for(answer: &Answer) -> Option<u64> {
    let control = answer.header("cache-control")?.to_ascii_lowercase();
    let mut directives = control.split(',').map(str::trim);
    if directives.clone().any(|directive| matches!(directive, "no-cache" | "no-store")) {
        return None;
    }
    directives.find_map(|directive| directive.strip_prefix("max-age=")?.parse().ok())
}
